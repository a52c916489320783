"""
Minimal character-level LSTM, after karpathy's min-char-rnn. BSD License
"""
import numpy as np

np.random.seed(3)
data = "hello world, hello"
chars = sorted(set(data))
vocab_size, hidden_size = len(chars), 4
char_to_ix = {ch: i for i, ch in enumerate(chars)}

# model parameters, the four gates stacked: i, f, o, g
Wx = np.random.randn(4 * hidden_size, vocab_size) * 0.7
Wh = np.random.randn(4 * hidden_size, hidden_size) * 0.7
Wy = np.random.randn(vocab_size, hidden_size) * 0.7
b = np.zeros((4 * hidden_size, 1))
by = np.zeros((vocab_size, 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lossFun(inputs, targets, hprev, cprev):
    """inputs, targets: lists of integers; hprev, cprev: Hx1 arrays"""
    H = hidden_size
    xs, hs, cs, gs, tcs, ps = {}, {}, {}, {}, {}, {}
    hs[-1], cs[-1] = np.copy(hprev), np.copy(cprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        a = np.dot(Wx, xs[t]) + np.dot(Wh, hs[t - 1]) + b
        gs[t] = np.vstack((sigmoid(a[: 3 * H]), np.tanh(a[3 * H :])))
        i, f, o, g = np.split(gs[t], 4)
        cs[t] = f * cs[t - 1] + i * g
        tcs[t] = np.tanh(cs[t])
        hs[t] = o * tcs[t]
        y = np.dot(Wy, hs[t]) + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])
    # backward pass: compute gradients going backwards
    dWx, dWh, dWy = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(Wy)
    db, dby = np.zeros_like(b), np.zeros_like(by)
    dhnext, dcnext = np.zeros_like(hprev), np.zeros_like(cprev)
    for t in reversed(range(len(inputs))):
        i, f, o, g = np.split(gs[t], 4)
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Wy.T, dy) + dhnext
        do = dh * tcs[t]
        dc = dcnext + dh * o * (1 - tcs[t] ** 2)
        di, df, dg = dc * g, dc * cs[t - 1], dc * i
        da = np.vstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g * g)))
        dWx += np.dot(da, xs[t].T)
        dWh += np.dot(da, hs[t - 1].T)
        db += da
        dhnext = np.dot(Wh.T, da)
        dcnext = dc * f
    return loss, dWx, dWh, dWy, db, dby, dhnext, dcnext
