"""What is written as a cure makes the gradient right wherever the program runs, and is what one would write."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

import gatewise as gw
from check.mutants import mutants_of
from check.rightly import PROGRAMS, function_of
from check.test_culprit import arrays_in, equal, inputs_for
from gatewise._check.culprit import Mistake, culprits, culprits_of_pair
from gatewise._check.diagnosis import KINDS
from gatewise._check.rows import ROWS
from gatewise._check.trees import VanishedError, expression_of, simplified, text_of

WRITE = re.compile(r" Write( after it)?  (.+)\Z", re.DOTALL)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def with_cure(source: str, mistake: Mistake) -> str | None:
    """The source with the line that a cure says in the place of the wrong one, or after it."""
    if (cure := WRITE.search(mistake.cure)) is None:
        return None
    lines = source.splitlines()
    old = lines[mistake.line - 1]
    new = old[: len(old) - len(old.lstrip())] + cure[2]
    lines[mistake.line - 1] = f"{old}\n{new}" if cure[1] else new
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_every_cure_gives_the_gradients_of_the_right_program_at_fresh_inputs(program, counted):
    whole = list(mutants_of(program.source, program.first, program.alike))
    cures, misses = 0, []
    for k in rng().choice(len(whole), 10, replace=False):
        mutant = whole[k]
        if (given := inputs_for(program, mutant)) is None:
            continue
        for mistake in culprits(function_of(mutant.source), (), given):
            text = with_cure(mutant.source, mistake)
            for seed in (11, 12) if text is not None else ():
                fresh = program.given(np.random.default_rng(seed), True)
                cures += 1
                if not equal(arrays_in(function_of(text)(**fresh)), arrays_in(function_of(program.source)(**fresh))):
                    misses.append((mutant.text, mistake.cure))
    counted("cures written for planted mistakes, tried at fresh inputs", cures=cures)
    assert not misses
    assert cures >= 8


def only(source: str, *args) -> Mistake:
    (mistake,) = culprits(function_of(source), args)
    return mistake


def of_pair(source: str, *args) -> Mistake:
    names = function_of(source).__globals__
    (mistake,) = culprits_of_pair(names["forward"], names["backward"], args)
    return mistake


# ----------------------------------------------------------------------------------------------- one penalty of the two

RIDGE = """\
def ridge(W, X, t, reg):
    r = X @ W - t
    loss = np.sum(r**2) {in_loss}
    dr = 2 * r
    dW = X.T @ dr
    {in_gradient}
    return loss, dW
"""
SLOPES = (rng().normal(size=(3, 2)), rng().normal(size=(5, 3)), rng().normal(size=(5, 2)))


@pytest.mark.parametrize("reg", [5e-6, 5e-3, 0.3])
@pytest.mark.parametrize("line", ["dW += 2 * reg * W", "dW += reg * W", "dW += reg * np.sign(W)"])
def test_a_penalty_in_the_gradient_alone(line, reg):
    mistake = only(RIDGE.format(in_loss="", in_gradient=line), *SLOPES, reg)
    assert (mistake.line, mistake.kind) == (6, "regularisation")
    assert "Write" not in mistake.cure
    assert "stands in the gradient" in mistake.cure


@pytest.mark.parametrize(
    ("penalty", "cure"),
    [
        ("+ reg * np.sum(W * W)", "2 * reg * W"),
        ("+ 0.5 * reg * np.sum(W**2)", "reg * W"),
        ("+ reg * np.sum(np.abs(W))", "reg * np.sign(W)"),
        ("+ 0.01 * np.sum(W**2)", "0.02 * W"),
    ],
)
def test_a_penalty_in_the_loss_alone(penalty, cure):
    mistake = only(RIDGE.format(in_loss=penalty, in_gradient="pass"), *SLOPES, 0.3)
    assert (mistake.line, mistake.kind) == (5, "regularisation")
    assert mistake.cure.endswith(f"Write  dW = X.T @ dr + {cure}")


def test_a_term_that_is_no_part_of_the_gradient():
    source = RIDGE.format(in_loss="", in_gradient="dW += X.T @ t")
    mistake = only(source, *SLOPES, 0.3)
    assert (mistake.line, mistake.kind) == (6, "fork")
    assert "`X.T @ t` is no part of it" in mistake.cure


# -------------------------------------------------------------------------------------------- small numbers left out

SOFTMAX = """\
def loss(s):
    e = np.exp(s - np.max(s))
    p = e / np.sum(e)
    value = {value}
    {dp}
    return value, ds
"""
SCORES = np.array([4.0, -3.0, 1.0])


@pytest.mark.parametrize(
    ("value", "said"),
    [("-np.log(p[1] + 1e-7)", "1e-07"), ("-np.log(1e-9 + p[1])", "1e-09"), ("-np.sum(np.log(p + 1e-6)[1])", "1e-06")],
)
def test_a_small_number_in_the_log_that_the_gradient_leaves_out(value, said):
    mistake = only(SOFTMAX.format(value=value, dp="ds = p.copy()\n    ds[1] -= 1"), SCORES - [0, 12, 0])
    assert mistake.kind == "eps"
    assert f"leaves out the {said} of `value = {value}` (line 4)" in mistake.cure


def test_a_small_number_that_one_line_leaves_out_is_written_there():
    source = """\
