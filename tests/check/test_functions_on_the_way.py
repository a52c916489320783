"""NumPy functions on the way to a wrong line: value and gradient through each, and the line that is named behind it."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from check.test_forms_people_have import module_of

CASES = {
    "append": [lambda f, a: f(a, a), lambda f, a: f(a, 2 * a, axis=1), lambda f, a: f(a, 1.5)],
    "array_split": [lambda f, a: f(a, 2)[1], lambda f, a: f(a, [1, 3], axis=1)[1]],
    "atleast_1d": [lambda f, a: f(a[0, 0])],
    "atleast_2d": [lambda f, a: f(a[0])],
    "atleast_3d": [lambda f, a: f(a)],
    "block": [lambda f, a: f([[a, a], [2 * a, a]])],
    "broadcast_arrays": [lambda f, a: f(a, a[0])[1]],
    "column_stack": [lambda f, a: f([a[0], a[1]]), lambda f, a: f((a, np.ones(3)))],
    "delete": [lambda f, a: f(a, 1, axis=1), lambda f, a: f(a, [0, 2], axis=0)],
    "diag": [lambda f, a: f(a[0]), lambda f, a: f(a), lambda f, a: f(a, 1)],
    "diagflat": [lambda f, a: f(a)],
    "diagonal": [lambda f, a: f(a)],
    "dsplit": [lambda f, a: f(np.reshape(a, (3, 2, 2)), 2)[0]],
    "dstack": [lambda f, a: f([a, a])],
    "flip": [lambda f, a: f(a), lambda f, a: f(a, axis=0)],
    "fliplr": [lambda f, a: f(a)],
    "flipud": [lambda f, a: f(a)],
    "hsplit": [lambda f, a: f(a, 2)[1]],
    "hstack": [lambda f, a: f([a, np.ones((3, 1))]), lambda f, a: f((a[0], a[1]))],
    "insert": [lambda f, a: f(a, 0, 1.5, axis=1), lambda f, a: f(a[0], 2, a[1, 1])],
    "meshgrid": [lambda f, a: f(a[0], a[1])[1]],
    "moveaxis": [lambda f, a: f(a, 0, 1)],
    "pad": [
        lambda f, a: f(a, 1), lambda f, a: f(a, ((1, 0), (0, 2)), constant_values=1.5), lambda f, a: f(a, 1, "edge"),
    ],
    "repeat": [lambda f, a: f(a, 2, axis=0), lambda f, a: f(a, [1, 0, 2], axis=0)],
    "resize": [lambda f, a: f(a, (5, 4))],
    "roll": [lambda f, a: f(a, 1), lambda f, a: f(a, -2, axis=1)],
    "rollaxis": [lambda f, a: f(a, 1)],
    "rot90": [lambda f, a: f(a)],
    "take": [lambda f, a: f(a, [0, 2, 0], axis=1), lambda f, a: f(a, 3)],
    "take_along_axis": [lambda f, a: f(a, np.array([[0], [3], [3]]), 1)],
    "tile": [lambda f, a: f(a, (2, 1)), lambda f, a: f(a[0], 3)],
    "tril": [lambda f, a: f(a), lambda f, a: f(a, -1)],
    "triu": [lambda f, a: f(a)],
    "vsplit": [lambda f, a: f(a, 3)[2]],
    "vstack": [lambda f, a: f([a, a[0]]), lambda f, a: f((np.ones((1, 4)), a))],
    "linalg.norm": [
        lambda f, a: f(a), lambda f, a: f(a, axis=1, keepdims=True), lambda f, a: f(a[0], 2),
        lambda f, a: f(a, "fro"),
    ],
    "linalg.solve": [lambda f, a: f(a[:, :3] + 2 * np.eye(3), a), lambda f, a: f(a[:, :3] + 2 * np.eye(3), a[:, 3])],
    "diff": [lambda f, a: f(a), lambda f, a: f(a, axis=0), lambda f, a: f(a, 2)],
    "cumsum": [lambda f, a: f(a), lambda f, a: f(a, axis=0), lambda f, a: f(a, axis=1), lambda f, a: f(a, axis=-1)],
    "average": [lambda f, a: f(a), lambda f, a: f(a, axis=0), lambda f, a: f(a[0], weights=np.arange(4.0))],
    "inner": [lambda f, a: f(a, 2 * a), lambda f, a: f(a[0], a[1])],
    "vdot": [lambda f, a: f(a, a)],
    "trace": [lambda f, a: f(a)],
    "add.reduce": [lambda f, a: f(a), lambda f, a: f(a, axis=1)],
    "maximum.reduce": [lambda f, a: f(a)],
    "minimum.reduce": [lambda f, a: f(a, axis=1)],
    "add.outer": [lambda f, a: f(a[0], a)],
    "subtract.outer": [lambda f, a: f(a[0], a[1])],
    "multiply.outer": [lambda f, a: f(a, a[0])],
}  # fmt: skip


def own(name):
    found = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient_are_those_of_numpy(name):
    a, f = np.random.default_rng(5).uniform(0.5, 2, (3, 4)), own(name)
    for use in CASES[name]:
        plain = use(f, a)
        weights = np.random.default_rng(6).normal(size=np.shape(plain))

        def weighed(x, use=use, weights=weights):
            return np.sum(weights * use(f, x) ** 2)

        value, gradient = gw.value_and_grad(weighed)(a)
        assert np.isclose(value, np.sum(weights * plain**2), rtol=1e-13)
        assert gw.check(weighed, a, gradient=gradient), name


STEP = """\
import numpy as np


def step(x, h, W, u):
    hx = np.vstack([h, x])
    n = np.linalg.norm(hx, axis=0, keepdims=True)
    k = hx / n
    a = np.tanh(W @ k)
    y = np.sum(u[:, None] * a * np.roll(a, 1, axis=0))
    # back
    ga = u[:, None] * np.roll(a, 1, axis=0) + np.roll(u[:, None] * a, -1, axis=0)
    gp = ga * (1 - a * a)
    gW = gp @ k.T
    gu = np.sum(a * np.roll(a, 1, axis=0), axis=1)
    gk = W.T @ gp
    ghx = (gk - k * np.sum(gk * k, axis=0, keepdims=True)) / n
    gh, gx = ghx[:2], ghx[2:]
    return y, (gx, gh, gW, gu)
"""


@pytest.mark.parametrize(
    ("line", "right", "wrong"),
    [
        (12, "-1, axis=0)", "1, axis=0)"),
        (13, "1 - a * a", "1 - a"),
        (17, "gk * k, axis=0", "gk * k, axis=1"),
        (17, ") / n", ")"),
    ],
)
def test_the_wrong_line_is_found_beside_functions_without_a_gate(line, right, wrong):
    lines = STEP.splitlines()
    k = next(i for i, text in enumerate(lines) if right in text and i > 9)
    assert lines[k].count(right)
    at = lines[k].rindex(right)
    lines[k] = lines[k][:at] + wrong + lines[k][at + len(right) :]
    draw = np.random.default_rng(2).normal
    args = draw(size=(3, 5)), draw(size=(2, 5)), draw(size=(4, 5)), draw(size=4)
    assert gw.check(module_of(STEP).step, *args)
    report = gw.check(module_of("\n".join(lines) + "\n").step, *args)
    assert report.verdict == "wrong"
    assert {m.line for m in report.mistakes} == {k + 1}, report
