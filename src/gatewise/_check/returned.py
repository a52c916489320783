"""What a function calls the things that it returns: the names in its return statement."""

from __future__ import annotations

import ast
from functools import lru_cache
from types import CodeType

from gatewise._callables import code_of
from gatewise._check.definitions import definition_of
from gatewise._types import Function

Named = str | list[str] | None  #: what a part of what is returned is called; the names in a list; none


def returned_names(f: Function) -> list[Named]:
    """The names in a function's last return statement: one, a list of several, or None for each part."""
    code = code_of(f)
    return [] if code is None else returned_by(code)


def statements_of(f: Function) -> list[ast.stmt]:
    """The statements of a function, without its docstring; none of one without a source."""
    code = code_of(f)
    node = definition_of(code) if code is not None else None
    body = node.body if node is not None else []
    return [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


@lru_cache(maxsize=64)
def returned_by(code: CodeType) -> list[Named]:
    """The same of its code: an inquiry asks again after each of a thousand runs."""
    node = definition_of(code)
    inside = list(ast.walk(node)) if node is not None else []
    returns = [n for n in inside if isinstance(n, ast.Return)]
    value = max(returns, key=lambda n: n.lineno).value if returns else None  # not that of a branch: the last line's
    if value is None:
        return []
    made = {
        s.targets[0].id: s.value
        for s in inside
        if isinstance(s, ast.Assign) and len(s.targets) == 1 and isinstance(s.targets[0], ast.Name)
    }
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    return [name_of(part, made) for part in parts]


def name_of(node: ast.expr, made: dict[str, ast.expr]) -> Named:
    """The name of one part of what is returned; of a list of names that stands there, or is called so, the names."""
    if isinstance(node, ast.Name) and isinstance(made.get(node.id), (ast.List, ast.Tuple)):
        inner = name_of(made[node.id], {})
        return inner if inner and any(inner) and not node.id.lower().startswith("cache") else node.id
    if isinstance(node, (ast.List, ast.Tuple)):
        return [each.id if isinstance(each, ast.Name) else "" for each in node.elts]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return name_of(node.left, {})  # dw / n
    if isinstance(node, ast.Subscript) and not isinstance(getattr(node.slice, "value", None), str):
        return name_of(node.value, {})  # hs[-1]
    return node.id if isinstance(node, ast.Name) else None
