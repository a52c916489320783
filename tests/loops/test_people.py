"""Loops as people write them are printed as loops, and hold at any count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from loops.people import PEOPLE, given_people
from loops.test_printing import run

RECORDED, LONGER = 5, 12


def wanted_of(given: dict[str, Any]) -> list[str]:
    """The arguments that are floats or arrays of floats; no lists."""
    return [name for name, x in given.items() if np.asarray(x).dtype.kind == "f" and not isinstance(x, list)]


@pytest.mark.parametrize("f", PEOPLE, ids=[f.__name__ for f in PEOPLE])
def test_every_loop_is_one_and_holds_at_any_count(f):
    first = given_people(f, RECORDED)
    wrt = wanted_of(first)
    text, longer = (str(gw.circuit(f, **given_people(f, T), wrt=wrt).code()) for T in (RECORDED, LONGER))
    assert "stays unrolled" not in text
    assert "as recorded" not in text
    assert text == longer
    for count in (1, 9):
        there = gw.circuit(f, **given_people(f, count), wrt=wrt)
        value, gradients = run(text, given_people(f, count))
        np.testing.assert_allclose(value, there.value, rtol=1e-13, atol=1e-13)
        should = {name: g for name, g in there.gradients.items() if g is not None}
        for printed, name in zip(gradients, should, strict=True):
            np.testing.assert_allclose(printed, should[name], rtol=1e-11, atol=1e-12, err_msg=name)
