"""Flat vectors, lists of matrices, parameters that are globals: taken as they are, and the wrong line is named.

The suite has the right ones, and a few of the mistakes; `GATEWISE_FORMS=all` has every mistake.
"""

from __future__ import annotations

import copy
import os

import numpy as np
import pytest

import gatewise as gw
from check import forms_globals, forms_lists, forms_unrolled
from check.test_forms_people_have import module_of

CASES = {
    f"{each.__name__.rpartition('_')[2]} {case[0]}": case[1:]
    for each in (forms_globals, forms_lists, forms_unrolled)
    for case in each.CASES
}
MISTAKES = [(name, old, new) for name, case in CASES.items() for old, new in case[4]]
QUICK = [m for m in MISTAKES if m[0] in ("globals logit", "globals skipgram", "globals energy", "unrolled normal")]
QUICK += [m for m in MISTAKES if m[0] == "unrolled cofi" and m[1].startswith("Y_temp")]  # R is a mask: R == 1


def report_of(name, source):
    how, args, options, _ = CASES[name][1:]
    space = {**vars(module_of(source)), "N": np.random.default_rng(12).normal}
    args = [eval(x, space) if isinstance(x, str) else copy.deepcopy(x) for x in args]  # noqa: S307
    return gw.check(eval(how, space), *args, **{k: space[v] if k == "gradient" else v for k, v in options.items()})  # noqa: S307


@pytest.mark.parametrize("name", CASES)
def test_the_right_ones_are_right_as_they_stand(name):
    report = report_of(name, CASES[name][0])
    assert report.verdict == "right", report
    assert report, report


@pytest.mark.parametrize(("name", "old", "new"), MISTAKES if os.environ.get("GATEWISE_FORMS") == "all" else QUICK)
def test_the_wrong_line_is_named(name, old, new):
    source = CASES[name][0]
    at = source.index(old)
    report = report_of(name, source[:at] + new + source[at + len(old) :])
    assert report.verdict == "wrong", report
    lines = [m.line for m in report.mistakes]
    assert lines in ([], [source[:at].count("\n") + 1]), report
    assert lines, report


def test_the_users_globals_are_left_as_they_are():
    module = module_of(forms_globals.CHAR)
    before = {name: copy.deepcopy(getattr(module, name)) for name in ("Wxh", "Whh", "Why", "bh", "by")}
    held = {name: getattr(module, name) for name in before}
    report = gw.check(module.lossFun, [0, 1], [1, 2], np.zeros((5, 1)))
    assert {p.name for p in report.parameters} == {*before}
    assert all(np.array_equal(held[name], before[name]) for name in before)
    assert all(module.lossFun.__globals__[name] is held[name] for name in before)


def test_a_variable_of_the_function_around_is_a_parameter_too():
    source = (
        "def made(w):\n    def loss(x):\n        r = w * x\n        f = np.sum(r * r)\n        dw = 2 * r * x\n"
        "        return f, dw\n    return loss\n"
    )
    w = np.array([1.0, -2.0, 0.5])
    assert gw.check(module_of(source).made(w), np.array([0.3, 1.0, 2.0]))
    wrong = gw.check(module_of(source.replace("2 * r * x", "2 * r")).made(w), np.array([0.3, 1.0, 2.0]))
    assert [m.line for m in wrong.mistakes] == [5]
    assert w.tolist() == [1.0, -2.0, 0.5]


def test_a_global_that_no_gradient_comes_for_is_not_moved():
    source = "scale = np.ones(3)\ndef f(x):\n    dx = 2 * x * scale\n    return np.sum(x * x * scale), dx\n"
    report = gw.check(module_of(source).f, np.array([0.3, 1.0, 2.0]))
    assert [p.name for p in report.parameters] == ["x"]
    assert report


def test_an_error_of_the_function_is_the_users_own():
    with pytest.raises(ZeroDivisionError):
        gw.check(module_of("w = np.ones(2)\ndef f(x):\n    dw = x / 0\n    return 1.0, dw\n").f, 3.0)


def decay(u0, nu):
    u = u0
    for _ in range(3):
        u = u - nu * u**2
    return 0.5 * np.sum(u**2)


def decay_adjoint(u0, nu):
    us = [u0]
    for _ in range(3):
        us.append(us[-1] - nu * us[-1] ** 2)
    lam, grad_nu = us[-1], 0.0
    for u in reversed(us[:-1]):
        grad_nu -= np.sum(lam * u**2)
        lam = lam * (1 - 2 * nu * u)
    return lam, grad_nu


def test_an_adjoint_under_its_own_name_is_judged():
    """It has the shape of an input that has no gradient else: it is not put aside for its name."""
    report = gw.check(decay, np.array([0.3, 0.7]), 0.2, gradient=decay_adjoint)
    assert [(p.name, p.verdict) for p in report.parameters] == [("u0", "right"), ("nu", "right")]


class Answering(dict):
    """A settings object that answers every question with another of its kind, as some public ones do."""

    def __getattr__(self, name):
        return Answering()


class Refusing(dict):
    __getattr__ = dict.__getitem__


@pytest.mark.parametrize("settings", [Answering, Refusing])
def test_globals_beside_settings_that_answer_every_question(settings):
    text = (
        "def cost(x):\n    e = x @ W\n    return cfg['s'] * np.sum(e * e), {'W': 4 * np.outer(x, e), 'x': 4 * W @ e}\n"
    )
    scope = {"np": np, "W": np.ones((3, 2)) + np.eye(3, 2), "cfg": settings(s=2.0)}
    cost = function_in(text, scope, "cost")
    assert {p.name: p.verdict for p in gw.check(cost, np.array([1.0, -2.0, 0.5])).parameters} == {
        "x": "right",
        "W": "right",
    }


def function_in(text, scope, name):
    exec(compile(text, "<settings>", "exec"), scope)
    return scope[name]
