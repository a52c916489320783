import numpy as np


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)


class Linear:
    def __init__(self, nin, nout, r):
        self.weight = Parameter(r.normal(size=(nout, nin)) / nin**0.5)
        self.bias = Parameter(r.normal(size=nout) * 0.1)

    def __call__(self, x):
        self.x = x
        return x @ self.weight.data.T + self.bias.data

    def backward(self, g):
        self.weight.grad += g.T @ self.x
        self.bias.grad += g.sum(0)
        return g @ self.weight.data


class Swish:
    def __init__(self, beta=1.0):
        self.beta = Parameter(np.array([beta]))

    def __call__(self, x):
        self.x = x
        self.sg = 1 / (1 + np.exp(-self.beta.data * x))
        return x * self.sg

    def backward(self, g):
        dsg = self.sg * (1 - self.sg)
        self.beta.grad += (g * self.x**2 * dsg).sum()
        return g * (self.sg + self.x * self.beta.data * dsg)


class ResNetwork:
    """x + lin2(swish(lin1(x))), trained to reproduce target"""

    def __init__(self, n, hidden, r):
        self.lin1, self.act, self.lin2 = Linear(n, hidden, r), Swish(1.3), Linear(hidden, n, r)
        self.named = {
            "w1": self.lin1.weight, "b1": self.lin1.bias, "beta": self.act.beta,
            "w2": self.lin2.weight, "b2": self.lin2.bias,
        }

    def tensors(self):
        return {k: p.data for k, p in self.named.items()}

    def zero_grad(self):
        for p in self.named.values():
            p.grad = np.zeros_like(p.data)

    def loss(self, x, target):
        self.zero_grad()
        y = x + self.lin2(self.act(self.lin1(x)))
        err = y - target
        value = 0.5 * (err**2).sum() / len(x)

        g = err / len(x)
        g = self.lin2.backward(g)
        g = self.act.backward(g)
        self.lin1.backward(g)
        return value, {k: p.grad for k, p in self.named.items()}
