"""`--walk`: a circuit gate by gate under the arrow keys of a terminal, or all of it as text in a pipe."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType

import click

from gatewise._cli.terminal import write_out
from gatewise._views.text import shorten_between_words
from gatewise._views.walk import LIT, Walk, walk_blocks

KEYS = {
    "\x1b[C": "next",
    "\x1bOC": "next",
    "\x1b[B": "next",
    "\x1bOB": "next",
    " ": "next",
    "\r": "next",
    "\n": "next",
    "n": "next",
    "\x1b[D": "back",
    "\x1bOD": "back",
    "\x1b[A": "back",
    "\x1bOA": "back",
    "\x7f": "back",
    "\b": "back",
    "p": "back",
    "\x1b[H": "first",
    "\x1bOH": "first",
    "\x1b[1~": "first",
    "\x1b[7~": "first",
    "\x1b[F": "last",
    "\x1bOF": "last",
    "\x1b[4~": "last",
    "\x1b[8~": "last",
    "q": "quit",
    "Q": "quit",
    "\x04": "quit",
    "?": "help",
    "h": "help",
    # what Windows sends
    "\xe0M": "next",
    "\x00M": "next",
    "\xe0P": "next",
    "\x00P": "next",
    "\xe0K": "back",
    "\x00K": "back",
    "\xe0H": "back",
    "\x00H": "back",
    "\xe0G": "first",
    "\x00G": "first",
    "\xe0O": "last",
    "\x00O": "last",
}
FOOTER = "right, left: a step on, a step back   home, end   q: leave   ?: help"
HELP = """\
right, down, space, enter, n   the next step
left, up, backspace, p         the step before
home, end                      the start, the last step
q                              leave
?                              this help, and back

A step is one gate: forward it takes its value, backward it hands its
gradient on. A dash is what is not known yet; '3 + ...' is a sum that
has more to come. Lit lines begin with >."""
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"  # the alternate screen, without a cursor
HOME, CLEAR_LINE, CLEAR_BELOW, BOLD, PLAIN = "\x1b[H", "\x1b[K", "\x1b[J", "\x1b[1m", "\x1b[0m"
LOOK_AGAIN = 0.25  # seconds between looks at the size of the window
REST_OF_KEY = 0.05  # seconds that a slow line may take between the bytes of one key


def walk(record: Mapping[str, object], digits: int | None) -> None:
    """Walk through a circuit: by keys where there is a terminal, else as text, one block a step."""
    if not can_walk():
        write_out("\n\n".join(walk_blocks(record, digits=digits)))
        return
    with screen_of_its_own(), keys_unread_by_lines() as next_key:
        Walker(Walk(record, digits)).run(next_key)


def can_walk() -> bool:
    """Whether there is a keyboard, and a screen that can be drawn anew."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


class Walker:
    """Where in the walk the reader stands, and what is on the screen."""

    def __init__(self, circuit: Walk) -> None:
        self.circuit = circuit
        self.position = 0
        self.helping = False

    def run(self, next_key: Callable[[], str]) -> None:
        """Draw and obey until the reader leaves; `next_key` gives "" from time to time, for a window that changed."""
        drawn_for: object = None
        while True:
            size = shutil.get_terminal_size()
            shown = size, self.position, self.helping
            if shown != drawn_for:
                draw(self.screen(size.lines, size.columns))
                drawn_for = shown
            asked = KEYS.get(next_key())
            if asked == "quit":
                return
            self.obey(asked)

    def obey(self, asked: str | None) -> None:
        """Move as a key says; a key without a meaning does nothing."""
        last = len(self.circuit.steps)
        places = {"next": min(self.position + 1, last), "back": max(self.position - 1, 0), "first": 0, "last": last}
        if asked in places:
            self.position, self.helping = places[asked], False
        elif asked == "help":
            self.helping = not self.helping

    def screen(self, rows: int, columns: int) -> list[str]:
        """The lines to draw, at most as many as the window has."""
        room = max(rows - 1, 1)
        text = HELP if self.helping else self.circuit.screen(self.position, room, columns)
        lines = [shorten_between_words(line, columns) for line in text.splitlines()[:room]]
        return [*lines, *[""] * (room - len(lines)), shorten_between_words(FOOTER, columns)][:rows]


def draw(lines: list[str]) -> None:
    """Put lines over what was on the screen; lit ones are bold."""
    styled = (f"{BOLD}{line}{PLAIN}" if line.startswith(LIT) else line for line in lines)
    sys.stdout.write(HOME + f"{CLEAR_LINE}\n".join(styled) + CLEAR_LINE + CLEAR_BELOW)
    sys.stdout.flush()


@contextlib.contextmanager
def screen_of_its_own() -> Iterator[None]:
    """The terminal's alternate screen; what stood there comes back, whatever ends the walk."""
    before = signal.signal(signal.SIGTERM, leave_at_once)
    try:
        sys.stdout.write(ENTER)
        sys.stdout.flush()
        yield
    finally:
        sys.stdout.write(LEAVE)
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, before)


def leave_at_once(number: int, frame: FrameType | None) -> None:
    """Leave by an exception, so that the terminal is put back on the way."""
    raise SystemExit(128 + number)


@contextlib.contextmanager
def keys_unread_by_lines() -> Iterator[Callable[[], str]]:
    """A function that gives one key at a time; Ctrl-C still interrupts, Ctrl-Z is out of use until the walk ends."""
    if sys.platform == "win32":
        yield click.getchar
        return
    import termios
    import tty

    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        settings = termios.tcgetattr(keyboard)
        settings[6][termios.VSUSP] = b"\x00"  # a stopped process would leave its screen behind
        termios.tcsetattr(keyboard, termios.TCSANOW, settings)
        yield lambda: key_from(keyboard)
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def key_from(keyboard: int) -> str:
    """One key, an arrow with all of its bytes; "" where none came for a while, `q` where none can come any more."""
    if not waiting(keyboard, LOOK_AGAIN):
        return ""
    read = os.read(keyboard, 1)
    if not read:
        return "q"
    if read == b"\x1b":
        while waiting(keyboard, REST_OF_KEY) and not is_whole_key(read):
            read += os.read(keyboard, 1)
    return read.decode("ascii", "replace")


def is_whole_key(read: bytes) -> bool:
    """Whether the bytes after an escape make up a key: `[C`, `OC`, `[1~`, or one letter."""
    body = read[1:]
    if body[:1] == b"[":
        return len(body) > 1 and 0x40 <= body[-1] <= 0x7E
    return len(body) > (1 if body[:1] == b"O" else 0)


def waiting(keyboard: int, seconds: float) -> bool:
    """Whether a byte can be read within some seconds."""
    return bool(select.select([keyboard], [], [], seconds)[0])
