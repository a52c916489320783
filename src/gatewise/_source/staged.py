"""The staged text of a circuit: one function that runs on its own, forward and backward, stage by stage.

The backward pass is the recorded sweep of the circuit, so what is printed is what runs. Gradients that are used once
and have no name of their own are written where they are used; everything else is one line each.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Input, Stage, Wire, made_as_written, part_of, wires_in, with_wires
from gatewise._recording.structures import key_text
from gatewise._source.expressions import MODULES
from gatewise._source.guards import DEEPEST, Guards
from gatewise._source.nodes import is_gate, repeated_number, value_of
from gatewise._source.spelling import Text, array_parameters, literal
from gatewise._source.statements import COMMENT, Style, TextLine
from gatewise._tensor import METHODS, Kept
from gatewise._transforms import Event, reverse

IMPORTS = {"np": "import numpy as np", "math": "import math"}


class Staged(str):
    """Staged source as a string that shows itself as code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": f"```python\n{self}```"}


def staged(circuit: FrozenCircuit, style: Style = "code") -> Staged:
    """The text of `f_and_gradients` for a circuit; `style` "notes" keeps every local factor."""
    return Staged(Writer(circuit, style).text())


class Writer(Guards):
    """Writes one circuit down."""

    def __init__(self, circuit: FrozenCircuit, style: Style) -> None:
        super().__init__(circuit, style)
        self.speller.defined = definition
        output = circuit.output
        self.first = self.free(f"d{circuit.names[output]}")  # the gradient that the backward pass starts from
        given = self.inputs.get(output)  # a function may give back what it was given
        if given is None or (not given.path and self.starts_with_ones()):
            self.d_names[output] = self.first
        self.aliases: dict[str, str] = {}  # of modules whose names are arguments
        self.heights: dict[Any, int] = {}
        self.begun: set[Wire] = set()  # wires whose gradient has a line
        self.tame: dict[Wire, bool] = {}  # whether all that came back to a wire so far is tame
        self.inline: dict[Wire, Any] = {}  # contributions that will be written where they are used

    # ------------------------------------------------------------------------------------------------- the whole text

    def text(self) -> str:
        """Everything, from imports to return."""
        circuit = self.circuit
        backward = self.backward_lines()
        forward = self.forward_lines()
        name = circuit.name if circuit.name.isidentifier() else "f"
        head = [IMPORTS["np"]] + ([IMPORTS["math"]] if self.speller.uses_math else [])
        if self.crc32:
            head.insert(0, f"from zlib import crc32{f' as {self.crc32}' if self.crc32 != 'crc32' else ''}\n")
        helpers = []
        for own, node in self.speller.functions.items():
            first, *rest = definition(node)
            helpers += ["", f"def {own}{first}", *rest]
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
        return (
            "\n".join(
                self.with_modules(f"{line}")
                for line in [*lines, *(f"    {line}" if str(line) else "" for line in body)]
            )
            + "\n"
        )

    def with_modules(self, line: str) -> str:
        """A line of the text, with a module under another name where an argument has its name."""
        code, sign, comment = line.partition("#")
        for name, stands in MODULES.items():
            if any(name == argument for argument, _, _ in self.circuit.signature):
                if name not in self.aliases:
                    self.aliases[name] = self.free(f"{name}_")
                alias = self.aliases[name]
                if code == IMPORTS[name]:
                    return f"{code.removesuffix(f' as {name}')} as {alias}"
                code = re.sub(rf"\b{name}\.", f"{alias}.", code).replace(stands, name)
        return code + sign + comment

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
        extra += [] if self.starts_with_ones() else [self.first]
        position = next((k for k, part in enumerate(parts) if part.startswith("**")), len(parts))
        parts[position:position] = (["*"] if extra and not keyword_only else []) + extra
        return ", ".join(parts)

    def last_positional_only(self) -> str:
        return [name for name, kind, _ in self.circuit.signature if kind == "positional_only"][-1]

    def default(self, default: Any) -> str:
        """` = default` where it can be written as a literal."""
        if default is inspect.Parameter.empty:
            return ""
        return f"={literal(default, self.speller)}"

    def starts_with_ones(self) -> bool:
        return bool(np.all(np.asarray(self.circuit.upstream) == 1))

    def returned(self) -> str:
        """The return line: the value, and the gradients as the inputs came."""
        parts = dict.fromkeys(
            self.dict_name(i.parameter) if i.path else self.d_name(i.wire) for i in self.circuit.wanted
        )
        gradients = "".join(parts) if len(parts) == 1 else f"({', '.join(parts)})"
        return f"return {self.forward_name(self.circuit.output)}, {gradients}"

    # ----------------------------------------------------------------------------------------------- the backward pass

    def backward_lines(self) -> list[TextLine]:
        """The backward pass, stage by stage."""
        self.backward = True
        events = reverse(self.circuit)
        self.stands = {event.wire: event.upstream for event in events}
        arriving = Counter(parent for event in events for _, parent, _ in event.parts)
        for event in events:
            self.understand(event, arriving)
        self.counts = uses(
            p for e in events for _, parent, p in e.parts if self.stands.get(parent) not in self.nodes.built
        )
        self.start()
        numbers, last = self.stage_numbers(), None
        for event in events:
            wire = event.wire
            self.complete(event, wire)
            if part_of(wire) is not None or not event.parts:
                continue
            if (here := numbers.get(wire)) is not None and here != last:
                last = here
                self.quote(*here)
            for _, parent, part in event.parts:
                self.say_shift(wire, parent)
                self.contribute(parent, part, arriving[parent])
        for i in self.circuit.wanted:
            if i.wire not in self.begun and i.wire is not self.circuit.output:
                self.write(f"{self.d_name(i.wire)} = {zeros_text(i)}")
        lines, self.lines = self.lines, []
        self.backward = False
        return lines

    def understand(self, event: Event, arriving: Counter[Wire]) -> None:
        """Put simplified nodes in the place of what was recorded; copies of one number need no name."""
        if event.upstream is not None and event.upstream not in self.nodes.built:
            self.nodes.stand(event.upstream, event.mask)
            if self.tame.get(event.wire, True):
                self.nodes.tame_gradients.add(event.upstream)
        event.parts = [(k, parent, self.nodes.of(part)) for k, parent, part in event.parts]
        for _, parent, part in event.parts:
            self.tame[parent] = self.tame.get(parent, True) and self.nodes.tame(part)
            stands = self.stands.get(parent)
            if arriving[parent] == 1 and parent not in self.named and stands is not None and is_slight(part):
                self.nodes.built[stands] = part

    def stage_numbers(self) -> dict[Wire, tuple[int, Stage]]:
        """The stage, and its number, of every wire and of every step with several outputs."""
        found: dict[Wire, tuple[int, Stage]] = {}
        for number, stage in enumerate(self.circuit.stages, 1):
            for wire in stage.wires:
                found[wire] = number, stage
                if part_of(wire) is not None:
                    found[wire.parents[0]] = number, stage
        return found

    def start(self) -> None:
        """The structures that take gradients, and the first gradient."""
        for parameter in dict.fromkeys(i.parameter for i in self.circuit.wanted if i.path):
            self.write(f"{self.dict_name(parameter)} = {empty_structure(self.circuit.inputs, parameter)}")
        output = self.circuit.output
        self.begun.add(output)
        if self.starts_with_ones():
            self.write(f"{self.first} = {self.ones(output)}")
        if output in self.inputs and self.inputs[output].wanted and self.d_name(output) != self.first:
            self.write(
                f"{self.d_name(output)} = {self.first}{'.copy()' if isinstance(output.value, np.ndarray) else ''}"
            )

    def ones(self, output: Wire) -> str:
        """The first gradient: 1.0 for a number, ones for an array."""
        if isinstance(output.value, float):
            return "1.0"
        if isinstance(output.value, np.generic):
            return f"np.{output.value.dtype.name}(1.0)"
        return f"np.ones_like({self.forward_name(output)})"

    def complete(self, event: Event, wire: Wire) -> None:
        """The gradient of `wire` is complete: from here on it is a name, or written where it is used."""
        if event.upstream is None:
            return
        if wire in self.begun:
            self.d_texts[event.upstream] = Text(self.first if wire is self.circuit.output else self.d_name(wire))
        else:
            self.d_roots[event.upstream] = self.inline[wire]

    def quote(self, number: int, stage: Stage) -> None:
        """The user's line above its backward lines."""
        text = f"# backprop {line_of_stage(stage)}"
        self.write(f"{text:<{COMMENT + 1}} ({number})" if len(text) <= COMMENT else f"{text}  ({number})")

    def say_shift(self, wire: Wire, parent: Wire) -> None:
        """Say it where a block sends its gradient past the shift by the maximum."""
        if (block := self.circuit.blocks.get(wire)) is None:
            return
        shifted = wires_in(block.operands)
        if parent not in shifted:
            self.write(f"# the shift in {self.circuit.names[shifted[0]]} cancels: nothing goes back through its max")

    def contribute(self, parent: Wire, part: Any, contributions: int) -> None:
        """One contribution: a line, or nothing yet where it will be written in the one place that uses it."""
        self.current = self.circuit.names.get(parent, "d")
        if not self.has_line(parent, part, contributions):
            self.inline[parent] = part
            return
        name = self.d_name(parent)
        if parent in self.begun:
            self.accumulate(name, part, parent)
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

    def height(self, x: Any) -> int:
        """How many operations deep an expression is."""
        if isinstance(x, Expr) and x not in self.heights:
            self.heights[x] = 1 + max(map(self.height, x.operands), default=0)
        return self.heights.get(x, 0) if isinstance(x, (Expr, Wire)) else 0

    def atomic(self, part: Any) -> bool:
        """Whether a contribution is just another name, or a number."""
        x = self.resolved(part)
        return not isinstance(x, Expr) or x in self.d_texts

    # ------------------------------------------------------------------------------------------------ the forward pass

    def forward_lines(self) -> list[TextLine]:
        """The forward pass: one line a stage, or several where the backward pass needs what is inside."""
        self.materialise()
        guards = self.guards()
        self.rows_in_order()
        self.assertions(guards.get(0, ()))
        for number, stage in enumerate(self.circuit.stages, 1):
            self.stage_lines(number, stage)
            self.assertions(guards.get(number, ()))
        lines, self.lines = self.lines, []
        return lines

    def materialise(self) -> None:
        """Give lines of their own to inner wires that are used twice, lie too deep, or are made by writing."""
        wires = [w for stage in self.circuit.stages for w in stage.wires]
        operands = {w: wires_in(self.circuit.steps[w]) for w in wires}
        used = Counter(x for found in operands.values() for x in found)
        steps = self.circuit.steps.values()
        inside = {x for made in steps for x in wires_in(tuple(made.parameters.values()))}  # an index is spelled by name
        heights: dict[Wire, int] = {}
        for wire in wires:
            heights[wire] = 1 + max((heights.get(x, 0) for x in operands[wire]), default=0)
            kept = wire in self.named or wire in self.needed or used[wire] > 1 or heights[wire] > DEEPEST
            if kept or self.is_statement(self.circuit.steps[wire]) or wire in inside:
                heights[wire] = 0
                if wire not in self.named:
                    self.needed.add(wire)

    def stage_lines(self, number: int, stage: Stage) -> None:
        """The lines of one stage."""
        written = [w for w in stage.wires if w in self.named or w in self.needed]
        steps = {self.circuit.steps[w]: w for w in reversed(written)}  # of several outputs the first
        quoted_above = stage.statement is not None and (
            len(steps) > 1 or users_line_differs(stage) or self.calls_helpers(stage)
        )
        if quoted_above:
            self.write(f"# {line_of_stage(stage)}")
        start = len(self.lines)
        for made, wire in reversed(steps.items()):
            start = len(self.lines)
            self.forward_line(stage, wire, made, quoted_above)
        if steps:
            self.lines[start].mark = f"({number})"

    def forward_line(self, stage: Stage, wire: Wire, node: Expr, quoted_above: bool) -> None:
        """One value of the forward pass."""
        if part_of(wire) is not None:
            self.write(f"{self.port_names(node, stage)} = {self.step(node).text}")
        elif not quoted_above and self.is_users(stage, wire, node):
            self.write(f"{self.forward_name(wire)} = {right_side(stage)}", self.shapes.said(node))
        else:
            self.assign(self.named.get(wire, self.circuit.names[wire]), node)

    def calls_helpers(self, stage: Stage) -> bool:
        """Whether gates of a stage stand in functions that its line calls."""
        return any(self.circuit.scopes.get(w) for w in stage.wires)

    def unused(self) -> str:
        """The name for what nobody uses."""
        return "_" if "_" not in self.circuit.names.values() else self.free("_unused")

    def port_names(self, node: Expr, stage: Stage) -> str:
        """The targets of a step with several outputs, `_` for those nobody uses."""
        names = {part_of(w): self.circuit.names[w] for w in stage.wires if self.circuit.steps[w] is node}
        unused, count = self.unused(), len(node.value)
        return ", ".join(names.get(k, unused) for k in range(count)) + ("," if count == 1 else "")

    def is_users(self, stage: Stage, wire: Wire, node: Expr) -> bool:
        """Whether the user's own right-hand side says exactly what the steps do."""
        said = stage.statement
        if said is None or said.in_place or wire is not stage.wires[-1] or self.circuit.names[wire] != stage.name:
            return False
        return not self.is_statement(node) and self.step(node).text.replace(" ", "") == as_we_write(said.value)


