"""The bits that keep derivatives apart: who has lent which, what each thread is doing, and what no_grad() closed."""

from __future__ import annotations

import atexit
import gc
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from gatewise._circuit.tape import Read
from gatewise._gates import Expr


class Lent(threading.local):
    """What this thread is doing: the recordings and derivatives that it has begun."""

    recording = 0  # the bits of this thread's recordings
    innermost = 0  # the bit of the recording that began last
    taking = 0  # the bits of this thread's derivatives
    on_step: Callable[..., Expr] | None = None  # what the recording, if there is one, does with each of its steps
    on_read: Callable[[Read], None] | None = None
    on_detach: Callable[[Any], None] | None = None
    recomputing: Any = None  # what the derivative that is being taken, if it keeps few of its values, does with steps


lent = Lent()


class Block:
    """One `with no_grad():` that is open, and the derivatives it switched off: none any more once it has ended."""

    __slots__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits = bits


#: The blocks that are open around the code that runs now. A generator runs in its caller's context and two of them
#: may end in any order, so each block takes out itself; an asyncio task has a context of its own.
CLOSED: ContextVar[tuple[Block, ...]] = ContextVar("CLOSED", default=())


def closed_bits() -> int:
    """The derivatives that no_grad() has switched off here."""
    bits = 0
    for block in CLOSED.get():
        bits |= block.bits
    return bits


BACKWARD = 1  #: backward()'s bit


class Lenders:
    """The bits that are lent now, in all threads: a derivative may be taken in a thread that another one started."""

    def __init__(self) -> None:
        self.derivatives = BACKWARD  # is always lent
        self.recordings = 0
        self.young = 0  # how many new objects the garbage collector waited for, where it waits for more now
        self.last = BACKWARD  # the bit that was lent last
        self.recorders: list[int] = []  # the recordings that listen, one that was taken up again among them
        self.keepers: list[int] = []  # the derivatives that keep few of their values
        self.blocks: list[Block] = []  # no_grad() in all threads
        self.lock = threading.RLock()  # a generator's no_grad() may be ended by the garbage collector, at any moment
        self.attend: Callable[[int, int], None] = lambda attention, over: None  # what `settle` tells


Open = Lenders()


def settle() -> None:
    """Tell the carrier which wires take the general path, and which bits nobody has lent; with the lock held."""
    attention = -1 if Open.blocks else ~Open.derivatives
    for bit in (*Open.recorders, *Open.keepers):
        attention |= bit
    Open.attend(attention, ~(Open.derivatives | Open.recordings))


#: How many new objects there are before Python looks for cycles, while much is recorded: a tape has none, and to go
#: through it every 700 objects takes a third of the time of a long loop.
YOUNG = 20_000


def look_for_cycles_rarely(phase: str, collection: dict[str, int]) -> None:
    """Told by the garbage collector: where it comes for the second time to what a derivative records, let it wait."""
    if phase != "start" or not collection["generation"] or Open.young:
        return
    young, *older = gc.get_threshold()
    if young < YOUNG and Open.derivatives | Open.recordings != BACKWARD:
        Open.young = young
        gc.set_threshold(YOUNG, *older)


gc.callbacks.append(look_for_cycles_rarely)


@atexit.register
def leave_the_collector() -> None:
    """Before the names here are gone."""
    with suppress(ValueError):
        gc.callbacks.remove(look_for_cycles_rarely)


def look_for_cycles_as_before() -> None:
    """Undo that; what somebody else has set meanwhile stays."""
    young, *older = gc.get_threshold()
    if young == YOUNG:
        gc.set_threshold(Open.young, *older)
    Open.young = 0


