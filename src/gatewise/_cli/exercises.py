"""Exercises on the command line: written, and marked line by line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from gatewise._board import expression_function, in_folder_of
from gatewise._check.blank import blank, is_exercise, is_untouched
from gatewise._check.exercises import EXERCISES, Exercise
from gatewise._check.grading import Grade, Graded, grade, is_locked, opens, with_key
from gatewise._check.report import value_text
from gatewise._cli.asked import RIGHT, CheckRequest
from gatewise._cli.many import points_for
from gatewise._cli.request import shown_word
from gatewise._cli.target import Target, as_if_run, function_in_target, inputs_given, target_of, text_of
from gatewise._cli.terminal import draw_table, write_fitted
from gatewise._errors import CommandError
from gatewise._recording import text_in
from gatewise._recording.functions import normalised, signature_of
from gatewise._saving import write_whole
from gatewise._types import Function

STATES = ("right", "wrong", "empty", "not reached", "not judged")


@dataclass(frozen=True)
class Marks:
    """The marks of an exercise, with as much of hints and solutions as was asked for."""

    path: str
    grade: Grade
    hint: bool = False
    solution: bool = False
    points: float | None = None

    @property
    def verdict(self) -> str:
        return self.grade.verdict

    def __bool__(self) -> bool:
        return bool(self.grade)

    def __str__(self) -> str:
        page = marked_page(self.path, self.grade, self.hint, self.solution)
        return page if self.points is None else f"{page}\n\n{self.got:g} of {self.points:g} points."

    @property
    def got(self) -> float:
        """The points for the lines that are right; none where nothing tells that they are the exercise's."""
        right = self.grade.count("right") if self.grade.sealed else 0
        return points_for(self.points or 0.0, right, len(self.grade.lines))

    def to_dict(self) -> dict[str, object]:
        found = self.grade.to_dict(self.hint, self.solution)
        return found if self.points is None else {**found, "points": self.got, "of_points": self.points}


def is_exercise_file(path: str) -> bool:
    """Whether --blank wrote a file."""
    return is_exercise(text_of(path))


def exercise_named(name: str) -> Exercise | None:
    """The exercise of this name that ships with gatewise."""
    return EXERCISES.get(name)


def list_exercises() -> None:
    """The exercises that ship with gatewise."""
    draw_table(("exercise", "what it is about"), [(e.name, e.about) for e in EXERCISES.values()])
    write_fitted("\ngatewise check --blank NAME -o exercise.py writes one; gatewise check exercise.py marks it.")


def write_blank(request: CheckRequest) -> int:
    """Write an exercise: one that ships with gatewise, or one on an expression or a function."""
    assert request.blank is not None
    assert request.to is not None
    name = request.blank
    if Path(request.to).exists() and not is_exercise(text_of(request.to)):
        why = "it is not an exercise, and --blank would write over it."
        raise CommandError(f"{shown_word(request.to)} is there already.", why, "another name after -o.")
    if Path(request.to).exists() and not is_untouched(text_of(request.to)):
        why = "somebody has written in it, and --blank would write over that."
        raise CommandError(f"{shown_word(request.to)} is there already.", why, "another name after -o.")
    if name in EXERCISES and not request.words:
        text = blank_of(EXERCISES[name], request)
    else:
        if name.isidentifier() and not request.words and (len(name) > 1):
            cure = f"{', '.join(EXERCISES)}; or an expression with its inputs."
            raise CommandError(f"There is no exercise {shown_word(name)}.", "these ship with gatewise.", cure)
        text = blank_on(target_of([name], "check"), request)
    if request.key is not None:
        text, key = with_key(text, request.to)
        write_key(request.key, key)
    write_whole(request.to, text.encode("utf-8"))
    empty = text.count("= ...")
    click.echo(f"The exercise is in {request.to}: {empty} lines to write. Then: gatewise check {request.to}", err=True)
    return RIGHT


def write_key(path: str, text: str) -> None:
    """Write the key of an exercise. Raises `CommandError` where a file is there already: it may be another one's."""
    if Path(path).exists():
        why = "it may be the key of another exercise, which nothing else opens."
        raise CommandError(f"{shown_word(path)} is there already.", why, "another name after --key.")
    write_whole(path, text.encode("utf-8"))
    click.echo(f"Its solution and its key are in {path}.", err=True)


