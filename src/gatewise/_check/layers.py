"""A layer as an object: `forward` and `backward`, weights among its attributes, and their gradients beside them."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from gatewise._check.halves import required
from gatewise._check.matching import WEIGHTS
from gatewise._check.pairs import METHODS, OF_GRADIENTS, OF_VALUES, two_of
from gatewise._errors import ArgumentError
from gatewise._recording import holds_gradients, wire_named
from gatewise._types import Function, Named, Namespace

SEED = 20240229  #: of the upstream gradient
#: Names of weights: `W1`, `W_hh`, `b2`, `weight_x`, `enc['W']`, `weights[0]`.
WEIGHT = re.compile(
    r"(.*\[')?([WwbUV]\d*(_?[a-z]{1,2})?|(weight|bias|kernel|gamma|beta|theta)(s|es)?(_?\w{1,3})?)('\])?(\[\d+\])?|layers\[\d+\]"
)


class Layer:
    """An object whose methods are the two halves, and what is checked of it.

    `run` and the gradient are partials of the methods themselves: so their lines are found.
    """

    def __init__(self, made: Any, forward: str, backward: str) -> None:
        self.made, self.backward = made, getattr(made, backward)
        arrays = arrays_of(made)  # before anything ran: later there are more gradients among them
        self.arrays = {name: x for name, x in arrays.items() if wire_named(name, {*arrays} - {name}) is None}
        held = {name for name in vars(made) if holds_gradients(name) or name in arrays} - {*self.arrays}
        self.clean = {name: copy.deepcopy(vars(made)[name]) for name in held}  # a backward half may add to them
        self.run = named(partial(output_of, getattr(made, forward)), f"{type(made).__name__}.{forward}")

    def upstream(self, inputs: Named) -> Any:
        """What arrives at the output: random numbers in its shape, nothing for a single number."""
        out = self.run(**inputs)
        if np.ndim(out) and not inspect.signature(self.backward).parameters:
            raise ArgumentError(
                f"{self.backward.__name__} takes nothing, and what comes out has shape {np.shape(out)}.",
                "without an upstream gradient it is the way back from a single number.",
                "return the loss from the forward half, or take the upstream gradient.",
            )
        return np.random.default_rng(SEED).normal(size=np.shape(out)) if np.ndim(out) else None

    def gradient(self, upstream: Any, inputs: Sequence[str]) -> Callable[..., dict[str, Any]]:
        """A function of the layer's inputs, called so, that gives the gradients by name: theirs, and the weights'."""
        found = partial(gradients, self.run, self.backward, upstream, inputs, [*self.arrays], self.clean, self.made)
        return named(found, f"{type(self.made).__name__}.{self.backward.__name__}")

    def weights(self, inputs: Named) -> Namespace:
        """The arrays that the layer keeps and has gradients for, or that are called weights and count; moved in place.

        What its forward half binds anew, as the input that it keeps for the way back, is none.
        """
        upstream = self.upstream(inputs)
        kept = {name: x for name, x in arrays_of(self.made).items() if name in self.arrays and x is self.arrays[name]}
        self.gradient(upstream, [])(**inputs)
        found = {name for name, _ in gradients_in(self.made, [*self.arrays])}
        return {n: x for n, x in kept.items() if n in found or n in WEIGHTS or self.is_weight(n, x, inputs)}

    def is_weight(self, name: str, array: Any, inputs: Named) -> bool:
        """Whether an array is called like a weight, and the output changes with it: `W1`, `W_hh`, `enc['W']`."""
        if not WEIGHT.fullmatch(name):
            return False
        before, held = self.run(**inputs), array.copy()
        before = copy.deepcopy(before)
        try:
            array += 1e-3
            return not np.array_equal(before, self.run(**inputs), equal_nan=True)
        finally:
            array[...] = held


def halves_of_object(f: object) -> tuple[str, str] | None:
    """The names of the two halves of an object that is a layer; None of what is none, and of a class."""
    if isinstance(f, type) or inspect.isroutine(f):
        return None
    names = {name for name in ("forward", "fprop", "__call__", "backward", "bprop") if is_written(type(f), name)}
    return two_of(names, METHODS)


def value_and_gradient_of(f: object) -> tuple[Function, Function] | None:
    """The two methods of an object that is no layer: its value, and the gradient of the same inputs."""
    if isinstance(f, type) or inspect.isroutine(f):
        return None
    names = {name for name in (*OF_VALUES, *OF_GRADIENTS) if is_written(type(f), name)}
    found = two_of(names, product(OF_VALUES, OF_GRADIENTS))
    if found is None:
        return None
    value, gradient = (getattr(f, name) for name in found)
    return (value, gradient) if required(value) == required(gradient) else None


def is_written(cls: type, name: str) -> bool:
    """Whether a class has a method of Python's own making, and no built-in one."""
    return inspect.isfunction(getattr(cls, name, None))


