"""Types that many rooms name: what a plain value is, a gate's parameters, a user's function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

#: A number or an array, as NumPy computes with it.
Plain: TypeAlias = bool | int | float | complex | np.generic | np.ndarray

#: What a gate was given beside its operands: axis, shape, dtype, index, ... each gate declares its own.
Parameters: TypeAlias = Mapping[str, Any]

#: A function of the user's: it may take and give anything.
Function: TypeAlias = Callable[..., Any]
