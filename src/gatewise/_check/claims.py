"""The gradient that is checked, in whatever form somebody has it, sorted by parameter."""

from __future__ import annotations

import difflib
import inspect
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.names import wire_named
from gatewise._check.subject import Parameter, Subject
from gatewise._errors import ArgumentError

SEED = 20240229  # of our own draws: the upstream gradient of an output with several entries, directions, samples


@dataclass
class Claims:
    """What is said of each parameter, by its name: an array of its shape, or None where nothing is said.

    `misshaped` has the shape that came where it was another one; `source` is who says so, in words; `missing` names the
    parameters that were passed over without a word (None in a gradient's place is a word).
    """

    by_name: dict[str, Any]
    source: str
    misshaped: dict[str, tuple[int, ...]]
    missing: tuple[str, ...] = ()


def claims_of(subject: Subject, first: Any, gradient: Any, backward: Any, upstream: Any) -> Claims | None:
    """The gradient somebody gave, sorted; None where it is gatewise's own that is to be checked.

    `first` is what the function returned. Tells the subject which part of that is the output.
    """
    if backward is not None:
        if not isinstance(first, tuple) or len(first) < 2:
            raise ArgumentError(
                f"{subject.name} returned a {type(first).__name__}, and backward= was given.",
                "with backward= it returns the pair (out, cache), and backward(dout, cache) gives the gradients.",
                "return out, cache; or give the gradients with gradient=.",
            )
        subject.output = first_of
        out = output_set(subject, first[0], upstream, random=True)
        cache = first[1] if len(first) == 2 else first[1:]
        dout = subject.handed_upstream(out)
        found = subject.call(f=lambda *_, **__: backward(dout, cache))
        subject.handed.append(("dout", subject.weights, dout))
        return sorted_claims(subject, found, f"{getattr(backward, '__name__', 'backward')}(dout, cache)")
    pair = is_pair(first)
    if gradient is not None:
        if pair or (isinstance(first, tuple) and first and is_number(first[0])):
            subject.output = first_of
        output_set(subject, subject.output(first), upstream)
        found = called(subject, gradient) if callable(gradient) else gradient
        return sorted_claims(subject, found, "the gradient that was given", upstream is None)
    if pair or is_array_pair(subject, first):
        subject.output = first_of
        output_set(subject, first[0], upstream)
        rest = first[1] if len(first) == 2 else first[1:]
        source = f"what {subject.name} returns beside its value"
        return sorted_claims(subject, rest, source, upstream is None)
    output_set(subject, first, upstream)
    return None


def called(subject: Subject, gradient: Any) -> Any:
    """What the gradient function returns. Raises `ArgumentError` where it does not take the inputs of f."""
    args, kwargs = subject.filled(subject.plain_value)
    try:
        takes = inspect.signature(gradient)
    except (TypeError, ValueError):  # some built-in functions do not say what they take
        return subject.call(f=gradient)
    try:
        takes.bind(*args, **kwargs)
    except TypeError as error:
        inputs = ", ".join(subject.arguments())
        raise ArgumentError(
            f"the gradient function cannot be called with the inputs of {subject.name}: {error}.",
            f"a gradient function takes what {subject.name} takes.",
            f"def gradient({inputs}): ...; or the values themselves, gradient=g.",
        ) from None
    return subject.call(f=gradient)


def first_of(result: Any) -> Any:
    return result[0]


def is_number(x: Any) -> bool:
    return isinstance(x, (float, int, np.ndarray, np.generic)) and not isinstance(x, bool)


def is_pair(first: Any) -> bool:
    """Whether a function returned (value, gradients), the gradients together or one by one."""
    if not isinstance(first, tuple) or len(first) < 2 or not is_number(first[0]) or np.size(first[0]) != 1:
        return False
    return all(isinstance(part, (dict, tuple, list)) or is_number(part) or part is None for part in first[1:])


def is_array_pair(subject: Subject, first: Any) -> bool:
    """Whether a function returned (array, gradients). Raises `ArgumentError` for a tuple that cannot be read so."""
    if not isinstance(first, tuple) or len(first) < 2 or not is_number(first[0]):
        return False
    rest = first[1] if len(first) == 2 else first[1:]
    if isinstance(rest, dict):
        return True
    parameters, out = subject.parameters, np.shape(first[0])
    vector = len(first) == 2 and isinstance(rest, (tuple, list)) and is_vector(rest, parameters)
    parts = list(rest) if isinstance(rest, (tuple, list)) and not vector else [rest]
    pairs = zip(parameters, parts, strict=False)
    if len(parts) <= len(parameters) and all(may_be_gradient(g, p, out) for p, g in pairs):
        return True
    raise ArgumentError(
        f"{subject.name} returned a tuple whose first part has shape {out}.",
        "the rest of it does not have the shapes of the inputs, so it cannot be told what are gradients.",
        "return out, dx with a gradient for each input; with backward=, return out, cache; np.stack makes one output.",
    )


