"""Every parameter looked at: along random directions, and entry by entry."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._check.claims import Claims
from gatewise._check.parameters import Parameter
from gatewise._check.probing import Probe, as_judgement
from gatewise._check.recorded import Run
from gatewise._check.report import Finding, ParameterReport, verdict_of
from gatewise._check.sampling import Effort, Progress, direction, entries_looked_at, told_before
from gatewise._check.subject import Subject
from gatewise._numerical import Direction, Judgement, judge
from gatewise._numerical.evidence import SMALLEST
from gatewise._numerical.judgement import closeness, not_contradicted, relative

HANDFUL = 5  # wrong entries of one parameter, after which no more are looked at


class Look:
    """Compares every claim on a subject with differences.

    `run` is the recording, where there is one, `cheap` whether it takes next to no time, `own` how far the rounding of
    short floats moves the gradient of each parameter.
    """

    def __init__(self, subject: Subject, effort: Effort, run: Run | None, cheap: bool, own: dict[str, float]) -> None:
        self.subject, self.effort, self.run, self.cheap, self.own = subject, effort, run, cheap, own
        self.noises: list[float] = []  # of f at x, as each line sees it

    @property
    def noise(self) -> float:
        """How far rounding moves f at x. One line's table may mislead: what half of them say counts."""
        return median(self.noises) if self.noises else 0.0

    def plan(self, claims: Claims) -> dict[str, list[int]]:
        """The entries of each parameter that are looked at."""
        told = [p for p in self.subject.parameters if claims.by_name[p.name] is not None]
        return {p.name: entries_looked_at(p, claims.by_name[p.name], self.effort, told) for p in told}

    def progress(self, plan: Mapping[str, Sequence[int]], seconds: float, show: bool | None) -> Progress:
        """The bar over all that is looked at, where one run takes so many seconds."""
        told = [p for p in self.subject.parameters if p.name in plan]
        directions = sum(self.directions(p, plan[p.name]) for p in told)
        entries, size = sum(map(len, plan.values())), sum(p.size for p in told)
        before = told_before(self.subject.name, seconds, directions, entries, size)
        return Progress(directions + entries, before, show)

    def parameters(
        self, claims: Claims, plan: Mapping[str, Sequence[int]], value: float, progress: Progress
    ) -> list[ParameterReport]:
        """Every parameter of which something is said."""
        judged = []
        for p in self.subject.parameters:
            if p.name in claims.misshaped:
                note = f"the gradient has shape {claims.misshaped[p.name]}, {p.name} has {p.array.shape}"
                judged.append(ParameterReport(p.name, p.array.shape, p.size, "wrong", (), 0, 0, note))
            elif p.name in plan:
                judged.append(self.parameter(p, claims.by_name[p.name], plan[p.name], value, progress))
        return judged

    def directions(self, p: Parameter, entries: Sequence[int]) -> int:
        """How many random directions: none where every entry is looked at anyway and there are few."""
        return 0 if len(entries) == p.size else self.effort.directions

    def parameter(
        self, p: Parameter, claim: object, entries: Sequence[int], value: float, progress: Progress
    ) -> ParameterReport:
        """One parameter: along directions, then entry by entry, measured by the largest entry."""
        if not math.isfinite(value):
            note = f"{self.subject.name} is {value} here"
            return ParameterReport(p.name, p.array.shape, p.size, "undecidable", (), 0, 0, note)
        if not np.all(np.isfinite(p.array)):
            note = f"{p.name} is not finite"
            return ParameterReport(p.name, p.array.shape, p.size, "undecidable", (), 0, 0, note)
        probe = Probe(self.subject, p, self.run)
        claim64 = np.asarray(claim, dtype=float)
        most = self.effort.each  # with effort "all", every one is wanted anyway
        along: list[Finding] = []
        for k in progress.over(range(self.directions(p, entries))):
            along.append(self.along(probe, claim64, k, short_floats(p, claim)))
            if along[-1].verdict == "wrong" and most < sys.maxsize:
                break
        found: list[Finding] = []
        for entry in progress.over(largest_first(entries, claim64)):
            index = tuple(map(int, np.unravel_index(entry, p.array.shape)))
            found.append(self.entry(probe, claim64, index, short_floats(p, claim)))
            if sum(f.verdict == "wrong" for f in found) >= HANDFUL and most < sys.maxsize:
                break
        return summed_up(p, along, sorted(found, key=lambda f: f.index or ()))

    def along(self, probe: Probe, claim: Any, k: int, eps: float) -> Finding:
        """The claim along one random direction, measured by what its entries add up to."""
        p, largest = probe.parameter, largest_of(claim)
        v = direction(p, k, probe.size)
        given = float(np.sum(claim * v, dtype=float))
        size = max(0.5 * largest * probe.size, float(np.linalg.norm(np.ravel(claim * v))))
        line = probe.direction(v, p.eps * float(np.sum(np.abs(np.nan_to_num(claim) * p.array), dtype=float)))
        # Entries decide: where f takes long, a direction that does not contradict them is not followed on.
        found = None if self.cheap else not_contradicted(line, given, closeness(eps) * size)
        if found is None:
            own = self.own.get(p.name, 0.0) * float(np.linalg.norm(np.ravel(v)))
            found = judge(line, given, size, closeness=closeness(eps), own=own, alone=False)
        return self.finding(probe, f"random direction {k + 1}", None, given, found, line, closeness(eps) * size)

    def entry(self, probe: Probe, claim: Any, index: tuple[int, ...], eps: float) -> Finding:
        """The claim on one entry."""
        given, largest, own = float(claim[index]), largest_of(claim), self.own.get(probe.parameter.name, 0.0)
        close = closeness(eps) * max(largest, abs(given) if math.isfinite(given) else 0.0) + own
        line = probe.entry(index)
        gradient = None if self.run is None else self.run.gradients[self.subject.parameters.index(probe.parameter)]
        dead = gradient is not None and float(np.reshape(gradient, claim.shape)[index]) == 0
        found = judge(line, given, largest, closeness=closeness(eps), own=own, dead=dead)
        if found.word == "undecidable" and line.known:
            found = self.asked_otherwise(probe, index, line, given, close, max(SMALLEST * largest, own)) or found
        where = f"[{', '.join(map(str, index))}]" if index else ""
        return self.finding(probe, where, index, given, found, line, close)

    def asked_otherwise(
        self, probe: Probe, index: tuple[int, ...], line: Direction, given: float, close: float, floor: float
    ) -> Judgement | None:
        """Where differences cannot tell: the complex step, or f as a black box, which may be less noisy than feared."""
        exact = probe.complex_slope(index)
        if exact is not None and (found := as_judgement(exact, given, close, floor)) is not None:
            return found
        hidden = judge(line.as_black_box(), given, close / closeness(0.0))
        return hidden if hidden.word == "right" else None

    def finding(
        self, probe: Probe, where: str, index: Any, given: float, found: Judgement, line: Direction, close: float
    ) -> Finding:
        """A judgement, as it is reported."""
        self.noises.append(line.noise)
        error = relative(given, found.value)
        facts = Finding(where, index, given, found.value, found.bar, error, found.word, found.why)
        if found.corner is None:
            return facts
        choice = probe.where_it_chooses(line, found.h)
        line_number, text = (None, "") if choice is None or choice.line is None else (choice.line, choice.text)
        facts = replace(facts, left=found.corner.left, right=found.corner.right, line=line_number, text=text)
        return replace(facts, between=found.between(given, close))


