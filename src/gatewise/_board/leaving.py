"""A circuit that goes to another engine: what `Circuit` has of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gatewise._circuit import FrozenCircuit
from gatewise._lowering import Again, Freed, Lowered, LoweringError, demand_no_copies, lower
from gatewise._lowering import to_jax as lowered_to_jax
from gatewise._lowering import to_torch as lowered_to_torch


class Leaving(Protocol):
    """What a circuit has that can leave."""

    _frozen: FrozenCircuit
    _again: Again | None


def to_jax(self: Leaving, batch: Sequence[str] = (), guards: bool = False) -> Callable[..., Any]:
    """The circuit as a function of JAX arrays, called as the function it was recorded of.

    It returns the value and a dict of gradients by argument, each in the structure of the argument (dicts, lists,
    tuples), None where none was asked for. The gradients are gatewise's own, at kinks too. To be jitted, sharded
    and exported by `jax`; shapes are those of the recording, but for the first axes of the arguments that `batch`
    names, which may have any length. With `guards` it also returns whether Python's branches would be those that were
    recorded: where they would not, the numbers are another function's.

    Needs `pip install 'gatewise[jax]'`. Raises `LoweringError` without it, for float64 where `jax_enable_x64` is
    off, and for what cannot run elsewhere (an index by a mask).

    >>> import gatewise as gw, jax, numpy as np  # doctest: +SKIP
    >>> step = jax.jit(gw.circuit(lambda W, x: np.sum(np.tanh(W @ x)), W, x, wrt="W").to_jax())  # doctest: +SKIP
    >>> value, gradients = step(W, x)  # doctest: +SKIP
    """
    lowered, freed = left(self, batch)
    return lowered_to_jax(lowered, guards, freed)


def to_torch(self: Leaving, batch: Sequence[str] = (), parameters: Sequence[str] = ()) -> Any:
    """The circuit as a `torch.nn.Module`: its forward gives the value, its backward gatewise's own gradients.

    It is called as the function it was recorded of, with tensors. The arguments that `parameters` names are Parameters
    of the module, by the names of the circuit's inputs, and no longer given. `batch` as of `to_jax`.

    Needs `pip install 'gatewise[torch]'`. Raises `LoweringError` without it, and for what cannot run elsewhere.

    >>> import gatewise as gw, numpy as np, torch  # doctest: +SKIP
    >>> net = gw.circuit(loss, W, X, y, wrt="W").to_torch(batch=("X", "y"), parameters="W")  # doctest: +SKIP
    >>> net(X, y).backward()  # doctest: +SKIP
    """
    lowered, freed = left(self, batch, seeded=True)
    return lowered_to_torch(lowered, freed, (parameters,) if isinstance(parameters, str) else tuple(parameters))


def left(circuit: Leaving, batch: Sequence[str], seeded: bool = False) -> tuple[Lowered, Freed | None]:
    """The circuit as it leaves, and freed of the size of its batch where one was named."""
    names = (batch,) if isinstance(batch, str) else tuple(batch)
    seeded = seeded or bool(names)  # else the way back is computed where it hangs on the size alone
    lowered = lower(circuit._frozen, seeded)
    if not names:
        again = circuit._again
        return demand_no_copies(lowered) if again is None else again.settled(lowered, seeded), None
    if circuit._again is None:
        why = "a batch is freed by recording its function again, at other sizes."
        raise LoweringError(
            "this circuit was not recorded of a function.", why, "gw.circuit(f, ...).to_jax(batch=...)."
        )
    freed = circuit._again.freed(lowered, names, seeded)
    return dataclasses.replace(lowered, fixed=freed.lowered.fixed), freed
