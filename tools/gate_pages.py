"""The pages of docs/gates, one a gate, with a picture and an example that runs: all of it from the declarations."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from types import ModuleType
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._board import frozen_of, record_of
from gatewise._cli.catalogue import FAMILIES, PATTERNS, Call, edges, example, first_line, sample, source_of
from gatewise._gates import NAMES, Gate, load_scipys
from tools.readme import ROOT, fenced

WIDTH = 110  # of a line of code


# ------------------------------------------------------------------------------------------------ code that was run


class Session:
    """Lines of Python as they are typed, each with what it printed: a doctest."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}

    def run(self, code: str) -> None:
        """Run a statement and keep it, with what it prints."""
        self.lines += [f"{'...' if k else '>>>'} {line}".rstrip() for k, line in enumerate(code.split("\n"))]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<page>", "exec"), self.names)  # noqa: S102  (written by this file)
        self.lines += printed.getvalue().splitlines()

    def text(self) -> str:
        return fenced("\n".join([*self.lines, ""]) + "\n", "python").replace("\n```\n", "\n\n```\n")


def literal(value: Any) -> str:
    """A number or an array as it is typed."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size > 12 and np.array_equal(value.ravel(), np.arange(value.size)):
        return f"np.arange({value.size}.0).reshape({value.shape})"
    return f"np.array({value.tolist()})"


def shown(expression: str, value: Any) -> str:
    """The line that prints a value, to four decimals where it has more."""
    exact = value is None or np.array_equal(value, np.round(np.asarray(value, float), 4))
    rounded = expression if exact else f"np.round({expression}, 4)"
    return f"print({rounded}{'.tolist()' if np.ndim(value) > 2 else ''})"  # an empty line would end the output


# ------------------------------------------------------------------------------------------------- a page for a gate

SUBJECTS = (
    *("arithmetic", "curves", "choices", "totals", "running", "ordering", "matrices", "factors", "spectra"),
    *("movement", "placing", "assigning", "neural", "layers", "images"),
    *("special", "gammas", "bessel", "sums", "linalg", "stats"),
)


def subject(gate: Gate) -> str:
    """The room that declares a gate."""
    return inspect.getmodule(gate.rule).__name__.rpartition(".")[2]


def gates() -> dict[str, str]:
    """The index of all gates, a page and a picture for each; SciPy's among them."""
    load_scipys()
    found = {"docs/gates/README.md": index_of_gates()}
    for gate in NAMES.values():
        call = sample(gate)
        circuit = example(gate, call)
        found[f"docs/gates/{gate.name}.md"] = gate_page(gate, call, circuit)
        if not gate.arbitrary and circuit is not None:
            found[f"docs/gates/{gate.name}.svg"] = circuit.svg()
    return found


def front_door() -> dict[str, str]:
    """What type checkers know of the gates of our own: their signatures, and the names at the front door."""
    path = "src/gatewise/__init__.py"
    text = (ROOT / path).read_text(encoding="utf-8")
    head, mark, rest = text.partition("# gates of our own: written by `python -m tools.pages`\n")
    tail = rest[re.search(r"^(?! )(?!\n)", rest, re.MULTILINE).start() :]
    own = sorted((gate for gate in NAMES.values() if gate.own), key=lambda gate: gate.name)
    lines = [f"    from gatewise._gates.own import {gate.name} as {gate.name}\n" for gate in own]
    signatures = OWN + "\n" + "".join(map(stub, own))
    return {path: f"{head}{mark}{''.join(lines)}\n{tail}", "src/gatewise/_gates/own.pyi": signatures}


OWN = '''"""The gates of our own as type checkers know them; written by `python -m tools.pages`."""

from typing import Any, TypeAlias, overload

import numpy.typing as npt

from gatewise._tensor import Tensor

Operand: TypeAlias = Tensor | npt.ArrayLike
Pair: TypeAlias = int | tuple[int, int]
'''
#: Of what type parameters are, by name; any other may be anything.
PARAMETERS = {
    "axis": "int | tuple[int, ...] | None",
    "keepdims": "bool",
    "eps": "float",
    "shape": "tuple[int, ...]",
    **dict.fromkeys(("kernel", "stride", "padding"), "Pair"),
}


def stub(gate: Gate) -> str:
    """A gate as two functions: of a Tensor, which gives a Tensor, and of whatever NumPy takes."""
    first, *others = gate.signature.parameters.values()
    rest = [f", {parameter.name}: {annotation(gate, parameter)}" for parameter in others]
    lines = [
        f"@overload\ndef {gate.name}({first.name}: {of}{''.join(rest)}) -> {gives}: ...\n"
        for of, gives in (("Tensor", "Tensor"), ("npt.ArrayLike", "Any"))
    ]
    return "".join(lines)


def annotation(gate: Gate, parameter: inspect.Parameter) -> str:
    """The type of a parameter, and its default where it has one."""
    operand = parameter.name in gate.operands or parameter.name == "y"
    kind = "Operand" if operand else PARAMETERS.get(parameter.name, "Any")
    default = parameter.default
    if default is inspect.Parameter.empty:
        return kind
    return f"{kind}{' | None' if default is None and 'None' not in kind and kind != 'Any' else ''} = {default!r}"


