"""What a line can see, and what of it stands in a relation to the gradient that the line makes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._check.names import keys_read, keys_written
from gatewise._check.trees import expressions_in
from gatewise._gates import GATES, NAMES
from gatewise._types import Named, Plain

LARGE = 200_000  #: entries from which on only the likeliest changes are tried
SMALL = 1e-3  #: numbers below it that the forward pass adds keep a value off an edge: `np.log(p + 1e-7)`


@dataclass
class Formula:
    """The statements of the forward pass that a gradient goes back through, and what they are made of.

    `known` is false where the forward pass cannot be read, `names` None where its names are others than the line's:
    then nothing is left out for not being in it.
    """

    statements: Sequence[ast.stmt] = ()
    known: bool = False
    names: frozenset[str] | None = None
    calls: frozenset[str] = frozenset()
    operators: frozenset[type] = frozenset()

    def has(self, *names: str) -> bool:
        """Whether one of these functions is called; a function of the user's own may be any of them."""
        return not self.known or "" in self.calls or bool(self.calls & set(names))

    def uses(self, *operators: type) -> bool:
        return not self.known or "" in self.calls or bool(self.operators & set(operators))

    def reads(self, name: str) -> bool:
        """Whether a name stands in a relation to the gradient."""
        return self.names is None or name in self.names

    @property
    def chooses(self) -> bool:
        """Whether some values may pass and others not."""
        unknown = not self.known or "" in self.calls
        return unknown or any(map(takes_ways, self.calls)) or self.uses(ast.Compare, ast.IfExp)

    def tiny(self) -> Iterator[ast.expr]:
        """The small numbers that are written into it, and the names in sums, which may hold one."""
        for e in expressions_in(self.statements):
            if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Add):
                yield from (x for x in (e.left, e.right) if isinstance(x, ast.Constant | ast.Name))


def formula_of(statements: Sequence[ast.stmt], module: Iterable[str] = ("np", "numpy", "math")) -> Formula:
    """What statements are made of; a call of what is no library's function is noted as ""."""
    names: set[str] = set()
    calls: set[str] = set()
    operators: set[type] = set()
    libraries = set(module)
    for s in statements:
        names |= keys_read(s) | set(keys_written(s))
    for e in expressions_in(statements):
        if isinstance(e, ast.Call):
            name = e.func.id if isinstance(e.func, ast.Name) else ""
            calls.add(e.func.attr if isinstance(e.func, ast.Attribute) else name if name in BUILT_IN else "")
        operators.add(type(e.op) if isinstance(e, ast.BinOp) else type(e))
    return Formula(statements, True, frozenset(names - libraries), frozenset(calls), frozenset(operators))


def takes_ways(name: str) -> bool:
    """Whether a function of this name chooses among values: its gate says which way it went."""
    gate = NAMES.get(name) or GATES.get(getattr(np, name, None))
    return gate is not None and gate.way is not None


BUILT_IN = frozenset({"max", "min", "abs", "sum", "len", "float", "int", "range", "pow", "round", "zip", "enumerate"})


def formula_behind(forward: Sequence[ast.stmt], name: str, stops: Iterable[str]) -> Formula:
    """The statements between a value and the values further on whose gradients are given, or the output.

    The one that makes the value is among them: its gradient and that of what it is made of are often one line.
    """
    found = [s for s in forward if name in keys_written(s)]
    waiting, seen, last = [name], {name}, set(stops)
    while waiting:
        key = waiting.pop()
        for s in forward:
            if key not in keys_read(s) or any(s is each for each in found):
                continue
            found.append(s)
            for written in keys_written(s):
                if written not in seen and written not in last:
                    seen.add(written)
                    waiting.append(written)
    return formula_of([s for s in forward if any(s is each for each in found)]) if found else Formula()


