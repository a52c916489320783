"""The check beside the ledger: never DIFFERS for a right gradient, always for a wrong one, and what it says else."""

from __future__ import annotations

import json
import random
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from gates.mutants import Mutant, in_place, one_part

import gatewise as gw
from gatewise._gates import NAMES
from gatewise._record import checks

RIGHT = [
    ("1/x", 1e-4), ("1/x**2", 1e-3), ("exp(1/x)", 0.01), ("sin(x)", 1e4), ("cos(10*x)", 500.0), ("sqrt(x)", 1e-12),
    ("log(x)", 1e-300), ("x", 0.0), ("x**2", 0.0), ("cos(x)", 0.0), ("exp(-x)", 700.0), ("tanh(x)", 5.0),
]  # fmt: skip

ONE = ("exp({0})", "log(abs({0}) + 1)", "sqrt(abs({0}))", "tanh({0})", "sin({0})", "cos({0})", "abs({0})", "-{0}",
       "{0}**2", "1 / (1 + exp(-{0}))", "1 / {0}", "{0}**3", "sigmoid({0})", "relu({0})", "2 * {0}", "{0} - 1",
       "square({0})", "softplus({0})", "log({0}**2)", "max({0}, 0)", "min(max({0}, -1), 1)")  # fmt: skip
TWO = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} * {1}", "{0} / {1}", "max({0}, {1})", "min({0}, {1})",
       "where({0} > {1}, {0}, {1})", "hypot({0}, {1})", "logaddexp({0}, {1})", "arctan2({0}, {1})",
       "({0} + {1}) - {1}")  # fmt: skip
CIRCUITS = 2_000


def checks_of(board: Any) -> dict[str, dict[str, Any]]:
    """The checks of a board's inputs, by name."""
    record = json.loads(board.to_json())
    return {record["wires"][int(k)]["name"]: check for k, check in record["checks"].items()}


@pytest.mark.parametrize(("text", "x"), RIGHT)
def test_a_right_gradient_agrees(text: str, x: float) -> None:
    check = checks_of(gw.circuit(text, x=x))["x"]
    assert check["verdict"] == "agrees"
    assert check["error"] < 1e-8


def expression(draw: random.Random, size: int) -> str:
    """A random expression of about `size` gates."""
    if size <= 0:
        return draw.choice("xyz")
    if draw.random() < 0.5:
        return draw.choice(ONE).format(f"({expression(draw, size - 1)})")
    left = draw.randrange(size)
    return draw.choice(TWO).format(*(f"({expression(draw, n)})" for n in (left, size - 1 - left)))


def drawn_circuits(count: int, seed: int) -> Iterator[Any]:
    """Random circuits at sizes from 1e-6 to 1e6, every third of small arrays, added up."""
    draw = random.Random(seed)
    for k in range(count):
        text = expression(draw, draw.randrange(1, 7))
        shape = draw.choice([(2,), (3,), (2, 2)]) if k % 3 == 0 else ()
        size = 10 ** draw.uniform(-6, 6)
        names = sorted(set(re.findall(r"\b[xyz]\b", text)))
        rng = np.random.default_rng(draw.randrange(10**9))
        near = size if draw.random() < 0.5 else 10 ** draw.uniform(-6, 6)
        point = {n: rng.normal(size=shape) * draw.choice([size, near]) for n in names}
        yield gw.circuit(f"sum({text})" if shape else text, **{n: x if shape else float(x) for n, x in point.items()})


def test_no_right_gradient_is_said_to_differ(counted: Callable[..., None]) -> None:
    words: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for board in drawn_circuits(CIRCUITS, seed=1):
            for check in checks.check(board._frozen).values():
                words[check["verdict"]] += 1
                assert check["verdict"] != "differs", str(board)
    counted("checks of right gradients", **{word.replace(" ", "_"): n for word, n in words.items()})
    assert words["agrees"] > 0.75 * words.total()


# ---------------------------------------------------------------------------------------------------- wrong gradients

WRONG = [
    ("multiply", "x * y", {"x": 2.0, "y": 3.0}),
    ("sin", "sin(x) + y", {"x": 2.0, "y": 3.0}),
    ("exp", "sum(exp(x))", {"x": np.array([0.5, 1.0])}),
    ("maximum", "max(x, 0)", {"x": 2.0}),
    ("tanh", "sum(tanh(x @ y))", {"x": np.ones((2, 3)) / 3, "y": np.linspace(-1, 1, 6).reshape(3, 2)}),
    ("log", "log(x)", {"x": 1e-300}),
]


@pytest.mark.parametrize("error", [1e-4, 0.5])
@pytest.mark.parametrize(("name", "text", "point"), WRONG)
def test_a_wrong_gate_is_said_to_differ(name: str, text: str, point: dict[str, Any], error: float) -> None:
    mutant = Mutant(NAMES[name], "too large", "", change=one_part(0, lambda part: part * (1 + error)))
    with in_place(mutant):
        board = gw.circuit(text, **point)
        check = checks_of(board)["x"]
    assert check["verdict"] == "differs"
    assert 0.1 * error < check["error"] < 2 * error
    assert "DIFFERS: x" in str(board)


def test_a_gradient_outside_the_slopes_of_a_corner_differs() -> None:
    mutant = Mutant(NAMES["absolute"], "constant", "", change=one_part(0, lambda part: part * 0 + 1.5))
    with in_place(mutant):
        board = gw.circuit("abs(x)", x=0.0)
        check = checks_of(board)["x"]
    assert (check["verdict"], check["slopes"]) == ("differs", [-1.0, 1.0])
    assert "DIFFERS: x has gradient 1.5, outside its slopes -1 and 1 at a corner" in str(board)


