"""Circuits as functions of JAX arrays: signature, structures, guards, what is refused, kinks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gates.test_subgradients import ROWS, evaluated

import gatewise as gw
from gatewise._errors import GatewiseError
from gatewise._lowering import LoweringError
from gatewise.nn import functional
from lowering.engines import INSTALLED, engine, run_by

draw = np.random.default_rng(0)
GIVEN = {"W": draw.normal(size=(3, 4)), "b": [draw.normal(size=3)], "kind": "relu"}


@pytest.fixture(scope="module")
def jax() -> Any:
    found = pytest.importorskip("jax")
    found.config.update("jax_enable_x64", True)
    return found


def layer(P: Any, x: Any, *, rate: float = 0.5) -> Any:
    h = np.maximum(P["W"] @ x + P["b"][0], 0)
    if h[0] > 0:
        h = h * 2
    return np.sum(h) * rate


def test_it_is_called_as_the_function_is_and_gives_structures(jax: Any) -> None:
    x = 10 * GIVEN["W"][0]
    c = gw.circuit(layer, GIVEN, x, rate=2.0, wrt="P")
    given, leaving = GIVEN, c.to_jax(guards=True)
    step = leaving
    value, gradients, ok = step(given, x, rate=2.0)
    assert list(gradients) == ["P"]
    assert bool(ok)
    np.testing.assert_allclose(value, c.value, rtol=1e-14)
    np.testing.assert_allclose(gradients["P"]["W"], c.gradients["W"], rtol=1e-14)
    np.testing.assert_allclose(gradients["P"]["b"][0], c.gradients["P_b_0"], rtol=1e-14)
    assert gradients["P"]["kind"] is None
    with pytest.raises(LoweringError, match=r"P\['kind'\] is no number that can change"):
        step(GIVEN | {"kind": "tanh"}, x, rate=2.0)
    assert not bool(step(given, -x, rate=2.0)[2])  # Python would not double it


def test_other_numbers_at_the_same_branch(jax: Any) -> None:
    x, given = draw.normal(size=4), {"W": GIVEN["W"], "b": GIVEN["b"]}
    step = jax.jit(gw.circuit(layer, given, x, rate=2.0, wrt="P").to_jax(guards=True))
    for _ in range(20):
        other = draw.normal(size=4)
        value, gradients, ok = step(given, other, rate=0.3)
        want = gw.circuit(layer, GIVEN, other, rate=0.3, wrt="P")
        if ok:
            np.testing.assert_allclose(value, want.value, rtol=1e-13)
            np.testing.assert_allclose(gradients["P"]["W"], want.gradients["W"], rtol=1e-13)


def test_an_array_from_outside_is_a_constant(jax: Any) -> None:
    data = draw.normal(size=3)
    value, gradients = gw.circuit(lambda x: np.sum(np.tanh(data * x)), np.ones(3)).to_jax()(np.ones(3))
    np.testing.assert_allclose(gradients["x"], data / np.cosh(data) ** 2, rtol=1e-13)
    assert float(value) == pytest.approx(np.sum(np.tanh(data)), rel=1e-14)


def test_single_precision_beside_pythons_floats_needs_no_64_bits() -> None:
    """In a process of its own: the setting is the whole process's."""
    pytest.importorskip("jax")
    text = """
import numpy as np, gatewise as gw, jax
W = np.arange(6, dtype=np.float32).reshape(2, 3)
c = gw.circuit(lambda W, reg: np.mean(np.tanh(W)) + 0.5 * reg * np.sum(W * W), W, 0.1, wrt="W")
value, gradients = jax.jit(c.to_jax())(W, 0.1)
assert str(value.dtype) == str(gradients["W"].dtype) == "float32", value.dtype
np.testing.assert_allclose(gradients["W"], c.gradients["W"], rtol=1e-6)
try:
    gw.circuit(np.sin, np.ones(3), upstream="ones").to_jax()
except Exception as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert "jax_enable_x64" in done.stdout, done.stderr


def masked(x: Any) -> Any:
    picked = x[x > 0]
    return np.sum(picked)


def test_what_is_refused(jax: Any) -> None:
    x = np.array([1.0, -2.0, 3.0])
    with pytest.raises(LoweringError, match=r"picks entries by a mask: line \d+: picked = x\[x > 0\]"):
        gw.circuit(masked, x).to_jax()
    step = gw.circuit(lambda x: np.sum(np.where(x > 0, x, 0)), x).to_jax()
    assert float(step(x)[0]) == 4.0
    with pytest.raises(LoweringError, match=r"x has the shape \(2,\); the circuit was recorded with \(3,\)"):
        step(x[:2])
    with pytest.raises(TypeError, match="unexpected keyword"):
        step(x, y=1.0)
    short = gw.circuit(lambda x: np.sum(x * x), x.astype(np.float32)).to_jax()
    with pytest.raises(LoweringError, match="x is float64; the circuit was recorded with float32"):
        short(x)


def test_an_assignment_by_a_mask_of_one_number(jax: Any) -> None:
    def f(x: Any) -> Any:
        h = x * 2
        h[h < 0] = 0.0
        return np.sum(h * h)

    x = np.array([1.0, -2.0, 3.0])
    value, gradients = jax.jit(gw.circuit(f, x).to_jax())(-x)
    assert float(value) == gw.circuit(f, -x).value
    assert gradients["x"].tolist() == gw.circuit(f, -x).gradients["x"].tolist() == [0.0, 16.0, 0.0]


@pytest.mark.skipif("jax" in INSTALLED, reason="JAX is there")
def test_a_missing_jax_is_answered_with_its_pip_line() -> None:
    with pytest.raises(LoweringError, match=r"pip install 'gatewise\[jax\]'"):
        gw.circuit("x * y", x=2.0, y=3.0).to_jax()


def test_importing_gatewise_and_making_circuits_loads_no_engine() -> None:
    text = "import sys, gatewise as gw; gw.circuit('x * y', x=1.0, y=2.0); print({'jax', 'torch'} & set(sys.modules))"
    source = str(Path(gw.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env={"PYTHONPATH": source})
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("on", INSTALLED)
def test_kinks_are_gatewises_own(on: str, counted: Any) -> None:
    each = engine(on)
    for what, spelling, at, passed in ROWS:
        point = {name: np.array(x) if isinstance(x, list) else x for name, x in evaluated(f"dict({at})", {}).items()}

        def f(*values: Any, spelling: str = spelling, names: Any = tuple(point)) -> Any:
            out = evaluated(spelling, dict(zip(names, values, strict=True)))
            return np.sum(out) if np.ndim(out.value) else out

        with np.errstate(all="ignore"):
            circuit = gw.circuit(f, *point.values())._frozen
        have = run_by(each, circuit)
        want = evaluated(f"[{passed}]", {})
        got = [have[f"d{i.name}"] for i in circuit.wanted]
        for a, b in zip(got, want, strict=True):
            assert np.array_equal(a, b, equal_nan=True), f"{what}: {spelling} passed {a} on {on}"
        counted(f"kinks on {on}", rows=1)


@pytest.mark.parametrize("on", INSTALLED)
def test_eigenvalues_that_were_real_are_nan_where_they_are_complex(on: str) -> None:
    """NumPy's dtype depends on the values there; the recorded one is that of real numbers."""
    circuit = gw.circuit(lambda x: np.sum(np.linalg.eigvals(x)), np.diag([1.0, 2.0]))._frozen
    found = run_by(engine(on), circuit, given=[np.array([[0.0, 1.0], [-1.0, 0.0]])])
    assert found["value"].dtype == float
    assert np.isnan(found["value"])


def test_labels_that_are_read_out_are_those_of_the_call(jax: Any) -> None:
    """A loss looks at its labels; a constant of them would be the recorded ones for ever."""
    W, X = draw.normal(size=(5, 4)), draw.normal(size=(3, 5))
    loss = lambda W, X, y: functional.cross_entropy(X @ W, y)  # noqa: E731
    for y in (np.array([1, 0, 2]), np.array([0, 1, 2])):
        step = gw.circuit(loss, W, X, y, wrt="W").to_jax()
        for other in (y, np.array([3, 3, 1])):
            assert float(step(W, X, other)[0]) == pytest.approx(gw.circuit(loss, W, X, other).value, rel=1e-13)


def test_what_was_made_of_an_argument_unseen_is_refused(jax: Any) -> None:
    X = draw.normal(size=(3, 5))
    with pytest.raises(LoweringError, match=r"an array of shape \(3, 5\) .* \(line \d+: "):
        gw.circuit(lambda W, X: np.sum(W * (2 * X.numpy())), np.ones((3, 5)), X, wrt="W").to_jax()


def test_the_error_is_one_of_gatewises() -> None:
    assert issubclass(LoweringError, GatewiseError)
