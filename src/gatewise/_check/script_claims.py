"""The gradients of a script: which value each of them belongs to, and at which moment it holds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._check.places import Place, is_leaf
from gatewise._check.script_text import is_loss
from gatewise._check.tracing import Step, Trace
from gatewise._recording.whose import USUAL, candidates, holds_gradients, wire_named

PARAMETERS = frozenset({"params", "parameters", "weights", "theta", "thetas", "model", "variables", "p"})
SAYS_GRADIENT = re.compile(r"grad|nabla")


@dataclass(frozen=True, eq=False)
class Claim:
    """A place that holds the gradient of `target`, or may: its values, the last first, each with its moment."""

    target: Place
    place: Place
    values: tuple[tuple[int, Any], ...]
    by_name: bool = True  #: whether its name says so; else it was used to change the target

    @property
    def value(self) -> Any:
        return self.values[0][1]


@dataclass(frozen=True, eq=False)
class Pass:
    """The first pass of a script: its output, what that was computed from, and the gradients that belong to it."""

    trace: Trace
    output: Place
    moment: int
    behind: frozenset[int]  #: the moments that led to the output
    steps: tuple[Step, ...]
    history: dict[Place, list[tuple[int, Any]]]
    claims: tuple[Claim, ...] = ()
    start: Any = None  #: the gradient of the output itself, where the script names it

    @cached_property
    def forward(self) -> frozenset[int]:
        """The lines of the forward pass, those of branches that were not taken with them."""
        lines = self.trace.lines
        ran = {self.trace.moments[m].line for m in self.behind}
        made = {p.base for k in ran for p in lines[k].touched.writes}
        branches = [n for n in ast.walk(self.trace.tree) if isinstance(n, ast.If)]
        inside = [{self.trace.at[s] for s in ast.walk(n) if s in self.trace.at} for n in branches]
        idle = {k for part in inside if part & ran for k in part if not self.trace.counts[k]}
        other = {k for k in idle if (bases := {p.base for p in lines[k].touched.writes}) and bases <= made}
        return frozenset(ran | other)

    @property
    def is_one(self) -> bool:
        """Whether it is a pass at all: gradients by name; or steps, on something that is called a loss."""
        named = any(c.by_name for c in self.claims)
        is_meant = is_loss(self.output.base) or np.ndim(self.forward_value(self.output)) > 0
        return named or (bool(self.claims or self.steps) and is_meant)

    def is_beside(self, m: int, place: Place) -> bool:
        """Whether a moment is none of the forward pass, or gives beside the output: `loss, grad = f(w)`."""
        return m not in self.behind or (m == self.moment and not self.output.covers(place))

    def versions(self, place: Place) -> list[tuple[int, Any]]:
        """What a place held while the output was computed, each with the moment that made it so."""
        early = [(m, v) for m, v in self.history.get(place, []) if m <= self.moment]
        return [(m, v) for m, v in early if m in self.behind] or early

    def forward_value(self, place: Place) -> Any:
        """What a place held where the output was computed from it."""
        return next((v for _, v in reversed(self.versions(place))), None)

    def is_start(self, place: Place) -> bool:
        """Whether a name is given its value by a statement that reads no other name of the script."""
        made = self.versions(place)[-1:]
        return not place.steps and bool(made) and made[0][0] in self.behind and not self.trace.moments[made[0][0]].needs

    def made_at(self, place: Place) -> int:
        """The moment that gave a place the value the output was computed from."""
        return self.versions(place)[-1][0]


def passes(trace: Trace, outputs: Sequence[str]) -> Iterator[Pass]:
    """The readings of a run, for each of these outputs that it computes; the likeliest first."""
    history: dict[Place, list[tuple[int, Any]]] = {}
    for m, moment in enumerate(trace.moments):
        for place, value in moment.changed.items():
            history.setdefault(place, []).append((m, value))
    stepped = {s.moment for s in trace.steps}
    for name in outputs:
        written = [m for m, _ in history.get(Place(name), [])]
        slices = [(m, trace.behind({m})) for m in reversed(written)]
        m, behind = next(((m, b) for m, b in slices if not stepped & b), slices[0] if slices else (-1, set()))
        if m < 0:
            continue
        steps = tuple(s for s in trace.steps if s.moment not in behind)
        found = Pass(trace, Place(name), m, frozenset(behind), steps, history)
        yield with_claims(found)


def outputs_of(trace: Trace) -> list[str]:
    """The names that may be what a script computes, the likeliest first: `loss`, or the last before the gradients."""
    assigned = [
        (k, p.base, bool(line.touched.reads))
        for k, line in enumerate(trace.lines)
        for p in sorted(line.touched.fresh | line.touched.changed)
        if not p.steps and isinstance(line.node, (ast.Assign, ast.AugAssign))
    ]
    computed = [(k, base) for k, base, reads in assigned if reads]
    bases = [base for _, base in computed]
    named = [*(name for name in USUAL if name in bases), *(name for name in reversed(bases) if is_loss(name))]
    known: list[str] = []
    before: list[str] = []  # what is computed before the first gradient
    for _, base, reads in assigned:
        if wire_named(base, known) is not None:
            break
        known.append(base)
        before += [base] if reads and holds_number(trace, base) else []
    sinks = [base for base in before if is_a_sink(trace, base)]  # nothing is made of it: it is what counts
    outside = [base for k, base in reversed(computed) if not trace.lines[k].loops and base not in known]
    found = list(dict.fromkeys([*named, *sinks[-1:], *before[-1:], *outside[:3]]))
    values = {name: trace.names.get(name, 0.0) for name in found}
    return sorted(found, key=lambda name: not (is_leaf(values[name]) and np.ndim(values[name]) == 0))  # numbers first


def is_a_sink(trace: Trace, name: str) -> bool:
    """Whether a name holds one computed number of which no statement makes anything else."""
    value = trace.names.get(name)
    readers = [line for line in trace.lines if any(p.base == name for p in line.touched.reads)]
    return isinstance(value, float) and not any(line.touched.fresh or line.touched.changed for line in readers)


def holds_number(trace: Trace, name: str) -> bool:
    value = trace.names.get(name)
    return value is None or is_leaf(value)


def with_claims(found: Pass) -> Pass:
    """A pass with its gradients: those that are named so, and what parameters were changed by."""
    trace, behind = found.trace, found.behind
    read = {r for m in behind for r in trace.lines[trace.moments[m].line].touched.reads}
    targets = [
        p
        for p, versions in found.history.items()
        if versions[0][0] <= found.moment and any(r.meets(p) for r in read) and movable(found.forward_value(p))
    ]
    claims: list[Claim] = []
    start = None
    for place, versions in found.history.items():
        made = tuple((m, v) for m, v in reversed(versions) if found.is_beside(m, place) and is_leaf(v))
        if not made or place in targets:
            continue
        target = whose(place, [*targets, found.output])
        if target is not None and place.steps and np.shape(made[0][1]) != np.shape(found.forward_value(target)):
            target = None  # of a list or a dict, only what has the shape
        if target == found.output:
            start = made[0][1]
        elif target is not None:
            claims.append(Claim(target, place, before_steps(made, found.steps, target)))
    claims = without_numbers_beside(found, claims)
    claims += by_use(found, claims, targets)
    return replace(found, claims=tuple(claims), start=start)


def movable(value: object) -> bool:
    """Whether a value can be moved: a number, an array of floats, a list of numbers."""
    return is_leaf(value) and (not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind == "f")


def before_steps(
    versions: tuple[tuple[int, object], ...], steps: Collection[Step], target: Place
) -> tuple[tuple[int, object], ...]:
    """The values of a gradient up to the step that uses it; after that it may be set to 0 again."""
    first = min((s.moment for s in steps if s.place == target), default=None)
    early = tuple((m, v) for m, v in versions if first is None or m < first)
    return early or versions


# ------------------------------------------------------------------------------------------------------------- names


def whose(place: Place, targets: Sequence[Place]) -> Place | None:
    """The place whose gradient another one is called: `W` for `dW`, `params['W1']` for `grads['W1']`."""
    if not place.steps:
        return plain_name(place.base, targets)
    near = [t for t in targets if t.steps and t.owner == place.owner]
    if place.steps[-1].startswith("[") and "'" not in place.steps[-1]:
        return by_number(place, targets)
    for among in (near, [t for t in targets if not t.steps], targets):
        lasts = {t.last for t in among}
        name = wire_named(place.last, lasts)
        if name is None and any(holds_gradients(part) for part in parts(place.owner)):
            name = next((last for last in lasts if last == place.last), None)
        found = [t for t in among if t.last == name] if name is not None else []
        if len(found) > 1:  # `grads[0]['W']` belongs to `layers[0]['W']`
            found = [t for t in found if t.steps[:-1] == place.steps[:-1]]
        if len(found) == 1:
            return found[0]
    return by_container(place, targets)


def plain_name(name: str, targets: Sequence[Place]) -> Place | None:
    """The target of a plain name: a plain name too, or the only entry that is called so."""
    if (found := wire_named(name, {t.base for t in targets if not t.steps})) is not None:
        return next((t for t in targets if t == Place(found)), None)
    last = wire_named(name, {t.last for t in targets if t.steps and not t.last.isdigit()})
    held = [t for t in targets if t.steps and t.last == last]
    return held[0] if len(held) == 1 else None


def by_number(place: Place, targets: Sequence[Place]) -> Place | None:
    """`dW[0]` belongs to `W[0]`, `nabla_w[0]` to `weights[0]`, `grads[0]` to `params[0]`."""
    if (found := by_container(place, targets)) is not None:
        return found
    owner = place.owner.last
    if not holds_gradients(owner):
        return None
    there = [t for t in targets if t.steps and t.steps[-1] == place.steps[-1]]
    letter = next(iter(candidates(owner, ())), "").lower()
    named = [t for t in there if len(letter) == 1 and t.owner.last.lower().startswith(letter)]
    return next(iter([*named, *(t for t in there if t.owner.last in PARAMETERS and len(letter) != 1)]), None)


def by_container(place: Place, targets: Sequence[Place]) -> Place | None:
    """`dW[0]` belongs to `W[0]`, `dparams['W']` to `params['W']`: the containers' names say so."""
    owners = {t.owner.last for t in targets if t.steps}
    owner = wire_named(place.owner.last, owners)
    return next((t for t in targets if t.steps and t.owner.last == owner and t.steps[-1] == place.steps[-1]), None)


