"""A gate that somebody declared wrongly is named."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise._gates import GATES, NAMES
from gatewise._gates.families import elementwise


@pytest.fixture
def wobble():
    """Declare a gate with a wrong local gradient, and take it out of the registry afterwards."""

    @elementwise(lambda x: x * np.exp(-(x**2)))
    def wobble(out, x):
        """Its rule forgets the second term of the product rule."""
        return np.exp(-(x**2))

    yield wobble
    del NAMES["wobble"]
    for function in [f for f, gate in GATES.items() if gate is wobble]:
        del GATES[function]


@pytest.mark.parametrize("x", [0.7, np.array([0.7, -0.3])])
def test_the_first_gate_whose_local_gradient_is_wrong(wobble, x):
    def f(x):
        a = np.sin(x)
        b = wobble(a)
        return np.sum(b * b)

    report = gw.check(f, x)
    assert report.verdict == "wrong", report
    (mistake,) = report.mistakes
    assert "wobble" in mistake.variable
    assert mistake.text == "b = wobble(a)"
    assert "wobble" in str(report)


def test_afterwards_it_is_gone():
    assert "wobble" not in NAMES
