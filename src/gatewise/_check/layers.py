"""A layer as an object: `forward` and `backward`, weights that it keeps, and their gradients beside them."""

from __future__ import annotations

import ast
import copy
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gatewise._check.claims import as_one_row
from gatewise._check.customs import IS_LABEL
from gatewise._check.halves import required
from gatewise._check.kept import (
    Lists,
    arrays_of,
    emptied,
    gradients_of,
    is_paired,
    lists_of,
    made_at_first,
    methods_of,
    nudged,
    owners,
    restored,
    unchanged,
)
from gatewise._check.matching import CHOSEN, DATA, WEIGHTS
from gatewise._check.pairs import OF_GRADIENTS
from gatewise._check.returned import returned_names, statements_of
from gatewise._errors import ArgumentError
from gatewise._recording import wire_named
from gatewise._types import Function, Named, Namespace

SEED = 20240229  #: of the upstream gradient
#: Names of weights: `W1`, `W_hh`, `b2`, `weight_x`, `enc['W']`, `weights[0]`, `fc1.W`.
WEIGHT = re.compile(
    r"(.*\.)?(.*\[')?"
    r"([WwbUV]\d*(_?[a-z]{1,2})?|(weight|bias|kernel|gamma|beta|theta)(s|es)?(_?\w{1,3})?)('\])?(\[\d+\])?|layers\[\d+\]"
)
#: What people call the length of a step of descent.
RATES = frozenset(
    {"lr", "learning_rate", "learningRate", "alpha", "eta", "rate", "step_size", "lrate", "l_rate", "learn_rate"}
)


#: Where an object leaves its output, and the gradient of its input.
OUTPUTS = ("output", "out", "outputs", "y", "a", "A", "Z", "z", "activation", "activations", "result")
OF_INPUT = ("dinputs", "dinput", "dx", "dX", "d_input", "grad_input", "input_grad", "input_gradient", "dZ")


class Kept(NamedTuple):
    """An object, the names of its weights, its lists as they were before it ran, and which argument is an input."""

    made: Any
    weights: Sequence[str]
    lists: Lists
    same: Mapping[str, str]


