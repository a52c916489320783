"""Small modules in which what is forgotten in one line could as well be forgotten in the line before or after it."""

from __future__ import annotations

LAYER_NORM = """\
import numpy as np


def loss_and_grads(x, w, b, t):
    d = x - x.mean(1, keepdims=True)
    s = np.sqrt((d * d).mean(1, keepdims=True) + 1e-5)
    n = d / s
    y = w * n + b
    loss = 0.5 * np.sum((y - t) ** 2)
    dy = y - t
    dw = np.sum(dy * n, axis=0)
    db = np.sum(dy, axis=0)
    dn = dy * w
    along = np.mean(dn * n, axis=1, keepdims=True)
    left = dn - np.mean(dn, axis=1, keepdims=True) - n * along
    dx = left / s
    return loss, (dx, dw, db)
"""

BATCH_NORM_2D = """\
import numpy as np


def loss_and_grads(x, g, b, t):
    count = x.shape[0] * x.shape[2] * x.shape[3]
    mu = x.mean(axis=(0, 2, 3), keepdims=True)
    inv = 1 / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + 1e-5)
    h = (x - mu) * inv
    y = g.reshape(1, -1, 1, 1) * h + b.reshape(1, -1, 1, 1)
    loss = np.sum(y * t)
    dg = np.sum(t * h, axis=(0, 2, 3))
    db = np.sum(t, axis=(0, 2, 3))
    dx = count * t - db.reshape(1, -1, 1, 1) - h * dg.reshape(1, -1, 1, 1)
    dx = dx * g.reshape(1, -1, 1, 1)
    dx = dx * inv
    dx /= count
    return loss, (dx, dg, db)
"""

ATTENTION = """\
import numpy as np


def loss_and_grads(q, k, v, t):
    root = np.sqrt(q.shape[1])
    s = q @ k.T / root
    e = np.exp(s - s.max(axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    o = a @ v
    loss = 0.5 * np.sum((o - t) ** 2)
    do = o - t
    da = do @ v.T
    dv = a.T @ do
    ds = a * (da - np.sum(da * a, axis=1, keepdims=True))
    ds = ds / root
    dq = ds @ k
    dk = ds.T @ q
    return loss, (dq, dk, dv)
"""

MASKED_SOFTMAX = """\
import numpy as np

LABELS = np.array([0, 2, 1, -1, 2, -1])


def loss_and_grads(w, x):
    real = LABELS >= 0
    z = x @ w
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[real, LABELS[real]])) / real.sum()
    dz = p * real[:, None]
    dz[real, LABELS[real]] -= 1
    dz /= real.sum()
    dw = x.T @ dz
    dx = dz @ w.T
    return loss, (dw, dx)
"""

MEANS = """\
import numpy as np


def loss_and_grads(w, b, x, t):
    rows = x.shape[0]
    y = np.tanh(x @ w + b)
    loss = np.sum((y - t) ** 2) / (2 * rows)
    dy = (y - t) / rows
    dz = dy * (1 - y**2)
    dw = x.T @ dz
    db = dz.sum(axis=0)
    return loss, (dw, db)
"""

TEMPERATURE = """\
import numpy as np


def loss_and_grads(w, x, target, warm):
    z = x @ w / warm
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    loss = -np.sum(target * np.log(p)) * warm**2
    dz = (p * target.sum(axis=1, keepdims=True) - target) * warm**2
    dlogits = dz / warm
    dw = x.T @ dlogits
    return loss, (dw,)
"""

DROPOUT = """\
import numpy as np

KEEP = 0.8
MASK = np.array([[1.0, 0, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1], [1, 1, 0, 1], [1, 0, 1, 1]])


def loss_and_grads(w, v, x, t):
    h = np.maximum(x @ w, 0)
    d = h * MASK / KEEP
    loss = 0.5 * np.sum((d @ v - t) ** 2)
    do = d @ v - t
    dv = d.T @ do
    dd = do @ v.T
    dh = dd * MASK / KEEP
    dz = dh * (h > 0)
    dw = x.T @ dz
    return loss, (dw, dv)
"""

WEIGHTED = """\
import numpy as np

SHARE = np.array([0.5, 2.0, 1.0, 0.3, 1.2])


def loss_and_grads(w, b, x, t):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    loss = -np.sum(SHARE * (t * np.log(p) + (1 - t) * np.log(1 - p))) / np.sum(SHARE)
    miss = p - t
    dz = SHARE * miss
    dz = dz / np.sum(SHARE)
    dw = x.T @ dz
    db = np.sum(dz)
    return loss, (dw, db)
"""

