"""Mixture density head for the duration / F0 model.  One frame per row."""
import numpy as np

LOG2PI = np.log(2 * np.pi)


def mdn_nll(hid, w_pi, w_mu, w_ls, tgt):
    """hid [T,H]; w_pi [H,M]; w_mu [H,M*D]; w_ls [H,M]; tgt [T,D].  Isotropic components.

    Returns the NLL per frame and the gradients of the four things we train through.
    """
    T, D = tgt.shape
    M = w_pi.shape[1]

    logits = hid @ w_pi
    mu = (hid @ w_mu).reshape(T, M, D)
    ls = hid @ w_ls                      # log sigma
    inv_var = np.exp(-2.0 * ls)

    top = logits.max(axis=1, keepdims=True)
    log_pi = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))

    diff = tgt[:, None, :] - mu          # [T,M,D]
    maha = np.sum(diff**2, axis=2) * inv_var
    log_comp = log_pi - 0.5 * maha - D * ls - 0.5 * D * LOG2PI

    best = log_comp.max(axis=1, keepdims=True)
    log_lik = best[:, 0] + np.log(np.exp(log_comp - best).sum(axis=1))
    nll = -log_lik.mean()

    # ---- backprop: posteriors do all the work
    post = np.exp(log_comp - log_lik[:, None])
    g_logits = (np.exp(log_pi) - post) / T
    g_mu = -(post * inv_var)[:, :, None] * diff / T
    g_ls = post * (D - maha) / T

    g_mu = g_mu.reshape(T, M * D)
    g_w_pi = hid.T @ g_logits
    g_w_mu = hid.T @ g_mu
    g_w_ls = hid.T @ g_ls
    g_hid = g_logits @ w_pi.T + g_ls @ w_ls.T
    g_hid += g_mu @ w_mu.T
    return nll, (g_hid, g_w_pi, g_w_mu, g_w_ls)
