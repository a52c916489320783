"""Calling the user's function on Tensors: its arguments by name, and `math` answered by the gates."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import keyword
import types
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Input, Read, Wire, lent
from gatewise._errors import (
    ArgumentError,
    BeyondError,
    GatewiseError,
    IntegerGradientError,
    ReadingError,
    UnknownInputError,
    refusals,
    to_numpy,
)
from gatewise._gates import GATES, Gate
from gatewise._recording.structures import becomes_tensor, key_text, leaves, mapped
from gatewise._tensor import BACKWARD, Tensor, leaf, whole_number

Signature = tuple[tuple[str, str, Any], ...]


def code_of(f: Callable[..., Any]) -> types.CodeType | None:
    """The code object of the function that is shown, below its decorators; None for built-in callables."""
    f = inspect.unwrap(f)
    while isinstance(f, functools.partial):
        f = inspect.unwrap(f.func)
    f = getattr(f, "__func__", f)
    if not hasattr(f, "__code__"):
        f = getattr(type(f).__call__, "__func__", type(f).__call__)
    return getattr(f, "__code__", None)


# ---------------------------------------------------------------------------------------------- arguments and inputs


def arguments(
    f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[dict[str, Any], Signature]:
    """The arguments by name, defaults filled in, and the signature as (name, kind, default). Raises `ArgumentError`."""
    if not callable(f):
        raise ArgumentError(
            f"{f!r} is not a function.", "a circuit is recorded by running one.", "pass a function or an expression."
        )
    name = getattr(f, "__name__", "the function")
    signature = signature_of(f, len(args))
    known = [p.name for p in signature.parameters.values()]
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        filled = {n for n, _ in zip(known, args, strict=False)} | set(kwargs)
        required = [p for p in signature.parameters.values() if p.default is p.empty]
        required = [p for p in required if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        missing = [p.name for p in required if p.name not in filled]
        surplus = [k for k in kwargs if k not in known]
        raise wrong_arguments(name, known, missing, surplus, error) from None
    bound.apply_defaults()
    kinds = {p.name: (p.kind.name.lower(), p.default) for p in signature.parameters.values()}
    return dict(bound.arguments), tuple((n, *kinds[n]) for n in known)


def signature_of(f: Callable[..., Any], count: int) -> inspect.Signature:
    """A function's signature; a NumPy function with a gate has the gate's operands and parameters."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    gate = f if isinstance(f, Gate) else GATES.get(f) if getattr(f, "__hash__", None) else None
    if gate is not None:
        operands = [inspect.Parameter(n, kind) for n in gate.operands]
        keywords = [
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=gate.defaults.get(n, inspect.Parameter.empty))
            for n in gate.parameters
        ]
        return inspect.Signature([*operands, *keywords])
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return inspect.Signature([inspect.Parameter(f"x{i}" if i else "x", kind) for i in range(count)])


def wrong_arguments(
    name: str, known: Sequence[str], missing: Sequence[str], surplus: Sequence[str], error: TypeError
) -> Exception:
    """One message for missing and surplus inputs."""
    if surplus:
        return UnknownInputError(surplus[0], known, name)
    if missing:
        return ArgumentError(
            f"{name} needs a value for {', '.join(missing)}.",
            f"its inputs are {', '.join(known)}.",
            f"add {' '.join(f'{m}=...' for m in missing)}",
        )
    return ArgumentError(f"{name} cannot take these inputs.", str(error), f"its inputs are {', '.join(known)}.")


def normalised(name: str) -> str:
    """A name as Python reads it."""
    return unicodedata.normalize("NFKC", name)


def input_tensors(
    given: Mapping[str, Any], explicit: frozenset[str], wrt: Sequence[str] | None, bit: int
) -> tuple[dict[str, Any], list[Input]]:
    """The arguments with Tensors in place of numbers and arrays, and the inputs among them.

    Wanted are the inputs that `wrt` names (by argument, or by the name of an entry), or, where it is None, all floats
    that were given; defaults are only recorded.
    """
    inputs: list[Input] = []
    recording = lent.innermost

    def one(parameter: str, path: tuple[Any, ...], x: Any) -> Any:
        demand_numbers(parameter, x)
        if not becomes_tensor(x):
            return x
        if isinstance(x, Tensor):
            cure = "x.detach(), where a constant is meant; or gw.grad, which nests."
            x.forbid_losing_gradient("input of a circuit", cure, of=~BACKWARD)
            x = x.value
        text = parameter + "".join(f"[{key_text(key)}]" for key in path)
        name = leaf_name(parameter, path, inputs, given)
        asked = wrt is not None and (parameter in wrt or name in wrt or text in wrt)
        whole = isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind != "f"
        if asked and whole:
            raise IntegerGradientError.of(f"{name}, of {x.dtype},")
        wanted = asked or (wrt is None and parameter in explicit and not whole)
        tensor = leaf(x, recording | (bit if wanted else 0), name)
        assert tensor.wire is not None
        inputs.append(Input(tensor.wire, name, parameter, path, text, wanted))
        return tensor

    tensors = {p: mapped(lambda path, x, p=p: one(p, path, x), value) for p, value in given.items()}  # type: ignore[misc]
    for name in wrt or ():
        if not any(name in (i.name, i.parameter, i.text) for i in inputs):
            raise UnknownInputError(name, [i.name for i in inputs], "wrt")
    return tensors, inputs


