"""Derivatives of functions: grad, value_and_grad, vjp, jvp, nested in any way.

Each lends itself a bit, gives the inputs wires of their own that carry it, runs the function, and sweeps for that bit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatewise._circuit import Bit, Wire, identity, tick
from gatewise._errors import ArgumentError, IntegerGradientError, KeptError, UpstreamError
from gatewise._recording.lending import Lending
from gatewise._recording.outcomes import outcome
from gatewise._recording.structures import becomes_tensor, is_container, leaves, mapped
from gatewise._sweep import given, handed_out, ones_for, outwards, sweep, zeros_for
from gatewise._tensor import Tensor, described, is_kept, leaf, standing_in, upstream_for
from gatewise._twins import seen
from gatewise._types import Function, Plain

if TYPE_CHECKING:
    import numpy.typing as npt

Argnums = int | Sequence[int]
Cotangent = float | np.ndarray | Tensor


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of `f`, which returns a single number, as a function of the same arguments.

    `argnums` says for which arguments: one position gives one gradient, a sequence a tuple of them. An argument may be
    a number, an array, or a structure of dicts, lists and tuples; its gradient has its structure, shapes and dtypes.
    With `has_aux` the function returns `(output, aux)` and its gradient `(gradient, aux)`.
    Raises `UpstreamError` where the output is not a single number and `IntegerGradientError` for whole-number arrays.

    >>> import gatewise as gw
    >>> gw.grad(lambda x, y: x * y)(4, -3)
    -3.0
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def gradient(*args: object, **kwargs: object) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The value and the gradient of `f` in one run, as `(value, gradient)`; arguments as in `grad`.

    >>> import gatewise as gw
    >>> gw.value_and_grad(lambda w: w["a"] * w["b"])({"a": 2.0, "b": 3.0})
    (6.0, {'a': 3.0, 'b': 2.0})
    """
    positions = positions_of(f, argnums)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def value_and_gradient(*args: object, **kwargs: object) -> Any:
        run = Derivative(f, args, positions, kwargs, output_and_aux if has_aux else None)
        with run as bit:
            out = run.out
            value = single_number(out)
            swept = {}
            if type(out) is Tensor and out.bits & bit and out.wire is not None:
                swept = run.sweep({out.wire: ones_for(value)})
            found = tuple(collected(run.inputs[p], run.originals[p], swept) for p in positions)
        found = tuple([part if type(part) is float else mapped(lambda _, g: outwards(g), part) for part in found])
        value = run.outside(out)
        if has_aux:
            value = value, mapped(lambda _, part: run.outside(part), run.aux)
        return value, found[0] if isinstance(argnums, int) else found

    return value_and_gradient


def vjp(f: Function, *primals: object) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The output of `f` at `primals`, and its pullback: upstream gradient in, one gradient for each primal out.

    The output may be an array or a structure; `pullback(g)` takes a `g` of the same structure and returns a tuple.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> out, pullback = gw.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    demand_function(f)
    with (run := Derivative(f, primals, range(len(primals)))) as bit:
        lower = run.outer

    def pullback(g: object) -> tuple[Any, ...]:
        swept = run.sweep(cotangents(run.out, g, bit), lower)
        return tuple(collected(x, primal, swept) for x, primal in zip(run.inputs, run.originals, strict=True))

    return mapped(lambda _, part: run.outside(part), run.out), pullback


