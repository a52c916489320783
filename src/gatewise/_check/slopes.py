"""Local derivatives: what `dL_dx = (e - L) / x` should be by its name, and what is one, whatever it is called.

Such a value is no gradient of the output, but what one value of the forward pass changes by with another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.alike import Rows
from gatewise._check.comparing import Value, in_shape, largest, squeezed, stretches
from gatewise._check.moving import Inquiry, remembered
from gatewise._check.names import wire_named
from gatewise._check.naming import values_named, wires_named
from gatewise._check.trials import Circuit
from gatewise._check.uses import readings_of

FEW = 60  #: rows of a derivative that are found one by one; wires whose derivatives are looked at
ROWS = 300  #: rows of derivatives by parameters, of all values together
VISITS = 30_000  #: of wires, on the ways back that are walked to learn what names say


@remembered
def slope_named(inquiry: Inquiry, i: int) -> list[Value] | None:
    """The local derivative that the name of a value says it is, at each point; None where it says none."""
    key, shape = inquiry.events[i].place.key, np.shape(inquiry.events[i].value)
    pairs = [*pairs_named(inquiry, key), *pairs_used(inquiry, i), *pairs_learned(inquiry).get(key, ())]
    found = (slopes_at(inquiry, a, b, shape) for a, b in pairs)
    return next((each for each in found if each is not None), None)


def pairs_named(inquiry: Inquiry, key: str) -> Iterator[tuple[int, int]]:
    """The wires a and b that `da_db` names, of which a is not the output."""
    known, circuit = values_named(inquiry), inquiry.trials[0].circuit
    for cut in range(2, len(key)):
        if key[0] != "d" or key[cut] != "d":
            continue
        above = wire_named(f"d_{key[1:cut].strip('_')}", known)
        below = wire_named(f"d_{key[cut + 1 :].strip('_')}", known)
        if above is None or below is None or above == below:
            continue
        for a in sorted(known[above]):
            for b in sorted(known[below] & circuit.behind[a]):
                yield a, b


def pairs_used(inquiry: Inquiry, i: int) -> Iterator[tuple[int, int]]:
    """The wires a and b where `da` goes into `db` and is no gradient of a: by the product rule it is that of a by b."""
    above = wires_named(inquiry, i)
    if not above or any(r.wire in above for r in readings_of(inquiry, i)):
        return
    later = (
        j for j in sorted(inquiry.changes.get(i, ())) if inquiry.events[j].place.key != inquiry.events[i].place.key
    )
    below = next((wires_named(inquiry, j) for j in later), set())
    for a in sorted(above):
        for b in sorted(below & inquiry.trials[0].circuit.behind[a]):
            yield a, b


@remembered
def pairs_learned(inquiry: Inquiry) -> dict[str, list[tuple[int, int]]]:
    """The wires a and b that names say by what stands before or after that of b, as `par_x` and `par_y`.

    One of those that are called alike must be the derivative of a.
    """
    alike: dict[tuple[str, str], dict[str, int]] = {}
    for i in inquiry.moved:
        e = inquiry.events[i]
        if wires_named(inquiry, i):  # a gradient by the rule of the house
            continue
        if e.place.key.isidentifier() and e.place.statement not in inquiry.touching and is_varied_array(e.value):
            for name in values_named(inquiry):
                before, inside, after = e.place.key.partition(name)
                if inside and bool(before) != bool(after):
                    alike.setdefault((before, after), {})[e.place.key] = i
    found: dict[str, list[tuple[int, int]]] = {}
    for (before, after), keys in alike.items():
        for a in common_to(inquiry, keys, before, after) if len(keys) > 1 else ():
            for key in keys:
                below = values_named(inquiry)[key.removeprefix(before).removesuffix(after)]
                found.setdefault(key, []).extend((a, b) for b in below & inquiry.trials[0].circuit.behind[a])
    return found


def common_to(inquiry: Inquiry, keys: Mapping[str, int], before: str, after: str) -> Iterator[int]:
    """The wires of which what is called alike is the derivative, in one case at least."""
    circuit, known = inquiry.trials[0].circuit, values_named(inquiry)
    visits = 0
    for a in circuit.found:
        for key, i in keys.items():
            values = [r.events[i].value for r in inquiry.runs]
            for b in known[key.removeprefix(before).removesuffix(after)] & circuit.behind[a]:
                visits += sweeps_for(circuit, a, b) * len(circuit.behind[a])
                if visits > VISITS:
                    return
                should = slopes_at(inquiry, a, b, np.shape(values[0])) if np.size(circuit.value(a)) > 1 else None
                if should is not None and all(map(inquiry.agree, values, should)):
                    yield a
                    break


def is_varied_array(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f" and np.size(value) > 1 and bool(np.ptp(value))


def slopes_at(inquiry: Inquiry, a: int, b: int, shape: tuple[int, ...]) -> list[Value] | None:
    """What wire a changes by with wire b, entry by entry, at each point; None where that is no array of this shape."""
    found = [slope_between(t.circuit, a, b, shape) for t in inquiry.trials]
    return None if any(each is None for each in found) else [each for each in found if each is not None]


def slope_between(circuit: Circuit, a: int, b: int, shape: tuple[int, ...]) -> Value | None:
    """The derivative of one wire by another one, entry by entry, in a shape."""
    above, below = np.shape(circuit.value(a)), np.shape(circuit.value(b))
    wanted = tuple(n for n in shape if n != 1)
    if squeezed(circuit.value(b)) == wanted and stretches(above, below):
        each = np.broadcast_to(by_wire(circuit, a, b, np.ones(above)), below)
        return np.reshape(each, shape) if is_entry_by_entry(circuit, a, b, each) else None
    if squeezed(circuit.value(a)) == wanted and stretches(below, above):
        made = row_by_row(circuit, a, b)
        return np.reshape(made, shape) if made is not None and is_entry_by_entry(circuit, a, b, made) else None
    return jacobian(circuit, a, b, wanted, shape)


def sweeps_for(circuit: Circuit, a: int, b: int) -> int:
    """How many ways back `slope` walks at most."""
    above, below = np.shape(circuit.value(a)), np.shape(circuit.value(b))
    rows = np.size(circuit.value(a))
    return 1 if stretches(above, below) else rows // np.size(circuit.value(b)) if stretches(below, above) else rows


def jacobian(circuit: Circuit, a: int, b: int, wanted: tuple[int, ...], shape: tuple[int, ...]) -> Value | None:
    """The derivative of each entry of one wire by each of another one; turned, where it stands so."""
    if wanted not in entry_by_entry_shapes(circuit, a, b) or np.size(circuit.value(a)) > FEW:
        return None
    rows = [by_wire(circuit, a, b, row).ravel() for row in np.eye(np.size(circuit.value(a)))]
    made = np.stack(rows)
    return np.reshape(made if wanted == entry_by_entry_shapes(circuit, a, b)[0] else made.T, shape)


def by_wire(circuit: Circuit, a: int, b: int, g: np.ndarray) -> np.ndarray:
    """What a gradient at one wire becomes at another one."""
    found = circuit.from_wire(a, g.reshape(np.shape(circuit.value(a)))).get(b, 0.0)
    return np.asarray(np.broadcast_to(np.asarray(found, float), np.shape(circuit.value(b))))


def is_entry_by_entry(circuit: Circuit, a: int, b: int, made: Value) -> bool:
    """Whether that is all that one wire changes by with another one: entries of one alone with those of the other."""
    above, below = np.shape(circuit.value(a)), np.shape(circuit.value(b))
    by = np.random.default_rng(5).normal(size=above)
    found = by_wire(circuit, a, b, by)
    told = in_shape(by * made, below)
    return told is not None and largest(found - told) <= 1e-9 * max(largest(found), 1e-300)


def row_by_row(circuit: Circuit, a: int, b: int) -> Value | None:
    """What the entries of a wire change by with those of another one that is stretched to it."""
    above, below = np.shape(circuit.value(a)), np.shape(circuit.value(b))
    padded = (1,) * (len(above) - len(below)) + below
    axes = [k for k, (n, m) in enumerate(zip(above, padded, strict=True)) if n != m]
    lengths = [above[k] for k in axes]
    if np.prod(lengths) > FEW:
        return None
    made: np.ndarray = np.zeros(above)
    for row in np.ndindex(*lengths):
        at = [slice(None)] * len(above)
        for k, n in zip(axes, row, strict=True):
            at[k] = slice(n, n + 1)
        chosen: np.ndarray = np.zeros(above)
        chosen[tuple(at)] = 1.0
        made[tuple(at)] = by_wire(circuit, a, b, chosen).reshape(padded)
    return made


@remembered
def is_slope(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is what one value of the forward pass changes by with another one; a constant is none."""
    values = [r.events[i].value for r in inquiry.runs]
    if not is_varied_array(values[0]):
        return False
    if (named := slope_named(inquiry, i)) is not None:
        return all(inquiry.agree(value, should) for value, should in zip(values, named, strict=True))
    every = (slopes_shaped(inquiry, squeezed(values[0])), jacobians_shaped(inquiry, squeezed(values[0])))
    return any(rows is not None and bool(rows.equal_to(values, inquiry.close)) for rows in every)


