"""Applying a gate: one step, on what Tensors hold.

Four ways lead into a gate: `apply1`, `apply2` and `apply_entry` for the common case, written out because they are the
eager path, and `apply` for everything: any operands, parameters, several outputs, captured arrays, recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from gatewise._circuit import (
    CLOSED,
    NO_PARAMETERS,
    Closed,
    Expr,
    Made,
    Open,
    SourcedWire,
    Wire,
    closed_bits,
    lent,
    may_close,
    port,
    recognise,
    tick,
)
from gatewise._errors import (
    BeyondError,
    ComplexGradientError,
    GateError,
    GatewiseError,
    KeptError,
    ReadingError,
    user_line,
)
from gatewise._gates import ABSENT, CONSTANT, GATES, NAMES, UNASKED, WANTED, Gate, Pullback, Stops, blank, pick
from gatewise._sweep import FLOATS
from gatewise._tensor.asking import BACKWARD, STOPPED, described, is_still, is_stopped
from gatewise._tensor.carrier import Tensor
from gatewise._tensor.lists import gathered, has_tensor
from gatewise._tensor.parameters import bits_inside, tensors_inside, unwrapped
from gatewise._types import Function, Index, Operands, Parameters, Value

attention = ~BACKWARD  #: wires with one of these bits take the general path: all of them under no_grad()
over = ~BACKWARD  #: the bits that nobody has lent: a Tensor with one of them was kept from a derivative that is over


def attend(general: int, ended: int) -> None:
    """Be told the two sets above; plain names are what the eager path reads fastest."""
    global attention, over
    attention, over = general, ended


Open.attend = attend


def look(out: object, base: Tensor, gate: Gate, forward: Function, parameters: Parameters) -> None:
    """Be told of a view; assignment puts its own in this place."""


def apply2(gate: Gate, forward: Callable[[object, object], Any], x: object, y: Value) -> Value:
    """One step with two operands, Tensors or Python numbers."""
    parents: Any
    if type(x) is Tensor:
        a = x.value
        if type(y) is Tensor:
            b = y.value
            if bits := x.bits:
                if y.bits:
                    key, bits, parents = 0b11010, bits | y.bits, (x.wire, y.wire)
                else:
                    key, parents = 0b11000 if y.wire is STOPPED else 0b11001, x.wire
            else:
                key, bits, parents = 0b10010 if x.wire is STOPPED else 0b10110, y.bits, y.wire
        elif type(y) in FLOATS:
            b, key = y, 0b11000  # more than three names at once would make a tuple first
            bits, parents = x.bits, x.wire
        else:
            return apply(gate, forward, (x, y), {})
    elif type(x) in FLOATS:
        a, b, key = x, y.value, 0b10010
        bits, parents = y.bits, y.wire
    else:
        return apply(gate, forward, (x, y), {})
    if bits & attention or (gate.closings and type(x) is Tensor and bits and may_close(gate, x.wire)):
        return apply(gate, forward, (x, y), {})
    try:
        out = forward(a, b)
    except Exception as error:
        out = recovered(error, gate, forward, (x, y), (a, b))
    if not bits:
        return Tensor(out)
    if type(out) not in FLOATS:
        if type(out) is complex or out.dtype.kind != "f":
            if not is_float(out, gate, (x, y)):
                return Tensor(out, STOPPED)
            if gate.of_reals:
                demand_rule_for(gate, (a, b), (x, y))
        return Tensor(out, Wire(tick(), bits, out, (a, b), parents, gate.array[key]), bits)
    return Tensor(out, Wire(tick(), bits, out, (a, b), parents, gate.scalar[key]), bits)


def apply1(gate: Gate, forward: Callable[[Any], object], x: Tensor) -> Value:
    """One step with one operand, a Tensor."""
    a, bits = x.value, x.bits
    if not bits or bits & attention:
        return apply(gate, forward, (x,), {})
    try:
        out = forward(a)
    except Exception as error:
        out = recovered(error, gate, forward, (x,), (a,))
    parents: Any = x.wire
    if gate.of_reals and type(a) not in FLOATS:
        demand_rule_for(gate, (a,), (x,))
    pullback = (gate.scalar if type(out) in FLOATS else gate.array)[0b110]
    if gate.closings and may_close(gate, x.wire):
        block = recognise(gate, (x.wire,), (a,), {}, out)
        if block is not None:
            return Tensor(out, block_wire(bits, out, ((a,), NO_PARAMETERS, (parents,), pullback), block), bits)
    return Tensor(out, Wire(tick(), bits, out, (a,), parents, pullback), bits)


def apply_entry(x: Tensor, index: Index) -> Value:
    """One step that picks entries of an array, a Tensor."""
    a, bits = x.value, x.bits
    numbered = type(index) is int
    if type(a) is not np.ndarray or not bits or bits & attention or PICK.closings or (lent.recording and not numbered):
        return apply(PICK, pick, (x,), {"index": index})
    place = index if numbered else unwrapped(index)
    try:
        out = a[place]
    except Exception as error:
        out = recovered(error, PICK, pick, (x,), (a,), {"index": place})
    saved = blank(a) if x.alias is not None and is_written_into(x) else a  # what is written into next is not held on to
    parents: Any = x.wire
    made = Tensor(out, Wire(tick(), bits, out, (saved,), parents, PICK.array[0b110], {"index": place}), bits)
    if type(out) is np.ndarray:
        look(made, x, PICK, pick, {"index": index})
    return made


PICK = GATES[pick]


def block_wire(bits: int, out: object, written: Made, block: Closed, step: Expr | None = None) -> SourcedWire:
    """The wire of a step that closes a block: it goes by the block's rule, and remembers the gate the user wrote."""
    operands, parameters, parents, rule, sources = block
    return SourcedWire(
        tick(), bits, out, operands, parents, rule, parameters, sources=sources, written=written, step=step
    )


