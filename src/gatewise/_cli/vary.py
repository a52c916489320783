"""`--vary`: one input at several values, and the learning rate that each would need for the same step."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._board import Circuit, frozen_of
from gatewise._cli.request import shown_word
from gatewise._errors import CommandError
from gatewise._language import parse_value
from gatewise._types import Named
from gatewise._views.numbers import DASH, number, quantity
from gatewise._views.text import plain_text

MOST_ROWS = 1000
SAMPLE = "--vary x=1,10,100,1000"
EQUAL = 1e-9  # relative: gradients that differ by less are the same
DATA, WEIGHTS = re.compile(r"[xX]([\d_]\w*)?"), re.compile(r"[wW]([\d_]\w*)?|[wW]eights?")  # the course's names
RELATIVE = "Rates are relative to 1 in the first row: rate times gradient is a step of the same length in every row."
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
    """The circuit at one value: its output by name and value, and the gradients of the other inputs by name.

    `is_wanted` says whether the varied input's own gradient was asked for.
    """

    at: float
    output: str
    value: Any
    gradients: Mapping[str, Any]
    is_wanted: bool


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
        what = f"--vary {shown_word(text)} is not NAME=VALUE,VALUE,..."
        raise CommandError(what, "it takes an input and the values to give it.", SAMPLE)
    values = [value for each in between_commas(found[3]) for value in numbers(each, found[1])]
    if len(values) < 2:
        what = f"--vary {shown_word(text)} has one value."
        raise CommandError(what, "there is nothing to compare it with.", SAMPLE)
    if found[2] and 0 in values:
        why = "every entry would be 0 there, whatever it was."
        raise CommandError(f"--vary {shown_word(text)} multiplies by 0.", why, "leave the 0 out.")
    return Varied(found[1], tuple(values), bool(found[2]))


def between_commas(text: str) -> list[str]:
    """The values between commas, those inside a call left together: `1,10` and `linspace(0, 1, 5)`."""
    text = text.strip().removeprefix("[").removesuffix("]")
    return re.split(r"[,，](?![^(]*\))", text)


def numbers(text: str, name: str) -> list[float]:
    """One value, or those of `linspace(0, 1, 5)` and `arange(3)`. Raises `CommandError` and `ValueTextError`."""
    if re.match(r"\s*(?:np\.)?(?:linspace|arange)\b", text):
        values = parse_value(text.strip(), np.random.default_rng(0), f"--vary {name}")
        if np.size(values) > MOST_ROWS:
            what = f"--vary {name}=... has {np.size(values)} values."
            raise CommandError(what, f"each is a row of the table, and {MOST_ROWS} are the most.", SAMPLE)
        return [float(value) for value in np.ravel(values)]
    return [one_number(text, name)]


def one_number(text: str, name: str) -> float:
    """One value. Raises `CommandError` and `ValueTextError`."""
    if not text.strip():
        what = f"--vary {name}=... has an empty place."
        raise CommandError(what, "a value is missing between two commas, or at an end.", SAMPLE)
    value = parse_value(text.strip(), np.random.default_rng(0), f"--vary {name}")
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        what = f"--vary {name}=...: {shown_word(text.strip())} is not one finite number."
        raise CommandError(what, "an input is varied over numbers.", SAMPLE)
    return float(value)


def inputs_at(varied: Varied, given: Named, value: float) -> dict[str, object]:
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


def run_at_each(
    varied: Varied, given: Mapping[str, object], recorded: Callable[[dict[str, object]], Circuit]
) -> list[Run]:
    """The circuit at each value; `recorded` makes the circuit of some inputs."""
    runs = []
    for value in varied.values:
        circuit = recorded(inputs_at(varied, given, value))
        if varied.name not in circuit:
            what = f"{varied.name} is not an input of the circuit."
            raise CommandError(what, "varying it changes nothing.", f"vary one of {', '.join(circuit.gradients)}.")
        gradients = {name: g for name, g in circuit.gradients.items() if name != varied.name and g is not None}
        frozen = frozen_of(circuit)
        output = frozen.names[frozen.output]
        runs.append(Run(value, output, circuit.value, gradients, varied.name in circuit.gradients))
    return runs


@dataclass(frozen=True)
class Learning:
    """Which gradients are those of weights, whose learning rate what is varied as data decides.

    `--wrt` says it: what it names is learned, and what it leaves out is data. Without it the names of the course do,
    where data called x or X meet weights called w or W; of other names nothing is known.
    """

    is_known: bool
    is_said: bool
    weights: tuple[str, ...] = ()


def learning(varied: Varied, run: Run, names: Sequence[str], is_said: bool) -> Learning:
    """What is learned; `is_said` where `--wrt` was given."""
    if is_said:
        return Learning(not run.is_wanted, True, tuple(names))
    weights = tuple(name for name in names if WEIGHTS.fullmatch(name))
    return Learning(bool(weights and DATA.fullmatch(varied.name)), False, weights)


def vary_table(varied: Varied, runs: Sequence[Run], digits: int | None = None, is_said: bool = False) -> VaryTable:
    """The table of the runs: the input, the output, each gradient, and where weights are learned the learning rates.

    A rate keeps the step as long as it is at rate 1 in the first row. `is_said` says whether `--wrt` was given.
    """
    names = [name for name in runs[0].gradients if all(name in run.gradients for run in runs)]
    learned = learning(varied, runs[0], names, is_said)
    header = [varied.head, runs[0].output]
    for name in names:
        header += [f"d{name}", f"rate for {name}"] if learned.is_known else [f"d{name}"]
    rows = [tuple(map(plain_text, row_of(run, runs[0], names, learned, digits))) for run in runs]
    return VaryTable(tuple(map(plain_text, header)), tuple(rows), sentences(varied, runs, names, learned))


def row_of(run: Run, first: Run, names: Sequence[str], learned: Learning, digits: int | None) -> list[str]:
    row = [number(run.at, digits), shown_number(run.value, digits)]
    for name in names:
        row.append(shown_number(run.gradients[name], digits))
        if learned.is_known:
            rate = keeping_rate(first.gradients[name], run.gradients[name])
            row.append(DASH if rate is None else number(tidy(rate), digits))
    return row


def shown_number(value: object, digits: int | None) -> str:
    value = np.asarray(value)
    return quantity(value.tolist(), None, digits)


def size(gradient: Any) -> tuple[float, float]:
    """How long a gradient is, as two factors: its largest entry, and its length measured by that, which is in range."""
    entries = np.abs(np.ravel(np.asarray(gradient, dtype=float)))
    peak = float(entries.max(initial=0.0))
    return (peak, float(np.linalg.norm(entries / peak))) if 0 < peak < math.inf else (peak, 1.0)


def has_finite_entries(gradient: Any) -> bool:
    return bool(np.all(np.isfinite(gradient)))


def keeping_rate(first: object, here: object) -> float | None:
    """The learning rate at which a step is as long as the first row's at rate 1; None where no rate does that."""
    (before, by), (now, times) = size(first), size(here)
    if before == now == 0:
        return 1.0
    rate = before / now * (by / times) if now else math.inf
    return rate if 0 < rate < math.inf else None


