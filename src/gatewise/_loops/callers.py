"""The plain names of a helper that the user's function calls, in terms of those of the function."""

from __future__ import annotations

import ast
from itertools import pairwise

from gatewise._loops.counting import value
from gatewise._loops.regions import Region, expr
from gatewise._recording import NotPlainError, PlainNames, Source, expression_at, function_node, source_of


def names_of(region: Region, plain: PlainNames | None, depth: int = 0) -> PlainNames | None:
    """The plain names where a loop stands, from those so many calls deep, by the helpers called on the way there."""
    place = expr(region.wires[0]).place
    for (caller, instruction), (code, _) in pairwise(place[depth : region.depth + 1]):
        call, source = expression_at(caller, instruction), source_of(code)
        if plain is None or not isinstance(call, ast.Call) or source is None:
            return None
        node = function_node(source, code)
        if not isinstance(node, ast.FunctionDef):
            return None
        plain = called(call, node, is_method(source, node, call), PlainNames(code, {}, plain.modules), plain)
    return plain


def is_method(source: Source, node: ast.FunctionDef, call: ast.Call) -> bool:
    """Whether a call gives an object as the first argument that it does not name: `net.forward(xs)`, `Net(W)`."""
    classes = {each.name for each in ast.walk(source.tree) if isinstance(each, ast.ClassDef) and node in each.body}
    alone = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    by_class = (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id in classes)
    )
    return bool(classes) and not alone and not by_class


def called(call: ast.Call, node: ast.FunctionDef, method: bool, names: PlainNames, plain: PlainNames) -> PlainNames:
    """The names of one helper: its parameters by what it is called with, its own plain numbers by what they are."""
    parameters = [*node.args.posonlyargs, *node.args.args][method:]
    given = {p.arg: x for p, x in zip(parameters, call.args, strict=False) if not isinstance(x, ast.Starred)}
    given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    for name, x in given.items():
        note(names, name, x, plain)
    for name, x in names.assigned.items():
        note(names, name, x, names)
    names.assigned = {}
    return names


def note(names: PlainNames, name: str, node: ast.expr, there: PlainNames) -> None:
    """Note a name with its value, and what printed code says for it, if it is plain."""
    try:
        names.known[name] = value(there, node)
    except NotPlainError:
        return
    said = there.as_printed(node)
    assert isinstance(said, ast.expr)
    names.instead[name] = said
