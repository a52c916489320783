"""How much a function has to do, by the lines that it runs: the same on every machine, however busy."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

import numpy as np

Tracer = Callable[[FrameType, str, Any], Any]
LIBRARIES = tuple(os.path.dirname(each) + os.sep for each in (os.path.dirname(__file__), str(np.__file__)))


class SpentError(BaseException):
    """More lines were run than there were to spend: no `except Exception` of the user's is to stop it."""


class LineCount:
    """Counts the lines of Python that are run, those of gatewise and NumPy left out, up to `most`."""

    def __init__(self, most: int) -> None:
        self.most, self.lines = most, 0

    @contextmanager
    def counted(self, beside: int = 0) -> Iterator[None]:
        """Count what runs within; `beside` is added for it. Raises `SpentError` where it is more than is left."""
        self.lines += beside
        before = sys.gettrace()
        sys.settrace(self.called)
        try:
            yield
        finally:
            sys.settrace(before)

    def called(self, frame: FrameType, _: str, __: Any) -> Tracer | None:
        return None if is_library(frame.f_code.co_filename) else self.ran

    def ran(self, _: FrameType, event: str, __: Any) -> Tracer:
        if event == "line":
            self.lines += 1
            if self.lines > self.most:
                raise SpentError
        return self.ran


@cache
def is_library(filename: str) -> bool:
    return filename.startswith((*LIBRARIES, "<frozen"))
