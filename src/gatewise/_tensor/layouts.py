"""How the entries of an array lie in memory: what decides whether a result is a view."""

from __future__ import annotations

import numpy as np

from gatewise._gates import viewed
from gatewise._tensor.assigning import root_of
from gatewise._tensor.carrier import Tensor


def laid_out(t: Tensor, order: object) -> Tensor:
    """`t` with its entries by rows ("C") or by columns ("F"): itself where they lie like this, or a copy."""
    if order not in ("C", "F") or type(t.value) is not np.ndarray:
        return t
    root, _, chain = root_of(t)
    if viewed(root.value, chain).flags[f"{order}_CONTIGUOUS"]:
        return t
    copied: Tensor = t.copy() if order == "C" else t.transpose().copy().transpose()
    return copied
