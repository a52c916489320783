"""Every view of plain circuits ends in text: captured ranges, arrays without entries, masks that broadcast, cuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw

X = np.array([1.0, 2.0, 4.0])
M = np.array([[True, False, True], [False, True, True]])
OUTER = {"steps": np.arange(3.0), "column": np.arange(3.0)[:, None], "turned": np.asfortranarray(np.eye(3) + 1)}


def told_by_its_value(x: Any) -> Any:
    return np.sum(x * np.arange(3.0))


def told_in_a_product(x: Any) -> Any:
    return np.sum(np.arange(3.0) @ (x * x))


def ones_and_zeros(x: Any) -> Any:
    return np.sum(np.ones(3) * x + np.zeros((3, 1)) - np.eye(3))


def captured_by_name(x: Any) -> Any:
    return np.sum(x * OUTER["steps"] + OUTER["column"]) + np.sum(OUTER["turned"] @ x)


def captured_as_an_index(x: Any) -> Any:
    return np.sum(x[np.arange(3)[::-1]] * x[np.arange(2)[:, None]])


def no_rows(x: Any) -> Any:
    e = x[0:0]
    return np.sum(e) + np.sum(x)


def no_columns(x: Any) -> Any:
    e = x[:, None][:, :0]
    return np.sum(np.exp(e) * 2) + np.sum(x)


def nothing_picked(x: Any) -> Any:
    e = x[x > 9]
    return np.sum(x) + np.sum(e * e)


def nothing_joined(x: Any) -> Any:
    e = np.concatenate([x[:0], x[3:]])
    return np.sum(x) + np.sum(np.concatenate([e, x]) ** 2)


def a_mask_that_broadcasts(x: Any) -> Any:
    t1 = np.where(M, x * 2, 0.0)
    return np.sum(t1 * 1.74)


def a_mask_of_an_inner_axis(x: Any) -> Any:
    t1 = np.where(M[:, :, None], x * x[:, None], x)
    return np.sum(t1 * t1)


def a_mask_that_was_computed(x: Any) -> Any:
    t1 = np.where(x > 1.5, np.sqrt(x) * np.ones((2, 3)), 0.0)
    return np.sum(t1 * 3)


def a_mask_as_a_factor(x: Any) -> Any:
    t1 = np.maximum(x, np.ones((2, 1))) * M
    return np.sum(t1 * t1 * x)


CIRCUITS = [
    told_by_its_value, told_in_a_product, ones_and_zeros, captured_by_name, captured_as_an_index, no_rows, no_columns,
    nothing_picked, nothing_joined, a_mask_that_broadcasts, a_mask_of_an_inner_axis, a_mask_that_was_computed,
    a_mask_as_a_factor,
]  # fmt: skip


@pytest.mark.parametrize("f", CIRCUITS)
def test_every_view_of_a_plain_circuit(f: Callable[[Any], Any]) -> None:
    c = gw.circuit(f, X)
    assert "<svg" in c.html()
    assert all(c.card(wire.name) for wire in c.wires)
    assert c.derive()
    assert str(c)
    assert c.to_json()


@pytest.mark.parametrize("f", CIRCUITS)
def test_what_is_printed_runs_and_gives_the_gradient(f: Callable[[Any], Any]) -> None:
    assert_runs(gw.circuit(f, X), X)


@pytest.mark.parametrize("f", CIRCUITS)
def test_a_cut_at_any_wire_is_printed_and_runs(f: Callable[[Any], Any]) -> None:
    c = gw.circuit(f, X)
    inner = [w for w in c.wires if w.gate is not None and w.name != c._frozen.names[c._frozen.output]]
    for wire in inner:
        cut = c.cut(wire.name)
        (parameter,) = {i.parameter for i in cut._frozen.inputs if i.kind == "cut"}
        assert parameter == wire.name
        given = {i.parameter: i.wire.value for i in cut._frozen.inputs if i.kind in ("cut", "input")}
        assert_runs(cut, **given)
        assert "<svg" in cut.html()


def assert_runs(c: Any, *args: Any, **given: Any) -> None:
    """The text of a circuit, run, gives the circuit's value and gradients."""
    names: dict[str, Any] = {}
    exec(compile(str(c.code()), "<printed>", "exec"), names)
    run = next(v for k, v in names.items() if k.endswith("_and_gradients"))
    value, found = run(*args, **given, **c.captured)
    np.testing.assert_allclose(value, c.value, rtol=1e-12)
    for got, right in zip(found if isinstance(found, tuple) else (found,), c.gradients.values(), strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-12)


NUMBERS: list[Callable[[Any], Any]] = [
    lambda x: np.sum(np.mean(x)[..., None] ** 2),
    lambda x: np.sum(np.sum(x)[None, ...] * x),
    lambda x: np.sum(np.max(x)[None] * x),
    lambda x: np.prod(x)[...] * 2,
    lambda x: np.sum(np.expand_dims(np.std(x), 0) + x),
    lambda x: np.sum(x[0][None, None] @ x[1][..., None, None]),
]


@pytest.mark.parametrize("k", range(len(NUMBERS)))
def test_axes_that_a_number_is_given_are_there_in_every_derivative(k: int) -> None:
    f, v = NUMBERS[k], np.array([0.3, -1.0, 2.0])
    value, slope = gw.jvp(f, (X,), (v,))
    gradient = gw.grad(f)(X)
    assert value == f(X)
    np.testing.assert_allclose(slope, gradient @ v, rtol=1e-12)
    step = 1e-6
    np.testing.assert_allclose(slope, (f(X + step * v) - f(X - step * v)) / (2 * step), rtol=1e-6)
    np.testing.assert_allclose(gw.grad(lambda x: np.sum(gw.grad(f)(x) * v))(X).shape, X.shape)
    assert "<svg" in gw.circuit(f, X).html()
