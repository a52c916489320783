"""Numbers in formulas: products and sums that hold as printed, or say that they are rounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from gatewise._views.derivation.symbols import in_text
from gatewise._views.numbers import Value, adds_up, equation, in_fewest_digits, number

_MOST_TERMS = 12  # of a sum that is written out; of a longer one the ends are


def figure(value: Value, digits: int | None = None) -> str:
    r"""One number: `3`, `-0.25`, `1.5 \times 10^{-7}`.

    >>> figure(-4.0), figure(1e-7)
    ('-4', '10^{-7}')
    """
    return typeset(number(value, digits))


def equals_number(value: Value, digits: int | None = None) -> str:
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


def product_line(first: Value, second: Value, result: Value, digits: int | None = None) -> str:
    r"""`1 \cdot (-4) = -4`: the fewest digits for which the printed numbers multiply as printed, else `\approx`."""
    left, _, right, sign, shown = equation([first, second, result], ["*"], "*", digits).split(" ")
    return rf"{typeset(left)} \cdot {guarded(typeset(right))} {_sign(sign == '=')} {typeset(shown)}"


def sum_written(parts: Sequence[Value], result: Value, digits: int | None = None) -> str:
    r"""`3 + (-4) = -1`, with the fewest digits for which the printed numbers add up as printed, else `\approx`."""
    (*shown, whole), holds = in_fewest_digits([*parts, result], digits, lambda texts: adds_up(texts[:-1], texts[-1]))
    return f"{added_up(shown)} {_sign(holds)} {typeset(whole)}"


def weighted(pairs: Sequence[tuple[Value, Value]], result: Value, digits: int | None = None) -> str:
    r"""`2 \cdot 3 + 1 \cdot (-4) = 2`, with `\approx` where the printed numbers miss the printed result."""
    flat = [each for pair in pairs for each in pair]
    (*shown, whole), holds = in_fewest_digits([*flat, result], digits, _adds_up_in_pairs)
    return f"{_products(list(_in_pairs(shown)))} {_sign(holds)} {typeset(whole)}"


def _in_pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(texts[::2], texts[1::2], strict=True)


def _adds_up_in_pairs(texts: Sequence[str]) -> bool:
    *shown, whole = texts
    if not all(text[-1:].isdigit() for text in shown):
        return False
    return adds_up([str(Decimal(first) * Decimal(second)) for first, second in _in_pairs(shown)], whole)


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


def _sign(holds: bool) -> str:
    return "=" if holds else r"\approx"
