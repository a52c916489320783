"""Calls of compiled functions: what they return, what memory it lies in, what they do to their arguments."""

from __future__ import annotations

import gc
import math
import os
import subprocess
import sys
import threading
import warnings
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from compile.alike import demand_same, outcome, same
from gatewise._build import SourceError, straight_function
from gatewise._compile import CompileError

Pair = namedtuple("Pair", "left right")
A, B = np.array([0.5, -1.0, 2.0]), np.array([1.5, 0.25, -0.5])


def notes(x: Any, y: Any) -> Any:
    sigy = 1.0 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + np.exp(-x))
    xpysqr = (x + y) ** 2
    return num * (1.0 / (sigx + xpysqr))


def is_compiled(f: Any) -> bool:
    return "path" in f.explain() and "not compiled" not in f.explain()


STRUCTURES = {
    "a number": lambda x, y: np.sum(x * y),
    "a tuple": lambda x, y: (x * y, np.sum(x)),
    "one in a tuple": lambda x, y: (x * y,),
    "a list": lambda x, y: [x + y, 2.0, None, "word"],
    "a dict": lambda x, y: {"sum": x + y, 3: {"inner": (x,)}},
    "an ordered dict": lambda x, y: OrderedDict(sum=x + y),
    "a named tuple": lambda x, y: Pair(x + y, Pair(1, np.max(x))),
    "an input": lambda x, y: x,
    "an input twice": lambda x, y: (x, y, x),
    "the same twice": lambda x, y: (lambda z: (z, z))(x * y),
    "equal ones": lambda x, y: (x * y, x * y),
    "a view of an input": lambda x, y: x[1:],
    "a view of another output": lambda x, y: (lambda z: (z, z[::-1]))(x + y),
    "nothing": lambda x, y: None,
    "a constant": lambda x, y: 3.0,
    "an empty tuple": lambda x, y: (),
    "truth": lambda x, y: np.any(x > y),
    "a mask": lambda x, y: x > y,
    "a whole number": lambda x, y: np.argmax(x),
    "a length": lambda x, y: len(x),
    "a copy": lambda x, y: x.copy(),
    "a shape": lambda x, y: x.shape,
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_what_is_returned_has_the_structure_types_and_memory_of_the_functions_own(name: str) -> None:
    f = STRUCTURES[name]
    compiled = demand_same(f, [(A, B), (B, A), (A + 1, B), (A[::-1], B)])
    x, y = A.copy(), B.copy()
    for _ in range(2):
        have, want = compiled(x, y), f(x, y)
        mine, other = arrays_in((have, x, y)), arrays_in((want, x, y))
        assert [np.shares_memory(a, b) for a in mine for b in mine] == [
            np.shares_memory(a, b) for a in other for b in other
        ]
        assert [a is b for a in mine for b in mine] == [a is b for a in other for b in other]


def arrays_in(structure: Any) -> list[Any]:
    if isinstance(structure, np.ndarray):
        return [structure]
    if isinstance(structure, dict):
        structure = list(structure.values())
    return [x for part in structure for x in arrays_in(part)] if isinstance(structure, (tuple, list)) else []


def test_no_later_call_changes_what_was_returned() -> None:
    step = gw.compile(gw.value_and_grad(lambda x, y: np.sum(np.tanh(x * y) + x), argnums=(0, 1)))
    kept = [step(A + k, B) for k in range(5)]
    again = [gw.value_and_grad(lambda x, y: np.sum(np.tanh(x * y) + x), argnums=(0, 1))(A + k, B) for k in range(5)]
    assert all(same(have, want) for have, want in zip(kept, again, strict=True))
    assert is_compiled(step)


ARGUMENTS = [
    (2.0, 3.0), (2, 3.0), (2, 3), (True, 3.0), (np.float64(2.0), 3.0), (np.float32(2.0), 3.0), (2.0, np.float32(3.0)),
    (np.int64(2), 3.0), (np.array(2.0), 3.0), (np.array([2.0]), 3.0), (np.array([2, 3]), 3.0), (-0.0, 3.0),
    (np.array([True, False]), 2.0), (np.array([1.0, 2.0], np.float32), 3.0), (math.nan, 1.0), (math.inf, 1.0),
    (np.array([1.0, math.nan]), 1.0), (np.arange(6.0).reshape(2, 3), np.arange(3.0)),
    (np.asfortranarray(np.arange(6.0).reshape(2, 3)), 2.0), (np.arange(12.0)[::2], 2.0), (np.zeros((0, 3)), 1.0),
]  # fmt: skip


@pytest.mark.parametrize("f", [notes, lambda x, y: x * y + y, lambda x, y: np.exp(x) - y, lambda x, y: x / y])
def test_kinds_of_numbers_are_told_apart_by_one_compiled_function(f: Any) -> None:
    demand_same(f, ARGUMENTS * 3)
    demand_same(f, ARGUMENTS[::-1] * 2)
    demand_same(gw.value_and_grad(lambda x, y: np.sum(f(x, y))), ARGUMENTS * 2)


WRONG = [(), (1.0,), (1.0, 2.0, 3.0), ("x", 1.0), (None, 1.0), (np.ones(2), np.ones(3)), ([1.0], 2.0), (object, 1.0)]


@pytest.mark.parametrize("before", [[], [(1.0, 2.0)], [(np.ones(2), np.ones(2))]])
def test_wrong_arguments_are_the_functions_own_errors(before: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return np.exp(x) * y

    for target in (f, gw.grad(f)):
        compiled = demand_same(target, [*before, *WRONG, *before, *WRONG])
        have, want = outcome(compiled, (1.0,), {"z": 3}), outcome(target, (1.0,), {"z": 3})
        assert same(have, want), (have, want)


def test_arguments_by_name_and_defaults() -> None:
    def f(x: Any, y: Any = 2.0, *rest: Any, scale: float = 3.0, **more: Any) -> Any:
        return x * y * scale + sum(rest) + sum(more.values())

    compiled = gw.compile(f)
    for args, kwargs in [
        ((1.0,), {}), ((1.0, 4.0), {}), ((1.5, 4.0, 5.0), {}), ((1.0,), {"y": 3.0}), ((2.0,), {"scale": 1.5}),
        ((), {"x": 2.0}), ((1.0, 2.0), {"a": 3.0, "b": 4.0}), ((A,), {"y": B}), ((1.0,), {"y": 4.0}), ((2.5,), {}),
    ] * 2:  # fmt: skip
        assert same(compiled(*args, **kwargs), f(*args, **kwargs)), (args, kwargs)


def unused(x: Any, y: Any) -> Any:
    z = y / x
    z = x**y
    z = math.log(y + 2)  # noqa: F841 (what raises)
    return x + y


def test_what_raises_raises_though_nobody_needs_the_number() -> None:
    for f in (unused, gw.grad(unused)):
        compiled = gw.compile(f)
        for args in ((2.0, 3.0), (0.0, 3.0), (1.0, -1.0), (1.0, -2.0), (1e200, 2.0), (0.5, 0.5), (2.0, 3.0)):
            assert same(outcome(compiled, args, {}), outcome(f, args, {})), args
        assert ": 1 path\n" in compiled.explain()


def sliced(x: Any, y: Any) -> Any:
    return np.sum(np.sin(x[:2]) * x[1:] + x[0] * y[::2][0] * y[-1]) * np.sum(x[None, 1])


def read_on_the_way(x: Any, y: Any) -> Any:
    g, h = gw.grad(sliced, argnums=(0, 1))(x, y)
    doubled = g * 2
    if g[1] > 0:
        g = g + h
    return g, doubled, h, g[1:]


def test_parts_of_a_gradient_are_added_in_their_places() -> None:
    compiled = demand_same(gw.grad(sliced, argnums=(0, 1)), [(A, B), (B, A), (3 * A, -B)])
    assert compiled.source.count("] += ") > 3
    assert "scatter" in compiled.source
    demand_same(gw.grad(sliced, argnums=(0, 1)), [(A, B), (B, A), (3 * A, -B)], exact=True)
    demand_same(read_on_the_way, [(A, B), (B, A), (3 * A, -B), (-A, B), (A - 3, B)])
    demand_same(gw.hessian(lambda x: sliced(x, B)), [(A,), (B,), (2 * B,)])


def test_edges_are_numpys() -> None:
    far = [-1e4, -800.0, -710.0, -1.0, -0.0, 0.0, 1e-310, 1.0, 710.0, 800.0, 1e200, math.inf, -math.inf, math.nan]
    functions: list[Any] = [
        np.exp, np.log, np.sqrt, np.sin, lambda x: 1.0 / x, lambda x: x**-1, lambda x: x**0.5, lambda x: x**x,
        lambda x: np.exp(x) / np.exp(2 * x), lambda x: np.log(x * x), lambda x: 1 / (1 + np.exp(-x)), np.log1p,
        lambda x: x * x * x * x, lambda x: np.maximum(x, 1.0) - np.minimum(x, x * x), np.tanh, np.expm1, np.arctan,
        lambda x: np.where(x > 0, x, -x), lambda x: abs(x), lambda x: math.exp(x), lambda x: math.sqrt(x) + math.log(x),
    ]  # fmt: skip
    for f in functions:
        for target in (f, gw.value_and_grad(lambda x, f=f: f(x))):
            demand_same(target, [(1.5,), (0.5,), *((x,) for x in far), (1.5,)])
            demand_same(target, [(x,) for x in far])
        demand_same(lambda x, f=f: f(x), [(np.array([1.5, 0.5]),), *((np.array([x, 1.5]),) for x in far)])


def test_what_numpy_warns_of_is_warned_of() -> None:
    for f in (lambda x: np.exp(x) * 2.0, lambda x: 1.0 / np.sum(x), lambda x: np.log(x) * x):
        for x in (1000.0, 0.0, np.array([1000.0, 1.0]), np.array([0.0, -0.0])):
            compiled = gw.compile(f)
            compiled(x * 0 + 1.0)
            told = []
            for call in (f, compiled):
                with warnings.catch_warnings(record=True) as met:
                    warnings.simplefilter("always")
                    call(x)
                told.append([str(each.message) for each in met])
            assert told[0] == told[1]
            with np.errstate(all="raise"):
                assert same(outcome_of(compiled, x), outcome_of(f, x))


def outcome_of(f: Any, x: Any) -> Any:
    try:
        return f(x)
    except FloatingPointError as error:
        return error


def halved(x: Any, n: int = 3) -> Any:
    while x > 1.0:
        x = x / 2
    return x * n


def test_every_read_is_a_guard() -> None:
    def f(x: Any, y: Any) -> Any:
        if x > y:
            return x * y
        if not y > 0:
            return halved(x) - y
        return halved(y, int(y))

    draw = np.random.default_rng(0)
    calls = [tuple(map(float, draw.uniform(-4, 9, 2))) for _ in range(300)]
    demand_same(f, calls)
    demand_same(gw.value_and_grad(f, argnums=(0, 1)), calls)
    demand_same(
        gw.grad(lambda x: np.sum(x[: 1 + int(np.sum(x > 0))] ** 2)), [(draw.normal(size=4),) for _ in range(60)]
    )
    demand_same(lambda x: x if x == x else -x, [(1.0,), (math.nan,), (2.0,), (math.nan,), (-0.0,)])
    demand_same(lambda x: 1.0 if float(x) == 0 else math.copysign(1, float(x)), [(0.0,), (-0.0,), (-2.0,), (3.0,)])


def test_after_many_paths_the_function_runs_itself_and_says_so() -> None:
    def f(x: Any) -> Any:
        return x * float(x)

    compiled = gw.compile(f)
    with pytest.warns(RuntimeWarning, match=r"64 ways.*float.*return x \* float\(x\)") as met:
        given = [compiled(k + 0.5) for k in range(80)]
    assert given == [f(k + 0.5) for k in range(80)]
    assert len(met) == 1


def test_labels_are_no_guards() -> None:
    def loss(W: Any, X: Any, y: Any) -> Any:
        s = X @ W
        s = s - np.max(s, axis=1, keepdims=True)
        return -np.mean(s[np.arange(len(y)), y] - np.log(np.sum(np.exp(s), axis=1)))

    draw = np.random.default_rng(0)
    calls = [(draw.normal(size=(4, 3)), draw.normal(size=(5, 4)), draw.integers(0, 3, 5)) for _ in range(6)]
    compiled = demand_same(gw.value_and_grad(loss), calls)
    assert "1 path" in compiled.explain()
    beyond = (*calls[0][:2], np.array([0, 1, 2, 3, 0]))
    assert same(outcome(compiled, beyond, {}), outcome(gw.value_and_grad(loss), beyond, {}))


def adds_to(x: Any, y: Any) -> Any:
    x += y
    return np.sum(x)


def adds_where_large(x: Any, y: Any) -> Any:
    if x[0] > 0:
        x[0] = 7.0
    return x * y


def test_arguments_that_are_written_into_are_written_into() -> None:
    for f in (adds_to, adds_where_large):
        demand_same(f, [(A, B), (-A, B), (A, B), (-A, B)] * 2)

    def stores(p: Any) -> Any:
        p["new"] = p["x"] * 2
        return p["new"]

    demand_same(stores, [({"x": A},), ({"x": B},), ({"x": 2.0},)])
    demand_same(lambda xs: xs.pop() * 2.0, [([1.0, 2.0],), ([3.0, 4.0],)])


def test_own_arrays_may_be_written_into() -> None:
    def f(x: Any, y: Any) -> Any:
        out = np.zeros(3)
        out[0] = x[0] * y[1]
        out[1:] = x[1:]
        out *= y
        out[0] += 3.0
        return out

    compiled = demand_same(f, [(A, B), (B, A), (A * 3, B)])
    compiled = demand_same(gw.grad(lambda x, y: np.sum(f(x, y) ** 2)), [(A, B), (B, A), (A * 3, B)])
    assert is_compiled(compiled)


def test_containers_that_are_returned_as_they_came_are_the_callers() -> None:
    compiled = gw.compile(lambda p: p)
    for p in ({"x": 1.0}, {"x": 2.0}, [A], (A, [B])):
        assert compiled(p) is p


def test_transforms_in_the_function() -> None:
    def step(p: Any, x: Any) -> Any:
        g = gw.grad(lambda p: np.sum((p["W"] * x - p["b"]) ** 2))(p)
        return {k: p[k] - 0.1 * g[k] for k in p}

    compiled = demand_same(step, [({"W": A, "b": 1.0}, B), ({"W": B, "b": 2.0}, A), ({"W": A + B, "b": -1.0}, B)])
    assert is_compiled(compiled)
    demand_same(gw.hessian(lambda x: np.sum(x**3)), [(A,), (B,)])
    demand_same(gw.jacobian(lambda x: np.sin(x) * x[0]), [(A,), (B,)])
    demand_same(lambda x, t: gw.jvp(lambda x: np.sum(x * x), (x,), (t,)), [(A, B), (B, A)])


def test_a_compiled_function_can_be_differentiated() -> None:
    compiled = gw.compile(notes)
    assert same(gw.grad(compiled)(2.0, 3.0), gw.grad(notes)(2.0, 3.0))
    assert compiled(2.0, 3.0) == pytest.approx(notes(2.0, 3.0), rel=1e-14)
    assert same(gw.grad(compiled)(2.0, 3.0), gw.grad(notes)(2.0, 3.0))
    assert same(gw.circuit(compiled, 2.0, 3.0).value, gw.circuit(notes, 2.0, 3.0).value)


def test_eight_threads() -> None:
    f = gw.value_and_grad(lambda x, y: np.sum(np.tanh(x * y) * (x if x[0] > 0 else y)), argnums=(0, 1))
    compiled, wrong = gw.compile(f), []
    draw = np.random.default_rng(0)
    calls = [(draw.normal(size=50), draw.normal(size=50)) for _ in range(40)]
    want = [f(*call) for call in calls]

    def work(first: int) -> None:
        for k in range(200):
            n = (k + first) % len(calls)
            if not same(compiled(*calls[n]), want[n]):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(5 * k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert is_compiled(compiled)


def test_a_function_that_calls_itself_compiled() -> None:
    calls: dict[str, Any] = {}

    def power(x: Any, n: int) -> Any:
        return x if n == 1 else x * calls["power"](x, n - 1)

    calls["power"] = power
    plain = [power(1.5, n) for n in (1, 2, 5)]
    calls["power"] = gw.compile(power)
    assert [calls["power"](1.5, n) for n in (1, 2, 5)] == pytest.approx(plain)


RANDOM = np.random.default_rng(0)


def test_what_draws_is_refused_with_the_cure() -> None:
    import random
    import time
    from random import random as drawn

    generator = np.random.default_rng(1)
    for f in (
        lambda x: x * RANDOM.normal(size=3),
        lambda x: x * generator.normal(size=3),
        lambda x: x * np.random.rand(),
        lambda x: x * random.random(),
        lambda x: x * drawn(),
        lambda x: x * time.time(),
        lambda x, rng=generator: x * rng.normal(),
    ):
        for target in (f, gw.grad(lambda x, f=f: np.sum(f(x)))):
            with pytest.raises(CompileError, match="draw before the call"):
                gw.compile(target)(A)


def test_what_does_more_than_compute_runs_itself(capsys: Any) -> None:
    met: list[Any] = []

    def prints(x: Any) -> Any:
        print("here")
        return x * 2

    def appends(x: Any) -> Any:
        met.append(1)
        return x * 2

    compiled = gw.compile(prints)
    assert [compiled(1.0), compiled(2.0)] == [2.0, 4.0]
    assert capsys.readouterr().out == "here\nhere\n"
    assert "print" in compiled.explain()
    compiled = gw.compile(appends)
    assert [compiled(1.0), compiled(2.0)] == [2.0, 4.0]
    assert len(met) == 2
    assert "changes what it finds around it" in compiled.explain()


def test_masks_that_pick_run_the_function_itself() -> None:
    compiled = demand_same(lambda x: np.sum(x[x > 0]), [(A,), (B,), (-A,)])
    assert "mask" in compiled.explain()


def test_a_forked_child_computes_on() -> None:
    compiled = gw.compile(gw.value_and_grad(lambda x: np.sum(np.tanh(x) * x)))
    want = compiled(A)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, b"right" if same(compiled(A), want) and same(compiled(B[:2]), want) is False else b"wrong")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 5) == b"right"


def test_nothing_of_it_is_loaded_before_it_is_asked_for() -> None:
    rooms = "('gatewise._compile', 'gatewise._program')"
    code = f"import sys, gatewise; print([m for m in sys.modules if m.startswith({rooms})])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_long_loop_is_one_path() -> None:
    def f(x: Any) -> Any:
        for _ in range(1000):
            x = np.sin(x) + 0.1
        return x

    compiled = demand_same(gw.value_and_grad(f), [(0.5,), (0.7,), (A,), (B,)])
    assert is_compiled(compiled)


def test_ten_thousand_gates_are_one_path_and_the_collector_goes_on() -> None:
    f = gw.value_and_grad(lambda x: long_chain(x, 5_000))
    compiled = gw.compile(f)
    assert gc.isenabled()
    assert same(compiled(A), f(A))
    assert gc.isenabled()
    assert same(compiled(A * 2), f(A * 2))
    assert compiled.explain().count("NumPy:") == 1


def long_chain(x: Any, gates: int) -> Any:
    for _ in range(gates):
        x = np.tanh(x) * 1.001
    return np.sum(x)


def test_the_collector_stays_off_where_the_caller_had_turned_it_off() -> None:
    gc.disable()
    try:
        compiled = gw.compile(lambda x: x * 2)
        compiled(1.5)
        assert not gc.isenabled()
    finally:
        gc.enable()


#: Code that is not straight, as a mistake of the writer's might make it.
CROOKED = {
    "IMPORT_NAME": "import os",
    "FOR_ITER": "for k in x:\n        x = k",
    "JUMP_BACKWARD": "while x:\n        x = x - 1",
    "STORE_ATTR": "x.a = 1",
    "DELETE_SUBSCR": "del x[0]",
    "YIELD_VALUE": "yield x",
    "__class__": "return x.__class__",
    "__import__": "return __import__('os')",
}


@pytest.mark.parametrize("said", CROOKED)
def test_compiled_text_that_is_not_straight_is_refused(said: str) -> None:
    with pytest.raises(SourceError, match=said):
        straight_function(f"def f(x):\n    {CROOKED[said]}\n    return x\n", {}, "f")
    inner = CROOKED[said].replace("\n", "\n    ")
    with pytest.raises(SourceError, match=said):
        straight_function(f"def f(x):\n    def g(x):\n        {inner}\n        return x\n    return g\n", {}, "f")


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(gw.GatewiseError, match="is not a function"):
        gw.compile(3.0)


TABLE = {1.0: 10.0, 2.5: 20.0}


@pytest.mark.parametrize(
    "f",
    [
        lambda x: TABLE.get(x, 0.0) * x,
        lambda x: x * len(f"{x:.1f}"),
        lambda x: x * len(str(x)),
        lambda x: x * (x in {1.0, 2.5}),
        lambda x: x * len({x, 1.0, 2.5}),
        lambda x: {"1": 2.0}.get(f"{x:.0f}", 3.0) * x,
        lambda x: x * 2 if math.isnan(x) else x,
        lambda x: sorted([x, 2.0, 1.7])[1] * x,
        lambda x: max(x, 2.0) * min([x, 1.0]),
        lambda x: x * sum(1 for v in TABLE if v < x),
        lambda x: round(x) * x,
        lambda x: divmod(x, 1.0)[1],
        lambda x: x * (1 if x.__class__ is float else 2),
    ],
)
def test_whatever_way_a_number_is_looked_at_it_is_a_guard(f: Any) -> None:
    numbers = [(x,) for x in (3.25, 1.0, 2.5, 0.5, 12.0, -1.0, math.nan, 100.0, 1.0, 3.25)]
    demand_same(f, numbers)
    demand_same(f, numbers[::-1])


def test_errors_that_are_caught_on_the_way_are_the_functions_own() -> None:
    def divides(x: Any) -> Any:
        try:
            return 1.0 / x
        except ZeroDivisionError:
            return 7.0

    def raises(x: Any) -> Any:
        with np.errstate(divide="raise"):
            try:
                return 1.0 / x
            except FloatingPointError:
                return x * 7.0

    def warns(x: Any) -> Any:
        warnings.warn("here", UserWarning, stacklevel=2)
        return x * 2

    demand_same(divides, [(1.0,), (0.0,), (2.0,), (A,), (A * 0,)])
    demand_same(raises, [(A,), (A * 0,), (A,), (1.0,), (0.0,)])
    compiled = gw.compile(warns)
    for _ in range(2):
        with pytest.warns(UserWarning, match="here"):
            assert compiled(1.0) == 2.0


def test_one_over_whole_numbers_is_no_whole_number():
    """NumPy's reciprocal of 2 is 0, and of 0 the least whole number there is."""

    def f(x: Any) -> Any:
        n = np.sqrt(np.abs(x)).astype(int)
        return np.expm1(1 / n), np.square(n)

    points = [np.array([[True]]), np.array([[False]]), np.array([[True]])]
    demand_same(f, [(x,) for x in points])


def test_one_number_spread_over_an_array_may_be_written_into():
    f = lambda x: (np.full(100, np.sum(x)), np.full((3, 4), x[0] * 2))  # noqa: E731
    compiled = gw.compile(f)
    for _ in range(2):
        for array in compiled(A):
            array.flat[0] = 7.0
            assert np.count_nonzero(array == 7.0) == 1


def test_a_copy_lies_in_memory_as_the_functions_own():
    compiled = gw.compile(lambda x: x.copy())
    x = np.asfortranarray(np.arange(20.0).reshape(4, 5))
    assert [compiled(x).strides for _ in range(2)] == [x.copy().strides] * 2
