"""Typing a command in a test: what it printed on each stream, and the status it left with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gatewise._cli.commands import status_of

ROOT = Path(__file__).resolve().parent.parent.parent
Typed = Callable[..., "Answer"]


@dataclass(frozen=True)
class Answer:
    """What came back from a command."""

    status: int
    out: str
    err: str


@pytest.fixture
def typed(capsys, monkeypatch, tmp_path) -> Typed:
    """Run a command in this process, in an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Answer:
        try:
            status = status_of(words)
        except SystemExit as end:  # click leaves by itself when the reader of a pipe is gone
            status = int(end.code or 0)
        printed = capsys.readouterr()
        return Answer(status, printed.out, printed.err)

    return run


@pytest.fixture
def refused(typed) -> Callable[..., str]:
    """Run a command that is a mistake; give its one message, which names a way out and holds no traceback."""

    def run(*words: str) -> str:
        answer = typed(*words)
        assert answer.status == 2, answer
        assert answer.out == ""
        assert "Traceback" not in answer.err
        assert answer.err.replace("\n", "").isprintable()
        return answer.err

    return run


def in_a_process(*words: str, **variables: str) -> Answer:
    """Run a command in a Python of its own, in the root of the repository."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"} | variables
    command = [sys.executable, "-m", "gatewise", *words]
    done = subprocess.run(command, capture_output=True, env=environment, cwd=ROOT, check=False)
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
