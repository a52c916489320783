"""The verdict on a flat script: its gradients beside the differences of its own forward statements.

The forward statements that lead to the output become a function of the names that are looked at. A name in the middle
(`q = x + y`) is looked at by a function that is given q in place of that assignment, so that gradients on the way are
compared with differences too.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.comparing import is_number, value_in
from gatewise._check.culprit import Mistake, culprits_of_script
from gatewise._check.names import keys_written, wire_named
from gatewise._check.programs import Program, program_of, without_backward
from gatewise._check.report import ParameterReport, Report, verdict_of
from gatewise._check.updates import straight, updates, without_updates
from gatewise._check.verdict import checked
from gatewise._errors import ScriptError, UnknownInputError, UserCodeError
from gatewise._recording.scripts import is_input, is_main

FUNCTION = "gatewise_forward"
STEPS = "the steps of gradient descent were left out, and gradients compared where the first one starts"


@dataclass(frozen=True)
class Run:
    """A script that was run: its statements, the names at its end, and which names it assigns numbers."""

    path: str
    program: Program
    end: dict[str, Any]
    inputs: tuple[str, ...]
    draws: Any  #: the state of NumPy's random numbers before it ran
    stopped: Exception | None = None


def check_script(path: str, given: Mapping[str, Any] | None = None, **options: Any) -> Report:
    """Check the gradients that a flat script assigns; gatewise's own where it assigns none.

    `given` replaces inputs: the names that the script assigns a number, a list or a random draw. Raises `ScriptError`
    where it cannot be read or computes nothing, `UserCodeError` for what its forward pass raises.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise ScriptError(f"{path} cannot be read.", said, "give the path of a Python file.") from None
    return check_text(path, text, given, **options)


def check_text(path: str, text: str, given: Mapping[str, Any] | None = None, **options: Any) -> Report:
    """`check_script`, for the text of a script."""
    text = with_given(path, without_main(path, text), given or {})
    draws = np.random.get_state()  # noqa: NPY002  (the script may draw from it)
    try:
        run = run_script(path, text, draws)
        np.random.set_state(draws)  # noqa: NPY002
        if run.stopped is None and not has_gradients(run):
            return on_own_gradient(run, options)
        steps = updates(parsed(path, text).body)
        if steps and run.stopped is None:
            refuse_without_loss(run)
        mistakes, why = found_lines(path, text)
        if run.stopped is not None:
            return stopped(run, mistakes)
        found = compared(run, mistakes, why, options)
        return replace(found, notes=(*found.notes, STEPS)) if steps else found
    finally:
        np.random.set_state(draws)  # noqa: NPY002


def without_main(path: str, text: str) -> str:
    """The text without what stands below `if __name__ == "__main__":`; all other lines keep their numbers."""
    lines = text.splitlines()
    for node in parsed(path, text).body:
        if is_main(node):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(lines) + "\n"


def with_given(path: str, text: str, given: Mapping[str, Any]) -> str:
    """The text with other numbers in the place of its inputs', line by line as long as it was."""
    tree = parsed(path, text)
    inputs = {name_of(node): node for node in tree.body if isinstance(node, ast.Assign) and is_input(node)}
    lines = text.splitlines()
    for name, value in given.items():
        if name not in inputs:
            raise UnknownInputError(name, list(inputs), path)
        node = inputs[name].value
        written = f"np.array({np.asarray(value).tolist()!r})" if isinstance(value, np.ndarray) else repr(value)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        after = lines[last].encode()[node.end_col_offset :].decode()
        lines[first] = lines[first].encode()[: node.col_offset].decode() + written + after
        lines[first + 1 : last + 1] = [""] * (last - first)
        text = "\n".join(lines) + "\n"
        tree = parsed(path, text)  # another value on the line has moved
        inputs = {name_of(n): n for n in tree.body if isinstance(n, ast.Assign) and is_input(n)}
    return text


