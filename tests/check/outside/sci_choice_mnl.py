import numpy as np

AVAIL = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]], dtype=bool)
CHOSEN = np.array([0, 2, 1, 3, 1])
WEIGHT = np.array([1.0, 0.4, 2.2, 1.3, 0.7])   # expansion factors of the survey

L2 = 0.05


def mnl_loss(beta, asc, log_scale, X, avail, chosen, weight):
    """
    X: (persons, alternatives, attributes); asc: one constant per alternative
    """
    N, J, K = X.shape
    scale = np.exp(log_scale)
    U = X @ beta + asc
    V = scale * U
    V_shift = V - V.max(axis=1, keepdims=True)
    eV = np.exp(V_shift) * avail
    P = eV / eV.sum(axis=1, keepdims=True)
    share = weight / weight.sum()
    ll = np.sum(share * np.log(P[np.arange(N), chosen]))
    loss = -ll + L2 * np.sum(beta * beta)

    # gradients
    chosen_onehot = np.zeros((N, J))
    chosen_onehot[np.arange(N), chosen] = 1.0
    gV = share[:, None] * (P - chosen_onehot)
    gU = scale * gV
    grads = {}
    grads["beta"] = np.einsum("nj,njk->k", gU, X) + 2 * L2 * beta
    grads["asc"] = gU.sum(axis=0)
    grads["log_scale"] = np.sum(gV * V)
    return loss, grads