def is_slight(part: Any) -> bool:
    """Whether a gradient is copies of one number or the negative of another gradient: seen through, not named."""
    return repeated_number(part) is not None or (is_gate(part, "negative") and isinstance(part.operands[0], Wire))


def line_of_stage(stage: Stage) -> str:
    """A stage as the user wrote it, a return as an assignment."""
    if stage.statement is None:
        return stage.name
    return f"{stage.name} = {right_side(stage)}" if stage.statement.returns else stage.text


def right_side(stage: Stage) -> str:
    """The user's text for the value of a stage."""
    if stage.statement.returns:
        return stage.text.removeprefix("return").strip()
    found = re.match(r"[^=!<>]*[^=!<>+*/@%&|^-]=(?!=)\s*(.*)", stage.text, re.DOTALL)
    return found[1] if found else stage.text


def users_line_differs(stage: Stage) -> bool:
    """Whether the target is called otherwise than the user called it: bound again."""
    target = stage.statement.target
    return target is not None and target.split(",")[0] != stage.name.split(",")[0] and "_" not in target.split(",")


def uses(roots: Any) -> Counter[Any]:
    """How often each node, and each gradient's stand-in, of the backward pass is used."""
    waiting = [x for x in roots if isinstance(x, (Expr, Wire))]
    counts: Counter[Any] = Counter(waiting)
    seen: set[Any] = set()
    while waiting:
        x = waiting.pop()
        if isinstance(x, Expr) and x not in seen:
            seen.add(x)
            operands = [y for y in x.operands if isinstance(y, (Expr, Wire))]
            counts.update(operands)
            waiting.extend(operands)
    return counts


