"""A random program: statements that plain NumPy answers, tried one by one at two points near each other."""

from __future__ import annotations

import math
import random
import re
import string
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from numpy_programs.operations import BUFFERS, HELPERS, SMOOTH, WEIGHTS, WRITES, Table

SHAPES: list[tuple[int, ...]] = [
    (), (), (1,), (2,), (3,), (3,), (4,), (2, 3), (2, 3), (3, 2), (2, 2), (3, 3), (3, 3), (1, 3), (3, 1),
    (2, 3, 3), (2, 1, 3), (2, 2, 2), (1, 2, 2, 3), (0,), (0, 3), (2, 0),
]  # fmt: skip
NEAR = 1e-6  #: how far the second point is from the first
STEEPEST = 200.0  #: how much more than the inputs an entry may move


@dataclass(frozen=True)
class Op:
    """A statement that makes the variable `target`, or changes the array in it.

    `kind` is "make", "view" (what is made shares memory with the variable `source`), or "write"; then `twin` is what
    the whole of `target` holds afterwards.
    """

    text: str
    target: str
    kind: str
    twin: str = ""
    source: str = ""
    template: str = ""


@dataclass(frozen=True)
class Program:
    """Inputs, and statements; the value is a weighed sum of all variables."""

    seed: int
    inputs: dict[str, Any]
    ops: tuple[Op, ...]
    kinked: bool = False

    @property
    def names(self) -> list[str]:
        """The variables that there are at the end."""
        made = [op.target for op in self.ops if op.kind != "write"]
        return list(dict.fromkeys([*self.inputs, *made]))

    @property
    def text(self) -> str:
        """The program as Python source; `f` gives all its variables, `total` the number that is differentiated."""
        given = ", ".join(self.inputs)
        lines = ["import numpy as np", HELPERS, "", f"def f({given}):", *(f"    {op.text}" for op in self.ops)]
        lines += [f"    return {', '.join(self.names)},", "", "", f"def total({given}):"]
        return "\n".join([*lines, f"    {', '.join(self.names)}, = f({given})", f"    return {self.sum}", ""])

    @property
    def sum(self) -> str:
        parts = [f"weighed({part}, {k})" for k, name in enumerate(self.names) for part in self.parts_of(name)]
        return " + ".join(parts)

    def parts_of(self, name: str) -> list[str]:
        return [f"np.real({name})", f"np.imag({name})"] if name.startswith("z") else [name]

    def given(self) -> list[Any]:
        """The inputs, in memory of their own."""
        return [np.array(x) if isinstance(x, np.ndarray) else x for x in self.inputs.values()]


class Point:
    """What the variables hold at one point while a program is written."""

    def __init__(self, inputs: dict[str, Any]) -> None:
        self.start = inputs
        self.again(())

    def again(self, ops: Iterator[Op] | tuple[Op, ...]) -> None:
        """Start anew, and run these."""
        space: dict[str, Any] = {"np": np}
        exec(HELPERS, space)
        self.space = space | {n: np.array(x) if isinstance(x, np.ndarray) else x for n, x in self.start.items()}
        for op in ops:
            self.run(op.text)

    def run(self, text: str) -> None:
        exec(text, self.space)

    def value(self, text: str) -> Any:
        return eval(text, self.space)  # noqa: S307  (the texts are ours)


