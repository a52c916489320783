"""Which gates of a picture belong together, and which of these groups are drawn as one gate.

Every group is an unbroken piece of one order in which the gates can run, so whatever groups are closed, no wire has to
go backwards. Blocks come first, then calls of functions, statements, and repeats of them; where all that is still too
much, what is left is cut into pieces of a handful.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import groupby
from numbers import Integral

from gatewise._errors import FoldError
from gatewise._views.members import (
    OUTLINED,
    GatePart,
    Group,
    Part,
    first_wire,
    gate_count,
    group_of,
    lines_of,
    names_of,
)
from gatewise._views.phrases import said
from gatewise._views.repeats import with_repeats
from gatewise._views.sheet import Sheet

USUAL = 120  # gates drawn unless more are asked for
MOST = 3000  # gates drawn at all
_DEEPEST = 20  # calls inside one another that are told apart
_PIECE = 40  # things in a piece of what has no other order

Fold = int | bool | str | Sequence[str] | None


def grouped(sheet: Sheet, fold: Fold) -> list[Part]:
    """The gates of a circuit as a picture draws them: closed groups as one, opened ones as their parts.

    `fold` is None (at most 120 gates), a number of gates, True (every block, call and repeat closed), False (none), or
    the names of the groups to close. Raises `FoldError`.
    """
    tree = _tree(sheet)
    asked: object = fold  # another library's whole number is Python's
    fold = int(asked) if isinstance(asked, Integral) and not isinstance(asked, bool) else fold
    names = _names(fold, list(all_groups(tree)))
    most = fold if isinstance(fold, int) and not isinstance(fold, bool) else MOST if fold is False or names else USUAL
    tree = _cut(tree, most)
    for number, group in enumerate(all_groups(tree)):
        group.number = number
    _open(tree, most, names, keep=fold is True)
    return _drawn(tree)


def gates_drawn(parts: Sequence[Part]) -> int:
    """How many gates are drawn: a closed group is one."""
    return sum(
        gates_drawn(part.parts) if isinstance(part, Group) and not part.closed else not _is_edge(part) for part in parts
    )


def _is_edge(part: Part) -> bool:
    return isinstance(part, GatePart) and part.is_edge


def hidden_gates(parts: Sequence[Part]) -> int:
    """How many gates stand inside closed groups."""
    return sum(part.gates for part in _shown(parts) if isinstance(part, Group))


def _shown(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Group) and not part.closed:
            yield from _shown(part.parts)
        else:
            yield part


def _names(fold: Fold, groups: Sequence[Group]) -> set[str]:
    """The names of groups that were asked to be closed. Raises `FoldError`."""
    if fold is None or isinstance(fold, int):
        if fold is not None and not isinstance(fold, bool) and fold < 1:
            raise FoldError(fold, [])
        return set()
    asked: list[object] = list(fold) if isinstance(fold, list | tuple | Set) else [fold]
    found = set()
    known = list(dict.fromkeys(group.name for group in groups))
    for name in asked:
        if not isinstance(name, str) or name not in known:
            raise FoldError(name, known)
        found.add(name)
    return found


def all_groups(parts: Sequence[Part]) -> Iterator[Group]:
    """All groups among some parts, and inside them."""
    for part in parts:
        if isinstance(part, Group):
            yield part
            yield from all_groups(part.parts)


# Opening: groups of the same make together, small ones first, as long as the picture stays within its number of gates.


def _open(tree: Sequence[Part], most: int, names: set[str], keep: bool) -> None:
    drawn = len(tree)
    level: list[Part] = list(tree)
    while level:
        groups = [part for part in level if isinstance(part, Group)]
        families: dict[tuple[object, ...], list[Group]] = {}
        for group in groups:
            families.setdefault(group.signature, []).append(group)
        opened: list[Part] = []
        for more, family in sorted(((_more(family), family) for family in families.values()), key=lambda pair: pair[0]):
            if drawn + more <= most and not _stays(family[0], names, keep):
                drawn += more
                for group in family:
                    opened += _opened(group)
        level = opened


def _more(family: Sequence[Group]) -> int:
    """How many more things are drawn when these groups are open."""
    return sum(sum(not _is_edge(part) for part in _passes_of(group)) - 1 for group in family)


def _passes_of(group: Group) -> list[Part]:
    """The parts of a group; of a repeat its passes, though cut into pieces: it opens to them or not at all."""
    if group.kind not in ("repeat", "passes"):
        return group.parts
    return [
        each
        for part in group.parts
        for each in (_passes_of(part) if isinstance(part, Group) and part.kind == "passes" else [part])
    ]


def _opened(group: Group) -> list[Part]:
    """The parts of a group that is now open, with the pieces its passes were cut into."""
    group.closed = False
    for part in group.parts:
        if isinstance(part, Group) and part.kind == "passes":
            _opened(part)
    return _passes_of(group)


def _stays(group: Group, names: set[str], keep: bool) -> bool:
    """Whether a group was asked to stay closed."""
    return group.name in names or (keep and group.kind in (*OUTLINED, "repeat"))


def _drawn(parts: Sequence[Part]) -> list[Part]:
    """The tree without the open groups that have no outline: their parts stand in their place."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, GatePart) or part.closed:
            found.append(part)
        elif part.kind in OUTLINED:
            found.append(Group(part.name, part.kind, _drawn(part.parts), part.about, False, part.number, part.title))
        else:
            found += _drawn(part.parts)
    return found


