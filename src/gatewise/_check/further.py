"""Changes of whole statements that a known mistake calls for, beside those of expressions."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from gatewise._check.comparing import is_number
from gatewise._check.diagnosis import Change
from gatewise._check.trees import replaced

JOINED = 6  #: parts of a tuple or a list up to which two are tried in each other's place
OTHERS = {"sin": ("cos",), "cos": ("sin",), "sinh": ("cosh",), "cosh": ("sinh",), "mean": ("sum",), "sum": ("mean",)}


def further(s: ast.stmt, names: Mapping[str, Any], gradients: Sequence[str]) -> Iterator[Change]:
    """Changes of whole statements: = for +=, a term that is missing, another axis, another index."""
    value = getattr(s, "value", None)
    if value is None:
        return
    target = s.targets[0] if isinstance(s, ast.Assign) and len(s.targets) == 1 else None
    if isinstance(target, (ast.Name, ast.Subscript)):
        for op in (ast.Add(), ast.Sub()):
            for e in (value, value.operand) if isinstance(value, ast.UnaryOp) else (value,):
                yield Change(3, "fork", ast.AugAssign(target, op, e), "= forgets what stood there, += adds to it")
    for e in ast.walk(value):
        if isinstance(e, ast.keyword) and e.arg == "axis" and isinstance(e.value, ast.Constant):
            for axis in (-1, 0, 1, 2):
                if axis != e.value.value:
                    other = replaced(s, e, ast.keyword("axis", ast.Constant(axis)))
                    yield Change(32, "broadcast", other, f"the sum is over the wrong axis; sum over axis {axis}")
        if isinstance(e, ast.Subscript) and isinstance(e.ctx, ast.Load) and isinstance(e.slice, ast.Name):
            for name, held in names.items():
                if name != e.slice.id and is_index(held) and is_index(names.get(e.slice.id)):
                    made_index = replaced(s, e.slice, ast.Name(name, ast.Load()))
                    yield Change(71, "stale", made_index, f"{e.slice.id} where {name} belongs")
        if isinstance(e, ast.Subscript) and isinstance(e.ctx, ast.Load) and isinstance(e.value, ast.Name):
            for name, held in names.items():
                if name != e.value.id and is_number(held) and np.ndim(held) and name not in gradients:
                    made_base = replaced(s, e.value, ast.Name(name, ast.Load()))
                    yield Change(71, "stale", made_base, f"{e.value.id} where {name} belongs")
        if isinstance(e, (ast.Tuple, ast.List)) and 1 < len(e.elts) <= JOINED:
            for a, b in itertools.combinations(range(len(e.elts)), 2):
                order = list(e.elts)
                order[a], order[b] = order[b], order[a]
                swapped = replaced(s, e, type(e)(order, ast.Load()))
                one, other = ast.unparse(order[b]), ast.unparse(order[a])
                yield Change(31, "stale", swapped, f"{one} and {other} stand in each other's place")
        if isinstance(e, ast.Call) and len(e.args) == 1 and not e.keywords:
            yield Change(70, "local", replaced(s, e, e.args[0]), f"{ast.unparse(e.func)} does not belong there")
        if isinstance(e, ast.Attribute) and e.attr in OTHERS and isinstance(e.value, ast.Name):
            for other in OTHERS[e.attr]:
                swap = replaced(s, e, ast.Attribute(e.value, other, ast.Load()))
                yield Change(66, "local", swap, f"{e.attr} where {other} belongs")
    for name in gradients:
        if (
            not is_number(names[name])
            or not np.ndim(names[name])
            or name in {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
        ):
            continue
        for op in (ast.Add(), ast.Sub()):
            added = replaced(s, value, ast.BinOp(value, op, ast.Name(name, ast.Load())))
            yield Change(63, "fork", added, f"{name} is missing")


def with_attributes(names: Mapping[str, Any]) -> dict[str, Any]:
    """The names, and the numbers that objects hold under theirs: self.x."""
    found = dict(names)
    for name, x in names.items():
        held = vars(x) if hasattr(x, "__dict__") and not callable(x) and not isinstance(x, ModuleType) else {}
        found |= {f"{name}.{attribute}": value for attribute, value in held.items() if is_number(value)}
    return found


def is_index(x: Any) -> bool:
    return is_number(x) and np.asarray(x).dtype.kind in "iu"
