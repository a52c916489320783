"""What a function finds around it: whatever changes there between calls is seen by the next one."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from compile.alike import outcome, same

G = np.array([1.0, 2.0, 3.0])
RATE = 0.5
SETTINGS: dict[str, Any] = {"scale": 2.0, "A": np.eye(3), "deep": {"list": [1.0, np.ones(3)]}}
NAMES = ["scale"]
X = np.array([0.5, -1.0, 2.0])


class Model:
    slope = 2.0

    def __init__(self) -> None:
        self.W = np.ones(3)
        self.k = 3

    def loss(self, x: Any) -> Any:
        return np.sum(self.W * x) * self.k * self.slope * self.twice(x[0])

    @staticmethod
    def twice(x: Any) -> Any:
        return 2 * x

    @property
    def half(self) -> Any:
        return self.W / 2


class Slotted:
    __slots__ = ("w",)

    def __init__(self) -> None:
        self.w = 3.0


MODEL, SLOTTED = Model(), Slotted()


def helper(x: Any) -> Any:
    return x * RATE


def other_helper(x: Any) -> Any:
    return x * x


def flag(x: Any) -> Any:
    return x if G[0] > 1.5 else -x


def sets(names: dict[str, Any], name: str, value: Any) -> Callable[[], Any]:
    return functools.partial(names.__setitem__, name, value)


def adds(array: Any) -> Callable[[], Any]:
    return lambda: array.__setitem__(..., array + 1.0)


HERE = globals()

CHANGES: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "a global array, in place": (lambda x: np.sum(G * x), lambda: adds(G)()),
    "a global array, computed on": (lambda x: np.sum((G - G.mean()) * x), lambda: sets(HERE, "G", G**2)()),
    "a global array, one entry": (lambda x: x * float(G[1]), lambda: G.__setitem__(1, G[1] + 1)),
    "a global array, branched on": (flag, lambda: G.__setitem__(0, -G[0])),
    "a global array, another shape": (lambda x: np.sum(x) * len(G), lambda: sets(HERE, "G", np.ones(len(G) + 1))()),
    "a global number": (lambda x: RATE * np.sum(x), lambda: sets(HERE, "RATE", RATE + 1)()),
    "a global number of another type": (lambda x: x * 2 if RATE else x, lambda: sets(HERE, "RATE", -RATE)()),
    "a global list": (lambda x: SETTINGS[NAMES[0]] * x if len(NAMES) % 2 else x, lambda: NAMES.append("scale")),
    "an entry of a dict": (lambda x: SETTINGS["scale"] * x, lambda: sets(SETTINGS, "scale", SETTINGS["scale"] + 1)()),
    "an array in a dict": (lambda x: np.sum(SETTINGS["A"] @ x), lambda: adds(SETTINGS["A"])()),
    "an array deep inside": (lambda x: x * SETTINGS["deep"]["list"][1], lambda: adds(SETTINGS["deep"]["list"][1])()),
    "a number deep inside": (
        lambda x: x * SETTINGS["deep"]["list"][0],
        lambda: SETTINGS["deep"]["list"].__setitem__(0, SETTINGS["deep"]["list"][0] + 1),
    ),
    "a helper": (lambda x: helper(x), lambda: sets(HERE, "helper", other_helper)()),
    "a global of a helper": (lambda x: helper(x), lambda: sets(HERE, "RATE", RATE + 1)()),
    "an attribute": (lambda x: MODEL.loss(x), lambda: setattr(MODEL, "k", MODEL.k + 1)),
    "an array that is an attribute": (lambda x: MODEL.loss(x), lambda: adds(MODEL.W)()),
    "another array as an attribute": (lambda x: MODEL.loss(x), lambda: setattr(MODEL, "W", MODEL.W * 2)),
    "a bound method": (MODEL.loss, lambda: adds(MODEL.W)()),
    "an attribute of the class": (lambda x: MODEL.loss(x), lambda: setattr(Model, "slope", Model.slope + 1)),
    "a property": (lambda x: MODEL.half * x, lambda: adds(MODEL.W)()),
    "a method of the class": (
        lambda x: MODEL.loss(x),
        lambda: setattr(Model, "twice", staticmethod(lambda x: Model.slope * 7 * x)),
    ),
    "a slot": (lambda x: SLOTTED.w * x, lambda: setattr(SLOTTED, "w", SLOTTED.w + 1)),
    "a partial function": (functools.partial(lambda x, a: x * a, a=G), lambda: adds(G)()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_around_a_function_is_seen_by_the_next_call(name: str) -> None:
    kept = G, RATE, helper, MODEL.W, Model.twice, [*NAMES]
    f, change = CHANGES[name]
    targets = f, gw.value_and_grad(lambda x: np.sum(f(x) * 1.0))
    functions = [gw.compile(target) for target in targets]
    for _ in range(4):
        for target, compiled in zip(targets, functions, strict=True):
            for x in (X, X * 2):
                want = outcome(target, (x,), {})
                assert same(outcome(compiled, (x,), {}), want), (name, want)
        change()
    assert all("path" in compiled.explain() for compiled in functions)
    HERE["G"], HERE["RATE"], HERE["helper"], MODEL.W = kept[:4]
    setattr(Model, "twice", staticmethod(kept[4]))  # noqa: B010 - mypy knows methods
    NAMES[:] = kept[5]


def test_cells_of_closures_and_defaults_are_seen() -> None:
    def made() -> Any:
        a, s = np.arange(3.0), 2.0

        def f(x: Any, b: Any = a, *, c: float = 1.0) -> Any:
            return np.sum(a * x * b) * s * c

        def change(value: float) -> None:
            nonlocal s
            s = value
            a[0] += 1.0

        return f, change

    f, change = made()
    for target in (f, gw.grad(f)):
        compiled = gw.compile(target)
        for k in range(4):
            assert same(compiled(X), target(X))
            change(k + 0.5)
        f.__defaults__ = (np.ones(3) * 5,)
        assert same(compiled(X), target(X))
        f.__kwdefaults__ = {"c": 9.0}
        assert same(compiled(X), target(X))


def test_floats_find_other_globals_too() -> None:
    f = gw.value_and_grad(lambda x: np.exp(x) * RATE + helper(x))
    compiled = gw.compile(f)
    for rate in (0.5, 0.75, 0.5, 2, True, np.float32(0.1), 0.0, -0.0, 0.5):
        HERE["RATE"] = rate
        assert same(compiled(1.5), f(1.5)), rate
        assert same(compiled(-0.5), f(-0.5)), rate
    HERE["RATE"] = 0.5


def test_another_module_is_seen(monkeypatch: Any) -> None:
    module = types.ModuleType("settings_of_a_user")
    module.rate = 2.0  # type: ignore[attr-defined]
    HERE["module"] = module
    exec("def f(x):\n    return x * module.rate", HERE)
    f = HERE["f"]
    compiled = gw.compile(f)
    for rate in (2.0, 3.0, 4.0):
        module.rate = rate  # type: ignore[attr-defined]
        assert compiled(1.5) == f(1.5)
    monkeypatch.delitem(HERE, "module")
    assert same(outcome(compiled, (1.5,), {}), outcome(f, (1.5,), {}))


def test_nan_in_an_array_around_is_no_change() -> None:
    a = np.array([np.nan, 1.0, -0.0])
    compiled = gw.compile(lambda x: np.sum(x) * a)
    for _ in range(3):
        compiled(X)
    assert compiled.explain().count("NumPy:") == 1
    a[2] = 0.0
    assert np.signbit(compiled(X)[2]) == np.signbit((np.sum(X) * a)[2])


def test_names_that_come_and_go() -> None:
    def f(x: Any) -> Any:
        return abs(x) * 2

    compiled = gw.compile(f)
    assert compiled(-1.5) == 3.0
    HERE["abs"] = lambda x: x * 10
    try:
        assert compiled(-1.5) == f(-1.5) == -30.0
    finally:
        del HERE["abs"]
    assert compiled(-1.5) == 3.0


def test_what_cannot_be_compared_runs_the_function_itself() -> None:
    numbers = iter([1.0, 2.0, 3.0])
    weight = gw.tensor(2.0)
    for f in (lambda x: x * next(numbers), lambda x: x * weight):
        compiled = gw.compile(f)
        compiled(1.0)
        compiled(1.0)
    assert "Tensor" in gw_explained(lambda x: x * weight)
    assert next(numbers) == 3.0


def gw_explained(f: Any) -> str:
    compiled = gw.compile(f)
    compiled(1.0)
    return str(compiled.explain())


def bent(x: Any) -> Any:
    return x * getattr(bent, "slope", 1.0)


class Table(dict[str, float]):
    def __missing__(self, key: str) -> float:
        return RATE


TABLE = Table(a=1.0)


class Base:
    slope = 2.0


class Child(Base):
    pass


CHILD = Child()


def test_attributes_that_come_later_are_seen() -> None:
    bent.slope = 2.0  # type: ignore[attr-defined]
    changes: list[tuple[Any, Callable[[], Any]]] = [
        (bent, lambda: setattr(bent, "slope", 3.0)),
        (lambda x: x * CHILD.slope, lambda: setattr(Child, "slope", 5.0)),
        (lambda x: x * CHILD.slope, lambda: setattr(CHILD, "slope", 7.0)),
        (lambda x: x * TABLE["b"], lambda: HERE.__setitem__("RATE", 11.0)),
        (lambda x: x * TABLE["a"], lambda: TABLE.__setitem__("a", 13.0)),
    ]
    for f, change in changes:
        compiled = gw.compile(f)
        for _ in range(2):
            assert compiled(1.5) == f(1.5)
            assert same(compiled(X), f(X))
            change()
    HERE["RATE"] = 0.5


def test_what_numpy_wraps_is_not_taken_for_numpys() -> None:
    line = np.poly1d([1.0, 2.0])
    own = np.frompyfunc(lambda x: x * RATE, 1, 1)
    each = np.vectorize(lambda x: x * RATE)
    for f in (lambda x: line(2.0) * x, lambda x: float(own(2.0)) * x, lambda x: each(2.0) * x):
        compiled = gw.compile(f)
        for rate in (0.5, 0.75):
            HERE["RATE"] = rate
            line.coeffs[0] = rate
            assert same(compiled(1.5), f(1.5))
    HERE["RATE"] = 0.5


def test_no_result_is_a_view_of_what_is_kept() -> None:
    rows = np.arange(6.0).reshape(3, 2)
    f = gw.compile(lambda x: rows[np.argmax(x)])
    kept = f(X)
    kept += 100.0
    assert np.array_equal(f(X), rows[2])
    g = gw.compile(lambda x: rows[np.argmax(x)] * 1.0)
    first = g(X)
    first += 5.0
    assert np.array_equal(g(X), rows[2])


def test_an_array_may_be_argument_and_global_at_once() -> None:
    for f in (lambda x: x[1:], lambda x: G[1:] * x[0], lambda x: (x.reshape(3, 1), G.sum())):
        compiled = gw.compile(f)
        for _ in range(2):
            have, want = compiled(G), f(G)
            assert same(have, want)
            assert same(compiled(X), f(X))
    assert np.shares_memory(gw.compile(lambda x: x[1:] + len(G) * 0 if len(G) < 0 else x[1:])(G), G)