class Bit:
    """Lends a bit for one derivative or recording: one that is free, so that bits come back.

    `around` are the bits lent when it began: the derivatives around it are among them, whatever thread began those.
    A `bit` of a recording that has ended may be given, to take that recording up again.
    """

    def __init__(self, recording: bool = False, bit: int | None = None) -> None:
        self.recording, self.given, self.over = recording, bit, False

    def __enter__(self) -> int:
        self.before = lent.recording, lent.innermost, lent.taking
        with Open.lock:
            self.around = Open.derivatives | Open.recordings
            self.bit = free_bit(self.around) if self.given is None else self.given
            self.added = self.bit & ~self.around
            if self.recording:
                Open.recordings |= self.added
                Open.recorders.append(self.bit)
                lent.recording, lent.innermost = lent.recording | self.bit, self.bit
            else:
                Open.derivatives |= self.added
                lent.taking |= self.bit
            settle()
        return self.bit

    def __exit__(self, *_: object) -> None:
        self.over = True
        lent.recording, lent.innermost, lent.taking = self.before
        with Open.lock:
            Open.derivatives &= ~self.added
            Open.recordings &= ~self.added
            if self.recording:
                Open.recorders.remove(self.bit)
            settle()
            if Open.young and Open.derivatives | Open.recordings == BACKWARD:
                look_for_cycles_as_before()

    @property
    def outer(self) -> int:
        """The derivatives around this one that are being taken now: those under no_grad() are not."""
        return self.around & ~closed_bits() if CLOSED.get() else self.around


class Attended:
    """Has the steps of one derivative go the general path, where they can be told to somebody; for use with `with`."""

    def __init__(self, bit: int) -> None:
        self.bit = bit

    def __enter__(self) -> None:
        with Open.lock:
            Open.keepers.append(self.bit)
            settle()

    def __exit__(self, *_: object) -> None:
        with Open.lock:
            with suppress(ValueError):  # another thread's, before a fork
                Open.keepers.remove(self.bit)
            settle()


def free_bit(taken: int) -> int:
    """The next bit that is not lent, in turn, so that a Tensor kept from an earlier derivative is known by its bit.

    Bits come back after `TURNS`: those below it are the ones Python computes with fastest. One that is switched off by
    a block, which may outlive the derivative it stands in, is passed over.
    """
    for block in Open.blocks:
        taken |= block.bits
    later = ~taken & -(Open.last << 1)
    found = later & -later
    if found >= TURNS:
        found = ~taken & (taken + 1)  # from the lowest again
    Open.last = found if found < TURNS else 1
    return found


TURNS = 1 << 30


def open_bits() -> int:
    """The derivatives that are being taken now; backward()'s bit is always among them."""
    return Open.derivatives


class no_grad:  # noqa: N801  (PyTorch's name)
    """Switch derivatives off: what is computed inside depends on nothing. For use with `with`.

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0)
    >>> with gw.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def __enter__(self) -> None:
        with Open.lock:
            block = Block(Open.derivatives)
            Open.blocks.append(block)
            settle()
        self.blocks.append(block)
        CLOSED.set((*CLOSED.get(), block))

    def __exit__(self, *_: object) -> None:
        around = CLOSED.get()
        block = next((b for b in reversed(self.blocks) if b in around), self.blocks[-1])
        self.blocks.remove(block)
        block.bits = 0  # also where it was entered in another context, which still holds it
        CLOSED.set(tuple(b for b in around if b.bits))
        with Open.lock:
            with suppress(ValueError):  # another thread's, before a fork
                Open.blocks.remove(block)
            settle()


def forget_other_threads() -> None:
    """In a forked child only the thread that forked goes on: the lock, and what the others had lent, are free."""
    Open.lock = threading.RLock()
    Open.derivatives, Open.recordings = 1 | lent.taking, lent.recording
    Open.recorders[:] = [bit for bit in Open.recorders if bit & lent.recording]
    Open.keepers[:] = [bit for bit in Open.keepers if bit & lent.taking]
    Open.blocks[:] = [block for block in CLOSED.get() if block.bits]
    if Open.young and Open.derivatives | Open.recordings == BACKWARD:  # for another thread's derivative, which is over
        look_for_cycles_as_before()
    settle()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_other_threads)
