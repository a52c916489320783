"""`gatewise check`: is this gradient right, and if not, which line is wrong? And exercises, written and marked."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from gatewise import _syntax
from gatewise._board import expression_function, function_in_file, in_folder_of, module_in_file
from gatewise._check import FileReport, Pair, needs, on_file, on_pair, pairs_in
from gatewise._check.blank import blank, is_exercise, is_untouched
from gatewise._check.exercises import EXERCISES, Exercise
from gatewise._check.grading import Grade, Graded, grade
from gatewise._check.report import Report, value_text
from gatewise._check.scripts import check_script
from gatewise._check.verdict import checked
from gatewise._cli.many import are_many, check_many
from gatewise._cli.request import shown_word
from gatewise._cli.target import (
    Target,
    as_if_run,
    inputs_given,
    notes_of_warnings,
    target_of,
    with_backward,
    with_functions,
)
from gatewise._cli.terminal import draw_table, write_fitted, write_out
from gatewise._errors import ArgumentError, CommandError, ScriptError, UnknownInputError
from gatewise._language import parse_value
from gatewise._recording.functions import arguments, normalised, signature_of
from gatewise._recording.reading import text_in
from gatewise._saving import write_whole

RIGHT, WRONG, UNDECIDABLE = 0, 1, 3
STATES = ("right", "wrong", "empty", "not reached", "not judged")


@dataclass(frozen=True)
class CheckRequest:
    """What was typed after `gatewise check`."""

    words: Sequence[str]
    gradient: str | None = None
    backward: str | None = None
    blank: str | None = None
    to: str | None = None
    exercises: bool = False
    hint: bool = False
    solution: bool = False
    as_json: bool = False
    seed: int | None = None
    upstream: str | None = None
    wrt: Sequence[str] | None = None
    leave_out: Sequence[str] = ()
    effort: str = "default"
    timeout: float = 30.0
    csv: str | None = None
    gradescope: str | None = None


def do_check(request: CheckRequest) -> int:
    """Do what was asked, and return the exit status. Raises `GatewiseError` for whatever is wrong with the request."""
    check_options(request)
    if are_many(request.words):
        asked = {"effort": request.effort, "seed": request.seed}
        marks = check_many(request.words, request.timeout, request.csv, request.gradescope, request.as_json, **asked)
        return RIGHT if all(one.verdict == "right" for one in marks) else WRONG
    if request.exercises:
        draw_table(("exercise", "what it is about"), [(e.name, e.about) for e in EXERCISES.values()])
        write_fitted("\ngatewise check --blank NAME -o exercise.py writes one; gatewise check exercise.py marks it.")
        return RIGHT
    with notes_of_warnings():
        if request.blank is not None:
            return write_blank(request)
        found = found_in(request)
    hints = (request.hint, request.solution) if isinstance(found, Grade) else ()
    if request.as_json:
        write_out(json.dumps(found.to_dict(*hints), indent=2))
    elif isinstance(found, Grade):
        write_out(marked_page(request.words[0], found, *hints))
    else:
        write_fitted(str(found))
    return status(found.verdict, bool(found))


def found_in(request: CheckRequest) -> Report | FileReport | Grade:
    """The report on what was named, or the marks of an exercise."""
    target, given = read(request)
    if target.is_script and target.path is not None and is_exercise(text_of(target.path)):
        return marks_of_exercise(target.path, given, request)
    if request.hint or request.solution:
        why = f"{target.text} is not a file that gatewise check --blank wrote."
        raise CommandError("--hint and --solution are for exercises.", why, "gatewise check --exercises lists some.")
    return report_on(target, given, request)


def check_options(request: CheckRequest) -> None:
    """Raise `CommandError` for options that make no sense together."""
    if request.gradient is not None and request.backward is not None:
        why = "--gradient takes the inputs, --backward takes (dout, cache): a check has one of them."
        raise CommandError("--gradient and --backward were both given.", why, "leave one out.")
    if (request.csv is not None or request.gradescope is not None) and not are_many(request.words):
        why = "it has a row for each of many files."
        raise CommandError("--csv and --gradescope are for folders.", why, "gatewise check FOLDER --csv marks.csv")
    if request.blank is not None and request.to is None:
        raise CommandError("--blank has no file to write.", "it writes an exercise.", "--blank NAME -o exercise.py")
    if request.to is not None and request.blank is None:
        raise CommandError("-o has nothing to write.", "it is where --blank puts an exercise.", "--blank NAME -o FILE")
    if request.to is not None and not request.to.endswith(".py"):
        cure = f"-o {Path(request.to).stem or 'exercise'}.py"
        raise CommandError(f"{shown_word(request.to)} is not the name of a Python file.", "an exercise is one.", cure)


def status(verdict: str, passed: bool) -> int:
    """The exit status: 0 right, or a kink whose gradient lies between its slopes; 1 wrong; 3 undecidable."""
    return RIGHT if passed else UNDECIDABLE if verdict in ("undecidable", "right") else WRONG


def read(request: CheckRequest) -> tuple[Target, dict[str, Any]]:
    """What is checked, and its inputs by the names Python has for them."""
    target = target_of(request.words, "check")
    rng = np.random.default_rng(request.seed)
    given = inputs_given(request.words[1:], rng, "check", in_file=target.path is not None)
    return target, {normalised(name): value for name, value in given.items()}


def text_of(path: str) -> str:
    """The text of a file; none where it cannot be read, which is said later."""
    try:
        return text_in(path)
    except ScriptError:
        return ""


# ------------------------------------------------------------------------------------------------------- the verdict


def report_on(target: Target, given: Mapping[str, object], request: CheckRequest) -> Report | FileReport:
    """The report on an expression, a function, a script, or the functions of a file."""
    options: dict[str, Any] = {"effort": request.effort, "leave_out": tuple(request.leave_out)}
    if request.upstream is not None and request.upstream != "ones":
        options["upstream"] = parse_value(request.upstream, np.random.default_rng(request.seed), "--upstream")
    with as_if_run(target, request.seed):
        if target.is_script and target.path is not None:
            refuse_for_script(target, request)
            with in_folder_of(target.path):
                try:
                    return check_script(target.path, given, **options)
                except (ScriptError, UnknownInputError) as error:
                    if pairs_in(text_of(target.path)):
                        return on_pairs(target.path, given, request)
                    raise with_functions(error, target, "check") from None
        if (pair := pair_named(target, request)) is not None and target.path is not None:
            return on_one_pair(target.path, pair, given, request)
        with contextlib.ExitStack() as files:
            named = target.path is not None
            f = files.enter_context(function_named(target)) if named else expression_function(target.text, given)
            others = files.enter_context(told(request))
            try:
                return on_function(f, given, request, {**options, **others})
            except ArgumentError as error:
                raise with_backward(error, target, "check") from None


def pair_named(target: Target, request: CheckRequest) -> Pair | None:
    """The pair of a file whose forward half was named, where its other half is no cache's: that is found by itself."""
    if target.path is None or target.function is None or request.gradient is not None or request.backward is not None:
        return None
    named = [pair for pair in pairs_in(text_of(target.path)) if pair.name == target.function]
    return named[0] if named and (named[0].backward or named[0].methods) else None


