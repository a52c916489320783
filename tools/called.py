"""What of NumPy public code calls, and what answers it: python -m tools.called FOLDER [FILES].

FOLDER holds one folder a code base. FILES files (200) with five calls of NumPy or more are taken from them in turn,
drawn at random with a fixed seed; tests and plots are left out. Each call `np.name(...)` counts once, whatever the file
calls NumPy. How it is answered: by a gate, by gates put together, by an assignment, by its value (as by `gatewise gates
--coverage`); *as NumPy* where no gradient can be lost: what takes no array, or makes one that gatewise follows
(`np.zeros`, `np.array`, `np.random.randn`, `np.float64`, `np.errstate`). Names that this NumPy does not have are
counted apart. The last lines name what is not answered.
"""

from __future__ import annotations

import ast
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

import gatewise.numpy as twin
from gatewise._cli.coverage import answered_by

FILES = 200
LEAST = 5  # calls of NumPy in a file that counts
SHOWN = 60  # names in the table

# Functions in plain Python that ask about types, set how numbers are printed, or make tables of numbers.
PLAIN = {
    *("np.isscalar", "np.issubdtype", "np.iterable", "np.set_printoptions", "np.seterr", "np.geterr", "np.indices"),
    *("np.polynomial.legendre.leggauss", "np.polynomial.laguerre.laggauss", "np.isfortran"),
}

GONE = "not in this NumPy"
ASIDE = "as NumPy"
NOTHING = "nothing"


def names_of_numpy(tree: ast.AST) -> dict[str, str]:
    """What the file calls NumPy and its parts, with the path of each."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "numpy" or (alias.name.startswith("numpy.") and alias.asname):
                    names[alias.asname or "numpy"] = alias.name
                elif alias.name.startswith("numpy."):
                    names["numpy"] = "numpy"
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "numpy":
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def path_of(node: ast.expr) -> str:
    """`a.b.c` as text; empty for anything else."""
    if isinstance(node, ast.Attribute):
        before = path_of(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[str]:
    names = names_of_numpy(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = path_of(node.func).partition(".")
            if first in names:
                yield names[first].replace("numpy", "np", 1) + dot + rest


def files_of(folder: Path) -> list[Counter[str]]:
    """The calls of each of its files that counts, in a drawn order."""
    counted = []
    for file in sorted(folder.rglob("*.py")):
        if not any("test" in part.lower() or "plot" in part.lower() for part in file.relative_to(folder).parts):
            try:
                found = Counter(calls(ast.parse(file.read_text(errors="ignore"))))
            except (SyntaxError, ValueError):
                continue  # Python 2, or no Python
            if found.total() >= LEAST:
                counted.append(found)
    random.Random(0).shuffle(counted)
    return counted


def drawn(folder: Path, files: int) -> list[Counter[str]]:
    """One file of each code base in turn, until there are enough."""
    bases = [files_of(base) for base in sorted(folder.iterdir()) if base.is_dir()]
    taken: list[Counter[str]] = []
    while len(taken) < files and any(bases):
        taken += [base.pop() for base in bases if base][: files - len(taken)]
    return taken


def looked_up(path: str) -> Any:
    """What the path names in this NumPy; None where it names nothing."""
    found: Any = np
    for name in path.split(".")[1:]:
        found = getattr(found, name, None)
    return found


def answer(path: str) -> str:
    """How a call of it on a Tensor is answered."""
    function = looked_up(path)
    if function is None:
        return GONE
    holder = looked_up(path.rpartition(".")[0])
    asked = holder if isinstance(holder, np.ufunc) else function  # np.add of np.add.at
    return answered_by(asked) or (ASIDE if is_aside(path, asked) else NOTHING)


def is_aside(path: str, function: Any) -> bool:
    """Types, generators of numbers, and the builtins that NumPy never hands over: they take no array, or make one.

    Functions in plain Python that NumPy does not hand over either are known where they have a twin, or stand above.
    """
    if hasattr(function, "_implementation") or isinstance(function, np.ufunc):
        return False  # handed over, and nothing answers
    own = vars(twin).get(path.removeprefix("np."), function) is not function
    return own or path in PLAIN or not isinstance(function, FunctionType)


def table(taken: list[Counter[str]]) -> str:
    called = sum(taken, Counter[str]())
    held = Counter(name for file in taken for name in file)
    by = {name: answer(name) for name in called}
    kinds = Counter[str]()
    for name, count in called.items():
        kinds[by[name]] += count
    known = called.total() - kinds[GONE]
    lines = [f"{called.total()} calls of {len(called)} names of NumPy's in {len(taken)} files; answered: "]
    lines[0] += f"{known - kinds[NOTHING]} of the {known} that this NumPy has ({(known - kinds[NOTHING]) / known:.1%})"
    lines += ["", "| called | files | name | answered by |", "| ---: | ---: | --- | --- |"]
    lines += [f"| {count} | {held[name]} | `{name}` | {by[name]} |" for name, count in called.most_common(SHOWN)]
    lines += ["", "; ".join(f"{kind} {count}" for kind, count in kinds.most_common())]
    lines += [f"{kind}: " + ", ".join(f"{n} ({called[n]})" for n in by if by[n] == kind) for kind in (NOTHING, GONE)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(drawn(Path(sys.argv[1]), int((sys.argv[2:] or [FILES])[0]))))
