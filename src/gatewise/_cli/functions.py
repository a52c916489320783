"""The functions of a file, as its text says them: which could be meant, what they need, which are backward passes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np

from gatewise import _syntax
from gatewise._errors import GatewiseError
from gatewise._recording.reading import text_in
from gatewise._recording.scripts import is_gradient

UPSTREAM = re.compile(
    r"d_?(out|outs|scores|logits|y|z|h|a|[A-Z]\w*)|grad_?(out|output|outputs|y)|upstream|cache|dvalues"
)


def statements_of(path: str) -> list[ast.stmt]:
    """The statements of a file; none where it cannot be read, which is said elsewhere."""
    try:
        return _syntax.module(text_in(path)).body
    except (GatewiseError, SyntaxError, ValueError, RecursionError):
        return []


def functions_in(path: str) -> list[str]:
    """The functions of a file that the command line can give numbers to, each with its inputs still to be filled in.

    What uses an argument as a dict or an object (`p["W"]`, `p.W`) needs more than numbers and arrays.
    """
    functions = [node for node in statements_of(path) if isinstance(node, ast.FunctionDef)]
    structured = {node.name: structured_arguments(node) for node in functions}
    return [
        call_typed(node)
        for node in functions
        if not structured[node.name] and node.args.args and not node.args.vararg and not node.args.posonlyargs
    ]


def call_typed(node: ast.FunctionDef) -> str:
    """`f x=... y=...`: how the command line gives a function its inputs."""
    return " ".join([node.name, *(f"{name}=..." for name in required_arguments(node))])


def required_arguments(node: ast.FunctionDef) -> list[str]:
    """The arguments without a default."""
    names = [argument.arg for argument in node.args.args]
    return names[: len(names) - len(node.args.defaults)]


def structured_arguments(node: ast.FunctionDef) -> set[str]:
    """The arguments that are used as a dict or an object, here or by gatewise's own functions."""
    names = {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
    found = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str())) if name in names:
                found.add(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
                found |= set() if hasattr(np.ndarray, attribute) else {name}
    return found


def function_named(path: str, name: str) -> ast.FunctionDef | None:
    """The function of a file under this name."""
    found = [n for n in statements_of(path) if isinstance(n, ast.FunctionDef) and n.name == name]
    return found[-1] if found else None


def method_named(path: str, owner: str, name: str) -> tuple[list[str], list[str]] | None:
    """The arguments that a class and a method of it need, `self` left out; None where there is no such method."""
    for node in statements_of(path):
        if isinstance(node, ast.ClassDef) and node.name == owner:
            methods = {n.name: required_arguments(n)[1:] for n in node.body if isinstance(n, ast.FunctionDef)}
            if name in methods:
                return methods.get("__init__", []), methods[name]
    return None


def wrapper(path: str, owner: str, name: str) -> str:
    """Lines to add to a file, so that a method of a class in it can be named as a function."""
    made, given = method_named(path, owner, name) or ([], ["x"])
    made_of = ", ".join("..." for _ in made)
    arguments = ", ".join(given)
    return f"def f({arguments}): return {owner}({made_of}).{name}({arguments})"


def class_named(path: str, name: str) -> ast.ClassDef | None:
    """The class of a file under this name."""
    return next((n for n in statements_of(path) if isinstance(n, ast.ClassDef) and n.name == name), None)


def forward_method(node: ast.ClassDef) -> str:
    """The method of a class that is most likely its forward pass."""
    names = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
    usual = [name for name in ("forward", "loss", "__call__", "predict", "f") if name in names]
    return next(iter([*usual, *(name for name in names if name != "__init__")]), "forward")


def method_wrapper(path: str) -> str:
    """The lines to add to a file that has classes and no function: for the first class; empty where it has none."""
    first = next((node for node in statements_of(path) if isinstance(node, ast.ClassDef)), None)
    return "" if first is None else wrapper(path, first.name, forward_method(first))


def dict_wrapper(node: ast.FunctionDef) -> str:
    """A function of numbers and arrays around one that takes dicts; empty where no argument is used as one."""
    keys: dict[str, list[str]] = {}
    read = [inner for inner in ast.walk(node) if isinstance(inner, ast.Subscript)]
    for inner in sorted(read, key=lambda each: (each.lineno, each.col_offset)):
        match inner:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)) if key.isidentifier():
                keys.setdefault(name, []).append(key)
    needed = required_arguments(node)
    keys = {name: list(dict.fromkeys(found)) for name, found in keys.items() if name in needed}
    if not keys:
        return ""
    names = dict.fromkeys(part for name in needed for part in keys.get(name, [name]))
    passed = ["{" + ", ".join(f'"{key}": {key}' for key in keys[n]) + "}" if n in keys else n for n in needed]
    return f"def g({', '.join(names)}): return {node.name}({', '.join(passed)})"


# -------------------------------------------------------------------------------------------------- backward passes


def gradients_in(node: ast.FunctionDef) -> list[str]:
    """The names a function assigns that say they are gradients of others in it."""
    arguments = [argument.arg for argument in node.args.args]
    stores = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    known = [*arguments, *stores]
    return [name for name in dict.fromkeys(stores) if is_gradient(name, [other for other in known if other != name])]


def is_backward(node: ast.FunctionDef) -> bool:
    """Whether a function is a backward pass: it takes an upstream gradient, or assigns gradients."""
    return any(UPSTREAM.fullmatch(argument.arg) for argument in node.args.args) or bool(gradients_in(node))


def checking(path: str, node: ast.FunctionDef) -> str:
    """The command that judges a backward pass: with its forward half, where it is the half of a layer."""
    if not any(UPSTREAM.fullmatch(argument.arg) for argument in node.args.args):
        return f"gatewise check {path}:{call_typed(node)}"
    forward = forward_half(path, node.name)
    inputs = call_typed(forward).partition(" ")[2] if forward is not None else "x=..."
    name = forward.name if forward is not None else "FORWARD"
    return f"gatewise check {path}:{name} --backward {path}:{node.name} {inputs}"


def forward_half(path: str, backward: str) -> ast.FunctionDef | None:
    """The function whose name says that it is the other half: affine_forward of affine_backward."""
    stem = re.sub(r"_?(backward|bwd|backprop|grad)_?", "", backward)
    names = [backward.replace("backward", "forward"), backward.replace("bwd", "fwd"), stem]
    found = (function_named(path, name) for name in names if name and name != backward)
    return next((each for each in found if each is not None), None)


def python_files(folder: Path) -> list[str]:
    """The Python files in a folder, by name."""
    try:
        return sorted(each.name for each in folder.iterdir() if each.suffix == ".py")
    except (OSError, ValueError):
        return []
