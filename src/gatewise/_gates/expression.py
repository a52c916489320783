"""An expression: a gate on operands, whoever makes it; and what writes down the expression that code computes.

A step of a recording, a line of printed code, the local gradient that a rule states and the spelling of a block are all
an `Expr`. Rules and spellings are plain functions: they are run on `Traced`, once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from gatewise._gates.gate import GATES, NAMES, Gate, operands_and_parameters
from gatewise._types import Function, Parameters, Value

Place = tuple[tuple[Any, int], ...]  #: (code object, last instruction) of the user's frames, the shown function first


class Where(NamedTuple):
    """Where the user's code applies a gate: its frames, the stage, and for each frame the number of its call."""

    place: Place
    stage: int
    calls: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)  # frozen ones take three times as long to make, and a loop makes many
class Expr:
    """A gate on operands, which nobody changes: what made a wire, or what is to be written, computed or looked for.

    An operand is a wire, an expression, a plain number or array, a variable, or None where it was left out. An array in
    an index among the `parameters` is an operand like any other: where it has a wire, the wire stands there. `value` is
    what the gate gave. Of what was recorded, `where` says where in the user's code, `typed` how the user typed
    operands, by position, and `fixed` which of them were detached.
    """

    gate: Gate
    forward: Function
    operands: tuple[Any, ...]
    parameters: Parameters
    value: Any
    where: Where | None = None
    typed: Mapping[int, str] = field(default_factory=dict)
    fixed: tuple[int, ...] = ()

    @property
    def place(self) -> Place:
        """The user's frames around it; none for what was not recorded in the user's code."""
        return self.where.place if self.where is not None else ()


class Variable:
    """Stands for an operand, or for a parameter's value: the same one wherever the name is the same."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Traced:
    """What a rule or a spelling is run on: operators and functions write down the expression that they make.

    A rule may ask of an operand whether it is a `constant`, and whether it is `absent`.
    """

    __slots__ = ("absent", "constant", "made")

    def __init__(self, made: Expr | Variable, constant: bool = False, absent: bool = False) -> None:
        self.made, self.constant, self.absent = made, constant, absent

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: object) -> Traced:
        return traced(ufunc, *operands)

    def __array_function__(self, function: Function, types: object, args: Any, kwargs: Any) -> Traced:
        return traced(function, *args, **kwargs)

    def __getitem__(self, index: object) -> Traced:
        return traced(NAMES["getitem"].function, self, index=index)

    def __neg__(self) -> Traced:
        return traced(operator.neg, self)

    def __rtruediv__(self, other: object) -> Traced:
        if other != 1:
            return traced(operator.truediv, other, self)
        return Traced(Expr(GATES[np.reciprocal], one_over, (self.made,), {}, None, typed={ONE: repr(other)}))


def one_over(x: Value) -> object:
    """`1.0 / x`: the reciprocal as the course writes it."""
    return 1.0 / x


def real_power(x: Value, y: object) -> object:
    """`x ** y` for floats, NaN where Python would turn complex."""
    out = x**y
    return math.nan if type(out) is complex and complex not in (type(x), type(y)) else out


ONE = -1  #: where the text of the 1 in 1 / x stands among those of operands
#: What an operator is called among Python's methods, its sign, and the function whose gate it is.
OPERATORS: dict[Callable[..., Any], tuple[str, str, np.ufunc]] = {
    operator.add: ("add", "+", np.add), operator.sub: ("sub", "-", np.subtract),
    operator.mul: ("mul", "*", np.multiply), operator.truediv: ("truediv", "/", np.divide),
    real_power: ("pow", "**", np.power), operator.and_: ("and", "&", np.bitwise_and),
    operator.gt: ("gt", ">", np.greater), operator.lt: ("lt", "<", np.less),
    operator.ge: ("ge", ">=", np.greater_equal), operator.le: ("le", "<=", np.less_equal),
    operator.eq: ("eq", "==", np.equal), operator.ne: ("ne", "!=", np.not_equal),
    operator.neg: ("neg", "-", np.negative),
}  # fmt: skip
HELPER: Gate = object.__new__(Gate)  #: stands where a rule calls what is no gate


def _give_operators() -> None:
    for forward, (name, _, _) in OPERATORS.items():
        if f"__{name}__" not in vars(Traced):
            setattr(Traced, f"__{name}__", lambda x, y, forward=forward: traced(forward, x, y))
        if f"__r{name}__" not in vars(Traced):
            setattr(Traced, f"__r{name}__", lambda y, x, forward=forward: traced(forward, x, y))


_give_operators()


def traced(forward: Function, *operands: object, **parameters: object) -> Traced:
    """The expression of one call."""
    function = OPERATORS[forward][2] if forward in OPERATORS else forward
    bare = tuple(x.made if isinstance(x, Traced) else x for x in operands)
    return Traced(Expr(GATES.get(function, HELPER), forward, bare, parameters, None))


def pattern_of(spelling: Function) -> Expr:
    """Write a spelling down: its arguments are operands, its keyword-only arguments parameters."""
    operands, parameters, _ = operands_and_parameters(spelling, 0)
    given = {name: Variable(name) for name in parameters}
    pattern: Expr = spelling(*(Traced(Variable(name)) for name in operands), **given).made
    return pattern


def learn() -> None:
    """Tell every gate which blocks its steps may close; called once, when all gates are declared."""
    for block in NAMES.values():
        for spelling in block.spelled:
            pattern = pattern_of(spelling)
            pattern.gate.closings.append((pattern, block))
            pattern.gate.openers.add(pattern.operands[0].gate)


def variables_in(*operands: object) -> frozenset[str]:
    """The names of the variables that operands are made of."""
    found, waiting = set[str](), list(operands)
    while waiting:
        x = waiting.pop()
        x = x.made if isinstance(x, Traced) else x
        if type(x) is Variable:
            found.add(x.name)
        waiting += x.operands if type(x) is Expr else ()
    return frozenset(found)


def python_of(x: object) -> str:
    """What Python computes for an operand, in the names of its variables: the body of a compiled rule."""
    x = x.made if isinstance(x, Traced) else x
    if type(x) is Variable:
        return x.name
    if type(x) is not Expr:
        if isinstance(x, float) and not math.isfinite(x):
            return "np.nan" if math.isnan(x) else "np.inf" if x > 0 else "(-np.inf)"
        return repr(x)
    texts = [*map(python_of, x.operands)]
    if x.forward is one_over:
        return f"({x.typed[ONE]} / {texts[0]})"
    if x.forward not in OPERATORS or x.forward is real_power:
        return f"{called(x.forward)}({', '.join(texts)})"
    sign = OPERATORS[x.forward][1]
    return f"({sign}{texts[0]})" if len(texts) == 1 else f"({texts[0]} {sign} {texts[1]})"


def called(function: Any) -> str:
    """What a function is called in a compiled rule; a power is a helper on floats, where Python's may turn complex."""
    name: str = getattr(function, "name", None) or function.__name__
    if function is real_power:
        return "power"
    if getattr(np, name, None) is function:
        return f"np.{name}"
    return f"special.{name}" if isinstance(function, np.ufunc) else name
