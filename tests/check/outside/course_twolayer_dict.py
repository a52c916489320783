"""Assignment 1, last part: the two-layer net. The parameters live in one dict, like in the starter code."""
import numpy as np

rs = np.random.RandomState(231)
D, H, C = 4, 6, 3
params = {
    'W1': 0.7 * rs.randn(D, H),
    'b1': 0.1 * rs.randn(H),
    'W2': 0.7 * rs.randn(H, C),
    'b2': 0.1 * rs.randn(C),
}


def loss(X, y, reg=0.0):
    W1, b1 = params['W1'], params['b1']
    W2, b2 = params['W2'], params['b2']
    N = X.shape[0]

    # forward: affine - relu - affine - softmax
    h = X.dot(W1) + b1
    h[h < 0] = 0
    scores = h.dot(W2) + b2

    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    data_loss = -np.log(p[range(N), y]).mean()
    reg_loss = reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

    # backward
    grads = {}
    dscores = p
    dscores[range(N), y] -= 1
    dscores /= N
    grads['W2'] = h.T.dot(dscores) + 2 * reg * W2
    grads['b2'] = np.sum(dscores, axis=0)
    dh = dscores.dot(W2.T)
    dh[h <= 0] = 0
    grads['W1'] = X.T.dot(dh)
    grads['b1'] = np.sum(dh, axis=0)
    grads['W1'] += 2 * reg * W1

    return data_loss + reg_loss, grads