def tidy(value: float) -> float:
    """The value without the last bits that a division leaves: 0.001 for 0.0010000000000000002.

    >>> tidy(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.12g}")


def sentences(varied: Varied, runs: Sequence[Run], names: Sequence[str], learned: Learning) -> tuple[str, ...]:
    """What the table shows, from the smallest to the largest value of the input, in the words of the course."""
    if not names:
        return (f"No other input has a gradient: there is no step that {plain_text(varied.name)} could change.",)
    small, large = min(runs, key=lambda run: abs(run.at)), max(reversed(runs), key=lambda run: abs(run.at))
    told = [told_of(name, small.gradients[name], large.gradients[name], learned.is_known) for name in names]
    said = [f"{opening(varied, small, large)}{'; '.join(told)}."]
    turned = ", ".join(plain_text(name) for name in names if turns(runs, name))
    if turned:
        kept = ": the rate keeps the step's length" if learned.is_known else ""
        said.append(f"The gradient of {turned} changes its sign{kept}.")
    if learned.is_known:
        said.append(RELATIVE)
        grown = any(grows(small.gradients[name], large.gradients[name]) for name in learned.weights)
        said += [NOTES_ON_DATA] if grown and abs(large.at) > abs(small.at) else []
    elif not learned.is_said:
        listed = plain_text(",".join(names))
        name = plain_text(varied.name)
        said.append(f"If {name} is data and the others are learned, --wrt {listed} adds their learning rates.")
    return tuple(said)


def opening(varied: Varied, small: Run, large: Run) -> str:
    """What was done to the input, in a few words: how many times as large it is, or from where to where it went."""
    name = plain_text(varied.name)
    if small.at == large.at:
        return "Between the rows, "
    times = large.at / small.at if small.at else math.inf
    if 1 < times < math.inf:
        return f"With {name} {number(tidy(times))} times as large, "
    sign = "times" if varied.multiplies else "="
    return f"From {name} {sign} {number(small.at)} to {name} {sign} {number(large.at)}, "


def told_of(name: str, before: object, after: object, is_learned: bool) -> str:
    """How one gradient changed, and what that asks of its learning rate."""
    wire = plain_text(name)
    if not has_finite_entries(before):
        return f"d{wire} starts outside the range of numbers"
    if not has_finite_entries(after):
        return f"d{wire} leaves the range of numbers"
    rate = keeping_rate(before, after)
    if rate is None:
        lost = ", so no learning rate keeps its step" if is_learned else ""
        return f"d{wire} goes from {amount(before)} to {amount(after)}{lost}"
    if math.isclose(rate, 1, rel_tol=EQUAL):
        return f"d{wire} stays as large as it was"
    times = number(tidy(max(rate, 1 / rate)))
    if rate < 1:
        asked = f", so the learning rate has to be {times} times smaller" if is_learned else ""
        return f"d{wire} is {times} times as large{asked}"
    asked = f", so the learning rate may be {times} times larger" if is_learned else ""
    return f"d{wire} is {times} times smaller{asked}"


def amount(gradient: Any) -> str:
    """A gradient that is one number as it is, and the length of another."""
    if not np.ndim(gradient):
        return number(tidy(float(gradient)))
    peak, times = size(gradient)
    return f"length {number(tidy(peak * times))}"


def grows(before: object, after: object) -> bool:
    """Whether a gradient becomes longer."""
    rate = keeping_rate(before, after)
    return size(after)[0] > size(before)[0] if rate is None else rate < 1 - EQUAL


def turns(runs: Sequence[Run], name: str) -> bool:
    """Whether a gradient that is one number has different signs in different rows."""
    signs = {float(np.sign(run.gradients[name])) for run in runs if not np.ndim(run.gradients[name])}
    return {-1.0, 1.0} <= signs
