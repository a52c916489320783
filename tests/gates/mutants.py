"""Wrong gates on purpose: every mutation that applies to a gate's family, put in its place while the checks run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

from gatewise._gates import Gate, choices, families, fitting
from gatewise._gates.adjoints import as_tuple
from gatewise._gates.expression import Traced
from gatewise._gates.gate import CONSTANT, WANTED, Back, Derivation, Derived, Pullback, key_of
from gatewise._gates.live import Live, plain, shape_of

AXES = ("axis", "axes", "axis1", "axis2")

Change = Callable[[Pullback], Back]  #: a pullback into a wrong one


@dataclass(frozen=True)
class Mutant:
    """One wrong gate: what was done to it, and how: a change of its pullbacks, or another rule."""

    gate: Gate
    mutation: str
    detail: str
    change: Change | None = None
    rule: Callable[..., Any] | None = None
    ahead: Callable[[Any], Any] | None = None  # a change of the tangents that are pushed forward
    deriving: Any = None  # a context in which pullbacks are derived

    @property
    def name(self) -> str:
        return f"{self.gate.name}: {self.mutation}" + (f", {self.detail}" if self.detail else "")


class MutantFamily:
    """The gate's family, with a change made to each pullback it derives."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant, self.family = mutant, mutant.gate.family
        self.name, self.leading, self.batches = self.family.name, self.family.leading, self.family.batches

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        if self.mutant.mutation == "leak":
            return leaking(wanted), frozenset()
        with self.mutant.deriving() if self.mutant.deriving else patch.dict({}):
            back, needs = self.family.derive(gate, kinds, wanted, scalar)
        if self.mutant.mutation == "saved without a copy":
            needs = frozenset()
        if self.mutant.change is None:
            return back, needs
        return self.mutant.change(Pullback(back, positions=wanted)), frozenset(gate.operands)

    def ahead(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Any:
        push, change = self.family.ahead(gate, kinds, wanted, scalar), self.mutant.ahead
        if push is None or change is None:
            return push
        if change is Unread:
            return lambda ts, out, operands, parameters, live=None, **many: push(ts, out, operands, parameters, **many)
        return lambda *given, **many: spoilt(push(*given, **many), change)


class Unread:
    """In the place of a change: the masks of tangents are not read."""


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """The registry with the mutant in the gate's place."""
    gate = mutant.gate
    kept = gate.family, gate.rule, gate.scalar, gate.array
    gate.family, gate.rule = MutantFamily(mutant), mutant.rule or gate.rule
    gate.scalar, gate.array = Derived(gate, True), Derived(gate, False)
    try:
        yield
    finally:
        gate.family, gate.rule, gate.scalar, gate.array = kept


# ------------------------------------------------------------------------------------------- changes of what comes back


def one_part(k: int, change: Callable[[Any], Any]) -> Change:
    """Change what operand k gets."""

    def changed(pullback: Pullback) -> Back:
        def wrong(*given: Any) -> Any:
            parts = pullback.back(*given)
            return [
                on_value(part, change) if position == k else part
                for position, part in zip(pullback.positions, parts, strict=True)
            ]

        return wrong

    return changed


def spoilt(t: Any, change: Callable[[Any], Any]) -> Any:
    """A tangent, or those of several outputs, changed."""
    if t is NotImplemented:
        return t
    if change is unmasked:
        return [change(part) for part in t] if isinstance(t, (tuple, list)) else change(t)
    return [on_value(part, change) for part in t] if isinstance(t, (tuple, list)) else on_value(t, change)


def on_value(part: Any, change: Callable[[Any], Any]) -> Any:
    if part is None:
        return None
    return Live(change(part.g), part._mask) if type(part) is Live else change(part)


def every_part(change: Callable[[Any], Any]) -> Change:
    """Change what each operand gets, masks included."""

    def changed(pullback: Pullback) -> Back:
        def wrong(*given: Any) -> Any:
            return [change(part) for part in pullback.back(*given)]

        return wrong

    return changed


def unmasked(part: Any) -> Any:
    return part.g if type(part) is Live else part


def mask_unread(pullback: Pullback) -> Back:
    def wrong(g: Any, out: Any, operands: Any, parameters: Any, live: Any = None) -> Any:
        bare = {k: unmasked(piece) for k, piece in g.items()} if isinstance(g, dict) else g
        return pullback.back(bare, out, operands, parameters)

    return wrong


def under(replaced: Callable[[], Any]) -> Change:
    """Run the pullback with something of the family's replaced."""

    def changed(pullback: Pullback) -> Back:
        def wrong(*given: Any) -> Any:
            with replaced():
                return pullback.back(*given)

        return wrong

    return changed


def wherever_named(right: Callable[..., Any], wrong: Callable[..., Any]) -> Callable[[], Any]:
    """Replace a function in every module of the gates that names it."""

    @contextmanager
    def replaced() -> Iterator[None]:
        with ExitStack() as stack:
            for name, module in list(sys.modules.items()):
                if name.startswith("gatewise._gates.") and vars(module).get(right.__name__) is right:
                    stack.enter_context(patch.object(module, right.__name__, wrong))
            yield

    return replaced


def not_summed(g: Any, shape: tuple[int, ...], total: Any = np.sum) -> Any:
    return g


def first_taken(g: Any, shape: tuple[int, ...], total: Any = np.sum) -> Any:
    """The first along each broadcast axis in place of the sum."""
    lead = len(shape_of(g)) - len(shape)
    g = g[(0,) * lead] if lead else g
    stretched = tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)
    return g[stretched] if shape else g