def slopes_beside(inquiry: Inquiry, i: int) -> Iterator[list[Value]]:
    """The other local derivatives that a value may have been meant to be: of the same wire, or by the same one."""
    values = [r.events[i].value for r in inquiry.runs]
    rows = slopes_shaped(inquiry, squeezed(values[0]))
    if rows is None or slope_named(inquiry, i) is not None:
        return
    equal = rows.equal_to(values, inquiry.close)
    above, below = {a for a, _ in equal}, {b for _, b in equal}
    for n, (a, b) in enumerate(rows.keys):
        if a in above or b in below:
            yield [np.reshape(at[n], np.shape(v)) for at, v in zip(rows.at, values, strict=True)]


def slopes_instead(inquiry: Inquiry, i: int) -> Iterator[list[Value]]:
    """The local derivatives that a value may have been meant to be: any, where it is none; else those beside it.

    Not where numbers that do not change, or one for each row, are all that lies between: a later line may have them.
    """
    values = [r.events[i].value for r in inquiry.runs]
    if not is_varied_array(values[0]):
        return
    if is_slope(inquiry, i):
        yield from (each for each in slopes_beside(inquiry, i) if not is_weighted(inquiry, values, each))
        return
    shape = squeezed(values[0])
    rows = slopes_shaped(inquiry, shape)
    found = [] if rows is None else [at_each_point(rows, n, values) for n in range(len(rows.keys))]
    jacobians = jacobians_shaped(inquiry, shape)
    for n, (a, b) in enumerate(jacobians.keys if jacobians else ()):
        assert jacobians is not None
        should = at_each_point(jacobians, n, values)
        by_last = entry_by_entry_shapes(inquiry.trials[0].circuit, a, b)[0] == shape
        if is_right_in_part(inquiry, values[0], should[0], -1 if by_last else 0):
            yield should  # a weight would be one of all parameters
        found.append(should)
    if not any(is_weighted(inquiry, values, each) for each in found):
        yield from found


