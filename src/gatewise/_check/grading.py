"""Marking an exercise line by line: right, wrong, still empty, or not reached.

Empty lines are filled with the solution's before the rest is judged, so that each line stands on right ones; the
solution is what gatewise prints for the forward pass that stands in the file. A line that is right at the inputs of the
exercise is judged at others too: numbers that were copied are right nowhere else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatewise._check.blank import (
    Line,
    Untouched,
    first_changed,
    forward_of,
    function_from,
    function_in,
    is_sealed,
)
from gatewise._check.culprit import culprits
from gatewise._check.diagnosis import Mistake
from gatewise._check.keys import is_locked as is_locked
from gatewise._check.keys import opens as opens
from gatewise._check.keys import with_key as with_key
from gatewise._check.papers import (
    Paper,
    Written,
    filled_lines,
    gone,
    line_in,
    lines_for,
    other_inputs,
    paper_of,
    targets_with_both,
    text_at,
)
from gatewise._check.points import copied
from gatewise._check.report import Report, mistake_dict
from gatewise._check.returns import put_back
from gatewise._check.verdict import checked
from gatewise._gates import NAMES
from gatewise._types import Plain

SAME = {"dot": "matmul"}  #: gates whose rule is told on another one's page


@dataclass(frozen=True)
class Graded:
    """One line: where it stands, its text, and whether it is `right`, `wrong`, `empty`, `not reached` or `not judged`.

    `mistake` says what is wrong with it, `note` too where that is no mistake in a gradient; `rule` is how the gates of
    its stage hand gradients back, `solution` what may stand there.
    """

    line: int
    text: str
    state: str
    target: str
    mistake: Mistake | None = None
    rule: str = ""
    solution: str = ""
    note: str = ""


@dataclass(frozen=True)
class Grade:
    """All lines of an exercise, what it raised, and the verdict of the differences where every line is right.

    `elsewhere`, that verdict is for other inputs than the exercise's; `sealed`, the file still says what was given.
    """

    name: str
    lines: tuple[Graded, ...]
    raised: str = ""
    report: Report | None = None
    elsewhere: bool = False
    sealed: bool = True

    @property
    def verdict(self) -> str:
        """`right`, `wrong`, or `undecidable` while lines are empty."""
        states = {g.state for g in self.lines}
        if "wrong" in states or (self.raised and "right" in states):
            return "wrong"
        if states != {"right"} or self.report is None:
            return "undecidable"
        if self.report and not self.sealed:
            return "undecidable"
        return self.report.verdict

    def __bool__(self) -> bool:
        return self.verdict != "undecidable" and self.verdict != "wrong" and bool(self.report)

    def count(self, state: str) -> int:
        return sum(g.state == state for g in self.lines)

    def to_dict(self, hint: bool = False, solution: bool = False) -> dict[str, object]:
        """The grade as plain dicts; hints and solutions where they are asked for."""
        lines = []
        for g in self.lines:
            told: dict[str, Any] = {"line": g.line, "text": g.text, "state": g.state}
            if g.mistake is not None:
                told["gave"] = mistake_dict(g.mistake)["gave"]
            if g.note:
                told["note"] = g.note
            if hint and g.state != "right":
                told |= {"kind": g.mistake.kind if g.mistake else None, "rule": g.rule}
            if solution and g.state != "right":
                told["solution"] = g.solution
            lines.append(told)
        return {"name": self.name, "verdict": self.verdict, "right": bool(self), "raised": self.raised, "lines": lines}


@dataclass(frozen=True)
class Judged:
    """What became of a paper: its mistakes by lines of the student's, what it raised, and how far it ran.

    `stopped` is the student's line that raised, 0 where none did; the lines from `unreached` on did not run.
    """

    mistakes: list[Mistake]
    raised: str
    stopped: int
    unreached: int

    def blames(self, lines: set[int]) -> bool:
        return any(m.line in lines for m in self.mistakes)


def grade(path: str, text: str) -> Grade:
    """Mark an exercise. Raises `ScriptError` where it is not Python, `CommandError` where it is no exercise."""
    if (back := put_back(path, text)) is not None:
        return with_line(grade(path, back.text), Graded(back.line, back.code, "wrong", "", note=back.note))
    paper = paper_of(path, text)
    if (changed := first_changed(text)) is not None:
        return not_the_exercise(paper, changed)
    found = judged_whole(paper, paper.inputs)
    note = ""
    if not found.mistakes and not found.raised:
        for inputs in other_inputs(paper):
            again = judged_whole(paper, inputs)
            if again.mistakes and not again.raised:
                found, note = again, "it is right at the exercise's own inputs alone"
                break
    lines = [graded(paper, w, found) for w in paper.written]
    there = {g.line for g in lines}
    outside = {m.line: m for m in found.mistakes if m.line not in there}
    lines += [Graded(k, text_at(paper, k), "wrong", m.variable, m) for k, m in outside.items()]
    lines = [replace(g, note=note) if g.state == "wrong" else g for g in lines]
    lines = with_borrowed(paper, lines)
    lines += [missing_line(paper, line) for line in gone(paper)]
    name = function_in(text).name
    made = Grade(name, tuple(sorted(lines, key=lambda g: g.line)), found.raised, sealed=is_sealed(text))
    if made.count("right") < len(made.lines) or made.raised:
        return made
    if came := miscounted(paper):
        end = function_in(text).body[-1]
        return with_line(made, Graded(end.lineno, text_at(paper, end.lineno), "wrong", "", note=came))
    return with_differences(paper, made)


def with_line(made: Grade, line: Graded) -> Grade:
    return replace(made, lines=tuple(sorted((*made.lines, line), key=lambda g: g.line)))


def miscounted(paper: Paper) -> str:
    """What is said of a paper that returns more or fewer gradients than are asked; empty where it does not."""
    returned = function_from(paper.text, function_in(paper.text).name, {"np": np})(**copied(paper.inputs))
    found = returned[1] if isinstance(returned, tuple) and len(returned) == 2 else ()
    came = len(found) if isinstance(found, (dict, tuple, list)) else 1
    return "" if came == len(paper.wrt) else f"{came} gradients came back, {len(paper.wrt)} are asked"


def judged_whole(paper: Paper, inputs: Mapping[str, Plain]) -> Judged:
    """The mistakes in a filled paper: where a gradient has lines written and empty, the written may be all of it."""
    found = mistakes_in(paper, inputs)
    for target in targets_with_both(paper):
        if found.blames(lines_for(paper, target)):
            again = mistakes_in(paper, inputs, left=target)
            if not again.blames(lines_for(paper, target)):
                found = again
    return found


def not_the_exercise(paper: Paper, changed: Untouched) -> Grade:
    """The grade of a paper whose given part was changed: nothing else in it can be judged."""
    note = f"{changed.what} is not the exercise's: put it back, or write the exercise anew into another file"
    wrong = Graded(changed.line, text_at(paper, changed.line), "wrong", "", note=note)
    others = [Graded(w.node.lineno, text_at(paper, w.node.lineno), "not judged", w.target) for w in paper.written]
    lines = sorted([wrong, *others], key=lambda g: g.line)
    return Grade(function_in(paper.text).name, tuple(lines))


def with_borrowed(paper: Paper, lines: list[Graded]) -> list[Graded]:
    """The lines, those wrong that let gatewise find the gradient."""
    note = "gatewise finds the gradient here: an exercise is written by hand"
    asked = asking_gatewise(paper.text)
    kept = [replace(g, state="wrong", note=note) if g.line in asked and g.state == "right" else g for g in lines]
    there = {g.line for g in lines}
    return kept + [Graded(k, text_at(paper, k), "wrong", "", note=note) for k in sorted(asked - there)]


def asking_gatewise(text: str) -> set[int]:
    """The lines of statements that use gatewise, in the exercise and in the functions beside it that it calls."""
    tree = ast.parse(text)
    names = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name).partition(".")[0] == "gatewise"
    }
    beside = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    waiting, reached = [function_in(text).name], set[str]()
    found: set[int] = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        for statement in ast.walk(beside[name]):
            if not isinstance(statement, ast.stmt) or hasattr(statement, "body"):
                continue
            read = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            if read & names:
                found.add(statement.lineno)
            waiting += [each for each in read & set(beside) if each not in reached]
    return found


def mistakes_in(paper: Paper, inputs: Mapping[str, object], left: str = "") -> Judged:
    """The mistakes in a filled paper at these inputs, what it raises, and how far it runs."""
    lines = filled_lines(paper, left)
    text = "\n".join(code for _, code in lines)
    f = function_from(text, function_in(text).name, {"np": np})
    raised, stopped, unreached = "", 0, len(paper.text)
    try:
        with np.errstate(all="ignore"):
            f(**copied(inputs))
    except Exception as error:
        at = line_in(error, f.__code__.co_filename)
        stopped = lines[at - 1][0] if at else 0
        unreached = next((k for k, _ in lines[at - 1 :] if k), unreached) if at else unreached
        raised = f"{type(error).__name__}: {' '.join(str(error).split())}" + (f" (line {stopped})" if stopped else "")
    try:
        found = [renumbered(m, [k for k, _ in lines]) for m in culprits(f, (), copied(inputs))]
    except Exception as error:  # of the paper as it was taken apart: none of its lines is called right or wrong
        return Judged([], raised or f"the lines could not be judged: {type(error).__name__}: {error}", 0, 0)
    own = [m for m in found if m.line]
    if any(m.line < stopped for m in own):  # the line that raised was given something wrong
        own = [m for m in own if m.line != stopped]
    return Judged(own, raised, stopped, unreached)


def renumbered(mistake: Mistake, places: Sequence[int]) -> Mistake:
    """A mistake in a filled paper, with the line numbers of the paper; 0 where it is in no line of the student's."""

    def place(found: re.Match[str]) -> str:
        return f"line {k}" if (k := places[int(found[1]) - 1]) else "a line that is gone"

    return replace(mistake, line=places[mistake.line - 1], cure=re.sub(r"\bline (\d+)", place, mistake.cure))


