"""Lists with Tensors in them, where an array is meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._tensor.carrier import Tensor


def has_tensor(x: Any) -> bool:
    """Whether a Tensor stands in nested lists and tuples."""
    return type(x) is Tensor or (type(x) in (list, tuple) and any(map(has_tensor, x)))


def gathered(x: Any) -> Any:
    """Nested lists with Tensors in them as one Tensor; anything else as it is."""
    if type(x) not in (list, tuple) or not has_tensor(x):
        return x
    return np.stack([gathered(part) for part in x])
