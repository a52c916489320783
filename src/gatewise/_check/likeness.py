"""A kernel beside a plain NumPy function: its values, and the gradients it has, are held against those in float64.

The kernel is a black box: a function of PyTorch, Triton, JAX, Numba or C.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gatewise._check import guests
from gatewise._check.claims import Claims, Given, claims_of
from gatewise._check.recorded import run
from gatewise._check.report import Finding, ParameterReport, Report, verdict_of
from gatewise._check.stages import Stages
from gatewise._check.subject import Subject
from gatewise._errors import ArgumentError
from gatewise._numerical import closeness, relative
from gatewise._recording import mapped
from gatewise._types import Function, Named, Namespace, Plain

ROUNDED = 4.0  #: times what NumPy itself makes of the same numbers in the kernel's floats
VALUE, STAGE = "value", "stage "
COARSEST = float(np.finfo(np.float16).eps)  #: of the floats that NumPy has


class Likeness(Report):
    """The verdict on a kernel: `right` where its values and gradients are those of the other function."""

    def __str__(self) -> str:
        off = [p.name for p in self.parameters if p.verdict == "wrong"]
        said = {
            "right": f"right: {self.name} gives what like={self.source} gives",
            "wrong": f"wrong: {self.name} is not like={self.source}: see {', '.join(off)}",
        }
        rows = [shown(p) for p in self.parameters]
        close = (
            f"Compared: all entries, with {self.source} in float64; {self.noise:.1e} of the largest entry is as close"
        )
        close += " as the kernel's floats are asked to be, or four times what NumPy's own rounding in them makes."
        return "\n".join([f"{said[self.verdict]}.", "", *rows, "", close, *(f"Note: {note}." for note in self.notes)])


def shown(p: ParameterReport) -> str:
    """One row of the page: the entry that is farthest off."""
    name = p.name if p.name == VALUE or p.name.startswith(STAGE) else f"gradient of {p.name}"
    if not p.findings:
        return f"  {name}  {p.verdict}: {p.note}"
    f = p.findings[0]
    return f"  {name}  {p.verdict}: {f.where or 'it'} is {f.given:.9g}, should be {f.should:.9g} within {f.bar:.2g}"


def held_against(
    kernel: Function, args: Sequence[object], kwargs: Mapping[str, object], like: object, given: Given,
    leave_out: Collection[str] = (), rng: object = None,
) -> Report:  # fmt: skip
    """The verdict on a kernel that is to give what `like` gives. Raises `ArgumentError` where that has no answer."""
    if not callable(like):
        raise ArgumentError(
            f"like is a {type(like).__name__}.",
            "it is the plain NumPy function that the kernel is held against.",
            "gw.check(kernel, x, like=f).",
        )
    stages = Stages(like, given.backward is not None)
    carried, (f, inputs, gradient, backward) = on_numpy(kernel, args, stages, given)
    subject = Subject(f, inputs, kwargs, None, leave_out, rng)
    try:
        first = subject.call()
        claims = claims_of(subject, first, Given(gradient, backward, given.upstream))
        out = np.asarray(subject.output(first))
        eps = max([spacing(out), carried.eps, *(p.eps_given for p in subject.parameters)])
        found = reference(subject, like, np.float64, stages)
        kind = short_of(eps)
        rounded = reference(subject, like, kind, stages) if eps > 1e-10 else found
        rows = judged_stages(stages.given or {}, found, rounded, eps)
        rows += [judged_entry_by_entry(VALUE, out, found.value, rounded.value, eps)]
        rows += [
            judged_entry_by_entry(name, g, found.gradients[name], rounded.gradients[name], eps)
            for name, g in said_of(claims, subject)
            if g is not None
        ]
        rows += [misshaped(name, shape) for name, shape in (claims.misshaped if claims else {}).items()]
    finally:
        subject.rng.put_back()
    missing, data, notes = what_is_missing(claims, subject)
    notes = [*first_off(rows, stages), *notes]
    verdict = verdict_of([r.verdict for r in rows], True)
    return Likeness(
        subject.name, verdict, tuple(rows), getattr(like, "__name__", "f"), close_to(eps), "", subject.evaluations,
        float(np.sum(out)), tuple(dict.fromkeys(notes)), (), missing, (), data,
    )  # fmt: skip


def what_is_missing(claims: Claims | None, subject: Subject) -> tuple[tuple[str, ...], frozenset[str], list[str]]:
    """The inputs that no gradient came for, those of them that are data, and what is said of that."""
    missing = claims.missing if claims is not None and not claims.source.startswith("gatewise") else ()
    data = claims.data if claims is not None else frozenset()
    notes = [n for n in subject.notes if not n.startswith("the output has shape")]
    if claims is None:
        notes.append("no gradient was given: only values were compared")
    if unsaid := [name for name in missing if name not in data]:
        notes.append(f"no gradient was given for {', '.join(unsaid)}: not compared")
    return missing, data, notes


def first_off(rows: Sequence[ParameterReport], stages: Stages) -> list[str]:
    """The first stage that differs, and the line of the other function that makes it."""
    off = [p.name for p in rows if p.verdict == "wrong"]
    if not stages.given or not off:
        return []
    line = stages.line_of(off[0].removeprefix(STAGE)) if off[0].startswith(STAGE) else ""
    return [f"the first that differs is {off[0]}{f' ({line})' if line else ''}"]


def judged_stages(given: Named, found: Reference, rounded: Reference, eps: float) -> list[ParameterReport]:
    """Each stage of a kernel beside the variable that has its name, in the order in which these are made."""
    rows = []
    for name, x in given.items():
        should = np.asarray(found.stages.get(name))
        if np.shape(x) != should.shape:
            note = f"it has shape {np.shape(x)}, should have {should.shape}"
            rows.append(ParameterReport(STAGE + name, np.shape(x), int(np.size(x)), "wrong", (), 0, 0, note))
        else:
            own = rounded.stages.get(name, should)
            rows.append(judged_entry_by_entry(STAGE + name, np.asarray(x), should, own, eps))
    return rows


def on_numpy(
    kernel: Function, args: Sequence[object], stages: Stages, given: Given
) -> tuple[guests.Carried, guests.Adapted]:
    """The kernel without its stages, its arguments, its gradient and its backward half, on arrays of NumPy's."""
    carried = guests.Carried()
    found: guests.Adapted = (
        kernel if isinstance(kernel, type) else stages.beside(kernel),
        args,
        given.gradient,
        given.backward,
    )
    if not all(carried.plain(x) is x for x in args):
        found = carried.adapted(*found)
    return carried, guests.adapted(*found)


