"""Functions in Python files, which are run to find them."""

from __future__ import annotations

import contextlib
import importlib.util
import linecache
import os
import re
import sys
from collections.abc import Callable, Iterator
from importlib.abc import Loader
from pathlib import Path
from types import ModuleType
from typing import Any

from gatewise._advice import advised
from gatewise._errors import GatewiseError, ScriptError, UnknownFunctionError
from gatewise._recording.reading import text_in
from gatewise._types import Function

FILE = re.compile(r"(?P<path>.*\.py)(?::(?P<function>\w+))?")


@contextlib.contextmanager
def in_folder_of(path: str) -> Iterator[None]:
    """The folder of a file first on Python's path while it runs, as Python itself has it: its neighbours are found."""
    before = list(sys.path)
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def module_in_file(path: str) -> Iterator[ModuleType]:
    """The module of a Python file, which is run, and which counts as imported as long as this lasts."""
    if not Path(path).is_file():
        raise ScriptError(f"{path} cannot be read.", "there is no such file.", "give the path of a Python file.")
    text_in(path)  # says what is wrong with its encoding, where something is
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert spec is not None
    assert spec.loader is not None  # as for every path that ends in .py
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache(path)
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        run_file(spec.loader, module, path)
        yield module
    finally:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before


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
