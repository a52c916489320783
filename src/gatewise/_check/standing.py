"""What the variables of a backward pass stand for: by their names, and by what they hold where names say less."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatewise._check.comparing import is_gradient_like
from gatewise._check.contributions import bare_key, contribution
from gatewise._check.marking import Marking, Version
from gatewise._check.names import wire_named
from gatewise._check.programs import numbers_beside
from gatewise._check.wires import Mark

MOVES = 400  #: wires that variables are tried as, in one program: each is a sweep
SWEPT = 40_000  #: wires in all these sweeps


def give_wires(marking: Marking) -> None:
    """The wire each variable's name says; of several bindings of a name the last comes first."""
    output = marking.forward.index[marking.forward.output]
    marking.fixed |= dict.fromkeys(marking.worlds[0].seeds, output)
    for name in marking.program.parameters:
        base = wire_named(name, marking.known)
        if base is not None and marking.forward.names.get(base, [])[-1:] == [output]:
            marking.fixed[name] = output
    by_key: dict[str, list[Version]] = {}
    for version in marking.versions:
        by_key.setdefault(version.key, []).append(version)
    beside = numbers_beside(by_key, marking.known, marking.program.statements, marking.program.body)
    for key, versions in by_key.items():
        if key in beside:
            continue
        wires = marking.forward.names.get(wire_named(key, marking.known) or "", [])
        if not wires:
            continue
        for n, version in enumerate(reversed(versions)):
            if n < len(wires) and len(wires) >= len(versions):
                version.wire = version.named = wires[len(wires) - len(versions) + n]
            elif n == 0:
                version.wire = version.named = wires[-1]
            version.named = wires[-1]
    settle_twins(marking)


def settle_twins(marking: Marking) -> None:
    """Of two variables for one wire, a copy stands for nothing, nor does a part that the other one is made of."""
    for version in marking.versions:
        for m in version.moments:
            for key in marking.reads[m]:
                source = marking.at[m].get(key)
                if source is None or source is version or source.wire is None or source.wire != version.wire:
                    continue
                if is_copy(marking, version, key):
                    version.wire = None
                else:
                    source.wire = source.named = None


def is_copy(marking: Marking, version: Version, key: str) -> bool:
    """Whether a variable is another one under a second name."""
    if len(version.moments) > 1:
        return False
    how = contribution(marking.worlds[0].moments[version.moments[0]].statement, version.key)
    return how is not None and bare_key(how.value) == key


def adopt(marking: Marking) -> None:
    """Variables whose names say nothing, or not quite the truth, stand for the wire whose gradient they hold."""
    for _ in range(4):
        marks = marking.marks()
        moved = False
        for version in marking.versions:
            if version.wire is None:
                moved |= adopted(marking, version, free_wires(marking, version), marking.marks(before=version))
            elif marking.is_wrong(version, marks):
                named, wrong = version.wire, len(marking.wrong(marks))
                if adopted(marking, version, free_behind(marking, version), marking.marks(before=version)):
                    if len(marking.wrong(marking.marks())) < wrong:
                        moved = True
                    else:
                        version.wire = named
        if not moved:
            return


def adopted(marking: Marking, version: Version, candidates: list[int], marks: Sequence[Mark]) -> bool:
    """Take the first candidate whose gradient the variable holds, everywhere."""
    values = [marking.value(version, world) for world in marking.worlds]
    if not all(is_gradient_like(g) for g in values):
        return False
    for k in candidates:
        if k not in marks[0][0] or not all(
            marking.right(g, k, mark, world) for g, mark, world in zip(values, marks, marking.worlds, strict=True)
        ):
            continue
        version.wire = k
        return True
    return False


def free_wires(marking: Marking, version: Version) -> list[int]:
    """The wires of a variable's shape that no other variable stands for, named ones and late ones first."""
    taken = {v.wire for v in marking.versions} | set(marking.fixed.values())
    shape = np.shape(marking.value(version, marking.worlds[0]))
    fit = [
        k for k in range(len(marking.forward.wires)) if k not in taken and np.shape(marking.worlds[0].value(k)) == shape
    ]
    return sorted(fit, key=lambda k: (k not in marking.forward.named, -k))


def free_behind(marking: Marking, version: Version) -> list[int]:
    assert version.named is not None or version.wire is not None
    start = version.named if version.named is not None else version.wire
    return [k for k in free_wires(marking, version) if start is not None and k in marking.forward.behind[start]]


def reinterpret(marking: Marking) -> None:
    """Where several lines are wrong that read one variable, and right if it stood for another wire, it does."""
    for _ in range(3):
        marks = marking.marks()
        wrong = {id(v): v for v in marking.wrong(marks)}
        moved = False
        for version in marking.versions:
            if not is_gradient_like(marking.value(version, marking.worlds[0])):
                continue
            readers = reading_versions(marking, version)
            hit = [v for v in readers if id(v) in wrong and v is not version]
            judged = version.wire is not None
            if not hit or (judged and id(version) not in wrong and len(hit) < 2):
                continue
            moved |= moved_elsewhere(marking, version, hit, set(wrong) - {id(version)}, judged)
        if not moved:
            return


def moved_elsewhere(marking: Marking, version: Version, hit: list[Version], wrong: set[int], judged: bool) -> bool:
    before, best, least = version.wire, None, len(wrong)
    for k in free_behind(marking, version) if judged else free_wires(marking, version):
        marking.moved += 1
        if marking.moved > min(MOVES, SWEPT // len(marking.forward.wires)):
            break
        version.wire = k
        marks = marking.marks()
        now = {id(v) for v in marking.wrong(marks)} - {id(version)}
        fixed = [v for v in hit if id(v) not in now]
        if now <= wrong and len(now) < least and (len(fixed) >= 2 or not judged or len(hit) == 1):
            best, least = k, len(now)
    version.wire = before if best is None else best
    return best is not None


def reading_versions(marking: Marking, version: Version) -> list[Version]:
    """The variables whose lines read this one, through ones without a wire too."""
    found: list[Version] = []
    waiting = [version]
    while waiting:
        each = waiting.pop()
        for reader in marking.versions:
            if reader not in found and set(reader.moments) & set(each.readers):
                found.append(reader)
                if reader.wire is None:
                    waiting.append(reader)
    return found
