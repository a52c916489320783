"""A refusal that the user's own except swallowed is raised at the end; what plain code raises too is of that class."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import (
    BeyondError,
    GateError,
    GatewiseError,
    MethodError,
    ReadingError,
    UnsupportedError,
)

X = np.array([1.0, 2.0, 3.0])
WAYS = {
    "grad": lambda f: gw.grad(f)(X),
    "value_and_grad": lambda f: gw.value_and_grad(f)(X),
    "aux": lambda f: gw.grad(lambda x: (f(x), "aux"), has_aux=True)(X),
    "vjp": lambda f: gw.vjp(f, X),
    "jvp": lambda f: gw.jvp(f, (X,), (X,)),
    "circuit": lambda f: gw.circuit(f, X),
    "check": lambda f: gw.check(f, X),
    "inner": lambda f: gw.grad(lambda x: np.sum(gw.grad(f)(x)))(X),
}


def cut_off(x):
    try:
        return np.sum(np.i0(x))
    except Exception:
        return 1e10


def bare(x):
    try:
        return float(np.max(x)) * np.sum(x)
    except:  # noqa: E722
        return 0.0 * np.sum(x)


def assigned(x):
    out = [0.0, 0.0]
    try:
        out[0] = np.random.default_rng(0).normal(x[0])
    except (ReadingError, TypeError):
        return np.sum(x) * 5
    return np.sum(out)


def asks_first(x):
    return np.sum(x) if hasattr(x, "strides") else np.sum(x) * 7


def tries_by_default(x):
    return np.sum(getattr(x, "strides", 3 * x))


def in_a_loop(x):
    total = 0.0
    for k in range(3):
        try:
            total = total + np.i0(x * k)[0]
        except Exception:
            continue
    return total + np.sum(x)


def finally_returns(x):
    value = 5.0
    try:
        value = np.i0(x)[0] * 1.0
    finally:
        return value  # noqa: B012


@pytest.mark.parametrize("f", [cut_off, bare, assigned, asks_first, tries_by_default, in_a_loop, finally_returns])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_swallowed_refusal_is_raised_with_its_line(way, f):
    with pytest.raises(GatewiseError, match=r"line [0-9]+") as caught:
        WAYS[way](f)
    assert isinstance(caught.value, (UnsupportedError, ReadingError, MethodError))
    assert any("swallowed" in note for note in caught.value.__notes__)


def expit(x):
    return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))


def fallback(x):
    try:
        s = expit(x)
    except Exception:
        s = np.exp(-np.logaddexp(0, -x))
    return np.sum(s * s)


def unimportant(x):
    try:
        print(f"{np.i0(x)[0]:.3f}"[:0], end="")
    except Exception:
        pass
    return np.sum(x * x)


def narrow(x):
    try:
        scale = np.asarray(x).max()
    except GatewiseError:
        scale = x.max()
    return np.sum(x) / scale


@pytest.mark.parametrize("f", [fallback, unimportant, narrow])
@pytest.mark.parametrize("way", WAYS)
def test_a_fallback_that_gives_the_same_value_is_meant(way, f):
    WAYS[way](f)
    steps = np.eye(3) * 1e-6
    assert gw.grad(f)(X) == pytest.approx([(f(X + h) - f(X - h)) / 2e-6 for h in steps], abs=1e-7)


def test_a_fallback_that_counts_runs_on_copies():
    def f(p):
        p["n"] = p["n"] + 1
        try:
            np.i0(p["x"])
        except Exception:
            pass
        return p["x"] * p["n"]

    p = {"x": 3.0, "n": 1.0}
    assert gw.grad(f)(p) == {"x": 2.0, "n": 3.0}
    assert p == {"x": 3.0, "n": 2.0}


def test_an_error_that_flies_is_the_functions_own():
    def f(x):
        try:
            return np.i0(x)[0]
        except GatewiseError as error:
            raise RuntimeError("no median") from error

    with pytest.raises(RuntimeError, match="no median"):
        gw.grad(f)(X)

    def g(x):
        try:
            return gw.grad(lambda y: np.i0(y)[0])(x)[0]
        except GatewiseError:
            return 1.0 * np.sum(x)

    assert gw.grad(g)(X).tolist() == [1.0, 1.0, 1.0]  # plain code is refused the inner median as well


def test_a_script_is_held_to_the_same(tmp_path):
    from gatewise._recording.scripts import record_script

    script = tmp_path / "script.py"
    lines = "import numpy as np\nx = 3.0\ntry:\n    y = np.array([x, {}]).max()\nexcept Exception:\n    y = x * {}\nf = y * x\n"  # noqa: E501
    script.write_text(lines.format("x", 100))
    with pytest.raises(GatewiseError, match=r"line 4:  y = np\.array"):
        record_script(str(script), {})
    script.write_text(lines.format("x", 1))
    assert record_script(str(script), {}).output.value == 9.0


PLAIN = {
    "index": (IndexError, lambda x: x[10]),
    "negative index": (IndexError, lambda x: x[-4]),
    "too many indices": (IndexError, lambda x: x[0, 0]),
    "shapes": (ValueError, lambda x: x + np.ones(4)),
    "matrix shapes": (ValueError, lambda x: np.ones((2, 2)) @ x),
    "reshape": (ValueError, lambda x: x.reshape(2, 2)),
    "stack": (ValueError, lambda x: np.stack([x, x[:2]])),
    "split": (ValueError, lambda x: np.split(x, 2)),
    "axis": (np.exceptions.AxisError, lambda x: np.sum(x, axis=3)),
    "len of a number": (TypeError, lambda x: len(x[0])),
    "loop over a number": (TypeError, lambda x: list(x[0])),
    "index of a number": (IndexError, lambda x: x[0][0]),
    "truth of an array": (ValueError, lambda x: 1 if x > 0 else 0),
    "float of an array": (TypeError, lambda x: float(x)),
    "item of an array": (ValueError, lambda x: x.item()),
    "dtype": (TypeError, lambda x: x.astype("foo")),
    "singular": (np.linalg.LinAlgError, lambda x: np.linalg.inv(np.outer(x, x) * 0)),
    "einsum": (ValueError, lambda x: np.einsum("ij,j", x, x)),
}


@pytest.mark.parametrize(("kind", "f"), PLAIN.values(), ids=PLAIN)
def test_what_plain_code_raises_is_of_that_class(kind, f):
    handled = []

    def careful(x):
        try:
            f(x)
        except kind as error:
            handled.append(error)
            return np.sum(x * 2)
        return np.sum(x)

    assert gw.grad(careful)(X).tolist() == [2.0, 2.0, 2.0]
    assert gw.circuit(careful, X).value == 12.0
    assert len(handled) == 2
    assert all(isinstance(error, GatewiseError) for error in handled)


def test_such_an_error_is_one_of_gatewises_and_says_the_same():
    for error, kind in (
        (lambda v: v + np.ones(3), ValueError),
        (lambda v: v[9], IndexError),
        (lambda v: len(v[0]), TypeError),
    ):
        with pytest.raises(GateError) as caught:
            error(gw.tensor([1.0, 2.0]))
        assert isinstance(caught.value, kind)
        assert "why:" in str(caught.value)
        again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own bytes
        assert type(again) is type(caught.value)
        assert str(again) == str(caught.value)
        assert (again.what, again.why) == (caught.value.what, caught.value.why)


# ------------------------------------------------------------------------- the right value at one place is not enough


def penalised(x):
    try:
        penalty = np.i0(x)[0] ** 2
    except Exception:
        penalty = 0.0
    return np.sum(x * x + x) + penalty


def middle(x):
    try:
        return np.i0(x)[0] * 0 + x[1] ** 2
    except Exception:
        return x[0] * x[2]


def filled(x):
    out = np.ones(3)
    try:
        out[0] = np.random.default_rng(0).normal(x[0], 0.0)
    except (ValueError, TypeError):
        return np.sum(out) + 0 * x[0]
    return np.sum(out)


@pytest.mark.parametrize(("f", "at"), [(penalised, np.zeros(3)), (middle, np.full(3, 2.0)), (filled, np.ones(3))])
@pytest.mark.parametrize("way", [gw.grad, gw.value_and_grad, lambda f: lambda x: gw.circuit(f, x)])
def test_another_function_with_the_same_value_here_is_told(f, at, way):
    with pytest.raises((UnsupportedError, ReadingError)):
        way(f)(at)


def averaged(p):
    try:
        p["mean"] = np.average(p["x"])
    except Exception:
        p["mean"] = np.sum(p["x"]) / len(p["x"])
    return p["mean"] * p["scale"]


@pytest.mark.parametrize("dtype", [float, np.float32])
def test_a_fallback_that_is_meant_is_right_beside_it_too(dtype):
    p = {"x": np.array([1.0, 2.0, 6.0], dtype), "scale": 2.0}
    found = gw.grad(averaged)(p)
    np.testing.assert_allclose(found["x"], np.full(3, 2 / 3), rtol=1e-6)
    assert found["scale"] == p["mean"] == pytest.approx(3.0)


# ------------------------------------------------------------------------------- what Python's floats raise, by inf


def guarded(x):
    try:
        return 1 / (x - 3.0)
    except ZeroDivisionError:
        return x * x


def set_aside(x):
    try:
        y = (x - 2.0) / (x - x)
    except ArithmeticError:
        return x * 5.0
    return x + y * 0


def capped(x):
    try:
        return x**1000.0
    except OverflowError:
        return 7.0 * x


@pytest.mark.parametrize("f", [guarded, set_aside, capped])
@pytest.mark.parametrize("way", [gw.grad, gw.value_and_grad, lambda f: lambda x: gw.circuit(f, x)])
def test_a_handler_of_arithmetic_that_inf_goes_past_is_told(f, way):
    with pytest.raises(BeyondError, match=r"is (inf|nan), and not a \w+Error"):
        way(f)(3.0 if f is not capped else 40.0)


def test_where_nothing_catches_it_inf_goes_on():
    assert gw.value_and_grad(lambda x: 1 / x)(0.0) == (np.inf, -np.inf)
    assert gw.value_and_grad(lambda x: x**1000.0)(40.0) == (np.inf, np.inf)
    assert gw.circuit(lambda x: 1 / x, 0.0).value == np.inf
    assert gw.value_and_grad(lambda x: np.minimum(1 / x, 5.0))(0.0)[0] == 5.0


def test_a_handler_that_answers_inf_as_well_is_fine():
    def answered(x):
        try:
            return 1 / x
        except ZeroDivisionError:
            return np.inf

    assert gw.value_and_grad(answered)(0.0) == (np.inf, -np.inf)
    assert gw.grad(guarded)(5.0) == -0.25
