"""The expression that was meant: multiplication signs put where a person left them out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from gatewise._language.names import LONGEST_GUESSED
from gatewise._language.scanning import Token
from gatewise._language.spellings import callables_of

OPERAND_ENDS = ("number", "name", ")", "superscript")
OPERAND_STARTS = ("number", "name", "(")


#: What to write for a function that is known and no gate, "" where nobody knows; None for a name nobody has heard of.
Elsewhere = Callable[[str], str | None]


def unheard_of(name: str) -> None:
    """No function is known but the gates."""


@dataclass(frozen=True)
class Vocabulary:
    """What a text may name: its inputs (None: any) and the gates.

    `elsewhere` says what to write for a name that is a function elsewhere and no gate here; `shapes` are those of the
    inputs that are arrays.
    """

    inputs: tuple[str, ...] | None
    gates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    numpy_names: Collection[str] = ()
    axis_names: Collection[str] | None = None
    elsewhere: Elsewhere = unheard_of
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def callables(self) -> Mapping[str, str]:
        """The gate behind every name that can be called, other spellings included."""
        return callables_of(self.gates)

    def takes_axis(self, gate: str) -> bool:
        return self.axis_names is None or gate in self.axis_names

    def product(self, factors: Sequence[str]) -> str:
        """The product of inputs written side by side: `X @ W` where X has as many columns as W has rows."""
        signs = [" @ " if self.chains(*pair) else " * " for pair in pairwise(factors)]
        return "".join(part for pair in zip(factors, [*signs, ""], strict=True) for part in pair)

    def chains(self, left: str, right: str, turned: bool = False) -> bool:
        """Whether two inputs written side by side are a product of matrices; the first may be `turned`, `left.T`."""
        one, other = self.shapes.get(left, ())[:: -1 if turned else 1], self.shapes.get(right, ())
        return max(len(one), len(other)) > 1 and bool(one and other) and one[-1] == other[-2 if len(other) > 1 else 0]


def mended(text: str, tokens: list[Token], vocabulary: Vocabulary) -> str:
    """Return `text` with ` * ` between neighbours that only multiplication can join, run-together names parted.

    Whether the result can be read is for the caller to find out.
    """
    targets = [left.text for left, right in pairwise(tokens) if right.kind == "="]
    known = {*(vocabulary.inputs or ()), *targets}
    pieces: list[str] = []
    place = 0
    for number, (before, token) in enumerate(zip([None, *tokens], tokens)):
        if before is not None and _multiplies(before, token, vocabulary):
            turned = before.text == "T" and number > 2 and tokens[number - 2].text == "."
            left = tokens[number - 3].text if turned else before.text
            pieces.append(" @ " if vocabulary.chains(left, token.text, turned) else " * ")
        else:
            pieces.append(text[place : token.start])
        pieces.append(_parted(token, before, text, known, vocabulary))
        place = token.end
    return "".join(pieces)


def _multiplies(before: Token, token: Token, vocabulary: Vocabulary) -> bool:
    """Whether nothing but a missing `*` can stand between two tokens."""
    is_call = before.kind == "name" and token.kind == "(" and _ends_in_gate(before.text, vocabulary)
    return before.kind in OPERAND_ENDS and token.kind in OPERAND_STARTS and not is_call


def _ends_in_gate(name: str, vocabulary: Vocabulary) -> bool:
    """Whether `name(` calls a gate: `sin`, and `xsin` of an input x."""
    known = vocabulary.inputs or ()
    parts = ((name[:end], name[end:]) for end in range(1, min(len(name), LONGEST_GUESSED)))
    return name in vocabulary.callables or any(a in known and b in vocabulary.callables for a, b in parts)


def _parted(token: Token, before: Token | None, text: str, known: Collection[str], vocabulary: Vocabulary) -> str:
    """The text of one token; `xy` as `x * y`, and `sinx` as `sin(x)`, where only these are known."""
    typed = text[token.start : token.end]
    is_known = token.text in known or token.text in vocabulary.callables
    if token.kind != "name" or vocabulary.inputs is None or is_known or len(token.text) > LONGEST_GUESSED:
        return typed
    if factors := _factors(token.text, known):
        product = vocabulary.product(factors)
        return f"({product})" if before is not None and before.text in ("/", "**", "@") else product
    for end in range(len(token.text) - 1, 0, -1):
        if token.text[:end] in vocabulary.callables and token.text[end:] in known:
            return f"{token.text[:end]}({token.text[end:]})"
        if token.text[:end] in known and token.text[end:] in vocabulary.callables and text[token.end :].startswith("("):
            return f"{token.text[:end]} * {token.text[end:]}"
    return typed


def _factors(name: str, known: Collection[str]) -> list[str]:
    """The fewest known names that `name` is made of, in order; empty when it is not."""
    best: list[list[str] | None] = [[]]
    for end in range(1, len(name) + 1):
        ways = [
            [*front, name[start:end]]
            for start in range(end)
            if (front := best[start]) is not None and name[start:end] in known
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or []
