import numpy as np


def unpack(theta):
    """unconstrained -> (mu, omega, alpha, beta) with alpha + beta < 1"""
    mu = theta[0]
    omega = np.exp(theta[1])
    ea, eb = np.exp(theta[2]), np.exp(theta[3])
    tot = 1 + ea + eb
    return mu, omega, ea / tot, eb / tot


def garch_nll(theta, ret, h0):
    """GARCH(1,1), average Gaussian negative log likelihood and its score.

    h[t] = omega + alpha * eps[t-1]**2 + beta * h[t-1],  eps = ret - mu
    """
    mu, omega, alpha, beta = unpack(theta)
    T = len(ret)
    eps = ret - mu
    h = np.empty(T)
    h[0] = h0
    for t in range(1, T):
        h[t] = omega + alpha * eps[t - 1] ** 2 + beta * h[t - 1]
    nll = 0.5 * np.mean(np.log(h) + eps**2 / h)

    # reverse sweep; d_h[t] collects what later days say about h[t]
    d_h = 0.5 * (1 / h - eps**2 / h**2) / T
    d_eps = eps / h / T
    d_omega = d_alpha = d_beta = 0.0
    for t in range(T - 1, 0, -1):
        d_omega += d_h[t]
        d_alpha += d_h[t] * eps[t - 1] ** 2
        d_beta += d_h[t] * h[t - 1]
        d_eps[t - 1] += d_h[t] * alpha * 2 * eps[t - 1]
        d_h[t - 1] += d_h[t] * beta
    d_mu = -d_eps.sum()

    # back to theta
    grad = np.zeros(4)
    grad[0] = d_mu
    grad[1] = d_omega * omega
    grad[2] = d_alpha * alpha * (1 - alpha) - d_beta * alpha * beta
    grad[3] = d_beta * beta * (1 - beta) - d_alpha * alpha * beta
    return nll, grad
