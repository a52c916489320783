import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3))
y = np.array([0, 1, 1, 0])
W1 = rng.normal(size=(3, 5))
b1 = rng.normal(size=5)
W2 = rng.normal(size=(5, 2))

h = np.maximum(0, X @ W1 + b1)
scores = h @ W2
p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
loss = -np.log(p[range(4), y]).mean()

dscores = p.copy()
dscores[range(4), y] -= 1
dscores /= 4
dW2 = h.T @ dscores
dh = dscores @ W2.T
db1 = dh.sum(axis=0)
dW1 = X.T @ dh
