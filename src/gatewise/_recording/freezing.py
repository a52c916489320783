"""From the tape of a run to a circuit: the steps that count, the stages, the blocks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from gatewise._circuit import (
    Block,
    FrozenCircuit,
    Input,
    Read,
    SourcedWire,
    Stage,
    Wire,
    holding,
    part_of,
    seen,
    step_of,
    unknown_behind,
    verify,
    wires_in,
)
from gatewise._recording.constants import PlainNames
from gatewise._recording.functions import Signature, read_by_python
from gatewise._recording.naming import Namer, made_by, used_names, where_of
from gatewise._recording.operands import Constants
from gatewise._recording.places import spots
from gatewise._recording.recorder import Recorder


class Call(NamedTuple):
    """A helper function that a step stands in: its name, the instruction that called it, the number of the call."""

    name: str
    site: int
    number: int


def freeze(
    recorder: Recorder,
    inputs: Sequence[Input],
    output: Wire,
    *,
    name: str,
    bit: int,
    upstream: Any,
    plain: PlainNames,
    signature: Signature,
) -> FrozenCircuit:
    """The circuit behind `output`: what it does not depend on is left out."""
    made = reached_steps(output)
    beside = beside_them(made, recorder)
    outputs = used_outputs(made, output)
    namer = Namer(inputs, used_names(recorder.shown))
    stages = named_stages(made, recorder, namer, outputs, output, name)
    constants = Constants(plain, namer, recorder, made, {i.wire: (i.text, i.parameter) for i in inputs})
    constants.beside(beside)
    everything = (*inputs, *constants.found)
    edges = {i.wire for i in everything}
    scopes, sites, calls = calls_around({w: calls_of(holder) for holder in made for w in values_of(holder, outputs)})
    frozen = FrozenCircuit(
        name=name,
        inputs=everything,
        wires=(*(i.wire for i in everything), *(w for stage in stages for w in stage.wires)),
        output=seen(output),
        names=namer.names,
        named=frozenset(namer.chosen),
        stages=tuple(stages),
        upstream=upstream,
        bit=bit,
        recording=recorder.bit,
        signature=signature,
        blocks={w: block_at(w, edges) for w in made if w.written is not None},
        spelled=constants.spelled,
        texts=constants.texts,
        setup=tuple(plain.uses.values()),
        reads=tuple(Read(seen(read.wire), read.how, read.value) for read in recorder.reads),
        read=read_by_python(recorder.reads),
        taken=frozenset(namer.taken | namer.used),
        scopes=scopes,
        sites=sites,
        calls=calls,
        beside=beside,
        around=plain,
    )
    return verify(frozen)


def named_stages(
    made: Sequence[SourcedWire],
    recorder: Recorder,
    namer: Namer,
    outputs: Mapping[Wire, list[Wire]],
    output: Wire,
    name: str,
) -> list[Stage]:
    """The steps by the user's statements, each statement and then every wire inside it under its name."""
    stages = [stage_of(group, recorder, namer, outputs, output, name) for group in grouped(made)]
    for stage in stages:
        namer.inner(stage.name, stage.wires)
    return stages


def stage_of(
    group: Sequence[SourcedWire],
    recorder: Recorder,
    namer: Namer,
    outputs: Mapping[Wire, list[Wire]],
    output: Wire,
    name: str,
) -> Stage:
    """The steps of one statement as a stage under its name."""
    number = where_of(group[0]).stage
    statement = recorder.statements[number]
    wires = tuple(w for holder in group for w in values_of(holder, outputs))
    stage_name = namer.stage(statement, group, outputs, output, name, bound_in(recorder.bound.get(number, {}), wires))
    line, text = (statement.line, statement.text) if statement else (None, "")
    if recorder.shown is not None and recorder.shown.co_filename.startswith("<gatewise "):
        line = None  # an expression: its lines are ours
    return Stage(stage_name, line, text, wires, statement)


# ----------------------------------------------------------------------------------------------- the steps that count


def reached_steps(output: Wire) -> list[SourcedWire]:
    """The wires that hold the steps behind `output`, oldest first."""
    behind = map(holding, unknown_behind(seen(output), frozenset[Wire]().__contains__))
    return list(dict.fromkeys(holder for holder in behind if holder is not None))


