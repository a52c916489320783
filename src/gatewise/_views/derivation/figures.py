"""Numbers in formulas: products and sums that hold as printed, or say that they are rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from gatewise._views.derivation.symbols import in_text
from gatewise._views.numbers import adds_up, number, product_line, significant

_MOST_TERMS = 12  # of a sum that is written out; of a longer one the ends are
_MOST = 9  # one more than the digits that a line may have


def figure(value: Any, digits: int | None = None) -> str:
    r"""One number: `3`, `-0.25`, `1.5 \times 10^{-7}`.

    >>> figure(-4.0), figure(1e-7)
    ('-4', '10^{-7}')
    """
    return typeset(number(value, digits))


def equals_number(value: Any, digits: int | None = None) -> str:
    r"""`= 3`, or `\approx 0.3333` where the number as printed is rounded."""
    text = number(value, digits)
    is_exact = not text[-1:].isdigit() or float(text) == value
    return f"{_sign(is_exact)} {typeset(text)}"


def typeset(text: str) -> str:
    """A printed number as LaTeX."""
    if not text[-1:].isdigit():
        return rf"\text{{{in_text(text)}}}"
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    power = f"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(mantissa, rf"{mantissa} \times {power}")


def guarded(latex: str) -> str:
    """A number that may follow a sign: `-3` in parentheses."""
    return f"({latex})" if latex.startswith("-") else latex


def product(first: Any, second: Any, result: Any, digits: int | None = None) -> str:
    r"""`1 \cdot (-4) = -4`: the fewest digits for which the printed numbers multiply as printed, else `\approx`."""
    left, _, right, sign, shown = product_line((first, second), result, "*", digits).split(" ")
    return rf"{typeset(left)} \cdot {guarded(typeset(right))} {_sign(sign == '=')} {typeset(shown)}"


def sum_written(parts: Sequence[Any], result: Any, digits: int | None = None) -> str:
    r"""`3 + (-4) = -1`, with the fewest digits for which the printed numbers add up as printed, else `\approx`."""
    tries = [[_rounded(each, count, digits) for each in (*parts, result)] for count in range(4, _MOST)]
    good = [texts for texts in tries if adds_up(texts[:-1], texts[-1])]
    *shown, whole = good[0] if good else tries[0]
    return f"{added_up(shown)} {_sign(bool(good))} {typeset(whole)}"


def weighted(pairs: Sequence[tuple[Any, Any]], result: Any, digits: int | None = None) -> str:
    r"""`2 \cdot 3 + 1 \cdot (-4) = 2`, with `\approx` where the printed numbers miss the printed result."""
    for count in range(4, _MOST):
        shown = [(_rounded(first, count, digits), _rounded(second, count, digits)) for first, second in pairs]
        whole = _rounded(result, count, digits)
        if _holds(shown, whole):
            return f"{_products(shown)} = {typeset(whole)}"
    shown = [(_rounded(first, 4, digits), _rounded(second, 4, digits)) for first, second in pairs]
    return rf"{_products(shown)} \approx {typeset(_rounded(result, 4, digits))}"


def _holds(pairs: Sequence[tuple[str, str]], whole: str) -> bool:
    if not all(text[-1:].isdigit() for pair in pairs for text in pair):
        return False
    return adds_up([str(Decimal(first) * Decimal(second)) for first, second in pairs], whole)


def _products(pairs: Sequence[tuple[str, str]]) -> str:
    terms = [rf"{typeset(first)} \cdot {guarded(typeset(second))}" for first, second in pairs]
    return _signed(terms)


def added_up(terms: Sequence[str]) -> str:
    """Formulas added up; of many the first and the last ones."""
    if len(terms) <= _MOST_TERMS:
        return _signed(terms)
    return f"{_signed(terms[:6])} + \\cdots{_signed(['', *terms[-2:]])}"


def _signed(terms: Sequence[str]) -> str:
    """The terms added, with a minus sign in place of `+ -`."""
    first, *others = [typeset(term) if term[-1:].isdigit() and "\\" not in term else term for term in terms]
    return first + "".join(f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in others)


def _rounded(value: Any, count: int, digits: int | None) -> str:
    plain_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return significant(value, count) if plain_number and digits is None else number(value, digits)


def _sign(holds: bool) -> str:
    return "=" if holds else r"\approx"
