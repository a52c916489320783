"""The staged text of a circuit: one function that runs on its own, forward and backward, stage by stage.

The backward pass is the recorded sweep of the circuit, so what is printed is what runs. Gradients that are used once
and have no name of their own are written where they are used; everything else is one line each.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Read, Wire, made_as_written, with_wires
from gatewise._loops import repeats
from gatewise._source.backward import Backward
from gatewise._source.forward import Forward
from gatewise._source.guards import Guards
from gatewise._source.looking import value_of
from gatewise._source.names import MODULES
from gatewise._source.spelling import array_parameters, literal
from gatewise._source.statements import Statements, Style
from gatewise._tensor import Binomial, Kept

IMPORTS = {"np": "import numpy as np", "math": "import math"}


class Staged(str):
    """Staged source as a string that shows itself as code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": f"```python\n{self}```"}


def staged(
    circuit: FrozenCircuit, style: Style = "code", unrolled: bool = True, recompute: int | Binomial | None = None
) -> Staged:
    """The text of `f_and_gradients` for a circuit; `style` "notes" keeps every local factor.

    Loops are printed as loops where all their rounds are the same, unless `unrolled`. With `recompute` these keep
    every so manieth state, with 0 about the square root of them, by a `Binomial` no more than it says, and their ways
    back compute again what is between.
    """
    if style == "code" and not unrolled:
        return with_loops(circuit, recompute)
    return Staged(Writer(circuit, style).text())


def with_loops(circuit: FrozenCircuit, recompute: int | Binomial | None = None) -> Staged:
    """The text with loops; one that stays unrolled has a comment that says why."""
    from gatewise._source.looped import UnprintedError, length_assertions, looped

    found, left = repeats(circuit)
    why = [f"{each.text} stays unrolled: {each.why}" for each in left if not each.short]
    if found:
        try:
            return Staged(looped(circuit, found, left, recompute))
        except UnprintedError as error:  # right as it is, round by round
            why = [*(f"{each.counting.text} stays unrolled: {error}" for each in found), *why]
    why += ["nothing is computed again: no loop is printed as one"] if recompute is not None else []
    comments = [f"# {each}" for each in dict.fromkeys(why)]
    comments += length_assertions(circuit) if why else []
    return Staged(Writer(circuit, "code").text(comments, any(is_counted_by_sizes(each.text, circuit) for each in left)))


def is_counted_by_sizes(loop: str, circuit: FrozenCircuit) -> bool:
    """Whether the sizes of arrays may say how often a loop went round: `range(len(xs))`, `range(n)`, `while t < n`.

    A loop over an array itself asks for as many entries, and numbers among the arguments are asked for as they are.
    """
    head = loop.partition(":")[0]
    counted = head.partition(" in ")[2] if head.startswith("for ") else head
    if not counted.startswith(("range(", "reversed(range(", "while ")):
        return False
    numbers = {i.text for i in circuit.inputs if np.ndim(i.wire.value) == 0}
    words = set(re.findall(r"[^\W\d]\w*", counted))
    return not words <= numbers | {"range", "reversed", "while", "for", "in", "min", "max", "int", "abs"}


