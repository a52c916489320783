"""A circuit that goes to another engine: what `Circuit` has of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gatewise._circuit import FrozenCircuit
from gatewise._lowering import lower
from gatewise._lowering import to_jax as lowered_to_jax


class Leaving(Protocol):
    """What a circuit has that can leave."""

    _frozen: FrozenCircuit


def to_jax(self: Leaving, guards: bool = False) -> Callable[..., Any]:
    """The circuit as a function of JAX arrays, called as the function it was recorded of.

    It returns the value and a dict of gradients by argument, each in the structure of the argument (dicts, lists,
    tuples), None where none was asked for. The gradients are gatewise's own, at kinks too. To be jitted, sharded
    and exported by `jax`; shapes are those of the recording. With `guards` it also returns whether Python's
    branches would be those that were recorded: where they would not, the numbers are another function's.

    Needs `pip install 'gatewise[jax]'`. Raises `LoweringError` without it, for float64 where `jax_enable_x64` is
    off, and for what cannot run elsewhere (an index by a mask).

    >>> import gatewise as gw, jax, numpy as np  # doctest: +SKIP
    >>> step = jax.jit(gw.circuit(lambda W, x: np.sum(np.tanh(W @ x)), W, x, wrt="W").to_jax())  # doctest: +SKIP
    >>> value, gradients = step(W, x)  # doctest: +SKIP
    """
    return lowered_to_jax(lower(self._frozen), guards)
