"""An exercise as a file: the staged forward pass as it is printed, and the backward pass with its lines left empty.

Its last line holds digests of what was given, so that a changed forward pass is told from a wrong gradient, and a file
that somebody has worked in from a fresh one.
"""

from __future__ import annotations

import ast
import hashlib
import io
import linecache
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._build import run_users_code, users_code
from gatewise._check.names import key_of
from gatewise._errors import CommandError
from gatewise._recording.running import record
from gatewise._source import staged
from gatewise._types import Function

MARK = "# A gatewise exercise"
HEAD = """\
{mark}. Write each line of the backward pass in the place of its "...", with = or += as it needs.
# To see which lines are right: gatewise check {path}   (--hint says which rule, --solution the line)
"""
BACKWARD = "    # backward pass, in reverse order"
EMPTY = "  # your line"
NAME = "_and_gradients"
NUMBERS = count(1)
SEAL = re.compile(r'^exercise = "([0-9a-f ]+)".*\n?', re.MULTILINE)
KEEP = "  # tells whether the forward pass is still the exercise's: leave this line as it is"
LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
LARGEST = 2_000  #: entries of all inputs together: they are written into the file


@dataclass(frozen=True)
class Line:
    """One line of a backward pass: the gradient it is for, its code, its shape in words, the stage it belongs to."""

    target: str
    code: str
    shape: str
    stage: str


@dataclass(frozen=True)
class Untouched:
    """A part of an exercise that is not the student's to change: what it is, its line, its code."""

    what: str
    line: int
    code: str


def is_exercise(text: str) -> bool:
    """Whether a file is one that `blank` wrote."""
    return text.lstrip().startswith(MARK)


def blank(f: Function, inputs: Mapping[str, npt.ArrayLike], wrt: Sequence[str] | None, path: str) -> str:
    """The text of the exercise on `f`. Raises `CommandError` where its inputs are too large to be written down."""
    if sum(np.size(v) for v in inputs.values()) > LARGEST:
        why = f"an exercise holds its inputs, and {LARGEST:,} numbers are the limit."
        raise CommandError("The inputs are too large for an exercise.", why, "give smaller arrays.")
    circuit = record(f, (), inputs, wrt=wrt, upstream="ones")
    text = settled(staged(circuit), inputs, wrt)
    wanted = list(wrt) if wrt is not None else [i.name for i in circuit.wanted]
    lines = [f"    {name!r}: {as_python(value)}," for name, value in inputs.items()]
    given = "\n".join(["inputs = {", *lines, "}"])
    head = HEAD.format(mark=MARK, path=path)
    return sealed(f"{head}{emptied(text)}\n\n\n{given}\nwrt = {wanted!r}\n")


def sealed(text: str) -> str:
    """The text of an exercise with its last line: a digest of all of it, then one of each part that is given."""
    digests = [digest(text), *(digest(part.code) for part in given_in(text))]
    return f'{text}exercise = "{" ".join(digests)}"{KEEP}\n'


def is_untouched(text: str) -> bool:
    """Whether an exercise is still as it was written."""
    seal = SEAL.search(text)
    return seal is not None and seal.end() == len(text) and digest(text[: seal.start()]) == seal[1].split()[0]


def is_sealed(text: str) -> bool:
    """Whether an exercise still says which forward pass it was written with."""
    return SEAL.search(text) is not None


def first_changed(text: str) -> Untouched | None:
    """The first part of an exercise that is no longer as it was given; None too where its last line is gone."""
    seal = SEAL.search(text)
    if seal is None:
        return None
    for part, told in zip_longest(given_in(text), seal[1].split()[1:]):
        if part is None:
            return Untouched("the forward pass", backward_from(text) or 1, "")
        if told is None or digest(part.code) != told:
            return part
    return None


def given_in(text: str) -> list[Untouched]:
    """What is given in an exercise: the names of the inputs, `wrt`, what is returned, each line of the forward pass."""
    node, first, end = function_in(text), backward_from(text), returned_in(text)
    parameters = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    parts = [Untouched("the head of the function", node.lineno, " ".join(parameters))]
    locks = []
    for each in ast.parse(text).body:
        if isinstance(each, ast.Assign) and target_of(ast.unparse(each)) == "wrt":
            parts.append(Untouched("wrt", each.lineno, bare_code(text, each)))
        if isinstance(each, ast.Assign) and target_of(ast.unparse(each)) == "lock":
            locks.append(Untouched("the lock", each.lineno, bare_code(text, each)))
    parts.append(Untouched("what is returned", end.lineno, bare_code(text, end)))
    lines = [n for n in node.body if n.lineno < (first or 0) and not prints(n)]
    return [*parts, *(Untouched("the forward pass", n.lineno, bare_code(text, n)) for n in lines), *locks]


