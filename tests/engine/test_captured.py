"""Arrays and names that a function finds around it, and that more than it refers to: right or loud, never silent."""

from __future__ import annotations

import gc
import linecache
import types
import weakref
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import AssignmentError, GatewiseError

AROUND = """
import functools
import numpy as np
h, other, state = np.zeros(3), np.arange(6.0).reshape(2, 3), 1.0
bufs, inner, back = [h], h[1:], h[::-1]
class Box:
    table = h
    def __init__(self, x): self.x = x
    def first(self): return h[0]
    def now(self): return state
def read(): return h[0]
def calls(): return read()
def read_state(): return state
box, ops, part = Box(h), {"read": [read], "calls": calls, "state": read_state}, functools.partial(read)
own, mine = np.zeros(3), np.zeros(4)
def read_mine(): return mine[0]
ops["mine"] = read_mine
def made():
    k = np.zeros(3)
    v = k[::-1]
    def g(t):
        k[0] = 3.0
        return v[-1] * t
    return g
"""

#: The lines of a function of t; what it writes without a gradient is seen under every name.
RIGHT = {
    "plain values, in a list": "h[0] = 2.0; return bufs[0][0] * t",
    "plain values, in an attribute": "h[0] = 2.0; return box.x[0] * t",
    "plain values, in a class": "h[:2] = [2.0, 1.0]; return Box.table[0] * t",
    "plain values, by a function out of sight": "h[0] = 2.0; return ops['read'][0]() * t",
    "plain values, added": "a = h; a += 1.5; return bufs[0][2] * t",
    "plain values, by out=": "np.add(h, 2.0, out=h); return bufs[0][1] * t",
    "plain values, through a view made there": "h[1:][::-1][0] = 4.0; return bufs[0][2] * t",
    "what was computed from them": "y = np.exp(h); h[0] = 2.0; return np.sum(y * bufs[0]) * t",
    "its own": "own[0] = t; own[1] = 5.0; own[2] = own[0] * own[1]; return own.sum() * t",
    "its own, in a shape": "other[0, 1] = t; return (other[0] * t).sum()",
    "a copy of one that is shared": "u = h.copy(); u[0] = t; u += t; return (u * u).sum() + bufs[0].sum()",
    "seen by a class in sight": "own[0] = t; return Box(own).x[0] * t",
}
LOUD = {
    "a view beside it": "h[0] = t; return inner.sum() + h[0] * t",
    "a list": "h[0] = t; return bufs[0][0] * t",
    "an attribute": "np.add(h, 0.0, out=h); h[0] = t; return box.x[0] * t",
    "plain values, through a view": "inner[0] = 5.0; return h[1] * t",
    "plain values, through a list": "bufs[0][0] = 5.0; return h[0] * t",
    "plain values, through an attribute": "box.x[1] = 5.0; return h[1] * np.exp(t)",
    "plain values, seen by a view": "h[1] = 2.0; return inner[0] * t",
    "a function out of sight": "mine[0] = t; return ops['mine']() * t",
    "a global name that is bound": "global state; state = np.exp(t); return ops['state']() * t",
    "a global name that a method reads": "global state; state = np.exp(t); return box.now() * t",
}


def module(lines: str = "", around: str = AROUND) -> Any:
    """A module with these arrays, and a function of t with these lines."""
    made = types.ModuleType("users")
    text = f"{around}\ndef f(t):\n    " + lines.replace("; ", "\n    ") + "\n" if lines else around
    linecache.cache["users.py"] = (len(text), None, text.splitlines(keepends=True), "users.py")
    exec(compile(text, "users.py", "exec"), vars(made))
    return made


def slope(lines: str) -> float:
    return float(module(lines).f(1.5 + 1e-6) - module(lines).f(1.5 - 1e-6)) / 2e-6


@pytest.mark.parametrize("lines", RIGHT.values(), ids=RIGHT)
def test_what_a_function_writes_is_there_under_every_name(lines: str) -> None:
    ours, plain = module(lines), module(lines)
    for _ in range(2):  # the second call finds what the first one left
        value, g = gw.value_and_grad(ours.f)(1.5)
        assert value == pytest.approx(float(plain.f(1.5)), rel=1e-14)
        for name in ("h", "own", "other"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(plain, name))
            assert type(getattr(ours, name)) is np.ndarray
        if _ == 0:
            assert g == pytest.approx(slope(lines), rel=1e-6)
    assert gw.circuit(module(lines).f, t=1.5)["t"].gradient == pytest.approx(slope(lines), rel=1e-6)


