"""GARCH(1,1) by quasi maximum likelihood, with the analytic score."""
import numpy as np


def garch11(mu, omega, alpha, beta, returns):
    T = returns.shape[0]
    e = returns - mu
    e2 = e * e
    h = np.zeros(T)
    h[0] = e2.mean()                     # start at the sample variance
    for t in range(1, T):
        h[t] = omega + alpha * e2[t - 1] + beta * h[t - 1]
    negll = 0.5 * np.sum(np.log(h) + e2 / h)

    # ---------- score, backwards in time ----------
    h_bar = 0.5 * (1.0 / h - e2 / h**2)
    e2_bar = 0.5 / h
    omega_bar = alpha_bar = beta_bar = 0.0
    for t in range(T - 1, 0, -1):
        omega_bar += h_bar[t]
        alpha_bar += h_bar[t] * e2[t - 1]
        beta_bar += h_bar[t] * h[t - 1]
        e2_bar[t - 1] += alpha * h_bar[t]
        h_bar[t - 1] += beta * h_bar[t]
    e2_bar += h_bar[0] / T
    mu_bar = -np.sum(2 * e * e2_bar)
    return negll, (mu_bar, omega_bar, alpha_bar, beta_bar)
