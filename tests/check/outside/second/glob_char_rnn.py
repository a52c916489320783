"""
min-char-rnn after karpathy's gist, with an embedding and a learned step size of the hidden state (leaky integrator)
"""
import numpy as np

data = "the cat sat on the mat that the rat ate"
chars = sorted(set(data))
vocab_size = len(chars)
char_to_ix = {ch: i for i, ch in enumerate(chars)}

hidden_size = 6
emb_size = 4
leak = 0.3

rs = np.random.RandomState(42)
E = rs.randn(emb_size, vocab_size) * 0.5          # embedding
Wxh = rs.randn(hidden_size, emb_size) * 0.5       # input to hidden
Whh = rs.randn(hidden_size, hidden_size) * 0.5    # hidden to hidden
Why = rs.randn(vocab_size, hidden_size) * 0.5     # hidden to output
bh = np.zeros((hidden_size, 1))
by = np.zeros((vocab_size, 1))


def lossFun(inputs, targets, hprev):
    """inputs, targets are lists of integers, hprev is Hx1. returns the loss, gradients, and last hidden state"""
    xs, us, hs, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    # forward pass
    for t in range(len(inputs)):
        xs[t] = E[:, inputs[t]].reshape(-1, 1)
        us[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        hs[t] = leak * hs[t - 1] + (1 - leak) * us[t]
        ys = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys) / np.sum(np.exp(ys))
        loss += -np.log(ps[t][targets[t], 0])
    # backward pass: compute gradients going backwards
    dE, dWxh, dWhh, dWhy = np.zeros_like(E), np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        du = (1 - leak) * dh
        duraw = (1 - us[t] * us[t]) * du
        dbh += duraw
        dWxh += np.dot(duraw, xs[t].T)
        dWhh += np.dot(duraw, hs[t - 1].T)
        dE[:, inputs[t]] += np.dot(Wxh.T, duraw).ravel()
        dhnext = np.dot(Whh.T, duraw) + leak * dh
    return loss, dE, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]
