"""Update rules whose rate adapts to each entry's past gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gatewise.optim.optimizer import Kept, Learned, Optimizer, Settings


def moved_towards(average: np.ndarray, x: np.ndarray, share: float, room: np.ndarray) -> None:
    """Move a running average towards x by a share of the way, in place."""
    np.subtract(x, average, out=room)
    room *= share
    average += room


def squares_averaged(average: np.ndarray, g: np.ndarray, kept_share: float, room: np.ndarray) -> None:
    """Move a running average of squares towards the square of g, in place."""
    np.multiply(g, g, out=room)
    room *= 1 - kept_share
    average *= kept_share
    average += room


class RMSprop(Optimizer):
    """Each entry's step is divided by the root of the running mean of its squared gradients (Hinton, lecture 6).

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, -2.0])
    >>> optimizer = optim.RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.9, -1.9])
    """

    def __init__(
        self,
        params: Learned,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
    ) -> None:
        settings = {"alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, {"lr": lr, **settings, "centered": centered})

    def keeps(self, group: Settings) -> Sequence[str]:
        """The mean of squares; with momentum a running sum, and where centered the mean of gradients."""
        return ["square_avg", *["momentum_buffer"] * bool(group["momentum"]), *["grad_avg"] * bool(group["centered"])]

    def update(self, w: np.ndarray, g: np.ndarray, kept: Kept, group: Settings, step: int) -> None:
        """One step of one piece."""
        g, room, lr = self.decayed(w, g, group), self.scratch(w), float(group["lr"])
        squares_averaged(kept["square_avg"], g, group["alpha"], room)
        if group["centered"]:
            mean = kept["grad_avg"]
            moved_towards(mean, g, 1 - group["alpha"], room)
            np.multiply(mean, mean, out=room)
            np.subtract(kept["square_avg"], room, out=room)
            np.sqrt(room, out=room)
        else:
            np.sqrt(kept["square_avg"], out=room)
        room += group["eps"]
        np.divide(g, room, out=room)
        if group["momentum"]:
            total = kept["momentum_buffer"]
            total *= group["momentum"]
            total += room
            np.multiply(total, lr, out=room)
        else:
            room *= lr
        w -= room


class Adagrad(Optimizer):
    """Each entry's step is divided by the root of the sum of its squared gradients (Duchi, Hazan and Singer 2011).

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, -2.0])
    >>> optimizer = optim.Adagrad([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.5, -1.5])
    """

    def __init__(
        self,
        params: Learned,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
    ) -> None:
        settings = {"lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        super().__init__(params, {"lr": lr, **settings, "initial_accumulator_value": initial_accumulator_value})

    def keeps(self, group: Settings) -> Sequence[str]:
        """The sum of squares."""
        return ("sum",)

    def fresh(self, value: np.ndarray, group: Settings) -> np.ndarray:
        """The sum begins where the settings say."""
        return np.full_like(value, group["initial_accumulator_value"])

    def update(self, w: np.ndarray, g: np.ndarray, kept: Kept, group: Settings, step: int) -> None:
        """One step of one piece."""
        g, room = self.decayed(w, g, group), self.scratch(w)
        total = kept["sum"]
        total += np.multiply(g, g, out=room)
        np.sqrt(total, out=room)
        room += group["eps"]
        np.divide(g, room, out=room)
        room *= float(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
        w -= room


class Adam(Optimizer):
    """A running mean of the gradients over the root of one of their squares, both freed of their start at 0.

    Kingma and Ba 2015; `amsgrad` divides by the largest such root so far (Reddi, Kale and Kumar 2018). The weight decay
    is added to the gradient.

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, -2.0])
    >>> optimizer = optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.9, -1.9])
    """

    decoupled = False  # whether the weight decay takes from the weights, not through the gradient

    def __init__(
        self,
        params: Learned,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
    ) -> None:
        settings = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, {"lr": lr, **settings})

    def keeps(self, group: Settings) -> Sequence[str]:
        """The running means, and the largest of the second."""
        return ["exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * bool(group["amsgrad"])]

    def update(self, w: np.ndarray, g: np.ndarray, kept: Kept, group: Settings, step: int) -> None:
        """One step of one piece."""
        (beta1, beta2), lr, room = group["betas"], float(group["lr"]), self.scratch(w)
        if self.decoupled:
            if group["weight_decay"]:
                w *= 1 - lr * group["weight_decay"]
        else:
            g = self.decayed(w, g, group)
        mean, squares = kept["exp_avg"], kept["exp_avg_sq"]
        moved_towards(mean, g, 1 - beta1, room)
        squares_averaged(squares, g, beta2, room)
        if group["amsgrad"]:
            squares = np.maximum(kept["max_exp_avg_sq"], squares, out=kept["max_exp_avg_sq"])
        np.sqrt(squares, out=room)
        room *= 1 / math.sqrt(1 - beta2**step)
        room += group["eps"]
        np.divide(mean, room, out=room)
        room *= lr / (1 - beta1**step)
        w -= room


class AdamW(Adam):
    """Adam whose weight decay takes from the weights themselves (Loshchilov and Hutter 2019).

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, -2.0])
    >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.89, -1.88])
    """

    decoupled = True

    def __init__(
        self,
        params: Learned,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)
