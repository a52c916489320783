"""Whose gradient a name says it is: dx, Dx, d_x, grad_x, x_grad, dfdx, grads["x"]."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

PREFIX = re.compile(r"(?:[dD]_?|grad_|gradient_|g_)(\w+)")
SUFFIX = re.compile(r"(\w+?)_(?:grad|gradient|bar)")
FRACTION = re.compile(r"d_?(\w+?)_?d_?(\w+)")
DICTS = frozenset({"grads", "grad", "gradients", "dparams", "d_params"})
NUMERATORS = frozenset({"f", "l", "loss", "j", "e", "out", "cost", "total"})


def wire_named(key: str, known: Collection[str]) -> str | None:
    """The name among `known` whose gradient `key` is; None where it is nobody's.

    >>> wire_named("dW1", ["W1", "x"]), wire_named("dfdx", ["x"]), wire_named("grads['x']", ["x"])
    ('W1', 'x', 'x')
    """
    if (entry := re.fullmatch(r"(\w+)\['(\w+)'\]", key)) is not None:
        return found_among(entry[2], known) or wire_named(entry[2], known)
    for candidate in candidates(key, known):
        if (found := found_among(candidate, known)) is not None:
            return found
    return None


def candidates(key: str, known: Collection[str]) -> Iterator[str]:
    """The names that `key` may be the gradient of, the likeliest first."""
    if key in known:
        return
    for pattern in (PREFIX, SUFFIX):
        if (found := pattern.fullmatch(key)) is not None:
            yield found[1]
    for cut in range(2, len(key)):
        if (found := FRACTION.fullmatch(key)) is None or key[0] != "d" or key[cut] != "d":
            continue
        above, below = key[1:cut].strip("_"), key[cut + 1 :].strip("_")
        if above.lower() in NUMERATORS or above in known:
            yield below


def found_among(name: str, known: Collection[str]) -> str | None:
    """`name` itself, or the only one of `known` that differs from it in capitals and underscores alone."""
    if name in known:
        return name
    alike = {each for each in known if bare(each) == bare(name)}
    return alike.pop() if len(alike) == 1 else None


def bare(name: str) -> str:
    return name.replace("_", "").lower()


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


def keys_written(node: ast.stmt) -> list[str]:
    """The names, and the entries of dicts, that a statement assigns."""
    if isinstance(node, ast.Assign):
        if isinstance(node.value, ast.Dict) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            entries = [k.value for k in node.value.keys if isinstance(k, ast.Constant) and type(k.value) is str]
            return [name, *(f"{name}[{k!r}]" for k in entries)]
        targets = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    else:
        return []
    parts = [p for t in targets for p in (t.elts if isinstance(t, (ast.Tuple, ast.List)) else [t])]
    return [key for part in parts if (key := key_of(part)) is not None]
