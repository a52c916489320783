import numpy as np


class Dense:
    def __init__(self, w, b):
        self.params = [w, b]

    def forward(self, inp):
        self.inp = inp
        w, b = self.params
        return inp @ w + b

    def backward(self, grad_out):
        w, b = self.params
        self.grads = [self.inp.T @ grad_out, grad_out.sum(axis=0)]
        return grad_out @ w.T


class ELU:
    params = []
    grads = []

    def forward(self, inp):
        self.inp = inp
        self.out = np.where(inp > 0, inp, np.exp(np.minimum(inp, 0)) - 1)
        return self.out

    def backward(self, grad_out):
        return grad_out * np.where(self.inp > 0, 1.0, self.out + 1.0)


class HuberLoss:
    def __init__(self, delta):
        self.delta = delta

    def forward(self, pred, target):
        self.r = pred - target
        a = np.abs(self.r)
        small = 0.5 * self.r**2
        big = self.delta * (a - 0.5 * self.delta)
        return np.where(a <= self.delta, small, big).mean()

    def backward(self):
        g = np.where(np.abs(self.r) <= self.delta, self.r, self.delta * np.sign(self.r))
        return g / self.r.size


class Sequential:
    def __init__(self, layers, loss_layer):
        self.layers = layers
        self.loss_layer = loss_layer

    @property
    def params(self):
        return [p for layer in self.layers for p in layer.params]

    def loss_and_grads(self, x, target):
        for layer in self.layers:
            x = layer.forward(x)
        value = self.loss_layer.forward(x, target)
        g = self.loss_layer.backward()
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return value, [gr for layer in self.layers for gr in layer.grads]


def make_net(sizes, rng, delta=0.5):
    layers = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        layers += [Dense(rng.normal(size=(n_in, n_out)), 0.3 * rng.normal(size=n_out)), ELU()]
    return Sequential(layers[:-1], HuberLoss(delta))