def graded(paper: Paper, w: Written, found: Judged) -> Graded:
    """One line of the student's, marked."""
    line = w.node.lineno  # of the first; a statement may be over several lines
    mistake = next((m for m in found.mistakes if line <= m.line <= (w.node.end_lineno or line)), None)
    state = "empty" if w.empty else "wrong" if mistake else "right"
    if state == "right" and line >= found.unreached:  # where no line before it is wrong, the one that raises is
        blamed = line == found.stopped and not any(m.line < line for m in found.mistakes)
        state = "wrong" if blamed else "not reached"
    solution = w.instead.code if w.instead else ""
    return Graded(line, text_at(paper, line), state, w.target, mistake, rules(paper, w.instead), solution)


def missing_line(paper: Paper, line: Line) -> Graded:
    """A line of the solution whose gradient the student's file has no line for."""
    end = function_in(paper.text).body[-1].lineno
    return Graded(
        end,
        f"{line.target}: its line for  {line.stage}  is gone",
        "empty",
        line.target,
        None,
        rules(paper, line),
        line.code,
    )


def rules(paper: Paper, line: Line | None) -> str:
    """How the gates of a line's stage hand gradients back, a sentence for each; of a block, the block's own."""
    said: dict[str, str] = {}
    for stage in paper.circuit.stages if line is not None else ():
        if line is None or line.stage != stage.text:
            continue
        for wire in stage.wires:
            if (block := paper.circuit.blocks.get(wire)) is not None:
                said = {block.gate.name: block.gate.doc}
            elif (made := paper.circuit.steps.get(wire)) is not None:
                gate = SAME.get(made.gate.name, made.gate.name)
                said[gate] = NAMES[gate].doc if gate in NAMES else made.gate.doc
    return " ".join(f"{name}: {doc.partition(chr(10))[0]}" for name, doc in said.items() if doc)


