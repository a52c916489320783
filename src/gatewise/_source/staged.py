"""The staged text of a circuit: one function that runs on its own, forward and backward, stage by stage.

The backward pass is the recorded sweep of the circuit, so what is printed is what runs. Gradients that are used once
and have no name of their own are written where they are used; everything else is one line each.
"""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from gatewise._circuit import Circuit, Input, SourcedWire, Stage, Step, Wire, step_wire
from gatewise._recording.freezing import told_by_value, transparent
from gatewise._source.shapes import Shapes
from gatewise._source.spelling import LOWEST, UNARY, Speller, Text, infix, number
from gatewise._sweep import port
from gatewise._tensor import Tensor
from gatewise._transforms import Event, reverse

Style = Literal["code", "notes"]
VIEWS = frozenset(
    {
        "reshape",
        "ravel",
        "transpose",
        "matrix_transpose",
        "swapaxes",
        "expand_dims",
        "squeeze",
        "getitem",
        "broadcast_to",
    }
)
COMMENT = 55  # the column of stage numbers


class Staged(str):
    """Staged source as a string that shows itself as code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": f"```python\n{self}```"}


def staged(circuit: Circuit, style: Style = "code") -> Staged:
    """The text of `f_and_gradients` for a circuit; `style` "notes" keeps every local factor."""
    return Staged(Writer(circuit, style).text())


class Writer:
    """Writes one circuit down."""

    def __init__(self, circuit: Circuit, style: Style) -> None:
        self.circuit, self.style = circuit, style
        self.speller = Speller(circuit.texts)
        self.shapes = Shapes(circuit)
        self.taken = set(circuit.taken) | set(circuit.names.values())
        self.inputs = {i.wire: i for i in circuit.inputs}
        self.forward_wires = set(circuit.wires)
        self.named = self.stage_roots()
        self.needed: set[Wire] = set()  # inner forward wires that the backward pass needs by name
        self.d_names: dict[Wire, str] = {}
        self.d_texts: dict[
            Wire, Text
        ] = {}  # gradients (by the wire that stands for them) and temporaries: how they are written
        self.d_roots: dict[Wire, Any] = {}  # gradients that are written where they are used
        self.ones: set[Wire] = set()  # wires that stand for an upstream gradient of ones
        self.lines: list[str] = []
        self.heights: dict[Wire, int] = {}
        self.counts: Counter[Any] = Counter()
        self.current = "d"
        self.backward = False

    # ------------------------------------------------------------------------------------------------- the whole text

    def text(self) -> str:
        """Everything, from imports to return."""
        circuit = self.circuit
        backward = self.backward_lines()
        forward = self.forward_lines()
        name = circuit.name if circuit.name.isidentifier() else "f"
        head = ["import numpy as np"] + (["import math"] if self.speller.uses_math else [])
        helpers = [line for name_, step in self.speller.functions.items() for line in ("", *helper(name_, step))]
        body = [
            "# forward pass",
            *circuit.setup,
            *forward,
            "",
            "# backward pass, in reverse order",
            *backward,
            self.returned(),
        ]
        lines = [*head, *helpers, "", f"def {name}_and_gradients({self.signature()}):"]
        return "\n".join(lines + [f"    {line}" if line else "" for line in body]) + "\n"

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
        extra = [i.text for i in self.circuit.inputs if i.kind == "captured"]
        extra += [] if self.starts_with_ones() else [self.d_name(self.circuit.output)]
        return ", ".join(parts + (["*"] if extra and not keyword_only else []) + extra)

    def default(self, default: Any) -> str:
        """` = default` where it can be written as a literal."""
        if default is inspect.Parameter.empty:
            return ""
        if default is None or isinstance(default, (bool, int, float, str)):
            return "=" + (
                repr(default) if default is None or isinstance(default, (str, bool)) else number(default).text
            )
        return "=None"

    def starts_with_ones(self) -> bool:
        return bool(np.all(np.asarray(self.circuit.upstream) == 1))

    def returned(self) -> str:
        """The return line: the value, and the gradients as the inputs came."""
        wanted, parts, dicts = self.circuit.wanted, [], set()
        for i in wanted:
            if i.path:
                if i.parameter not in dicts:
                    dicts.add(i.parameter)
                    parts.append(self.dict_name(i.parameter))
            else:
                parts.append(self.d_name(i.wire))
        gradients = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        return f"return {self.forward_name(self.circuit.output)}, {gradients}"

    # -------------------------------------------------------------------------------------------------------- names

    def stage_roots(self) -> dict[Wire, str]:
        """The forward wires that always have a name in the text: inputs, and what stages are bound to."""
        found = {i.wire: i.text for i in self.circuit.inputs}
        for stage in self.circuit.stages:
            for wire in stage.wires:
                if wire.pullback is port or self.circuit.names[wire] == stage.name:
                    found[wire] = self.circuit.names[wire]
        return found

    def forward_name(self, wire: Wire) -> str:
        """The name of a forward wire; an inner one is thereby given a line of its own."""
        wire = transparent(wire)
        if wire not in self.named:
            self.needed.add(wire)
        return self.named.get(wire, self.circuit.names[wire])

    def free(self, base: str) -> str:
        """A name nobody has."""
        name, number_ = base, 1
        while name in self.taken:
            number_ += 1
            name = f"{base}_" if number_ == 2 else f"{base}_{number_}"
        self.taken.add(name)
        return name

    def d_name(self, wire: Wire) -> str:
        """The name of a wire's gradient: d and its name, `grads["W2"]` for an entry of a dict."""
        wire = transparent(wire)
        if wire not in self.d_names:
            source = self.inputs.get(wire)
            if source is not None and source.path:
                key = "".join(f'["{k}"]' if isinstance(k, str) else f"[{k!r}]" for k in source.path)
                self.d_names[wire] = self.dict_name(source.parameter) + key
            else:
                self.d_names[wire] = self.free("d" + self.circuit.names[wire])
        return self.d_names[wire]

    def dict_name(self, parameter: str) -> str:
        """The name of the structure that takes the gradients of an argument that is one."""
        structured = list(dict.fromkeys(i.parameter for i in self.circuit.wanted if i.path))
        return "grads" if len(structured) == 1 else f"d{parameter}"

    # ---------------------------------------------------------------------------------------------------- expressions

    def spell(self, x: Any) -> Text:
        """A value of the backward pass, or of the forward pass, as an expression."""
        if isinstance(x, Tensor):
            x = x.wire
        if not isinstance(x, Wire):
            return self.speller.plain(x)
        x = transparent(x)
        if x in self.d_texts:
            return self.d_texts[x]
        if x in self.d_roots:
            return self.spell(self.d_roots[x])
        if x in self.forward_wires and (self.backward or x in self.named or x in self.needed):
            return Text(self.forward_name(x))
        if (holder := step_wire(x)) is None:
            return self.speller.plain(x.value)
        if self.backward and (self.is_statement(x) or self.counts[x] > 1):
            return self.hoisted(x)
        return self.step(holder)

    def step(self, holder: SourcedWire) -> Text:
        """One step spelled out, after the simplifications that leave the value as it is."""
        step = step_of(holder)
        operands = self.operands(holder)
        if self.backward and (simple := self.simplified(holder, step, operands)) is not None:
            return simple
        values = [x.value if isinstance(x, Wire) else x for x in operands]
        texts = [
            self.typed(holder, i, x) if not self.backward else self.spell(x)
            for i, x in enumerate(operands) if x is not None or step.gate.arity == len(operands)
        ]  # fmt: skip
        return self.speller.step(step, texts, values, grouped=self.backward)

    def operands(self, holder: SourcedWire) -> list[Any]:
        """The operands of a step: wires, constants that have a wire among them, and plain values."""
        step = step_of(holder)
        sources = holder.sources if holder.written is None else [None] * len(step.operands)
        return [
            transparent(x) if isinstance(x, Wire) else source if source is not None else x
            for x, source in zip(step.operands, sources, strict=True)
        ]

    def typed(self, holder: SourcedWire, i: int, x: Any) -> Text:
        """A forward operand, with literals as the user typed them."""
        if not isinstance(step_of(holder).operands[i], Wire) and (text := self.circuit.texts.get((id(holder), i))):
            tree = ast.parse(text, mode="eval").body
            plain = isinstance(tree, (ast.Constant, ast.Name, ast.Call, ast.Attribute, ast.Subscript))
            return Text(text, 100 if plain else 80 if isinstance(tree, ast.UnaryOp) else LOWEST)
        return self.spell(x)

    def simplified(self, holder: SourcedWire, step: Step, operands: Sequence[Any]) -> Text | None:
        """x**1 is x, 1 * x is x, a spread that broadcasting does by itself is left out, a switch is a product."""
        name = step.gate.name
        if name == "divide" and self.is_one(operands[0]):
            return infix("/", Text("1"), self.spell(operands[1]))
        if name == "power" and is_number(operands[1], 1):
            return self.spell(operands[0])
        if name == "multiply":
            for one, other in (operands, operands[::-1]):
                if self.is_one(one) or is_number(one, 1):
                    return self.spell(other)
        if name == "where" and is_number(operands[2], 0.0) and isinstance(operands[0], Wire):
            g = operands[1]
            value = g.value if isinstance(g, Wire) else g
            if self.is_one(g):
                return self.spell(operands[0])
            if np.all(np.isfinite(value)) and np.asarray(operands[0].value).dtype == bool:
                return infix("*", self.spell(g), self.spell(operands[0]), grouped=True)
        if step.gate.family.name == "elementwise" and len(operands) == 2:
            inner = [self.without_spread(x, holder, y) for x, y in (operands, operands[::-1])]
            if inner != list(operands):
                values = [x.value if isinstance(x, Wire) else x for x in inner]
                return self.speller.step(step, [self.spell(x) for x in inner], values, grouped=True)
        return None

    def is_one(self, x: Any) -> bool:
        """Whether a value stands for an upstream gradient of ones."""
        return isinstance(x, Wire) and x in self.ones

    def without_spread(self, x: Any, holder: SourcedWire, other: Any) -> Any:
        """What was spread to the output's shape, where the other operand has that shape already."""
        while isinstance(x, Wire) and x not in self.d_texts:
            inner = self.d_roots.get(x)
            source = inner.wire if isinstance(inner, Tensor) else inner if inner is not None else x
            made = step_wire(source) if isinstance(source, Wire) and source not in self.forward_wires else None
            if made is None or step_of(made).gate.name != "broadcast_to":
                break
            if np.shape(other.value if isinstance(other, Wire) else other) != np.shape(holder.value):
                break
            x = self.operands(made)[0]
        return x

    def hoisted(self, wire: Wire) -> Text:
        """A value that is used several times, or takes several statements: a line of its own before."""
        name = self.free(f"{self.current}_{'part' if self.is_statement(wire) else 'local'}")
        self.counts[wire] = 0
        self.assign(name, wire)
        self.d_texts[wire] = Text(name)
        return self.d_texts[wire]

    def is_statement(self, wire: Any) -> bool:
        """Whether a value is made by writing into an array."""
        wire = wire.wire if isinstance(wire, Tensor) else wire
        if not isinstance(wire, Wire) or self.has_name(wire):
            return False
        holder = step_wire(wire)
        return holder is not None and step_of(holder).gate.text == "statement"

    def has_name(self, wire: Wire) -> bool:
        """Whether a wire is written by its name."""
        if wire in self.forward_wires and (self.backward or wire in self.named or wire in self.needed):
            return True
        return wire in self.d_texts

    # ----------------------------------------------------------------------------------------------- the backward pass

    def backward_lines(self) -> list[str]:
        """The backward pass, stage by stage."""
        self.backward = True
        events = reverse(self.circuit)
        self.counts = uses(part for event in events for _, _, part in event.parts)
        self.stands = {transparent(event.wire): event.upstream for event in events}
        arriving = Counter(transparent(parent) for event in events for _, parent, _ in event.parts)
        self.start()
        numbers = self.stage_numbers()
        last = None
        for event in events:
            wire = transparent(event.wire)
            self.complete(event, wire)
            if wire.pullback is port or not event.parts:
                continue
            if (here := numbers.get(wire)) is not None and here != last:
                last = here
                self.quote(*here)
            for _, parent, part in event.parts:
                self.say_shift(wire, transparent(parent))
                self.contribute(transparent(parent), part, arriving[transparent(parent)])
        for i in self.circuit.wanted:
            if i.wire not in self.begun and i.wire is not self.circuit.output:
                self.lines.append(f"{self.d_name(i.wire)} = {zeros_text(i)}")
        lines, self.lines = self.lines, []
        self.backward = False
        return lines

    def stage_numbers(self) -> dict[Wire, tuple[int, Stage]]:
        """The stage, and its number, of every wire and of every step with several outputs."""
        found: dict[Wire, tuple[int, Stage]] = {}
        for number_, stage in enumerate(self.circuit.stages, 1):
            for wire in stage.wires:
                found[wire] = number_, stage
                if (holder := step_wire(wire)) is not None:
                    found[holder] = number_, stage
        return found

    def start(self) -> None:
        """The structures that take gradients, and the first gradient."""
        for parameter in dict.fromkeys(i.parameter for i in self.circuit.wanted if i.path):
            self.lines.append(f"{self.dict_name(parameter)} = {empty_structure(self.circuit.wanted, parameter)}")
        output = self.circuit.output
        name = self.d_name(output)
        if self.starts_with_ones():
            scalar = isinstance(output.value, float)
            self.lines.append(f"{name} = " + ("1.0" if scalar else f"np.ones_like({self.forward_name(output)})"))
        self.begun: set[Wire] = {output}  # wires whose gradient has a line
        self.inline: dict[Wire, Any] = {}  # contributions that will be written where they are used

    def complete(self, event: Event, wire: Wire) -> None:
        """The gradient of `wire` is complete: from here on it is a name, or written where it is used."""
        if event.upstream is None:
            return
        if wire in self.begun:
            self.d_texts[event.upstream] = Text(self.d_name(wire))
        else:
            self.d_roots[event.upstream] = self.inline[wire]

    def quote(self, number_: int, stage: Stage) -> None:
        """The user's line above its backward lines."""
        text = f"# backprop {self.line_of(stage)}"
        self.lines.append(f"{text:<{COMMENT - 3}} ({number_})" if len(text) < COMMENT - 3 else f"{text}  ({number_})")

    def line_of(self, stage: Stage) -> str:
        """A stage as the user wrote it, a return as an assignment."""
        if stage.statement is None:
            return stage.name
        if stage.statement.returns:
            return f"{stage.name} = {stage.text.removeprefix('return ')}"
        return stage.text

    def say_shift(self, wire: Wire, parent: Wire) -> None:
        """Say it where a block sends its gradient past the shift by the maximum."""
        holder = step_wire(wire)
        if (
            holder is None
            or holder.written is None
            or parent in [transparent(s) for s in holder.sources if s is not None]
        ):
            return
        shifted = next(transparent(s) for s in holder.sources if s is not None)
        name = self.circuit.names[shifted]
        self.lines.append(f"# the shift in {name} cancels: nothing goes back through its max")

    def contribute(self, parent: Wire, part: Any, contributions: int) -> None:
        """One contribution: a line, or nothing yet where it will be written in the one place that uses it."""
        self.current = self.circuit.names.get(parent, "d")
        if not self.has_line(parent, part, contributions):
            self.inline[parent] = part
            return
        name = self.d_name(parent)
        if parent in self.begun:
            self.accumulate(name, part)
            return
        self.begun.add(parent)
        returned = parent in self.inputs and self.inputs[parent].wanted
        self.assign(name, part, like=parent, fresh=returned or contributions > 1)

    def has_line(self, parent: Wire, part: Any, contributions: int) -> bool:
        """Whether a gradient gets a name: its wire has one, or it is summed, or used several times, or too deep."""
        if parent in self.named or contributions > 1:
            return True
        stands = self.stands.get(parent)
        if stands is None or self.atomic(part):
            return False
        self.heights[stands] = self.height(part)
        if self.counts[stands] > 1 or self.heights[stands] > DEEPEST:
            self.heights[stands] = 0
            return True
        return False

    def height(self, part: Any) -> int:
        """How many operations deep the expression for a contribution is."""
        wire = part.wire if isinstance(part, Tensor) else part
        holder = step_wire(wire) if isinstance(wire, Wire) and wire not in self.forward_wires else None
        if holder is None:
            return self.heights.get(wire, 0) if isinstance(wire, Wire) else 0
        return 1 + max((self.height(x) for x in self.operands(holder)), default=0)

    def atomic(self, part: Any) -> bool:
        """Whether a contribution is just another name, or a number."""
        wire = self.resolved(part)
        return not isinstance(wire, Wire) or wire in self.d_texts or wire in self.named or step_wire(wire) is None

    def resolved(self, part: Any) -> Any:
        """What a contribution is, past gradients that are written where they are used."""
        wire = part.wire if isinstance(part, Tensor) else part
        while isinstance(wire, Wire) and wire not in self.d_texts and wire in self.d_roots:
            wire = self.d_roots[wire].wire if isinstance(self.d_roots[wire], Tensor) else self.d_roots[wire]
        return wire

    # --------------------------------------------------------------------------------------------------- statements

    def assign(self, name: str, root: Any, *, like: Wire | None = None, fresh: bool = False) -> None:
        """`name = root`, in several statements where the value is made by writing into an array.

        `like` is the wire whose gradient this is; with `fresh` the result must share memory with nothing.
        """
        wire = self.resolved(root)
        if self.is_statement(wire):
            self.write(name, step_wire(wire), like)
            return
        if (parts := self.into(wire)) is not None:
            left, sign, right = parts
            self.assign(name, left, like=like, fresh=True)
            self.lines.append(f"{name} {sign}= {self.spell(right).text}")
            return
        if isinstance(wire, Wire) and like is not None and (filled := self.filled(wire, like)) is not None:
            self.lines.append(f"{name} = {filled}")
            return
        if (kept := self.local_times_upstream(wire)) is not None:
            self.lines.append(f"{name} = {kept}")
            return
        text = self.spell(root)
        copied = fresh and self.shares(wire)
        line = f"{name} = {text.at(100) + '.copy()' if copied else text.text}"
        self.lines.append(line + self.shapes.comment(name, wire, self, line))

    def write(self, name: str, holder: SourcedWire | None, like: Wire | None) -> None:
        """Zeros, or an array, with something written into its places."""
        assert holder is not None
        step, operands = step_of(holder), self.operands(holder)
        if step.gate.name == "add_at":
            self.assign(name, operands[0], like=like, fresh=True)
            self.add_into(name, step, operands[1])
            return
        shape, dtype = step.parameters["shape"], np.asarray(holder.value).dtype
        if like is not None and np.shape(like.value) == tuple(shape) and np.asarray(like.value).dtype == dtype:
            self.lines.append(f"{name} = np.zeros_like({self.forward_name(like)})")
        else:
            kind = "" if dtype == float else f", np.{dtype.name}"
            self.lines.append(f"{name} = np.zeros({self.speller.parameter(tuple(shape))}{kind})")
        if each_once(step.parameters["index"]):
            self.lines.append(
                f"{name}[{self.speller.index(step.parameters['index'])}] = {self.spell(operands[0]).text}"
            )
        else:
            self.add_into(name, step, operands[0])

    def add_into(self, name: str, step: Step, values: Any) -> None:
        """`name[index] += values`, through np.add.at where an entry may be named twice."""
        index = step.parameters["index"]
        text = self.speller.index(index)
        if not each_once(index):
            self.lines.append(
                f"np.add.at({name}, {self.speller.parameter(index) if not isinstance(index, tuple) else f'({text})'}, {self.spell(values).text})"
            )
        elif is_number(values) and values < 0:
            self.lines.append(f"{name}[{text}] -= {number(-values).text}")
        else:
            self.lines.append(f"{name}[{text}] += {self.spell(values).text}")

    def into(self, wire: Any) -> tuple[Any, str, Any] | None:
        """For `a * b` where a is made by writing into an array: a, the sign, b."""
        holder = step_wire(wire) if isinstance(wire, Wire) and not self.has_name(wire) else None
        if holder is None:
            return None
        sign, operands = step_of(holder).gate.infix, self.operands(holder)
        if sign not in ("+", "-", "*", "/") or np.shape(value_of(operands[0])) != np.shape(holder.value):
            return None
        if np.asarray(value_of(operands[0])).dtype != np.asarray(holder.value).dtype:
            return None
        left = self.resolved(operands[0])
        if self.once(operands[0]) and (self.is_statement(left) or self.into(left) is not None):
            return operands[0], sign, operands[1]
        return None

    def once(self, x: Any) -> bool:
        """Whether a value is used in one place only."""
        return not isinstance(x, Wire) or self.counts[x] <= 1

    def accumulate(self, name: str, root: Any) -> None:
        """`name += root`."""
        wire = self.resolved(root)
        holder = step_wire(wire) if isinstance(wire, Wire) else None
        if self.is_statement(wire) and holder is not None and step_of(holder).gate.name == "scatter":
            self.add_into(name, step_of(holder), self.operands(holder)[0])
            return
        if (kept := self.local_times_upstream(wire)) is not None:
            self.lines.append(f"{name} += {kept}")
            return
        text = self.spell(root)
        if text.text.startswith("-") and text.rank == UNARY:
            self.lines.append(f"{name} -= {text.text[1:]}")
        else:
            line = f"{name} += {text.text}"
            self.lines.append(line + self.shapes.comment(name, wire, self, line))

    def local_times_upstream(self, wire: Any) -> str | None:
        """In the notes' style: the local gradient in brackets, times the upstream one, and what they are called."""
        if self.style != "notes" or not isinstance(wire, Wire) or not self.backward:
            return None
        local, upstream = self.factors(wire)
        if local is None:
            return None
        factor = local.text if local.text.isidentifier() else f"({local.text})"
        return f"{factor} * {upstream}    # local {local.text}, upstream {upstream}"

    def factors(self, wire: Wire) -> tuple[Text | None, str]:
        """A contribution taken apart into local gradient and upstream gradient, where it is their product."""
        if wire in self.d_texts:
            return Text("1"), self.d_texts[wire].text
        holder = step_wire(wire)
        if holder is None or self.has_name(wire):
            return None, ""
        name, operands = step_of(holder).gate.name, self.operands(holder)
        if not isinstance(g := operands[-1 if name == "multiply" else 0], Wire) or g not in self.d_texts:
            return None, ""
        upstream = self.d_texts[g].text
        if name == "negative":
            return Text("-1"), upstream
        if name == "divide":
            return infix("/", Text("1"), self.spell(operands[1])), upstream
        return (self.spell(operands[0]), upstream) if name == "multiply" else (None, "")

    def filled(self, wire: Wire, like: Wire) -> str | None:
        """A gradient spread over all of its wire: the wire's shape filled with it."""
        holder = step_wire(wire) if wire not in self.forward_wires and wire not in self.d_texts else None
        if holder is None or step_of(holder).gate.name != "broadcast_to" or like not in self.named:
            return None
        if np.asarray(wire.value).dtype != np.asarray(like.value).dtype:
            return None
        spread = self.spell(self.operands(holder)[0])
        return f"np.full_like({self.forward_name(like)}, {spread.text})"

    def shares(self, wire: Any) -> bool:
        """Whether an expression is another array's name, or a view of one."""
        if not isinstance(wire, Wire) or not isinstance(wire.value, np.ndarray):
            return False
        wire = self.resolved(wire)
        if wire in self.d_texts or wire in self.named or (wire in self.forward_wires and self.backward):
            return True
        holder = step_wire(wire)
        if holder is None:
            return True
        simple = step_of(holder).gate.name in VIEWS
        operands = self.operands(holder)
        if not simple and len(operands) == 2:  # a product with 1, or a first power, is left out
            return any(
                self.spell(x).text == self.step(holder).text and self.shares(x) for x in operands if isinstance(x, Wire)
            )
        return simple and self.shares(operands[0])

    # ------------------------------------------------------------------------------------------------ the forward pass

    def forward_lines(self) -> list[str]:
        """The forward pass: one line a stage, or several where the backward pass needs what is inside."""
        self.materialise()
        self.counts = uses(())
        for number_, stage in enumerate(self.circuit.stages, 1):
            self.stage_lines(number_, stage)
        lines, self.lines = self.lines, []
        return lines

    def materialise(self) -> None:
        """Give lines of their own to inner wires that are used twice, lie too deep, or are made by writing."""
        wires = [w for stage in self.circuit.stages for w in stage.wires]
        used: Counter[Wire] = Counter()
        for wire in wires:
            holder = step_wire(wire)
            assert holder is not None
            used.update(x for x in self.operands(holder) if isinstance(x, Wire))
            used.update(transparent(x) for x in step_of(holder).parameter_wires.values())
        heights: dict[Wire, int] = {}
        for wire in wires:
            holder = step_wire(wire)
            assert holder is not None
            heights[wire] = 1 + max(
                (heights.get(x, 0) for x in self.operands(holder) if isinstance(x, Wire)), default=0
            )
            if (
                wire in self.named
                or wire in self.needed
                or used[wire] > 1
                or heights[wire] > DEEPEST
                or self.is_statement(wire)
            ):
                heights[wire] = 0
                if wire not in self.named:
                    self.needed.add(wire)

    def stage_lines(self, number_: int, stage: Stage) -> None:
        """The lines of one stage."""
        written = [w for w in stage.wires if w in self.named or w in self.needed]
        ports = [w for w in written if w.pullback is port]
        mark = f"# ({number_})"
        quoted = False
        if len(written) > 1 + len(ports) or self.users_line_differs(stage):
            quoted = stage.statement is not None
            if quoted:
                self.lines.append(f"# {self.line_of(stage)}")
        done: set[SourcedWire | None] = set()
        for wire in written:
            holder = step_wire(wire)
            if holder in done:
                continue
            done.add(holder)
            start = len(self.lines)
            if wire.pullback is port:
                self.lines.append(f"{self.port_names(holder, stage)} = {self.step(holder).text}")  # type: ignore[arg-type]
            elif not quoted and (users := self.users_text(stage, wire)) is not None:
                self.lines.append(f"{self.forward_name(wire)} = {users}")
            else:
                self.needed.discard(wire)
                named = self.named.pop(wire, None)
                self.assign(named or self.circuit.names[wire], wire)
                self.named[wire] = named or self.circuit.names[wire]
            if wire is written[-1] or (ports and wire is ports[-1]):
                self.lines[start] = (
                    f"{self.lines[start]:<{COMMENT - 4}}{mark}"
                    if len(self.lines[start]) < COMMENT - 4
                    else f"{self.lines[start]}  {mark}"
                )

    def port_names(self, holder: SourcedWire, stage: Stage) -> str:
        """The targets of a step with several outputs, `_` for those nobody uses."""
        names = {w.values[0]: self.circuit.names[w] for w in stage.wires if step_wire(w) is holder}
        return ", ".join(names.get(k, "_") for k in range(len(holder.value))) + ("," if len(holder.value) == 1 else "")

    def users_line_differs(self, stage: Stage) -> bool:
        """Whether the target is called otherwise than the user called it: bound again."""
        return (
            stage.statement is not None
            and stage.statement.target is not None
            and stage.statement.target.split(",")[0] != stage.name.split(",")[0]
        )

    def users_text(self, stage: Stage, wire: Wire) -> str | None:
        """The user's own right-hand side, where it says exactly what the steps do."""
        if stage.statement is None or wire is not stage.wires[-1] or self.circuit.names[wire] != stage.name:
            return None
        self.needed.discard(wire)
        named = self.named.pop(wire)
        own = self.spell(wire).text
        self.named[wire] = named
        text = stage.text.split(" = ", 1)[-1] if not stage.statement.returns else stage.text.removeprefix("return ")
        return text if same_expression(text, own) else None


