"""`gatewise check FOLDER`: many files, each in a process of its own, within a time and a memory: a row for each.

Nothing that a file does is believed but a result with the word that was sent to its process: not what it prints, not
how it ends. What cannot be judged is a row too, with the reason.
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gatewise._cli.one import TIME_IS_UP
from gatewise._cli.terminal import draw_table, write_fitted, write_out
from gatewise._errors import CommandError
from gatewise._saving import write_whole

MEGABYTES = 4096  #: of address space that one file may have
GRACE = 10.0  #: seconds after which the keeper of a file is ended too, which may have been stopped
ENDED = "it ended Python before there was a verdict"
CHANGED = "its file was changed while it ran"
WRITTEN_OVER = "its result was written over"  #: by itself, or by another that ran beside it
HEADER = ("file", "verdict", "right", "of", "lines", "kinds", "seconds", "note")
ENDINGS = (".py", ".ipynb")
NUMBERS = ("right", "of", "points", "seconds")
LEFT_OUT = frozenset({"__pycache__", "node_modules", "venv", "site-packages"})


@dataclass(frozen=True)
class Marked:
    """What came of one file."""

    file: str
    verdict: str
    right: int = 0
    of: int = 0
    mistakes: tuple[dict[str, Any], ...] = ()
    seconds: float = 0.0
    note: str = ""

    def scored(self, points: float) -> float:
        """What it gets of so many points: its share of lines, or gradients, that are right."""
        return points_for(points, self.right, self.of)

    @property
    def row(self) -> tuple[str, ...]:
        lines = " ".join(f"{m['cell']}:{m['line']}" if "cell" in m else str(m["line"]) for m in self.mistakes)
        kinds = " ".join(dict.fromkeys(str(m["kind"]) for m in self.mistakes if m["kind"]))
        return self.file, self.verdict, str(self.right), str(self.of), lines, kinds, f"{self.seconds:.1f}", self.note


def points_for(points: float, right: int, of: int) -> float:
    """The points for what is right."""
    return round(points * right / of, 2) if of else 0.0


def are_many(words: Sequence[str]) -> bool:
    """Whether a folder or several Python files are to be checked."""
    if not words or any("=" in word for word in words):
        return False
    return os.path.isdir(words[0]) or (len(words) > 1 and all(word.endswith(ENDINGS) for word in words))


def files_of(words: Sequence[str]) -> list[str]:
    """The Python files that these words name, also in folders below. Raises `CommandError` where there are none."""
    found = []
    for word in words:
        if os.path.isdir(word):
            inside = sorted(each for each in Path(word).rglob("*") if each.suffix in ENDINGS)
            found += [str(p) for p in inside if not hidden(p.relative_to(word)) and not is_mark_of_package(p)]
        elif os.path.isfile(word):
            found.append(word)
        else:
            raise CommandError(f"{word} cannot be read.", "there is no such file or folder.", "give paths that exist.")
    if not found:
        raise CommandError(f"{words[0]} has no Python file.", "a folder is checked file by file.", "another folder.")
    return found


def is_mark_of_package(path: Path) -> bool:
    """Whether a file is an empty `__init__.py`: nobody's answer."""
    return path.name == "__init__.py" and not path.stat().st_size


def hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in LEFT_OUT for part in path.parts)


def check_many(
    words: Sequence[str], timeout: float, to_csv: str | None, to_gradescope: str | None, as_json: bool,
    points: float | None = None, **asked: object,
) -> list[Marked]:  # fmt: skip
    """Judge many files, a row for each; the table is written after every one, whatever becomes of the rest."""
    files, began, marked = Files(files_of(words)), time.monotonic(), list[Marked]()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for one in pool.map(lambda file: files.marked(file, timeout, **asked), files.contents):
            marked.append(one)
            if to_csv is not None:
                write_table(to_csv, marked, points)
            click.echo(f"{len(marked)} of {len(files.contents)}: {one.file}: {one.verdict}", err=True)
    again = (CHANGED, WRITTEN_OVER)
    marked = [files.marked(one.file, timeout, **asked) if one.note in again else one for one in marked]  # each alone
    header, *rows = table_of(marked, points)
    if to_csv is not None:
        write_table(to_csv, marked, points)
    if to_gradescope is not None:
        write_whole(to_gradescope, json.dumps(gradescope(marked, points), indent=2).encode())
    if as_json:
        write_out(json.dumps([dict(zip(header, row, strict=True)) for row in rows], indent=2))
        return marked
    draw_table(header, rows, [header.index(name) for name in NUMBERS if name in header])
    write_fitted("\n" + "\n".join([*summary(marked), *spent(time.monotonic() - began)]))
    return marked


def table_of(marked: Sequence[Marked], points: float | None) -> list[tuple[str, ...]]:
    """The header and a row for each file; what it gets of the points, where these were given."""
    if points is None:
        return [HEADER, *(one.row for one in marked)]
    at = HEADER.index("of") + 1
    scored = [(one.row, f"{one.scored(points):g}") for one in marked]
    return [(*HEADER[:at], "points", *HEADER[at:]), *((*row[:at], got, *row[at:]) for row, got in scored)]


