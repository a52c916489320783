"""The verdict: a gradient beside the differences of its function, and what may be said of it."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from gatewise._check import guests
from gatewise._check.claims import Claims, claims_of
from gatewise._check.culprit import Mistake, culprits, culprits_of_gradient, culprits_of_pair
from gatewise._check.gates import wrong_gates
from gatewise._check.recorded import Choice, Run, choices, first_difference, gates, run
from gatewise._check.report import Finding, ParameterReport, Report, verdict_of
from gatewise._check.sampling import Effort, Progress, direction, effort_of, entries_of
from gatewise._check.subject import Parameter, Subject
from gatewise._errors import ArgumentError, GatewiseError
from gatewise._numerical import Line, Slope, complex_slope, jumps, slope
from gatewise._numerical.judgement import CLOSE, SURE, bends_around, between_slopes, judged, keeps_its_bend, relative
from gatewise._recording.structures import leaves
from gatewise._tensor import Tensor

HANDFUL = 5  # wrong entries of one parameter, after which no more are looked at
SLIGHT = 1e-3  # of a slope: what the two sides of a corner differ by where a solver chose other steps
NEAR = 0.05  # of a slope: how far off such a solver's may be
SLIGHT_CORNER = (
    "its slopes on the two sides differ a little: a solver that chooses its own steps does that;"
    " try a smaller tolerance, or fixed steps"
)
CHEAP = 0.004  # seconds: a run on Tensors that takes no longer is done at the ends of steps too


def check(
    f: Callable[..., Any],
    /,
    *args: Any,
    gradient: Any = None,
    backward: Callable[..., Any] | None = None,
    parameters: Any = None,
    leave_out: str | Collection[str] = (),
    rng: Any = None,
    upstream: Any = None,
    effort: str = "default",
    **kwargs: Any,
) -> Report:
    """Is this gradient right? A verdict with its evidence: `right`, `wrong`, `kink` or `undecidable`.

    `f(*args, **kwargs)` is run at points nearby. The gradient is `gradient`, a function of the same arguments or the
    values; or what `backward(dout, cache)` gives, for an f that returns `(out, cache)`; or what f returns beside its
    value, `(f, grads)`; or else gatewise's own. `parameters` holds arrays that f reads elsewhere (`net.params`), and
    that are changed in place and put back; `leave_out` names what is not to be checked. `rng` is the seed or the
    generator of a random f; `upstream` the gradient that arrives at an output of several entries; `effort` is "quick",
    "default" or "all".

    >>> import gatewise as gw
    >>> report = gw.check(lambda x: x**2, 3.0, gradient=6.5)
    >>> report.verdict, bool(report)
    ('wrong', False)
    >>> bool(gw.check(lambda x: x**2, 3.0, gradient=lambda x: 2 * x))
    True
    """
    return checked(
        f, args, kwargs, gradient=gradient, backward=backward, parameters=parameters, leave_out=leave_out, rng=rng,
        upstream=upstream, effort=effort,
    )  # fmt: skip


def checked(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    gradient: Any = None,
    backward: Callable[..., Any] | None = None,
    parameters: Any = None,
    leave_out: str | Collection[str] = (),
    rng: Any = None,
    upstream: Any = None,
    effort: str = "default",
) -> Report:
    """`check`, for arguments of any name."""
    amount = effort_of(effort)
    refuse_what_cannot_be_checked(f, args, kwargs)
    f, inputs, gradient, backward = guests.adapted(f, args, gradient, backward)
    names = (leave_out,) if isinstance(leave_out, str) else leave_out
    subject = Subject(f, inputs, kwargs, parameters, names, rng)
    before = [p.array.copy() for p in subject.parameters]
    try:
        return Judge(subject, amount).report(gradient, backward, upstream, before)
    finally:
        for p, values in zip(subject.parameters, before, strict=True):
            p.array[...] = values
        subject.rng.put_back()


def refuse_what_cannot_be_checked(f: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise `ArgumentError` for an f that is no function, and for inputs that are being recorded."""
    if not callable(f):
        raise ArgumentError(
            f"the first argument is a {type(f).__name__}.",
            "gw.check runs a function at points nearby.",
            "gw.check(f, x), with the function and then its inputs.",
        )
    if any(isinstance(x, Tensor) for _, x in leaves([list(args), dict(kwargs)])):
        raise ArgumentError(
            "one of the inputs is a Tensor.",
            "gw.check runs the function on plain numbers, and records it by itself.",
            "pass the numbers that tensor(...) was made from, or t.item() and t.numpy().",
        )


