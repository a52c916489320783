import numpy as np

# InfoNCE on two views, one shared projection
X1 = np.array([[0.9, -0.3, 0.4], [-0.5, 1.1, 0.2], [0.3, 0.7, -1.2], [-1.0, -0.6, 0.8]])
X2 = np.array([[1.0, -0.1, 0.1], [-0.2, 0.8, 0.5], [0.1, 0.9, -0.9], [-0.7, -0.9, 0.3]])
W = np.array([[0.6, -0.4], [0.3, 0.9], [-0.5, 0.2]])
tau = 0.3
N = 4

z1 = X1 @ W
z2 = X2 @ W
n1 = np.linalg.norm(z1, axis=1, keepdims=True)
n2 = np.linalg.norm(z2, axis=1, keepdims=True)
u1 = z1 / n1
u2 = z2 / n2
sim = u1 @ u2.T  # cosine similarities, positives on the diagonal
logits = sim / tau
logits_max = logits.max(axis=1, keepdims=True)
e = np.exp(logits - logits_max)
P = e / e.sum(axis=1, keepdims=True)
loss = -np.mean(np.log(np.diag(P)))

dlogits = (P - np.eye(N)) / N
dsim = dlogits / tau
du1 = dsim @ u2
du2 = dsim.T @ u1
# u = z/|z|  ->  dz = (du - u (u.du)) / |z|
dz1 = (du1 - u1 * np.sum(u1 * du1, axis=1, keepdims=True)) / n1
dz2 = (du2 - u2 * np.sum(u2 * du2, axis=1, keepdims=True)) / n2
dW = X1.T @ dz1
dW += X2.T @ dz2

print(f"{loss:.6f}")
W = W - 0.1 * dW
