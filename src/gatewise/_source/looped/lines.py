"""Lines of a round under other names, above the loop, or joined to those of the round before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gatewise._source.lines import NONE, TextLine, assigned
from gatewise._source.spelling import Text, names_of


def renamed(lines: Iterable[TextLine], told: Mapping[str, Text | str]) -> list[TextLine]:
    """The lines with texts in the place of some names."""
    if not told:
        return list(lines)
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, told)) + r")(?!\w)")

    def others(names: frozenset[str]) -> frozenset[str]:
        return NONE.union(*(names_of(told[name]) if name in told else {name} for name in names))

    return [
        replace(
            x,
            code=pattern.sub(lambda m: str(told[m[0]]), x.code),
            binds=others(x.binds),
            changes=others(x.changes),
            reads=others(x.reads),
        )
        for x in lines
    ]


def hoisted(lines: Sequence[TextLine], moving: set[str]) -> tuple[list[TextLine], list[TextLine]]:
    """The lines that give the same in every round, to stand above the loop, and the others.

    `moving` are the names that hold another value each round and are not bound by these lines.
    """
    bound = [name for line in lines for name in line.binds]
    changed = {name for line in lines for name in line.changes}
    moving = {*moving, *(n for n in bound if bound.count(n) > 1), *changed}
    above: list[TextLine] = []
    rest = list(lines)
    while True:
        still = moving | {name for line in rest for name in line.binds}
        found = next((x for x in rest if x.binds and not (x.reads & still) and not (x.binds & moving)), None)
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
    at = next((k for k, x in enumerate(lines) if before in x.binds), None)
    if at is None:
        return lines
    later = lines[at + 1 :]
    if lines[at].code in same_again(gradient, before) and not any(touched(x, gradient, before) for x in later):
        return renamed([*lines[:at], *later], {before: gradient})
    if any(gradient in x.reads | x.binds | x.changes for x in later):
        return [*lines, assigned(gradient, before)]
    same = renamed(lines, {before: gradient})
    if same[at].code in same_again(gradient, gradient):
        del same[at]
    return same


def same_again(gradient: str, name: str) -> tuple[str, ...]:
    """The lines that hand a gradient on as it is."""
    return f"{name} = {gradient}", f"{name} = {gradient}.copy()", f"{name} = +{gradient}"


def touched(line: TextLine, *names: str) -> bool:
    """Whether a line gives one of these names another value."""
    return not {*names}.isdisjoint(line.binds | line.changes)
