"""The only backward loop: steps newest first, each asked for its pullback, contributions summed over the uses."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import (
    NO_PARAMETERS,
    Ports,
    SourcedWire,
    Wire,
    identity,
    inside_block,
    parents_as_written,
    port,
    sources_of,
    with_wires,
)
from gatewise._errors import ChangedError, GateError, GatewiseError, ReleasedError, UpstreamError
from gatewise._gates import GATES, Carrier, Growing, Live, Pullback, plain, shape_of, showing, written
from gatewise._types import Operands, Parameters, Value

ASSIGN = GATES[written]
FLOATS = frozenset((float, int, np.float64))  #: on these no shape and no dtype can go wrong

Observer = Callable[[Wire, int, Wire, Any], None]  #: (step's wire, operand position, operand's wire, contribution)
Arrive = Callable[[Wire, Any], Any]  #: (wire, its complete gradient) -> what goes on from there
Lift = Callable[[Any, Wire, int], Carrier]  #: (value, wire, bits) -> Tensor


@Pullback
def released(g: Value, out: Value, operands: Operands, parameters: Parameters, live: Any = None) -> object:
    """What stands in for a pullback whose saved values were let go of."""
    raise ReleasedError(
        "backward() was called a second time on the same circuit.",
        "the first call let go of the values it had saved, as PyTorch does.",
        "call backward(retain_graph=True) the first time, or run the function again.",
    )


@Pullback
def outdated(g: Value, out: Value, operands: Operands, parameters: Parameters, live: Any = None) -> object:
    """What stands at the wire of a value that was changed in place after it had been recorded."""
    name, changes = operands
    raise ChangedError.of(name, changes)


def sweep(
    upstream: Mapping[Wire, Any],
    bit: int,
    *,
    lower: int = 0,
    lift: Lift | None = None,
    observer: Observer | None = None,
    arrive: Arrive | None = None,
    keep: bool = False,
    release: bool = False,
    as_written: bool = False,
    edges: Collection[Wire] = (),
) -> dict[Wire, Any]:
    """Go backwards from the wires of `upstream`, with its cotangents, and return what arrived at each leaf.

    `bit` is the derivative's. Wires that carry one of the `lower` bits take part as Tensors made by `lift`, so that
    the sweep itself is recorded; all others as numbers. `observer` is told every contribution, `arrive` every wire's
    complete gradient, and may put another in its place. With `keep` every
    wire keeps its gradient; with `release` every step lets go of its saved values; `as_written` goes through the gates
    the user wrote, where a block's rule took their place; at `edges` it stops, as at leaves.
    """
    leaves: dict[Wire, Any] = {}
    cotangents: dict[Wire, Any] = dict(upstream)
    by_gates = hooked_inside(upstream, bit) if Hooks.any and not as_written else NONE
    order = reached(upstream, bit, as_written, edges, by_gates)
    with np.errstate(all="ignore"):
        while order:
            wire = order.pop()
            g = cotangents.pop(wire, None)
            if g is None:
                continue  # only structural zeros came
            if type(g) is Live:
                if g.everywhere:
                    g = g.g
            elif type(g) is Growing and (arrive or keep or edges or wire.bits & lower or not takes_growing(wire)):
                g = g.settled()
            if wire.hooks is not None:
                g = hooked(wire, g, keep)
            if arrive is not None:
                g = arrive(wire, g)
            if keep:
                if wire.grad is None and type(g) is not Live and type(g) is not Ports:
                    wire.grad = [g]  # to be copied when it is read
                else:
                    keep_gradient(wire, g)
            pullback = wire.pullback
            if pullback is None or (edges and wire in edges):
                leaves[wire] = g
                continue
            parents: Any
            if wire.bits & lower or type(g) is Live or (type(wire) is SourcedWire and (as_written or wire in by_gates)):
                positions, parents, parts = with_care(wire, g, bit, lower, lift, as_written or wire in by_gates)
                if not parents:  # an input of a derivative that was a Tensor already
                    leaves[wire] = g
                    continue
            else:
                positions, parents = pullback.positions, wire.behind
                try:
                    parts = pullback.back(g, wire.value, wire.operands, wire.parameters)
                except ArithmeticError:
                    operands = tuple(map(boxed, wire.operands))
                    parts = pullback.back(g, boxed(wire.value), operands, wire.parameters)
                except (TypeError, ValueError, IndexError) as error:
                    raise no_way_back(pullback, error) from error
            if keep and type(wire) is SourcedWire and wire.written is not None and wire not in by_gates:
                keep_inside(wire, g)
            if release:
                wire.operands, wire.behind, wire.pullback = (), (), released
                wire.parameters = NO_PARAMETERS
            if observer is not None:
                tell(observer, wire, positions, parents if type(parents) is tuple else (parents,), parts)
            if type(parents) is not tuple:  # one alone, as most steps have
                part = parts[0]
                if part is not None:
                    cotangents[parents] = summed(cotangents[parents], part) if parents in cotangents else part
                continue
            for k, parent in enumerate(parents):
                part = parts[k]
                if part is not None:
                    cotangents[parent] = summed(cotangents[parent], part) if parent in cotangents else part
    return leaves


def takes_growing(wire: Wire) -> bool:
    """Whether a wire is the version of an array after entries were written into it, which nobody else is told of."""
    return wire.hooks is None and wire.pullback is not None and wire.pullback.gate is ASSIGN


def tell(
    observer: Observer, wire: Wire, positions: Sequence[int], parents: Sequence[Wire], parts: Sequence[Value]
) -> None:
    """Tell the observer what a step sends to each of its operands."""
    for k, parent, part in zip(positions, parents, parts, strict=True):
        if part is not None:
            observer(wire, k, parent, part if type(part) is not Growing else part.settled(copy=True))


def summed(before: Value, part: Value) -> Value:
    """The sum of two cotangents of one wire."""
    if type(part) is Growing or type(before) is Growing:
        return grown(before, part)
    # A mask knows how to be added to; what it is added to may not.
    return before + part if type(part) is not Live else part + before


def grown(before: Value, part: Value) -> object:
    """The sum of two cotangents of which one is changed in place."""
    if type(part) is not Growing:
        before, part = part, before
    if type(before) is Growing:
        return part.absorb(before.settled())
    if type(before) is Live:  # recorded: nothing is changed in place
        return before + part.settled() if before.is_recorded else part.absorb(before)
    return part.settled() + before if isinstance(before, Carrier) else part.absorb(before)


def hooked_inside(wires: Iterable[Wire], bit: int) -> frozenset[Wire]:
    """The blocks with a user's hook on a wire inside: they are gone through gate by gate."""
    blocks = [w for w in reached(wires, bit) if type(w) is SourcedWire and w.written is not None]
    return frozenset(w for w in blocks if any(inner.hooks for inner in inside_block(w)))


