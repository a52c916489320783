import numpy as np


def rnn_loss(Wx, Wh, b, Wy, x, y):
    """
    Vanilla RNN over x (N, T, D), prediction from the last hidden state, squared error against y (N, K).
    """
    N, T, D = x.shape
    H = b.shape[0]

    # forward, keep every hidden state (h[0] is the initial one)
    h = [np.zeros((N, H))]
    for t in range(T):
        h.append(np.tanh(x[:, t] @ Wx + h[t] @ Wh + b))
    pred = h[T] @ Wy
    loss = np.sum((pred - y) ** 2) / N

    # backprop through time
    dpred = 2 * (pred - y) / N
    dWy = h[T].T @ dpred
    dh = dpred @ Wy.T
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    for t in reversed(range(T)):
        draw = dh * (1 - h[t + 1] ** 2)
        dWx += x[:, t].T @ draw
        dWh += h[t].T @ draw
        db += draw.sum(axis=0)
        dh = draw @ Wh.T
    return loss, (dWx, dWh, db, dWy)
