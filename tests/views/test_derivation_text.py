"""A derivation on a terminal: text, in which nothing of LaTeX is left and every number is."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError
from gatewise._views.derivation.plain import in_a_line

NET = Path(__file__).resolve().parents[2] / "examples" / "student" / "net.py"


def circuits() -> list[Any]:
    rng = np.random.default_rng(0)
    A, x = rng.normal(size=(4, 3)), rng.normal(size=3)
    return [
        gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4),
        gw.circuit("sigmoid(x * y) / sqrt(x) + max(x, y) ** 2", x=3, y=2),
        gw.circuit(lambda A, x: np.sum(np.tanh(A @ x) ** 2), A, x),
        gw.circuit(lambda A: np.mean(np.exp(A)) + np.sum(A, axis=0)[1] + np.std(A), A),
        gw.circuit(lambda s: gw.cross_entropy(s, np.array([0, 2, 1, 1])), A),
        gw.circuit(lambda alpha, theta_1: np.log(alpha) * np.abs(theta_1), 2.0, -1.5),
        gw.circuit(str(NET)),
    ]


@pytest.mark.parametrize("number", range(7))
def test_nothing_of_latex_is_left(number: int) -> None:
    text = circuits()[number].derive(form="text")
    assert not re.search(r"[\\{}$&]|\b(frac|cdot|mathrm|operatorname)\b", text)
    assert repr(text) == text
    for line in text.splitlines():
        assert line.count("(") == line.count(")")


@pytest.mark.parametrize("number", range(7))
def test_every_number_of_the_markdown_is_there(number: int) -> None:
    c = circuits()[number]
    numbers = re.compile(r"\d+\.\d+")
    assert sorted(numbers.findall(c.derive(form="text"))) == sorted(numbers.findall(c.derive()))


@pytest.mark.parametrize(("latex", "text"), [
    (r"\frac{\partial f}{\partial x} &= 1", "∂f / ∂x &= 1"),
    (r"\sum_{k=1}^{D} W_{1k}", "Σ(k=1..D) W_1k"),
    (r"e^{-x}", "e^-x"),
    (r"e^{x + 1}", "e^(x + 1)"),
    (r"\frac{1}{1 + e^{-x}}", "1 / (1 + e^-x)"),
    (r"\frac{a}{b \cdot c}", "a / (b · c)"),
    (r"\sqrt{\frac{a}{b}}", "sqrt(a / b)"),
    (r"\mathrm{relu\_out}^{T}", "relu_outᵀ"),
    (r"\lVert dW_{1} \rVert", "‖dW₁‖"),
    (r"\text{a{[}b{]}\textdollar{}}", "a[b]$"),
    (r"\alpha^{2} \odot \Omega", "α² ⊙ Ω"),
])  # fmt: skip
def test_a_formula_in_a_line(latex: str, text: str) -> None:
    assert in_a_line(latex) == text


def test_no_formula_makes_it_stumble() -> None:
    """Whatever stands there, also what is no LaTeX, comes to an end and is text."""
    draw, pieces = random.Random(0), [r"\frac", r"\sqrt", "{", "}", "_", "^", "x", " ", r"\left(", "1", r"\\", "\\"]
    for _ in range(2000):
        assert isinstance(in_a_line("".join(draw.choices(pieces, k=draw.randint(0, 12)))), str)


def test_the_forms_that_there_are() -> None:
    c = circuits()[0]
    assert c.derive("x", latex=True, form="standalone").startswith(r"\documentclass")
    assert c.derive("x", latex=True) in c.derive("x", latex=True, form="standalone")
    for wrong in ({"form": "standalone"}, {"form": "text", "latex": True}, {"form": "beamer"}):
        with pytest.raises(ArgumentError, match="form"):
            c.derive("x", **wrong)
