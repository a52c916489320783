"""A cure for a number that is not finite keeps the function, is written in the user's names, and has been tried."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._board import record_of
from gatewise._gates.cures import CURES

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
Y = np.array([0, 1])
FAR = np.array([[1000.0, 2.0, -3.0], [3.0, -900.0, 0.5]])
NEAR = np.array([[1.0, 2.0, -3.0], [3.0, -0.9, 0.5]])


def instead(board: gw.Circuit) -> list[str]:
    """The lines that say what to write."""
    return [line.partition("instead: ")[2] for line in str(board).splitlines() if "instead: " in line]


def course_softmax(scores: Any, y: Any) -> Any:
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(2), y]))
    return loss


def course_mean(scores: Any, y: Any) -> Any:
    e = np.exp(scores)
    probs = e / e.sum(axis=1, keepdims=True)
    right = -np.log(probs[range(2), y])
    return np.mean(right)


def divided(scores: Any, y: Any) -> Any:
    e = np.exp(scores)
    probs = e / np.sum(e, axis=1)[:, None]
    return np.sum(-np.log(probs[range(2), y])) / len(scores)


def reshaped(scores: Any, y: Any) -> Any:
    e = np.exp(scores)
    p = e / np.reshape(np.sum(e, axis=1), (-1, 1))
    return np.sum(p * np.arange(3.0)) + y[0]


def one_hot(scores: Any, y: Any) -> Any:
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    return -np.sum(np.eye(3)[y] * np.log(p))


def shifted(scores: Any, y: Any) -> Any:
    s = scores - np.max(scores, axis=1, keepdims=True)
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    return np.sum(np.log(p)) * y[0] + np.sum(np.log(p))


def by_name(scores: Any, y: Any) -> Any:
    p = gw.softmax(scores, axis=1)
    return -np.sum(np.log(p[np.arange(2), y]))


def by_name_in_one_line(scores: Any, y: Any) -> Any:
    return -np.sum(np.log(gw.softmax(scores, axis=1)[np.arange(2), y]))


def attention(scores: Any, y: Any) -> Any:
    weights = np.exp(scores) / np.sum(np.exp(scores), axis=-1, keepdims=True)
    return np.sum(weights * np.arange(3.0)) + y[0]


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (course_softmax, "gw.cross_entropy(scores, y) for -np.sum(np.log(probs[np.arange(2), y]))"),
        (course_mean, "gw.cross_entropy(scores, y) / len(scores) for np.mean(right)"),
        (divided, "gw.cross_entropy(scores, y) for np.sum(-np.log(probs["),
        (reshaped, "gw.softmax(scores, axis=1) for e / "),
        (one_hot, "(scores - gw.logsumexp(scores, axis=1, keepdims=True)) for np.log(p)"),
        (shifted, "(scores - gw.logsumexp(scores, axis=1, keepdims=True)) for np.log(p)"),
        (by_name, "gw.cross_entropy(scores, y) for -np.sum(np.log(p["),
        (
            by_name_in_one_line,
            "gw.cross_entropy(scores, y) for -np.sum(np.log(gw.softmax(scores, axis=1)[np.arange(2), y]))",
        ),
        (attention, "gw.softmax(scores, axis=-1) for np.exp(scores) / np.sum(np.exp(scores), axis=-1, keepdims=True)"),
    ],
)
def test_a_softmax_that_overflows(f: Callable[..., Any], text: str) -> None:
    board = gw.circuit(f, FAR, Y, wrt=["scores"])
    (told,) = instead(board)
    assert told.startswith(text)


SPELLED = [
    ("1 / (1 + exp(-x))", {"x": -800.0}, "sigmoid(x) for 1 / (1 + np.exp(-x))"),
    ("1 / (exp(-(w * x + b)) + 1)", {"w": 2.0, "x": -500.0, "b": 1.0}, "sigmoid(w * x + b) for "),
    ("exp(x) / (1 + exp(x))", {"x": 800.0}, "sigmoid(x) for np.exp(x) / (1 + np.exp(x))"),
    ("log(1 / (1 + exp(-x)))", {"x": -800.0}, "-softplus(-x) for "),
    ("p = sigmoid(z); log(1 - p)", {"z": 50.0}, "-softplus(z) for np.log(1 - p)"),
    (
        "s = 1 / (1 + exp(-z)); -(t * log(s) + (1 - t) * log(1 - s))",
        {"z": -800.0, "t": 1.0},
        "(t * z - softplus(z)) for t * np.log(s) + (1 - t) * np.log(1 - s)",
    ),
    (
        "s = sigmoid(z); -t * log(s) - (1 - t) * log(1 - s)",
        {"z": 800.0, "t": 0.0},
        "softplus(z) - t * z for -t * np.log(s) - (1 - t) * np.log(1 - s)",
    ),
    ("s = 1 / (1 + exp(-z)); log(s) + s", {"z": -800.0}, "sigmoid(z) for 1 / (1 + np.exp(-z))"),
    ("sqrt(var(v))", {"v": np.full(3, 2.0)}, "np.std(v) for np.sqrt(np.var(v))"),
    ("log(1 + exp(x))", {"x": 800.0}, "softplus(x) for np.log(1 + np.exp(x))"),
    ("log(exp(x) + exp(y))", {"x": 800.0, "y": 3.0}, "np.logaddexp(x, y) for "),
    ("a = sum(exp(v)); log(a)", {"v": np.array([800.0, 1.0])}, "logsumexp(v) for np.log(a)"),
    ("log(prod(v))", {"v": np.full(400, 1e-3)}, "np.sum(np.log(np.abs(v))) for np.log(np.prod(v))"),
    ("(exp(x) - exp(-x)) / (exp(x) + exp(-x))", {"x": 800.0}, "np.tanh(x) for "),
    ("sqrt(x**2 + y**2)", {"x": 0.0, "y": 0.0}, "np.hypot(x, y) for np.sqrt(x**2 + y**2)"),
    ("sqrt(x*x + y*y)", {"x": 1e200, "y": 1.0}, "np.hypot(x, y) for "),
    ("sqrt(x**2)", {"x": 0.0}, "np.abs(x) for np.sqrt(x**2)"),
    ("p * log(p)", {"p": 0.0}, "np.where(p > 0, np.log(np.where(p > 0, p, 1)), 0) for np.log(p) (0 is a choice"),
    ("x / y", {"x": 1.0, "y": 0.0}, "np.where(y == 0, 0, x / np.where(y == 0, 1, y)) for x / y (0 is a choice"),
    ("sqrt(a - b)", {"a": 2.0, "b": 2.0}, "np.where(a - b > 0, np.sqrt(np.where(a - b > 0, a - b, 1)), 0) for "),
    ("x**0.5", {"x": 0.0}, "np.where(x == 0, 0, np.where(x == 0, 1, x)**0.5) for x**0.5"),
    ("x**-2", {"x": 0.0}, "np.where(x == 0, 0, np.where(x == 0, 1, x)**(-2)) for "),
]


@pytest.mark.parametrize(("expression", "given", "text"), SPELLED)
def test_what_people_write(expression: str, given: dict[str, Any], text: str) -> None:
    told = instead(gw.circuit(expression, **given))
    assert len(told) == 1
    assert told[0].startswith(text)


@pytest.mark.parametrize(("expression", "given", "text"), SPELLED)
def test_both_texts_are_one_function_where_the_old_one_is_finite(
    expression: str, given: dict[str, Any], text: str
) -> None:
    """Run as they are told, at the numbers of the run and at others; only the new one is finite there."""
    (told,) = instead(gw.circuit(expression, **given))
    texts = told.partition(" (0 is")[0].split(" for ")
    for name, definition in {
        "p": "sigmoid(z)",
        "s": "(1 / (1 + np.exp(-z)))",
        "a": "np.sum(np.exp(v))",
    }.items():  # names of the expression's own
        if name not in given:
            texts = [re.sub(rf"\b{name}\b", definition, each) for each in texts]
    draw = np.random.default_rng(3)
    points = [{n: draw.uniform(0.2, 3.0, np.shape(v))[()] for n, v in given.items()} for _ in range(5)]
    for place, point in enumerate([given, *points]):
        for name in given:
            ours, theirs = (value_and_slope(each, point, name) for each in texts)
            for one, other in zip(ours, theirs, strict=True):
                known = np.isfinite(other) & np.isfinite(theirs[0])
                np.testing.assert_allclose(np.asarray(one)[known], np.asarray(other)[known], rtol=1e-9, atol=1e-12)
            assert place or all(np.all(np.isfinite(part)) for part in ours)


def value_and_slope(text: str, point: dict[str, Any], name: str) -> Any:
    scope = {"np": np, **{each: getattr(gw, each) for each in dir(gw)}} | point
    f = gw.value_and_grad(lambda v: np.sum(eval(text, scope | {name: v})))  # noqa: S307  (a text of ours)
    return f(np.asarray(point[name], float))


@pytest.mark.parametrize(
    ("expression", "given"),
    [
        ("exp(x)", {"x": 1000.0}),  # nothing else is the same function
        ("exp(x) * y", {"x": 1000.0, "y": 0.5}),
        ("x * y", {"x": 1e200, "y": 1e200}),
        ("arcsin(x)", {"x": 1.0}),  # its slope there is infinite
        ("exp(x) / exp(y)", {"x": 1000.0, "y": 999.0}),
        ("sum(log(x))", {"x": np.array([1.0, np.inf])}),
        ("e = exp(x); p = e / sum(e); q = sum(p * x); q + sum(e)", {"x": np.array([800.0, 1.0])}),  # e stays as it is
    ],
)
def test_nothing_is_told_where_nothing_keeps_the_function(expression: str, given: dict[str, Any]) -> None:
    assert instead(gw.circuit(expression, **given)) == []


def test_shares_along_another_axis_are_not_taken_for_those_of_a_row() -> None:
    """The spelling fits and the function is another one: it is tried, and not told."""

    def f(x: Any) -> Any:
        p = np.exp(x) / np.sum(np.exp(x))
        return np.sum(p * np.arange(3.0))

    assert instead(gw.circuit(f, FAR)) != ["gw.softmax(x) for np.exp(x) / np.sum(np.exp(x))"]


@pytest.mark.parametrize("f", [course_softmax, course_mean, divided, reshaped, one_hot, shifted, by_name, attention])
def test_the_function_with_its_cure_is_finite_and_the_same(f: Callable[..., Any]) -> None:
    """The text is put into the user's own source, and run."""
    (told,) = instead(gw.circuit(f, FAR, Y, wrt=["scores"]))
    new, _, old = told.partition(" for ")
    source = inspect.getsource(f)
    place = next(piece for piece in pieces(source) if same_code(piece, old))
    scope: dict[str, Any] = {"np": np, "gw": gw, "Any": Any}
    exec("from __future__ import annotations\n" + source.replace(place, new), scope)
    cured = scope[f.__name__]
    at_far = gw.grad(cured)(FAR, Y)
    assert np.all(np.isfinite(at_far))
    assert np.isfinite(cured(FAR, Y))
    np.testing.assert_allclose(cured(NEAR, Y), f(NEAR, Y), rtol=1e-12)
    np.testing.assert_allclose(gw.grad(cured)(NEAR, Y), gw.grad(f)(NEAR, Y), rtol=1e-9, atol=1e-12)


def pieces(source: str) -> list[str]:
    """All parts of a function that are an expression of their own."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr)]
    return [ast.get_source_segment(source, node) or "" for node in nodes]


def same_code(piece: str, old: str) -> bool:
    """The same code, whatever rows are counted by, and a total written as."""
    plain = [text.replace("np.arange(2)", "range(2)").replace("range(0, 2)", "range(2)") for text in (piece, old)]
    return plain[0] == plain[1]


def test_float32_has_its_cure_too() -> None:
    (told,) = instead(gw.circuit(course_softmax, FAR.astype(np.float32), Y, wrt=["scores"]))
    assert told.startswith("gw.cross_entropy(scores, y)")


def test_a_circuit_of_finite_numbers_has_no_cure() -> None:
    assert not any(wire["cure"] for wire in record_of(gw.circuit(course_softmax, NEAR, Y, wrt=["scores"]))["wires"])


@pytest.mark.parametrize("cure", CURES, ids=[cure.text for cure in CURES])
def test_every_row_is_a_spelling_and_a_text_that_runs(cure: Any) -> None:
    assert cure.pattern.gate.name
    assert callable(cure.new)