def parts(place: Place) -> list[str]:
    """The names on the way to a place."""
    return [Place(place.base, place.steps[:k]).last for k in range(len(place.steps) + 1)]


def without_numbers_beside(found: Pass, claims: Sequence[Claim]) -> list[Claim]:
    """Claims without numbers that nobody reads (`dx = 0.5`), where another place holds the gradient."""
    trace = found.trace
    read = {r for line in trace.lines for r in line.touched.reads}

    def is_bare(c: Claim) -> bool:
        node = trace.lines[trace.moments[c.values[0][0]].line].node
        value = node.value if isinstance(node, ast.Assign) else None
        literal = isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, ast.Constant)
        return literal and not any(r.meets(c.place) for r in read)

    held = {c.target for c in claims if not is_bare(c)}
    return [c for c in claims if c.target not in held or not is_bare(c)]


# --------------------------------------------------------------------------------------------------------------- use


def by_use(found: Pass, claims: Sequence[Claim], targets: Sequence[Place]) -> list[Claim]:
    """What parameters were changed by, where no name says that it is their gradient."""
    made: list[Claim] = []
    told = {c.place for c in claims}
    for step in found.steps:
        if step.place not in targets or any(c.target == step.place for c in claims) or is_second_name(found, step):
            continue
        if any(same_array(found, step.place, c.target) for c in claims):
            continue
        shape = np.shape(step.after)
        mine = found.trace.behind(found.trace.moments[step.moment].needs)
        for place, versions in found.history.items():
            values = tuple(
                (m, v)
                for m, v in reversed(versions)
                if m in mine and found.is_beside(m, place) and np.shape(v) == shape
            )
            if values and place not in told and not is_state(found, place, step):
                made.append(Claim(step.place, place, values, by_name=False))
    return made


