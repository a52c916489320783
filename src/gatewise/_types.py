"""Types that many rooms name: what a plain value is, a gate's parameters, a user's function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

#: A number or an array, as NumPy computes with it.
Plain: TypeAlias = bool | int | float | complex | np.generic | np.ndarray

#: What a gate was given beside its operands: axis, shape, dtype, index, ... each gate declares its own.
Parameters: TypeAlias = Mapping[str, Any]

#: A function of the user's: it may take and give anything.
Function: TypeAlias = Callable[..., Any]

#: What a gate is applied to, or the tangents of that: numbers, arrays, Tensors, and whatever else the gate takes.
Operands: TypeAlias = Sequence[Any]

#: Values by the names that users gave them: inputs, arguments, options, what a script left.
Named: TypeAlias = Mapping[str, Any]

#: The names that a user's code sees, with what they stand for.
Namespace: TypeAlias = dict[str, Any]

#: An object of JSON, as Python's `json` reads it: a record, a part of one.
Json: TypeAlias = dict[str, Any]

#: The axes that a total goes over; None is all of them.
Axis: TypeAlias = int | tuple[int, ...] | None

#: The value of a wire, a cotangent, a tangent: a number or an array; a Tensor while another derivative is open, a
#: `Live` cotangent, a symbol while a rule is traced. Rules compute with all of these alike, for which a checker has no
#: type: it does not look into them. What computes with plain values alone takes `Plain`.
Value: TypeAlias = Any

#: What stands between brackets: whole numbers, slices, None, `...`, arrays and lists, Tensors among them, or a tuple.
Index: TypeAlias = Any
