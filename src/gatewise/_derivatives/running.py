"""One derivative of a function: its bit, its inputs, the run, and the sweeps over what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from gatewise._circuit import Bit, Wire, identity, tick
from gatewise._derivatives.standing import Standing
from gatewise._errors import ArgumentError, IntegerGradientError, KeptError, UpstreamError
from gatewise._forward import Tangents, between, push
from gatewise._recording.lending import Lending, lent_out
from gatewise._recording.outcomes import outcome
from gatewise._recording.structures import LEAVES, becomes_tensor, closed, is_container, leaves, mapped, opened
from gatewise._sweep import given, handed_out, outwards, sweep, zeros_for
from gatewise._tensor import Binomial, Tensor, described, is_kept, leaf, recomputing_by, standing_in, upstream_for
from gatewise._twins import seen
from gatewise._types import Function, Plain, Value

if TYPE_CHECKING:
    import numpy.typing as npt

WIRE = attrgetter("wire")

Cotangent = float | np.ndarray | Tensor

NOTHING = nullcontext()


class Derivative(Bit):
    """One derivative of `f` at `args`, of those at `positions`; for use with `with`, which runs the function.

    `originals` are the arguments as they were given, `inputs` the same in Tensors; `out` is what `f` returned, `aux`
    the second of the pair that `split`, where it is given, takes it apart into. With `recompute` few values are
    kept: those every so many gates.
    """

    def __init__(
        self,
        f: Function,
        args: Sequence[object],
        positions: Sequence[int],
        kwargs: dict[str, object] | None = None,
        split: Callable[[object], object] | None = None,
        recompute: int | Binomial | None = None,
    ) -> None:
        Bit.__init__(self)
        self.recompute = recompute
        self.structured = bool(kwargs) or recompute is not None or not LEAVES.issuperset(map(type, args))
        if self.structured and args:
            wanted = {p % len(args) for p in positions}
            args = [opened(x, parameters=True) if k in wanted else x for k, x in enumerate(args)]
        self.call = f, args, positions, kwargs or {}, split

    def __enter__(self) -> int:
        bit = Bit.__enter__(self)
        try:
            f, args, positions, kwargs, split = self.call
            del self.call  # a pullback that is kept needs none of it
            self.originals = list(map(unchanged, args)) if self.structured else tuple(args)
            self.inputs = differentiated(args, positions, bit, self.outer)
            if self.structured:
                self.lend(f, args, kwargs, split)
            else:  # as most calls are: numbers and arrays, by position
                self.take(
                    outcome(seen(f), list(map(lent_out, self.inputs)), kwargs, (self.inputs, kwargs), split), split
                )
        except BaseException:
            Bit.__exit__(self)
            raise
        return bit

    def lend(self, f: Function, args: Sequence[object], kwargs: dict[str, object], split: Any) -> None:
        """Lend the arguments to the function, run it, and bring back what it wrote into them."""
        named = passed(kwargs) if kwargs else kwargs
        lending = Lending()
        given, by_name = lending.lend_all(args, kwargs, self.inputs, named)
        standing = Standing()
        try:
            given = [closed(x, standing.take) for x in given]
            with NOTHING if self.recompute is None else recomputing_by(self.bit, self.recompute):
                out = outcome(seen(f), given, by_name, (self.inputs, named), split)
            self.take(out, split)
        finally:
            standing.give_back()
            lending.settle(self.outside)

    def take(self, out: Value, split: Function | None) -> None:
        """Keep what the function returned, in containers that nobody changes."""
        if split is not None:
            out, aux = split(out)
            self.aux = unchanged(opened(aux))
        self.out = out if type(out) is Tensor else unchanged(opened(out))
        for part in (out,) if type(out) is Tensor else tensors_in(self.out):
            if is_kept(part):
                raise KeptError.of(described(part))

    def sweep(self, upstream: dict[Wire, Cotangent], lower: int | None = None) -> dict[Wire, Cotangent]:
        """What arrives at the inputs, with the derivatives around this one open."""
        lift = apart if self.over else Tensor  # another derivative may have the bit by now
        swept = sweep(upstream, self.bit, lower=self.outer if lower is None else lower, lift=lift)
        if not swept.keys() <= set(map(WIRE, tensors_in(self.inputs))):
            raise KeptError.of("a Tensor")
        return swept

    def gradients(self, swept: dict[Wire, Cotangent]) -> tuple[Any, ...]:
        """What arrived at each argument, in its structure."""
        pairs = zip(self.inputs, self.originals, strict=True)
        return tuple(closed(collected(x, original, swept)) for x, original in pairs)

    def along(self, tangents: Sequence[object], lower: int | None = None) -> Value:
        """How the output moves when the inputs move along `tangents`."""
        found = self.push(paired(self.inputs, list(map(opened, tangents))), self.outer if lower is None else lower)
        if type(self.out) is Tensor:
            return moved_by(self.out, found, self.bit)
        return closed(mapped(lambda _, part: moved_by(part, found, self.bit), self.out))

    def push(self, along: dict[Wire, Any], lower: int, many: int = 0) -> Tangents:
        """How the wires of the output move, once or `many` times at once."""
        lift = apart if self.over else Tensor
        return push(self.order, self.outs, along, self.bit, lower=lower, lift=lift, many=many)

    @property
    def outs(self) -> set[Wire]:
        """The wires of the output that depend on this derivative's inputs."""
        return {x.wire for x in tensors_in(self.out) if x.bits & self.bit and x.wire is not None}

    @cached_property
    def order(self) -> list[Wire]:
        """The wires by which the output depends on the inputs."""
        return between(self.outs, {x.wire for x in tensors_in(self.inputs) if x.wire is not None}, self.bit)

    def results(self, second: object) -> Any:
        """What a transform returns: the output, what it found, and aux where there is one."""
        out = self.all_outside(self.out)
        return (out, second, self.aux_outside()) if hasattr(self, "aux") else (out, second)

    def aux_outside(self) -> Any:
        """The aux, as it leaves the derivative."""
        return self.all_outside(self.aux)

    def all_outside(self, structure: object) -> object:
        """A structure, as it leaves the derivative."""
        if not is_container(structure):
            return self.outside(structure)
        return closed(mapped(lambda _, part: self.outside(part), structure))

    def outside(self, part: object) -> object:
        """What leaves a derivative: a Tensor of the outer ones, or the plain value, in memory no rule has saved."""
        if type(part) is not Tensor:
            return part
        if rest := part.bits & self.around:
            return apart(part.value, part.wire, rest)
        return np.array(part.value) if isinstance(part.value, np.ndarray) else part.value


