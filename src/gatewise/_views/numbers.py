"""How numbers and arrays are written: integers whole, four significant digits, nan and inf loud."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gatewise._views.text import plain

DASH = "-"  # not computed; never 0
SMALL = 4  # arrays of at most this many entries are written whole
_LARGEST_WHOLE = 10**15  # from here on a float no longer counts in ones
_LARGEST_FIXED = 10**10  # from here on decimals are noise
_LOUD = {"nan": "NaN!", "inf": "inf!", "-inf": "-inf!"}


def number(value: Any, digits: int | None = None) -> str:
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
        return _LOUD.get(value, plain(value))
    if not math.isfinite(value):
        return _LOUD[str(float(value))]
    return significant(value, 4) if digits is None else _decimals(value, digits)


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


def entries(value: Any) -> list[Any]:
    """The entries of a number or of nested lists, in order, nan and inf as floats."""
    if isinstance(value, list | tuple):
        return [entry for part in value for entry in entries(part)]
    return [float(value) if isinstance(value, str) and value in _LOUD else value]


def is_computed(value: Any, summary: Mapping[str, Any] | None) -> bool:
    """Whether there is a number to show at all."""
    return value is not None or summary is not None


def is_finite(value: Any, summary: Mapping[str, Any] | None = None) -> bool:
    """Whether no entry is nan or inf; a value that was not computed counts as finite."""
    parts = [summary.get("min"), summary.get("max"), summary.get("mean")] if value is None and summary else value
    return all(_finite(entry) for entry in entries(parts))


def _finite(entry: Any) -> bool:
    return not isinstance(entry, int | float) or math.isfinite(entry)


def quantity(value: Any, summary: Mapping[str, Any] | None = None, digits: int | None = None) -> str:
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


def _nested(value: Any, digits: int | None) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_nested(part, digits) for part in value) + "]"
    return number(value, digits)


def _overview(flat: list[Any], digits: int | None) -> str:
    if all(isinstance(entry, bool) for entry in flat):
        return f"True in {sum(flat)} of {len(flat)}"
    if any(isinstance(entry, str) for entry in flat):
        return f"{len(flat)} entries"
    loud = [entry for entry in flat if not math.isfinite(entry)]
    if loud:
        return f"{number(loud[0])} in {len(loud)} of {len(flat)}"
    return _mean_and_peak(math.fsum(flat) / len(flat), max(map(abs, flat)), digits)


def _from_summary(summary: Mapping[str, Any], digits: int | None) -> str:
    if not is_finite(None, summary):
        bad = next(part for part in (summary["mean"], summary["min"], summary["max"]) if not is_finite(part))
        return f"{number(bad)} inside"
    return _mean_and_peak(summary["mean"], max(abs(summary["min"]), abs(summary["max"])), digits)


def _mean_and_peak(mean: float, peak: float, digits: int | None) -> str:
    return f"mean {number(mean, digits)} max|.| {number(peak, digits)}"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it; nothing for a scalar."""
    return str(shape) if shape else ""


def product_line(factors: tuple[Any, Any], product: Any, times: str, digits: int | None = None) -> str:
    """`1 * -4 = -4`: the fewest digits, four to eight, for which the printed numbers multiply as printed.

    Printed factors multiply to the printed product once that is rounded to its own digits; where they never do, `≈`
    stands for `=`.

    >>> product_line((1, -4), -4, "*"), product_line((0.5, 0.25), 0.125, "*")
    ('1 * -4 = -4', '0.5 * 0.25 = 0.125')
    >>> product_line((1 / 3, 2 / 3), 2 / 9, "*")
    '0.3333 * 0.6667 = 0.2222'
    """
    first, second = factors
    texts = [
        _try_digits((first, second, product), count, digits) for count in (range(4, 9) if digits is None else (4,))
    ]
    good = [text for text in texts if _multiplies(*text)]
    left, right, result = good[0] if good else texts[0]
    return f"{left} {times} {right} {'=' if good else '≈'} {result}"


def _try_digits(values: tuple[Any, ...], count: int, digits: int | None) -> tuple[str, str, str]:
    left, right, result = (
        significant(value, count) if digits is None and _is_plain(value) else number(value, digits) for value in values
    )
    return left, right, result


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _multiplies(left: str, right: str, result: str) -> bool:
    if not all(_reads_as_number(text) for text in (left, right, result)):
        return False
    exact, shown = Decimal(left) * Decimal(right), Decimal(result)
    return exact == shown if result.lstrip("-").isdigit() else abs(exact - shown) <= _half_a_last_place(shown)


def adds_up(parts: Sequence[str], total: str) -> bool:
    """Whether printed numbers add up to a printed sum, once that is rounded to its own digits.

    >>> adds_up(["-0.2", "0.08"], "-0.12"), adds_up(["0.3333", "0.3333"], "0.6667")
    (True, False)
    """
    if not all(_reads_as_number(text) for text in (*parts, total)):
        return False
    shown = Decimal(total)
    return abs(sum(map(Decimal, parts), Decimal(0)) - shown) <= _half_a_last_place(shown)


def _reads_as_number(text: str) -> bool:
    return text[-1:].isdigit()  # NaN! and inf! do not, nor does true


def _half_a_last_place(shown: Decimal) -> Decimal:
    return Decimal(5).scaleb(int(shown.as_tuple().exponent) - 1)
