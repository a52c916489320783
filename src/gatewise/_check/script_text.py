"""The text of a script as it is checked: without its main part, with other inputs, with a name for its loss."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gatewise._check.tracing import BODIES
from gatewise._errors import UnknownInputError
from gatewise._recording.reading import tree_of
from gatewise._recording.scripts import is_input, is_main
from gatewise._recording.whose import USUAL


def without_main(path: str, text: str) -> str:
    """The text without what stands below `if __name__ == "__main__":`; all other lines keep their numbers."""
    lines = text.splitlines()
    for node in tree_of(path, text).body:
        if is_main(node):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(lines) + "\n"


def with_given(path: str, text: str, given: Mapping[str, Any]) -> str:
    """The text with other numbers in the place of its inputs', line by line as long as it was."""
    tree = tree_of(path, text)
    inputs = {name_of(node): node for node in tree.body if isinstance(node, ast.Assign) and is_input(node)}
    lines = text.splitlines()
    for name, value in given.items():
        if name not in inputs:
            raise UnknownInputError(name, list(inputs), path)
        node = inputs[name].value
        written = f"np.array({np.asarray(value).tolist()!r})" if isinstance(value, np.ndarray) else repr(value)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        after = lines[last].encode()[node.end_col_offset :].decode()
        lines[first] = lines[first].encode()[: node.col_offset].decode() + written + after
        lines[first + 1 : last + 1] = [""] * (last - first)
        text = "\n".join(lines) + "\n"
        tree = tree_of(path, text)  # another value on the line has moved
        inputs = {name_of(n): n for n in tree.body if isinstance(n, ast.Assign) and is_input(n)}
    return text


def with_named_loss(tree: ast.Module) -> ast.Module:
    """The tree with a name for a loss that has none: `losses.append(np.mean(miss**2))`."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if names & {*USUAL} or any(isinstance(n, ast.FunctionDef) and n.name == "loss" for n in tree.body):
        return tree
    for node in [n for n in ast.walk(tree) if isinstance(n, ast.stmt)]:
        for part in [p for name in BODIES if isinstance(p := getattr(node, name, None), list)]:
            appended_to(part)
    appended_to(tree.body)
    return ast.fix_missing_locations(tree)


def appended_to(body: list[ast.stmt]) -> None:
    """Give what a body appends to a list of losses the name `loss`."""
    for k, node in reversed(list(enumerate(body))):
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]) as call
            ) if re.search("loss|cost|err|hist", name.lower()) and not isinstance(value, ast.Name):
                named = ast.Assign([ast.Name("loss", ast.Store())], value)
                call.args = [ast.copy_location(ast.Name("loss", ast.Load()), value)]
                body.insert(k, ast.copy_location(named, node))


def name_of(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
