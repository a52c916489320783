"""Printed programs against the eager sweep, in a process that has only NumPy, and statement by statement."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._gates import NAMES
from source.programs import Inputs, Program, literal

#: Runs in a process of its own: imports each printed module, calls it, and leaves what came back.
DRIVER = """\
import importlib, json, sys, warnings
sys.modules["gatewise"] = None
sys.path.insert(0, sys.argv[1])
import numpy as np


def leaves(value):
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    if isinstance(value, (list, tuple)):
        return [leaf for part in value if part is not None for leaf in leaves(part)]
    return [np.asarray(value)]


found, problems = {}, {}
for name in json.loads(sys.argv[2]):
    try:
        module = importlib.import_module(name)
        function = next(v for n, v in vars(module).items() if n.endswith("_and_gradients"))
        runs = importlib.import_module(name + "_inputs").RUNS
    except Exception as error:
        problems[name] = f"{type(error).__name__}: {error}"
        continue
    for k, (args, kwargs) in enumerate(runs):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for i, leaf in enumerate(leaves(function(*args, **kwargs))):
                    found[f"{name}-{k}-{i}"] = leaf
        except Exception as error:
            problems[f"{name}-{k}"] = f"{type(error).__name__}: {error}"
np.savez(sys.argv[1] + "/found.npz", **found)
print(json.dumps(problems))
"""


@dataclass(slots=True)
class Case:
    """One program, recorded and printed: its text, its runs, what eager gives in each.

    None stands where other inputs take another branch: the printed program must say so. `infinite` says of each run
    whether something on the way is not finite.
    """

    program: Program
    text: str
    runs: list[tuple[list[Any], dict[str, Any]]]
    expected: list[list[Any] | None]
    infinite: list[bool]
    narrow: bool  # whether a float32 is among its wires

    @property
    def elsewhere(self) -> int:
        """How many other inputs took the same path."""
        return sum(e is not None for e in self.expected[1:])

    @property
    def refused(self) -> int:
        """How many other inputs took another path."""
        return sum(e is None for e in self.expected)


def loaded(source: str, folder: Path, name: str) -> Any:
    """A module from its text."""
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def leaves(value: Any) -> Iterator[Any]:
    """The numbers and arrays of a structure, in order."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key])
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from leaves(part)
    else:
        yield value


@contextmanager
def printed_rules() -> Iterator[None]:
    """Eager sweeps by the rules that printed code states: how far those are good is a check of each gate's.

    So programs are compared to 1e-12 also where the printed line takes a slope from a rounded output.
    """
    others = [g for gate in NAMES.values() for g in {gate, gate.as_written} if g.printed is not g]
    kept = [(g, g.scalar, g.array) for g in others]
    for g in others:
        g.scalar, g.array = g.printed.scalar, g.printed.array
    try:
        yield
    finally:
        for g, scalar, array in kept:
            g.scalar, g.array = scalar, array


def eager(function: Any, inputs: Inputs, upstream: Any) -> list[Any]:
    """The value and every gradient, by the eager sweep."""
    with printed_rules():
        return swept(function, inputs, upstream)


def swept(function: Any, inputs: Inputs, upstream: Any) -> list[Any]:
    """The same by whatever rules the gates have."""
    args, kwargs = inputs
    given = list(leaves([args, list(kwargs.values())]))

    def on_leaves(*parts: Any) -> Any:
        rest = iter(parts)
        return function(*rebuilt(args, rest), **dict(zip(kwargs, rebuilt(list(kwargs.values()), rest), strict=True)))

    whole = not kwargs and all(isinstance(x, np.ndarray) for x in args)
    out, pullback = gw.vjp(function if whole else on_leaves, *given)  # buffers are made in what is differentiated alone
    return [out, *pullback(np.ones_like(out) if upstream is None else upstream)]


def rebuilt(structure: Any, rest: Iterator[Any]) -> Any:
    """A structure with other leaves, in order."""
    if isinstance(structure, dict):
        return {key: rebuilt(structure[key], rest) for key in sorted(structure)}
    if isinstance(structure, (list, tuple)):
        return type(structure)(rebuilt(part, rest) for part in structure)
    return next(rest)


def branches(c: Any) -> Any:
    """What Python read on the way, but for places that were computed: those the text looks up anew."""
    return [(r.how, np.asarray(r.value).tolist()) for r in c._frozen.reads if r.how != "place"]


def shapes_and_gates(c: Any) -> Any:
    """What must be the same for a printed program to speak of other inputs."""
    return [(w.shape, w.gate) for w in c.wires]


