"""Gates that were given what they cannot take, and functions that have no gate."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._errors.base import GatewiseError, visible
from gatewise._errors.lines import LineError, library_call, library_frame, user_names


class GateError(LineError):
    """A gate was given what it cannot take.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> X, W = gw.tensor(np.ones((5, 4))), gw.tensor(np.ones((5, 10)))
    >>> X @ W
    Traceback (most recent call last):
        ...
    gatewise._errors.GateError: matmul cannot take X (5, 4) and W (5, 10)...

    Right:

    >>> (X.T @ W).shape
    (4, 10)
    """

    @classmethod
    def subclass(cls, array: object) -> GateError:
        kind = type(array).__name__
        names = user_names(array)
        name = names[0] if names else "the array"
        what = f"{name} is a {kind}, not a plain array."
        plainly = f"{name}.toarray()" if hasattr(array, "toarray") else f"np.asarray({name})"
        return cls(what, f"a {kind} has an arithmetic of its own.", f"{plainly}, and @ for a matrix product.")

    @classmethod
    def misshapen(
        cls, gate: str, expect: str, shapes: Sequence[tuple[int, ...]], why: str, cure: str = ""
    ) -> GateError:
        """Operands whose shapes are not those the gate takes."""
        actual = ", ".join(map(str, shapes))
        return cls(f"{gate} cannot take these shapes.", why, cure, f"Expect: {expect}. Actual: {actual}.")

    @classmethod
    def of(
        cls,
        gate: str,
        operands: Sequence[str],
        shapes: Sequence[tuple[int, ...]],
        error: Exception,
    ) -> GateError:
        """From what NumPy or Python said of the plain values."""
        expect = expected_shapes(gate, shapes)
        what = f"{gate} cannot take {' and '.join(operands)}."
        own = cls.like(type(error))
        names = [operand.partition(" ")[0] for operand in operands]
        cure = fitting(gate, names, shapes) if expect and all(map(str.isidentifier, names)) else ""
        if gate in PRODUCTS and () in shapes:
            return own(what, "a matrix product is of arrays, and this is a number.", f"{' * '.join(names)}.")
        if type(error).__name__ == "AxisError" and shapes[0]:
            return own(what, f"{error}.", f"an axis from {-len(shapes[0])} to {len(shapes[0]) - 1}.")
        if not expect:
            return own(what, " ".join(str(error).split()))
        why = PAIRED if gate in PRODUCTS else BROADCAST
        return own(what, why, cure or "arrays of shapes that fit; print(x.shape) shows them.", expect)


PRODUCTS = ("matmul", "dot")
PAIRED = "a matrix product multiplies the rows of the first with the columns of the second, entry by entry."


BROADCAST = "axes are compared from the last one on, and one of size 1 is repeated."


def expected_shapes(gate: str, shapes: Sequence[tuple[int, ...]]) -> str:
    """`Expect ... Actual ...` for shapes that do not fit."""
    if len(shapes) != 2:
        return ""
    a, b = shapes
    if gate in PRODUCTS and a and b:
        inner = b[-2] if len(b) > 1 else b[0]
        return (
            f"Expect: columns of the first == rows of the second. Actual: {a[-1]} != {inner}." if a[-1] != inner else ""
        )
    for i, (m, n) in enumerate(zip(a[::-1], b[::-1], strict=False), start=1):
        if m != n and 1 not in (m, n):
            return f"Expect: sizes that are equal or 1 on axis {-i}. Actual: {m} != {n}."
    return ""


def fitting(gate: str, names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str:
    """What fits in the place of two operands whose shapes do not: one of them turned, both swapped, or a product.

    >>> fitting("matmul", ["X", "W"], [(5, 4), (3, 4)])
    'X @ W.T, of shape (5, 3).'
    """
    (x, y), (a, b) = names, shapes
    if gate not in PRODUCTS and len(b) == 1 and len(a) == 2 and a[0] == b[0]:
        return f"{y}.reshape({b[0]}, 1), to add a column." if gate == "add" else f"{y}.reshape({b[0]}, 1)."
    if gate not in (*PRODUCTS, "multiply") or not 1 <= len(a) <= 2 or not 1 <= len(b) <= 2:
        return ""
    turned = [(f"{x} @ {y}", a, b), (f"{x} @ {y}.T", a, b[::-1]), (f"{x}.T @ {y}", a[::-1], b), (f"{y} @ {x}", b, a)]
    for text, left, right in turned:
        if left[-1] == right[0]:
            shape = left[:-1] + right[1:]
            return f"{text}, of shape {shape}." if shape else f"{text}, a number."
    return ""


class UnsupportedError(LineError):
    """A NumPy function has no gate, or an option of it has no rule.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> v = gw.tensor([1.0, 2.0])
    >>> np.i0(v)
    Traceback (most recent call last):
        ...
    gatewise._errors.UnsupportedError: np.i0 has no gate...

    Right:

    >>> np.i0(v.numpy()).shape  # where no gradient is wanted
    (2,)
    """

    called = ""

    @classmethod
    def of(cls, name: str, instead: str = "") -> UnsupportedError:
        """`name` is what was called; `instead` says what gives the same, where that is known."""
        frame = library_frame()
        error = cls(
            f"{name}{f', which {library_call(frame)} calls,' if frame else ''} has no gate.",
            "gatewise knows the derivative of each gate by rule, and there is none for this.",
            f"{instead or 'write it in gates that `gatewise gates` lists'};"
            " or call it on t.numpy() if no gradient is wanted.",
        )
        error.called = name
        return error

    @classmethod
    def along(cls, name: str, operand: str) -> UnsupportedError:
        """A gate has no rule for one of its operands."""
        return cls(
            f"scipy.{name} has no rule for its {operand}.",
            f"a gradient would go to {operand}, and gatewise knows the slope along the other operands alone.",
            f"a plain number or array as {operand}: t.numpy() if no gradient is wanted.",
        )


class MethodError(UnsupportedError, AttributeError):
    """A method of NumPy's arrays was called that no gate stands behind.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> v = gw.tensor([1.0, -2.0])
    >>> v.byteswap()
    Traceback (most recent call last):
        ...
    gatewise._errors.MethodError: Tensor.byteswap has no gate...

    Right: a method whose function `gatewise gates` lists.

    >>> v.sum().item()
    -1.0
    """

    def __init__(self, *parts: str) -> None:
        LineError.__init__(self, *parts)


class UnknownGateError(GatewiseError):
    """The page of a gate was asked for that does not exist.

    >>> print(UnknownGateError("sigmod", "sigmoid"))
    There is no gate sigmod.
      instead: Did you mean sigmoid?
    """

    def __init__(self, name: str, near: str | None, instead: str = "") -> None:
        cure = f"Did you mean {near}?" if near else f"{instead}." if instead else "`gatewise gates` lists them."
        super().__init__(f"There is no gate {visible(name)}.", cure=cure)
