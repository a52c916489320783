"""Marginal likelihood of a stellar light curve under a quasi-periodic GP (Rotation kernel, cf. Aigrain+12)."""
import numpy as np


def kernel_parts(theta, t):
    ln_h, ln_l, ln_gam, ln_P = theta[:4]
    dt = t[:, None] - t[None, :]
    phase = np.pi * dt / np.exp(ln_P)
    se = 0.5 * dt**2 / np.exp(2 * ln_l)
    per = np.exp(ln_gam) * np.sin(phase) ** 2
    K = np.exp(2 * ln_h - se - per)
    return K, se, per, phase


def neg_ln_like(theta, t, flux, flux_err):
    """theta = (ln h, ln lambda, ln Gamma, ln P, ln jitter, mean flux); returns (-lnL, gradient)."""
    jit2 = np.exp(2 * theta[4])
    resid = flux - theta[5]
    K, se, per, phase = kernel_parts(theta, t)
    C = K + np.diag(flux_err**2 + jit2)

    L = np.linalg.cholesky(C)
    Cinv = np.linalg.inv(C)
    alpha = Cinv @ resid
    nll = 0.5 * resid @ alpha
    nll += np.sum(np.log(np.diag(L))) + 0.5 * len(t) * np.log(2 * np.pi)

    # d(-lnL)/dC, symmetric
    S = 0.5 * (Cinv - np.outer(alpha, alpha))

    dper_dlnP = -np.exp(theta[2]) * np.sin(2 * phase) * phase
    g_h = np.sum(S * 2 * K)
    g_l = np.sum(S * K * 2 * se)
    g_gam = np.sum(S * K * -per)
    g_P = np.sum(S * K * -dper_dlnP)
    g_jit = np.trace(S) * 2 * jit2
    g_mean = -np.sum(alpha)
    return nll, np.array([g_h, g_l, g_gam, g_P, g_jit, g_mean])
