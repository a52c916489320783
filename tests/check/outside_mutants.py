"""One line of the backward half changed, in every way people go wrong, in all modules of `outside/`: who is accused.

A mutant counts where the value of the function is what it was, and a gradient is off by more than one in a hundred.
`python -m check.outside_mutants [N] [part of a name]` tries N mutants of each module (6), spread over its lines, and
prints every right line that is accused, and the counts.
"""

from __future__ import annotations

import ast
import contextlib
import io
import sys
import tempfile
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from check.mutants import with_node
from check.outsiders import changed, outsiders, report_on
from gatewise._check.script_trials import Script

OFF = 0.01  #: how far a gradient is off, relatively, in a mutant that counts
NEXT = 2  #: names that are put in the place of one
OPTIONS = ("backward", "gradient", "upstream", "parameters", "leave_out", "rng", "effort")


@dataclass(frozen=True)
class Mutant:
    """A module with one line changed; `beside` are lines that may be named as well, where a line is left out."""

    line: int
    kind: str
    source: str
    text: str
    beside: frozenset[int] = frozenset()


# --------------------------------------------------------------------------------------------------- ways to go wrong


def ways(s: ast.stmt, names: set[str]) -> Iterator[tuple[str, ast.stmt | None]]:
    """What was done to a statement, and what it is then; None where it is left out."""
    value = getattr(s, "value", None)
    if value is None or isinstance(value, ast.Constant):
        return
    if isinstance(s, ast.AugAssign):
        yield "left out", None
        if isinstance(s.op, (ast.Add, ast.Sub)):
            yield "= for +=", ast.Assign([s.target], s.value)
    if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Subscript) and not is_key(s.targets[0].slice):
        yield "left out", None
    if isinstance(s, ast.Return):
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        if any(isinstance(e, (ast.Tuple, ast.Dict, ast.Call)) or is_name(e) for e in parts) and len(parts) > 1:
            return
    for node in ast.walk(value):
        for kind, instead in instead_of(node, names):
            yield kind, with_node(s, node, instead)
    if not isinstance(s, ast.Expr):
        yield "sign", with_node(s, value, ast.UnaryOp(ast.USub(), value))
    if not isinstance(value, (ast.Tuple, ast.List, ast.Dict)):
        yield "larger", with_node(s, value, ast.BinOp(value, ast.Mult(), ast.Constant(1.1)))