def zeros_text(i: Input) -> str:
    """The gradient of an input the output does not depend on."""
    if isinstance(i.wire.value, float):
        return "0.0"
    return f"np.zeros_like({i.text})" if isinstance(i.wire.value, np.ndarray) else f"np.{i.wire.value.dtype.name}(0.0)"


def empty_structure(inputs: Sequence[Input], parameter: str) -> str:
    """The empty structure for the gradients of one argument: a dict, or a list of None where the keys count from 0."""
    paths = [i.path for i in inputs if i.parameter == parameter]

    def at(prefix: tuple[Any, ...]) -> str:
        below = [p for p in paths if p[: len(prefix)] == prefix and len(p) > len(prefix)]
        keys = list(dict.fromkeys(p[len(prefix)] for p in below))
        inner = {
            k: at((*prefix, k)) for k in keys if any(p[len(prefix)] == k and len(p) > len(prefix) + 1 for p in below)
        }
        if keys == list(range(len(keys))):
            return f"[None] * {len(keys)}" if not inner else f"[{', '.join(inner.get(k, 'None') for k in keys)}]"
        return "{" + ", ".join(f"{key_text(k)}: {text}" for k, text in inner.items()) + "}"

    return at(())


@lru_cache(maxsize=1024)
def as_we_write(tree: ast.expr) -> str:
    """An expression of the user's as printed code says it, but for spaces: a method is the function of its name."""
    return ast.unparse(AsFunctions().visit(copy.deepcopy(tree))).replace(" ", "")