class Layer:
    """An object whose methods are the two halves, and what is checked of it.

    `run` and the gradient are partials of the methods themselves: so their lines are found.
    """

    def __init__(self, made: Any, forward: str, backward: str, inputs: Named = MappingProxyType({})) -> None:
        """`inputs` are those that its weights are made from when it first runs, if they are."""
        if inputs:
            made_at_first(made, lambda: getattr(made, forward)(**copy.deepcopy(dict(inputs))))
        self.made, self.backward = made, getattr(made, backward)
        arrays = arrays_of(made)  # before anything ran: later there are more gradients among them
        self.arrays = {name: x for name, x in arrays.items() if wire_named(name, {*arrays} - {name}) is None}
        self.forward = getattr(made, forward)
        takes = inspect.signature(self.forward).parameters
        self.ups = [name for name in required(self.backward) if name not in takes and name not in RATES]
        self.lists, self.same = lists_of(made), dict[str, str]()
        found = partial(output_of, self.forward, len(self.ups), self.lists)
        self.run = named(found, f"{type(made).__name__}.{forward}")

    @property
    def takes_upstream(self) -> bool:
        """Whether an upstream gradient is among what the backward half takes; a loss has none."""
        return bool(required(self.backward))

    def upstream(self, inputs: Named) -> Any:
        """What arrives at the output: random numbers in its shape, nothing for a single number."""
        with unchanged(self.made):
            out = self.run(**inputs)
        names = required(self.backward)
        if names and all(name in inputs or name in self.same for name in names):
            return None  # `gradient(x)`: a function of what the forward half takes
        if np.ndim(out) and not inspect.signature(self.backward).parameters:
            raise ArgumentError(
                f"{self.backward.__name__} takes nothing, and what comes out has shape {np.shape(out)}.",
                "without an upstream gradient it is the way back from a single number.",
                "return the loss from the forward half, or take the upstream gradient.",
            )
        return np.random.default_rng(SEED).normal(size=np.shape(out)) if np.ndim(out) else None

    def gradient(self, upstream: Any, inputs: Sequence[str]) -> Callable[..., dict[str, Any]]:
        """A function of the layer's inputs, called so, that gives the gradients by name: theirs, and the weights'."""
        kept = Kept(self.made, [*self.arrays], self.lists, self.same)
        found = partial(gradients, self.forward, self.backward, upstream, inputs, self.ups, kept)
        return named(found, f"{type(self.made).__name__}.{self.backward.__name__}")

    def as_mean_loss(self, inputs: Named) -> Layer | None:
        """The same as a loss whose mean is meant, where it gives one for each row of its first input, beside labels.

        `backward(dvalues, y_true)` is called with the predictions then, and `dvalues` is what they are called there.
        """
        with unchanged(self.made):
            out = self.run(**inputs)
        first, *others = inputs
        labelled = any(name in IS_LABEL | DATA and name in others for name in required(self.backward))
        if len(self.ups) != 1 or not labelled or np.shape(out) != np.shape(inputs[first])[:1] or not np.ndim(out):
            return None
        found = copy.copy(self)
        found.same, found.ups = {self.ups[0]: first}, []
        found.run = named(partial(mean_of, self.forward, self.lists), self.run.__name__)
        return found

    def weights(self, inputs: Named) -> Namespace:
        """The arrays that the layer keeps and has gradients for, or that are called weights and count; moved in place.

        What its forward half binds anew, as the input that it keeps for the way back, is none.
        """
        upstream = self.upstream(inputs)
        with unchanged(self.made):
            self.run(**inputs)
            now = arrays_of(self.made)
            kept = {name: x for name, x in self.arrays.items() if now.get(name) is x}
        found = self.gradient(upstream, [])(**inputs)
        paired = {name for name in kept if is_paired(name)}
        return {
            name: x
            for name, x in kept.items()
            if (name in found and (name not in paired or self.counts(x, inputs)))
            or name in WEIGHTS
            or (WEIGHT.fullmatch(name) and self.counts(x, inputs))
        }

    def counts(self, array: Any, inputs: Named) -> bool:
        """Whether the output changes with an array."""
        with unchanged(self.made):
            before, held = copy.deepcopy(self.run(**inputs)), array.copy()
            try:
                nudged(array)
                return not np.array_equal(before, self.run(**inputs), equal_nan=True)
            finally:
                array[...] = held


def halves_of_object(f: object) -> tuple[str, str] | None:
    """The names of the two halves of an object that is a layer; None of what is none, and of a class.

    What takes two arguments that the value does not is the gradient of something else, as of a loss.
    """
    found = None if isinstance(f, type) or inspect.isroutine(f) else methods_of(type(f))
    if found is None or found[1] not in OF_GRADIENTS:
        return found
    value, gradient = (required(getattr(f, name)) for name in found)
    return found if len({*gradient} - {*value}) < 2 else None


def value_and_gradient(made: Any, methods: tuple[str, str]) -> tuple[Function, Function] | None:
    """Two methods of an object without weights as a value and its gradient at the same inputs; None of a layer's."""
    value, gradient = (getattr(made, name) for name in methods)
    alike = methods[1] in OF_GRADIENTS and not arrays_of(made) and required(value) == required(gradient)
    return (value, gradient) if alike else None


def told_of_layer(layer: Layer, inputs: Named, upstream: Any = None) -> Namespace:
    """What the check is told of a layer: its gradient, its weights, what arrives from above."""
    weights, drawn = layer.weights(inputs), layer.upstream(inputs)
    upstream = drawn if upstream is None else as_one_row(upstream) if isinstance(upstream, (tuple, list)) else upstream
    return {"gradient": layer.gradient(upstream, [*inputs]), "parameters": weights or None, "upstream": upstream}


