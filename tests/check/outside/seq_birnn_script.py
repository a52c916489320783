# bidirectional RNN, worked out on one short sequence before it goes into the model
import numpy as np

np.random.seed(4)
T, D, H = 5, 3, 4

x = np.random.randn(T, D)
target = np.random.randn(T)
Wf = np.random.randn(D, H)
Uf = np.random.randn(H, H)
Wb = np.random.randn(D, H)
Ub = np.random.randn(H, H)
v = np.random.randn(2 * H)

# ---------- forward ----------
hf = np.zeros((T + 1, H))          # hf[t+1] is the state after step t, hf[0] = 0
for t in range(T):
    hf[t + 1] = np.tanh(x[t] @ Wf + 0.5 * hf[t] @ Uf)

hb = np.zeros((T + 1, H))          # hb[t] is the state after reading x[T-1] .. x[t], hb[T] = 0
for t in range(T - 1, -1, -1):
    hb[t] = np.tanh(x[t] @ Wb + 0.5 * hb[t + 1] @ Ub)

both = np.hstack([hf[1:], hb[:-1]])
pred = both @ v
loss = np.mean((pred - target) ** 2)

# ---------- backward ----------
dpred = 2 * (pred - target) / T
dv = both.T @ dpred
dboth = np.outer(dpred, v)

dx = np.zeros_like(x)
dWf = np.zeros_like(Wf)
dUf = np.zeros_like(Uf)
carry = np.zeros(H)
for t in range(T - 1, -1, -1):
    da = (dboth[t, :H] + carry) * (1 - hf[t + 1] ** 2)
    dWf += np.outer(x[t], da)
    dUf += 0.5 * np.outer(hf[t], da)
    dx[t] += Wf @ da
    carry = 0.5 * Uf @ da

dWb = np.zeros_like(Wb)
dUb = np.zeros_like(Ub)
carry = np.zeros(H)
for t in range(T):                 # the other way round
    da = (dboth[t, H:] + carry) * (1 - hb[t] ** 2)
    dWb += np.outer(x[t], da)
    dUb += 0.5 * np.outer(hb[t + 1], da)
    dx[t] += Wb @ da
    carry = 0.5 * Ub @ da

print("loss", loss)
print("dx", dx)
