"""What the text of a class says of its objects: the attributes that stay what they were made with."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from gatewise._recording import Source
from gatewise._syntax import names_in

ANSWERS = {"__getattr__", "__getattribute__", "__setattr__", "__new__"}
BY_TEXT = {"setattr", "delattr", "vars", "exec", "eval"}  # these may set an attribute whose name is nowhere seen


def beginning(source: Source, name: str) -> ast.FunctionDef | None:
    """The `__init__` of a class, if the file has one of this name, and nothing else has a say in its objects."""
    found = [each for each in ast.walk(source.tree) if isinstance(each, ast.ClassDef) and each.name == name]
    if len(found) != 1 or found[0].bases or found[0].keywords or found[0].decorator_list:
        return None
    methods = {each.name: each for each in found[0].body if isinstance(each, ast.FunctionDef)}
    begin = methods.get("__init__")
    return None if begin is None or begin.decorator_list or not begin.args.args or ANSWERS & {*methods} else begin


def set_once(source: Source, begin: ast.FunctionDef) -> dict[str, ast.expr]:
    """What a class gives the attributes of its objects at the beginning, where the file sets no other value."""
    attributes = [each for each in ast.walk(source.tree) if isinstance(each, ast.Attribute)]
    if names_in(source.tree) & BY_TEXT or any(each.attr == "__dict__" for each in attributes):
        return {}
    others = {id(each) for each in of_other_classes(source, begin)}
    times = Counter(each.attr for each in attributes if not isinstance(each.ctx, ast.Load) and id(each) not in others)
    own = begin.args.args[0].arg
    return {
        target.attr: given
        for statement in begin.body
        for target, given in pairs(statement)
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) == own and times[target.attr] == 1
    }


def pairs(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What an assignment gives to what: `self.W, self.T = W, len(xs)`."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            yield from zip(targets, values, strict=False)
        case ast.Assign(targets=[target], value=given):
            yield target, given


def of_other_classes(source: Source, begin: ast.FunctionDef) -> Iterator[ast.Attribute]:
    """The attributes that methods of other classes name of their own objects, `self.T`."""
    for each in ast.walk(source.tree):
        if not isinstance(each, ast.ClassDef) or begin in each.body:
            continue
        for method in each.body:
            if isinstance(method, ast.FunctionDef) and method.args.args:
                own = method.args.args[0].arg
                yield from (
                    node
                    for node in ast.walk(method)
                    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == own
                )