def is_state(found: Pass, place: Place, step: Step) -> bool:
    """Whether a place is the parameter itself, or one that holds the same array."""
    return place == step.place or any(s.place == place and s.moment == step.moment for s in found.steps)


def is_second_name(found: Pass, step: Step) -> bool:
    """Whether an older place holds the array that a step changes: `layer['W']` is `layers[0]['W']`."""
    first = found.history[step.place][0][0]
    return any(
        other.moment == step.moment
        and other.place != step.place
        and found.history[other.place][0][0] < first
        and np.array_equal(other.before, step.before)
        and np.array_equal(other.after, step.after)
        for other in found.steps
    )


def same_array(found: Pass, one: Place, other: Place) -> bool:
    """Whether two places hold one array: `W` and `params['W']`."""
    a, b = found.trace.held.get(one), found.trace.held.get(other)
    return isinstance(a, np.ndarray) and a is b


def unjudged(found: Pass, judged: Collection[Place]) -> list[tuple[Place, str]]:
    """What looks like a gradient and was not judged, each with the reason."""
    return [*unjudged_steps(found, judged), *unjudged_names(found)]


def unjudged_steps(found: Pass, judged: Collection[Place]) -> Iterator[tuple[Place, str]]:
    """The parameters that were changed by something that was not judged."""
    trace = found.trace
    covered = {c.target for c in found.claims} | {*judged}
    gradients = {c.place for c in found.claims}
    reads = {r for m in found.behind for r in trace.lines[trace.moments[m].line].touched.reads}
    for step in found.steps:
        p = step.place
        if p in covered or p in gradients or not any(r.meets(p) for r in reads):
            continue
        if not found.versions(p):  # another name that the backward pass has for it: `for layer in reversed(layers)`
            continue
        if on_the_way(found, p) or is_second_name(found, step):
            continue
        if not any(same_array(found, p, c) for c in covered | gradients):
            line = trace.lines[trace.moments[step.moment].line].node.lineno
            yield p, f"line {line} changes it by a gradient that has no name of its own"


