"""What to write instead where numbers leave the range of floats: spellings, and what gives the same in that range.

A row is what was written and the text of its cure, in the names of its operands and parameters; the longest spelling
comes first. Each is tried on the numbers at hand before it is shown (`_record/cures.py`), so a row may match more than
it is right for. `y` in the text of a row with `index` is the second part of that index.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from gatewise._build import function
from gatewise._gates.expression import Expr, Traced, Variable, pattern_of, traced
from gatewise._gates.gate import NAMES
from gatewise._types import Axis, Function, Value


@dataclass(frozen=True)
class Cure:
    """One row: `old` as people write it, `text` as it is to be; `shift` where adding a number to x changes nothing."""

    old: Callable[..., Any]
    text: str
    note: str = ""
    shift: bool = False

    @cached_property
    def pattern(self) -> Expr:
        """What is looked for on a tape."""
        return pattern_of(self.old)

    @cached_property
    def instead(self) -> Expr:
        """What is to be written in its place, in variables of these names."""
        blocks = {name: partial(traced, gate.function) for name, gate in NAMES.items()}
        names = ("axis", "keepdims", "ddof", "index", "y")
        given = {name: Traced(Variable(name)) if name == "y" else Variable(name) for name in names}
        given |= {name: Traced(Variable(name)) for name in self.operands}
        scope = {"np": np, "gw": SimpleNamespace(**blocks), "len": partial(traced, len)}
        made: Expr = self.function(scope)(**given).made
        return made

    @cached_property
    def operands(self) -> list[str]:
        """The names of its operands."""
        kinds = inspect.signature(self.old).parameters.values()
        return [p.name for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD]

    @cached_property
    def new(self) -> Function:
        """The text as a function of operands and, by name, parameters."""
        return self.function({"np": np, "gw": SimpleNamespace(**NAMES), "len": len})

    def function(self, scope: dict[str, object]) -> Function:
        names = [name for name in ("axis", "keepdims", "ddof", "index", "y") if name not in self.operands]
        parameters = ", ".join(f"{name}=None" for name in names)
        source = f"def cure({', '.join(self.operands)}, *, {parameters}):\n    return {self.text}\n"
        return function(source, scope, "cure")


def sigmoid(x: Value) -> Value:
    return 1 / (1 + np.exp(-x))


def sigmoid_of_exp(x: Value) -> object:
    return np.exp(x) / (1 + np.exp(x))


def softmax_kept(x: Value, axis: Axis) -> object:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def columns(x: Value) -> Value:
    return np.exp(x) / np.sum(np.exp(x), axis=1)[:, None]


def reshaped(x: Value) -> Value:
    total, shape = np.sum(np.exp(x), axis=1), (-1, 1)
    is_traced = isinstance(total, Traced)
    return np.exp(x) / (traced(np.reshape, total, shape=shape) if is_traced else np.reshape(total, shape))


def softmax_whole(x: Value) -> object:
    return np.exp(x) / np.sum(np.exp(x))


def by_name(gate: str) -> Function:
    """A block that is called by its name: a pattern where it is given one, else its value."""

    def called(x: object, **parameters: object) -> Value:
        block = NAMES[gate]
        return traced(block.function, x, **parameters) if isinstance(x, Traced) else block(x, **parameters)

    return called


SHARES = "x - gw.logsumexp(x, axis={axis}, keepdims=True)"
NOTHING_THERE = "0 is a choice, where the function has no value or no slope"


def of_shares(shares: Function, axis: str) -> list[Cure]:
    """Shares of exponentials and what is made of them; `shares(x, axis)`, or `shares(x)` along a fixed axis."""
    log_shares, right = SHARES.format(axis=axis), "gw.cross_entropy(x, y)"
    if axis == "axis":
        return [
            Cure(lambda x, *, axis, index: -np.sum(np.log(shares(x, axis=axis)[index])), right, shift=True),
            Cure(lambda x, *, axis, index: np.sum(-np.log(shares(x, axis=axis)[index])), right, shift=True),
            Cure(
                lambda x, *, axis, index: -np.mean(np.log(shares(x, axis=axis)[index])), f"{right} / len(x)", shift=True
            ),
            Cure(
                lambda x, *, axis, index: np.mean(-np.log(shares(x, axis=axis)[index])), f"{right} / len(x)", shift=True
            ),
            Cure(lambda x, *, axis, index: np.log(shares(x, axis=axis)[index]), f"({log_shares})[index]", shift=True),
            Cure(lambda x, *, axis: np.log(shares(x, axis=axis)), log_shares, shift=True),
        ]
    return [
        Cure(lambda x, *, index: -np.sum(np.log(shares(x)[index])), right, shift=True),
        Cure(lambda x, *, index: np.sum(-np.log(shares(x)[index])), right, shift=True),
        Cure(lambda x, *, index: -np.mean(np.log(shares(x)[index])), f"{right} / len(x)", shift=True),
        Cure(lambda x, *, index: np.mean(-np.log(shares(x)[index])), f"{right} / len(x)", shift=True),
        Cure(lambda x, *, index: np.log(shares(x)[index]), f"({log_shares})[index]", shift=True),
        Cure(lambda x: np.log(shares(x)), log_shares, shift=True),
    ]


def of_sigmoid(sigmoid: Function) -> list[Cure]:
    """Logarithms of a sigmoid: the two of a binary cross-entropy together, and each alone."""
    both = "y * x - gw.softplus(x)"
    return [
        Cure(lambda x, y: y * np.log(sigmoid(x)) + (1 - y) * np.log(1 - sigmoid(x)), both),
        Cure(lambda x, y: -y * np.log(sigmoid(x)) - (1 - y) * np.log(1 - sigmoid(x)), "gw.softplus(x) - y * x"),
        Cure(lambda x: np.log(sigmoid(x)), "-gw.softplus(-x)"),
        Cure(lambda x: np.log(1 - sigmoid(x)), "-gw.softplus(x)"),
    ]


LOGARITHMS = [
    *of_shares(softmax_kept, "axis"),
    *of_shares(by_name("softmax"), "axis"),
    *of_shares(columns, "1"),
    *of_shares(reshaped, "1"),
    *of_shares(softmax_whole, "None"),
    *of_sigmoid(sigmoid),
    *of_sigmoid(sigmoid_of_exp),
    *of_sigmoid(by_name("sigmoid")),
    Cure(lambda x, *, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
         "gw.logsumexp(x, axis=axis, keepdims=keepdims)"),
    Cure(lambda x: np.log(np.mean(np.exp(x))), "gw.logsumexp(x) - np.log(np.size(x))"),
    Cure(lambda x, y: np.log(np.exp(x) + np.exp(y)), "np.logaddexp(x, y)"),
    Cure(lambda x: np.log(1 + np.exp(x)), "gw.softplus(x)"),
    Cure(lambda x: np.log1p(np.exp(x)), "gw.softplus(x)"),
    Cure(lambda x, *, axis, keepdims: np.log(np.prod(x, axis=axis, keepdims=keepdims)),
         "np.sum(np.log(np.abs(x)), axis=axis, keepdims=keepdims)"),
]  # fmt: skip
EXPONENTIALS = [
    Cure(sigmoid, "gw.sigmoid(x)"),
    Cure(sigmoid_of_exp, "gw.sigmoid(x)"),
    Cure(lambda x, *, axis: softmax_kept(x, axis), "gw.softmax(x, axis=axis)", shift=True),
    Cure(columns, "gw.softmax(x, axis=1)", shift=True),
    Cure(reshaped, "gw.softmax(x, axis=1)", shift=True),
    Cure(softmax_whole, "gw.softmax(x)", shift=True),
    Cure(lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)), "np.tanh(x)"),
]
LENGTHS = [
    Cure(lambda x, y: np.sqrt(x**2 + y**2), "np.hypot(x, y)"),
    Cure(lambda x, y: np.sqrt(x * x + y * y), "np.hypot(x, y)"),
    Cure(lambda x, y: np.sqrt(np.square(x) + np.square(y)), "np.hypot(x, y)"),
    Cure(lambda x: np.sqrt(x**2), "np.abs(x)"),
    Cure(lambda x: np.sqrt(x * x), "np.abs(x)"),
    Cure(lambda x: np.sqrt(np.square(x)), "np.abs(x)"),
    Cure(
        lambda x, *, axis, ddof, keepdims: np.sqrt(np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)),
        "np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)",
    ),
]
ONE_GATE = [
    Cure(lambda x, y: x / y, "np.where(y == 0, 0, x / np.where(y == 0, 1, y))", NOTHING_THERE),
    Cure(lambda x: 1 / x, "np.where(x == 0, 0, 1 / np.where(x == 0, 1, x))", NOTHING_THERE),
    Cure(lambda x: np.log(x), "np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)", NOTHING_THERE),
    Cure(lambda x: np.sqrt(x), "np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)", NOTHING_THERE),
    Cure(lambda x, y: x**y, "np.where(x == 0, 0, np.where(x == 0, 1, x)**y)", NOTHING_THERE),
    Cure(lambda x, y: x**y, "np.where(x > 0, np.where(x > 0, x, 1)**y, 0)", NOTHING_THERE),
]
CURES = [*LOGARITHMS, *EXPONENTIALS, *LENGTHS, *ONE_GATE]