def f(x, g):
    n = np.sqrt(np.sum(x * x) + 1e-4)
    m = np.sum(x) / (n + 1e-3)
    f = m * g
    dm = g
    dn = -np.sum(x) / n**2 * dm
    dx = np.full_like(x, dm / (n + 1e-3)) + x / n * dn
    return f, dx
"""
    mistake = only(source, np.array([0.02, 0.05]), 2.0)
    assert (mistake.line, mistake.kind) == (6, "local")
    assert mistake.cure.endswith("Write  dn = -np.sum(x) / (n + 0.001) ** 2 * dm")


def test_the_page_names_a_small_number_of_a_layer():
    source = """\
def forward(x):
    out = np.log(x + 1e-4)
    return out, x

def backward(dout, cache):
    x = cache
    dx = dout / x
    return dx
"""
    mistake = of_pair(source, np.array([0.01, 0.5, 2.0]))
    assert mistake.line == 7
    assert "0.0001" in mistake.cure


# ------------------------------------------------------------------------------------------------------------ shapes

LAYER = """\
def forward(x, W, b):
    flat = x.reshape(x.shape[0], -1)
    out = flat @ W + b
    return out, (x, W, b)

def backward(dout, cache):
    x, W, b = cache
    flat = x.reshape(x.shape[0], -1)
    dW = {dW}
    db = {db}
    dx = {dx}
    return dx, dW, db
"""
RIGHT = {"dW": "flat.T @ dout", "db": "dout.sum(axis=0)", "dx": "(dout @ W.T).reshape(x.shape)"}


@pytest.mark.parametrize(
    ("wrong", "kind", "cure"),
    [
        ({"db": "dout.sum(axis=0, keepdims=True)"}, "shape", "db = dout.sum(axis=0)"),
        ({"db": "np.sum(dout, axis=0, keepdims=True)"}, "shape", "db = np.sum(dout, axis=0)"),
        ({"db": "np.ones((1, len(dout))) @ dout"}, "shape", "db = (np.ones((1, len(dout))) @ dout).reshape(b.shape)"),
        ({"dx": "dout @ W.T"}, "shape", "dx = (dout @ W.T).reshape(x.shape)"),
        ({"dx": "dout.dot(W.T)"}, "shape", "dx = dout.dot(W.T).reshape(x.shape)"),
        ({"db": "dout.sum(axis=1)"}, "broadcast", "db = np.sum(dout, axis=0)"),
        ({"db": "np.sum(dout)"}, "broadcast", "db = np.sum(dout, axis=0)"),
        ({"db": "dout"}, "broadcast", "db = np.sum(dout, axis=0)"),
    ],
)
def test_shapes_and_axes(wrong, kind, cure):
    source = LAYER.format(**{**RIGHT, **wrong})
    mistake = of_pair(source, rng().normal(size=(4, 2, 3)), rng().normal(size=(6, 5)), rng().normal(size=5))
    assert mistake.kind == kind
    assert mistake.cure.endswith(f"Write  {cure}")


def test_right_shapes_that_are_put_right_at_the_end():
    source = LAYER.format(**{**RIGHT, "db": "dout.sum(axis=0, keepdims=True)"}).replace("dW, db", "dW, db.ravel()")
    names = function_of(source).__globals__
    args = (rng().normal(size=(4, 2, 3)), rng().normal(size=(6, 5)), rng().normal(size=5))
    assert culprits_of_pair(names["forward"], names["backward"], args) == []


# ------------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("right", "wrong", "cure"),
    [
        ("n - 1", "n", "dd = 2 * d / (n - 1)"),
        ("n", "(n - 1)", "dd = 2 * d / n"),
        ("len(x) - 1", "len(x)", "dd = 2 * d / (len(x) - 1)"),
    ],
)
def test_one_more_or_less(right, wrong, cure):
    source = f"""\
def f(x):
    n = x.size
    d = x**3
    f = np.sum(d**2) / ({right})
    dd = 2 * d / {wrong}
    dx = 3 * x**2 * dd
    return f, dx
"""
    mistake = only(source, np.array([0.3, -0.8, 1.4, 0.6, 2.0]))
    assert (mistake.line, mistake.kind) == (5, "factor")
    assert mistake.cure.endswith(f"Write  {cure}")


@pytest.mark.parametrize(
    "update", ["w2 -= 0.1 * dw2", "w2 += 0.5 * dw2", "w2 *= 0.9"], ids=["descent", "ascent", "decay"]
)
def test_a_value_that_was_changed_before_it_is_used(update):
    source = f"""\
def net(x, t, w1, w2):
    h = x @ w1
    y = h @ w2
    loss = np.sum((y - t)**2)
    dy = 2 * (y - t)
    dw2 = h.T @ dy
    {update}
    dh = dy @ w2.T
    dw1 = x.T @ dh
    return loss, (dw1, dw2)
