import numpy as np

sigmoid = lambda u: 1 / (1 + np.exp(-u))


def init(d=5, h=4, k=2, rng=np.random):
    p = {}
    p["We"], p["be"] = rng.normal(size=(d, h)) * 0.6, rng.normal(size=h) * 0.2
    p["Wm"], p["bm"] = rng.normal(size=(h, k)) * 0.6, rng.normal(size=k) * 0.2
    p["Wv"], p["bv"] = rng.normal(size=(h, k)) * 0.6, rng.normal(size=k) * 0.2
    p["Wd"], p["bd"] = rng.normal(size=(k, d)) * 0.6, rng.normal(size=d) * 0.2
    return p


def negative_elbo(p, x, eps):
    """Minus the ELBO per example, noise eps passed in so that we can test it (lecture 9)."""
    B = x.shape[0]
    # encoder
    hid = np.tanh(x @ p["We"] + p["be"])
    mu = hid @ p["Wm"] + p["bm"]
    logvar = hid @ p["Wv"] + p["bv"]
    # reparametrisation trick
    std = np.exp(0.5 * logvar)
    z = mu + std * eps
    # decoder, Bernoulli pixels
    logits = z @ p["Wd"] + p["bd"]
    rec = np.sum(np.logaddexp(0, logits) - x * logits)
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    loss = (rec + kl) / B

    d = {}
    d_logits = (sigmoid(logits) - x) / B
    d["Wd"], d["bd"] = z.T @ d_logits, d_logits.sum(0)
    d_z = d_logits @ p["Wd"].T
    d_mu = d_z + mu / B
    d_logvar = d_z * eps * 0.5 * std
    d_logvar += 0.5 * (np.exp(logvar) - 1) / B
    d["Wm"], d["bm"] = hid.T @ d_mu, d_mu.sum(0)
    d["Wv"], d["bv"] = hid.T @ d_logvar, d_logvar.sum(0)
    d_hid = d_mu @ p["Wm"].T
    d_hid += d_logvar @ p["Wv"].T
    d_pre = d_hid * (1 - hid**2)
    d["We"], d["be"] = x.T @ d_pre, d_pre.sum(0)
    return loss, d
