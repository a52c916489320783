"""Checks with complex numbers: what a gate sends back is the slope along the real and along the imaginary axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gatewise as gw
from gates.cases import Case, good_cases, quietly
from gates.differences import extrapolated
from gatewise._errors import ComplexGradientError, GatewiseError, UnsupportedError
from gatewise._gates import Gate

#: What extrapolated differences leave of a slope near 1.
LIMIT = 1e-9
#: And of one of a gradient.
BEND = 1e-7


def slopes_along_both_axes(gate: Gate) -> int:
    """The gradient of a real number made of all outputs; a rule that is for real numbers alone refuses others."""
    if gate.family.name == "stops":
        return 0
    takes = gate.analytic or gate.complex
    cases = [*complex_cases(gate), *(case for case in good_cases(gate) if case.places and has_complex_parts(case))]
    for case in cases if takes else cases[:2]:
        (slopes_are_right if takes else is_refused)(case)
        if takes:
            bends_are_right(case)
    return len(cases)


def complex_cases(gate: Gate) -> list[Case]:
    """Calls with complex numbers in the place of floats, those that NumPy answers."""
    found = []
    for n, case in enumerate(case for case in good_cases(gate) if case.places):
        rng = np.random.default_rng(n)
        values = [as_complex(np.asarray(x) + 1j * rng.uniform(0.2, 0.6, np.shape(x))) for x in case.values]
        other = Case(gate, case.filled(values), case.kwargs)
        other.__dict__.update(places=case.places, values=values)
        if other.refusal is None and all(np.all(np.isfinite(part)) for part in parts(other.out)):
            found.append(other)
    return found


def as_complex(x: Any) -> Any:
    """Python's number for one without axes."""
    return x if np.ndim(x) else complex(x)


def has_complex_parts(case: Case) -> bool:
    """Whether floats give complex numbers, finite ones."""
    return any(np.iscomplexobj(part) and np.all(np.isfinite(part)) for part in parts(case.out))


def parts(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (tuple, list)) else [out]


def loss_of(case: Case) -> Callable[..., Any]:
    """One real number that every part of the result counts in."""
    rng = np.random.default_rng(7)
    weights = [rng.normal(size=np.shape(p)) + 1j * rng.normal(size=np.shape(p)) for p in parts(case.out)]

    def loss(*values: Any) -> Any:
        found = parts(case.applied(*values))
        return sum(np.sum(np.real(w * p)) for w, p in zip(weights, found, strict=True))

    return loss


def second_slopes_along_both_axes(gate: Gate) -> int:
    """The gradient of a real number made of all the gradients; a rule made of one for real numbers refuses."""
    if gate.family.name == "stops" or not (gate.analytic or gate.complex):
        return 0
    cases = complex_cases(gate)[:4]
    for case in cases:
        try:
            slopes_are_right(case, weighed_gradients(case))
        except (ComplexGradientError, UnsupportedError):
            continue
    return len(cases)


def weighed_gradients(case: Case) -> Callable[..., Any]:
    """One real number that every gradient of the loss counts in."""
    rng, loss, places = np.random.default_rng(8), loss_of(case), range(len(case.values))
    weights = [rng.normal(size=np.shape(x)) + 1j * rng.normal(size=np.shape(x)) for x in case.values]

    def weighed(*values: Any) -> Any:
        found = zip(weights, gw.grad(loss, places)(*values), strict=True)
        return sum(np.sum(np.real(w * g)) for w, g in found)

    return weighed


def slopes_are_right(case: Case, loss: Callable[..., Any] | None = None) -> None:
    loss = loss or loss_of(case)
    found = quietly(gw.grad(loss, range(len(case.values))), *case.values)
    for k, (g, x) in enumerate(zip(found, case.values, strict=True)):
        want = np.zeros(np.shape(x), np.result_type(x))
        for place in np.ndindex(np.shape(x)):
            for direction in (1, 1j) if np.iscomplexobj(x) else (1,):
                want[place] += direction * extrapolated(moved(loss, case.values, k, place, direction))
        error, size = np.max(np.abs(g - want), initial=0.0), np.max(np.abs(want), initial=1.0)
        assert np.shape(g) == np.shape(x), f"{case}: gradient {np.shape(g)} for {np.shape(x)}"
        assert error <= LIMIT * size, f"{case}: off by {error:.3g}\n{g!r} instead of\n{want!r}"
    forward_is_the_way_back(case, loss, found)


def forward_is_the_way_back(case: Case, loss: Callable[..., Any], found: Any) -> None:
    """Along a complex tangent t the loss moves by the real part of conj(gradient) times t."""
    rng = np.random.default_rng(3)
    tangents = [rng.normal(size=np.shape(x)) + 1j * rng.normal(size=np.shape(x)) for x in case.values]
    tangents = [t if np.iscomplexobj(x) else t.real for t, x in zip(tangents, case.values, strict=True)]
    tangents = [t if np.ndim(x) else type(x)(t) for t, x in zip(tangents, case.values, strict=True)]
    have = quietly(gw.jvp, loss, case.values, tangents)[1]
    products = [np.ravel(np.conj(g) * t) for g, t in zip(found, tangents, strict=True)]
    want, size = float(np.sum(np.concatenate(products).real)), float(np.sum(np.abs(np.concatenate(products))))
    assert abs(have - want) <= 1e-12 * max(size, 1.0), f"{case}: {have!r} forward, {want!r} backward"


def bends_are_right(case: Case) -> None:
    """The gradient's own slope along one direction, by real and imaginary parts of all inputs."""
    loss, rng = loss_of(case), np.random.default_rng(11)
    steps = [rng.normal(size=np.shape(x)) + 1j * rng.normal(size=np.shape(x)) for x in case.values]
    steps = [step if np.iscomplexobj(x) else step.real for step, x in zip(steps, case.values, strict=True)]

    def slope(*values: Any) -> Any:
        found = quietly(gw.grad(loss, range(len(values))), *values)
        return sum(np.sum(np.real(np.conj(step) * g)) for step, g in zip(steps, found, strict=True))

    try:
        bent = quietly(gw.grad(slope, range(len(case.values))), *case.values)
    except GatewiseError:
        return  # a rule whose own rule is one for real numbers
    have = sum(np.sum(np.real(np.conj(step) * g)) for step, g in zip(steps, bent, strict=True))
    want = extrapolated(
        lambda h: float(slope(*(as_given(x + h * s, x) for x, s in zip(case.values, steps, strict=True))))
    )
    assert abs(have - want) <= BEND * max(1.0, abs(want)), f"{case}: bends by {have} instead of {want}"


def as_given(moved: Any, x: Any) -> Any:
    return moved if np.ndim(x) else type(x)(moved)


def moved(
    loss: Callable[..., Any], values: list[Any], k: int, place: tuple[int, ...], direction: complex
) -> Callable[[float], float]:
    """The loss with one entry of one value moved in a direction."""

    def at(h: float) -> float:
        other = np.array(values[k])
        other[place] += h * direction
        back = other if np.ndim(values[k]) else type(values[k])(other)
        return float(quietly(loss, *(back if i == k else x for i, x in enumerate(values))))

    return at


def is_refused(case: Case) -> None:
    try:
        have = quietly(gw.grad(loss_of(case), range(len(case.values))), *case.values)
    except ComplexGradientError:
        return
    raise AssertionError(f"{case}: {have!r} by a rule for real numbers")