def with_differences(paper: Paper, made: Grade) -> Grade:
    """The last word on a paper without a wrong line: its gradients beside the differences of its forward pass.

    They are looked at where the exercise is, then elsewhere; there only a plain no counts.
    """
    report = differences(paper, paper.inputs)
    if not report:
        return replace(made, report=report)
    for inputs in other_inputs(paper):
        again = differences(paper, inputs)
        if again.verdict == "wrong":
            return replace(made, report=again, elsewhere=True)
    return replace(made, report=report)


def differences(paper: Paper, inputs: Mapping[str, Plain]) -> Report:
    """The gradients of a paper beside the differences of the forward pass as it was before the backward pass ran."""
    whole = function_from(paper.text, function_in(paper.text).name, {"np": np})

    def gradient(**values: object) -> Mapping[str, object]:
        returned = whole(**copied(values))
        found = returned[1] if isinstance(returned, tuple) and len(returned) == 2 else ()
        if isinstance(found, dict):
            return found
        gradients = found if isinstance(found, (tuple, list)) else (found,)
        return dict(zip(paper.wrt, gradients, strict=True))

    others = tuple(name for name in paper.inputs if name not in paper.wrt)
    return checked(forward_of(paper.text), (), copied(inputs), gradient=gradient, leave_out=others)
