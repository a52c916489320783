"""How many kinds of the same thing the house has: `python tools/house.py [FOLDER ...]` prints a table.

A folder is a checkout (with src/gatewise in it); without one it is this. Several stand beside each other, so that a
change is seen: `git worktree add ../before COMMIT; python tools/house.py ../before .`
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = (".py", ".js", ".css")

#: Ways to say "this gate on these operands" beside Python's `ast`: classes of these names, in the rooms that may.
EXPRESSIONS = ("Expr", "Node", "Pattern", "Symbol")
WITH_EXPRESSIONS = {"_circuit", "_gates", "_language", "_source"}

#: Run in the checkout: what is measured while it runs. Prints the numbers, the ways through the house last: for each
#: how many rooms it enters, and how many calls lead from one room into another that had been left before.
RUNNING = """
import contextlib, io, sys, numpy as np
import gatewise as gw
from gatewise._cli.commands import status_of
files, last, moves = set(), None, 0
def moved(frame, event, argument):
    global last, moves
    name = frame.f_code.co_filename
    if event == "call" and "/gatewise/" in name and name != last:
        moves += last is not None
        last = name
def f(x, y):
    q = x * y
    return q + x
def printed():
    board = gw.circuit(f, 2.0, 3.0)
    return board.code() if hasattr(type(board), "code") else board.staged()
printed()
sys.setprofile(moved)
printed()
sys.setprofile(None)
deepest = 0
def deep(frame, event, argument):
    global deepest
    if event == "call":
        depth = 0
        while frame is not None:
            depth += "/gatewise/" in frame.f_code.co_filename
            frame = frame.f_back
        deepest = max(deepest, depth)
def g(W, x):
    return np.sum(np.maximum(W @ x, 0.0))
def dg(W, x):
    h = W @ x
    return np.outer(1.0 * (h > 0), x), W.T @ (h > 0)
W, x = np.random.default_rng(0).normal(size=(3, 4)), np.ones(4)
gw.check(g, W, x, gradient=dg)  # imports are no calls of the check
sys.setprofile(deep)
gw.check(g, W, x, gradient=dg)
sys.setprofile(None)
def room(frame):
    name = frame.f_code.co_filename
    return name.split("/gatewise/")[1].split("/")[0].removesuffix(".py") if "/gatewise/" in name else None
def way(run):
    left, returns, here = set(), set(), None
    def entered(frame, event, argument):
        nonlocal here
        if event != "call" or (there := room(frame)) is None or there == here:
            return
        caller = frame.f_back
        while caller is not None and room(caller) is None:
            caller = caller.f_back
        if there in left and caller is not None and room(caller) != there:
            returns.add((caller.f_code, frame.f_code))
        left.add(here)
        here = there
    run()
    sys.setprofile(entered)
    run()
    sys.setprofile(None)
    return len(left - {None} | {here}), len(returns)
with contextlib.redirect_stdout(io.StringIO()):
    ways = [way(printed), way(lambda: gw.circuit(f, 2.0, 3.0).to_json()), way(lambda: status_of(SHOWN))]
print(moves, deepest, *(number for pair in ways for number in pair))
"""
SHOWN = ["show", "q = x * y; f = q + x", "x=2", "y=3"]
WAYS = ("of f to its printed line", "of f to its record", "of the words of gatewise show")


def python_files(src: Path) -> list[Path]:
    return sorted(src.rglob("*.py"))


def trees(src: Path) -> Iterator[tuple[Path, ast.Module]]:
    for file in python_files(src):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def room(src: Path, file: Path) -> str:
    return file.relative_to(src).parts[0].removesuffix(".py")


def lines_by_room(src: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in sorted(src.rglob("*")):
        if file.suffix in WRITTEN:
            counts[room(src, file)] += len(file.read_text(encoding="utf-8").splitlines())
    return counts


def expression_types(src: Path) -> int:
    found = {
        (room(src, file), node.name)
        for file, tree in trees(src)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name in EXPRESSIONS and room(src, file) in WITH_EXPRESSIONS
    }
    return len(found) + (src / "_views" / "formulas.py").exists()  # where that was, it told gates from their text


def run_in(src: Path, code: str) -> list[str]:
    """The words that a program prints which is run with this gatewise."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "running.py"  # functions are recorded from their source
        file.write_text(code, encoding="utf-8")
        command, paths = [sys.executable, str(file)], {"PYTHONPATH": str(src.parent)}
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=paths).stdout.split()


def gate_names(src: Path) -> set[str]:
    return set(run_in(src, "from gatewise._gates import NAMES; print(*NAMES)"))


def docstrings(tree: ast.Module) -> set[int]:
    holders = (ast.Module, ast.FunctionDef, ast.ClassDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }


def mentions_of_gates(src: Path) -> int:
    names, found = gate_names(src), 0
    for file, tree in trees(src):
        if room(src, file) not in {"_gates", "nn", "optim", "data", "train"}:
            told = docstrings(tree)
            found += sum(
                isinstance(n, ast.Constant) and n.value in names and id(n) not in told
                for n in ast.walk(tree)
                if isinstance(n, ast.Constant) and isinstance(n.value, str)
            )
    return found


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def names_in_three_files(src: Path) -> list[str]:
    where: dict[str, set[Path]] = defaultdict(set)
    for file, tree in trees(src):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                where[node.name].add(file)
    return sorted(name for name, files in where.items() if len(files) >= 3)


def places_that_parse(src: Path) -> int:
    """Calls that make a tree of text, in the rooms whose text gatewise has printed itself."""
    found = 0
    for file, tree in trees(src):
        if room(src, file) in {"_source", "_views", "_record", "_transforms"}:
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    called = ast.unparse(node.func)
                    found += called in {"ast.parse", "_syntax.module", "_syntax.expression"}
    return found


def anys(src: Path) -> int:
    found = 0
    for _, tree in trees(src):
        for node in functions(tree):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            every += [a for a in (node.args.vararg, node.args.kwarg) if a]
            notes = [a.annotation for a in every if a.annotation] + ([node.returns] if node.returns else [])
            found += sum(isinstance(n, ast.Name) and n.id == "Any" for note in notes for n in ast.walk(note))
    return found


def ignores(src: Path) -> int:
    return sum(file.read_text(encoding="utf-8").count("type: ignore") for file in python_files(src))


def long_functions(src: Path) -> list[str]:
    return [
        f"{file.relative_to(src)}:{node.name}"
        for file, tree in trees(src)
        for node in functions(tree)
        if (node.end_lineno or 0) - node.lineno + 1 > 40
    ]


def long_files(src: Path) -> list[str]:
    files = [f for f in sorted(src.rglob("*")) if f.suffix in WRITTEN]
    return [str(f.relative_to(src)) for f in files if len(f.read_text(encoding="utf-8").splitlines()) > 400]


class Nameless(ast.NodeTransformer):
    """A function without what it calls things: two of the same shape are equal."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("_", node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg("_")


def twins(src: Path) -> int:
    """Pairs of functions of four statements' lines and more that differ in names alone."""
    shapes: Counter[str] = Counter()
    for _, tree in trees(src):
        for node in functions(tree):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if len(ast.unparse(body).splitlines()) >= 4:
                shapes[ast.dump(Nameless().visit(ast.Module(body, [])))] += 1
    return sum(n * (n - 1) // 2 for n in shapes.values())


def past_faces(src: Path) -> list[str]:
    """Imports of a file of another room, past the names that the room itself gives: `file: module`."""
    found = []
    for file, tree in trees(src):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gatewise."):
                _, there, *inside = (node.module or "").split(".")
                if inside and there != room(src, file) and file != src / "__init__.py":
                    found.append(f"{file.relative_to(src).as_posix()}: {'.'.join([there, *inside])}")
    return sorted(set(found))


def while_running(src: Path) -> tuple[int, int, dict[str, int]]:
    """Moves between files, depth, and for each way through the house the rooms on it and the returns to a room left."""
    moves, depth, *counts = map(int, run_in(src, RUNNING.replace("SHOWN", repr(SHOWN))))
    ways = {f"rooms on the way {way}": n for way, n in zip(WAYS, counts[::2], strict=True)}
    ways |= {f"returns on the way {way}": n for way, n in zip(WAYS, counts[1::2], strict=True)}
    return moves, depth, ways


def measured(folder: Path) -> dict[str, int]:
    src = folder / "src" / "gatewise"
    moves, depth, ways = while_running(src)
    rooms = lines_by_room(src)
    return {
        **{f"lines of {name}": count for name, count in sorted(rooms.items()) if count >= 100},
        "lines in all": sum(rooms.values()),
        "expression types beside ast": expression_types(src),
        "places that parse printed text": places_that_parse(src),
        "mentions of gates by name outside _gates": mentions_of_gates(src),
        "names defined in three files or more": len(names_in_three_files(src)),
        "functions over 40 lines": len(long_functions(src)),
        "files over 400 lines": len(long_files(src)),
        "Any in signatures": anys(src),
        "type: ignore": ignores(src),
        "moves between files to print two gates": moves,
        "depth of check": depth,
        "pairs of functions that differ in names alone": twins(src),
        "imports past a room's face": len(past_faces(src)),
        **ways,
    }


def main(*folders: str) -> None:
    tables = [measured(Path(folder).resolve()) for folder in folders or [str(ROOT)]]
    for row in dict.fromkeys(row for table in tables for row in table):
        print(f"{row:60}" + "".join(f"{table.get(row, 0):10,}" for table in tables))


if __name__ == "__main__":
    main(*sys.argv[1:])
