"""A circuit as a module of PyTorch's, whose way back is gatewise's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._lowering.engines import kinds_in, outputs_of, run
from gatewise._lowering.errors import LoweringError
from gatewise._lowering.freed import Freed
from gatewise._lowering.guests import torch
from gatewise._lowering.lowered import UPSTREAM, Lowered
from gatewise._lowering.sizes import ByNumPy
from gatewise._lowering.torch_engine import Torch
from gatewise._program import At, uses


class Halves:
    """A program in two: what goes forward, and what hangs on what comes back."""

    def __init__(self, lowered: Lowered) -> None:
        self.lowered, self.program = lowered, lowered.program
        first = len(self.program.inputs)
        self.seed = [i.name for i in lowered.inputs].index(UPSTREAM)
        back = {self.seed}
        for k, op in enumerate(self.program.ops):
            if not back.isdisjoint(uses(op)):
                back.add(first + k)
        self.forward = [k for k in range(len(self.program.ops)) if first + k not in back]
        self.backward = [k for k in range(len(self.program.ops)) if first + k in back]
        wanted = {x.place for x in self.program.outputs.values() if isinstance(x, At)}
        needed = wanted.union(*(uses(self.program.ops[k]) for k in self.backward))
        self.kept = sorted(needed - back)

    @cached_property
    def kinds(self) -> list[Any]:
        return kinds_in(self.program, self.lowered.weak)


def to_torch(lowered: Lowered, freed: Freed | None, parameters: Sequence[str]) -> Any:
    """A module whose forward is the circuit's value; it holds the arguments that `parameters` names."""
    known = dict.fromkeys(i.parameter for i in lowered.inputs if i.name != UPSTREAM)
    if unknown := [name for name in parameters if name not in known]:
        what = f"{unknown[0]} is no input of {lowered.name}."
        raise LoweringError(what, f"its inputs are {', '.join(known)}.", "the name of one of these.")
    whole = None if freed is not None else Halves(lowered)
    halves: dict[Any, Halves] = {}
    function = function_of(lowered)

    class Circuit(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            for i in lowered.inputs:
                if i.parameter in parameters:
                    told = torch.as_tensor(np.array(i.wire.value))
                    held = torch.nn.Parameter(told, requires_grad=i.wanted)
                    self.register_parameter(i.name, held)

        @torch.compiler.disable  # type: ignore[misc, untyped-decorator, unused-ignore]  # what interprets is not traced
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            held = {i.name: getattr(self, i.name) for i in lowered.inputs if i.parameter in parameters}
            inputs = values_given(lowered, args, kwargs, held, parameters)
            here = whole
            if freed is not None:
                n = freed.size([*(tuple(np.shape(x)) for x in inputs), ()])
                here = halves.get(n) or halves.setdefault(n, Halves(freed.at(n, ByNumPy())))
            assert here is not None
            return function.apply(here, *fitting(here.lowered, inputs))

    Circuit.__name__ = Circuit.__qualname__ = lowered.name
    return Circuit()


def values_given(
    lowered: Lowered, args: Sequence[Any], kwargs: Mapping[str, Any], held: Mapping[str, Any], parameters: Sequence[str]
) -> list[Any]:
    """What a call, and the module itself, give each input but the last."""
    rest = [p for name, p in lowered.signature.parameters.items() if name not in parameters]
    bound = lowered.signature.replace(parameters=rest).bind(*args, **kwargs)
    bound.apply_defaults()
    lowered.demand_same(bound.arguments)
    values = []
    for i in lowered.inputs:
        if i.name != UPSTREAM:
            values.append(held[i.name] if i.name in held else lowered.entry(i, bound.arguments))
    return values


def fitting(lowered: Lowered, values: Sequence[Any]) -> list[Any]:
    """Inputs as the circuit takes them, on one device. Raises `LoweringError` for another shape or a longer dtype."""
    device = next((x.device for x in values if isinstance(x, torch.Tensor)), None)
    found = []
    for i, given, weak, x in zip(lowered.inputs, lowered.program.inputs, lowered.weak, values, strict=False):
        dtype = getattr(torch, given.dtype)
        x = x if isinstance(x, torch.Tensor) else torch.as_tensor(x, dtype=dtype, device=device)
        if tuple(x.shape) != tuple(given.shape):
            what = f"{i.text} has the shape {tuple(x.shape)}; the circuit was recorded with {given.shape}."
            why = "its lines were recorded for these shapes."
            raise LoweringError(what, why, "record it with such an input; or name the batch, c.to_torch(batch=...).")
        if not weak and not np.can_cast(str(x.dtype).removeprefix("torch."), given.dtype, "safe"):
            what = f"{i.text} is {x.dtype}; the circuit was recorded with {given.dtype}."
            raise LoweringError(what, "its digits would be cut off.", f"{i.text}.to(torch.{given.dtype}).")
        found.append(x.to(dtype))
    return found


def function_of(lowered: Lowered) -> Any:
    """What PyTorch calls forward, and with what came back."""

    class Function(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, halves: Halves, *inputs: Any) -> Any:
            engine, values = Torch(inputs[0].device), dict(enumerate(inputs))
            run(halves.program, engine, values, halves.kinds, halves.forward)
            ctx.halves = halves
            ctx.save_for_backward(*(values[k] for k in halves.kept))
            value = outputs_of(halves.program, values)["value"]
            return engine.array(value, np.dtype(value.dtype if isinstance(value, np.ndarray) else engine.dtype(value)))

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[misc, untyped-decorator, unused-ignore]
        def backward(ctx: Any, g: Any) -> Any:
            halves: Halves = ctx.halves
            values = dict(zip(halves.kept, ctx.saved_tensors, strict=True))
            values[halves.seed] = g
            run(halves.program, Torch(g.device), values, halves.kinds, halves.backward)
            found = outputs_of(halves.program, values)
            return None, *(of_input(found, i, given, g.device) for i, given in pairs(halves))

    def pairs(halves: Halves) -> Any:
        return list(zip(halves.lowered.inputs, halves.program.inputs, strict=True))[:-1]

    def of_input(found: Mapping[str, Any], i: Any, given: Any, device: Any) -> Any:
        made = found.get(f"d{i.name}") if i.wanted else None
        return None if made is None else Torch(device).array(made, np.dtype(given.dtype))

    return Function