NONE: frozenset[Wire] = frozenset()


class Hooks:
    """Whether any Tensor ever got a hook: without one nobody looks for them."""

    any = False


def keep_inside(block: SourcedWire, g: Value) -> None:
    """Leave their gradients on the wires inside a block that somebody still holds, as the gates the user wrote say."""
    if nobody_holds(block):
        return
    inner = inside_block(block)
    cotangents: dict[Wire, Any] = {block: g}
    for wire in (block, *inner):
        if (arrived := cotangents.get(wire)) is None or wire.pullback is None:
            continue
        if wire is not block:
            keep_gradient(wire, arrived)
        _, parents, parts = with_care(wire, arrived, -1, 0, None, True)
        for parent, part in zip(parents, parts, strict=True):
            if part is not None and parent in inner:
                cotangents[parent] = cotangents[parent] + part if parent in cotangents else part


def nobody_holds(block: SourcedWire) -> bool:
    """Whether only the next step refers to each wire inside a block that is a plain chain, as it is for most."""
    assert block.written is not None
    behind: Any = block.written[2]
    ends: Any = block.behind
    ends = ends if type(ends) is tuple else (ends,)
    while (behind if type(behind) is tuple else (behind,)) != ends:
        if type(behind) is tuple:
            if len(behind) != 1:
                return False
            (behind,) = behind
        wire = behind
        del behind  # one name refers to the wire that is counted
        if type(wire) is not Wire or sys.getrefcount(wire) > HELD:
            return False
        behind = wire.behind
    return True


