"""What kind of local linear map a gate has: un-broadcasting, kept axes, dtypes and masks are handled here, once.

An `elementwise` rule gives the local gradient along each input (or a function of the upstream gradient that is the
downstream itself); it is traced once and compiled into one plain function. A `reduction` rule gives the
weight of each entry in the total. A `linear` rule gives the adjoint, a thunk for each operand. A `custom` rule gives
the pullback as it is. A `stops` gate lets nothing through. All of them are written in plain NumPy and operators, so
that the same pullback works on numbers and on recordings.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._build import function as build_function
from gatewise._gates.adjoints import as_tuple, from_pieces, matrix_parts, moved_with_mask
from gatewise._gates.expression import Traced, Variable, python_of, real_power, traced, variables_in
from gatewise._gates.fitting import (
    facing,
    fit,
    kept_axes,
    known,
    lanes,
    one_or_all,
    route,
    route1,
    showing,
    spread,
    ties,
)
from gatewise._gates.gate import ABSENT, CONSTANT, Derivation, Family, Gate, Push, Rule
from gatewise._gates.live import Live, is_recorded, plain, shape_of, without_mask
from gatewise._gates.pushing import (
    alive,
    as_number,
    in_rows,
    merged,
    nothing,
    of_kind,
    product,
    switched,
    taken,
    totalled,
    with_masks,
    zeros_like,
)
from gatewise._types import Function, Operands, Parameters, Value

SCOPE = {
    "np": np,
    "fit": fit,
    "route": route,
    "route1": route1,
    "ties": ties,
    "known": known,
    "facing": facing,
    "taken": taken,
    "True": True,
}


ARRAY_SCOPE = SCOPE | {"power": lambda x, y: x**y}


SCALAR_SCOPE = SCOPE | {"power": real_power}


UPSTREAM = Traced(Variable("g"))
GIVEN = "tangents, out, operands, parameters, live=None"  #: to what pushes them forward


def give_rules(**names: object) -> None:
    """Let the rules of gates that are declared later speak of these, too."""
    ARRAY_SCOPE.update(names)
    SCALAR_SCOPE.update(names)


class Elementwise(Family):
    """The rule's body is the local gradient along each input, or a function of g that is the downstream itself."""

    name, leading = "elementwise", 1

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        """Trace the rule for these kinds of operands and compile one straight-line function."""
        slopes = self.slopes(gate, kinds)
        routes = gate.pattern == "routes"
        parts = [self.part(slopes[i], gate.operands[i], routes, scalar) for i in wanted]
        source = (
            f"def {gate.name}_pullback(g, out, operands, parameters{'' if scalar else ', live=None'}):\n"
            f"    {', '.join(gate.operands)}, = operands\n"
            f"    return ({''.join(f'{text}, ' for text, _ in parts)})\n"
        )
        back = build_function(source, SCALAR_SCOPE if scalar else ARRAY_SCOPE, f"{gate.name}_pullback")
        return back, frozenset().union(*(names for _, names in parts))

    def slopes(self, gate: Gate, kinds: Sequence[int]) -> tuple[Any, ...]:
        """The traced local gradients."""
        given = [
            Traced(Variable(name), constant=kind in (CONSTANT, ABSENT), absent=kind == ABSENT)
            for name, kind in zip(gate.operands, kinds, strict=True)
        ]
        return as_tuple(gate.rule(Traced(Variable("out")), *given))

    def part(self, slope: object, operand: str, routes: bool, scalar: bool) -> tuple[str, frozenset[str]]:
        """The text of one contribution, and the names of the values it needs; a slope of None passes nothing."""
        if slope is None:
            return "None", frozenset()
        if routes:
            text = f"route1(g, {python_of(slope)})" if scalar else f"route(g, {python_of(slope)}, {operand}, live)"
            return text, variables_in(slope)
        down = slope(UPSTREAM) if callable(slope) else times_upstream(slope)
        text = python_of(down)
        if not scalar:
            text = f"fit({text}, {operand}, live, {text not in ('g', '(-g)')})"
        return text, variables_in(down)

    batches = True

    def ahead(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Push:
        """The same slopes, times the tangents of the operands, summed; compiled too."""
        slopes = self.slopes(gate, kinds)
        moving = [n for n, i in enumerate(wanted) if slopes[i] is not None]
        routes = gate.pattern == "routes"
        parts = [self.part_ahead(slopes[wanted[n]], n, routes, scalar) for n in moving]
        if not parts:
            return nothing
        listed = f"({', '.join(parts)},)"
        summed = listed if routes and not scalar else f"taken{listed}" if routes else " + ".join(parts)
        ts = "".join(f"t{n}, " for n in range(len(wanted)))
        head = f"    {', '.join(gate.operands)}, = operands\n    {ts}= tangents\n"
        name, scope = f"{gate.name}_ahead", SCALAR_SCOPE if scalar else ARRAY_SCOPE
        total, each = (
            build_function(f"def {name}({GIVEN}):\n{head}    return {body}\n", scope, name) for body in (summed, listed)
        )
        if scalar:
            return total

        def push(tangents: object, out: object, operands: object, parameters: object, live: Any = None) -> object:
            if live is None and not routes:
                return total(tangents, out, operands, parameters)
            masks = [None if live is None else live[n] for n in moving]
            parts = each(tangents, out, operands, parameters)
            return merged(map(switched, parts, masks)) if routes else alive(parts, masks)

        return push

    def part_ahead(self, slope: object, n: int, routes: bool, scalar: bool) -> str:
        """The text of what one tangent adds; of a switch on arrays, the tangent and its slope."""
        t = Traced(Variable(f"t{n}"))
        if not routes:
            return python_of(slope(t) if callable(slope) else times_upstream(slope, t))
        return f"{'route1' if scalar else ''}(t{n}, {python_of(slope)})"


def times_upstream(slope: object, g: Traced = UPSTREAM) -> Traced:
    """local x upstream, without multiplications by 1."""
    is_number = not isinstance(slope, Traced)
    return g if is_number and slope == 1 else -g if is_number and slope == -1 else traced(operator.mul, slope, g)


class Reduction(Family):
    """The rule's body is the weight of each entry in the total; `n` is the number of entries a total has."""

    name, leading = "reduction", 1

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        routes, rule = gate.pattern == "routes", gate.rule

        def back(g: Value, out: Value, operands: Operands, parameters: Parameters, live: Any = None) -> Value:
            (x,) = operands
            shape, axis = shape_of(x), parameters.get("axis")
            if 0 in shape:
                return (None,)  # there is nothing to give a gradient to
            gone = kept_axes(axis, shape)
            if gone and len(shape_of(g)) != len(shape):
                if len(gone) < len(shape):  # what is left of a full reduction broadcasts by itself
                    g, out = np.expand_dims(g, one_or_all(gone)), np.expand_dims(out, one_or_all(gone))
                if live is not None:
                    live = np.expand_dims(live, one_or_all(gone))
            if live is not None:
                live = spread(live, shape)
            if (looked := parameters.get("where", True)) is not True:  # what was not looked at is dead
                looked = np.broadcast_to(looked, shape)
                live = looked if live is None else live & looked
            weight = rule(out, x, **self.own(gate, parameters))
            if routes:
                return (route(spread(g, shape), weight, x, live),)
            unit = type(weight) is int and looked is True
            part = g if type(weight) is int else weight(g) if callable(weight) else weight * g
            return (fit(spread(part, shape), x, live, not unit),)

        return back, frozenset(gate.operands)

    batches = True

    def ahead(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Push:
        """The tangents of the entries by their weights, in one total."""
        routes, rule = gate.pattern == "routes", gate.rule

        def push(
            tangents: Operands, out: Value, operands: Operands, parameters: Parameters, live: Any = None
        ) -> object:
            (x,), (t,) = operands, tangents
            shape, mask = shape_of(x), None if live is None else live[0]
            if 0 in shape:
                return None
            gone = kept_axes(parameters.get("axis"), shape)
            if gone and len(gone) < len(shape) != len(shape_of(out)):
                out = np.expand_dims(out, one_or_all(gone))
            if (looked := parameters.get("where", True)) is not True:
                mask = looked if mask is None else mask & looked
            weight = rule(out, x, **self.own(gate, parameters))
            if routes:
                moved = switched((t, weight), mask)
                t, mask = moved.g, moved.mask
            else:
                t = t if type(weight) is int else weight(t) if callable(weight) else weight * t
                t = t if mask is None else np.where(mask, t, 0.0)
            return totalled(t, mask, tuple(a - len(shape) for a in gone), parameters.get("keepdims", False))

        return push

    def own(self, gate: Gate, parameters: Parameters) -> Value:
        """The parameters that a rule takes."""
        return parameters and {
            key: value for key, value in parameters.items() if key in gate.parameters and key != "keepdims"
        }


class Linear(Family):
    """The rule's body is the adjoint, one thunk an operand; a gate that moves entries moves the mask by its rule."""

    name, leading = "linear", 1

    def __init__(self, vectors: bool = False) -> None:
        self.vectors = vectors  # a one-dimensional operand stands for a row (first) or a column (second)

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        rule, vectors = gate.rule, self.vectors
        mixes, routes = gate.pattern in ("mixes", "swaps"), gate.pattern == "routes"
        picks = routes and gate.parameters == ["index"]

        def back(g: object, out: object, operands: Operands, parameters: Parameters, live: object = None) -> Value:
            if isinstance(g, dict):
                return (from_pieces(rule, g, operands, parameters, mixes),)
            if picks and type(operands[0]) is np.ndarray and not (is_recorded(g) or is_recorded(live)):
                return (Live.picked(parameters["index"], g, live, operands[0]),)
            inner = [plain(x) for x in operands] if live is not None or routes else operands
            if vectors:
                parts = matrix_parts(rule, g, operands, wanted)
            else:
                thunks = as_tuple(rule(g, *operands, **parameters))
                parts = [fit(thunks[i](), operands[i]) for i in wanted]
            if not mixes and (routes or live is not None):
                parts = [
                    moved_with_mask(rule, part, i, out, inner, parameters, live)
                    for i, part in zip(wanted, parts, strict=True)
                ]
            return parts

        return back, frozenset(gate.operands) if mixes else frozenset()

    def ahead(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Push:
        """The gate itself: of all tangents at once where it moves or adds, of one at a time where it multiplies."""
        multiplies = gate.pattern in ("mixes", "swaps") and len(kinds) > 1
        adds_entries = gate.pattern == "moves" and len(kinds) == 1 and not gate.rearranges  # zeros that stay zeros
        added = gate.operands.index(gate.added) if gate.added else -1

        def push(
            tangents: Operands, out: object, operands: Operands, parameters: Parameters, live: Any = None, many: int = 0
        ) -> object:
            given = dict(zip(wanted, tangents, strict=True))
            parameters = {**parameters, **gate.still} if gate.still else parameters
            if many:
                moved = in_rows(gate, given, operands, parameters, multiplies)
            elif multiplies:
                return product(gate, given, operands, parameters, added)
            else:
                moving = [of_kind(given[i], x) if i in given else zeros_like(x) for i, x in enumerate(operands)]
                moved = gate.on(moving, parameters)
            alone = live is None and len(wanted) == len(operands) and not adds_entries
            if multiplies or moved is NotImplemented or gate.pattern == "mixes" or alone:
                return moved
            masks = dict(zip(wanted, live or [None] * len(wanted), strict=True))
            alive = [as_number(masks[i], x) if i in masks else zeros_like(x) for i, x in enumerate(operands)]
            return with_masks(moved, gate.on(alive, parameters))

        return push


class Custom(Family):
    """The rule is the pullback: (g, out, operands, parameters) -> what each operand gets."""

    name, leading = "custom", 2

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        rule, along = gate.rule, gate.along

        def back(g: object, out: object, operands: Operands, parameters: Parameters, live: object = None) -> Value:
            if isinstance(g, dict):
                g = {k: without_mask(piece) for k, piece in g.items()}
            downs = as_tuple(rule(g, out, *operands, **parameters))
            # Printed code leaves this mask out: the rule passes 0 to dead lanes, where their values are numbers.
            kept = live
            if along is None or (showing.on and not showing.exact):
                kept = None
            elif live is not None:
                kept = lanes(live, along(**parameters), shape_of(operands[0]))
            return [None if downs[i] is None else fit(downs[i], operands[i], kept) for i in wanted]

        return back, frozenset(gate.operands)

    def ahead(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Push | None:
        """What the declaration says, where it says anything."""
        rule = gate.rule if gate.symmetric else gate.jvp
        if rule is None:
            return None

        def push(
            tangents: Operands, out: Value, operands: Operands, parameters: Parameters, live: object = None
        ) -> object:
            if gate.symmetric:
                return rule(tangents[0], out, *operands, **parameters)
            given = dict(zip(wanted, tangents, strict=True))
            return rule([given.get(i) for i in range(len(operands))], out, *operands, **parameters)

        return push


class Stops(Family):
    """Nothing goes back: the function is flat wherever it has a derivative."""

    name, leading = "stops", 0

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        def back(g: object, out: object, operands: object, parameters: object, live: object = None) -> Value:
            return [None] * len(wanted)

        return back, frozenset()


Declare = Callable[[Rule], Gate]


def elementwise(function: Any, *, pattern: str = "scales", **facts: object) -> Declare:
    """Declare a gate by the local gradient along each input."""
    return lambda rule: Gate(function, rule, Elementwise(), pattern, **facts)


def reduction(function: Any, *, pattern: str = "spreads", **facts: object) -> Declare:
    """Declare a gate by the weight of each entry in the total."""
    return lambda rule: Gate(function, rule, Reduction(), pattern, **facts)


def linear(function: Any, *, pattern: str = "mixes", vectors: bool = False, **facts: object) -> Declare:
    """Declare a gate by its adjoint."""
    return lambda rule: Gate(function, rule, Linear(vectors), pattern, **facts)


def custom(function: Any, *, pattern: str = "mixes", **facts: object) -> Declare:
    """Declare a gate by its pullback."""
    return lambda rule: Gate(function, rule, Custom(), pattern, **facts)


def stops(*functions: Function | tuple[Function, Mapping[str, object]], **facts: object) -> Declare:
    """Declare gates that let no gradient through; the value of one is the way it went, unless `way` is None.

    All of them have the operands and the sentence of the rule, and the facts that stand beside their function.
    """
    rows = [row if isinstance(row, tuple) else (row, {}) for row in functions]

    def declare(rule: Rule) -> Gate:
        return [
            Gate(function, rule, Stops(), "stops", **{"name": function.__name__, "way": function, **facts, **own})
            for function, own in rows
        ][-1]

    return declare
