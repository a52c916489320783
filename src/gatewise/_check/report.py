"""The verdict with its evidence, and the page that is printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from gatewise._check.diagnosis import Mistake, Suspect
from gatewise._numerical.evidence import SMALLEST, SURE

VERDICTS = ("right", "wrong", "kink", "undecidable")
WHOLE = 6  # entries up to which an array is printed as a whole
SHOWN = 5  # findings of one parameter that are printed
LOOSE = 1e-4  # a relative error above it, where the verdict is right, is that of an entry too small to judge by itself


@dataclass(frozen=True)
class Finding:
    """One comparison, of an entry or along a random direction.

    `given` is the gradient under check, `should` the numerical one, right within `bar`; `error` is relative, on the
    course notes' scale: |given - should| over the larger of the two. At a kink `left` and `right` are the slopes on
    either side, and `line` and `text` where the function chooses.
    """

    where: str
    index: tuple[int, ...] | None
    given: float
    should: float
    bar: float
    error: float
    verdict: str
    why: str = ""
    left: float | None = None
    right: float | None = None
    between: bool = False
    line: int | None = None
    text: str = ""


@dataclass(frozen=True)
class ParameterReport:
    """What was found of one parameter: its verdict, and the findings behind it."""

    name: str
    shape: tuple[int, ...]
    size: int
    verdict: str
    findings: tuple[Finding, ...]
    entries: int
    directions: int
    note: str = ""

    @property
    def worst(self) -> Finding | None:
        """The finding that tells most: of the verdict's own kind, the one that is farthest off."""
        own = [f for f in self.findings if f.verdict == self.verdict] or list(self.findings)
        own = [f for f in own if f.index is not None] or own  # an entry says more than a direction
        return max(own, key=lambda f: -1.0 if math.isnan(f.error) else f.error, default=None)