CONVENTION = """\
import numpy as np


def loss_and_grads(w1, b1, w2, b2, x, t):
    m = x.shape[0]
    h = np.tanh(x @ w1 + b1)
    p = 1 / (1 + np.exp(-(h @ w2 + b2)))
    loss = -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p)) / m
    d2 = p - t
    gw2 = h.T @ d2 / m
    gb2 = np.sum(d2, axis=0) / m
    d1 = (d2 @ w2.T) * (1 - h**2)
    gw1 = x.T @ d1 / m
    gb1 = np.sum(d1, axis=0) / m
    return loss, (gw1, gb1, gw2, gb2)
"""

PENALTY = """\
import numpy as np


def loss_and_grads(w, u, x, t):
    n = x.shape[0]
    h = np.maximum(x @ w, 0)
    r = h @ u - t
    loss = 0.5 * np.sum(r**2) / n + 0.05 * (np.sum(w * w) + np.sum(u * u))
    dr = r / n
    du = h.T @ dr + 0.1 * u
    dh = dr @ u.T
    dh[h <= 0] = 0
    dw = x.T @ dh
    dw += 0.1 * w
    return loss, (dw, du)
"""

LOOP = """\
import numpy as np


def loss_and_grads(w, u, x, t):
    n = len(x)
    dw, du = np.zeros_like(w), np.zeros_like(u)
    loss = 0.0
    for row, goal in zip(x, t):
        h = np.tanh(w @ row)
        miss = u @ h - goal
        loss = loss + 0.5 * miss**2 / n
        du += miss * h
        dh = miss * u
        dz = dh * (1 - h**2)
        dw += np.outer(dz, row)
    dw /= n
    du /= n
    return loss, (dw, du)
"""

COSINE = """\
import numpy as np


def loss_and_grads(a, b):
    la = np.sqrt(np.sum(a * a, axis=1, keepdims=True))
    lb = np.sqrt(np.sum(b * b, axis=1, keepdims=True))
    na = a / la
    nb = b / lb
    c = np.sum(na * nb, axis=1, keepdims=True)
    loss = np.sum((1 - c) ** 2) / len(a)
    dc = -2 * (1 - c) / len(a)
    dna = dc * nb
    dnb = dc * na
    da = (dna - na * np.sum(dna * na, axis=1, keepdims=True)) / la
    db = (dnb - nb * np.sum(dnb * nb, axis=1, keepdims=True)) / lb
    return loss, (da, db)
"""

#: The source of each, the shapes of its inputs, and those that are data.
NEIGHBOURS: dict[str, tuple[str, tuple[tuple[int, ...], ...], tuple[str, ...]]] = {
    "layer norm": (LAYER_NORM, ((4, 5), (5,), (5,), (4, 5)), ("t",)),
    "batch norm of images": (BATCH_NORM_2D, ((2, 3, 2, 3), (3,), (3,), (2, 3, 2, 3)), ("t",)),
    "the scale of attention": (ATTENTION, ((3, 5), (4, 5), (4, 2), (3, 2)), ("t",)),
    "a masked softmax": (MASKED_SOFTMAX, ((4, 3), (6, 4)), ()),
    "means": (MEANS, ((3, 2), (2,), (5, 3), (5, 2)), ("x", "t")),
    "a temperature": (TEMPERATURE, ((3, 4), (5, 3), (5, 4)), ("x", "target", "warm")),
    "dropout": (DROPOUT, ((3, 4), (4, 2), (5, 3), (5, 2)), ("x", "t")),
    "weights of samples": (WEIGHTED, ((3,), (), (5, 3), (5,)), ("x", "t")),
    "a convention": (CONVENTION, ((3, 4), (4,), (4, 2), (2,), (5, 3), (5, 2)), ("x", "t")),
    "a penalty": (PENALTY, ((3, 4), (4, 2), (5, 3), (5, 2)), ("x", "t")),
    "a loop": (LOOP, ((4, 3), (4,), (5, 3), (5,)), ("x", "t")),
    "a cosine": (COSINE, ((4, 3), (4, 3)), ()),
}


def call_of(name: str) -> str:
    """How a module is checked, as text."""
    _, shapes, data = NEIGHBOURS[name]
    given = [f"rng.normal(size={shape})" if shape else "0.3" for shape in shapes]
    if name == "a temperature":
        given[2], given[3:] = f"rng.uniform(0.1, 1, size={shapes[2]})", ["1.7"]
    if name in ("weights of samples", "a convention"):
        given[-1] = f"rng.uniform(0.1, 0.9, size={shapes[-1]})"
    return f"gw.check(m.loss_and_grads, {', '.join(given)}, leave_out={data!r})"
