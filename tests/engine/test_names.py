"""Names that change: between calls, during one, in other threads, under other names; in small and in large modules."""

from __future__ import annotations

import gc
import sys
import threading
import types
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import gatewise as gw

SOURCE = """
import math
import warnings
import numpy as np
from builtins import eval as worked_out

K = 2.0
TABLE = np.array([1.0, 2.0, 3.0])
CALLS = []

def scaled(x):
    return np.sum(np.array([x[0], x[1] * K]))

def outer(x):
    return scaled(x) * K

def sets(x):
    global K, NEW
    K = 7.0
    NEW = "new"
    return scaled(x)

def sets_inside(x):
    def inner():
        global K
        K = 8.0
    inner()
    return scaled(x)

def sets_through_another(x):
    return sets(x)

def deletes(x):
    global K
    before = K
    del K
    return np.sum(x) * before

def by_globals(x):
    globals()["K"] = 9.0
    out = globals()["np"].zeros(2)
    out[0] = x[1]
    return out[0] * globals()["K"]

def by_exec(x):
    exec("K = 9.0", globals())
    return x[1] * K

def by_another_name(x):
    return worked_out("np.sum(np.array([x[0], x[1] * K]))", globals(), {"x": x}) + worked_out("x[0] * K")

def by_its_globals(x):
    by_its_globals.__globals__["K"] = 9.0
    return x[1] * K

def reads_unnamed(x):
    return x[1] * eval("K")

def swaps(x):
    global scaled
    scaled = twice
    return scaled(x)

def twice(x):
    return 2 * np.sum(np.stack([x[0], x[1]]))

def recursive(x, n=3):
    out = np.zeros(2)
    out[0], out[1] = x[0], x[1] * K
    return np.sum(out) if n == 0 else np.sum(out) * recursive(x * 0.5, n - 1)

def itself(x):
    return x[0] ** 2 if np.shape(x)[0] == 1 else gw.grad(itself)(x[:1])[0] * x[1] * K

def warns(x):
    warnings.warn("once a line")
    return np.sum(x)

def imports_a_neighbour(x):
    from math import exp
    return np.sum(x) * exp(K)

def makes_a_class(x):
    class Point:
        scale = K
        here: "float" = 0.0
    return np.sum(x) * Point.scale * len(Point.__module__)

def keeps(x):
    CALLS.append(lambda y: scaled(y) * K)
    return CALLS[-1](x)

def writes_into_a_captured_array(x):
    TABLE[0] = x[0]
    return np.sum(TABLE * x)

def fails(x):
    global K
    K = 7.0
    raise RuntimeError

def by_whom_it_calls(x, library):
    return np.sum(x * library("K"))

def calls_back(x, during):
    during()
    return np.sum(np.array([x[0], x[1] * K]))
"""

X = np.array([0.5, 1.5, 2.5])


def module(names: int) -> Any:
    """A module with so many more names."""
    made = types.ModuleType("users")
    vars(made).update({f"name_{i}": float(i) for i in range(names)}, gw=gw)
    exec(compile(SOURCE, "users.py", "exec"), vars(made))
    return made


@pytest.fixture(params=[0, 600], ids=["small", "large"])
def users(request: Any) -> Any:
    return module(request.param)


def slope(f: Any, x: Any) -> Any:
    return np.array([(float(f(x + h)) - float(f(x - h))) / 2e-6 for h in np.eye(len(x)) * 1e-6])


NAMES = [
    "scaled", "outer", "sets", "sets_inside", "sets_through_another", "deletes", "by_globals", "by_exec",
    "by_another_name", "by_its_globals", "reads_unnamed", "swaps", "recursive", "itself", "imports_a_neighbour",
    "makes_a_class", "keeps", "writes_into_a_captured_array",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 600])
def test_value_gradient_and_what_is_left_are_as_in_plain_code(name: str, size: int) -> None:
    ours, plain = module(size), module(size)
    value, g = gw.value_and_grad(getattr(ours, name))(X.copy())
    assert value == pytest.approx(float(getattr(plain, name)(X.copy())), rel=1e-14)
    assert g == pytest.approx(slope(lambda x: getattr(module(size), name)(x), X), abs=1e-6)
    left, wanted = (
        {key: v for key, v in vars(each).items() if isinstance(v, (float, str)) and not key.startswith("__")}
        for each in (ours, plain)
    )
    assert left == wanted
    assert ours.np is np
    assert (ours.scaled is ours.twice) == (plain.scaled is plain.twice)
    assert type(ours.TABLE) is np.ndarray
    np.testing.assert_array_equal(ours.TABLE, plain.TABLE)