@dataclass(frozen=True)
class Report:
    """The verdict on a gradient: `verdict` is "right", "wrong", "kink" or "undecidable".

    `bool(report)` is true for right, and for a kink whose gradient lies between the slopes on either side. `parameters`
    has the findings, `noise` how far rounding moves f, `mistakes` the lines at fault where they were found, `suspects`
    a few lines where it can only be told that it is one of them, `notes` what was noticed on the way, `not_given` the
    parameters that no gradient came for, `not_judged` what looks like a gradient of a script and could not be judged:
    then `bool(report)` is false, unless what was not given is `data`. Printed, it is a page.

    >>> import gatewise as gw
    >>> report = gw.check(lambda x: x * x, 3.0, gradient=6.0)
    >>> report.verdict, report.sampled
    ('right', 'the one entry there is')
    """

    name: str
    verdict: str
    parameters: tuple[ParameterReport, ...]
    source: str
    noise: float
    noise_source: str
    evaluations: int
    value: float
    notes: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = field(default=())
    not_given: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()
    data: frozenset[str] = frozenset()
    suspects: tuple[Suspect, ...] = ()

    def __bool__(self) -> bool:
        if {*self.not_given} - self.data or self.not_judged:
            return False
        if self.verdict == "kink":
            kinks = [f for p in self.parameters for f in p.findings if f.verdict == "kink"]
            return all(f.between for f in kinks)
        return self.verdict == "right"

    @property
    def sampled(self) -> str:
        """What was looked at, in words: `3 random directions and 40 of 153,600 entries`."""
        entries, size = sum(p.entries for p in self.parameters), sum(p.size for p in self.parameters)
        directions = sum(p.directions for p in self.parameters)
        everything = "both entries" if size == 2 else f"all {amount(size, 'entries')}"
        looked = everything if entries == size else f"{entries:,} of {amount(size, 'entries')}"
        if size == 1:
            looked = "the one entry there is" if entries else "no entry"
        return f"{amount(directions, 'random directions')} and {looked}" if directions else looked

    def to_dict(self) -> dict[str, object]:
        """The report as plain dicts, lists, numbers and words, ready for JSON."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "right": bool(self),
            "checked": self.source,
            "noise": json_number(self.noise),
            "not_given": list(self.not_given),
            "not_judged": list(self.not_judged),
            "data": sorted(self.data),
            "sampled": self.sampled,
            "evaluations": self.evaluations,
            "notes": list(self.notes),
            "parameters": [parameter_dict(p) for p in self.parameters],
            "mistakes": [mistake_dict(m) for m in self.mistakes],
            "suspects": [{"line": each.line, "text": each.text} for each in self.suspects],
        }

    def __str__(self) -> str:
        lines = [headline(self), ""]
        if self.mistakes:
            lines += ["Where it goes wrong:", *(line for m in self.mistakes for line in mistake_lines(m)), ""]
        if self.suspects:
            among = "in one of these lines" if len(self.suspects) > 1 else "in this line"
            lines.append(f"Where it goes wrong, {among} as far as can be told:")
            lines += [*(f"  line {each.line}: {each.text}" for each in self.suspects), ""]
        width = max((len(p.name) for p in self.parameters), default=0)
        for p in self.parameters:
            lines += parameter_lines(p, width, 1 if self.mistakes or self.suspects else SHOWN)
        lines += [""] if self.parameters else []
        by = f", by {self.sampled}" if any(p.entries or p.directions for p in self.parameters) else ""
        lines.append(f"Checked: {self.source}{by}; f ran {amount(self.evaluations, 'times')}.")
        if self.noise > 0 and math.isfinite(self.noise):
            lines.append(f"f itself is only good to {short_number(self.noise)} here ({self.noise_source}).")
        lines += [f"Note: {note}." for note in self.notes]
        if any(p.findings for p in self.parameters):
            lines.append("This is evidence from differences of f, at these inputs.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def headline(report: Report) -> str:
    """The verdict as one sentence."""
    names = [p.name for p in report.parameters if p.verdict == report.verdict]
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    match report.verdict:
        case "right" if report.not_given:
            wanted = [name for name in report.not_given if name not in report.data]
            missing = ", ".join(wanted or report.not_given)
            verb = "was" if len(wanted or report.not_given) == 1 else "were"
            why = "" if wanted else ", being data"
            return f"right for {listed}; {missing} {verb} not given{why}."
        case "right" if report.not_judged:
            left = ", ".join(report.not_judged)
            return f"right for {listed}; {left} {'was' if len(report.not_judged) == 1 else 'were'} not judged."
        case "right":
            return f"right: the gradient of {report.name} agrees with what the differences say."
        case "wrong" if not names:
            return f"wrong: the backward pass of {report.name} is not right."
        case "wrong":
            return f"wrong: the gradient of {report.name} along {listed} is not what the differences say."
        case "kink":
            told = (
                "lies between the slopes on its two sides"
                if all(f.between for p in report.parameters for f in p.findings if f.verdict == "kink")
                else "does not lie between the slopes on its two sides"
            )
            return f"kink: {report.name} has a corner here along {listed}; the gradient {told}."
    if report.not_judged:
        return f"undecidable: {' and '.join(report.not_judged)} of {report.name} is not there to be judged."
    along = f" along {listed}" if listed else ""
    return f"undecidable: it cannot be told whether the gradient of {report.name}{along} is right."


def parameter_lines(p: ParameterReport, width: int, most: int = SHOWN) -> list[str]:
    """One parameter: its verdict, and what stands behind it, `most` findings of it."""
    head = f"  {p.name:<{width}}  {p.verdict:<11}"
    if p.note:
        return [f"{head}  {p.note}"]
    worst = p.worst
    if worst is None:
        return [head.rstrip()]
    if p.verdict == "right":
        return [f"{head}  {error_of_right(p, worst)}"]
    chosen = sorted(
        (f for f in p.findings if f.verdict == p.verdict), key=lambda f: (f.index is None, -sortable(f.error))
    )
    if any(f.index is not None for f in chosen):
        chosen = [f for f in chosen if f.index is not None]
    lines = [head.rstrip()]
    for f in chosen[:most]:
        lines += finding_lines(f, p.name)
    if len(chosen) > most:
        lines.append(f"      and {len(chosen) - most} more")
    return lines


def error_of_right(p: ParameterReport, worst: Finding) -> str:
    """The largest error of a right parameter: relative to the entry, or where that says nothing, to the largest one."""
    if worst.error <= LOOSE or worst.index is None:
        return f"largest relative error {short_number(worst.error)} ({scale_of(worst.error)})"
    entries = [f for f in p.findings if f.index is not None]
    largest = max(max(abs(f.given), abs(f.should)) for f in entries)
    error = max(abs(f.given - f.should) for f in entries) / largest
    loose = [f for f in entries if f.error > LOOSE]
    below = max(max(abs(f.given), abs(f.should), SURE * f.bar + SMALLEST * largest) for f in loose)
    told = f"largest error {short_number(error)} of the largest entry"
    return f"{told}; entries below {short_number(below)} are too small to be told" if below < largest else told


def finding_lines(f: Finding, name: str) -> list[str]:
    """One comparison, in one or two lines."""
    where = f"{name}{f.where}" if f.index is not None else f.where
    should = f"{short_number(f.should)} +- {short_number(f.bar)}"
    if f.verdict == "kink" and f.left is not None and f.right is not None:
        place = f", line {f.line}: {shortened(f.text)}" if f.line is not None else ""
        slopes = f"slope {short_number(f.left)} on the left, {short_number(f.right)} on the right"
        return [f"      {where}: gradient {short_number(f.given)}; {slopes}{place}"]
    told = (
        f"      {where}: gradient {short_number(f.given)}, should be {should}"
        if f.verdict == "wrong"
        else (f"      {where}: gradient {short_number(f.given)}, differences {should}")
    )
    if f.verdict == "wrong":
        told += f"  (relative error {short_number(f.error)})"
    return [told, f"        {f.why}"] if f.why else [told]


def scale_of(error: float) -> str:
    """What the course notes say of a relative error."""
    if error > 1e-2:
        return "above 1e-2 a gradient is probably wrong"
    if error > 1e-4:
        return "between 1e-2 and 1e-4: be uneasy"
    return "below 1e-4" if error > 1e-7 else "1e-7 and less: be happy"


def mistake_lines(m: Mistake) -> list[str]:
    """One line of the user's code that is wrong, as the culprit found it."""
    line = f"line {m.line}: {m.text}" if m.line else m.text
    line = f"  {m.layer}, {line}" if m.layer else f"  {line}"
    gave, should, lines = m.gave, m.should, [line]
    if should is not None:
        given = "raises an error" if gave is None else f"gave {value_text(gave)}"
        lines.append(f"      {m.variable} {given}, should be {value_text(should)}")
        if (entry := farthest(gave, should)) is not None and np.size(should) > WHOLE:
            place, one, other = entry
            lines.append(f"      most at {list(place)}: gave {short_number(one)}, should be {short_number(other)}")
    lines += [f"      {m.round}"] if m.round else []
    told = ": ".join(part for part in (m.kind, m.cure) if part)
    return [*lines, f"      {told}"] if told else lines