def tensors_in(structure: object) -> list[Tensor]:
    """The Tensors among the leaves of a structure."""
    if type(structure) is Tensor:
        return [structure]
    if type(structure) is list and LEAVES.issuperset(map(type, structure)):
        return [x for x in structure if type(x) is Tensor]
    return [x for _, x in leaves(structure) if type(x) is Tensor]


def unchanged(structure: object) -> object:
    """A structure in containers of its own."""
    return mapped(lambda _, part: part, structure) if is_container(structure) else structure


def apart(value: Cotangent, wire: Wire | None, bits: int) -> Tensor:
    """A Tensor for the derivatives `bits` alone: a later one with a bit that the wire has too will not go behind it."""
    return Tensor(value, Wire(tick(), bits, value, (0,), (wire,) if wire else (), identity), bits)


def differentiated(args: Sequence[object], positions: Sequence[int], bit: int, around: int) -> list[Any]:
    """The arguments as Tensors, those at `positions` with wires of their own that carry `bit`, `around` the others."""
    wanted = set()
    for p in positions:
        wanted.add(p % len(args) if args else p)
        if not -len(args) <= p < len(args):
            raise ArgumentError(
                f"argnums says argument {p}, but {len(args)} came.",
                "only arguments given by position can be differentiated.",
                "pass it by position, or change argnums.",
            )
    found: list[Any] = []
    for i, arg in enumerate(args):
        if i not in wanted:
            found.append(passed(arg))
        elif type(arg) in LEAVES:
            found.append(input_wire(arg, bit, around))
        else:
            found.append(mapped(lambda _, x: input_wire(x, bit, around), arg))
    return found


def input_wire(x: Value, bit: int, around: int) -> Tensor:
    """An input with a wire of its own, even where it is a Tensor: the outer derivative must not see this one's uses."""
    if type(x) is Tensor:
        if is_kept(x):
            x = standing_in(x, ~around)
        if outer_bits := x.bits & around:  # a Tensor that escaped from a derivative still has that one's bit
            bits = outer_bits | bit
            return Tensor(x.value, Wire(tick(), bits, x.value, (bit,), (x.wire,), identity), bits)
        x = x.value
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind not in "fc":
        raise IntegerGradientError.of(f"an argument of {x.dtype}")
    return leaf(x, bit)


