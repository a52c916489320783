"""Derivatives of functions, nested in any way."""

from gatewise._derivatives.arguments import (
    Argnums,
    demand_function,
    demand_plain_meaning,
    output_and_aux,
    positions_of,
    stretch_of,
)
from gatewise._derivatives.running import Derivative
from gatewise._derivatives.transforms import by_all_arguments, grad, jvp, value_and_grad, vjp

__all__ = [
    "Argnums",
    "Derivative",
    "by_all_arguments",
    "demand_function",
    "demand_plain_meaning",
    "grad",
    "jvp",
    "output_and_aux",
    "positions_of",
    "stretch_of",
    "value_and_grad",
    "vjp",
]  # fmt: skip
