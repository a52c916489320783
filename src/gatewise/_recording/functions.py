"""Calling the user's function on Tensors: its arguments by name, and `math` answered by the gates."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import keyword
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Input, Read, Wire, lent, sources_of
from gatewise._errors import (
    ArgumentError,
    IntegerGradientError,
    UnknownInputError,
)
from gatewise._gates import GATES, Gate
from gatewise._recording.structures import becomes_tensor, key_text, mapped
from gatewise._tensor import BACKWARD, Tensor, leaf
from gatewise._types import Function, Named

Signature = tuple[tuple[str, str, Any], ...]


# ---------------------------------------------------------------------------------------------- arguments and inputs


def arguments(f: Function, args: Sequence[object], kwargs: Named) -> tuple[dict[str, Any], Signature]:
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


def signature_of(f: Function, count: int) -> inspect.Signature:
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
    given: Mapping[str, object], explicit: frozenset[str], wrt: Sequence[str] | None, bit: int
) -> tuple[dict[str, object], list[Input]]:
    """The arguments with Tensors in place of numbers and arrays, and the inputs among them.

    Wanted are the inputs that `wrt` names (by argument, or by the name of an entry), or, where it is None, all floats
    that were given; defaults are only recorded.
    """
    inputs: list[Input] = []
    recording = lent.innermost

    def one(parameter: str, path: tuple[object, ...], x: Any) -> Any:
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

    tensors = {p: mapped(functools.partial(one, p), value) for p, value in given.items()}
    for name in wrt or ():
        if not any(name in (i.name, i.parameter, i.text) for i in inputs):
            raise UnknownInputError(name, [i.name for i in inputs], "wrt")
    return tensors, inputs


def demand_numbers(parameter: str, x: object) -> None:
    """Raise `ArgumentError` for an array of Python objects."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        raise ArgumentError(
            f"{parameter} is an array of Python objects.",
            "a gradient needs numbers of NumPy's own.",
            f"{parameter}.astype(float).",
        )


def read_by_python(reads: Iterable[Read]) -> frozenset[Wire]:
    """The wires of floats that Python read as whole numbers (`range(n - 1)`, `x[n]`), and those behind them.

    They are not differentiated: what was counted does not move when they are moved a little.
    """
    floats = (read for read in reads if np.asarray(read.value).dtype.kind == "f")
    found, waiting = set[Wire](), [read.wire for read in floats if read.how in ("int", "index", "place")]
    while waiting:
        if (wire := waiting.pop()) not in found:
            found.add(wire)
            waiting += filter(None, sources_of(wire))
    return frozenset(found)


def differentiated(inputs: Iterable[Input], reads: Iterable[Read]) -> list[Input]:
    """The inputs of a run, none of them wanted that Python has read."""
    read = read_by_python(reads)
    return [dataclasses.replace(i, wanted=i.wanted and i.wire not in read) for i in inputs]


def leaf_name(parameter: str, path: tuple[object, ...], inputs: Sequence[Input], given: Mapping[str, object]) -> str:
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


def sorted_arguments(tensors: Named, signature: Signature) -> tuple[list[object], dict[str, object]]:
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
