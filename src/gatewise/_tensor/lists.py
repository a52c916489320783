"""Lists with Tensors in them, where an array is meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._tensor.carrier import Tensor

LISTS = frozenset((list, tuple))


def has_tensor(x: Any) -> bool:
    """Whether a Tensor stands in nested lists and tuples."""
    if type(x) not in LISTS:
        return type(x) is Tensor
    for part in x:  # a call for each number of a long list would take longer than NumPy does
        kind = type(part)
        if kind is Tensor or ((kind is list or kind is tuple) and has_tensor(part)):
            return True
    return False


def gathered(x: Any) -> Any:
    """Nested lists with Tensors in them as one Tensor; anything else as it is."""
    if type(x) not in LISTS or not has_tensor(x):
        return x
    return np.stack([gathered(part) for part in x])