def may_be_gradient(g: Any, p: Parameter, out: tuple[int, ...]) -> bool:
    """Whether something has the shape of a parameter, or of the Jacobian of an output of shape `out`."""
    if isinstance(g, (list, tuple)):
        return all(is_number(x) for x in g) and p.array.shape == (len(g),)
    return g is None or isinstance(g, dict) or (is_number(g) and np.shape(g) in (p.array.shape, (*out, *p.array.shape)))


def output_set(subject: Subject, out: Any, upstream: Any, random: bool = False) -> Any:
    """Tell the subject what its output is, and how its entries are weighted into one number."""
    if not is_number(out) and not (isinstance(out, (list, tuple)) and np.asarray(out).dtype.kind in "fiu"):
        raise ArgumentError(
            f"{subject.name} returned a {type(out).__name__}.",
            "a gradient is the slope of a number, or of an array of numbers.",
            "return a number; with gradients beside it, return value, grads.",
        )
    array = np.asarray(out)
    if array.dtype.kind == "c":
        raise ArgumentError(
            f"{subject.name} returned complex numbers.", "gatewise differentiates real functions.", "return out.real."
        )
    if array.dtype.kind in "iub":
        subject.notes.append(f"{subject.name} returns {array.dtype}: whole numbers do not move a little")
    subject.shape = array.shape
    if upstream is not None:
        weights = np.asarray(upstream, dtype=float)
        if weights.shape != array.shape:
            raise ArgumentError(
                f"upstream has shape {weights.shape}, the output {array.shape}.",
                "it is the gradient that arrives at the output, entry by entry.",
                f"upstream=np.ones({array.shape}).",
            )
        subject.weights = weights
    elif random:
        drawn = np.random.default_rng(SEED).standard_normal(array.shape)
        subject.weights = drawn.astype(array.dtype if array.dtype.kind == "f" else float)
    elif array.shape:
        subject.weights = np.ones(array.shape)
        subject.notes.append(f"the output has shape {array.shape}: the sum of its entries is what is checked")
    return out


def sorted_claims(subject: Subject, found: Any, source: str, may_weight: bool = False) -> Claims:
    """Gradients in a dict, a tuple or alone, each with the parameter it belongs to.

    `may_weight`: nobody said how the entries of the output are weighted, so for Jacobians that is drawn at random.
    """
    parameters = subject.parameters
    if isinstance(found, dict):
        pairs = by_key(parameters, found)
        refuse_strangers(subject, found, {p.name for p, _ in pairs})
    elif isinstance(found, (tuple, list)) and not is_vector(found, parameters):
        pairs = by_position(subject, list(found))
    else:
        pairs = [(parameters[0], found)]
    spoken = {p.name for p, _ in pairs}
    missing = tuple(p.name for p in parameters if p.name not in spoken)
    claims = Claims({p.name: None for p in parameters}, source, {}, missing)
    given = [(p, np.array(g), g) for p, g in pairs if g is not None]
    if may_weight:
        weighted_for_jacobians(subject, [(p, array) for p, array, _ in given])
    for p, array, g in given:
        if array.dtype.kind not in "fiu":
            raise ArgumentError(
                f"the gradient of {p.name} is {g!r:.40}.",
                "a gradient is made of real numbers.",
                "give a number or an array.",
            )
        array = array.astype(float) if array.dtype.kind != "f" else array
        if is_jacobian(subject, p, array):
            array = np.tensordot(subject.weights, array, axes=len(subject.shape))
        if array.shape != p.array.shape and not (array.size == 1 and p.size == 1):
            claims.misshaped[p.name] = array.shape
        else:
            claims.by_name[p.name] = array.reshape(p.array.shape)
    if not any(g is not None for g in claims.by_name.values()) and not claims.misshaped:
        raise ArgumentError(
            "none of the gradients belongs to anything that was given.",
            f"what can be checked is {', '.join(p.name for p in parameters)}.",
            "name the entries of the dict so, or give the gradients in this order.",
        )
    return claims


