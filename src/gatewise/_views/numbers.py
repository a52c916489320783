"""How numbers and arrays are written: integers whole, four significant digits, nan and inf loud."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from gatewise._views.phrases import said
from gatewise._views.text import plain_text

Entry: TypeAlias = bool | int | float | str | None  # nan and inf are words in a record; None was not computed
Value: TypeAlias = "Entry | Sequence[Value]"

DASH = "-"  # not computed; never 0
SMALL = 4  # arrays of at most this many entries are written whole
_LARGEST_WHOLE = 10**15  # from here on a float no longer counts in ones
_LARGEST_FIXED = 10**10  # from here on decimals are noise
_REAL = (int, float)  # made once: these are asked for every entry
_LOUD = {"nan": "NaN!", "inf": "inf!", "-inf": "-inf!"}
_FEWEST, _MOST = 4, 8  # significant digits of a line that is to hold as printed


@dataclass(frozen=True)
class Summary:
    """What a record has of an array that is too large to be written out."""

    min: Entry
    max: Entry
    mean: Entry
    norm: Entry = None
    map: Sequence[Sequence[Entry]] = ()
    sha256: str = ""


def number(value: Value, digits: int | None = None) -> str:
    """One number as text: four significant digits, or `digits` decimals; exact integers stay integers.

    >>> number(-12.0), number(0.19661193), number(0.99999999), number(2.0, digits=2)
    ('-12', '0.1966', '1.000', '2.00')
    >>> number(None), number(0.0), number("nan")
    ('-', '0', 'NaN!')
    """
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str):
        return _LOUD[value] if value in _LOUD else both_parts(value, digits)
    assert isinstance(value, int | float)
    if not math.isfinite(value):
        return _LOUD[str(float(value))]
    return significant(value, _FEWEST) if digits is None else _decimals(value, digits)


def both_parts(word: str, digits: int | None) -> str:
    """A complex number, a word in a record, as text; any other word as it is.

    >>> number("0.8775825618903728-2j"), number("other")
    ('0.8776-2j', 'other')
    """
    z = complex_of(word)
    if z is None:
        return plain_text(word)
    sign = "-" if math.copysign(1.0, z.imag) < 0 else "+"
    return f"{number(z.real, digits)}{sign}{number(abs(z.imag), digits)}j"


def complex_of(word: str) -> complex | None:
    """The complex number that a word in a record is; None for any other word."""
    try:
        return complex(word) if word.endswith("j") else None
    except ValueError:
        return None


def sizes(value: Value) -> Value:
    """A number or nested lists, with the size of each complex number in its place."""
    if isinstance(value, str):
        z = complex_of(value)
        return value if z is None else abs(z) if math.isfinite(abs(z)) else "nan"
    return [sizes(part) for part in value] if isinstance(value, list) else value


def significant(value: float, count: int) -> str:
    """A finite number to `count` significant digits; an exact integer is written out."""
    if value == int(value) and abs(value) < _LARGEST_WHOLE:
        return str(int(value))
    text = f"{value:.{count}g}"
    if text.lstrip("-").isdigit():  # 0.99999 must not look like an exact 1
        return f"{value:#.{count}g}".rstrip(".")
    return text


def _decimals(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    if abs(value) >= _LARGEST_FIXED:
        return f"{value:.{digits}e}"
    text = f"{value:.{digits}f}"
    return text if float(text) else text.lstrip("-")


def entries(value: Value) -> list[Entry]:
    """The entries of a number or of nested lists, in order, nan and inf as floats."""
    if value is None or isinstance(value, _REAL):
        return [value]
    if isinstance(value, str):
        return [float(value) if value in _LOUD else value]
    return [entry for part in value for entry in entries(part)]


def reals(value: Value) -> list[float]:
    """The entries that are real numbers, in order."""
    return [entry for entry in entries(value) if isinstance(entry, _REAL)]


def is_finite(value: Value, summary: Summary | None = None) -> bool:
    """Whether no entry is nan or inf; a value that was not computed counts as finite."""
    parts: Value = [summary.min, summary.max, summary.mean] if value is None and summary else value
    return all(map(math.isfinite, reals(parts)))


def quantity(value: Value, summary: Summary | None = None, digits: int | None = None) -> str:
    """A number, a small array whole, or what is worth knowing of a larger one.

    >>> quantity([1.0, 0.5]), quantity([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]])
    ('[1, 0.5]', 'mean 2.167 max|.| 6')
    """
    if value is None:
        return DASH if summary is None else _from_summary(summary, digits)
    if not isinstance(value, list):
        return number(value, digits)
    flat = entries(value)
    return _nested(value, digits) if len(flat) <= SMALL else _overview(flat, digits)


def _nested(value: Value, digits: int | None) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_nested(part, digits) for part in value) + "]"
    return number(value, digits)


def _overview(flat: list[Entry], digits: int | None) -> str:
    every, real = str(len(flat)), [entry for entry in flat if isinstance(entry, _REAL)]
    if all(isinstance(entry, bool) for entry in flat):
        return said("array.true", count=str(sum(real)), all=every)
    if len(real) < len(flat):
        return said("array.entries", count=every)
    loud = [entry for entry in real if not math.isfinite(entry)]
    if loud:
        return said("array.loud", number=number(loud[0]), count=str(len(loud)), all=every)
    return _mean_and_peak(math.fsum(real) / len(real), max(map(abs, real)), digits)


def _from_summary(summary: Summary, digits: int | None) -> str:
    bad = [part for part in (summary.mean, summary.min, summary.max) if not is_finite(part)]
    if bad:
        return said("array.inside", number=number(bad[0]))
    (mean,) = reals(summary.mean)
    return _mean_and_peak(mean, max(map(abs, reals([summary.min, summary.max]))), digits)


def _mean_and_peak(mean: float, peak: float, digits: int | None) -> str:
    return said("array", mean=number(mean, digits), peak=number(peak, digits))


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it; nothing for a scalar."""
    return str(shape) if shape else ""


