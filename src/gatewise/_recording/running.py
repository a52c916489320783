"""Run a function, an expression or a flat script once on Tensors, and freeze what it did into a circuit."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._callables import code_of, names_around
from gatewise._circuit import Bit, FrozenCircuit, Input, Wire
from gatewise._errors import ArgumentError, IntegerGradientError, KeptError, UpstreamError
from gatewise._recording.constants import PlainNames
from gatewise._recording.freezing import freeze
from gatewise._recording.functions import (
    Signature,
    arguments,
    differentiated,
    input_tensors,
    sorted_arguments,
)
from gatewise._recording.lending import Lending
from gatewise._recording.outcomes import outcome, plain_argument
from gatewise._recording.recorder import Recorder
from gatewise._recording.structures import leaves
from gatewise._tensor import BACKWARD, Tensor, described, is_kept, upstream_for
from gatewise._twins import seen
from gatewise._types import Function


def record(
    f: Function,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    *,
    wrt: Sequence[str] | None = None,
    upstream: object = None,
) -> FrozenCircuit:
    """Run `f` once on Tensors and return the circuit behind what it gives back.

    `wrt` names the inputs whose gradients are wanted (None: every float that was given). Raises `ArgumentError` for
    inputs that do not fit and for a result that is not one number or array, `UpstreamError` for an output that needs
    an upstream gradient.
    """
    kwargs = kwargs or {}
    given, signature = arguments(f, args, kwargs)
    own = Bit()
    with Recorder(code_of(f)) as recorder, own as bit:
        tensors, inputs = input_tensors(given, given_explicitly(given, signature, args, kwargs), wrt, bit)
        lending = Lending()
        by_position, by_name = sorted_arguments(lending.lend_all((), given, (), tensors)[1], signature)
        try:
            out = outcome(seen(f), by_position, by_name, sorted_arguments(tensors, signature))
        finally:
            lending.settle(lambda t: np.array(t.value) if isinstance(t.value, np.ndarray) else t.value)
    demand_uncut(out, recorder.first, own.around & ~recorder.bit)
    name = getattr(f, "__name__", "f")
    output = output_wire(out, name)
    known = {k: plain_argument(v) for k, v in tensors.items()}
    return freeze(
        recorder,
        differentiated(inputs, recorder.reads),
        output,
        name="f" if name == "<lambda>" else name,
        bit=bit,
        upstream=starting_upstream(output, inputs, upstream, name),
        plain=PlainNames(recorder.shown, known, names_around(f)),
        signature=signature,
    )


def given_explicitly(
    given: Mapping[str, object], signature: Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> frozenset[str]:
    """The arguments that are no defaults of the function's own."""
    defaults = {name for name, _, default in signature if default is not inspect.Parameter.empty}
    positional = {name for (name, _, _), _ in zip(signature, args, strict=False)}
    return frozenset(n for n in given if n not in defaults or n in kwargs or n in positional)


def demand_uncut(out: object, first: int, around: int) -> None:
    """A result that is an earlier run's, or that a derivative around this run is taken through, has no circuit here.

    `around` are the bits of those: this run's own have been given back, and another thread may have them by now.
    """
    if not isinstance(out, Tensor) or out.wire is None:
        return
    if out.wire.order < first and (is_kept(out) or out.bits):
        raise KeptError.of(described(out))
    cure = "gw.grad inside a derivative, which nests; x.detach() for a constant."
    out.forbid_losing_gradient("circuit", cure, of=around & ~BACKWARD)


def output_wire(out: object, name: str) -> Wire:
    """The wire of a result that is one number or array made from the inputs."""
    if isinstance(out, Tensor):
        if out.wire is None:
            raise ArgumentError(
                f"{name} does not depend on its inputs.",
                "there is no circuit between them and the result.",
                "use an input on the way to the result.",
            )
        return out.wire
    if isinstance(out, (tuple, list, dict)):
        several = [path for path, part in leaves(out) if isinstance(part, Tensor)]
        raise ArgumentError(
            f"{name} returned {len(several)} values in a {type(out).__name__}.",
            "a circuit has one output, the one whose gradient is shown.",
            "return just that one.",
        )
    if inspect.iscoroutine(out) or inspect.isgenerator(out):
        out.close()
        keyword = "return in place of yield" if inspect.isgenerator(out) else "def in place of async def"
        kind = "yields its values one by one" if inspect.isgenerator(out) else "is run by nobody"
        raise ArgumentError(
            f"{name} returned a {type(out).__name__}.", f"it {kind}; a circuit has one output.", f"{keyword}."
        )
    if out is None:
        raise ArgumentError(f"{name} returned nothing.", "a circuit needs an output.", f"add a return to {name}.")
    problem = (
        "does not depend on its inputs"
        if isinstance(out, (int, float, np.ndarray, np.generic))
        else f"returned a {type(out).__name__}"
    )
    raise ArgumentError(
        f"{name} {problem}.",
        "a circuit leads from the inputs to one number or array.",
        "return a number made from the inputs.",
    )


def starting_upstream(output: Wire, inputs: Sequence[Input], upstream: Any, name: str) -> Any:
    """The gradient to start from; `upstream` is an array, None for a single number, or "ones".

    Raises `IntegerGradientError` for an output without a slope, where some input's gradient is wanted.
    """
    dtype = np.asarray(output.value).dtype
    if dtype.kind != "f" and any(i.wanted for i in inputs):
        raise IntegerGradientError(
            f"{name} gives {dtype}.",
            "a truth value or a whole number does not move when an input is moved a little: it has no slope.",
            "return a float that is computed from the inputs, or ask for no gradients with wrt=[].",
        )
    if isinstance(upstream, str):
        if upstream != "ones":
            raise UpstreamError(
                f"upstream is {upstream!r}.", "it is an array of the output's shape.", 'upstream="ones", or an array.'
            )
        upstream = np.ones(np.shape(output.value))
    return upstream_for(output.value, upstream)
