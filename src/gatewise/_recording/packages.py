"""The package that a Python file belongs to, told by the folders around it and by its own relative imports."""

from __future__ import annotations

import ast
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gatewise._errors import ScriptError
from gatewise._recording.notebooks import JUPYTERS, is_notebook
from gatewise._recording.reading import text_in, tree_of


@dataclass(frozen=True)
class Package:
    """The package of a file: the folder it is found in, and the file's name as a module of it."""

    above: str
    module: str

    @property
    def name(self) -> str:
        """The package that relative imports start from."""
        return self.module.rpartition(".")[0]

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def package_of(path: str) -> Package | None:
    """The package of a file that has relative imports; None for one that is run by itself.

    Folders with an `__init__.py` are packages, and so is one that a relative import goes up to.
    """
    depth, folders = levels_in(path), Path(os.path.realpath(path)).parents
    if not 0 < depth < len(folders):
        return None
    while (folders[depth] / "__init__.py").is_file() and depth + 1 < len(folders):
        depth += 1
    names = [folder.name for folder in folders[:depth]][::-1]
    return Package(str(folders[depth]), ".".join([*names, Path(path).stem]))


def found_beside(path: str) -> dict[str, object]:
    """What a file finds beside the usual names because of what it is: Jupyter's in a notebook, its package's."""
    package = package_of(path)
    told: dict[str, object] = {"__package__": package.name} if package is not None else {}
    return told | JUPYTERS if is_notebook(path) else told


def script_names(path: str) -> dict[str, object]:
    """The names a script finds when it starts; `np` and `math` are there as in the notes."""
    return {"np": np, "math": math, "__name__": "__main__", "__file__": path, **found_beside(path)}


def levels_in(path: str) -> int:
    """How many folders up the relative imports of a file go: 1 for `from .layers import f`, 0 without one."""
    try:
        tree = tree_of(path, text_in(path))
    except ScriptError:
        return 0
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)
