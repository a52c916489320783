"""The power run: how often the verdict is what it should be, on many cases; `make power` runs it whole."""

from __future__ import annotations

import sys
import warnings
from collections import Counter, defaultdict

import gatewise as gw
from check.cases import Case, Mutant, correct_cases, mutants

CORRECT, MUTATED = 5_000, 20_000
SEED = 20


def verdict(case: Case, gradients) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        given = gradients if len(gradients) > 1 else gradients[0]
        return gw.check(case.f, *case.args, gradient=given).verdict


def judge_correct(count: int, seed: int = SEED) -> tuple[dict[str, int], list[Case]]:
    """Counts over correct gradients, and the cases that were called wrong."""
    counts: Counter[str] = Counter()
    alarms = []
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case in correct_cases(count, seed):
        found = verdict(case, case.gradients)
        counts["hard" if case.hard else "plain"] += 1
        counts[f"{'hard' if case.hard else 'plain'} {found}"] += 1
        kinds[case.name][found] += 1
        if found == "wrong":
            alarms.append(case)
    judge_correct.kinds = kinds
    return dict(counts), alarms


def judge_mutated(count: int, seed: int = SEED) -> tuple[dict[str, int], list[Mutant]]:
    """Counts over wrong gradients, and the mutants that were called right."""
    counts: Counter[str] = Counter()
    missed = []
    decidable: dict[int, bool] = {}
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants(count, seed):
        key = id(mutant.case)
        if key not in decidable:
            decidable = {key: verdict(mutant.case, mutant.case.gradients) == "right"}
        found = verdict(mutant.case, mutant.gradients)
        size = "large" if mutant.error >= 1e-4 else "small"
        counts[size] += 1
        counts[f"{size} {found}"] += 1
        kinds[mutant.case.name][f"{decidable[key]} {found}"] += 1
        if decidable[key]:
            counts[f"{size} decidable"] += 1
            counts[f"{size} decidable {found}"] += 1
            if found != "wrong" and size == "large":
                missed.append(mutant)
        if found == "right":
            missed.append(mutant)
    judge_mutated.kinds = kinds
    return dict(counts), missed


def told(title: str, counts: dict[str, int]) -> str:
    return f"{title}: " + ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items()))


def holds_correct(counts: dict[str, int]) -> bool:
    wrong = counts.get("hard wrong", 0) + counts.get("plain wrong", 0)
    return wrong == 0 and counts.get("plain undecidable", 0) < 0.1 * counts["plain"]


def holds_mutated(counts: dict[str, int]) -> bool:
    right = counts.get("large right", 0) + counts.get("small right", 0)
    return right == 0 and counts["large decidable wrong"] >= 0.99 * counts["large decidable"]


def main(share: float = 1.0) -> int:
    """Run it and print the counts; 1 where a promise is broken."""
    correct, alarms = judge_correct(int(share * CORRECT))
    print(told("correct gradients", correct))
    for case in alarms[:10]:
        print(f"  called wrong: {case.name} at {case.args}")
    mutated, missed = judge_mutated(int(share * MUTATED))
    print(told("mutated gradients", mutated))
    for mutant in missed[:10]:
        print(f"  missed: {mutant.case.name} at {mutant.case.args}, {mutant.kind}, off by {mutant.error:.2g}")
    good = holds_correct(correct) and holds_mutated(mutated)
    print("all promises hold" if good else "a promise is broken")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
