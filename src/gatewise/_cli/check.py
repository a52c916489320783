"""`gatewise check`: is this gradient right, and if not, which line is wrong? And exercises, written and marked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gatewise import _syntax
from gatewise._board import Ran, expression_function, in_folder_of, module_in_file, notebook_run
from gatewise._check import FileReport, Pair, Report, method_in, needs, on_file, on_pair, pairs_in
from gatewise._check.scripts import check_script, check_text
from gatewise._check.verdict import checked
from gatewise._cli.asked import RIGHT, WRONG, CheckRequest, check_options, status
from gatewise._cli.exercises import Marks, is_exercise_file, list_exercises, marks_of_exercise, write_blank
from gatewise._cli.many import are_many, check_many
from gatewise._cli.notebooks import CellReport, cell_asked, errors_by_cell, in_cell, stops_told, text_up_to
from gatewise._cli.request import shown_word
from gatewise._cli.target import (
    Target,
    as_if_run,
    function_in_target,
    inputs_given,
    notes_of_warnings,
    target_of,
    text_of,
    with_backward,
    with_functions,
)
from gatewise._cli.terminal import write_fitted, write_out
from gatewise._cli.worksheets import write_worksheet
from gatewise._errors import ArgumentError, CommandError, ScriptError, UnknownInputError
from gatewise._language import parse_value
from gatewise._recording import Cell, is_notebook, notebook_in
from gatewise._recording.functions import arguments, normalised, signature_of
from gatewise._types import Function, Json, Named


def do_check(request: CheckRequest) -> int:
    """Do what was asked, and return the exit status. Raises `GatewiseError` for whatever is wrong with the request."""
    check_options(request)
    if are_many(request.words):
        asked: Json = {"points": request.points, "effort": request.effort, "seed": request.seed}
        marks = check_many(request.words, request.timeout, request.csv, request.gradescope, request.as_json, **asked)
        return RIGHT if all(one.verdict == "right" for one in marks) else WRONG
    if request.exercises:
        list_exercises()
        return RIGHT
    with notes_of_warnings():
        if request.blank is not None:
            return write_blank(request)
        if request.worksheet is not None:
            return write_worksheet(request)
        found = found_in(request)
    if request.as_json:
        write_out(json.dumps(found.to_dict(), indent=2))
    elif isinstance(found, Marks):
        write_out(str(found))
    else:
        write_fitted(str(found))
    return status(found.verdict, bool(found))


def found_in(request: CheckRequest) -> Report | FileReport | CellReport | Marks:
    """The report on what was named, or the marks of an exercise."""
    target, given = read(request)
    cell = cell_asked(target, request.cell)
    if target.path is not None and is_notebook(target.path):
        return on_notebook(target, target.path, cell, given, request)
    if target.is_script and target.path is not None and is_exercise_file(target.path):
        return marks_of_exercise(target.path, given, request)
    if request.hint or request.solution:
        why = f"{target.text} is not a file that gatewise check --blank wrote."
        raise CommandError("--hint and --solution are for exercises.", why, "gatewise check --exercises lists some.")
    if request.points is not None:
        why = f"{target.text} is neither."
        raise CommandError("--points is for exercises and for folders.", why, "leave it out.")
    return report_on(target, given, request)


def read(request: CheckRequest) -> tuple[Target, dict[str, Any]]:
    """What is checked, and its inputs by the names Python has for them."""
    target = target_of(request.words, "check")
    rng = np.random.default_rng(request.seed)
    given = inputs_given(request.words[1:], rng, "check", in_file=target.path is not None)
    return target, {normalised(name): value for name, value in given.items()}


# ------------------------------------------------------------------------------------------------------- the verdict


def on_notebook(
    target: Target, path: str, cell: Cell | None, given: Mapping[str, object], request: CheckRequest
) -> CellReport:
    """The report on a function of a notebook, or on its pairs; where it has none, on its cells as a flat script."""
    with errors_by_cell(path):
        if target.function is not None:
            found = report_on(target, given, request)
            return CellReport(found, notebook_in(path))
        refuse_for_script(target, request)
        with as_if_run(target, request.seed), in_folder_of(path), notebook_run(path) as ran, stops_told(ran):
            return CellReport(on_cells(ran, cell, given, request), ran.notebook, ran.stops)


def on_cells(ran: Ran, cell: Cell | None, given: Mapping[str, object], request: CheckRequest) -> Report | FileReport:
    """The report on the pairs of a notebook that was run, or of a cell of it; else on its flat script up to there."""
    path, options = ran.notebook.path, options_of(request)
    if pairs_in(ran.text):
        whole = on_file(ran.module, path, ran.text, given, **options)
        part = whole if cell is None else in_cell(whole, cell)
        if part.rows:
            return part
    options.pop("rng")
    return check_text(path, text_up_to(ran, cell), given, **options)


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
            f = files.enter_context(function_in_target(target)) if named else expression_function(target.text, given)
            others = files.enter_context(given_by_name(request))
            try:
                return on_function(f, given, request, {**options, **others})
            except ArgumentError as error:
                raise with_backward(error, target, "check") from None


def pair_named(target: Target, request: CheckRequest) -> Pair | None:
    """The pair of a file whose forward half was named, where its other half is no cache's: that is found by itself."""
    if target.path is None or target.function is None or request.gradient is not None or request.backward is not None:
        return None
    text = text_of(target.path)
    if "." in target.function:
        if (found := method_in(text, target.function)) is None:
            owner, _, method = target.function.partition(".")
            why = f"{owner} has no method of this name."
            raise CommandError(f"{target.path}: {method} is not there.", why, f"a method of {owner}, or {owner} alone.")
        return found
    named = [pair for pair in pairs_in(text) if pair.name == target.function]
    return named[0] if named and (named[0].backward or named[0].methods) else None


