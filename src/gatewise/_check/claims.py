"""The gradient that is checked, in whatever form somebody has it, sorted by parameter."""

from __future__ import annotations

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

    `misshaped` has the shape that came where it was another one; `source` is who says so, in words.
    """

    by_name: dict[str, Any]
    source: str
    misshaped: dict[str, tuple[int, ...]]


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
        dout = float(subject.weights) if np.ndim(out) == 0 and not isinstance(out, np.generic) else subject.weights
        found = subject.call(f=lambda *_, **__: backward(dout, cache))
        return sorted_claims(subject, found, f"{getattr(backward, '__name__', 'backward')}(dout, cache)")
    pair = is_pair(first)
    if gradient is not None:
        if pair or (isinstance(first, tuple) and first and is_number(first[0])):
            subject.output = first_of
        out = output_set(subject, subject.output(first), upstream)
        found = subject.call(f=gradient) if callable(gradient) else gradient
        return sorted_claims(subject, found, "the gradient that was given", np.shape(out))
    if pair:
        subject.output = first_of
        output_set(subject, first[0], upstream)
        rest = first[1] if len(first) == 2 else first[1:]
        return sorted_claims(subject, rest, f"what {subject.name} returns beside its value")
    output_set(subject, first, upstream)
    return None


def first_of(result: Any) -> Any:
    return result[0]


def is_number(x: Any) -> bool:
    return isinstance(x, (float, int, np.ndarray, np.generic)) and not isinstance(x, bool)


def is_pair(first: Any) -> bool:
    """Whether a function returned (value, gradients), the gradients together or one by one."""
    if not isinstance(first, tuple) or len(first) < 2 or not is_number(first[0]) or np.size(first[0]) != 1:
        return False
    return all(isinstance(part, (dict, tuple, list)) or is_number(part) or part is None for part in first[1:])


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


def sorted_claims(subject: Subject, found: Any, source: str, out_shape: tuple[int, ...] = ()) -> Claims:
    """Gradients in a dict, a tuple or alone, each with the parameter it belongs to."""
    parameters = subject.parameters
    if isinstance(found, dict):
        pairs = by_key(parameters, found)
    elif isinstance(found, (tuple, list)) and not is_vector(found, parameters):
        pairs = by_position(subject, list(found))
    else:
        pairs = [(parameters[0], found)]
    claims = Claims({p.name: None for p in parameters}, source, {})
    for p, g in pairs:
        if g is None:
            continue
        array = np.asarray(g)
        if array.dtype.kind not in "fiu":
            raise ArgumentError(
                f"the gradient of {p.name} is {g!r:.40}.",
                "a gradient is made of real numbers.",
                "give a number or an array.",
            )
        array = array.astype(float) if array.dtype.kind != "f" else array
        jacobian = subject.weights is not None and array.ndim and array.shape == (*subject.shape, *p.array.shape)
        if jacobian and array.shape != p.array.shape:
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


def is_vector(found: Sequence[Any], parameters: Sequence[Parameter]) -> bool:
    """Whether a list of numbers is one gradient, of a parameter that is a vector."""
    if len(parameters) != 1 or parameters[0].array.shape != (len(found),):
        return False
    return all(np.ndim(x) == 0 for x in found)


def by_key(parameters: Sequence[Parameter], found: dict[Any, Any]) -> list[tuple[Parameter, Any]]:
    """Entries of a dict: `grads["W1"]`, `{"dW1": ...}`; an entry that belongs to nothing is passed over."""
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