class Judge:
    """Compares every claim on a subject with differences."""

    def __init__(self, subject: Subject, effort: Effort) -> None:
        self.subject, self.effort = subject, effort
        self.run: Run | None = None
        self.cheap = False
        self.noises: list[float] = []  # of f at x, as each line sees it
        self.analytic: bool | None = None

    def report(self, gradient: Any, backward: Any, upstream: Any, before: Sequence[Any]) -> Report:
        """Everything, in order: run f, sort the claims, look at every parameter, say the verdict."""
        subject = self.subject
        try:
            first = subject.call()
            if self.see_what_changed(before, subject.name):
                first = subject.call()  # on copies: the gradients it returned may be the very arrays that were put back
            claims = claims_of(subject, first, gradient, backward, upstream)
            who = "the backward function" if backward is not None else "the gradient function"
            self.see_what_changed(before, who, "put back")
        except GatewiseError:
            raise
        except Exception as error:
            if gradient is not None:
                raise
            with contextlib.suppress(Exception):  # the error of the user's own that is at hand says more
                if wrong_lines := self.lines_at_fault(backward):
                    return self.raising(error, wrong_lines)
            raise
        value = subject.weighted(subject.output(first))
        own = claims is None
        started = time.monotonic()
        self.run = self.recorded(must=own)
        self.cheap = time.monotonic() - started < CHEAP
        if claims is None:
            assert self.run is not None
            names = [p.name for p in subject.parameters]
            found = dict(zip(names, self.run.gradients, strict=True))
            claims = Claims({n: np.asarray(g, dtype=float) for n, g in found.items()}, "gatewise's own gradient", {})
        if not (subject.value() == value or math.isnan(value)):
            return self.random(claims, value)
        self.look_through_aliases(claims, value)
        judged = self.parameters(claims, value)
        kinks = [f for p in judged for f in p.findings if f.verdict == "kink"]
        verdict = verdict_of([p.verdict for p in judged], all(f.between for f in kinks))
        if subject.broken:
            subject.notes.append(
                f"near these inputs {subject.name} gave no number ({subject.broken[:80]}): steps stay inside"
            )
        silent = [
            p.name for p in subject.parameters if claims.by_name[p.name] is None and p.name not in claims.misshaped
        ]
        if silent:
            wanted = [name for name in claims.missing if name not in claims.data]
            cure = f", or leave_out={wanted[0]!r}" if wanted else ""
            subject.notes.append(f"no gradient was given for {', '.join(silent)}{': give one' if cure else ''}{cure}")
        mistakes = self.mistakes(own, gradient, backward or subject.backward, value) if verdict == "wrong" else ()
        noise_source = "from the rounding of every gate" if self.run is not None else "from a table of its values"
        return Report(
            subject.name, verdict, tuple(judged), claims.source, self.noise, noise_source, subject.evaluations, value,
            tuple(dict.fromkeys(subject.notes)), mistakes, claims.missing, tuple(filter(None, [subject.not_judged])),
            claims.data,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------- before looking

    @property
    def noise(self) -> float:
        """How far rounding moves f at x. One line's table may mislead: what half of them say counts."""
        return median(self.noises) if self.noises else 0.0

    def see_what_changed(self, before: Sequence[Any], who: str, cure: str = "given copies") -> bool:
        """Say which arguments a function changed, and put them back; from then on copies are given."""
        seen = len(self.subject.notes)
        for p, values in zip(self.subject.parameters, before, strict=True):
            if not same(p.array, values):
                p.array[...] = values
                self.subject.copying = self.subject.copying or not p.own
                self.subject.notes.append(f"{who} changes its input {p.name}; it was {cure}")
        changed = [(x, values) for x, values in self.subject.data if not same(x, values)]
        for x, values in changed:
            x[...] = values
            self.subject.copying_data = True
            name = next((n for n, given in self.subject.arguments().items() if given is x), "an array")
            self.subject.notes.append(f"{who} changes its input {name}; it was {cure}")
        return len(self.subject.notes) > seen

    def recorded(self, must: bool = False) -> Run | None:
        """The run on Tensors, where the function can be recorded."""
        subject = self.subject

        def upstream(value: Any) -> Any:
            like = np.asarray(value)
            weights = np.ones(like.shape) if subject.weights is None else subject.weights
            return (
                np.asarray(weights, dtype=like.dtype).reshape(like.shape)[()] if like.shape else float(np.sum(weights))
            )

        try:
            found = run(subject.on_tensors, upstream)
        except Exception:
            if must:
                raise
            return None
        if subject.weights is not None and found.traced:  # adding the entries up rounds too
            total = float(np.sum(np.abs(np.asarray(found.value, dtype=float) * subject.weights)))
            found = replace(found, noise=found.noise + float(np.finfo(float).eps) * total)
        return found if must or (found.traced and math.isfinite(found.noise)) else None

    def random(self, claims: Claims, value: float) -> Report:
        """The report on a function that does not repeat itself."""
        note = (
            f"{self.subject.name} gives different values for the same inputs. If it is random, seed it with rng=0, or"
            " rng=its generator; or it keeps something between calls, such as a counter, that must start afresh"
        )
        untold = tuple(
            ParameterReport(p.name, p.array.shape, p.size, "undecidable", (), 0, 0, "f does not repeat itself")
            for p in self.subject.parameters
        )
        evaluations = self.subject.evaluations
        return Report(self.subject.name, "undecidable", untold, claims.source, 0.0, "", evaluations, value, (note,))

    def look_through_aliases(self, claims: Claims, value: float) -> None:
        """Where moving an argument does not move f, try the user's own array: f may read it elsewhere."""
        for p in self.subject.parameters:
            claim = claims.by_name[p.name]
            given = p.given
            if (
                p.own
                or claim is None
                or not np.any(claim)
                or not isinstance(given, np.ndarray)
                or not given.flags.writeable
            ):
                continue
            if self.moves(p.array, value):
                continue
            if self.moves(given, value):
                p.array, p.own, self.run = given, True, None
                ignored = f"{self.subject.name} ignores its argument {p.name}"
                self.subject.notes.append(f"{ignored}; it moved when that array itself was changed in place")

    def moves(self, array: Any, value: float) -> bool:
        """Whether changing this array changes f."""
        before = array.copy()
        try:
            for size in (1e-6, 1e-3, 0.3):
                step = (
                    size * (np.abs(before) + 1) * np.where(np.arange(before.size).reshape(before.shape) % 2, 0.7, -1.1)
                )
                array[...] = before + step
                if self.subject.value() != value:
                    return True
                array[...] = before
            return False
        finally:
            array[...] = before

    # -------------------------------------------------------------------------------------------------------- looking

    def parameters(self, claims: Claims, value: float) -> list[ParameterReport]:
        """Every parameter of which something is said."""
        subject, judged = self.subject, []
        told = [p for p in subject.parameters if claims.by_name[p.name] is not None]
        plan = {p.name: entries_of(p, claims.by_name[p.name], self.effort, told) for p in told}
        total = sum(len(plan[p.name]) + self.directions(p, plan[p.name]) for p in told)
        with Progress(total) as progress:
            for p in subject.parameters:
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
        self, p: Parameter, claim: Any, entries: Sequence[int], value: float, progress: Progress
    ) -> ParameterReport:
        """One parameter: the slopes first, then what they say, measured by the largest entry."""
        if not math.isfinite(value):
            note = f"{self.subject.name} is {value} here"
            return ParameterReport(p.name, p.array.shape, p.size, "undecidable", (), 0, 0, note)
        if not np.all(np.isfinite(p.array)):
            note = f"{p.name} is not finite"
            return ParameterReport(p.name, p.array.shape, p.size, "undecidable", (), 0, 0, note)
        finite = np.abs(claim[np.isfinite(claim)])
        largest = float(finite.max()) if finite.size else 0.0
        rms = float(np.sqrt(np.mean(np.square(p.array, dtype=float)))) if p.size > 1 else 0.0
        rows: list[Row] = []

        def judged_rows(chosen: Sequence[Row]) -> list[Finding]:
            seen = [r.slope for r in rows if r.index is not None]
            top = max([largest, *(abs(s.value) for s in seen if s.bar < CLOSE * abs(s.value))])
            return [self.row_judged(p, r, top, rms or 1.0) for r in chosen]

        def certain(row: Row) -> bool:
            """Whether a row is wrong whatever the others say; with effort "all", every row is wanted anyway."""
            return (
                self.effort.each < sys.maxsize and surely_off(row, largest) and judged_rows([row])[0].verdict == "wrong"
            )

        for k in progress.over(range(self.directions(p, entries))):
            v = direction(p, k, rms or 1.0)
            along = float(np.sum(claim * v, dtype=float))
            size = max(0.5 * largest * (rms or 1.0), float(np.linalg.norm(np.ravel(claim * v))))
            line = self.direction_line(p, v, claim)
            s = self.slope(line, along, size, True)
            rows.append(Row(f"random direction {k + 1}", None, along, s, line, size))
            if certain(rows[-1]):
                break
        directions, wrong = len(rows), 0
        for entry in progress.over(largest_first(entries, claim)):
            index = np.unravel_index(entry, p.array.shape)
            given, line = float(claim[index]), self.entry_line(p, index, rms)
            where = f"[{', '.join(map(str, index))}]" if index else ""
            rows.append(Row(where, tuple(map(int, index)), given, self.slope(line, given, largest), line))
            wrong += certain(rows[-1])
            if wrong >= HANDFUL:
                break
        found = judged_rows(rows)
        in_order = sorted(found, key=lambda f: f.index or ())
        return self.summed_up(p, in_order, len(rows) - directions, directions)

    def row_judged(self, p: Parameter, row: Row, largest: float, rms: float) -> Finding:
        """What one row says, measured by the largest entry of the gradient."""
        own = self.own_gradient(p)
        measure = largest if row.index is not None else max(row.size, 0.5 * largest * rms)
        zero = own is not None and row.index is not None and float(own[row.index]) == 0.0
        return self.finding(p, row.where, row.index, row.given, row.slope, measure, row.line, zero)

    def summed_up(self, p: Parameter, found: Sequence[Finding], entries: int, directions: int) -> ParameterReport:
        """One verdict from many: what is wrong anywhere is wrong; directions that settle nothing do not count."""
        by_entry = [f for f in found if f.index is not None]
        telling = (
            [f for f in found if f.index is not None or f.verdict in ("right", "wrong")] if by_entry else list(found)
        )
        kinks = [f for f in telling if f.verdict == "kink"]
        verdict = verdict_of([f.verdict for f in telling], all(f.between for f in kinks))
        return ParameterReport(p.name, p.array.shape, p.size, verdict, tuple(found), entries, directions)

    def own_gradient(self, p: Parameter) -> Any:
        """What gatewise itself says, where the function was recorded."""
        if self.run is None:
            return None
        return np.asarray(self.run.gradients[self.subject.parameters.index(p)]).reshape(p.array.shape)

    # --------------------------------------------------------------------------------------------------------- slopes

    def slope(self, line: Line, given: float, size: float, direction: bool = False) -> Slope:
        """The slope of a line; what is right at a glance is not looked at longer."""
        # Entries decide: where f takes long, a direction that does not contradict the gradient is not followed on.
        found = slope(line, CLOSE * size / 2, given, hurried=direction and not self.cheap)
        if math.isfinite(noise := line.noise(0.0)):
            self.noises.append(noise)
        return found

    def entry_line(self, p: Parameter, index: Any, rms: float) -> Line:
        """f along one entry, which is changed in place and put back."""
        here, kind = float(p.array[index]), p.array.dtype.type

        def at(t: float) -> float:
            before = p.array[index]
            try:
                p.array[index] = here + t
                return self.subject.value()
            finally:
                p.array[index] = before

        def place(t: float) -> float:
            return float(kind(here + t))

        def noise(t: float) -> float:
            return self.noise_after(lambda: p.array.__setitem__(index, here + t), p, t)

        size = rms or 1.0
        return self.line(at, place, max(abs(here), size), min(abs(here) or size, size), noise, 0.0, p)

    def direction_line(self, p: Parameter, v: Any, claim: Any) -> Line:
        """f along a direction of a whole array."""
        base = p.array.copy()

        def at(t: float) -> float:
            try:
                p.array[...] = base + t * v
                return self.subject.value()
            finally:
                p.array[...] = base

        def noise(t: float) -> float:
            return self.noise_after(lambda: p.array.__setitem__(..., base + t * v), p, t)

        rounding = p.eps * float(np.sum(np.abs(np.nan_to_num(claim) * base), dtype=float))
        return self.line(at, float, 1.0, 1.0, noise, rounding, p)

    def line(self, at: Any, place: Any, scale: float, least: float, noise: Any, floor: float, p: Parameter) -> Line:
        least = max(least, 1e4 * p.eps * scale) if p.eps > 1e-10 else least  # short floats take no shorter steps
        known = None if self.run is None else noise
        return Line(at, place=place, scale=scale, least=least, noise=known, floor=floor, eps=self.eps())

    def eps(self) -> float:
        """The precision that the output shows."""
        return float(np.finfo(float).eps)

    def noise_after(self, change: Callable[[], None], p: Parameter, t: float) -> float:
        """The noise from a recording at a point nearby; from the one at hand where recording takes long."""
        assert self.run is not None
        if t == 0 or not self.cheap:
            return self.run.noise
        before = p.array.copy()
        try:
            change()
            there = self.recorded()
        finally:
            p.array[...] = before
        return self.run.noise if there is None else there.noise

    # --------------------------------------------------------------------------------------------------------- judging

    def finding(
        self, p: Parameter, where: str, index: Any, given: float, s: Slope, size: float, line: Line, zero: bool
    ) -> Finding:
        """What one slope says of one claim."""
        word, why = judged(given, s, size, line, zero)
        if word == "undecidable" and index is not None and self.can_be_complex():
            exact = self.complex_slope(p, index)
            if exact is not None:
                word_, why_ = judged(given, exact, size, line, zero)
                if word_ != "undecidable":
                    s, word, why = exact, word_, why_
        if word == "wrong" and math.isfinite(given) and abs(given - s.value) <= SURE * jumps(line) and self.jumpy(line):
            word, why = "undecidable", "f jumps nearby by as much, as a loop does that stops at a tolerance, or a table"
        if word == "kink" and not line.known and slight(given, s):
            word, why = "undecidable", SLIGHT_CORNER
        if word == "wrong" and self.corner_within_step(given, s, line):
            word, why = (
                "undecidable",
                "f has a corner nearby, and steps that end before it are too short for its digits",
            )
        error = relative(given, s.value)
        facts = Finding(where, index, given, s.value, s.bar, error, word, why)
        if word == "kink":
            between = between_slopes(given, s, CLOSE * size)
            place = self.where_it_chooses(p, line, s)
            return replace(facts, left=s.left, right=s.right, between=between, **place)
        return facts

    def corner_within_step(self, given: float, s: Slope, line: Line) -> bool:
        """Whether the best step reaches over a corner beside x, and the gradient is a slope between its two sides."""
        if not bends_around(given, s):
            return False
        if not line.known:
            return keeps_its_bend(s)
        try:
            here, *ends = (self.choices_at(line, t) for t in (0.0, s.h, -s.h))
        except Exception:
            return True
        return any(first_difference(here, end) is not None for end in ends)

    def jumpy(self, line: Line) -> bool:
        """Whether f may jump nearby: nobody can look into it, or it runs through other gates a little farther away."""
        if not line.known:
            return True
        try:
            lengths = {len(self.choices_at(line, t)) for t in (0.0, 0.01 * line.scale, -0.01 * line.scale)}
        except Exception:
            return True
        return len(lengths) > 1

    def where_it_chooses(self, p: Parameter, line: Line, s: Slope) -> dict[str, Any]:
        """Line and text of the choice that makes a kink, where the function can be recorded."""
        if self.run is None or not s.rungs:
            return {}
        h = s.turned or min(r.h for r in s.rungs)
        try:
            seen = [self.choices_at(line, t) for t in (h, -h)]
        except Exception:
            return {}
        choice = first_difference(*seen)
        return {} if choice is None or choice.line is None else {"line": choice.line, "text": choice.text}

    def choices_at(self, line: Line, t: float) -> list[Choice]:
        """The branches f takes at a point of a line."""
        found: list[Choice] = []

        def listen() -> float:
            found.extend(choices(self.subject.on_tensors, self.subject.code)[0])
            return 0.0

        self.subject.instead = listen
        try:
            line.again(t)
        finally:
            self.subject.instead = None
        return found

    def can_be_complex(self) -> bool:
        """Whether every gate on the way takes complex numbers and is analytic."""
        if self.analytic is None:
            self.analytic = False
            if self.run is not None and self.subject.held is None:
                try:
                    self.analytic = gates(self.subject.on_tensors) <= ANALYTIC
                except Exception:
                    self.analytic = False
        return self.analytic

    def complex_slope(self, p: Parameter, index: Any) -> Slope | None:
        """The derivative along one entry by the complex step."""
        subject = self.subject
        moved = p.array.astype(complex)
        here = moved[index]

        def at(t: complex) -> complex:
            moved[index] = here + t
            value = moved if isinstance(p.given, np.ndarray) else complex(moved[()])
            out = subject.output(subject.call(lambda q: value if q is p else subject.plain_value(q)))
            return complex(np.sum(np.asarray(out) * (1.0 if subject.weights is None else subject.weights)))

        try:
            found = complex_slope(at, abs(here) or 1.0)
        except Exception:
            return None
        if found is None:
            return None
        assert self.run is not None
        return Slope(found[0], found[1] + 4 * self.run.noise / (abs(here) or 1.0), 0.0, 0.0)

    # -------------------------------------------------------------------------------------------------------- culprits

    def mistakes(self, own: bool, gradient: Any, backward: Any, value: float) -> tuple[Any, ...]:
        """The lines at fault: of a hand-written backward pass, or the gate whose local gradient is wrong."""
        if gradient is not None:
            with contextlib.suppress(Exception):  # it need not be a backward pass at all
                args, kwargs = self.subject.filled(self.subject.plain_value)
                return tuple(culprits_of_gradient(gradient, args, kwargs, value)) if callable(gradient) else ()
            return ()
        found: Sequence[Any] = ()
        why = "no variable that is named as a gradient (dx, d_x, grads['x']) is wrong by itself"
        try:
            found = wrong_gates(self.subject) if own else self.lines_at_fault(backward)
        except Exception as error:  # of the program as it was taken apart; the verdict stands without its lines
            why = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(".")
        if not found and not own:
            self.subject.notes.append(f"the line could not be found: {why}")
        return tuple(found)

    def lines_at_fault(self, backward: Any) -> list[Mistake]:
        """The wrong lines of the hand-written backward pass, in the function itself or in one of its own."""
        subject = self.subject
        args, kwargs = subject.filled(subject.plain_value)
        if backward is not None:
            return culprits_of_pair(subject.f, backward, args, kwargs, subject.weights)
        return culprits(subject.f, args, kwargs)

    def raising(self, error: Exception, found: Sequence[Mistake]) -> Report:
        """The report on a backward pass that raises an error: the lines that are wrong say why."""
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        notes = (f"{self.subject.name} raises {said}",)
        source, nan = "the backward pass, line by line", float("nan")
        return Report(
            self.subject.name, "wrong", (), source, 0.0, "", self.subject.evaluations, nan, notes, tuple(found)
        )