def at_each_point(rows: Rows[tuple[int, int]], n: int, values: Sequence[Any]) -> list[Value]:
    """One of the rows, in the shape of a value, at each point."""
    return [np.reshape(at[n], np.shape(v)) for at, v in zip(rows.at, values, strict=True)]


def is_right_in_part(inquiry: Inquiry, value: Any, should: Any, axis: int) -> bool:
    """Whether an array is what it should be at some places along an axis, and not at all."""
    pairs = zip(np.moveaxis(value, axis, 0), np.moveaxis(should, axis, 0), strict=True)
    right = [inquiry.agree(v, g) for v, g in pairs]
    return any(right) and not all(right)


def is_weighted(inquiry: Inquiry, values: Sequence[Value], should: Sequence[Value]) -> bool:
    """Whether numbers that do not change, or one for each row, are all that lies between a value and another one."""
    with np.errstate(all="ignore"):
        first, *others = [np.asarray(g, float) / np.asarray(v, float) for v, g in zip(values, should, strict=True)]
    known = np.isfinite(first)
    if not known.any() or all(inquiry.agree(first[known], each[known]) for each in others):
        return True
    return any(is_same_along(inquiry, first, axis) for axis in range(first.ndim) if first.shape[axis] > 2)


def is_same_along(inquiry: Inquiry, ratios: np.ndarray, axis: int) -> bool:
    spans = np.ptp(np.nan_to_num(ratios), axis=axis)
    return bool(np.all(spans <= inquiry.close * largest(ratios)))


