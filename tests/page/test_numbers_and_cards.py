"""Numbers and cards in the page are written as Python writes them, as recorded and after an edit."""

from __future__ import annotations

import json
import math
import random
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._views import card
from gatewise._views.numbers import Summary, adds_up, equation, number, quantity
from gatewise._views.text import cells, plain_text
from page.test_compute import assert_same_circuit, record_of

# Random circuits leave the range of numbers on purpose: NaN and inf are written too.
pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.filterwarnings("ignore::RuntimeWarning")]

NUMBERS = 2000
TRIPLES = 500
EXPRESSIONS = 100

# ------------------------------------------------------------------------------------------------------------- numbers

EDGES = [
    None, True, False, "nan", "inf", "-inf", 0.0, -0.0, 1.0, -12.0, 0.5, 0.25, 2.5, 1000.5, 1001.5, 100.05, 0.99999,
    9999.5, 99995.0, 99995.5, 0.0001, 0.00001, 0.000099995, 1e15, 1e16, 123456789012345.0, 1e15 + 0.5, 5e-324, 1.7e308,
    1e10, 9999999999.5, 12345678901.5, 0.125, 0.375, 2.675, 1e-7, 1e21, 1e22, 1 / 3, -2 / 3, 100.0, 1e5, 123456.7,
]  # fmt: skip


def drawn_numbers() -> Iterator[float]:
    """Floats of every size, bit patterns at random, ties of rounding, and numbers one meets."""
    draw = random.Random(1)
    while True:
        yield draw.uniform(-10, 10)
        yield draw.choice([-1, 1]) * 10 ** draw.uniform(-320, 308)
        yield round(draw.uniform(-1000, 1000), draw.randrange(5))
        yield draw.randrange(-(10**6), 10**6) / 2 ** draw.randrange(12)  # half of them are exact ties somewhere
        (found,) = struct.unpack("d", draw.randbytes(8))
        yield found if math.isfinite(found) else 0.1


def taken(count: int) -> list[float]:
    return [value for value, _ in zip(drawn_numbers(), range(count), strict=False)]


def test_number_texts(scripts: Any, counted: Callable[..., None]) -> None:
    values = [*EDGES, *taken(NUMBERS)]
    asked = [[value, digits] for value in values for digits in (None, 1, 2, 6, 17)]
    found = scripts.evaluate("asked => asked.map(([value, digits]) => gatewise.numbers.number(value, digits))", asked)
    for (value, digits), text in zip(asked, found, strict=True):
        # Python's JSON keeps -0.0; what comes back from a record may be a word.
        assert text == number(value, digits), f"{value!r} with {digits}"
    counted("numbers in the page", texts=len(asked))


def test_quantities(scripts: Any) -> None:
    draw = random.Random(2)
    pool = ["nan", "inf", "-inf", 0.1, 0.2, -0.3, 1e16, 1.0, -1e16, 2.0, 1 / 3, 0.0]
    values: list[Any] = [[draw.choice(pool[3:] * 3 + pool) for _ in range(draw.randrange(9))] for _ in range(300)]
    values += [[[1.0, 2.0], [3.0, 4.5]], [[True, False, True], [True, True, False]], [[[0.5]]], [], [True]]
    found = scripts.evaluate("values => values.map(value => gatewise.numbers.quantity(value))", values)
    assert found == [quantity(value) for value in values]
    summaries = [{"min": -3.0, "max": 2.0, "mean": 0.25}, {"min": "-inf", "max": 2.0, "mean": "nan"}]
    found = scripts.evaluate("all => all.map(summary => gatewise.numbers.quantity(null, summary))", summaries)
    assert found == [quantity(None, Summary(**summary)) for summary in summaries]


