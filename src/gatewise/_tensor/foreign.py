"""Names that a Tensor has not, and what is written here in their place."""

from __future__ import annotations

import numpy as np

from gatewise._errors import MethodError
from gatewise._gates import GATES, NAMES
from gatewise._gates.absent import instead_of
from gatewise._tensor.arrays import OF_NUMPY

IN_PLACE = "with gw.no_grad(): t[...] = new, or t += change; init.zeros_(t) and its like."

#: What is written here in place of names that PyTorch's tensors have.
ELSEWHERE = {
    "float": "t.astype(np.float32).",
    "double": "t.astype(np.float64).",
    "half": "t.astype(np.float16).",
    "long": "t.numpy().astype(int).",
    "int": "t.numpy().astype(int).",
    "bool": "t.numpy().astype(bool).",
    "type": "t.astype(dtype); t.dtype to read it.",
    **dict.fromkeys(
        ["to", "cpu", "cuda"], "leave it out: all is computed by NumPy; t.astype(dtype) for another dtype."
    ),
    "contiguous": "leave it out.",
    "data": "t.numpy() to read it; with gw.no_grad(): t -= ... or t[...] = ... to change it.",
    "clone": "t.copy(), which gradients go through; t.numpy() for a plain array.",
    "numel": "t.size.",
    "dim": "t.ndim.",
    "view": "t.reshape(...); t.astype(...) for another dtype.",
    "resize": "t = np.resize(t, shape), which makes a new array.",
    "setflags": "leave it out.",
    "permute": "t.transpose(...).",
    "t": "t.T.",
    "unsqueeze": "np.expand_dims(t, axis).",
    **dict.fromkeys(["matmul", "mm", "bmm"], "t @ other."),
    "pow": "t ** n.",
    "norm": "np.sqrt(np.sum(t * t)).",
    **dict.fromkeys(["add_", "sub_", "mul_", "div_", "copy_", "fill_", "zero_", "normal_", "uniform_"], IN_PLACE),
}


def as_function(name: str) -> str:
    """A gate that NumPy's arrays have no method for, called; empty for any other name."""
    if name in NAMES and NAMES[name].own:
        return f"gw.{name}(t)."
    known = not name.startswith("__") and getattr(np, name, None) in GATES
    return f"np.{name}(t)." if known and not hasattr(np.ndarray, name) else ""


def no_attribute(t: object, name: str) -> Exception:
    """The error for a name that a Tensor has not."""
    if cure := ELSEWHERE.get(name) or as_function(name):
        return MethodError(f"Tensor.{name} does not exist.", OF_NUMPY, cure)
    if name.startswith("_") or not (hasattr(np.ndarray, name) or hasattr(float, name)):
        return AttributeError(f"'Tensor' object has no attribute '{name}'", name=name, obj=t)
    return MethodError.of(f"Tensor.{name}", instead_of(name))