def recorded(program: Program, folder: Path) -> Case:
    """Record and print one program, and take its gradients eagerly."""
    function = loaded(program.source, folder, f"program_{program.seed}").f
    with np.errstate(all="ignore"):
        c = circuit_of(function, program.inputs, program.upstream)
        text = str(c.code())
        extra = dict(c.captured)
        if program.upstream is not None:
            extra[upstream_name(text, c)] = program.upstream
        case = Case(program, text, [], [], [], any(w.dtype == "float32" for w in c.wires))
        for inputs in (program.inputs, program.others, *program.elsewhere):
            args, kwargs = inputs
            try:
                other = circuit_of(function, inputs, program.upstream)
            except (gw.GatewiseError, RuntimeWarning):  # a mask picks another number of entries
                continue
            same = branches(other) == branches(c)
            if same and shapes_and_gates(other) != shapes_and_gates(c):
                continue
            case.runs.append((args, {**kwargs, **extra}))
            case.expected.append(eager(function, inputs, program.upstream) if same else None)
            case.infinite.append(not all(np.all(np.isfinite(w.value)) for w in other.wires))
    return case


def circuit_of(function: Any, inputs: Inputs, upstream: Any) -> Any:
    args, kwargs = inputs
    return gw.circuit(function, *args, **kwargs, upstream=upstream)


def upstream_name(text: str, c: Any) -> str:
    """The keyword argument that takes the upstream gradient: the last one that is no captured value."""
    tree = ast.parse(text)
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.endswith("_and_gradients"))
    return [a.arg for a in function.args.kwonlyargs if a.arg not in c.captured][-1]


def run_elsewhere(cases: list[Case], folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """What the printed modules give in a fresh process with only NumPy, and what went wrong there."""
    names = []
    for case in cases:
        name = f"printed_{case.program.seed}"
        names.append(name)
        (folder / f"{name}.py").write_text(case.text, encoding="utf-8")
        calls = ", ".join(f"({literal(a)}, {literal(k)})" for a, k in case.runs)
        runs = f"import numpy as np\nfrom numpy import inf, nan\nRUNS = [{calls}]\n"
        (folder / f"{name}_inputs.py").write_text(runs, encoding="utf-8")
    (folder / "driver.py").write_text(DRIVER, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(folder / "driver.py"), str(folder), json.dumps(names)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "found.npz") as found:
        return dict(found), json.loads(done.stdout)


def differences(case: Case, found: dict[str, Any], problems: dict[str, str]) -> Iterator[str]:
    """Where the printed program and the eager sweep disagree."""
    name = f"printed_{case.program.seed}"
    if name in problems:
        yield problems[name]
        return
    for run, expected in enumerate(case.expected):
        problem = problems.get(f"{name}-{run}", "")
        # Python's own floats raise where NumPy has inf, in the user's lines as in ours: before any assertion, too.
        if case.infinite[run] and problem.startswith(("ZeroDivisionError", "OverflowError")):
            continue
        if expected is None:
            if not problem.startswith("AssertionError: recorded where"):
                yield f"run {run}: another branch, and {problem or 'a number'}"
        elif problem:
            yield f"run {run}: {problem}"
        else:
            yield from (f"run {run}: {said}" for said in disagreements(case, found, run, expected))


def disagreements(case: Case, found: dict[str, Any], run: int, expected: list[Any]) -> Iterator[str]:
    """Where one run disagrees."""
    for k, right in enumerate(expected):
        got = found.get(f"printed_{case.program.seed}-{run}-{k}")
        if got is None:
            yield f"output {k} is missing"
            continue
        right = np.asarray(right)
        if case.infinite[run] and k and got.shape == right.shape:
            # A mask is printed as a product where what it multiplies is finite wherever the inputs are: loud elsewhere.
            got, right = got[~np.isnan(got)], right[~np.isnan(got)]
        if problem := disagreement(got, right, 0.0 if k == 0 else 1e-5 if case.narrow else 1e-12):
            yield f"output {k}: {problem}"


def disagreement(got: Any, right: Any, tolerance: float) -> str:
    """Why two arrays do not agree; '' where they do. Of single numbers the dtype is free."""
    if got.shape != right.shape or (got.dtype != right.dtype and right.shape):
        return f"{got.dtype}{got.shape} for {right.dtype}{right.shape}"
    if np.array_equal(got, right, equal_nan=True):
        return ""
    finite = np.isfinite(right)
    if not np.array_equal(finite, np.isfinite(got)):
        return f"{got} for {right}"
    largest = np.max(np.abs(right[finite]), initial=0.0)
    off = np.max(np.abs(got[finite].astype(float) - right[finite]), initial=0.0)
    least = np.finfo(right.dtype).tiny if right.dtype.kind == "f" else 0.0  # below it there are fewer digits
    return "" if off <= largest * tolerance + least else f"off by {off:g} where the largest entry is {largest:g}"


def to_the_bit(case: Case, found: dict[str, Any]) -> bool:
    return all(
        np.array_equal(found[f"printed_{case.program.seed}-0-{k}"], np.asarray(right), equal_nan=True)
        for k, right in enumerate(case.expected[0])
    )


# ------------------------------------------------------------------------------------------- statement by statement


def arrays_in(namespace: dict[str, Any]) -> dict[str, Any]:
    """Every array of a namespace, those inside structures among them, by the expression that reads it."""

    def inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, np.ndarray):
            yield name, value
        elif isinstance(value, dict):
            for key, part in value.items():
                yield from inside(f"{name}[{key!r}]", part)
        elif isinstance(value, (list, tuple)):
            for key, part in enumerate(value):
                yield from inside(f"{name}[{key!r}]", part)

    return dict(pair for name, value in namespace.items() if not name.startswith("__") for pair in inside(name, value))


