"""Functions of PyTorch and JAX, taken as black boxes on NumPy arrays; nothing is imported that the user did not.

Floats that NumPy has none of (bfloat16, float8) are carried in float32.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError
from gatewise._recording import mapped
from gatewise._types import Function

SHORT = re.compile("bfloat16|float8")  #: floats that NumPy has none of

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


@dataclass
class Carried:
    """A function on arrays that NumPy has no floats for, as one on float32, and how coarse the coarsest of them are."""

    eps: float = 0.0

    def plain(self, x: object) -> object:
        """A value with its floats in float32, where NumPy has none of its own."""
        kind = str(getattr(x, "dtype", ""))
        if not SHORT.search(kind) or not hasattr(x, "dtype"):
            return x
        self.eps = max(self.eps, spacing_of(kind))
        return x.float() if hasattr(x, "float") else np.asarray(x).astype(np.float32)

    def adapted(
        self, f: Function, args: Sequence[object], gradient: object, backward: Function | None
    ) -> tuple[Function, Sequence[object], object, Function | None]:
        """The function, its gradient and its backward half, called with what they were meant for."""
        kinds = [getattr(x, "dtype", None) if SHORT.search(str(getattr(x, "dtype", ""))) else None for x in args]

        def inner(_: object, x: object) -> object:
            return self.plain(x)

        def on_plain(g: Function) -> Function:
            @functools.wraps(g)
            def run(*given: Any, **options: Any) -> Any:
                restored = [x if kind is None else in_kind(x, kind) for x, kind in zip(given, kinds, strict=False)]
                found = g(*restored, *given[len(kinds) :], **options)
                return mapped(inner, found)

            return run

        def back(*given: Any) -> Any:
            assert backward is not None
            found = backward(*given)
            return mapped(inner, found)

        for x in args:
            self.plain(x)
        turned = on_plain(gradient) if callable(gradient) else gradient
        whole = functools.wraps(backward)(back) if backward is not None else None
        return on_plain(plain_call(f)), [self.plain(x) for x in args], turned, whole


def plain_call(f: Any) -> Function:
    """A function, or what runs a `torch.autograd.Function`."""
    found: Function = getattr(f, "apply", f) if isinstance(f, type) else f
    return found


def in_kind(x: Any, kind: Any) -> Any:
    """A value in floats of a kind that NumPy has none of: as PyTorch's, as JAX's, or in an array."""
    return x.to(kind) if hasattr(x, "to") and not isinstance(x, np.ndarray) else x.astype(kind)


def spacing_of(kind: str) -> float:
    """The spacing of floats, by their name: bfloat16 has 7 bits behind the point, float8_e4m3 3."""
    found = re.search(r"m(\d)", kind)
    return 2.0**-7 if "bfloat16" in kind else 2.0 ** -int(found[1]) if found is not None else 0.25


def plain_of(x: Any) -> Any:
    """A value of PyTorch, JAX or NumPy as an array of NumPy's."""
    x = Carried().plain(x)
    return x.detach().cpu().numpy() if hasattr(x, "detach") else x


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
    named_as(forward, f, len(args))
    backward.__name__ = f"{forward.__name__}.backward"
    plain = [numpy_of(x) if isinstance(x, torch.Tensor) else x for x in args]
    return forward, [np.array(x) if isinstance(x, float) else x for x in plain], None, backward


def of_jax(jax: ModuleType, f: Function, args: Sequence[object]) -> Adapted:
    """f on arrays, returning (out, what was given), and JAX's vjp as backward(dout, cache)."""

    def forward(*arrays: Any) -> tuple[object, object]:
        with in_their_floats(jax, arrays):
            return np.asarray(f(*arrays)), arrays

    def backward(dout: object, arrays: Any) -> list[np.ndarray | None]:
        with in_their_floats(jax, arrays):
            out, pullback = jax.vjp(f, *arrays)
            return [np.asarray(g) for g in pullback(jax.numpy.asarray(dout, dtype=out.dtype))]

    forward.__name__ = getattr(f, "__name__", "f")
    named_as(forward, f, len(args))
    backward.__name__ = f"{forward.__name__}.backward"
    return forward, [np.array(x) if hasattr(x, "dtype") else x for x in args], None, backward


def in_their_floats(jax: ModuleType, arrays: Sequence[object]) -> AbstractContextManager[object]:
    """JAX in float64 where the arrays are: what is given in float32 is taken up to it for differences."""
    home = jax if hasattr(jax, "enable_x64") else jax.experimental
    enable: Any = getattr(home, "enable_x64", None)
    long = any(getattr(x, "dtype", None) == np.float64 for x in arrays)
    found: AbstractContextManager[object] = enable(True) if enable is not None and long else nullcontext()
    return found


def named_as(forward: Any, f: Any, count: int) -> None:
    """Give a function of arrays the names that the arguments of f have; of PyTorch's Functions those behind `ctx`."""
    owner = f if isinstance(f, type) else getattr(f, "__self__", None)
    try:
        found = getattr(owner, "forward", f) if isinstance(owner, type) else f
        names = [*inspect.signature(found).parameters.values()]
    except (TypeError, ValueError):
        return
    names = names[1:] if isinstance(owner, type) and len(names) == count + 1 else names
    kinds = {p.kind for p in names}
    if len(names) >= count and kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY}:
        forward.__signature__ = inspect.Signature(names[:count])


def own_name(f: object) -> str:
    return str(getattr(getattr(f, "__self__", None), "__name__", None) or getattr(f, "__name__", "f"))


def numpy_of(x: Any) -> np.ndarray:
    if "bfloat16" in str(x.dtype):
        raise ArgumentError(
            "a tensor is in bfloat16.", "its digits are too few for differences.", "x.float(); or like=f, a plain f."
        )
    found: np.ndarray = x.detach().cpu().numpy().copy()
    return found
