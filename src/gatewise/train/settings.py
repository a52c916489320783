"""The settings of a run: what no run can have, and what must be the same where a run goes on."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping

import numpy as np

from gatewise._errors import TrainingError
from gatewise._types import Function, Json
from gatewise.nn import Module
from gatewise.optim import Optimizer, lr_scheduler

PLAIN = (bool, int, float, str, type(None))
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def check_settings(*, reg: object, **counts: object) -> None:
    """Raise `TrainingError` for settings that no run can have."""
    for name, value in counts.items():
        if value is None and name in ("patience", "save_every"):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise TrainingError(f"{name} is {value!r:.60}.", "it is a whole number, from 1 on.", f"{name}=10.")
    if isinstance(reg, bool) or not isinstance(reg, (int, float, np.number)) or not 0 <= reg < math.inf:
        raise TrainingError(
            f"reg is {reg!r:.60}.", "it says how much squared weights cost.", "reg=0.25, or 0 for none."
        )


def check_optimizer(model: Module, optimizer: Optimizer) -> None:
    """Raise `TrainingError` for an optimizer that moves none of the model's parameters."""
    own = {id(parameter) for parameter in model.parameters()}
    if own and not own & held_by(optimizer):
        why = "it was made from other parameters, perhaps of a net that was made anew since."
        cure = "optimizer = optim.SGD(model.parameters(), lr=0.1), after the model was made."
        raise TrainingError("the optimizer has none of the model's parameters.", why, cure)


def held_by(optimizer: Optimizer) -> set[int]:
    """The parameters of an optimizer, by id."""
    return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}


# ------------------------------------------------------------------------------------------------- what stays the same


def settings_of_run(
    model: Module,
    optimizer: Optimizer,
    scheduler: lr_scheduler.LRScheduler | None,
    batch_size: int,
    reg: float,
    loss: Function,
    change: Function | None,
) -> Json:
    """Everything about a run that decides how it goes on and is in no array, as a checkpoint holds it."""
    return {
        "batch_size": int(batch_size),
        "reg": float(reg),
        "loss": name_of_function(loss),
        "change": name_of_function(change),
        "optimizer": type(optimizer).__name__,
        "rates": settings_of(optimizer),
        "scheduler": type(scheduler).__name__ if scheduler is not None else "none",
        "schedule": {name: plain_value(getattr(scheduler, name)) for name in getattr(scheduler, "saved", ())},
        "layers": {name: class_and_settings(module) for name, module in model.named_modules()},
    }


def settings_of(optimizer: Optimizer) -> dict[str, object]:
    """The settings of an optimizer's groups: `lr`, or `lr of group 1` where there are several."""
    groups = optimizer.param_groups
    return {
        name if len(groups) == 1 else f"{name} of group {k}": plain_value(value)
        for k, group in enumerate(groups)
        for name, value in group.items()
        if name != "params"
    }


def plain_value(value: object) -> object:
    """A setting as a checkpoint can hold it."""
    if isinstance(value, (list, tuple)):
        return [plain_value(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if type(value) in PLAIN else ADDRESS.sub("", repr(value))


def name_of_function(function: object) -> str:
    """What a function is called, to tell it from another.

    >>> name_of_function(math.exp), name_of_function(functools.partial(math.log, 2)), name_of_function(None)
    ('exp', 'log(2)', 'none')
    """
    if function is None:
        return "none"
    if isinstance(function, functools.partial):
        given = [*map(repr, function.args), *(f"{name}={value!r}" for name, value in sorted(function.keywords.items()))]
        return ADDRESS.sub("", f"{name_of_function(function.func)}({', '.join(given)})")
    return str(getattr(function, "__name__", type(function).__name__))


def class_and_settings(module: Module) -> str:
    """A module's class and settings, without what is inside it."""
    return ADDRESS.sub("", f"{type(module).__name__}({module.extra_repr()})")


def changed_settings(before: Mapping[str, object], now: Mapping[str, object], moved: Mapping[str, object]) -> list[str]:
    """What differs between the settings a run began with and those it is to go on with, each in words.

    `moved` is what a schedule has made of the optimizer's settings since: an optimizer that was used goes on, too.

    >>> changed_settings({"reg": 0.0, "rates": {"lr": 0.1}}, {"reg": 1.0, "rates": {"lr": 0.05}}, {"lr": 0.05})
    ['reg was 0.0 and is 1.0']
    """
    found = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name, "none"), now.get(name, "none")
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            parts = dict.fromkeys([*old, *new])
            also = moved if name == "rates" else {}
            found += [
                f"{part or 'the model'} was {old.get(part, 'none')} and is {new.get(part, 'none')}"
                for part in parts
                if old.get(part) != new.get(part) and new.get(part) != also.get(part, old.get(part))
            ]
        elif old != new:
            found.append(f"{name} was {old} and is {new}")
    return found
