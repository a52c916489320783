# mixture density network, 1-d target, K gaussians; quick gradient derivation before moving to the GPU code
import numpy as np

rng = np.random.RandomState(7)
N, D, H, K = 6, 2, 4, 3

X = rng.randn(N, D)
y = np.sin(2 * X[:, 0]) + 0.3 * rng.randn(N)

W1 = 0.8 * rng.randn(D, H)
b1 = 0.1 * rng.randn(H)
Wpi = 0.7 * rng.randn(H, K)
Wmu = 0.9 * rng.randn(H, K)
bmu = rng.randn(K)
Wsig = 0.4 * rng.randn(H, K)

# ---------------- forward
h = np.tanh(X @ W1 + b1)
logit = h @ Wpi
mu = h @ Wmu + bmu
logsig = h @ Wsig

logpi = logit - np.log(np.exp(logit).sum(1, keepdims=True))
z = (y[:, None] - mu) * np.exp(-logsig)
logp = logpi - logsig - 0.5 * z**2 - 0.5 * np.log(2 * np.pi)
m = logp.max(1, keepdims=True)
lse = m + np.log(np.exp(logp - m).sum(1, keepdims=True))
loss = -lse.mean()

# ---------------- backward
resp = np.exp(logp - lse)          # responsibilities
pi = np.exp(logpi)
dlogit = (pi - resp) / N
dmu = -resp * z * np.exp(-logsig) / N
dlogsig = resp * (1 - z**2) / N

dWpi = h.T @ dlogit
dWmu = h.T @ dmu
dbmu = dmu.sum(0)
dWsig = h.T @ dlogsig

dh = dlogit @ Wpi.T
dh += dmu @ Wmu.T
dh += dlogsig @ Wsig.T
da = dh * (1 - h**2)
dW1 = X.T @ da
db1 = da.sum(0)

print("nll", loss)