def beside_them(made: Sequence[SourcedWire], recorder: Recorder) -> tuple[SourcedWire, ...]:
    """Wires for the steps that the output does not need and that stand where one stands which it needs.

    What a loop computes for its next round is lost in the last one; a round is whole with it.
    """
    reached = {id(made_by(holder)) for holder in made}
    lost = [(k, step) for k, step in recorder.in_loops if id(step) not in reached]
    places = {spots(where_of(holder).place) for holder in made} if lost else set()
    lost = [(k, step) for k, step in lost if spots(step.place) in places]
    return tuple(SourcedWire(order, recorder.bit, step.value, step=step) for order, step in lost)


def block_at(wire: SourcedWire, edges: Collection[Wire]) -> Block:
    """The block that closes at a wire; an index has the wires in it that it has in the step it was given to."""
    operands = tuple(value if w is None else seen(w) for w, value in zip(wire.sources, wire.operands, strict=True))
    borders = {*edges, *(x for x in operands if isinstance(x, Wire))}
    inside = frozenset(unknown_behind(wire, lambda w: w in borders or step_of(w) is None)) - {wire}
    told = {name: name_of_parts(name, value, inside) for name, value in wire.parameters.items()}
    wire.told = told
    return Block(wire.pullback.gate, operands, told, inside)


def name_of_parts(name: str, value: object, inside: Collection[Wire]) -> object:
    """A parameter of a block, with wires where the step that was given it has them."""
    for wire in inside:
        if (made := step_of(wire)) is not None and wire.parameters.get(name) is value and name in made.parameters:
            return made.parameters[name]
    return value


def used_outputs(made: Sequence[SourcedWire], output: Wire) -> dict[Wire, list[Wire]]:
    """For each step with several outputs, those that are used, in order."""
    if not any(isinstance(holder.value, (tuple, list)) for holder in made):
        return {}
    used = {seen(output), *(x for holder in made for x in wires_in(made_by(holder)))}
    found: dict[Wire, list[Wire]] = {}
    for wire in sorted((w for w in used if part_of(w) is not None), key=lambda w: w.order):
        if (holder := holding(wire)) is not None:
            found.setdefault(holder, []).append(wire)
    return found


def values_of(holder: SourcedWire, outputs: Mapping[Wire, list[Wire]]) -> list[Wire]:
    """The wires a step made: itself, or those of its outputs that are used."""
    return outputs.get(holder, []) if isinstance(holder.value, (tuple, list)) else [holder]


def grouped(made: Sequence[SourcedWire]) -> list[list[SourcedWire]]:
    """The steps stage by stage."""
    groups: dict[int, list[SourcedWire]] = {}
    for holder in made:
        groups.setdefault(where_of(holder).stage, []).append(holder)
    return list(groups.values())


def calls_around(
    calls: Mapping[Wire, list[Call]],
) -> tuple[dict[Wire, str], dict[Wire, tuple[int, ...]], dict[Wire, tuple[int, ...]]]:
    """By wire the names of the calls around it, where each was called, and which call of the run it was."""
    scopes = {w: "/".join(call.name for call in found) for w, found in calls.items()}
    sites = {w: tuple(call.site for call in found) for w, found in calls.items()}
    return scopes, sites, {w: tuple(call.number for call in found) for w, found in calls.items()}


def calls_of(holder: SourcedWire) -> list[Call]:
    """The helper functions a step stands in, outermost first, each with the instruction of the call and its number."""
    where = where_of(holder)
    inner = zip(pairwise(where.place), where.calls[1:], strict=True)
    calls = [Call(code.co_name, site, number) for ((_, site), (code, _)), number in inner]
    return [call for call in calls if not call.name.startswith("<")]


def bound_in(bound: Mapping[str, Wire], wires: Sequence[Wire]) -> dict[str, Wire]:
    """Those of several names bound at once whose values a stage made, each value under its first name."""
    made = set(wires)
    found: dict[Wire, str] = {}
    for name, wire in bound.items():
        if seen(wire) in made:
            found.setdefault(seen(wire), name)
    return {name: wire for wire, name in found.items()}