class Writer:
    """Writes one circuit down."""

    def __init__(self, circuit: FrozenCircuit, style: Style) -> None:
        self.circuit = circuit
        self.page = Statements(circuit, style)
        self.names, self.say = self.page.names, self.page.say
        self.guards = Guards(self.page)
        self.forward, self.backward = Forward(self.page, self.guards), Backward(self.page)
        self.say.speller.defined = definition
        self.beside: list[str] = []  # lines of functions that are no gate's

    def text(self, said: Sequence[str] = (), sized: bool = False) -> str:
        """Everything, from imports to return; `said` are comments above the forward pass.

        Where it is `sized`, it holds for arrays of the recorded shapes alone, and asks for them.
        """
        backward = self.backward.lines()
        forward = self.forward.lines()
        return self.assembled([*said, *self.circuit.setup, *(self.shapes() if sized else []), *forward], backward)

    def shapes(self) -> Sequence[object]:
        """The assertions that the arrays among the inputs have the recorded shapes."""
        page = Statements(self.circuit, "code")
        arrays = [i for i in self.circuit.inputs if isinstance(i.wire.value, np.ndarray) and i.kind == "input"]
        Guards(page).assertions([Read(i.wire, "shape", i.wire.value.shape) for i in arrays])
        return page.lines

    def assembled(self, forward: Sequence[object], backward: Sequence[object]) -> str:
        """The whole text around the lines of the two passes."""
        circuit = self.circuit
        name = circuit.name if circuit.name.isidentifier() else "f"
        head = [IMPORTS["np"]] + ([IMPORTS["math"]] if self.say.speller.uses_math else [])
        head += [
            f"from scipy import {module}{'' if name == module else f' as {name}'}"
            for module, name in sorted(self.say.speller.modules.items())
        ]
        if self.guards.crc32:
            head.insert(
                0, f"from zlib import crc32{f' as {self.guards.crc32}' if self.guards.crc32 != 'crc32' else ''}\n"
            )
        helpers = list(self.beside)
        for own, node in self.say.speller.functions.items():
            first, *rest = definition(node)
            helpers += ["", f"def {own}{first}", *rest]
        body = [
            "# forward pass",
            *forward,
            "",
            "# backward pass, in reverse order",
            *backward,
            self.returned(),
        ]
        inside = [f"    {line}" if line else "" for line in map(str, body)]
        lines = [*head, *helpers, "", f"def {name}_and_gradients({self.signature()}):", *inside]
        aliases = {name: self.names.free(f"{name}_") for name, _, _ in circuit.signature if name in MODULES}
        return "\n".join([with_modules(line, aliases) for line in lines] if aliases else lines) + "\n"

    def signature(self) -> str:
        """The user's own arguments, then captured values and the upstream gradient as keyword arguments."""
        parts, keyword_only = [], False
        for name, kind, default in self.circuit.signature:
            if kind == "keyword_only" and not keyword_only:
                parts.append("*")
                keyword_only = True
            if kind == "var_positional":
                keyword_only = True
            star = {"var_positional": "*", "var_keyword": "**"}.get(kind, "")
            parts.append(star + name + self.default(default))
            if kind == "positional_only" and name == self.last_positional_only():
                parts.append("/")
        extra = [i.text for i in self.circuit.inputs if i.kind == "captured"]
        extra += [] if self.backward.starts_with_ones() else [self.backward.first]
        position = next((k for k, part in enumerate(parts) if part.startswith("**")), len(parts))
        parts[position:position] = (["*"] if extra and not keyword_only else []) + extra
        return ", ".join(parts)

    def last_positional_only(self) -> str:
        return [name for name, kind, _ in self.circuit.signature if kind == "positional_only"][-1]

    def default(self, default: object) -> str:
        """` = default` where it can be written as a literal."""
        if default is inspect.Parameter.empty:
            return ""
        return f"={literal(default, self.say.speller)}"

    def returned(self) -> str:
        """The return line: the value, and the gradients as the inputs came."""
        parts = dict.fromkeys(
            self.names.dict_name(i.parameter) if i.path else self.names.d_name(i.wire) for i in self.circuit.wanted
        )
        gradients = "".join(parts) if len(parts) == 1 else f"({', '.join(parts)})"
        return f"return {self.names.forward_name(self.circuit.output)}, {gradients}"


def with_modules(line: str, aliases: Mapping[str, str]) -> str:
    """A line of the text, with the modules under other names whose own are arguments."""
    code, sign, comment = line.partition("#")
    for name, alias in aliases.items():
        if code == IMPORTS[name]:
            return f"{code.removesuffix(f' as {name}')} as {alias}"
        code = re.sub(rf"\b{name}\.", f"{alias}.", code).replace(MODULES[name], name)
    return code + sign + comment


def marked_kept(wire: Wire) -> object:
    return wire.value.view(Kept) if isinstance(wire.value, np.ndarray) else wire.value


def definition(node: Expr) -> Iterator[str]:
    """The function that stands for an own gate, but for `def` and its name: recorded on samples of its operands."""
    from gatewise._recording.running import record

    values = [value_of(x) for x in node.operands]
    gate = node.gate
    given = {name: with_wires(value, marked_kept) for name, value in node.parameters.items()}

    def composition(*operands: object) -> object:
        return gate.function(*operands, **given)

    composition.__name__ = "out"
    names, arrays = gate.operands[: len(values)], array_parameters(node)
    circuit = record(composition, values, upstream=node.value)
    yield f"({', '.join([*names, *arrays])}):"
    writer = Writer(circuit, "code")
    for wire, made in circuit.steps.items():
        _, told, _, _ = made_as_written(wire)
        for parameter in (p for p in arrays if told.get(p) is given[p]):
            key = id(made.parameters[parameter])
            writer.say.speller.texts |= {key: parameter, ("index", key): parameter}
    writer.names.named = {i.wire: n for i, n in zip(circuit.inputs, names, strict=False)}
    yield from (f"    {line.code}" for line in writer.forward.lines())
    yield f"    return {writer.say.spell(circuit.output).text}"
