"""Optimizer: groups of parameters with their settings, and what is kept for each parameter between steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._errors import LayerError, StateError, user_line
from gatewise._tensor import Tensor, change, gradient_of

#: Entries that are updated at a time: few enough to stay in the cache through all operations of one update.
PIECE = 65536


class Scratch:
    """Arrays of one piece to compute in, the same ones in every step."""

    def __init__(self) -> None:
        self.arrays: dict[tuple[np.dtype[Any], int], Any] = {}

    def __call__(self, like: Any, number: int = 0) -> Any:
        """Room for as many entries as `like` has, of its dtype."""
        key = (like.dtype, number)
        if key not in self.arrays:
            self.arrays[key] = np.empty(PIECE, like.dtype)
        return self.arrays[key][: like.size]


class Optimizer:
    """The parent of the update rules.

    `params` is an iterable of Tensors, of (name, Tensor) pairs, or of dicts with the key "params" and settings of their
    own. `param_groups` is a list of dicts that may be changed between steps; schedules change their "lr".
    """

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Any, dict[str, Any]] = {}
        self.scratch = Scratch()
        groups: list[Any] = list(params)
        if not groups:
            raise self.no_parameters("it was given no parameters", "there is nothing to learn.")
        for group in groups if all(isinstance(g, dict) for g in groups) else [{"params": groups}]:
            self.add_param_group(group)

    def no_parameters(self, what: str, why: str) -> LayerError:
        rule = type(self).__name__
        return LayerError(f"{rule}: {what}.{user_line()}", why, f"optim.{rule}(model.parameters()).")

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Learn more parameters, with settings of their own."""
        given = group["params"]
        params = [p[1] if isinstance(p, tuple) else p for p in ([given] if isinstance(given, Tensor) else given)]
        for p in params:
            if not isinstance(p, Tensor):
                raise self.no_parameters(f"it was given a {type(p).__name__}", "it changes Tensors.")
            if p.wire is None or p.wire.pullback is not None:
                raise self.no_parameters("it was given the result of a computation", "only inputs can be learned.")
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if known & set(map(id, params)) or len({id(p) for p in params}) < len(params):
            raise self.no_parameters("it was given a parameter twice", "a step would change it twice.")
        unknown = set(group) - {"params"} - set(self.defaults)
        if unknown:
            names = ", ".join(self.defaults)
            raise LayerError.setting(type(self).__name__, min(unknown), group[min(unknown)], f"not one of {names}", "")
        settings = {**self.defaults, **group, "params": params}
        self.check(settings)
        self.param_groups.append(settings)

    def check(self, settings: Mapping[str, Any]) -> None:
        """Raise for settings that no step can be made with."""
        for name, value in settings.items():
            if name in NOT_NEGATIVE and not (isinstance(value, (int, float, np.number)) and 0 <= value < np.inf):
                raise LayerError.setting(type(self).__name__, name, value, "a number, 0 or more", user_line())
            if name == "betas" and not all(0 <= beta < 1 for beta in value):
                raise LayerError.setting(type(self).__name__, name, value, "two numbers from 0 to below 1", user_line())

    # ------------------------------------------------------------------------------------------------------- learning

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; `closure`, if given, computes the loss first and is returned."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            for p in group["params"]:
                gradient = gradient_of(p)
                if gradient is not None:
                    self.change(p, gradient, group)
        return loss

    def change(self, p: Tensor, gradient: Any, group: Mapping[str, Any]) -> None:
        """One step of one parameter, a piece at a time."""
        state = self.state.setdefault(p, {"step": 0})
        for name in self.keeps(group):
            if name not in state:
                state[name] = self.fresh(p.value, group)
        state["step"] += 1
        g = np.ascontiguousarray(gradient).reshape(-1)
        kept = {name: array.reshape(-1) for name, array in state.items() if isinstance(array, np.ndarray)}

        def write(array: Any) -> None:
            w = array.reshape(-1)
            for start in range(0, w.size, PIECE):
                part = slice(start, start + PIECE)
                pieces = {name: array[part] for name, array in kept.items()}
                self.update(w[part], g[part], pieces, group, state["step"])

        change(p, write)

    def keeps(self, group: Mapping[str, Any]) -> Sequence[str]:
        """The names of the arrays that are kept for each parameter under these settings."""
        raise NotImplementedError

    def fresh(self, value: Any, group: Mapping[str, Any]) -> Any:
        """Such an array before its first step."""
        return np.zeros_like(value)

    def update(self, w: Any, g: Any, kept: Mapping[str, Any], group: Mapping[str, Any], step: int) -> None:
        """Change one piece of a parameter, and what is kept for it, in place; `step` counts from 1."""
        raise NotImplementedError

    def decayed(self, w: Any, g: Any, group: Mapping[str, Any]) -> Any:
        """The gradient with that of the weight decay; in scratch memory if there is any."""
        if not group["weight_decay"]:
            return g
        out = np.multiply(w, group["weight_decay"], out=self.scratch(w, 1))
        return np.add(out, g, out=out)

    # --------------------------------------------------------------------------------------------------------- saving

    def parameters(self) -> Iterator[Tensor]:
        """All parameters, in the order of the groups."""
        return (p for group in self.param_groups for p in group["params"])

    def state_dict(self) -> dict[str, Any]:
        """Settings and state as plain dicts and lists of copied arrays: `state` has one dict a parameter, in order."""
        state = [
            {name: np.array(x) if isinstance(x, np.ndarray) else x for name, x in self.state.get(p, {}).items()}
            for p in self.parameters()
        ]
        numbers = iter(range(len(state)))
        groups = [
            {name: list(x) if isinstance(x, tuple) else x for name, x in group.items()}
            | {"params": [next(numbers) for _ in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take settings and state from what `state_dict()` gave; nothing is changed unless all of it fits."""
        kept: Sequence[Mapping[str, Any]] = state["state"]
        groups: Sequence[Mapping[str, Any]] = state["param_groups"]
        params = list(self.parameters())
        have, want = ([len(g["params"]) for g in some] for some in (groups, self.param_groups))
        problems = [f"groups of {have} parameters instead of {want}"] if have != want else []
        for k, (p, saved) in enumerate(zip(params, kept)):
            for name, x in saved.items():
                if isinstance(x, np.ndarray) and x.shape != p.shape:
                    problems.append(f"{name} of parameter {k} is {x.shape} instead of {p.shape}")
        if problems or len(kept) != len(params):
            raise StateError.of(type(self).__name__, problems or [f"{len(kept)} parameters"], user_line())
        for p, saved in zip(params, kept):
            self.state.pop(p, None)
            if saved:
                self.state[p] = {
                    name: np.array(x, p.dtype, order="C") if isinstance(x, np.ndarray) else x
                    for name, x in saved.items()
                }
        for group, saved in zip(self.param_groups, groups):
            settings = {name: tuple(x) if isinstance(x, list) else x for name, x in saved.items() if name != "params"}
            self.check(settings)
            group.update(settings)

    def __repr__(self) -> str:
        groups = [", ".join(f"{n}={x}" for n, x in g.items() if n != "params") for g in self.param_groups]
        return f"{type(self).__name__}({'; '.join(groups)})"


#: Settings that are no numbers below 0.
NOT_NEGATIVE = frozenset(["lr", "eps", "weight_decay", "momentum", "alpha", "lr_decay", "initial_accumulator_value"])
