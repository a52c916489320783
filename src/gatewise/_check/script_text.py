"""The text of a script as it is checked: without its main part, with other inputs, with a name for its loss."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import numpy as np

from gatewise import _syntax
from gatewise._check.bodies import BODIES
from gatewise._errors import UnknownInputError
from gatewise._recording import USUAL
from gatewise._recording.reading import tree_of
from gatewise._recording.scripts import inputs_in, is_main, targets

LOSS = re.compile(r"(?:.*_)?(?:loss|cost|sse|rss|mse|chi2|nll|objective|risk)(?:_\w+)?")
HELD_OUT = re.compile("val|test|dev")  #: losses of samples that nothing is trained on


def is_loss(name: str) -> bool:
    """Whether a number is called what gradients are taken of: `loss`, `train_loss`, `sse`; `val_loss` is not.

    >>> is_loss("train_loss"), is_loss("sse"), is_loss("val_loss"), is_loss("y")
    (True, True, False, False)
    """
    return name in USUAL or (LOSS.fullmatch(name.lower()) is not None and HELD_OUT.search(name.lower()) is None)


def without_main(path: str, text: str) -> str:
    """The text without what stands below `if __name__ == "__main__":`; all other lines keep their numbers."""
    lines = text.splitlines()
    for node in tree_of(path, text).body:
        if is_main(node):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(lines) + "\n"


def one_by_one(path: str, text: str) -> str:
    """The text with `W, b = randn(2), zeros(2)` as two statements on the same lines: what is moved, is moved alone."""
    lines = text.splitlines()
    for node in reversed(tree_of(path, text).body):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if inputs_in(node):
                pairs = [(each.id, x) for each, x in zip(names, values, strict=False) if isinstance(each, ast.Name)]
            case _:
                continue
        told = {*targets(node)} & {name for x in values for name in _syntax.names_in(x)}
        if told or not len(pairs) == len(names) == len(values):
            continue
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        parts = "; ".join(f"{name} = {ast.get_source_segment(text, x)}" for name, x in pairs).split("\n")
        after = lines[last - 1].encode()[node.end_col_offset :].decode()
        if node.col_offset == 0 and len(parts) <= last - first:
            lines[first:last] = [*parts[:-1], parts[-1] + after, *[""] * (last - first - len(parts))]
    return "\n".join(lines) + "\n"


def with_given(path: str, text: str, given: Mapping[str, object]) -> str:
    """The text with other numbers in the place of its inputs', line by line as long as it was."""
    tree = tree_of(path, text)
    inputs = {name: value for node in tree.body for name, value in inputs_in(node)}
    lines = text.splitlines()
    for name, value in given.items():
        if name not in inputs:
            raise UnknownInputError(name, list(inputs), path)
        node = inputs[name]
        written = f"np.array({np.asarray(value).tolist()!r})" if isinstance(value, np.ndarray) else repr(value)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        after = lines[last].encode()[node.end_col_offset :].decode()
        lines[first] = lines[first].encode()[: node.col_offset].decode() + written + after
        lines[first + 1 : last + 1] = [""] * (last - first)
        text = "\n".join(lines) + "\n"
        tree = tree_of(path, text)  # another value on the line has moved
        inputs = {name: value for node in tree.body for name, value in inputs_in(node)}
    return text


def with_named_loss(tree: ast.Module) -> ast.Module:
    """The tree with a name for a loss that has none: `losses.append(np.mean(miss**2))`."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if names & {*USUAL} or any(isinstance(n, ast.FunctionDef) and n.name == "loss" for n in tree.body):
        return tree
    bodies = [
        tree.body,
        *(p for n in ast.walk(tree) for name in BODIES if isinstance(p := getattr(n, name, None), list)),
    ]
    found = [(body, node, said) for body in bodies for node in body if (said := appended_to(node)) is not None]
    for body, node, (name, call) in found:
        if HELD_OUT.search(name.lower()) and not all(HELD_OUT.search(other.lower()) for _, _, (other, _) in found):
            continue
        named = ast.Assign([ast.Name("loss", ast.Store())], call.args[0])
        call.args = [ast.copy_location(ast.Name("loss", ast.Load()), call.args[0])]
        body.insert(body.index(node), ast.copy_location(named, node))
    return ast.fix_missing_locations(tree)


def appended_to(node: ast.AST) -> tuple[str, ast.Call] | None:
    """The list of losses that a statement appends an expression to, and the call that does it."""
    match node:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]) as call
        ) if re.search("loss|cost|err|hist", name.lower()) and not isinstance(value, ast.Name):
            return name, call
    return None
