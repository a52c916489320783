"""Calling the user's function, and what its own `except` made of errors of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import lent
from gatewise._errors import (
    ArgumentError,
    BeyondError,
    GatewiseError,
    ReadingError,
    refusals,
    to_numpy,
)
from gatewise._recording.structures import leaves, mapped
from gatewise._tensor import Tensor, leaf, whole_number
from gatewise._types import Function


def outcome(
    f: Function,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    given: tuple[Sequence[object], Mapping[str, object]],
    split: Function | None = None,
) -> Any:
    """What `f` returns. Where NumPy answered an error of ours with one of its own (`out[i] = t`), ours is raised.

    An error of ours that an `except` in `f` swallowed is raised too: what follows it is another function. Unless `f`,
    run once more on the plain values of `given`, gives the same value: then that `except` is how it gets there.
    `split` takes a result apart into the value and what else there is. Where an argument is another library's array,
    whatever went wrong is most likely that: the two do not mix.
    """
    with refusals() as met:
        try:
            out = f(*args, **kwargs)
        except Exception as error:
            refuse_mixed(error, (*args, *kwargs.values()))
            if isinstance(error, ValueError) and isinstance(error.__cause__, GatewiseError):
                raise error.__cause__ from None
            raise
        if met:
            demand_same(met, lambda: f(*plainly(given[0]), **plainly(given[1])), out, split)
            demand_same_beside(met, f, given, split)
    return out


def refuse_mixed(error: Exception, values: Sequence[object]) -> None:
    """Raise a better error than `error` where an argument is another library's array, or a list in place of an array.

    No name holds what is raised: an error that a frame of its own traceback holds is freed by the collector alone.
    """
    for value in values:
        if to_numpy(value):
            raise ArgumentError.of_library(value) from error
    read = error.__cause__ if isinstance(error, ValueError) else error
    if isinstance(read, ReadingError) and any(map(is_list_of_numbers, values)):
        why = "an argument is a list, and each number in it is an input of its own."
        raise ReadingError(read.what, why, "np.array([...]) in the place of the list.", line="") from None


def is_list_of_numbers(value: object) -> bool:
    """Whether an argument was given as a list where an array may have been meant."""
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(isinstance(x, Tensor) and not np.shape(x.value) for x in value)
    )


def demand_same(
    met: Sequence[GatewiseError], f: Callable[[], object], out: object, split: Callable[[object], object] | None = None
) -> None:
    """Raise the first refusal a function swallowed on its way to `out`, unless `f()`, on plain values, is `out`.

    Where plain floats raise and nothing in `f` catches that, inf or nan goes on.
    """
    if not met:
        return
    first = next((error for error in met if not isinstance(error, BeyondError)), met[0])
    if not gives(f, out, split, beyond=isinstance(first, BeyondError)):
        if not isinstance(first, BeyondError):
            first.add_note("An except in the function swallowed this error, and what it did instead is not the same.")
        raise first


def demand_same_beside(
    met: Sequence[GatewiseError],
    f: Function,
    given: tuple[Sequence[object], Mapping[str, object]],
    split: Callable[[object], object] | None,
) -> None:
    """The same a little beside `given`: what an `except` does instead may have the right value at one place alone."""
    refused = [error for error in met if not isinstance(error, BeyondError)]
    if not refused:
        return
    here = mapped(lambda _, x: beside(x), (*given[0], dict(given[1])))
    plain = plainly(here)
    try:
        with refusals():
            out = f(*here[:-1], **here[-1])
    except Exception:  # another branch: nothing is known of it, and nothing of this one is against it
        return
    demand_same(refused, lambda: f(*plain[:-1], **plain[-1]), out, split)


def beside(x: object) -> Any:
    """A Tensor of the derivatives that `x` is one of, a little beside it; any other value as it is."""
    if not (isinstance(x, Tensor) and x.bits and whole_number(x) is None and x.dtype.kind == "f"):
        return x
    value = np.asarray(x.value)
    steps = STEP * (1 + np.arange(value.size).reshape(value.shape) % 7)  # each entry by its own
    there = (value * (1 + steps) + steps).astype(value.dtype)
    return leaf(there if isinstance(x.value, np.ndarray) else type(x.value)(there), x.bits & ~lent.recording)


STEP = 2.0**-10  # far above the rounding of float32


def plainly(structure: object) -> Any:
    """A structure with plain values in place of Tensors, in memory of its own."""
    return mapped(lambda _, x: np.array(v) if isinstance(v := plain_argument(x), np.ndarray) else v, structure)


def plain_argument(value: object) -> Any:
    """An argument as plain code has it: the int where an int was given, the value of a Tensor."""
    if isinstance(value, Tensor):
        whole = whole_number(value)
        return value.value if whole is None else whole
    return value


def gives(f: Callable[[], object], out: object, split: Function | None = None, beyond: bool = False) -> bool:
    """Whether `f()` is `out`, up to half the digits: a fallback may compute the same in another way.

    `beyond` says what it is where plain floats raise.
    """
    try:
        with refusals():
            again = f()
        pair = [dict(leaves(split(x)[0] if split is not None else x)) for x in (again, out)]
        return pair[0].keys() == pair[1].keys() and all(agree(*(x[path] for x in pair)) for path in pair[0])
    except ArithmeticError:
        return beyond
    except Exception:  # whatever the function says to plain values: it is not this value
        return False


def agree(one: object, other: object) -> bool:
    """Whether two results are the same number or array, up to half the digits of the shorter type; or are equal."""
    a, b = (np.asarray(plain_argument(x)) for x in (one, other))
    if a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return bool(one is other or one == other)
    if a.shape != b.shape:
        return False
    digits = max(np.finfo(x.dtype).eps if x.dtype.kind == "f" else np.finfo(float).eps for x in (a, b)) ** 0.5
    largest = np.max(np.abs(a), initial=0.0, where=np.isfinite(a))
    return bool(np.allclose(a, b, rtol=0, atol=digits * largest, equal_nan=True))
