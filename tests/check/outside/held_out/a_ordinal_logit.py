"""Proportional odds model, y in 0..K-1, for scipy.optimize.minimize(cost, x0, jac=grad).

theta = [beta_1 .. beta_p, a_0, .., a_{K-2}]; cut points a_0, a_0 + e^{a_1}, a_0 + e^{a_1} + e^{a_2}, ...
"""
import numpy as np

RIDGE = 0.5


def expit(u):
    return 1.0 / (1.0 + np.exp(-u))


def unpack(theta, p):
    beta, a = theta[:p], theta[p:]
    inner = np.cumsum(np.concatenate([a[:1], np.exp(a[1:])]))
    cuts = np.concatenate([[-np.inf], inner, [np.inf]])
    return beta, a, cuts


def cost(theta, X, y):
    beta, a, cuts = unpack(theta, X.shape[1])
    eta = X @ beta
    prob = expit(cuts[y + 1] - eta) - expit(cuts[y] - eta)
    return -np.sum(np.log(prob)) + 0.5 * RIDGE * beta @ beta


def grad(theta, X, y):
    beta, a, cuts = unpack(theta, X.shape[1])
    eta = X @ beta
    up = expit(cuts[y + 1] - eta)
    lo = expit(cuts[y] - eta)
    prob = up - lo
    s_up = -up * (1 - up) / prob
    s_lo = lo * (1 - lo) / prob

    g_beta = -X.T @ (s_up + s_lo) + RIDGE * beta

    g_cuts = np.zeros(len(cuts))
    np.add.at(g_cuts, y + 1, s_up)
    np.add.at(g_cuts, y, s_lo)
    g_inner = g_cuts[1:-1]
    # every a_k moves its own cut and all cuts to the right of it
    g_a = np.cumsum(g_inner[::-1])[::-1].copy()
    g_a[1:] *= np.exp(a[1:])
    return np.concatenate([g_beta, g_a])
