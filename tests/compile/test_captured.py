"""Captured arrays are inputs of a compiled function: found anew at each call, in no way that could be a stale one."""

from __future__ import annotations

import functools
import gc
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from compile.alike import outcome, same

X = np.array([0.5, -1.0, 2.0])
HERE = globals()


def fresh(k: float = 1.0) -> np.ndarray:
    return k * np.array([1.0, -2.0, 3.0]) + 0.5


G, H, LABELS = fresh(), fresh(2.0), np.array([2, 0, 1])
CFG: dict[str, Any] = {"A": fresh(), "deep": [fresh(), {"B": fresh()}]}
ROWS = np.arange(12.0).reshape(4, 3)


class Model:
    def __init__(self) -> None:
        self.W = fresh()
        self.layers = [fresh(), fresh(3.0)]

    def loss(self, x: Any) -> Any:
        return np.sum(np.tanh(self.W * x)) + sum(np.sum(w * x * x) for w in self.layers)


class Shared:
    """Has what is not made again: an array of the class, a method that says a global."""

    shared = fresh()

    def by_global(self, x: Any) -> Any:
        return np.sum(G * x)

    def by_class(self, x: Any) -> Any:
        return np.sum(self.shared * x)


SHARED = Shared()
MODEL = Model()
MODULE = types.ModuleType("of_a_user")
PAIR = (fresh(), fresh(2.0))


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Put back what a test binds anew."""
    kept = {name: HERE[name] for name in ("G", "H", "CFG", "LABELS", "ROWS", "MODEL", "PAIR")}
    numbers = {name: np.array(HERE[name]) for name in ("G", "H", "LABELS", "ROWS")}
    yield
    HERE.update(kept)
    for name, copy in numbers.items():
        HERE[name][...] = copy


def binds(name: str, value: Any) -> Callable[[], None]:
    return lambda: HERE.__setitem__(name, value)


def adds(get: Callable[[], Any]) -> Callable[[], None]:
    def add() -> None:
        get()[...] += 0.25

    return add


def by_helper(x: Any) -> Any:
    return inner(x) + np.sum(H * x)


def inner(x: Any, w: Any = PAIR[0], *, v: Any = PAIR[1]) -> Any:
    return np.sum(G * x * w) + np.sum(v)


#: What a function finds, and what changes there between calls; none of it is a new recording.
ANEW: dict[str, tuple[Callable[..., Any], list[Callable[[], Any]]]] = {
    "global": (lambda x: np.sum(G * x), [adds(lambda: G), binds("G", fresh(5.0)), adds(lambda: G)]),
    "two names of one": (lambda x: np.sum(G * x - H), [adds(lambda: G), binds("H", fresh(7.0))]),
    "a dict": (lambda x: CFG["A"] @ x, [adds(lambda: CFG["A"]), lambda: CFG.__setitem__("A", fresh(4.0))]),
    "deep inside": (
        lambda x: np.sum(x * CFG["deep"][0] * CFG["deep"][1]["B"]),
        [lambda: CFG["deep"].__setitem__(0, fresh(4.0)), lambda: CFG["deep"][1].__setitem__("B", fresh(6.0))],
    ),
    "an attribute": (lambda x: MODEL.loss(x), [adds(lambda: MODEL.W), lambda: setattr(MODEL, "W", fresh(3.0))]),
    "a list in an object": (
        lambda x: MODEL.loss(x),
        [adds(lambda: MODEL.layers[1]), lambda: MODEL.layers.__setitem__(0, fresh(2.5))],
    ),
    "a bound method": (MODEL.loss, [adds(lambda: MODEL.W), lambda: setattr(MODEL, "W", fresh(3.0))]),
    "a tuple": (lambda x: np.sum(PAIR[0] * x), [adds(lambda: PAIR[0])]),
    "a partial function": (functools.partial(lambda x, a: np.sum(x * a), a=G), [adds(lambda: G)]),
    "helpers and defaults": (by_helper, [adds(lambda: G), adds(lambda: PAIR[0]), adds(lambda: PAIR[1])]),
    "labels": (lambda x: np.sum(np.outer(x, x)[np.arange(3), LABELS]), [lambda: LABELS.sort()]),
    "computed on": (lambda x: np.sum((G - G.mean()) / G.std() * x), [adds(lambda: G), binds("G", fresh(2.0))]),
    "its transpose": (lambda x: np.sum(ROWS.T @ (ROWS @ x)), [adds(lambda: ROWS), binds("ROWS", ROWS + 3)]),
}


@pytest.mark.parametrize("name", ANEW)
def test_another_array_of_the_same_kind_is_no_new_recording(name: str) -> None:
    f, changes = ANEW[name]
    for target in (f, gw.value_and_grad(lambda x: f(x) * 1.0)):
        compiled = gw.compile(target)
        for change in (lambda: None, *changes):
            change()
            for x in (X, 2 * X):
                assert same(outcome(compiled, (x,), {}), outcome(target, (x,), {})), name
        assert ": 1 path\n" in compiled.explain(), compiled.explain()
        assert "read anew" in compiled.explain()
        assert "compared" not in compiled.explain()


#: What may be a stale array where it is taken for an input without care.
CAREFUL: dict[str, tuple[Callable[..., Any], list[Callable[[], Any]]]] = {
    "two names that part": (lambda x: np.sum(G * x - H), [binds("H", G), binds("G", fresh(9.0)), adds(lambda: H)]),
    "a method that says a global": (
        lambda x: np.sum(G * x) + SHARED.by_global(x),
        [adds(lambda: G), binds("G", fresh(8.0)), adds(lambda: G)],
    ),
    "an array of the class": (
        lambda x: SHARED.by_class(x) + np.sum(G * x),
        [binds("G", Shared.shared), adds(lambda: Shared.shared), lambda: setattr(Shared, "shared", fresh(7.0))],
    ),
    "a module's": (
        lambda x: np.sum(MODULE.A * x) + np.sum(G * x),
        [adds(lambda: MODULE.A), lambda: setattr(MODULE, "A", fresh(6.0)), binds("G", fresh(1.5))],
    ),
    "another shape": (lambda x: np.sum(G) * x, [binds("G", np.ones(5)), binds("G", np.ones((2, 2)))]),
    "another length, which is read": (lambda x: x * len(G), [binds("G", np.ones(5))]),
    "another dtype": (lambda x: G * x, [binds("G", fresh().astype(np.float32)), binds("G", np.array([1, 2, 3]))]),
    "another layout": (
        lambda x: ROWS @ x,
        [binds("ROWS", np.asfortranarray(ROWS)), binds("ROWS", np.ones((8, 3))[::2])],
    ),
    "no array": (lambda x: G * x, [binds("G", 3.0), binds("G", [1.0, 2.0, 3.0])]),
    "a number that is read": (lambda x: x * float(G[1]), [adds(lambda: G), binds("G", fresh(4.0))]),
    "a branch": (lambda x: x * 2 if G[0] > 1.6 else -x, [adds(lambda: G), binds("G", -G)]),
    "a view of another": (lambda x: np.sum(G * x) + np.sum(H), [binds("H", G[1:]), adds(lambda: G)]),
    "an entry that is gone": (lambda x: CFG["A"] * x, [binds("CFG", {"deep": []})]),
    "a list that grows": (lambda x: sum(np.sum(w * x) for w in CFG["deep"][:1]), [lambda: CFG["deep"].append(2.0)]),
    "an object for another": (lambda x: MODEL.loss(x), [binds("MODEL", Model()), adds(lambda: MODEL.W)]),
    "an isinstance": (
        lambda x: np.sum(G * x) if isinstance(G, np.ndarray) else x,
        [adds(lambda: G), binds("G", fresh(3.0)), binds("G", 2.0)],
    ),
}


@pytest.mark.parametrize("name", CAREFUL)
def test_whatever_changes_there_is_seen(name: str) -> None:
    MODULE.A = G  # type: ignore[attr-defined]
    Shared.shared = fresh()
    f, changes = CAREFUL[name]
    before = dict(CFG)
    for target in (f, gw.value_and_grad(lambda x: np.sum(f(x) * 1.0))):
        compiled = gw.compile(target)
        for change in (lambda: None, *changes, lambda: None):
            change()
            for x in (X, 2 * X):
                assert same(outcome(compiled, (x,), {}), outcome(target, (x,), {})), (name, compiled.explain())
        HERE["G"], HERE["H"], HERE["CFG"] = fresh(), fresh(2.0), {**before, "deep": [fresh(), {"B": fresh()}]}


TIES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: np.maximum(x, H),
    "twice it": lambda x: np.maximum(x, H * 2),
    "a part of it": lambda x: np.minimum(x[:1], np.split(H, 3)[0]),
    "a view": lambda x: np.maximum(H[::-1][::-1], x),
    "a copy, written into": lambda x: np.maximum(copied_and_written(H), x),
    "a switch of it": lambda x: np.maximum(np.sign(H), np.sign(H) * x),
    "picked by labels": lambda x: np.maximum(x, H[LABELS]),
    "beside an argument": lambda x: np.maximum(x, H + 0 * x),
}


def copied_and_written(h: Any) -> Any:
    h = h.copy()
    h[0] = 7.0
    return h


@pytest.mark.parametrize("name", TIES)
def test_a_tie_with_a_captured_array_is_one_with_a_constant(name: str) -> None:
    f = gw.grad(lambda x: np.sum(TIES[name](x)))
    compiled = gw.compile(f)
    for x in (X, H, 2 * H, X, np.ones(3), copied_and_written(H)):
        assert same(compiled(x), f(x)), name
    assert "read anew" in compiled.explain()


def test_what_an_argument_picks_of_a_captured_array_ties_as_it_does_by_itself() -> None:
    f = gw.grad(lambda x, k: np.sum(np.maximum(x, H[k])))
    compiled = gw.compile(f)
    for k in (np.array([2, 0, 1]), np.array([0, 0, 1])):
        for x in (X, H[k], H):
            assert same(compiled(x, k), f(x, k))


def test_cells_that_are_bound_anew_are_read_anew() -> None:
    def made() -> Any:
        a, b = fresh(), fresh(2.0)

        def helper(x: Any) -> Any:
            return np.sum(a * x)

        def f(x: Any) -> Any:
            return helper(x) + np.sum(a * b)

        def bind(value: Any) -> None:
            nonlocal a
            a = value

        return f, bind

    f, bind = made()
    for target in (f, gw.grad(f)):
        compiled = gw.compile(target)
        for k in range(4):
            assert same(compiled(X), target(X))
            bind(fresh(k))
        assert ": 1 path\n" in compiled.explain()


def test_arguments_that_are_captured_arrays_too() -> None:
    for f in (lambda x: x[1:], lambda x: G[1:], lambda x: (x + G, G[:2], x[:2]), lambda x: G, lambda x: np.sum(G * x)):
        compiled = gw.compile(f)
        for x in (G, X, G, H):
            have, want = compiled(x), f(x)
            assert same(have, want)
            for a, b in zip(have if isinstance(have, tuple) else [have], want if isinstance(want, tuple) else [want]):
                if isinstance(b, np.ndarray):
                    assert np.shares_memory(a, G) == np.shares_memory(b, G)
                    assert np.shares_memory(a, x) == np.shares_memory(b, x)


def test_a_captured_array_that_is_written_into_is_the_functions_own_affair() -> None:
    def counts(x: Any) -> Any:
        G[0] += 1.0
        return np.sum(G * x)

    def sometimes(x: Any) -> Any:
        if x[0] > 1:
            G[0] = 5.0
        return np.sum(G * x)

    for f in (counts, sometimes):
        compiled = gw.compile(f)
        for x in (X, 4 * X, X, 4 * X):
            before = G.copy()
            want = f(x)
            after = G.copy()
            G[...] = before
            assert same(compiled(x), want)
            assert np.array_equal(G, after)


def test_a_large_array_is_not_copied_to_be_compared() -> None:
    big = np.ones(1_000_000)
    compiled = gw.compile(gw.value_and_grad(lambda x: np.sum(big * x)))
    for k in range(3):
        big[k] = 7.0
        assert compiled(2.0)[1] == np.sum(big)
    assert ": 1 path\n" in compiled.explain()
    assert not [x for x in arrays_of(big.size) if x is not big and np.array_equal(x, big)]


def arrays_of(size: int) -> list[Any]:
    """The arrays of this size that something the collector knows refers to."""
    found = {id(x): x for holder in gc.get_objects() for x in gc.get_referents(holder) if type(x) is np.ndarray}
    return [x for x in found.values() if x.size == size]


def test_a_compiled_function_inside_another_one_finds_what_is_there() -> None:
    double = gw.compile(lambda x: G * x * 2)
    outer = gw.compile(lambda x: np.sum(double(x)) + np.sum(G))
    for change in (lambda: None, adds(lambda: G), binds("G", fresh(4.0))):
        change()
        assert outer(X) == np.sum(G * X * 2) + np.sum(G)
