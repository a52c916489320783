"""The verdict: a gradient beside the differences of its function, and what may be said of it."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gatewise._check import faults, guests
from gatewise._check.claims import Claims, Given, claims_of
from gatewise._check.comparing import identical
from gatewise._check.diagnosis import Mistake
from gatewise._check.globals_moved import read_outside
from gatewise._check.kept import unchanged
from gatewise._check.layers import Layer, bound, halves_of_object, told_of_layer, value_and_gradient, without_gradient
from gatewise._check.likeness import held_against
from gatewise._check.lines import Told
from gatewise._check.looking import Look, largest_of
from gatewise._check.nets import lines_of_layer
from gatewise._check.parameters import EPS
from gatewise._check.probing import size_of
from gatewise._check.recorded import Run, run
from gatewise._check.report import ParameterReport, Report, error_said, stopped, verdict_of
from gatewise._check.sampling import Effort, effort_of
from gatewise._check.subject import Handed, Subject
from gatewise._errors import ArgumentError, GatewiseError
from gatewise._recording import leaves
from gatewise._tensor import Tensor
from gatewise._types import Function, Named, Namespace

ByLayer = Callable[[Callable[[], Told]], tuple[Told, list[str]]]

CHEAP = 0.004  # seconds: a run on Tensors that takes no longer may be done as often as it helps
ROUNDED = 4.0  # times what float32 and float64 make of the same gradient: what another order of adding up may make
MUCH = 1e-3  # of a gradient: what rounding moves it by at most, beside what moves f by as little as its own rounding


def check(
    f: Function,
    /,
    *args: object,
    gradient: object = None,
    backward: Function | None = None,
    parameters: object = None,
    leave_out: str | Collection[str] = (),
    rng: object = None,
    upstream: object = None,
    effort: str = "default",
    progress: bool | None = None,
    like: object = None,
    **kwargs: object,
) -> Report:
    """Is this gradient right? A verdict with its evidence: `right`, `wrong`, `kink` or `undecidable`.

    `f(*args, **kwargs)` is run at points nearby. The gradient is `gradient`, a function of the same arguments or the
    values; or what `backward(dout, cache)` gives, for an f that returns `(out, cache)`; or what f returns beside its
    value, `(f, grads)`; or else gatewise's own. An object with `forward` and `backward` that keeps its gradients
    (`self.dW`) is judged with its weights. `parameters` holds arrays that f reads elsewhere (`net.params`), and
    that are changed in place and put back; `leave_out` names what is not to be checked. `rng` is the seed or the
    generator of a random f; `upstream` the gradient that arrives at an output of several entries; `effort` is "quick",
    "default" or "all". `progress` says whether a bar shows on standard error after two seconds; it does on a terminal.
    `like` is a plain NumPy function that f, a kernel of PyTorch, JAX or Triton say, is held against in float64.

    >>> import gatewise as gw
    >>> report = gw.check(lambda x: x**2, 3.0, gradient=6.5)
    >>> report.verdict, bool(report)
    ('wrong', False)
    >>> bool(gw.check(lambda x: x**2, 3.0, gradient=lambda x: 2 * x))
    True
    """
    if like is not None:
        left = (leave_out,) if isinstance(leave_out, str) else leave_out
        return held_against(f, args, kwargs, like, Given(gradient, backward, upstream), left, rng)
    asked: Namespace = {"leave_out": leave_out, "rng": rng, "effort": effort, "progress": progress}
    alone = gradient is None and backward is None and parameters is None
    if alone and (methods := halves_of_object(f)) is not None:
        if (found := value_and_gradient(f, methods)) is None:
            with unchanged(f):
                inputs = bound(f, methods[0], args, kwargs)
                return checked_layer(Layer(f, *methods, inputs), inputs, upstream, **asked)
        f, gradient = found
    given = Given(gradient, backward, upstream)
    with judging(f, args, kwargs, given, parameters=parameters, **asked) as judge:
        return judge.report()


FEW = 64  #: entries of what arrives that are tried one by one
MEAN_LOSS = "was taken for the first input, and the mean of the losses for what is differentiated"
ONE_ENTRY = "one entry alone of what arrives is not 0; where several are, it is wrong"


def checked_layer(layer: Layer, inputs: Named, upstream: object = None, **options: Any) -> Report:
    """The verdict on an object with two halves; where it is wrong, each of the layers that it is made of is judged."""
    if upstream is None and (loss := layer.as_mean_loss(inputs)) is not None:
        report = checked_layer(loss, inputs, **options)
        other = None if report.verdict == "right" else judged_layer(layer, inputs, **options)
        told_so = replace(report, notes=(*report.notes, f"{layer.ups[0]} {MEAN_LOSS}"))
        return told_so if other is None or other.verdict != "right" else other
    return judged_layer(layer, inputs, upstream, **options)


def judged_layer(layer: Layer, inputs: Named, upstream: object = None, **options: Any) -> Report:
    """The same, read so that what its backward half takes beside its inputs arrives at its output."""
    alone = {name: x for name, x in options.items() if name not in ("leave_out", "progress")}
    told = told_of_layer(layer, inputs, upstream)
    by_layer = partial(lines_of_layer, layer, inputs, told["upstream"], partial(checked_layer, progress=False, **alone))
    report = checked(layer.run, [], inputs, **options, **told, by_layer=by_layer)
    if report.verdict == "wrong" and upstream is None and np.ndim(told["upstream"]) == 1:
        report = right_for_each_entry(layer, inputs, len(told["upstream"]), **options) or report
    forgotten = without_gradient(layer, inputs, told["gradient"]) if told["parameters"] else ()
    left = options.get("leave_out", ())
    more = [
        name for name in forgotten if name not in (*report.not_given, *((left,) if isinstance(left, str) else left))
    ]
    return replace(report, not_given=(*report.not_given, *more)) if more else report


def right_for_each_entry(layer: Layer, inputs: Named, count: int, **options: Any) -> Report | None:
    """The report on a vector-valued layer that is right wherever one entry alone of what arrives is not 0, any of them.

    So it is not linear in what arrives: a softmax, say, that looks for the one entry whose log is the loss. What is
    linear and wrong is wrong at one of these too. None where it is no such layer.
    """
    report = None
    for row in np.eye(count) if 1 < count <= FEW else ():
        report = checked(layer.run, [], inputs, **options, **told_of_layer(layer, inputs, row))
        if report.verdict != "right":
            return None
    return replace(report, notes=(*report.notes, ONE_ENTRY)) if report is not None else None


def checked(
    f: Function,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    *,
    gradient: object = None,
    backward: Function | None = None,
    upstream: object = None,
    **options: Any,
) -> Report:
    """`check`, for arguments of any name."""
    with judging(f, args, kwargs, Given(gradient, backward, upstream), **options) as judge:
        return judge.report()


@contextmanager
def judging(
    f: Function,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    given: Given,
    *,
    parameters: object = None,
    leave_out: str | Collection[str] = (),
    rng: object = None,
    effort: str = "default",
    progress: bool | None = None,
    by_layer: ByLayer | None = None,
) -> Iterator[Judge]:
    """What judges a gradient of f; everything that it moves is put back afterwards."""
    amount = effort_of(effort)
    refuse_what_cannot_be_checked(f, args, kwargs)
    f, inputs, gradient, backward = guests.adapted(f, args, given.gradient, given.backward)
    names = (leave_out,) if isinstance(leave_out, str) else leave_out
    reads = [] if parameters is not None else read_outside(f, inputs, kwargs, (gradient,), rng)
    subject = Subject(f, inputs, kwargs, parameters, names, rng, reads)
    before = [p.array.copy() for p in subject.parameters]
    try:
        yield Judge(subject, amount, Given(gradient, backward, given.upstream), before, progress, by_layer)
    finally:
        for p, values in zip(subject.parameters, before, strict=False):  # arguments that were found later are copies
            p.array[...] = values
        subject.rng.put_back()


def refuse_what_cannot_be_checked(f: object, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
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
    """Gives the verdict on every claim on a subject."""

    def __init__(
        self, subject: Subject, effort: Effort, given: Given, before: Sequence[np.ndarray],
        show: bool | None = None, by_layer: ByLayer | None = None,
    ) -> None:  # fmt: skip
        self.subject, self.effort, self.given = subject, effort, given
        self.before = before  #: what the parameters held
        self.run: Run | None = None
        self.seconds = 0.0  #: that a run of f takes
        self.by_layer = by_layer  #: tells the lines of each layer of a net
        self.show = show  #: whether a bar is drawn; None where a terminal decides

    def report(self) -> Report:
        """Everything, in order: run f, sort the claims, look at every parameter, say the verdict."""
        try:
            first, claimed = self.claimed()
        except GatewiseError:
            raise
        except Exception as error:
            if (found := self.raising(error)) is None:
                raise
            return found
        claims = claimed or self.own_claims()
        subject = self.subject
        value = subject.weighted(subject.output(first))
        if not (subject.value() == value or math.isnan(value)):
            return self.random(claims, value)
        look = self.look(first, claims)
        plan = look.plan(claims)
        with look.progress(plan, self.seconds, self.show) as progress:
            judged = look.parameters(claims, plan, value, progress)
            kinks = [f for p in judged for f in p.findings if f.verdict == "kink"]
            verdict = verdict_of([p.verdict for p in judged], all(f.between for f in kinks))
            progress.looks_for_the_line()
            told = self.told_of_lines(claimed is None) if verdict == "wrong" else Told()
        if verdict == "right" and subject.not_judged:  # gatewise's own gradient is right; nothing was said of theirs
            verdict = "undecidable"
        self.note_what_is_missing(claims)
        noise_source = "from the rounding of every gate" if self.run is not None else "from a table of its values"
        return Report(
            subject.name, verdict, tuple(judged), claims.source, look.noise, noise_source, subject.evaluations, value,
            tuple(dict.fromkeys(subject.notes)), tuple(told.mistakes), claims.missing,
            tuple(filter(None, [subject.not_judged])), claims.data, told.suspects,
        )  # fmt: skip

    def look(self, first: object, claims: Claims) -> Look:
        """What compares the claims with differences: short floats taken up, f recorded, its aliases seen through."""
        rounding = self.in_float64(first, claims)
        started = time.monotonic()
        self.run = self.recorded()
        cheap = time.monotonic() - started < CHEAP
        started = time.monotonic()
        self.subject.start = self.subject.value()
        self.seconds = time.monotonic() - started
        self.look_through_aliases(claims, self.subject.start)
        return Look(self.subject, self.effort, self.run, cheap, rounding)

    # ------------------------------------------------------------------------------------------------- before looking

    def claimed(self) -> tuple[object, Claims | None]:
        """What f returns, and the gradients that are to be judged; arrays that were changed on the way are noted."""
        subject = self.subject
        first = subject.call()
        handed = subject.handed
        if self.see_what_changed(handed, subject.name):
            first = subject.call()  # the gradients it returned may be the very arrays that were put back
            handed = subject.handed
        seen = [name for name, given, out in handed if not identical(given, out)]
        claims = claims_of(subject, first, self.given)
        who = "the backward function" if self.given.backward is not None else "the gradient function"
        later = [one for one in handed if one[0] not in seen]
        later += subject.handed if subject.handed is not handed else []
        self.see_what_changed(later, who)
        return first, claims

    def own_claims(self) -> Claims:
        """gatewise's own gradient, as it is given to a caller."""
        run = self.recorded(must=True)
        assert run is not None
        found = {p.name: np.asarray(g) for p, g in zip(self.subject.parameters, run.gradients, strict=True)}
        return Claims(found, "gatewise's own gradient", {})

    def claims_again(self) -> Claims | None:
        """The claims once more, where they are computed; values that were given stay what they are."""
        if self.given.gradient is not None and not callable(self.given.gradient):
            return None
        return claims_of(self.subject, self.subject.call(), self.given) or self.own_claims()

    def in_float64(self, first: object, claims: Claims) -> dict[str, float]:
        """Take short floats up to float64, where f goes along; how far their rounding moved the gradient of each.

        That is seen from the same gradients in float64, where they can be had, up to what rounding may do.
        """
        subject = self.subject
        if not subject.lift(first):
            return {}
        weights, notes = subject.weights, list(subject.notes)
        try:
            fine = self.claims_again()
        except Exception:  # a backward pass that takes float32 alone
            fine = None
        subject.weights, subject.notes = weights, notes
        pairs = {p: (claims.by_name[p.name], fine and fine.by_name[p.name]) for p in subject.parameters}
        known = {p: (a, b) for p, (a, b) in pairs.items() if a is not None and b is not None and p.eps_given > EPS}
        moved = max((largest_of(b) * size_of(p.array) for p, (_, b) in known.items()), default=0.0)
        value = abs(subject.value())
        most = {p: MUCH * moved + 64 * p.eps_given * value for p in known}
        return {
            p.name: min(ROUNDED * largest_of(a - b), max(MUCH * largest_of(b), most[p] / size_of(p.array)))
            for p, (a, b) in known.items()
        }

    def note_what_is_missing(self, claims: Claims) -> None:
        """Points where f gave no number, and parameters that no gradient came for."""
        subject = self.subject
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

    def see_what_changed(self, handed: Sequence[Handed], who: str) -> bool:
        """Say which arrays a function changed; those that are its own, and not copies, are put back. Whether any is."""
        for name in dict.fromkeys(name for name, given, out in handed if not identical(given, out)):
            self.subject.notes.append(f"{who} changes its input {name}; it was given copies")
        changed = [(p, values) for p, values in zip(self.subject.parameters, self.before, strict=False) if p.own]
        changed = [(p, values) for p, values in changed if not identical(p.array, values)]
        for p, values in changed:
            p.array[...] = values
            self.subject.restoring = True
            self.subject.notes.append(f"{who} changes its input {p.name}; it was put back")
        return bool(changed)

    def recorded(self, must: bool = False) -> Run | None:
        """The run on Tensors, where the function can be recorded."""
        subject = self.subject
        try:
            found = run(subject.on_tensors, subject.upstream)
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

    def moves(self, array: np.ndarray, value: float) -> bool:
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

    def told_of_lines(self, own: bool) -> Told:
        """The lines at fault: in the layers that are wrong by themselves, where it is a net."""
        searched = partial(faults.told_of, self.subject, self.given, own)
        if self.by_layer is None:
            return searched()
        told, notes = self.by_layer(searched)
        self.subject.notes += notes
        return told

    def raising(self, error: Exception) -> Report | None:
        """The report on a backward pass that raises an error: the lines that are wrong say why; None where none is."""
        found: list[Mistake] = []
        if self.given.gradient is None:
            with contextlib.suppress(Exception):  # the error of the user's own that is at hand says more
                found = faults.lines_at_fault(self.subject, self.given.backward)
        if not found:
            return None
        notes = (f"{self.subject.name} raises {error_said(error)}",)
        return stopped(self.subject.name, notes, self.subject.evaluations, found)