def prints(node: ast.stmt) -> bool:
    """Whether a statement only prints, which a student may do anywhere."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


def bare_code(text: str, node: ast.AST) -> str:
    """The code of a node without its layout and comments, the same under every version of Python."""
    code = ast.get_source_segment(text, node) or ""
    try:
        return " ".join(t.string for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type not in LAYOUT)
    except (tokenize.TokenError, SyntaxError):  # a block, cut out of its indentation: none is ever given
        return code


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:6]


def settled(text: str, inputs: Mapping[str, object], wrt: Sequence[str] | None) -> str:
    """The staged text whose own forward pass gives it back, so that the solution can be found from the exercise."""
    for _ in range(3):
        again = solved(text, inputs, wrt)
        if again == text:
            break
        text = again
    return text


def solved(text: str, inputs: Mapping[str, object], wrt: Sequence[str] | None) -> str:
    """The staged text of the forward pass of an exercise: what its backward pass should be."""
    return str(staged(record(forward_of(text), (), inputs, wrt=wrt, upstream="ones")))


def forward_of(text: str) -> Function:
    """The forward pass of staged text, as a function. Raises `CommandError` where the text has none."""
    node, first, value = function_in(text), backward_from(text), returned_in(text)
    if first is None:
        raise spoiled()
    lines = [*text.split("\n")[: first - 1], f"    return {ast.unparse(value)}", ""]
    name = node.name.removesuffix(NAME)
    lines[node.lineno - 1] = lines[node.lineno - 1].replace(node.name, name, 1)
    return function_from("\n".join(lines), name)


def returned_in(text: str) -> ast.expr:
    """What the forward pass returns: the first of what the function does. Raises `CommandError`."""
    end = function_in(text).body[-1]
    if not isinstance(end, ast.Return) or end.value is None:
        raise spoiled()
    return end.value.elts[0] if isinstance(end.value, ast.Tuple) and end.value.elts else end.value


def function_in(text: str) -> ast.FunctionDef:
    """The function of an exercise. Raises `CommandError`."""
    node = next((n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name.endswith(NAME)), None)
    if node is None:
        raise spoiled()
    return node


def function_from(text: str, name: str, around: Mapping[str, object] | None = None) -> Function:
    """The function `name` of a text that is the user's own; its lines are found where tracebacks look."""
    filename = f"<exercise {next(NUMBERS)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    space: dict[str, Any] = {"__name__": "exercise", **(around or {})}
    run_users_code(users_code(ast.parse(text), filename), space)
    found: Function = space[name]
    return found


def spoiled() -> CommandError:
    why = f"it needs the function as it was, with its line {BACKWARD.strip()!r} and its return."
    return CommandError("The exercise cannot be read.", why, "write it anew with --blank, into another file.")


def backward_from(text: str) -> int | None:
    """The line where the backward pass begins."""
    found = [k for k, line in enumerate(text.split("\n"), 1) if line.strip() == BACKWARD.strip()]
    return found[0] if found else None


def backward_lines(text: str) -> Iterator[tuple[int, Line]]:
    """The lines of a staged backward pass that a student writes, with their numbers: those below a quoted stage."""
    first, stage = backward_from(text) or 0, ""
    for k, line in enumerate(text.split("\n"), 1):
        if k <= first:
            continue
        if (quoted := re.match(r"\s*# backprop (.*?)\s*(\(\d+\))?$", line)) is not None:
            stage = quoted[1]
        code, _, comment = line.partition("#")
        if stage and line.startswith("    ") and (target := target_of(code.strip())):
            yield k, Line(target, code.strip(), comment.split("=")[0].strip(), stage)


def target_of(code: str) -> str:
    """The gradient that a line is for: `dx`, `grads['W1']`."""
    try:
        nodes = ast.parse(code).body
    except SyntaxError:
        return ""
    match nodes:
        case [ast.Assign(targets=[target])] | [ast.AugAssign(target=target)]:
            return key_of(target) or ""
    return ""


def emptied(text: str) -> str:
    """Staged text with the lines of its backward pass empty; shapes stay, they are no answer."""
    lines = text.rstrip("\n").split("\n")
    for k, line in backward_lines(text):
        shape = f", {line.shape}" if line.shape.startswith("(") else ""
        lines[k - 1] = f"    {line.target} = ...{EMPTY}{shape}"
    return "\n".join(lines)


def as_python(value: object) -> str:
    """A value as Python."""
    if isinstance(value, np.ndarray):
        kind = "" if value.dtype in (np.dtype(float), np.dtype(int)) else f", dtype=np.{value.dtype.name}"
        return f"np.array({value.tolist()!r}{kind})"
    return repr(value.item() if isinstance(value, np.generic) else value)