def reached(
    wires: Iterable[Wire],
    bit: int,
    as_written: bool = False,
    edges: Collection[Wire] = (),
    by_gates: Collection[Wire] = (),
) -> list[Wire]:
    """These wires and all behind them that carry `bit`, oldest first: sorting by age needs no recursion."""
    found = list(wires)
    seen = set(found)
    for wire in found:
        if edges and wire in edges:
            continue
        parents: Any = parents_as_written(wire) if as_written or wire in by_gates else wire.behind
        for parent in parents if type(parents) is tuple else (parents,):
            if parent not in seen and parent.bits & bit:
                seen.add(parent)
                found.append(parent)
    found.sort(key=operator.attrgetter("order"))
    return found


def with_care(
    wire: Wire, g: Value, bit: int, lower: int, lift: Lift | None, as_written: bool
) -> tuple[Sequence[int], Sequence[Wire], Sequence[object]]:
    """One step under a mask, with other derivatives open, or as the user wrote it."""
    operands, parameters, parents, pullback = wire.operands, wire.parameters, wire.parents, wire.pullback
    sources: Sequence[Wire | None] | None = None
    if type(wire) is SourcedWire and wire.written is not None and as_written:
        operands, parameters, parents, pullback = wire.written
        sources = wire.step.operands if wire.step else None
    if wire.parents == () and pullback is not None:  # released, outdated, kept: it says so
        pullback.back(g, None, operands, parameters)
    if showing.on and wire.bits & lower:
        pullback = pullback.with_masks() if showing.exact else pullback.as_printed(masks=True)
    # The wire that a derivative gave to its input is that one's leaf, whatever stale bits lie behind it.
    own_input = pullback is identity and wire.operands[0] == bit
    kept = [] if own_input else [k for k, parent in enumerate(parents) if parent.bits & bit]
    if not kept:
        return (), (), ()
    out, (g, *live) = wire.value, (g.g, g.mask) if type(g) is Live else (g,)
    if live and showing.exact and type(live[0]) is np.ndarray and live[0].all():
        live = []
    if wire.bits & lower and pullback is not port and lift is not None:
        out, operands, parameters = recorded(wire, operands, pullback, sources, lower, lift)
    try:
        parts = pullback.back(g, out, operands, parameters, *live)
    except ArithmeticError:
        parts = pullback.back(g, boxed(out), tuple(map(boxed, operands)), parameters, *live)
    except (TypeError, ValueError, IndexError) as error:
        raise no_way_back(pullback, error) from error
    positions = pullback.positions
    return [positions[k] for k in kept], tuple([parents[k] for k in kept]), [parts[k] for k in kept]


def recorded(
    wire: Wire, operands: Operands, pullback: Any, sources: Sequence[Wire | None] | None, lower: int, lift: Lift
) -> tuple[Any, Sequence[Any], Parameters]:
    """A step's value, operands and parameters, with Tensors where other derivatives are open.

    `sources` are given where the step is taken as the user wrote it.
    """
    parameters = recorded_parameters(wire, sources is not None, lift, lower)
    sources = sources_of(wire) if sources is None else sources
    if pullback is not identity:
        operands = tuple(
            lift(value, source, source.bits & lower) if isinstance(source, Wire) and source.bits & lower else value
            for value, source in zip(operands, sources, strict=True)
        )
    return lift(wire.value, wire, wire.bits & lower), operands, parameters


def recorded_parameters(wire: Wire, as_written: bool, lift: Lift, lower: int) -> Parameters:
    """A step's parameters with Tensors where wires stand in them: an index is an operand like any other."""
    if type(wire) is not SourcedWire or wire.step is None:
        return wire.parameters
    told = wire.step.parameters if wire.written is None or as_written else wire.told or wire.parameters
    return {
        name: with_wires(value, lambda each: lift(each.value, each, each.bits & lower)) for name, value in told.items()
    }


def no_way_back(pullback: Pullback, error: Exception) -> Exception:
    """Why a gate's rule cannot go back from what it was given: a mistake of gatewise's, or operands no rule is for."""
    if isinstance(error, GatewiseError) or pullback.gate is None:
        return error
    what = f"the gradient of {pullback.gate.name} cannot be computed for these operands."
    cure = "floats in the place of truth values and of whole numbers: x.astype(float)."
    return GateError(what, f"its rule ends in {type(error).__name__}: {' '.join(str(error).split())}", cure)


