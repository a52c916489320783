"""The bits that keep derivatives apart: who has lent which, and what each thread is doing."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gatewise._circuit.tape import Read, Step


class Lent(threading.local):
    """What this thread is doing: its recordings, and the derivatives that it has switched off."""

    recording = 0  # the bits of this thread's recordings
    closed = 0  # the bits that no_grad() has switched off
    on_step: Callable[..., Step] | None = None  # what the recording, if there is one, does with each of its steps
    on_read: Callable[[Read], None] | None = None


lent = Lent()


class Open:
    """The bits that are lent now, in all threads: a derivative may be taken in a thread that another one started."""

    derivatives = 1  # backward()'s bit is always lent
    recordings = 0
    lock = threading.Lock()


class Bit:
    """Lends a bit for one derivative or recording, above all that are lent: bits go by depth, and are used again.

    A `bit` of a recording that has ended may be given, to take that recording up again.
    """

    def __init__(self, recording: bool = False, bit: int | None = None) -> None:
        self.recording, self.given = recording, bit

    def __enter__(self) -> int:
        with Open.lock:
            lent_now = Open.derivatives | Open.recordings
            self.bit = 1 << lent_now.bit_length() if self.given is None else self.given
            self.added = self.bit & ~lent_now
            if self.recording:
                Open.recordings |= self.added
            else:
                Open.derivatives |= self.added
        self.before = lent.recording
        lent.recording |= self.bit if self.recording else 0
        return self.bit

    def __exit__(self, *_: object) -> None:
        lent.recording = self.before
        with Open.lock:
            Open.derivatives &= ~self.added
            Open.recordings &= ~self.added


def open_bits() -> int:
    """The derivatives that are being taken now; backward()'s bit is always among them."""
    return Open.derivatives
