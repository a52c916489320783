"""A layer as two functions: the forward half returns what it computes and a cache, the backward half takes that back.

A cost takes no upstream gradient; a step with several outputs takes one for each.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._callables import unwrapped
from gatewise._check.matching import part_fits, units_of
from gatewise._check.returned import returned_names
from gatewise._check.subject import Subject
from gatewise._errors import ArgumentError
from gatewise._recording import leaves
from gatewise._recording.whose import DICTS, wire_named
from gatewise._types import Function, Plain

CACHES = frozenset({"cache", "caches", "ctx", "context", "memory"})
WORDS = (("forward", "backward"), ("fwd", "bwd"), ("Forward", "Backward"), ("fprop", "bprop"))


@dataclass(frozen=True)
class Halves:
    """How the two halves fit together: the outputs among what came back, and the call of the backward half."""

    outputs: Callable[[Any], Sequence[Any]]
    call: Callable[[Sequence[Any]], Any]  #: with one upstream gradient for each output
    takes_upstream: bool = True


def halves_of(subject: Subject, first: object, backward: Function) -> Halves:
    """How `backward` takes what the forward half returned. Raises `ArgumentError` where nothing of that is a cache."""
    if not isinstance(first, tuple) or len(first) < 2:
        raise ArgumentError(
            f"{subject.name} returned a {type(first).__name__}, and backward= was given.",
            "with backward= it returns the pair (out, cache), and backward(dout, cache) gives the gradients.",
            "return out, cache; or give the gradients with gradient=.",
        )
    names = required(backward)
    cache = cache_in(subject, first, names)
    parts = cache if isinstance(cache, tuple) else (cache,)
    count, scalar = len(names), np.ndim(first[0]) == 0 if not isinstance(first[0], (tuple, list)) else False
    if isinstance(first[0], (tuple, list)) and all(is_array(x) for x in first[0]):
        if count == len(first[0]) + 1:
            return Halves(lambda r: r[0], lambda ups: backward(*ups, cache))
        return Halves(lambda r: r[0], lambda ups: backward(type(first[0])(ups), cache))
    if count == len(first) > 2 and all(is_array(x) for x in first[:-1]) and is_called_gradient(names[1], subject):
        return Halves(lambda r: r[:-1], lambda ups: backward(*ups, first[-1]))
    if count == 1:
        return Halves(one, lambda _: backward(cache), takes_upstream=False)
    if scalar and count == len(parts) and names[0] in subject.arguments():
        return Halves(one, lambda _: backward(*parts), takes_upstream=False)
    if count == len(parts) + 1 > 2:
        return Halves(one, lambda ups: backward(ups[0], *parts))
    return Halves(one, lambda ups: backward(ups[0], cache))


def cache_in(subject: Subject, first: tuple[Any, ...], names: Sequence[str]) -> Any:
    """What the backward half takes of what the forward half returned: the part of its name, or all but the first."""
    returned = returned_names(subject.f)
    named = names[-1] if len(names) <= 2 and returned[1:].count(names[-1]) == 1 else None
    if named is not None and len(returned) == len(first):
        return first[returned.index(named)]
    return first[1] if len(first) == 2 else first[1:]


def one(result: Any) -> Sequence[object]:
    return [result[0]]


def is_array(x: object) -> bool:
    return isinstance(x, (float, np.ndarray, np.generic)) and np.asarray(x).dtype.kind == "f"


def is_called_gradient(name: str, subject: Subject) -> bool:
    """Whether an argument of the backward half is called an upstream gradient: `dc_next`, and not `x`."""
    return name not in subject.arguments() and name[:1] in ("d", "D", "g", "u")


def required(f: Function) -> list[str]:
    """The names of the arguments that a function has to be given by place; (dout, cache) where it does not say."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return ["dout", "cache"]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return ["dout", "cache"]
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


# ----------------------------------------------------------------------------------------------------- which is which


def backward_half(subject: Subject, first: object) -> Function | None:
    """The backward half that stands beside a forward half: `affine_backward` beside `affine_forward`."""
    if not isinstance(first, tuple) or len(first) < 2 or not is_cache(subject, first):
        return None
    f = unwrapped(subject.f)
    owner = getattr(f, "__self__", None)
    around = dict(inspect.getmembers(owner)) if owner is not None else getattr(f, "__globals__", {})
    found = (around.get(name) for name in backward_names(subject.name))
    return next((half for half in found if callable(half)), None)


def backward_names(name: str) -> list[str]:
    """What the backward half of a function may be called."""
    named = [name.replace(one, other) for one, other in WORDS if one in name]
    return [*named, f"{name}_backward", f"{name}_bwd", f"backward_{name}"]


def is_cache(subject: Subject, first: tuple[object, ...]) -> bool:
    """Whether what a function returns beside its output is kept for the way back, and is no gradient.

    It is where a part of it is an input in its own place, or where the function's own names say so.
    """
    rest = first[1] if len(first) == 2 else first[1:]
    named = names_of_rest(subject.f, len(first))
    known = [*subject.arguments(), *(str(p.key[-1]) for p in subject.parameters)]
    if any(wire_named(name, known) or name in DICTS or re.search("grad|nabla", name.lower()) for name in named):
        return False
    if any(name.lower() in CACHES for name in named):
        return True
    if named and not all(name in known for name in named) and is_forward_half(subject.name):
        return True
    parts = rest if isinstance(rest, (tuple, list)) else (rest,)
    if named and not isinstance(rest, dict) and not any(may_belong(subject, g) for g in (rest, *parts)):
        return True  # `return loss, accuracy`
    return repeats_inputs(subject, parts)


def is_forward_half(name: str) -> bool:
    """Whether a function is called the first half of a pass, and not both: `forward_and_backward` gives gradients."""
    return bool(re.search("forward|fwd|fprop", name.lower())) and not re.search("back|bwd|bprop|grad", name.lower())


def may_belong(subject: Subject, g: Plain) -> bool:
    """Whether something has the shape of a parameter, or the structure of an argument."""
    return any(part_fits(p, g, ()) for p in subject.parameters) or any(u.fits(g, ()) for u in units_of(subject))


def repeats_inputs(subject: Subject, parts: Sequence[object]) -> bool:
    """Whether something begins with the inputs in their own places, an array among them."""
    pairs = list(zip(parts, subject.arguments().values(), strict=False))
    equal = all(equal_arguments(a, b) for a, b in pairs)
    return equal and any(isinstance(a, np.ndarray) for a, _ in pairs)


def equal_arguments(a: object, b: object) -> bool:
    """Whether two arguments are alike: arrays by their entries, settings as they are."""
    if type(a) is not type(b):
        return False
    one, other = list(leaves(a)), list(leaves(b))
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(p == q and np.array_equal(x, y) for (p, x), (q, y) in pairs)


def names_of_rest(f: Function, count: int) -> list[str]:
    """The names of what a function returns beside its first value, as far as they have some."""
    returned = returned_names(f)
    if len(returned) != count:
        return []
    return [name for part in returned[1:] for name in ([part] if isinstance(part, str) else part or []) if name]
