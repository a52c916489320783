"""One part of a wire's gradient: what comes back along one use of it, as formulas and sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatewise._views.derivation.figures import product_line, sum_written, weighted
from gatewise._views.derivation.page import Display, Sentence
from gatewise._views.numbers import Value

MOST_TERMS = 6  # of a first entry that is worked out
Working = Callable[[Value, "int | None"], str]  # from the first entry and the digits to `= 2 \cdot 3 = 6`


@dataclass
class Part:
    """The general formula, what is said before and after it, and how the first entry is worked out.

    `local` is the factor where the formula is `d` times a factor. A formula that `is_worded` is no sum of terms, so it
    takes brackets where it is one of several parts.
    """

    latex: str
    before: list[Sentence | Display] = field(default_factory=list)
    after: list[Sentence | Display] = field(default_factory=list)
    working: Working | None = None
    local: str = ""
    is_worded: bool = False

    @property
    def summand(self) -> str:
        """The formula as one of several that are added up."""
        inside = self.latex.replace(r" \quad", "")
        return rf"\left({inside}\right)" if self.is_worded else self.latex


def from_factors(upstream: Value, local: Value) -> Working | None:
    """The first entry as a product of two numbers; None where one of them is not known."""
    if any(isinstance(each, list) or each is None for each in (upstream, local)):
        return None
    return lambda value, digits: f"= {product_line(upstream, local, value, digits)}"


def from_pairs(pairs: Sequence[tuple[Value, Value]]) -> Working | None:
    """The first entry as a sum of products, where there are few."""
    if not 0 < len(pairs) <= MOST_TERMS:
        return None
    return lambda value, digits: f"= {weighted(pairs, value, digits)}"


def from_addends(addends: Sequence[Value]) -> Working | None:
    """The first entry as a sum, where that has few terms and more than one."""
    if not 1 < len(addends) <= MOST_TERMS:
        return None
    return lambda value, digits: f"= {sum_written(addends, value, digits)}"
