import numpy as np


class Affine:
    def __init__(self, params, grads, k):
        self.p, self.g, self.k = params, grads, k

    def forward(self, x):
        self.x = x
        return x.dot(self.p["W%d" % self.k]) + self.p["b%d" % self.k]

    def backward(self, dout):
        W = self.p["W%d" % self.k]
        self.g["W%d" % self.k] = self.x.T.dot(dout)
        self.g["b%d" % self.k] = dout.sum(axis=0)
        return dout.dot(W.T)


class Elu:
    def forward(self, x):
        self.x = x
        self.y = np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)
        return self.y

    def backward(self, dout):
        return dout * np.where(self.x > 0, 1, self.y + 1)


class Scale:
    """learned gain per channel"""

    def __init__(self, params, grads, k):
        self.p, self.g, self.k = params, grads, k

    def forward(self, x):
        self.x = x
        return x * self.p["s%d" % self.k]

    def backward(self, dout):
        self.g["s%d" % self.k] = np.sum(dout * self.x, axis=0)
        return dout * self.p["s%d" % self.k]


class Net:
    def __init__(self, sizes, seed=0):
        rs = np.random.RandomState(seed)
        self.params, self.grads, self.layers = {}, {}, []
        for k in range(1, len(sizes)):
            self.params["W%d" % k] = rs.randn(sizes[k - 1], sizes[k]) / np.sqrt(sizes[k - 1])
            self.params["b%d" % k] = 0.1 * rs.randn(sizes[k])
            self.layers.append(Affine(self.params, self.grads, k))
            if k < len(sizes) - 1:
                self.params["s%d" % k] = 1 + 0.1 * rs.randn(sizes[k])
                self.layers += [Elu(), Scale(self.params, self.grads, k)]

    def loss(self, X, y, reg=0.0):
        out = X
        for layer in self.layers:
            out = layer.forward(out)
        diff = out - y
        value = np.mean(np.sum(diff**2, axis=1))

        dout = 2 * diff / X.shape[0]
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        for k, p in self.params.items():
            if k.startswith("W"):
                value += 0.5 * reg * np.sum(p * p)
                self.grads[k] += reg * p
        return value, self.grads
