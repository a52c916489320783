"""Activations as modules."""

from __future__ import annotations

import numpy as np

from gatewise._gates import relu, sigmoid, softmax
from gatewise._tensor import Values
from gatewise.nn.module import Module


class ReLU(Module):
    """Keeps what is positive, and has 0 for the rest.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Values) -> Values:
        """The larger of each entry and 0."""
        return relu(x)


class Sigmoid(Module):
    """Squashes every number into the range from 0 to 1.

    >>> import gatewise.nn as nn
    >>> nn.Sigmoid()(0.0)
    np.float64(0.5)
    """

    def forward(self, x: Values) -> Values:
        """1 / (1 + exp(-x))."""
        return sigmoid(x)


class Tanh(Module):
    """Squashes every number into the range from -1 to 1.

    >>> import gatewise.nn as nn
    >>> float(nn.Tanh()(0.0))
    0.0
    """

    def forward(self, x: Values) -> Values:
        """The hyperbolic tangent of each entry."""
        return np.tanh(x)


class Softmax(Module):
    """Turns scores into shares that add up to 1 along an axis.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.Softmax()(np.zeros((1, 4)))
    array([[0.25, 0.25, 0.25, 0.25]])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Values) -> Values:
        """exp(x) over its sum."""
        return softmax(x, axis=self.dim)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"
