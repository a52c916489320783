import numpy as np

# Multivariate t likelihood, scale matrix Sigma = L L'.
# A holds L: strictly lower part as is, log of the diagonal on the diagonal.
# (upper triangle of A is never used)


def mvt_nll(mu, A, Y, nu=5.0):
    n, p = Y.shape
    L = np.tril(A, -1) + np.diag(np.exp(np.diag(A)))
    R = Y - mu
    Z = np.linalg.solve(L, R.T).T
    maha = (Z ** 2).sum(axis=1)
    nll = n * np.trace(A) + 0.5 * (nu + p) * np.log1p(maha / nu).sum()

    # score
    w = (nu + p) / (nu + maha)           # the usual EM weights
    SZ = w[:, None] * Z
    U = np.linalg.solve(L.T, SZ.T).T     # = w * Sigma^-1 (y - mu)
    score_mu = -U.sum(axis=0)
    score_L = -U.T @ Z
    score_A = np.tril(score_L, -1)
    score_A[np.diag_indices(p)] = np.diag(score_L) * np.diag(L) + n
    return nll, {"mu": score_mu, "A": score_A}
