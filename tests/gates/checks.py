"""What every gate must pass: each check takes a gate, raises AssertionError, and returns how many cases it saw."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import gatewise as gw
from gates.cases import Case, cases_of, good_cases, is_float, quietly
from gates.complex_numbers import second_slopes_along_both_axes, slopes_along_both_axes
from gates.differences import expected_gradients, expected_tangent, extrapolated, flat, jacobian, tolerance
from gatewise._derivatives import Derivative
from gatewise._errors import GatewiseError, UnsupportedError
from gatewise._gates import Gate, without_mask
from gatewise._recording.structures import leaves
from gatewise._tensor import FORWARDS

Check = Callable[[Gate], int]
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 1e-200, 709.0, -745.5]

# ------------------------------------------------------------------------------------------------------- comparing


def same_bits(case: Any, have: Any, want: Any, arbitrary: bool = False) -> None:
    """Type, dtype, shape and every bit."""
    assert type(have) is type(want), f"{case}: {type(have)} instead of {type(want)}"
    have, want = np.asarray(have), np.asarray(want)
    assert (have.dtype, have.shape) == (want.dtype, want.shape), (
        f"{case}: {have.dtype} {have.shape} for {want.dtype} {want.shape}"
    )
    assert arbitrary or have.tobytes() == want.tobytes(), f"{case}: {have!r} instead of {want!r}"


def belongs_to(case: Any, gradient: Any, value: Any) -> None:
    """A gradient is a float for a float; for an array it has its shape and dtype."""
    assert type(gradient) is type(value), f"{case}: {type(gradient)} for {type(value)}"
    assert np.shape(gradient) == np.shape(value), f"{case}: gradient {np.shape(gradient)} for {np.shape(value)}"
    assert np.asarray(gradient).dtype == np.asarray(value).dtype, f"{case}: {np.asarray(gradient).dtype}"


def near(case: Any, have: Any, want: Any, limit: float, local: float = 1.0) -> None:
    """Equal to `limit` of the larger of the local gradient and 1."""
    have, want = np.asarray(have), np.asarray(want)
    assert have.shape == want.shape, f"{case}: {have.shape} instead of {want.shape}"
    error = np.max(np.abs(have.astype(float) - want), initial=0.0)
    assert error <= limit * max(local, 1.0), f"{case}: off by {error:.3g}\n{have!r} instead of\n{want!r}"


def steepest(case: Case) -> float:
    """The largest local gradient of a call."""
    return max((float(np.max(np.abs(J), initial=0.0)) for J in jacobian(case)), default=0.0)


def gradients(case: Case, values: Sequence[Any], upstream: Any = None) -> tuple[Any, ...]:
    """What the pullback gives each value; each must belong to its value and share memory with nothing."""
    upstream = case.upstream if upstream is None else upstream
    out, pullback = gw.vjp(case.applied, *values)
    found = quietly(pullback, upstream)
    for gradient, value in zip(found, values, strict=True):
        belongs_to(case, gradient, value)
    alone(case, found, [upstream, out, *values])
    return found


def alone(case: Case, found: Sequence[Any], others: Sequence[Any]) -> None:
    """No gradient shares memory with another, with an operand, with the output or with the upstream gradient."""
    arrays = [x for _, x in leaves([*found, *others]) if isinstance(x, np.ndarray) and x.size]
    own = [x for x in found if isinstance(x, np.ndarray) and x.size]
    for gradient in own:
        shared = sum(np.may_share_memory(gradient, x) for x in arrays)
        assert shared == 1, f"{case}: a gradient shares its memory"


def differentiable(gate: Gate) -> list[Case]:
    """The calls that have a float to differentiate by; of those with complex results, see complex_numbers."""
    return [case for case in good_cases(gate) if case.places and not np.iscomplexobj(first_of(case.out))]


# -------------------------------------------------------------------------------------------------------- the checks


def forward_is_numpys(gate: Gate) -> int:
    """The wire holds what the call gives for plain values, to the bit; what NumPy refuses is one clear error."""
    cases = list(forward_cases(gate))
    for case in cases:
        tensors = [gw.tensor(x) for x in case.values]
        if case.refusal is not None:
            refused(case, tensors)
            continue
        have, want = case.applied(*tensors), case.function(*(t.value for t in tensors))  # copies: strides are their own
        several = isinstance(want, (tuple, list))
        assert type(have) is type(want) if several else not isinstance(have, (tuple, list)), f"{case}: {have!r}"
        pairs = zip(have, want, strict=True) if isinstance(want, (tuple, list)) else [(have, want)]
        for one, other in pairs:
            same_bits(case, getattr(one, "value", one) if tensors else one, other, gate.arbitrary)
    return len(cases) + operators_are_pythons(gate)


def refused(case: Case, tensors: Sequence[Any]) -> None:
    if not tensors:
        return
    try:
        have = case.applied(*tensors)
    except GatewiseError:
        return
    raise AssertionError(f"{case}: {have!r}, where NumPy says {case.refusal}")


def forward_cases(gate: Gate) -> Iterator[Case]:
    """All cases in each precision, and the special values."""
    for case in cases_of(gate):
        yield case
        for dtype in (np.float32, np.float16):
            yield case.changed(precision(dtype))
    if not gate.many and not set(gate.parameters) - set(gate.defaults):
        yield from special_cases(gate)


def special_cases(gate: Gate) -> Iterator[Case]:
    """Zeros, infinities, NaN and numbers near the edges, as floats and in arrays."""
    if gate.fixed:
        return
    for values in itertools.product(SPECIAL, repeat=gate.arity) if gate.arity < 3 else ():
        yield Case(gate, values)
    for shift in range(len(SPECIAL)):
        yield Case(gate, tuple(np.roll(SPECIAL, shift * k) for k in range(gate.arity)))


def operators_are_pythons(gate: Gate) -> int:
    """The gate's operator gives what it gives for plain values; where Python raises, NumPy's inf or nan."""
    if gate.infix not in FORWARDS:
        return 0
    forward = FORWARDS[gate.infix]
    cases = [case for case in (*good_cases(gate), *special_cases(gate)) if len(case.values) == 2]
    for case in cases:
        x, y = case.values
        try:
            want = quietly(forward, *(gw.tensor(v).value for v in (x, y)))
        except TypeError:
            continue  # no operator between two numbers
        except ArithmeticError:
            want = float(quietly(forward, np.float64(x), np.float64(y)))
        for one, other in ((x, y), (x, None), (None, y)):
            tensors = [gw.tensor(v) if w is not None else gw.tensor(v).value for v, w in ((x, one), (y, other))]
            same_bits(case, quietly(forward, *tensors).value, want)
    return len(cases)


def precision(dtype: Any) -> Callable[[Any], Any]:
    """A change of floats and dtypes to another precision; Python floats have none."""

    def change(x: Any) -> Any:
        if isinstance(x, np.dtype):
            return np.dtype(dtype)
        return x.astype(dtype) if isinstance(x, (np.ndarray, np.generic)) else x

    return change


def pullback_is_the_slope(gate: Gate) -> int:
    """The pullback gives upstream x slope, for all outputs and for each output alone."""
    cases = differentiable(gate)
    for case in cases:
        for have, want in zip(gradients(case, case.values), expected_gradients(case), strict=True):
            near(case, have, want, tolerance(case), steepest(case))
    return len(cases) + each_output_alone(gate)


def each_output_alone(gate: Gate) -> int:
    """Of a gate with several outputs any may be unused."""
    cases = [case for case in differentiable(gate) if isinstance(case.out, (tuple, list))]
    for case in cases:
        row = 0
        for k, part in enumerate(case.out):
            if not is_float(part):
                continue  # a whole number has no row of the Jacobian
            _, pullback = gw.vjp(lambda *values: case.applied(*values)[k], *case.values)  # noqa: B023
            found = pullback(case.upstream[k])
            rows = slice(row, row := row + np.size(part))
            for have, J, value in zip(found, jacobian(case), case.values, strict=True):
                belongs_to(case, have, value)
                want = (np.ravel(case.upstream[k]) @ J[rows]).reshape(np.shape(value))
                near(case, have, want, tolerance(case), steepest(case))
    return len(cases)


def pushforward_is_the_slope(gate: Gate) -> int:
    """The jvp gives slope x tangent."""
    cases = differentiable(gate)
    for case in cases:
        out, tangent = gw.jvp(case.applied, case.values, case.tangents)
        outs, parts = (x if isinstance(x, (tuple, list)) else (x,) for x in (out, tangent))
        have = [part for x, part in zip(outs, parts, strict=True) if is_float(x)]
        for x, part in zip((x for x in outs if is_float(x)), have, strict=True):
            belongs_to(case, part, x)
        near(case, flat(have), expected_tangent(case), tolerance(case), steepest(case))
    return len(cases)


def forward_is_the_way_back(gate: Gate) -> int:
    """What a tangent moves, weighed by an upstream gradient, is what that sends back, weighed by the tangent."""
    cases = differentiable(gate)
    for case in cases:
        back = gradients(case, case.values)
        for kinds in itertools.product([False, True], repeat=len(case.values)):
            moving = [k for k, kind in enumerate(kinds) if kind]
            if not moving:
                continue
            try:
                tangent = along_some(case, moving)
            except UnsupportedError:  # NumPy hands some calls over only where the first argument is a Tensor
                assert not kinds[0], f"{case} along {moving}"
                continue
            have, sizes = weighed_with(case, tangent)
            want = sum(float(np.sum(back[k] * case.tangents[k])) for k in moving)
            assert abs(have - want) <= 1e-12 * max(1.0, sizes), f"{case} along {moving}: {have!r} instead of {want!r}"
    return len(cases)


def along_some(case: Case, moving: Sequence[int]) -> Any:
    """The tangent where only some operands move, the others being plain."""
    function = lambda *some: case.applied(*(dict(zip(moving, some)).get(k, x) for k, x in enumerate(case.values)))  # noqa: E731
    return quietly(gw.jvp, function, [case.values[k] for k in moving], [case.tangents[k] for k in moving])[1]


def weighed_with(case: Case, tangent: Any) -> tuple[float, float]:
    """A tangent times the upstream gradient, summed; and the sum of what was summed, by size."""
    outs, parts, us = (x if isinstance(x, (tuple, list)) else (x,) for x in (case.out, tangent, case.upstream))
    products = flat([np.asarray(t * u) for x, t, u in zip(outs, parts, us, strict=True) if is_float(x)])
    return float(np.sum(products)), float(np.sum(np.abs(products)))


def many_are_pushed_as_one_by_one(gate: Gate) -> int:
    """Several tangents at once move as each of them does."""
    cases = [case for case in differentiable(gate) if any(np.size(x) for x in case.values)]
    for case in cases:
        rows = [[(1.0 - k) * t for t in case.tangents] for k in range(3)]
        have = together(case, rows)
        for k, some in enumerate(rows):
            want = quietly(gw.jvp, case.applied, case.values, [like_its(x, t) for x, t in zip(case.values, some)])[1]
            wanted = want if isinstance(want, (tuple, list)) else (want,)
            for x, one, other in zip(first_and_others(case.out), have, wanted, strict=True):
                if is_float(x):
                    near(f"{case}, tangent {k}", one[k], other, 1e-12, float(np.max(np.abs(other), initial=0.0)))
    return len(cases)


def first_and_others(outs: Any) -> Any:
    return outs if isinstance(outs, (tuple, list)) else (outs,)


def like_its(x: Any, t: Any) -> Any:
    """A tangent of the type and dtype of its value."""
    return np.asarray(t, x.dtype) if isinstance(x, np.ndarray) else type(x)(t)


def together(case: Case, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """How each output moves along all rows of tangents, which are pushed at once."""
    with (run := Derivative(case.applied, case.values, range(len(case.values)))):
        along = {x.wire: np.stack([row[k] for row in rows]) for k, x in enumerate(run.inputs)}
        found = quietly(run.push, along, run.outer, len(rows))
        outs = first_and_others(run.out)
        return [
            without_mask(found[x.wire]) if getattr(x, "wire", None) in found else np.zeros((len(rows), *np.shape(x)))
            for x in outs
        ]


def lower_precision_follows(gate: Gate) -> int:
    """In float32, wholly or for every other operand, the gradients are those of float64 to 1e-5; float16 is kept."""
    count = 0
    for case, change in itertools.product(differentiable(gate), (np.float32, "first", "others", np.float16)):
        lower = case.changed(precision(change)) if change not in ("first", "others") else mixed(case, change)
        if lower.refusal is not None or not any(isinstance(x, (np.ndarray, np.generic)) for x in lower.values):
            continue
        exact = lower.changed(precision(np.float64))
        have = gradients(lower, lower.values)
        count += 1
        if change is np.float16:
            continue
        want = gradients(exact, exact.values, lower.upstream)
        for one, other in zip(have, want, strict=True):
            near(lower, one, other, 1e-5, max(steepest(case), float(np.max(np.abs(other), initial=0.0))))
    return count


def mixed(case: Case, which: str) -> Case:
    """The call with the first float or dtype in float32, or all but the first."""
    position = itertools.count()
    single = precision(np.float32)
    return case.changed(lambda x: single(x) if (next(position) == 0) == (which == "first") else x)


def second_order_is_the_slope_of_the_first(gate: Gate) -> int:
    """The gradient of the weighed gradient, along the tangents, against differences of the gradient."""
    cases = differentiable(gate)
    for case in cases:
        again = gw.grad(lambda *values: weighed(case, values), range(len(case.values)))  # noqa: B023
        have = quietly(again, *case.values)
        along = sum(float(np.sum(g * t)) for g, t in zip(have, case.tangents, strict=True))
        for gradient, value in zip(have, case.values, strict=True):
            belongs_to(case, gradient, value)
        want = extrapolated(lambda h: first_order(case, h))  # noqa: B023
        near(case, along, want, 1e-9, max(abs(want), steepest(case)))
    return len(cases)


def weighed(case: Case, values: Sequence[Any]) -> Any:
    """A single number made of all the gradients."""
    _, pullback = gw.vjp(case.applied, *values)
    found = zip(pullback(case.upstream), case.weights, strict=True)
    return sum((np.sum(g * w) for g, w in found), 0.0)


def first_order(case: Case, h: float) -> float:
    values = [x + h * t for x, t in zip(case.values, case.tangents, strict=True)]
    values = [np.asarray(v) if isinstance(x, np.ndarray) else v for v, x in zip(values, case.values, strict=True)]
    return float(weighed(case, values))


def any_operand_may_be_constant(gate: Gate) -> int:
    """Whichever operands are constants or unasked, the others get what they get when all are wanted.

    Constants are spoilt after the forward pass: what a rule needs was copied.
    """
    cases = [case for case in differentiable(gate) if len(case.values) > 1]
    for case in cases:
        whole = gradients(case, case.values)
        for kinds in itertools.product(["constant", "unasked", "wanted"], repeat=len(case.values)):
            if "wanted" in kinds:
                same_for_wanted(case, kinds, whole)
    return len(cases)


def same_for_wanted(case: Case, kinds: Sequence[str], whole: Sequence[Any]) -> None:
    try:
        partial = partial_gradients(case, kinds)
    except UnsupportedError:  # NumPy hands some calls over only where the first argument is a Tensor; it must be loud
        assert kinds[0] == "constant", f"{case} with {kinds}"
        return
    for have, want in zip(partial, whole, strict=True):
        if have is not None:
            same_bits(f"{case} with {kinds}", have, want)


def partial_gradients(case: Case, kinds: Sequence[str]) -> list[Any]:
    """The gradients of the wanted operands; None for the others."""
    held = [held_as(kind, x) for kind, x in zip(kinds, case.values, strict=True)]
    wanted = [k for k, kind in enumerate(kinds) if kind == "wanted"]

    def function(*some: Any) -> Any:
        given = dict(zip(wanted, some, strict=True))
        out = case.applied(*(given.get(k, x) for k, x in enumerate(held)))
        for x in held:
            if type(x) is np.ndarray:
                x[...] = np.nan
        return out

    _, pullback = gw.vjp(function, *(case.values[k] for k in wanted))
    found = dict(zip(wanted, pullback(case.upstream), strict=True))
    return [found.get(k) for k in range(len(held))]


def held_as(kind: str, x: Any) -> Any:
    if kind == "unasked":
        return gw.tensor(x, requires_grad=False)
    return np.copy(x, order="K") if isinstance(x, np.ndarray) else x


def witnesses_hold(gate: Gate) -> int:
    """At ties, zeros and edges the local gradients are those the declaration states, for floats and for arrays.

    An input whose local gradient is stated as None is a constant.
    """
    for inputs, stated in gate.witnesses:
        arrays = [isinstance(x, (list, np.ndarray)) for x in inputs]
        witness(gate, inputs if not any(arrays) else [np.array(x) for x in inputs], stated)
        if not any(arrays):
            witness(gate, [np.array(x) for x in inputs], stated)
            witness(gate, [np.array([[x, x]]) for x in inputs], [None if s is None else [[s, s]] for s in stated])
    return len(gate.witnesses)


def witness(gate: Gate, inputs: Sequence[Any], stated: Sequence[Any]) -> None:
    case = Case(gate, tuple(inputs))
    kinds = ["constant" if s is None else "wanted" for s in stated]
    local = Case(gate, tuple(inputs))
    local.__dict__["upstream"] = np.ones_like(case.out) if isinstance(case.out, np.ndarray) else 1.0
    for have, want in zip(partial_gradients(local, kinds), stated, strict=True):
        if want is not None:
            same = np.array_equal(np.asarray(have), np.asarray(want), equal_nan=True)
            assert same, f"{case}: {have!r} instead of {want!r}"


def dead_entries_stay_dead(gate: Gate) -> int:
    """What feeds only dead outputs gets 0, though it is NaN and the curve behind it infinitely steep, at two orders."""
    if not passes_masks(gate):
        return 0
    cases = [case for case in differentiable(gate) if np.size(first_of(case.out)) and is_float(first_of(case.out))]
    tried = [(case, live) for case in cases for live in masks_for(case)]
    for (case, live), at_dead in itertools.product(tried, (np.nan, None)):
        dead_entries(case, live, at_dead)
    return 2 * len(tried)


def first_of(outs: Any) -> Any:
    """The output, or the first of several."""
    return outs[0] if isinstance(outs, (tuple, list)) else outs


def passes_masks(gate: Gate) -> bool:
    """Gates that mix entries drop the mask."""
    moves = gate.family.name == "linear" and gate.pattern not in ("mixes", "swaps")
    return moves or gate.family.name in ("elementwise", "reduction")


def masks_for(case: Case) -> Iterator[Any]:
    """All dead, and a random half."""
    shape, size = np.shape(first_of(case.out)), np.size(first_of(case.out))
    yield np.zeros(shape, bool)
    if size > 1:
        half = np.arange(size) % 2 == 0
        yield case.random("mask").permutation(half).reshape(shape)


def dead_entries(case: Case, live: Any, at_dead: float | None) -> None:
    """One mask: `where(live, gate(v + sqrt(t) - sqrt(t0)), 0)`; at every dead entry t0 is 0, and v NaN or not."""
    dead = [unfed(case, k, live) for k in range(len(case.values))]
    unread = [d | unchosen(case, k, d) for k, d in enumerate(dead)]
    values = [v if at_dead is None else np.where(d, at_dead, v) for d, v in zip(dead, case.values, strict=True)]
    starts = [np.where(d, 0.0, 1.0) for d in unread]
    upstream = np.asarray(first_of(case.upstream))

    def function(*ts: Any) -> Any:
        moved = [v + (np.sqrt(t) - np.sqrt(t0)) for v, t, t0 in zip(values, ts, starts, strict=True)]
        return np.sum(np.where(live, first_of(case.applied(*moved)), 0.0) * upstream)

    wanted = range(len(starts))
    squared = lambda *ts: sum(np.sum(g * g) for g in gw.grad(function, wanted)(*ts))  # noqa: E731
    first = quietly(gw.grad(function, wanted), *starts)
    second = quietly(gw.grad(squared, wanted), *starts)
    rows = flat([np.where(live, upstream, 0.0)])
    for found, again, J, d in zip(first, second, jacobian(case), unread, strict=True):
        want = np.where(d, 0.0, 0.5 * (rows @ J[: rows.size]).reshape(np.shape(found)))
        near(f"{case} under {live}", found, want, tolerance(case), steepest(case))
        assert np.isfinite(again).all(), f"{case} under {live}, second order: {again!r}"
        assert not np.any(again[d]), f"{case} under {live}, second order: {again!r}"


def still_entries_stay_still(gate: Gate) -> int:
    """What only entries that do not move feed gets a tangent of 0, though the curve behind it is infinitely steep."""
    if not passes_masks(gate):
        return 0
    cases = [
        case
        for case in differentiable(gate)
        if is_float(first_of(case.out)) and all(map(np.size, [*case.values, first_of(case.out)]))
    ]
    for case in cases:
        for k, moving in enumerate([*(None for _ in case.values), "none", "half"]):
            masks = [moves_at(case, x, j == k, moving) for j, x in enumerate(case.values)]
            still_entries(case, masks)
    return len(cases)


def moves_at(case: Case, x: Any, own: bool, moving: str | None) -> Any:
    """Which entries of a value move: of one value all, of all of them none, or a random half."""
    if moving != "half":
        return np.full(np.shape(x), moving is None and own)
    return case.random("half").permutation(np.arange(np.size(x)) % 2 == 0).reshape(np.shape(x))


def still_entries(case: Case, masks: Sequence[Any]) -> None:
    """One choice: `sqrt(gate(where(moves, t, v)) + shift)`, which starts at 0 where nothing that moves comes in."""
    out = np.asarray(first_of(case.out))
    slopes = [J[: out.size] * np.ravel(m) for J, m in zip(jacobian(case), masks, strict=True)]
    fed = np.any(np.concatenate(slopes, axis=1), axis=1).reshape(out.shape)
    shift, upstream = np.where(fed, 1.0, 0.0) - out, np.asarray(first_of(case.upstream))

    def function(*ts: Any) -> Any:
        moved = [np.where(m, t, v) for m, t, v in zip(masks, ts, case.values, strict=True)]
        return np.sum(np.sqrt(first_of(case.applied(*moved)) + shift) * upstream)

    forward = quietly(gw.jvp, function, case.values, case.tangents)[1]
    back = quietly(gw.grad(function, range(len(case.values))), *case.values)
    want = sum(float(np.sum(g * t)) for g, t in zip(back, case.tangents, strict=True))
    if np.isnan(forward) and np.isnan(want):
        return  # a slope that happens to be 0 is not structural, either way
    near(f"{case} where {masks} move", forward, want, 1e-12, steepest(case) * max(1, out.size))


def unfed(case: Case, k: int, live: Any) -> Any:
    """Which entries of one operand reach no live output: other numbers put there, and NaN, show where it goes."""
    reached = np.zeros(np.shape(case.values[k]), bool)
    whole = np.asarray(first_of(case.out))
    for entry, other in itertools.product(np.ndindex(reached.shape), (np.nan, 1e3, -1e3)):
        spoilt = np.array(case.values[k])
        spoilt[entry] = other
        out = case.function(*(spoilt if i == k else x for i, x in enumerate(case.values)))
        reached[entry] |= np.any((first_of(out) != whole) & live)
    return ~reached


def unchosen(case: Case, k: int, dead: Any) -> Any:
    """Which entries a switch did not choose: they too are dead."""
    if case.gate.pattern != "routes":
        return np.zeros_like(dead)
    return ~np.any(jacobian(case)[k], axis=0).reshape(np.shape(dead))


def spellings_are_the_block(gate: Gate) -> int:
    """Each way to write a block in NumPy keeps its own forward value, and takes the block's rule backwards."""
    count = 0
    for spelling, case in itertools.product(gate.spelled, differentiable(gate)):
        parameters = {name: case.kwargs.get(name, default) for name, default in gate.defaults.items()} | dict(
            case.kwargs
        )
        out = spelling(*map(gw.tensor, case.values), **parameters)
        if not np.isfinite(case.out).all() or not np.size(case.out):
            continue
        same_bits(case, out.value, quietly(spelling, *(gw.tensor(x).value for x in case.values), **parameters))
        assert out.wire.pullback.gate is gate, f"{case}: {out.wire.pullback.gate} was taken"
        _, pullback = gw.vjp(lambda *values: spelling(*values, **parameters), *case.values)  # noqa: B023
        for have, want in zip(pullback(case.upstream), expected_gradients(case), strict=True):
            near(case, have, want, tolerance(case), steepest(case))
        count += 1
    return count


