import numpy as np


class SmallConvNet:
    """conv3x3 - relu - conv3x3 - relu - 2x2 average pool - linear - softmax"""

    def __init__(self, channels=2, filters=(2, 3), size=4, classes=3, seed=1):
        gen = np.random.RandomState(seed)
        f1, f2 = filters
        self.K1 = 0.4 * gen.randn(f1, channels, 3, 3)
        self.c1 = 0.1 * gen.randn(f1)
        self.K2 = 0.4 * gen.randn(f2, f1, 3, 3)
        self.c2 = 0.1 * gen.randn(f2)
        self.V = 0.5 * gen.randn(f2 * (size // 2) ** 2, classes)
        self.params = {"K1": self.K1, "c1": self.c1, "K2": self.K2, "c2": self.c2, "V": self.V}

    def _conv(self, x, K, c):
        H, W = x.shape[2:]
        xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        out = np.zeros((x.shape[0], K.shape[0], H, W)) + c[:, None, None]
        for i in range(3):
            for j in range(3):
                out += np.einsum("nchw,fc->nfhw", xp[:, :, i:i + H, j:j + W], K[:, :, i, j])
        return out, xp

    def _conv_back(self, gout, xp, K):
        H, W = gout.shape[2:]
        gK, gxp = np.zeros_like(K), np.zeros_like(xp)
        for i in range(3):
            for j in range(3):
                patch = xp[:, :, i:i + H, j:j + W]
                gK[:, :, i, j] = np.einsum("nfhw,nchw->fc", gout, patch)
                gxp[:, :, i:i + H, j:j + W] += np.einsum("nfhw,fc->nchw", gout, K[:, :, i, j])
        return gK, gout.sum(axis=(0, 2, 3)), gxp[:, :, 1:-1, 1:-1]

    def loss(self, X, y):
        n = len(X)
        a1, X_pad = self._conv(X, self.K1, self.c1)
        h1 = np.maximum(0, a1)
        a2, h1_pad = self._conv(h1, self.K2, self.c2)
        h2 = np.maximum(0, a2)
        N, F, H, W = h2.shape
        pooled = h2.reshape(N, F, H // 2, 2, W // 2, 2).mean(axis=(3, 5))
        flat = pooled.reshape(N, -1)
        scores = flat @ self.V
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(n), y]).mean()

        g = p.copy()
        g[np.arange(n), y] -= 1
        g /= n
        gV = flat.T @ g
        g = (g @ self.V.T).reshape(pooled.shape)
        g = g.repeat(2, axis=2).repeat(2, axis=3) / 4
        g = g * (a2 > 0)
        gK2, gc2, g = self._conv_back(g, h1_pad, self.K2)
        g = g * (a1 > 0)
        gK1, gc1, _ = self._conv_back(g, X_pad, self.K1)
        return loss, {"K1": gK1, "c1": gc1, "K2": gK2, "c2": gc2, "V": gV}