def equation(terms: Sequence[Value], signs: Sequence[str], times: str, digits: int | None = None) -> str:
    """`2.5 + 1 = 3.5`: the last term is what the others make, which are joined by `*`, or by `+` and `-`.

    Numbers have the fewest digits, four to eight, for which the equation holds as printed; where it never does, `≈`.

    >>> equation([1.4444, 2.4444, 3.8888], ["+"], "*"), equation([1 / 3, 1 / 3, 2 / 3], ["+"], "*")
    ('1.4444 + 2.4444 = 3.8888', '0.3333 + 0.3333 ≈ 0.6667')
    >>> equation([1, -4, -4], ["*"], "*"), equation([1 / 3, 2 / 3, 2 / 9], ["*"], "*")
    ('1 * -4 = -4', '0.3333 * 0.6667 = 0.2222')
    """
    (first, *rest, result), holds = in_fewest_digits(terms, digits, lambda texts: _holds(texts, signs))
    left = "".join(f" {times if sign == '*' else sign} {text}" for sign, text in zip(signs, rest, strict=True))
    return f"{first}{left} {'=' if holds else '≈'} {result}"


def in_fewest_digits(
    values: Sequence[Value], digits: int | None, holds: Callable[[Sequence[str]], bool]
) -> tuple[list[str], bool]:
    """Numbers in the fewest digits, four to eight, for which something holds as printed; and whether it ever does."""
    counts = range(_FEWEST, _MOST + 1) if digits is None else (_FEWEST,)
    tries = ([rounded(value, count, digits) for value in values] for count in counts)
    first = next(tries)
    good = first if holds(first) else next((texts for texts in tries if holds(texts)), None)
    return (first, False) if good is None else (good, True)


def rounded(value: Value, count: int, digits: int | None) -> str:
    """A number to so many significant digits, where no decimals are asked for."""
    if digits is None and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return significant(value, count)
    return number(value, digits)


def _holds(texts: Sequence[str], signs: Sequence[str]) -> bool:
    """Whether printed numbers make the last of them, once that is rounded to its own digits."""
    if not all(map(_reads_as_number, texts)):
        return False
    *parts, result = texts
    if "*" not in signs:
        turned = [str(-Decimal(part)) if sign == "-" else part for sign, part in zip(["+", *signs], parts, strict=True)]
        return adds_up(turned, result)
    product = math.prod(map(Decimal, parts))
    return product == Decimal(result) if result.lstrip("-").isdigit() else adds_up([str(product)], result)


def adds_up(parts: Sequence[str], total: str) -> bool:
    """Whether printed numbers add up to a printed sum, once that is rounded to its own digits.

    >>> adds_up(["-0.2", "0.08"], "-0.12"), adds_up(["0.3333", "0.3333"], "0.6667")
    (True, False)
    """
    if not all(map(_reads_as_number, (*parts, total))):
        return False
    shown = Decimal(total)
    return abs(sum(map(Decimal, parts), Decimal(0)) - shown) <= _half_a_last_place(shown)


def _reads_as_number(text: str) -> bool:
    return text[-1:].isdigit()  # NaN! and inf! do not, nor does true


def _half_a_last_place(shown: Decimal) -> Decimal:
    return Decimal(5).scaleb(int(shown.as_tuple().exponent) - 1)
