"""`--vary`: one input at several values, and the learning rate that each would need for the same step."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._errors import CommandError
from gatewise._language import parse_value
from gatewise._views.numbers import DASH, number, quantity
from gatewise._views.text import plain

SAMPLE = "--vary x=1,10,100,1000"
EQUAL = 1e-9  # relative: gradients that differ by less are the same
NOTES_ON_DATA = (
    "This is why data are preprocessed: the scale of an input decides how steep the loss is in the weights it "
    "meets, and so which learning rate still works."
)


@dataclass(frozen=True)
class Varied:
    """What was typed after `--vary`: the input, its values, and whether they multiply what it was given."""

    name: str
    values: tuple[float, ...]
    multiplies: bool

    @property
    def head(self) -> str:
        """The name of the first column."""
        return f"{self.name} times" if self.multiplies else self.name


@dataclass(frozen=True)
class Run:
    """The circuit at one value: its output by name and value, and the gradients of the other inputs by name."""

    at: float
    output: str
    value: Any
    gradients: Mapping[str, Any]


@dataclass(frozen=True)
class VaryTable:
    """The table, the columns of numbers in it, and the sentences under it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]


def read_varied(text: str) -> Varied:
    """`x=1,10,100`, or `X*=1,10,100` for multiples. Raises `CommandError`."""
    found = re.fullmatch(r"\s*([^\W\d]\w*)\s*([*×]?)\s*[=＝](.*)", text, re.DOTALL)
    if found is None:
        what = f"--vary {shown(text)} is not NAME=VALUE,VALUE,..."
        raise CommandError(what, "it takes an input and the values to give it.", SAMPLE)
    values = [one_number(each, found[1]) for each in re.split("[,，]", found[3].strip().strip("[]"))]
    if len(values) < 2:
        what = f"--vary {shown(text)} has one value."
        raise CommandError(what, "there is nothing to compare it with.", SAMPLE)
    if found[2] and 0 in values:
        why = "every entry would be 0 there, whatever it was."
        raise CommandError(f"--vary {shown(text)} multiplies by 0.", why, "leave the 0 out.")
    return Varied(found[1], tuple(values), bool(found[2]))


def one_number(text: str, name: str) -> float:
    """One value. Raises `CommandError` and `ValueTextError`."""
    if not text.strip():
        what = f"--vary {name}=... has an empty place."
        raise CommandError(what, "a value is missing between two commas, or at an end.", SAMPLE)
    value = parse_value(text.strip(), np.random.default_rng(0), f"--vary {name}")
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        what = f"--vary {name}=...: {shown(text.strip())} is not one finite number."
        raise CommandError(what, "an input is varied over numbers.", SAMPLE)
    return float(value)


def shown(text: str) -> str:
    """What was typed, short, and nothing a terminal would obey."""
    return ascii(text[:60]) if not text[:60].isprintable() else repr(text[:60])


def inputs_at(varied: Varied, given: Mapping[str, Any], value: float) -> dict[str, Any]:
    """The inputs with the varied one at a value, or multiplied by it. Raises `CommandError`."""
    name = varied.name
    if varied.multiplies:
        if name not in given:
            what = f"--vary {name}*=... has nothing to multiply."
            raise CommandError(what, f"{name} was given no value.", f"give {name} one, such as {name}=1.0.")
        return {**given, name: np.asarray(given[name]) * value if np.ndim(given[name]) else given[name] * value}
    if np.ndim(given.get(name, 0.0)):
        what = f"--vary {name}=...: {name} is an array {np.shape(given[name])}."
        raise CommandError(what, "one number cannot stand for it.", f'--vary "{name}*=1,10,100" for multiples of it.')
    return {**given, name: value}


def run_at_each(varied: Varied, given: Mapping[str, Any], recorded: Callable[[dict[str, Any]], Any]) -> list[Run]:
    """The circuit at each value; `recorded` makes the board of some inputs."""
    runs = []
    for value in varied.values:
        board = recorded(inputs_at(varied, given, value))
        if varied.name not in board:
            what = f"{varied.name} is not an input of the circuit."
            raise CommandError(what, "varying it changes nothing.", f"vary one of {', '.join(board.gradients)}.")
        gradients = {name: g for name, g in board.gradients.items() if name != varied.name and g is not None}
        runs.append(Run(value, board.circuit.names[board.circuit.output], board.value, gradients))
    return runs