def on_pairs(path: str, given: Mapping[str, object], request: CheckRequest) -> FileReport:
    """The report on every pair of a file; inputs that were not given are drawn."""
    with module_in_file(path) as module:
        return on_file(module, path, text_of(path), given, **options_of(request))


def on_one_pair(path: str, pair: Pair, given: Mapping[str, object], request: CheckRequest) -> Report:
    """The report on one pair. Raises `CommandError` where nothing it runs on was found, or the shapes are not told."""
    if request.wrt is not None:
        why = "a pair is judged along all that has a gradient."
        raise CommandError(f"--wrt is not for {pair}.", why, "--leave-out NAME, for what is not to be judged.")
    with in_folder_of(path), module_in_file(path) as module:
        row = on_pair(module, text_of(path), pair, given, **options_of(request))
        if row.report is None:
            inputs = " ".join(f"{name}=..." for name in needs(_syntax.module(text_of(path)).body, pair))
            raise CommandError(f"{pair} could not be judged.", row.why, f"gatewise check {path}:{pair.name} {inputs}")
        return row.report


def options_of(request: CheckRequest) -> Json:
    """The options of a check of pairs."""
    seed = 0 if request.seed is None else request.seed
    return {"effort": request.effort, "leave_out": tuple(request.leave_out), "rng": seed}


def on_function(f: Function, given: Mapping[str, object], request: CheckRequest, options: Named) -> Report:
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


def as_arguments(f: Function, given: Named) -> tuple[list[object], dict[str, object]]:
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
def given_by_name(request: CheckRequest) -> Iterator[Json]:
    """`gradient=` or `backward=`, where --gradient or --backward names a function."""
    option, text = ("gradient", request.gradient) if request.gradient is not None else ("backward", request.backward)
    if text is None:
        yield {}
        return
    target = target_of([text], "check")
    if target.function is None:
        why = "it is a function of the same inputs." if option == "gradient" else "it is a function of (dout, cache)."
        raise CommandError(f"--{option} {shown_word(text)} names no function.", why, f"--{option} FILE.py:FUNCTION")
    with function_in_target(target) as function:
        yield {option: function}
