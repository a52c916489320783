"""An exercise as it was handed in: its lines, which of them are empty or gone, and other inputs to try it at."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.blank import Line, backward_from, backward_lines, forward_of, function_in, spoiled
from gatewise._check.bodies import simple
from gatewise._check.names import keys_read, keys_written
from gatewise._check.points import copied
from gatewise._circuit import FrozenCircuit
from gatewise._errors import CommandError, GatewiseError, ScriptError
from gatewise._recording.running import record
from gatewise._source import staged
from gatewise._types import Function, Namespace

MOVED = 3  #: other inputs at which a paper is looked at
SPREADS = (
    0.3,
    0.1,
    0.01,
)  #: how far they are off, by parts of each number: nearer where the forward pass takes no more


@dataclass
class Written:
    """A backward line of the student's: the statement, the gradient it is for, and whether it is empty."""

    node: ast.stmt
    target: str
    empty: bool
    instead: Line | None = None


@dataclass
class Paper:
    """An exercise as it was handed in."""

    path: str
    text: str
    inputs: Mapping[str, Any]
    wrt: Sequence[str]
    solution: list[Line]
    circuit: FrozenCircuit
    written: list[Written] = field(default_factory=list)


def text_at(paper: Paper, line: int) -> str:
    """A line of the paper, without its comment."""
    return paper.text.split("\n")[line - 1].partition("#")[0].strip()


