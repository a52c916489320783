"""What the values of a backward pass stand for: which gradient each is, and which one what follows takes it for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import numpy as np

from gatewise._check.alike import Rows
from gatewise._check.comparing import Value, largest, squeezed
from gatewise._check.contributions import Work, work_of
from gatewise._check.moving import Inquiry, remembered
from gatewise._check.naming import wires_named
from gatewise._check.recomputed import is_forward
from gatewise._check.uses import Reading, multiple, readings_of


@remembered
def backward_values(inquiry: Inquiry) -> list[int]:
    """The values that change gradients, and not the function."""
    value = inquiry.runs[0].value
    return [
        i
        for i, moved in inquiry.moved.items()
        if (moved.value == value or value != value) and inquiry.reaches(i) and i not in forward_values(inquiry)
    ]


@remembered
def forward_values(inquiry: Inquiry) -> set[int]:
    """The values of the forward pass that are computed again or handed on, and do not what a gradient does."""
    return {
        i
        for i, e in enumerate(inquiry.events)
        if i in inquiry.moved
        and is_forward(inquiry, i)
        and (work_of(e.place.statement) is Work.PACKS or not roles_of(inquiry, i))
    }


@remembered
def down_to(inquiry: Inquiry, k: int) -> Mapping[str, Value]:
    """What becomes of a gradient at a wire in the usual direction, at the parameters that it reaches."""
    circuit = inquiry.trials[0].circuit
    found = circuit.down_from(k, inquiry.direction(np.shape(circuit.value(k))))
    return {q: g for q, g in found.items() if largest(g)}


def work_ratio(inquiry: Inquiry, i: int, k: int) -> dict[str, float] | None:
    """How many times over a value does what the gradient of wire k would do, at each parameter that it reaches.

    0 where it is no multiple of that; None where they do not reach the same.
    """
    return works_of(inquiry, i).get(k)


@remembered
def works_of(inquiry: Inquiry, i: int) -> dict[int, dict[str, float]]:
    """How many times over a value does what the gradients of wires of its size would do, by wire and parameter."""
    moved, value, reached = inquiry.moved[i], inquiry.events[i].value, inquiry.reaches(i)
    if np.asarray(moved.by).dtype.kind != "f" or any(moved.gradients.get(q) is None for q in inquiry.names):
        return {}
    found: dict[int, dict[str, float]] = {}
    for q, rows in wires_reaching(inquiry, np.size(value), frozenset(reached)).items():
        before, after = inquiry.gradient(q), moved.gradients[q]
        d = np.asarray(after, float) - np.asarray(before, float)
        scale = max(largest(before), largest(after))
        times = rows.slopes(d, inquiry.close * max(largest(d), 1e-4 * scale))
        for k, each in zip(rows.keys, times / (0.1 * (largest(value) or 1.0)), strict=True):
            found.setdefault(k, {})[q] = float(each)
    return found


@remembered
def wires_reaching(inquiry: Inquiry, size: int, names: frozenset[str]) -> dict[str, Rows[int]]:
    """What becomes of the wires of a size that reach these parameters and no others, at each of them."""
    circuit = inquiry.trials[0].circuit
    wires = [k for k, g in circuit.found.items() if np.size(g) == size and {*down_to(inquiry, k)} == names]

    def at(q: str) -> Rows[int]:
        shape = np.shape(inquiry.gradient(q))
        return Rows(wires, [[np.broadcast_to(down_to(inquiry, k)[q], shape)] for k in wires])

    return {q: at(q) for q in inquiry.names if q in names} if wires else {}


@remembered
def roles_of(inquiry: Inquiry, i: int) -> dict[int, float]:
    """The wires whose gradient a value does the work of, by what becomes of it; and how many times over."""
    return dict(plays(inquiry, i))


def plays(inquiry: Inquiry, i: int) -> Iterator[tuple[int, float]]:
    v = inquiry.events[i].value
    if i not in inquiry.moved or np.asarray(v).dtype.kind != "f":
        return
    shape, circuit = squeezed(v), inquiry.trials[0].circuit
    for k, ratio in works_of(inquiry, i).items():
        if squeezed(circuit.found[k]) != shape or not all(ratio.values()):
            continue
        d = next(iter(ratio.values()))
        if all(inquiry.is_one(each / d) for each in ratio.values()):
            yield k, d


@remembered
def is_good(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is right: a gradient, or a multiple of one that what follows makes up for."""
    v = inquiry.events[i].value
    if (
        v is None
        or not largest(v)
        or i in forward_values(inquiry)
        or (is_forward(inquiry, i) and not plain_readings(inquiry, i))
    ):
        return True
    if is_handed_on(inquiry, i):
        return True
    roles = roles_of(inquiry, i)
    for r in readings_of(inquiry, i):
        says_enough = np.size(v) > 1 or r.wire in wires_named(inquiry, i)
        if inquiry.is_one(r.c) and r.whole and says_enough and is_meant(inquiry, i, r):
            return True
        if is_made_up_for(inquiry, i, r) and (r.whole or is_added_to(inquiry, i, r.wire)):
            return True
        if is_named_at_its_size(inquiry, i, r):
            return True
        if r.whole and not roles and any(inquiry.is_one(r.c / c) for c in conventions_of(inquiry)):
            return True
    return is_at_convention(inquiry, i)