def target_of(statement: ast.stmt, namespace: dict[str, Any]) -> str | None:
    """The array that a statement changes in place, as `arrays_in` names it."""
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        target = owner(statement.targets[0], namespace)
    elif isinstance(statement, ast.AugAssign):
        target = owner(statement.target, namespace) or statement.target
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        target = statement.value.args[0]  # np.add.at
    return None if target is None else ast.unparse(target)


def value_in(expression: ast.expr, namespace: dict[str, Any]) -> Any:
    """The value of an expression of a printed program."""
    code = compile(ast.fix_missing_locations(ast.Expression(expression)), "<printed>", "eval")
    return eval(code, namespace)  # noqa: S307  (what the printer wrote)


def owner(target: ast.expr, namespace: dict[str, Any]) -> ast.expr | None:
    """For `dr[index]` the array; None for a name, and for an entry of a structure."""
    if not isinstance(target, ast.Subscript):
        return None
    held = value_in(target.value, namespace)
    return looked_at(target.value, held, namespace) if isinstance(held, np.ndarray) else None


def looked_at(view: ast.expr, held: Any, namespace: dict[str, Any]) -> ast.expr:
    """The array that a view in a target is one of: `v` of `np.reshape(v, (4, 3))[...] = x` and of `v.T[0] = x`."""
    inner: ast.expr | None = None
    if isinstance(view, (ast.Subscript, ast.Attribute)):
        inner = view.value
    elif isinstance(view, ast.Call):
        first = isinstance(view.func, ast.Attribute) and ast.unparse(view.func).startswith("np.")
        inner = next((a for a in view.args if not isinstance(a, ast.Constant)), None) if first else view.func.value  # type: ignore[attr-defined]
    if inner is None:
        return view
    base = value_in(inner, namespace)
    pieces = isinstance(inner, ast.Call) and isinstance(base, (list, tuple))
    if pieces or (isinstance(base, np.ndarray) and np.may_share_memory(base, held)):
        return looked_at(inner, held, namespace)
    return view


def foul_lines(text: str, run: tuple[list[Any], dict[str, Any]]) -> Iterator[str]:
    """The lines of a printed program that change an array another name refers to, and gradients that share memory."""
    tree = ast.parse(text)
    *before, function = tree.body
    assert isinstance(function, ast.FunctionDef)
    *body, last = function.body
    assert isinstance(last, ast.Return)
    assert last.value is not None
    function.body = [ast.Return(ast.Call(ast.Name("locals", ast.Load()), [], []))]
    namespace: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(ast.Module([*before, function], [])), "<printed>", "exec"), namespace)
    namespace.update(namespace[function.name](*run[0], **run[1]))
    given = arrays_in(namespace)
    with np.errstate(all="ignore"):
        for statement in body:
            yield from changed_by(statement, namespace)
        value, gradients = value_in(last.value, namespace)
    mine = [g for g in leaves(gradients) if isinstance(g, np.ndarray)]
    others = [*given.values(), value]
    for k, g in enumerate(mine):
        if any(isinstance(o, np.ndarray) and np.shares_memory(g, o) for o in [*others, *mine[:k]]):
            yield f"returned gradient {k} shares memory"


def changed_by(statement: ast.stmt, namespace: dict[str, Any]) -> Iterator[str]:
    """Run one statement; tell what it changed beside its own target."""
    target = target_of(statement, namespace)
    arrays = arrays_in(namespace)
    before = {name: array.copy() for name, array in arrays.items()} if target else {}
    exec(compile(ast.Module([statement], []), "<printed>", "exec"), namespace)
    own = arrays.get(target) if target else None
    for name, array in arrays.items():
        if (
            target
            and array is not own
            and name != target
            and not np.array_equal(array, before[name], equal_nan=array.dtype.kind == "f")
        ):
            yield f"{ast.unparse(statement)}   changes {name}"
        elif target and array is own and name != target:
            yield f"{ast.unparse(statement)}   changes {name}, another name of {target}"