def on_the_way(found: Pass, place: Place) -> bool:
    """Whether a place is made of something whose gradient is claimed: `probs`, which was lent to `dprobs`."""
    trace = found.trace
    behind = trace.behind({found.made_at(place)})
    return any(c.target != place and any(trace.reads(m, c.target) for m in behind) for c in found.claims)


def unjudged_names(found: Pass) -> Iterator[tuple[Place, str]]:
    """What is called a gradient and belongs to nothing, is made of no gradient, and no gradient is made of it."""
    trace = found.trace
    places = {c.place for c in found.claims}
    made_of = {m for c in found.claims for m, _ in c.values}
    used = trace.behind(made_of)
    for place, versions in found.history.items():
        m, value = versions[-1]
        if place in places or not found.is_beside(m, place) or m in used or not is_leaf(value) or np.size(value) == 0:
            continue
        named = place.last if not place.last.isdigit() else place.owner.last
        says = SAYS_GRADIENT.search(named.lower()) or any(holds_gradients(each) for each in parts(place.owner)[:-1])
        if not says or not trace.moments[m].needs or trace.behind({m}) & made_of:
            continue
        if any(same_array(found, place, c) for c in places) or any(near(value, c.value) for c in found.claims):
            continue
        yield place, f"it looks like a gradient, and belongs to nothing that {found.output.text} is made of"


def near(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether two gradients are one, as far as differences tell: a script may have its own numerical ones."""
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-3, atol=1e-5 * float(np.max(np.abs(b)))))
