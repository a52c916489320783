"""Equal stretches of a circuit as one group of its passes: loops, and calls of one function after another."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._views.members import Group, Part, first_wire, group_of, is_outlined, lines_of, names_of
from gatewise._views.phrases import said

_MANY = 4  # equal stretches that make a group, whatever they are


def with_repeats(parts: list[Part]) -> list[Part]:
    """The parts with every run of equal stretches as a group of its passes; inner loops first."""
    while True:
        folded = _once(parts)
        if len(folded) == len(parts):
            return folded
        parts = folded


def _once(parts: list[Part]) -> list[Part]:
    signs = _numbered([part.signature for part in parts])
    following = _next_of_same(signs)
    found: list[Part] = []
    place = 0
    while place < len(parts):
        period = following[place] - place
        passes = _passes(signs, place, period) if period > 0 else 1
        pieces = [parts[place + turn * period : place + (turn + 1) * period] for turn in range(passes)]
        if not _is_repeat(pieces):
            found.append(parts[place])
            place += 1
            continue
        found.append(_repeat(pieces))
        place += passes * period
    return found


def _is_repeat(pieces: Sequence[list[Part]]) -> bool:
    """Whether equal stretches make one group: passes of a loop, calls of a function, or at least four of anything."""
    if len(pieces) < 2:
        return False
    alone = len(pieces[0]) == 1
    return len(pieces) >= _MANY or (isinstance(pieces[0][0], Group) if alone else _is_loop(pieces))


def _is_loop(pieces: Sequence[list[Part]]) -> bool:
    """Whether one statement ran again and again."""
    first, second = (first_wire(piece[0]) for piece in pieces[:2])
    return first.stage != second.stage and first.text == second.text and first.line is not None


def _repeat(pieces: Sequence[list[Part]]) -> Group:
    """Equal stretches as one group."""
    what = names_of(pieces[0])
    if not _is_loop(pieces):
        return Group(f"{len(pieces)} × {what}", "repeat", [group_of(what, "stretch", piece) for piece in pieces])
    named = what if len(pieces[0]) == 1 and is_outlined(pieces[0][0]) else lines_of(pieces[0])
    turns = [group_of(said("group.pass", number=str(number)), "pass", piece) for number, piece in enumerate(pieces, 1)]
    return Group(f"{len(pieces)} × {named}", "repeat", turns)


def _numbered(signatures: Sequence[tuple[object, ...]]) -> list[int]:
    """Equal signatures as equal numbers, so that comparing them is quick."""
    seen: dict[tuple[object, ...], int] = {}
    return [seen.setdefault(signature, len(seen)) for signature in signatures]


def _next_of_same(signs: Sequence[int]) -> list[int]:
    """For each place the next one with the same sign; itself where there is none."""
    following = list(range(len(signs)))
    last: dict[int, int] = {}
    for place in reversed(range(len(signs))):
        following[place] = last.get(signs[place], place)
        last[signs[place]] = place
    return following


def _passes(signs: Sequence[int], start: int, period: int) -> int:
    """How often the stretch of this length that begins here stands there one after another."""
    end = start + period
    while end < len(signs) and signs[end] == signs[end - period]:
        end += 1
    return (end - start) // period
