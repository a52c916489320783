"""NumPy's functions without a gate: what is offered in their place gives the same value and the right gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gates.differences import extrapolated
from gatewise._cli.catalogue import gate_named
from gatewise._errors import UnsupportedError
from gatewise._gates import GATES
from gatewise._gates.absent import INSTEAD, instead_if_numpys

RANGES = ((-2.0, 2.0), (0.1, 0.9), (1.1, 3.0))  # where functions have their domains
ROWS = list(INSTEAD.items())


def scopes(call: str) -> Iterator[dict[str, Any]]:
    """Values for the names of a row, in each range where NumPy's own function is finite."""
    for low, high in RANGES:
        rng = np.random.default_rng(5)
        x, y = rng.uniform(low, high, (2, 3))
        A, B = rng.uniform(low, high, (2, 4, 4))
        scope = {"np": np, "x": x, "y": y, "A": A, "B": B, "k": 1, "n": 2, "c": x > y, "d": x < 1}
        if call.startswith("np.linalg.solve"):
            scope["x"] = rng.uniform(low, high, 4)
        with np.errstate(all="ignore"):
            if all(np.all(np.isfinite(part)) for part in parts_of(value_of(call, scope))):
                yield scope


def value_of(text: str, scope: dict[str, Any]) -> Any:
    return eval(text, dict(scope))  # noqa: S307  (the rows are ours)


def parts_of(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


def plain(value: Any) -> Any:
    return value.numpy() if isinstance(value, gw.Tensor) else value


def floats(value: Any) -> list[Any]:
    return [part for part in parts_of(value) if getattr(part, "dtype", np.dtype(type(part))).kind == "f"]


def total(value: Any) -> Any:
    """The entries of all float parts, each weighted differently."""
    return sum(np.sum(part * (1 + np.cos(np.arange(np.size(part)))).reshape(np.shape(part))) for part in floats(value))


def arrays_in(call: str) -> list[str]:
    """The operands of a call that get gradients."""
    names = compile(call, "", "eval").co_names
    return [name for name in ("x", "y", "A", "B") if name in names]


@pytest.mark.parametrize(("call", "text"), ROWS, ids=[call for call, _ in ROWS])
def test_what_is_offered_gives_the_same_value(call: str, text: str) -> None:
    found = list(scopes(call))
    assert found
    for scope in found:
        held = {n: gw.tensor(v) if n in arrays_in(call) and ".numpy()" in text else v for n, v in scope.items()}
        for ours, theirs in zip(parts_of(value_of(text, held)), parts_of(value_of(call, scope)), strict=True):
            np.testing.assert_allclose(plain(ours), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("call", "text"), ROWS, ids=[call for call, _ in ROWS])
def test_what_is_offered_has_the_right_gradient(call: str, text: str) -> None:
    for scope in scopes(call):
        if not floats(value_of(call, scope)):
            continue
        for name in arrays_in(call):
            ours = gw.grad(lambda v, name=name, scope=scope: total(value_of(text, scope | {name: v})))(scope[name])
            np.testing.assert_allclose(ours, slopes(call, scope, name), rtol=1e-7, atol=1e-7)


def slopes(call: str, scope: dict[str, Any], name: str) -> Any:
    """The gradient of NumPy's own function by differences."""

    def along(entry: tuple[int, ...]) -> Callable[[float], Any]:
        def moved(step: float) -> Any:
            here = np.array(scope[name])
            here[entry] += step
            return total(value_of(call, scope | {name: here}))

        return moved

    return np.array([extrapolated(along(entry)) for entry in np.ndindex(scope[name].shape)]).reshape(scope[name].shape)


@pytest.mark.parametrize("call", INSTEAD)
def test_a_row_is_about_a_function_that_has_no_gate_and_its_error_says_it(call: str) -> None:
    scope = next(scopes(call))
    name = call.partition("(")[0]
    assert value_of(name, scope) not in GATES

    first, second = ("A", "B") if "A" in arrays_in(call) else ("x", "y")

    def f(v: Any, w: Any) -> Any:
        return np.sum(parts_of(value_of(call, scope | {first: v, second: w}))[0] * 1.0)

    with pytest.raises(UnsupportedError) as caught:
        gw.grad(f, argnums=(0, 1))(scope[first], scope[second])
    assert INSTEAD[call] in str(caught.value)


def test_nothing_is_offered_for_its_letters() -> None:
    with pytest.raises(gw.GatewiseError) as caught:
        gw.grad(lambda x: np.sum(np.i0(x)))(np.array([0.2, 0.5, 0.1]))
    assert "np.in1d has a gate" not in str(caught.value)
    assert instead_if_numpys("i0") is not None


@pytest.mark.parametrize("name", ["ldexp"])
def test_an_expression_and_the_catalogue_are_answered_alike(name: str) -> None:
    rows = [text for call, text in INSTEAD.items() if call.startswith(f"np.{name}(")]
    with pytest.raises(gw.GatewiseError, match=f"{name} has no gate") as typed:
        gw.circuit(f"{name}(x)", x=2.0)
    with pytest.raises(gw.GatewiseError) as listed:
        gate_named(f"np.{name}")
    for caught in (typed, listed):
        assert rows[0] in str(caught.value)
        assert "did you mean" not in str(caught.value).lower()


def test_a_name_that_nobody_has_is_still_taken_for_a_slip() -> None:
    with pytest.raises(gw.GatewiseError, match="did you mean mean"):
        gw.circuit("meen(x)", x=2.0)


def test_of_a_long_line_the_call_is_shown() -> None:
    with pytest.raises(gw.GatewiseError) as caught:
        gw.grad(lambda x: np.sum(np.exp(x) + np.sin(x) + np.cos(x) + np.exp(np.sin(x)) + np.i0(x) + x * 3))(np.ones(3))
    assert "... np.i0(x) ..." in str(caught.value)
    assert "np.cos" not in str(caught.value)
