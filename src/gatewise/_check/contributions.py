"""How a statement makes a gradient: it assigns it, adds to it, or changes it in another way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from gatewise._check.names import key_of, keys_read, partial

JOINS = frozenset(f"{np}.{f}" for np in ("np", "numpy") for f in ("array", "asarray", "hstack", "concatenate"))


class Contribution(NamedTuple):
    """What a statement gives to a variable: it sets it to this, or adds it, with a sign."""

    value: ast.expr
    adds: bool = False
    sign: int = 1


def contribution(s: ast.stmt, key: str) -> Contribution | None:
    """What a statement gives to a key that it assigns or adds to; None where it changes it in another way."""
    if isinstance(s, ast.AugAssign) and not partial(s.target):
        adds = isinstance(s.op, (ast.Add, ast.Sub))
        return Contribution(s.value, True, -1 if isinstance(s.op, ast.Sub) else 1) if adds else None
    if not isinstance(s, ast.Assign):
        return None
    if isinstance(s.value, ast.Dict):
        entries = zip(s.value.keys, s.value.values, strict=True)
        held = (v for k, v in entries if k is not None and key.endswith(f"[{ast.unparse(k)}]"))
        return next(map(Contribution, held), None)
    for target in s.targets:
        if isinstance(target, ast.Tuple) and isinstance(s.value, ast.Tuple) and len(target.elts) == len(s.value.elts):
            for part, value in zip(target.elts, s.value.elts, strict=True):
                if key_of(part) == key and not partial(part) and key not in keys_read(value):
                    return Contribution(value)
        if partial(target) or key_of(target) != key:
            continue
        if key not in keys_read(s.value):
            return Contribution(s.value)
        if isinstance(s.value, ast.BinOp) and isinstance(s.value.op, ast.Add):
            for own, other in ((s.value.left, s.value.right), (s.value.right, s.value.left)):
                if key_of(own) == key and key not in keys_read(other):
                    return Contribution(other, adds=True)
    return None


class Work(Enum):
    """What a statement does beside giving a value a name."""

    COMPUTES = auto()
    HANDS_ON = auto()  #: it gives what a name stands for, or adds it: what is wrong with that went wrong before
    PACKS = auto()  #: it puts values together, or takes them apart


def work_of(s: ast.stmt) -> Work:
    """What a statement does."""
    value = getattr(s, "value", None)
    if isinstance(s, ast.Expr) and isinstance(value, ast.Call):  # np.add.at(dx, index, g)
        value = value.args[-1] if value.args else None
    unpacks = isinstance(s, ast.Assign) and isinstance(s.targets[0], (ast.Tuple, ast.List))
    if isinstance(value, (ast.Name, ast.Attribute)) and not unpacks:
        return Work.HANDS_ON
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        value = ast.Tuple([*value.args, *(k.value for k in value.keywords)], ast.Load())
    if isinstance(value, ast.Call) and ast.unparse(value.func) in JOINS and value.args:  # np.array([da, db])
        value = value.args[0]
    if value is None or any(isinstance(e, (ast.BinOp, ast.UnaryOp, ast.Call)) for e in ast.walk(value)):
        return Work.COMPUTES
    if unpacks or (isinstance(value, (ast.Dict, ast.Tuple, ast.List)) and any(ast.iter_child_nodes(value))):
        return Work.PACKS
    return Work.HANDS_ON if isinstance(s, ast.Return) else Work.COMPUTES


def terms_in(e: ast.expr, sign: int) -> Iterator[tuple[int, ast.expr]]:
    """The terms of a sum, with their signs."""
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        yield from terms_in(e.left, sign)
        yield from terms_in(e.right, sign if isinstance(e.op, ast.Add) else -sign)
    else:
        yield sign, e


def bare_key(e: ast.expr) -> str | None:
    """The key that an expression is, or a copy of it: dx, grads["x"], dx.copy()."""
    if isinstance(e, ast.Call) and isinstance(e.func, ast.Attribute) and e.func.attr == "copy" and not e.args:
        e = e.func.value
    return key_of(e) if isinstance(e, (ast.Name, ast.Subscript)) and not partial(e) else None


def is_fresh(s: ast.stmt, key: str) -> bool:
    """Whether a statement gives a name a value that does not come from what it had."""
    return isinstance(s, ast.Assign) and key not in keys_read(s) and not any(partial(t) for t in s.targets)


def is_new_meaning(s: ast.stmt, key: str) -> bool:
    """Whether a name goes on as the gradient of another wire: `g = g @ W.T`, once it was used by others."""
    whole = isinstance(s, ast.Assign) and not any(partial(t) for t in s.targets)
    return whole and key in keys_read(s) and contribution(s, key) is None