def vary_table(varied: Varied, runs: Sequence[Run], digits: int | None = None) -> VaryTable:
    """The table of the runs: the input, the output, and each gradient with the learning rate that keeps its step."""
    names = [name for name in runs[0].gradients if all(name in run.gradients for run in runs)]
    header = [varied.head, runs[0].output]
    for name in names:
        header += [f"d{name}", f"rate for {name}"]
    first = runs[0]
    rows = []
    for run in runs:
        row = [number(run.at, digits), shown_number(run.value, digits)]
        for name in names:
            rate = keeping_rate(first.gradients[name], run.gradients[name])
            row += [shown_number(run.gradients[name], digits), DASH if rate is None else number(tidy(rate), digits)]
        rows.append(tuple(map(plain, row)))
    return VaryTable(tuple(map(plain, header)), tuple(rows), sentences(varied, runs, names))


def shown_number(value: Any, digits: int | None) -> str:
    value = np.asarray(value)
    return quantity(value.tolist(), None, digits)


def size(gradient: Any) -> float:
    """How long a gradient is: its absolute value, or the root of the sum of its squares."""
    return float(np.linalg.norm(np.ravel(np.asarray(gradient, dtype=float))))


def keeping_rate(first: Any, here: Any) -> float | None:
    """The learning rate at which a step is as long as the first row's at rate 1; None where no rate does that."""
    before, now = size(first), size(here)
    if before == 0 or now == 0 or not math.isfinite(before / now):
        return 1.0 if before == now == 0 else None
    return before / now


def tidy(value: float) -> float:
    """The value without the last bits that a division leaves: 0.001 for 0.0010000000000000002.

    >>> tidy(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.12g}")


def sentences(varied: Varied, runs: Sequence[Run], names: Sequence[str]) -> tuple[str, ...]:
    """What the table shows, from the smallest to the largest value of the input, in the words of the course."""
    if not names:
        return (f"No other input has a gradient: there is no step that {plain(varied.name)} could change.",)
    sized = [run for run in runs if run.at != 0] or runs
    small, large = min(sized, key=lambda run: abs(run.at)), max(sized, key=lambda run: abs(run.at))
    told = [told_of(name, small.gradients[name], large.gradients[name]) for name in names]
    times = tidy(abs(large.at / small.at)) if small.at else 1.0
    grown = f"With {plain(varied.name)} {number(times)} times as large, " if times != 1 else "Between the rows, "
    said = [grown + "; ".join(told) + "."]
    turned = [name for name in names if turns(runs, name)]
    if turned:
        said.append(
            f"The gradient of {', '.join(map(plain, turned))} changes its sign: the rate keeps the step's length."
        )
    grows = any(size(large.gradients[name]) > size(small.gradients[name]) * (1 + EQUAL) for name in names)
    return (*said, NOTES_ON_DATA) if grows and times != 1 else tuple(said)


def told_of(name: str, before: Any, after: Any) -> str:
    """How one gradient changed, and what that asks of its learning rate."""
    wire, small, large = plain(name), size(before), size(after)
    if not (math.isfinite(small) and math.isfinite(large)):
        return f"d{wire} leaves the range of numbers"
    if math.isclose(small, large, rel_tol=EQUAL):
        return f"d{wire} stays as large as it was"
    if small == 0 or large == 0:
        return f"d{wire} goes {'from 0 to' if small == 0 else 'to 0 from'} {number(tidy(large or small))}"
    times = number(tidy(max(large / small, small / large)))
    if large > small:
        return f"d{wire} is {times} times as large, so the learning rate has to be {times} times smaller"
    return f"d{wire} is {times} times smaller, so the learning rate may be {times} times larger"


def turns(runs: Sequence[Run], name: str) -> bool:
    """Whether a gradient that is one number has different signs in different rows."""
    signs = {float(np.sign(run.gradients[name])) for run in runs if not np.ndim(run.gradients[name])}
    return {-1.0, 1.0} <= signs