def parsed(path: str, text: str) -> ast.Module:
    """The syntax tree of a script. Raises `ScriptError`."""
    try:
        return ast.parse(text, filename=path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        what = f"{path} is not Python{f', line {line}' if line else ''}."
        raise ScriptError(what, str(error), "mend the line, then try again.") from None


def name_of(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def run_script(path: str, text: str, draws: Any) -> Run:
    """Run a script on plain values. An error in its backward part is kept; one in its forward part is the user's."""
    tree = parsed(path, text)
    tree.body = without_updates(tree.body)
    program = program_of(tree.body, (), path, text.splitlines())
    if program is None:
        cure = "assign the inputs numbers at the top of the script, then compute with them."
        raise ScriptError(f"{path} computes nothing.", "no name is assigned a value.", cure)
    once = [name for name in counted_once(program) if name in {k for s in program.forward for k in keys_written(s)}]
    inputs = tuple(name_of(n) for n in tree.body if isinstance(n, ast.Assign) and is_input(n) and name_of(n) in once)
    end: dict[str, Any] = surroundings(path)
    try:
        with np.errstate(all="ignore"):
            run_users_code(users_code(tree, path), end)
    except Exception as error:
        place = UserCodeError.frame_of(error)
        forward = {line for s in program.forward for line in range(s.lineno, (s.end_lineno or s.lineno) + 1)}
        if place is None or place[1] in forward or not program.gradients:
            raise
        return Run(path, program, end, inputs, draws, error)
    return Run(path, program, end, inputs, draws)


def surroundings(path: str) -> dict[str, Any]:
    """The names a script finds when it starts; `np` and `math` are there as in the notes."""
    return {"np": np, "math": math, "__name__": "__main__", "__file__": path}


def counted_once(program: Program) -> list[str]:
    """The names that the forward pass assigns once, outside of loops and conditions."""
    outside = set(straight(program.body))
    written = [key for s in program.statements if s in program.forward for key in keys_written(s)]
    return [
        key
        for s in program.statements
        if s in outside and s in program.forward and isinstance(s, ast.Assign)
        for key in keys_written(s)
        if key.isidentifier() and written.count(key) == 1 and len(keys_written(s)) == 1
    ]


def found_lines(path: str, text: str) -> tuple[list[Mistake], str]:
    """The wrong lines, or why they cannot be told."""
    try:
        return culprits_of_script(path, text), ""
    except Exception as error:  # of the script as it was taken apart; the differences stand without its lines
        return [], f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(".")


def stopped(run: Run, mistakes: list[Mistake]) -> Report:
    """The report on a script whose backward part raises. Raises that error where no line is found."""
    assert run.stopped is not None
    if not mistakes:
        raise run.stopped
    said = f"{type(run.stopped).__name__}: {' '.join(str(run.stopped).split())}"
    source, notes = "the backward pass, line by line", (f"the script raises {said}",)
    return Report(shown_output(run.program), "wrong", (), source, 0.0, "", 1, math.nan, notes, tuple(mistakes))


def shown_output(program: Program) -> str:
    return ast.unparse(program.output)


# ------------------------------------------------------------------------------------------------------- differences


def compared(run: Run, mistakes: list[Mistake], why: str, options: dict[str, Any]) -> Report:
    """Every gradient that the script assigns to a name it assigns once, compared with differences."""
    claimed = gradients_of(run)
    name = shown_output(run.program)
    if not claimed:
        return merged(name, [], mistakes, why)
    groups = [tuple(n for n in claimed if n in run.inputs)]
    groups += [(n,) for n in claimed if n not in run.inputs]
    upstream = upstream_of(run)
    reports = []
    for group in filter(None, groups):
        values = {n: numeric(run.end[n]) for n in group}
        told = {n: claimed[n] for n in group}
        wanted = {"upstream": upstream, **options} if upstream is not None else options
        reports.append(checked(function_of(run, group), (), values, gradient=told, **wanted))
    return merged(name, reports, mistakes, why)


class OwnReport(Report):
    """The report on a script without gradients: gatewise's own were checked, and the first line says so."""

    def __str__(self) -> str:
        return f"No gradient of yours was found: what was checked is gatewise's own.\n{super().__str__()}"


def has_gradients(run: Run) -> bool:
    """Whether a script assigns gradients of something that it computes."""
    computed = any(not (isinstance(s, ast.Assign) and is_input(s)) for s in run.program.forward)
    return computed and bool(run.program.gradients)


def refuse_without_loss(run: Run) -> None:
    """Raise `ScriptError` for descent on a loss that is never computed: `err = X @ w - y`, `dw = X.T @ err`."""
    output = shown_output(run.program)
    if np.ndim(run.end.get(output, 0.0)) and upstream_of(run) is None:
        why = f"{output}, the last value before the gradients, is an array: they may be those of any loss made of it."
        raise ScriptError(f"No loss was found in {run.path}.", why, f"compute it: loss = np.mean({output}**2)")


def on_own_gradient(run: Run, options: dict[str, Any]) -> Report:
    """The report on gatewise's gradient of a script that has none. Raises `ScriptError` where it has none either."""
    functions = [s.name for s in run.program.body if isinstance(s, ast.FunctionDef)]
    if functions:
        named = ", ".join(f"{run.path}:{name}" for name in functions[:5]) + (", ..." if len(functions) > 5 else "")
        why = "it has functions, and outside of them no gradient."
        raise ScriptError(f"No gradient was found in {run.path}.", why, f"name a function: {named}")
    if run.program.gradients:
        why = f"{shown_output(run.program)} is the last value before what may be a gradient, and it is not computed."
        cure = "compute the value first, call it f or loss, then assign dx, dW."
        raise ScriptError(f"No gradient was found in {run.path}.", why, cure)
    values = {n: numeric(run.end[n]) for n in run.inputs if differentiable(run.end[n])}
    if not values:
        cure = "assign the inputs numbers at the top of the script, then compute with them."
        raise ScriptError(f"{run.path} has no inputs.", "no name is assigned a number or a random draw.", cure)
    found = checked(function_of(run, tuple(values)), (), values, **options)
    parts = {each.name: getattr(found, each.name) for each in fields(found)}
    return OwnReport(**{**parts, "name": shown_output(run.program)})


def gradients_of(run: Run) -> dict[str, Any]:
    """The gradients at the end of the script, by the names they belong to, in the order of the forward pass."""
    names = counted_once(run.program)
    output = shown_output(run.program)
    found: dict[str, Any] = {}
    backward = [s for s in run.program.statements if s not in run.program.forward]
    for key in dict.fromkeys(k for s in backward for k in keys_written(s)):
        name = wire_named(key, run.program.known())
        value = value_in(run.end, key)
        value = numeric(value) if isinstance(value, (list, tuple)) and differentiable(value) else value
        if name in names and name != output and is_number(value) and differentiable(run.end.get(name)):
            found[name] = value
    return {name: found[name] for name in names if name in found}


def upstream_of(run: Run) -> Any:
    """The gradient that the script starts from, where its output is an array."""
    output = shown_output(run.program)
    value = run.end.get(output)
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return None
    for key in (k for s in run.program.statements for k in keys_written(s)):
        g = value_in(run.end, key)
        if wire_named(key, run.program.known()) == output and np.shape(g) == value.shape:
            return g
    return None


def differentiable(value: Any) -> bool:
    """Whether a value can be moved: a number, an array of floats, a list of numbers."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(type(x) in (int, float) for x in value)
    return is_number(value) and (np.ndim(value) == 0 or np.asarray(value).dtype.kind == "f")


def numeric(value: Any) -> Any:
    """The value as it is moved: whole numbers as floats, lists as arrays."""
    if isinstance(value, (list, tuple)):
        return np.array(value, dtype=float)
    return float(value) if type(value) is int else value


def function_of(run: Run, names: tuple[str, ...]) -> Callable[..., Any]:
    """The forward statements as a function of these names; the lines keep their numbers."""
    outside: list[ast.stmt] = [n for n in run.program.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    inside = forward_of(run.program, run.program.body, names)
    where = ast.copy_location(ast.Return(copy.deepcopy(run.program.output)), inside[-1] if inside else outside[-1])
    node = ast.parse(f"def {FUNCTION}({', '.join(names)}): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    node.body = [*inside, where]
    ast.copy_location(node, where)
    tree = ast.fix_missing_locations(ast.Module([*outside, node], []))
    space = surroundings(run.path)
    run_users_code(users_code(tree, run.path), space)
    made: Callable[..., Any] = space[FUNCTION]
    if not draws_numbers(run.program):
        return made

    def drawn(**values: Any) -> Any:
        np.random.set_state(run.draws)  # noqa: NPY002
        return made(**values)

    drawn.__name__ = FUNCTION
    return drawn


def draws_numbers(program: Program) -> bool:
    """Whether the script names NumPy's random numbers."""
    return any("random" in ast.unparse(s) for s in program.statements)


def forward_of(program: Program, body: list[ast.stmt], moved: tuple[str, ...]) -> list[ast.stmt]:
    """The forward statements of a body; those that assign a name that is moved run too, and leave it as it was given.

    They may draw random numbers, and what is drawn after them is to stay what it was.
    """

    def written(node: ast.stmt) -> list[ast.stmt]:
        if node not in program.forward:
            return []
        twin = copy.deepcopy(node)
        if isinstance(twin, ast.Assign) and set(keys_written(node)) & {*moved}:
            (name,) = keys_written(node)
            both = ast.Tuple([twin.value, ast.Name(name, ast.Load())], ast.Load())
            twin.value = ast.copy_location(ast.Subscript(both, ast.Constant(1), ast.Load()), twin.value)
        return [twin]

    return without_backward(body, program.forward, written)


def told(mistakes: list[Mistake], parameters: Sequence[ParameterReport]) -> list[Mistake]:
    """The mistakes that differences do not contradict: none in a gradient that they found right."""
    right = {p.name for p in parameters if p.verdict == "right"}
    return [m for m in mistakes if wire_named(m.variable, right) is None]


def merged(name: str, reports: list[Report], mistakes: list[Mistake], why: str) -> Report:
    """One report of several, with the lines at fault."""
    parameters: tuple[ParameterReport, ...] = tuple(p for r in reports for p in r.parameters)
    verdict = verdict_of([r.verdict for r in reports], all(bool(r) for r in reports if r.verdict == "kink"))
    notes = [note.replace(FUNCTION, name) for r in reports for note in r.notes]
    mistakes = told(mistakes, parameters) if verdict == "right" else mistakes
    if mistakes:
        verdict = "wrong"
    elif why or verdict == "wrong":
        notes.append(f"the line could not be found: {why or 'no gradient in the script is wrong by itself'}")
    if not reports:
        notes.append(
            "the names whose gradients are assigned change in the script, so no differences were taken: "
            "each line was compared with gatewise's own gradient"
        )
    loudest = max(reports, key=lambda r: r.noise, default=None)
    noise, noise_source, value = (
        (loudest.noise, loudest.noise_source, loudest.value) if loudest else (0.0, "", math.nan)
    )
    return Report(
        name, verdict, parameters, "the gradients that the script assigns", noise, noise_source,
        sum(r.evaluations for r in reports), value,
        tuple(dict.fromkeys(notes)), tuple(mistakes),
    )  # fmt: skip
