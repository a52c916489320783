import numpy as np


class TwoLayerNet(object):
    """Two-layer net: affine - leaky relu - affine - softmax. Weights in self.params, gradients in self.grads."""

    def __init__(self, input_size, hidden_size, output_size, std=0.5, seed=0):
        r = np.random.RandomState(seed)
        self.params = {}
        self.grads = {}
        self.params['W1'] = std * r.randn(input_size, hidden_size)
        self.params['b1'] = std * r.randn(hidden_size)
        self.params['W2'] = std * r.randn(hidden_size, output_size)
        self.params['b2'] = std * r.randn(output_size)
        self.alpha = 0.1

    def loss(self, X, y, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N = X.shape[0]

        # forward
        z1 = X.dot(W1) + b1
        h1 = np.where(z1 > 0, z1, self.alpha * z1)
        scores = h1.dot(W2) + b2
        scores = scores - np.max(scores, axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        loss = np.sum(-np.log(p[range(N), y])) / N
        loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))

        # backward
        dscores = p.copy()
        dscores[range(N), y] -= 1
        dscores /= N
        self.grads['W2'] = h1.T.dot(dscores) + reg * W2
        self.grads['b2'] = np.sum(dscores, axis=0)
        dh1 = dscores.dot(W2.T)
        dz1 = dh1 * np.where(z1 > 0, 1, self.alpha)
        self.grads['W1'] = X.T.dot(dz1)
        self.grads['W1'] += reg * W1
        self.grads['b1'] = np.sum(dz1, axis=0)
        return loss, self.grads