def on_pairs(path: str, given: Mapping[str, object], request: CheckRequest) -> FileReport:
    """The report on every pair of a file; inputs that were not given are drawn."""
    with module_in_file(path) as module:
        return on_file(module, path, text_of(path), given, **options_of(request))


def on_one_pair(path: str, pair: Pair, given: Mapping[str, object], request: CheckRequest) -> Report:
    """The report on one pair. Raises `CommandError` where nothing it runs on was found, or the shapes are not told."""
    with in_folder_of(path), module_in_file(path) as module:
        row = on_pair(module, text_of(path), pair, given, **options_of(request))
        if row.report is None:
            inputs = " ".join(f"{name}=..." for name in needs(_syntax.module(text_of(path)).body, pair))
            raise CommandError(f"{pair} could not be judged.", row.why, f"gatewise check {path}:{pair.name} {inputs}")
        return row.report


def options_of(request: CheckRequest) -> dict[str, Any]:
    """The options of a check of pairs."""
    seed = 0 if request.seed is None else request.seed
    return {"effort": request.effort, "leave_out": tuple(request.leave_out), "rng": seed}


def on_function(f: Any, given: Mapping[str, object], request: CheckRequest, options: Mapping[str, Any]) -> Report:
    """The report on a function: with the seed for its own draws, without the inputs that --wrt leaves out."""
    names = [normalised(name) for name in request.wrt] if request.wrt is not None else None
    unknown = [name for name in names or () if name not in given]
    if unknown:
        why = f"the inputs that were given are {', '.join(given)}."
        raise CommandError(f"--wrt {shown_word(unknown[0])}: there is no such input.", why, "--wrt with one of them.")
    others = () if names is None else tuple(name for name in given if name not in names)
    left_out = (*others, *options["leave_out"])
    options = {key: value for key, value in options.items() if key != "leave_out"}
    args, kwargs = as_arguments(f, given)
    arguments(f, args, kwargs)  # says which inputs are missing, or too many
    return checked(f, args, kwargs, rng=request.seed, leave_out=left_out, **options)


