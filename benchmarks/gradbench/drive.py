"""Stand between an eval's driver and a tool, and tell for each function asked: valid or not, and the least time.

`python -m benchmarks.gradbench.drive CHECKOUT EVAL [ARGUMENT ...] -- TOOL [ARGUMENT ...]`: the driver runs in a
checkout of GradBench whose `tools/manual` is built (the golden results are its), with the Python that runs this; the
tool is any command that speaks the protocol. Nothing of GradBench is part of this project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Told:
    """What came of one function at one size; `first` and `least` in seconds, `whole` with reading and compiling too."""

    function: str
    size: str
    least: float = 0.0
    first: float = 0.0
    whole: float = 0.0
    valid: bool = False
    error: str = ""


def driven(checkout: Path, name: str, arguments: list[str], tool: list[str]) -> Iterator[Told]:
    """Run an eval against a tool; yield each function when its result is judged, or when it failed."""
    path = os.pathsep.join([str(checkout / "python/gradbench"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", f"gradbench.evals.{name}.run", *arguments]
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen(command, cwd=checkout, env={**os.environ, "PYTHONPATH": path}, **pipe) as judge,  # type: ignore[call-overload]
        subprocess.Popen(tool, **pipe) as player,  # type: ignore[call-overload]
    ):
        try:
            yield from between(judge, player)
        finally:
            player.stdin.close()
            judge.terminate()


def between(judge: Any, player: Any) -> Iterator[Told]:
    """Pass messages on, and read in them what happens."""
    asked: dict[int, Told] = {}
    for line in judge.stdout:
        message = json.loads(line)
        start = time.perf_counter()
        print(line, end="", file=player.stdin, flush=True)
        if message["kind"] == "end":
            return
        answer = player.stdout.readline()
        if not answer:
            raise EOFError("the tool ended")
        if message["kind"] == "evaluate":
            told = Told(message["function"], message.get("description", ""), whole=time.perf_counter() - start)
            asked[message["id"]] = told
            if error := heard(told, json.loads(answer)):
                told.error = error
                yield told
        elif message["kind"] == "analysis":
            told = asked[message["of"]]
            told.valid, told.error = message["valid"], message.get("error", "")
            yield told
        print(answer, end="", file=judge.stdin, flush=True)


def heard(told: Told, answer: dict[str, Any]) -> str:
    """Note the times of an answer; return why it failed, if it did."""
    if not answer["success"]:
        return str(answer.get("error") or "no reason given")
    seconds = [timing["nanoseconds"] / 1e9 for timing in answer["timings"] if timing["name"] == "evaluate"]
    told.least, told.first = min(seconds), seconds[0]
    return ""


def main() -> int:
    """Print one line a function as it comes; 1 where one was not valid."""
    split = sys.argv.index("--")
    checkout, name, *arguments = sys.argv[1:split]
    failed = False
    for told in driven(Path(checkout).absolute(), name, arguments, sys.argv[split + 1 :]):
        failed |= not told.valid
        verdict = "valid" if told.valid else "NOT VALID: " + told.error.strip().replace("\n", " / ")[-400:]
        print(
            f"{name} {told.function} {told.size} | {told.least * 1e6:.1f} us | {told.first:.3f} s | {verdict}",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