def without_gradient(layer: Layer, inputs: Named, gradient: Function) -> tuple[str, ...]:
    """The inputs that a layer gives no gradient of, and is to: `return dx` was forgotten."""
    names = required(layer.backward)
    if names and all(name in inputs for name in names):
        return ()  # `gradient(x, t)` of a net is that of its weights
    found = gradient(**inputs)
    data = DATA | CHOSEN
    return tuple(name for name, x in inputs.items() if is_floating(x) and name not in found and name not in data)


def bound(made: object, forward: str, args: Sequence[object], kwargs: Named) -> Namespace:
    """The arguments of the forward half by name."""
    return inspect.signature(getattr(made, forward)).bind(*args, **kwargs).arguments


def output_of(forward: Function, count: int, lists: Lists, /, *args: Any, **kwargs: Any) -> Any:
    """What a forward half computes, several outputs in one row; what it returns beside, to be kept, is no output."""
    out = given_by(forward, *args, **kwargs)
    restored(lists)
    if (several := outputs_in(out, count)) is not None:
        return as_one_row(several)
    return out[0] if isinstance(out, tuple) and len(out) == 2 and not is_number(out[1]) else out


def mean_of(forward: Function, lists: Lists, /, *args: Any, **kwargs: Any) -> Any:
    """The mean of the losses that a forward half gives."""
    return np.mean(output_of(forward, 1, lists, *args, **kwargs))


def given_by(forward: Function, /, *args: Any, **kwargs: Any) -> Any:
    """What a forward half returns; what it leaves in its object as the output, where it returns nothing."""
    out = forward(*args, **kwargs)
    kept = vars(getattr(forward, "__self__", None) or forward) if out is None else {}
    return next((kept[name] for name in OUTPUTS if name in kept), out)


def outputs_in(out: object, count: int) -> tuple[Any, ...] | None:
    """The outputs that a backward half takes one upstream gradient each of, where it takes several."""
    several = isinstance(out, tuple) and 1 < count <= len(out) and all(map(is_number, out[:count]))
    return out[:count] if several and isinstance(out, tuple) else None


def gradients(
    forward: Function,
    backward: Function,
    upstream: Any,
    inputs: Sequence[str],
    ups: Sequence[str],
    keeps: Kept,
    /,
    *args: Any,
    **kwargs: Any,
) -> Namespace:
    """The gradients that an object gives and keeps, after its forward half ran, added to nothing from before.

    What it changes is put back, its weights too, where its backward half takes a step.
    """
    made, weights = keeps.made, keeps.weights
    with unchanged(made):
        emptied(gradients_of(made, weights).values())
        before = {name: np.array(x) for name, x in arrays_of(made).items() if name in weights}
        given = {**dict(zip(inputs, args, strict=False)), **kwargs}
        several = outputs_in(given_by(forward, *args, **kwargs), len(ups))
        given |= dict(zip(ups, pieces(upstream, several), strict=True)) if several is not None else {}
        given |= {name: given[other] for name, other in keeps.same.items()}
        found = backward(*arriving(backward, upstream, given))
        kept = {**stepped(made, backward, before), **gradients_of(made, weights)}
        own = returned(backward, found, inputs, [name for name in weights if name not in kept], before)
        own = own or left_for_inputs(made, inputs)
        needless = (
            [name for name, x in given.items() if is_floating(x) and name not in ups]
            if needs_none(made, backward, found)
            else []
        )
        return copy.deepcopy({**dict.fromkeys(needless), **own, **kept})


def left_for_inputs(made: object, inputs: Sequence[str]) -> Namespace:
    """The gradients of inputs that an object keeps: `self.dinputs`, of the first input where no name tells whose."""
    kept = vars(made)
    told = {own: g for name, g in kept.items() if (own := wire_named(name, inputs)) is not None}
    rest = [kept[name] for name in OF_INPUT if name in kept]
    return told or (dict(zip(inputs, rest[:1], strict=False)))