def test_product_lines(scripts: Any) -> None:
    draw = random.Random(3)
    values = [*taken(TRIPLES), "nan", "inf"]
    triples: list[Any] = []
    for k in range(TRIPLES):
        one, other = draw.choice(values), draw.choice([*values, 0.5, 2.0, -1.0])
        exact = one * other if not isinstance(one, str) and not isinstance(other, str) else "nan"
        exact = exact if isinstance(exact, str) or math.isfinite(exact) else "inf"
        triples.append([one, other, exact if k % 5 else draw.choice(values)])
    for digits in (None, 2):
        found = scripts.evaluate(
            "([all, digits]) => all.map(triple => gatewise.numbers.equation(triple, ['*'], '*', digits))",
            [triples, digits],
        )
        assert found == [equation([x, y, z], ["*"], "*", digits) for x, y, z in triples]
    assert {text.split(" ")[3] for text in found} == {"=", "≈"}


def test_sums_of_printed_numbers(scripts: Any) -> None:
    draw = random.Random(4)
    cases = []
    for _ in range(500):
        parts = [round(draw.uniform(-3, 3), draw.randrange(5)) for _ in range(draw.randrange(1, 5))]
        total = sum(parts) if draw.random() < 0.7 else draw.uniform(-3, 3)
        cases.append([[number(part) for part in parts], number(total)])
    cases += [[["NaN!", "1"], "NaN!"], [["1e-05", "1"], "1.000"], [["1e+20", "-1e+20"], "0"]]
    found = scripts.evaluate("cases => cases.map(([parts, sum]) => gatewise.numbers.addsUp(parts, sum))", cases)
    assert found == [adds_up(parts, total) for parts, total in cases]
    assert set(found) == {True, False}


def test_texts(scripts: Any) -> None:
    texts = [
        "x",
        "损失",
        "a\nb\x1b[31m",
        "x\u202ey",
        "é" * 150,
        "e\u0301" * 150,
        "损" * 101,
        "\x00" * 201,
        "a\u00a0b",
        "𝛼",
    ]
    found = scripts.evaluate("texts => texts.map(t => [gatewise.texts.plain(t), gatewise.texts.cells(t)])", texts)
    assert found == [[plain_text(text), cells(text)] for text in texts]


# --------------------------------------------------------------------------------------------------------------- cards

NAMES = ("x", "y", "z", "损失")
POOL = [-2.0, -1.0, 0.0, 0.5, 1.0, 1.0, 1.5, 2.0, 3.0, 1 / 3, -0.7, 0.123456]
ONE = ("exp({0})", "log(abs({0}) + 1)", "sqrt(abs({0}))", "tanh({0})", "sin({0})", "cos({0})", "abs({0})", "-{0}",
       "{0}**2", "1 / (1 + exp(-{0}))", "1 / {0}", "{0}**-1", "sigmoid({0})", "relu({0})", "2 * {0}", "{0} - 1",
       "floor({0})", "square({0})", "softplus({0})")  # fmt: skip
TWO = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} * {1}", "{0} / {1}", "max({0}, {1})", "min({0}, {1})", "max({0}, 0)",
       "where({0} > {1}, {0}, {1})", "where({0} > 0, sqrt({0}), 0)", "hypot({0}, {1})", "{0} + {0}",
       "logaddexp({0}, {1})", "max({0}, {1}) * {0}", "where({0} < {1}, {0} * {1}, 2)",
       "min({0} * {1}, {0})", "abs({0})**{1}", "arctan2({0}, {1})")  # fmt: skip


def expression(draw: random.Random, size: int) -> str:
    """A random expression of about `size` gates."""
    if size <= 0:
        return draw.choice(NAMES)
    if draw.random() < 0.45:
        return draw.choice(ONE).format(f"({expression(draw, size - 1)})")
    left = draw.randrange(size)
    parts = expression(draw, left), expression(draw, size - 1 - left)
    return draw.choice(TWO).format(*(part if part.isidentifier() else f"({part})" for part in parts))