#: Gates that are analytic functions, and do with complex numbers what they do with real ones.
ANALYTIC = frozenset(
    {
        "add", "subtract", "multiply", "divide", "power", "negative", "positive", "square", "reciprocal",
        "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "matmul",
        "dot", "outer", "einsum", "reshape", "ravel", "transpose", "matrix_transpose", "swapaxes",
        "expand_dims", "squeeze", "broadcast_to", "concatenate", "stack", "getitem", "sum", "mean", "prod",
        "copy", "inv",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of f beside what the gradient says of it; `size` is what a direction is measured by."""

    where: str
    index: tuple[int, ...] | None
    given: float
    slope: Slope
    line: Line
    size: float = 0.0


def surely_off(row: Row, largest: float) -> bool:
    """Whether a row is so far off that no other one will change its verdict: a cheap look before the whole rule."""
    s, measure = row.slope, max(row.size, largest, abs(row.slope.value))
    return not s.kink and abs(row.given - s.value) > SURE * s.bar + HANDFUL * CLOSE * measure


def largest_first(entries: Sequence[int], claim: Any) -> list[int]:
    """The entries, the largest of the gradient first: a few of them show best what is wrong."""
    flat = np.abs(np.nan_to_num(np.ravel(claim)[list(entries)], nan=np.inf, posinf=np.inf))
    return [entries[k] for k in np.argsort(-flat, kind="stable")]


def slight(given: float, s: Slope) -> bool:
    """Whether the two sides of a corner differ by less than a solver's tolerance, and the gradient is near them."""
    size = max(abs(s.left), abs(s.right))
    return abs(s.right - s.left) <= SLIGHT * size and abs(given - (s.left + s.right) / 2) <= NEAR * size


def same(a: Any, b: Any) -> bool:
    """Whether two arrays hold the same, NaNs included."""
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
