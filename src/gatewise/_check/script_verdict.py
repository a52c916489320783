"""The gradients of a script beside the differences of its forward pass, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatewise._check.comparing import squeezed
from gatewise._check.diagnosis import Mistake
from gatewise._check.matching import DATA
from gatewise._check.places import Place
from gatewise._check.report import ParameterReport, Report
from gatewise._check.script_claims import (
    SAYS_GRADIENT,
    Claim,
    Pass,
    movable,
    parts,
    same_array,
    unjudged,
)
from gatewise._check.script_forward import function_of, given_after
from gatewise._check.script_values import as_computed, ratio_of
from gatewise._check.tracing import Trace
from gatewise._check.verdict import checked
from gatewise._types import Plain

TRIED = 12  # other values and places that a gradient on the way is compared with


@dataclass(frozen=True)
class Script:
    """A script that ran: its gradients are compared with the differences of its forward pass."""

    path: str
    trace: Trace
    draws: Any
    options: Mapping[str, Any]

    def can_move(self, found: Pass, place: Place) -> bool:
        """Whether a place can be given other values, and the forward pass then runs."""
        if place not in found.history or not movable(found.forward_value(place)) or given_after(found, place) is None:
            return False
        try:
            f = function_of(found, (place,), self.path, self.draws)
            with np.errstate(all="ignore"):
                value = f(**{place.text: numeric(found.forward_value(place))})
        except Exception:  # taken apart, it does not run: then this place is not judged
            return False
        here = found.forward_value(found.output)
        return np.shape(value) == np.shape(here) and bool(
            np.allclose(np.asarray(value, float), np.asarray(here, float), rtol=1e-9, atol=0, equal_nan=True)
        )

    def judged(self, found: Pass, gradients: Mapping[Place, object]) -> Report:
        """The report on some gradients of a pass; on gatewise's own where they are None."""
        values = {p.text: numeric(found.forward_value(p)) for p in gradients}
        told = {p.text: in_shape(numeric(g), values[p.text]) for p, g in gradients.items() if g is not None}
        options = dict(self.options)
        if found.start is not None and np.ndim(found.forward_value(found.output)):
            options.setdefault("upstream", found.start)
        f = function_of(found, tuple(gradients), self.path, self.draws)
        return checked(f, (), values, gradient=told or None, **options)