# Making the tree.


def _tree(sheet: Sheet) -> list[Part]:
    return _pieces(with_repeats(_of_level(sheet, [GatePart(step) for step in sheet.steps], None)))


def _of_level(sheet: Sheet, steps: Sequence[GatePart], around: int | None) -> list[Part]:
    """The parts of a round, or of the whole circuit: the loops in it, and what stands between them."""
    found: list[Part] = []
    for loop, run in groupby(steps, key=lambda step: _loop_below(sheet, step, around)):
        inside = list(run)
        if loop is not None:
            found.append(_loop(sheet, loop, inside))
        else:
            found += _sorted_out(_with_blocks(sheet, [step for step in inside if not step.is_edge]), 0)
    return found


def _loop_below(sheet: Sheet, step: GatePart, around: int | None) -> int | None:
    """Of the loops that a step stands in, the one right below; None where it stands in none of those."""
    loop = step.wires[0].loop
    while loop is not None and loop != around and sheet.loops[loop].around != around:
        loop = sheet.loops[loop].around
    return None if loop == around else loop


def _loop(sheet: Sheet, number: int, steps: Sequence[GatePart]) -> Group:
    """One round of a loop, with what stands at its edge before and behind."""
    loop = sheet.loops[number]
    inner = _cut(_pieces(_of_level(sheet, steps, number)), _PIECE)
    own = [step for step in steps if step.wires[0].loop == number]
    coming = [step for step in own if step.wires[0].role in ("each", "before")]
    leaving = [step for step in own if step.wires[0].role in ("after", "final")]
    name = said("loop.closed", count=loop.count, what=lines_of(inner))
    title = said("loop.open", place=loop.place, text=loop.text.rstrip(":"))
    return Group(name, "loop", [*coming, *inner, *leaving], title=title)


def _with_blocks(sheet: Sheet, gates: Sequence[GatePart]) -> list[Part]:
    """The gates in tape order, those of each recognised block moved together and grouped, where that is possible."""
    members: dict[int, set[Part]] = {}
    order: list[Part] = []
    for end, run in groupby(gates, key=lambda step: step.wires[0].block_end):
        steps: list[Part] = list(run)
        if end is None:
            order += steps
        elif end in members or steps[-1].steps[0].wires[0].id != end:  # it stands in several places
            members.setdefault(end, set()).update(steps)
            order += steps
        else:
            order.append(group_of(first_wire(steps[-1]).block or "", "block", steps))
    for inside in members.values():
        order = _together(sheet, order, inside)
    return order


