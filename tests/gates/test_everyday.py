"""Every function that public code calls, with its ordinary keywords: NumPy's values, and the slopes of differences."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gates.cases import quietly
from gates.everyday import EVERYDAY, Q

CALLS = [(text, values) for rows in EVERYDAY.values() for text, values in rows]


def of(text: str) -> Any:
    return eval(f"lambda a, b=None: {text}", {"np": np, "Q": Q})  # noqa: S307  (the texts are ours)


@pytest.mark.parametrize(("text", "values"), CALLS, ids=[text for text, _ in CALLS])
def test_everyday(text: str, values: tuple[Any, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # np.cross of vectors with two entries
        is_right(of(text), values)


def is_right(f: Any, values: tuple[Any, ...]) -> None:
    want = quietly(f, *map(np.copy, values))  # some of them overwrite what they are given
    have, pullback = quietly(gw.vjp, f, *values)
    assert np.shape(have) == np.shape(want)
    assert np.asarray(have).dtype == np.asarray(want).dtype
    np.testing.assert_allclose(have, want, rtol=1e-13, atol=1e-15)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, np.shape(want))
    found = quietly(pullback, weights)
    for k, (g, v) in enumerate(zip(found, values, strict=True)):
        assert np.shape(g) == np.shape(v)
        for place in np.ndindex(np.shape(v)):
            if np.isnan(np.asarray(v)[place]):
                assert np.asarray(g)[place] == 0
            else:
                slope = slope_at(lambda *given: np.sum(f(*given) * weights), values, k, place)
                assert abs(np.asarray(g)[place] - slope) <= 2e-8 * max(1, abs(slope)), (k, place, g, slope)


def slope_at(total: Any, values: tuple[Any, ...], k: int, place: tuple[int, ...]) -> float:
    """The slope of a total along one entry of one value, extrapolated to step 0."""
    steps = []
    for h in (4e-4, 2e-4):
        ends = []
        for sign in (1, -1):
            moved = [np.array(x) for x in values]
            moved[k][place] += sign * h
            ends.append(quietly(total, *(m if np.ndim(m) else float(m) for m in moved)))
        steps.append((ends[0] - ends[1]) / (2 * h))
    return float((4 * steps[1] - steps[0]) / 3)
