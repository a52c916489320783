"""Functions in Python files and notebooks, which are run to find them."""

from __future__ import annotations

import contextlib
import importlib.util
import linecache
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.abc import Loader
from pathlib import Path
from types import ModuleType
from typing import Any

from gatewise._advice import advised
from gatewise._board.cells import counted_as_imported, notebook_run
from gatewise._board.projects import imports_from_above
from gatewise._errors import GatewiseError, ScriptError, UnknownFunctionError
from gatewise._recording import Package, is_notebook, package_of
from gatewise._recording.reading import text_in
from gatewise._types import Function

FILE = re.compile(r"(?P<path>.*\.(?:py|ipynb(?:#\d+)?))(?::(?P<function>\w+(?:\.\w+)?))?")


@contextlib.contextmanager
def in_folder_of(path: str) -> Iterator[None]:
    """The folder of a file first on Python's path while it runs, as Python itself has it: its neighbours are found.

    Of a file in a package the folder of that is there too; the package is imported anew, and forgotten after. What is
    found nowhere else is looked for in the folders above.
    """
    before, package = list(sys.path), package_of(path)
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    if package is not None:
        sys.path.insert(1, package.above)
    try:
        with imports_from_above(path), forgotten(package.top) if package is not None else contextlib.nullcontext():
            yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def forgotten(package: str) -> Iterator[None]:
    """The modules of a package, and whatever else was imported under its name, as they were before."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == package}
    for name in before:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
        sys.modules.update(before)


@contextlib.contextmanager
def module_in_file(path: str) -> Iterator[ModuleType]:
    """The module of a Python file or a notebook, which is run, and counts as imported as long as this lasts.

    What stopped in a cell of a notebook is a warning: the cells around it were run.
    """
    if is_notebook(path):
        with notebook_run(path) as ran:
            for stop in ran.stops:
                warnings.warn(f"{stop}; the other cells were run", stacklevel=2)
            yield ran.module
        return
    if not Path(path).is_file():
        raise ScriptError(f"{path} cannot be read.", "there is no such file.", "give the path of a Python file.")
    text_in(path)  # says what is wrong with its encoding, where something is
    package = package_of(path)
    if package is not None and (found := imported_by_its_package(package, path)) is not None:
        yield found
        return
    spec = importlib.util.spec_from_file_location(package.module if package else Path(path).stem, path)
    assert spec is not None
    assert spec.loader is not None  # as for every path that ends in .py
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache(path)
    with counted_as_imported(module):
        run_file(spec.loader, module, path)
        yield module


def imported_by_its_package(package: Package, path: str) -> ModuleType | None:
    """The module of a file that its package imports itself, as `from .layers import *` in its `__init__.py` does.

    Raises `UserCodeError` for what the package raises.
    """
    linecache.checkcache(path)
    try:
        importlib.import_module(package.name)
    except GatewiseError:
        raise
    except Exception as error:
        raise advised(error, path) from error
    found = sys.modules.get(package.module)
    return found if found is not None and os.path.samefile(getattr(found, "__file__", None) or "/", path) else None


@contextlib.contextmanager
def function_in_file(path: str, name: str) -> Iterator[Function]:
    """The function `name` of a Python file, which is run, and which counts as imported as long as this lasts."""
    with module_in_file(path) as module:
        yield function_of(module, name, path)


def run_file(loader: Loader, module: ModuleType, path: str) -> None:
    """Run a module's file. Raises `UserCodeError` for what it raises."""
    try:
        loader.exec_module(module)
    except GatewiseError:
        raise
    except Exception as error:
        raise advised(error, path) from error


def function_of(module: ModuleType, name: str, path: str) -> Function:
    """The function `name` of a module. Raises `UnknownFunctionError`."""
    found = getattr(module, name, None)
    if not callable(found):
        known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise UnknownFunctionError(name, known, path)
    function: Callable[..., Any] = found
    return function