def is_named_at_its_size(inquiry: Inquiry, i: int, r: Reading) -> bool:
    """Whether a value is a multiple of the gradient that its name says, and what follows takes it for one further back.

    It makes up for that multiple all the same: the line that goes further back is wrong.
    """
    if not r.whole or inquiry.is_one(r.c) or r.wire not in wires_named(inquiry, i):
        return False
    behind = inquiry.trials[0].circuit.behind[r.wire]
    return any(k in behind and inquiry.is_one(r.c * d) for k, d in roles_of(inquiry, i).items())


def is_at_convention(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is held at a multiple for which lines make up elsewhere, as what it is made of is."""
    return any(
        any(inquiry.is_one(r.c / c) for c in conventions_of(inquiry))
        and (r.whole or is_added_to(inquiry, i, r.wire))
        and is_kept(inquiry, i, r)
        for r in readings_of(inquiry, i)
    )


def plain_readings(inquiry: Inquiry, i: int) -> list[Reading]:
    """What a value is a multiple of, among what it does the work of."""
    roles = roles_of(inquiry, i)
    return [r for r in readings_of(inquiry, i) if r.wire in roles]


def is_meant(inquiry: Inquiry, i: int, r: Reading) -> bool:
    """Whether a value that is the gradient of a wire is meant to be that one.

    What follows may treat it as the gradient of another one: then its name decides, and without one, whether it is
    made there, or handed on as it is.
    """
    roles = roles_of(inquiry, i)
    named = wires_named(inquiry, i)
    if r.wire not in named and (named & {*roles} or (named and not roles)):
        return False
    if not roles or r.wire in roles:
        return True
    if not inquiry.trials[0].circuit.behind[r.wire] & {*roles}:
        return False
    if named:
        return r.wire in named
    return not any(
        i in inquiry.changes[j] and any(x.wire == r.wire and x.whole for x in readings_of(inquiry, j))
        for j in backward_values(inquiry)
        if j < i
    )


def is_handed_on(inquiry: Inquiry, i: int) -> bool:
    """Whether a statement gives another name to what no line of the backward pass has made."""
    value = getattr(inquiry.events[i].place.statement, "value", None)
    return isinstance(value, (ast.Name, ast.Attribute)) and not any(i in later for later in inquiry.changes.values())


def is_made_up_for(inquiry: Inquiry, i: int, r: Reading) -> bool:
    """Whether what follows turns a multiple of a gradient into a gradient, at one parameter at least."""
    ratio = work_ratio(inquiry, i, r.wire) if i in inquiry.moved else None
    return bool(ratio) and any(inquiry.is_one(r.c * d) for d in (ratio or {}).values())


def is_kept(inquiry: Inquiry, i: int, r: Reading) -> bool:
    """Whether a value is made of one that is held at the same multiple, for which another line makes up."""
    if any(map(inquiry.is_one, roles_of(inquiry, i).values())):  # no line after it makes up for anything
        return False
    before = (j for j in inquiry.moved if j < i and i in inquiry.changes[j])
    return any(
        x.whole and inquiry.is_one(x.c / r.c) and is_made_up_for(inquiry, j, x)
        for j in before
        for x in readings_of(inquiry, j)
    )


def is_its_own(inquiry: Inquiry, i: int, r: Reading) -> bool:
    """Whether a part is exactly the gradient that it is added as: what becomes of the whole is not its fault."""
    whole, d = whole_of(inquiry, i), roles_of(inquiry, i).get(r.wire)
    if whole is None or d is None or not r.whole or not inquiry.is_one(r.c):
        return False
    return any(inquiry.is_one(d / each) for each in roles_of(inquiry, whole).values())


def whole_of(inquiry: Inquiry, i: int) -> int | None:
    """What a variable is after a part was added to it, or put into it."""
    place = inquiry.events[i].place
    if place.how != "part":
        return None
    later = (j for j in range(i + 1, len(inquiry.events)) if inquiry.events[j].place.statement is place.statement)
    return next((j for j in later if inquiry.events[j].place.how == "after"), None)


def is_added_to(inquiry: Inquiry, i: int, k: int) -> bool:
    """Whether something later that does the work of wire k is made of a value and of something else."""
    later = [j for j in backward_values(inquiry) if j in inquiry.changes[i] and k in roles_of(inquiry, j)]
    return any(multiple(inquiry, [inquiry.events[j].value], [inquiry.events[i].value]) is None for j in later)


@remembered
def conventions_of(inquiry: Inquiry) -> set[float]:
    """How many times their size gradients are held at, where what follows makes up for it."""
    return {
        round(r.c, 9)
        for i in inquiry.moved
        for r in readings_of(inquiry, i)
        if not inquiry.is_one(r.c) and r.whole and is_made_up_for(inquiry, i, r)
    }


def is_cleared(inquiry: Inquiry, i: int, without: int | None = None) -> bool:
    """Whether something right and no smaller is made of it; not counted what is `without`, or is made of that."""
    if is_good(inquiry, i):
        return True
    if not inquiry.spoils(i):
        return True
    size = np.size(inquiry.events[i].value)
    right = [q for q in inquiry.reaches(i) if q not in inquiry.wrong]
    if any(inquiry.gradient(q).size >= size for q in right):
        return True
    left_out = set() if without is None else {without, *inquiry.changes[without]}
    made = [
        j for j in inquiry.changes[i] - left_out if j in backward_values(inquiry) and largest(inquiry.events[j].value)
    ]
    return any(np.size(inquiry.events[j].value) >= size and is_good(inquiry, j) for j in made)


def is_begun(inquiry: Inquiry, j: int, i: int) -> bool:
    """Whether a value that is no gradient is what another one was before a line changed it in place.

    Then it is one that has been begun (probabilities, of which 1 is taken), and may lack a factor.
    """
    changed, held = inquiry.events[i].place, inquiry.events[j].place
    begun = changed.how != "value" and held.key == changed.key and changed.statement is not held.statement
    return begun and largest(inquiry.events[j].value) > 0 and not readings_of(inquiry, j)


def is_known(inquiry: Inquiry, j: int, i: int) -> bool:
    """Whether a value that another one is made of is right, apart from what that one says of it."""
    return not is_begun(inquiry, j, i) and is_cleared(inquiry, j, without=i)
