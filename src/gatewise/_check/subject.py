"""The function that is checked: it can be evaluated at points nearby, and nothing is left changed."""

from __future__ import annotations

import copy
import difflib
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property, partial
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from gatewise._check.holders import Holder, holders_of, holds
from gatewise._check.outside import Outside, standing
from gatewise._check.parameters import (
    EPS,
    Key,
    Parameter,
    differentiable,
    is_short,
    numbers_that_stay,
    why_nothing,
    written_key,
)
from gatewise._check.seeding import Seed
from gatewise._errors import ArgumentError
from gatewise._recording.functions import code_of, signature_of
from gatewise._recording.structures import is_container, leaves, mapped
from gatewise._tensor import Tensor, leaf
from gatewise._twins import seen
from gatewise._types import Function, Plain

Wanted = Callable[[Any], Any]  #: what stands for a parameter where f is recorded, of its value
LIKE = 0.01  # of the largest output: what short floats may make of the same values


class Handed(NamedTuple):
    """An array that the last call was given: whose it is, the array, and the copy."""

    name: str
    held: np.ndarray
    given: np.ndarray


def same_as_given(x: object) -> object:
    return x


class Subject:
    """A function with its arguments, some of which can be moved.

    `value()` is a single number: the output, or its entries weighted by `upstream`. Notes are what was noticed on the
    way, in words.
    """

    def __init__(
        self,
        f: Function,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        parameters: object = None,
        leave_out: Collection[str] = (),
        rng: object = None,
        outside: Sequence[Outside] = (),
    ) -> None:
        self.outside = outside  # what f reads without being given it, and is moved
        self.kept_outside = frozenset(each.name for each in outside)
        self.f, self.name = f, shown_name(f)
        self.taking_tensors = seen(f)
        self.names = argument_names(f, len(args))
        self.args, self.kwargs = list(args), dict(kwargs)
        self.notes: list[str] = []
        self.held = parameters
        self.rng = Seed(rng)
        self.restoring = False  # whether f was seen to change the arrays in `held`
        self.handed: list[Handed] = []
        self.backward: Function | None = None  # the backward half that was found beside f
        self.not_judged = ""  # what was asked about and is not there, in words
        self.broken = ""  # what f did at the last point where it gave no number
        self.evaluations = 0
        self.taken: Any = None  #: a gradient function that is known to take the inputs
        self.instead: Callable[[], float] | None = None  # what is done at a point in place of running f there
        self.output: Callable[[Any], Any] = lambda result: result
        self.weights: Any = None  # of the entries of the output
        self.shape: tuple[int, ...] = ()
        self.start = float("nan")  # the value at x
        self.analytic: bool | None = None  # whether every gate on the way is, once that was asked
        self.lifted = False  # whether short floats are handed out in float64
        given = parameters if isinstance(parameters, (dict, list, tuple)) else self.moved()
        self.everything = [*dict.fromkeys(str(key[0]) for key, _ in leaves(given))]  # what could be given a gradient
        self.refuse_unknown(leave_out, [written_key(key) for key, _ in leaves(given)])
        self.left_out = frozenset(leave_out)
        self.parameters = self.found(parameters, self.left_out)

    def found(self, held: Any, leave_out: frozenset[str]) -> list[Parameter]:
        """Everything that can be moved: floats and arrays of floats among the arguments, or in `held`."""
        given = held if held is not None else self.moved()
        if held is not None and not isinstance(held, (dict, list, tuple)):
            raise ArgumentError(
                f"parameters is a {type(held).__name__}.",
                "it holds the arrays that the function reads, and whose gradients are checked.",
                'parameters=net.params, or parameters={"W": W}.',
            )
        parameters = []
        whole = self.whole_numbers(given) if held is None else frozenset()
        for key, x in leaves(given):
            name = written_key(key)
            if not differentiable(x) or name in leave_out or str(key[0]) in leave_out or key in whole:
                continue
            if held is not None and not (isinstance(x, np.ndarray) and x.flags.writeable):
                continue
            array = x if held is not None else np.array(x if not isinstance(x, int) else float(x))
            parameters.append(Parameter(name, key, x, array, own=held is not None))
        if not parameters:
            raise ArgumentError(f"nothing that {self.name} was given can be checked.", *why_nothing(given, leave_out))
        return parameters

    def take_arguments(self, keys: Collection[str]) -> None:
        """Look at arguments beside what `parameters=` holds: those that a gradient came for under their name."""
        taken = {p.name for p in self.parameters}
        for key, x in leaves(self.arguments()) if self.held is not None else ():
            name = written_key(key)
            wanted = name in keys and name not in taken and not {name, str(key[0])} & self.left_out
            if wanted and isinstance(x, (float, np.ndarray, np.floating)) and differentiable(x):
                self.parameters.append(Parameter(name, key, x, np.array(x)))

    def whole_numbers(self, given: Any) -> frozenset[Key]:
        """The numbers that stay what they are: counts and settings.

        Those are whole numbers inside lists and dicts without a float, the numbers in a dict of settings, and whole
        arguments beside floats where the function does not take floats in their place.
        """
        alone = [key for key, x in leaves(given) if type(x) is int and len(key) == 1]
        others = [key for key, x in leaves(given) if differentiable(x) and key not in alone and type(x) is not int]
        settings = {key for name, x in given.items() for key in numbers_that_stay(x, (name,))}
        if alone and others and not self.takes_floats(alone):
            settings |= set(alone)
        return frozenset(settings)

    def takes_floats(self, keys: Collection[Key]) -> bool:
        """Whether f runs with floats in the place of these whole arguments."""
        names = {key[0] for key in keys}
        args, kwargs = copy.deepcopy((self.args, self.kwargs))
        args = [
            float(x) if name in names and isinstance(x, int) else x for name, x in zip(self.names, args, strict=False)
        ]
        kwargs = {name: float(x) if name in names and isinstance(x, int) else x for name, x in kwargs.items()}
        try:
            with self.rng, np.errstate(all="ignore"):
                self.f(*args, **kwargs)
        except Exception:
            return False
        return True

    def refuse_unknown(self, leave_out: Collection[str], written_names: Sequence[str]) -> None:
        """Raise `ArgumentError` for a name to be left out that nothing has."""
        known = [*dict.fromkeys([*self.everything, *written_names, *self.arguments()])]
        for name in leave_out:
            if name not in known and name not in defaults_of(self.f):
                inside = [n for n in written_names if n.endswith(f"[{name!r}]")]
                near = inside or difflib.get_close_matches(str(name), known, 1)
                raise ArgumentError(
                    f"leave_out={name!r}: {self.name} was given nothing of that name.",
                    f"what it was given is {', '.join(known) or 'nothing'}.",
                    f"did you mean {near[0]!r}?" if near else "one of these names.",
                )

    def arguments(self) -> dict[str, object]:
        """The arguments by name."""
        return {**dict(zip(self.names, self.args, strict=False)), **self.kwargs}

    def moved(self) -> dict[str, object]:
        """What may be moved, by name: the arguments, and what f reads outside."""
        return {**self.arguments(), **{each.name: each.value for each in self.outside}}

    # ------------------------------------------------------------------------------------------------- calling

    def call(
        self,
        replace: Callable[[Parameter], object] = Parameter.now,
        f: Function | None = None,
        beside: Callable[[object], object] = same_as_given,
    ) -> Any:
        """What `f` returns at the point where the parameters are now; `beside` is done to what is no parameter."""
        self.evaluations += 1
        before = [p.array.copy() for p in self.parameters] if self.restoring else []
        held_in_float64 = self.lifted and self.held is not None and f is None
        try:
            with self.rng, self.in_place_of_held(lambda x: x) if held_in_float64 else nullcontext():
                args, kwargs, values = self.filled_all(replace, beside)
                with np.errstate(all="ignore"), standing(self.outside, values) if self.outside else nullcontext():
                    return (f or self.f)(*args, **kwargs)
        finally:
            for p, was in zip(self.parameters, before, strict=False):
                p.array[...] = was

    def lift(self, first: object) -> bool:
        """Hand out short floats in float64 from now on, where f then gives what it gave (`first`) but for rounding.

        Differences need the digits. What f itself rounds to short floats stays so, and is seen as its noise.
        """
        short = [p for p in self.parameters if p.eps > EPS]
        if not short or not all(can_be_replaced(self.held, p.key) for p in short if p.own):
            return False
        arrays = [p.array for p in short]
        for p in short:
            p.array = p.array.astype(float)
        self.lifted = True
        if self.agrees_with(first) and (self.held is None or not self.reads(arrays)):
            kinds = ", ".join(sorted({str(array.dtype) for array in arrays}))
            self.notes.append(f"what was given in {kinds} is taken in float64 for the differences")
            return True
        self.lifted = False
        for p, array in zip(short, arrays, strict=True):
            p.array = array
        return False

    def agrees_with(self, first: object) -> bool:
        """Whether f gives what it gave, up to the rounding of short floats."""
        try:
            a, b = (np.asarray(self.output(result), dtype=float) for result in (first, self.call()))
        except Exception:
            return False
        if a.shape != b.shape or not np.all(np.isfinite(b)):
            return False
        return bool(np.max(np.abs(a - b), initial=0.0) <= LIKE * np.max(np.abs(b), initial=0.0))

    def reads(self, arrays: Sequence[np.ndarray]) -> bool:
        """Whether f still moves with arrays that it is no longer given: it has them from elsewhere."""
        before, value = [x.copy() for x in arrays], self.value()
        try:
            for x in arrays:
                x[...] = x * 1.5 + 0.25
            return self.value() != value
        finally:
            for x, values in zip(arrays, before, strict=True):
                x[...] = values

    def filled(self) -> tuple[list[object], dict[str, object]]:
        """Positional and named arguments, with the values of the parameters."""
        args, kwargs, _ = self.filled_all()
        return args, kwargs

    def filled_all(
        self, replace: Callable[[Parameter], object] = Parameter.now, beside: Callable[[object], object] = same_as_given
    ) -> tuple[list[object], dict[str, object], dict[str, object]]:
        """Positional and named arguments, and what is read outside, with what stands for each parameter; all copies.

        A function may write into what it is given: that must change neither the caller's array nor the next run.
        """
        moved: dict[Key, tuple[str, Any]] = {}
        for p in self.parameters:
            if not p.own:
                moved[p.key] = p.name, replace(p)
        self.handed = []

        def given(name: str, path: Key, x: object) -> object:
            key = (name, *path)
            told, value = moved[key] if key in moved else (name, beside(x))
            if type(value) is Tensor or not isinstance(value, (np.ndarray, np.generic)):  # a Tensor passes for an array
                return value
            if self.lifted and is_short(value):
                value = value.astype(float)
            if not isinstance(value, np.ndarray):
                return value
            copied = value.copy()
            self.handed.append(Handed(told, value, copied))
            return copied

        args: list[Any] = []
        for name, x in zip(self.names, self.args, strict=False):  # a plain argument without a detour: this is every run
            args.append(mapped(partial(given, name), x) if is_container(x) else given(name, (), x))
        values = {each.name: mapped(partial(given, each.name), each.value) for each in self.outside}
        return args, {name: mapped(partial(given, name), x) for name, x in self.kwargs.items()}, values

    def value(self) -> float:
        """The number that f gives here; NaN where it raises, or gives something else than at the start."""
        if self.instead is not None:
            return self.instead()
        try:
            result = self.output(self.call())
        except (ArithmeticError, ValueError, IndexError, TypeError, np.linalg.LinAlgError) as error:
            self.broken = self.broken or f"{type(error).__name__}: {error}"
            return float("nan")
        return self.weighted(result)

    def weighted(self, result: object) -> float:
        """The output as one number."""
        array = np.asarray(result)
        if array.shape != self.shape:
            self.broken = f"an output of shape {array.shape}, where it was {self.shape}"
            return float("nan")
        if array.dtype.kind == "c":
            self.broken = self.broken or "complex numbers"
            return float("nan")
        if self.weights is None:
            return float(array)
        with np.errstate(all="ignore"):
            return float(np.sum(array * self.weights, dtype=float))

    # ------------------------------------------------------------------------------------------------ recording

    def on_tensors(self, wanted: Wanted) -> object:
        """What f gives where each parameter is replaced by `wanted` of it, and all other numbers by Tensors too."""
        with self.in_place_of_held(wanted):
            return as_one(self.output(self.call(lambda p: wanted(p.now()), self.taking_tensors, self.constant)))

    def upstream(self, value: object) -> Plain:
        """The gradient that arrives at an output: the weights of its entries."""
        like = np.asarray(value)
        weights = np.ones(like.shape) if self.weights is None else self.weights
        return np.asarray(weights, dtype=like.dtype).reshape(like.shape)[()] if like.shape else float(np.sum(weights))

    def constant(self, x: object) -> object:
        """An array that is not moved, as a Tensor that carries nothing: `X.dot(W)` is asked of X."""
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            return x
        return leaf(x.astype(float) if self.lifted else x, 0)

    @contextmanager
    def in_place_of_held(self, wanted: Wanted) -> Iterator[None]:
        """The entries of the user's dict or list replaced while f runs, and where else f keeps the same arrays."""
        own = [p for p in self.parameters if p.own]
        holders = [(holder_of(self.held, p.key), p.key[-1], p.given) for p in own]
        others = [(*place, x) for place, x in self.elsewhere if holds(*place, x)]
        try:
            made = {id(p.given): wanted(p.array) for p in own}
            for holder, key, given in (*others, *holders):
                holder[key] = made[id(given)]
            yield
        finally:
            for holder, key, given in (*others, *holders):
                holder[key] = given

    @cached_property
    def elsewhere(self) -> list[tuple[Holder, np.ndarray]]:
        """Where else f keeps the user's arrays: `params = {"W1": self.first.W}`."""
        own = [p.given for p in self.parameters if p.own]
        return list(holders_of(own, self.f)) if own else []

    @property
    def code(self) -> CodeType | None:
        return code_of(self.f)


