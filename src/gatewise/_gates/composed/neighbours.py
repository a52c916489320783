"""What looks at neighbours: differences, slopes, straight lines between points, evenly spaced numbers."""

from __future__ import annotations

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import as_floats, axis_of, composed, is_complex, only_looked_at, rank, size
from gatewise._gates.fitting import cast, conjugated
from gatewise._gates.live import dtype_of, shape_of
from gatewise._gates.movement import along
from gatewise._types import Function, Value


@composed(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    axis = axis_of(axis, a)
    one = tuple(1 if k == axis else m for k, m in enumerate(shape_of(a)))
    ends = [x if x is None or rank(x) else np.broadcast_to(x, one) for x in (prepend, append)]
    if not all(x is None for x in ends):
        a = np.concatenate([x for x in (ends[0], a, ends[1]) if x is not None], axis=axis)
    for _ in range(n):
        a = a[along(axis, slice(1, None))] - a[along(axis, slice(None, -1))]
    return a


@composed(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    row = np.ravel(ary)
    begin, end = (x if x is None else end_of(x, dtype_of(row)) for x in (to_begin, to_end))
    parts = [x for x in (begin, row[1:] - row[:-1], end) if x is not None]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def end_of(x, dtype):
    """What is put beside a row, in its dtype, as NumPy puts it."""
    if not np.can_cast(dtype_of(np.ravel(x)), dtype, casting="same_kind"):
        raise TypeError(f"{dtype_of(x)} does not go into a row of {dtype}")
    return cast(np.ravel(x), dtype=dtype)


@composed(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    axes = range(rank(f)) if axis is None else [axis] if np.ndim(axis) == 0 else axis
    axes = [axis_of(a, f) for a in axes]
    widths = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    if len(widths) != len(axes):
        raise TypeError("invalid number of arguments")
    found = [slopes(f, width, a, edge_order) for a, width in zip(axes, widths, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def slopes(f: Value, width: Value, axis: int, edge_order: int) -> Value:
    """The slopes of f along one axis: those of parabolas inside, of straight lines or parabolas at both ends."""

    def at(start: object, stop: object = None) -> Value:
        return f[along(axis, slice(start, stop))]

    def gap(start: object, stop: object = None) -> Value:
        return gaps[along(axis, slice(start, stop))] if width is None else width

    if rank(width):
        gaps = np.diff(width)
        gaps = np.reshape(gaps, tuple(-1 if k == axis else 1 for k in range(rank(f))))
        even = type(gaps) is np.ndarray and bool(np.all(gaps == gaps.flat[0]))
        width = gaps.flat[0] if even else None
    if width is not None:
        inside = (at(2) - at(None, -2)) / (2.0 * width)
    else:
        inside = middle_of_parabolas(gap(None, -1), gap(1, None), at)
    if edge_order == 1:
        start, end = (at(1, 2) - at(0, 1)) / gap(0, 1), (at(-1) - at(-2, -1)) / gap(-1)
    elif width is not None:
        start = -1.5 / width * at(0, 1) + 2.0 / width * at(1, 2) + -0.5 / width * at(2, 3)
        end = 0.5 / width * at(-3, -2) + -2.0 / width * at(-2, -1) + 1.5 / width * at(-1)
    else:
        start, end = start_of_parabola(gap(0, 1), gap(1, 2), at), end_of_parabola(gap(-2, -1), gap(-1), at)
    made, kind = np.concatenate([start, inside, end], axis=axis), dtype_of(f)
    return cast(made, dtype=kind) if kind.kind == "f" and kind != dtype_of(made) else made


def middle_of_parabolas(before: Value, after: Value, at: Function) -> Value:
    """The slopes in the middle of parabolas through three neighbours each, with these gaps between them."""
    return (
        -after / (before * (before + after)) * at(None, -2)
        + (after - before) / (before * after) * at(1, -1)
        + before / (after * (before + after)) * at(2)
    )


def start_of_parabola(one: Value, two: Value, at: Function) -> Value:
    """The slope at the first point of the parabola through the first three."""
    return (
        -(2.0 * one + two) / (one * (one + two)) * at(0, 1)
        + (one + two) / (one * two) * at(1, 2)
        + -one / (two * (one + two)) * at(2, 3)
    )


def end_of_parabola(one: Value, two: Value, at: Function) -> Value:
    """The slope at the last point of the parabola through the last three."""
    return (
        two / (one * (one + two)) * at(-3, -2)
        + -(two + one) / (one * two) * at(-2, -1)
        + (2.0 * two + one) / (two * (one + two)) * at(-1)
    )


def in_one_period(x, xp, fp, period):
    """A curve that comes back: its points are moved into one period, in order, with one more at either end."""
    x, xp = as_floats(x) % period, xp % period
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    return x, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])


@composed(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    if period is not None:
        return np.interp(*in_one_period(x, as_floats(xp), as_floats(fp), np.abs(period)))
    if is_complex(x) or is_complex(xp):
        raise UnsupportedError.of("np.interp at complex places")
    xp, fp = as_floats(xp), as_floats(fp)
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, size(xp) - 2)
    slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    found = np.where(x >= xp[-1], fp[-1], slope * (x - xp[k]) + fp[k])
    if right is not None:
        found = np.where(x > xp[-1], right, found)
    return np.where(x < xp[0], fp[0] if left is None else left, found)[()]


@composed(np.correlate)
def correlate(a, v, mode="valid"):
    v = conjugated(v)
    if size(v) > size(a):
        return np.flip(np.convolve(v, np.flip(a), mode=mode))
    return np.convolve(a, np.flip(v), mode=mode)


@composed(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    axis = axis_of(axis, p)
    change, half = np.diff(p, axis=axis), period / 2
    turn = np.mod(change + half, period) - half
    turn = np.where((turn == -half) & (change > 0), half, turn)
    correction = np.where(np.abs(change) < (half if discont is None else discont), 0, turn - change)
    return np.concatenate(
        [p[along(axis, slice(0, 1))], p[along(axis, slice(1, None))] + np.cumsum(correction, axis)], axis
    )


@composed(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    start, stop = (x if np.isscalar(x) or hasattr(x, "shape") else np.asarray(x) for x in (start, stop))
    parts = num - 1 if endpoint else num
    kind = np.result_type(*(x if type(x) in (int, float, complex) else dtype_of(x) for x in (start, stop)), 1.0)
    steps = np.reshape(np.arange(0, num, dtype=kind), (-1,) + (1,) * max(rank(start), rank(stop)))
    step = (stop - start) / parts if parts else np.nan
    if parts and not np.any(only_looked_at(step) == 0):
        made = steps * step + start
    else:  # where a step is 0, perhaps by rounding, NumPy multiplies last
        made = (steps / parts if parts else steps) * (stop - start) + start
    if endpoint and num > 1:
        last = np.broadcast_to(stop * 1.0, shape_of(made)[1:]).astype(kind)
        made = np.concatenate([made[:-1], np.expand_dims(last, 0)], axis=0)
    made = made if axis == 0 else np.moveaxis(made, 0, axis)
    made = made if dtype is None else made.astype(dtype)
    return (made, step) if retstep else made


@composed(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return np.power(base, linspace(start, stop, num, endpoint, axis=axis))


@composed(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Evenly spaced on a logarithmic scale; both ends are the numbers given."""
    if any(map(is_complex, (start, stop))):
        raise UnsupportedError.of("np.geomspace of complex numbers")
    side = np.sign(only_looked_at(start))
    made = side * logspace(np.log10(side * start), np.log10(side * stop), num, endpoint)
    whole = shape_of(made)[1:]
    ends = [np.expand_dims(np.broadcast_to(x * 1.0, whole), 0) for x in (start, stop)]
    last = [] if num < 2 else [made[1:-1], ends[1]] if endpoint else [made[1:]]
    made = np.concatenate([ends[0], *last]) if num else made
    made = made if axis == 0 else np.moveaxis(made, 0, axis)
    return made if dtype is None else made.astype(dtype)