def needs_none(made: object, backward: Function, found: object) -> bool:
    """Whether inputs need no gradient: nothing is in front of a loss or a net that returns none.

    Nor is it in front of a first layer that says `return None`.
    """
    several = len([owner for _, owner in owners(made) if methods_of(type(owner)) is not None]) > 1
    last = next(reversed(statements_of(backward)), None)
    says_none = isinstance(last, ast.Return) and isinstance(last.value, ast.Constant) and last.value.value is None
    return found is None and (several or says_none or not required(backward))


def is_floating(x: object) -> bool:
    return np.asarray(x).dtype.kind == "f" if is_number(x) else False


def arriving(backward: Function, upstream: Any, given: Named) -> Iterator[Any]:
    """The arguments of a backward half: what arrives at the output, inputs by their names, and 1 for a rate."""
    for name in required(backward):
        if name in given:
            yield given[name]
        elif name in RATES:
            yield 1.0
        else:
            yield 1.0 if upstream is None else np.array(upstream)


def pieces(row: Any, outputs: Sequence[Any]) -> list[Any]:
    """What arrives at each of several outputs, out of one row."""
    parts = np.split(np.asarray(row), np.cumsum([np.size(x) for x in outputs])[:-1])
    return [part.reshape(np.shape(x)).copy() for part, x in zip(parts, outputs, strict=True)]


def stepped(made: object, backward: Function, before: Named) -> Namespace:
    """The gradients by which a backward half that takes a step changed weights: at the rate 1, or at the object's."""
    rates = [x for _, owner in owners(made) for name, x in vars(owner).items() if name in RATES and is_rate(x)]
    rate = 1.0 if RATES & {*required(backward)} else rates[0] if len({*rates}) == 1 else None
    now = arrays_of(made)
    if rate is None:
        return {}
    moved = {name: (x - now[name]) / rate for name, x in before.items() if name in now and x.shape == now[name].shape}
    return {name: g for name, g in moved.items() if np.any(g)}


def is_rate(x: object) -> bool:
    return isinstance(x, (float, np.floating)) and bool(x > 0)


def returned(backward: Function, found: Any, inputs: Sequence[str], weights: Sequence[str], arrays: Named) -> Namespace:
    """The gradients that a backward half returns, by name: those of inputs, then of weights that it keeps none for."""
    if found is None:
        return {}
    if isinstance(found, dict):
        told = {key: wire_named(str(key), [*inputs, *weights]) or key for key in found}
        return {told[key]: g for key, g in found.items() if told[key] in (*inputs, *weights)}
    parts = found if isinstance(found, tuple) else (found,)
    names = [name if isinstance(name, str) else "" for name in returned_names(backward)]
    if len(parts) > 1 and len(names) == len(parts):
        known = [wire_named(name, [*inputs, *weights]) for name in names]
        if None not in known and len({*known}) == len(parts):
            return {str(name): g for name, g in zip(known, parts, strict=True)}
    alone = [part for part in parts if not isinstance(part, (list, dict))]
    own = {name: g for name, g in zip(inputs, alone, strict=False) if g is not None}
    rest = [*alone[len(inputs) :], *(g for part in parts if isinstance(part, list) for g in part)]
    others = {key: g for part in parts if isinstance(part, dict) for key, g in part.items()}
    own |= {name: g for key, g in others.items() if (name := wire_named(str(key), weights)) is not None}
    told_weights = [name for name in weights if WEIGHT.fullmatch(name)]
    pairs = [(name, in_the_shape_of(arrays[name], g)) for name, g in zip(told_weights, rest, strict=False)]
    if len(rest) == len(told_weights) and all(g is not None for _, g in pairs):
        own |= dict(pairs)
    return own


def in_the_shape_of(weight: Any, g: Any) -> Any:
    """A gradient in its weight's shape, where they differ in axes of one entry alone: (1, 3) and (3,); else None."""
    alike = np.squeeze(np.empty(np.shape(g))).shape == np.squeeze(weight).shape
    return np.reshape(g, weight.shape) if alike else None


def named(f: Function, name: str) -> Function:
    """A function that is called so on the page."""
    f.__name__ = name
    return f


def is_number(x: object) -> bool:
    return isinstance(x, (float, np.ndarray, np.generic))