def boxed(value: Value) -> object:
    """Python floats raise (1 / 0.0, 0.0 ** -0.5) where NumPy gives inf: rare, so tried again as NumPy scalars."""
    if isinstance(value, Carrier):
        return type(value)(boxed(value.value), value.wire, value.bits)
    return np.float64(value) if type(value) in FLOATS else value


def hooked(wire: Wire, g: Value, plainly: bool) -> object:
    """The gradient after the user's hooks, each of which gets a copy and may give another, `plainly` a plain one.

    Entries that were dead stay so where a hook leaves them at zero.
    """
    for hook in list((wire.hooks or {}).values()):
        changed = hook(given(g, wire.value))
        if changed is None:
            continue
        if shape_of(changed) != np.shape(wire.value):
            raise UpstreamError.shaped(shape_of(changed), np.shape(wire.value))
        changed = given(plain(changed) if plainly else changed, wire.value)
        g = Live(changed, g.mask | np.not_equal(plain(changed), 0)) if type(g) is Live else changed
    return g


def keep_gradient(wire: Wire, g: Value) -> None:
    """Add `g` to what a wire keeps; a list of one marks a gradient that shares memory with others."""
    g = g.g if type(g) is Live else g
    if type(g) is Ports:
        return
    before = wire.grad[0] if type(wire.grad) is list else wire.grad
    wire.grad = [g if before is None else before + g]


def given(g: Value, value: Value) -> Value:
    """A gradient to hand out: a float for a float, a Tensor for a Tensor, an array of its own for an array."""
    if type(g) is Live:
        g = g.g
    if isinstance(g, Carrier):
        return g
    if isinstance(value, (float, complex)):
        return type(value)(g)
    if isinstance(value, np.generic):
        return value.dtype.type(g)
    return np.array(g, dtype=value.dtype)


def handed_out(box: list[Any], value: Value) -> Value:
    """The gradient in `box`, taken out of it: copied only where something else still refers to its memory."""
    if type(value) is float and type(box[0]) in FLOATS:
        return float(box.pop())
    g, own = taken_out(box)
    if own and isinstance(value, np.ndarray) and g.dtype == value.dtype:
        return g
    return given(g, value)


def taken_out(box: list[Any]) -> tuple[Any, bool]:
    """What is in `box`, and whether it is an array that nobody else has: a view would hold on to it too."""
    g = box.pop()
    own = type(g) is np.ndarray and g.base is None and sys.getrefcount(g) <= ALONE
    return g, own


def count_alone(box: list[Any]) -> int:
    """The reference count that this Python gives an array which only one local name refers to."""
    g = box.pop()
    return sys.getrefcount(g)


ALONE = count_alone([np.empty(0)])


def count_held(step: Wire) -> int:
    """The reference count of a wire that one step and one local name refer to."""
    wire = step.behind
    return sys.getrefcount(wire)


HELD = count_held(Wire(0, 0, 0.0, (), Wire(0, 0, 0.0)))


def outwards(g: Value) -> object:
    """A gradient as users see it: of a complex wire the conjugate, so that `z - rate * gradient` descends.

    Inside, a cotangent c of z means that the loss moves by Re(sum(c * dz)): then rules need no conjugates.
    """
    if type(g) is float:
        return g
    bare = g.value if isinstance(g, Carrier) else g
    return np.conj(g) if type(bare) is complex or getattr(bare, "dtype", FLOAT64).kind == "c" else g


FLOAT64 = np.dtype(float)


def ones_for(value: Value) -> Value:
    """The upstream gradient of ones for an output."""
    if type(value) is complex:
        return 1.0 + 0.0j
    if isinstance(value, float):
        return 1.0
    return value.dtype.type(1) if isinstance(value, np.generic) else np.ones_like(value)


def zeros_for(value: Value) -> Value:
    """The gradient of a wire that the output does not depend on."""
    if isinstance(value, (float, complex)):
        return type(value)(0.0)
    return value.dtype.type(0) if isinstance(value, np.generic) else np.zeros_like(value)
