"""PyTorch as an engine: a table of gates, else the function of the same name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._gates import Gate
from gatewise._lowering import in_torch
from gatewise._lowering.engines import applied
from gatewise._lowering.guests import Guest, torch

#: The modules whose functions PyTorch has under the same names.
MODULES = {"numpy": torch, "numpy.linalg": Guest("torch.linalg", "PyTorch")}

TABLE = {name.rstrip("_"): f for name, f in vars(in_torch).items() if getattr(f, "__module__", "") == in_torch.__name__}


class Torch:
    """Computes gates with torch, on one device."""

    name = "PyTorch"
    table: Mapping[str, Callable[..., Any]] = TABLE

    def __init__(self, device: Any = None) -> None:
        self.device = device

    def same(self, gate: Gate) -> Callable[..., Any] | None:
        module = MODULES.get(gate.function.__module__)
        return None if module is None else getattr(module, gate.name, None)

    def holds(self, x: object) -> bool:
        return isinstance(x, torch.Tensor)

    def array(self, x: Any, dtype: np.dtype[Any]) -> Any:
        x = np.array(x) if isinstance(x, np.ndarray) else x  # steps backwards are none of torch's
        x = TABLE["real_if_real"](x) if dtype.kind == "f" and self.holds(x) and x.is_complex() else x
        return torch.as_tensor(x, dtype=getattr(torch, dtype.name), device=self.device)

    def dtype(self, x: Any) -> np.dtype[Any]:
        return np.dtype(str(x.dtype).removeprefix("torch."))

    def shape(self, x: Any) -> tuple[int, ...]:
        return tuple(x.shape)

    def part(self, x: Any) -> Any:
        """Whole numbers in an index are 64 bits long."""
        if isinstance(x, np.ndarray):
            x = torch.as_tensor(np.array(x), device=self.device)
        if isinstance(x, torch.Tensor) and x.dtype != torch.bool:
            return x.long()
        return x

    def applied(self, gate: Gate, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        given = [x if x is None or self.holds(x) else self.array(x, np.asarray(x).dtype) for x in operands]
        return applied(self, gate, given, parameters)
