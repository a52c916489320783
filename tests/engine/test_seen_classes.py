"""Classes of the user's module: their methods see NumPy answered by gates, and nothing of the class is changed."""

from __future__ import annotations

import copy
import functools
import pickle
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ReadingError

X = np.array([0.5, 1.5, 2.5])
SCALE = 2.0
KEPT: list[Any] = []


class Grid:
    """A base: counts what was made of it."""

    made = 0

    def __init__(self, x):
        Grid.made += 1
        self.x = x
        self.steps = 0

    def buffer(self):
        out = np.zeros(3)
        out[0] = self.x[0] * SCALE
        return out

    @classmethod
    def scaled(cls, x, by):
        return cls(x * by)

    @staticmethod
    def squares(x):
        out = np.empty(3)
        for i in range(3):
            out[i] = x[i] ** 2
        return out

    @property
    def first(self):
        out = np.zeros(2)
        out[1] = self.x[0]
        return out[1]

    @first.setter
    def first(self, value):
        self.x = np.array([value, self.x[1], self.x[2]])

    @functools.cached_property
    def total(self):
        self.steps += 1
        out = np.zeros(())
        out[...] = np.sum(self.x)
        return out

    def __add__(self, other):
        if not isinstance(other, Grid):
            return NotImplemented
        return Grid(self.x + other.x)

    def __call__(self, k):
        out = np.zeros(1)
        out[0] = self.x[k] * 3
        return out[0]


class Fine(Grid):
    def buffer(self):
        out = super().buffer()
        out[1] = self.x[1]
        return out


class Finer(Fine):
    def __init__(self, x):
        super(Finer, self).__init__(x)  # noqa: UP008  (as it is often written)
        self.table = np.zeros(3)

    def buffer(self):
        self.table[2] = self.x[2] * 5
        return Fine.buffer(self) + self.table


@dataclass
class Point:
    x: Any
    y: Any = 1.0

    def both(self):
        out = np.zeros(2)
        out[:] = self.x, self.y
        return out


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def buffer(self):
        out = np.zeros(2)
        out[0] = self.x[0]
        return np.sum(out)


class Typed:
    def __init__(self, x):
        self.x = x

    def joined(self, other):
        out = np.zeros(1)
        out[0] = self.x[0] if type(other) is Typed else 0.0
        return out[0]


def cousins(x):
    return np.sum(Finer(x).buffer() * np.array([1.0, 2.0, 3.0]))


def constructors(x):
    return np.sum(Grid.squares(x) * Fine.scaled(x, 2.0).buffer())


def properties(x):
    grid = Fine(x)
    grid.first = grid.first * 2
    return grid.first * grid.total * grid.total + grid.steps


def operators(x):
    grid = Fine(x) + Finer(x)
    return grid(1) * isinstance(grid, Grid) + 10 * isinstance(grid, Fine)


def points(x):
    point = Point(x[0], x[1])
    again = copy.deepcopy(Point(1.0, 2.0)) == Point(1.0, 2.0)
    return np.prod(point.both()) * again + (point != Point(0.0))


def keeps(x):
    KEPT.append(Fine(np.array([1.0, 2.0, 3.0])))
    return np.sum(Fine(x).buffer())


def in_a_closure():
    class Local:
        def __init__(self, x):
            self.x = x

        def run(self):
            out = np.zeros(2)
            out[0] = self.x[0] ** 2
            return out

    def f(x):
        return np.sum(Local(x).run())

    return f


@pytest.mark.parametrize("f", [cousins, constructors, properties, operators, points, keeps, in_a_closure()])
def test_methods_that_write_into_buffers_have_the_gradient_of_differences(f):
    value, gradient = gw.value_and_grad(f)(X)
    assert value == f(X)
    step = 1e-6
    found = [(f(X + step * unit) - f(X - step * unit)) / (2 * step) for unit in np.eye(3)]
    np.testing.assert_allclose(gradient, found, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(gw.circuit(f, X).gradients["x"], gradient, rtol=1e-14)


def test_what_is_bound_on_a_class_is_bound_on_the_class():
    before = Grid.made
    gw.grad(cousins)(X)
    assert Grid.made == before + 1
    assert "made" not in vars(Fine)


def test_what_outlives_the_call_is_the_classs_own(monkeypatch):
    KEPT.clear()
    gw.grad(keeps)(X)
    (kept,) = KEPT
    assert type(kept) is Fine
    assert type(pickle.loads(pickle.dumps(kept))) is Fine  # noqa: S301
    monkeypatch.setattr(f"{__name__}.SCALE", 7.0)
    assert kept.buffer()[0] == 7.0
    assert type(kept.buffer()) is np.ndarray


def test_the_class_is_not_changed_and_other_threads_see_none_of_it():
    held, seen = dict(vars(Grid)), []

    def elsewhere():
        grid = Fine(X)
        seen.append((type(grid) is Fine, type(grid.buffer()) is np.ndarray, dict(vars(Grid)).keys() == held.keys()))

    def f(x):
        grid = Fine(x)
        thread = threading.Thread(target=WORK[0])
        thread.start()
        thread.join()
        return np.sum(grid.buffer())

    WORK[0] = elsewhere
    gw.grad(f)(X)
    assert seen == [(True, True, True)]
    assert {name: value for name, value in vars(Grid).items() if name != "made"} == {
        name: value for name, value in held.items() if name != "made"
    }


WORK: list[Any] = [None]


def given(grid, x):
    return np.sum(Fine(x).buffer()) * isinstance(grid, Fine)


def test_an_object_that_is_given_is_one_of_its_class():
    np.testing.assert_array_equal(gw.grad(given, 1)(Fine(X), X), [2.0, 1.0, 0.0])


GIVEN = Fine(X)


def given_object(x):
    GIVEN.x = x
    try:
        return np.sum(GIVEN.buffer())
    finally:
        GIVEN.x = X


def slotted(x):
    return Slotted(x).buffer()


def typed(x):
    return Typed(x).joined(KEPT) + Typed(x).joined(Typed(x))


@pytest.mark.parametrize("f", [slotted, typed, given_object], ids=lambda f: f.__name__)
def test_what_is_not_seen_into_is_loud(f):
    with pytest.raises((ReadingError, ValueError), match="gatewise"):
        gw.grad(f)(X)


def without_arguments(x):
    return Empty(x)


class Empty:
    def run(self):
        return np.zeros(2)


def test_a_class_without_arguments_takes_none():
    with pytest.raises(TypeError, match=r"Empty\(\) takes no arguments"):
        gw.grad(without_arguments)(X)


class Named:
    def __init__(self, kind="kl", cls=1):
        self.factor = cls if kind == "kl" else 3

    def total(self, x):
        return np.sum(x) * self.factor


def test_arguments_may_have_the_names_that_a_twin_has():
    assert gw.grad(lambda x: Named(kind="kl", cls=2).total(x))(1.5) == 2.0
    assert gw.grad(lambda x: Named(kind="other").total(x))(1.5) == 3.0
