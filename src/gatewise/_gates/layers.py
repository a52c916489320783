"""Gates that layers are built of: the affine map and batch normalisation."""

import math

import numpy as np

from gatewise._errors import GateError
from gatewise._gates.families import custom, linear
from gatewise._gates.live import any_recorded, shape_of

# ---------------------------------------------------------------------------------------------------- the affine map


def affine_map(x, w, b):
    """`x @ w.T + b`, for arrays without a second array."""
    shapes = shape_of(x), shape_of(w), shape_of(b)
    if len(shapes[1]) != 2 or not shapes[0] or shapes[0][-1] != shapes[1][1] or shapes[2] != shapes[1][:1]:
        why = "each of the M outputs weighs the D numbers of a row and adds its bias."
        raise GateError.misshapen(
            "affine", "x (N, D), w (M, D), b (M,)", shapes, why, "np.reshape(x, (len(x), -1)) flattens images."
        )
    out = x @ w.T
    if any_recorded(x, w, b) or out.dtype != np.result_type(out, b):
        return out + b
    out += b
    return out


def as_rows(x):
    """All axes but the last in one."""
    return x if len(shape_of(x)) == 2 else np.reshape(x, (-1, shape_of(x)[-1]))


def first_axes(x):
    return tuple(range(len(shape_of(x)) - 1))


@linear(
    affine_map,
    sample=[
        ((np.arange(6.0).reshape(2, 3) - 2, np.arange(12.0).reshape(4, 3) / 5, np.ones(4)), {}),
        ((np.arange(3.0) - 1, np.arange(12.0).reshape(4, 3) / 5, np.ones(4)), {}),
        ((np.arange(12.0).reshape(2, 2, 3) - 2, np.arange(12.0).reshape(4, 3) / 5, np.ones(4)), {}),
    ],
    added="b",
)
def affine(g, x, w, b):
    """A linear layer, `x @ w.T + b`: weights get what came back times what came in, the bias what came back."""
    return (
        lambda: g @ w,
        lambda: as_rows(g).T @ as_rows(x),
        lambda: np.sum(g, axis=first_axes(g)) if first_axes(g) else g,
    )


# ----------------------------------------------------------------------------------------------- batch normalisation

LARGE = 4096  #: entries of a channel from which it is computed alone, so that it stays in the cache


def by_channel(x):
    """The axes that a channel's statistics run over, and the shape of one number a channel."""
    shape = shape_of(x)
    axes = tuple(a for a in range(len(shape)) if a != 1)
    return axes, tuple(n if a == 1 else 1 for a, n in enumerate(shape)), math.prod(shape[a] for a in axes)


def standardised(x, w, b, *, eps):
    """Each channel (axis 1) less its mean, over its standard deviation; times w, plus b."""
    shapes = shape_of(x), shape_of(w), shape_of(b)
    if len(shapes[0]) < 2 or {shapes[1], shapes[2]} != {shapes[0][1:2]}:
        why = "there is one scale and one bias a channel."
        raise GateError.misshapen("batch_norm", "x (N, C, ...), w (C,), b (C,)", shapes, why)
    axes, wide, n = by_channel(x)
    if n >= LARGE and len(shapes[0]) > 2 and not any_recorded(x, w, b):
        out = np.empty(shapes[0], np.result_type(x, w, b))
        for c in range(shapes[0][1]):
            out[:, c] = standardised(x[:, c].reshape(-1, 1), w[c : c + 1], b[c : c + 1], eps=eps).reshape(
                out[:, c].shape
            )
        return out
    centred = x - np.mean(x, axis=axes, keepdims=True)
    deviation = np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    return centred * (np.reshape(w, wide) / deviation) + np.reshape(b, wide)


@custom(
    standardised,
    sample=[
        ((np.array([[1.0], [3.0], [8.0]]), np.array([2.0]), np.array([0.5])), {"eps": 1e-5}),
        ((np.cos(np.arange(12.0)).reshape(4, 3), np.array([1.0, 2.0, -1.0]), np.ones(3)), {"eps": 0.1}),
        ((np.cos(np.arange(24.0)).reshape(2, 3, 2, 2), np.array([1.0, 2.0, -1.0]), np.ones(3)), {"eps": 1e-5}),
    ],
)
def batch_norm(g, out, x, w, b, *, eps):
    """Moving or stretching a whole channel changes nothing: what came back loses that part, then is scaled."""
    _, wide, n = by_channel(x)
    if n >= LARGE and len(wide) > 2 and not any_recorded(g, x, w, b):
        down, *others = np.empty_like(x), np.empty_like(w), np.empty_like(b)
        for c in range(wide[1]):
            parts = standardised_back(g[:, c].reshape(-1, 1), x[:, c].reshape(-1, 1), w[c : c + 1], eps=eps)
            down[:, c] = parts[0].reshape(down[:, c].shape)
            for other, part in zip(others, parts[1:]):
                other[c] = part[0]
        return down, *others
    return standardised_back(g, x, w, eps=eps)


def standardised_back(g, x, w, *, eps):
    """What x, w and b get."""
    axes, wide, n = by_channel(x)
    centred = x - np.mean(x, axis=axes, keepdims=True)
    scale = 1 / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    standard = centred * scale
    shift = np.sum(g, axis=axes, keepdims=True)
    stretch = np.sum(g * standard, axis=axes, keepdims=True)
    down = (g - (shift + standard * stretch) / n) * (np.reshape(w, wide) * scale)
    return down, np.reshape(stretch, shape_of(w)), np.reshape(shift, shape_of(w))
