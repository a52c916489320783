"""Twenty layers with their backward passes, as one writes them by hand, in whatever floats they are given.

A layer is drawn as `(forward, backward, inputs)`: `forward(*inputs)` returns `(out, cache)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Layer = tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]
F = np.float32


def normal(rng: np.random.Generator, *shape: int) -> Any:
    return rng.standard_normal(shape).astype(F)


def elementwise(value: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Callable[[np.random.Generator], Layer]:
    def drawn(rng: np.random.Generator) -> Layer:
        return lambda x: (value(x), x), lambda dout, x: dout * slope(x), (normal(rng, 4, 5),)

    return drawn


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def affine(rng: np.random.Generator) -> Layer:
    def forward(x, w, b):
        return x @ w + b, (x, w)

    def backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)

    return forward, backward, (normal(rng, 4, 5), normal(rng, 5, 3), normal(rng, 3))


def affine_relu(rng: np.random.Generator) -> Layer:
    def forward(x, w, b):
        a = x @ w + b
        return np.maximum(a, 0), (x, w, a)

    def backward(dout, cache):
        x, w, a = cache
        da = dout * (a > 0)
        return da @ w.T, x.T @ da, da.sum(axis=0)

    return forward, backward, (normal(rng, 4, 5), normal(rng, 5, 3), normal(rng, 3))


def relu_in_place(rng: np.random.Generator) -> Layer:
    def forward(x):
        out = x.copy()
        out[out < 0] = 0
        return out, x

    def backward(dout, x):
        dout[x < 0] = 0
        return dout

    return forward, backward, (normal(rng, 4, 5),)


def maximum_of_rows(rng: np.random.Generator) -> Layer:
    def backward(dout, x):
        return (x == x.max(axis=1, keepdims=True)) * dout[:, None]

    return lambda x: (x.max(axis=1), x), backward, (normal(rng, 4, 5),)


def softmax(rng: np.random.Generator) -> Layer:
    def forward(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return p, p

    def backward(dout, p):
        return p * (dout - (dout * p).sum(axis=1, keepdims=True))

    return forward, backward, (normal(rng, 4, 5),)


def cross_entropy(rng: np.random.Generator) -> Layer:
    y = rng.integers(0, 5, 4)

    def forward(scores):
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(4), y]).mean(), p

    def backward(dout, p):
        d = p.copy()
        d[np.arange(4), y] -= 1
        return dout * d / F(4)

    return forward, backward, (normal(rng, 4, 5),)


def hinge_loss(rng: np.random.Generator) -> Layer:
    y = rng.integers(0, 5, 4)

    def forward(scores):
        margins = np.maximum(0, scores - scores[np.arange(4), y][:, None] + 1)
        margins[np.arange(4), y] = 0
        return margins.sum() / 4, margins

    def backward(dout, margins):
        d = (margins > 0).astype(margins.dtype)
        d[np.arange(4), y] -= d.sum(axis=1)
        return dout * d / F(4)

    return forward, backward, (normal(rng, 4, 5),)


def normalised(axis: int) -> Callable[[np.random.Generator], Layer]:
    def drawn(rng: np.random.Generator) -> Layer:
        def forward(x, gamma, beta):
            mean, var = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True)
            std = np.sqrt(var + F(1e-5))
            h = (x - mean) / std
            return gamma * h + beta, (gamma, h, std)

        def backward(dout, cache):
            gamma, h, std = cache
            dh = dout * gamma
            dx = dh - dh.mean(axis=axis, keepdims=True) - h * (dh * h).mean(axis=axis, keepdims=True)
            return dx / std, (dout * h).sum(axis=0), dout.sum(axis=0)

        return forward, backward, (normal(rng, 6, 5), normal(rng, 5), normal(rng, 5))

    return drawn


def dropout(rng: np.random.Generator) -> Layer:
    mask = ((rng.random((4, 5)) < 0.6) / 0.6).astype(F)
    return lambda x: (x * mask, None), lambda dout, _: dout * mask, (normal(rng, 4, 5),)


def max_pool(rng: np.random.Generator) -> Layer:
    def forward(x):
        out = np.zeros((2, 2, 2), dtype=x.dtype)
        for c in range(2):
            for i in range(2):
                for j in range(2):
                    out[c, i, j] = np.max(x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
        return out, x

    def backward(dout, x):
        dx = np.zeros_like(x)
        for c in range(2):
            for i in range(2):
                for j in range(2):
                    window = x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                    dx[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = (window == window.max()) * dout[c, i, j]
        return dx

    return forward, backward, (normal(rng, 2, 4, 4),)


def convolution(rng: np.random.Generator) -> Layer:
    def forward(x, w):
        out = np.zeros((2, 3), dtype=x.dtype)
        for i in range(2):
            for j in range(3):
                out[i, j] = np.sum(x[i : i + 3, j : j + 3] * w)
        return out, (x, w)

    def backward(dout, cache):
        x, w = cache
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i in range(2):
            for j in range(3):
                dx[i : i + 3, j : j + 3] += w * dout[i, j]
                dw += x[i : i + 3, j : j + 3] * dout[i, j]
        return dx, dw

    return forward, backward, (normal(rng, 4, 5), normal(rng, 3, 3))


def embedding(rng: np.random.Generator) -> Layer:
    words = rng.integers(0, 5, 6)

    def backward(dout, w):
        dw = np.zeros_like(w)
        np.add.at(dw, words, dout)
        return dw

    return lambda w: (w[words], w), backward, (normal(rng, 5, 3),)


def recurrent_step(rng: np.random.Generator) -> Layer:
    def forward(x, h, wx, wh):
        out = np.tanh(x @ wx + h @ wh)
        return out, (x, h, wx, wh, out)

    def backward(dout, cache):
        x, h, wx, wh, out = cache
        da = dout * (1 - out**2)
        return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da

    return forward, backward, (normal(rng, 2, 3), normal(rng, 2, 4), normal(rng, 3, 4), normal(rng, 4, 4))


def gated_step(rng: np.random.Generator) -> Layer:
    def forward(a, c):
        i, f, o, g = sigmoid(a[:, :3]), sigmoid(a[:, 3:6]), sigmoid(a[:, 6:9]), np.tanh(a[:, 9:])
        new = f * c + i * g
        return o * np.tanh(new), (i, f, o, g, c, new)

    def backward(dh, cache):
        i, f, o, g, c, new = cache
        t = np.tanh(new)
        dnew = dh * o * (1 - t**2)
        dh *= t
        parts = dnew * g * i * (1 - i), dnew * c * f * (1 - f), dh * o * (1 - o), dnew * i * (1 - g**2)
        return np.concatenate(parts, axis=1), dnew * f

    return forward, backward, (normal(rng, 2, 12), normal(rng, 2, 3))


def squared_error(rng: np.random.Generator) -> Layer:
    t = normal(rng, 4, 5)
    return lambda x: (((x - t) ** 2).mean(), x), lambda dout, x: dout * 2 * (x - t) / F(20), (normal(rng, 4, 5),)


def unit_length(rng: np.random.Generator) -> Layer:
    def forward(x):
        n = np.sqrt((x**2).sum(axis=1, keepdims=True))
        return x / n, (x / n, n)

    def backward(dout, cache):
        u, n = cache
        return (dout - u * (dout * u).sum(axis=1, keepdims=True)) / n

    return forward, backward, (normal(rng, 4, 5),)


LAYERS: dict[str, Callable[[np.random.Generator], Layer]] = {
    "relu": elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0),
    "leaky relu": elementwise(lambda x: np.where(x > 0, x, F(0.1) * x), lambda x: np.where(x > 0, F(1), F(0.1))),
    "sigmoid": elementwise(sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": elementwise(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "softplus": elementwise(lambda x: np.log1p(np.exp(x)), sigmoid),
    "relu in place": relu_in_place,
    "max": maximum_of_rows,
    "affine": affine,
    "affine and relu": affine_relu,
    "softmax": softmax,
    "cross-entropy": cross_entropy,
    "hinge loss": hinge_loss,
    "batch norm": normalised(0),
    "layer norm": normalised(1),
    "dropout": dropout,
    "max pool": max_pool,
    "convolution": convolution,
    "embedding": embedding,
    "recurrent step": recurrent_step,
    "gated step": gated_step,
    "squared error": squared_error,
    "unit length": unit_length,
}


def planted(backward: Callable[..., Any], kind: str, rng: np.random.Generator) -> Callable[..., Any]:
    """The backward pass with a mistake in one of its gradients: a factor of 2, the sign, or a mask that is none."""
    draw = int(rng.integers(2**31))

    def wrong(dout, cache):
        found = backward(dout, cache)
        alone = not isinstance(found, tuple)
        parts = [found] if alone else list(found)
        own = np.random.default_rng(draw)
        which = int(own.choice([k for k, g in enumerate(parts) if np.any(g)]))
        parts[which] = mistaken(parts[which], kind, own)
        return parts[0] if alone else tuple(parts)

    return wrong


def mistaken(g: Any, kind: str, rng: np.random.Generator) -> Any:
    if kind == "mask":
        dead = rng.random(g.shape) < 0.5
        dead.flat[int(np.argmax(np.abs(g)))] = True
        return np.where(dead, g.dtype.type(0), g)
    return 2 * g if kind == "factor" else -g


def drawn_layers(draws: int, seed: int) -> Iterator[tuple[str, Layer, np.random.Generator]]:
    """Every layer, drawn several times."""
    for k, (name, draw) in enumerate(LAYERS.items()):
        for n in range(draws):
            rng = np.random.default_rng([seed, k, n])
            yield name, draw(rng), rng
