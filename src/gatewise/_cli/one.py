"""One file of many, judged in a process of its own: `python -m gatewise._cli.one`, which reads what to do from stdin.

What a file prints, how it ends Python, and what it leaves running say nothing: only a result that carries the word the
parent sent is believed. That word is read before the file's first line runs, and is gone from stdin by then. The file
runs in a child of this process, its keeper, which ends it when its time is up, with whatever it has started: a file
that ends its parent ends the keeper, and nothing else is lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEGABYTE = 1 << 20
LARGEST_FILE = 1 << 30  #: that it may write
TIME_IS_UP = 124  #: what the keeper ends with then
REAPER = 36  #: Linux: what is left without a parent has this process for one
ROUNDS = 100  #: in which what a file has started is ended, where it goes on starting


def main() -> int:
    """Judge the file that stdin names, and write what was found where it says."""
    order = json.loads(sys.stdin.readline())
    if not hasattr(os, "fork"):  # Windows, where whoever sent the order keeps the time
        judge(order)
        return 0
    adopt_what_is_left()
    child = os.fork()
    if not child:
        try:
            judge(order)
        finally:
            os._exit(0)
    is_over = waited_for(child, order["timeout"])
    if not is_over:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    end_all()
    return 0 if is_over else TIME_IS_UP


def judge(order: Mapping[str, Any]) -> None:
    """Judge a file and write the result; of a file that forks, by the process that began alone."""
    limit(order["megabytes"])
    began, own = time.perf_counter(), os.getpid()
    found = judged(order["file"], order["effort"], order["seed"])
    if os.getpid() == own:
        result = {**found, "seconds": time.perf_counter() - began, "word": order["word"]}
        Path(order["result"]).write_text(json.dumps(result), encoding="utf-8")


def limit(megabytes: int) -> None:
    """Let this process have so much memory and no more, and no larger files, where the system can be asked for that."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_AS, megabytes * MEGABYTE), (resource.RLIMIT_FSIZE, LARGEST_FILE)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def adopt_what_is_left() -> None:
    """Have what a file leaves running for a child, to be ended, where the system can be asked for that."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(REAPER, 1, 0, 0, 0)


def waited_for(child: int, seconds: float) -> bool:
    """Whether a child ended within a time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    return False


def end_all() -> None:
    """End whatever a file has left running."""
    for _ in range(ROUNDS):
        for child in children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # there is none
            return
        time.sleep(0.01)


def children() -> list[int]:
    """The processes whose parent this is, as far as the system lists them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def judged(path: str, effort: str, seed: int | None) -> dict[str, Any]:
    """The verdict on a file, what of it is right, and the wrong lines; where there is none, why."""
    from gatewise._cli.asked import CheckRequest
    from gatewise._cli.check import found_in
    from gatewise._cli.mistakes import message_and_status

    try:
        found = found_in(CheckRequest([path], effort=effort, seed=seed))
        return {**marks_of(found), "verdict": found.verdict}
    except BaseException as error:  # whatever the file raises, SystemExit and KeyboardInterrupt among it
        said = message_and_status(error)[0] if isinstance(error, Exception) else f"{type(error).__name__}: {error}"
        what, *more = said.split("\n")
        why = [line.removeprefix("  why:").strip() for line in more if line.startswith("  why:")]
        return {"verdict": "not judged", "right": 0, "of": 0, "mistakes": [], "note": " ".join([what, *why])}


def marks_of(found: Any) -> dict[str, Any]:
    """How much is right of how much, and the wrong lines, of whichever kind of report there is."""
    if hasattr(found, "notebook"):
        from gatewise._cli.notebooks import with_cells  # this file loads nothing before the memory is limited

        told = marks_of(found.found)
        note = "; ".join(filter(None, [told["note"], *(f"stopped in {stop}" for stop in found.stops)]))
        marks: dict[str, Any] = with_cells({**told, "note": note}, found.notebook)
        return marks
    if hasattr(found, "grade"):
        return marks_of(found.grade)
    if hasattr(found, "lines"):  # an exercise
        wrong = [
            mistake(g.line, g.text, g.mistake.kind if g.mistake else "") for g in found.lines if g.state == "wrong"
        ]
        right = found.count("right") if found.sealed else 0  # of another forward pass, for all that is known
        said = [found.raised, *dict.fromkeys(g.note for g in found.lines if g.note)]
        said += [] if found.sealed else ['the line  exercise = "..."  is gone']
        note = "; ".join(filter(None, said))
        return {"right": right, "of": len(found.lines), "mistakes": wrong, "note": note}
    if hasattr(found, "rows"):  # a file of layers
        reports = [row.report for row in found.rows if row.report is not None]
        right = sum(row.verdict == "right" for row in found.rows)
        open_ones = [str(row.pair) for row in found.rows if row.verdict in ("not run", "undecidable")]
        note = "; ".join([*(f"not judged: {each}" for each in open_ones), *filter(None, map(lines_told, reports))])
        wrong = [each for report in reports for each in wrong_lines(report)]
        return {"right": right, "of": len(found.rows), "mistakes": wrong, "note": note}
    right = sum(p.verdict == "right" for p in found.parameters)
    of = len(found.parameters) + len({*found.not_given} - found.data) + len(found.not_judged)
    return {"right": right, "of": of, "mistakes": wrong_lines(found), "note": lines_told(found)}


def lines_told(report: Any) -> str:
    """The lines of which one is wrong, where it could not be told which."""
    return f"one of the lines {', '.join(str(each.line) for each in report.suspects)}" if report.suspects else ""


def wrong_lines(report: Any) -> list[dict[str, Any]]:
    return [mistake(m.line, m.text, m.kind) for m in report.mistakes]


def mistake(line: int, text: str, kind: str) -> dict[str, Any]:
    return {"line": line, "text": text.strip(), "kind": kind}


if __name__ == "__main__":
    sys.exit(main())
