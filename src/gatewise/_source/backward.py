"""The backward pass of a circuit as lines: the recorded sweep, simplified, stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Expr, Input, Stage, Wire, part_of, wires_in
from gatewise._recording.structures import key_text
from gatewise._source.forward import line_of_stage
from gatewise._source.guards import DEEPEST
from gatewise._source.lines import COMMENT, TextLine
from gatewise._source.looking import is_gate
from gatewise._source.moves import repeated_number
from gatewise._source.names import Names
from gatewise._source.spelling import Text, as_text, say
from gatewise._source.statements import Statements
from gatewise._transforms import Event, reverse


class Backward:
    """Writes the backward pass of one circuit."""

    def __init__(self, page: Statements) -> None:
        self.circuit, self.page, self.names, self.say = page.circuit, page, page.names, page.say
        output = self.circuit.output
        self.first = self.names.free(f"d{self.circuit.names[output]}")  # the gradient that it starts from
        given = self.names.inputs.get(output)  # a function may give back what it was given
        if given is None or (not given.path and self.starts_with_ones()):
            self.names.d_names[output] = self.first
        self.heights: dict[Any, int] = {}
        self.begun: set[Wire] = set()  # wires whose gradient has a line
        self.tame: dict[Wire, bool] = {}  # whether all that came back to a wire so far is tame
        self.inline: dict[Wire, Any] = {}  # contributions that will be written where they are used

    def starts_with_ones(self) -> bool:
        return bool(np.all(np.asarray(self.circuit.upstream) == 1))

    def lines(self) -> list[TextLine]:
        """The backward pass, stage by stage."""
        self.say.backward = True
        events = self.events()
        self.stands = {event.wire: event.upstream for event in events}
        arriving = Counter(parent for event in events for _, parent, _ in event.parts)
        for event in events:
            self.understand(event, arriving)
        self.say.counts = uses(
            p for e in events for _, parent, p in e.parts if self.stands.get(parent) not in self.say.nodes.built
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
        self.end()
        lines, self.page.lines = self.page.lines, []
        self.say.backward = False
        return lines

    def events(self) -> list[Event]:
        """The recorded sweep."""
        return reverse(self.circuit)

    def end(self) -> None:
        """The gradients of inputs that nothing came back to."""
        for i in self.circuit.wanted:
            if i.wire not in self.begun and i.wire is not self.circuit.output:
                self.page.bind(self.names.d_name(i.wire), zeros_text(i))

    def understand(self, event: Event, arriving: Counter[Wire]) -> None:
        """Put simplified nodes in the place of what was recorded; copies of one number need no name."""
        if event.upstream is not None and event.upstream not in self.say.nodes.built:
            self.say.nodes.stand(event.upstream, event.mask)
            if self.tame.get(event.wire, True):
                self.say.nodes.tame_gradients.add(event.upstream)
        event.parts = [(k, parent, self.sized(event.wire, self.say.nodes.of(part))) for k, parent, part in event.parts]
        for _, parent, part in event.parts:
            self.tame[parent] = self.tame.get(parent, True) and self.say.nodes.tame(part)
            stands = self.stands.get(parent)
            if arriving[parent] == 1 and parent not in self.names.named and stands is not None and is_slight(part):
                self.say.nodes.built[stands] = part

    def sized(self, wire: Wire, part: object) -> Any:
        """What comes back from a wire, with its sizes as they are written: here in numbers."""
        return part

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
            self.page.bind(self.names.dict_name(parameter), Text(empty_structure(self.circuit.inputs, parameter)))
        output = self.circuit.output
        self.begun.add(output)
        if self.starts_with_ones():
            self.page.bind(self.first, first_ones(output, self.names))
        if output in self.names.inputs and self.names.inputs[output].wanted and self.names.d_name(output) != self.first:
            own = ".copy()" if isinstance(output.value, np.ndarray) else ""
            self.page.bind(self.names.d_name(output), say("{}{}", self.first, own))

    def complete(self, event: Event, wire: Wire) -> None:
        """The gradient of `wire` is complete: from here on it is a name, or written where it is used."""
        if event.upstream is None:
            return
        if wire in self.begun:
            name = self.first if wire is self.circuit.output else self.names.d_name(wire)
            self.say.d_texts[event.upstream] = as_text(name)
        else:
            self.say.d_roots[event.upstream] = self.inline[wire]

    def quote(self, number: int, stage: Stage) -> None:
        """The user's line above its backward lines."""
        text = f"# backprop {line_of_stage(stage)}"
        self.page.write(f"{text:<{COMMENT + 1}} ({number})" if len(text) <= COMMENT else f"{text}  ({number})")

    def say_shift(self, wire: Wire, parent: Wire) -> None:
        """Say it where a block sends its gradient past the shift by the maximum."""
        if (block := self.circuit.blocks.get(wire)) is None:
            return
        shifted = wires_in(block.operands)
        if parent not in shifted:
            self.page.write(
                f"# the shift in {self.circuit.names[shifted[0]]} cancels: nothing goes back through its max"
            )

    def contribute(self, parent: Wire, part: object, contributions: int) -> None:
        """One contribution: a line, or nothing yet where it will be written in the one place that uses it."""
        self.say.current = self.called(parent)
        if not self.has_line(parent, part, contributions):
            self.inline[parent] = part
            return
        name = self.names.d_name(parent)
        if parent in self.begun:
            self.page.accumulate(name, part, parent)
            return
        self.begun.add(parent)
        returned = parent in self.names.inputs and self.names.inputs[parent].wanted
        self.page.assign(name, part, like=parent, fresh=returned or contributions > 1)

    def called(self, parent: Wire) -> str:
        """What values on the way to a gradient are called after."""
        return self.circuit.names.get(parent, "d")

    def has_line(self, parent: Wire, part: object, contributions: int) -> bool:
        """Whether a gradient gets a name: its wire has one, or it is summed, or used several times, or too deep."""
        if parent in self.names.named or parent in self.begun or contributions > 1:
            return True
        stands = self.stands.get(parent)
        if stands is None or self.atomic(part):
            return False
        self.heights[stands] = self.height(part)
        if self.say.counts[stands] > 1 or self.heights[stands] > DEEPEST:
            self.heights[stands] = 0
            return True
        return False

    def height(self, x: object) -> int:
        """How many operations deep an expression is."""
        if isinstance(x, Expr) and x not in self.heights:
            self.heights[x] = 1 + max(map(self.height, x.operands), default=0)
        return self.heights.get(x, 0) if isinstance(x, (Expr, Wire)) else 0

    def atomic(self, part: object) -> bool:
        """Whether a contribution is just another name, or a number."""
        x = self.say.resolved(part)
        return not isinstance(x, Expr) or x in self.say.d_texts


