"""What a shell is offered where Tab is pressed: click's scripts, and what may stand in the place of each word.

Nothing that is named is run: functions of a file are found in its text.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from gatewise import _syntax
from gatewise._errors import CommandError

SHELLS = {
    "bash": "echo 'eval \"$(gatewise completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(gatewise completion zsh)\"' >> ~/.zshrc",
    "fish": "gatewise completion fish > ~/.config/fish/completions/gatewise.fish",
}
ENDINGS = (".py", ".ipynb")


def script(command: click.Command, shell: str) -> str:
    """The script that a shell reads at its start. Raises `CommandError` for bash's where there is no bash to ask."""
    if shell == "bash" and shutil.which("bash") is None:
        raise CommandError("no bash was found here.", "its version says what it can do.", "gatewise completion zsh")
    made = get_completion_class(shell)
    assert made is not None  # click has these three
    return made(command, {}, "gatewise", "_GATEWISE_COMPLETE").source()


def of_target(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Files first, and after a file's colon its functions; bash has the colon as a word of its own."""
    words: Sequence[str] = context.params.get("words") or ()
    if len(words) == 1 and words[0].endswith(ENDINGS) and typed == ":":
        return items(functions_in(words[0]))
    if len(words) == 2 and words[0].endswith(ENDINGS) and words[1] == ":":
        return items(name for name in functions_in(words[0]) if name.startswith(typed))
    if words:
        return []
    file, colon, begun = typed.rpartition(":")
    if colon:
        return items(f"{file}:{name}" for name in functions_in(file) if name.startswith(begun))
    return [CompletionItem(typed, type="file")]


def of_gates(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """The gates whose names begin so."""
    from gatewise._gates import NAMES

    return items(sorted(name for name in NAMES if name.startswith(typed)))


def among(names: Iterable[str]) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Those of some names that begin as the word does."""
    return lambda _, __, typed: items(name for name in names if name.startswith(typed))


def items(texts: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(text) for text in texts]


def functions_in(file: str) -> list[str]:
    """The functions and classes at the top of a Python file, by its text; none where it cannot be read."""
    try:
        body = _syntax.module(Path(file).read_text(encoding="utf-8")).body
    except (OSError, ValueError, SyntaxError, RecursionError):
        return []
    return [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
