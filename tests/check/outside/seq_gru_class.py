import numpy as np


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


class GRURegressor:
    """Reads a sequence (T, N, D) and predicts from the last hidden state."""

    def __init__(self, n_in, n_hidden, seed=0):
        r = np.random.RandomState(seed)
        self.n_hidden = n_hidden
        self.params = {}
        for gate in "zrn":
            self.params["W" + gate] = r.randn(n_in, n_hidden) / np.sqrt(n_in)
            self.params["U" + gate] = r.randn(n_hidden, n_hidden) / np.sqrt(n_hidden)
            self.params["b" + gate] = 0.1 * r.randn(n_hidden)
        self.params["v"] = r.randn(n_hidden)

    def forward(self, X):
        p = self.params
        h = np.zeros((X.shape[1], self.n_hidden))
        self.tape = []
        for x in X:
            z = _sigmoid(x @ p["Wz"] + h @ p["Uz"] + p["bz"])
            r = _sigmoid(x @ p["Wr"] + h @ p["Ur"] + p["br"])
            u = h @ p["Un"]
            n = np.tanh(x @ p["Wn"] + r * u + p["bn"])
            self.tape.append((x, h, z, r, u, n))
            h = z * h + (1 - z) * n
        return h

    def backward(self, dh):
        p = self.params
        self.grads = {k: np.zeros_like(v) for k, v in p.items()}
        for x, h, z, r, u, n in reversed(self.tape):
            dn = dh * (1 - z) * (1 - n * n)
            dz = dh * (h - n) * z * (1 - z)
            dr = dn * u * r * (1 - r)
            du = dn * r
            self.grads["Un"] += h.T @ du
            for gate, d in (("z", dz), ("r", dr), ("n", dn)):
                self.grads["W" + gate] += x.T @ d
                self.grads["b" + gate] += d.sum(axis=0)
            self.grads["Uz"] += h.T @ dz
            self.grads["Ur"] += h.T @ dr
            dh = dh * z + dz @ p["Uz"].T + dr @ p["Ur"].T + du @ p["Un"].T

    def loss(self, X, y):
        h = self.forward(X)
        err = h @ self.params["v"] - y
        N = len(y)
        derr = 2 * err / N
        self.backward(np.outer(derr, self.params["v"]))
        self.grads["v"] = h.T @ derr
        return np.mean(err ** 2), self.grads
