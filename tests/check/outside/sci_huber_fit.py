# robust calibration of the load cell (linear response, outliers from the loose connector)
import numpy as np

C_HUBER = 1.345
RIDGE = 0.1


def unpack(theta):
    """theta = [intercept, slopes ..., log scale]"""
    return theta[0], theta[1:-1], theta[-1]


def rho(u):
    a = np.abs(u)
    return np.where(a <= C_HUBER, 0.5 * u**2, C_HUBER * a - 0.5 * C_HUBER**2)


def psi(u):
    # rho'
    return np.clip(u, -C_HUBER, C_HUBER)


def objective(theta, X, y):
    b0, b, log_s = unpack(theta)
    r = y - b0 - X @ b
    u = r / np.exp(log_s)
    return rho(u).mean() + log_s + 0.5 * RIDGE * np.sum(b**2)


def grad_objective(theta, X, y):
    n = len(y)
    icpt, slopes, log_s = unpack(theta)
    sigma = np.exp(log_s)
    std_resid = (y - icpt - X.dot(slopes)) / sigma
    score = psi(std_resid) / n

    g = np.empty_like(theta)
    g[0] = -score.sum() / sigma
    g[1:-1] = -X.T.dot(score) / sigma + RIDGE * slopes
    g[-1] = 1.0 - np.dot(score, std_resid)
    return g
