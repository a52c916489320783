"""ndarray's own names: attributes and methods that are NumPy's functions of the Tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._errors import AssignmentError, GateError
from gatewise._gates import NAMES, convert, pick
from gatewise._tensor.applying import apply
from gatewise._tensor.asking import described
from gatewise._tensor.carrier import Tensor, give
from gatewise._tensor.foreign import OF_NUMPY


def entries(t: Tensor, index: Any) -> Any:
    return apply(NAMES["getitem"], pick, (t,), {"index": index})


def astype(t: Tensor, dtype: Any, copy: bool = True) -> Any:
    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        what = f"{dtype!r} is no dtype."
        raise GateError.like(TypeError)(what, str(error), "np.float32, np.float64.") from None
    return apply(NAMES["astype"], convert, (t,), {"dtype": kind})


def reshape(t: Tensor, *shape: Any, **options: Any) -> Any:
    return np.reshape(t, shape[0] if len(shape) == 1 else shape, **options)


def transpose(t: Tensor, *axes: Any) -> Any:
    return np.transpose(t, None if not axes else axes[0] if len(axes) == 1 else axes)


def flatten(t: Tensor, order: str = "C") -> Any:
    return np.ravel(t, order=order)  # type: ignore[call-overload]


def fill(t: Tensor, value: Any) -> None:
    t[...] = value


def written_over(t: Tensor, value: Any) -> None:
    cure = "with gw.no_grad(): t[...] = value, which changes it in place."
    raise AssignmentError(f"{described(t)} has no data of its own to set.", OF_NUMPY, cure)


def same_as_numpys(name: str) -> Callable[..., Any]:
    """The method that is NumPy's function of the same name."""
    function = getattr(np, name)

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        for foreign, ours in (("dim", "axis"), ("keepdim", "keepdims")):
            if foreign in kwargs:
                what = f"Tensor.{name} was called with {foreign}={kwargs[foreign]!r}."
                raise GateError(what, OF_NUMPY, f"t.{name}({ours}={kwargs[foreign]!r}).")
        return function(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"As `np.{name}(self, ...)`."
    return method


#: ndarray's methods that are NumPy's functions of the same name.
METHODS = (
    *("sum", "mean", "prod", "var", "std", "max", "min", "any", "all", "argmax", "argmin"),
    *("dot", "ravel", "swapaxes", "squeeze", "clip", "copy"),
)
give(**{name: same_as_numpys(name) for name in METHODS})
give(__getitem__=entries, astype=astype, reshape=reshape, transpose=transpose, flatten=flatten, fill=fill)
give(T=property(lambda t: np.transpose(t)), mT=property(lambda t: np.matrix_transpose(t)))
give(data=property(fset=written_over))  # reading it leads to __getattr__
