"""Values on the way of a kernel, by name, beside the variables of the plain function that have these names."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import numpy as np

from gatewise._callables import code_of
from gatewise._check.guests import plain_of
from gatewise._check.returned import returned_names, statements_of
from gatewise._errors import ArgumentError
from gatewise._types import Function, Namespace

OUTPUTS = ("out", "output", "value", "y", "loss")  #: what the value itself may be called among stages


class Stages:
    """The stages that a kernel gives beside its value: in a dict, or in the cache of its backward half."""

    def __init__(self, like: Function, is_cache: bool) -> None:
        self.code, self.like, self.is_cache = code_of(like), like, is_cache
        self.names = variables_of(self.code)
        self.given: Namespace | None = None  #: what the first run gave

    def beside(self, kernel: Function) -> Function:
        """The kernel without its stages, which are kept."""

        @functools.wraps(kernel)
        def run(*args: Any, **kwargs: Any) -> Any:
            return self.split(kernel(*args, **kwargs))

        return run

    def split(self, found: Any) -> Any:
        """What a kernel gave, without its stages. Raises `ArgumentError` for one that is no variable of the other."""
        stages = found if isinstance(found, dict) else found[-1] if isinstance(found, tuple) and found else None
        if not isinstance(stages, dict) or not {*stages} & {*self.names}:
            return found
        if isinstance(found, dict):
            name = self.output_in(found)
            rest = found[name]
            stages = {key: x for key, x in found.items() if key != name}
        else:
            rest = found if self.is_cache else found[0] if len(found) == 2 else found[:-1]
        if not self.is_cache and (strangers := {*stages} - {*self.names}):
            raise ArgumentError(
                f"the stage {sorted(map(str, strangers))[0]!r} is no variable of {self.like.__name__}.",
                "a stage is held against the value that has its name there.",
                f"its variables are {', '.join(self.names)}.",
            )
        if self.given is None:
            self.given = {name: plain_of(stages[name]) for name in self.names if name in stages}
        return rest

    def output_in(self, found: Mapping[str, Any]) -> str:
        """Which of several values by name is the output: what the other function returns, or the last."""
        returned = returned_names(self.like)
        own = [name for name in (*returned[:1], *OUTPUTS) if isinstance(name, str) and name in found]
        return own[0] if own else [*found][-1]

    @contextmanager
    def values(self) -> Iterator[Namespace]:
        """The variables of the plain function as its last run leaves them."""
        found: Namespace = {}
        before = sys.getprofile()

        def seen(frame: FrameType, event: str, _: object) -> None:
            if event == "return" and frame.f_code is self.code:
                found.update({name: frame.f_locals[name] for name in self.names if name in frame.f_locals})

        sys.setprofile(seen)
        try:
            yield found
        finally:
            sys.setprofile(before)

    def line_of(self, name: str) -> str:
        """The line that makes a variable of the plain function, as it stands there."""
        made = [
            s for each in statements_of(self.like) for s in ast.walk(each) if isinstance(s, (ast.Assign, ast.AugAssign))
        ]
        own = [s for s in made if name in {n.id for n in ast.walk(s) if isinstance(n, ast.Name) and is_stored(n)}]
        return f"line {own[-1].lineno} of {self.like.__name__}: {ast.unparse(own[-1])}" if own else ""


def is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def variables_of(code: CodeType | None) -> tuple[str, ...]:
    """The variables of a function beside its arguments, in the order in which they are made."""
    return () if code is None else code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]


def stage_numbers(x: object) -> np.ndarray | None:
    """A stage as an array of numbers; None of what is none."""
    found = np.asarray(x)
    return found if found.dtype.kind in "fiub" else None
