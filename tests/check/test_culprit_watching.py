"""Watching lines changes nothing: inputs, tracers, random state, the user's objects; and the names of gradients."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from check.odd_but_right import Net, cases
from check.rightly import function_of
from check.test_culprit_page import LAYERS, TWO, module_of
from gatewise._check.culprit import culprits, culprits_of_pair
from gatewise._check.names import keys_written, wire_named
from gatewise._check.watching import traced, watched

generator = np.random.default_rng(8)
table = np.ones(3)


def noisy(x, t):
    out = x * generator.normal(size=3) * np.random.rand()
    loss = np.sum((out - t) ** 2)
    table[:] += 1
    x *= 2
    dout = 2 * (out - t)
    dx = dout
    return loss, dx


def test_nothing_is_left_changed():
    x, t = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    np.random.seed(4)
    before = np.random.get_state()[1].copy(), generator.bit_generator.state
    assert [m.line for m in culprits(noisy, (x, t))]
    assert np.array_equal(x, [1.0, 2.0, 3.0])
    assert np.array_equal(table, np.ones(3))
    assert np.array_equal(np.random.get_state()[1], before[0])
    assert generator.bit_generator.state == before[1]


def test_inputs_of_every_style_are_left_as_they_were():
    for f, args in cases():
        held = [np.copy(a) for a in args]
        culprits(f, args)
        assert all(np.array_equal(a, b) for a, b in zip(args, held, strict=True)), f


def test_the_users_object_is_left_as_it_was():
    net = Net()
    arrays = {k: (v, v.copy()) for k, v in net.params.items()}
    rng = np.random.default_rng(0)
    culprits(net.loss, (rng.normal(size=(6, 4)), rng.integers(0, 3, 6), 0.05))
    assert set(vars(net)) == {"params"}
    assert all(net.params[k] is v and np.array_equal(v, held) for k, (v, held) in arrays.items())


def test_the_cache_of_a_layer_is_its_own():
    names = module_of(LAYERS.replace("dx = dout.dot", "w *= 2; dout *= 3; dx = dout.dot"))
    args = [np.ones((2, 3)), np.ones((3, 2)), np.ones(2)]
    culprits_of_pair(names["affine_forward"], names["affine_backward"], args)
    assert all(np.all(a == 1) for a in args)


class Tracer:
    """Counts the lines of each function that it sees."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int]] = []

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return self


def adds_squares(n):
    total = 0
    for k in range(n):
        total += squares_one(k)
    return total


def squares_one(k):
    return k * k


def run(tracer: Any, watching: bool, how: Any = watched) -> list[Any]:
    """Run `adds_squares` under a tracer, watched or not, and return the lines that we saw."""
    seen: list[Any] = []
    previous = sys.gettrace()
    sys.settrace(tracer)
    try:
        if watching:
            with how(
                adds_squares.__code__, lambda f, n: seen.append(n), lambda f, value: seen.append(("leaves", value))
            ):
                adds_squares(3)
        else:
            adds_squares(3)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(previous)
    return seen


@pytest.mark.parametrize("how", [watched, traced])
def test_the_tracer_that_was_there_sees_what_it_would_have_seen(how):
    alone, beside = Tracer(), Tracer()
    run(alone, watching=False)
    seen = run(beside, watching=True, how=how)
    of_work = [line for line in alone.lines if line[0] in ("adds_squares", "squares_one")]
    assert [line for line in beside.lines if line[0] in ("adds_squares", "squares_one")] == of_work
    assert seen[-1] == ("leaves", 5)
    first = adds_squares.__code__.co_firstlineno
    assert [n - first for n in seen[:-1]] == [k for name, k in of_work if name == "adds_squares"]


@pytest.mark.parametrize("how", [watched, traced])
def test_the_tracer_is_put_back_after_an_error(how):
    def fails():
        raise ValueError("no")

    left: list[Any] = []
    before = sys.gettrace()
    with pytest.raises(ValueError, match="no"), how(fails.__code__, lambda f, n: None, lambda f, v: left.append(v)):
        fails()
    assert sys.gettrace() is before
    assert left == []


def test_no_tool_is_left_behind():
    """From 3.12 on lines are watched with a tool number of our own, which is given back."""
    monitoring = getattr(sys, "monitoring", None)
    before = [monitoring.get_tool(n) for n in range(6)] if monitoring else sys.gettrace()
    culprits(function_of(TWO), (), {"X": np.eye(3), "W": np.eye(3), "b": np.ones(3), "T": np.eye(3)})
    assert ([monitoring.get_tool(n) for n in range(6)] if monitoring else sys.gettrace()) == before


@pytest.mark.parametrize(
    ("key", "wire"),
    [
        ("dx", "x"), ("Dx", "x"), ("d_x", "x"), ("D_x", "x"), ("grad_x", "x"), ("x_grad", "x"), ("dfdx", "x"),
        ("df_dx", "x"), ("dLdW1", "W1"), ("dloss_dW1", "W1"), ("grads['W1']", "W1"), ("grads['dW1']", "W1"),
        ("dW1", "W1"), ("dw1", "W1"), ("Drelu_out", "relu_out"), ("dqdx", "x"), ("den", None), ("x", None),
        ("data", None), ("delta", None), ("grads", None), ("dz", None), ("q", None),
    ],
)  # fmt: skip
def test_names_of_gradients(key, wire):
    assert wire_named(key, ["x", "q", "W1", "relu_out", "den"]) == wire


def test_targets():
    import ast

    def written(text: str) -> list[str]:
        return keys_written(ast.parse(text).body[0])

    assert written("dx, (dy) = a, b") == ["dx", "dy"]
    assert written("grads['W'] += 1") == ["grads['W']"]
    assert written("dx[mask] = 0") == ["dx"]
    assert written("grads = {'a': 1, 'b': 2}") == ["grads", "grads['a']", "grads['b']"]