def is_jacobian(subject: Subject, p: Parameter, array: Any) -> bool:
    """Whether an array has a row of the parameter's shape for each entry of the output."""
    shape = (*subject.shape, *p.array.shape)
    return subject.weights is not None and array.shape == shape != p.array.shape


def weighted_for_jacobians(subject: Subject, given: Sequence[tuple[Parameter, Any]]) -> None:
    """Weight the output's entries at random where Jacobians are checked: sums of columns do not see rows swapped."""
    full = [is_jacobian(subject, p, array) for p, array in given]
    if not any(full) or math.prod(subject.shape) == 1:
        return
    if not all(full):
        told = ", ".join(p.name for (p, _), one in zip(given, full, strict=True) if not one)
        raise ArgumentError(
            f"some of the gradients are Jacobians, the one of {told} is not.",
            "a Jacobian is checked row by row, another gradient is that of the sum of the output's entries.",
            "give a Jacobian for every input, or for none; or check them one by one, with leave_out=.",
        )
    subject.weights = np.random.default_rng(SEED).uniform(0.5, 1.5, size=subject.shape)
    subject.notes = [note for note in subject.notes if not note.startswith("the output has shape")]
    subject.notes.append(
        f"the output has shape {subject.shape}: its rows are weighted at random, so that each row of a Jacobian counts"
    )


def is_vector(found: Sequence[Any], parameters: Sequence[Parameter]) -> bool:
    """Whether a list of numbers is one gradient, of a parameter that is a vector."""
    if len(parameters) != 1 or parameters[0].array.shape != (len(found),):
        return False
    return all(np.ndim(x) == 0 for x in found)


def by_key(parameters: Sequence[Parameter], found: dict[Any, Any]) -> list[tuple[Parameter, Any]]:
    """Entries of a dict: `grads["W1"]`, `{"dW1": ...}`."""
    known = {p.name: p for p in parameters} | {str(p.key[-1]): p for p in parameters}
    pairs = []
    for key, g in found.items():
        if isinstance(g, dict):
            inner = [p for p in parameters if len(p.key) > 1 and str(p.key[0]) == str(key)]
            pairs += by_key(inner, g)
            continue
        name = str(key) if str(key) in known else wire_named(str(key), list(known))
        if name is not None:
            pairs.append((known[name], g))
    return pairs


def refuse_strangers(subject: Subject, found: dict[Any, Any], told: set[str]) -> None:
    """Raise `ArgumentError` for an entry that belongs to nothing, where an input is left without a gradient.

    Where every input has one, it is the gradient of something in between.
    """
    untold = [p.name for p in subject.parameters if p.name not in told]
    known = [*subject.everything, *(p.name for p in subject.parameters)]
    strangers = [str(key) for key in found if str(key) not in known and wire_named(str(key), known) is None]
    strangers = [key for key in strangers if not any(str(part) == key for p in subject.parameters for part in p.key)]
    if not strangers:
        return
    listed = ", ".join(map(repr, strangers))
    if not untold:
        subject.notes.append(f"the gradients under {listed} belong to no input: they were not checked")
        return
    bare = re.sub(r"^(d|grad)_?(?=.)", "", strangers[0])
    near = [n for n in untold if n.lower() == bare.lower()] or difflib.get_close_matches(bare, untold, 1)
    raise ArgumentError(
        f"the gradient under {listed} belongs to nothing that was given.",
        f"{subject.name} was given {', '.join(subject.everything)}, and {', '.join(untold)} has no gradient.",
        f"did you mean {near[0]!r}?" if near else f"name it {untold[0]!r}, or leave it out.",
    )


def by_position(subject: Subject, found: list[Any]) -> list[tuple[Parameter, Any]]:
    """Gradients in the order of the parameters, or with one for each argument."""
    parameters = subject.parameters
    if len(found) == len(parameters):
        pairs = zip(parameters, found, strict=True)
    else:
        names = list(subject.arguments())
        by_argument = {p.key[0]: p for p in parameters}
        floats = [by_argument[n] for n in names if n in by_argument]
        if len(found) == len(names):
            pairs = ((by_argument[n], g) for n, g in zip(names, found, strict=True) if n in by_argument)  # type: ignore[assignment]
        elif len(found) < len(floats):
            pairs = zip(floats, found, strict=False)
        else:
            raise ArgumentError(
                f"{len(found)} gradients were given.",
                f"what can be checked is {', '.join(p.name for p in parameters)}.",
                "one gradient for each, in this order, or a dict by name.",
            )
    flat = []
    for p, g in pairs:
        flat += by_key(parameters, {p.key[0]: g}) if isinstance(g, dict) else [(p, g)]
    return flat
