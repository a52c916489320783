"""What is refused where a circuit is to run elsewhere."""

from __future__ import annotations

from typing import Self

from gatewise._errors import GatewiseError


class LoweringError(GatewiseError):
    """A circuit cannot be run by another engine, or not like this.

    Wrong: `c.to_jax()` of float64 where JAX has 32 bits. Right: `jax.config.update("jax_enable_x64", True)` first.
    """

    @classmethod
    def missing(cls, engine: str, extra: str) -> Self:
        return cls(f"{engine} is not installed.", "the circuit is to run on it.", f"pip install 'gatewise[{extra}]'.")
