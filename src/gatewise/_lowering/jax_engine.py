"""JAX as an engine: a table of gates, else the function of the same name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._gates import Gate
from gatewise._lowering import in_jax
from gatewise._lowering.engines import applied
from gatewise._lowering.guests import Guest, jax, jnp

#: The modules whose functions JAX has under the same names.
MODULES = {module: Guest(f"jax.{module}", "JAX") for module in ("numpy", "numpy.linalg", "numpy.fft")}
OTHERWISE = {"fix": "trunc"}  #: names of the same function

TABLE = {name.rstrip("_"): f for name, f in vars(in_jax).items() if getattr(f, "__module__", "") == in_jax.__name__}


class Jax:
    """Computes gates with jax.numpy, eagerly or while it is traced."""

    name = "JAX"
    table: Mapping[str, Callable[..., Any]] = TABLE

    def same(self, gate: Gate) -> Callable[..., Any] | None:
        module = MODULES.get(gate.function.__module__)
        name = OTHERWISE.get(gate.name, getattr(gate.function, "__name__", ""))
        return None if module is None else getattr(module, name, None)

    def holds(self, x: object) -> bool:
        return isinstance(x, jax.Array)

    def array(self, x: Any, dtype: np.dtype[Any]) -> Any:
        x = TABLE["real_if_real"](x) if dtype.kind == "f" and jnp.iscomplexobj(x) else x
        return jnp.asarray(x).astype(jax.dtypes.canonicalize_dtype(dtype))

    def dtype(self, x: Any) -> np.dtype[Any]:
        return np.dtype(str(x.dtype))

    def shape(self, x: Any) -> tuple[int, ...]:
        return tuple(np.shape(x))

    def part(self, x: Any) -> Any:
        return x

    def applied(self, gate: Gate, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        return applied(self, gate, operands, parameters)
