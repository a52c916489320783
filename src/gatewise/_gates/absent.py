"""NumPy's functions that have no gate: what gives the same, in gates.

A row is a call and what to write in its place. `x`, `y` are vectors (numbers too, where the function takes entries one
by one), `A`, `B` matrices, `k`, `n` whole numbers, `c`, `d` conditions. A row goes when the function gets a gate;
tests/gates/test_absent.py runs every row, its value and its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gatewise._gates.gate import GATES

INSTEAD = {
    "np.ldexp(x, k)": "x * 2.0**k",
}


SIGNS = {"^": "x**2 for a power; ^ is exclusive or"}  #: what is meant by an operator that has no gate


def instead(name: str) -> str:
    """What to write for calls of a function of NumPy's that has no gate; empty where nothing is known.

    >>> instead("np.ldexp")
    'x * 2.0**k for np.ldexp(x, k)'
    """
    return SIGNS.get(name) or "; ".join(f"{text} for {call}" for call, text in rows_of(name))


def rows_of(name: str) -> Iterator[tuple[str, str]]:
    """The rows of a function: `np.flip`, `np.linalg.det`, `np.add.reduce`."""
    return ((call, text) for call, text in INSTEAD.items() if call.startswith(f"{name}("))


def instead_of(bare: str) -> str:
    """The same for a bare name, also where NumPy has the function under several.

    >>> instead_of("ldexp")
    'x * 2.0**k for np.ldexp(x, k)'
    """
    return instead(f"np.{getattr(getattr(np, bare, None), '__name__', bare)}")


def instead_if_numpys(bare: str) -> str | None:
    """The same where it is the name of a function of NumPy's that has no gate; else None.

    >>> instead_if_numpys("ldexp"), instead_if_numpys("sum"), instead_if_numpys("meen")
    ('x * 2.0**k for np.ldexp(x, k)', None, None)
    """
    function = getattr(np, bare, None)
    is_without = callable(function) and not isinstance(function, type) and function not in GATES
    return instead_of(bare) if is_without else None
