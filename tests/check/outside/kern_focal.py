import numpy as np


def focal_loss(W, b, X, y, gamma=2.0):
    """
    Multi-class focal loss of a linear classifier.

    W: (D, C)   b: (C,)   X: (N, D)   y: (N,) labels
    Returns loss and a dict of gradients.
    """
    N = X.shape[0]
    rows = np.arange(N)

    logits = X @ W + b
    logits -= logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    pt = p[rows, y]
    log_pt = logp[rows, y]
    loss = -np.sum((1 - pt) ** gamma * log_pt) / N

    # FL(pt) = -(1-pt)^g log(pt)
    dpt = gamma * (1 - pt) ** (gamma - 1) * log_pt - (1 - pt) ** gamma / pt
    dpt /= N
    # softmax: dpt/dlogit_j = pt * (1[j == y] - p_j)
    dlogits = -p * (dpt * pt)[:, None]
    dlogits[rows, y] += dpt * pt
    dW = X.T.dot(dlogits)
    db = dlogits.sum(axis=0)

    return loss, {"W": dW, "b": db}
