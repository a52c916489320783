"""Marking an exercise line by line: right, wrong, still empty, or not reached.

Empty lines are filled with the solution's before the rest is judged, so that each line stands on right ones; the
solution is what gatewise prints for the forward pass that stands in the file.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.blank import Line, backward_from, backward_lines, forward_of, function_from, function_in, spoiled
from gatewise._check.culprit import Mistake, culprits
from gatewise._check.names import keys_written
from gatewise._check.programs import simple
from gatewise._check.report import Report, mistake_dict
from gatewise._check.verdict import checked
from gatewise._circuit import Circuit, step_wire
from gatewise._errors import ScriptError
from gatewise._gates import NAMES
from gatewise._recording.running import record
from gatewise._source import staged

SAME = {"dot": "matmul"}  #: gates whose rule is told on another one's page


@dataclass(frozen=True)
class Graded:
    """One line: where it stands, its text, and whether it is `right`, `wrong`, `empty`, or `not reached`.

    `mistake` says what is wrong with it; `rule` is how the gates of its stage hand gradients back, `solution` what
    may stand there.
    """

    line: int
    text: str
    state: str
    target: str
    mistake: Mistake | None = None
    rule: str = ""
    solution: str = ""


@dataclass(frozen=True)
class Grade:
    """All lines of an exercise, what it raised, and the verdict of the differences where every line is right."""

    name: str
    lines: tuple[Graded, ...]
    raised: str = ""
    report: Report | None = None

    @property
    def verdict(self) -> str:
        """`right`, `wrong`, or `undecidable` while lines are empty."""
        states = {g.state for g in self.lines}
        if "wrong" in states or (self.raised and "right" in states):
            return "wrong"
        if states != {"right"} or self.report is None:
            return "undecidable"
        return self.report.verdict

    def __bool__(self) -> bool:
        return self.verdict != "undecidable" and self.verdict != "wrong" and bool(self.report)

    def count(self, state: str) -> int:
        return sum(g.state == state for g in self.lines)

    def to_dict(self, hint: bool = False, solution: bool = False) -> dict[str, Any]:
        """The grade as plain dicts; hints and solutions where they are asked for."""
        lines = []
        for g in self.lines:
            told: dict[str, Any] = {"line": g.line, "text": g.text, "state": g.state}
            if g.mistake is not None:
                told["gave"] = mistake_dict(g.mistake)["gave"]
            if hint and g.state != "right":
                told |= {"kind": g.mistake.kind if g.mistake else None, "rule": g.rule}
            if solution and g.state != "right":
                told["solution"] = g.solution
            lines.append(told)
        return {"name": self.name, "verdict": self.verdict, "right": bool(self), "raised": self.raised, "lines": lines}


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
    circuit: Circuit
    written: list[Written] = field(default_factory=list)


def grade(path: str, text: str) -> Grade:
    """Mark an exercise. Raises `ScriptError` where it is not Python, `CommandError` where it is no exercise."""
    paper = paper_of(path, text)
    mistakes, raised, last = judged(paper, filled(paper))
    for target in targets_with_both(paper):
        if any(m.line in lines_for(paper, target) for m in mistakes):
            shorter = replace_empty(paper, target)
            again = judged(paper, shorter)
            if not any(m.line in lines_for(paper, target) for m in again[0]):
                mistakes, raised, last = again
    found = {m.line: m for m in mistakes}
    lines = [graded(paper, w, found, last) for w in paper.written]
    outside = [m for m in mistakes if m.line not in {g.line for g in lines}]
    lines += [Graded(m.line, paper.text.split("\n")[m.line - 1].strip(), "wrong", m.variable, m) for m in outside]
    lines += [missing(paper, line) for line in gone(paper)]
    name = function_in(text).name
    made = Grade(name, tuple(sorted(lines, key=lambda g: g.line)), raised)
    return replace(made, report=differences(paper)) if made.count("right") == len(made.lines) and not raised else made


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
    circuit = record(forward_of(text), (), inputs, wrt=wrt, upstream="ones")
    paper = Paper(path, text, inputs, wrt, [line for _, line in backward_lines(str(staged(circuit)))], circuit)
    paper.written = written_in(paper)
    return paper


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
    lines = paper.text.split("\n")
    for w in paper.written:
        if w.empty:
            code = w.instead.code if w.instead is not None and w.target != left else "pass"
            indent = " " * w.node.col_offset
            lines[w.node.lineno - 1] = f"{indent}{code}"
    for line in reversed(gone(paper)):  # put before the first line that reads it, on that line
        at = min(n.lineno for n in readers(paper, line.target)) - 1
        indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
        lines[at] = f"{indent}{line.code}; {lines[at].lstrip()}"
    return "\n".join(lines)


def gone(paper: Paper) -> list[Line]:
    """The lines of the solution whose gradient the student's lines read, and have no line for.

    One that nobody reads is not missed: the student wrote it into another line.
    """
    there = {key for n in simple(function_in(paper.text).body) for key in keys_written(n)}
    return [line for line in paper.solution if line.target not in there and readers(paper, line.target)]


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


def replace_empty(paper: Paper, target: str) -> str:
    return filled(paper, left=target)


def lines_for(paper: Paper, target: str) -> set[int]:
    return {w.node.lineno for w in paper.written if w.target == target and not w.empty}


def judged(paper: Paper, text: str) -> tuple[list[Mistake], str, int]:
    """The mistakes in a filled paper, what it raises, and the last line that ran."""
    f = function_from(text, function_in(text).name, {"np": np})
    raised, last = "", len(paper.text)
    try:
        with np.errstate(all="ignore"):
            f(**copies(paper.inputs))
    except Exception as error:
        last = line_in(error, f.__code__.co_filename)
        raised = f"{type(error).__name__}: {' '.join(str(error).split())}" + (f" (line {last})" if last else "")
    try:
        return culprits(f, (), copies(paper.inputs)), raised, last or len(paper.text)
    except Exception as error:  # of the paper as it was taken apart: none of its lines is called right or wrong
        return [], raised or f"the lines could not be judged: {type(error).__name__}: {error}", 0


def copies(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in inputs.items()}


def line_in(error: Exception, filename: str) -> int:
    """The line of a file where an error came up."""
    found, traceback = 0, error.__traceback__
    while traceback is not None:
        found = traceback.tb_lineno if traceback.tb_frame.f_code.co_filename == filename else found
        traceback = traceback.tb_next
    return found


def graded(paper: Paper, w: Written, found: Mapping[int, Mistake], last: int) -> Graded:
    """One line of the student's, marked."""
    line = w.node.lineno
    mistake = found.get(line)
    if mistake is None:  # a statement over several lines
        mistake = next((m for k, m in found.items() if line <= k <= (w.node.end_lineno or line)), None)
    state = "empty" if w.empty else "wrong" if mistake else "right"
    if state == "right" and line >= last:  # where no line before it is wrong, the one that raises is
        state = "wrong" if line == last and not any(k < line for k in found) else "not reached"
    text = paper.text.split("\n")[line - 1].partition("#")[0].strip()
    solution = w.instead.code if w.instead else ""
    return Graded(line, text, state, w.target, mistake, rules(paper, w.instead), solution)


