import numpy as np

# Normalización por lotes. Lo hago por pasos porque la fórmula corta nunca me sale.


def lote_norm_adelante(x, gamma, beta, eps=1e-3):
    N, D = x.shape
    mu = x.mean(axis=0)
    xc = x - mu                       # centrado
    cuad = xc ** 2
    var = cuad.mean(axis=0)
    raiz = np.sqrt(var + eps)
    inv = 1.0 / raiz
    xn = xc * inv                     # normalizado
    y = gamma * xn + beta
    memoria = dict(N=N, xc=xc, raiz=raiz, inv=inv, xn=xn, gamma=gamma)
    return y, memoria


def lote_norm_atras(dy, memoria):
    N = memoria["N"]
    xc = memoria["xc"]
    raiz = memoria["raiz"]
    inv = memoria["inv"]
    xn = memoria["xn"]
    gamma = memoria["gamma"]

    # y = gamma * xn + beta
    dbeta = dy.sum(axis=0)
    dgamma = (dy * xn).sum(axis=0)
    dxn = dy * gamma

    # xn = xc * inv
    dinv = (dxn * xc).sum(axis=0)
    dxc = dxn * inv

    # inv = 1 / raiz,  raiz = sqrt(var + eps)
    draiz = -dinv / raiz ** 2
    dvar = 0.5 * draiz / raiz

    # var = media de xc ** 2
    dcuad = np.ones_like(xc) * dvar / N
    dxc += 2 * xc * dcuad

    # xc = x - mu
    dx = dxc
    dmu = -dxc.sum(axis=0)
    dx = dx + dmu / N
    return dx, dgamma, dbeta
