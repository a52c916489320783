"""Making a Tensor: of a number, an array or a list, for a layer, or as the copy of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._circuit import SourcedWire, VariableWire, Wire, lent, tick
from gatewise._errors import ArgumentError, GateError, GatewiseError, IntegerGradientError, to_numpy
from gatewise._tensor.asking import BACKWARD, is_leaf, lent_to, whole_number
from gatewise._tensor.carrier import Tensor, give


def tensor(x: object, requires_grad: bool = True) -> Tensor:
    """A Tensor that owns a copy of `x` and, unless told otherwise, gets a gradient from `backward()`.

    `x` is a number, an array or nested lists. A Python int, alone or in lists, is taken as a float; an array of
    integers is data and gets no gradient: asking for one raises `IntegerGradientError`.

    >>> import gatewise as gw
    >>> w = gw.tensor([1.0, -2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([ 2., -4.])
    """
    if type(x) is float and requires_grad:
        return Tensor(x, Wire(tick(), BACKWARD, x), BACKWARD)
    if type(x) is Tensor:
        if x.bits & ~BACKWARD or not is_leaf(x):
            x.forbid_losing_gradient(
                "tensor of its own", "t as it is; gw.tensor(t.detach()) where a constant is meant."
            )
        x = x.value
    bits = BACKWARD if requires_grad else 0
    if requires_grad and isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind not in "fc":
        raise IntegerGradientError.of(f"an array of {x.dtype}")
    return leaf(x, bits)


def taken_over(x: object) -> object:
    """What a Tensor of its own is made of: of a leaf its value, but no result that a derivative is taken through."""
    if type(x) is not Tensor:
        return x
    x.forbid_losing_gradient("tensor of its own", "t as it is; t.detach() where a constant is meant.", of=lent_to(x))
    return x.value


def leaf(x: object, bits: int, name: str | None = None) -> Tensor:
    """A Tensor of its own memory at the left edge of a circuit."""
    value, whole = (x, None) if type(x) is float else own_value(x)
    if not isinstance(value, (float, complex)) and value.dtype.kind not in "fc":
        bits &= lent.recording
    if not bits and whole is None:
        return Tensor(value)
    wire = SourcedWire(tick(), bits, value, (whole,) if whole is not None else ())
    wire.name = name
    return Tensor(value, wire, bits)


def variable(value: object, requires_grad: bool = True, name: str | None = None, version: int = 0) -> Tensor:
    """A Tensor that owns a copy of an array, for layers: its wire counts the changes made to it."""
    array = np.array(value)
    bits = BACKWARD if requires_grad else 0
    return Tensor(array, VariableWire(tick(), bits, array, name, version), bits)


def twin(value: object, whole: object, bits: int, gradient: object, name: str | None, version: int | None) -> Tensor:
    """A copy of a leaf, from its state."""
    if version is not None:
        made = variable(value, bool(bits), name, version)
    else:
        own = np.array(value) if isinstance(value, np.ndarray) else value
        source = (
            SourcedWire(tick(), bits, own, () if whole is None else (whole,)) if bits or whole is not None else None
        )
        if source is not None:
            source.name = name
        made = Tensor(own, source, bits)
    made.grad = gradient
    return made


def deep_copy(t: Tensor, memo: object) -> object:
    if t.wire is None or t.bits & ~BACKWARD or not is_leaf(t):
        return np.copy(t)  # one that forgot where it came from would lose its gradient without a word
    return twin(*state(t))


def reduced(t: Tensor, protocol: object) -> object:
    kind = lent_to(t)
    t.forbid_losing_gradient("pickle", "t.numpy() or t.detach(), which can be pickled.", of=kind)
    return (twin, state(t)) if kind == ~BACKWARD else (Tensor, (t.value,))


def state(t: Tensor) -> tuple[Any, ...]:
    """What a copy of a leaf has: value, the whole number it was given as, gradient, name, changes."""
    name, version = getattr(t.wire, "name", None), getattr(t.wire, "version", None)
    return t.value, whole_number(t), t.bits, t.grad, name, version


give(__deepcopy__=deep_copy, __reduce_ex__=reduced)


def own_value(x: object) -> tuple[Any, Any]:
    """The value a leaf holds, and the whole number it was given as, if it was."""
    if isinstance(x, bool) or x is None or isinstance(x, (str, bytes)):
        raise no_numbers(f"{x!r} is not a number or an array.", "pass a number, a list or an array.")
    if isinstance(x, int):
        return as_float(x), x
    if isinstance(x, (float, complex, np.generic)):
        return x, None
    if isinstance(x, np.ndarray):
        if x.__array_priority__ > 0:
            raise GateError.subclass(x)
        if x.dtype.kind not in "fiubc":
            raise no_numbers(f"an array of {x.dtype} is not an array of numbers.", "pass numbers.")
        return np.array(x), None
    array = array_of(x)
    if array.dtype.kind in "iu":
        return array.astype(float), array
    if array.dtype.kind not in "fbc":
        raise no_numbers(f"a {type(x).__name__} of {array.dtype} is not a number or an array.", "pass numbers.")
    return array, None


def no_numbers(what: str, cure: str) -> GateError:
    return GateError(what, "a Tensor holds floats.", cure)


def as_float(x: int) -> float:
    try:
        return float(x)
    except OverflowError:
        problem = f"a whole number of {len(str(x)) if x < 10**4000 else 'thousands of'} digits is no float."
        cure = "a smaller number, or its logarithm."
        raise GateError(problem, "floats end near 1.8e308.", cure) from None


def array_of(x: object) -> np.ndarray:
    """What NumPy makes of a list, or of anything else that it makes an array of."""
    try:
        return np.array(x)
    except Exception as error:
        if to_numpy(x):
            raise ArgumentError.of_library(x) from error
        if isinstance(error, GatewiseError):  # a Tensor in the list, which would be read
            raise
        if isinstance(error.__cause__, GatewiseError):
            raise error.__cause__ from None
        if isinstance(x, (list, tuple)):
            what = f"a {type(x).__name__} whose parts differ in length is no array."
            cure = "lists of one length, or a Tensor for each."
            raise GateError(what, "an array has rows of one length.", cure) from None
        raise
