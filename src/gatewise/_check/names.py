"""The names, and the entries of dicts, that statements read and write; whose gradient one is says `whose`."""

from __future__ import annotations

import ast

from gatewise._recording import DICTS, wire_named

__all__ = ["DICTS", "key_of", "keys_read", "keys_written", "partial", "wire_named"]


def key_of(node: ast.expr) -> str | None:
    """What a target or a place is called here: `dx`, `grads['x']`; None for what is no name's."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript):
        if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is str:
            return f"{node.value.id}[{node.slice.value!r}]"
        return key_of(node.value)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return None
    return key_of(node.value) if isinstance(node, (ast.Attribute, ast.Starred)) else None


def keys_read(node: ast.AST) -> set[str]:
    """The names, and the entries of dicts, that an expression or statement reads."""
    found: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Load):
            key = key_of(each)
            if key is not None and key.endswith("']"):
                found.add(key)
                continue
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            found.add(each.id)
        waiting.extend(ast.iter_child_nodes(each))
    if isinstance(node, ast.AugAssign) and (own := key_of(node.target)) is not None:
        found.add(own)
    if isinstance(node, ast.Assign):  # `dx[mask] = 0` changes dx and reads nothing but the mask
        for target in node.targets:
            if partial(target) and (own := key_of(target)) is not None:
                found.add(own)
    return found


def partial(target: ast.expr) -> bool:
    """Whether an assignment to `target` changes a part of a value: `dx[mask] = 0`."""
    return isinstance(target, ast.Subscript) and not (key_of(target) or "").endswith("']")


def entries_of(e: ast.expr) -> list[str]:
    """The words that a dict has for keys where it is written out: `{"W": W}`, `dict(W=W)`."""
    if isinstance(e, ast.Dict):
        return [k.value for k in e.keys if isinstance(k, ast.Constant) and type(k.value) is str]
    if isinstance(e, ast.Call) and isinstance(e.func, ast.Name) and e.func.id == "dict" and not e.args:
        return [k.arg for k in e.keywords if k.arg is not None]
    return []


def keys_written(node: ast.stmt) -> list[str]:
    """The names, and the entries of dicts, that a statement assigns."""
    if isinstance(node, ast.Assign):
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            return [name, *(f"{name}[{k!r}]" for k in entries_of(node.value))]
        targets = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    else:
        return []
    parts = [p for t in targets for p in (t.elts if isinstance(t, (ast.Tuple, ast.List)) else [t])]
    return [key for part in parts if (key := key_of(part)) is not None]
