"""The forward pass of a program recorded on Tensors: its wires, and which of them each name was bound to."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.names import keys_written, wire_named
from gatewise._check.programs import Program, without_backward
from gatewise._check.running import Moment
from gatewise._check.taping import NAMES, renewed
from gatewise._check.wires import Wires
from gatewise._circuit import Bit, Expr, Wire, step_of, wires_in
from gatewise._errors import GatewiseError
from gatewise._gates import GATES
from gatewise._recording.recorder import Recorder
from gatewise._recording.scripts import MATH, MathImports
from gatewise._recording.structures import leaves, mapped
from gatewise._tensor import Tensor, leaf
from gatewise._twins import MATH_TWIN, seen, twins_among
from gatewise._types import Function, Plain

BOUND = "__gatewise_bound__"


class Forward(Wires):
    """The forward pass of a program recorded on Tensors: its wires, and which of them each name was bound to."""

    def __init__(self, program: Program, space: Mapping[str, object], moments: Sequence[Moment] = ()) -> None:
        self.program, self.held = program, held_by(moments)
        self.bound: dict[str, list[Wire]] = {}
        self.asked = {wire_named(key, program.known()) for key in program.gradients}
        self.places = dict(enumerate(program.statements))
        own = {"math": MATH_TWIN, MATH: MATH_TWIN, BOUND: self.bind, **NAMES}
        self.space = {**space, **twins_among(space), **own}

    def run(self, given: Mapping[str, Plain]) -> Forward:
        """Record the forward statements of the program, on these arguments."""
        places = {s: k for k, s in self.places.items()}
        tree = ast.Module(
            [*kept(self.program.body, self.program.forward, places), output_bound(self.program.output)], []
        )
        with Recorder() as recorder, Bit() as bit, np.errstate(all="ignore"):
            self.lent, self.bit = recorder.bit | bit, bit
            for name, value in given.items():
                self.space[name] = self.argument(name, value)
            self.execute(tree)
        return self.settled(self.space[BOUND + "output"])

    def run_pair(self, forward: Function, given: Mapping[str, object]) -> Forward:
        """Record `forward`, which returns (out, cache), and what the backward function reads from the cache."""
        places = {s: k for k, s in self.places.items()}
        with Recorder() as recorder, Bit() as bit, np.errstate(all="ignore"):
            self.lent, self.bit = recorder.bit | bit, bit
            out, cache = seen(forward)(**{name: self.argument(name, value) for name, value in given.items()})
            self.space[self.program.parameters[1]] = self.bind("cache", cache)
            self.execute(ast.Module(kept(self.program.body, self.program.forward, places), []))
        return self.settled(out)

    def execute(self, tree: ast.Module) -> None:
        tree = ast.fix_missing_locations(MathImports().visit(ast.fix_missing_locations(tree)))
        run_users_code(users_code(tree, self.program.filename), self.space)

    def settled(self, out: object) -> Forward:
        """The circuit behind an output."""
        if not isinstance(out, Tensor) or out.wire is None:
            raise GatewiseError("The output does not depend on what has a gradient.")
        Wires.__init__(self, out.wire, self.bit)
        self.names = {
            name: [self.index[w] for w in dict.fromkeys(wires) if w in self.index] for name, wires in self.bound.items()
        }
        self.named = {k for found in self.names.values() for k in found}
        self.still: set[int] = set()
        self.shifts = set(self.maxima_only_subtracted())
        return self

    def unused(self) -> list[str]:
        """The names whose wires do not lead to the output, as far as it was recorded."""
        return [name for name, wires in self.bound.items() if wires and not self.names[name]]

    def add_still(self, names: Collection[str]) -> None:
        """Take in the wires of names along which the output does not move: their gradient is 0."""
        for name in names:
            wire = self.bound[name][-1]
            self.names[name] = [len(self.wires)]
            self.named.add(len(self.wires))
            self.still.add(len(self.wires))
            self.index[wire] = len(self.wires)
            self.wires.append(wire)
            self.behind.append(set())

    def argument(self, name: str, value: object) -> object:
        """One argument as Tensors: arrays of floats and floats, and what has a gradient."""
        if name == "self":
            twin = copy.copy(value)
            for attribute, held in vars(value).items():
                if isinstance(held, (dict, np.ndarray)):
                    vars(twin)[attribute] = self.argument(attribute, held)
            return twin

        def one(path: tuple[object, ...], x: object) -> Any:
            last = path[-1] if path and isinstance(path[-1], str) else name if not path else ""
            return self.bind(last, x) if isinstance(x, (np.ndarray, np.floating, float)) or not path else x

        return mapped(one, value)

    def bind(self, name: str, value: object, place: int | None = None) -> object:
        """A name is bound to a value: plain floats become Tensors at the left edge of the circuit.

        What was drawn at random is what it was when the function ran.
        """
        if place is not None and (drawn := self.held.get((self.places[place], name))):
            before = drawn.pop(0)
            if type(before) is type(value) and isinstance(value, (np.ndarray, np.generic, float)):
                value = before
        if not isinstance(value, Tensor) and self.is_leaf(name, value):
            value = leaf(value, self.lent, name or None)
        if isinstance(value, Tensor) and value.wire is not None:
            self.bound.setdefault(name, []).append(value.wire)
        elif isinstance(value, dict):
            for path, part in leaves(value):
                if path and isinstance(path[-1], str) and isinstance(part, Tensor) and part.wire is not None:
                    self.bound.setdefault(path[-1], []).append(part.wire)
        return value

    def is_leaf(self, name: str, value: object) -> bool:
        if isinstance(value, (np.ndarray, np.floating)):
            return np.asarray(value).dtype.kind == "f"
        return type(value) in (float, int) and name in self.asked

    def line_of(self, k: int) -> int | None:
        """The line of the program that made a wire: the one that assigns the first name made of it, or the output."""
        j = next((j for j in range(k, len(self.wires)) if j in self.named and (j == k or k in self.behind[j])), None)
        names = {name for name, wires in self.names.items() if j in wires}
        lines = [s.lineno for s in self.program.statements if s in self.program.forward and names & {*keys_written(s)}]
        return lines[0] if len(lines) == 1 else None

    def maxima_only_subtracted(self) -> Iterator[int]:
        """The wires of max(s) in s - max(s): by hand, nobody sends a gradient through this shift."""
        consumers: dict[Wire, list[Expr]] = {}
        for wire in self.wires:
            if (made := step_of(wire)) is not None:
                for operand in wires_in(made):
                    consumers.setdefault(operand, []).append(made)
        for k, wire in enumerate(self.wires):
            made = step_of(wire)
            if made is None or made.gate.corner != "largest":
                continue
            whole = made.operands[0]
            used = consumers.get(wire, [])
            if used and all(s.gate is GATES[np.subtract] and s.operands[0] is whole for s in used):
                yield k


def kept(body: Sequence[ast.stmt], forward: Collection[ast.stmt], places: Mapping[ast.stmt, int]) -> list[ast.stmt]:
    """The forward statements of a body; what they assign is told to `BOUND`."""

    def written(node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return [copy.deepcopy(node)]
        return [renewed(node), *(rebound(name, places[node]) for name in names_bound(node))] if node in forward else []

    return without_backward(body, forward, written)


def names_bound(node: ast.stmt) -> list[str]:
    return [key for key in keys_written(node) if key.isidentifier()] if not isinstance(node, ast.Expr) else []


def rebound(name: str, place: int) -> ast.stmt:
    return ast.parse(f"{name} = {BOUND}({name!r}, {name}, {place})").body[0]


def held_by(moments: Sequence[Moment]) -> dict[tuple[ast.stmt, str], list[object]]:
    """What each name was bound to by each statement, in order."""
    found: dict[tuple[ast.stmt, str], list[object]] = {}
    for moment in moments:
        for name in keys_written(moment.statement):
            found.setdefault((moment.statement, name), []).append(moment.after.get(name))
    return found


def output_bound(output: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(BOUND + "output", ast.Store())], output)
