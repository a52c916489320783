"""Losses as modules."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gatewise._tensor import Values
from gatewise.nn import functional
from gatewise.nn.module import Module


class Loss(Module):
    """The parent of the losses: `reduction` is "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = functional.demanded(reduction)


class CrossEntropyLoss(Loss):
    """Cross-entropy of a softmax over scores (N, C) with classes (N,); `weight` (C,) says how much each class counts.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.CrossEntropyLoss()(np.zeros((2, 4)), np.array([0, 3])).round(4)
    np.float64(1.3863)
    """

    def __init__(
        self, weight: npt.ArrayLike | None = None, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(reduction)
        self.weight = None if weight is None else functional.class_weights(weight, np.size(weight))
        self.label_smoothing = functional.checked_smoothing(label_smoothing)

    def forward(self, scores: Values, classes: npt.ArrayLike) -> functional.Loss:
        """The loss."""
        return functional.cross_entropy(
            scores, classes, self.reduction, weight=self.weight, label_smoothing=self.label_smoothing
        )


class MSELoss(Loss):
    """The mean of the squared differences.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.MSELoss()(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    np.float64(2.0)
    """

    def forward(self, scores: Values, target: Values) -> functional.Loss:
        """The loss."""
        return functional.mse_loss(scores, target, self.reduction)


class BCEWithLogitsLoss(Loss):
    """Cross-entropy of the sigmoid of each score with a target from 0 to 1.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.BCEWithLogitsLoss()(np.zeros(2), np.array([0.0, 1.0])).round(4)
    np.float64(0.6931)
    """

    def forward(self, scores: Values, target: Values) -> functional.Loss:
        """The loss."""
        return functional.binary_cross_entropy_with_logits(scores, target, self.reduction)


class MultiMarginLoss(Loss):
    """The hinge loss of scores (N, C) with classes (N,), a mean over the classes.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.MultiMarginLoss()(np.zeros((1, 4)), np.array([0]))
    np.float64(0.75)
    """

    def __init__(self, p: int = 1, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.p, self.margin = p, margin

    def forward(self, scores: Values, classes: npt.ArrayLike) -> functional.Loss:
        """The loss."""
        return functional.multi_margin_loss(scores, classes, self.p, self.margin, self.reduction)
