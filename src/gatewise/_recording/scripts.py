"""A flat script as a function: names assigned numbers, lists or random draws are inputs, gradients are left alone."""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._circuit import Bit, Circuit
from gatewise._errors import ScriptError, UnknownInputError
from gatewise._recording.freezing import freeze
from gatewise._recording.functions import input_tensors, math_replaced
from gatewise._recording.recorder import Recorder
from gatewise._recording.running import plain_argument
from gatewise._tensor import Tensor, upstream_for

MARK = "__gatewise_input__"
RANDOM = re.compile(r"(^|\.)(random|rng|randn|rand)\b")


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed script: what is run on Tensors, and the statements that assign gradients."""

    path: str
    forward: ast.Module
    backward: list[ast.stmt]
    inputs: tuple[str, ...]
    assigned: tuple[str, ...]


def parse_script(path: str) -> Script:
    """Read and sort the statements of a script. Raises `ScriptError` where it cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        tree = ast.parse(text, filename=path)
    except OSError as error:
        raise ScriptError(
            f"{path} cannot be read.", error.strerror or str(error), "give the path of a Python file."
        ) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise ScriptError(
            f"{path} is not Python{f', line {line}' if line else ''}.", str(error), "mend the line, then try again."
        ) from None
    linecache.checkcache(path)
    known: list[str] = []
    forward, backward, inputs = [], [], []
    for node in tree.body:
        names = targets(node)
        if names and all(is_gradient(name, known) for name in names):
            backward.append(node)
            continue
        if (
            isinstance(node, ast.Assign)
            and len(names) == 1
            and isinstance(node.targets[0], ast.Name)
            and is_given(node.value)
        ):
            inputs.append(names[0])
            node.value = marked(names[0], node.value)
        known += names
        forward.append(node)
    tree.body = forward
    return Script(path, ast.fix_missing_locations(tree), backward, tuple(inputs), tuple(known))


def targets(node: ast.stmt) -> list[str]:
    """The names that a statement assigns; for `d[...] -= 1` the name d."""
    found = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, (ast.AugAssign, ast.AnnAssign))
        else []
    )
    names = []
    for target in found:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            while isinstance(part, (ast.Subscript, ast.Attribute)):
                part = part.value
            if isinstance(part, ast.Name):
                names.append(part.id)
    return names


def is_gradient(name: str, known: Sequence[str]) -> bool:
    """Whether a name says that it is a gradient of another one: dx, Dx, d_x, grad_x, dfdx, grads."""
    if name in ("grads", "gradients"):
        return True
    found = re.fullmatch(r"(?:[dD]_?|grad_)(\w+)", name)
    if found and found[1] in known:
        return True
    return any(
        name.endswith("d" + each) and re.fullmatch(r"d\w+", name) and name[1 : -len(each) - 1] in [*known, "f"]
        for each in known
    )


def is_given(node: ast.expr) -> bool:
    """Whether a right-hand side is a number, a list of numbers, or a random draw."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return is_given(node.operand)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    if isinstance(node, (ast.List, ast.Tuple)):
        return bool(node.elts) and all(map(is_given, node.elts))
    if isinstance(node, ast.BinOp):
        return is_given(node.left) and is_given(node.right)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in ("np.array", "numpy.array"):
            return bool(node.args) and is_given(node.args[0])
        return bool(RANDOM.search(called)) and not called.endswith(("seed", "default_rng", "RandomState"))
    return False


def marked(name: str, value: ast.expr) -> ast.expr:
    """`value` handed to the recording under its name."""
    call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(name), value], [])
    return ast.copy_location(call, value)


def record_script(
    path: str,
    given: Mapping[str, Any],
    *,
    wrt: Sequence[str] | None = None,
    output: str | None = None,
    upstream: Any = None,
) -> Circuit:
    """Run a flat script on Tensors and return the circuit behind `output` (None: the last name that is no gradient's).

    `given` replaces inputs of the script; `upstream` is an array, or the name of a gradient the script assigns.
    """
    script = parse_script(path)
    for name in given:
        if name not in script.inputs:
            raise UnknownInputError(name, script.inputs, path)
    namespace: dict[str, Any] = {"np": np, "__name__": "__main__", "__file__": path, **math_replaced({"math": math})}
    code = users_code(script.forward, path)
    plain: dict[str, Any] = {}
    inputs: list[Any] = []
    with Recorder(code) as recorder, Bit() as bit:

        def take(name: str, value: Any) -> Any:
            plain[name] = given.get(name, value)
            unwanted: list[str] | None = [] if wrt is not None and name not in wrt else None
            tensors, found = input_tensors({name: plain[name]}, frozenset({name}), unwanted, bit)
            inputs[:] = [i for i in inputs if i.name != name] + found
            return tensors[name]

        namespace[MARK] = take
        run_users_code(code, namespace)
    for name in wrt or ():
        if name not in plain:
            raise UnknownInputError(name, list(plain), path)
    chosen = chosen_output(script, namespace, output)
    if isinstance(upstream, str):
        upstream = plain_gradient(script, namespace, upstream)
    known = {k: plain_argument(v) for k, v in namespace.items() if k in plain}
    return freeze(
        recorder,
        inputs,
        chosen.wire,
        name="f",
        bit=bit,
        upstream=upstream_for(chosen.value, upstream),
        known=known,
        modules=namespace,
        signature=tuple((i.name, "positional_or_keyword", inspect.Parameter.empty) for i in inputs),
    )


def chosen_output(script: Script, namespace: Mapping[str, Any], output: str | None) -> Any:
    """The Tensor that the circuit leads to."""
    recorded = [
        n
        for n in script.assigned
        if isinstance(namespace.get(n), Tensor) and namespace[n].wire is not None and n not in script.inputs
    ]
    if output is not None and output not in recorded:
        raise UnknownInputError(output, recorded, f"{script.path}: --output")
    if not recorded:
        raise ScriptError(
            f"{script.path} computes nothing from its inputs.",
            f"its inputs are {', '.join(script.inputs)}."
            if script.inputs
            else "no name is assigned a number, a list or a random draw.",
            "assign the inputs numbers at the top of the script, then compute with them.",
        )
    return namespace[output or recorded[-1]]


def plain_gradient(script: Script, namespace: Mapping[str, Any], name: str) -> Any:
    """The value that the script gives to a gradient: its own statements, run on plain values."""
    values = {k: plain_argument(v) for k, v in namespace.items() if k != MARK}
    wanted = [node for node in script.backward if name in targets(node)]
    if not wanted:
        raise UnknownInputError(
            name, [n for node in script.backward for n in targets(node)], f"{script.path}: --upstream"
        )
    run_users_code(users_code(ast.Module([wanted[0]], []), script.path), values)
    return values[name]
