"""Long chains, counted work, and memory that reference counting alone gives back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

import gatewise as gw
from gatewise._circuit import Wire
from gatewise._sweep import sweep

SRC = Path(gw.__file__).resolve().parents[1]


def in_a_fresh_process(code):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SRC)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MILLION = """
import gc, json, sys
import gatewise as gw
gc.collect()
gc.disable()
assert sys.getrecursionlimit() == 1000
x = gw.tensor(1.0)
y = x
for k in range(500_000):
    y = y * 1.0000001 + 1e-9
y.backward()
slope = x.grad
del y
z = gw.grad(lambda x: chain(x))
def chain(x):
    for k in range(250_000):
        x = -x
        x = x + 1.0
    return x
print(json.dumps({"slope": slope, "second": z(0.5), "unreachable": gc.collect()}))
"""


def test_a_chain_of_a_million_gates_at_the_default_recursion_limit():
    """Built, differentiated and freed; 1.0000001 ** 500,000 is exp(0.05) to its first digits."""
    found = in_a_fresh_process(MILLION)
    assert found["slope"] == pytest.approx(np.exp(500_000 * np.log1p(1e-7)), rel=1e-9)
    assert found["second"] == 1.0
    assert found["unreachable"] == 0


def fork_and_chain(n):
    """A chain of n links of three gates, two of which are uses of one wire."""
    x = gw.tensor(1.0)
    h = x
    for _ in range(n):
        h = np.tanh(h + 0.5 * h)
    return x, h


def test_gate_visits_are_exactly_proportional_to_the_gates():
    visits, contributions = {}, {}
    for n in (10, 100, 1000, 10_000):
        _, out = fork_and_chain(n)
        seen = []
        sweep({out.wire: 1.0}, 1, observer=lambda wire, position, parent, part, seen=seen: seen.append(wire))
        visits[n], contributions[n] = len(set(seen)), len(seen)
    assert visits == {n: 3 * n for n in visits}
    assert contributions == {n: 4 * n for n in visits}


def test_a_gate_is_visited_once_however_often_its_output_is_used():
    """Doubling n times has 2**n paths and n gates."""
    x = gw.tensor(1.0)
    y = x
    for _ in range(60):
        y = y + y
    seen = []
    sweep({y.wire: 1.0}, 1, observer=lambda wire, *rest: seen.append(wire))
    assert len(seen) == 120
    assert len(set(seen)) == 60
    y.backward()
    assert x.grad == 2.0**60


def test_a_sweep_visits_only_what_the_output_depends_on():
    x = gw.tensor(2.0)
    unused = x
    for _ in range(100):
        unused = unused * 1.01
    y = x * 3.0
    seen = []
    sweep({y.wire: 1.0}, 1, observer=lambda wire, *rest: seen.append(wire))
    assert len(seen) == 1


def test_a_nested_sweep_costs_what_its_own_gates_cost():
    """The inner derivative of a short function after a long outer computation does not walk the outer one."""
    counted = {}
    before = Wire.__init__
    for n in (10, 1000):
        made = []

        def counting(self, *args, made=made, **kwargs):
            made.append(1)
            before(self, *args, **kwargs)

        def f(x, n=n, made=made):
            for _ in range(n):
                x = x * 1.001
            made.clear()
            return gw.grad(lambda y: y * y * x)(2.0)

        Wire.__init__ = counting
        try:
            gw.grad(f)(1.0)
        finally:
            Wire.__init__ = before
        counted[n] = len(made)
    assert counted[10] == counted[1000] > 0


GRAPHS = """
import gc, json, resource
import numpy as np
import gatewise as gw
gc.disable()
def graph(how):
    x = np.full(131072, 0.5)  # 1 MB, ten of them in a graph
    if how == "backward":
        t = gw.tensor(x)
        y = t
        for _ in range(5):
            y = np.tanh(y * 1.01)
        y.sum().backward()
        return t.grad
    if how == "dropped":
        t = gw.tensor(x)
        for _ in range(5):
            t = np.tanh(t * 1.01)
        return t
    if how == "kept by its gradient":
        t = gw.tensor(x)
        loss = np.sum(np.tanh(t * 1.01) * np.exp(t) + np.where(t > 0, t, t * t))
        loss.backward(retain_graph=True)
        return loss
    if how == "error":
        try:
            gw.grad(lambda x: np.sum(np.tanh(x * 1.01) @ np.ones(3)))(x)
        except gw._errors.GatewiseError:
            return None
    if how == "hooks":
        t = gw.tensor(x)
        y = t * 2.0
        y.register_hook(lambda g: g * 2)
        np.sum(np.exp(y)).backward()
        return None
    if how == "vjp":
        out, pullback = gw.vjp(lambda x: np.exp(np.tanh(x * 1.01)), x)
        return pullback(x)
    f = lambda x: np.sum(np.tanh(x * 1.01) * np.exp(x) + np.where(x > 0, x, x * x))
    if how == "grad":
        return gw.grad(f)(x)
    return gw.jvp(gw.grad(f), (x,), (x,))
def resident():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize()
HOWS = ["backward", "dropped", "kept by its gradient", "error", "hooks", "vjp", "grad", "hessian"]
for how in HOWS:
    graph(how)
gc.collect()
start = resident()
for k in range(300):
    graph(HOWS[k % len(HOWS)])
grown = resident() - start
print(json.dumps({"grown": grown, "unreachable": gc.collect()}))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the resident memory from /proc")
def test_graphs_are_freed_by_reference_counting_alone():
    """300 graphs of 10 MB, made in eight ways, with the cycle collector off."""
    found = in_a_fresh_process(GRAPHS)
    assert found["unreachable"] == 0
    assert found["grown"] < 20e6


def test_nothing_points_forward():
    """A result that is dropped takes its wire and its values with it while its inputs live on."""
    x = gw.tensor(np.ones(3))
    y = np.exp(x)
    wire, value = weakref.ref(y.wire), weakref.ref(y.value)
    y.sum().backward()
    del y
    assert wire() is None
    assert value() is None
    np.testing.assert_allclose(x.grad, np.e)


def test_a_gradient_is_kept_only_for_tensors_the_user_holds():
    x = gw.tensor(np.ones(3))
    inner = x * 2.0
    held = weakref.ref(inner.wire)
    out = np.sum(inner * inner)
    del inner
    out.backward()
    assert held() is None  # let go of together with the saved values


def test_a_constant_operand_that_no_rule_needs_is_not_copied():
    x = gw.tensor(np.ones(3))
    a = np.ones(3)
    assert (x + a).wire.operands[1] is a
    kept = (x * a).wire.operands[1]
    assert kept is not a
    np.testing.assert_array_equal(kept, a)
