"""What a command is given: an expression, a function in a file or a flat script, and the values of its inputs."""

from __future__ import annotations

import contextlib
import difflib
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from gatewise._advice import advised
from gatewise._board import FILE, function_in_file, in_folder_of
from gatewise._cli.functions import (
    checking,
    dict_wrapper,
    function_named,
    functions_in,
    gradients_in,
    is_backward,
    method_wrapper,
)
from gatewise._cli.request import shown_word
from gatewise._cli.words import line_to_add, refuse_words
from gatewise._errors import (
    ArgumentError,
    AssignmentError,
    CommandError,
    GatewiseError,
    ScriptError,
    UnknownInputError,
)
from gatewise._language import is_setting, parse_input, parse_setting
from gatewise._recording.reading import text_in
from gatewise._types import Json
from gatewise._views.forms import FORMS, SUFFIXES

#: The options of the commands that take a target, for words that are nearly one.
OPTIONS = {
    "show": (
        *("--card", "--code", "--derive", "--latex", "--walk", "--vary", "--json"),
        *(f"--{form.word}" for form in FORMS if form.kind),
        *("--open", "--form", "--save", "--palette", "--digits", "--fold", "--round", "--unrolled"),
        *("--cell", "--cut", "--wrt", "--upstream", "--output", "--rng", "--help"),
    ),
    "check": (
        *("--gradient", "--backward", "--wrt", "--leave-out", "--upstream", "--output", "--rng", "--effort", "--json"),
        *("--blank", "--exercises", "--hint", "--solution", "--key", "--worksheet", "--cell"),
        *("--timeout", "--points", "--csv", "--gradescope", "--help"),
    ),
}
MOST_NOTES = 3
NAME = r"[^\W\d]\w*"
PICTURED = ("png", "pdf", "jpg", "jpeg", "eps", "ps", "gif", "dot", "plot", "draw", "graph", "picture", "image", "out")
VECTORS = f"what is written ends in {', '.join(SUFFIXES)}; TeX makes a PDF."
BY_NAME = "the ending of a file's name says what is written."
#: Options that people expect, and what there is instead: why, and what to write.
WISHES = {
    **{f"--{form.word}": (BY_NAME, f"--save circuit{form.suffix}") for form in FORMS if not form.kind},
    **dict.fromkeys(
        ("--out", "--output-file", "--file"),
        (BY_NAME, f"--save circuit{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"),
    ),
    "--pdf": (VECTORS, "--tex circuit.tex --form standalone, then pdflatex circuit.tex; or --svg circuit.svg"),
    **dict.fromkeys(("--eps", "--ps"), (VECTORS, "--tex circuit.tex --form standalone, or --svg circuit.svg")),
    **dict.fromkeys(("--jpg", "--jpeg", "--gif"), (VECTORS, "--save circuit.png")),
    **dict.fromkeys(("--plot", "--draw", "--graph", "--picture", "--image"), (VECTORS, "--svg circuit.svg")),
    **dict.fromkeys(
        ("--lang", "--language", "--locale", "--zh", "--chinese"),
        (
            "gatewise speaks one language; names may be in any.",
            "leave it out; README.zh-CN.md is the guide in Chinese.",
        ),
    ),
    **dict.fromkeys(("--seed", "--random-seed"), ("the generator of random draws is meant.", "--rng 0")),
    **dict.fromkeys(("--numpy", "--python", "--source", "--staged"), ("code is printed by --code.", "--code")),
    "--wire": ("a wire is shown by --card.", "--card q"),
    **dict.fromkeys(("--derivation", "--explain"), ("a derivation is written by --derive.", "--derive x")),
    **dict.fromkeys(("--precision", "--decimals"), ("digits after the point are meant.", "--digits 4")),
    **dict.fromkeys(("--verbose", "--debug", "--quiet"), ("there is one way of speaking.", "leave it out.")),
    **dict.fromkeys(
        ("--eps-step", "--tol", "--tolerance", "--rtol", "--atol", "--epsilon", "--step"),
        ("the check chooses its steps, and measures its own error.", "leave it out."),
    ),
    **dict.fromkeys(("--function", "--func", "--name"), ("a function is named with its file.", "FILE.py:FUNCTION")),
    "--version": ("it is about the whole program.", "gatewise --version"),
}


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
    refuse_words([text, *words[1:]], command)
    found = FILE.fullmatch(text)
    if found is None and (half := re.match(r"(.*\.(?:py|ipynb)):(.*)", text)):
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
    return found is not None and ("--" + found[1] in WISHES or nearest_option("--" + found[1], command) is not None)


def nearest_option(name: str, command: str) -> str | None:
    known = [option[2:] for option in OPTIONS[command]]
    near = difflib.get_close_matches(name[2:], known, n=1, cutoff=0.7)
    return f"--{near[0]}" if near else None