def along_next_axis(pullback: Pullback) -> Back:
    """Go back along the axis after the one that was given."""

    def wrong(g: Any, out: Any, operands: Any, parameters: Any, *live: Any) -> Any:
        ndim = max(len(shape_of(x)) for x in (*operands, plain(out) if not isinstance(out, (tuple, list)) else out[0]))
        moved = {key: next_axis(value, ndim) if key in AXES else value for key, value in parameters.items()}
        return pullback.back(g, out, operands, moved, *live)

    return wrong


def next_axis(axis: Any, ndim: int) -> Any:
    if axis is None or not ndim:
        return axis
    return tuple((a + 1) % ndim for a in axis) if isinstance(axis, tuple) else (axis + 1) % ndim


def leaking(wanted: Sequence[int]) -> Back:
    """Let the gradient through a gate that stops it."""

    def wrong(g: Any, out: Any, operands: Any, parameters: Any, live: Any = None) -> Any:
        return [fitting.fit(g, operands[i]) for i in wanted]

    return wrong


# ------------------------------------------------------------------------------------------------- changes of the rule


def swapped(rule: Callable[..., Any], i: int, j: int) -> Callable[..., Any]:
    """The rule with what operands i and j get exchanged."""

    def wrong(*given: Any, **parameters: Any) -> Any:
        parts = list(as_tuple(rule(*given, **parameters)))
        if max(i, j) < len(parts):
            parts[i], parts[j] = parts[j], parts[i]
        return tuple(parts)

    return wrong


@contextmanager
def ties_to_both() -> Iterator[None]:
    """Both of two tied wires take the whole gradient."""
    whole: Mapping[str, Any] = {"ties": lambda x, y: (x >= y) * 1.0}
    with patch.dict(families.ARRAY_SCOPE, whole), patch.dict(families.SCALAR_SCOPE, whole):
        yield


@contextmanager
def ties_won() -> Iterator[None]:
    """A tie with a constant is won."""
    with patch.object(Traced, "__gt__", Traced.__ge__):  # type: ignore[attr-defined]
        yield


def whole_share(hits: Any, axis: Any) -> Any:
    """Every tied entry of a reduction takes the whole gradient."""
    return hits


