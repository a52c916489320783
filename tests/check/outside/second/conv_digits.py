# my numpy conv from the digit notebook, v7 (finally works!!)
import numpy as np


def get_idx(xs, k, pad, s):
    n, c, h, w = xs
    oh = (h + 2 * pad - k) // s + 1
    ow = (w + 2 * pad - k) // s + 1
    i0 = np.tile(np.repeat(np.arange(k), k), c)
    j0 = np.tile(np.arange(k), k * c)
    i1 = s * np.repeat(np.arange(oh), ow)
    j1 = s * np.tile(np.arange(ow), oh)
    i = i0[:, None] + i1[None, :]
    j = j0[:, None] + j1[None, :]
    ch = np.repeat(np.arange(c), k * k)[:, None]
    return ch, i, j, oh, ow


def im2col(x, k, pad, s):
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    ch, i, j, oh, ow = get_idx(x.shape, k, pad, s)
    cols = xp[:, ch, i, j]  # (N, C*k*k, oh*ow)
    return cols.transpose(1, 2, 0).reshape(cols.shape[1], -1), oh, ow


def col2im(cols, xs, k, pad, s):
    n, c, h, w = xs
    xp = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    ch, i, j, oh, ow = get_idx(xs, k, pad, s)
    cols = cols.reshape(c * k * k, -1, n).transpose(2, 0, 1)
    np.add.at(xp, (slice(None), ch, i, j), cols)
    return xp[:, :, pad:-pad, pad:-pad]


def conv_fwd(x, W, b, pad=1, s=2):
    f, _, k, _ = W.shape
    cols, oh, ow = im2col(x, k, pad, s)
    out = W.reshape(f, -1) @ cols + b.reshape(-1, 1)
    out = out.reshape(f, oh, ow, len(x)).transpose(3, 0, 1, 2)
    act = np.where(out > 0, out, 0.1 * out)  # leaky, relu died on me
    return act, (x.shape, W, cols, out, pad, s)


def conv_bwd(dact, cache):
    xs, W, cols, out, pad, s = cache
    f, _, k, _ = W.shape
    dout = np.where(out > 0, dact, 0.1 * dact)
    db = dout.sum(axis=(0, 2, 3))
    dout_ = dout.transpose(1, 2, 3, 0).reshape(f, -1)
    dW = (dout_ @ cols.T).reshape(W.shape)
    dcols = W.reshape(f, -1).T @ dout_
    dx = col2im(dcols, xs, k, pad, s)
    return dx, dW, db