def said_of(claims: Claims | None, subject: Subject) -> list[tuple[str, Any]]:
    """The gradients of the kernel by name."""
    return [] if claims is None else [(p.name, claims.by_name[p.name]) for p in subject.parameters]


class Reference(NamedTuple):
    """What the other function gives: its value, its gradients by name, and its variables."""

    value: Any
    gradients: Namespace
    stages: Namespace


def reference(subject: Subject, like: Function, kind: Any, stages: Stages) -> Reference:
    """The value, the gradients and the variables of the other function, in floats of one kind.

    Raises `ArgumentError` where it cannot be run so.
    """
    args, kwargs = subject.filled()
    names = [p.name for p in subject.parameters]

    def cast(_: object, x: object) -> object:
        return in_kind(x, kind)

    plain = Subject(like, mapped(cast, list(args)), mapped(cast, dict(kwargs)))
    plain.rng, plain.weights, plain.shape = subject.rng, subject.weights, subject.shape
    try:
        with stages.values() as seen:
            value = np.asarray(plain.call())
        seen = dict(seen)
    except TypeError as error:
        raise ArgumentError(
            f"{plain.name} cannot be called with what {subject.name} is given: {error}.",
            "both are given the same inputs.",
            f"def f({', '.join(subject.arguments())}): ..., in plain NumPy.",
        ) from None
    if value.shape != subject.shape:
        raise ArgumentError(
            f"{subject.name} gives an output of shape {subject.shape}, {plain.name} one of {value.shape}.",
            "the entries of both are compared, one by one.",
            "a function of the same output.",
        )
    gradients = run(plain.on_tensors, plain.upstream).gradients
    by_name = {p.name: g for p, g in zip(plain.parameters, gradients, strict=True)}
    if not {*names} <= {*by_name}:  # other names: in the same order
        if len(names) != len(gradients):
            raise ArgumentError(
                f"{plain.name} is differentiated along {', '.join(by_name)}; {subject.name} along {', '.join(names)}.",
                "both are given the same inputs.",
                "the same names in both.",
            )
        by_name = dict(zip(names, gradients, strict=True))
    return Reference(value, by_name, seen)


def judged_entry_by_entry(name: str, given: Plain, should: Plain, rounded: Plain, eps: float) -> ParameterReport:
    """One array of the kernel's beside the one in float64, measured by its largest entry."""
    a, b = np.asarray(given, float), np.asarray(should, float)
    own = np.max(np.abs(np.asarray(rounded, float) - b), initial=0.0) * coarser(eps)
    bar = close_to(eps) * float(np.max(np.abs(b[np.isfinite(b)]), initial=0.0))
    bar = max(bar, ROUNDED * float(own)) if np.isfinite(own) else bar
    apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.nan_to_num(np.abs(a - b), nan=np.inf))
    index = tuple(map(int, np.unravel_index(int(np.argmax(apart)), apart.shape))) if apart.size else ()
    word = "right" if not apart.size or apart[index] <= bar else "wrong"
    where = f"[{', '.join(map(str, index))}]" if index else ""
    finding = Finding(
        where, index, float(a[index]), float(b[index]), bar, relative(float(a[index]), float(b[index])), word
    )
    return ParameterReport(name, a.shape, a.size, word, (finding,), a.size, 0)


def misshaped(name: str, shape: tuple[int, ...]) -> ParameterReport:
    return ParameterReport(name, shape, int(np.prod(shape)), "wrong", (), 0, 0, f"its gradient has shape {shape}")


def in_kind(x: object, kind: Any) -> object:
    """An array of floats in floats of one kind; all else as it is."""
    return x.astype(kind) if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f" else x


def spacing(x: np.ndarray) -> float:
    return float(np.finfo(x.dtype).eps) if x.dtype.kind == "f" else 0.0


def short_of(eps: float) -> Any:
    """The NumPy floats of a spacing; those with the range of bfloat16 for it."""
    return np.float32 if eps < 1e-5 or eps > COARSEST else np.float16


def coarser(eps: float) -> float:
    """How much coarser floats are than those that NumPy has in their place: rounding in them is so much larger."""
    return eps / float(np.finfo(np.float32).eps) if eps > COARSEST else 1.0


def close_to(eps: float) -> float:
    """What part of the largest entry an error may be: of the coarsest floats two roundings, as they have no more."""
    return closeness(eps) if eps <= COARSEST else 2 * eps
