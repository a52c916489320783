import numpy as np
from numpy.linalg import cholesky, solve


def nlml(theta, X, y):
    """
    Negative log marginal likelihood of a GP with SE kernel and constant mean, plus its gradient.

    theta : [log lengthscale, log signal std, log noise std, mean]
    """
    n = X.shape[0]
    ell, sf2, sn2 = np.exp(theta[0]), np.exp(2 * theta[1]), np.exp(2 * theta[2])
    sq = ((X[:, None, :] - X[None, :, :]) ** 2).sum(-1)
    Kf = sf2 * np.exp(-0.5 * sq / ell**2)
    K = Kf + sn2 * np.eye(n)

    L = cholesky(K)
    m = y - theta[3]
    alpha = solve(L.T, solve(L, m))
    val = 0.5 * m.dot(alpha) + np.log(np.diag(L)).sum() + 0.5 * n * np.log(2 * np.pi)

    # R&W (5.9):  dL/dth = 1/2 tr[(K^-1 - alpha alpha^T) dK/dth]   (sign flipped, we minimise)
    Kinv = solve(L.T, solve(L, np.eye(n)))
    A = Kinv - np.outer(alpha, alpha)
    dK = [
        Kf * sq / ell**2,
        2 * Kf,
        2 * sn2 * np.eye(n),
    ]
    grad = np.zeros(4)
    for p in range(3):
        grad[p] = 0.5 * np.sum(A * dK[p])
    grad[3] = -alpha.sum()
    return val, grad
