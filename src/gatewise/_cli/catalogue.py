"""The catalogue of gates and the page of one gate, all of it from the gate's declaration."""

from __future__ import annotations

import difflib
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from gatewise._board import Circuit, circuit_of, frozen_of
from gatewise._build import function
from gatewise._errors import IntegerGradientError, UnknownGateError
from gatewise._gates import NAMES, Gate, load_scipys, neural
from gatewise._gates.absent import instead_if_numpys
from gatewise._language import ALIASES, SYNONYMS
from gatewise._twins import scipys
from gatewise._types import Operands, Parameters
from gatewise._views.numbers import number

PATTERNS = {
    "distributes": "every input gets the whole upstream gradient, not a share of it",
    "routes": "the gradient goes to what was chosen, the rest gets nothing",
    "swaps": "each input's gradient is scaled by the other input",
    "scales": "the upstream gradient is multiplied by the gate's own slope",
    "spreads": "one gradient is handed out to many entries",
    "mixes": "every entry's gradient gathers several upstream ones",
    "moves": "gradients stay as they are and go back to where the entries came from",
    "stops": "nothing goes back",
}
FAMILIES = {
    "elementwise": "its rule is the local gradient along each input",
    "reduction": "its rule is the weight of each entry in the total",
    "linear": "its rule is what goes back along each input, a linear map of what came",
    "custom": "its rule is the whole way back",
    "stops": "it needs no rule",
}
SPELLINGS = ALIASES | {"logistic": SYNONYMS["logistic"]}
POSITIONS = (0.7, 0.4, 0.2)  # where in a gate's domain the example's numbers lie


def catalogue() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head and the rows of the table of all gates; SciPy's are among them where it is installed."""
    load_scipys()
    rows: list[tuple[str, ...]] = [
        (gate.name, gate.symbol, gate.pattern, family_of(gate), first_line(gate)) for gate in NAMES.values()
    ]
    return ("gate", "symbol", "pattern", "family", "what it does to gradients"), rows


def family_of(gate: Gate) -> str:
    """The family's name, and whether the gate is a block of several."""
    return gate.family.name + (", block" if inspect.getmodule(gate.rule) is neural else "")


def first_line(gate: Gate) -> str:
    return gate.doc.partition("\n")[0]


def gate_named(name: str) -> Gate:
    """The gate of a name, of NumPy's name for it, or of its operator. Raises `UnknownGateError`."""
    bare = name.removeprefix("np.").removeprefix("numpy.").removeprefix("linalg.")
    bare = SPELLINGS.get(bare, bare).replace("-", "_")
    if bare in NAMES:
        return NAMES[bare]
    load_scipys()
    for gate in NAMES.values():
        if name and name.removeprefix("scipy.") in (gate.infix, gate.symbol, gate.name, gate.path):
            return gate
    if (instead := instead_if_numpys(bare)) is not None:  # nothing is guessed from its letters
        raise UnknownGateError(name, None, instead)
    near = difflib.get_close_matches(bare.lower(), NAMES, n=1, cutoff=0.7)
    raise UnknownGateError(name, SYNONYMS.get(bare) or (near[0] if near else None))


def gate_page(name: str, fit: Callable[[str], str] = str) -> str:
    """The page of one gate: sentence, pattern, family, edges, rule, and an example with its code and card.

    What is no code is given to `fit`, which breaks lines that are too long for where they are to stand.
    """
    gate = gate_named(name)
    call = sample(gate)
    circuit = example(gate, call)
    parts = [
        f"{gate.name}: {gate.doc}",
        "",
        f"  pattern  {gate.pattern}: {PATTERNS[gate.pattern]}",
        f"  family   {gate.family.name}: {FAMILIES[gate.family.name]}",
        f"  written  {call.text}",
    ]
    parts += [f"  at       {line}" if k == 0 else f"           {line}" for k, line in enumerate(edges(gate))]
    parts = [fit("\n".join(parts))]
    parts += ["", "The rule it is declared by", "", indented(source_of(gate))]
    if circuit is not None:
        parts += ["", "The code that is printed from it", "", indented(circuit.code())]
        frozen = frozen_of(circuit)
        parts += ["", "An example", "", fit(indented(circuit.card(frozen.names[frozen.output])))]
    return "\n".join(parts)


def indented(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "    ")


def source_of(gate: Gate) -> str:
    """The declaration as it stands in the source."""
    return textwrap.dedent(inspect.getsource(gate.rule))


def edges(gate: Gate) -> list[str]:
    """The gate's conventions: inputs where rules differ, and what this one passes there."""
    return [edge(gate, *witness) for witness in gate.witnesses]


def edge(gate: Gate, values: Sequence[object], slopes: Sequence[object]) -> str:
    """One witness in words.

    >>> edge(NAMES["maximum"], (0.0, 0.0), (0.0, None))
    'x = 0, y = 0 (a constant): dx = 0'
    """
    at = [
        f"{name} = {numbers_in_words(value)}{' (a constant)' if slope is None else ''}"
        for name, value, slope in zip(gate.operands, values, slopes, strict=True)
    ]
    passed = [
        f"d{name} = {numbers_in_words(slope)}"
        for name, slope in zip(gate.operands, slopes, strict=True)
        if slope is not None
    ]
    return f"{', '.join(at)}: {', '.join(passed)}"


