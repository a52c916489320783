# Exercise sheet 7: radial basis function network, one step of gradient descent by hand
import numpy as np

rng = np.random.default_rng(42)
X = rng.uniform(-1, 1, size=(6, 2))
t = np.sin(3 * X[:, 0]) + X[:, 1] ** 2

# parameters: centres, log widths, output weights, offset
C = rng.uniform(-1, 1, size=(4, 2))
s = rng.normal(-0.3, 0.2, size=4)
w = rng.normal(size=4)
w0 = 0.1
alpha = 0.3      # weight decay, only on w
eta = 0.05

N = len(X)

# ---- forward ----
diff = X[:, None, :] - C[None, :, :]         # N x K x 2
d2 = (diff ** 2).sum(axis=2)                 # N x K
prec = np.exp(-2 * s)                        # 1 / sigma^2
phi = np.exp(-0.5 * d2 * prec)
yhat = phi @ w + w0
err = yhat - t
E = 0.5 * np.mean(err ** 2) + 0.5 * alpha * np.sum(w ** 2)

# ---- backward ----
dE_dyhat = err / N
dE_dw0 = dE_dyhat.sum()
dE_dw = phi.T @ dE_dyhat + alpha * w
dE_dphi = np.outer(dE_dyhat, w)
tmp = dE_dphi * phi                          # derivative w.r.t. the exponent
dE_ds = (tmp * d2).sum(axis=0) * prec
dE_dC = (tmp[:, :, None] * diff).sum(axis=0) * prec[:, None]

print("E =", E)

# ---- update ----
w = w - eta * dE_dw
w0 = w0 - eta * dE_dw0
s = s - eta * dE_ds
C = C - eta * dE_dC