def passed(arg: object) -> Any:
    """An argument nobody differentiates: its floats and arrays become Tensors too, so that `X.dot(W)` works."""
    return mapped(lambda _, x: passed_leaf(x), arg) if is_container(arg) else passed_leaf(arg)


def passed_leaf(x: object) -> object:
    return x if type(x) in (int, Tensor) or not becomes_tensor(x) else leaf(x, 0)


def collected(argument: object, original: object, swept: dict[Wire, Cotangent]) -> object:
    """The gradient of one argument, in its structure: a Tensor where a Tensor came in."""
    if type(argument) is Tensor:
        return gradient_at(argument, original, swept)
    originals = dict(leaves(original))
    return mapped(lambda path, x: gradient_at(x, originals[path], swept), argument)


def shown(gradient: Any) -> Any:
    """A gradient, or a structure of them, as users see it."""
    if type(gradient) is float:
        return gradient
    return closed(mapped(lambda _, g: outwards(g), gradient)) if is_container(gradient) else outwards(gradient)


def gradient_at(x: Tensor, original: object, swept: dict[Wire, Cotangent]) -> object:
    """The gradient of one input."""
    assert x.wire is not None
    g = handed_out([swept.pop(x.wire)], x.value) if x.wire in swept else zeros_for(x.value)
    swept[x.wire] = g  # an argument that is asked for twice gets a copy the second time
    return Tensor(g) if type(original) is Tensor and type(g) is not Tensor else g


def cotangents(out: object, g: Value, bit: int) -> dict[Wire, Cotangent]:
    """The upstream gradient of every output wire, checked against the output's structure and shapes."""
    if type(out) is Tensor and type(g) in LEAVES:
        return {out.wire: checked_upstream(g, out.value)} if out.bits & bit and out.wire is not None else {}
    outs, gs = dict(leaves(out)), dict(leaves(opened(g)))
    if outs.keys() != gs.keys():
        raise UpstreamError(
            "the upstream gradient does not have the output's structure.",
            "it needs one entry for each output.",
            "give it as the same dicts, lists and tuples.",
        )
    found: dict[Wire, Cotangent] = {}
    for path, part in outs.items():
        if type(part) is Tensor and part.bits & bit and part.wire is not None:
            one = checked_upstream(gs[path], part.value)
            found[part.wire] = found[part.wire] + one if part.wire in found else one
    return found


def paired(inputs: Sequence[Any], tangents: Sequence[Value]) -> dict[Wire, Cotangent]:
    """The tangent of each input wire, checked against the primals' structure and shapes."""
    if len(inputs) == len(tangents) and not any(map(is_container, (*inputs, *tangents))):
        return {x.wire: checked_upstream(t, x.value) for x, t in zip(inputs, tangents, strict=True)}
    xs, ts = dict(leaves(inputs)), dict(leaves(tangents))
    if xs.keys() != ts.keys():
        raise ArgumentError(
            "the tangents do not have the structure of the primals.",
            "each number that moves needs to be told how far.",
            "give one tangent for each primal, as the same dicts, lists and tuples.",
        )
    return {x.wire: checked_upstream(ts[path], x.value) for path, x in xs.items()}


def moved_by(part: object, found: Tangents, bit: int) -> object:
    """The tangent of one output."""
    if type(part) is Tensor and part.bits & bit and part.wire in found:
        return given(found[part.wire], part.value)
    value = part.value if type(part) is Tensor else part
    if not isinstance(value, (np.floating, np.ndarray, complex)):
        return 0.0
    array = np.asarray(value)
    return zeros_for(value if array.dtype.kind in "fc" else array.astype(float))


def checked_upstream(upstream: npt.ArrayLike | Tensor | None, value: Plain) -> Cotangent:
    """An upstream gradient or a tangent, checked; a Tensor stays one, so that derivatives go through it."""
    if upstream is None:
        raise ArgumentError(
            "a tangent or an upstream gradient is None.",
            "each number that moves, and each output that counts, needs to be told how much.",
            "give 0.0 where nothing moves.",
        )
    checked = upstream_for(value, upstream)
    return upstream if type(upstream) is Tensor else checked
