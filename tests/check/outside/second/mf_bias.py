import numpy as np

# biased MF, batch of (user, item, rating) triples, as in the Netflix papers:
#   r_hat = mu + b_u + c_i + <p_u, q_i>


def mf_objective(params, u, i, r, lam_f=0.1, lam_b=0.02):
    P, Q = params["P"], params["Q"]
    bu, bi, mu = params["bu"], params["bi"], params["mu"]
    n_obs = len(r)

    Pu = P[u]
    Qi = Q[i]
    r_hat = mu + bu[u] + bi[i] + (Pu * Qi).sum(axis=1)
    err = r_hat - r

    sse = np.sum(err**2)
    # penalty per observation => popular users/items are shrunk more often
    pen = lam_f * (np.sum(Pu**2) + np.sum(Qi**2)) + lam_b * (np.sum(bu[u] ** 2) + np.sum(bi[i] ** 2))
    obj = 0.5 * (sse + pen) / n_obs

    grads = {k: np.zeros_like(p) for k, p in params.items()}
    e = err[:, None]
    gPu = (e * Qi + lam_f * Pu) / n_obs
    gQi = (e * Pu + lam_f * Qi) / n_obs
    np.add.at(grads["P"], u, gPu)
    np.add.at(grads["Q"], i, gQi)
    np.add.at(grads["bu"], u, (err + lam_b * bu[u]) / n_obs)
    np.add.at(grads["bi"], i, (err + lam_b * bi[i]) / n_obs)
    grads["mu"] = err.mean()
    return obj, grads
