"""What the user's code gives to a name before a loop."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType

from gatewise._loops.regions import Region
from gatewise._recording import assignments, function_node, is_typed_number, source_of, span_of, spans


def line_before(region: Region, name: str) -> ast.expr | None:
    """What the user's code assigns to a name, or to `name[key]`, before a loop, in the same block of statements."""
    source = source_of(region.code)
    if source is None:
        return None
    for block in blocks(function_node(source, region.code)):
        if region.loop in block:
            before = block[: block.index(region.loop)]
            if "[" in name:
                return entry_before(before, *name.rstrip("]").split("["))
            return next((found for s in reversed(before) if (found := assigned_by(s, name)) is not None), None)
    return None


def entry_before(before: Sequence[ast.AST], name: str, key: str) -> ast.expr | None:
    """What a dict holds under a key, by the display that the last statement with its name binds it to."""
    for statement in reversed(before):
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Dict(keys=keys, values=values)) if bound == name:
                pairs = zip(keys, values, strict=True)
                return next((v for k, v in pairs if isinstance(k, ast.Constant) and k.value == key), None)
        if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(statement)):
            return None
    return None


BOUND = ast.Constant("bound")  #: what a statement gives to a name in another way


def blocks(body: ast.AST) -> list[list[ast.AST]]:
    """The blocks of statements inside a function."""
    fields = ("body", "orelse", "finalbody")
    return [found for node in ast.walk(body) for f in fields if isinstance(found := getattr(node, f, None), list)]


def assigned_by(statement: ast.AST, name: str) -> ast.expr | None:
    """What a statement assigns to a name; an expression that is nothing plain where it does so in another way."""
    match statement:
        case ast.Assign(targets=targets, value=given) if all(isinstance(t, ast.Name) for t in targets):
            return given if name in {t.id for t in targets if isinstance(t, ast.Name)} else None
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=several)) if len(targets) == len(
            several
        ):
            pairs = zip(targets, several, strict=True)
            return next((v for t, v in pairs if isinstance(t, ast.Name) and t.id == name), None)
    names = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return BOUND if any(n.id == name for n in names) else None


def literal_before(code: CodeType, node: ast.expr | None) -> ast.expr | None:
    """The number as typed that a name has where it stands: by the statements before it in its block, or by its one."""
    source = source_of(code)
    if source is None or not isinstance(node, ast.Name):
        return None
    for block in blocks(function_node(source, code)):
        at = next((k for k, s in enumerate(block) if spans(span_of(s), span_of(node))), None)
        if at is None or any(hasattr(block[at], field) for field in ("body", "handlers")):
            continue
        found = next((x for s in reversed(block[:at]) if (x := assigned_by(s, node.id)) is not None), None)
        if found is not None:
            return found if found is not BOUND and is_typed_number(found) else None
    return bound_once(code, node.id)


def bound_once(code: CodeType, name: str) -> ast.expr | None:
    """The number as typed that is all a function ever binds to a name."""
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = None if name in arguments else assignments(source_of(code), code).get(name)
    return found if is_typed_number(found) else None