def missing(paper: Paper, line: Line) -> Graded:
    """A line of the solution whose gradient the student's file has no line for."""
    end = function_in(paper.text).body[-1].lineno
    return Graded(end, f"{line.target}: its line is gone", "empty", line.target, None, rules(paper, line), line.code)


def rules(paper: Paper, line: Line | None) -> str:
    """How the gates of a line's stage hand gradients back, a sentence for each; of a block, the block's own."""
    said: dict[str, str] = {}
    for stage in paper.circuit.stages if line is not None else ():
        if line is None or line.stage != stage.text:
            continue
        for wire in stage.wires:
            holder = step_wire(wire)
            block = getattr(holder.pullback, "gate", None) if holder is not None and holder.written else None
            if block is not None:
                said = {block.name: block.doc}
            elif holder is not None and holder.step is not None:
                gate = SAME.get(holder.step.gate.name, holder.step.gate.name)
                said[gate] = NAMES[gate].doc if gate in NAMES else holder.step.gate.doc
    return " ".join(f"{name}: {doc.partition(chr(10))[0]}" for name, doc in said.items() if doc)


def differences(paper: Paper) -> Report:
    """The last word on a paper without a wrong line: its gradients beside the differences of its forward pass."""
    f = function_from(paper.text, function_in(paper.text).name, {"np": np})
    others = tuple(name for name in paper.inputs if name not in paper.wrt)
    return checked(f, (), copies(paper.inputs), leave_out=others)
