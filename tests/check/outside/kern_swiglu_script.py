# SwiGLU feed-forward, checked by hand before it goes into the CUDA kernel
import numpy as np

rng = np.random.default_rng(7)
B, D, H = 5, 4, 6

x = rng.standard_normal((B, D))
target = rng.standard_normal((B, D))
w_gate = rng.standard_normal((D, H)) * 0.5
w_up = rng.standard_normal((D, H)) * 0.5
w_down = rng.standard_normal((H, D)) * 0.5
lr = 1e-2

# ---- forward ----
gate = x @ w_gate
up = x @ w_up
sig = 1.0 / (1.0 + np.exp(-gate))
act = gate * sig  # silu
hidden = act * up
y = hidden @ w_down
err = y - target
loss = 0.5 * np.sum(err * err) / B

# ---- backward ----
dy = err / B
dw_down = hidden.T @ dy
dhidden = dy @ w_down.T
dact = dhidden * up
dup = dhidden * act
dgate = dact * (sig + act * (1.0 - sig))
dw_gate = x.T @ dgate
dw_up = x.T @ dup
dx = dgate @ w_gate.T
dx += dup @ w_up.T

print("loss", loss)
print("|dx|", np.abs(dx).max())

# ---- one SGD step ----
w_gate -= lr * dw_gate
w_up -= lr * dw_up
w_down -= lr * dw_down
