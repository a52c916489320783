import numpy as np

# soft-DTW (Cuturi & Blondel 2017) between two MFCC sequences, numpy version without numba


def softmin3(a, b, c, gamma):
    m = min(a, b, c)
    z = np.exp(-(a - m) / gamma) + np.exp(-(b - m) / gamma) + np.exp(-(c - m) / gamma)
    return m - gamma * np.log(z)


def sdtw_forward(X, Y, gamma=0.7):
    n, m = len(X), len(Y)
    D = ((X[:, None, :] - Y[None, :, :]) ** 2).sum(-1)
    R = np.full((n + 2, m + 2), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            R[i, j] = D[i - 1, j - 1] + softmin3(R[i - 1, j - 1], R[i - 1, j], R[i, j - 1], gamma)
    return R[n, m], (X, Y, D, R, gamma)


def sdtw_backward(cache):
    X, Y, D0, R0, gamma = cache
    n, m = D0.shape
    D = np.zeros((n + 2, m + 2))
    D[1 : n + 1, 1 : m + 1] = D0
    R = R0.copy()
    R[:, m + 1] = -1e10
    R[n + 1, :] = -1e10
    R[n + 1, m + 1] = R[n, m]

    E = np.zeros((n + 2, m + 2))
    E[n + 1, m + 1] = 1.0
    for j in range(m, 0, -1):
        for i in range(n, 0, -1):
            down = np.exp((R[i + 1, j] - R[i, j] - D[i + 1, j]) / gamma)
            right = np.exp((R[i, j + 1] - R[i, j] - D[i, j + 1]) / gamma)
            diag = np.exp((R[i + 1, j + 1] - R[i, j] - D[i + 1, j + 1]) / gamma)
            E[i, j] = E[i + 1, j] * down + E[i, j + 1] * right + E[i + 1, j + 1] * diag

    G = E[1 : n + 1, 1 : m + 1]        # soft alignment = d sdtw / d D
    gX = 2 * (X * G.sum(axis=1)[:, None] - G @ Y)
    gY = 2 * (Y * G.sum(axis=0)[:, None] - G.T @ X)
    return gX, gY