def apply(gate: Gate, forward: Function, operands: Sequence[object], parameters: Parameters) -> Value:
    """One step: any operands, parameters and outputs; captured arrays are copied where the rule needs them."""
    closed, recording = closed_bits() if CLOSED.get() else 0, lent.recording
    values: list[Any] = []
    parents: list[Any] = []
    key, bits = 1, 0
    for i, x in enumerate(operands):
        kind = 0
        if type(x) is Tensor:
            own = x.bits & ~closed
            if own & over and not own & lent.taking:
                x = standing_in(x, closed)
                operands, own = [*operands[:i], x, *operands[i + 1 :]], x.bits
            bits |= own
            if own & ~recording:
                kind = WANTED
                parents.append(x.wire)
            else:
                kind = CONSTANT if is_stopped(x.wire) else UNASKED
            x = x.value
        elif x is None:
            kind = ABSENT
        elif type(x) not in FLOATS and (not isinstance(x, PLAIN) or getattr(x, "__array_priority__", 0) > 0):
            demand_plain(x)
        key = key << 2 | kind
        values.append(x)
    plain_parameters = {name: unwrapped(value) for name, value in parameters.items()} if parameters else NO_PARAMETERS
    if recording:
        bits |= bits_inside(parameters.values()) & recording
    again = lent.recomputing if not recording else None
    try:
        out = forward(*values, **plain_parameters)
    except Exception as error:
        again = None
        if isinstance(error, ReadingError) and any(type(x) in (list, tuple) and has_tensor(x) for x in operands):
            error.forgotten()
            return apply(gate, forward, list(map(gathered, operands)), parameters)
        out = recovered(error, gate, forward, operands, values, plain_parameters)
    if gate.of_reals:
        demand_rule_for(gate, values, operands)
    several = isinstance(out, (tuple, list))
    real = type(out) is np.ndarray and out.dtype.kind == "f"  # as most are, without a call
    if not parents or type(gate.family) is Stops or not (several or real or is_float(out, gate, operands)):
        parents, bits = [], bits & recording
    if not bits:
        stopped = STOPPED if type(gate.family) is Stops or (gate.views and all(map(is_constant, operands))) else None
        made = Tensor(out, stopped) if not several else regrouped(out, [Tensor(v, stopped) for v in out])
        if gate.views and len(operands) == 1 and type(operands[0]) is Tensor:
            look(made, operands[0], gate, forward, parameters)
        return made
    if bits & Open.recordings & ~recording:
        raise in_another_thread(gate)
    if not parents:
        key &= ~((4 ** len(values) - 1) // 3 * 2)  # nobody is wanted
    scalar = not several and type(out) in FLOATS and all(type(v) in FLOATS for v in values)
    pullback = (gate.scalar if scalar else gate.array)[key]
    needs = pullback.needs
    for i, x in enumerate(operands):
        if not isinstance(x, IMMUTABLE) and (gate.many or gate.operands[i] in needs):
            values[i] = np.array(x)
    base: Any = operands[0] if gate.views and len(operands) == 1 and type(operands[0]) is Tensor else None
    if base is not None and not recording and base.alias is not None and getattr(base.alias, "own", False):
        values[0] = blank(values[0])  # its memory is written into next, and nobody needs what is in it
    saved, behind = tuple(values), tuple(parents)
    wire: Wire
    step = None
    if bits & recording and lent.on_step is not None:
        step = lent.on_step(gate, forward, operands, values, parameters, plain_parameters, out)
    rule, block = pullback if parents else None, None
    if step is not None or (gate.closings and parents):
        sources = [x.wire if type(x) is Tensor else None for x in operands]
    if gate.closings and parents:
        block = recognise(gate, sources, values, plain_parameters, out)
    if block is not None:
        wire = block_wire(bits, out, (saved, plain_parameters, behind, pullback), block, step)
    elif step is not None:
        wire = SourcedWire(tick(), bits, out, saved, behind, rule, plain_parameters, sources=sources, step=step)
        inside = () if gate is PICK else parameters.values()  # a plain array takes any index, and stays one
        wire.still = not parents and all([is_still(x.wire) for x in tensors_inside((*operands, *inside))])  # noqa: C419
    else:
        wire = Wire(tick(), bits, out, saved, behind[0] if len(behind) == 1 else behind, rule, plain_parameters)
    made = (
        Tensor(out, wire, bits)
        if not several
        else regrouped(out, [one_port(v, k, wire, bits) for k, v in enumerate(out)])
    )
    if base is not None:
        look(made, base, gate, forward, parameters)
    if again is not None:
        again.take(wire, made, forward, operands, plain_parameters, block)
    return made


def in_another_thread(gate: Gate) -> GateError:
    """The error for a step of a recording in a thread of its own."""
    what, why = f"{gate.name} ran in another thread.", "a circuit records the thread it was started in."
    return GateError(what, why, "compute in one thread inside gw.circuit.").told_everywhere()


def is_constant(x: object) -> bool:
    return type(x) is Tensor and is_stopped(x.wire)


def is_written_into(x: object) -> bool:
    """Whether a Tensor's memory is its own and may be written into in place."""
    return type(x) is Tensor and x.alias is not None and getattr(x.alias, "own", False)


#: What nobody else can change: a Tensor owns its memory. All else (arrays, lists) is copied when a rule will need it.
IMMUTABLE = (Tensor, type(None), int, float, complex, np.generic)
#: Gates that the two fast ways do not know: they stop gradients, or have several outputs.
UNHURRIED = {g for g in NAMES.values() if type(g.family) is Stops or getattr(g.function, "nout", 1) > 1}


def standing_in(x: Tensor, closed: int) -> Tensor:
    """A Tensor kept from a derivative that is over, as those being taken now have it.

    It is a constant to all but them; a sweep of theirs that comes to it would lose its part without a word.
    """
    bits = lent.taking & ~closed
    if not bits:
        return Tensor(x.value, STOPPED if is_stopped(x.wire) else None)
    if lent.recording:
        raise KeptError.of(described(x))
    return Tensor(x.value, Wire(tick(), bits, x.value, (described(x), user_line()), (), kept_over), bits)


@Pullback
def kept_over(g: object, out: object, operands: Operands, parameters: object, live: object = None) -> object:
    """What stands at a wire from a derivative that is over."""
    raise KeptError.of(*operands)


PLAIN = (np.ndarray, np.generic, float, int, complex, list, tuple, str)


def demand_plain(x: object) -> None:
    """Refuse what has an arithmetic of its own: a matrix, a sparse one, a Series."""
    if isinstance(x, np.ndarray) or hasattr(x, "toarray") or hasattr(x, "__array__"):
        raise GateError.subclass(x)


def regrouped(out: Value, parts: list[object]) -> object:
    """Several outputs in the list, tuple or named tuple that NumPy gives them in."""
    return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)