@remembered
def jacobians_shaped(inquiry: Inquiry, shape: tuple[int, ...]) -> Rows[tuple[int, int]] | None:
    """The derivatives of wires by parameters, each entry by each, that have a shape."""
    circuit = inquiry.trials[0].circuit
    below = [circuit.index[w] for w in circuit.leaves.values() if w in circuit.index]
    pairs: list[tuple[int, int]] = []
    values: list[Sequence[Value]] = []
    rows = visits = 0
    for b in below:
        for a in (a for a in circuit.found if b in circuit.behind[a] and shape in entry_by_entry_shapes(circuit, a, b)):
            rows += np.size(circuit.value(a))
            visits += np.size(circuit.value(a)) * len(circuit.behind[a])
            found = slopes_at(inquiry, a, b, shape) if rows < ROWS and visits < VISITS else None
            if found is not None:
                pairs.append((a, b))
                values.append(found)
    return Rows(pairs, values) if pairs else None


def entry_by_entry_shapes(circuit: Circuit, a: int, b: int) -> tuple[tuple[int, ...], ...]:
    above, below = squeezed(circuit.value(a)), squeezed(circuit.value(b))
    return (above + below, below + above) if above and below else ()


@remembered
def slopes_shaped(inquiry: Inquiry, shape: tuple[int, ...]) -> Rows[tuple[int, int]] | None:
    """What wires change by with those of one shape, entry by entry or row by row; and single numbers with them."""
    circuit = inquiry.trials[0].circuit
    same = [k for k in circuit.found if squeezed(circuit.value(k)) == shape]
    inside = set().union(*circuit.behind)  # the derivatives of the output are its gradients
    above = [k for k in circuit.found if k in inside and {*same} & circuit.behind[k]] if len(same) <= FEW else []
    pairs: list[tuple[int, int]] = []
    values: list[Sequence[Value]] = []
    for a in above[:FEW]:
        for b, made in by_those_behind(inquiry, a, same):
            pairs.append((a, b))
            values.append(made)
    return Rows(pairs, values) if pairs else None


def by_those_behind(inquiry: Inquiry, a: int, those: Sequence[int]) -> Iterator[tuple[int, list[Value]]]:
    """What a wire changes by with each of those that it is made of, entry by entry or row by row, at each point."""
    circuit = inquiry.trials[0].circuit
    whole = np.shape(circuit.value(a))
    below = [b for b in those if b in circuit.behind[a]]
    by = np.random.default_rng(5).normal(size=whole)
    spreads = {b: found for b in below if (found := spread_over(by, np.shape(circuit.value(b)))) is not None}
    if not spreads:
        return
    ones = [t.circuit.from_wire(a, np.ones(whole)) for t in inquiry.trials]
    again = circuit.from_wire(a, by)
    for b, told in spreads.items():
        if b in again and all(b in each for each in ones):
            made: list[Value] = [np.asarray(each[b], float) for each in ones]
            if inquiry.agree(again[b], told * made[0]):
                yield b, made


def spread_over(by: np.ndarray, below: tuple[int, ...]) -> np.ndarray | None:
    """Numbers as they lie over a larger array, summed along an axis it may be; None where they do not."""
    if by.size == 1 or stretches(by.shape, below):
        return by.reshape(()) if by.size == 1 else by
    axes = (k for k in range(len(below)) if below[:k] + below[k + 1 :] == by.shape)
    return next((np.expand_dims(by, k) for k in axes), None)
