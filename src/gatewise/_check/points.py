"""Where a program is run: on its own inputs, near them, and on fresh ones of other scale and other signs."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from gatewise._check.trees import value_of
from gatewise._recording.structures import mapped
from gatewise._syntax import names_in
from gatewise._types import Function

T = TypeVar("T")
LIBRARIES = frozenset({"np", "numpy", "math", "float"})
MILD = 6  #: the tries from which on nothing changes its sign


class Point:
    """Where a program is run: on its own inputs."""

    def one(self, x: object) -> Any:
        """A leaf of an argument there."""
        return x.copy() if isinstance(x, np.ndarray) else copy.deepcopy(x)

    def all(self, value: T) -> T:
        """An argument there: a copy of a structure, or of an object with numbers among its attributes."""
        if hasattr(value, "__dict__") and not callable(value):
            twin = copy.deepcopy(value)
            for attribute, held in vars(value).items():
                vars(twin)[attribute] = self.all(held)
            return twin
        made: T = mapped(lambda _, x: self.one(x), value)
        return made

    def script(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The statements of a script there."""
        return body

    def defaults(self, f: Function, args: Sequence[object], kwargs: Mapping[str, object]) -> Mapping[str, object]:
        """What parameters are given for which nothing is, there."""
        return {}


HERE = Point()


def copied(value: T) -> T:
    """A copy of an argument."""
    return HERE.all(value)


class Near(Point):
    """On inputs near its own, moved by a few per cent: two numbers may be equal by chance, not twice."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(5)

    def one(self, x: object) -> Any:
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            return x * np.asarray(self.rng.uniform(0.8, 1.2, x.shape)).astype(x.dtype)
        if isinstance(x, (float, np.floating)):
            return x * type(x)(1 + self.rng.uniform(-0.2, 0.2))
        return super().one(x)

    def script(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [near_number(node) for node in body]


class Draw(Point):
    """On other numbers of the same kind: of another scale, the first few times of other signs."""

    def __init__(self, seed: int) -> None:
        self.rng, self.seed = np.random.default_rng(1000 + seed), seed
        self.with_integers = seed % 3 > 0  # what is written as a whole number may be any: x=3, not range(3)

    def script(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [drawn_in(node, self) for node in body]

    def defaults(self, f: Function, args: Sequence[object], kwargs: Mapping[str, object]) -> Mapping[str, object]:
        signature = inspect.signature(f)
        given = signature.bind_partial(*args, **kwargs).arguments
        return {
            name: p.default
            for name, p in signature.parameters.items()
            if name not in given and type(p.default) in (int, float) and p.kind is not p.POSITIONAL_ONLY
        }

    def one(self, x: object) -> Any:
        if isinstance(x, np.ndarray):
            return self.array(x).astype(x.dtype) if x.dtype.kind == "f" and x.size else x.copy()
        if isinstance(x, (float, np.floating)):
            return type(x)(self.number(float(x)))
        if type(x) is int and self.with_integers:
            return self.number(float(x))
        return copy.deepcopy(x)

    def number(self, x: float) -> float:
        """A number that is no edge case: one near 0 becomes one that can be seen."""
        near = self.rng.uniform(0.1, 0.6) if abs(x) < 0.05 and self.seed % 2 else abs(x) * self.rng.uniform(0.5, 1.7)
        return float(self.sign(x) * near) if x else float(self.rng.normal())

    def array(self, x: np.ndarray) -> np.ndarray:
        if is_choice(x):
            return np.roll(x, self.seed + 1, axis=0) if x.ndim else x.copy()
        if x.ndim == 2 and x.shape[0] == x.shape[1] and np.array_equal(x, x.T):
            d = self.rng.uniform(0.6, 1.5, x.shape[0]) * self.signs(x.shape[:1])
            return np.asarray(d[:, None] * x * d)
        if not x.any():
            return np.asarray(self.rng.normal(size=x.shape))
        return np.asarray(x * self.rng.uniform(0.5, 1.7, x.shape) * self.signs(x.shape) * self.rng.uniform(0.6, 1.5))

    def sign(self, x: float) -> float:
        return float(np.sign(x)) * (1 if self.seed >= MILD else self.rng.choice([-1.0, 1.0]))

    def signs(self, shape: tuple[int, ...]) -> np.ndarray:
        """Random signs, or none: what must be positive is left so in half of the tries."""
        turns = self.seed < MILD and self.rng.random() < 0.7
        return self.rng.choice([-1.0, 1.0], shape) if turns else np.ones(shape)


def is_choice(x: np.ndarray) -> bool:
    """Whether an array is a mask, a one-hot row, or shares of 1: what it means is more than its numbers."""
    if np.all((x == 0) | (x == 1)):
        return bool(x.any())
    shares = [x.sum(axis=k) for k in {0, x.ndim - 1} if x.ndim and x.shape[k] > 1]
    return bool(np.all(x >= 0)) and any(np.allclose(s, 1, rtol=1e-6) for s in shares)


def drawn_in(node: ast.stmt, draw: Draw) -> ast.stmt:
    """A line of a script that gives a name a number, an array of numbers or a seed, with others."""
    if isinstance(node, ast.Assign) and draws_number(node.value, draw.with_integers):
        node.value = ast.copy_location(ast.Constant(draw.number(float(value_of(node.value)))), node.value)
        return node
    for each in ast.walk(node):
        match each:
            case ast.Call(func=ast.Attribute(attr="seed" | "default_rng" | "RandomState"), args=[ast.Constant()]):
                each.args = [ast.copy_location(ast.Constant(draw.seed + 17), each.args[0])]
    if isinstance(node, ast.Assign) and names_in(node.value) <= LIBRARIES:
        for held in ast.walk(node.value):
            if isinstance(held, ast.Constant) and isinstance(held.value, float) and held.value not in (0.0, 1.0):
                held.value = draw.number(held.value)
    return node


def draws_number(e: ast.expr, integers: bool) -> bool:
    inner = e.operand if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub) else e
    return isinstance(inner, ast.Constant) and type(inner.value) in ((int, float) if integers else (float,))


def near_number(node: ast.stmt) -> ast.stmt:
    """A statement that gives a name a number, with another number near it; any other statement as it is."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Constant(value=float() | int()) | ast.UnaryOp() as value
        ):
            near = 1 + (sum(map(ord, name)) % 17 + 3) / 100
            node.value = ast.copy_location(ast.BinOp(value, ast.Mult(), ast.Constant(near)), value)
    return node