class Writer:
    """Writes one program."""

    def __init__(self, seed: int, table: Table = SMOOTH, most: int = 30) -> None:
        self.random = random.Random(seed)
        self.table = table
        self.seed, self.most = seed, most
        inputs = {name: self.drawn() for name in "xyw"[: self.random.choice([1, 2, 2, 3])]}
        if all(np.size(x) == 0 for x in inputs.values()):
            inputs["x"] = 0.7
        if seed % 8 == 7:
            inputs["z"] = as_complex(self.drawn(), self.random)
        draws = np.random.default_rng(seed)
        near = {n: x + NEAR * draws.uniform(-1, 1, np.shape(x)) for n, x in inputs.items()}
        self.here = Point(inputs)
        self.near = Point({n: type(inputs[n])(x) if np.isscalar(inputs[n]) else x for n, x in near.items()})
        self.ops: list[Op] = []
        self.count = 0

    def drawn(self) -> Any:
        """An input: a float, or an array; no two of its numbers are the same."""
        shape = self.random.choice(SHAPES)
        if shape and 0 in shape and self.random.random() < 0.5:
            shape = (3,)
        numbers = [round(self.random.uniform(-2, 2), 3) for _ in range(math.prod(shape))]
        return (
            np.array(numbers).reshape(shape)
            if shape
            else numbers[0]
            if self.random.random() < 0.7
            else np.array(numbers[0])
        )

    def written(self) -> Program:
        length = self.random.randint(4, self.most)
        kinds = [*self.table, "buffers", "writes"]
        weights = [WEIGHTS.get(kind, 1.0) for kind in kinds]
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            for _ in range(4 * length):
                if len(self.ops) == length:
                    break
                self.tried(self.random.choices(kinds, weights)[0])
        return Program(self.seed, self.here.start, tuple(self.ops))

    def tried(self, kind: str) -> None:
        """Take one more statement of this kind, if plain NumPy answers it with tame numbers."""
        condition = ""
        twin = ""
        if kind == "writes":
            template, twin, *conditions = self.random.choice(WRITES)
            condition = "".join(conditions)
        else:
            template = self.random.choice(BUFFERS if kind == "buffers" else self.table[kind])
            if isinstance(template, tuple):
                template, condition = template
        filler = Filler(self.random, self.here)
        filled = filler.filled(template)
        if filled is None or (condition and not self.holds(filler.filled(condition))):
            return
        op = self.write(filler, template, filled, twin) if twin else self.make(template, filled)
        if op is not None and self.is_tame(op):
            self.ops.append(op)
            self.count += op.kind != "write"
        elif op is not None:
            for point in (self.here, self.near):
                point.again(self.ops)

    def holds(self, condition: str | None) -> bool:
        try:
            return condition is not None and bool(self.here.value(condition))
        except Exception:
            return False

    def make(self, template: str, filled: str) -> Op | None:
        try:
            value = self.here.value(filled)
        except Exception:
            return None
        is_complex = np.iscomplexobj(value)
        name = f"{'z' if is_complex else 'a'}{self.count}"
        source = self.source_of(value)
        return Op(f"{name} = {filled}", name, "view" if source else "make", "", source, template)

    def source_of(self, value: Any) -> str:
        """The variable whose memory a value shares."""
        if not isinstance(value, np.ndarray):
            return ""
        for name, other in variables(self.here.space):
            if isinstance(other, np.ndarray) and (value is other or np.shares_memory(value, other)):
                return name
        return ""

    def write(self, filler: Filler, template: str, filled: str, twin: str) -> Op | None:
        x = filler.chosen["x"]
        return Op(filled, x, "write", str(filler.filled(twin)), x, template)

    def is_tame(self, op: Op) -> bool:
        """Whether every variable is as it should be after this statement, at both points."""
        try:
            for point in (self.here, self.near):
                point.run(op.text)
        except Exception:
            return False
        here, near = (dict(variables(point.space)) for point in (self.here, self.near))
        return all(is_tame(here[name], near.get(name)) for name in here)


def as_complex(x: Any, rng: random.Random) -> Any:
    """An input with imaginary parts; no two of its numbers are the same."""
    parts = np.reshape([round(rng.uniform(-2, 2), 3) for _ in range(np.size(x))], np.shape(x))
    return x + 1j * parts if isinstance(x, np.ndarray) else complex(x, float(parts))


def is_tame(here: Any, near: Any) -> bool:
    if not isinstance(here, (float, complex, np.ndarray, np.inexact)) or np.asarray(here).dtype.kind not in "fc":
        return False
    if type(here) is not type(near) or np.shape(here) != np.shape(near) or np.size(here) > 100 or np.ndim(here) > 4:
        return False
    if not np.size(here):
        return True
    whole, moved = np.asarray(here), np.asarray(near)
    steep = STEEPEST * NEAR if whole.dtype.itemsize >= 8 + 8 * (whole.dtype.kind == "c") else 1e-3
    return bool(np.isfinite(whole).all() and np.max(np.abs(whole)) < 60 and np.max(np.abs(whole - moved)) < steep)


def variables(space: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, x) for name, x in space.items() if re.fullmatch(r"[azxyw]\d*", name))


# ------------------------------------------------------------------------------------------------------- filling slots

DOMAINS: dict[str, tuple[str, str]] = {
    "p": ("np.min({0}, initial=1) > 0.15", "({0} ** 2 + 0.4)"),
    "u": ("np.max(np.abs({0}), initial=0) < 0.9", "(np.tanh({0}) * 0.8)"),
    "n": ("np.min(np.abs({0}), initial=1) > 0.15", "(np.exp({0} * 0.3) + 0.2)"),
    "g": ("np.min({0}, initial=2) > 1.15", "({0} ** 2 + 1.3)"),
    "d": ("np.min(np.diff(np.sort({0}, axis=None)), initial=1) > 0.02", ""),
    "w": ("np.min(np.abs(({0} * 2 + 0.5) % 1 - 0.5), initial=1) > 0.05", ""),
}  #: what must hold of an array in such a slot, and how another is brought to hold it
RANKS = {
    "v": "np.ndim({0}) == 1 and len({0}) > 0",
    "M": "np.ndim({0}) == 2",
    "T": "np.ndim({0}) >= 3",
    "s": "np.ndim({0}) == 0",
    "Q": "np.ndim({0}) >= 2 and {0}.shape[-1] == {0}.shape[-2] > 0",
}
SLICES = ["1:", ":-1", "::2", "::-1", ":1", "-2:", "1:3", ":"]
PLACES = [
    "...",
    "0",
    "-1",
    "{sl}",
    "..., {sl}",
    "[0, -1]",
    "[1, 1]",
    "np.array([0, 1])",
    "{x} > {tx}",
    "{x} <= {tx}",
    "0, {sl}",
    "..., 0",
    "{sl}, None",
    "{sl}, [0, 1]",
    "[0, 1], [1, 0]",
    "[0, 0], [1, 1]",
    "None",
    "np.arange({x}.size).reshape({x}.shape) % 2 == 0",
    "-2:, ::-1",
    "[True, False]",
]
VALUES = [
    "{s}",
    "{r}",
    "{b}",
    "{b}",
    "{s} * {b}",
    "np.cos({b})",
    "{x}[::-1]",
    "np.sum({b})",
    "{b}[0]",
    "{x} * 0.5",
    "{x}[0]",
]


