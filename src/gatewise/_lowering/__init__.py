"""Circuits run by other engines: the flat program of a circuit and its backward pass, gate by gate on JAX or PyTorch.

The gradients are gatewise's own, at kinks too: no engine differentiates.
"""

from gatewise._lowering.batches import Again as Again
from gatewise._lowering.batches import demand_no_copies as demand_no_copies
from gatewise._lowering.errors import LoweringError as LoweringError
from gatewise._lowering.freed import Freed as Freed
from gatewise._lowering.lowered import Lowered as Lowered
from gatewise._lowering.lowered import lower as lower
from gatewise._lowering.to_jax import to_jax as to_jax
from gatewise._lowering.to_torch import to_torch as to_torch
