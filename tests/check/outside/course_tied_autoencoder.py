# Autoencoder disperso con pesos atados (W para codificar, W.T para decodificar)
import numpy as np


def sigm(a):
    return 1.0 / (1.0 + np.exp(-a))


def ae_cost(W, b, c, X, rho=0.1, peso=0.5):
    n = X.shape[0]

    # codificar, decodificar
    H = sigm(X @ W + b)
    R = H @ W.T + c
    rho_hat = H.mean(axis=0)
    kl = rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))
    J = 0.5 / n * ((R - X) ** 2).sum() + peso * kl.sum()

    # retropropagación
    delta_R = (R - X) / n
    grad_W = delta_R.T @ H
    grad_c = delta_R.sum(axis=0)

    delta_H = delta_R @ W
    delta_H += peso * ((1 - rho) / (1 - rho_hat) - rho / rho_hat) / n
    delta_a = delta_H * H * (1 - H)

    grad_W += X.T @ delta_a
    grad_b = delta_a.sum(axis=0)

    return J, (grad_W, grad_b, grad_c)
