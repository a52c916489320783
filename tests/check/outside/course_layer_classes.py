# coding: utf-8
# ゼロから作る: 各層が forward と backward を持つ
import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        dx = dout * (1.0 - self.out) * self.out
        return dx


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        self.t = t  # one-hot
        return -np.sum(t * np.log(self.y)) / t.shape[0]

    def backward(self):
        dx = (self.y - self.t) / self.t.shape[0]
        return dx


class TwoLayerNet:
    def __init__(self, n_in=3, n_hidden=5, n_out=4, seed=1):
        r = np.random.RandomState(seed)
        self.params = {'W1': r.randn(n_in, n_hidden), 'b1': r.randn(n_hidden),
                       'W2': r.randn(n_hidden, n_out), 'b2': r.randn(n_out)}
        self.affine1 = Affine(self.params['W1'], self.params['b1'])
        self.act = Sigmoid()
        self.affine2 = Affine(self.params['W2'], self.params['b2'])
        self.last = SoftmaxWithLoss()

    def loss(self, x, t):
        a = self.affine2.forward(self.act.forward(self.affine1.forward(x)))
        loss = self.last.forward(a, t)
        self.affine1.backward(self.act.backward(self.affine2.backward(self.last.backward())))
        return loss, {'W1': self.affine1.dW, 'b1': self.affine1.db, 'W2': self.affine2.dW, 'b2': self.affine2.db}
