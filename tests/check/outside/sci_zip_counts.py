"""Zero inflated Poisson regression (trap counts of beetles, many empty traps)."""
import numpy as np

_r = np.random.RandomState(11)
X = np.column_stack([np.ones(6), _r.randn(6), _r.randn(6)])   # abundance
Z = np.column_stack([np.ones(6), _r.randn(6)])                # structural zeros
Y = np.array([0, 3, 0, 1, 0, 2])
LOG_EFFORT = np.log(np.array([1.0, 2.0, 1.5, 1.0, 0.5, 2.0]))
DATA = (X, Z, Y, LOG_EFFORT)


def negloglik(params, data):
    X, Z, y, off = data
    beta, gamma = params[: X.shape[1]], params[X.shape[1] :]
    mu = np.exp(X @ beta + off)
    pi = 1 / (1 + np.exp(-(Z @ gamma)))
    ll = np.where(y == 0,
                  np.log(pi + (1 - pi) * np.exp(-mu)),
                  np.log(1 - pi) + y * np.log(mu) - mu)   # log y! dropped
    return -ll.sum()


def score(params, data):
    X, Z, y, off = data
    k = X.shape[1]
    lam = np.exp(X @ params[:k] + off)
    infl = 1 / (1 + np.exp(-Z @ params[k:]))

    empty = y == 0
    e = np.exp(-lam)
    p_empty = infl + (1 - infl) * e
    d_count = np.where(empty, -lam * (1 - infl) * e / p_empty, y - lam)
    d_infl = np.where(empty, infl * (1 - infl) * (1 - e) / p_empty, -infl)

    g_beta = -X.T @ d_count
    g_gamma = -Z.T @ d_infl
    return np.concatenate([g_beta, g_gamma])
