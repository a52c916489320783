"""Python's collector of cycles rests while a program is made.

Of 100,000 operations it would go through all again and again, for half of the time, and find none.
"""

from __future__ import annotations

import gc
import os
import threading


class Resting:
    """The collector rests while any thread is inside; for use with `with`. Where it was off before, it stays so."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside, self.was_on = 0, False

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.was_on = gc.isenabled()
                gc.disable()
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside and self.was_on:
                gc.enable()

    def alone(self) -> None:
        """In a forked child the other threads are gone, and nobody else would let the collector go on."""
        self.lock = threading.Lock()
        if self.inside and self.was_on:
            gc.enable()


resting = Resting()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=resting.alone)