@pytest.mark.parametrize("lines", LOUD.values(), ids=LOUD)
def test_a_gradient_that_another_name_would_lose_is_refused(lines: str) -> None:
    with pytest.raises(AssignmentError):
        gw.grad(module(lines).f)(1.5)
    with pytest.raises(AssignmentError):
        gw.circuit(module(lines).f, t=1.5)


def test_views_in_a_closure_are_loud() -> None:
    with pytest.raises(AssignmentError, match="under another name"):
        gw.grad(module().made())(1.5)


def test_the_message_says_which_and_why() -> None:
    with pytest.raises(AssignmentError, match=r"(?s)t was to be written into h \(3,\).*h\[0\] = t|stands elsewhere"):
        gw.grad(module(LOUD["a list"]).f)(1.5)
    with pytest.raises(AssignmentError, match=r"h \(3,\) was changed under another name"):
        gw.grad(module(LOUD["plain values, through a list"]).f)(1.5)
    with pytest.raises(AssignmentError, match=r"state was bound, and Box\.now reads it"):
        gw.grad(module(LOUD["a global name that a method reads"]).f)(1.5)


def test_a_caller_may_hold_what_it_gives_to_a_closure() -> None:
    def made(b: Any) -> Any:
        def f(t: Any) -> Any:
            b[0] = t
            return b[0] * t

        return f

    buffer = np.zeros(3)
    for _ in range(3):
        assert gw.grad(made(buffer))(3.0) == 6.0
        assert buffer[0] == 3.0
        assert gw.grad(gw.grad(made(buffer)))(3.0) == 2.0


def test_nothing_is_kept_when_the_call_is_over() -> None:
    ours = module("own[0] = t; return own.sum() * t")
    gc.disable()
    try:
        gw.grad(ours.f)(1.5)
        gone = weakref.ref(ours.own)
        del ours.own
        assert gone() is None
    finally:
        gc.enable()


def test_an_error_leaves_what_was_written_before_it() -> None:
    ours = module("h[0] = 2.0; own[1] = t; return own[7]")
    with pytest.raises(IndexError):
        gw.grad(ours.f)(1.5)
    assert ours.h[0] == 2.0
    assert ours.own[1] == 1.5


def test_what_a_traceback_keeps_of_an_earlier_call_does_not_count() -> None:
    ours = module(LOUD["a list"])
    try:
        gw.grad(ours.f)(1.5)
    except AssignmentError as error:
        kept = error
    exec("def g(t):\n    own[0] = t\n    return own.sum() * t", vars(ours))
    assert kept.__traceback__ is not None
    assert gw.grad(ours.g)(1.5) == 3.0


KEEPER = """
import numpy as np
class Keeper:
    def __init__(self, n): self.u0 = np.arange(n) + 1.0
    def {method}
keeper = Keeper(3)
f = keeper.run
"""
COPIES = ("np.copy(self.u0)", "np.array(self.u0)", "np.zeros_like(self.u0)", "np.array(np.exp(self.u0))")


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_an_array_that_an_object_keeps_may_be_written_into(copy: str) -> None:
    ours = module(around=KEEPER.replace("{method}", f"run(self, t): u = {copy}; u[0] = t; return (u * u).sum()"))
    assert gw.grad(ours.f)(3.0) == 6.0
    np.testing.assert_array_equal(ours.keeper.u0, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("lines", "cure"),
    [
        (
            "self.u0[0] = t; return np.sum(self.u0)",
            r"an object that keeps such arrays is made in the function, Keeper\(\.\.\.\)",
        ),
        ("u = np.exp(self.u0); u[0] = t; return u.sum()", "np.array(x) in the function"),
        ("u = self.u0.copy(); u[0] = t; return u.sum()", r"make the object there, Keeper\(\.\.\.\), or np"),
        (
            "self.u0 += t; return np.sum(self.u0)",
            r"self\.u0 = self\.u0 \+ \.\.\., a new array\. Or the object is made in the function, Keeper\(\.\.\.\)",
        ),
        (
            "self.u0[:2] += np.stack([t, t]); return np.sum(self.u0)",
            r"self\.u0\[:2\] \+= \.\.\. of a copy that the function made, np\.array\(self\.u0\)",
        ),
    ],
)
def test_an_array_that_an_object_keeps_is_not_written_into_and_the_error_says_what_to_write(
    lines: str, cure: str
) -> None:
    body = "run(self, t):\n        " + lines.replace("; ", "\n        ")
    ours = module(around=KEEPER.replace("{method}", body))
    with pytest.raises(GatewiseError, match=cure.replace("(x)", r"\(x\)")):
        gw.grad(ours.f)(3.0)
    np.testing.assert_array_equal(ours.keeper.u0, [1.0, 2.0, 3.0])
