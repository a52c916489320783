"""Derivatives of functions: grad, value_and_grad, vjp, jvp, nested in any way.

Each lends itself a bit, gives the inputs wires of their own that carry it, runs the function, and sweeps for that bit.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from gatewise._derivatives.arguments import (
    Argnums,
    demand_function,
    demand_plain_meaning,
    kept_by,
    output_and_aux,
    positions_of,
    single_number,
)
from gatewise._derivatives.running import Derivative, collected, cotangents, shown
from gatewise._errors import ArgumentError
from gatewise._sweep import ones_for
from gatewise._tensor import Binomial, Tensor
from gatewise._types import Function


def grad(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    recompute: int | Binomial = False,
) -> Function:
    """The gradient of `f`, which returns a single number, as a function of the same arguments.

    `argnums` says for which arguments: one position gives one gradient, a sequence a tuple of them. An argument may be
    a number, an array, or a structure of dicts, lists, tuples and dataclasses; its gradient has its structure, shapes
    and dtypes. Of an object that has `parameters()` it is the list of theirs.
    With `has_aux` the function returns `(output, aux)` and its gradient `(gradient, aux)`.
    `recompute` saves memory in long loops: of the values on the way only those every so many gates are kept
    (`recompute=1000`; `True` for a distance that grows with the square root of their number), and those between are
    computed again on the way back. The gradient is the same to the last bit, for about half as much time again.
    `recompute=gw.Binomial(states=20)` keeps no more than so many states and computes the least again that this allows.
    Raises `UpstreamError` where the output is not a single number and `IntegerGradientError` for whole-number arrays.

    >>> import gatewise as gw
    >>> gw.grad(lambda x, y: x * y)(4, -3)
    -3.0
    """
    both = value_and_grad(f, argnums, has_aux, holomorphic, allow_int, recompute)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def gradient(*args: object, **kwargs: object) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def value_and_grad(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    recompute: int | Binomial = False,
) -> Function:
    """The value and the gradient of `f` in one run, as `(value, gradient)`; arguments as in `grad`.

    >>> import gatewise as gw
    >>> gw.value_and_grad(lambda w: w["a"] * w["b"])({"a": 2.0, "b": 3.0})
    (6.0, {'a': 3.0, 'b': 2.0})
    """
    positions = positions_of(f, argnums)
    demand_plain_meaning(holomorphic, allow_int)
    stretch = kept_by(recompute)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def value_and_gradient(*args: object, **kwargs: object) -> Any:
        run = Derivative(f, args, positions, kwargs, output_and_aux if has_aux else None, stretch)
        with run as bit:
            out = run.out
            value = single_number(out)
            swept = {}
            if type(out) is Tensor and out.bits & bit and out.wire is not None:
                swept = run.sweep({out.wire: ones_for(value)})
            found = [collected(run.inputs[p], run.originals[p], swept) for p in positions]
        value = run.outside(out)
        if has_aux:
            value = value, run.aux_outside()
        return value, shown(found[0]) if isinstance(argnums, int) else tuple(map(shown, found))

    return value_and_gradient


def vjp(f: Function, *primals: object, has_aux: bool = False, recompute: int | Binomial = False) -> Any:
    """The output of `f` at `primals`, and its pullback: upstream gradient in, one gradient for each primal out.

    The output may be an array or a structure; `pullback(g)` takes a `g` of the same structure and returns a tuple.
    With `has_aux` the function returns `(output, aux)`, and aux comes third. `recompute` as in `grad`.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> out, pullback = gw.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    demand_function(f)
    with (run := by_all_arguments(f, primals, has_aux, kept_by(recompute))) as bit:
        lower = run.outer

    def pullback(g: object) -> tuple[Any, ...]:
        swept = run.sweep(cotangents(run.out, g, bit), lower)
        return run.gradients(swept)

    return run.results(pullback)


def jvp(f: Function, primals: Sequence[object], tangents: Sequence[object], has_aux: bool = False) -> Any:
    """The output of `f` at `primals`, and how it moves when they move along `tangents` (same structures).

    With `has_aux` the function returns `(output, aux)`, and aux comes third.
    One sweep forward, over what was recorded: it costs about as much as the run.

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
    with (run := by_all_arguments(f, primals, has_aux)):
        return run.results(run.along(list(tangents)))


def by_all_arguments(
    f: Function, primals: Sequence[object], has_aux: bool, keep: int | Binomial | None = None
) -> Derivative:
    """The derivative of `f` by all its arguments."""
    return Derivative(f, primals, range(len(primals)), None, output_and_aux if has_aux else None, keep)