def printed_code_is_eager(gate: Gate) -> int:
    """The staged code, run on its own, gives the same value and gradients."""
    cases = [case for case in differentiable(gate) if not gate.arbitrary and is_float(first_of(case.out))]
    for case in cases:
        upstream = first_of(case.upstream)
        board = quietly(gw.circuit, program(case), *case.values, upstream=upstream)
        value, found = run(case, board, upstream)
        assert np.array_equal(value, first_of(case.out), equal_nan=True), f"{case}: {value!r}"
        _, pullback = gw.vjp(lambda *values: first_of(case.applied(*values)), *case.values)  # noqa: B023
        for have, want, name in zip(found, quietly(pullback, upstream), "abc", strict=False):
            near(f"{case}, {name}\n{board.code()}\n", have, want, 1e-12, float(np.max(np.abs(want), initial=0.0)))
            assert np.asarray(have).dtype == np.asarray(want).dtype, f"{case}, {name}: {np.asarray(have).dtype}"
    return len(cases)


def program(case: Case) -> Callable[..., Any]:
    """The call as a user's function of one, two or three inputs."""

    def one(a: Any) -> Any:
        f = first_of(case.applied(a))
        return f

    def two(a: Any, b: Any) -> Any:
        f = first_of(case.applied(a, b))
        return f

    def three(a: Any, b: Any, c: Any) -> Any:
        f = first_of(case.applied(a, b, c))
        return f

    return (one, two, three)[len(case.values) - 1]


def run(case: Case, board: Any, upstream: Any) -> tuple[Any, tuple[Any, ...]]:
    """The value and the gradients that the printed function gives."""
    namespace: dict[str, Any] = {}
    exec(str(board.code()), namespace)
    [function] = [f for name, f in namespace.items() if name.endswith("_and_gradients")]
    given = dict(zip("abc", case.values, strict=False)) | board.captured
    asked = {name: given.get(name, upstream) for name in inspect.signature(function).parameters}
    value, found = quietly(function, **asked)
    return value, found if isinstance(found, tuple) else (found,)


CHECKS: list[Check] = [
    forward_is_numpys,
    pullback_is_the_slope,
    witnesses_hold,
    pushforward_is_the_slope,
    forward_is_the_way_back,
    many_are_pushed_as_one_by_one,
    lower_precision_follows,
    any_operand_may_be_constant,
    dead_entries_stay_dead,
    still_entries_stay_still,
    second_order_is_the_slope_of_the_first,
    spellings_are_the_block,
    slopes_along_both_axes,
    second_slopes_along_both_axes,
]