def drawn_circuits(count: int, seed: int = 5) -> Iterator[tuple[Callable[[dict[str, float]], Any], dict[str, float]]]:
    """Random circuits, half of them of two assignments, a fifth of them folded, with a point for each."""
    draw = random.Random(seed)
    for k in range(count):
        size = draw.randrange(1, 9)
        text = expression(draw, size)
        if k % 2:
            text = f"a = {text}; a * {draw.choice(NAMES)} + a"
        point = {name: draw.choice(POOL) for name in NAMES if re.search(rf"\b{name}\b", text)}

        def make(at: dict[str, float], text: str = text, k: int = k) -> Any:
            board = gw.circuit(text, **at)
            return board.fold() if k % 5 == 0 else board

        yield make, point


def shown(scripts: Any, jobs: list[Any]) -> list[Any]:
    """For each record, after its edit, if any: the record, and the cards of its wires."""
    found: list[Any] = scripts.evaluate(
        """jobs => jobs.map(({record, formulas, inputs, digits}) => {
            const now = inputs ? gatewise.compute.recorded(record, formulas, inputs) : record;
            return [now, now.wires.map(wire => gatewise.card.text(now, wire.name, digits))];
        })""",
        jobs,
    )
    return found


def test_cards_as_recorded(scripts: Any, counted: Callable[..., None]) -> None:
    jobs = []
    for k, (make, point) in enumerate(drawn_circuits(EXPRESSIONS)):
        jobs.append({"record": json.loads(make(point).to_json()), "digits": None if k % 3 else 2})
    cards = 0
    for job, (_, texts) in zip(jobs, shown(scripts, jobs), strict=True):
        for row, text in zip(job["record"]["wires"], texts, strict=True):
            assert text == card(job["record"], row["name"], digits=job["digits"])
            cards += 1
    counted("cards in the page", as_recorded=cards)


SAID = ("local_text", "blocked", "from", "to", "port")


def test_cards_after_an_edit(scripts: Any, counted: Callable[..., None]) -> None:
    """The edited record says what a new one says, to the last word; its numbers to rounding; its cards are Python's."""
    jobs, wanted = [], []
    draw = random.Random(7)
    for make, point in drawn_circuits(2 * EXPRESSIONS, seed=6):
        board, other = make(point), {name: draw.choice(POOL) for name in point}
        record, trees = record_of(board), board._formulas
        assert "recording" not in trees
        edits = {str(row["id"]): other[row["name"]] for row in record["wires"] if row["kind"] == "input"}
        jobs.append({"record": record, "formulas": trees, "inputs": edits, "digits": None})
        wanted.append(record_of(make(other)))
    cards = same = 0
    for job, want, (now, texts) in zip(jobs, wanted, shown(scripts, jobs), strict=True):
        assert now["left"] is None
        assert [event["code"] for event in now["backward"] if event["code"]] == [
            event["code"] for event in want["backward"] if event["code"]
        ]
        assert [[use[key] for key in SAID] for use in now["uses"]] == [
            [use[key] for key in SAID] for use in want["uses"]
        ]
        numbers_of = {
            "left": None,
            "values": [row["value"] for row in now["wires"]],
            "gradients": [row["gradient"] for row in now["wires"]],
            "contributions": [use["contribution"] for use in now["uses"]],
            "locals": [use["local"] for use in now["uses"]],
        }
        assert_same_circuit(numbers_of, want, str(job["inputs"]))
        for row, text in zip(now["wires"], texts, strict=True):
            assert text == card(now, row["name"])
            cards += 1
            same += text == card(want, row["name"])
    counted("cards in the page", after_an_edit=cards, equal_to_the_cards_of_a_new_recording=same)


TIED = [
    ("max(X)", {"X": [2.0, 2.0, 1.0]}),
    ("sum(max(X, Y))", {"X": [2.0, 1.0], "Y": [2.0, 0.0]}),
    ("sum(max(X, 0))", {"X": [0.0, 0.0]}),
    ("sum(abs(X))", {"X": [0.0, -0.0]}),
    ("max(2 * x, y) * 3", {"x": 1.0, "y": 2.0}),
    ("-abs(x) + relu(y)", {"x": 0.0, "y": 0.0}),
    ("min(x, y) + sum(X)", {"x": 1.0, "y": 1.0, "X": [1.0, 2.0]}),
]


