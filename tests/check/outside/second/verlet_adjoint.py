"""Discrete adjoint of velocity Verlet for a 1D chain of Morse bonds.

Fits well depth De and stiffness a so that the chain ends up at q_ref.
"""
import numpy as np


def bonds(q, r0):
    return q[1:] - q[:-1] - r0


def forces(q, De, a, r0):
    e = np.exp(-a * bonds(q, r0))
    dV = 2.0 * De * a * (1.0 - e) * e      # dV/dr of each bond
    F = np.zeros_like(q)
    F[:-1] += dV
    F[1:] -= dV
    return F


def forces_vjp(lam, q, De, a, r0):
    """lam^T dF/d(q, De, a)"""
    s = bonds(q, r0)
    e = np.exp(-a * s)
    mu = lam[:-1] - lam[1:]                # what each bond's dV feels
    d_s = mu * 2.0 * De * a**2 * (2.0 * e - 1.0) * e
    q_bar = np.zeros_like(q)
    q_bar[1:] += d_s
    q_bar[:-1] -= d_s
    De_bar = np.sum(mu * 2.0 * a * (1.0 - e) * e)
    a_bar = np.sum(mu * 2.0 * De * e * (1.0 - e + a * s * (2.0 * e - 1.0)))
    return q_bar, De_bar, a_bar


def trajectory_loss(q0, v0, De, a, q_ref, mass=1.3, r0=1.0, dt=0.05, nsteps=12):
    q, v = q0.copy(), v0.copy()
    F = forces(q, De, a, r0)
    traj = [q]
    for _ in range(nsteps):
        vh = v + 0.5 * dt * F / mass
        q = q + dt * vh
        F = forces(q, De, a, r0)
        v = vh + 0.5 * dt * F / mass
        traj.append(q)
    dev = q - q_ref
    ekin = 0.5 * mass * np.sum(v**2)
    loss = 0.5 * np.sum(dev**2) + 0.1 * ekin

    # adjoint sweep
    q_bar = dev
    v_bar = 0.1 * mass * v
    F_bar = np.zeros_like(q)
    De_bar = a_bar = 0.0
    for k in range(nsteps, 0, -1):
        F_bar = F_bar + 0.5 * dt / mass * v_bar
        dq, dD, da = forces_vjp(F_bar, traj[k], De, a, r0)
        q_bar = q_bar + dq
        De_bar += dD
        a_bar += da
        v_bar = v_bar + dt * q_bar
        F_bar = 0.5 * dt / mass * v_bar
    dq, dD, da = forces_vjp(F_bar, traj[0], De, a, r0)
    q_bar = q_bar + dq
    De_bar += dD
    a_bar += da
    return loss, (q_bar, v_bar, De_bar, a_bar)
