import numpy as np

# Keplerian radial velocity fit of one planet.
# theta = [K, P, t_peri, ecc, omega, gamma]


def true_anomaly(t, P, tp, ecc):
    M = 2 * np.pi * (t - tp) / P
    E = M + ecc * np.sin(M)
    for _ in range(25):  # Newton; far more than needed below e = 0.8
        E = E - (E - ecc * np.sin(E) - M) / (1 - ecc * np.cos(E))
    nu = 2 * np.arctan2(np.sqrt(1 + ecc) * np.sin(E / 2), np.sqrt(1 - ecc) * np.cos(E / 2))
    return nu


def chi2(theta, t, rv, sig):
    K, P, tp, ecc, om, gam = theta
    nu = true_anomaly(t, P, tp, ecc)
    model = K * (np.cos(nu + om) + ecc * np.cos(om)) + gam
    return np.sum(((rv - model) / sig) ** 2)


def grad_chi2(theta, t, rv, sig):
    K, P, tp, ecc, om, gam = theta
    nu = true_anomaly(t, P, tp, ecc)
    c, s = np.cos(nu + om), np.sin(nu + om)
    model = K * (c + ecc * np.cos(om)) + gam
    wres = -2 * (rv - model) / sig**2

    # implicit function theorem on Kepler's equation
    dnu_dM = (1 + ecc * np.cos(nu)) ** 2 / (1 - ecc**2) ** 1.5
    dnu_de = np.sin(nu) * (2 + ecc * np.cos(nu)) / (1 - ecc**2)
    dM_dP = -2 * np.pi * (t - tp) / P**2
    dM_dtp = -2 * np.pi / P

    J = np.empty((6, len(t)))
    J[0] = c + ecc * np.cos(om)
    J[1] = -K * s * dnu_dM * dM_dP
    J[2] = -K * s * dnu_dM * dM_dtp
    J[3] = -K * s * dnu_de + K * np.cos(om)
    J[4] = -K * s - K * ecc * np.sin(om)
    J[5] = 1
    return J @ wres
