"""The plain names of a helper that the user's function calls, in terms of those of the function."""

from __future__ import annotations

import ast
from collections.abc import Collection
from itertools import pairwise
from types import CodeType

from gatewise._loops.counting import value
from gatewise._loops.objects import beginning, set_once
from gatewise._loops.regions import Region, expr, within
from gatewise._recording import NotPlainError, PlainNames, Source, expression_at, function_node, source_of, stored
from gatewise._syntax import names_in


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
        method, anew = is_method(source, node, call), bound_before(caller, call)
        names = called(call, node, method, PlainNames(code, {}, plain.modules), plain, anew)
        if method and node.args.args:
            note_attributes(call, source, node.args.args[0].arg, names, plain, anew)
        plain = names
    return plain


def bound_before(code: CodeType, call: ast.Call) -> set[str]:
    """The arguments of a function that name another value by the time of a call: bound before it, or in its loop."""
    source = source_of(code)
    if source is None:
        return set()
    around = [
        each
        for each in ast.walk(function_node(source, code))
        if isinstance(each, (ast.For, ast.While)) and within(call, each)
    ]
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    early = {
        node.id for node in stored(code) if node.lineno < call.lineno or any(within(node, loop) for loop in around)
    }
    return early & {*arguments}


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


def called(
    call: ast.Call,
    node: ast.FunctionDef,
    method: bool,
    names: PlainNames,
    plain: PlainNames,
    anew: Collection[str] = (),
) -> PlainNames:
    """The names of one helper: its parameters by what it is called with, its own plain numbers by what they are.

    Nothing is said of what it is called with by names that the caller bound `anew`.
    """
    parameters = [*node.args.posonlyargs, *node.args.args][method:]
    given = {p.arg: x for p, x in zip(parameters, call.args, strict=False) if not isinstance(x, ast.Starred)}
    given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    for name, x in given.items():
        if names_in(x).isdisjoint(anew):
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


def note_attributes(
    call: ast.Call, source: Source, own: str, names: PlainNames, plain: PlainNames, anew: Collection[str]
) -> None:
    """Note what a method calls its object, and those of the object's attributes that stay what it was made with.

    It is the object that the caller is a method of, or one that the caller made: `net = Net(W, xs)`.
    """
    names.own = own
    held = call.func.value.id if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) else ""
    if held and held == plain.own:
        for name in [name for name in plain.known if name.startswith(f"{held}.")]:
            told = name.replace(held, own, 1)
            names.known[told], names.instead[told] = plain.known[name], plain.instead[name]
        return
    made = plain.assigned.get(held)
    begin = beginning(source, made.func.id) if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) else None
    if begin is None or not isinstance(made, ast.Call):
        return
    inside = called(made, begin, True, PlainNames(None, {}, plain.modules), plain, anew)
    for node in ast.walk(begin):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            inside.known.pop(node.id, None)
    for attribute, x in set_once(source, begin).items():
        note(names, f"{own}.{attribute}", x, inside)
