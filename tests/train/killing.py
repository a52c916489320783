"""Saves that are killed: `python killing.py calls|failures|moments FOLDER`, run by the tests in a process of its own.

`calls` kills one save after the other, each before a later one of the calls that touch the disk. `failures` lets the
same calls raise "No space left on device" instead. `moments` kills a process that saves
without end.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from gatewise._errors import SaveError
from gatewise.train import checkpoints

LARGE = 100_000
TOUCHING = {"write", "fsync", "link", "rename", "replace", "open", "chmod", "unlink", "stat"}  # the disk


def state_of(step: int, size: int = 1000) -> dict:
    """A state that says in every part of it which it is."""
    W = np.full(size, step, np.float32)
    return {"step": step, "W": W, "history": [step] * 50, "momentum": {0: np.full(size // 10, -step, np.float64)}}


def step_of(state: dict) -> int:
    """Which state it is; every part must say the same."""
    step = state["step"]
    assert isinstance(step, int)
    np.testing.assert_equal(state, state_of(step, len(state["W"])))
    return step


def save_until(path: Path, step: int, last: int, act) -> bool:
    """Save with `act(name)` called at call number `last` of those that touch the disk; whether the save ended first."""
    left = last

    def watch(_, event, function):
        nonlocal left
        if event == "c_call" and function.__name__ in TOUCHING:
            left -= 1
            if left == 0:
                act(function.__name__)

    sys.setprofile(watch)
    try:
        checkpoints.save(path, state_of(step))
    finally:
        sys.setprofile(None)
    return left > 0


def kill_every_call(path: Path) -> dict:
    """Fork a save for each call it makes and kill it there; what is loaded afterwards is the last or the one before."""
    found: Counter[str] = Counter()
    checkpoints.save(path, state_of(0))
    checkpoints.save(path, state_of(1))
    newest = 1
    for call in range(1, 100_000):
        if (child := os.fork()) == 0:
            os._exit(0 if save_until(path, newest + 1, call, lambda name: os.kill(os.getpid(), signal.SIGKILL)) else 1)
        _, status = os.waitpid(child, 0)
        step = step_of(checkpoints.load(path))
        assert step in (newest, newest + 1), (call, step, newest)
        assert step_of(checkpoints.load(checkpoints.previous_of(path))) in (step - 1, step)
        found["new" if step > newest else "old"] += 1
        newest = step
        if status == 0:
            return {"calls": call - 1, **found}
        assert os.WIFSIGNALED(status)
        found["left behind"] += swept(path.parent)
    raise AssertionError("the save never ended")


def swept(folder: Path) -> int:
    """Remove what killed saves left: they would be looked through by each later save, which then makes more calls."""
    left = list(folder.glob("*.unfinished"))
    for file in left:
        file.unlink()
    return len(left)


def fail_every_call(path: Path) -> dict:
    """Let each call that touches the disk fail once: `SaveError` or a whole save, and what stood there before loads."""
    found: Counter[str] = Counter()
    checkpoints.save(path, state_of(0))
    checkpoints.save(path, state_of(1))
    newest = 1
    for call in range(1, 100_000):
        failed: list[str] = []

        def full(name: str, failed: list[str] = failed) -> None:
            failed.append(name)
            raise OSError(errno.ENOSPC, "No space left on device")

        try:
            ended = save_until(path, newest + 1, call, full)
            raised = False
        except SaveError:
            ended, raised = False, True
        step = step_of(checkpoints.load(path))
        assert step == newest + 1 - raised, (call, failed, step)
        assert step_of(checkpoints.load(checkpoints.previous_of(path))) in (step - 1, step)
        found["raised" if raised else "saved"] += 1
        newest = step
        found["left behind"] += swept(path.parent)
        if ended:
            return dict(found)
    raise AssertionError("the save never ended")


def kill_at_random_moments(path: Path, times: int = 60) -> dict:
    """Fork a process that saves without end, and kill it; what loads is the save it spoke of last, or the one after."""
    found: Counter[str] = Counter()
    rng = np.random.default_rng(0)
    newest = 0
    checkpoints.save(path, state_of(0, LARGE))
    for _ in range(times):
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            for step in range(newest + 1, newest + 10_000):
                checkpoints.save(path, state_of(step, LARGE))
                os.write(writing, f"{step} ".encode())
            os._exit(1)
        os.close(writing)
        said = os.read(reading, 20)  # it is under way
        time.sleep(rng.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as pipe:
            last = int((said + pipe.read()).split()[-1])
        newest = step_of(checkpoints.load(path))
        assert newest in (last, last + 1), (newest, last)
        assert step_of(checkpoints.load(checkpoints.previous_of(path))) in (newest - 1, newest)
        found["kills"] += 1
        found["in the middle of a save"] += swept(path.parent) > 0
    return dict(found)


if __name__ == "__main__":
    what = {"calls": kill_every_call, "failures": fail_every_call, "moments": kill_at_random_moments}[sys.argv[1]]
    print(json.dumps(what(Path(sys.argv[2]) / "last.checkpoint")))
