"""Tiny character RNN. One sequence at a time, columns are vectors."""
import numpy as np

# "hello" over the alphabet h e l o
TEXT = [0, 1, 2, 2, 3]
NEXT = [1, 2, 2, 3, 0]


def one_hot(k, n):
    v = np.zeros((n, 1))
    v[k] = 1
    return v


def bptt(Wxh, Whh, Why, bh, by, h0):
    vocab = Wxh.shape[1]
    x, h, p = {}, {-1: h0}, {}
    loss = 0
    for t in range(len(TEXT)):
        x[t] = one_hot(TEXT[t], vocab)
        h[t] = np.tanh(Wxh @ x[t] + Whh @ h[t - 1] + bh)
        score = Why @ h[t] + by
        score = score - np.max(score)
        p[t] = np.exp(score) / np.sum(np.exp(score))
        loss += -np.log(p[t][NEXT[t], 0])

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(h0)
    for t in reversed(range(len(TEXT))):
        dscore = p[t].copy()
        dscore[NEXT[t]] -= 1
        dWhy += dscore @ h[t].T
        dby += dscore
        dh = Why.T @ dscore + dhnext        # from the output and from the future
        dz = (1 - h[t] * h[t]) * dh         # through tanh
        dbh += dz
        dWxh += dz @ x[t].T
        dWhh += dz @ h[t - 1].T
        dhnext = Whh.T @ dz
    dh0 = dhnext
    return loss, {"Wxh": dWxh, "Whh": dWhh, "Why": dWhy, "bh": dbh, "by": dby, "h0": dh0}
