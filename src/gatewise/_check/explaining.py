"""What a value on the way to a gradient is, where it is no gradient itself: a part of one, or a factor of one.

A gradient that is made line by line is on its way for a while: without the factor that the next line multiplies by,
or with what came along one path only. Such a value is explained by what is left between it and a gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import Value, largest, squeezed, stretches
from gatewise._check.moving import Inquiry, remembered
from gatewise._check.readings import down_to, roles_of
from gatewise._check.recomputed import values_before, values_of
from gatewise._check.trials import TooManyError
from gatewise._check.uses import multiple, uses_at
from gatewise._types import Plain

PATHS = 60  #: paths along which gradients are followed one by one
COMPARED = 100_000  #: values and gradients that are held against each other; more take minutes
DIGITS = 9  #: digits in which a value and what explains it must agree, over all its entries


@remembered
def paths_of(inquiry: Inquiry) -> list[list[Mapping[int, Value]]]:
    """For each use of each value: what comes along it, at each wire behind it, at each point."""
    found: list[list[Mapping[int, Any]]] = []
    for k in inquiry.trials[0].circuit.found:
        uses = [uses_at(inquiry, n, k) for n in range(len(inquiry.trials))]
        for use in range(len(uses[0])) if len(uses[0]) > 1 else ():
            if len(found) == PATHS:
                return found
            found.append([t.circuit.from_wire(k, each[use]) for t, each in zip(inquiry.trials, uses, strict=True)])
    return found


@remembered
def aims_of(inquiry: Inquiry, shape: tuple[int, ...], paths: bool) -> dict[int, list[list[Value]]]:
    """The gradients of one shape that say enough, by wire, at each point."""
    found: dict[int, list[list[Value]]] = {}
    for k, gradients in aims(inquiry, paths):
        if any(g is None or squeezed(g) != shape or not largest(g) for g in gradients):
            continue
        if says_enough(inquiry, sum(int(np.count_nonzero(g)) for g in gradients) - 1):
            found.setdefault(k, []).append([np.reshape(np.asarray(g, float), shape) for g in gradients])
    return found


def aims(inquiry: Inquiry, paths: bool) -> Iterator[tuple[int, list[Any]]]:
    """The gradients that what is wrong hangs on, at each point; and what comes along one path, if asked."""
    circuits = [t.circuit for t in inquiry.trials]
    on_way = {k for k in circuits[0].found if {*down_to(inquiry, k)} & {*inquiry.wrong}}
    for k in circuits[0].found:
        if k in on_way:
            yield k, [c.found.get(k) for c in circuits]
    for path in paths_of(inquiry) if paths else ():
        for k in path[0]:
            if k in on_way:
                yield k, [each.get(k) for each in path]


def comes_along_a_path(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is what comes along one path to the wire whose gradient it does the work of."""
    values = [r.events[i].value for r in inquiry.runs]
    for k, d in roles_of(inquiry, i).items():
        for path in paths_of(inquiry):
            if k in path[0] and all(inquiry.agree(d * v, g[k]) for v, g in zip(values, path, strict=True)):
                return True
    return False


def explains(inquiry: Inquiry, values: Sequence[Plain], along_axes: bool = True, paths: bool = True) -> bool:
    """Whether a constant, a factor, or a number for each row is all that is between a value and a gradient."""
    return next(explanations(inquiry, values, paths, along_axes=along_axes), None) is not None


def explanations(
    inquiry: Inquiry,
    values: Sequence[Any],
    paths: bool = True,
    beside: Sequence[list[Any]] = (),
    along_axes: bool = True,
) -> Iterator[tuple[int, list[Any]]]:
    """What makes a multiple of a gradient of a value, at each point, and of which wire's; also what is `beside`."""
    if not largest(values[0]) or (np.size(values[0]) > 1 and not np.ptp(values[0])):
        return
    shape = squeezed(values[0])
    if any(np.size(v) != np.size(values[0]) for v in values):  # how many there are depends on the inputs
        return
    values = [np.reshape(np.asarray(v, float), shape) for v in values]
    others: list[list[Value]] = [[np.reshape(x, shape) for x in f] for f in beside]
    for k, every in aims_of(inquiry, shape, paths).items():
        inquiry.compared += len(every)
        if inquiry.compared > COMPARED:
            raise TooManyError("the way back has more values of one shape than can be told apart")
        for factor, gradients in nearly_made(inquiry, values, [*factors_for(inquiry, k), *others], every):
            if np.size(gradients[0]) > 1 and multiple(inquiry, factor, gradients) is not None:
                continue  # it is that gradient itself
            if multiple(inquiry, [f * v for f, v in zip(factor, values, strict=True)], gradients) is not None:
                yield k, factor
        for gradients in every if along_axes else ():
            if (ratios := ratios_along_an_axis(inquiry, values, gradients)) is not None:
                yield k, ratios


def nearly_made(
    inquiry: Inquiry, values: Sequence[Any], factors: Sequence[list[Value]], every: Sequence[list[Value]]
) -> Iterator[tuple[list[Value], list[Value]]]:
    """The factors and gradients of which one may make the other of a value, by the angle between them at one point."""
    made = np.stack([np.ravel(f[0] * values[0]) for f in factors])
    wanted = np.stack([np.ravel(g[0]) for g in every])
    with np.errstate(all="ignore"):
        sizes = (made**2).sum(1)[:, None] * (wanted**2).sum(1)
        left = sizes - (made @ wanted.T) ** 2
        near = left <= (2 * made.shape[1] * inquiry.close**2 + 1e-13) * sizes
    for m, n in np.argwhere(near & (sizes > 0)):
        yield factors[m], every[n]


