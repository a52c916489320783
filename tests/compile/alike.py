"""Calls a compiled function and the function itself, and holds what they give against each other."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._recording import leaves

CLOSE = 1e-12  #: relative to the largest entry, of float64
CLOSE_IN_SHORT = 1e-5  #: of float32


def outcome(f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a call gives, or the error that it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return f(*args, **kwargs)
        except Exception as error:
            return error


def same(have: Any, want: Any, exact: bool = False, short: bool = False) -> bool:
    """Whether two outcomes have one structure, one type in each place, and the same numbers up to rounding.

    `short` says that floats of single precision took part.
    """
    if isinstance(want, Exception) or isinstance(have, Exception):
        return type(have) is type(want) and str(have) == str(want)
    a, b = dict(leaves(have)), dict(leaves(want))
    if type(have) is not type(want) or [*a] != [*b]:
        return False
    return all(type(a[k]) is type(b[k]) and same_leaf(a[k], b[k], exact, short) for k in b)


def same_leaf(have: Any, want: Any, exact: bool, short: bool) -> bool:
    if not isinstance(want, (np.ndarray, np.generic, float, int)):
        return bool(have == want)
    a, b = np.asarray(have), np.asarray(want)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if exact or a.dtype.kind != "f":
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    finite = np.isfinite(b)
    largest = np.max(np.abs(b[finite]), initial=0.0)
    within = CLOSE if a.dtype == np.float64 and not short else CLOSE_IN_SHORT
    whole = np.array_equal(a[~finite], b[~finite], equal_nan=True)
    return whole and bool(np.all(np.abs(a[finite] - b[finite]) <= within * largest + np.finfo(a.dtype).tiny))


def demand_same(f: Callable[..., Any], calls: Sequence[tuple[Any, ...]], exact: bool = False, **kwargs: Any) -> Any:
    """Compile `f`, and hold each call against `f` with arguments of its own; return the compiled function."""
    compiled = gw.compile(f, exact=exact)
    for args in calls:
        mine, its = copy.deepcopy(args), copy.deepcopy(args)
        have, want = outcome(compiled, mine, copy.deepcopy(kwargs)), outcome(f, its, copy.deepcopy(kwargs))
        short = any(
            np.asarray(x).dtype == np.float32 for _, x in leaves(args) if isinstance(x, (np.ndarray, np.generic))
        )
        assert same(have, want, exact, short), (args, have, want, compiled.explain())
        assert same(mine, its, exact=True), ("arguments", args, mine, its)
    return compiled