class Filler:
    """Fills the slots of one template, the same slot always in the same way."""

    def __init__(self, rng: random.Random, point: Point) -> None:
        self.random, self.point = rng, point
        self.chosen: dict[str, str] = {}
        held = list(variables(point.space))
        self.reals = [n for n, x in held if np.asarray(x).dtype.kind == "f"]
        self.complexes = [n for n, x in held if np.asarray(x).dtype.kind == "c"]

    def filled(self, template: str) -> str | None:
        parts = []
        for literal, slot, _, _ in string.Formatter().parse(template):
            parts.append(literal)
            if slot is not None:
                text = self.chosen.get(slot) or self.choose(slot)
                if text is None:
                    return None
                self.chosen[slot] = text
                parts.append(text)
        return "".join(parts)

    def choose(self, slot: str) -> str | None:
        kind = slot.rstrip("0123456789")
        if kind in ("a", "b", "c"):
            return self.random.choice(self.reals[-6:] if self.random.random() < 0.6 else self.reals)
        if kind in ("z", "y"):
            return self.random.choice(self.complexes) if self.complexes else None
        if kind in RANKS:
            return self.ranked(kind)
        if kind in DOMAINS:
            return self.within(kind)
        return getattr(self, f"literal_{kind}")()

    def ranked(self, kind: str) -> str | None:
        fitting = [n for n in self.reals if self.point.value(RANKS[kind].format(n))]
        if not fitting and kind == "s":
            return f"np.sum({self.choose('a')})" if self.random.random() < 0.5 else f"{self.choose('a')}.mean()"
        return self.random.choice(fitting) if fitting else None

    def within(self, kind: str) -> str | None:
        holds, brought = DOMAINS[kind]
        name = str(self.choose("a"))
        if self.point.value(holds.format(name)):
            return name
        return brought.format(name) or None

    def literal_x(self) -> str | None:
        arrays = [n for n, x in variables(self.point.space) if isinstance(x, np.ndarray)]
        if self.random.random() < 0.8:
            arrays = [n for n in arrays if n in self.reals]
        return self.random.choice(arrays) if arrays else None

    def literal_r(self) -> str:
        return str(round(self.random.uniform(-2, 2), 2) or 0.5)

    def literal_k(self) -> str:
        return str(self.random.randint(0, 3))

    def literal_kd(self) -> str:
        return str(self.random.random() < 0.4)

    def literal_sl(self) -> str:
        return self.random.choice(SLICES)

    def first(self) -> Any:
        """The array that axes and thresholds are about: the first that was chosen."""
        try:
            return self.point.value(next(iter(self.chosen.values())))
        except Exception:
            return 0.0

    def literal_ax(self) -> str:
        rank = max(np.ndim(self.first()), 1)
        return str(self.random.randint(-rank, rank - 1))

    def literal_axs(self) -> str:
        rank = max(np.ndim(self.first()), 1)
        axes = self.random.sample(range(rank), self.random.randint(1, rank))
        return self.random.choice(["None", self.literal_ax(), self.literal_ax(), str(tuple(axes)), str(axes[0] - rank)])

    def literal_t(self) -> str | None:
        return self.threshold(self.first())

    def literal_tx(self) -> str | None:
        return self.threshold(self.point.value(self.chosen["x"]))

    def threshold(self, array: Any) -> str | None:
        """A number that no entry comes near."""
        entries = np.ravel(np.real(array))
        for _ in range(8):
            middle = float(self.random.choice(entries)) if entries.size else 0.0
            number = round(middle + self.random.uniform(-0.4, 0.4), 2)
            if not np.any(np.abs(entries - number) < 0.03):
                return str(number)
        return None

    def literal_i(self) -> str | None:
        return self.filled(self.random.choice(PLACES))

    def literal_val(self) -> str | None:
        return self.filled(self.random.choice(VALUES))


def write(seed: int, table: Table = SMOOTH, most: int = 30) -> Program:
    """The program of this seed."""
    return Writer(seed, table, most).written()


def without(program: Program, place: int) -> Program:
    return replace(program, ops=program.ops[:place] + program.ops[place + 1 :])
