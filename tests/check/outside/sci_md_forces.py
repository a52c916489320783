"""Toy force field: LJ + Coulomb between all pairs, harmonic bonds. Reduced units."""
import numpy as np

EPS, SIG = 0.8, 1.0
KE = 1.5            # Coulomb constant
KB, R0 = 12.0, 1.1  # bonds

BONDS = np.array([[0, 1], [0, 2], [2, 3]])
START = 1.3 * np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0.9, 1]])


def _pairs(xyz):
    i, j = np.triu_indices(len(xyz), k=1)
    rij = xyz[i] - xyz[j]
    return i, j, rij, np.sqrt((rij * rij).sum(axis=1))


def potential(xyz, q, bonds):
    i, j, rij, r = _pairs(xyz)
    sr6 = (SIG / r) ** 6
    e_lj = 4 * EPS * (sr6**2 - sr6)
    e_coul = KE * q[i] * q[j] / r
    b = xyz[bonds[:, 0]] - xyz[bonds[:, 1]]
    stretch = np.linalg.norm(b, axis=1) - R0
    return e_lj.sum() + e_coul.sum() + 0.5 * KB * (stretch**2).sum()


def forces(xyz, q, bonds):
    F = np.zeros_like(xyz)

    # nonbonded
    i, j, rij, r = _pairs(xyz)
    s6 = (SIG / r) ** 6
    f_over_r = 24 * EPS * (2 * s6**2 - s6) / r**2
    f_over_r += KE * q[i] * q[j] / r**3
    fij = f_over_r[:, None] * rij
    np.add.at(F, i, fij)
    np.add.at(F, j, -fij)

    # bonds
    b = xyz[bonds[:, 0]] - xyz[bonds[:, 1]]
    length = np.linalg.norm(b, axis=1)
    fb = -(KB * (length - R0) / length)[:, None] * b
    np.add.at(F, bonds[:, 0], fb)
    np.add.at(F, bonds[:, 1], -fb)
    return F