def as_arguments(f: Any, given: Mapping[str, Any]) -> tuple[list[object], dict[str, object]]:
    """The inputs as arguments; those a function takes by place alone are put there."""
    signature = signature_of(f, len(given))
    first = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_ONLY and p.name in given]
    return [given[name] for name in first], {name: value for name, value in given.items() if name not in first}


def refuse_for_script(target: Target, request: CheckRequest) -> None:
    for option, value in (("--gradient", request.gradient), ("--backward", request.backward), ("--wrt", request.wrt)):
        if value is not None:
            why = "a flat script brings its own gradients, by their names: dx, dW."
            raise CommandError(f"{option} is for functions.", why, f"{target.path}:FUNCTION, or leave it out.")


@contextlib.contextmanager
def function_named(target: Target) -> Iterator[Any]:
    """The function in a file, with the file's neighbours in reach."""
    assert target.path is not None
    assert target.function is not None
    with in_folder_of(target.path), function_in_file(target.path, target.function) as function:
        yield function


@contextlib.contextmanager
def told(request: CheckRequest) -> Iterator[dict[str, Any]]:
    """`gradient=` or `backward=`, where --gradient or --backward names a function."""
    option, text = ("gradient", request.gradient) if request.gradient is not None else ("backward", request.backward)
    if text is None:
        yield {}
        return
    target = target_of([text], "check")
    if target.function is None:
        why = "it is a function of the same inputs." if option == "gradient" else "it is a function of (dout, cache)."
        raise CommandError(f"--{option} {shown_word(text)} names no function.", why, f"--{option} FILE.py:FUNCTION")
    with function_named(target) as function:
        yield {option: function}


# ------------------------------------------------------------------------------------------------------- exercises


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
    write_whole(request.to, text.encode("utf-8"))
    empty = text.count("= ...")
    click.echo(f"The exercise is in {request.to}: {empty} lines to write. Then: gatewise check {request.to}", err=True)
    return RIGHT


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
            given = given or drawn(f, request.seed)
            return blank(f, given, request.wrt, str(request.to))
        with function_named(target) as f:
            return blank(f, given or drawn(f, request.seed), request.wrt, str(request.to))


def drawn(f: Any, seed: int | None) -> dict[str, float]:
    """A number for each input, where none was given any: short ones, none of them 0 or 1."""
    rng = np.random.default_rng(0 if seed is None else seed)
    names = [p.name for p in signature_of(f, 0).parameters.values() if p.default is p.empty]
    return {name: float(rng.choice([-1, 1]) * rng.integers(5, 30) / 10 + 0.25) for name in names}


def marks_of_exercise(path: str, given: Mapping[str, object], request: CheckRequest) -> Grade:
    """The marks of an exercise, line by line."""
    if given:
        why = f"{path} brings its own, below its function."
        raise CommandError("An exercise takes no inputs.", why, f"gatewise check {path}")
    with as_if_run(Target(path, path, None), request.seed), in_folder_of(path):
        return grade(path, text_of(path))


def marked_page(path: str, found: Grade, hint: bool, solution: bool) -> str:
    """How every line stands; hints and solutions only where they were asked for."""
    counts = [f"{found.count(state)} {state}" for state in STATES if found.count(state)]
    lines = [f"{path}: {len(found.lines)} lines: {', '.join(counts)}.", ""]
    for g in found.lines:
        lines += line_of(g, hint, solution)
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


def line_of(g: Graded, hint: bool, solution: bool) -> list[str]:
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
