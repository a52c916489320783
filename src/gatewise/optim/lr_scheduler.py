"""Schedules of the learning rate: call `step()` after each epoch's last `optimizer.step()`.

Each step changes the groups' "lr" from what it is, as in PyTorch: a rate that was changed by hand goes on from there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from gatewise._errors import LayerError, StateError
from gatewise._types import Namespace
from gatewise.optim.optimizer import Optimizer, is_real_number


def epochs(schedule: str, name: str, value: object) -> None:
    """Raise unless `value` counts epochs."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise LayerError.setting(schedule, name, value, "a number of epochs, 1 or more")


def not_negative(schedule: str, name: str, value: object) -> None:
    """Raise unless `value` is a number that makes no rate negative."""
    if not (is_real_number(value) and 0 <= value < math.inf):
        raise LayerError.setting(schedule, name, value, "a number, 0 or more")


class LRScheduler:
    """The parent of the schedules: counts epochs and sets the rate of each group."""

    saved: tuple[str, ...] = ()  # the settings that are saved

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            expect = "an optimizer, such as optim.SGD(model.parameters(), lr=0.1)"
            raise LayerError.setting(type(self).__name__, "optimizer", optimizer, expect)
        self.optimizer, self.last_epoch = optimizer, 0
        self.base_lrs = [float(group["lr"]) for group in optimizer.param_groups]

    def rate(self, lr: float, base: float) -> float:
        """The rate of this epoch, from that of the last and the first."""
        raise NotImplementedError

    def step(self) -> None:
        """One epoch further."""
        self.last_epoch += 1
        for group, base in zip(self.optimizer.param_groups, self.base_lrs):
            group["lr"] = self.rate(group["lr"], base)

    def get_last_lr(self) -> list[float]:
        """The rates now, one a group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> Namespace:
        """Where the schedule stands, and its settings; the rates themselves are in the optimizer's state."""
        settings = {name: getattr(self, name) for name in self.saved}
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs), **settings}

    def load_state_dict(self, state: object) -> None:
        """Go on from where `state_dict()` found a schedule; raises `StateError` for the state of another one."""
        names = {"last_epoch", "base_lrs", *self.saved}
        if not isinstance(state, Mapping):
            state = {}
        known = set(state)
        problems = [f"{name} is not there" for name in sorted(names - known)]
        problems += [f"{name} is not known" for name in sorted(map(str, known - names))]
        if not problems and len(state["base_lrs"]) != len(self.base_lrs):
            problems = [f"base_lrs has {len(state['base_lrs'])} rates instead of {len(self.base_lrs)}"]
        if problems:
            raise StateError.of(type(self).__name__, problems)
        self.last_epoch, self.base_lrs = int(state["last_epoch"]), list(state["base_lrs"])
        for name in self.saved:
            setattr(self, name, state[name])


class StepLR(LRScheduler):
    """Every `step_size` epochs the rate is multiplied by gamma.

    >>> import gatewise as gw, gatewise.optim as optim
    >>> optimizer = optim.SGD([gw.tensor(1.0)], lr=1.0)
    >>> schedule = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [schedule.step() or optimizer.param_groups[0]["lr"] for _ in range(4)]
    [1.0, 0.5, 0.5, 0.25]
    """

    saved = ("step_size", "gamma")

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        epochs("StepLR", "step_size", step_size)
        not_negative("StepLR", "gamma", gamma)
        super().__init__(optimizer)
        self.step_size, self.gamma = step_size, gamma

    def rate(self, lr: float, base: float) -> float:
        """The rate of this epoch."""
        return lr * self.gamma if self.last_epoch % self.step_size == 0 else lr


class ExponentialLR(LRScheduler):
    """Every epoch the rate is multiplied by gamma.

    >>> import gatewise as gw, gatewise.optim as optim
    >>> optimizer = optim.SGD([gw.tensor(1.0)], lr=1.0)
    >>> schedule = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> [schedule.step() or optimizer.param_groups[0]["lr"] for _ in range(3)]
    [0.5, 0.25, 0.125]
    """

    saved = ("gamma",)

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        not_negative("ExponentialLR", "gamma", gamma)
        super().__init__(optimizer)
        self.gamma = gamma

    def rate(self, lr: float, base: float) -> float:
        """The rate of this epoch."""
        return lr * self.gamma


class CosineAnnealingLR(LRScheduler):
    """In `T_max` epochs the rate falls to `eta_min` along half a cosine, and rises again after that.

    >>> import gatewise as gw, gatewise.optim as optim
    >>> optimizer = optim.SGD([gw.tensor(1.0)], lr=1.0)
    >>> schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    >>> [round(schedule.step() or optimizer.param_groups[0]["lr"], 4) for _ in range(4)]
    [0.8536, 0.5, 0.1464, 0.0]
    """

    saved = ("T_max", "eta_min")

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        epochs("CosineAnnealingLR", "T_max", T_max)
        not_negative("CosineAnnealingLR", "eta_min", eta_min)
        super().__init__(optimizer)
        self.T_max, self.eta_min = T_max, eta_min

    def rate(self, lr: float, base: float) -> float:
        """The rate of this epoch."""
        epoch, low, half = self.last_epoch, self.eta_min, math.pi / self.T_max
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the turning point, from which no factor leads up
            return lr + (base - low) * (1 - math.cos(half)) / 2
        return (1 + math.cos(half * epoch)) / (1 + math.cos(half * (epoch - 1))) * (lr - low) + low
