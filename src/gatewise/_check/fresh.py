"""The same program at fresh inputs, of other scale and other signs: a cure that is right there is no coincidence."""

from __future__ import annotations

import ast
import copy
import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.marking import alike
from gatewise._check.trees import names_in, value_of
from gatewise._check.worlds import World, world_of_function, world_of_pair, world_of_script
from gatewise._recording.structures import mapped
from gatewise._types import Function

WANTED, TRIED = 4, 10  #: fresh inputs that are looked for, and how many are tried
LIBRARIES = frozenset({"np", "numpy", "math", "float"})
MILD = 6  #: the tries from which on nothing changes its sign

Fresh = Callable[[World], list[World]]  #: of what it was at the inputs


def fresh_function(f: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Fresh:
    """Fresh inputs of a function."""

    def run(draw: Draw, _: World) -> World | None:
        return world_of_function(elsewhere(f, draw), draw.all(args), {**draw.all(left), **draw.all(kwargs)})

    left = defaults(f, args, kwargs)
    return lambda world: list(worlds(run, world))


def fresh_pair(
    forward: Function,
    backward: Function,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    upstream: Any = None,
) -> Fresh:
    """Fresh inputs of a layer, and fresh gradients that arrive at it."""

    def run(draw: Draw, _: World) -> World | None:
        given = None if upstream is None else draw.all(upstream)
        return world_of_pair(forward, backward, draw.all(args), {**draw.all(left), **draw.all(kwargs)}, given)

    left = defaults(forward, args, kwargs)
    return lambda world: list(worlds(run, world))


def fresh_script(path: str, text: str) -> Fresh:
    """A script with other numbers in the lines that give names numbers, and other seeds."""

    def run(draw: Draw, here: World) -> World | None:
        forward = {s.lineno for s in here.program.forward}
        tree = ast.parse(text, filename=path)
        tree.body = [drawn_in(node, draw) if node.lineno in forward else node for node in tree.body]
        return world_of_script(path, text, tree=ast.fix_missing_locations(tree))

    return lambda world: list(worlds(run, world))


def worlds(run: Callable[[Draw, World], World | None], here: World) -> Iterator[World]:
    """The worlds in which the program takes the same way and stays finite, a few of those that are tried."""
    found = 0
    for seed in range(TRIED):
        try:
            with np.errstate(all="ignore"):
                world = run(Draw(seed), here)
        except Exception:
            continue
        if world is None or not alike(here, world) or not is_finite(world):
            continue
        found += 1
        yield world
        if found == WANTED:
            return


def is_finite(world: World) -> bool:
    return all(np.all(np.isfinite(np.asarray(w.value, float))) for w in world.forward.wires if numeric(w.value))


def numeric(value: Any) -> bool:
    return isinstance(value, (float, np.floating, np.ndarray)) and np.asarray(value).dtype.kind == "f"


def defaults(f: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that a function's parameters have where none is given."""
    signature = inspect.signature(f)
    given = signature.bind_partial(*args, **kwargs).arguments
    return {
        name: p.default
        for name, p in signature.parameters.items()
        if name not in given and type(p.default) in (int, float) and p.kind is not p.POSITIONAL_ONLY
    }


def elsewhere(f: Function, draw: Draw) -> Function:
    """A method of an object like its own, with other numbers."""
    owner = getattr(f, "__self__", None)
    if owner is None or isinstance(owner, (type, types.ModuleType)) or not hasattr(owner, "__dict__"):
        return f
    twin = copy.deepcopy(owner)
    for name, held in vars(twin).items():
        vars(twin)[name] = draw.all(held)
    return types.MethodType(f.__func__, twin)  # type: ignore[attr-defined]


class Draw:
    """Other numbers of the same kind in the place of given ones: another scale, the first few times other signs."""

    def __init__(self, seed: int) -> None:
        self.rng, self.seed = np.random.default_rng(1000 + seed), seed
        self.with_integers = seed % 3 > 0  # what is written as a whole number may be any: x=3, not range(3)

    def all(self, value: Any) -> Any:
        """A structure with all its floats drawn anew; whole numbers, words and masks are what they are."""
        return mapped(lambda _, x: self.one(x), value)

    def one(self, x: Any) -> Any:
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

    def signs(self, shape: tuple[int, ...]) -> Any:
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