def demand_key(text: str, key: str | None) -> None:
    """Raise `CommandError` where the solution of an exercise is locked, and this is not its key."""
    if not is_locked(text):
        return
    if key is None:
        why = "the exercise was made with --key, and whoever made it has that file."
        raise CommandError("The solution is locked.", why, "--solution --key FILE")
    if not opens(text_in(key), text):
        why = "the exercise was made with another one, or its last lines were changed."
        raise CommandError(f"{shown_word(key)} is not the key of this exercise.", why, "--key FILE, as it was written.")


def blank_of(exercise: Exercise, request: CheckRequest) -> str:
    return blank(exercise.forward, exercise.inputs, request.wrt or exercise.wrt, str(request.to))


def blank_on(target: Target, request: CheckRequest) -> str:
    """The exercise on an expression or a function that was named; inputs without a value are drawn."""
    given = inputs_given(request.words, np.random.default_rng(request.seed), "check")
    given = {normalised(name): value for name, value in given.items()}
    if target.is_script:
        why = "an exercise is made of a function or an expression."
        raise CommandError("A flat script makes no exercise.", why, f"put it into a function: {target.path}:f")
    with as_if_run(target, request.seed):
        if target.path is None:
            f = expression_function(target.text, given)
            given = given or numbers_drawn(f, request.seed)
            return blank(f, given, request.wrt, str(request.to))
        with function_in_target(target) as f:
            return blank(f, given or numbers_drawn(f, request.seed), request.wrt, str(request.to))


def numbers_drawn(f: Function, seed: int | None) -> dict[str, float]:
    """A number for each input, where none was given any: short ones, none of them 0 or 1."""
    rng = np.random.default_rng(0 if seed is None else seed)
    names = [p.name for p in signature_of(f, 0).parameters.values() if p.default is p.empty]
    return {name: float(rng.choice([-1, 1]) * rng.integers(5, 30) / 10 + 0.25) for name in names}


def marks_of_exercise(path: str, given: Mapping[str, object], request: CheckRequest) -> Marks:
    """The marks of an exercise, line by line."""
    if given:
        why = f"{path} brings its own, below its function."
        raise CommandError("An exercise takes no inputs.", why, f"gatewise check {path}")
    with as_if_run(Target(path, path, None), request.seed), in_folder_of(path):
        if request.solution:
            demand_key(text_of(path), request.key)
        return Marks(path, grade(path, text_of(path)), request.hint, request.solution, request.points)


def marked_page(path: str, found: Grade, hint: bool, solution: bool) -> str:
    """How every line stands; hints and solutions only where they were asked for."""
    counts = [f"{found.count(state)} {state}" for state in STATES if found.count(state)]
    lines = [f"{path}: {len(found.lines)} lines: {', '.join(counts)}.", ""]
    for g in found.lines:
        lines += line_told(g, hint, solution)
    if found.raised:
        lines += ["", f"It stops: {found.raised}"]
    if found.report is not None and not found.report:
        lines += ["", "At other inputs than its own:"] if found.elsewhere else []
        lines += ["", str(found.report)]
    elif found.report is not None and not found.sealed:
        lines += ["", "Every line is right for the forward pass in the file."]
    elif found.report is not None:
        lines += ["", "Every line is right: well done."]
    elif not (hint or solution or found.count("not judged")):
        lines += ["", "--hint says which rule a line needs, --solution writes the line."]
    if not found.sealed:
        lines += [
            "",
            'Whether the forward pass is the exercise\'s cannot be told: the line  exercise = "..."  is gone.',
        ]
    return "\n".join(lines)


def line_told(g: Graded, hint: bool, solution: bool) -> list[str]:
    """One line: where, how, what it gave; and more where that was asked for."""
    head = f"  line {g.line:<4} {g.state:<11}  {g.text}"
    if g.state == "right":
        return [head]
    lines, room = [head], " " * 24
    if g.note:
        lines.append(f"{room}{g.note}")
    elif g.mistake is not None and g.mistake.gave is not None and not isinstance(g.mistake.gave, type(...)):
        lines.append(
            f"{room}{g.mistake.variable} is {value_said(g.mistake.gave)}: not the gradient of the output along it"
        )
    if hint and g.mistake is not None:
        lines.append(f"{room}hint: {g.mistake.kind}: {g.mistake.cure.partition(' Write  ')[0]}")
    if hint and g.rule:
        lines.append(f"{room}rule: {g.rule}")
    if solution and g.solution:
        lines.append(f"{room}solution: {g.solution}")
    return lines


def value_said(value: object) -> str:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value_text(value)
