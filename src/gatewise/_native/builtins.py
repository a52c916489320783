"""Loops as builtins of Python, on one thread or several."""

from __future__ import annotations

import contextvars
import ctypes
import itertools
import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from gatewise._native.llvm import Library, Unavailable, library, machine
from gatewise._native.loop import WIDE, Flagged, Loop, heard
from gatewise._program import Program

THREADS = "GATEWISE_NUM_THREADS"
#: What a loop calls.
NEEDS = (
    *("PyLong_AsSsize_t", "PyLong_FromLong", "PyFloat_FromDouble", "PyTuple_Pack", "PyObject_CallOneArg"),
    *("PyTuple_GetItem", "PyType_GenericAlloc", "PyObject_Vectorcall"),
    *("PyEval_SaveThread", "PyEval_RestoreThread", "Py_IncRef", "Py_DecRef", "_Py_NoneStruct"),
    *("feclearexcept", "fetestexcept"),
)


class Definition(ctypes.Structure):
    """Python's own PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("how", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


FASTCALL = 0x80
KEPT: list[tuple[Library, Definition]] = []  #: machine code is never unloaded: a builtin may live as long as it likes


def header() -> int:
    """The bytes with which an object begins, after which an array has its address. Raises `Unavailable`."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise Unavailable("this Python keeps its objects in another way")
    size = object.__basicsize__
    probe = np.zeros(3)
    if ctypes.c_void_p.from_address(id(probe) + size).value != probe.ctypes.data:
        raise Unavailable(f"NumPy {np.__version__} keeps its arrays in another way")
    return size


def address(name: str) -> int:
    """Where a function of Python's or of C's is. Raises `Unavailable`."""
    if name == "_Py_NoneStruct":
        return id(None)
    for place in (ctypes.pythonapi, *([ctypes.CDLL("ucrtbase")] if sys.platform == "win32" else [])):
        if hasattr(place, name):
            return ctypes.cast(getattr(place, name), ctypes.c_void_p).value or 0
    raise Unavailable(f"this Python does not show {name}")


def builtin_of(loop: Loop) -> Callable[..., Any]:
    """A loop as a builtin: of what it reads, the arrays that it fills, from and to; it returns its sums.

    Raises `Unavailable` here, and `Flagged` when called.
    """
    machine()
    from gatewise._native.loops import text_of

    return made(text_of(loop, header()), heard)


def builtin_of_floats(program: Program, returned: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    """A program of floats as a builtin; what is inf, nan, no float or read otherwise is a call of `slow`.

    `returned` is made of tuples and `Leaf`s. Raises `Unavailable`.
    """
    machine()
    from gatewise._native.numbers import text_of

    size = header()
    probe = np.float64(0.1)
    if np.float64.__basicsize__ != size + 8 or ctypes.c_double.from_address(id(probe) + size).value != 0.1:
        raise Unavailable(f"NumPy {np.__version__} keeps its numbers in another way")
    return made(text_of(program, returned, size), (slow, float, np.float64))


def made(text: str, mine: Any) -> Callable[..., Any]:
    """The function `call` of a module as a builtin, whose self is `mine`."""
    binding = machine().binding
    for name in NEEDS:
        binding.add_symbol(name, address(name))
    compiled = library(text, ["call"])
    definition = Definition(b"native", compiled.addresses["call"], FASTCALL, None)
    KEPT.append((compiled, definition))
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    found: Callable[..., Any] = new(ctypes.addressof(definition), mine, None)
    return found


# ------------------------------------------------------------------------------------------------------------- threads


def threads() -> int:
    """How many threads a wide loop has: GATEWISE_NUM_THREADS, or the processors that this process may use."""
    told = os.environ.get(THREADS, "")
    if told.isdecimal() and int(told):
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """Threads that wait for parts of a loop; made when first asked for, and anew in a forked process."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        self.lock = threading.Lock()
        self.pools: dict[int, ThreadPoolExecutor] = {}

    def of(self, count: int) -> ThreadPoolExecutor:
        with self.lock:
            if count not in self.pools:
                self.pools[count] = ThreadPoolExecutor(count, "gatewise")
            return self.pools[count]


POOL = Pool()


def shared(loop: Loop, builtin: Callable[..., Any]) -> Callable[..., Any]:
    """The builtin of a wide loop, its rows shared among threads, each in a copy of the caller's context."""
    if loop.rows * loop.columns < WIDE or loop.rows < 2:
        return builtin
    several = len(loop.sums) > 1

    def run(*given: Any) -> Any:
        *arrays, start, end = given
        count = min(threads(), end - start)
        if count < 2:
            return builtin(*given)
        cuts = [start + (end - start) * k // count for k in range(count + 1)]
        parts = [
            POOL.of(count - 1).submit(contextvars.copy_context().run, builtin, *arrays, *cut)
            for cut in itertools.pairwise(cuts[1:])
        ]
        try:
            found = [builtin(*arrays, cuts[0], cuts[1])]
        finally:  # what they write into is the caller's again once this is left
            errors = [each.exception() for each in parts]
        if any(errors):
            raise Flagged
        found += [each.result() for each in parts]
        if several:
            return tuple(map(sum, zip(*found, strict=True)))
        return sum(found) if loop.sums else None

    return run
