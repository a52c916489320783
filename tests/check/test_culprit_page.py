"""What a mistake tells: line, text, variable, values, cure; layers, lines that raise, shared arrays."""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

from check.rightly import function_of
from gatewise._check.culprit import culprits, culprits_of_pair, culprits_of_script
from gatewise._check.diagnosis import KINDS

LAYERS = """\
def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache

def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db

def norm_forward(x, gamma, beta):
    xmu = x - x.mean(axis=0)
    std = np.sqrt(np.mean(xmu ** 2, axis=0) + 1e-5)
    xhat = xmu / std
    out = gamma * xhat + beta
    return out, {'xhat': xhat, 'std': std, 'gamma': gamma}

def norm_backward(dout, cache):
    xhat, std, gamma = cache['xhat'], cache['std'], cache['gamma']
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / (N * std)
    return dx, dgamma, dbeta
"""


def module_of(source: str) -> dict[str, Any]:
    filename = f"<module {hash(source)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"np": np}
    exec(compile(source, filename, "exec"), names)
    return names


def of_layers(source: str) -> list[tuple[int, str]]:
    rng, names = np.random.default_rng(0), module_of(source)
    affine = names["affine_forward"], names["affine_backward"]
    norm = names["norm_forward"], names["norm_backward"]
    found = culprits_of_pair(*affine, (rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)))
    found += culprits_of_pair(*norm, (rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=6)))
    return [(m.line, m.kind) for m in found]


def test_layers_in_two_functions():
    assert of_layers(LAYERS) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line", "kind"),
    [
        ("dout.dot(w.T)", "dout.dot(w.T * 2)", 8, "factor"),
        ("T.dot(dout)", "T.dot(-dout)", 9, "sign"),
        ("db = np.sum(dout, axis=0)", "db = dout", 10, "broadcast"),
        ("dout.sum(axis=0)", "dout.mean(axis=0)", 23, "factor"),
        ("(dout * xhat)", "dout", 24, "local"),
        ("dout * gamma", "dout / gamma", 25, "local"),
        ("- xhat * (dxhat", "+ xhat * (dxhat", 26, "sign"),
        ("/ (N * std)", "/ std", 26, "factor"),
    ],
)
def test_mistakes_in_layers(right, wrong, line, kind):
    assert right in LAYERS
    assert of_layers(LAYERS.replace(right, wrong)) == [(line, kind)]


TWO = """\
def two(X, W, b, T):
    out = X @ W + b  # scores
    r = out - T
    loss = np.sum(r ** 2)
    dout = r  # no 2
    dW = X.T @ dout
    db = dout.sum(axis=0)
    dX = dout @ W
    return loss, dX, dW, db
"""


def given() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(3, 3)), "W": rng.normal(size=(3, 3)), "b": np.ones(3), "T": rng.normal(size=(3, 3))}


def test_a_mistake_quotes_the_line_with_both_values():
    x = given()
    first, second = culprits(function_of(TWO), (), x)
    r = x["X"] @ x["W"] + x["b"] - x["T"]
    assert (first.line, first.text, first.variable, first.kind) == (5, "dout = r  # no 2", "dout", "factor")
    np.testing.assert_allclose(first.gave, r, rtol=1e-12)
    np.testing.assert_allclose(first.should, 2 * r, rtol=1e-12)
    assert first.cure == "It is off by a constant factor, 2: a factor 2 is missing. Write  dout = 2 * r"
    # The later line is judged by the student's own dout, as a teacher marks.
    assert (second.line, second.variable, second.kind) == (8, "dX", "transposed")
    np.testing.assert_allclose(second.should, r @ x["W"].T, rtol=1e-12)
    assert second.cure.endswith("Write  dX = dout @ W.T")


def test_the_values_are_those_of_the_whole_line():
    source = """\
def f(x, y):
    p = x * y
    f = p * p + 3 * x
    dp = 2 * p
    dx = y * dp + 2
    dy = x * dp
    return f, dx, dy
"""
    (mistake,) = culprits(function_of(source), (2.0, 5.0))
    assert (mistake.line, mistake.gave, mistake.should) == (5, 102.0, 103.0)


