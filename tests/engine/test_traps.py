"""Traps, where engines are silently wrong: every row of docs/traps.md is right, or an error that names the line."""

from __future__ import annotations

import copy
import functools
import linecache
import math
import operator
import pickle
import re
import statistics
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import gatewise as gw
from gatewise import _errors

PAGE = Path(__file__).resolve().parents[2] / "docs" / "traps.md"
ROW = re.compile(
    r"^\| (?P<code>`.+`) \| (?P<numpy>.+?) \| (?P<result>`\w+`|a plain number)"
    r"(?:: (?P<told>`.+`))?(?:, in a circuit `(?P<recorded>\w+)`)?[^`|]* \|$",
    re.MULTILINE,
)
PLAIN_ERROR = re.compile(r"raises `(\w+)`")
SPAN = re.compile(r"`([^`]+)`")
MODULES = {module.__name__: module for module in (copy, functools, math, operator, pickle, statistics, threading)} | {
    "np": np
}

X = np.array([0.5, 1.5, -0.8, 2.2])
M = np.array([[1.1, -0.4, 0.6], [0.3, 0.9, -1.2]])
T = 0.7

#: What stands before the lines of a row, and what is made of what they leave.
AROUND = """\
def f(x, M, t):
    y, N, S, buf = x * 1.0, M * 1.0, np.outer(x, x), np.zeros(4)
    out = 0.0
{lines}
    return sum(np.sum(np.sin(weights(v) * v)) for v in (x, y, N, S, buf, out))

def weights(v):
    return np.arange(1, np.size(v) + 1).reshape(np.shape(v)) * 0.17
"""
AT_A_CORNER = """\
def f(x, M, t):
    z = x - K
{lines}
    return np.sum(out)
"""


class Row(NamedTuple):
    lines: tuple[str, ...]
    plain: str | None
    result: str
    told: tuple[str, ...]
    recorded: str | None

    @property
    def corner(self) -> bool:
        return not self.result.endswith("Error") and bool(self.told)

    def function(self) -> Callable[..., Any]:
        """The row as a function of a file of its own."""
        around = AT_A_CORNER if self.corner else AROUND
        text = around.format(lines="\n".join(f"    {line}" for line in self.lines))
        name = f"<row {self}>"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        space: dict[str, Any] = MODULES | {"C": np.array([1.0, -2.0, 3.0, 0.5]), "K": X.copy()}
        exec(compile(text, name, "exec"), space)
        return space["f"]

    def __str__(self) -> str:
        return "; ".join(self.lines)


def rows() -> list[Row]:
    found = []
    for code, numpy, result, told, recorded in ROW.findall(PAGE.read_text(encoding="utf-8")):
        plain, lines, cure = PLAIN_ERROR.search(numpy), SPAN.findall(code), SPAN.findall(told)
        found.append(Row(tuple(lines), plain and plain[1], result.strip("`"), tuple(cure), recorded or None))
    return found


ROWS = rows()
RIGHT = [row for row in ROWS if row.result == "right" and not row.corner]
CORNERS = [row for row in ROWS if row.corner]
LOUD = [row for row in ROWS if row.result.endswith("Error")]
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    "ignore::RuntimeWarning",
    "ignore::DeprecationWarning",
    "ignore::PendingDeprecationWarning",
)


def given() -> tuple[Any, ...]:
    return X.copy(), M.copy(), T


def moved(direction: tuple[Any, ...], h: float) -> tuple[Any, ...]:
    return tuple(value + h * step for value, step in zip(given(), direction, strict=True))


def along(f: Callable[..., Any], direction: tuple[Any, ...]) -> Any:
    """The derivative along a direction, by differences of fourth order."""
    one, two = ((np.asarray(f(*moved(direction, h))) - f(*moved(direction, -h))) / (2 * h) for h in (1e-4, 2e-4))
    return (4 * one - two) / 3