def farthest(gave: Any, should: Any) -> tuple[tuple[int, ...], float, float] | None:
    """The entry in which two arrays of one shape differ most: where, and both numbers; None where there is none."""
    if gave is None or should is None or np.shape(gave) != np.shape(should) or not np.ndim(gave) or not np.size(gave):
        return None
    a, b = np.asarray(gave, float), np.asarray(should, float)
    with np.errstate(all="ignore"):
        off = np.abs(a - b)
    off = np.where(np.isnan(off), np.inf, off)
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(off)), off.shape))
    return place, float(a[place]), float(b[place])


def value_text(value: Any) -> str:
    """A number or an array, short."""
    if isinstance(value, (int, float)):
        return short_number(float(value))
    shape = getattr(value, "shape", None)
    if shape is None or getattr(value, "size", 100) <= WHOLE:
        return " ".join(str(value).split())
    flat = value.ravel()
    return f"{' x '.join(map(str, shape))} numbers ({', '.join(short_number(float(x)) for x in flat[:3])}, ...)"


def parameter_dict(p: ParameterReport) -> dict[str, object]:
    return {
        "name": p.name,
        "shape": list(p.shape),
        "verdict": p.verdict,
        "entries": p.entries,
        "directions": p.directions,
        "note": p.note,
        "findings": [
            {
                "where": f.where,
                "index": None if f.index is None else list(f.index),
                "verdict": f.verdict,
                **{key: json_number(getattr(f, key)) for key in ("given", "should", "bar", "error", "left", "right")},
                "why": f.why,
                "line": f.line,
                "text": f.text,
            }
            for f in p.findings
        ],
    }


def mistake_dict(m: Mistake) -> dict[str, object]:
    made = {f.name: v.tolist() if hasattr(v := getattr(m, f.name), "tolist") else v for f in fields(m)}
    entry = farthest(m.gave, m.should)
    told = entry and {"index": list(entry[0]), "gave": json_number(entry[1]), "should": json_number(entry[2])}
    return {**made, "line": m.line or None, "entry": told}


def json_number(x: float | None) -> float | str | None:
    """A number as JSON has it."""
    if x is None or math.isfinite(x):
        return x
    return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"


def short_number(x: float) -> str:
    """A number with as many digits as a reader compares."""
    if x == 0 or math.isnan(x) or math.isinf(x):
        return str(float(x)) if x == 0 else str(x)
    return f"{x:.2g}" if abs(x) < 1e-4 and abs(x) * 10**20 < 1 else f"{x:.6g}" if 1e-4 <= abs(x) < 1e6 else f"{x:.4g}"


def shortened(text: str, most: int = 80) -> str:
    """A line of code, cut where it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def sortable(x: float) -> float:
    return -1.0 if math.isnan(x) else x


def amount(n: int, what: str) -> str:
    """`3 random directions`, `1 entry`.

    >>> amount(1, "entries"), amount(2, "times"), amount(1200, "entries")
    ('1 entry', '2 times', '1,200 entries')
    """
    one = {"entries": "entry", "times": "time", "random directions": "random direction"}
    return f"{n:,} {one[what] if n == 1 else what}"


def verdict_of(verdicts: Sequence[str], between: bool) -> str:
    """The verdict on the whole, from those on its parts: what is worst counts."""
    for each in ("wrong", "kink", "undecidable") if not between else ("wrong", "undecidable", "kink"):
        if each in verdicts:
            return each
    return "right" if verdicts else "undecidable"


def stopped(name: str, notes: tuple[str, ...], evaluations: int, found: Sequence[Mistake]) -> Report:
    """The report on a backward pass that raised, with the lines that are wrong."""
    source, nan = "the backward pass, line by line", float("nan")
    return Report(name, "wrong", (), source, 0.0, "", evaluations, nan, notes, tuple(found))


def error_said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
