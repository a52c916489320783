"""The gradient that is checked, in whatever form somebody has it, sorted by parameter."""

from __future__ import annotations

import contextlib
import copy
import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gatewise._check.halves import backward_half, backward_names, halves_of, is_cache, required
from gatewise._check.matching import WEIGHTS, is_data, is_vector, matched, units_of, with_names
from gatewise._check.parameters import Parameter
from gatewise._check.returned import Named, returned_names
from gatewise._check.subject import Handed, Subject
from gatewise._errors import ArgumentError
from gatewise._recording import DICTS, wire_named
from gatewise._types import Function

SEED = 20240229  # of our own draws: the upstream gradient of an output with several entries, directions, samples


class Given(NamedTuple):
    """What somebody gave beside the function: a gradient, or a backward half; and what arrives at the output."""

    gradient: object = None
    backward: Function | None = None
    upstream: object = None


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
    data: frozenset[str] = frozenset()  #: those of the missing ones that are data, and need no gradient


def claims_of(subject: Subject, first: Any, given: Given) -> Claims | None:
    """The gradient somebody gave, sorted; None where it is gatewise's own that is to be checked.

    `first` is what the function returned. Tells the subject which part of that is the output.
    """
    gradient, backward, upstream = given
    if gradient is None and backward is None:
        backward = subject.backward = backward_half(subject, first)
    if backward is not None:
        return claims_of_backward(subject, first, backward, upstream)
    if gradient is None and isinstance(first, tuple) and len(first) > 1 and is_cache(subject, first):
        seen_alone(subject, first, upstream)
        return None
    if turned := gradient is None and is_pair_turned(first):
        first = first[::-1]
    pair, names = is_pair(first), list[Named]()
    if gradient is not None:
        if pair or (isinstance(first, tuple) and first and is_numeric(first[0])):
            subject.output = first_of
        output_set(subject, subject.output(first), upstream)
        found = gradient_from(subject, gradient) if callable(gradient) else gradient
        names = returned_names(gradient) if callable(gradient) else []
        return sorted_claims(subject, found, "the gradient that was given", upstream is None, names)
    if pair or is_array_pair(subject, first):
        subject.output = last_of if turned else first_of
        output_set(subject, first[0], upstream)
        rest = first[1] if len(first) == 2 else first[1:]
        source = f"what {subject.name} returns beside its value"
        returned = returned_names(subject.f)
        names = (returned[:1] if turned else returned[1:]) if len(returned) == len(first) else []
        if len(first) == 2 and isinstance(rest, (tuple, list)):
            names = [*names[0]] if names and isinstance(names[0], list) else []
        return sorted_claims(subject, rest, source, upstream is None, names)
    output_set(subject, first, upstream)
    return None


def claims_of_backward(subject: Subject, first: Any, backward: Any, upstream: Any) -> Claims:
    """The gradients that the backward half gives, for upstream gradients that are drawn at random; 1 for a number."""
    halves = halves_of(subject, first, backward)
    outputs = list(halves.outputs(first))
    several = len(outputs) > 1
    subject.output = (lambda result: as_one_row(halves.outputs(result))) if several else first_of
    if several and upstream is not None:
        upstream = as_one_row([np.asarray(u, dtype=float) for u in upstream])
    out = output_set(subject, as_one_row(outputs) if several else outputs[0], upstream, random=halves.takes_upstream)
    if several:
        sizes = np.cumsum([np.size(x) for x in outputs])[:-1]
        pieces = np.split(subject.weights, sizes)
        weights: list[Any] = [np.array(u).reshape(np.shape(x)) for u, x in zip(pieces, outputs, strict=True)]
    else:
        number = np.ndim(out) == 0 and not isinstance(out, np.generic)
        one = 1.0 if subject.weights is None else subject.weights
        weights = [float(one) if number else one]
    ups = copy.deepcopy(weights)  # a backward half may write into what arrives
    before = [x.copy() if isinstance(x, np.ndarray) else x for x in outputs]
    found = put_back(outputs, before, subject.call(f=lambda *_, **__: halves.call(ups)))
    pairs = zip(weights, ups, strict=True)
    subject.handed += [Handed("dout", held, given) for held, given in pairs if isinstance(given, np.ndarray)]
    source = f"{getattr(backward, '__name__', 'backward')}({', '.join(required(backward))})"
    return sorted_claims(subject, found, source, names=returned_names(backward))


