"""The words of a command that are no target and no input, and what was probably meant by them."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from gatewise._cli.functions import (
    class_named,
    forward_method,
    function_named,
    is_backward,
    python_files,
    wrapper,
)
from gatewise._cli.request import shown_word
from gatewise._errors import CommandError
from gatewise._recording import text_in

#: Endings of files that are no Python; data belongs to an input.
DATA = (".csv", ".txt", ".npy", ".npz", ".tsv", ".mat", ".json", ".pkl", ".xlsx", ".pt")
OTHERS = (
    *(".m", ".r", ".jl", ".md", ".pyc", ".pyi", ".c", ".cpp", ".cc", ".js", ".java", ".html", ".pdf", ".png", ".svg"),
    *(".tex", ".docx", ".zip", ".rs", ".go", ".f90", ".ino", ".ini", ".toml", ".yaml", ".yml", ".sh", ".bat"),
)
QUOTES = "'\u2018\u2019\u201c\u201d\""


def refuse_words(words: Sequence[str], command: str) -> None:
    """Raise `CommandError` for words that name a file in a way that cannot be meant as an expression or an input."""
    text = words[0].strip()
    refuse_split(words, command)
    refuse_folder(text, words, command)
    refuse_ending(text, command)
    refuse_function(text, words, command)
    refuse_second(words, command)
    refuse_missing(text, command)


def has_inputs(words: Sequence[str]) -> bool:
    """Whether values follow the first word, so that it is an expression whatever folder or file has its name."""
    return any(re.match(r"\w+\s*[=＝]", word) for word in words[1:])


def refuse_split(words: Sequence[str], command: str) -> None:
    """Single and typographic quotes, which Windows' command prompt does not know: `'x * y'` is three words there."""
    if words[0][:1] in QUOTES and len(words) > 1:
        ends = [place for place, word in enumerate(words) if place and word[-1:] in QUOTES]
        if ends:
            whole = " ".join(words[: ends[0] + 1]).strip(QUOTES)
            why = "only the straight double quote keeps words together in every command prompt."
            raise CommandError("The expression was split at its spaces.", why, f'gatewise {command} "{whole}" ...')


def refuse_folder(text: str, words: Sequence[str], command: str) -> None:
    is_path = re.fullmatch(r"(?:[\w.~-]*[/\\])*[\w.~-]+[/\\]|\.{1,2}|~", text) is not None
    is_folder = os.path.isdir(text) and not has_inputs(words)
    if not (is_path or is_folder):
        return
    files = python_files(Path(text))
    name = files[0] if files else "FILE.py"
    why = f"{command} takes one Python file, or an expression."
    folder = text.rstrip("/\\") or "/"
    cure = f"gatewise {command} {os.path.join(folder, name)}"
    what = "is a folder" if os.path.isdir(text) else "is no folder here, and no expression"
    raise CommandError(f"{shown_word(text)} {what}.", why, cure)


def refuse_ending(text: str, command: str) -> None:
    """A notebook, data, a file of another language."""
    if re.match(r"\w+://", text):
        raise CommandError(
            f"{shown_word(text)} is an address.", "gatewise reads files on this machine.", "download it first."
        )
    found = re.fullmatch(r"([^\s()*+=]+?)(\.\w+)(:.*)?", text)
    if found is None:
        return
    path, ending = found[1] + found[2], found[2].lower()
    if ending in DATA:
        cure = f'gatewise {command} "sum(x)" x=@{path}'
        raise CommandError(f"{path} is data.", f"{command} is about a function of it.", cure)
    if ending in OTHERS or (ending == ".py" and found[2] != ".py"):
        cure = f"gatewise {command} {found[1]}.py{found[3] or ''}"
        raise CommandError(f"{path} is no Python file.", "a Python file ends in .py.", cure)


def refuse_function(text: str, words: Sequence[str], command: str) -> None:
    """A function named in another way than FILE.py:FUNCTION."""
    found = re.fullmatch(r"(.*\.(?:py|ipynb))(::?|[.#/,])(.*)", text)
    if found is not None and not re.fullmatch(r".*\.(py|ipynb):\w+", text):
        path, name = found[1], re.sub(r"\(.*\)$", "", found[3]).replace("::", ".")
        owner, dot, method = name.partition(".")
        if dot and owner.isidentifier() and method.isidentifier():
            if command == "check" and text == f"{path}:{name}" and class_named(path, owner) is not None:
                return
            why = f"{method} needs an object of {owner} to be called on."
            cure = line_to_add(path, wrapper(path, owner, method))
            cure = f"gatewise check {path}:{name}" if command == "check" and class_named(path, owner) else cure
            raise CommandError(f"{path}: {shown_word(name)} is a method, not a function.", why, cure)
        if name.isidentifier():
            why = "a function is named by the file, a colon and its name alone."
            raise CommandError(f"{shown_word(text)} names no function.", why, f"gatewise {command} {path}:{name}")
    node = class_named(found[1], found[3]) if found is not None else None
    if found is not None and node is not None and not (command == "check" and has_halves(found[1], node.name)):
        if command == "check":
            why = "its methods are none of the halves that belong together: forward and backward, loss and gradient."
            cure = f"gatewise check {found[1]}:{node.name}.{forward_method(node)}"
            raise CommandError(f"{found[1]}: {node.name} is a class.", why, cure)
        why = "it makes an object, and a circuit is of a function."
        line = wrapper(found[1], node.name, forward_method(node))
        raise CommandError(f"{found[1]}: {node.name} is a class.", why, line_to_add(found[1], line))
    module = re.fullmatch(r"([\w/\\-]+?)(?:[:.](\w+))?", text)
    if module is None or not os.path.isfile(f"{module[1]}.py"):
        return
    is_given = any(re.match(rf"{re.escape(text)}\s*[=＝]", word) for word in words[1:])
    is_expression = module[2] is None and (is_given if text.isidentifier() else has_inputs(words))
    if not (is_expression or module[2] in ("T", "py")):
        name = f":{module[2]}" if module[2] else ""
        why = "a Python file is named with its ending."
        raise CommandError(
            f"{shown_word(text)} is no expression here.", why, f"gatewise {command} {module[1]}.py{name}"
        )


