"""The power run: how often the verdict is what it should be, on many cases; `make power` runs it whole.

    python -m check.power [share [seed [processes]]]

Staircases are counted apart: they are to stay undecidable. A wrong small entry counts where the differences could show
it: where their error bar is below 1e-4 of what the entry should be.
"""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from unittest import mock

import numpy as np

import gatewise as gw
from check.cases import Case, Mutant, correct_cases, mutants
from check.layers import drawn_layers, planted
from gatewise._check.lines import Told
from gatewise._check.verdict import Judge

CORRECT, MUTATED, DRAWS = 5_000, 20_000, 20
SEED = 20
PLANTED = ("factor", "sign", "mask")
TELLING = 1e-4  # of an entry: an error bar below it shows what is off by 1 in 1,000

Counts = Counter[str]
Found = tuple[Counts, list[str]]  # and, in words, what should not be


def quietly(f: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The report on one gradient, without the search for the lines at fault, which follows the verdict."""
    with warnings.catch_warnings(), mock.patch.object(Judge, "told_of_lines", return_value=Told()):
        warnings.simplefilter("ignore", RuntimeWarning)
        return gw.check(f, *args, **options)


def checked(case: Case, gradients: tuple[Any, ...]) -> Any:
    return quietly(case.f, *case.args, gradient=gradients if len(gradients) > 1 else gradients[0])


def part_of(things: Iterator[Any], part: int, parts: int) -> Iterator[Any]:
    """Every `parts`-th of them: all processes draw the same, and each judges its own."""
    return islice(things, part, None, parts)


def group(case: Case) -> str:
    return "stairs" if case.stairs else "hard" if case.hard else "plain"


def judge_correct(count: int, seed: int = SEED, part: int = 0, parts: int = 1) -> Found:
    """Counts over right gradients, and the cases that were called wrong."""
    counts, alarms = Counter[str](), []
    for case in part_of(correct_cases(count, seed), part, parts):
        word = checked(case, case.gradients).verdict
        counts.update([group(case), f"{group(case)} {word}", f"kind {case.name}: {word}"])
        if word == "wrong":
            alarms.append(f"called wrong: {case.name} at {case.args}")
    return counts, alarms


def judge_mutated(count: int, seed: int = SEED, part: int = 0, parts: int = 1) -> Found:
    """Counts over wrong gradients, and the mutants that were called right; `decidable`: the right gradient is right."""
    counts, missed = Counter[str](), []
    decidable: dict[int, bool] = {}
    for mutant in part_of(mutants(count, seed), part, parts):
        key = id(mutant.case)
        if key not in decidable:
            decidable = {key: checked(mutant.case, mutant.case.gradients).verdict == "right"}
        report = checked(mutant.case, mutant.gradients)
        size = "large" if mutant.error >= 1e-4 else "small"
        if report.verdict == "right" and not seen(mutant, report):
            size = "unseen"
        elif mutant.entry is not None:
            size = "entry" if told(mutant, report) else "untold entry"
        counts.update([size, f"{size} {report.verdict}"])
        if decidable[key]:
            counts.update([f"{size} decidable", f"{size} decidable {report.verdict}"])
        if report.verdict == "right" and size not in ("untold entry", "unseen"):
            missed.append(f"missed: {mutant.case.name} at {mutant.case.args}, {mutant.kind}, off by {mutant.error:.2g}")
    return counts, missed


def seen(mutant: Mutant, report: Any) -> bool:
    """Whether an entry that is wrong was among those that were looked at: of larger arrays only some are."""
    for p, wrong, true in zip(report.parameters, mutant.gradients, mutant.case.gradients, strict=True):
        looked = [f.index for f in p.findings if f.index is not None]
        if any(np.asarray(wrong)[index] != np.asarray(true)[index] for index in looked):
            return True
    return False


def told(mutant: Mutant, report: Any) -> bool:
    """Whether the differences are fine enough to tell the one small entry that is wrong."""
    assert mutant.entry is not None
    which, k = mutant.entry
    true = np.asarray(mutant.case.gradients[which], dtype=float)
    index = tuple(map(int, np.unravel_index(k, true.shape)))
    found = [f for f in report.parameters[which].findings if f.index == index]
    return report.verdict == "wrong" or any(f.bar < TELLING * abs(true[index]) for f in found)


def judge_layers(draws: int, seed: int = SEED, part: int = 0, parts: int = 1) -> Found:
    """Counts over the layers in float32, right and with mistakes planted."""
    counts, alarms = Counter[str](), []
    for name, (forward, backward, inputs), rng in part_of(drawn_layers(draws, seed), part, parts):
        word = quietly(forward, *inputs, backward=backward).verdict
        counts.update(["layers", f"layers {word}"])
        if word == "wrong":
            alarms.append(f"called wrong: {name} in float32")
        for kind in PLANTED:
            word = quietly(forward, *inputs, backward=planted(backward, kind, rng)).verdict
            counts.update(["planted", f"planted {word}"])
            if word == "right":
                alarms.append(f"missed: {name} in float32, {kind}")
    return counts, alarms


def holds_correct(counts: Counts) -> bool:
    wrong = sum(counts[f"{name} wrong"] for name in ("hard", "stairs", "plain"))
    plain = counts["plain undecidable"] < 0.05 * counts["plain"]
    return wrong == 0 and plain and counts["hard undecidable"] < 0.15 * counts["hard"]


def holds_mutated(counts: Counts) -> bool:
    right = sum(counts[f"{size} right"] for size in ("large", "small", "entry"))
    return right == 0 and counts["large decidable wrong"] >= 0.99 * counts["large decidable"]


def holds_layers(counts: Counts) -> bool:
    right = counts["layers wrong"] == 0 and counts["layers undecidable"] < 0.05 * counts["layers"]
    return right and counts["planted right"] == 0 and counts["planted wrong"] >= 0.95 * counts["planted"]


RUNS: dict[str, tuple[Callable[..., Found], int, Callable[[Counts], bool]]] = {
    "right gradients": (judge_correct, CORRECT, holds_correct),
    "wrong gradients": (judge_mutated, MUTATED, holds_mutated),
    "layers in float32": (judge_layers, DRAWS, holds_layers),
}


def one_part(task: tuple[str, int, int, int, int]) -> Found:
    name, *numbers = task
    return RUNS[name][0](*numbers)


def spread(name: str, count: int, seed: int, processes: int) -> Found:
    """One of the runs over several processes, put together."""
    tasks = [(name, count, seed, k, processes) for k in range(processes)]
    if processes == 1:
        found = [one_part(tasks[0])]
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            found = pool.map(one_part, tasks)
    return sum((counts for counts, _ in found), Counter()), [line for _, lines in found for line in lines]


def in_words(title: str, counts: Counts) -> str:
    said = ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items()) if not name.startswith("kind "))
    return f"{title}: {said}"


def undecided(counts: Counts) -> list[str]:
    """The kinds of right gradients that were not all called right, one a line."""
    kinds = sorted({name[5:].rsplit(":", 1)[0] for name in counts if name.startswith("kind ")})
    lines = []
    for kind in kinds:
        words = {name.rsplit(": ", 1)[1]: n for name, n in counts.items() if name.startswith(f"kind {kind}: ")}
        if set(words) != {"right"}:
            lines.append(f"  {kind}: " + ", ".join(f"{n} {word}" for word, n in sorted(words.items())))
    return lines


def main(share: float = 1.0, seed: int = SEED, processes: int = 1) -> int:
    """Run it and print the counts; 1 where a promise is broken."""
    good = True
    for name, (_, count, holds) in RUNS.items():
        counts, alarms = spread(name, max(1, int(share * count)), seed, processes)
        print(in_words(name, counts), flush=True)
        print("\n".join([*undecided(counts), *(f"  {line}" for line in alarms[:10])]), flush=True)
        good = good and holds(counts)
    print("all promises hold" if good else "a promise is broken")
    return 0 if good else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(*(kind(text) for kind, text in zip((float, int, int), given))))
