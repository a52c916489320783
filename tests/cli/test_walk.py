"""`--walk`: text in a pipe, keys on a terminal, and a terminal that is left as it was found."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time

import pytest

from cli.conftest import ROOT

pytest.importorskip("pty", reason="pseudo-terminals are POSIX")
import fcntl
import pty
import termios

WALK = ("show", "(x + y) * z", "x=-2", "y=5", "z=-4", "--walk")
RIGHT, LEFT, HOME, END = "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
PATIENCE = 20.0  # seconds for a busy machine


class Terminal:
    """A pseudo-terminal with a walk in it."""

    def __init__(self, rows: int = 30, columns: int = 90, **variables: str) -> None:
        self.ours, self.theirs = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.theirs)
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        environment |= {"PYTHONPATH": str(ROOT / "src"), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"} | variables
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gatewise", *WALK],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            env=environment,
            preexec_fn=take_terminal,
        )
        self.text = ""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def read(self, wanted: str) -> str:
        """What came until `wanted` was seen; it is taken out of what is still to be read."""
        end = time.monotonic() + PATIENCE
        while wanted not in self.text:
            assert time.monotonic() < end, f"{wanted!r} never came: {self.text!r}"
            self.text += self.more(0.1)
        at = self.text.index(wanted) + len(wanted)
        seen, self.text = self.text[:at], self.text[at:]
        return seen

    def more(self, seconds: float) -> str:
        if not select.select([self.ours], [], [], seconds)[0]:
            return ""
        with contextlib.suppress(OSError):  # the other side is closed
            return os.read(self.ours, 65536).decode()
        return ""

    def ended(self) -> int:
        """The exit status, all that was still printed being read."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.text += self.more(0.05)
        self.text += self.more(0.05)
        return self.process.wait(1)

    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.theirs) == self.before

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


def take_terminal() -> None:
    """Make the terminal on standard input the one whose Ctrl-C reaches this process."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal():
    opened = []

    def start(**how) -> Terminal:
        opened.append(Terminal(**how))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def step(number: int) -> str:
    return f"step {number} of 4 "


def test_keys_walk_and_the_terminal_is_left_as_it_was(terminal):
    screen = terminal()
    assert "\x1b[?1049h" in screen.read(step(0))
    for key, place in [
        (RIGHT, 1), (" ", 2), ("n", 3), (LEFT, 2), ("p", 1), (END, 4), (HOME, 0), ("\x1bOC", 1), ("\x1bOF", 4),
        ("\x1b[1~", 0), ("\x1b[4~", 4), ("\x7f", 3), ("\r", 4),
    ]:  # fmt: skip
        screen.type(key)
        screen.read(step(place))
    screen.type("q")
    assert screen.ended() == 0
    assert screen.text.endswith("\x1b[?25h\x1b[?1049l")
    assert screen.is_as_before()


def test_the_ends_hold(terminal):
    screen = terminal()
    screen.read(step(0))
    screen.type(LEFT + RIGHT)
    screen.read(step(1))
    screen.type(END)
    screen.read(step(4))
    screen.type(RIGHT + LEFT)
    screen.read(step(3))


def test_what_is_lit_is_bold_and_each_screen_is_whole(terminal):
    screen = terminal()
    screen.read(step(0))
    screen.type(END)
    screen.read("\x1b[H")
    drawn = screen.read("?: help")
    assert "\x1b[1m> dx = df_1\x1b[0m" in drawn
    assert "\x1b[1m> f_1   x + y" in drawn
    assert drawn.count("\r\n") == 29


def test_help_comes_and_goes(terminal):
    screen = terminal()
    screen.read(step(0))
    screen.type("?")
    screen.read("this help, and back")
    screen.type("?")
    screen.read(step(0))


@pytest.mark.parametrize("how", ["ctrl-c", "terminated", "ctrl-d"])
def test_however_it_ends_the_terminal_is_put_back(terminal, how):
    screen = terminal()
    screen.read("?: help")
    assert not screen.is_as_before()
    if how == "terminated":
        screen.process.send_signal(signal.SIGTERM)
    else:
        screen.type("\x03" if how == "ctrl-c" else "\x04")
    assert screen.ended() == {"ctrl-c": 130, "terminated": 143, "ctrl-d": 0}[how]
    assert screen.text.rstrip("\r\n").endswith("\x1b[?25h\x1b[?1049l")
    assert "Traceback" not in screen.text
    assert screen.is_as_before()


def test_a_key_that_comes_in_pieces_is_one_key(terminal):
    screen = terminal()
    screen.read(step(0))
    for piece in "\x1b[C":
        screen.type(piece)
        time.sleep(0.01)
    screen.read(step(1))


def test_a_key_without_a_meaning_does_nothing(terminal):
    screen = terminal()
    screen.read(step(0))
    screen.type("\x1b[5~x\x1b[200~损" + RIGHT)
    screen.read(step(1))


def test_a_small_window_is_filled_and_not_overrun(terminal):
    screen = terminal(rows=8, columns=24)
    screen.read("\x1b[H")
    drawn = screen.read("\x1b[J")
    lines = re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]", "", drawn).split("\r\n")
    assert len(lines) == 8
    assert max(map(len, lines)) <= 24


def test_a_window_that_changes_is_drawn_anew(terminal):
    screen = terminal(rows=30)
    screen.read("\x1b[J")
    screen.resize(10, 90)
    assert screen.read("\x1b[J").count("\r\n") == 9


def test_a_terminal_that_cannot_be_drawn_on_gets_text(terminal):
    screen = terminal(TERM="dumb")
    assert screen.ended() == 0
    assert "\x1b" not in screen.text
    assert "step 4 of 4" in screen.text


def test_a_pipe_gets_all_steps_as_text(typed):
    answer = typed(*WALK)
    assert (answer.status, answer.err) == (0, "")
    assert [line[:11] for line in answer.out.splitlines() if line.startswith("step")] == [
        f"step {k} of 4" for k in range(5)
    ]
    assert "\x1b" not in answer.out
    assert "  downstream  df_1 = df * df/df_1 = 1 * -4 = -4" in answer.out


def test_the_walk_of_folded_gates_and_in_digits(typed):
    answer = typed("show", "x * y * z", "x=2", "y=3", "z=4", "--walk", "--fold", "all", "--digits", "1")
    assert "step 2 of 2   backward through f = x * y * z" in answer.out
    assert "dx = df * df/dx = 1.0 * 12.0 = 12.0" in answer.out