def put_back(outputs: Sequence[npt.ArrayLike], before: Sequence[npt.ArrayLike], found: npt.ArrayLike) -> Any:
    """Put outputs back that a backward half wrote into, as where they are its cache; the gradients it gave then."""
    changed = [(x, was) for x, was in zip(outputs, before, strict=True) if isinstance(x, np.ndarray)]
    changed = [(x, was) for x, was in changed if not np.array_equal(x, was, equal_nan=x.dtype.kind == "f")]
    kept = copy.deepcopy(found) if changed else found  # a gradient may be the very array
    for x, was in changed:
        x[...] = was
    return kept


def seen_alone(subject: Subject, first: Any, upstream: object) -> None:
    """A forward half alone: its cache is no gradient, and gatewise's own is looked at; the other half is asked for."""
    several = isinstance(first[0], (tuple, list)) and all(map(is_numeric, first[0]))
    subject.output = (lambda result: as_one_row(result[0])) if several else first_of
    output_set(subject, subject.output(first), upstream)
    subject.not_judged = "its backward half"
    subject.notes.append(
        f"{subject.name} returns a cache beside its output, and no gradient: what was checked is gatewise's own."
        f" Give its backward half, backward={backward_names(subject.name)[0]}, or the gradients with gradient="
    )


def as_one_row(outputs: Sequence[npt.ArrayLike]) -> np.ndarray:
    """Several outputs as one row of numbers."""
    return np.concatenate([np.ravel(x) for x in outputs])


def gradient_from(subject: Subject, gradient: Any) -> object:
    """What the gradient function returns. Raises `ArgumentError` where it does not take the inputs of f."""
    if subject.taken is gradient:
        return subject.call(f=gradient)
    args, kwargs = subject.filled()
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
    subject.taken = gradient
    return subject.call(f=gradient)


def first_of(result: Any) -> Any:
    return result[0]


def last_of(result: Any) -> Any:
    return result[-1]


def is_pair_turned(first: object) -> bool:
    """Whether a function returned (gradients, value): the number comes last, and structures before it."""
    return isinstance(first, tuple) and len(first) == 2 and isinstance(first[0], (dict, list)) and is_pair(first[::-1])


def is_numeric(x: object) -> bool:
    return isinstance(x, (float, int, np.ndarray, np.generic)) and not isinstance(x, bool)


def is_list_of_numbers(x: object) -> bool:
    """Whether a list or a tuple is one array of numbers, row by row."""
    with contextlib.suppress(ValueError):  # of rows of several lengths
        return isinstance(x, (list, tuple)) and np.asarray(x).dtype.kind in "fiu"
    return False


def is_pair(first: object) -> bool:
    """Whether a function returned (value, gradients), the gradients together or one by one."""
    if not isinstance(first, tuple) or len(first) < 2 or not is_numeric(first[0]) or np.size(first[0]) != 1:
        return False
    return all(isinstance(part, (dict, tuple, list)) or is_numeric(part) or part is None for part in first[1:])


def is_array_pair(subject: Subject, first: npt.ArrayLike) -> bool:
    """Whether a function returned (array, gradients). Raises `ArgumentError` for a tuple that cannot be read so."""
    if not isinstance(first, tuple) or len(first) < 2 or not is_numeric(first[0]):
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
    if all(any(unit.fits(g, out) for unit in units_of(subject)) for g in parts):
        return True
    raise ArgumentError(
        f"{subject.name} returned a tuple whose first part has shape {out}.",
        "the rest of it does not have the shapes of the inputs, so it cannot be told what are gradients.",
        "return out, dx with a gradient for each input; with backward=, return out, cache; np.stack makes one output.",
    )


def may_be_gradient(g: Any, p: Parameter, out: tuple[int, ...]) -> bool:
    """Whether something has the shape of a parameter, or of the Jacobian of an output of shape `out`."""
    if isinstance(g, (list, tuple)):
        return all(is_numeric(x) for x in g) and p.array.shape == (len(g),)
    return (
        g is None or isinstance(g, dict) or (is_numeric(g) and np.shape(g) in (p.array.shape, (*out, *p.array.shape)))
    )


def output_set(subject: Subject, out: object, upstream: object, random: bool = False) -> Any:
    """Tell the subject what its output is, and how its entries are weighted into one number."""
    if not is_numeric(out) and not is_list_of_numbers(out):
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
    elif random and array.shape:
        drawn = np.random.default_rng(SEED).standard_normal(array.shape)
        subject.weights = drawn.astype(array.dtype if array.dtype.kind == "f" else float)
    elif array.shape:
        subject.weights = np.ones(array.shape)
        subject.notes.append(f"the output has shape {array.shape}: the sum of its entries is what is checked")
    return out


