"""exp, log and their like as LLVM instructions: (builder, value) -> value, for doubles and single precision.

Each is within one unit in the last place and has NumPy's value at every edge. None branches, so that LLVM makes lanes
of a loop around them; all need a processor that multiplies and adds with one rounding. A double comes from doubles;
single precision is computed in doubles and rounded once.

Where NumPy would warn (overflow, division by zero, an invalid operation), a flag of the processor is raised: of which
kind, and whether elsewhere too, is not promised. Sine and cosine give NaN, with the flag, beyond 2**30.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from gatewise._native.reals import DOUBLE, Real, bits_of, whole

INF, NAN = math.inf, math.nan
ROUNDING = 6755399441055744.0  #: 1.5 * 2**52: added, it leaves the nearest whole number in the low bits
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  #: the first with 21 zeros at its end
SUBNORMAL, LIFT = 2.2250738585072014e-308, 54  #: the least normal number; a power of two that makes normal ones

#: (exp(r) - 1 - r) / r**2 by Taylor, to 1e-17 for |r| <= log(2) / 2.
EXP = [1 / math.factorial(n) for n in range(14, 1, -1)]
#: 2 atanh(s) / s, from s**14 to s**2, nearest in the sense of Remez: |s| <= 3 - 2 sqrt(2).
LOG = [
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
    2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01,
]  # fmt: skip
#: The same by Taylor to 2**-66, from s**26 to s**4, for powers.
LOG_TAIL = [2 / (2 * n + 1) for n in range(13, 1, -1)]
#: pi / 2 in three doubles.
QUARTER = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
SIN = [
    1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06, -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
]  # fmt: skip
SIN_FIRST = -1.66666666666666324348e-01
COS = [
    -1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07, 2.48015872894767294178e-05,
    -1.38888888888741095749e-03, 4.16666666666666019037e-02,
]  # fmt: skip

Made = Callable[..., Any]  #: of a builder and values: the value


def of_doubles(f: Callable[..., Real]) -> Made:
    """A function of `Real` as one of a builder and values, in single precision too."""

    def made(builder: Any, *values: Any) -> Any:
        short = values[0].type != DOUBLE
        reals = [Real(builder, builder.fpext(x, DOUBLE) if short else x) for x in values]
        found = f(*reals).value
        return builder.fptrunc(found, ir.FloatType()) if short else found

    made.__name__, made.__doc__ = f.__name__, f.__doc__
    return made


# ------------------------------------------------------------------------------------------------------- exponentials


def power_of_two(k: Real) -> Real:
    """2**k for a whole number from -1022 to 1023."""
    b = k.builder
    shifted = b.shl((k + ROUNDING).bits(), whole(52))
    return k.from_bits(b.add(shifted, whole(1023 << 52)))


def rounded(x: Real) -> Real:
    return (x + ROUNDING) - ROUNDING


def reduced(x: Real, low: Real | None = None) -> tuple[Real, Real, Real]:
    """k, r and a rest, so that exp(x + low) = 2**k (1 + r + rest); |r| is at most log(2) / 2 and right to the bit."""
    k = rounded(x * 1.4426950408889634074)
    near = (-k).times_plus(LN2_HIGH, x)
    r = (-k).times_plus(LN2_LOW, near)
    error = (-k).times_plus(LN2_LOW, near - r)
    if low is not None:
        first, low = r, error + low
        r = first + low
        error = low - (r - first)
    return k, r, (r * r).times_plus(r.polynomial(EXP), error.times_plus(r, error))


def scaled(x: Real, k: Real) -> Real:
    """X * 2**k in two steps, the first exact: with one rounding where it is subnormal, and with overflow."""
    half = rounded(k * 0.5)
    return x * power_of_two(half) * power_of_two(k - half)


@of_doubles
def exp(x: Real) -> Real:
    """The exponential."""
    k, r, rest = reduced(x.within(-746.0, 710.0))
    return scaled(1.0 + (r + rest), k)


def expm1_in_two(x: Real) -> tuple[Real, Real]:
    """Half of exp(x) - 1 as a number and its error, for x from -60 to 710."""
    k, r, rest = reduced(x)
    half = power_of_two(k - 1.0)
    first, second = half - 0.5, half * r
    high = first + second
    low = half.times_plus(rest, second - (high - first))
    total = high + low
    return total, low - (total - high)


@of_doubles
def expm1(x: Real) -> Real:
    """The exponential less one."""
    high, _ = expm1_in_two(x.within(-60.0, 710.0))
    return (2.0 * high).unless(abs(x).is_("<", 2.0**-54), x)


@of_doubles
def tanh(x: Real) -> Real:
    """The hyperbolic tangent: e / (e + 2) of e = exp(2 |x|) - 1, the quotient corrected by what it leaves."""
    e, low = expm1_in_two((abs(x) * 2.0).within(0.0, 44.0))
    d = e + 1.0
    inverse = 1.0 / d
    q = e * inverse
    left = (-q).times_plus(d, e) + low - q * (sum_error(e, 1.0, d) + low)
    return left.times_plus(inverse, q).with_sign_of(x).unless(abs(x).is_("<", 2.0**-28), x)


@of_doubles
def sigmoid(x: Real) -> Real:
    """1 / (1 + exp(-x)), without overflow."""
    k, r, rest = reduced((-abs(x)).within(-746.0, 0.0))
    part = r + rest
    near = 1.0 + part
    e, low = scaled(near, k), scaled(part - (near - 1.0), k)
    d = 1.0 + e
    inverse = 1.0 / d
    right = x.is_(">=", 0.0)
    q = e.unless(right, 1.0) * inverse
    left = (-q).times_plus(d, e.unless(right, 1.0)) + low.unless(right, 0.0) - q * (sum_error(e, 1.0, d) + low)
    return left.times_plus(inverse, q)


def sum_error(a: Real, b: Real | float, total: Real) -> Real:
    """What the sum of two numbers left out."""
    other = total - a
    return (a - (total - other)) + (b - other)


# --------------------------------------------------------------------------------------------------------- logarithms


def mantissa(x: Real) -> tuple[Real, Real]:
    """k and m of a positive x = 2**k m, with m from sqrt(1/2) to sqrt(2)."""
    b = x.builder
    tiny = x.is_("<", SUBNORMAL)
    lifted = x.unless(tiny, x * 2.0**LIFT)
    bits = lifted.bits()
    shifted = b.lshr(b.add(bits, whole((1023 << 52) - bits_of(math.sqrt(0.5)))), whole(52))
    # A whole number below 2**52 is a double by its bits alone: processors turn few of them into doubles at a time.
    k = x.from_bits(b.or_(shifted, whole(bits_of(2.0**52)))) - (2.0**52 + 1023)
    m = x.from_bits(b.sub(b.add(bits, whole(1023 << 52)), b.shl(shifted, whole(52))))
    return k - Real(b, ir.Constant(DOUBLE, float(LIFT))).where(tiny, 0.0), m


def log_of(f: Real, k: Real, low: Real | float) -> Real:
    """log(2**k (1 + f)) and what is added to it last but one, f from sqrt(1/2) - 1 to sqrt(2) - 1."""
    s = f / (2.0 + f)
    z = s * s
    half = f * f * 0.5
    tail = s * (half + z * z.polynomial(LOG)) + (k * LN2_LOW + low)
    return ((tail - half) + f) + k * LN2_HIGH


@of_doubles
def log(x: Real) -> Real:
    """The natural logarithm."""
    k, m = mantissa(x)
    found = log_of(m - 1.0, k, 0.0).alarmed(x.is_("<=", 0.0), x)
    return edges_of_log(found, x, x)


@of_doubles
def log1p(x: Real) -> Real:
    """The natural logarithm of one more."""
    u = x + 1.0
    k, m = mantissa(u)
    low = sum_error(x, 1.0, u) / u
    found = log_of(m - 1.0, k, low).alarmed(x.is_("<=", -1.0), x)
    return edges_of_log(found, u, x).unless(abs(x).is_("<", 2.0**-54), x)


def edges_of_log(found: Real, u: Real, x: Real) -> Real:
    """The logarithm of u as NumPy has it where u is zero, negative, infinite or NaN, as x is."""
    found = found.unless(u.is_("==", 0.0), -INF).unless(u.is_("<", 0.0), NAN)
    return found.unless(u.is_("==", INF), INF).unless(x.is_("!=", x), x)


# ------------------------------------------------------------------------------------------------------- sine, cosine


def sine(x: Real, quarters: int) -> Real:
    """The sine of x and some quarters of a turn."""
    b = x.builder
    far = abs(x).is_(">", 2.0**30)
    shifted = x * (2 / math.pi) + ROUNDING
    k = shifted - ROUNDING
    near = (-k).times_plus(QUARTER[0], x)  # exact, for both are multiples of 2**-52 that nearly cancel
    part = k * QUARTER[1]
    r = near - part
    error = sum_error(near, -part, r) - k.times_plus(QUARTER[1], -part)
    low = (-k).times_plus(QUARTER[2], error)
    z = r * r
    cube = z * r
    tail = z * (0.5 * low - cube * z.polynomial(SIN)) - low
    sin = r - (tail - cube * SIN_FIRST)
    half = 0.5 * z
    w = 1.0 - half
    cos = w + (((1.0 - w) - half) + (z * (z * z.polynomial(COS)) - r * low))
    turned = b.add(shifted.bits(), whole(quarters))
    odd = b.icmp_signed("!=", b.and_(turned, whole(1)), whole(0))
    sign = b.shl(b.and_(turned, whole(2)), whole(62))
    found = cos.where(odd, sin)
    return found.from_bits(b.xor(found.bits(), sign)).alarmed(far, x)


@of_doubles
def sin(x: Real) -> Real:
    """The sine."""
    return sine(x, 0).unless(x.is_("==", 0.0), x)


@of_doubles
def cos(x: Real) -> Real:
    """The cosine."""
    return sine(x, 1)


# --------------------------------------------------------------------------------------------------------------- powers


def log_in_two(x: Real) -> tuple[Real, Real]:
    """The logarithm of a positive number as a number and its error, together right to some 2**-65."""
    k, m = mantissa(x)
    f = m - 1.0
    d = 2.0 + f
    inverse = 1.0 / d
    s = f * inverse
    s_low = ((-s).times_plus(d, f) - s * (f - (d - 2.0))) * inverse
    z = s * s
    z_low = s.times_plus(s, -z) + 2.0 * s * s_low
    third = 2 / 3
    t = z * z.polynomial(LOG_TAIL)
    w = third + t
    w_low = (t - (w - third)) + 3.700743415417188e-17
    u = z * w
    u_low = z.times_plus(w, -u) + (z * w_low + z_low * w)
    v = s * u
    v_low = s.times_plus(u, -v) + (s * u_low + s_low * u)
    twice = 2.0 * s
    high = twice + v
    low = ((twice - high) + v) + (2.0 * s_low + v_low)
    whole_part = k * LN2_HIGH
    total = whole_part + high
    rest = (high - (total - whole_part)) + (low + k * LN2_LOW)
    found = total + rest
    return found, rest - (found - total)


@of_doubles
def power(x: Real, y: Real) -> Real:
    """X to the power y."""
    b, base = x.builder, abs(x)
    high, low = log_in_two(base)
    p = y * high
    p_low = y.times_plus(high, -p) + y * low
    k, r, rest = reduced(p.within(-746.0, 710.0), p_low.where(abs(p).is_("<", 746.0), 0.0))
    found = scaled(1.0 + (r + rest), k)
    up = y.is_(">", 0.0)
    grows = b.icmp_signed("==", base.is_(">", 1.0), up)
    extreme = b.or_(b.or_(base.is_("==", 0.0), base.is_("==", INF)), abs(y).is_("==", INF))
    found = found.unless(extreme, Real(b, ir.Constant(DOUBLE, INF)).where(grows, 0.0))
    is_whole = y.called("llvm.trunc").is_("==", y)
    half = y * 0.5
    odd = b.and_(is_whole, half.called("llvm.trunc").is_("!=", half))
    negative = b.icmp_signed("<", x.bits(), whole(0))
    undefined = b.and_(b.and_(x.is_("<", 0.0), b.not_(is_whole)), base.is_("<", INF))
    pole = b.and_(base.is_("==", 0.0), y.is_("<", 0.0))
    found = found.alarmed(b.or_(undefined, pole), high).unless(undefined, NAN).unless(pole, INF)
    found = (-found).where(b.and_(negative, odd), found)
    found = found.unless(b.or_(x.is_("!=", x), y.is_("!=", y)), x + y)
    one = b.or_(y.is_("==", 0.0), x.is_("==", 1.0))
    return found.unless(b.or_(one, b.and_(x.is_("==", -1.0), abs(y).is_("==", INF))), 1.0)


@of_doubles
def sqrt(x: Real) -> Real:
    """The square root, by the processor."""
    return x.called("llvm.sqrt")


#: By the name of their gate.
FUNCTIONS: dict[str, Made] = {
    f.__name__: f for f in (exp, expm1, log, log1p, tanh, sigmoid, sin, cos, power, sqrt)
}  # fmt: skip
