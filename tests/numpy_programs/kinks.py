"""Random programs that stand on a kink, a tie or an edge: what passes there is what docs/subgradients.md says.

The expected gradient is that of a twin, in which the spelling from the table is replaced by what the table says: a
straight line through the point. The twin has no kink, and differences know its slope.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from gates.test_subgradients import ROWS, evaluated

import gatewise as gw
from numpy_programs.judging import dotted, like, named_in, slope

#: How a number is handed on to the spelling: what the input is, made of the number, and what is read.
NUMBERS = [
    ("{c}", "{i}"),
    ("np.array({c})", "{i}"),
    ("np.array([0.37, {c}, -1.4])", "{i}[1]"),
    ("np.array([[0.37, 1.1], [{c}, -1.4]])", "{i}.T[0, 1]"),
    ("{c}", "buffered({i})[1]"),
    ("np.array([{c}, 0.6])", "turned({i})[-1]"),
    ("np.array([[{c}]])", "np.sum({i})"),
]
#: The same for all entries of an array, and for a row.
ARRAYS = [
    ("np.full((2, 3), {c})", "{i}"),
    ("np.full((3, 2), {c})", "{i}.T"),
    ("np.full((1, 3), {c})", "np.repeat({i}, 2, 0)"),
]
ROWS_OF = [
    ("np.array({c})", "{i}"),
    ("np.stack([np.array({c}), [9.5] * len({c})])", "{i}[0]"),
    ("np.array({c})[::-1]", "turned({i})"),
    ("np.array({c})", "buffered({i})[1]"),
    ("np.array([[q, 9.5] for q in {c}])", "{i}[:, 0]"),
]  # fmt: skip
#: What becomes of the result `k`, beside a number `o` that is far from any threshold.
AROUND = [
    "np.sin({k}) * {o}", "{k} * {o} + {k} ** 2", "np.where({o} > 0, {k} * {o}, {o})",
    "np.where({o} < 0, {k}, np.cos({o}))",
    "np.cumsum(np.ravel({k} * {o}))", "np.stack([{k}, {k} * {o}])", "buffered({k})", "np.exp({k} * 0.2)[None]",
    "{k}", "unrolled({k}, 3)", "np.reshape({k} * 1.0, -1)[::-1]", "({k} + {o}) * ({o} > 0)",
]  # fmt: skip
HELPERS = """import numpy as np
import gatewise as gw


def buffered(x):
    out = np.zeros((2, *np.shape(x)))
    out[1] = x
    return out


def turned(x):
    out = np.copy(x)
    out[...] = x[::-1]
    return out


def unrolled(x, n):
    for _ in range(n):
        x = x * 0.5 + np.sin(x)
    return x
"""


@dataclass(frozen=True)
class Kinked:
    """A program on a kink, its twin beside it, and the row of the table."""

    seed: int
    what: str
    inputs: dict[str, Any]
    text: str
    twin: str


def finite_rows() -> list[tuple[str, str, dict[str, Any], list[Any]]]:
    """The rows that pass finite numbers at finite points, one for each spelling."""
    found = []
    for what, spelling, at, passed in ROWS:
        point, parts = evaluated(f"dict({at})", {}), evaluated(f"[{passed}]", {})
        if all(np.isfinite(np.ravel(x)).all() for x in (*point.values(), *parts)):
            found.append((what, spelling, point, parts))
    return found


FINITE = finite_rows()


def write_kinked(seed: int) -> Kinked:
    """The program of this seed."""
    rng = random.Random(seed)
    what, spelling, point, passed = FINITE[seed % len(FINITE)]
    rows = any(isinstance(c, list) for c in point.values())
    whole = not rows and rng.random() < 0.3 and not spelling.startswith(("max(", "min("))
    ways = {name: rng.choice(ROWS_OF if rows else ARRAYS if whole else NUMBERS) for name in point}
    if whole:
        ways = dict.fromkeys(point, rng.choice(ARRAYS))
    inputs = {f"{name}_in": evaluated(way[0].format(c=point[name]), {}) for name, way in ways.items()}
    inputs["o"] = rng.choice([-1, 1]) * round(rng.uniform(0.3, 1.5), 3)
    reads = [f"    {name} = {way[1].format(i=name + '_in')}" for name, way in ways.items()]
    around = rng.choices(AROUND, k=rng.randint(1, 3))
    ends = [
        f"    a{n} = {each.format(k=f'k{n}', o='o')}\n    k{n + 1} = np.tanh(a{n})" for n, each in enumerate(around)
    ]
    parts = " + ".join(
        f"np.sum(a{n} * np.cos(1.7 * np.arange(np.size(a{n})) + {n}).reshape(np.shape(a{n})))"
        for n in range(len(around))
    )

    def text(result: str) -> str:
        head = f"{HELPERS}\n\ndef total({', '.join(inputs)}):"
        return "\n".join([head, *reads, f"    k0 = {result}", *ends, f"    return {parts}", ""])

    return Kinked(seed, f"{what}: {spelling}", inputs, text(spelling), text(straight(spelling, point, passed)))


def straight(spelling: str, point: dict[str, Any], passed: list[Any]) -> str:
    """The line through the point that the table says, as an expression."""
    there = {name: np.array(c) if isinstance(c, list) else np.float64(c) for name, c in point.items()}
    with np.errstate(all="ignore"):
        terms: list[Any] = [float(evaluated(spelling, there))]
    for (name, c), slope_there in zip(point.items(), passed, strict=True):
        step = f"({name} - np.array({c}))"
        terms.append(f"np.sum({step} * np.array({slope_there}))" if isinstance(c, list) else f"{step} * {slope_there}")
    return " + ".join(map(str, terms))


def kinks_judged(seed: int) -> tuple[Kinked, str]:
    """A program, and what is wrong with what it passes back or forward, if anything."""
    program = write_kinked(seed)
    total, twin = (
        named_in(text, f"<kink {seed}{kind}>")["total"] for text, kind in ((program.text, ""), (program.twin, "t"))
    )
    draws = np.random.default_rng(seed)
    given, along = (
        list(program.inputs.values()),
        [like(x, draws.uniform(-1, 1, np.shape(x))) for x in program.inputs.values()],
    )
    with np.errstate(all="ignore"):
        want, error = slope(lambda h: twin(*(like(x, x + h * t) for x, t in zip(given, along, strict=True))), 1e-3)
        try:
            back = dotted(gw.grad(total, range(len(given)))(*given), along)
            ahead = gw.jvp(total, tuple(given), tuple(along))[1]
        except Exception as problem:
            return program, f"{type(problem).__name__}: {problem}"
    limit = 1e-7 * max(1.0, abs(want)) + 10 * error
    told = [
        f"{way} {have} instead of {want}"
        for way, have in (("back", back), ("ahead", ahead))
        if not abs(have - want) <= limit
    ]
    return program, "; ".join(told)


def kinks_found(seeds: range) -> Iterator[str]:
    """What is wrong, with the program."""
    for seed in seeds:
        program, problem = kinks_judged(seed)
        if problem:
            body = program.text.partition("\n\ndef total")[2]
            yield f"kink {seed}, {program.what}: {problem}\n{program.inputs}\ndef total{body}"