def instead_of(node: ast.AST, names: set[str]) -> Iterator[tuple[str, ast.expr]]:
    """What may be written in the place of one expression."""
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            yield "a factor is forgotten", left
            yield "a factor is forgotten", right
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            yield "a division is forgotten", left
            if isinstance(right, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
                yield "n - 1 for n", ast.BinOp(left, ast.Div(), ast.BinOp(right, ast.Sub(), ast.Constant(1)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield "a term is forgotten", left
            yield "a term is forgotten", right
            yield "sign", ast.BinOp(left, ast.Sub(), right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            yield "a term is forgotten", left
            yield "sign", ast.BinOp(left, ast.Add(), right)
        case ast.BinOp(left=left, op=ast.Pow()):
            yield "a power is forgotten", left
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield "turned", ast.BinOp(left, ast.MatMult(), ast.Attribute(right, "T", ast.Load()))
            yield "operands", ast.BinOp(right, ast.MatMult(), left)
        case ast.Attribute(value=inner, attr="T"):
            yield "turned", inner
        case ast.Call(func=ast.Attribute(value=inner, attr="transpose" | "swapaxes")) if not is_numpy(inner):
            yield "turned", inner
        case ast.Call(func=ast.Attribute(value=inner, attr="swapaxes" | "transpose"), args=[first, *_]):
            yield "turned", first
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            yield "sign", inner
        case ast.Compare(left=left, ops=[op], comparators=right):
            yield "a mask turned round", ast.Compare(left, [ast.LtE() if isinstance(op, ast.Gt) else ast.Gt()], right)
        case ast.Attribute(value=inner, attr="sum" | "mean" as name):
            yield f"{name} for another", ast.Attribute(inner, "mean" if name == "sum" else "sum", ast.Load())
        case ast.Call(func=func, args=args, keywords=keywords) if any(k.arg == "axis" for k in keywords):
            for axis in (0, 1, -1):
                others = [ast.keyword("axis", ast.Constant(axis)) if k.arg == "axis" else k for k in keywords]
                yield "another axis", ast.Call(func, args, others)
        case ast.Call(func=ast.Attribute(value=inner, attr="where"), args=[_, one, other]) if is_numpy(inner):
            yield "a mask is forgotten", one
            yield "a mask is forgotten", other
        case ast.Subscript(value=inner, slice=index, ctx=ast.Load()) if not is_key(index):
            yield "an index is forgotten", inner
        case ast.Name(id=name, ctx=ast.Load()) if name in names:
            for other in [n for n in sorted(names) if n > name][:NEXT]:
                yield "another name", ast.Name(other, ast.Load())


def is_name(e: ast.expr) -> bool:
    return isinstance(e, ast.Name)


def is_key(e: ast.expr) -> bool:
    return isinstance(e, ast.Constant) and isinstance(e.value, str)


def is_numpy(e: ast.expr) -> bool:
    return isinstance(e, ast.Name) and e.id in ("np", "numpy")


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of statements that stand in one line; forward ones and harmless ones among them."""
    tree = ast.parse(source)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    seen: set[str] = set()
    for s in sorted((n for n in ast.walk(tree) if isinstance(n, ast.stmt)), key=lambda n: n.lineno):
        simple = isinstance(s, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr))
        alone = source.splitlines()[s.lineno - 1].partition("#")[0].strip()
        if not simple or s.lineno != s.end_lineno or ast.dump(s) != ast.dump(parsed(alone)):
            continue
        around = next((f for f in reversed(functions) if any(n is s for n in ast.walk(f))), tree)
        names = {n.id for n in ast.walk(around) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for kind, instead in ways(s, names if isinstance(s, (ast.Assign, ast.AugAssign)) else set()):
            text = "pass" if instead is None else ast.unparse(ast.fix_missing_locations(instead))
            made = changed(source, s.lineno, text)
            if made not in seen:
                seen.add(made)
                yield Mutant(s.lineno, kind, made, text, lines_of_same(tree, s) if instead is None else frozenset())


def parsed(text: str) -> ast.stmt:
    try:
        body = ast.parse(f"def f():\n {text}").body[0].body
    except SyntaxError:
        return ast.Pass()
    return body[0]


def lines_of_same(tree: ast.AST, s: ast.stmt) -> frozenset[int]:
    """The lines that make what a statement changes in place: where that is left out, they are as good."""
    target = s.target if isinstance(s, ast.AugAssign) else s.targets[0]  # type: ignore[attr-defined]
    while isinstance(target, ast.Subscript):
        target = target.value
    text, found = ast.unparse(target), set()
    for n in ast.walk(tree):
        if isinstance(n, (ast.Assign, ast.AugAssign)):
            targets = n.targets if isinstance(n, ast.Assign) else [n.target]
            if any(ast.unparse(t).startswith(text) for t in targets):
                found.add(n.lineno)
    return frozenset(found)


# ------------------------------------------------------------------------------------------------------- what counts


class Taken:
    """Stands for gatewise where a module is only run: takes what would be checked."""

    def check(self, f: Any, *args: Any, **options: Any) -> Any:
        rest = {name: x for name, x in options.items() if name not in OPTIONS}
        found = f(*args, **rest)
        paired = "backward" in options or "gradient" in options
        return found if paired or not isinstance(found, tuple) else found[0]


def value_of(source: str, call: str) -> Any:
    """The value whose gradients are checked, in a module's text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.py"
        path.write_text(source, encoding="utf-8")
        module = types.ModuleType("mine")
        module.__file__ = str(path)
        exec(compile(source, str(path), "exec"), vars(module))
        if call == "script":
            return eval(ast.unparse(Script(str(path), source).output), vars(module))  # noqa: S307
        space = {"gw": Taken(), "np": np, "m": module, "rng": np.random.default_rng(0)}
        return eval(call, space)  # noqa: S307


def flat(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [e for each in x for e in flat(each)]
    if isinstance(x, dict):
        return flat(list(x.values()))
    return [x] if isinstance(x, (np.ndarray, float, int, np.generic)) else []


def same_value(a: Any, b: Any) -> bool:
    a, b = flat(a), flat(b)
    return len(a) == len(b) and all(
        np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f") for x, y in zip(a, b, strict=True)
    )


def is_off(report: Any) -> bool:
    """Whether a gradient is wrong by so much that nobody could miss it."""
    errors = [x.error for p in report.parameters for x in p.findings if x.verdict == "wrong"]
    return report.verdict == "wrong" and (not errors or max(errors) > OFF)


def spread(every: list[Mutant], seed: int) -> Iterator[Mutant]:
    """Mutants in an order that takes one of each line, then another of each: at random, and the same each time."""
    rng = np.random.default_rng(seed)
    by_line: dict[int, list[Mutant]] = {}
    for k in rng.permutation(len(every)):
        by_line.setdefault(every[k].line, []).append(every[k])
    while by_line:
        for line in sorted(by_line, key=lambda _: rng.random()):
            yield by_line[line].pop()
            if not by_line[line]:
                del by_line[line]


def forward_lines(source: str, call: str, right: Any, every: list[Mutant]) -> set[int]:
    """The lines that the value hangs on: what is seen where one of their values is another one."""
    found = set()
    for mutant in every:
        if mutant.kind == "larger" and mutant.line not in found:
            with contextlib.suppress(Exception):
                if not same_value(value_of(mutant.source, call), right):
                    found.add(mutant.line)
    return found


def counting(source: str, call: str, number: int, seed: int = 0) -> Iterator[tuple[Mutant, tuple[int, ...]]]:
    """Mutants of a module that count, and the lines that are named for each."""
    count = 0
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        right, every = value_of(source, call), list(mutants(source))
        forward = forward_lines(source, call, right, every)
    for mutant in spread([m for m in every if m.line not in forward], seed):
        if count >= number:
            return
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                if not same_value(value_of(mutant.source, call), right):
                    continue
                report = report_on(mutant.source, call)
            except Exception:  # it does not run, or cannot be checked
                continue
        if is_off(report):
            count += 1
            yield mutant, tuple(m.line for m in report.mistakes)


def accused_by(mutant: Mutant, named: tuple[int, ...]) -> list[int]:
    """The right lines among those that are named."""
    return [n for n in named if n != mutant.line and n not in mutant.beside]


def main(number: str = "6", part: str = "", seed: str = "0") -> None:
    counts: Counter[str] = Counter()
    for outsider in outsiders():
        if part not in outsider.name:
            continue
        for mutant, named in counting(outsider.source, outsider.told["call"], int(number), int(seed)):
            accused = accused_by(mutant, named)
            counts["mutants"] += 1
            counts["the line is named"] += len(named) > len(accused)
            counts["right lines accused"] += bool(accused)
            if accused or not named:
                what = "ACCUSED" if accused else "not told"
                print(
                    f"{what:8} {outsider.name}:{mutant.line} {mutant.kind}: {mutant.text[:90]}: {accused}", flush=True
                )
    for what, count in counts.items():
        print(f"{count:5} {what}")


if __name__ == "__main__":
    main(*sys.argv[1:])