def paper_of(path: str, text: str) -> Paper:
    """The exercise in a file, with its solution."""
    try:
        tree = ast.parse(text, filename=path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        what = f"{path} is not Python{f', line {line}' if line else ''}."
        raise ScriptError(what, str(error), "mend the line, then try again.") from None
    space: dict[str, Any] = {"__name__": "exercise", "__file__": path}
    run_users_code(users_code(tree, path), space)
    if not isinstance(space.get("inputs"), dict) or not isinstance(space.get("wrt"), list):
        raise spoiled()
    inputs, wrt = space["inputs"], space["wrt"]
    if not wrt or not all(isinstance(name, str) and name in inputs for name in wrt):
        why = f"wrt = {wrt!r}: it lists the inputs whose gradients are asked, of {', '.join(map(str, inputs))}."
        raise CommandError("The exercise cannot be read.", why, "put wrt back as it was.")
    circuit = circuit_of(path, text, inputs, wrt)
    paper = Paper(path, text, inputs, wrt, [line for _, line in backward_lines(str(staged(circuit)))], circuit)
    paper.written = written_in(paper)
    return paper


def circuit_of(path: str, text: str, inputs: Mapping[str, object], wrt: Sequence[str]) -> FrozenCircuit:
    """The circuit of the forward pass of an exercise. Raises `ScriptError` in the name of the file where it stops."""
    forward = forward_of(text)
    try:
        return record(forward, (), inputs, wrt=wrt, upstream="ones")
    except GatewiseError:
        raise
    except Exception as error:
        line = line_in(error, forward.__code__.co_filename)
        what = f"The forward pass of {path} stops{f' in line {line}' if line else ''}."
        why = f"{type(error).__name__}: {' '.join(str(error).split())}."
        raise ScriptError(what, why, "put the forward pass and its inputs back as they were.") from None


def written_in(paper: Paper) -> list[Written]:
    """The lines of the backward pass that are for a gradient of the solution, each with the line it may stand for."""
    first = backward_from(paper.text) or 0
    waiting: defaultdict[str, list[Line]] = defaultdict(list)
    for line in paper.solution:
        waiting[line.target].append(line)
    found: list[Written] = []
    for node in simple(function_in(paper.text).body):
        keys = keys_written(node)
        if node.lineno <= first or not keys or keys[0] not in waiting:
            continue
        value = getattr(node, "value", None)
        empty = isinstance(value, ast.Constant) and value.value is ...
        there = sum(w.target == keys[0] for w in found)
        instead = waiting[keys[0]][there] if there < len(waiting[keys[0]]) else None
        found.append(Written(node, keys[0], empty, instead))
    return found


def filled(paper: Paper, left: str = "") -> str:
    """The text with the solution's lines in the place of empty ones; those for `left` are left out."""
    return "\n".join(code for _, code in filled_lines(paper, left))


def filled_lines(paper: Paper, left: str = "") -> list[tuple[int, str]]:
    """The filled text by lines, each with its number in the paper, 0 for one that has no place there."""
    lines = paper.text.split("\n")
    for w in paper.written:
        if w.empty:
            code = w.instead.code if w.instead is not None and w.target != left else "pass"
            indent = " " * w.node.col_offset
            lines[w.node.lineno - 1] = f"{indent}{code}"
    before: defaultdict[int, list[str]] = defaultdict(list)
    for line, at in places_of_gone(paper):
        before[at].append(line.code)
    found: list[tuple[int, str]] = []
    for k, text in enumerate(lines, 1):
        indent = " " * (len(text) - len(text.lstrip()))
        found += [(0, f"{indent}{code}") for code in before[k]]
        found.append((k, text))
    return found


def gone(paper: Paper) -> list[Line]:
    """The lines of the solution whose gradient is read, and has no line of the student's.

    One that nobody reads is not missed: the student wrote it into another line.
    """
    return [line for line, _ in places_of_gone(paper)]


def places_of_gone(paper: Paper) -> list[tuple[Line, int]]:
    """The lines that are gone, each with the line before which it is needed: the first that reads it.

    A line that is gone may be read by another one that is, so the last ones are looked at first.
    """
    there = {key for n in simple(function_in(paper.text).body) for key in keys_written(n)}
    needed: dict[str, int] = {}
    for line in reversed(paper.solution):
        if line.target in there:
            continue
        own = [n.lineno for n in readers(paper, line.target)]
        at = min([*own, *([needed[line.target]] if line.target in needed else [])], default=0)
        if at:
            needed[line.target] = at
            for name in keys_read(ast.parse(line.code)):
                needed[name] = min(at, needed.get(name, at))
    return [
        (line, needed[line.target]) for line in paper.solution if line.target in needed and line.target not in there
    ]


def readers(paper: Paper, name: str) -> list[ast.stmt]:
    """The statements that read a name, the return too."""
    body = function_in(paper.text).body
    return [n for n in (*simple(body), body[-1]) if reads(n, name)]


def reads(node: ast.stmt, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in ast.walk(node))


def targets_with_both(paper: Paper) -> list[str]:
    """The gradients of which some lines are written and some empty: the written ones may be all of it already."""
    states: defaultdict[str, set[bool]] = defaultdict(set)
    for w in paper.written:
        states[w.target].add(w.empty)
    return [target for target, found in states.items() if found == {True, False}]


def lines_for(paper: Paper, target: str) -> set[int]:
    return {w.node.lineno for w in paper.written if w.target == target and not w.empty}


def other_inputs(paper: Paper) -> list[Namespace]:
    """Inputs some way off the exercise's, which its forward pass takes: floats are moved, labels and counts are not."""
    rng = np.random.default_rng(11)
    forward = forward_of(paper.text)
    drawn = (
        {name: moved_off(value, rng, spread, name in paper.wrt) for name, value in paper.inputs.items()}
        for spread in SPREADS
        for _ in range(MOVED)
    )
    return list(islice((inputs for inputs in drawn if takes(forward, inputs)), MOVED))


def moved_off(value: object, rng: np.random.Generator, spread: float, wanted: bool) -> object:
    """A number or array some way off; whole numbers only where their gradient is wanted."""
    array = np.asarray(value)
    if array.dtype.kind != "f" and not (array.dtype.kind == "i" and wanted):
        return value
    near = array * rng.uniform(1 - spread, 1 + spread, array.shape)
    near = np.where(near == 0, spread * rng.uniform(0.3, 1, array.shape), near)
    return near.astype(array.dtype if array.dtype.kind == "f" else float) if array.ndim else float(near)


def takes(forward: Function, inputs: Mapping[str, object]) -> bool:
    """Whether a forward pass gives finite numbers for these inputs."""
    try:
        with np.errstate(all="ignore"):
            return bool(np.all(np.isfinite(forward(**copied(inputs)))))
    except Exception:  # whatever a function says outside of what it takes
        return False


def line_in(error: Exception, filename: str) -> int:
    """The line of a file where an error came up."""
    found, traceback = 0, error.__traceback__
    while traceback is not None:
        found = traceback.tb_lineno if traceback.tb_frame.f_code.co_filename == filename else found
        traceback = traceback.tb_next
    return found
