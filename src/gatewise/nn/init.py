"""Filling parameters with random numbers, in place, as PyTorch does: each function returns the parameter it filled.

`rng` is a generator from np.random.default_rng, a seed, or None for the generator that all layers share. Xavier: Glorot
and Bengio 2010; Kaiming: He et al. 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gatewise._errors import LayerError
from gatewise._tensor import Tensor, change
from gatewise.nn.random import Source, generator

Filled = TypeVar("Filled", Tensor, np.ndarray)


def fill(parameter: Filled, draw: Callable[[tuple[int, ...]], npt.ArrayLike]) -> Filled:
    """Write what `draw` gives for its shape into a Tensor or an array, and return it."""

    def write(array: np.ndarray) -> None:
        array[...] = draw(array.shape)

    if isinstance(parameter, Tensor):
        change(parameter, write)
    else:
        write(parameter)
    return parameter


def uniform_(tensor: Filled, a: float = 0.0, b: float = 1.0, rng: Source = None) -> Filled:
    """Numbers from a to b, each as likely as the others."""
    return fill(tensor, lambda shape: generator(rng).uniform(a, b, shape))


def normal_(tensor: Filled, mean: float = 0.0, std: float = 1.0, rng: Source = None) -> Filled:
    """Numbers of the normal distribution.

    >>> import gatewise.nn as nn
    >>> layer = nn.Linear(1000, 100)
    >>> round(float(nn.init.normal_(layer.weight, std=1e-4, rng=0).numpy().std()), 6)
    0.0001
    """
    return fill(tensor, lambda shape: generator(rng).normal(mean, std, shape))


def constant_(tensor: Filled, val: float) -> Filled:
    """One number everywhere."""
    return fill(tensor, lambda shape: val)


def zeros_(tensor: Filled) -> Filled:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor: Filled) -> Filled:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def fans(tensor: Tensor | np.ndarray) -> tuple[int, int]:
    """How many inputs an output of this weight has, and how many outputs an input has; (out, in, ...) in shape."""
    shape = np.shape(tensor.value if isinstance(tensor, Tensor) else tensor)
    if len(shape) < 2:
        what = f"A weight of shape {shape} has no inputs and outputs."
        raise LayerError(what, "its scale is counted from them.", "init.normal_ or init.zeros_ for a bias.")
    seen = math.prod(shape[2:])
    return shape[1] * seen, shape[0] * seen


GAINS: dict[str, Callable[[float], float]] = {
    "linear": lambda slope: 1.0,
    "conv2d": lambda slope: 1.0,
    "sigmoid": lambda slope: 1.0,
    "tanh": lambda slope: 5.0 / 3,
    "relu": lambda slope: math.sqrt(2.0),
    "leaky_relu": lambda slope: math.sqrt(2.0 / (1 + slope**2)),
    "selu": lambda slope: 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much larger weights are before this activation, so that the size of what passes stays the same.

    >>> calculate_gain("relu") ** 2
    2.0000000000000004
    """
    if nonlinearity not in GAINS:
        raise LayerError.setting("init", "nonlinearity", nonlinearity, "one of " + ", ".join(GAINS))
    return GAINS[nonlinearity](0.01 if param is None else param)


def fan_of(tensor: Tensor | np.ndarray, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise LayerError.setting("init", "mode", mode, '"fan_in" or "fan_out"')
    return fans(tensor)[0 if mode == "fan_in" else 1]


def xavier_uniform_(tensor: Filled, gain: float = 1.0, rng: Source = None) -> Filled:
    """Between plus and minus gain * sqrt(6 / (inputs + outputs))."""
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor: Filled, gain: float = 1.0, rng: Source = None) -> Filled:
    """Normal, with the standard deviation gain * sqrt(2 / (inputs + outputs))."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), rng)


def kaiming_uniform_(
    tensor: Filled, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", rng: Source = None
) -> Filled:
    """Between plus and minus gain * sqrt(3 / inputs), the gain that of the activation."""
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / fan_of(tensor, mode))
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(
    tensor: Filled, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", rng: Source = None
) -> Filled:
    """Normal, with the standard deviation gain / sqrt(inputs), the gain that of the activation."""
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan_of(tensor, mode)), rng)
