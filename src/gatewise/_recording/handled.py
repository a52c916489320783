"""What a function's text does with an array that it made: where it was made, and what may change it."""

from __future__ import annotations

import ast

from gatewise._recording.places import span_of, spans
from gatewise._syntax import names_in

ATTRIBUTES = frozenset({"shape", "size", "ndim"})


def made_before(body: ast.AST, node: ast.expr) -> ast.expr | None:
    """What the last statement before the one of a place, in its block or one around it, assigns to the same target."""
    target, name = ast.unparse(node), next(iter(names_in(node)), "")
    around = [block for each in ast.walk(body) if isinstance(block := getattr(each, "body", None), list)]
    for block in reversed(around):  # inner ones come later
        at = next((k for k, s in enumerate(block) if spans(span_of(s), span_of(node))), 0)
        for statement in reversed(block[:at]):
            match statement:
                case ast.Assign(targets=[single], value=made) if ast.unparse(single) == target:
                    return made
            if name in names_in(statement):
                return None
    return None


def stores_before(body: ast.AST, node: ast.Name) -> list[ast.Assign] | None:
    """The assignments to entries of an array between the line that makes it and the statement that a place is in.

    None where something else is done with its name there.
    """
    for block in (b for each in ast.walk(body) if isinstance(b := getattr(each, "body", None), list)):
        made = next((k for k, s in enumerate(block) if isinstance(s, ast.Assign) and binds(s, node.id)), None)
        at = next((k for k, s in enumerate(block) if spans(span_of(s), span_of(node))), None)
        if made is None or at is None:
            continue
        between = [s for s in block[made + 1 : at] if node.id in names_in(s)]
        entries = [s for s in between if isinstance(s, ast.Assign) and is_entry(s, node.id)]
        return entries if len(entries) == len(between) else None
    return None


def binds(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(t, ast.Name) and t.id == name for t in statement.targets)


def is_entry(statement: ast.Assign, name: str) -> bool:
    """Whether a statement is `x[...] = y`, with x in no other place."""
    target = statement.targets[0]
    alone = len(statement.targets) == 1 and name not in names_in(statement.value)
    return (
        alone and isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == name
    )


def changeable(body: ast.AST, but_by_entries: bool = False) -> set[str]:
    """The names whose values something may change in place: all that are not just read where they stand.

    `but_by_entries`: in another way than by assignments to their entries.
    """
    read: set[int] = set()
    for node in ast.walk(body):
        match node:
            case ast.BinOp(left=left, right=right):
                read |= {id(left), id(right)}
            case ast.UnaryOp(operand=inner):
                read.add(id(inner))
            case ast.Subscript(value=inner, slice=index, ctx=context):
                read.add(id(index))
                read |= {id(inner)} if but_by_entries or isinstance(context, ast.Load) else set()
            case ast.Attribute(value=inner, attr=attribute, ctx=ast.Load()) if attribute in {*ATTRIBUTES, "T"}:
                read.add(id(inner))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=("np" | "numpy")), attr=name), args=args):
                read |= {id(each) for each in args} if name not in CHANGING else set()
            case ast.Call(func=ast.Name(id=("len" | "zip" | "enumerate" | "reversed" | "sum")), args=args):
                read |= {id(each) for each in args}
            case ast.For(iter=inner) | ast.comprehension(iter=inner):
                read.add(id(inner))
    names = (n for n in ast.walk(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return {node.id for node in names if id(node) not in read}


CHANGING = frozenset({"copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis"})
