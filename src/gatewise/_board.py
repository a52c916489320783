"""What `gw.circuit()` returns: the circuit, its code, its picture and its numbers in one object."""

from __future__ import annotations

import base64
import importlib.util
import json
import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gatewise._build import function
from gatewise._circuit import Circuit, Stage
from gatewise._errors import (
    ArgumentError,
    GatewiseError,
    ScriptError,
    UnknownFunctionError,
    UnknownWireError,
    UserCodeError,
)
from gatewise._gates import NAMES
from gatewise._language import parse
from gatewise._record import check, jsonable, record
from gatewise._recording.running import record as recorded
from gatewise._recording.scripts import record_script
from gatewise._source import Staged, staged
from gatewise._transforms import cut, fold
from gatewise._views import card, ledger, picture


class WireView:
    """One wire of a circuit: `name`, `value`, `gradient`, `shape`, `dtype`, `symbol`, `gate`, `inputs`, `uses`.

    `gate` is the name of the gate that made it (None for an input), `inputs` the names of the wires it was made from,
    `uses` a `Use` for each place it goes to.
    """

    def __init__(self, entry: dict[str, Any], board: Board) -> None:
        self.name: str = entry["name"]
        self.value, self.gradient = owned(entry["value"]), owned(entry["gradient"])
        self.shape: tuple[int, ...] = tuple(entry["shape"])
        self.dtype: str = entry["dtype"]
        self.symbol: str | None = entry["symbol"]
        self.gate: str | None = entry["gate"]
        self.expression: str = entry["expression"]
        names = [w["name"] for w in board.facts["wires"]]
        self.inputs = tuple(names[u["from"]] for u in board.facts["uses"] if u["to"] == entry["id"])
        self.uses = tuple(Use(names, u) for u in board.facts["uses"] if u["from"] == entry["id"])
        self.local = {names[u["from"]]: u["local"] for u in board.facts["uses"] if u["to"] == entry["id"]}

    def __repr__(self) -> str:
        return f"<wire {self.name} = {self.value}, gradient {self.gradient}>"


class Use:
    """One use of a wire: `to` (name of the wire it helped to make), `port`, `local`, `contribution`, `blocked`."""

    def __init__(self, names: Sequence[str], entry: dict[str, Any]) -> None:
        self.to, self.port = names[entry["to"]], entry["port"]
        self.local, self.contribution, self.blocked = entry["local"], entry["contribution"], entry["blocked"]

    def __repr__(self) -> str:
        return f"<use by {self.to}, contribution {self.contribution}>"


class Board:
    """A recorded circuit with everything there is to see in it; `print` shows the ledger.

    >>> import gatewise as gw
    >>> c = gw.circuit("(x + y) * z", x=-2, y=5, z=-4)
    >>> c.value, c.gradients
    (-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0})
    """

    def __init__(self, circuit: Circuit, folded: bool = False) -> None:
        self.circuit = circuit
        self._folded = folded

    # ----------------------------------------------------------------------------------------------------- numbers

    @property
    def value(self) -> Any:
        """The output."""
        return owned(self.circuit.output.value)

    @cached_property
    def gradients(self) -> dict[str, Any]:
        """The gradient of every input that was asked for, by name."""
        wires = {w["id"]: w for w in self.facts["wires"]}
        ids = {wire: k for k, wire in enumerate(self.circuit.wires)}
        return {i.name: owned(wires[ids[i.wire]]["gradient"]) for i in self.circuit.wanted}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What the user wrote as one assignment each, in order."""
        return self.circuit.stages

    @cached_property
    def wires(self) -> tuple[WireView, ...]:
        """All wires in tape order, inputs first."""
        return tuple(WireView(entry, self) for entry in self.facts["wires"])

    def __getitem__(self, name: str) -> WireView:
        return WireView(self.facts["wires"][self._id(name)], self)

    def __contains__(self, name: object) -> bool:
        return any(w["name"] == name for w in self.facts["wires"])

    @property
    def captured(self) -> dict[str, Any]:
        """The arrays the function took from outside, by the name printed code takes them under."""
        return {i.text: owned(i.wire.value) for i in self.circuit.inputs if i.kind == "captured"}

    # ------------------------------------------------------------------------------------------------------- views

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The record, with plain values."""
        facts = record(self.circuit)
        return fold(facts) if self._folded else facts

    @cached_property
    def _shown(self) -> dict[str, Any]:
        return jsonable({**self.facts, "checks": check(self.circuit)})

    def __str__(self) -> str:
        return ledger(self._shown)

    def __repr__(self) -> str:
        gradients = ", ".join(f"d{name} = {g}" for name, g in self.gradients.items())
        return f"<circuit {self.circuit.name} = {self.value}: {gradients}>"

    def card(self, name: str, digits: int | None = None) -> str:
        """Everything about one wire: forward, upstream, local, downstream, code, and the numerical check."""
        wire = self.circuit.wires[self._id(name)]
        checks = {**self._shown["checks"]}
        if str(self._id(name)) not in checks and wire.bits & self.circuit.bit:
            checks |= check(self.circuit, [wire])
        return card(jsonable({**self.facts, "checks": checks}), name, digits=digits)

    def staged(self, style: Literal["code", "notes"] = "code") -> Staged:
        """The forward and backward pass as one Python function that runs on its own."""
        return staged(self.circuit, style)

    def svg(self, palette: str = "default", digits: int | None = None) -> str:
        """The picture."""
        return picture(self._shown, palette=palette, digits=digits)

    def to_json(self) -> str:
        """The record as JSON."""
        return json.dumps(self._shown, ensure_ascii=False, allow_nan=False)

    # -------------------------------------------------------------------------------------------------- other circuits

    def cut(self, name: str) -> Board:
        """The circuit with this wire made an input and everything to its left left out."""
        return Board(cut(self.circuit, self.circuit.wires[self._id(name)]), self._folded)

    def fold(self) -> Board:
        """The circuit with chains of * and of +, and recognised blocks, as one gate each."""
        return Board(self.circuit, folded=True)

    def unfold(self) -> Board:
        """The circuit with every gate the user wrote."""
        return Board(self.circuit)

    def _id(self, name: str) -> int:
        for k, wire in enumerate(self.circuit.wires):
            if self.circuit.names[wire] == name:
                return k
        raise UnknownWireError(name, [self.circuit.names[w] for w in self.circuit.wires])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        data = base64.b64encode(self.svg().encode()).decode()
        return {"text/plain": str(self), "text/html": f'<img alt="circuit" src="data:image/svg+xml;base64,{data}">'}