def sorted_claims(
    subject: Subject, found: object, source: str, may_weight: bool = False, names: Sequence[object] = ()
) -> Claims:
    """Gradients in a dict, a list, a tuple or alone, each with the parameter it belongs to.

    `may_weight`: nobody said how the entries of the output are weighted, so a gradient may be a Jacobian, for which
    that is drawn at random; `names`: what the function that gave them calls them.
    """
    if not any(type(found) is type(x) for x in subject.moved().values()):  # a named tuple, of one that was given
        found = with_names(found)
    if isinstance(found, dict):
        arguments = list(subject.arguments())
        subject.take_arguments({wire_named(str(key), arguments) or str(key) for key in found})
    parameters = subject.parameters
    pairs = matched(subject, found, names)
    spoken = {p.name for p, _ in pairs}
    missing = tuple(p.name for p in parameters if p.name not in spoken)
    data = frozenset(p.name for p in parameters if p.name in missing and is_data(p, parameters))
    data |= data_beside(subject, [p for p, _ in pairs], missing, [*found] if isinstance(found, dict) else names)
    claims = Claims({p.name: None for p in parameters}, source, {}, missing, data)
    given = [(p, as_array(p, g), g) for p, g in pairs if g is not None]
    if may_weight:
        weighted_for_jacobians(subject, [(p, array) for p, array, _ in given])
    for p, array, g in given:
        fitted = in_floats(p, array, g)
        if may_weight and is_jacobian(subject, p, array):
            fitted = np.tensordot(subject.weights, fitted, len(subject.shape))
        if fitted.shape != p.array.shape and not (fitted.size == 1 and p.size == 1):
            claims.misshaped[p.name] = fitted.shape
        else:
            claims.by_name[p.name] = fitted.reshape(p.array.shape)
    if not any(g is not None for g in claims.by_name.values()) and not claims.misshaped:
        raise ArgumentError(
            "none of the gradients belongs to anything that was given.",
            f"what can be checked is {', '.join(p.name for p in parameters)}.",
            "name the entries of the dict so, or give the gradients in this order.",
        )
    return claims


def data_beside(
    subject: Subject, told: Sequence[Parameter], missing: Sequence[str], names: Sequence[object]
) -> frozenset[str]:
    """What is data beside parameters of a cost that stand together: globals, a dict or a list of them, a flat vector.

    A vector is one of parameters where its gradient has no name of its own: `return J, grad`. Weights are no data.
    """
    kept, holders = subject.kept_outside, {p.key[0] for p in told}
    others = {p.name: p for p in subject.parameters if p.name in missing and p.key[0] not in holders}
    if told and holders <= kept:
        return frozenset(others) - kept
    alone = len(holders) == 1 and subject.shape == () and not {p.key[0] for p in subject.parameters} & kept
    together = bool(told) and len(told[0].key) > 1
    flat = len(told) == 1 and told[0].array.ndim == 1 and told[0].size > 1 and all(map(is_general, names))
    if not alone or not (together or flat):
        return frozenset()
    return frozenset(name for name, p in others.items() if name not in WEIGHTS or (name == "beta" and not p.array.ndim))


def is_general(name: object) -> bool:
    """Whether a gradient's name says nothing of whose it is: `grad`, `g`, `jac`."""
    return (
        not isinstance(name, str) or name in DICTS or name.lower() in ("g", "jac", "j", "df", "dj", "gradf", "grad_f")
    )


def in_floats(p: Parameter, array: np.ndarray, g: object) -> np.ndarray:
    """A gradient of floats. Raises `ArgumentError` for what is no real number."""
    if array.dtype.kind not in "fiu":
        raise ArgumentError(
            f"the gradient of {p.name} is {g!r:.40}.",
            "a gradient is made of real numbers.",
            "give a number or an array.",
        )
    return array.astype(float) if array.dtype.kind != "f" else array


def as_array(p: Parameter, g: object) -> np.ndarray:
    """A gradient as an array. Raises `ArgumentError` for a list of arrays of several shapes."""
    try:
        return np.array(g)
    except ValueError:
        raise ArgumentError(
            f"the gradient of {p.name} is a {type(g).__name__} of arrays of several shapes.",
            f"{p.name} has shape {p.array.shape}.",
            "give gradients in the structure of what they belong to: [(dW, db), ...] for [(W, b), ...].",
        ) from None


def is_jacobian(subject: Subject, p: Parameter, array: np.ndarray) -> bool:
    """Whether an array has a row of the parameter's shape for each entry of the output."""
    shape = (*subject.shape, *p.array.shape)
    return subject.weights is not None and array.shape == shape != p.array.shape


def weighted_for_jacobians(subject: Subject, given: Sequence[tuple[Parameter, np.ndarray]]) -> None:
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
