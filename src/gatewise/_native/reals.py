"""Doubles of an LLVM function that is being built, with Python's operators."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

DOUBLE, WHOLE = ir.DoubleType(), ir.IntType(64)


class Real:
    """A double as LLVM holds it; an operation on it is one instruction at the builder's place."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def same(self, value: Any) -> Real:
        return Real(self.builder, value)

    def told(self, x: Real | float) -> Any:
        return x.value if isinstance(x, Real) else ir.Constant(DOUBLE, float(x))

    def __add__(self, other: Real | float) -> Real:
        return self.same(self.builder.fadd(self.value, self.told(other)))

    def __sub__(self, other: Real | float) -> Real:
        return self.same(self.builder.fsub(self.value, self.told(other)))

    def __rsub__(self, other: float) -> Real:
        return self.same(self.builder.fsub(self.told(other), self.value))

    def __mul__(self, other: Real | float) -> Real:
        return self.same(self.builder.fmul(self.value, self.told(other)))

    def __truediv__(self, other: Real | float) -> Real:
        return self.same(self.builder.fdiv(self.value, self.told(other)))

    def __rtruediv__(self, other: float) -> Real:
        return self.same(self.builder.fdiv(self.told(other), self.value))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Real:
        return self.same(self.builder.fneg(self.value))

    def times_plus(self, factor: Real | float, term: Real | float) -> Real:
        """The product and a term with one rounding."""
        return self.called("llvm.fma", factor, term)

    def called(self, name: str, *others: Real | float) -> Real:
        """One of LLVM's own functions of doubles."""
        function = intrinsic(self.builder, name, DOUBLE, 1 + len(others))
        return self.same(self.builder.call(function, [self.value, *map(self.told, others)]))

    def __abs__(self) -> Real:
        return self.called("llvm.fabs")

    def is_(self, how: str, other: Real | float) -> Any:
        """A comparison, False where NaN takes part; but `!=`, which is True there."""
        other = self.told(other)
        compare = self.builder.fcmp_unordered if how == "!=" else self.builder.fcmp_ordered
        return compare(how, self.value, other)

    def where(self, condition: Any, otherwise: Real | float) -> Real:
        """Itself where the condition holds, the other elsewhere."""
        return self.same(self.builder.select(condition, self.value, self.told(otherwise)))

    def unless(self, condition: Any, then: Real | float) -> Real:
        """Itself, but the other where the condition holds."""
        return self.same(self.builder.select(condition, self.told(then), self.value))

    def within(self, low: float, high: float) -> Real:
        """The nearest number between two; NaN stays."""
        below = self.unless(self.is_(">", high), high)
        return below.unless(below.is_("<", low), low)

    def bits(self) -> Any:
        return self.builder.bitcast(self.value, WHOLE)

    def from_bits(self, bits: Any) -> Real:
        return self.same(self.builder.bitcast(bits, DOUBLE))

    def with_sign_of(self, other: Real) -> Real:
        return self.called("llvm.copysign", other)

    def polynomial(self, coefficients: Sequence[float]) -> Real:
        """The polynomial in it, by Horner; the coefficient of the highest power comes first."""
        found: Real | float = coefficients[0]
        for each in coefficients[1:]:
            found = self.times_plus(found, each)
        assert isinstance(found, Real)
        return found

    def alarmed(self, condition: Any, here: Real) -> Real:
        """Itself; NaN where the condition holds, with the flag of an invalid operation, or where `here` is infinite.

        -0.0 becomes 0.0.
        """
        loud = here.unless(condition, float("inf"))
        return self + (loud - loud)


def intrinsic(builder: Any, name: str, kind: Any, count: int) -> Any:
    """One of LLVM's own functions of numbers of one kind."""
    return builder.module.declare_intrinsic(name, [kind], ir.FunctionType(kind, [kind] * count))


def whole(x: int) -> Any:
    return ir.Constant(WHOLE, x)


def bits_of(x: float) -> int:
    """The bits of a double as a whole number."""
    return int(struct.unpack("<q", struct.pack("<d", x))[0])
