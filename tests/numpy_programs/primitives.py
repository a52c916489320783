"""JAX's primitives, computed by NumPy: JAX's rules without a compilation for every shape.

JAX compiles each primitive anew for each shape, which takes most of the time of a small program that runs once. What a
program is differentiated by, JAX's functions and their rules, is made of these primitives and stays JAX's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

#: A guest, by name: the tests do without it.
PRIMITIVES: Any = importlib.import_module("jax.extend.core.primitives")
AS_JAXS: Any = importlib.import_module("jax.numpy").asarray
Array: Any = type(AS_JAXS(0.0))
LINALG: Any = importlib.import_module("scipy.linalg")
OTHERS: Any = importlib.import_module("jax._src.lax.lax")


def pad(x: Any, value: Any, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """With entries before, behind and between; where less than none are asked for, some are left out."""
    spread = [max(0, n + (n - 1) * inside) for n, (_, _, inside) in zip(x.shape, padding_config, strict=True)]
    whole = np.full(spread, value, x.dtype)
    whole[tuple(slice(None, None, inside + 1) for _, _, inside in padding_config)] = x
    around = [(max(low, 0), max(high, 0)) for low, high, _ in padding_config]
    whole = np.pad(whole, around, constant_values=value)
    kept = (
        slice(max(-low, 0), n - max(-high, 0)) for n, (low, high, _) in zip(whole.shape, padding_config, strict=True)
    )
    return whole[tuple(kept)]


def dot_general(x: Any, y: Any, dimension_numbers: Any, preferred_element_type: Any = None, **_: Any) -> Any:
    (x_over, y_over), (x_beside, y_beside) = dimension_numbers
    ones, others = list(range(x.ndim)), list(range(x.ndim, x.ndim + y.ndim))
    for a, b in [*zip(x_over, y_over, strict=True), *zip(x_beside, y_beside, strict=True)]:
        others[b] = ones[a]
    free = [ones[a] for a in range(x.ndim) if a not in (*x_over, *x_beside)]
    free += [others[b] for b in range(y.ndim) if b not in (*y_over, *y_beside)]
    made = np.einsum(x, ones, y, others, [*(ones[a] for a in x_beside), *free])
    return made if preferred_element_type is None else made.astype(preferred_element_type)


def places(shape: Sequence[int], indices: Any, of: dict[str, Sequence[int]], sizes: Sequence[int], clip: bool) -> Any:
    """The flat position of each entry that a gather reads or a scatter writes, -1 outside of the array.

    `of` has the axes: `window` of the result along which a window lies, `gone` of the array along which it is 1 long,
    `map` of the array that an index counts along, `beside` and `indices_beside` those that both have.
    """
    batch = indices.shape[:-1]
    rank = len(batch) + len(of["window"])
    batch_axes = [axis for axis in range(rank) if axis not in of["window"]]
    kept = [axis for axis in range(len(shape)) if axis not in (*of["gone"], *of["beside"])]
    along = [np.zeros((1,) * rank, int) for _ in shape]
    outside = np.zeros((1,) * rank, bool)

    def spread(values: Any, axes: Sequence[int]) -> Any:
        whole = [1] * rank
        for axis, n in zip(axes, np.shape(values), strict=True):
            whole[axis] = n
        return np.reshape(values, whole)

    for k, axis in enumerate(of["map"]):
        start, last = indices[..., k].astype(int), shape[axis] - sizes[axis]
        outside = outside | spread((start < 0) | (start > last), batch_axes)
        along[axis] = spread(np.clip(start, 0, max(last, 0)), batch_axes)
    for axis, beside in zip(of["beside"], of["indices_beside"], strict=True):
        along[axis] = spread(np.arange(batch[beside]), [batch_axes[beside]])
    for axis, window in zip(kept, of["window"], strict=True):
        along[axis] = along[axis] + spread(np.arange(sizes[axis]), [window])
    flat = sum((part * int(np.prod(shape[axis + 1 :])) for axis, part in enumerate(along)), np.zeros((1,) * rank, int))
    whole = [0] * rank
    for axis, n in zip([*batch_axes, *of["window"]], [*batch, *(sizes[axis] for axis in kept)], strict=True):
        whole[axis] = n
    return np.broadcast_to(flat if clip else np.where(outside, -1, flat), whole)


def gather(
    x: Any, indices: Any, dimension_numbers: Any, slice_sizes: Sequence[int], mode: Any, fill_value: Any, **_: Any
) -> Any:
    d = dimension_numbers
    of = {"window": d.offset_dims, "gone": d.collapsed_slice_dims, "map": d.start_index_map,
          "beside": d.operand_batching_dims, "indices_beside": d.start_indices_batching_dims}  # fmt: skip
    found = places(x.shape, indices, of, slice_sizes, "FILL" not in str(mode).upper())
    if not x.size:
        return np.zeros(found.shape, x.dtype)
    if fill_value is None:
        fill_value = np.nan if x.dtype.kind in "fc" else 0
    taken = x.ravel()[found]
    return np.where(found < 0, np.array(fill_value, x.dtype), taken) if (found < 0).any() else taken


def scatter(at: Callable[..., Any] | None) -> Callable[..., Any]:
    """What is written, or joined with what stands there by the ufunc `at`."""

    def computed(x: Any, indices: Any, updates: Any, dimension_numbers: Any, mode: Any, **_: Any) -> Any:
        d = dimension_numbers
        of = {"window": d.update_window_dims, "gone": d.inserted_window_dims, "map": d.scatter_dims_to_operand_dims,
              "beside": d.operand_batching_dims, "indices_beside": d.scatter_indices_batching_dims}  # fmt: skip
        kept = iter(d.update_window_dims)
        gone = (*of["gone"], *of["beside"])
        sizes = [1 if axis in gone else updates.shape[next(kept)] for axis in range(x.ndim)]
        found = places(x.shape, indices, of, sizes, "CLIP" in str(mode).upper()).ravel()
        made, new = x.flatten(), updates.ravel()
        if at is None:
            made[found[found >= 0]] = new[found >= 0]
        else:
            at(made, found[found >= 0], new[found >= 0])
        return AS_JAXS(made.reshape(x.shape))

    return computed


def sort(*operands: Any, dimension: int, num_keys: int, **_: Any) -> list[Any]:
    keys = operands[:num_keys]
    order = np.lexsort(keys[::-1], axis=dimension)
    return [np.take_along_axis(x, order, dimension) for x in operands]


def reduced(ufunc: Any) -> Callable[..., Any]:
    return lambda x, axes, **_: ufunc.reduce(x, axis=tuple(axes)).astype(x.dtype)


def extreme(function: Any) -> Callable[..., Any]:
    return lambda x, axes, index_dtype, **_: function(x, axis=axes[0]).astype(index_dtype)


def running(ufunc: Any) -> Callable[..., Any]:
    def computed(x: Any, axis: int, reverse: bool) -> Any:
        made = ufunc.accumulate(np.flip(x, axis) if reverse else x, axis=axis)
        return np.flip(made, axis) if reverse else made

    return computed


def broadcast_in_dim(x: Any, shape: Sequence[int], broadcast_dimensions: Sequence[int], **_: Any) -> Any:
    whole = [1] * len(shape)
    for n, axis in zip(x.shape, broadcast_dimensions, strict=True):
        whole[axis] = n
    made = np.broadcast_to(x.reshape(whole), shape)
    return made if x.ndim else AS_JAXS(made)  # into these JAX writes


def iota(dtype: Any, shape: Sequence[int], dimension: int, **_: Any) -> Any:
    numbers = np.arange(shape[dimension], dtype=dtype)
    return broadcast_in_dim(numbers, shape, (dimension,))


def select_n(which: Any, *cases: Any) -> Any:
    return np.where(which, cases[1], cases[0]) if which.dtype == bool else np.choose(which, cases)


def rounded(x: Any, rounding_method: Any) -> Any:
    away = "AWAY" in str(rounding_method)
    return np.copysign(np.floor(np.abs(x) + 0.5), x) if away else np.rint(x)


def sliced(x: Any, start_indices: Any, limit_indices: Any, strides: Any) -> Any:
    steps = strides or (1,) * x.ndim
    return x[tuple(map(slice, start_indices, limit_indices, steps))]


def from_where(x: Any, sizes: Any, starts: Sequence[Any]) -> tuple[slice, ...]:
    """Where a slice of these sizes begins, moved so far that it lies inside."""
    at = [min(max(int(k), 0), n - m) for k, n, m in zip(starts, x.shape, sizes, strict=True)]
    return tuple(slice(k, k + m) for k, m in zip(at, sizes, strict=True))


def dynamic_update_slice(x: Any, update: Any, *starts: Any) -> Any:
    made = x.copy()
    made[from_where(x, update.shape, starts)] = update
    return made


def split(x: Any, sizes: Sequence[int], axis: int) -> list[Any]:
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def fft(x: Any, fft_type: Any, fft_lengths: Sequence[int]) -> Any:
    name = str(fft_type).rpartition(".")[2].lower()
    name = {"0": "fft", "1": "ifft", "2": "rfft", "3": "irfft"}.get(name, name)
    axes = tuple(range(-len(fft_lengths), 0))
    return getattr(np.fft, name + "n")(x, tuple(fft_lengths), axes)


def stack(*arrays: Any, axis: int) -> Any:
    return np.stack(arrays, axis)


def lu(x: Any, **_: Any) -> list[Any]:
    """The factors in one array, the rows that were exchanged, and where each row comes from."""
    made, pivots = np.empty_like(x), np.empty(x.shape[:-1], np.int32)
    order = np.empty(x.shape[:-1], np.int32)
    for place in np.ndindex(x.shape[:-2]):
        made[place], pivots[place] = LINALG.lu_factor(x[place])
        rows = np.arange(x.shape[-2])
        for k, other in enumerate(pivots[place]):
            rows[[k, other]] = rows[[other, k]]
        order[place] = rows
    return [made, pivots, order]


def triangular_solve(
    a: Any, b: Any, left_side: bool, lower: bool, transpose_a: bool, conjugate_a: bool, unit_diagonal: bool
) -> Any:
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        n = a.shape[-1]
        a = np.where(np.eye(n, dtype=bool), 1, a)
    a = np.conj(a) if conjugate_a else a
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    turned = (lambda x: x) if left_side else (lambda x: np.swapaxes(x, -1, -2))
    return turned(np.linalg.solve(turned(a), turned(b)))


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays that has no options."""
    return lambda *arrays, **_: function(*arrays)


