"""A circuit as a function of JAX arrays: to be jitted, sharded, exported, and put under an optimiser."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._lowering.engines import outputs_of, values_of
from gatewise._lowering.errors import LoweringError
from gatewise._lowering.freed import Freed
from gatewise._lowering.guests import jax, jnp
from gatewise._lowering.jax_engine import Jax
from gatewise._lowering.lowered import Lowered, as_given
from gatewise._program import At, Constant, Program


class ByJax:
    """Arrays and numbers of JAX's, of sizes that may be symbols."""

    def arange(self, n: Any, dtype: Any) -> Any:
        return jnp.arange(n, dtype=jax.dtypes.canonicalize_dtype(dtype))

    def eye(self, n: Any, dtype: Any) -> Any:
        return jnp.eye(n, dtype=jax.dtypes.canonicalize_dtype(dtype))

    def full(self, shape: Any, value: Any, dtype: Any) -> Any:
        return jnp.full(shape, value, jax.dtypes.canonicalize_dtype(dtype))

    def number(self, n: Any) -> Any:
        return float(n) if isinstance(n, int) else jnp.asarray(n, float)

    def whole(self, n: Any) -> Any:
        return n if isinstance(n, int) else jnp.asarray(n)


def to_jax(lowered: Lowered, guards: bool, freed: Freed | None = None) -> Callable[..., Any]:
    """The function that gives value and gradients, and with `guards` whether Python would have gone the same way.

    One that is `freed` takes batches of any size.
    """
    demand_x64(lowered)

    def run(*args: Any, **kwargs: Any) -> Any:
        demand_x64(lowered)
        given = lowered.bound(args, kwargs)
        lowered.demand_same(given)
        here = lowered if freed is None else freed.at(freed.size(map(np.shape, lowered.values(given))), ByJax())
        values = values_of(here.program, Jax(), fitting(here, here.values(given)), lowered.weak)
        found = {name: jnp.asarray(x) for name, x in outputs_of(here.program, values).items()}
        result = found["value"], as_given(lowered, given, found)
        return (*result, holds(here.program, values)) if guards else result

    run.__name__ = run.__qualname__ = lowered.name
    run.__doc__ = f"The value of {lowered.name} and its gradients by argument, as gatewise recorded them."
    run.__signature__ = inspect.Signature(list(lowered.signature.parameters.values()))  # type: ignore[attr-defined]
    return run


def demand_x64(lowered: Lowered) -> None:
    """Raises `LoweringError` for 64 bits where JAX has 32."""
    if lowered.needs_x64 and not jax.config.jax_enable_x64:
        what = f"{lowered.name} was recorded with float64, and JAX computes with float32."
        cure = 'jax.config.update("jax_enable_x64", True) first; or the circuit of float32 arrays.'
        raise LoweringError(what, "half of the digits would be lost without a word.", cure)


def fitting(lowered: Lowered, values: list[Any]) -> list[Any]:
    """Inputs as the circuit takes them. Raises `LoweringError` for another shape or a longer dtype."""
    found = []
    for i, given, weak, x in zip(lowered.inputs, lowered.program.inputs, lowered.weak, values, strict=True):
        if np.shape(x) != given.shape:
            what = f"{i.text} has the shape {np.shape(x)}; the circuit was recorded with {given.shape}."
            why = "its lines were recorded for these shapes."
            raise LoweringError(what, why, "record it with such an input; or name the batch, c.to_jax(batch=...).")
        if weak:
            found.append(x)
            continue
        want = jax.dtypes.canonicalize_dtype(np.dtype(given.dtype))
        have = jax.dtypes.canonicalize_dtype(np.result_type(x) if not hasattr(x, "dtype") else x.dtype)
        if not np.can_cast(have, want, "safe") and hasattr(x, "dtype"):
            what = f"{i.text} is {have}; the circuit was recorded with {want}."
            raise LoweringError(what, "its digits would be cut off.", f"{i.text}.astype({str(want)!r}).")
        found.append(jnp.asarray(x, want))
    return found


def holds(program: Program, values: list[Any]) -> Any:
    """Whether Python reads what it read when the circuit was recorded."""
    answer = jnp.asarray(True)
    for guard in program.guards:
        x = guard.operand
        now = values[x.place] if isinstance(x, At) else x.value if isinstance(x, Constant) else x
        same = (now == guard.value) | ((now != now) & (guard.value != guard.value))
        answer = answer & jnp.all(same) & (jnp.shape(now) == np.shape(guard.value))
    return answer