DEEPEST = 10  # operations in one expression, one inside the other


def step_of(holder: SourcedWire) -> Step:
    assert holder.step is not None
    return holder.step


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, (Wire, Tensor)) else x


def is_number(x: Any, value: float | None = None) -> bool:
    """Whether `x` is a plain Python number, and this one."""
    return isinstance(x, (int, float)) and not isinstance(x, bool) and (value is None or x == value)


def each_once(index: Any) -> bool:
    """Whether an index surely names no entry twice: slices, whole numbers, masks, or with np.arange among its arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [np.asarray(i) for i in parts if isinstance(i, (np.ndarray, list))]
    return all(a.dtype == bool for a in arrays) or any((told_by_value(a) or "").startswith("np.arange") for a in arrays)


def uses(roots: Any) -> Counter[Any]:
    """How often each wire of a recorded backward pass is used."""
    counts: Counter[Any] = Counter()
    waiting = [part.wire for part in roots if isinstance(part, Tensor)]
    counts.update(waiting)
    seen: set[Wire] = set()
    while waiting:
        wire = waiting.pop()
        holder = step_wire(wire)
        if wire in seen or holder is None or not step_of(holder).place == ():
            continue
        seen.add(wire)
        operands = [x for x in step_of(holder).operands if isinstance(x, Wire)]
        counts.update(operands)
        waiting.extend(operands)
    return counts


def zeros_text(i: Input) -> str:
    """The gradient of an input the output does not depend on."""
    return "0.0" if isinstance(i.wire.value, float) else f"np.zeros_like({i.text})"


def empty_structure(wanted: Sequence[Input], parameter: str) -> str:
    """The empty structure for the gradients of one argument: a dict of dicts where there are several levels."""
    paths = [i.path for i in wanted if i.parameter == parameter]

    def at(prefix: tuple[Any, ...]) -> str:
        keys = list(dict.fromkeys(p[len(prefix)] for p in paths if p[: len(prefix)] == prefix and len(p) > len(prefix)))
        inner = [
            f"{k!r}: {at((*prefix, k))}"
            for k in keys
            if any(p[: len(prefix) + 1] == (*prefix, k) and len(p) > len(prefix) + 1 for p in paths)
        ]
        return "{" + ", ".join(inner).replace("'", '"') + "}"

    return at(())


def same_expression(users: str, own: str) -> bool:
    """Whether two texts are the same operations: a method is the function of its name."""
    try:
        return ast.dump(AsFunctions().visit(ast.parse(users, mode="eval"))) == ast.dump(
            AsFunctions().visit(ast.parse(own, mode="eval"))
        )
    except SyntaxError:
        return False


METHODS = frozenset("sum mean prod var std max min dot reshape ravel transpose swapaxes squeeze clip copy".split())


class AsFunctions(ast.NodeTransformer):
    """Writes `x.sum(axis=0)` as `np.sum(x, axis=0)`, and one spelling for numbers."""

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802  (the name ast looks for)
        self.generic_visit(node)
        func = node.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr in METHODS
            and not (isinstance(func.value, ast.Name) and func.value.id == "np")
        ):
            return ast.Call(
                ast.Attribute(ast.Name("np", ast.Load()), func.attr, ast.Load()),
                [func.value, *node.args],
                node.keywords,
            )
        return node


def helper(name: str, step: Step) -> Iterator[str]:
    """The definition of an own gate's forward function: its NumPy composition, recorded on samples of its operands."""
    from gatewise._recording.running import record

    values = [value_of(x) for x in step.operands]
    gate = step.gate

    def composition(*operands: Any) -> Any:
        return gate.function(*operands, **step.parameters)

    names = gate.operands[: len(values)]
    circuit = record(composition, values)
    yield f"def {name}({', '.join(names)}):"
    writer = Writer(circuit, "code")
    writer.named = {i.wire: n for i, n in zip(circuit.inputs, names, strict=False)}
    writer.needed = set()
    lines = writer.forward_lines()
    yield from (f"    {line}" for line in lines)
    yield f"    return {writer.forward_name(circuit.output)}"
