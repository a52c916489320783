"""Kim-style sentence CNN for my sentiment side project: embed, conv over time, relu, max over time, linear."""
import numpy as np


def _matrix(a, name):
    a = np.asarray(a, dtype=float)
    if a.ndim != 2:
        raise ValueError("%s should be 2-d, got %d-d" % (name, a.ndim))
    return a


def unfold(x, width):
    """(L, D) -> (L - width + 1, width * D)"""
    idx = np.arange(len(x) - width + 1)[:, None] + np.arange(width)
    return x[idx].reshape(len(idx), -1)


def fold(dwin, length, width):
    idx = np.arange(length - width + 1)[:, None] + np.arange(width)
    dx = np.zeros((length, dwin.shape[1] // width))
    np.add.at(dx, idx, dwin.reshape(len(idx), width, -1))
    return dx


def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def sentence_loss(embed, filt, filt_b, out_w, out_b, words, label, width=3):
    """words: token ids of one sentence; returns the loss and a dict of gradients."""
    embed = _matrix(embed, "embed")
    filt = _matrix(filt, "filt")
    out_w = _matrix(out_w, "out_w")
    words = np.asarray(words, dtype=int)
    if len(words) < width:
        raise ValueError("sentence is shorter than the filter")

    x = embed[words]
    win = unfold(x, width)
    pre = win @ filt + filt_b
    act = np.maximum(pre, 0)
    when = act.argmax(axis=0)
    pooled = act[when, np.arange(act.shape[1])][None, :]
    logit = pooled @ out_w + out_b
    prob = np.exp(logit - logit.max())
    prob = prob / prob.sum()
    loss = -np.log(prob[0, label])

    dlogit = prob.copy()
    dlogit[0, label] -= 1
    dpooled, dout_w, dout_b = affine_backward(dlogit, pooled, out_w)
    dact = np.zeros_like(act)
    dact[when, np.arange(act.shape[1])] = dpooled[0]
    dpre = relu_backward(dact, pre)
    dwin, dfilt, dfilt_b = affine_backward(dpre, win, filt)
    dx = fold(dwin, len(words), width)
    dembed = np.zeros_like(embed)
    np.add.at(dembed, words, dx)
    grads = {"embed": dembed, "filt": dfilt, "filt_b": dfilt_b, "out_w": dout_w, "out_b": dout_b}
    return loss, grads
