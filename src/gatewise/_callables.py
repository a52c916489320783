"""What is behind a callable: the user's function below its decorators, what it is made of, what it sees around it."""

from __future__ import annotations

import functools
import types
from typing import Any

from gatewise._types import Function, Namespace


def unwrapped(f: object) -> Any:
    """What is below the decorators of a function, as they say themselves."""
    seen: set[int] = set()
    while id(f) not in seen:
        seen.add(id(f))
        f = wrapped_by(f)
    return f


def wrapped_by(f: object) -> Any:
    """What one decorator wraps; itself where it is none. An object may have an answer to every question: not asked."""
    own = getattr(f, "__dict__", None)
    return own.get("__wrapped__", f) if type(own) is dict else f


def function_behind(f: object) -> Any:
    """What is called in the end where a method, a partial function or a decorated one is."""
    seen: set[int] = set()
    while id(f) not in seen:
        seen.add(id(f))
        if isinstance(f, types.MethodType):
            f = f.__func__
        elif isinstance(f, functools.partial):
            f = f.func
        else:
            f = wrapped_by(f)
    return f


def code_of(f: Function) -> types.CodeType | None:
    """The code that runs where f is called; None for built-in callables."""
    f = function_behind(f)
    if not isinstance(getattr(f, "__code__", None), types.CodeType):  # an object that is called, perhaps a class
        f = function_behind(type(f).__call__)
    return getattr(f, "__code__", None)


def parts_behind(f: object) -> tuple[Any, ...]:
    """What a callable is put together of: a partial function, a method, what a class holds as one, a decorated one."""
    if isinstance(f, functools.partial):
        return f.func, *f.args, *f.keywords.values()
    if isinstance(f, types.MethodType):
        return f.__func__, f.__self__
    if isinstance(f, (staticmethod, classmethod)):
        return (f.__func__,)
    if isinstance(f, property):
        return tuple(each for each in (f.fget, f.fset, f.fdel) if each is not None)
    if isinstance(f, functools.cached_property):
        return (f.func,)
    inner = wrapped_by(f)
    return () if inner is f else (inner,)


EMPTY = types.CellType()


def enclosed(f: types.FunctionType) -> Namespace:
    """What the closure of a function holds, by name; what is not there yet has none."""
    cells = zip(f.__code__.co_freevars, f.__closure__ or (), strict=False)
    return {name: cell.cell_contents for name, cell in cells if cell != EMPTY}


def held_around(f: types.FunctionType) -> list[Any]:
    """The same without the names: it is asked before every derivative."""
    return [cell.cell_contents for cell in f.__closure__ or () if cell != EMPTY]


def names_around(f: Function) -> Namespace:
    """The names that the code of f sees around it: globals, and what its closure holds."""
    f = function_behind(f)
    return {**f.__globals__, **enclosed(f)} if isinstance(f, types.FunctionType) else {}
