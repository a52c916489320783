"""A program as Python source: a line an operation, arrays with `out=` into planned buffers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._compile.buffers import Buffers, plan
from gatewise._compile.natives import Native, Natives
from gatewise._compile.spelling import INFIX, MATHS, NUMBERS, POWERS, TOTALS, axis_of, finite, is_default, is_over_all
from gatewise._gates import NAMES
from gatewise._native import Flagged
from gatewise._program import PART, At, Constant, Op, Program, uses

PLAIN = (float, int, bool, np.float64, np.bool_, np.int64)


class Writer:
    """Writes the lines of one program, and keeps in `scope` what they name; all names end in `mark`.

    `values` has what stood at each place when it was recorded: types and layouts are the same in every run. With
    `exact`, no gate is computed in another way than by its own function.
    """

    def __init__(
        self,
        program: Program,
        values: Sequence[Any],
        mark: str,
        exact: bool,
        outputs: set[int],
        natives: Natives,
        takes: int,
        endings: Mapping[int, int],
    ) -> None:
        self.program, self.values, self.mark, self.exact = program, values, mark, exact
        self.first, self.takes = len(program.inputs), takes
        self.scope: dict[str, Any] = {}
        self.ids: dict[int, str] = {}
        self.kept: list[Any] = []  # so that no id comes again
        self.pure = {k for k in range(self.first) if type(values[k]) is float}  # places of Python's own numbers
        self.buffers: Buffers = plan(program, values, outputs, natives.order, natives.inside)
        self.endings, self.ending_lines = endings, list[str]()  # what is written into donated inputs, last of all
        self.lines: list[str] = []
        waiting: dict[int, list[int]] = {}
        for k, guard in enumerate(program.guards):
            if isinstance(guard.operand, At):
                waiting.setdefault(guard.operand.place, []).append(k)
        self.inside: dict[int, str] = {}  # numbers that are written where they are used, which is once
        once = used_once(program) - {*waiting, *outputs}
        for k in range(self.first):
            self.lines += [line for n in waiting.get(k, ()) for line in self.guard(n, k)]
        for unit in natives.order:
            if unit in natives.calls:
                call = natives.calls[unit]
                self.lines += self.native(call) if isinstance(call, Native) else call.lines(self)
                self.lines += [line for n in waiting.get(unit[-1], ()) for line in self.guard(n, unit[-1])]
                continue
            for place in unit:
                self.operation(place, once)
                self.lines += [line for n in waiting.get(place, ()) for line in self.guard(n, place)]

    def operation(self, place: int, once: set[int]) -> None:
        """The line of an operation, unless that is written where its number is used."""
        if place in self.buffers.in_place:
            self.lines += self.added_in_place(place, self.program.ops[place - self.first])
            return
        told = self.expression(place, self.program.ops[place - self.first])
        if place in self.endings:
            self.ending_lines.append(f"v{place} = {told}")
        elif place in once and self.is_number(place) and len(told) < LONGEST:
            self.inside[place] = f"({told})"
        else:
            self.lines.append(f"v{place} = {told}")

    # ------------------------------------------------------------------------------------------------------- names

    def named(self, x: Any, hint: str = "k") -> str:
        """The name by which source speaks of an object."""
        if id(x) not in self.ids:
            name = f"{hint}{len(self.ids)}{self.mark}" if hint == "k" else f"{hint}{self.mark}"
            while name in self.scope:
                name = f"{hint}{len(self.ids)}_{len(self.scope)}{self.mark}"
            self.ids[id(x)] = name
            self.scope[name] = x
            self.kept.append(x)
        return self.ids[id(x)]

    def text(self, x: Any) -> str:
        """An operand: a place by its name, a number as typed, an array by a name."""
        if isinstance(x, At):
            if x.place in self.inside:
                return self.inside[x.place]
            return f"v{x.place}" if x.place >= self.first else f"x{x.place}"
        value = x.value if isinstance(x, Constant) else x
        if value is None or type(value) in (bool, int) or (type(value) is float and np.isfinite(value)):
            return f"({value!r})" if type(value) in (int, float) and str(value).startswith("-") else repr(value)
        return self.named(value)

    def is_number(self, place: int) -> bool:
        """Whether what stands at a place is a plain number, made of such."""
        if self.exact or type(self.values[place]) not in PLAIN:
            return False
        return all(type(self.value(x)) in PLAIN for x in self.program.ops[place - self.first].operands)

    def value(self, x: Any) -> Any:
        return self.values[x.place] if isinstance(x, At) else x.value if isinstance(x, Constant) else x

    # ------------------------------------------------------------------------------------------------- native loops

    def native(self, call: Native) -> list[str]:
        """A loop: memory for what it fills, and the call; where NumPy would speak, NumPy runs all."""
        lines, loop, given = [], call.loop, []
        for name, load in loop.loads.items():
            text = self.text(At(name) if isinstance(name, int) else name)
            mine = load.how == "float" and isinstance(name, int) and name >= self.first
            given.append(f"{self.named(float, 'float')}({text})" if mine else text)
        for place in loop.arrays:
            value = self.values[place]
            made = f"{self.named(np.empty, 'empty')}({value.shape!r}, {value.dtype.name!r})"
            lines.append(f"v{place} = {self.buffers.of.get(place, made)}")
        given += [f"v{place}" for place in loop.arrays]
        told = f"{self.named(call.function, 'native')}({', '.join(given)}, 0, {call.length})"
        names = ", ".join(f"v{place}" for place in loop.sums)
        inputs = ", ".join(f"x{n}" for n in range(self.first))
        leaving = [f"    {line}" for line in self.give_back()]
        lines += ["try:", f"    {names} = {told}" if names else f"    {told}"]
        lines += [f"except {self.named(Flagged, 'Flagged')}:", *leaving, f"    return numpy{self.mark}({inputs})"]
        for place in loop.sums:
            if loop.dtype == "float64":
                self.pure.add(place)
            else:
                lines.append(f"v{place} = {self.named(np.float32, 'float32')}(v{place})")
        return lines

    # ------------------------------------------------------------------------------------------------------ guards

    def guard(self, k: int, place: int) -> list[str]:
        """What leaves for another path where Python would read something else."""
        then = self.program.guards[k].value
        inputs = ", ".join(f"x{n}" for n in range(self.takes))
        name = self.text(At(place))
        if isinstance(then, (bool, np.bool_)) and np.ndim(then) == 0:
            question = f"not {name}" if then else name
        elif type(then) in (int, float) and then == then:
            question = f"{name} != {self.text(then)}"
        else:
            question = f"not {self.named(reads_alike, 'alike')}({name}, {self.text(then)})"
        leaving = [f"    {line}" for line in self.give_back()]
        return [f"if {question}:", *leaving, f"    return other{k}{self.mark}({inputs})"]

    def give_back(self) -> list[str]:
        return [f"give{self.mark}({self.arena()})"] if self.buffers.names else []

    def arena(self) -> str:
        return ", ".join(self.buffers.names) + ("," if len(self.buffers.names) == 1 else "")

    # --------------------------------------------------------------------------------------------------- operations

    def expression(self, place: int, op: Op) -> str:
        if op.gate == PART:
            return f"{self.text(op.operands[0])}[{op.parameters['place']}]"
        texts = [self.text(x) for x in op.operands]
        if self.is_number(place):
            return self.of_numbers(place, op, [self.value(x) for x in op.operands], texts)
        texts = [self.bent(x, text) for x, text in zip(op.operands, texts, strict=True)]
        if op.gate == "getitem":
            return f"{texts[0]}[{self.index(op.parameters['index'])}]"
        return self.of_arrays(place, op, texts)

    def bent(self, x: Any, text: str) -> str:
        """A number beside arrays: of Python's own type or of NumPy's, by which shorter arrays stay short or do not."""
        kind = type(self.value(x))
        if not isinstance(x, At) or kind not in (float, np.float64) or (x.place in self.pure) == (kind is float):
            return text
        return f"{self.named(kind, kind.__name__)}({text})"

    def of_numbers(self, place: int, op: Op, operands: list[Any], texts: list[str]) -> str:
        """A gate of plain numbers: Python's own operators and functions, which raise where NumPy warns."""
        gate = op.gate
        pure = all(not isinstance(x, At) or x.place in self.pure for x in op.operands)
        whole = all(isinstance(x, (bool, np.bool_, int, np.integer)) for x in operands)
        told = ""
        if gate == "power" and type(operands[1]) in (int, float) and not isinstance(op.operands[1], At):
            told = POWERS.get(operands[1], "")
        if not whole and gate in INFIX:
            texts = [in_floats(x, text) for x, text in zip(op.operands, texts, strict=True)]
            told = f"{texts[0]} {INFIX[gate]} {texts[1]}"
        elif not whole and not told:
            told = NUMBERS.get(gate, "")
        if told:
            self.pure |= {place} if pure else set()
            return told.format(*texts)
        if not whole and gate in MATHS:
            self.pure.add(place)
            return f"{self.named(MATHS[gate], gate)}({', '.join(texts)})"
        if gate == "not_equal" and type(operands[0]) in (bool, np.bool_) and texts[1] == "0":
            return texts[0]
        return f"{self.named(finite, 'number')}({self.call(op, texts)})"

    def of_arrays(self, place: int, op: Op, texts: list[str]) -> str:
        """A gate of arrays, into its buffer where it has one."""
        gate, into = NAMES[op.gate], self.buffers.of.get(place)
        if place in self.endings:
            into = f"d{self.endings[place]}"
        function, out = gate.call, f", out={into}" if into else ""
        if gate.infix and type(function) is np.ufunc and not into and op.gate in INFIX:
            return f"{texts[0]} {INFIX[op.gate]} {texts[1]}"
        if type(function) is np.ufunc and not op.parameters:
            return f"{self.named(function, op.gate)}({', '.join(texts)}{out})"
        if op.gate in TOTALS and is_over_all(op):
            axis, kept = axis_of(op), bool(op.parameters["keepdims"])
            whole = f"{texts[0]}, {axis!r}, None, {into or None}"
            return f"{self.named(TOTALS[op.gate].reduce, 'total_' + op.gate)}({whole}{', True' if kept else ''})"
        if gate.views and self.is_reshape(place, op):
            return f"{texts[0]}.reshape({self.values[place].shape!r})"
        if op.gate == "matrix_transpose":
            return f"{texts[0]}.swapaxes(-1, -2)"
        return self.call(op, texts)

    def is_reshape(self, place: int, op: Op) -> bool:
        return op.gate in ("reshape", "ravel", "expand_dims", "squeeze") and isinstance(self.values[place], np.ndarray)

    def added_in_place(self, place: int, op: Op) -> list[str]:
        """A part that is added into an array which is needed no more."""
        whole, part = (self.text(x) for x in op.operands)
        return [f"{whole}[{self.index(op.parameters['index'])}] += {part}", f"v{place} = {whole}"]

    def call(self, op: Op, texts: list[str]) -> str:
        """A gate by its own function."""
        gate = NAMES[op.gate]
        told = list(texts)
        for name, value in op.parameters.items():
            if name == "index":
                told.append(f"{name}={self.index_tuple(value)}")
            elif name not in gate.defaults or not is_default(value, gate.defaults[name]):
                told.append(f"{name}={self.parameter(value)}")
        return f"{self.named(gate.call, 'gate_' + op.gate)}({', '.join(told)})"

    def parameter(self, value: Any) -> str:
        if isinstance(value, list):
            inside = ", ".join(map(self.parameter, value))
            return f"({inside},)" if value else "()"
        return repr(value) if isinstance(value, str) else self.text(value)

    def index(self, parts: tuple[Any, ...]) -> str:
        """An index, between its brackets."""
        if not any(isinstance(part, At) for part in parts):
            return self.text(parts[0]) if len(parts) == 1 and type(parts[0]) is int else self.named(alone(parts))
        return ", ".join(map(self.text, parts))

    def index_tuple(self, parts: tuple[Any, ...]) -> str:
        return self.index(parts) if len(parts) == 1 else f"({self.index(parts)})"