def _together(sheet: Sheet, order: list[Part], inside: set[Part]) -> list[Part]:
    """The order with these gates as one group; as it was, where something between them needs and feeds them both."""
    places = [place for place, part in enumerate(order) if part in inside]
    first, last = places[0], places[-1]
    made = {wire.id for part in inside for step in part.steps for wire in step.wires}
    before: list[Part] = []
    after: list[Part] = []
    later = set(made)
    needed: set[int] = set()
    between = [part for part in order[first : last + 1] if part not in inside]
    for part in between:
        if _sources(sheet, part) & later:
            after.append(part)
            later |= _made(part)
        else:
            before.append(part)
    for part in inside:
        needed |= _sources(sheet, part)
    if any(_made(part) & needed for part in after):
        return order
    members = [part for part in order[first : last + 1] if part in inside]
    name = members[-1].steps[0].wires[0].block or ""
    group = Group(name, "block", members)
    return [*order[:first], *before, group, *after, *order[last + 1 :]]


def _made(part: Part) -> set[int]:
    return {wire.id for step in part.steps for wire in step.wires}


def _sources(sheet: Sheet, part: Part) -> set[int]:
    return {use.source for step in part.steps for wire in step.wires for use in sheet.operands[wire.id]}


def _calls(part: Part) -> list[tuple[str, int]]:
    """The calls that all gates of a part stand in, outermost first, each with its number."""
    shared: list[tuple[str, int]] | None = None
    for step in part.steps:
        wire = step.wires[0]
        own = list(zip(wire.scope.split("/"), wire.calls, strict=False))
        if shared is None:
            shared = own
        while own[: len(shared)] != shared:
            shared.pop()
    return shared or []


def _sorted_out(parts: list[Part], depth: int) -> list[Part]:
    """Neighbours of the same call, then of the same statement, as groups; then repeats."""
    found: list[Part] = []
    for key, run in groupby(parts, key=lambda part: _key_of_call(part, depth)):
        inside = list(run)
        if key is None:
            found += _statements(inside)
        else:
            found.append(group_of(key[0], "call", _sorted_out(inside, depth + 1)))
    return with_repeats(found)


def _key_of_call(part: Part, depth: int) -> tuple[str, int, str | None] | None:
    calls = _calls(part)[:_DEEPEST]
    return (*calls[depth], first_wire(part).stage) if len(calls) > depth else None


def _statements(parts: list[Part]) -> list[Part]:
    found: list[Part] = []
    for stage, run in groupby(parts, key=lambda part: _stage(part)):
        inside = list(run)
        found += inside if stage is None else [group_of(stage, "statement", with_repeats(inside))]
    return found


def _stage(part: Part) -> str | None:
    stages = {step.wires[0].stage for step in part.steps}
    return stages.pop() if len(stages) == 1 else None


def _pieces(parts: list[Part]) -> list[Part]:
    """The tree with every group of more parts than fit in a picture cut into pieces, the parts' own parts as well."""
    for part in parts:
        if isinstance(part, Group) and part.kind != "loop":  # a loop's are cut already, but for what is at its edge
            part.parts = _pieces(part.parts) if part.kind != "repeat" else _pieces_of_passes(part.parts)
    return _cut(parts, _PIECE)


def _cut(parts: list[Part], most: int) -> list[Part]:
    """At most so many things: neighbours together where there are more."""
    if len(parts) <= most:
        return parts
    size = -(-len(parts) // most)
    return [_piece(parts[place : place + size]) for place in range(0, len(parts), size)]


def _piece(parts: list[Part]) -> Part:
    """Some neighbours as one group, named by what they are."""
    if len(parts) > 1 and len({part.signature for part in parts}) == 1:
        return group_of(f"{len(parts)} × {names_of(parts[:1])}", "piece", parts)
    return group_of(gate_count(parts), "piece", parts, lines_of(parts))


def _pieces_of_passes(parts: list[Part]) -> list[Part]:
    """The passes of a repeat, in pieces where a page would have to open too many at once."""
    parts = [part if isinstance(part, GatePart) else _inner_pieces(part) for part in parts]
    if len(parts) <= _PIECE:
        return parts
    size = -(-len(parts) // _PIECE)
    bounds = [(first, min(first + size, len(parts))) for first in range(0, len(parts), size)]
    whole = str(len(parts))
    names = [said("group.passes", first=str(first + 1), last=str(last), all=whole) for first, last in bounds]
    return [group_of(name, "passes", parts[slice(*ends)]) for name, ends in zip(names, bounds, strict=True)]


def _inner_pieces(group: Group) -> Group:
    group.parts = _pieces(group.parts)
    return group
