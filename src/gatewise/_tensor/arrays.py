"""ndarray's own names: attributes and methods that are NumPy's functions of the Tensor."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from gatewise._errors import AssignmentError, GateError
from gatewise._gates import GATES, convert, pick
from gatewise._tensor.applying import apply
from gatewise._tensor.asking import described
from gatewise._tensor.carrier import Tensor, give
from gatewise._types import Function

OF_NUMPY = "a Tensor has the names of NumPy's arrays."


def entries(t: Tensor, index: Any) -> Any:
    return apply(GATES[pick], pick, (t,), {"index": index})


def astype(t: Tensor, dtype: Any, copy: bool = True) -> Any:
    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        what = f"{dtype!r} is no dtype."
        raise GateError.like(TypeError)(what, str(error), "np.float32, np.float64.") from None
    return apply(GATES[convert], convert, (t,), {"dtype": kind})


def reshape(t: Tensor, *shape: object, **options: Any) -> Any:
    return np.reshape(t, shape[0] if len(shape) == 1 else shape, **options)


def transpose(t: Tensor, *axes: Any) -> Any:
    return np.transpose(t, None if not axes else axes[0] if len(axes) == 1 else axes)


def flatten(t: Tensor, order: Literal["K", "A", "C", "F"] = "C") -> Any:
    return np.ravel(t, order=order)


def fill(t: Tensor, value: object) -> None:
    t[...] = value


def written_over(t: Tensor, value: object) -> None:
    cure = "with gw.no_grad(): t[...] = value, which changes it in place."
    raise AssignmentError(f"{described(t)} has no data of its own to set.", OF_NUMPY, cure)


def same_as_numpys(name: str) -> Function:
    """The method that is NumPy's function of the same name."""
    function = getattr(np, name)

    def method(self: Tensor, *args: object, **kwargs: object) -> Any:
        for foreign, ours in (("dim", "axis"), ("keepdim", "keepdims")):
            if foreign in kwargs:
                what = f"Tensor.{name} was called with {foreign}={kwargs[foreign]!r}."
                raise GateError(what, OF_NUMPY, f"t.{name}({ours}={kwargs[foreign]!r}).")
        return function(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"As `np.{name}(self, ...)`."
    return method


WRITTEN_HERE = {"astype": astype, "reshape": reshape, "transpose": transpose, "flatten": flatten, "fill": fill}
#: ndarray's methods that are NumPy's functions of the same name; those that change an array in place are none.
METHODS = [
    name
    for name in dir(np.ndarray)
    if getattr(np, name, None) in GATES and name not in {*WRITTEN_HERE, "sort", "partition", "put", "resize"}
]
give(**{name: same_as_numpys(name) for name in METHODS})
give(__getitem__=entries, **WRITTEN_HERE)
give(T=property(lambda t: np.transpose(t)), mT=property(lambda t: np.matrix_transpose(t)))
give(data=property(fset=written_over))  # reading it leads to __getattr__
