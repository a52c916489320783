import numpy as np

C0 = np.sqrt(2.0 / np.pi)
C1 = 0.044715


class PreNormBlock:
    """y = x + W2 gelu(W1 rmsnorm(x)),   tanh approximation of gelu"""

    def __init__(self, dim, hidden, seed=0):
        r = np.random.RandomState(seed)
        self.p = {
            "g": 1.0 + 0.1 * r.randn(dim),
            "w1": r.randn(dim, hidden) / np.sqrt(dim),
            "w2": r.randn(hidden, dim) / np.sqrt(hidden),
        }

    def forward(self, x):
        self.x = x
        self.r = 1.0 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
        self.xn = x * self.r
        self.u = self.xn * self.p["g"]
        self.a = self.u @ self.p["w1"]
        self.t = np.tanh(C0 * (self.a + C1 * self.a**3))
        self.h = 0.5 * self.a * (1.0 + self.t)
        return x + self.h @ self.p["w2"]

    def backward(self, dy):
        grads = {}
        grads["w2"] = self.h.T @ dy
        dh = dy @ self.p["w2"].T
        dt = 0.5 * self.a * dh
        da = 0.5 * (1.0 + self.t) * dh
        da += dt * (1.0 - self.t**2) * C0 * (1.0 + 3.0 * C1 * self.a**2)
        grads["w1"] = self.u.T @ da
        du = da @ self.p["w1"].T
        grads["g"] = np.sum(du * self.xn, axis=0)
        dxn = du * self.p["g"]
        dx = self.r * (dxn - self.xn * np.mean(dxn * self.xn, axis=-1, keepdims=True))
        dx += dy  # skip connection
        return dx, grads

    def loss(self, x, target):
        y = self.forward(x)
        diff = y - target
        dx, grads = self.backward(2.0 * diff / diff.size)
        grads["x"] = dx
        return np.mean(diff**2), grads


net = PreNormBlock(4, 6)
