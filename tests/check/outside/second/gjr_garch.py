import numpy as np

# GJR-GARCH(1,1) quasi maximum likelihood (Glosten, Jagannathan and Runkle 1993)
#   r_t = mu + e_t,   h_t = w + (a + g 1{e_{t-1}<0}) e_{t-1}^2 + b h_{t-1}
# theta = (mu, ln w, a, g, b).  h_1 is set to the sample variance (constant).


def qll(theta, r):
    """negative average quasi log likelihood"""
    mu, lw, a, g, b = theta
    e = r - mu
    h = np.empty(r.size)
    h[0] = np.var(r)
    for t in range(1, r.size):
        h[t] = np.exp(lw) + (a + g * (e[t - 1] < 0)) * e[t - 1] ** 2 + b * h[t - 1]
    return 0.5 * np.mean(np.log(h) + e**2 / h)


def qll_score(theta, r):
    mu, lw, a, g, b = theta
    T = r.size
    e = r - mu
    neg = (e < 0).astype(float)
    w = np.exp(lw)

    h = np.empty(T)
    h[0] = np.var(r)
    dh = np.zeros((T, 5))
    for t in range(1, T):
        e2 = e[t - 1] ** 2
        arch = a + g * neg[t - 1]
        h[t] = w + arch * e2 + b * h[t - 1]
        own = np.array([-2 * arch * e[t - 1], w, e2, neg[t - 1] * e2, h[t - 1]])
        dh[t] = own + b * dh[t - 1]

    z = 0.5 * (1 / h - e**2 / h**2)
    score = dh.T @ z / T
    score[0] -= np.mean(e / h)
    return score
