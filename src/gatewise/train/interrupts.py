"""Ctrl-C while a network is trained: the step is finished first, and a file that is being written always."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_held() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C be asked for between steps; a second one stops at once. Other threads than the main one have none."""
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    with handled_by(note):
        yield lambda: asked


@contextmanager
def saved_whole() -> Iterator[None]:
    """Keep every Ctrl-C until what is inside is over; then it does what it would have done."""
    asked = 0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1

    with handled_by(note):
        yield
    for _ in range(min(asked, 2)):  # the handler that stands again tells a second one from the first
        signal.raise_signal(signal.SIGINT)


@contextmanager
def handled_by(note: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have Ctrl-C call a function, in the main thread; the handler before stands again afterwards.

    Where it is ignored, as in a shell's background, it stays so.
    """
    elsewhere = threading.current_thread() is not threading.main_thread()
    if elsewhere or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: set by no Python code