def one_port(value: object, k: int, wire: Wire, bits: int) -> Tensor:
    """One output of a step with several; a whole number or a truth value is a constant."""
    if np.asarray(value).dtype.kind not in "fc":
        bits &= lent.recording
    if not bits:
        return Tensor(value)
    return Tensor(value, Wire(tick(), bits, value, (k,), (wire,), port), bits)


def is_float(out: object, gate: Gate, operands: Sequence[object]) -> bool:
    """Whether `out` can carry a gradient; a complex one is an error."""
    if type(out) in FLOATS:
        return True
    kind = np.asarray(out).dtype.kind
    if kind in "fcbiu":
        return kind in "fc"
    raise GateError(
        f"{gate.name} of {' and '.join(described(x) for x in operands)} gives {np.asarray(out).dtype}.",
        "a gradient needs numbers of NumPy's own: floats.",
        "make arrays of floats first, with np.array(..., dtype=float).",
    )


REAL = np.dtype(float)


def demand_rule_for(gate: Gate, values: Sequence[object], operands: Sequence[object]) -> None:
    """Refuse complex numbers where a gate's rule is one for real ones."""
    for v in values:
        if type(v) not in FLOATS and (type(v) is complex or getattr(v, "dtype", REAL).kind == "c"):
            raise ComplexGradientError(
                f"{gate.name} of {' and '.join(described(x) for x in operands)} is given complex numbers.",
                "its rule is one for real numbers.",
                "real and imaginary parts apart, or np.abs(z) and np.angle(z).",
            )


def recovered(
    error: Exception,
    gate: Gate,
    forward: Function,
    operands: Sequence[object],
    values: Sequence[Value],
    parameters: Parameters = NO_PARAMETERS,
) -> Value:
    """Where Python's floats raise, NumPy's inf or nan, still a Python float; any other error is explained."""
    if isinstance(error, ArithmeticError) and all(type(v) in FLOATS for v in values):
        with np.errstate(all="ignore"), suppress(OverflowError):  # an int may be too large for any float
            beyond = float(forward(*map(np.float64, values), **parameters))
            BeyondError.note(gate.name, [described(x) for x in operands], beyond, error)
            return beyond
    if isinstance(error, (MemoryError, Warning, GatewiseError)):
        raise error
    if isinstance(error.__cause__, GatewiseError):  # NumPy's words for an error of ours
        raise error.__cause__ from None
    raise GateError.of(gate.name, [described(x) for x in operands], [np.shape(v) for v in values], error) from None
