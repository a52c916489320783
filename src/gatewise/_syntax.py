"""Text to syntax trees, in threads too."""

from __future__ import annotations

import ast
from typing import Any

#: Each try is one more chance for another thread to come in between; in practice the second one ends.
TRIES = 100


def module(text: str, filename: str = "<unknown>") -> ast.Module:
    """The tree of a file's text. Raises as `ast.parse` does."""
    tree: ast.Module = _parse(text, filename, "exec")
    return tree


def expression(text: str) -> ast.expr:
    """The tree of one expression, without the node around it. Raises as `ast.parse` does."""
    tree: ast.Expression = _parse(text, "<unknown>", "eval")
    return tree.body


def names_in(node: ast.AST) -> set[str]:
    """The names in a tree.

    >>> sorted(names_in(expression("np.exp(-x) + y")))
    ['np', 'x', 'y']
    """
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _parse(text: str, filename: str, mode: str) -> Any:
    """`ast.parse`, tried again where another thread's tree was counted into this one's.

    Up to Python 3.12 the depth of a tree under construction is kept once an interpreter: a collection in the middle
    that runs Python code lets another thread build its own, and CPython then raises SystemError about the depth
    (https://github.com/python/cpython/issues/106905).
    """
    for left in reversed(range(TRIES)):
        try:
            return ast.parse(text, filename, mode)
        except SystemError:
            if not left:
                raise
    raise AssertionError