def of_object(
    f: object, methods: tuple[str, str], args: Sequence[object], kwargs: Named, upstream: Any = None
) -> tuple[Function, Namespace]:
    """A layer as a function, and what the check is told of it: its gradient, its weights, what arrives from above.

    `upstream`: what arrives, where it is not to be drawn.
    """
    layer = Layer(f, *methods)
    inputs = inspect.signature(getattr(f, methods[0])).bind(*args, **kwargs).arguments
    weights, drawn = layer.weights(inputs), layer.upstream(inputs)
    upstream = drawn if upstream is None else upstream
    told = {"gradient": layer.gradient(upstream, [*inputs]), "parameters": weights or None, "upstream": upstream}
    return layer.run, {"kwargs": inputs, **told}


def output_of(forward: Function, /, *args: Any, **kwargs: Any) -> Any:
    """What a forward half computes; what it returns beside, to be kept, is not differentiated."""
    out = forward(*args, **kwargs)
    return out[0] if isinstance(out, tuple) and len(out) == 2 and not is_number(out[1]) else out


def gradients(
    run: Function,
    backward: Function,
    upstream: Any,
    inputs: Sequence[str],
    weights: Sequence[str],
    clean: Named,
    made: object,
    /,
    *args: Any,
    **kwargs: Any,
) -> Namespace:
    """The gradients that an object gives and keeps, after its forward half ran, added to nothing from before."""
    vars(made).update(copy.deepcopy(dict(clean)))
    run(*args, **kwargs)
    given = [1.0 if upstream is None else np.array(upstream)] if required(backward) else []
    found = backward(*given)
    parts = found if isinstance(found, tuple) else (found,)
    own = {name: g for name, g in zip(inputs, flat(parts), strict=False) if g is not None}
    return {**own, **dict(gradients_in(made, weights))}


def named(f: Function, name: str) -> Function:
    """A function that is called so on the page."""
    f.__name__ = name
    return f


def flat(parts: Sequence[Any]) -> Iterator[Any]:
    """The gradients of inputs among what a backward half returns: `return dX, [dW, db]` has the weights' apart."""
    for part in parts:
        if not isinstance(part, (list, dict)):
            yield part


def is_number(x: object) -> bool:
    return isinstance(x, (float, np.ndarray, np.generic))


def arrays_of(made: Any) -> Namespace:
    """The arrays of floats among an object's attributes, and in dicts and lists among them that hold no gradients.

    Those in dicts have their keys for names; of two dicts with one key, the one before has `enc['W']`.
    """
    found, holders = dict[str, Any](), dict[str, str]()
    for holder, name, x in arrays_in(made):
        if name in found:
            found[f"{holders[name]}[{name!r}]"] = found.pop(name)
        found[name], holders[name] = x, holder
    return found


def arrays_in(made: Any) -> Iterator[tuple[str, str, Any]]:
    """Each array with the attribute that it stands in, and its name."""
    for holder, x in vars(made).items():
        if is_floats(x) and x.size and x.flags.writeable:
            yield holder, holder, x
        elif isinstance(x, dict) and not holds_gradients(holder):
            yield from ((holder, str(key), a) for key, a in x.items() if is_floats(a))
        elif isinstance(x, list) and not holds_gradients(holder):
            yield from ((holder, f"{holder}[{k}]", a) for k, a in enumerate(x) if is_floats(a))


def is_floats(x: object) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def gradients_in(made: Any, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The gradients among the attributes of an object, under the names of what they belong to."""
    for name, x in vars(made).items():
        if isinstance(x, dict) and holds_gradients(name):
            for key, g in x.items():
                own = key if key in names else wire_named(str(key), names)
                if own is not None:
                    yield own, g
        elif isinstance(x, list):
            yield from zip(beside_list(name, x, names), x, strict=False)
        elif name not in names and (own := wire_named(name, names)) is not None:
            yield own, x


def beside_list(name: str, gradients: Sequence[Any], names: Sequence[str]) -> list[str]:
    """The names of the arrays of the one list that has as many as a list of gradients; none of two such lists."""
    if not holds_gradients(name) and wire_named(name, [n.partition("[")[0] for n in names if "[" in n]) is None:
        return []
    lists = {n.partition("[")[0] for n in names if n.endswith("]") and n[-2].isdigit()} - {name}
    of_length = [
        one for one in lists if f"{one}[{len(gradients) - 1}]" in names and f"{one}[{len(gradients)}]" not in names
    ]
    return [f"{of_length[0]}[{k}]" for k in range(len(gradients))] if len(of_length) == 1 else []


def layer_of(cls: type, methods: tuple[str, str], given: Named) -> tuple[Layer, dict[str, Any]]:
    """The object made of those of the values that its class takes, and the values left for its forward half."""
    made, inputs = object_of(cls, given)
    return Layer(made, *methods), inputs


def object_of(cls: type, given: Named) -> tuple[Any, dict[str, Any]]:
    """The object made of those of the values that its class takes, and the values that are left."""
    takes = [*inspect.signature(cls).parameters]
    try:
        made = cls(**{name: x for name, x in given.items() if name in takes})
    except TypeError as error:
        why = f"it takes {', '.join(takes) or 'nothing'}."
        raise ArgumentError(
            f"{cls.__name__} could not be made: {error}.", why, "give each a value by its name."
        ) from None
    return made, {name: x for name, x in given.items() if name not in takes}
