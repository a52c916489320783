"""Backward passes in the manners people have, written without sight of the check: what the check says of them.

`outside/` holds 60 that repairs may be tuned on (20 of them were held out of a first repair), `outside/held_out/` 20
and `outside/second/` 60 that are run once, at the end. Each is a module and beside it how it is checked, and three or
four mistakes, each a change of one line. `python -m check.outsiders` prints every miss and the counts.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._check.scripts import check_script

HERE = Path(__file__).parent / "outside"
WRITE = re.compile(r"\bWrite  (.+)\Z", re.DOTALL)


@dataclass(frozen=True)
class Outsider:
    """A module of somebody's, how it is checked, and its mistakes."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.path.with_suffix(".json").read_text(encoding="utf-8"))

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def plain(self) -> bool:
        return not (self.told["loops"] or self.told["classes"])


def outsiders(folder: Path = HERE) -> list[Outsider]:
    return [Outsider(p) for p in sorted(folder.glob("*.py"))]


def changed(source: str, line: int, text: str) -> str:
    """The source with another text in the place of a line, its indentation kept where the text has none."""
    lines = source.splitlines()
    old = lines[line - 1]
    indent = old[: len(old) - len(old.lstrip())]
    lines[line - 1] = text if not text or text[:1].isspace() else indent + text
    return "\n".join(lines) + "\n"


def report_on(source: str, call: str) -> Any:
    """What the check says of a module's text."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        path = Path(folder) / "mine.py"
        path.write_text(source, encoding="utf-8")
        if call == "script":
            return check_script(str(path))
        spec = importlib.util.spec_from_file_location("mine", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        space = {"gw": gw, "np": np, "m": module, "rng": np.random.default_rng(0)}
        return eval(call, space)  # noqa: S307 - of our own files


@dataclass(frozen=True)
class Outcome:
    """What was said of one text: the verdict, the lines named, or those it is one of, and each cure that is none.

    `cures` counts the cures that were written, those that are none among them.
    """

    verdict: str
    named: tuple[int, ...]
    among: tuple[int, ...]
    bad_cures: tuple[str, ...]
    cures: int


def outcome(source: str, call: str) -> Outcome:
    report = report_on(source, call)
    told = [(m, cure[1]) for m in report.mistakes if (cure := WRITE.search(m.cure))]
    bad = tuple(m.cure for m, text in told if not cures(source, call, m.line, text))
    named, among = (tuple(each.line for each in found) for found in (report.mistakes, report.suspects))
    return Outcome(report.verdict, named, among, bad, len(told))


def cures(source: str, call: str, line: int, text: str) -> bool:
    """Whether a cure, put in the place of its line, leaves nothing wrong with that line."""
    try:
        report = report_on(changed(source, line, text), call)
    except Exception:
        return False
    return report.verdict != "wrong" or line not in {m.line for m in report.mistakes}


def judged(outsider: Outsider) -> Iterator[tuple[str, str]]:
    """What is said of the module as it stands and with each of its mistakes: what counts, and what was missed."""
    call, source = outsider.told["call"], outsider.source
    sort = "plain" if outsider.plain else "loops or classes"
    try:
        right = outcome(source, call)
    except Exception as error:
        yield f"{sort}: right modules that raised", f"{outsider.name}: {type(error).__name__}: {error}"
    else:
        yield f"{sort}: right modules", ""
        if right.verdict == "wrong" or right.named:
            yield f"{sort}: right modules called wrong", f"{outsider.name}: {right}"
        elif right.verdict != "right":
            yield f"{sort}: right modules {right.verdict}", f"{outsider.name}"
    for mistake in outsider.told["mistakes"]:
        yield f"{sort}: mistakes", ""
        where = f"{outsider.name}:{mistake['line']} ({mistake['what']})"
        try:
            found = outcome(changed(source, mistake["line"], mistake["wrong"]), call)
        except Exception as error:
            yield f"{sort}: mistakes that raised", f"{where}: {type(error).__name__}: {error}"
            continue
        extra = [n for n in found.named if n not in mistake["accept"]]
        if found.verdict == "wrong":
            yield f"{sort}: called wrong", ""
        else:
            yield f"{sort}: mistakes called {found.verdict}", where
        if len(found.named) > len(extra):
            yield f"{sort}: right line named", ""
        else:
            yield f"{sort}: line not named", f"{where}: named {found.named}"
            if found.among:
                told = {*mistake["accept"]} & {*found.among}
                yield f"{sort}: line among a few" if told else f"{sort}: others suspected", f"{where}: {found.among}"
        for n in extra:
            yield f"{sort}: right lines accused", f"{where}: line {n}"
        for cure in found.bad_cures:
            yield f"{sort}: cures that are none", f"{where}: {cure}"


def main(folder: str = "") -> None:
    counts: Counter[str] = Counter()
    for outsider in outsiders(HERE / folder):
        for what, miss in judged(outsider):
            counts[what] += 1
            if miss:
                print(f"{what:40} {miss}"[:300], flush=True)
    for what, count in sorted(counts.items()):
        print(f"{count:5} {what}")


if __name__ == "__main__":
    main(*sys.argv[1:])
