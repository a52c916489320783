import numpy as np

# Normalisation par groupes, TP de vision (images N x C x H x W)


def groupe_avant(x, gamma, beta, G, eps=1e-5):
    N, C, H, W = x.shape
    xg = x.reshape(N, G, C // G * H * W)
    moy = xg.mean(axis=2, keepdims=True)
    var = xg.var(axis=2, keepdims=True)
    ecart = np.sqrt(var + eps)
    xchap = ((xg - moy) / ecart).reshape(N, C, H, W)
    sortie = gamma * xchap + beta
    return sortie, (G, gamma, xg, moy, ecart, xchap)


def groupe_arriere(dsortie, memo):
    G, gamma, xg, moy, ecart, xchap = memo
    N, C, H, W = dsortie.shape
    M = xg.shape[2]

    dbeta = np.sum(dsortie, axis=(0, 2, 3), keepdims=True)
    dgamma = np.sum(dsortie * xchap, axis=(0, 2, 3), keepdims=True)

    dxchap = (dsortie * gamma).reshape(N, G, M)
    diff = xg - moy

    # les trois chemins vers x : direct, par la variance, par la moyenne
    dvar = np.sum(dxchap * diff, axis=2, keepdims=True) * -0.5 * ecart**-3
    dmoy = -np.sum(dxchap, axis=2, keepdims=True) / ecart
    dx = dxchap / ecart
    dx = dx + dvar * 2 * diff / M
    dx = dx + dmoy / M
    return dx.reshape(N, C, H, W), dgamma, dbeta
