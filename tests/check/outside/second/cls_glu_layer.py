# coding: utf-8
import numpy as np


class GatedLinear:
    """ゲート付き全結合層  y = tanh(x W + b) * sigmoid(x V + c)"""

    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(size=(n_in, n_out)) / np.sqrt(n_in)
        self.V = rng.normal(size=(n_in, n_out)) / np.sqrt(n_in)
        self.b = 0.1 * rng.normal(size=n_out)
        self.c = 0.1 * rng.normal(size=n_out)
        self.x = None
        self.dW = None
        self.dV = None
        self.db = None
        self.dc = None

    def forward(self, x):
        # テンソル対応
        self.original_x_shape = x.shape
        self.x = x.reshape(-1, x.shape[-1])
        self.t = np.tanh(np.dot(self.x, self.W) + self.b)
        self.s = 1 / (1 + np.exp(-(np.dot(self.x, self.V) + self.c)))
        out = self.t * self.s
        return out.reshape(*x.shape[:-1], -1)

    def backward(self, dout):
        dout = dout.reshape(-1, dout.shape[-1])
        dt = dout * self.s
        ds = dout * self.t
        da = dt * (1 - self.t**2)
        dg = ds * self.s * (1 - self.s)

        self.dW = np.dot(self.x.T, da)
        self.dV = np.dot(self.x.T, dg)
        self.db = np.sum(da, axis=0)
        self.dc = np.sum(dg, axis=0)

        dx = np.dot(da, self.W.T) + np.dot(dg, self.V.T)
        dx = dx.reshape(*self.original_x_shape)  # 入力データの形状に戻す
        return dx
