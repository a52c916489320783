import numpy as np


def zip_nll(beta, gamma, X, Z, counts, ridge=0.1):
    """Zero-inflated Poisson regression (Lambert 1992).

    P(y = 0) = pi + (1 - pi) exp(-lam),   P(y = k) = (1 - pi) Pois(k; lam)
    log lam = X beta,  logit pi = Z gamma.
    Returns the penalised mean negative log-likelihood (log k! left out) and its gradient.
    """
    n = counts.size
    eta = X @ beta
    lam = np.exp(eta)
    zeta = Z @ gamma
    pi = 1 / (1 + np.exp(-zeta))

    zero = counts == 0
    p0 = pi + (1 - pi) * np.exp(-lam)
    ll = np.where(zero, np.log(p0), np.log(1 - pi) + counts * eta - lam)
    nll = -ll.mean() + 0.5 * ridge * (beta @ beta + gamma @ gamma)

    # score, observation by observation
    w = (1 - pi) * np.exp(-lam) / p0          # P(a zero comes from the Poisson part)
    score_eta = np.where(zero, -w * lam, counts - lam)
    score_pi = np.where(zero, (1 - np.exp(-lam)) / p0, -1 / (1 - pi))
    score_zeta = score_pi * pi * (1 - pi)

    g_beta = -X.T @ score_eta / n + ridge * beta
    g_gamma = -Z.T @ score_zeta / n + ridge * gamma
    return nll, (g_beta, g_gamma)