def test_cards_at_corners_and_of_printed_arithmetic(scripts: Any) -> None:
    boards = [
        gw.circuit(text, **{name: np.array(x) if name in "XY" else x for name, x in at.items()}) for text, at in TIED
    ]
    boards += [
        gw.circuit(lambda x: 3 * np.clip(-2 * x, 0, 1), x=-0.5),
        gw.circuit(lambda x: np.sum(np.clip(x, 0, 1)), x=np.array([1.0, 2.0])),
        gw.circuit(lambda W: np.sum(np.tanh(W)), W=np.linspace(-1, 1, 1200).reshape(30, 40)),
    ]
    texts = ("0.5 * x", "(1 + 2) * x", "x - -2.5", "x * -3", "1e-05 * x", "2 * pi * x", "x - y - 1", "x * y * 3 * x")
    boards += [
        gw.circuit(text, **({"x": 1.2501, "y": 1 / 3} if "y" in text else {"x": 1 / 3})).fold() for text in texts
    ]
    jobs = [{"record": json.loads(board.to_json()), "digits": digits} for board in boards for digits in (None, 2)]
    for job, (_, cards) in zip(jobs, shown(scripts, jobs), strict=True):
        assert cards == [card(job["record"], row["name"], digits=job["digits"]) for row in job["record"]["wires"]]
    assert sum("at a corner" in text for _, cards in shown(scripts, jobs[: 2 * len(TIED)]) for text in cards) > len(
        TIED
    )


def test_cards_of_what_has_no_gradient_or_no_finite_value(scripts: Any) -> None:
    """Inputs not asked for, masks, stairs, NaN: the page says of them what Python says."""
    boards = [
        gw.circuit("x * y + z", x=2.0, y=3.0, z=1.0, wrt="y"),
        gw.circuit("sum(dot(X, W))", X=np.ones((2, 2)), W=np.ones((2, 2)), wrt="W"),
        gw.circuit("sum(where(M, x, X))", M=np.array([1, 0]), x=2.0, X=np.ones(2)),
        gw.circuit("where(x > y, x, y) * floor(x) + sign(y)", x=2.5, y=1.0),
        gw.circuit("2 * log(x)", x=-1.0),
        gw.circuit("sum(log(X))", X=np.array([0.0, 1.0])),
        gw.circuit("log(X)", X=np.array([-1.0, 1.0]), upstream="ones"),
        gw.circuit("w * x / 3", w=1.0, x=2.0),
    ]
    jobs = [{"record": json.loads(board.to_json()), "digits": digits} for board in boards for digits in (None, 1)]
    for job, (_, cards) in zip(jobs, shown(scripts, jobs), strict=True):
        assert cards == [card(job["record"], row["name"], digits=job["digits"]) for row in job["record"]["wires"]]


def two_layers(x: Any, W: Any, b: Any, V: Any) -> Any:
    """A small network with every kind of array line in its cards."""
    h = np.maximum(x @ W + b, 0)
    s = h @ V
    return np.sum(s * s) / s.shape[0] + 0.5 * np.max(W) + np.mean(h, axis=0)[1]


def test_cards_of_arrays(scripts: Any) -> None:
    draw = np.random.default_rng(8)
    given = [draw.normal(size=shape) for shape in ((4, 3), (3, 2), (2,), (2, 3))]
    other = [part + 0.3 * draw.normal(size=part.shape) for part in given]
    board = gw.circuit(two_layers, *given)
    record, want = record_of(board), record_of(gw.circuit(two_layers, *other))
    edits = {str(k): part.tolist() for k, part in enumerate(other)}
    job = {"record": record, "formulas": board._formulas, "inputs": edits, "digits": None}
    assert "recording" not in job["formulas"]
    ((now, texts),) = shown(scripts, [job])
    assert (
        texts == [card(now, row["name"]) for row in now["wires"]] == [card(want, row["name"]) for row in want["wires"]]
    )
