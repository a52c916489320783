"""Damped pendulum, parameter identification from measured angles. Discrete adjoint."""
import numpy as np

DT = 0.2


def misfit(th0, om0, k, c, obs):
    # ---- forward, symplectic Euler
    nt = len(obs)
    th = np.zeros(nt + 1)
    om = np.zeros(nt + 1)
    th[0], om[0] = th0, om0
    for n in range(nt):
        acc = -k * np.sin(th[n]) - c * om[n]
        om[n + 1] = om[n] + DT * acc
        th[n + 1] = th[n] + DT * om[n + 1]
    J = 0.5 * DT * np.sum((th[1:] - obs) ** 2)

    # ---- adjoint, backwards in time
    lam_th, lam_om = 0.0, 0.0
    dJ_dk = 0.0
    dJ_dc = 0.0
    for n in range(nt - 1, -1, -1):
        lam_th += DT * (th[n + 1] - obs[n])
        lam_om += DT * lam_th
        lam_acc = DT * lam_om
        dJ_dk -= np.sin(th[n]) * lam_acc
        dJ_dc -= om[n] * lam_acc
        lam_th -= k * np.cos(th[n]) * lam_acc
        lam_om -= c * lam_acc
    dJ_dth0, dJ_dom0 = lam_th, lam_om
    return J, (dJ_dth0, dJ_dom0, dJ_dk, dJ_dc, None)