class Files:
    """The files as they were handed in: one that is changed is put back, and not believed if it ran meanwhile."""

    def __init__(self, names: Sequence[str]) -> None:
        self.contents = {name: content_of(name) for name in names}
        self.changed = set[str]()
        self.lock = threading.Lock()  #: several run at once, and each may change all

    def marked(self, file: str, timeout: float, **asked: object) -> Marked:
        """Judge one file in a process of its own."""
        with self.lock:
            self.put_back([file])
            self.changed.discard(file)
        one = marked_in_process(file, timeout, **asked)
        with self.lock:
            self.put_back(self.contents)
            return Marked(file, "not judged", seconds=one.seconds, note=CHANGED) if file in self.changed else one

    def put_back(self, files: Iterable[str]) -> None:
        """Write those of these files that were changed as they were."""
        for file in files:
            content = self.contents[file]
            if content is not None and content_of(file) != content:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
                write_whole(file, content)
                self.changed.add(file)


def content_of(file: str) -> bytes | None:
    """What a file holds; None where it cannot be read, which is said when it is judged."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return None


def marked_in_process(file: str, timeout: float, **asked: object) -> Marked:
    """Judge one file in a process of its own, which is ended with all that it started when the time is up."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        result, word = os.path.join(place, "result.json"), secrets.token_hex(16)
        limits = {"megabytes": MEGABYTES, "timeout": timeout}
        order = {"file": os.path.basename(file), "result": result, "word": word, **limits, **asked}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gatewise._cli.one"],  # a file called random.py is not imported for random
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=os.path.dirname(os.path.abspath(file)), start_new_session=True, env=quiet(),
        )  # fmt: skip
        began = time.monotonic()
        late = Marked(file, "not judged", seconds=timeout, note=f"it did not end within {timeout:g} seconds")
        try:
            process.communicate(json.dumps(order).encode() + b"\n", timeout + GRACE)
        except subprocess.TimeoutExpired:
            return late
        finally:
            end(process)
        if process.returncode == TIME_IS_UP:
            return late
        seconds = time.monotonic() - began
        if process.returncode:  # the file ended its keeper: what it wrote meanwhile is not believed
            return Marked(file, "not judged", seconds=seconds, note=ENDED)
        return read_result(file, result, word, seconds)


def quiet() -> dict[str, str]:
    """The environment of a process: one thread, no window, and this gatewise within reach."""
    here = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError, AttributeError):
        process.kill()
    process.wait()


def read_result(file: str, result: str, word: str, seconds: float) -> Marked:
    """The result of a file, where its process wrote one with its word."""
    try:
        found = json.loads(Path(result).read_text(encoding="utf-8"))
        if found.pop("word") != word:
            return Marked(file, "not judged", seconds=seconds, note=WRITTEN_OVER)
        return Marked(file, found.pop("verdict"), mistakes=tuple(found.pop("mistakes")), **found)
    except (OSError, ValueError, KeyError, TypeError):
        return Marked(file, "not judged", seconds=seconds, note=ENDED)


def write_table(path: str, marked: Sequence[Marked], points: float | None) -> None:
    """Write the rows as CSV, with the mark by which spreadsheets know UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows(table_of(marked, points))
    write_whole(path, text.getvalue().encode("utf-8-sig"))


def gradescope(marked: Sequence[Marked], points: float | None) -> dict[str, Any]:
    """The rows as Gradescope's results.json has tests: a point for each line, or gradient, right; or a share."""
    scores = [(one.right, one.of) if points is None else (one.scored(points), points) for one in marked]
    tests = [
        {"name": one.file, "score": score, "max_score": most, "output": said_of(one), "visibility": "visible"}
        for one, (score, most) in zip(marked, scores, strict=True)
    ]
    return {"score": sum(score for score, _ in scores), "tests": tests}


def said_of(one: Marked) -> str:
    """What a student reads: the verdict, the wrong lines, and why something was not judged."""
    lines = [f"{line_in_cell(m)}: {m['text']}" for m in one.mistakes]
    return "\n".join(filter(None, [one.verdict, *lines, one.note]))


def line_in_cell(mistake: dict[str, object]) -> str:
    """The line of a mistake, in a notebook with its cell."""
    return f"cell {mistake['cell']}, line {mistake['line']}" if "cell" in mistake else f"line {mistake['line']}"


def summary(marked: Sequence[Marked]) -> Iterator[str]:
    """The class as a whole: how many of each verdict, and which lines are wrong most often."""
    verdicts = Counter(one.verdict for one in marked)
    yield f"{len(marked)} files: {', '.join(f'{n} {word}' for word, n in verdicts.most_common())}."
    lines = Counter(m["text"] for one in marked for m in one.mistakes)
    for text, n in lines.most_common(5):
        if n > 1:
            yield f"  wrong in {n} files: {text}"


def spent(seconds: float) -> Iterator[str]:
    """The time of all files, and the memory of the largest."""
    try:
        import resource
    except ImportError:  # Windows
        yield f"{seconds:.0f} seconds."
        return
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 if sys.platform == "darwin" else 1 / 1024)
    yield f"{seconds:.0f} seconds; the largest file took {peak / (1 << 20):,.0f} MB."
