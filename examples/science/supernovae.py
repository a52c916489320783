"""Dark energy from supernovae: the likelihood of distances in an expanding universe.

The luminosity distance is an integral over the expansion rate, tabulated once on a fine grid of redshifts and
interpolated at the supernovae; the brightness is corrected for stretch and colour; the covariance matrix has
statistical, intrinsic and systematic parts.

Formulas: D. W. Hogg, arXiv:astro-ph/9905116; the equation of state w0 + wa z / (1 + z) of M. Chevallier, D. Polarski
(2001) and E. V. Linder (2003); R. Tripp, Astronomy and Astrophysics 331 (1998) 815-820.
"""

from collections import namedtuple

import numpy as np

c = 299792.458  # km/s
Cosmology = namedtuple("Cosmology", "H0 Om Ok w0 wa")


def E(z, cosmo):
    """H(z) / H0."""
    Ode = 1 - cosmo.Om - cosmo.Ok
    dark = (1 + z) ** (3 * (1 + cosmo.w0 + cosmo.wa)) * np.exp(-3 * cosmo.wa * z / (1 + z))
    return np.sqrt(cosmo.Om * (1 + z) ** 3 + cosmo.Ok * (1 + z) ** 2 + Ode * dark)


def cumtrapz(y, x):
    steps = 0.5 * (y[1:] + y[:-1]) * np.diff(x)
    return np.concatenate([[0.0], np.cumsum(steps)])


def curve(chi, Ok):
    """The transverse comoving distance in units of c / H0: space may be open, flat or closed."""
    if abs(Ok) < 1e-8:
        return chi
    k = np.sqrt(abs(Ok))
    return np.sinh(k * chi) / k if Ok > 0 else np.sin(k * chi) / k


def distance_modulus(z, cosmo, zmax=1.5, n=400):
    grid = np.linspace(0, zmax, n)
    chi = cumtrapz(1 / E(grid, cosmo), grid)
    dm = curve(np.interp(z, grid, chi), cosmo.Ok)
    dl = (1 + z) * dm * c / cosmo.H0
    return 5 * np.log10(dl) + 25


def covariance(z, error, scatter, calibration):
    cov = np.diag(error**2)
    cov[np.diag_indices(len(z))] += scatter**2
    trend = np.column_stack([np.ones_like(z), z])
    cov += trend @ np.diag(calibration**2) @ trend.T
    return cov


def loss(theta, sn, n=400):
    """Minus the logarithm of the likelihood, without its constant."""
    Om, Ok, w0, wa, M, alpha, beta, log_scatter = theta
    cosmo = Cosmology(H0=70.0, Om=Om, Ok=Ok, w0=w0, wa=wa)
    mu = sn["m"] - M + alpha * sn["stretch"] - beta * sn["colour"]
    residual = mu - distance_modulus(sn["z"], cosmo, n=n)
    cov = covariance(sn["z"], sn["error"], np.exp(log_scatter), np.array([0.02, 0.01]))
    L = np.linalg.cholesky(cov)
    white = np.linalg.solve(L, residual)
    return 0.5 * np.dot(white, white) + np.sum(np.log(np.diagonal(L)))


def problem(count=80, n=400, seed=0):
    rng = np.random.default_rng(seed)
    z = np.sort(rng.uniform(0.02, 1.3, count))
    stretch, colour = rng.standard_normal(count), 0.1 * rng.standard_normal(count)
    mu = distance_modulus(z, Cosmology(70.0, 0.3, 0.0, -1.0, 0.0), n=n)
    error = rng.uniform(0.08, 0.15, count)
    m = mu - 19.3 - 0.14 * stretch + 3.1 * colour + np.hypot(error, 0.1) * rng.standard_normal(count)
    sn = {"z": z, "m": m, "stretch": stretch, "colour": colour, "error": error}
    return np.array([0.35, 0.02, -0.9, 0.1, -19.25, 0.1, 2.8, np.log(0.12)]), sn, n


small = {"count": 3, "n": 6}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    theta, *data = problem()
    gradient = gw.grad(loss)(theta, *data)
    for i, name in enumerate(["Om", "Ok", "w0", "wa", "M", "alpha", "beta", "log scatter"]):
        step = 1e-6 * (np.arange(8) == i)
        difference = (loss(theta + step, *data) - loss(theta - step, *data)) / 2e-6
        print(f"{name}: {gradient[i]:.8g}, by differences {difference:.8g}")
    fisher = gw.hessian(loss)(theta, *data)
    print("standard errors, by the curvature:", np.sqrt(np.abs(np.diag(np.linalg.inv(fisher)))).round(3))
    both = timeit(lambda: gw.value_and_grad(loss)(theta, *data), number=5)
    plain = timeit(lambda: loss(theta, *data), number=5)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
