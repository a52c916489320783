"""ndarray's own names: attributes and methods that are NumPy's functions of the Tensor."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gatewise._errors import AssignmentError, GateError
from gatewise._gates import COMPOSED, GATES, convert
from gatewise._tensor.applying import apply, apply_entry
from gatewise._tensor.asking import described
from gatewise._tensor.carrier import Tensor, give
from gatewise._tensor.protocols import by_function
from gatewise._types import Function, Index, Value

RESHAPE = GATES[np.reshape]
OF_NUMPY = "a Tensor has the names of NumPy's arrays."


def astype(
    t: Tensor,
    dtype: npt.DTypeLike | None,
    order: object = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: bool = True,
) -> Value:
    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        what = f"{dtype!r} is no dtype."
        raise GateError.like(TypeError)(what, str(error), "np.float32, np.float64.") from None
    if casting != "unsafe" and not np.can_cast(t.dtype, kind, casting):
        what = f"{described(t)} cannot be cast from {t.dtype} to {kind} by the rule {casting!r}."
        raise GateError.like(TypeError)(what, "NumPy refuses this too.", "t.astype(dtype).")
    if not copy and kind == t.dtype and order == "K":
        return t
    return apply(GATES[convert], convert, (t,), {"dtype": kind})


def reshape(t: Tensor, *shape: object, **options: object) -> Value:
    whole = shape[0] if len(shape) == 1 else shape
    if options:
        return by_function(t, np.reshape, (), (t, whole), options)
    return apply(RESHAPE, RESHAPE.call, (t,), {"shape": whole})


def transpose(t: Tensor, *axes: object) -> Value:
    given = (t, axes[0] if len(axes) == 1 else axes) if axes else (t,)
    return by_function(t, np.transpose, (), given, {})


def flatten(t: Tensor, order: Literal["K", "A", "C", "F"] = "C") -> Value:
    return apply(GATES[np.ravel], in_a_row, (t,), {}) if order == "C" else np.copy(np.ravel(t, order=order))


def in_a_row(x: Value) -> Value:
    """`x.flatten()`: a copy, where `np.ravel(x)` may be a view."""
    return x.flatten() if isinstance(x, np.ndarray) else np.ravel(x)


def conj(t: Tensor) -> Value:
    """A real array gives itself, where `np.conj(x)` gives a copy."""
    return np.conjugate(t) if t.dtype.kind == "c" else t


def by_rows(x: object) -> Value:
    """`x.copy()`: by rows, where `np.copy(x)` keeps the order that entries lie in."""
    return x.copy() if isinstance(x, np.ndarray) else x


def copy(t: Tensor, order: Literal["K", "A", "C", "F"] = "C") -> Value:
    return apply(GATES[np.copy], by_rows, (t,), {}) if order == "C" else np.copy(t, order=order)


def fill(t: Tensor, value: object) -> None:
    t[...] = value


def sort(t: Tensor, axis: int = -1, **options: Any) -> None:
    t[...] = np.sort(t, axis=axis, **options)


def partition(t: Tensor, kth: Any, axis: int = -1) -> None:
    t[...] = np.partition(t, kth, axis=axis)


def put(t: Tensor, indices: Index, values: Value, mode: Any = "raise") -> None:
    into: Any = t
    np.put(into, indices, values, mode=mode)


def compress(t: Tensor, condition: Any, axis: int | None = None) -> Value:
    array: Any = t
    return np.compress(condition, array, axis=axis)


class Flat:
    """`t.flat`: the entries of an array, one after the other, to be read or written."""

    def __init__(self, t: Tensor) -> None:
        self.t = t

    def __getitem__(self, index: Index) -> Value:
        found = np.ravel(self.t)[index]
        return found.copy() if np.ndim(found) else found

    def __setitem__(self, index: Index, values: Value) -> None:
        places = np.arange(self.t.size)[index]
        values = np.ravel(values) if np.ndim(values) else values
        if np.ndim(values) and np.ndim(places):
            values = values[np.resize(np.arange(len(values)), len(places))]
        if not self.t.shape:
            self.t[...] = np.reshape(values, ())
            return
        found = np.unravel_index(places, self.t.shape)
        self.t[found if np.ndim(places) else tuple(map(int, found))] = values

    def __iter__(self) -> Any:
        return iter(np.ravel(self.t))

    def __len__(self) -> int:
        return self.t.size

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: object = None) -> Any:
        return np.asarray(np.ravel(self.t), dtype=dtype)


def set_part(name: str) -> Function:
    def write(t: Tensor, value: Value) -> None:
        other = np.imag(t) if name == "real" else np.real(t)
        t[...] = value + 1j * other if name == "real" else other + 1j * value

    return write


def written_over(t: Tensor, value: object) -> None:
    cure = "with gw.no_grad(): t[...] = value, which changes it in place."
    raise AssignmentError(f"{described(t)} has no data of its own to set.", OF_NUMPY, cure)


def shaped(t: Tensor, shape: object) -> None:
    cure = f"a new array, reshaped: y = y.reshape({shape})."
    raise AssignmentError(f"{described(t)} cannot be given another shape in place.", "views of it look on.", cure)


def deleted(t: Tensor, index: object) -> None:
    what = f"entries of {described(t)} cannot be deleted."
    raise GateError.like(ValueError)(what, "an array has a fixed size; NumPy refuses this too.", "np.delete(t, index).")


def same_as_numpys(name: str) -> Function:
    """The method that is NumPy's function of the same name."""
    function = getattr(np, name)

    def method(self: Tensor, *args: object, **kwargs: object) -> Any:
        for foreign in FOREIGN.keys() & kwargs.keys() if kwargs else ():
            what = f"Tensor.{name} was called with {foreign}={kwargs[foreign]!r}."
            raise GateError(what, OF_NUMPY, f"t.{name}({FOREIGN[foreign]}={kwargs[foreign]!r}).")
        return by_function(self, function, (), (self, *args), kwargs)

    method.__name__, method.__doc__ = name, f"As `np.{name}(self, ...)`."
    return method


FOREIGN = {"dim": "axis", "keepdim": "keepdims"}  #: another library's words for options

#: ndarray's methods that are written here: several change the array in place.
WRITTEN_HERE = {
    "astype": astype, "reshape": reshape, "transpose": transpose, "flatten": flatten, "fill": fill, "copy": copy,
    "conj": conj, "conjugate": conj,
    "sort": sort, "partition": partition, "put": put, "compress": compress,
}  # fmt: skip
#: ndarray's methods that are NumPy's functions of the same name.
METHODS = [
    name
    for name in dir(np.ndarray)
    if (getattr(np, name, None) in GATES or getattr(np, name, None) in COMPOSED)
    and name not in {*WRITTEN_HERE, "real", "imag", "resize"}
]
give(**{name: same_as_numpys(name) for name in METHODS})
give(__getitem__=apply_entry, **WRITTEN_HERE)
give(T=property(transpose), mT=property(lambda t: np.matrix_transpose(t)))
give(flat=property(Flat, lambda t, values: Flat(t).__setitem__(..., values)))
give(real=property(lambda t: np.real(t), set_part("real")), imag=property(lambda t: np.imag(t), set_part("imag")))
give(nbytes=property(lambda t: t.value.nbytes), itemsize=property(lambda t: t.dtype.itemsize))
give(shape=vars(Tensor)["shape"].setter(shaped), __delitem__=deleted)
give(data=property(fset=written_over))  # reading it leads to __getattr__
