"""The nodes of an expression, and how they are written as Python."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number: its value, and its digits written out again in plain form."""

    value: int | float
    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """One of the two known constants, `pi` and `e`."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """The value of an input or of an earlier statement."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """A unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two operands: `+ - * / @ **`, or a comparison inside a call."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A gate called by name; `function` is the text the call is printed with, `np.exp` or `sigmoid`."""

    gate: str
    function: str
    operands: tuple[Node, ...]
    options: tuple[tuple[str, int | bool], ...] = ()


Node = Number | Constant | Name | Negative | Binary | Call


@dataclass(frozen=True, slots=True)
class Assignment:
    """One statement: the node whose value `target` gets."""

    target: str
    node: Node


COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
# How tightly each operator binds, and how tightly its left and right operand must bind to stand without parentheses.
SUM, PRODUCT, NEGATIVE, POWER, ATOM = 10, 20, 30, 40, 50
BINDING = {
    **dict.fromkeys(COMPARISONS, (5, SUM, SUM)),
    "+": (SUM, SUM, SUM + 1),
    "-": (SUM, SUM, SUM + 1),
    "*": (PRODUCT, PRODUCT, PRODUCT + 1),
    "/": (PRODUCT, PRODUCT, PRODUCT + 1),
    "@": (PRODUCT, PRODUCT, PRODUCT + 1),
    "**": (POWER, POWER + 1, NEGATIVE),
}


def python_text(node: Node) -> str:
    """Return the Python text of `node`, with the fewest parentheses that keep its meaning.

    It walks with a list of its own, so that a sum of thousands of terms needs no recursion.

    >>> python_text(Binary("**", Negative(Name("x")), Number(2, "2")))
    '(-x)**2'
    """
    pieces: list[str] = []
    waiting: list[str | tuple[Node, int]] = [(node, 0)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
        else:
            waiting.extend(reversed(_parts(*item)))
    return "".join(pieces)


def _parts(node: Node, floor: int) -> list[str | tuple[Node, int]]:
    """The texts and inner nodes `node` is written with, in parentheses where it binds more loosely than `floor`."""
    binding, parts = _bare_parts(node)
    return ["(", *parts, ")"] if binding < floor else parts


def _bare_parts(node: Node) -> tuple[int, list[str | tuple[Node, int]]]:
    match node:
        case Number():
            return ATOM, [node.text]
        case Constant():
            return ATOM, ["np." + node.name]
        case Name():
            return ATOM, [node.name]
        case Negative():
            return NEGATIVE, ["-", (node.operand, NEGATIVE)]
        case Binary():
            binding, left, right = BINDING[node.operator]
            sign = node.operator if node.operator == "**" else f" {node.operator} "
            return binding, [(node.left, left), sign, (node.right, right)]
        case Call():
            return ATOM, _call_parts(node)


def _call_parts(call: Call) -> list[str | tuple[Node, int]]:
    parts: list[str | tuple[Node, int]] = [call.function, "("]
    for place, operand in enumerate(call.operands):
        parts += [", ", (operand, 0)] if place else [(operand, 0)]
    return [*parts, *(f", {name}={value}" for name, value in call.options), ")"]