def numbers_in_words(value: Any) -> str:
    """A number or a list of numbers; infinity by name."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(numbers_in_words, value))}]"
    return str(value) if math.isinf(value) else number(value)


# ------------------------------------------------------------------------------------------------------ the example


@dataclass
class Call:
    """A call of a gate as source: its text, the wires in it with their values, and what else the text refers to."""

    text: str = ""
    wires: dict[str, Any] = field(default_factory=dict)
    scope: dict[str, Any] = field(default_factory=dict)


def example(gate: Gate, call: Call) -> Circuit | None:
    """The circuit of the call; of a gate with several outputs, the first one that a gradient comes back from."""
    value = sample_value(gate)
    outputs = [(call.text, value)]
    if isinstance(value, (tuple, list)):
        outputs = [(f"{call.text}[{k}]", value[k]) for k in range(2)]
    circuits = [
        circuit for text, one in outputs if (circuit := example_circuit(text, call, upstream_of(gate, one))) is not None
    ]
    return next(
        (c for c in circuits if any(np.any(g) for g in c.gradients.values() if g is not None)),
        circuits[0] if circuits else None,
    )


def upstream_of(gate: Gate, value: Any) -> object:
    """What the example's sweep starts from: ones, or 1, 2, 3 ... where ones would hide which entry goes where."""
    if gate.family.name not in ("linear", "custom") or np.ndim(value) == 0:
        return "ones"
    return np.arange(1.0, np.size(value) + 1).reshape(np.shape(value))


def example_circuit(text: str, call: Call, upstream: object) -> Circuit | None:
    """The circuit of one expression; None where it is not made of floats that can be followed."""
    f = function(f"def out({', '.join(call.wires)}):\n    return {text}\n", call.scope, "out")
    try:
        circuit = circuit_of(f, (), call.wires, None, upstream, None)
    except IntegerGradientError:  # a gate that stops gradients
        circuit = circuit_of(f, (), call.wires, (), "ones", None)
    return None if any(np.iscomplexobj(wire.value) for wire in frozen_of(circuit).wires) else circuit


def sample_value(gate: Gate) -> object:
    args, kwargs = arguments(gate)
    with np.errstate(all="ignore"):
        return gate.function(*args, **kwargs)


def arguments(gate: Gate) -> tuple[Operands, Parameters]:
    """A call to show: the gate's own sample, or numbers from its domain."""
    if gate.sample:
        args, kwargs = gate.sample[0]
        return args, kwargs
    if gate.family.name in ("reduction", "custom"):
        return [np.array([[1.0, 3.0], [2.0, -1.0]])] * gate.arity, {}
    if "axis" in gate.parameters and gate.family.name == "stops":
        return [np.array([1.0, 3.0, 2.0])], {}
    low, high = gate.domain
    numbers = [round(low + position * (high - low), 2) for position in POSITIONS]
    if gate.fixed:
        numbers = [2 if name in gate.fixed else x for name, x in zip(gate.operands, numbers, strict=False)]
    return (numbers if gate.family.name != "linear" else [np.array([1.0, 2.0, 3.0])])[: gate.arity], {}


def sample(gate: Gate) -> Call:
    """The call to show, as source."""
    args, kwargs = arguments(gate)
    call = Call(scope={"np": np})
    names = iter(gate.operands or ["a", "b", "c"])
    others = iter(gate.parameters)
    texts = [argument_text(call, value, names, others) for value in args]
    texts += [f"{name}={as_typed(call, value, name)}" for name, value in kwargs.items()]
    if gate.infix is not None and len(texts) == 2:
        call.text = f"{texts[0]} {gate.infix} {texts[1]}"
    elif gate.text and gate.text.startswith(("{x}", "~")):
        parameters = dict(zip(gate.parameters, texts[1:], strict=True))
        call.text = gate.text.format(x=texts[0], **parameters)
    else:
        call.text = f"{callable_name(gate, call)}({', '.join(texts)})"
    return call


def argument_text(call: Call, value: object, operands: Iterator[str], parameters: Iterator[str]) -> str:
    """An argument: the name of a wire for floats and arrays, a list of names, or a literal."""
    if isinstance(value, list):
        return f"[{', '.join(argument_text(call, each, operands, parameters) for each in value)}]"
    name = next(operands, None) if isinstance(value, (float, bool, np.ndarray)) else None
    if name is None:
        return as_typed(call, value, next(parameters, "value"))
    call.wires[name] = value
    return name


def as_typed(call: Call, value: object, name: str) -> str:
    """A parameter as it is typed; an array goes into the scope."""
    if isinstance(value, slice):
        call.scope[name] = value
        return name
    if isinstance(value, np.dtype):
        return f"np.{value.name}"
    if isinstance(value, np.ndarray) or (isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value)):
        call.scope[name] = value
        return name
    return repr(value)


def callable_name(gate: Gate, call: Call) -> str:
    """What the gate is called by: its own name, or NumPy's path to the function."""
    module: ModuleType
    if gate.path:
        home = gate.path.partition(".")[0]
        call.scope[home] = scipys(home)
        return gate.path
    for path, module in (("np", np), ("np.linalg", np.linalg)):
        for name in (getattr(gate.function, "__name__", ""), gate.name):
            if getattr(module, name, None) is gate.function:
                return f"{path}.{name}"
    call.scope[gate.name] = gate
    return gate.name
