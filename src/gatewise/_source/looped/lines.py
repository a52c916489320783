"""What a line of printed code reads and binds: lines are Python, and are asked as such."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from gatewise import _syntax
from gatewise._source.statements import TextLine

PLACE = re.compile(r"ꙮ\w*")  # names that stand for others until the text is whole


def name_nodes(line: TextLine) -> list[ast.Name]:
    return [node for node in ast.walk(_syntax.module(line.code)) if isinstance(node, ast.Name)]


def reads(line: TextLine) -> set[str]:
    """The names whose values a line uses: `x += y` and `x[0] = y` use x."""
    tree = _syntax.module(line.code)
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def binds(line: TextLine) -> set[str]:
    """The names that a line gives a value to."""
    return {node.id for node in name_nodes(line) if isinstance(node.ctx, ast.Store)}


def changes(line: TextLine) -> set[str]:
    """The names whose arrays a line writes into."""
    found = set()
    for node in ast.walk(_syntax.module(line.code)):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in targets:
            inner: ast.expr = target
            while isinstance(inner, (ast.Subscript, ast.Attribute)):
                inner = inner.value
            if isinstance(inner, ast.Name) and (inner is not target or isinstance(node, ast.AugAssign)):
                found.add(inner.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            found |= {n.id for n in ast.walk(node.func.value) if isinstance(n, ast.Name)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "at":
            found |= {n.id for n in ast.walk(node.args[0]) if isinstance(n, ast.Name)}
    return found


def renamed(lines: Iterable[TextLine], told: Mapping[str, str]) -> list[TextLine]:
    """The lines with texts in the place of some names."""
    if not told:
        return list(lines)
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, told)) + r")(?!\w)")
    return [TextLine(pattern.sub(lambda m: told[m[0]], x.code), x.mark, x.said) for x in lines]


def hoisted(lines: Sequence[TextLine], moving: set[str]) -> tuple[list[TextLine], list[TextLine]]:
    """The lines that give the same in every round, to stand above the loop, and the others.

    `moving` are the names that hold another value each round and are not bound by these lines.
    """
    bound = [name for line in lines for name in binds(line)]
    changed = {name for line in lines for name in changes(line)}
    moving = {*moving, *(n for n in bound if bound.count(n) > 1), *changed}
    above: list[TextLine] = []
    rest = list(lines)
    while True:
        still = moving | {name for line in rest for name in binds(line)}
        found = next((x for x in rest if binds(x) and not (reads(x) & still) and not (binds(x) & moving)), None)
        if found is None:
            return above, without_empty_quotes(rest)
        above.append(found)
        rest.remove(found)


def without_empty_quotes(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines without comments that have nothing below them."""
    return [
        x
        for k, x in enumerate(lines)
        if not x.code.startswith("#") or (k + 1 < len(lines) and not lines[k + 1].code.startswith("#"))
    ]


def handed_down(lines: list[TextLine], gradient: str, before: str) -> list[TextLine]:
    """The lines with the gradient of what is carried in under the name of that of what is carried out.

    That is done from the line on that makes it, where nobody reads the other any more; else the last line does it.
    """
    at = next((k for k, x in enumerate(lines) if before in binds(x)), None)
    if at is None:
        return lines
    later = lines[at + 1 :]
    if lines[at].code in same_again(gradient, before) and not any(touched(x, gradient, before) for x in later):
        return renamed([*lines[:at], *later], {before: gradient})
    if any(gradient in reads(x) | binds(x) | changes(x) for x in later):
        return [*lines, TextLine(f"{gradient} = {before}")]
    same = renamed(lines, {before: gradient})
    if same[at].code in same_again(gradient, gradient):
        del same[at]
    return same


def same_again(gradient: str, name: str) -> tuple[str, ...]:
    """The lines that hand a gradient on as it is."""
    return f"{name} = {gradient}", f"{name} = {gradient}.copy()", f"{name} = +{gradient}"


def touched(line: TextLine, *names: str) -> bool:
    """Whether a line gives one of these names another value."""
    return not {*names}.isdisjoint(binds(line) | changes(line))
