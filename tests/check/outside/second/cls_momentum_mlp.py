import numpy as np


class InverseDynamicsNet:
    """tau = net(q, qd, qdd), learned online on the arm. Nesterov-free plain momentum, weight decay on W only."""

    def __init__(self, sizes, seed=1, lr=1e-2, mu=0.9, decay=0.05):
        rs = np.random.RandomState(seed)
        self.n = len(sizes) - 1
        self.lr, self.mu, self.decay = lr, mu, decay
        self.p = {}
        for k in range(self.n):
            self.p["W%d" % k] = rs.randn(sizes[k + 1], sizes[k]) * np.sqrt(1.0 / sizes[k])
            self.p["b%d" % k] = 0.1 * rs.randn(sizes[k + 1])
        self.vel = {name: np.zeros_like(a) for name, a in self.p.items()}
        self.torque_weight = np.linspace(1.0, 2.0, sizes[-1])

    def predict(self, x):
        self.acts = [x]
        for k in range(self.n):
            x = x @ self.p["W%d" % k].T + self.p["b%d" % k]
            if k < self.n - 1:
                x = x / np.sqrt(1 + x**2)  # cheap sigmoid, no exp on the controller
            self.acts.append(x)
        return x

    def objective(self, x, tau):
        batch = x.shape[0]
        err = self.predict(x) - tau
        J = 0.5 * np.sum(self.torque_weight * err**2) / batch
        for k in range(self.n):
            J += 0.5 * self.decay * np.sum(self.p["W%d" % k] ** 2)

        grad = {}
        delta = self.torque_weight * err / batch
        for k in reversed(range(self.n)):
            W = self.p["W%d" % k]
            grad["W%d" % k] = delta.T @ self.acts[k] + self.decay * W
            grad["b%d" % k] = delta.sum(axis=0)
            if k > 0:
                # s = a / sqrt(1 + a^2)  ->  ds/da = (1 - s^2)^(3/2)
                s = self.acts[k]
                delta = (delta @ W) * (1 - s**2) ** 1.5
        return J, grad

    def train_step(self, x, tau):
        J, grad = self.objective(x, tau)
        for name in self.p:
            self.vel[name] = self.mu * self.vel[name] - self.lr * grad[name]
            self.p[name] += self.vel[name]
        return J
