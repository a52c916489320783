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
from gatewise._check.definitions import definition_of
from gatewise._check.names import keys_written, wire_named
from gatewise._check.programs import program_of
from gatewise._check.running import Watch
from gatewise._check.worlds import run_told

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


def noted(f: Any, *args: Any) -> Watch:
    """A function run on these arguments, its statements noted."""
    node = definition_of(f.__code__)
    program = program_of(node.body, [a.arg for a in node.args.args], f.__code__.co_filename)
    watch = Watch(program)
    run_told(watch, f, node, dict(zip((a.arg for a in node.args.args), args, strict=True)))
    return watch


def seen_by(tracer: Any, run: Any) -> list[tuple[str, int]]:
    """The lines of `adds_squares` that a tracer sees while something runs."""
    previous = sys.gettrace()
    sys.settrace(tracer)
    try:
        run()
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(previous)
    return [line for line in tracer.lines if line[0] in ("adds_squares", "squares_one")]


def test_the_tracer_that_was_there_sees_what_it_would_have_seen():
    watches: list[Watch] = []
    alone = seen_by(Tracer(), lambda: adds_squares(3))
    assert seen_by(Tracer(), lambda: watches.append(noted(adds_squares, 3))) == alone
    first = adds_squares.__code__.co_firstlineno
    ran = [line for name, line in alone if name == "adds_squares" and line in (1, 3)]
    assert [m.statement.lineno - first for m in watches[0].moments] == ran
    assert watches[0].end == {"n": 3, "k": 2, "total": 5}


def test_the_tracer_and_the_function_are_what_they_were_after_an_error():
    def fails(x):
        y = x * x
        raise ValueError(f"no {y}")

    before, code = sys.gettrace(), fails.__code__
    with pytest.raises(ValueError, match="no"):
        noted(fails, 2.0)
    assert sys.gettrace() is before
    assert fails.__code__ is code
    assert not any(name.startswith("__gatewise") for name in fails.__globals__)


def test_no_tool_is_left_behind():
    """Neither a tool number of `sys.monitoring` nor a tracer is taken."""
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