def unknown_option(word: str, command: str) -> CommandError:
    name = word.partition("=")[0]
    what = f"There is no option {name}."
    if name in WISHES:
        why, cure = WISHES[name]
        is_about_files = name[2:] in PICTURED and command == "check"
        return CommandError(what, why, f"gatewise show ... {cure}" if is_about_files else cure)
    near = nearest_option(name.lower(), command)
    others = [other for other in OPTIONS if other != command and name in OPTIONS[other]]
    if others:
        return CommandError(what, f"it belongs to {others[0]}.", f"gatewise {others[0]} ... {name}")
    if found := re.fullmatch(rf"--?({NAME})=(.+)", word):
        return CommandError(what, "inputs are given without hyphens.", f"{found[1]}={found[2]}")
    why = f"those of {command} are {', '.join(OPTIONS[command])}."
    return CommandError(
        what, why, f"Did you mean {near}?" if near else f"gatewise {command} --help says what each does."
    )


def inputs_given(words: Sequence[str], rng: np.random.Generator, command: str = "show", in_file: bool = False) -> Json:
    """The inputs by name; of a function `in_file` settings too.

    Raises `CommandError`, `InputNameError` and `ValueTextError`.
    """
    given: dict[str, Any] = {}
    for word in words:
        if word.startswith("--") or re.match(rf"-{NAME}=", word):
            raise unknown_option(word, command)
        if not re.search("[=＝]", word):
            raise stray(word, command)
        name, _, text = word.partition("=")
        if in_file and name.isidentifier() and is_setting(text):
            value: Any = parse_setting(text, name)
        else:
            name, value = parse_input(word, rng)
        if name in given:
            raise CommandError(f"{name} is given twice.", "an input has one value.", f"leave one {name}=... out.")
        given[name] = value
    return given


def stray(word: str, command: str) -> CommandError:
    """The complaint about a word that gives no input a value."""
    what = f"{shown_word(word)} is neither NAME=VALUE nor an option."
    why = f"the first word is what {command} is about; all others give inputs their values."
    bare = re.sub(r"^[-–—−/]+", "", word).partition("=")[0].lower()
    if bare != word.lower() and f"--{bare}" in OPTIONS[command]:
        return CommandError(what, "an option begins with two hyphens.", f"--{bare}")
    if re.fullmatch(r"-o|-f|-s", word) and command == "show":
        return CommandError(what, BY_NAME, "--save circuit.svg")
    if found := re.fullmatch(rf"({NAME})\s*[:：]\s*(\S+)", word):
        return CommandError(what, why, f"{found[1]}={found[2]}")
    if re.fullmatch(r"[-+]?[\d.]+", word):
        return CommandError(what, why, f"x={word}, x the name of the input.")
    return CommandError(
        what, why, f'put an expression with spaces or * into quotes: gatewise {command} "x * y" x=2 y=3'
    )


def with_functions(error: GatewiseError, target: Target, command: str) -> GatewiseError:
    """The error about a script, with the functions that its file has, where one of them was probably meant."""
    functions = functions_in(target.path) if target.is_script and target.path else []
    is_empty = isinstance(error, ScriptError) and "computes nothing" in error.what
    if is_empty and not functions and target.path and (line := method_wrapper(target.path)):
        return CommandError(error.what, f"{error.why} It has a class.", line_to_add(target.path, line))
    if not functions or not (is_empty or isinstance(error, UnknownInputError)):
        return error
    why = error.why
    if isinstance(error, UnknownInputError):
        why += " It has functions."
        functions.sort(key=lambda call: f" {error.name}=" not in f"{call} ")
    listed = " or ".join(f"{target.path}:{call}" for call in functions[:3])
    return CommandError(error.what, why, f"to {command} a function in it: gatewise {command} {listed}")


def with_dict(error: GatewiseError, target: Target) -> GatewiseError:
    """The error of a function whose input is missing; where it takes a dict, a function that needs none."""
    node = function_named(target.path, target.function) if target.path and target.function else None
    if node is None or "needs a value for" not in error.what or not (line := dict_wrapper(node)):
        return error
    why = "it takes a dict, and the command line gives numbers and arrays."
    return CommandError(error.what, why, line_to_add(str(target.path), line, "g"))


def with_backward(error: GatewiseError, target: Target, command: str) -> GatewiseError:
    """The error of a function; where that is a backward pass, the way in which `gatewise check` judges one."""
    node = function_named(target.path, target.function) if target.path and target.function else None
    is_meant = isinstance(error, (AssignmentError, ArgumentError)) and not isinstance(error, UnknownInputError)
    if node is None or not is_meant or not is_backward(node):
        return with_dict(error, target)
    named = gradients_in(node)
    reason = f"it computes {', '.join(named[:3])}" if named else "it takes an upstream gradient"
    wanted = {
        "show": "show records a forward pass and finds the gradients itself",
        "check": "it is checked beside its forward half",
    }
    why = f"{node.name} is a backward pass ({reason}); {wanted[command]}."
    return CommandError(error.what, why, f"to judge it: {checking(str(target.path), node)}")


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
    except EOFError as error:  # click would end without a word
        raise advised(error, target.path or target.text) from None
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        what = f"{target.path or target.text} ended Python (exit status {code})."
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


def text_of(path: str) -> str:
    """The text of a file; none where it cannot be read, which is said later."""
    try:
        return text_in(path)
    except ScriptError:
        return ""


@contextlib.contextmanager
def function_in_target(target: Target) -> Iterator[Any]:
    """The function in a file, with the file's neighbours in reach."""
    assert target.path is not None
    assert target.function is not None
    with in_folder_of(target.path), function_in_file(target.path, target.function) as function:
        yield function
