"""Optimizer: groups of parameters with their settings, and what is kept for each parameter between steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard, TypeVar

import numpy as np
import numpy.typing as npt

from gatewise._errors import LayerError, StateError
from gatewise._tensor import Tensor, change, gradient_of
from gatewise._types import Named, Namespace

#: What is learned: Tensors, pairs of name and Tensor, or dicts with the key "params" and settings of their own.
Learned: TypeAlias = Iterable[Tensor | tuple[str, Tensor] | Mapping[str, Any]]
#: The settings of a group, by name: each rule has its own, numbers, truth values or pairs.
Settings: TypeAlias = Mapping[str, Any]
#: What is kept for a parameter between steps, a piece of it.
Kept: TypeAlias = Mapping[str, np.ndarray]
#: Entries that are updated at a time: few enough to stay in the cache through all operations of one update.
PIECE = 65536

Result = TypeVar("Result")


class Scratch:
    """Arrays of one piece to compute in, the same ones in every step."""

    def __init__(self) -> None:
        self.arrays: dict[tuple[np.dtype, int], np.ndarray] = {}

    def __call__(self, like: np.ndarray, number: int = 0) -> np.ndarray:
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

    def __init__(self, params: Learned, defaults: Settings) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.scratch = Scratch()
        if hasattr(params, "parameters"):
            raise self.no_parameters(f"it was given a {type(params).__name__}", "it changes the parameters of a net.")
        if not is_many(params):
            raise self.no_parameters(f"it was given a {type(params).__name__}", "it takes a list of Tensors.")
        groups: list[Any] = list(params)
        if not groups:
            raise self.no_parameters("it was given no parameters", "there is nothing to learn.")
        for group in groups if all(isinstance(g, dict) for g in groups) else [{"params": groups}]:
            self.add_param_group(group)

    def no_parameters(self, what: str, why: str) -> LayerError:
        rule = type(self).__name__
        return LayerError(f"{rule}: {what}.", why, f"optim.{rule}(model.parameters()).")

    def add_param_group(self, group: object) -> None:
        """Learn more parameters, with settings of their own."""
        if not isinstance(group, Mapping) or "params" not in group:
            found = ", ".join(map(str, group)) if isinstance(group, Mapping) else type(group).__name__
            raise self.no_parameters(f"a group has no params, only {found}", 'a group is a dict with the key "params".')
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
            raise LayerError.setting(type(self).__name__, min(unknown), group[min(unknown)], f"not one of {names}")
        settings = {**self.defaults, **group, "params": params}
        self.check(settings)
        self.param_groups.append(settings)

    def check(self, settings: Settings) -> None:
        """Raise for settings that no step can be made with."""
        for name, value in settings.items():
            if name in NOT_NEGATIVE and not (is_real_number(value) and 0 <= value < np.inf):
                raise LayerError.setting(type(self).__name__, name, value, "a number, 0 or more")
            if name == "betas" and not is_pair_of_shares(value):
                raise LayerError.setting(type(self).__name__, name, value, "two numbers from 0 to below 1")

    # ------------------------------------------------------------------------------------------------------- learning

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; those that are there are set to zeros unless `set_to_none`."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.value)

    def step(self, closure: Callable[[], Result] | None = None) -> Result | None:
        """Change every parameter that has a gradient; `closure`, if given, computes the loss first and is returned."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            self.check(group)  # settings may have been changed by hand
            for p in group["params"]:
                gradient = gradient_of(p)
                if gradient is not None:
                    self.change(p, gradient, group)
        return loss

    def change(self, p: Tensor, gradient: npt.ArrayLike, group: Settings) -> None:
        """One step of one parameter, a piece at a time."""
        state = self.state.setdefault(p, {"step": 0})
        for name in self.keeps(group):
            if name not in state:
                state[name] = self.fresh(p.value, group)
        state["step"] += 1
        g = np.ascontiguousarray(gradient).reshape(-1)
        kept = {name: array.reshape(-1) for name, array in state.items() if isinstance(array, np.ndarray)}

        def write(array: np.ndarray) -> None:
            w = array.reshape(-1)
            for start in range(0, w.size, PIECE):
                part = slice(start, start + PIECE)
                pieces = {name: array[part] for name, array in kept.items()}
                self.update(w[part], g[part], pieces, group, state["step"])

        change(p, write)

    def keeps(self, group: Settings) -> Sequence[str]:
        """The names of the arrays that are kept for each parameter under these settings."""
        raise NotImplementedError

    def fresh(self, value: np.ndarray, group: Settings) -> np.ndarray:
        """Such an array before its first step."""
        return np.zeros_like(value)

    def update(self, w: np.ndarray, g: np.ndarray, kept: Kept, group: Settings, step: int) -> None:
        """Change one piece of a parameter, and what is kept for it, in place; `step` counts from 1."""
        raise NotImplementedError

    def decayed(self, w: np.ndarray, g: np.ndarray, group: Settings) -> np.ndarray:
        """The gradient with that of the weight decay; in scratch memory if there is any."""
        if not group["weight_decay"]:
            return g
        out = self.scratch(w, 1)
        np.multiply(w, group["weight_decay"], out=out)
        np.add(out, g, out=out)
        return out

    # --------------------------------------------------------------------------------------------------------- saving

    def parameters(self) -> Iterator[Tensor]:
        """All parameters, in the order of the groups."""
        return (p for group in self.param_groups for p in group["params"])

    def state_dict(self) -> Namespace:
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
        return {"rule": type(self).__name__, "state": state, "param_groups": groups}

    def load_state_dict(self, state: Named) -> None:
        """Take settings and state from what `state_dict()` gave; nothing is changed unless all of it fits.

        Raises `StateError` for the state of another rule, and of other parameters.
        """
        problems = self.form_problems(state) or self.fit_problems(state)
        if problems:
            raise StateError.of(type(self).__name__, problems)
        groups = [
            {name: tuple(x) if isinstance(x, list) else x for name, x in saved.items() if name != "params"}
            for saved in state["param_groups"]
        ]
        for settings in groups:
            self.check({**self.defaults, **settings})
        for p, kept in zip(self.parameters(), state["state"]):
            self.state.pop(p, None)
            if kept:
                self.state[p] = {
                    name: np.array(x, p.dtype, order="C") if isinstance(x, np.ndarray) else x
                    for name, x in kept.items()
                }
        for group, settings in zip(self.param_groups, groups):
            group.update(settings)

    def form_problems(self, state: object) -> list[str]:
        """Why this cannot be the state of an optimiser of this class."""
        if not isinstance(state, Mapping) or not all(
            isinstance(state.get(key), list | tuple) and all(isinstance(each, Mapping) for each in state[key])
            for key in ("state", "param_groups")
        ):
            return ["it is no dict with the lists state and param_groups"]
        if state.get("rule", type(self).__name__) != type(self).__name__:
            return [f"it is the state of {state['rule']}"]
        for group in state["param_groups"]:
            if not isinstance(group.get("params"), list | tuple):
                return ["a group has no list of params"]
            other = sorted(
                {str(name) for name in set(group) ^ (set(self.defaults) | {"params"}) if name != "initial_lr"}
            )
            if other:
                return [f"it is the state of another rule: {', '.join(other)}"]
        return []

    def fit_problems(self, state: Named) -> list[str]:
        """Why a state does not fit these parameters."""
        params = list(self.parameters())
        have, want = ([len(g["params"]) for g in some] for some in (state["param_groups"], self.param_groups))
        problems = [f"groups of {have} parameters instead of {want}"] if have != want else []
        if len(state["state"]) != len(params):
            problems.append(f"what is kept for {len(state['state'])} parameters instead of {len(params)}")
        for k, (p, kept) in enumerate(zip(params, state["state"])):
            steps = kept.get("step", 0 if not kept else None)
            if not isinstance(steps, int | np.integer) or isinstance(steps, bool) or steps < 0:
                problems.append(f"step of parameter {k} is {steps!r}")
            for name, x in kept.items():
                if name == "step":
                    continue
                if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
                    problems.append(f"{name} of parameter {k} is no array of floats")
                elif x.shape != p.shape:
                    problems.append(f"{name} of parameter {k} is {x.shape} instead of {p.shape}")
        return problems

    def __repr__(self) -> str:
        groups = [", ".join(f"{n}={x}" for n, x in g.items() if n != "params") for g in self.param_groups]
        return f"{type(self).__name__}({'; '.join(groups)})"


#: Settings that are no numbers below 0.
NOT_NEGATIVE = frozenset(["lr", "eps", "weight_decay", "momentum", "alpha", "lr_decay", "initial_accumulator_value"])


def is_many(params: object) -> bool:
    """Whether these are several parameters, and not one, or anything else."""
    return isinstance(params, Iterable) and not isinstance(params, Tensor | dict | np.ndarray | str)


def is_real_number(x: object) -> TypeGuard[float]:
    """Whether x is one real number, and no truth value."""
    return isinstance(x, int | float | np.floating | np.integer) and not isinstance(x, bool)


def is_pair_of_shares(x: object) -> bool:
    """Whether x is two numbers from 0 to below 1."""
    return isinstance(x, list | tuple) and len(x) == 2 and all(is_real_number(beta) and 0 <= beta < 1 for beta in x)