@dataclass
class Scope:
    """The names a line can see: their plain values, and which of them are wires, gradients or sizes."""

    values: Mapping[str, Any]
    wires: list[str]
    gradients: list[str]
    sizes: dict[str, int] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()  #: names of whole numbers
    masks: list[str] = field(default_factory=list)  #: names of truth values
    forward: frozenset[str] = frozenset()  #: the differences that the forward pass takes, as they are written
    strays: frozenset[str] = frozenset()  #: names among the gradients that say of nothing whose they are
    missing: frozenset[str] = frozenset()  #: gradients that have no value yet
    formula: Formula = field(default_factory=Formula)
    tiny: list[str] = field(default_factory=list)  #: the small numbers that the forward pass adds, as it writes them
    own: str | None = None  #: the name of the value whose gradient is made
    shape: tuple[int, ...] = ()  #: and its shape
    value_of: Callable[[ast.expr], Any] = lambda e: None

    @property
    def large(self) -> bool:
        return any(np.size(self.values[n]) > LARGE for n in self.wires if n in self.values)


def scope_of(
    names: Mapping[str, Plain], wires: list[str], gradients: list[str], line: ast.AST, formula: Formula
) -> Scope:
    """The scope of a line, with the lengths of its arrays by the names or expressions that say them."""
    held = {name: names[name] for name in (*wires, *gradients) if name in names and is_float(names[name])}
    mine = Scope(held, [w for w in wires if w in held], [g for g in gradients if g in held])
    mine.missing = frozenset(g for g in gradients if g not in names)
    near = sorted(names, key=lambda n: n not in {e.id for e in ast.walk(line) if isinstance(e, ast.Name)})
    mine.sizes = sizes_of(names, near, held, [line, *formula.statements])
    mine.whole = frozenset(n for n in names if type(names[n]) is int)
    mine.masks = [n for n in names if truths(names[n]) and formula.reads(n)]
    mine.formula = formula
    mine.tiny = list(dict.fromkeys(ast.unparse(e) for e in formula.tiny() if is_small(e, names)))
    return mine


def sizes_of(names: Named, near: Sequence[str], held: Named, text: Sequence[ast.AST]) -> dict[str, int]:
    """Lengths by what says them: a name, an expression of the text, the shape of an array, the nearest first."""
    sizes: dict[int, str] = {}
    for name, value in names.items():
        if type(value) is int and value > 1:
            sizes.setdefault(value, name)
    for e in expressions_in(text):
        length = whole_number(e, names)
        if length is not None and length > 1:
            sizes.setdefault(length, ast.unparse(e))
    for name in near:
        for k, length in enumerate(names[name].shape if isinstance(names[name], np.ndarray) else ()):
            if length > 1:
                sizes.setdefault(length, f"{name}.shape[{k}]")
    for name in sorted(held, key=list(near).index):
        if np.size(held[name]) > 1:
            sizes.setdefault(int(np.size(held[name])), f"{name}.size")
    if any(k.arg == "ddof" for e in expressions_in(text) if isinstance(e, ast.Call) for k in e.keywords):
        for length, said in list(sizes.items()):
            sizes.setdefault(length - 1, f"({said} - 1)")
    return {said: length for length, said in sizes.items()}


def whole_number(e: ast.expr, names: Named) -> int | None:
    """The value of `T - 2`, `X.shape[0]`, `len(X)`, `s.size` or `N * H`; None of anything else."""
    match e:
        case ast.Name(id=name):
            return names[name] if type(names.get(name)) is int else None
        case ast.Constant(value=int() as value) if type(value) is int:
            return value
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape"), slice=ast.Constant(value=k)):
            shape = getattr(names.get(name), "shape", ())
            return shape[k] if isinstance(k, int) and -len(shape) <= k < len(shape) else None
        case ast.Attribute(value=ast.Name(id=name), attr="size") if hasattr(names.get(name), "size"):
            return int(np.size(names[name]))
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            held = names.get(name, 0)
            return len(held) if isinstance(held, (list, tuple)) or np.ndim(held) else None
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
            a, b = whole_number(left, names), whole_number(right, names)
            if a is None or b is None or (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
                return None
            return a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
    return None


def is_small(e: ast.expr, names: Mapping[str, object]) -> bool:
    """Whether it is a small number that is no 0, written out or held by a name."""
    value = e.value if isinstance(e, ast.Constant) else names.get(e.id) if isinstance(e, ast.Name) else None
    return isinstance(value, float) and 0 < abs(value) <= SMALL


def is_float(value: object) -> bool:
    return isinstance(value, (float, int, np.ndarray, np.generic)) and np.asarray(value).dtype.kind in "fiu"


def truths(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "b"