def directions() -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(0)
    drawn = [(rng.normal(size=4), rng.normal(size=(2, 3)), rng.normal()) for _ in range(4)]
    return [(np.zeros(4), np.zeros((2, 3)), 1.0), *drawn]


def inner(gradients: Any, direction: Any) -> Any:
    return sum(np.sum(g * step) for g, step in zip(gradients, direction, strict=True))


def unchanged(arguments: tuple[Any, ...]) -> bool:
    return all(np.array_equal(now, before) for now, before in zip(arguments, given(), strict=True))


def test_the_page_has_rows() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(lines) == len(ROWS) == len({row.lines for row in ROWS})
    assert len(ROWS) >= 70


@pytest.mark.parametrize("row", RIGHT, ids=str)
def test_value_and_gradient_are_right(row: Row) -> None:
    f, arguments = row.function(), given()
    value, gradients = gw.value_and_grad(f, argnums=(0, 1, 2))(*arguments)
    assert unchanged(arguments)
    plain = row.function()
    np.testing.assert_allclose(value, plain(*given()), rtol=1e-12)
    for direction in directions():
        want = along(plain, direction)
        np.testing.assert_allclose(inner(gradients, direction), want, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("row", RIGHT, ids=str)
def test_the_second_derivative_is_right(row: Row) -> None:
    f = row.function()
    one, other = directions()[1:3]

    def slope(*arguments: Any) -> Any:
        return inner(gw.grad(f, argnums=(0, 1, 2))(*arguments), one)

    second = gw.grad(slope, argnums=(0, 1, 2))(*given())
    np.testing.assert_allclose(inner(second, other), along(slope, other), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("row", RIGHT, ids=str)
def test_a_recording_says_the_same(row: Row) -> None:
    arguments = given()
    if row.recorded is not None:
        with pytest.raises(getattr(_errors, row.recorded)):
            assert gw.circuit(row.function(), *arguments).gradients
        return
    gradients = gw.circuit(row.function(), *arguments).gradients
    assert unchanged(arguments)
    want = gw.grad(row.function(), argnums=(0, 1, 2))(*given())
    for name, gradient in zip(("x", "M", "t"), want, strict=True):
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("row", CORNERS, ids=str)
def test_corners_have_the_gradient_that_stands_there(row: Row) -> None:
    want = [float(number) for number in row.told[0].strip("[]").split(",")]
    plain = row.function()(*given())
    value, gradient = gw.value_and_grad(row.function())(*given())
    np.testing.assert_allclose(value, plain, rtol=1e-12)
    np.testing.assert_array_equal(gradient, want)
    np.testing.assert_array_equal(gw.circuit(row.function(), *given(), wrt="x").gradients["x"], want)


@pytest.mark.parametrize("row", [row for row in LOUD if row.told], ids=str)
def test_a_cure_runs(row: Row) -> None:
    f = row._replace(lines=row.told, result="right", told=()).function()
    value, gradients = gw.value_and_grad(f, argnums=(0, 1, 2))(*given())
    assert np.isfinite(value)
    assert all(np.all(np.isfinite(g)) for g in gradients)


@pytest.mark.parametrize("row", LOUD, ids=str)
def test_errors_name_the_line_and_a_cure(row: Row) -> None:
    arguments = given()
    if row.plain is not None:
        with pytest.raises(Exception) as caught:
            row.function()(*given())
        assert type(caught.value).__name__ == row.plain or row.plain in {c.__name__ for c in type(caught.value).__mro__}
    for derivative in (gw.grad(row.function(), argnums=(0, 1, 2)), functools.partial(gw.circuit, row.function())):
        with pytest.raises(Exception) as caught:
            derivative(*arguments)
        assert row.result in {kind.__name__ for kind in type(caught.value).__mro__}, repr(caught.value)
        assert unchanged(arguments)
        if row.plain is None:
            assert isinstance(caught.value, gw.GatewiseError)
            assert any(line.strip() in str(caught.value) for line in row.lines)
            assert "instead:" in str(caught.value)