def test_an_upstream_gradient_handed_on_as_it_is():
    source = """\
def f(a, b):
    na = np.sqrt(np.sum(a * a))
    f = na * np.sum(b)
    dna = np.sum(b)
    da = dna
    return f, da
"""
    (mistake,) = culprits(function_of(source), (np.array([1.0, 2.0]), np.array([3.0, 0.5])))
    assert (mistake.line, mistake.kind) == (5, "local")
    assert "it hands on dna as it is" in mistake.cure


def test_every_kind_is_a_word_of_the_list():
    for m in culprits(function_of(TWO), (), given()):
        assert m.kind in KINDS


def test_statements_over_several_lines_and_entries_of_a_dict():
    source = """\
def long(X, W, b, T):
    out = (X @ W
           + b)
    r = out - T
    loss = np.sum(r ** 2)
    dout = np.zeros_like(
        out)
    dout += np.multiply(
        2 * r,
        1.0)
    if len(X) > 100: dout += 1
    return loss, {
        'X': dout @ W.T,
        'W': (X @
              dout),
        'b': np.sum(dout, axis=1),
    }
"""
    found = culprits(function_of(source), (), given())
    assert [(m.line, m.variable, m.kind) for m in found] == [(14, "['W']", "transposed"), (16, "['b']", "broadcast")]
    assert found[0].cure.endswith("Write  'W': X.T @ dout")


def test_a_line_that_raises():
    """Shapes that do not fit: what comes after does not run, and is not called wrong."""
    source = (
        TWO.replace("dout = r  # no 2", "dout = 2 * r").replace("X.T @ dout", "X @ dout").replace("@ W\n", "@ W.T\n")
    )
    rng = np.random.default_rng(0)
    x = {"X": rng.normal(size=(5, 3)), "W": rng.normal(size=(3, 2)), "b": np.ones(2), "T": rng.normal(size=(5, 2))}
    (mistake,) = culprits(function_of(source), (), x)
    assert (mistake.line, mistake.kind, mistake.gave) == (6, "transposed", None)
    assert mistake.cure.endswith("Write  dW = X.T @ dout")


def test_an_error_in_the_forward_pass_is_the_users():
    with pytest.raises(ZeroDivisionError):
        culprits(function_of("def f(x):\n    f = x / 0\n    dx = 1\n    return f, dx\n"), (3.0,))


def test_two_names_for_one_array():
    """dy is dx: what is added to dx later is added to dy too."""
    source = """\
def shared(x, y):
    s = x + y
    f = np.sum(s * s + np.sin(x))
    ds = 2 * s
    dx = ds
    dy = dx
    dx += np.cos(x)
    return f, dx, dy
"""
    x = np.array([0.3, 0.8])
    found = culprits(function_of(source), (x, x + 1))
    assert [m.line for m in found] == [6]
    assert "one array for dy and dx: line 7 changes both" in found[0].cure
    assert found[0].cure.endswith("Write  dy = dx.copy()")


def test_what_has_no_backward_pass_has_no_culprit():
    assert culprits(np.sin, (3.0,)) == []
    assert culprits(lambda x: x**2, (3.0,)) == []
    assert culprits(function_of("def f(x):\n    y = x * x\n    return y\n"), (3.0,)) == []


def test_float32_has_room_for_its_rounding():
    x = {k: v.astype(np.float32) for k, v in given().items()}
    right = TWO.replace("dout = r ", "dout = 2 * r ").replace("dout @ W\n", "dout @ W.T\n")
    assert culprits(function_of(right), (), x) == []
    assert [m.line for m in culprits(function_of(TWO), (), x)] == [5, 8]


def test_scripts():
    source = "x = 3; y = -4\nq = x * y\nf = q + x\ndq = 1.0\ndx = y * dq\ndy = x * dq\n"
    (mistake,) = culprits_of_script("homework.py", source)
    assert (mistake.line, mistake.text, mistake.kind) == (5, "dx = y * dq", "fork")


def only(source: str, *args):
    (mistake,) = culprits(function_of(source), args)
    return mistake


def test_a_repair_of_a_part_is_no_repair():
    """2*a*x is right and 3.0 should be 2.0: no line is told that would not give the whole."""
    source = """\
def f(x, a):
    u = a*x + 2.0
    f = u*x + 3.0
    da = x**2
    dx = 2*a*x + 3.0
    return f, (dx, da)
"""
    mistake = only(source, 1.5, 0.7)
    assert (mistake.line, mistake.kind) == (5, "other")
    assert mistake.should == pytest.approx(4.1)
    assert "Write" not in mistake.cure