def ratios_along_an_axis(inquiry: Inquiry, values: Sequence[Value], gradients: Sequence[Value]) -> list[Value] | None:
    """Gradients divided by values, where that is the same all along an axis."""
    ratios = [r for g, v in zip(gradients, values, strict=True) if (r := ratio(g, v)) is not None]
    if len(ratios) < len(values):
        return None
    along = any(is_constant_along(inquiry, ratios, axis) for axis in range(np.ndim(ratios[0])))
    return [np.nan_to_num(r) for r in ratios] if along else None


def is_constant_along(inquiry: Inquiry, ratios: Sequence[Any], axis: int) -> bool:
    beside = 0
    for r in ratios:
        for row in np.moveaxis(r, axis, -1).reshape(-1, r.shape[axis]):
            known = row[np.isfinite(row)]
            if known.size and np.ptp(known) > inquiry.close * np.abs(known).max():
                return False
            beside += max(int(np.count_nonzero(known)) - 1, 0)
    return says_enough(inquiry, beside)


def says_enough(inquiry: Inquiry, numbers: int) -> bool:
    """Whether that many numbers that agree are no coincidence."""
    return bool(numbers * -np.log10(inquiry.close) >= DIGITS)


def works_as(inquiry: Inquiry, i: int, k: int, factor: object) -> bool:
    """Whether a value, multiplied by a factor, does the work of the gradient of a wire, or of a multiple of it."""
    moved, before = inquiry.moved[i], inquiry.runs[0].gradients
    value = inquiry.trials[0].circuit.value(k)
    by = np.reshape(np.asarray(moved.by, float), squeezed(moved.by)) * factor
    expected = inquiry.trials[0].circuit.down_from(k, np.reshape(by, np.shape(value)))
    made = {q: np.asarray(moved.gradients[q], float) - before[q] for q in inquiry.names}
    both = [q for q in inquiry.names if q in moved.reached or largest(expected[q]) > 0]
    if {*both} != moved.reached:
        return False
    first = np.concatenate([np.ravel(made[q]) for q in both])
    other = np.concatenate([np.ravel(np.broadcast_to(expected[q], made[q].shape)) for q in both])
    return multiple(inquiry, [first], [other]) is not None


@remembered
def factors_for(inquiry: Inquiry, k: int) -> list[list[Value]]:
    """What makes a gradient of wire k, at each point: nothing, values, and the gradients of what is made of it."""
    return list(all_factors(inquiry, k))


def all_factors(inquiry: Inquiry, k: int) -> Iterator[list[Value]]:
    circuits = [t.circuit for t in inquiry.trials]
    value = circuits[0].value(k)
    whole, shape = np.shape(value), squeezed(value)

    def fitted(x: object) -> Value:
        x = np.asarray(x, float)
        return x.reshape(shape) if squeezed(x) == shape else np.broadcast_to(x, whole).reshape(shape)

    yield [np.ones(shape) for _ in circuits]
    for j, wire in enumerate(circuits[0].wires):
        if squeezed(wire.value) != shape and not stretches(np.shape(wire.value), whole):
            continue
        if np.size(wire.value) > 1 or not shape:
            yield from of_values(inquiry, [fitted(c.value(j)) for c in circuits])
        gradients = [c.found.get(j) for c in circuits]
        if k in circuits[0].behind[j] and all(g is not None and largest(g) for g in gradients):
            yield [fitted(g) for g in gradients]
    for values in constants_of(inquiry):
        if squeezed(values[0]) == shape:
            yield from of_values(inquiry, [fitted(v) for v in values])


@remembered
def constants_of(inquiry: Inquiry) -> list[list[Value]]:
    """Arrays of the forward pass that are no wires: weights of labels, masks of the data."""
    wires = inquiry.trials[0].circuit.wires
    found = [i for each in values_before(inquiry).values() for i in each]
    return [
        values_of(inquiry, i)
        for i in found
        if np.asarray(v := inquiry.events[i].value).dtype.kind == "f" and np.size(v) > 1
        if not any(squeezed(w.value) == squeezed(v) and inquiry.agree(v, w.value) for w in wires)
    ]


def of_values(inquiry: Inquiry, values: Sequence[Any]) -> Iterator[list[Value]]:
    """The values that local gradients are made of: powers, and what is left to 1."""
    for power in (1, -1, 2, -2):
        with np.errstate(all="ignore"):
            found = [x**power for x in values]
        if all(map(np.all, map(np.isfinite, found))):
            yield found
    yield [1 - x for x in values]
    yield [1 - x**2 for x in values]


def ratio(g: Value, v: Value) -> np.ndarray | None:
    """A gradient divided by a value, in the gradient's shape; NaN where both are 0, and None where one alone is."""
    g = np.asarray(g, float)
    v = np.reshape(np.asarray(v, float), g.shape)
    nothing = np.abs(v) <= 1e-12 * largest(v)
    if np.any(nothing & (np.abs(g) > 1e-12 * largest(g))):
        return None
    with np.errstate(all="ignore"):
        return np.where(nothing, np.nan, g / np.where(nothing, 1.0, v))
