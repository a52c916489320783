"""What is said of a wrong line: its kind, in a sentence, and what it gave and should give."""

from __future__ import annotations

from dataclasses import dataclass

from gatewise._types import Plain

#: What a student is told, by kind; `{cure}` is the line as it should be.
SAYS = {
    "sign": "The sign is wrong.",
    "operands": "The operands are swapped.",
    "factor": "It is off by a constant factor, {detail}.",
    "transposed": "A matrix is not turned on its side, or should not be.",
    "shape": "A gradient has the shape of its value: {detail}.",
    "broadcast": "The forward pass stretched this value, so its gradient is a sum over the stretched axis.",
    "mask": "The mask is missing or not the right one: the gradient passes only where the gate let the value through.",
    "stale": "It uses {detail}.",
    "local": "The local gradient is not the right one: {detail}.",
    "eps": "It is the gradient of another function: {detail}.",
    "fork": "The value is used in more than one place, and the gradients of all uses add up: {detail}.",
    "regularisation": "{detail}.",
    "other": "None of the usual mistakes explains it{detail}.",
}
KINDS = tuple(SAYS)
UNSURE = SAYS["other"].format(detail="")


@dataclass(frozen=True)
class Suspect:
    """One of a few lines of which one is wrong, by its number, and its text."""

    line: int
    text: str


@dataclass(frozen=True)
class Mistake:
    """One wrong line: its number and text, the variable, what it gave, what it should give, and the diagnosis.

    `kind` is one of `KINDS`, or says that a gate's own rule is wrong; `cure` says in the student's names what to write;
    `round` in which rounds it goes wrong, and where first, of a line in a loop; `layer` in which layers of a net.
    """

    line: int
    text: str
    variable: str
    gave: Plain | None
    should: Plain | None
    kind: str
    cure: str
    round: str = ""
    layer: str = ""
