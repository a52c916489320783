"""Python text under construction: operators wait for their right operand, and statements stay low enough for Python.

Nothing recurses. A part of an expression is its text in Python, with the fewest parentheses that keep its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gatewise._language.arithmetic import combined
from gatewise._language.scanning import MisreadError, Token, Work

DEEPEST = 100  #: brackets, signs and powers inside one another
MOST_NODES = 5_000
# A statement that grows taller than this is given out in pieces: Python itself refuses to read much taller ones.
TALLEST = 150
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
# How tightly each operator binds, and how tightly its left and right operand must bind to stand without parentheses.
SUM, PRODUCT, NEGATIVE, POWER, ATOM = 10, 20, 30, 40, 50
BINDING = {
    **dict.fromkeys(COMPARISONS, (5, SUM, SUM)),
    **dict.fromkeys("+-", (SUM, SUM, SUM + 1)),
    **dict.fromkeys("*/@", (PRODUCT, PRODUCT, PRODUCT + 1)),
    "**": (POWER, POWER + 1, NEGATIVE),
}

Known = int | float | None  # the value of a part that is a number already


@dataclass(frozen=True, slots=True)
class Assignment:
    """One statement: the Python text whose value `target` gets."""

    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an expression: its Python text, how tightly that binds, its value if it is a number, its height."""

    text: str
    binding: int = ATOM
    value: Known = None
    height: int = 0

    def within(self, floor: int) -> str:
        """The text, in parentheses where it binds more loosely than `floor`."""
        return f"({self.text})" if self.binding < floor else self.text

    def negative(self) -> Piece:
        value = None if self.value is None else -self.value
        return Piece(f"-{self.within(NEGATIVE)}", NEGATIVE, value, self.height + 1)

    def as_float(self) -> Piece:
        """A whole number as a float: NumPy would count whole numbers in 64 bits and wrap round."""
        if not isinstance(self.value, int):
            return self
        value = float(self.value)
        return Piece(repr(value), NEGATIVE if value < 0 else ATOM, value)


def operation(symbol: str, left: Piece, right: Piece, value: Known) -> Piece:
    """The Python text of an operator between two parts.

    >>> operation("**", Piece("x").negative(), Piece("2"), None).text
    '(-x)**2'
    """
    binding, tight_left, tight_right = BINDING[symbol]
    sign = symbol if symbol == "**" else f" {symbol} "
    text = left.within(tight_left) + sign + right.within(tight_right)
    return Piece(text, binding, value, 1 + max(left.height, right.height))


def call_of(function: str, operands: list[Piece], options: dict[str, int | bool]) -> Piece:
    """The Python text of a call."""
    texts = [operand.text for operand in operands] + [f"{name}={value}" for name, value in options.items()]
    return Piece(f"{function}({', '.join(texts)})", height=1 + max((o.height for o in operands), default=0))


@dataclass(slots=True)
class Operator:
    """An operator that waits for its right operand."""

    symbol: str
    binding: int
    column: int
    is_prefix: bool = False

    @property
    def nests(self) -> bool:
        """Whether what follows is one level deeper."""
        return self.is_prefix or self.symbol == "**"


@dataclass(slots=True)
class Bracket:
    """An open parenthesis."""

    column: int
    nests = True


@dataclass(slots=True)
class OpenCall(Bracket):
    """The open parenthesis of a call, and what was read of the call so far."""

    gate: str
    name: Token
    from_module: bool
    operands: list[Piece] = field(default_factory=list)
    options: dict[str, int | bool] = field(default_factory=dict)


@dataclass(slots=True)
class Building:
    """What waits for an operand, the operands that are complete, and the statements that are.

    `piece` gives the name of a statement that a part too tall for Python becomes.
    """

    work: Work
    piece: Callable[[], str]
    waiting: list[Operator | Bracket] = field(default_factory=list)
    operands: list[Piece] = field(default_factory=list)
    statements: list[Assignment] = field(default_factory=list)
    nodes: int = 0
    depth: int = 0

    @property
    def innermost(self) -> Operator | Bracket | None:
        return self.waiting[-1] if self.waiting else None

    def count(self, column: int) -> None:
        self.nodes += 1
        self.work.steps += 1
        if self.nodes > MOST_NODES:
            raise MisreadError(column, f"the expression has more than {MOST_NODES} parts")

    def push(self, part: Piece, column: int) -> None:
        self.count(column)
        self.operands.append(part)

    def open(self, item: Operator | Bracket) -> None:
        """Let `item` wait for its operand."""
        self.depth += item.nests
        if self.depth > DEEPEST:
            cure = "Give an inner part a name: q = ...; f = ..."
            raise MisreadError(item.column, f"the expression is more than {DEEPEST} levels deep here", cure=cure)
        self.waiting.append(item)

    def leave(self) -> None:
        self.depth -= self.waiting.pop().nests

    def reduce(self, floor: int) -> None:
        """Apply the waiting operators that bind at least as tightly as `floor`."""
        while isinstance(last := self.innermost, Operator) and last.binding >= floor:
            self.leave()
            right = self.operands.pop()
            if not last.is_prefix:
                self.join(last.symbol, self.operands.pop(), right, last.column)
            elif last.symbol == "-":
                self.push(self.in_reach(right).negative(), last.column)
            else:
                self.operands.append(right)

    def join(self, symbol: str, left: Piece, right: Piece, column: int) -> None:
        left, right = self.in_reach(left), self.in_reach(right)
        self.count(column)
        value = known_value(symbol, left.value, right.value, column)
        self.operands.append(operation(symbol, left, right, value))

    def call(self, function: str, operands: list[Piece], options: dict[str, int | bool], column: int) -> None:
        self.push(call_of(function, operands, options), column)

    def in_reach(self, part: Piece) -> Piece:
        """`part`, put into a statement of its own where it is as tall as a statement may be."""
        if part.height < TALLEST:
            return part
        name = self.piece()
        self.statements.append(Assignment(name, part.text))
        return Piece(name, value=part.value)


def known_value(symbol: str, left: Known, right: Known, column: int) -> Known:
    """What two numbers make; None where an operand is not a number yet."""
    if symbol == "@" and not (left is None and right is None):
        raise MisreadError(column, "@ multiplies arrays, and this is a number", cure="Write *.")
    if left is None or right is None:
        return None
    if symbol in COMPARISONS:
        cure = "Compare with an input: where(x > 0, x, 0)."
        raise MisreadError(column, "this compares two numbers", "its answer never changes.", cure)
    try:
        return combined(symbol, left, right)
    except ArithmeticError as impossible:
        raise MisreadError(column, str(impossible), cure="Write the number that is meant.") from None
