import numpy as np


def score_documents(theta, docs):
    hid = np.tanh(docs @ theta['W1'] + theta['b1'])
    return hid, hid @ theta['w2']


def ranknet_loss(theta, docs, rel):
    """RankNet on one query, pairs weighted by the difference of their gains.

    docs: (n_docs, n_feat), rel: integer grades. Returns loss and d loss / d theta.
    """
    hid, s = score_documents(theta, docs)

    better = (rel[:, None] > rel[None, :]).astype(float)     # i should stand above j
    gain = 2.0 ** rel
    weight = better * np.abs(gain[:, None] - gain[None, :])
    weight /= weight.sum()

    margin = s[:, None] - s[None, :]
    loss = np.sum(weight * np.log1p(np.exp(-margin)))

    # --- lambdas ---
    lam = -weight / (1.0 + np.exp(margin))
    dL_ds = lam.sum(axis=1) - lam.sum(axis=0)

    # --- scorer ---
    dL_dw2 = hid.T @ dL_ds
    dL_dhid = np.outer(dL_ds, theta['w2'])
    dL_dpre = dL_dhid * (1.0 - hid ** 2)
    dL_dW1 = docs.T @ dL_dpre
    dL_db1 = dL_dpre.sum(axis=0)
    return loss, {'W1': dL_dW1, 'b1': dL_db1, 'w2': dL_dw2}
