# toy torch clone for the reading group: Param objects, layers with .params, everything accumulates into .grad
import numpy as np


class Param:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)


class Linear:
    def __init__(self, w, b):
        self.params = [Param(w), Param(b)]

    def __call__(self, x):
        self.inp = x
        w, b = self.params
        return x @ w.data + b.data

    def backward(self, gout):
        w, b = self.params
        w.grad += self.inp.T @ gout
        b.grad += gout.sum(0)
        return gout @ w.data.T


class Swish:
    params = []

    def __call__(self, x):
        self.s = 1 / (1 + np.exp(-x))
        self.out = x * self.s
        return self.out

    def backward(self, gout):
        return gout * (self.s + self.out * (1 - self.s))


class Huber:
    def __call__(self, pred, target, delta=0.5):
        self.r = pred - target
        self.delta = delta
        small = np.abs(self.r) <= delta
        self.small = small
        per = np.where(small, 0.5 * self.r**2, delta * (np.abs(self.r) - 0.5 * delta))
        return per.sum() / len(pred)

    def backward(self):
        g = np.where(self.small, self.r, self.delta * np.sign(self.r))
        return g / len(self.r)


def train_loss(W1, b1, W2, b2, x, t):
    """The hidden layer is applied twice (shared weights), so its .grad is filled from both calls."""
    first = Linear(W1, b1)
    again = Linear(W1, b1)
    again.params = first.params
    head = Linear(W2, b2)
    act1, act2 = Swish(), Swish()
    crit = Huber()

    h1 = act1(first(x))
    h2 = act2(again(h1))
    out = head(h2)
    loss = crit(out, t)

    g = head.backward(crit.backward())
    g = again.backward(act2.backward(g))
    dx = first.backward(act1.backward(g))
    dW1, db1 = first.params[0].grad, first.params[1].grad
    dW2, db2 = head.params[0].grad, head.params[1].grad
    return loss, dW1, db1, dW2, db2, dx