LARGER = """\
def f(a, b):
    m = max(a, b)
    f = m * m
    dm = 2 * m
    da = dm
    db = dm
    return f, (da, db)
"""


def test_the_gradient_of_what_was_not_taken():
    mistake = only(LARGER, 1.0, 2.0)
    assert (mistake.line, mistake.gave, mistake.should) == (5, 4.0, 0.0)
    assert "`m = max(a, b)` (line 2) did not take a" in mistake.cure
    assert only(LARGER, 2.0, 1.0).line == 6
    right = LARGER.replace("da = dm", "da = dm * (a > b)").replace("db = dm", "db = dm * (b > a)")
    assert culprits(function_of(right), (1.0, 2.0)) == []
    (turned,) = culprits(function_of(right.replace("a > b", "a < b")), (1.0, 2.0))
    assert turned.cure.endswith("Write  da = dm * (a > b)")
    script = "a = 1.0\nb = 2.0\nm = max(a, b)\nf = m * m\ndm = 2 * m\nda = dm\ndb = dm\n"
    assert [m.line for m in culprits_of_script("homework.py", script)] == [6]


def test_what_is_not_recorded_is_not_called_still():
    """item() loses the circuit, and yet f moves along a."""
    source = """\
def f(a, b):
    m = a.item() + b
    f = m * m
    dm = 2 * m
    da = dm
    db = dm
    return f, (da, db)
"""
    assert culprits(function_of(source), (np.float64(1.0), 2.0)) == []


CONVOLVED = """\
def f(x, w):
    y = np.zeros(4)
    for i in range(4):
        y[i] = np.sum(x[i:i + 3] * w)
    L = 0.5 * np.sum(y**2)
    dy = y
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for i in range(4):
        dx[i:i + 3] += dy[i] * w[::-1]
        dw += dy[i] * x[i:i + 3]
    return L, (dx, dw)
"""


def test_a_number_in_a_subscript_has_no_sign_that_is_wrong():
    rng = np.random.default_rng(0)
    mistake = only(CONVOLVED, rng.normal(size=6), rng.normal(size=3))
    assert (mistake.line, mistake.kind) == (10, "stale")
    assert mistake.cure.endswith("Write  dx[i:i + 3] += dy[i] * w")


def test_a_mean_over_rows_that_should_be_over_all():
    source = """\
def f(X, W):
    s = X @ W
    L = np.mean(s**2)
    ds = 2 * s / s.shape[0]
    return L, (ds @ W.T, X.T @ ds)
"""
    rng = np.random.default_rng(0)
    mistake = only(source, rng.normal(size=(4, 3)), rng.normal(size=(3, 2)))
    assert mistake.kind == "factor"
    assert mistake.cure.endswith("s.shape[0] where s.size belongs. Write  ds = 2 * s / s.size")


def test_a_sign_is_no_swap_of_what_stands_so_in_the_forward_pass():
    source = """\
def f(mu, sigma):
    r = (3.0 - mu) / sigma
    s = sigma - mu
    L = r * s
    dr = s
    ds = r
    dsigma = dr * (3.0 - mu) / sigma**2 + ds
    dmu = -dr / sigma - ds
    return L, (dmu, dsigma)
"""
    mistake = only(source, 0.5, 1.5)
    assert (mistake.line, mistake.kind) == (7, "sign")


def test_a_missing_use_is_named():
    source = """\
def f(x):
    y = x * x
    z = np.sin(x)
    f = y * z
    dy = z
    dz = y
    dx = 2 * x * dy
    return f, dx
"""
    mistake = only(source, 2.0)
    assert (mistake.line, mistake.kind) == (7, "fork")
    assert "the contribution of `z = np.sin(x)` (line 3) is missing" in mistake.cure


def test_what_no_known_mistake_explains_says_where_to_look():
    source = "def f(x, k):\n    f = x**k\n    dx = k * x**(k - 1)\n    dk = x**k + 1\n    return f, (dx, dk)\n"
    mistake = only(source, 2.0, 3.0)
    assert (mistake.line, mistake.kind) == (4, "other")
    assert "check the derivative of `f = x**k` (line 2) along k" in mistake.cure
