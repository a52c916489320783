import numpy as np

# Autoencoder with tied weights: x -> tanh(x W + b) -> h W' + c
# cost = mean over samples of 1/2 |xr - x|^2  +  lam/2 |W|^2  +  beta/2 mean |h|^2

X = np.random.RandomState(3).rand(6, 4)
lam = 0.05
beta = 0.1


def encode(W, b):
    return np.tanh(X.dot(W) + b)


def cost(W, b, c):
    h = encode(W, b)
    xr = h.dot(W.T) + c
    n = X.shape[0]
    J = 0.5 * np.sum((xr - X) ** 2) / n
    J += 0.5 * lam * np.sum(W * W)
    J += 0.5 * beta * np.sum(h * h) / n
    return J


def cost_grad(W, b, c):
    n = X.shape[0]
    h = encode(W, b)
    xr = h.dot(W.T) + c

    dxr = xr - X
    dxr /= n
    dc = dxr.sum(0)
    dW = dxr.T.dot(h)                # decoder's share of W
    dh = dxr.dot(W)
    dh += beta * h / n               # activity penalty
    dpre = dh * (1 - h * h)
    dW += X.T.dot(dpre)              # encoder's share of W
    db = dpre.sum(0)
    dW += lam * W
    return dW, db, dc
