"""Layers, losses and runs that cannot be made of what was given."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._errors.base import GatewiseError, visible
from gatewise._errors.lines import LineError


class LossError(LineError):
    """A loss was given scores and targets that do not belong together.

    Wrong:

    >>> import numpy as np
    >>> import gatewise.nn.functional as F
    >>> F.mse_loss(np.ones((4, 1)), np.ones(4))
    Traceback (most recent call last):
        ...
    gatewise._errors.LossError: mse_loss cannot compare the shapes (4, 1) and (4,)...

    Right:

    >>> float(F.mse_loss(np.ones(4), np.ones(4)))
    0.0
    """

    @classmethod
    def shapes(cls, loss: str, one: tuple[int, ...], other: tuple[int, ...]) -> LossError:
        return cls(
            f"{loss} cannot compare the shapes {one} and {other}.",
            "NumPy would pair every entry with every other, and the loss would be of that table.",
            f"the same shape twice: scores.reshape({other}), or target.reshape({one}).",
        )

    @classmethod
    def classes(cls, loss: str, scores: tuple[int, ...], found: str) -> LossError:
        return cls(
            f"{loss} cannot take these scores and classes.",
            "each row has one right class.",
            f"F.{loss}(scores, y), y a vector with the number of the right column of each row.",
            f"Expect: scores (N, C), classes (N,), whole numbers from 0 to C - 1. Actual: scores {scores}, {found}.",
        )

    @classmethod
    def unknown_reduction(cls, reduction: object) -> LossError:
        what = f"There is no reduction {reduction!r}."
        return cls(what, "a loss is one number, or one a row.", 'reduction="mean", "sum" or "none".')


class LayerError(LineError):
    """A layer or an optimiser was made with settings that it cannot have, or given what does not fit it.

    Wrong:

    >>> import gatewise.nn as nn
    >>> nn.Dropout(1.5)
    Traceback (most recent call last):
        ...
    gatewise._errors.LayerError: Dropout got p=1.5...

    Right:

    >>> nn.Dropout(0.5)
    Dropout(p=0.5)
    """

    @classmethod
    def setting(cls, layer: str, name: str, value: object, expect: str) -> LayerError:
        return cls(f"{layer} got {name}={value!r}.", f"{name} is {expect}.", f"a {name} that is {expect}.")


class StateError(LineError):
    """A saved state does not fit what it is loaded into.

    Wrong:

    >>> import numpy as np
    >>> import gatewise.nn as nn
    >>> nn.Linear(2, 1).load_state_dict({"weight": np.ones((3, 1))})
    Traceback (most recent call last):
        ...
    gatewise._errors.StateError: The state does not fit Linear(in_features=2, out_features=1, bias=True)...

    Right:

    >>> keys = nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
    """

    @classmethod
    def of(cls, owner: str, problems: Sequence[str]) -> StateError:
        shown = "; ".join(visible(each) for each in problems[:5]) + ("; ..." if len(problems) > 5 else "")
        why = "a state has one array for each name, of that name's shape."
        return cls(f"The state does not fit {owner}.", why, "the state of a model of the same layers.", shown)


class DataError(LineError):
    """Images or labels cannot be learned from: labels out of range, lengths that differ, entries that are no numbers.

    Wrong:

    >>> import numpy as np
    >>> from gatewise.course import TwoLayerNet
    >>> net = TwoLayerNet(4, 10, 3, rng=0)
    >>> net.loss(np.ones((2, 4)), np.array([0, 3]))
    Traceback (most recent call last):
        ...
    gatewise._errors.DataError: a label is 3, and there are 3 classes...

    Right:

    >>> loss, grads = net.loss(np.ones((2, 4)), np.array([0, 2]))
    """


class TrainingError(GatewiseError):
    """A training run was asked for that cannot be made: settings that make no sense, or a run that does not fit.

    >>> print(TrainingError("epochs is 0.", "nothing would be trained.", "epochs=10."))
    epochs is 0.
      why:     nothing would be trained.
      instead: epochs=10.
    """


class DivergedError(GatewiseError):
    """The loss, a gradient or a weight turned non-finite while training; the step was not applied.

    >>> print(DivergedError("step 12: the loss is nan.", "the weights grew until exp overflowed.", "a lower rate."))
    step 12: the loss is nan.
      why:     the weights grew until exp overflowed.
      instead: a lower rate.
    """
