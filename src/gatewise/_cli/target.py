"""What a command is given: an expression, a function in a file or a flat script, and the values of its inputs."""

from __future__ import annotations

import ast
import contextlib
import difflib
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from gatewise._board import FILE
from gatewise._cli.request import shown
from gatewise._errors import CommandError
from gatewise._language import parse_input

#: The options of the commands that take a target, for words that are nearly one.
OPTIONS = {
    "show": (
        *("--wire", "--code", "--derive", "--latex", "--walk", "--vary", "--json"),
        *("--svg", "--html", "--open", "--tex", "--form", "--save", "--palette", "--digits", "--fold"),
        *("--cut", "--wrt", "--upstream", "--output", "--rng", "--help"),
    ),
    "check": (
        *("--gradient", "--backward", "--wrt", "--leave-out", "--upstream", "--output", "--rng", "--effort", "--json"),
        *("--blank", "--exercises", "--hint", "--solution", "--help"),
    ),
}
MOST_NOTES = 3


@dataclass(frozen=True)
class Target:
    """What is shown or checked: an expression, a function in a file, or a flat script."""

    text: str
    path: str | None
    function: str | None

    @property
    def is_script(self) -> bool:
        return self.path is not None and self.function is None


def target_of(words: Sequence[str], command: str = "show") -> Target:
    """The first word. Raises `CommandError` where there is none."""
    if not words:
        cure = f'gatewise {command} "(x + y) * z" x=-2 y=5 z=-4'
        why = f"{command} takes an expression or a Python file."
        raise CommandError(f"There is nothing to {command}.", why, cure)
    text = words[0].lstrip()
    if is_like_an_option(text, command):
        raise unknown_option(text, command)
    found = FILE.fullmatch(text)
    if found is None and (half := re.match(r"(.*\.py):(.*)", text)):
        why = (
            f"{half[2]!r} is not the name of a function."
            if half[2]
            else "after the colon comes the name of a function."
        )
        raise CommandError(
            f"{half[1]}: no function is named.", why, f"gatewise {command} {half[1]}:f, or {half[1]} alone."
        )
    return Target(text, found["path"] if found else None, found["function"] if found else None)


def is_like_an_option(word: str, command: str) -> bool:
    """Whether a word that is no option was meant as one: `--wrie`, and not the expression `--x`."""
    found = re.match(r"--([a-z][a-z-]+)(=|$)", word)
    return found is not None and bool(difflib.get_close_matches("--" + found[1], OPTIONS[command], n=1, cutoff=0.6))


def unknown_option(word: str, command: str) -> CommandError:
    name = word.partition("=")[0]
    near = difflib.get_close_matches(name, OPTIONS[command], n=1, cutoff=0.5)
    cure = f"Did you mean {near[0]}?" if near else f"There are {', '.join(OPTIONS[command])}."
    return CommandError(f"There is no option {name}.", cure=cure)


def values_of(words: Sequence[str], rng: np.random.Generator, command: str = "show") -> dict[str, Any]:
    """The inputs by name. Raises `CommandError`, `InputNameError` and `ValueTextError`."""
    given: dict[str, Any] = {}
    for word in words:
        if word.startswith("--"):
            raise unknown_option(word, command)
        if not re.search("[=＝]", word):
            raise CommandError(
                f"{shown(word)} is neither NAME=VALUE nor an option.",
                f"the first word is what {command} is about; all others give inputs their values.",
                f'put an expression with spaces or * into quotes: gatewise {command} "x * y" x=2 y=3',
            )
        name, value = parse_input(word, rng)
        if name in given:
            raise CommandError(f"{name} is given twice.", "an input has one value.", f"leave one {name}=... out.")
        given[name] = value
    return given


def functions_in(path: str) -> list[str]:
    """The functions of a file that the command line can give numbers to, each with its inputs still to be filled in.

    What uses an argument as a dict or an object (`p["W"]`, `p.W`) needs more than numbers and arrays.
    """
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return []
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    structured = {node.name: structured_arguments(node) for node in functions}
    return [
        " ".join([node.name, *(f"{name}=..." for name in required_arguments(node))])
        for node in functions
        if not structured[node.name] and node.args.args and not node.args.vararg and not node.args.posonlyargs
    ]


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


@contextlib.contextmanager
def as_if_run(target: Target, number: int | None) -> Iterator[None]:
    """What a file finds when Python runs it: no arguments; its prints go to standard error."""
    arguments = sys.argv
    seed(number)
    if target.path is not None:
        sys.argv = [target.path]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except SystemExit as end:
        what = f"{target.path or target.text} ended Python (exit status {end.code})."
        raise CommandError(what, "there is nothing to look at after that.", "take the call of exit out.") from None
    finally:
        sys.argv = arguments


def seed(number: int | None) -> None:
    """Seed the draws of scripts, which use np.random as the course does."""
    if number is not None:
        np.random.seed(number)  # noqa: NPY002  (the generator behind np.random.randn)


@contextlib.contextmanager
def notes_of_warnings() -> Iterator[None]:
    """Python's and NumPy's warnings in one line on standard error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    messages = list(dict.fromkeys(" ".join(str(each.message).split()) for each in caught))
    if messages:
        more = f"; and {len(messages) - MOST_NOTES} more" if len(messages) > MOST_NOTES else ""
        click.echo(f"note: {'; '.join(messages[:MOST_NOTES])}{more}", err=True)
