"""Arrays without axes are arrays: what is written through a view of one, or into it, is seen by all who look at it."""

from __future__ import annotations

import itertools
import linecache
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import GatewiseError

MADE = [
    "np.array(t)", "np.array(p0)", "np.array(v[0])", "np.array(np.sum(v))", "np.asarray(t * 1.0)", "np.copy(t)",
    "p0", "p0.copy()", "p0.T", "np.zeros(())", "np.full((), t)", "np.array(captured)",
    "np.reshape(v[:1], ())", "v[0, ...]", "np.squeeze(v[:1])", "np.stack([t, t])[1, ...]", "np.where(t > 0, t, p0)",
    "np.add(t, 1, out=np.zeros(()))", "np.full_like(p0, t)", "np.ones_like(t)", "np.array(t, dtype=float)",
    "np.array(t, dtype=np.longdouble)",
]  # fmt: skip
LOOKED_AT = [
    "p", "np.reshape(p, (1,))", "p[None]", "np.atleast_1d(p)", "np.ravel(p)", "p[..., None]", "p.T", "p[...]",
    "np.asarray(p)", "np.array(p)", "np.copy(p)", "np.astype(p, float, copy=False)", "np.broadcast_to(p, (2,))",
    "np.expand_dims(p, 0)[::-1]", "np.broadcast_arrays(p, v[0])[0]", "p.astype(float)", "p * 1.0",
]  # fmt: skip
WRITTEN = [
    "p[...] = t * t", "p[()] = t * t", "p += t * t", "p *= t", "np.copyto(p, t * t)", "np.sin(p, out=p)", "p.fill(t)",
    "q[0] = t * t", "q[...] = t * t", "q += t * t", "np.put(p, 0, t)", "p.flat[0] = t * t", "np.add.at(p, (), t)",
    "p[True] = t * t", "q[True] = t * t", "p[p > -9] = t", "np.place(p, True, [t])", "np.sum(v, out=p)",
    "np.sum(v, out=q)", "p.sort()", "np.modf(p, out=(p, None))", "np.add.reduce(v, out=(p,))",
    "np.clip(p, 0.1, 0.2, out=p)", "p[None][0] = t",
]  # fmt: skip
GIVEN = 0.7, np.array(1.3), np.array([0.6, -0.4, 1.1])
ALONG = 0.3, np.array(-0.8), np.array([0.2, 0.5, -0.7])


def functions(made: str, looked_at: str, written: str) -> tuple[Any, Any]:
    """A function that makes an array without axes, looks at it, and writes; and the number that is differentiated."""
    name = f"<{made}, {looked_at}, {written}>"
    text = (
        f"import numpy as np\ncaptured = np.array(0.4)\ndef f(t, p0, v):\n    p = {made}\n    q = {looked_at}\n"
        f"    {written}\n    return np.sum(p) * 1.0, np.sum(q) * np.cos(np.sum(q)), np.sum(p0), np.sum(v)\n"
        "def total(*given):\n    a, b, c, d = f(*given)\n    return a + 2 * b + 3 * c + 0.5 * d\n"
    )
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"__name__": "arrays"}
    exec(compile(text, name, "exec"), space)
    return space["f"], space["total"]


def given(step: float = 0.0) -> list[Any]:
    """The arguments, in memory of their own, a step further."""
    return [x + step * d if isinstance(x, float) else np.array(x + step * d) for x, d in zip(GIVEN, ALONG, strict=True)]


def outcome(*parts: str) -> str:
    f, total = functions(*parts)
    try:
        want = f(*given())
    except Exception:
        with pytest.raises((GatewiseError, ValueError, IndexError, TypeError)):
            gw.vjp(f, *given())
        return "NumPy refuses"
    try:
        have, _ = gw.vjp(f, *given())
        gradients = gw.grad(total, (0, 1, 2))(*given())
        ahead = gw.jvp(total, given(), ALONG)[1]
    except GatewiseError as error:
        return "refused" if parts[2][:6] in str(error) or parts[1][:6] in str(error) else f"line not named: {error}"
    slope = (total(*given(1e-5)) - total(*given(-1e-5))) / 2e-5
    back = sum(np.sum(g * d) for g, d in zip(gradients, ALONG, strict=True))
    right = have == pytest.approx(want, rel=1e-14) and back == pytest.approx(slope, rel=1e-6, abs=1e-6)
    return "right" if right and ahead == pytest.approx(back, rel=1e-12) else f"{have} not {want}, {back} not {slope}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("made", MADE)
def test_what_is_written_into_an_array_without_axes_is_seen(made: str) -> None:
    place = MADE.index(made)
    pairs = itertools.islice(itertools.product(LOOKED_AT, WRITTEN), place % 7, None, 7)
    found = {pair: outcome(made, *pair) for pair in pairs}
    assert {pair: said for pair, said in found.items() if said not in ("right", "refused", "NumPy refuses")} == {}
    assert sum(said == "right" for said in found.values()) >= 30


@pytest.mark.filterwarnings("ignore")
def test_printed_code_writes_into_arrays_without_axes() -> None:
    held = 0
    made = [text for text in MADE if "captured" not in text]  # what is captured is an argument of printed code
    for parts in itertools.islice(itertools.product(made, LOOKED_AT, WRITTEN), 0, None, 101):
        _, total = functions(*parts)
        try:
            want = total(*given()), *gw.grad(total, (0, 1, 2))(*given())
        except Exception:  # of NumPy's or ours: what is above looks at them
            continue
        names: dict[str, Any] = {}
        exec(gw.circuit(total, *given()).code(), names)
        value, gradients = names["total_and_gradients"](*given())
        for one, other in zip((value, *gradients), want, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)
        held += 1
    assert held > 60


@pytest.mark.parametrize("index", [True, np.True_, (True,), (..., True)])
def test_true_as_an_index_reaches_views(index: Any) -> None:
    def f(x: Any) -> Any:
        view = x[1:]
        x[index] = x[0] ** 2
        return np.sum(view * np.arange(1.0, 4.0))

    x = np.array([0.7, 1.3, 0.4, 0.9])
    value, gradient = gw.value_and_grad(f)(x)
    assert value == f(x.copy())
    np.testing.assert_allclose(gradient, [6 * 2 * 0.7, 0, 0, 0], rtol=1e-14)


def test_second_order_through_what_was_written_into_a_number() -> None:
    def f(x: Any) -> Any:
        p = np.where(x > 1.74, np.sin(x), x)
        row = np.stack([x, p, 1.0])
        np.copyto(p, 1.95)
        return np.sum(1 / np.copysign(p, row)) + np.sum(np.sin(row))

    x = 1.904
    want = -np.sin(x) - np.cos(np.sin(x)) * np.sin(x) - np.sin(np.sin(x)) * np.cos(x) ** 2
    assert gw.grad(gw.grad(f))(x) == pytest.approx(want, rel=1e-12)
    assert gw.hvp(f, (x,), (1.0,)) == pytest.approx(want, rel=1e-12)
