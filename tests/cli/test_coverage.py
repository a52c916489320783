"""`gatewise gates --coverage`: what is answered of NumPy's own list, and what is missing, with the reason."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._cli.coverage import REASONS, answered_by, coverage, overridable, scipys


def test_nearly_all_of_numpy_is_answered() -> None:
    names = dict(overridable())
    answered = [name for name, function in names.items() if answered_by(function)]
    assert len(names) > 350
    assert len(answered) / len(names) > 0.85
    assert {"np.sum", "np.fft.fft", "np.linalg.svd", "np.hstack", "np.put", "np.argsort"} <= set(answered)


def test_each_missing_name_stands_in_the_text_once() -> None:
    text = coverage()
    for name, function in overridable():
        listed = name in text.replace(",", " ").split()
        assert listed == (not answered_by(function)), name


def test_reasons_are_about_names_that_numpy_has() -> None:
    for group in REASONS.values():
        for name in group:
            assert hasattr(np, name) or np.__version__ < "2.3"
            assert not answered_by(getattr(np, name, None)), name


def test_scipys_functions_are_counted_apart() -> None:
    found = {of: (names, whole) for of, names, whole in scipys()}
    assert list(found) == ["special", "linalg", "stats"]
    assert {"expit", "gammaln", "logsumexp", "comb"} <= set(found["special"][0])
    assert {"solve", "cho_factor", "expm"} <= set(found["linalg"][0])
    assert {"norm.logpdf", "multivariate_normal.logpdf"} <= set(found["stats"][0])
    assert all(len(names) < whole for names, whole in found.values())
    assert all(len(set(names)) == len(names) for names, _ in found.values())
    head, _, tail = coverage().partition("counted apart:")
    assert "scipy" not in head
    assert "scipy.special: " in tail


MISSING = [(name, function) for name, function in overridable() if not answered_by(function)]
#: Arguments that one or other of these functions takes.
WAYS = [
    lambda t: (t,),
    lambda t: (t, t),
    lambda t: (t, 2),
    lambda t: (t, t, t),
    lambda t: (t, t, 2),
    lambda t: ("f", t),
]


@pytest.mark.parametrize(("name", "function"), MISSING, ids=[name for name, _ in MISSING])
def test_a_gradient_through_a_missing_name_is_an_error_that_names_it(name: str, function: Any) -> None:
    told, found_gradients = [], []
    for x, way in itertools.product((np.array([[2.0, 0.5], [0.3, 1.5]]), np.array([0.7, 1.3, 2.1]), 1.5), WAYS):

        def total(t: Any, way: Any = way) -> Any:
            found = function(*way(t))
            return np.sum(found[0] if isinstance(found, tuple) else found)

        try:
            found_gradients.append(gw.grad(total)(x))
        except gw.GatewiseError as error:
            told.append(str(error))
        except Exception:
            continue  # NumPy takes no such arguments
    assert any(f"{function.__name__} has no gate" in text for text in told), told
    assert not any(map(np.any, found_gradients)), "a number in place of an error"
