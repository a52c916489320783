"""The engines, each loaded when something of it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gatewise._lowering.errors import LoweringError


class Guest:
    """A module that need not be installed: its names are looked up in it when they are used."""

    def __init__(self, module: str, engine: str) -> None:
        self._module, self._engine = module, engine

    def __getattr__(self, name: str) -> Any:
        """What the module has under this name. Raises `LoweringError` where it is not installed."""
        if name.startswith("__"):  # whoever asks wants to know what this object is
            raise AttributeError(name)
        package = self._module.partition(".")[0]
        try:
            module = import_module(self._module)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != package:
                raise
            raise LoweringError.missing(self._engine, package) from None
        found = getattr(module, name)
        self.__dict__[name] = found
        return found


jax = Guest("jax", "JAX")
jnp = Guest("jax.numpy", "JAX")
lax = Guest("jax.lax", "JAX")
torch = Guest("torch", "PyTorch")