class Verdicts:
    """Judges the claims of a pass: those of inputs together, those of names in the middle one by one."""

    def __init__(self, script: Script, found: Pass, claims: Sequence[Claim], others: Sequence[Pass]) -> None:
        self.script, self.found, self.claims, self.others = script, found, list(claims), others
        self.reports: list[Report] = []
        self.verdicts: dict[Claim, ParameterReport] = {}
        self.notes: list[str] = []
        self.left: dict[Place, str] = {}  #: what was not judged, and why
        self.harmless: set[Claim] = set()

    def look(self) -> None:
        """Judge every claim."""
        for claim in [c for c in self.claims if is_part(self.found.forward_value(c.target), c.value)]:
            self.claims = [c for c in self.claims if c is not claim]
            self.left[claim.target] = f"{claim.place.text} has the shape of a part of it"
        targets = list(dict.fromkeys(c.target for c in self.claims))
        able = [t for t in targets if self.script.can_move(self.found, t)]
        sources = [t for t in able if not self.is_made_of(t, able)]
        named = [c for c in self.claims if c.by_name]
        first = {t: next(c for c in named if c.target == t) for t in sources if any(c.target == t for c in named)}
        if first:
            self.judge(list(first.values()))
        for claim in named:
            if claim.target in able and claim not in self.verdicts and not self.is_told(claim):
                self.judge([claim])
        by_use = dict.fromkeys(c.target for c in self.claims if not c.by_name)
        for target in sorted(by_use, key=self.is_velocity):
            self.by_use(target, [c for c in self.claims if c.target == target], target in able)
        for claim in [c for c in named if c in self.verdicts and self.verdicts[c].verdict == "wrong"]:
            self.of_another_output(claim)
        for claim in named:
            if claim.target not in sources:
                self.in_the_middle(claim)
            elif self.is_data(claim.target) and claim in self.verdicts and self.verdicts[claim].verdict == "wrong":
                self.if_harmless(claim)
        for claim in named:
            judged_too = any(same_array(self.found, claim.place, c.place) for c in self.verdicts)
            if claim.target not in able and claim not in self.harmless and not judged_too:
                self.left[claim.target] = (
                    f"{claim.place.text} is its gradient, and {claim.target.text} changes in the pass"
                )

    @property
    def doubts(self) -> bool:
        """Whether differences left anything open."""
        return any(p.verdict != "right" for p in self.verdicts.values())

    @property
    def is_wrong(self) -> bool:
        return any(p.verdict == "wrong" for p in self.verdicts.values())

    def judge(self, claims: Sequence[Claim], values: Sequence[Plain] | None = None) -> Report:
        """Compare the gradients of several places with differences."""
        values = values or [as_computed(self.found, c) for c in claims]
        report = self.script.judged(self.found, {c.target: g for c, g in zip(claims, values, strict=True)})
        self.reports.append(report)
        by_name = {p.name: p for p in report.parameters}
        for claim in claims:
            self.verdicts[claim] = by_name[claim.target.text]
        return report

    def is_made_of(self, place: Place, others: Sequence[Place]) -> bool:
        """Whether a place lies behind others in the forward pass."""
        trace, found = self.found.trace, self.found
        behind = trace.behind(trace.moments[found.made_at(place)].needs)
        return any(
            other != place and found.made_at(other) < found.made_at(place) and any(trace.reads(m, other) for m in mine)
            for mine in [behind | {found.made_at(place)}]
            for other in others
        )

    def is_told(self, claim: Claim) -> bool:
        """Whether a claim says what another one says: `grads["W"] = dW`."""
        mine = as_computed(self.found, claim)
        others = [c for c in self.verdicts if c.target == claim.target]
        return any(np.array_equal(as_computed(self.found, c), mine) for c in others)

    # --------------------------------------------------------------------------------------------- what is uncertain

    def is_velocity(self, target: Place) -> bool:
        """Whether another parameter moves by what a place holds after its step: then it is no parameter itself."""
        trace, steps = self.found.trace, self.found.steps
        return any(
            np.shape(one.after) == np.shape(other.after)
            and target in trace.lines[trace.moments[other.moment].line].touched.reads
            and ratio_of(np.subtract(other.after, other.before), np.asarray(one.after, float)) is not None
            for one in steps
            for other in steps
            if one.place == target != other.place and one.moment < other.moment
        )

    def by_use(self, target: Place, claims: Sequence[Claim], able: bool) -> None:
        """A parameter that was changed by something whose name says nothing: right if any of it is its gradient."""
        kept = list(self.reports)
        for claim in claims if able else ():
            for _, value in claim.values[:TRIED]:
                self.judge([claim], [value])
                if self.verdicts[claim].verdict == "right":
                    self.reports = [*kept, self.reports[-1]]
                    for other in claims:
                        if other is not claim:
                            self.verdicts.pop(other, None)
                    return
        self.reports = kept
        for claim in claims:
            self.verdicts.pop(claim, None)
        said = [c for c in claims if is_called_gradient(c.place)]
        passed = {c.place for c, v in self.verdicts.items() if v.verdict == "right"}
        if any(c.place in passed for c in said) and self.is_velocity(target):
            return  # momentum, which the forward pass looks ahead with
        if able and len(said) == 1:
            self.judge(said)
            return
        listed = ", ".join(c.place.text for c in claims[:4])
        self.left[target] = f"it is changed by {listed}, and no name says which of that is its gradient"

    def of_another_output(self, claim: Claim) -> None:
        """A gradient of another loss than the first: scripts may have two.

        Zeros are the gradient of every number that has nothing to do with the target, so they are that of none.
        """
        value = as_computed(self.found, claim)
        for other in self.others if np.any(value) else ():
            if claim.target in other.history and self.script.can_move(other, claim.target):
                report = self.script.judged(other, {claim.target: value})
                if report.verdict != "right":
                    continue
                said = f"{claim.place.text} is the gradient of {other.output.text}"
                trace, both = self.found.trace, other.behind & self.found.behind
                if any(trace.reads(m, claim.target) for m in both):  # a mean beside a sum: which one is meant?
                    self.drop(claim)
                    self.left[claim.target] = f"{said}, not of {self.found.output.text}"
                    return
                self.keep(claim, report)
                self.notes.append(said)
                return

    def in_the_middle(self, claim: Claim) -> None:
        """A gradient on the way that is not what its name says: another value it had, another place, or harmless."""
        mine = self.verdicts.get(claim)
        if mine is not None and mine.verdict != "wrong":
            return
        if mine is not None and (self.was_right(claim) or self.is_of_another(claim)):
            return
        self.if_harmless(claim)

    def if_harmless(self, claim: Claim) -> None:
        """Leave out a gradient that is not what its name says, where what is made of it is right."""
        mine = self.verdicts.get(claim)
        if any(
            self.is_made_from(c, claim) and v.verdict == "right" for c, v in self.verdicts.items() if c is not claim
        ):
            self.drop(claim)
            self.harmless.add(claim)
            if mine is not None:
                self.notes.append(
                    f"{claim.place.text} is not the gradient of {claim.target.text} at the end,"
                    " and what is made of it is right: it was left out"
                )

    def is_data(self, target: Place) -> bool:
        """Whether an input is data: `dy` beside labels `y` is more often the gradient of the prediction."""
        stepped = {s.place for s in self.found.steps}
        return target.last in DATA or (bool(stepped) and target not in stepped)

    def was_right(self, claim: Claim) -> bool:
        """Whether it was the gradient before it was put to another use, as by a mask in place."""
        return any(self.retried(claim, claim.target, value) for _, value in claim.values[1:TRIED])

    def is_of_another(self, claim: Claim) -> bool:
        """Whether it is the gradient of another value: `dprobs` of the scores. Zeros are that of any unused one."""
        value = as_computed(self.found, claim)
        if not np.any(value):
            return False
        behind = self.found.trace.behind({self.found.made_at(claim.target)})
        others = [
            p
            for p in self.found.history
            if p != claim.target
            and p not in {c.place for c in self.found.claims}
            and movable(self.found.forward_value(p))
            and np.shape(self.found.forward_value(p)) == np.shape(value)
            and self.found.made_at(p) in behind
        ]
        return any(self.retried(claim, p, value) for p in others[-TRIED:] if self.script.can_move(self.found, p))

    def retried(self, claim: Claim, place: Place, value: Plain) -> bool:
        """Judge another value, or another place; kept where it is right."""
        if np.shape(value) != np.shape(self.found.forward_value(place)):
            return False
        report = self.script.judged(self.found, {place: value})
        if report.verdict != "right":
            return False
        self.keep(claim, report)
        if place != claim.target:
            self.notes.append(f"{claim.place.text} is the gradient of {place.text}")
        return True

    def keep(self, claim: Claim, report: Report) -> None:
        """Put another report in the place of what was said of a claim."""
        self.drop(claim)
        self.reports.append(report)
        self.verdicts[claim] = report.parameters[0]

    def drop(self, claim: Claim) -> None:
        """Take a claim out of the report."""
        mine = self.verdicts.pop(claim, None)
        if mine is not None:
            self.reports = [
                replace(r, parameters=tuple(p for p in r.parameters if p is not mine)) for r in self.reports
            ]
            self.reports = [r for r in self.reports if r.parameters]

    def is_made_from(self, claim: Claim, other: Claim) -> bool:
        """Whether a gradient was made from another one."""
        return bool(self.found.trace.behind({m for m, _ in claim.values}) & {m for m, _ in other.values})

    def unjudged(self) -> list[tuple[Place, str]]:
        """What looks like a gradient and was not judged, with the reasons."""
        judged = {c.target for c in self.verdicts} | {c.target for c in self.harmless}
        return [*self.left.items(), *(each for each in unjudged(self.found, judged) if each[0] not in self.left)]

    def steps_too_early(self, lines: Sequence[str]) -> Iterator[Mistake]:
        """The steps after which a gradient that is wrong was made of what they changed."""
        trace, found = self.found.trace, self.found
        wrong = [c for c, v in self.verdicts.items() if v.verdict == "wrong"]
        made = trace.behind({m for c in wrong for m, _ in c.values}) - found.behind
        stepped = {s.moment for s in found.steps}
        for step in found.steps:
            later = [m for m in made if m > step.moment and m not in stepped and trace.reads(m, step.place)]
            if later:
                line, reader = (trace.lines[trace.moments[m].line].node.lineno for m in (step.moment, min(later)))
                cure = (
                    f"Line {reader} computes a gradient with {step.place.text}, which this step has changed by then:"
                    " take the steps after the last gradient."
                )
                yield Mistake(line, lines[line - 1].strip(), step.place.text, None, None, "stale", cure)

    def contradicts(self, mistake: Mistake) -> bool:
        """Whether differences found right what a line is said to get wrong, or all that is made of it."""
        if any(v.verdict != "right" for v in self.verdicts.values()):
            return False
        right = [c for c in (*self.verdicts, *self.harmless) if c.place.text == mistake.variable]
        if right:
            return True
        trace = self.found.trace
        lines = {k for k, line in enumerate(trace.lines) if line.node.lineno == mistake.line}
        moments = {m for m, moment in enumerate(trace.moments) if moment.line in lines}
        return any(trace.behind({m for m, _ in c.values}) & moments for c in self.verdicts)


def in_shape(g: Plain, value: Plain) -> Any:
    """A gradient in the shape of its value, where they differ in axes of one entry alone: b is (1, 4), db is (4,)."""
    return np.reshape(g, np.shape(value)) if np.ndim(value) and squeezed(g) == squeezed(value) else g


def is_part(whole: Plain, g: Plain) -> bool:
    """Whether a gradient has the shape of one row of a parameter: `V[word] -= rate * gV`."""
    return (
        squeezed(g) != squeezed(whole)
        and 0 < np.ndim(g) < np.ndim(whole)
        and np.shape(g) == np.shape(whole)[np.ndim(whole) - np.ndim(g) :]
    )


def is_called_gradient(place: Place) -> bool:
    """Whether a name says gradient, without saying whose; or the list or dict does that holds it."""
    held = any(SAYS_GRADIENT.search(each.lower()) for each in parts(place))
    return held or place.last in ("g", "G")


def numeric(value: object) -> Any:
    """The value as it is moved: whole numbers as floats, lists as arrays."""
    if isinstance(value, (list, tuple)):
        return np.array(value, dtype=float)
    return float(value) if type(value) is int else value