def test_the_entry_that_differs_is_named() -> None:
    change = one_part(0, lambda part: part * np.array([[1.0, 2.0], [1.0, 1.0]]))
    with in_place(Mutant(NAMES["exp"], "one entry", "", change=change)):
        board = gw.circuit("sum(exp(x))", x=np.zeros((2, 2)))
        check = checks_of(board)["x"]
    assert (check["entry"], check["gradient"], check["counts"]["differs"]) == ([0, 1], 2.0, 1)
    assert "DIFFERS: x[0, 1] has gradient 2, its numerical derivative is 1.000 (relative error 0.5)" in str(board)


# ------------------------------------------------------------------------------------------------------------- corners

ARRAYS = {"x": np.array([0.0, 1.0, -1.0, 0.0])}
CORNERS = [
    (lambda x: np.maximum(x, 0), {"x": 0.0}, [0.0, 1.0], 0),
    (lambda x: np.clip(x, 0, 1), {"x": 1.0}, [1.0, 0.0], 0),
    (lambda x: np.abs(x), {"x": 0.0}, [-1.0, 1.0], 0),
    (lambda x, y: np.where(x > y, x, y), {"x": 2.0, "y": 2.0}, [0.0, 1.0], 0),
    (lambda x: 3 * np.clip(-2 * x, 0, 1), {"x": -0.5}, [0.0, -6.0], 0),
    (lambda x: np.sum(np.maximum(x, 0)), ARRAYS, [0.0, 1.0], 2),
    (lambda x: np.sum(np.clip(x, 0, 1)), ARRAYS, [1.0, 0.0], 1),
]


@pytest.mark.parametrize(("f", "point", "slopes", "agreeing"), CORNERS)
def test_a_corner_has_two_slopes(f: Callable[..., Any], point: dict[str, Any], slopes: Any, agreeing: int) -> None:
    board = gw.circuit(f, **point)
    check = checks_of(board)["x"]
    assert (check["verdict"], check["slopes"] in (slopes, slopes[::-1])) == ("kink", True)
    assert check["counts"]["agrees"] == agreeing
    low, high = (f"{slope:g}" for slope in check["slopes"])
    told = f"at a corner: slopes {low} and {high}; the gradient {check['gradient']:g} lies between them"
    assert told in str(board)
    assert told in board.card("x")
    assert "DIFFERS" not in str(board)


def test_at_the_edge_of_a_clip_lowering_is_told_from_raising() -> None:
    board = gw.circuit(lambda x: np.clip(x, 0, 1), x=1.0)
    assert "x makes no difference" not in str(board)
    assert "raising x by 0.01 leaves f as it is, lowering it lowers f by about 0.01" in board.card("x")
    board = gw.circuit(lambda x: np.sum(np.clip(x, 0, 1)), x=np.array([2.0, 1.0]))
    assert "raising x[1] by 0.01 leaves f as it is, lowering it lowers f by about 0.01" in board.card("x")


# --------------------------------------------------------------------------------------------------- what else is said


def test_how_many_entries_were_compared_is_said() -> None:
    rng = np.random.default_rng(0)
    board = gw.circuit(lambda W, x: np.sum(np.tanh(W @ x)), W=rng.normal(size=(60, 50)), x=rng.normal(size=50))
    check = checks_of(board)["W"]
    assert (check["entries"], check["counts"]["agrees"]) == (3_000, 64)
    assert check["error"] < 1e-6
    assert "checked: 64 of 3,000 entries of W, x agree with the numerical derivative" in str(board)
    assert "64 of 3,000 entries agree" in board.card("W")


def test_the_largest_entry_is_among_those_compared() -> None:
    gradient = np.zeros(1_000)
    gradient[777] = -3.0
    chosen = checks.entries_to_check(gradient)
    assert 777 in chosen
    assert len(set(chosen.tolist())) == 64


def test_a_gradient_that_vanishes_is_too_small_to_check() -> None:
    def loop(x: Any) -> Any:
        for _ in range(300):
            x = np.sin(2 * x)
        return x

    board = gw.circuit(loop, x=1.0)
    assert checks_of(board)["x"]["verdict"] == "not checked"
    assert "not checked: x (it is too small to check" in str(board)
    assert "agree" not in str(board)


def test_the_ledger_names_the_entry_its_derivative_is_about() -> None:
    board = gw.circuit("sum(x**2 * y)", x=np.arange(4.0).reshape(2, 2), y=0.5)
    entry = checks_of(board)["x"]["entry"]
    row = next(line for line in str(board).splitlines() if line.startswith("x "))
    assert re.search(rf"\[{entry[0]}, {entry[1]}\]: {entry[0] * 2 + entry[1]}", row)


def test_the_noise_of_a_gradient_is_seen_where_it_cancels() -> None:
    """1/xy - 1/xy + x is x, but its gradient is the difference of two large numbers."""
    board = gw.circuit("x + 1 / (x * y) - 1 / (x * y)", x=2.2866e-06, y=-2.3e-07)
    assert checks_of(board)["x"]["verdict"] != "differs"


def faded(x, w):
    h = x
    for _ in range(420):
        h = h * w
    return h + w


def test_a_gradient_that_differences_cannot_tell_from_0_is_not_checked():
    c = gw.circuit(faded, 1.3, 0.4)
    assert 0 < abs(c.gradients["x"]) < 1e-160
    assert "relative error at most 1)" not in str(c)
    assert "not checked: it is too small to check" in c.card("x")