def jvp(f: Function, primals: Sequence[object], tangents: Sequence[object]) -> tuple[Any, Any]:
    """The output of `f` at `primals`, and how it moves when they move along `tangents` (same structures).

    Computed by transposing the pullback: it is linear in the upstream gradient, so its own pullback is the jvp.

    >>> import gatewise as gw
    >>> gw.jvp(lambda x, y: x * y, (4.0, -3.0), (1.0, 0.5))
    (-12.0, -1.0)
    """
    demand_function(f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise ArgumentError(
            "jvp was not given a tuple of primals and a tuple of tangents.",
            "there is one of each for every argument of the function.",
            "gw.jvp(f, (x, y), (dx, dy)), also where there is only one: gw.jvp(f, (x,), (dx,)).",
        )
    with (run := Derivative(f, primals, range(len(primals)))) as bit:
        with (transposed := Bit()) as dual:
            upstream = mapped(lambda _, part: probe(part, bit, dual), run.out)
            swept = run.sweep(cotangents(run.out, upstream, bit))
            along = paired(run.inputs, list(tangents), swept)
            back = sweep(along, dual, lower=transposed.outer, lift=Tensor) if along else {}
            tangent = mapped(lambda _, u: moved_by(u, back), upstream)
        return mapped(lambda _, part: run.outside(part), run.out), tangent


class Derivative(Bit):
    """One derivative of `f` at `args`, of those at `positions`; for use with `with`, which runs the function.

    `originals` are the arguments as they were given, `inputs` the same in Tensors; `out` is what `f` returned, `aux`
    the second of the pair that `split`, where it is given, takes it apart into.
    """

    def __init__(
        self,
        f: Function,
        args: Sequence[object],
        positions: Sequence[int],
        kwargs: dict[str, object] | None = None,
        split: Callable[[Any], Any] | None = None,
    ) -> None:
        Bit.__init__(self)
        self.call = f, list(args), positions, kwargs or {}, split

    def __enter__(self) -> int:
        bit = Bit.__enter__(self)
        try:
            self.run(bit)
        except BaseException:
            Bit.__exit__(self)
            raise
        return bit

    def run(self, bit: int) -> None:
        """Lend the arguments to the function, run it, and bring back what it wrote into them."""
        f, args, positions, kwargs, split = self.call
        del self.call  # a pullback that is kept needs none of it
        self.originals = [unchanged(arg) for arg in args]  # in containers that nobody changes
        self.inputs = differentiated(args, positions, bit, self.outer)
        named = passed(kwargs) if kwargs else kwargs
        lending = Lending()
        given, by_name = lending.lend_all(args, kwargs, self.inputs, named)
        try:
            out = outcome(seen(f), given, by_name, (self.inputs, named), split)
            if split is not None:
                out, aux = split(out)
                self.aux = unchanged(aux)
            self.out = unchanged(out)
        finally:
            lending.settle(self.outside)
        for part in tensors_in(self.out):
            if is_kept(part):
                raise KeptError.of(described(part))

    def sweep(self, upstream: dict[Wire, Cotangent], lower: int | None = None) -> dict[Wire, Cotangent]:
        """What arrives at the inputs, with the derivatives around this one open."""
        lift = apart if self.over else Tensor  # another derivative may have the bit by now
        swept = sweep(upstream, self.bit, lower=self.outer if lower is None else lower, lift=lift)
        wires = {x.wire for x in self.inputs if type(x) is Tensor}
        if not swept.keys() <= wires and not swept.keys() <= {x.wire for x in tensors_in(self.inputs)}:
            raise KeptError.of("a Tensor")
        return swept

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
    return [x for _, x in leaves(structure) if type(x) is Tensor]


def unchanged(structure: object) -> Any:
    """A structure in containers of its own."""
    return mapped(lambda _, part: part, structure) if is_container(structure) else structure


def apart(value: Cotangent, wire: Wire | None, bits: int) -> Tensor:
    """A Tensor for the derivatives `bits` alone: a later one with a bit that the wire has too will not go behind it."""
    return Tensor(value, Wire(tick(), bits, value, (0,), (wire,) if wire else (), identity), bits)


# --------------------------------------------------------------------------------------------- inputs of a derivative


def positions_of(f: Function, argnums: object) -> tuple[int, ...]:
    """The arguments to differentiate, as a tuple."""
    demand_function(f)
    positions = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(positions, (tuple, list, range)) or not all(isinstance(p, int) for p in positions):
        raise ArgumentError(
            f"argnums is {argnums!r}.",
            "it says which positions to differentiate.",
            "argnums=0, or a tuple such as argnums=(0, 1)."
            if isinstance(argnums, (str, tuple, list))
            else "gw.grad(f)(x): the function first, its arguments afterwards; argnums=0, or a tuple such as (0, 1).",
        )
    return tuple(positions)


def demand_function(f: object) -> None:
    if not callable(f):
        raise ArgumentError(
            f"a {type(f).__name__} was to be differentiated.",
            "a derivative is taken of a function.",
            "gw.grad(f)(x) or gw.vjp(f, x): the function first, its arguments afterwards.",
        )


def output_and_aux(out: object) -> Any:
    """The output and the aux of a function with has_aux."""
    if isinstance(out, (tuple, list)) and len(out) == 2:
        return out
    raise ArgumentError(
        f"with has_aux the function returned a {type(out).__name__} that is not a pair.",
        "its first output is differentiated, its second handed on.",
        "return number, anything.",
    )


def differentiated(args: Sequence[object], positions: Sequence[int], bit: int, around: int) -> list[Any]:
    """The arguments as Tensors, those at `positions` with wires of their own that carry `bit`, `around` the others."""
    for p in positions:
        if not -len(args) <= p < len(args):
            raise ArgumentError(
                f"argnums says argument {p}, but {len(args)} came.",
                "only arguments given by position can be differentiated.",
                "pass it by position, or change argnums.",
            )
    wanted = {p % len(args) for p in positions}
    return [
        mapped(lambda path, x: input_wire(x, bit, around), arg) if i in wanted else passed(arg)
        for i, arg in enumerate(args)
    ]


def input_wire(x: Any, bit: int, around: int) -> Tensor:
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
    return mapped(lambda path, x: x if type(x) in (int, Tensor) or not becomes_tensor(x) else leaf(x, 0), arg)


# --------------------------------------------------------------------------------------------------- what comes back


def single_number(out: Any) -> Any:
    """The plain value of an output that must be a single real number."""
    value = out.value if type(out) is Tensor else out
    number = isinstance(value, (float, int, np.generic, np.ndarray)) and np.asarray(value).dtype.kind in "fiu"
    if not number:
        raise ArgumentError(
            f"the function returned a {type(value).__name__}.",
            "a gradient is the slope of a single number.",
            "return one number; with has_aux=True return (number, anything).",
        )
    if np.shape(value):
        raise UpstreamError.no_number(np.shape(value))
    return value


def collected(argument: object, original: object, swept: dict[Wire, Cotangent]) -> Any:
    """The gradient of one argument, in its structure: a Tensor where a Tensor came in."""
    if type(argument) is Tensor:
        return gradient_at(argument, original, swept)
    originals = dict(leaves(original))
    return mapped(lambda path, x: gradient_at(x, originals[path], swept), argument)


def gradient_at(x: Tensor, original: object, swept: dict[Wire, Cotangent]) -> Any:
    """The gradient of one input."""
    assert x.wire is not None
    g = handed_out([swept.pop(x.wire)], x.value) if x.wire in swept else zeros_for(x.value)
    swept[x.wire] = g  # an argument that is asked for twice gets a copy the second time
    return Tensor(g) if type(original) is Tensor and type(g) is not Tensor else g


def cotangents(out: object, g: object, bit: int) -> dict[Wire, Cotangent]:
    """The upstream gradient of every output wire, checked against the output's structure and shapes."""
    outs, gs = dict(leaves(out)), dict(leaves(g))
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


# ------------------------------------------------------------------------------------------------ forward derivatives


def probe(part: object, bit: int, dual: int) -> Any:
    """A stand-in upstream gradient for one output: only that everything is linear in it counts, not its value."""
    if type(part) is not Tensor or not part.bits & bit:
        value = part.value if type(part) is Tensor else part
        if not isinstance(value, (np.floating, np.ndarray)):
            return 0.0
        array = np.asarray(value)
        array = array if array.dtype.kind == "f" else array.astype(float)
        return zeros_for(value if isinstance(value, np.floating) else array)
    return leaf(type(part.value)(1.0) if isinstance(part.value, float) else ones_for(part.value), dual)


def paired(inputs: Sequence[object], tangents: Sequence[object], swept: dict[Wire, Cotangent]) -> dict[Wire, Cotangent]:
    """The tangents as upstream gradients of the gradients."""
    xs, ts = dict(leaves(inputs)), dict(leaves(tangents))
    if xs.keys() != ts.keys():
        raise ArgumentError(
            "the tangents do not have the structure of the primals.",
            "each number that moves needs to be told how far.",
            "give one tangent for each primal, as the same dicts, lists and tuples.",
        )
    along: dict[Wire, Cotangent] = {}
    for path, x in xs.items():
        g = given(swept[x.wire], x.value) if x.wire in swept else None
        if type(g) is Tensor and g.wire is not None:
            one = checked_upstream(ts[path], x.value)
            along[g.wire] = along[g.wire] + one if g.wire in along else one
    return along


def moved_by(u: object, back: dict[Wire, Cotangent]) -> Any:
    """The tangent of one output."""
    if type(u) is not Tensor:
        return u
    assert u.wire is not None
    return given(back[u.wire] if u.wire in back else zeros_for(u.value), u.value)