def test_a_name_bound_again_between_calls_is_seen(users: Any) -> None:
    gradient = gw.grad(users.outer)
    assert gradient(X)[1] == pytest.approx(4.0)
    users.K = 3.0
    assert gradient(X)[1] == pytest.approx(9.0)
    users.scaled = users.twice
    assert gradient(X)[1] == pytest.approx(6.0)
    users.twice.__code__ = (lambda x: x[0] * 5.0).__code__
    assert gradient(X)[1] == 0.0
    users.scaled = lambda x: x[1] * 10.0
    assert gradient(X)[1] == pytest.approx(30.0)


def test_another_numpy_in_the_module_is_asked(users: Any) -> None:
    gradient = gw.grad(users.scaled)
    assert gradient(X)[1] == pytest.approx(2.0)
    users.np = types.SimpleNamespace(sum=lambda x: np.sum(x) * 10.0, array=lambda parts: np.stack(parts))
    assert gradient(X)[1] == pytest.approx(20.0)
    users.np = np
    assert gradient(X)[1] == pytest.approx(2.0)


def test_what_another_thread_binds_during_a_call_stays(users: Any) -> None:
    def during() -> None:
        def bind() -> None:
            users.K = 11.0
            users.ADDED = 1.0

        thread = threading.Thread(target=bind)
        thread.start()
        thread.join()

    gw.grad(users.calls_back)(X, during)
    assert users.K == 11.0
    assert users.ADDED == 1.0
    assert gw.grad(users.calls_back)(X, lambda: None)[1] == pytest.approx(11.0)


def test_two_threads_take_derivatives_of_one_function(users: Any) -> None:
    found, together = [], threading.Barrier(2, timeout=30)

    def work() -> None:
        found.append(gw.grad(users.calls_back)(X, together.wait)[1])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [2.0, 2.0]


def test_a_warning_is_told_once_a_line_as_in_plain_code(users: Any) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            gw.grad(users.warns)(X)
        users.warns(X)
    assert len(caught) == 1
    assert "__warningregistry__" in vars(users)


def test_a_library_that_looks_into_its_callers_globals_finds_them_or_says_so() -> None:
    def library(name: str) -> Any:
        return sys._getframe(1).f_globals[name]

    assert gw.grad(module(0).by_whom_it_calls)(X, library)[1] == pytest.approx(2.0)
    with pytest.raises(KeyError):
        gw.grad(module(600).by_whom_it_calls)(X, library)


def test_a_function_that_was_kept_still_sees_its_module(users: Any) -> None:
    gw.grad(users.keeps)(X)
    gc.collect()
    assert float(users.CALLS[-1](X)) == pytest.approx(2.0 * (X[0] + 2.0 * X[1]))


def test_no_derivative_keeps_a_module_or_its_functions_alive(users: Any) -> None:
    gw.grad(users.outer)(X)
    gone = weakref.ref(users.outer)
    vars(users).clear()
    gc.collect()
    assert gone() is None


def test_an_error_leaves_what_was_written_before_it(users: Any) -> None:
    with pytest.raises(RuntimeError):
        gw.grad(users.fails)(X)
    assert users.K == 7.0


def test_refusals_of_two_threads_are_told_apart() -> None:
    """What one function's `except` swallows is no business of another thread's."""
    begun, ended = threading.Event(), threading.Event()

    def swallows(x: Any) -> Any:
        begun.wait(30)
        try:
            return float(x[0]) * x[0]
        except gw.GatewiseError:
            return x[0] * 3.0

    def waits(x: Any) -> Any:
        begun.set()
        ended.wait(30)
        return np.sum(x)

    found: list[Any] = []

    def other() -> None:
        found.append(gw.grad(waits)(X))

    thread = threading.Thread(target=other)
    thread.start()
    with pytest.raises(gw.GatewiseError):
        gw.grad(swallows)(X)
    ended.set()
    thread.join()
    assert found[0] == pytest.approx(np.ones(3))
