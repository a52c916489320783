"""The functions of the user: where they are defined, the names around them, and the same with other bodies."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from gatewise._build import users_code
from gatewise._recording.places import source_of


def definition_of(code: types.CodeType) -> ast.FunctionDef | None:
    """The `def` that a code object was made from."""
    source = source_of(code)
    for node in ast.walk(source.as_written) if source else ():
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def lines_of(code: types.CodeType) -> Sequence[str]:
    """The lines of the file that a code object comes from."""
    source = source_of(code)
    return source.lines if source else ()


def compiled(node: ast.FunctionDef, body: list[ast.stmt], like: types.CodeType) -> types.CodeType | None:
    """The code of a function with another body; None where it would not have the closure that the old one has."""
    twin = copy.copy(node)
    twin.body, twin.decorator_list, twin.returns = body, [], None
    twin.args = copy.copy(node.args)
    twin.args.defaults, twin.args.kw_defaults = [], [None for _ in node.args.kwonlyargs]
    around = ast.parse("def around():\n" + "".join(f"    {name} = None\n" for name in like.co_freevars) + "    pass\n")
    outer = around.body[0]
    assert isinstance(outer, ast.FunctionDef)
    outer.body.append(twin)
    made = users_code(ast.fix_missing_locations(around), like.co_filename)
    whole_code = next(c for c in made.co_consts if isinstance(c, types.CodeType))
    inner = next(c for c in whole_code.co_consts if isinstance(c, types.CodeType) and c.co_name == node.name)
    if inner.co_freevars != like.co_freevars:
        return None
    return inner.replace(co_firstlineno=like.co_firstlineno)


@contextmanager
def swapped(
    codes: Sequence[tuple[types.FunctionType, types.CodeType]], names: Mapping[str, object] | None = None
) -> Iterator[None]:
    """These functions run other code inside the block, and find these names among their globals."""
    before = [(f, f.__code__) for f, _ in codes]
    spaces = {id(f.__globals__): f.__globals__ for f, _ in codes}
    try:
        for space in spaces.values():
            space.update(names or {})
        for f, code in codes:
            f.__code__ = code
        yield
    finally:
        for f, code in before:
            f.__code__ = code
        for space in spaces.values():
            for name in names or ():
                space.pop(name, None)
