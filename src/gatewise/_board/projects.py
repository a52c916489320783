"""What a file imports by the name of a folder or file above it: `from common.functions import *` in `common/layers.py`.

Such code is run from the folder of its project, which Python has on its path then. Here it is named by its path from
anywhere, so a name that nothing else answers is looked for in the folders above the file.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

HIGHEST = 5  #: folders above a file that are looked in, at most
ROOTS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "README.md")  #: of a project


class FolderFinder:
    """Finds modules by their top names in some folders, where no other finder does; `found` has their names.

    Other folders of the same name without an `__init__.py`, as a checkout that is called like its package, come after.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders
        self.found: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None:  # a module of a package, which has been found
            return None
        for folder in self.folders:
            if (folder / f"{name}.py").is_file() or any((folder / name).glob("*.py")):
                if self.is_answered(name):
                    return None
                self.found.add(name)
                return PathFinder.find_spec(name, [str(folder), *sys.path])
        return None

    def is_answered(self, name: str) -> bool:
        """Whether another finder has a module of this name, which is more than folders without an `__init__.py`."""
        specs = (finder.find_spec(name, None) for finder in sys.meta_path if finder is not self)
        return any(spec is not None and (spec.has_location or spec.origin is not None) for spec in specs)


def folders_above(file: Path) -> list[Path]:
    """The folders of a file's project above its own, up to its root; never home, nor what everybody may write in."""
    found: list[Path] = []
    for folder in [*file.parents][1 : HIGHEST + 1]:
        if folder == folder.parent or folder == Path.home() or folder.stat().st_mode & stat.S_IWOTH:
            break
        found.append(folder)
        if any((folder / name).exists() for name in ROOTS):
            break
    return found


@contextlib.contextmanager
def imports_from_above(path: str) -> Iterator[None]:
    """Names that nothing else answers are found above a file as long as this lasts, and forgotten after."""
    finder = FolderFinder(folders_above(Path(os.path.realpath(path))))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in finder.found]:
            del sys.modules[name]