SAME_NAME = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "conj", "cos", "cosh", "exp"),
    *("exp2", "expm1", "floor", "imag", "log", "log1p", "real", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"),
)
BY_NAME: dict[str, Callable[..., Any]] = {
    **{name: plainly(getattr(np, name)) for name in SAME_NAME},
    **{name: plainly(function) for name, function in {
        "add": np.add, "add_jaxvals": np.add, "sub": np.subtract, "mul": np.multiply, "rem": np.fmod,
        "neg": np.negative, "max": np.maximum, "min": np.minimum, "pow": np.power, "eq": np.equal,
        "ne": np.not_equal, "lt": np.less,
        "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "lt_to": np.less, "le_to": np.less_equal,
        "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert, "is_finite": np.isfinite,
        "div": lambda x, y: np.divide(x, y) if x.dtype.kind in "fc" else np.trunc(np.divide(x, y)).astype(x.dtype),
        "complex": lambda x, y: x + 1j * y, "rsqrt": lambda x: 1 / np.sqrt(x), "copy": np.copy, "select_n": select_n,
        "clamp": lambda low, x, high: np.clip(x, low, high), "stop_gradient": lambda x: x,
        "dynamic_update_slice": dynamic_update_slice,
    }.items()},
    **{f"reduce_{name}": reduced(ufunc) for name, ufunc in {
        "sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum, "and": np.logical_and,
        "or": np.logical_or}.items()},
    "cumsum": running(np.add), "cumprod": running(np.multiply), "cummax": running(np.maximum),
    "cummin": running(np.minimum), "argmax": extreme(np.argmax), "argmin": extreme(np.argmin),
    "scatter": scatter(None), "scatter_add": scatter(np.add.at), "scatter_mul": scatter(np.multiply.at),
    "gather": gather, "sort": sort, "pad": pad, "dot_general": dot_general,
    "broadcast_in_dim": broadcast_in_dim, "iota": iota, "round": rounded, "slice": sliced, "split": split, "fft": fft,
    "integer_pow": lambda x, y: x**y if y >= 0 else 1 / x**-y,
    "reshape": lambda x, new_sizes, dimensions, **_: x.transpose(dimensions or range(x.ndim)).reshape(new_sizes),
    "stack": stack, "lu": lu, "triangular_solve": triangular_solve,
    "unstack": lambda x, axis: [np.take(x, k, axis) for k in range(x.shape[axis])],
    "tile": lambda x, reps: np.tile(x, reps), "cholesky": lambda x, **_: np.linalg.cholesky(x),
    "squeeze": lambda x, dimensions: np.squeeze(x, tuple(dimensions)),
    "transpose": lambda x, permutation: np.transpose(x, permutation),
    "rev": lambda x, dimensions: np.flip(x, dimensions),
    "convert_element_type": lambda x, new_dtype, **_: (x if new_dtype.kind == "c" else x.real).astype(new_dtype),
    "concatenate": lambda *arrays, dimension: np.concatenate(arrays, dimension),
    "dynamic_slice": lambda x, *starts, slice_sizes: x[from_where(x, slice_sizes, starts)],
}  # fmt: skip


def as_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on NumPy's arrays."""

    def computed(*operands: Any, **parameters: Any) -> Any:
        found = function(*map(np.asarray, operands), **parameters)
        return list(map(handed, found)) if isinstance(found, list) else handed(found)

    return computed


def handed(found: Any) -> Any:
    """What JAX goes on with: it writes into what it made whole, and into arrays of whole numbers, by their `.at`."""
    if type(found) is Array:
        return found
    made = np.asarray(found)
    return AS_JAXS(made) if made.dtype.kind in "iu" and made.ndim else made


@contextmanager
def by_numpy() -> Iterator[None]:
    """Inside, JAX computes these primitives by NumPy, and compiles nothing but what is not among them."""
    before = {}
    for name, function in BY_NAME.items():
        primitive = getattr(PRIMITIVES, f"{name}_p", None) or getattr(OTHERS, f"{name}_p")
        before[primitive] = primitive.impl
        primitive.def_impl(as_arrays(function))
    try:
        yield
    finally:
        for primitive, implementation in before.items():
            primitive.def_impl(implementation)