def demand_numbers(parameter: str, x: Any) -> None:
    """Raise `ArgumentError` for an array of Python objects."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        raise ArgumentError(
            f"{parameter} is an array of Python objects.",
            "a gradient needs numbers of NumPy's own.",
            f"{parameter}.astype(float).",
        )


def read_by_python(reads: Iterable[Read]) -> frozenset[Wire]:
    """The wires of floats that Python read as whole numbers (`range(n)`, `x[n]`): not differentiated."""
    floats = (read for read in reads if np.asarray(read.value).dtype.kind == "f")
    return frozenset(read.wire for read in floats if read.how in ("int", "index", "place"))


def differentiated(inputs: Iterable[Input], reads: Iterable[Read]) -> list[Input]:
    """The inputs of a run, none of them wanted that Python has read."""
    read = read_by_python(reads)
    return [dataclasses.replace(i, wanted=i.wanted and i.wire not in read) for i in inputs]


def leaf_name(parameter: str, path: tuple[Any, ...], inputs: Sequence[Input], given: Mapping[str, Any]) -> str:
    """An argument's own name; an entry's key where no argument is called so, else the argument's name before it."""
    if not path:
        return unique(parameter, inputs, ())
    if isinstance(path[-1], str) and path[-1] not in given and path[-1] not in [i.name for i in inputs]:
        return unique(path[-1], inputs, given)
    return unique("_".join(map(str, (parameter, *path))), inputs, given)


def unique(name: str, inputs: Sequence[Input], reserved: Collection[str]) -> str:
    """A name that no other input has and no argument is called by; what is not an identifier is made one."""
    base = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in normalised(name))
    base = base if base.isidentifier() and not keyword.iskeyword(base) else f"x_{base}"
    taken, found, n = {i.name for i in inputs} | set(reserved), base, 1
    while found in taken:
        n += 1
        found = f"{base}_{n}"
    return found


def sorted_arguments(tensors: Mapping[str, Any], signature: Signature) -> tuple[list[Any], dict[str, Any]]:
    """The arguments by position and by name, each in the way its signature takes it."""
    positional, named = [], {}
    for name, kind, _ in signature:
        if name not in tensors:
            continue
        if kind == "var_positional":
            positional.extend(tensors[name])
        elif kind == "var_keyword":
            named.update(tensors[name])
        elif kind == "keyword_only":
            named[name] = tensors[name]
        else:
            positional.append(tensors[name])
    return positional, named


def outcome(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    given: tuple[Sequence[Any], Mapping[str, Any]],
    split: Callable[[Any], Any] | None = None,
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


def refuse_mixed(error: Exception, values: Sequence[Any]) -> None:
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


def is_list_of_numbers(value: Any) -> bool:
    """Whether an argument was given as a list where an array may have been meant."""
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(isinstance(x, Tensor) and not np.shape(x.value) for x in value)
    )


def demand_same(
    met: Sequence[GatewiseError], f: Callable[[], Any], out: Any, split: Callable[[Any], Any] | None = None
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
    f: Callable[..., Any],
    given: tuple[Sequence[Any], Mapping[str, Any]],
    split: Callable[[Any], Any] | None,
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


def beside(x: Any) -> Any:
    """A Tensor of the derivatives that `x` is one of, a little beside it; any other value as it is."""
    if not (isinstance(x, Tensor) and x.bits and whole_number(x) is None and x.dtype.kind == "f"):
        return x
    value = np.asarray(x.value)
    steps = STEP * (1 + np.arange(value.size).reshape(value.shape) % 7)  # each entry by its own
    there = (value * (1 + steps) + steps).astype(value.dtype)
    return leaf(there if isinstance(x.value, np.ndarray) else type(x.value)(there), x.bits & ~lent.recording)


STEP = 2.0**-10  # far above the rounding of float32


def plainly(structure: Any) -> Any:
    """A structure with plain values in place of Tensors, in memory of its own."""
    return mapped(lambda _, x: np.array(v) if isinstance(v := plain_argument(x), np.ndarray) else v, structure)


def plain_argument(value: Any) -> Any:
    """An argument as plain code has it: the int where an int was given, the value of a Tensor."""
    if isinstance(value, Tensor):
        whole = whole_number(value)
        return value.value if whole is None else whole
    return value


def gives(f: Callable[[], Any], out: Any, split: Callable[[Any], Any] | None = None, beyond: bool = False) -> bool:
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


def agree(one: Any, other: Any) -> bool:
    """Whether two results are the same number or array, up to half the digits of the shorter type; or are equal."""
    a, b = (np.asarray(plain_argument(x)) for x in (one, other))
    if a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return bool(one is other or one == other)
    if a.shape != b.shape:
        return False
    digits = max(np.finfo(x.dtype).eps if x.dtype.kind == "f" else np.finfo(float).eps for x in (a, b)) ** 0.5
    largest = np.max(np.abs(a), initial=0.0, where=np.isfinite(a))
    return bool(np.allclose(a, b, rtol=0, atol=digits * largest, equal_nan=True))
