"""Watching the lines of one function while it runs: the one place where gatewise does so.

Python 3.12 and later tell lines of one code object (`sys.monitoring`); before that there is only `sys.settrace`, whose
previous tracer is called on, and put back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

Line = Callable[[FrameType, int], None]  #: (frame, number of the line that is about to run)
Leave = Callable[[FrameType, Any], None]  #: (frame, what it returns)


@contextmanager
def watched(code: CodeType, line: Line, leave: Leave) -> Iterator[None]:
    """Call `line` before each line of `code` that runs, and `leave` where it returns; nothing else is watched."""
    with monitored(code, line, leave) if hasattr(sys, "monitoring") else traced(code, line, leave):
        yield


@contextmanager
def monitored(code: CodeType, line: Line, leave: Leave) -> Iterator[None]:
    """By `sys.monitoring`, with a tool number that nobody has; debuggers and coverage go on undisturbed."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    tool = next((n for n in range(5, -1, -1) if monitoring.get_tool(n) is None), None)
    if tool is None:
        with traced(code, line, leave):
            yield
        return

    def on_line(_: CodeType, number: int) -> None:
        line(sys._getframe(1), number)

    def on_return(_: CodeType, offset: int, value: Any) -> None:
        leave(sys._getframe(1), value)

    events = monitoring.events
    monitoring.use_tool_id(tool, "gatewise")
    try:
        monitoring.register_callback(tool, events.LINE, on_line)
        monitoring.register_callback(tool, events.PY_RETURN, on_return)
        monitoring.set_local_events(tool, code, events.LINE | events.PY_RETURN)
        yield
    finally:
        monitoring.set_local_events(tool, code, 0)
        monitoring.register_callback(tool, events.LINE, None)
        monitoring.register_callback(tool, events.PY_RETURN, None)
        monitoring.free_tool_id(tool)


@contextmanager
def traced(code: CodeType, line: Line, leave: Leave) -> Iterator[None]:
    """By `sys.settrace`; the tracer that was there sees everything it would have seen."""
    before = sys.gettrace()

    def trace(frame: FrameType, event: Any, arg: Any) -> Any:
        theirs = before(frame, event, arg) if before is not None else None
        if sys.gettrace() is not trace:
            sys.settrace(trace)  # a tracer written in C takes its place back when it is called
        return local(theirs) if frame.f_code is code else theirs

    def local(theirs: Any) -> Any:
        raised: list[bool] = [False]

        def inside(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal theirs
            if theirs is not None:
                theirs = theirs(frame, event, arg)
            if event == "line":
                raised[0] = False
                line(frame, frame.f_lineno)
            elif event == "exception":
                raised[0] = True
            elif event == "return" and not raised[0]:
                leave(frame, arg)
            return inside

        return inside

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