def summed_up(p: Parameter, along: Sequence[Finding], entries: Sequence[Finding]) -> ParameterReport:
    """One verdict from many: what is wrong anywhere is wrong; directions that settle nothing do not count."""
    telling = [*(f for f in along if not entries or f.verdict in ("right", "wrong")), *entries]
    kinks = [f for f in telling if f.verdict == "kink"]
    verdict = verdict_of([f.verdict for f in telling], all(f.between for f in kinks))
    return ParameterReport(p.name, p.array.shape, p.size, verdict, (*entries, *along), len(entries), len(along))


def short_floats(p: Parameter, claim: object) -> float:
    """The spacing at 1 of the shortest floats that a gradient was computed in, as far as it shows."""
    return max(p.eps_given, float(np.finfo(np.asarray(claim).dtype).eps))


def largest_of(claim: Any) -> float:
    finite = np.abs(claim[np.isfinite(claim)])
    return float(finite.max()) if finite.size else 0.0


def largest_first(entries: Sequence[int], claim: npt.ArrayLike) -> list[int]:
    """The entries, the largest of the gradient first: a few of them show best what is wrong."""
    flat = np.abs(np.nan_to_num(np.ravel(claim)[list(entries)], nan=np.inf, posinf=np.inf))
    return [entries[k] for k in np.argsort(-flat, kind="stable")]
