"""Derivatives of functions: grad, value_and_grad, vjp, jvp, nested in any way.

Each lends itself a bit, gives the inputs wires of their own that carry it, runs the function, and sweeps for that bit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Bit, Wire, lent, tick
from gatewise._errors import ArgumentError, IntegerGradientError, UpstreamError, user_line
from gatewise._recording.functions import called
from gatewise._recording.structures import leaves, mapped, numeric
from gatewise._sweep import given, handed_out, identity, ones_for, sweep, zeros_for
from gatewise._tensor import Tensor, leaf, upstream_for

Argnums = int | Sequence[int]


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
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
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The value and the gradient of `f` in one run, as `(value, gradient)`; arguments as in `grad`.

    >>> import gatewise as gw
    >>> gw.value_and_grad(lambda w: w["a"] * w["b"])({"a": 2.0, "b": 3.0})
    (6.0, {'a': 3.0, 'b': 2.0})
    """
    positions = positions_of(f, argnums)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        with Bit() as bit:
            inputs = differentiated(args, positions, bit)
            out = called(f, inputs, passed(kwargs))
            out, aux = pair(out) if has_aux else (out, None)
            value = single_number(out)
            swept = {}
            if type(out) is Tensor and out.bits & bit and out.wire is not None:
                swept = sweep({out.wire: ones_for(value)}, bit, lower=below(bit), lift=Tensor)
            found = tuple(collected(inputs[p], args[p], swept) for p in positions)
        value = outer(out, bit)
        aux = mapped(lambda _, part: outer(part, bit), aux)
        return (value, aux) if has_aux else value, found[0] if isinstance(argnums, int) else found

    return value_and_gradient


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The output of `f` at `primals`, and its pullback: upstream gradient in, one gradient for each primal out.

    The output may be an array or a structure; `pullback(g)` takes a `g` of the same structure and returns a tuple.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> out, pullback = gw.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    demand_function(f)
    with Bit() as bit:
        lower = below(bit)
        inputs = differentiated(primals, range(len(primals)), bit)
        out = called(f, inputs, {})

    def pullback(g: Any) -> tuple[Any, ...]:
        swept = sweep(cotangents(out, g, bit), bit, lower=lower, lift=Tensor)
        return tuple(collected(x, primal, swept) for x, primal in zip(inputs, primals, strict=True))

    return mapped(lambda _, part: outer(part, bit), out), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The output of `f` at `primals`, and how it moves when they move along `tangents` (same structures).

    Computed by transposing the pullback: it is linear in the upstream gradient, so its own pullback is the jvp.

    >>> import gatewise as gw
    >>> gw.jvp(lambda x, y: x * y, (4.0, -3.0), (1.0, 0.5))
    (-12.0, -1.0)
    """
    demand_function(f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise ArgumentError(
            f"jvp was not given a tuple of primals and a tuple of tangents.{user_line()}",
            "there is one of each for every argument of the function.",
            "gw.jvp(f, (x, y), (dx, dy)), also where there is only one: gw.jvp(f, (x,), (dx,)).",
        )
    with Bit() as bit:
        inputs = differentiated(primals, range(len(primals)), bit)
        out = called(f, inputs, {})
        with Bit() as dual:
            upstream = mapped(lambda _, part: probe(part, bit, dual), out)
            swept = sweep(cotangents(out, upstream, bit), bit, lower=below(bit), lift=Tensor)
            along = paired(inputs, list(tangents), swept)
            back = sweep(along, dual, lower=below(dual), lift=Tensor) if along else {}
            tangent = mapped(lambda _, u: moved_by(u, back), upstream)
        return mapped(lambda _, part: outer(part, bit), out), tangent


# --------------------------------------------------------------------------------------------- inputs of a derivative


def positions_of(f: Any, argnums: Any) -> tuple[int, ...]:
    """The arguments to differentiate, as a tuple."""
    demand_function(f)
    positions = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(positions, (tuple, list, range)) or not all(isinstance(p, int) for p in positions):
        raise ArgumentError(
            f"argnums is {argnums!r}.{user_line()}",
            "it says which positions to differentiate.",
            "argnums=0, or a tuple such as argnums=(0, 1)."
            if isinstance(argnums, (str, tuple, list))
            else "gw.grad(f)(x): the function first, its arguments afterwards; argnums=0, or a tuple such as (0, 1).",
        )
    return tuple(positions)


def demand_function(f: Any) -> None:
    if not callable(f):
        raise ArgumentError(
            f"a {type(f).__name__} was to be differentiated.{user_line()}",
            "a derivative is taken of a function.",
            "gw.grad(f)(x) or gw.vjp(f, x): the function first, its arguments afterwards.",
        )


def below(bit: int) -> int:
    """The derivatives around this one that are being taken now: those under no_grad() are not."""
    return bit - 1 & ~lent.closed


def pair(out: Any) -> Any:
    """The output and the aux of a function with has_aux."""
    if isinstance(out, (tuple, list)) and len(out) == 2:
        return out
    raise ArgumentError(
        f"with has_aux the function returned a {type(out).__name__} that is not a pair.{user_line()}",
        "its first output is differentiated, its second handed on.",
        "return number, anything.",
    )


def differentiated(args: Sequence[Any], positions: Sequence[int], bit: int) -> list[Any]:
    """The arguments as Tensors, those at `positions` with wires of their own that carry `bit`."""
    for p in positions:
        if not -len(args) <= p < len(args):
            raise ArgumentError(
                f"argnums says argument {p}, but {len(args)} came.{user_line()}",
                "only arguments given by position can be differentiated.",
                "pass it by position, or change argnums.",
            )
    wanted = {p % len(args) for p in positions}
    return [
        mapped(lambda path, x: input_wire(x, bit), arg) if i in wanted else passed(arg) for i, arg in enumerate(args)
    ]


def input_wire(x: Any, bit: int) -> Tensor:
    """An input with a wire of its own, even where it is a Tensor: the outer derivative must not see this one's uses."""
    if type(x) is Tensor:
        if outer_bits := x.bits & below(bit):  # a Tensor that escaped from a derivative still has that one's bit
            bits = outer_bits | bit
            return Tensor(x.value, Wire(tick(), bits, x.value, (x.value,), x.wire, identity), bits)
        x = x.value
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind != "f":
        raise IntegerGradientError.of(f"an argument of {x.dtype}", user_line())
    return leaf(x, bit)


