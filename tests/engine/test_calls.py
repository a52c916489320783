"""Which call a gate stands in, and the names of several values that one statement binds."""

import json

import numpy as np
import pytest

import gatewise as gw


def helper(x):
    return np.sin(x) * x


def three(x, y):
    s = x * y
    t = np.sin(s) + y
    return s, t, s * t


def bound(x, y):
    a, b, c = three(x, y)
    return a * b + c


def bound_again(x, y):
    for _ in range(2):
        x, y = helper(x), helper(y)
        x, y = three(x, y)[1:]
    return x * y


def calls(f, *args):
    wires = json.loads(gw.circuit(f, *args).to_json())["wires"]
    return [(wire["scope"], *wire["calls"]) for wire in wires if wire["scope"]]


def test_several_values_have_the_names_they_are_bound_to():
    board = gw.circuit(bound, 2.0, 3.0)
    assert [wire.name for wire in board.wires] == ["x", "y", "a", "a_1", "b", "c", "bound_1", "bound"]
    assert (board["c"].value, board["b"].value) == (board["a"].value * board["b"].value, np.sin(6.0) + 3)


def test_several_values_bound_again_are_numbered():
    names = {wire.name for wire in gw.circuit(bound_again, 2.0, 3.0).wires}
    assert {"x", "x_2", "x_3", "x_4", "x_5", "y", "y_2", "y_3", "y_4", "y_5"} <= names


@pytest.mark.parametrize("f", [bound, bound_again])
def test_staged_code_with_several_names_gives_the_same_gradients(f):
    board = gw.circuit(f, 2.0, 3.0)
    names: dict[str, object] = {}
    exec(str(board.code()), names)
    value, gradients = names[f"{f.__name__}_and_gradients"](2.0, 3.0)
    assert value == board.value
    assert gradients == pytest.approx(tuple(board.gradients.values()))


def test_parts_of_a_split_keep_their_names():
    def f(x):
        first, rest = np.split(x, [1])
        return (first * rest).sum()

    assert {"first", "rest"} <= {wire.name for wire in gw.circuit(f, np.ones(3)).wires}


def test_every_call_has_its_own_number():
    def f(x):
        return sum([helper(v) for v in (x, x * x)])

    (first, again, second, last) = calls(f, 2.0)
    assert first == again
    assert second == last
    assert first != second


def test_calls_one_after_another_differ_though_frames_are_used_again():
    def f(x):
        for _ in range(5):
            x = helper(x)
        return x

    assert len(set(calls(f, 1.0))) == 5
