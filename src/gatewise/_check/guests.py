"""Functions of PyTorch and JAX, taken as black boxes on NumPy arrays; nothing is imported that the user did not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError
from gatewise._types import Function

#: A function, its arguments, its gradient and its backward half.
Adapted = tuple[Function, Sequence[object], object, Function | None]


def adapted(f: Function, args: Sequence[object], gradient: object, backward: Function | None) -> Adapted:
    """The function, its arguments and its gradient on NumPy arrays, where they are PyTorch's or JAX's."""
    if gradient is None and backward is None:
        torch = sys.modules.get("torch")
        if torch is not None and (is_torch_function(torch, f) or any(isinstance(x, torch.Tensor) for x in args)):
            return of_torch(torch, f, args)
        jax = sys.modules.get("jax")
        if jax is not None and (hasattr(f, "defvjp") or any(isinstance(x, jax.Array) for x in args)):
            return of_jax(jax, f, args)
    return f, args, gradient, backward


def is_torch_function(torch: ModuleType, f: Function) -> bool:
    """Whether `f` is a `torch.autograd.Function`, or its `apply`."""
    owner = f if isinstance(f, type) else getattr(f, "__self__", None)
    return isinstance(owner, type) and issubclass(owner, torch.autograd.Function)


def of_torch(torch: ModuleType, f: Function, args: Sequence[object]) -> Adapted:
    """f on arrays, returning (out, what was given), and PyTorch's backward pass as backward(dout, cache)."""
    call: Any = getattr(f, "apply", f) if isinstance(f, type) else f
    device = next((x.device for x in args if isinstance(x, torch.Tensor)), None)

    def tensor(x: object) -> object:
        return torch.tensor(x, device=device) if isinstance(x, (np.ndarray, np.generic)) else x

    def forward(*arrays: Any) -> tuple[object, object]:
        with torch.no_grad():
            return numpy_of(call(*map(tensor, arrays))), arrays

    def backward(dout: object, arrays: Any) -> list[np.ndarray | None]:
        tensors = [tensor(x) for x in arrays]
        wanted = [x for x in tensors if isinstance(x, torch.Tensor) and x.is_floating_point()]
        for x in wanted:
            x.requires_grad_(True)
        out = call(*tensors)
        found = torch.autograd.grad(
            out, wanted, torch.as_tensor(dout, dtype=out.dtype, device=out.device), allow_unused=True
        )
        by_tensor = {id(x): g for x, g in zip(wanted, found, strict=True)}
        return [None if by_tensor.get(id(x)) is None else numpy_of(by_tensor[id(x)]) for x in tensors]

    forward.__name__ = getattr(f, "__name__", "f") if isinstance(f, type) else own_name(f)
    backward.__name__ = f"{forward.__name__}.backward"
    plain = [numpy_of(x) if isinstance(x, torch.Tensor) else x for x in args]
    return forward, [np.array(x) if isinstance(x, float) else x for x in plain], None, backward


def of_jax(jax: ModuleType, f: Function, args: Sequence[object]) -> Adapted:
    """f on arrays, returning (out, what was given), and JAX's vjp as backward(dout, cache)."""

    def forward(*arrays: Any) -> tuple[object, object]:
        return np.asarray(f(*arrays)), arrays

    def backward(dout: object, arrays: Any) -> list[np.ndarray | None]:
        out, pullback = jax.vjp(f, *arrays)
        return [np.asarray(g) for g in pullback(jax.numpy.asarray(dout, dtype=out.dtype))]

    forward.__name__ = getattr(f, "__name__", "f")
    backward.__name__ = f"{forward.__name__}.backward"
    return forward, [np.array(x) if hasattr(x, "dtype") else x for x in args], None, backward


def own_name(f: object) -> str:
    return str(getattr(getattr(f, "__self__", None), "__name__", None) or getattr(f, "__name__", "f"))


def numpy_of(x: Any) -> np.ndarray:
    if "bfloat16" in str(x.dtype):
        raise ArgumentError("a tensor is in bfloat16.", "NumPy has no such floats.", "x.float(), or x.half().")
    found: np.ndarray = x.detach().cpu().numpy().copy()
    return found