def index_of_gates() -> str:
    lines = [
        "# The gates",
        "",
        f"All {len(NAMES)} gates by subject, each from its declaration in `src/gatewise/_gates`. The *pattern*",
        "says what a gate does to gradients on their way back:",
        "",
        *[f"- *{name}*: {meaning}." for name, meaning in PATTERNS.items()],
    ]
    for room in SUBJECTS:
        declared = next(inspect.getmodule(gate.rule) for gate in NAMES.values() if subject(gate) == room)
        title = inspect.getdoc(declared).partition("\n")[0]
        lines += [
            "",
            f"## {title.rstrip('.')}",
            "",
            "| gate | pattern | what it does to gradients |",
            "| --- | --- | --- |",
        ]
        lines += [row(gate) for gate in NAMES.values() if subject(gate) == room]
    return "\n".join([*lines, ""])


def row(gate: Gate) -> str:
    return f"| [{gate.name}]({gate.name}.md) | {gate.pattern} | {first_line(gate)} |"


def gate_page(gate: Gate, call: Call, circuit: gw.Circuit | None) -> str:
    """The page of one gate: sentence, pattern, conventions, picture, an example that runs, code, declaration."""
    facts = [
        f"- written: `{call.text}`",
        f"- pattern: *{gate.pattern}*, {PATTERNS[gate.pattern]}",
        f"- family: {gate.family.name}, {FAMILIES[gate.family.name]}",
        *[
            f"- local gradient: `d{made}/d{used} = {local}`"
            for made, used, local in (locals_of(gate, circuit) if circuit else ())
        ],
        *[f"- at {edge}" for edge in edges(gate)],
    ]
    parts = [f"# {gate.name}", gate.doc, "\n".join(facts)]
    if circuit is None:  # of complex numbers, which no table shows
        parts += ["## Its declaration", fenced(source_of(gate), "python"), "[All gates](README.md)"]
        return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"
    if not gate.arbitrary:
        parts.append(f"![{gate.name}: value and gradient on every wire]({gate.name}.svg)")
    parts += ["## An example", run_example(gate, call, circuit)]
    parts += ["## The code that is printed from it", fenced(str(circuit.code()), "python")]
    parts += ["## Its declaration", fenced(source_of(gate), "python"), "[All gates](README.md)"]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def locals_of(gate: Gate, circuit: gw.Circuit) -> list[tuple[str, str, str]]:
    """The local gradients in symbols, of a gate that has one along each input and did not route this one away."""
    record = record_of(circuit)
    names = [wire["name"] for wire in record["wires"]]
    if gate.family.name != "elementwise" or gate.pattern == "routes":
        return []
    return [(names[use["to"]], names[use["from"]], use["local_text"]) for use in record["uses"] if use["local_text"]]


def run_example(gate: Gate, call: Call, circuit: gw.Circuit) -> str:
    """The example as a doctest: the function, its circuit, its value, and the gradient of every input."""
    text = frozen_of(circuit).stages[-1].text
    session = Session()
    session.run("import numpy as np")
    session.run("import gatewise as gw")
    for name, value in call.scope.items():
        if value is gate and hasattr(gw, name):
            text = text.replace(f"{name}(", f"gw.{name}(")
        elif value is gate:  # a gate that gradients are made of
            session.run("from gatewise._gates import NAMES")
            session.run(f'{name} = NAMES["{name}"]')
        elif isinstance(value, ModuleType) and name != "np":
            session.run(f"from gatewise.scipy import {name}")
        elif name != "np":
            session.run(f"{name} = {literal(value)}")
    session.run(f"def out({', '.join(call.wires)}):\n    {text}")
    inputs = [f"{name}={literal(value)}" for name, value in call.wires.items()]
    session.run(within("c = gw.circuit(", ["out", *inputs, *options(circuit)]))
    if not gate.arbitrary:
        session.run(shown("c.value", circuit.value))
    for name, gradient in circuit.gradients.items():
        session.run(shown(f'c["{name}"].gradient', gradient))
    if not circuit.gradients and all(np.asarray(value).dtype == float for value in call.wires.values()):
        switched = f"lambda {', '.join(call.wires)}, w: w * ({call.text})"
        upstream = ['upstream="ones"'] if np.ndim(circuit.value) else []
        session.run(within("switched = gw.circuit(", [switched, *inputs, "w=2.0", *upstream]))
        for name in call.wires:
            session.run(f'print(switched["{name}"].gradient)')
    return session.text()


def options(circuit: gw.Circuit) -> list[str]:
    """What `gw.circuit` is asked for beside the inputs."""
    asked = [] if circuit.gradients else ["wrt=[]"]
    if np.ndim(circuit.value) == 0:
        return asked
    upstream = frozen_of(circuit).upstream
    return [*asked, 'upstream="ones"' if np.all(upstream == 1) else f"upstream={literal(np.asarray(upstream))}"]


def within(start: str, arguments: list[str]) -> str:
    """A call on one line, or where that is too long with an argument on each."""
    line = f"{start}{', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    return start + "".join(f"\n    {argument}," for argument in arguments) + "\n)"