"""
    shapes = ((4, 3), (4, 2), (3, 5), (5, 2))
    mistake = only(source, *(np.random.default_rng(1).normal(size=s) for s in shapes))
    assert (mistake.line, mistake.kind) == (8, "stale")
    assert "w2 after line 7 has changed it" in mistake.cure
    assert "Write" not in mistake.cure


def test_an_index_that_occurs_twice():
    source = """\
def f(E, v):
    rows = E[np.array([0, 2, 0])]
    f = np.sum(rows * v)
    drows = np.ones_like(rows) * v
    dE = np.zeros_like(E)
    dE[np.array([0, 2, 0])] += drows
    return f, dE
"""
    mistake = only(source, rng().normal(size=(4, 2)), np.array([2.0, -1.0]))
    assert mistake.cure.endswith("Write  np.add.at(dE, np.array([0, 2, 0]), drows)")


def test_an_index_that_occurs_twice_beside_slices():
    """What stands between brackets alone is no argument: np.s_ makes it one."""
    source = """\
def f(x, v):
    windows = x[:, np.array([0, 1, 1, 2])]
    f = np.sum(windows**2 * v)
    dwindows = 2 * windows * v
    dx = np.zeros_like(x)
    dx[:, np.array([0, 1, 1, 2])] += dwindows
    return f, dx
"""
    mistake = only(source, rng().normal(size=(2, 3)), rng().normal(size=4))
    assert mistake.cure.endswith("Write  np.add.at(dx, np.s_[:, np.array([0, 1, 1, 2])], dwindows)")


# ---------------------------------------------------------------------------------------------------- what is written


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("2 * (x / 2) / n", "x / n"),
        ("a.T.T @ b", "a @ b"),
        ("1 * np.dot(a, b)", "np.dot(a, b)"),
        ("(1 / m) * np.dot(a, b)", "np.dot(a, b) / m"),
        ("g - -h", "g + h"),
        ("-(-g)", "g"),
        ("x / s / s", "x / s ** 2"),
        ("k * b**2 / b", "k * b"),
        ("-2 * x / 2", "-x"),
        ("x / 2 / 2", "x / 4"),
        ("2 * x", "2 * x"),
        ("1 / x", "1 / x"),
    ],
)
def test_simplified(long, short):
    made = simplified(expression_of(long))
    assert text_of(made) == short
    names = {n: k + 1.5 for k, n in enumerate("xnmsgkh")} | {"a": np.eye(2) + 1, "b": np.ones((2, 2)), "np": np}
    np.testing.assert_allclose(*(eval(text, names) for text in (short, long)), rtol=1e-14)  # noqa: S307


def test_what_is_always_0_is_no_formula():
    with pytest.raises(VanishedError):
        simplified(expression_of("(1 * x - x) ** 2"))


def test_what_the_student_wrote_stays_as_it_is():
    own = expression_of("(1 / m) * np.dot(a, b)")
    changed = ast.BinOp(own, ast.Sub(), ast.UnaryOp(ast.USub(), expression_of("c")))
    assert text_of(simplified(changed, own)) == "1 / m * np.dot(a, b) + c"


def test_the_table_of_changes():
    """A change is a row: each has a kind of the list, a name of its own, and a place where it is tried."""
    assert {row.kind for row in ROWS} <= set(KINDS)
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.whole or row.parts for row in ROWS)


def test_no_cure_by_names_that_have_nothing_to_do_with_the_line():
    """With 24 numbers near the line some quotient of two is always what is missing."""
    source = """\
def f(x, a, b, c, d):
    u = x * a
    v = np.exp(b) + c
    w = v * d
    f = u + w
    du = 1.0
    dw = 1.0
    dv = dw * d
    dc = dv
    dx = {dx}
    return f, dx
"""
    mistake = only(source.format(dx="a * du + 3.7"), 0.7, 1.3, -0.4, 2.1, 0.9)
    assert "Write" not in mistake.cure or mistake.cure.endswith("dx = a * du")


def test_the_entry_that_differs_most():
    x = rng().normal(size=(3, 4))
    wrong = 2 * x
    wrong[1, 2] += 0.5
    wrong[0, 1] += 0.1
    given = np.where(np.arange(12).reshape(3, 4) == 6, 0.5, np.where(np.arange(12).reshape(3, 4) == 1, 0.1, 0))

    source = """\
def f(x, given):
    f = np.sum(x * x)
    dx = 2 * x + given
    return f, dx
"""
    report = gw.check(function_of(source), x, given, leave_out="given")
    (mistake,) = report.to_dict()["mistakes"]
    assert mistake["entry"]["index"] == [1, 2]
    assert mistake["entry"]["gave"] == pytest.approx(wrong[1, 2])
    assert mistake["entry"]["should"] == pytest.approx(2 * x[1, 2])
    assert "most at [1, 2]: gave" in str(report)