def has_halves(path: str, name: str) -> bool:
    """Whether the methods of a class are what `gatewise check` compares with each other."""
    from gatewise._check import pairs_in  # the checker, for a class that is to be checked alone

    return any(pair.name == name for pair in pairs_in(text_in(path)))


def line_to_add(path: str, line: str, name: str = "f") -> str:
    """What to do: put a line into a file, and name the function in it."""
    return f"add a function to {path}, then name it, {path}:{name}:\n             {line}"


def refuse_missing(text: str, command: str) -> None:
    """A Python file that is not there, where one of nearly this name is."""
    found = re.fullmatch(r"(.*\.(?:py|ipynb))(:\w+)?", text)
    if found is None or os.path.exists(found[1]):
        return
    path = Path(found[1].replace("\\", "/"))
    stems = [name.removesuffix(".py") for name in python_files(path.parent)]
    near = difflib.get_close_matches(path.stem, stems, n=1, cutoff=0.7)
    cure = "give the path of a Python file."
    if near:
        cure = f"gatewise {command} {path.parent / near[0]}.py{found[2] or ''}"
    elif not path.is_absolute():
        cure = f"the path of a Python file from here, {Path.cwd()}, or the full one."
    raise CommandError(f"{found[1]} cannot be read.", "there is no such file.", cure)


def refuse_second(words: Sequence[str], command: str) -> None:
    """A second target, the name of a function or a file of data, standing where an input's value belongs."""
    first = words[0].strip()
    for before, word in pairwise(words):
        if re.search("[=＝]", word) or before.startswith("-") or word.startswith("-"):
            continue  # a value, or an option that is not known, and what it was given
        if re.fullmatch(r".*\.py(:\w+)?", word):
            raise second_file(first, word, command)
        if re.fullmatch(r"[^=\s]+\.(csv|txt|npy)", word):
            what = f"{shown_word(word)} belongs to no input."
            raise CommandError(what, "an input has a name.", f"x=@{word}, x the name of the input.")
        if first.endswith(".py") and word.isidentifier() and function_named(first, word) is not None:
            what = f"{shown_word(word)} stands apart from its file."
            raise CommandError(what, "a function is named after a colon.", f"gatewise {command} {first}:{word}")
    if "=" in words[1:]:
        what = "'=' stands alone."
        raise CommandError(what, "an input and its value are one word.", "x=3, without spaces.")


def second_file(first: str, second: str, command: str) -> CommandError:
    """Two targets: two halves of a layer, or two files."""
    path, _, name = second.partition(":")
    node = function_named(path, name) if name else None
    what = f"{first} and {second} are two things to {command}."
    if command == "check" and node is not None and ":" in first:
        option = "--backward" if is_backward(node) else "--gradient"
        return CommandError(what, "a check has one forward pass.", f"gatewise check {first} {option} {second}")
    quoted = f'"{first}"' if re.search(r"[\s*()<>|&;]", first) else first
    cure = f"gatewise {command} {quoted}, then gatewise {command} {second}."
    return CommandError(what, f"{command} takes one at a time.", cure)


#: Commands that people expect, and what does it.
MEANT = {
    **dict.fromkeys(("help", "usage", "man"), "gatewise --help"),
    "version": "gatewise --version",
    **dict.fromkeys(
        ("graph", "plot", "draw", "picture", "svg", "visualize"), 'gatewise show "x * y" x=2 y=3 --svg circuit.svg'
    ),
    **dict.fromkeys(("run", "eval", "circuit", "trace"), 'gatewise show "x * y" x=2 y=3'),
    **dict.fromkeys(("code", "backward", "staged", "print"), 'gatewise show "x * y" x=2 y=3 --code'),
    **dict.fromkeys(("walk", "derive", "json", "html"), 'gatewise show "x * y" x=2 y=3 --{word}'),
    "card": 'gatewise show "x * y" x=2 y=3 --card f',
    "vary": 'gatewise show "x * y" x=2 y=3 --vary x=1,10',
    **dict.fromkeys(
        ("grad", "gradcheck", "gradient", "test", "verify", "grade", "judge"), "gatewise check FILE.py:FUNCTION x=3"
    ),
    **dict.fromkeys(("exercise", "exercises"), "gatewise check --exercises"),
    **dict.fromkeys(("list", "gate", "catalogue", "functions"), "gatewise gates"),
    **dict.fromkeys(("fit", "learn"), "gatewise train digits"),
}


def unknown_command(word: str, known: Sequence[str]) -> CommandError:
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    cure = f"gatewise show {quoted(word)} ... to see its circuit."
    if word.lower() in MEANT or near:
        cure = f"gatewise {near[0]} ..." if near else MEANT[word.lower()].format(word=word.lower())
    return CommandError(f"There is no command {word!r}.", f"There are {', '.join(known)}.", cure)


def quoted(word: str) -> str:
    return f'"{word}"' if word.isprintable() else ascii(word)