def is_slight(part: object) -> bool:
    """Whether a gradient is copies of one number or the negative of another gradient: seen through, not named."""
    return repeated_number(part) is not None or (is_gate(part, np.negative) and isinstance(part.operands[0], Wire))


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


def first_ones(output: Wire, names: Names) -> Text:
    """The first gradient: 1.0 for a number, ones for an array."""
    if isinstance(output.value, float):
        return Text("1.0")
    if isinstance(output.value, np.generic):
        return Text(f"np.{output.value.dtype.name}(1.0)")
    return say("np.ones_like({})", names.forward_name(output))


def zeros_text(i: Input) -> Text:
    """The gradient of an input the output does not depend on."""
    if isinstance(i.wire.value, float):
        return Text("0.0")
    value = i.wire.value
    is_array = isinstance(value, np.ndarray)
    return say("np.zeros_like({})", i.text) if is_array else Text(f"np.{value.dtype.name}(0.0)")


def empty_structure(inputs: Sequence[Input], parameter: str) -> str:
    """The empty structure for the gradients of one argument: a dict, or a list of None where the keys count from 0."""
    paths = [i.path for i in inputs if i.parameter == parameter]

    def at(prefix: tuple[object, ...]) -> str:
        below = [p for p in paths if p[: len(prefix)] == prefix and len(p) > len(prefix)]
        keys = list(dict.fromkeys(p[len(prefix)] for p in below))
        inner = {
            k: at((*prefix, k)) for k in keys if any(p[len(prefix)] == k and len(p) > len(prefix) + 1 for p in below)
        }
        if keys == list(range(len(keys))):
            return f"[None] * {len(keys)}" if not inner else f"[{', '.join(inner.get(k, 'None') for k in keys)}]"
        return "{" + ", ".join(f"{key_text(k)}: {text}" for k, text in inner.items()) + "}"

    return at(())