# ---------------------------------------------------------------------------------------------------------- all of them


def mutants_of(gate: Gate) -> Iterator[Mutant]:
    """Every mutation that applies to the gate's family."""
    if gate.family.name == "stops":
        yield Mutant(gate, "leak", "")
        return
    operands = gate.operands or ["first", "second"]
    for k, operand in enumerate(operands):
        if operand in gate.fixed:
            continue
        yield Mutant(gate, "sign", operand, one_part(k, lambda part: -part))
        yield Mutant(gate, "factor 1 + 1e-5", operand, one_part(k, lambda part: part * (1 + 1e-5)))
    for i in range(len(operands)):
        for j in range(i):
            if {operands[i], operands[j]} <= set(gate.fixed):
                continue
            yield Mutant(gate, "swapped operands", f"{operands[j]} and {operands[i]}", rule=swapped(gate.rule, i, j))
    if set(AXES) & set(gate.parameters):
        yield Mutant(gate, "wrong axis", "", along_next_axis)
    if gate.family.name != "reduction" and (len(operands) > 1 or gate.pattern == "spreads"):
        yield Mutant(gate, "missing un-broadcast", "", under(wherever_named(fitting.sum_to, not_summed)))
        yield Mutant(
            gate, "missing un-broadcast", "the first is taken", under(wherever_named(fitting.sum_to, first_taken))
        )
    # What is fixed is held by tests/engine/test_scipy.py, for all of them alike.
    if len(gate.operands) - len(gate.fixed) > 1 and needs_values(gate):
        yield Mutant(gate, "saved without a copy", "")
    if gate.array.forward(key_of(kinds(gate) or [WANTED])).push is not None:
        yield Mutant(gate, "forward", "sign", ahead=lambda t: -t)
        yield Mutant(gate, "forward", "factor 1 + 1e-5", ahead=lambda t: t * (1 + 1e-5))
    yield from switch_mutants(gate)
    yield from mask_mutants(gate)


def needs_values(gate: Gate) -> bool:
    """Whether the rule reads an operand's value on the way back."""
    return bool(gate.array[key_of(kinds(gate))].needs & set(gate.operands))


def kinds(gate: Gate) -> list[int]:
    """Every operand is wanted for which there is a rule."""
    return [CONSTANT if name in gate.fixed else WANTED for name in gate.operands]


def switch_mutants(gate: Gate) -> Iterator[Mutant]:
    if gate.pattern != "routes":
        return
    if gate.family.name == "reduction":
        yield Mutant(gate, "wrong tie share", "all of it", under(wherever_named(choices.share, whole_share)))
    else:
        yield Mutant(gate, "wrong tie share", "all of it to both", deriving=ties_to_both)
        yield Mutant(gate, "wrong tie share", "won from a constant", deriving=ties_won)


def mask_mutants(gate: Gate) -> Iterator[Mutant]:
    """Gates that mix entries drop the mask anyway."""
    if gate.family.name == "custom" or (gate.family.name == "linear" and gate.pattern in ("mixes", "swaps")):
        return
    yield Mutant(gate, "dropped mask", "not read", mask_unread)
    yield Mutant(gate, "dropped mask", "not passed on", every_part(unmasked))
    yield Mutant(gate, "dropped mask", "not read forward", ahead=Unread)
    yield Mutant(gate, "dropped mask", "not passed on forward", ahead=unmasked)


def unchanged(gate: Gate) -> Mutant:
    """All ways to put a mutant in place at once, changing nothing: what the checks catch must be the mutation."""

    def change(pullback: Pullback) -> Back:
        same = Pullback(one_part(0, lambda part: part)(pullback), positions=pullback.positions)
        return every_part(lambda part: part)(same)

    several = len(gate.operands) > 1 or gate.many
    return Mutant(gate, "none", "", change, rule=swapped(gate.rule, 0, 0) if several else None)
