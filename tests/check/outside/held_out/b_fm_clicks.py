"""
Second order factorization machine for click prediction.

Every impression is a row of F feature ids (one per field). The pairwise term uses
    sum_{i<j} <v_i, v_j> = 1/2 * ( |sum_i v_i|^2 - sum_i |v_i|^2 )
"""
import numpy as np


def fm_loss_grad(bias, w, V, ids, clicked, l2=0.05):
    n_rows = ids.shape[0]
    E = V[ids]                       # rows x fields x factors
    S = E.sum(axis=1)
    pair = 0.5 * (S ** 2 - (E ** 2).sum(axis=1)).sum(axis=1)
    logit = bias + w[ids].sum(axis=1) + pair

    # log loss, stable
    nll = np.logaddexp(0, logit) - clicked * logit
    loss = nll.mean() + 0.5 * l2 * (np.sum(w ** 2) + np.sum(V ** 2))

    p = 1 / (1 + np.exp(-logit))
    err = (p - clicked) / n_rows

    bias_grad = err.sum()

    w_grad = l2 * w
    np.add.at(w_grad, ids, err[:, None])

    E_grad = err[:, None, None] * (S[:, None, :] - E)
    V_grad = l2 * V
    np.add.at(V_grad, ids, E_grad)

    return loss, {"bias": bias_grad, "w": w_grad, "V": V_grad}