def as_one(result: object) -> object:
    """An output of several parts as one array: a list of Tensors would lose what they were made of."""
    return np.stack(result) if isinstance(result, (list, tuple)) and result else result


def holder_of(structure: Any, key: Key) -> object:
    """The dict or list that holds the entry `key` leads to."""
    for part in key[:-1]:
        structure = structure[part]
    if isinstance(structure, tuple):
        raise ArgumentError(
            "parameters is a tuple.",
            "to record the function, gatewise puts its own values in the place of the arrays while it runs.",
            'a dict or a list, parameters={"W": W}; or give the gradient that is to be checked.',
        )
    return structure


def can_be_replaced(structure: Any, key: Key) -> bool:
    """Whether the entry `key` leads to stands in a dict or a list."""
    for part in key[:-1]:
        structure = structure[part]
    return isinstance(structure, (dict, list))


def shown_name(f: object) -> str:
    name = getattr(f, "__name__", type(f).__name__)
    return "f" if name == "<lambda>" else str(name)


def argument_names(f: Function, count: int) -> list[str]:
    """The names of the positional arguments."""
    kinds = inspect.Parameter
    found = []
    for p in signature_of(f, count).parameters.values():
        if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD):
            found.append(p.name)
        elif p.kind is kinds.VAR_POSITIONAL:
            found += [f"{p.name}{k}" for k in range(count - len(found))]
    found += [f"x{k}" for k in range(len(found), count)]
    return found[: max(count, 0)]


def defaults_of(f: Function) -> list[str]:
    """The arguments that a function has a value for: they need not be given, and may be left out by name."""
    return [p.name for p in signature_of(f, 0).parameters.values() if p.default is not p.empty]