CALLED_ON_ARRAYS = frozenset({*METHODS, "reshape", "transpose"})


class AsFunctions(ast.NodeTransformer):
    """Writes `x.sum(axis=0)` as `np.sum(x, axis=0)`, an index of one as that one, and one kind of brackets in calls."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        func = node.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr in CALLED_ON_ARRAYS
            and not (isinstance(func.value, ast.Name) and func.value.id == "np")
        ):
            node = ast.Call(
                ast.Attribute(ast.Name("np", ast.Load()), func.attr, ast.Load()),
                [func.value, *node.args],
                node.keywords,
            )
        if isinstance(node.func, ast.Attribute) and node.func.attr == "absolute":
            node.func.attr = "abs"
        node.args = [ast.Tuple(a.elts, ast.Load()) if isinstance(a, ast.List) else a for a in node.args]
        return node


def kept(wire: Wire) -> Any:
    return wire.value.view(Kept) if isinstance(wire.value, np.ndarray) else wire.value


def definition(node: Expr) -> Iterator[str]:
    """The function that stands for an own gate, but for `def` and its name: recorded on samples of its operands."""
    from gatewise._recording.running import record

    values = [value_of(x) for x in node.operands]
    gate = node.gate
    given = {name: with_wires(value, kept) for name, value in node.parameters.items()}

    def composition(*operands: Any) -> Any:
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
            writer.speller.texts |= {key: parameter, ("index", key): parameter}
    writer.named = {i.wire: n for i, n in zip(circuit.inputs, names, strict=False)}
    yield from (f"    {line.code}" for line in writer.forward_lines())
    yield f"    return {writer.spell(circuit.output).text}"
