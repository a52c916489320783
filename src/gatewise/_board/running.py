"""`gw.circuit`: a function, an expression or a script, run once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._board.circuits import Circuit
from gatewise._board.files import FILE, function_in_file, in_folder_of
from gatewise._board.reading import wanted_names
from gatewise._build import function
from gatewise._errors import ArgumentError, InputNameError, ScriptError
from gatewise._gates import NAMES
from gatewise._gates.absent import instead_if_numpys
from gatewise._language import parse
from gatewise._lowering import Again
from gatewise._recording.functions import normalised
from gatewise._recording.running import record as recorded
from gatewise._recording.scripts import record_script
from gatewise._types import Function


def circuit(
    f: Function | str | Path,
    /,
    *args: object,
    wrt: Sequence[str] | str | None = None,
    upstream: object = None,
    output: str | None = None,
    **kwargs: object,
) -> Circuit:
    """Run `f` once on these inputs and return its circuit, with every value and gradient in it.

    `f` is a Python function in plain NumPy, an expression (`"(x + y) * z"`), or the path of a script. Inputs are given
    by position or name; Python ints are taken as floats. `wrt` names the inputs whose gradients are wanted (None: all
    floats given). An output that is not a single number needs `upstream`, an array of its shape, or "ones". For a
    script, `output` names the value the circuit leads to, and `upstream` may be the name of a gradient the script
    assigns.

    >>> import gatewise as gw
    >>> gw.circuit(lambda x, y: x * y, x=4, y=-3).gradients
    {'x': -3.0, 'y': 4.0}
    """
    return circuit_of(f, args, kwargs, wrt, upstream, output)


def circuit_of(
    f: Function | str | Path,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    wrt: object,
    upstream: object,
    output: str | None,
) -> Circuit:
    """`circuit`, for inputs of any name."""
    names = wanted_names(wrt)
    wrt = names if names is None else [normalised(name) for name in names]
    kwargs = as_python_reads(kwargs)
    text = str(f) if isinstance(f, (str, Path)) else ""
    found = FILE.fullmatch(text)
    if output is not None and (found is None or found["function"] is not None):
        why = "a function's output is what it returns, an expression's its last assignment."
        raise ArgumentError("output= is for scripts.", why, "leave output= out.")
    if found is None:
        if isinstance(f, (str, Path)):
            refuse_as_expression(text, args, kwargs)
            kwargs = {name: as_array(name, value) for name, value in kwargs.items()}
            f = expression_function(text, kwargs)
        frozen = recorded(f, args, kwargs, wrt=wrt, upstream=upstream)
        return Circuit._of(frozen, again=Again(f, args, kwargs, wrt, upstream))
    with in_folder_of(found["path"]):
        if found["function"] is None:
            return Circuit._of(record_script(text, kwargs, wrt=wrt, output=output, upstream=upstream))
        with function_in_file(found["path"], found["function"]) as function:
            return Circuit._of(recorded(function, args, kwargs, wrt=wrt, upstream=upstream))


def refuse_as_expression(text: str, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
    """Raise the error for what cannot be an expression and its inputs: another kind of file, inputs in a dict."""
    is_folder = os.path.isdir(text) and not text.isidentifier() and not kwargs
    if is_folder or re.fullmatch(r"[^\s()*+=]+\.(csv|txt|npy|m|R|jl)", text):
        cure = 'gw.circuit("net.py:f", x=1.0), or the function itself, gw.circuit(f, x=1.0).'
        raise ScriptError(
            f"{text} is no Python file.", "a circuit is made of a function, an expression or a Python file.", cure
        )
    if any(isinstance(each, dict) for each in args):
        why = "an expression takes its inputs by name."
        raise ArgumentError("an expression was given a dict.", why, f'gw.circuit("{text}", **inputs).')


def as_array(name: str, value: object) -> object:
    """A list of numbers as the array that an expression computes with. Raises `ArgumentError` where it is none."""
    if isinstance(value, str):
        raise ArgumentError(f"{name} is {value!r}, a string.", "an expression computes with numbers.", f"{name}=1.0.")
    if not isinstance(value, (list, tuple)):
        return value
    try:
        array = np.array(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "fiub":
        why = "an expression computes with numbers and arrays of numbers, all rows of one length."
        raise ArgumentError(
            f"{name} is a {type(value).__name__} that is no array.", why, f"{name}=np.array([1.0, 2.0])."
        )
    return array


def as_python_reads(given: Mapping[str, object]) -> dict[str, object]:
    """The inputs under their names as Python reads them. Raises `InputNameError` for two that are one."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if (plain := normalised(name)) in found:
            what = f"The input {name!r} is given twice."
            raise InputNameError(what, f"Python reads it as {plain}.", "Give one of them another name.")
        found[plain] = value
    return found


def expression_function(text: str, given: Mapping[str, object]) -> Function:
    """The function that an expression says."""
    shapes = {name: np.shape(value) for name, value in given.items() if isinstance(value, np.ndarray)}
    parsed = parse(text, list(given) or None, OPERANDS, NUMPY, AXES, instead_if_numpys, shapes)
    scope = {"np": np} | {name: gate for name, gate in NAMES.items() if gate.own}
    return function(parsed.source(), scope, parsed.output)


#: The gates that expressions can call, with the operands they take.
CALLABLE = {
    n: g
    for n, g in NAMES.items()
    if g.required <= {"axis", "keepdims", "ddof"} and (g.bind is None or not g.parameters) and g.text is None
    if not g.path  # of SciPy's functions, which an expression does not name
}
OPERANDS = {name: (gate.arity, gate.arity) for name, gate in CALLABLE.items()}
NUMPY = [name for name, gate in CALLABLE.items() if not gate.own]
AXES = [name for name, gate in CALLABLE.items() if "axis" in gate.parameters]