LONGEST = 200  #: characters of an expression that is written into another


def used_once(program: Program) -> set[int]:
    """The places that one operation reads once, and writes once."""
    seen: dict[int, int] = {}
    for op in program.ops:
        for place in uses(op):
            twice = op.gate in ("maximum", "minimum", "square", "power", "where", PART) or "index" in op.parameters
            seen[place] = seen.get(place, 0) + (2 if twice else 1)
    return {place for place, count in seen.items() if count == 1}


def in_floats(x: Any, text: str) -> str:
    """A whole number as a float, which Python computes with in half the time beside another."""
    whole = x.value if isinstance(x, Constant) else None
    return f"({float(whole)!r})" if type(whole) is int and abs(whole) < 2**53 else text


def alone(parts: tuple[Any, ...]) -> Any:
    """An index of one part is that part."""
    return parts[0] if len(parts) == 1 else parts


def reads_alike(now: Any, then: Any) -> bool:
    """Whether Python reads the same: NaN is NaN, and 0.0 is not -0.0."""
    a, b = np.asarray(now), np.asarray(then)
    if a.shape != b.shape or not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc" and b.dtype.kind in "fc"):
        return False
    return a.dtype.kind != "f" or b.dtype.kind != "f" or bool((np.signbit(a) == np.signbit(b)).all())