def owned(value: Any) -> Any:
    """A value to hand out: an array of its own."""
    return value.copy() if hasattr(value, "copy") else value


def circuit(
    f: Callable[..., Any] | str | Path,
    /,
    *args: Any,
    wrt: Sequence[str] | str | None = None,
    upstream: Any = None,
    output: str | None = None,
    **kwargs: Any,
) -> Board:
    """Run `f` once on these inputs and return its circuit, with every value and gradient in it.

    `f` is a Python function in plain NumPy, an expression (`"(x + y) * z"`), or the path of a script. Inputs are given
    by position or name; Python ints are taken as floats. `wrt` names the inputs whose gradients are wanted (None: all
    floats given). An output that is not a single number needs `upstream`, an array of its shape. For a script, `output`
    names the value the circuit leads to, and `upstream` may be the name of a gradient the script assigns.

    >>> import gatewise as gw
    >>> gw.circuit(lambda x, y: x * y, x=4, y=-3).gradients
    {'x': -3.0, 'y': 4.0}
    """
    return board_of(f, args, kwargs, (wrt,) if isinstance(wrt, str) else wrt, upstream, output)


def board_of(
    f: Callable[..., Any] | str | Path,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    wrt: Sequence[str] | None,
    upstream: Any,
    output: str | None,
) -> Board:
    """`circuit`, for inputs of any name."""
    text = str(f) if isinstance(f, (str, Path)) else ""
    found = FILE.fullmatch(text)
    if found is not None and found["function"] is None:
        return Board(record_script(text, kwargs, wrt=wrt, output=output, upstream=upstream))
    if output is not None:
        why = "a function's output is what it returns, an expression's its last assignment."
        raise ArgumentError("output= is for scripts.", why, "leave output= out.")
    if isinstance(f, (str, Path)):
        f = function_in_file(found["path"], found["function"]) if found else expression_function(text, kwargs)
    return Board(recorded(f, args, kwargs, wrt=wrt, upstream=upstream))


FILE = re.compile(r"(?P<path>.*\.py)(?::(?P<function>\w+))?")


def function_in_file(path: str, name: str) -> Callable[..., Any]:
    """The function `name` of a Python file, which is run."""
    if not Path(path).is_file():
        raise ScriptError(f"{path} cannot be read.", "there is no such file.", "give the path of a Python file.")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert spec is not None
    assert spec.loader is not None  # as for every path that ends in .py
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache(path)
    try:
        spec.loader.exec_module(module)
    except GatewiseError:
        raise
    except Exception as error:
        raise UserCodeError.of(error, path) from error
    found = getattr(module, name, None)
    if not callable(found):
        raise UnknownFunctionError(
            name, [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")], path
        )
    function: Callable[..., Any] = found
    return function


def expression_function(text: str, given: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that an expression says."""
    parsed = parse(text, list(given) or None, OPERANDS, NUMPY, AXES)
    scope = {"np": np} | {name: gate for name, gate in NAMES.items() if gate.own}
    return function(parsed.source(), scope, parsed.output)


#: The gates that expressions can call, with the operands they take.
CALLABLE = {
    n: g
    for n, g in NAMES.items()
    if set(g.parameters) <= {"axis", "keepdims", "ddof"} and g.bind is None and g.text is None
}
OPERANDS = {name: (gate.arity, gate.arity) for name, gate in CALLABLE.items()}
NUMPY = [name for name, gate in CALLABLE.items() if not gate.own]
AXES = [name for name, gate in CALLABLE.items() if "axis" in gate.parameters]
