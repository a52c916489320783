"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatewise._errors import LayerError
from gatewise.optim.optimizer import Kept, Learned, Optimizer, Settings


class SGD(Optimizer):
    """Down the gradient by the rate `lr`; with momentum along a running sum of the gradients.

    The first step's gradient starts the sum as it is, without dampening (as in PyTorch).

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, -2.0])
    >>> optimizer = optim.SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy()
    array([ 0.5, -1. ])
    """

    def __init__(
        self,
        params: Learned,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
    ) -> None:
        settings = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, {"lr": lr, **settings})

    def check(self, settings: Settings) -> None:
        """Nesterov's step looks ahead along a momentum that is not dampened."""
        super().check(settings)
        if settings.get("nesterov") and (not settings["momentum"] or settings["dampening"]):
            raise LayerError.setting("SGD", "nesterov", True, "for a momentum above 0 without dampening")

    def keeps(self, group: Settings) -> Sequence[str]:
        """The running sum, where there is a momentum."""
        return ("momentum_buffer",) if group["momentum"] else ()

    def update(self, w: np.ndarray, g: np.ndarray, kept: Kept, group: Settings, step: int) -> None:
        """One step of one piece."""
        momentum = group["momentum"]
        g = self.decayed(w, g, group)
        out = self.scratch(w)
        if momentum:
            total = kept["momentum_buffer"]
            if step == 1:
                total[...] = g
            else:
                total *= momentum
                total += np.multiply(g, 1 - group["dampening"], out=out) if group["dampening"] else g
            if group["nesterov"]:
                np.multiply(total, momentum, out=out)
                g = np.add(out, g, out=out)
            else:
                g = total
        w -= np.multiply(g, float(group["lr"]), out=out)
