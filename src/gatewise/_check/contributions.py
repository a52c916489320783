"""How a statement makes a gradient: it assigns it, adds to it, or changes it in another way."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatewise._check.names import key_of, keys_read, partial


def contribution(s: ast.stmt, key: str) -> tuple[str, ast.expr] | None:
    """("set", "add" or "sub", the expression) of a statement that assigns to a key or adds to it."""
    if isinstance(s, ast.AugAssign) and not partial(s.target):
        mode = {ast.Add: "add", ast.Sub: "sub"}.get(type(s.op))
        return (mode, s.value) if mode else None
    if not isinstance(s, ast.Assign):
        return None
    if isinstance(s.value, ast.Dict):
        entries = zip(s.value.keys, s.value.values, strict=True)
        return next((("set", v) for k, v in entries if k is not None and key.endswith(f"[{ast.unparse(k)}]")), None)
    for target in s.targets:
        if isinstance(target, ast.Tuple) and isinstance(s.value, ast.Tuple) and len(target.elts) == len(s.value.elts):
            for part, value in zip(target.elts, s.value.elts, strict=True):
                if key_of(part) == key and not partial(part) and key not in keys_read(value):
                    return "set", value
        if partial(target) or key_of(target) != key:
            continue
        if key not in keys_read(s.value):
            return "set", s.value
        if isinstance(s.value, ast.BinOp) and isinstance(s.value.op, ast.Add):
            left, right = s.value.left, s.value.right
            if key_of(left) == key and key not in keys_read(right):
                return "add", right
            if key_of(right) == key and key not in keys_read(left):
                return "add", left
    return None


def split(e: ast.expr, sign: int) -> Iterator[tuple[int, ast.expr]]:
    """The terms of a sum, with their signs."""
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        yield from split(e.left, sign)
        yield from split(e.right, sign if isinstance(e.op, ast.Add) else -sign)
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
