"""The verdict on cases where other checkers go wrong, and the page that is printed."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw

EXACTLY = [
    # (name, f, x, gradient, the verdicts that are right)
    ("a zero gradient for 1e-7 x^2", lambda x: 1e-7 * x**2, 3.0, 0.0, {"wrong"}),
    ("0.09 % off", lambda x: x**2, 3.0, 6.0 * 1.0009, {"wrong"}),
    ("x^2 at 1e8", lambda x: x**2, 1e8, 2e8, {"right"}),
    ("sin at 1e6", np.sin, 1e6, np.cos(1e6), {"right"}),
    ("relu at 0, slope 0", lambda x: np.maximum(x, 0), 0.0, 0.0, {"kink", "right"}),
    ("relu at 0, slope 1", lambda x: np.maximum(x, 0), 0.0, 1.0, {"kink", "right"}),
    ("relu at 1e-7", lambda x: np.maximum(x, 0), 1e-7, 1.0, {"kink", "right"}),
    ("log at 1e-7", np.log, 1e-7, 1e7, {"right"}),
    ("0 against 0", lambda x: 0.0 * x + 5.0, 2.0, 0.0, {"right"}),
    ("float32 sin", lambda x: np.sin(np.float32(x)), 1.0, np.cos(1.0), {"right", "undecidable"}),
    ("float32 sin of a float32", np.sin, np.float32(1.0), np.cos(np.float32(1.0)), {"right", "undecidable"}),
]


@pytest.mark.parametrize(("name", "f", "x", "gradient", "allowed"), EXACTLY, ids=[case[0] for case in EXACTLY])
@pytest.mark.parametrize("hidden", [False, True], ids=["recorded", "black box"])
def test_these_exactly(name, f, x, gradient, allowed, hidden):
    g = black_box(f) if hidden else f
    report = gw.check(g, x, gradient=gradient)
    assert report.verdict in allowed, report
    assert bool(report) is (report.verdict in ("right", "kink"))


def black_box(f):
    """The same function, which cannot be recorded: it reads its arguments as plain numbers."""

    def hidden(*args):
        return f(*(np.array(x)[()] if isinstance(x, np.ndarray | np.floating) else float(x) for x in args))

    return hidden


AWKWARD = [
    # (name, f, x, gradient, the verdicts that are right)
    ("x|x| at 0", lambda x: np.where(x > 0, x**2, -(x**2)), 0.0, 0.0, {"right"}),
    ("x|x| at 0, wrong", lambda x: np.where(x > 0, x**2, -(x**2)), 0.0, 1e-3, {"wrong"}),
    ("x + x|x| at 0", lambda x: x + x * np.abs(x), 0.0, 1.0, {"right"}),
    ("a jump at 0", lambda x: np.where(x > 0, 1.0, 0.0) + x, 0.0, 1.0, {"undecidable"}),
    ("beside a jump", lambda x: np.where(x > 0, 1.0, 0.0) + x, 0.3, 1.0, {"right"}),
    ("a cube root at 0", lambda x: np.cbrt(x), 0.0, 0.0, {"undecidable"}),
    ("a square root at 0", lambda x: np.sqrt(x), 0.0, np.inf, {"undecidable"}),
    ("a square root at 0, slope 0", lambda x: np.sqrt(np.abs(x)), 0.0, 0.0, {"undecidable", "kink"}),
    ("abs at 0, slope 0.3", np.abs, 0.0, 0.3, {"kink"}),
    ("x^2 at 0", lambda x: x * x, 0.0, 0.0, {"right"}),
    ("x^3 at 0", lambda x: x**3, 0.0, 0.0, {"right"}),
    ("x^2 at 0, wrong", lambda x: x * x, 0.0, 1e-6, {"wrong"}),
    ("x^2 + 1e-10 x at 0, slope 0", lambda x: x * x + 1e-10 * x, 0.0, 0.0, {"wrong"}),
    ("1 + 1e-7 x^2, slope 0", lambda x: 1 + 1e-7 * x**2, 3.0, 0.0, {"wrong"}),
    ("1e8 + 1e-7 x^2, slope 0", lambda x: 1e8 + 1e-7 * x**2, 3.0, 0.0, {"wrong", "undecidable"}),
    (
        "exp - 1 - x at 2e-12, slope 0",
        lambda x: np.exp(x) - 1 - x,
        1.9645586156712443e-12,
        0.0,
        {"wrong", "undecidable"},
    ),
    ("sin(1/x) at 1e-5", lambda x: np.sin(1 / x), 1e-5, -1e10 * np.cos(1e5), {"right"}),
    ("sin(1/x) at 1e-5, off by 0.1 %", lambda x: np.sin(1 / x), 1e-5, -1.001e10 * np.cos(1e5), {"wrong"}),
    ("tie of two", lambda x: np.max(np.array([x, x]) if type(x) is float else np.stack([x, x])), 2.0, 1.0, {"right"}),
]


@pytest.mark.parametrize(("name", "f", "x", "gradient", "allowed"), AWKWARD, ids=[case[0] for case in AWKWARD])
def test_awkward_places(name, f, x, gradient, allowed):
    report = gw.check(f, x, gradient=gradient)
    assert report.verdict in allowed, report