def passed(arg: Any) -> Any:
    """An argument nobody differentiates: its numbers become Tensors too, so that `X.dot(W)` works."""
    return mapped(lambda path, x: leaf(x, 0) if numeric(x) and type(x) is not Tensor else x, arg)


# --------------------------------------------------------------------------------------------------- what comes back


def single_number(out: Any) -> Any:
    """The plain value of an output that must be a single real number."""
    value = out.value if type(out) is Tensor else out
    number = isinstance(value, (float, int, np.generic, np.ndarray)) and np.asarray(value).dtype.kind in "fiu"
    if not number:
        raise ArgumentError(
            f"the function returned a {type(value).__name__}.{user_line()}",
            "a gradient is the slope of a single number.",
            "return one number; with has_aux=True return (number, anything).",
        )
    if np.shape(value):
        raise UpstreamError.missing(np.shape(value), user_line())
    return value


def outer(part: Any, bit: int) -> Any:
    """What leaves a derivative: a Tensor of the outer ones, or the plain value, in memory that no rule has saved."""
    if type(part) is not Tensor:
        return part
    rest = part.bits & (bit - 1)
    if rest:
        return Tensor(part.value, part.wire, rest)
    return np.array(part.value) if isinstance(part.value, np.ndarray) else part.value


def collected(argument: Any, original: Any, swept: dict[Wire, Any]) -> Any:
    """The gradient of one argument, in its structure: a Tensor where a Tensor came in."""
    originals = dict(leaves(original))

    def one(path: Any, x: Tensor) -> Any:
        assert x.wire is not None
        g = handed_out([swept.pop(x.wire)], x.value) if x.wire in swept else zeros_for(x.value)
        swept[x.wire] = g  # an argument that is asked for twice gets a copy the second time
        return Tensor(g) if type(originals[path]) is Tensor and type(g) is not Tensor else g

    return mapped(one, argument)


def cotangents(out: Any, g: Any, bit: int) -> dict[Wire, Any]:
    """The upstream gradient of every output wire, checked against the output's structure and shapes."""
    outs, gs = list(leaves(out)), list(leaves(g))
    if [path for path, _ in outs] != [path for path, _ in gs]:
        raise UpstreamError(
            f"the upstream gradient does not have the output's structure.{user_line()}",
            "it needs one entry for each output.",
            "give it as the same dicts, lists and tuples.",
        )
    found: dict[Wire, Any] = {}
    for (_, part), (_, upstream) in zip(outs, gs, strict=True):
        if type(part) is Tensor and part.bits & bit and part.wire is not None:
            one = fitted(upstream, part.value)
            found[part.wire] = found[part.wire] + one if part.wire in found else one
    return found


def fitted(upstream: Any, value: Any) -> Any:
    """An upstream gradient or a tangent, checked; a Tensor stays one, so that derivatives go through it."""
    if upstream is None:
        raise ArgumentError(
            f"a tangent or an upstream gradient is None.{user_line()}",
            "each number that moves, and each output that counts, needs to be told how much.",
            "give 0.0 where nothing moves.",
        )
    checked = upstream_for(value, upstream)
    return upstream if type(upstream) is Tensor else checked


# ------------------------------------------------------------------------------------------------ forward derivatives


def probe(part: Any, bit: int, dual: int) -> Any:
    """A stand-in upstream gradient for one output: only that everything is linear in it counts, not its value."""
    if type(part) is not Tensor or not part.bits & bit:
        value = part.value if type(part) is Tensor else part
        if not isinstance(value, (np.floating, np.ndarray)):
            return 0.0
        array = np.asarray(value)
        array = array if array.dtype.kind == "f" else array.astype(float)
        return zeros_for(value if isinstance(value, np.floating) else array)
    return leaf(type(part.value)(1.0) if isinstance(part.value, float) else ones_for(part.value), dual)


def paired(inputs: Sequence[Any], tangents: Sequence[Any], swept: dict[Wire, Any]) -> dict[Wire, Any]:
    """The tangents as upstream gradients of the gradients."""
    xs, ts = list(leaves(inputs)), list(leaves(tangents))
    if [path for path, _ in xs] != [path for path, _ in ts]:
        raise ArgumentError(
            f"the tangents do not have the structure of the primals.{user_line()}",
            "each number that moves needs to be told how far.",
            "give one tangent for each primal, as the same dicts, lists and tuples.",
        )
    along: dict[Wire, Any] = {}
    for (_, x), (_, t) in zip(xs, ts, strict=True):
        g = given(swept[x.wire], x.value) if x.wire in swept else None
        if type(g) is Tensor and g.wire is not None:
            one = fitted(t, x.value)
            along[g.wire] = along[g.wire] + one if g.wire in along else one
    return along


def moved_by(u: Any, back: dict[Wire, Any]) -> Any:
    """The tangent of one output."""
    if type(u) is not Tensor:
        return u
    assert u.wire is not None
    return given(back[u.wire] if u.wire in back else zeros_for(u.value), u.value)
