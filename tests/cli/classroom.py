"""A class of students: right answers, answers with one mistake planted in them, and hostile ones, with their marks.

`python -m cli.classroom [N] [FOLDER]` writes N answers (60), twelve of them hostile, has `gatewise check FOLDER` mark
them in one command, and prints what it got wrong, its time and its memory.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from check.mutants import Mutant, mutants_of

from gatewise._check.blank import blank, function_from, function_in
from gatewise._check.exercises import EXERCISES, Exercise
from gatewise._check.papers import filled, paper_of

RIGHT = "x = 2.0\nf = x * x\ndx = 2 * x\n"
CHINESE = "# 梯度下降，反向传播\n" + RIGHT
PAPERS = ("compound", "patterns", "neuron", "staged", "matrices", "softmax")


@dataclass(frozen=True)
class Answer:
    """What somebody handed in, and the marks that are right: the verdict, the lines one of which is named, why not."""

    name: str
    content: bytes
    verdict: str
    lines: frozenset[int] = frozenset()
    note: str = ""


HOSTILE = {
    "ends": ("print('right')\nimport os\nos._exit(0)\n" + RIGHT, "it ended Python before there was a verdict"),
    "endless": ("while True:\n    pass\n" + RIGHT, "it did not end within"),
    "lost": ("import nowhere_to_be_found\n" + RIGHT, "nowhere_to_be_found"),
    "hog": ("import numpy as np\nkept = [np.ones(10**7) for _ in range(10**6)]\n" + RIGHT, ""),  # no memory, or no time
    "rewrites": (
        f"text = {RIGHT!r}\nopen(__file__, 'w').write(text)\n" + RIGHT.replace("2 * x", "3 * x"),
        "its file was changed while it ran",
    ),
    "parent": (
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n" + RIGHT,
        "it ended Python before there was a verdict",
    ),
    "raises": ("raise SystemExit(0)\n" + RIGHT, "ended Python"),
}
#: Those that do harm, and are judged all the same.
LOUD = "import sys\nfor _ in range(1024):\n    sys.stdout.write('x' * (1 << 20))\n" + RIGHT
FORKS = (
    "import os, time\nchild = os.fork()\nif child == 0:\n    os.setsid()\n    time.sleep(1000)\n"
    "with open('children.txt', 'a') as file:\n    print(child, file=file)\n" + RIGHT
)


def hostile() -> Iterator[Answer]:
    """The answers that nobody should have to run."""
    for name, (text, note) in HOSTILE.items():
        yield Answer(f"{name}.py", text.encode(), "not judged", note=note)
    yield Answer("gbk.py", CHINESE.encode("gbk"), "not judged", note="encoding")
    yield Answer("declared.py", f"# -*- coding: gbk -*-\n{CHINESE}".encode("gbk"), "right")
    yield Answer("bom.py", b"\xef\xbb\xbf" + CHINESE.encode(), "right")
    yield Answer("loud.py", LOUD.encode(), "right")
    yield Answer("forks.py", FORKS.encode(), "right")


def solution_of(exercise: Exercise) -> str:
    """The exercise with every line as the solution has it."""
    return filled(paper_of("exercise.py", blank(exercise.forward, exercise.inputs, exercise.wrt, "exercise.py")))


def is_other(exercise: Exercise, mutant: Mutant, right: str) -> bool:
    """Whether a mistake changes what comes out."""
    ends = []
    for text in (mutant.source, right):
        try:
            ends.append(function_from(text, function_in(text).name)(**exercise.inputs)[1])
        except (ValueError, NameError):
            return False
    return repr(ends[0]) != repr(ends[1])


def honest(name: str) -> Iterator[Answer]:
    """The answers to one exercise: the right one, then each mistake there is."""
    exercise = EXERCISES[name]
    right = solution_of(exercise)
    yield Answer(f"{name}_right.py", right.encode(), "right")
    first = 1 + next(k for k, line in enumerate(right.split("\n")) if "# backprop" in line)
    for k, mutant in enumerate(m for m in mutants_of(right, first) if is_other(exercise, m, right)):
        yield Answer(f"{name}_{k}.py", mutant.source.encode(), "wrong", frozenset({mutant.line}) | mutant.others)


def answers(count: int) -> list[Answer]:
    """A class: all hostile answers, then of every exercise one after the other."""
    turns = itertools.chain.from_iterable(itertools.zip_longest(*map(honest, PAPERS)))
    return list(itertools.islice(itertools.chain(hostile(), filter(None, turns)), count))


def write(folder: Path, handed_in: list[Answer]) -> None:
    for k, answer in enumerate(handed_in):
        place = folder / f"student{k:02}"
        place.mkdir(parents=True)
        (place / answer.name).write_bytes(answer.content)


def misses(handed_in: list[Answer], table: Path) -> Iterator[str]:
    """The answers whose marks are not the right ones."""
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    for answer in handed_in:
        row = rows.get(answer.name)
        if row is None:
            yield f"{answer.name}: it has no row"
            continue
        lines = {int(line) for line in row["lines"].split()}
        is_line = bool(lines) and lines <= answer.lines if answer.lines else not lines
        if row["verdict"] != answer.verdict or not is_line or answer.note not in row["note"]:
            yield f"{answer.name}: {answer.verdict} {sorted(answer.lines)} {answer.note}; its row: {json.dumps(row)}"


def main(count: int = 60, folder: str = "") -> int:
    with tempfile.TemporaryDirectory() as scratch:
        place, handed_in = Path(folder or scratch, "answers"), answers(count)
        write(place, handed_in)
        table, began = place.parent / "marks.csv", time.monotonic()
        command = [sys.executable, "-m", "gatewise", "check", str(place), "--csv", str(table), "--timeout", "60"]
        done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, check=False)
        seconds = time.monotonic() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        found = list(misses(handed_in, table))
    print("\n".join(found))
    print(
        f"{len(handed_in)} answers, {len(found)} wrong marks; {seconds:.0f} seconds; the largest process took "
        f"{peak:,.0f} MB; exit status {done.returncode}"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2]), *sys.argv[2:3]))
