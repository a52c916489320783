"""What happened while a network was trained: a loss for each step, a line for each epoch, the signs that were seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._types import Json
from gatewise.train.held import ROW, Held
from gatewise.train.signs import Sign


@dataclass(frozen=True)
class Epoch:
    """One epoch: the mean loss and the accuracy of its batches, and what the validation images say at its end."""

    number: int
    step: int
    rate: float
    loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    @property
    def score(self) -> float:
        """The accuracy that models are compared by: on the validation images, where there are any."""
        return self.train_accuracy if self.validation_accuracy is None else self.validation_accuracy

    def line(self, epochs: int, time: str) -> str:
        """The epoch as one line of text, with the time it took.

        >>> Epoch(1, 7, 1e-3, 2.25, 0.2, 2.2, 0.25).line(10, "3 s")
        'epoch 1/10  3 s  loss 2.2500  train accuracy 0.2000  validation accuracy 0.2500'
        """
        told = f"epoch {self.number}/{epochs}  {time}  loss {self.loss:.4f}  train accuracy {self.train_accuracy:.4f}"
        if self.validation_accuracy is None:
            return told
        return f"{told}  validation accuracy {self.validation_accuracy:.4f}"


@dataclass
class History:
    """A loss for each step, an `Epoch` for each epoch, and the vital signs seen; nothing that depends on the clock.

    >>> history = History([2.3, 2.2], [Epoch(1, 2, 1e-3, 2.25, 0.2, 2.2, 0.25)])
    >>> history.best.validation_accuracy
    0.25
    >>> History.of(Held(history.state())) == history
    True
    """

    losses: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)

    @property
    def best(self) -> Epoch | None:
        """The epoch with the highest score, the earliest of them."""
        return max(self.epochs, key=lambda epoch: epoch.score, default=None)

    def series(self, name: str) -> list[Any]:
        """One column of the epochs, such as `validation_accuracy`."""
        return [getattr(epoch, name) for epoch in self.epochs]

    def state(self) -> Json:
        """The history as a dict that a checkpoint can hold."""
        epochs, signs = [asdict(epoch) for epoch in self.epochs], [asdict(sign) for sign in self.signs]
        return {"losses": np.array(self.losses, dtype=np.float64), "epochs": epochs, "signs": signs}

    @classmethod
    def of(cls, held: Held) -> History:
        """The history that `state()` was taken of. Raises `CheckpointError` for anything else."""
        losses: list[float] = np.asarray(held.take("losses", ROW), dtype=np.float64).tolist()
        epochs = [each.made(Epoch) for each in held.each("epochs")]
        if [epoch.number for epoch in epochs] != list(range(1, len(epochs) + 1)):
            raise held.wrong(held.value["epochs"], "one entry for each epoch, in their order", "epochs")
        return cls(losses, epochs, [each.made(Sign) for each in held.each("signs")])

    def to_json(self) -> str:
        """The history as JSON text."""
        state = self.state()
        return json.dumps(state | {"losses": self.losses}, indent=1)

    def plot(self, path: str | Path) -> None:
        """Draw the curves of loss and accuracy into a file; its ending says how (.png, .svg, .pdf)."""
        from gatewise.train.plots import save_curves

        save_curves({"": self}, path)


def smoothed(losses: Sequence[float], over: int) -> list[float]:
    """Each loss averaged with those around it, over a window of `over` steps that is shorter at both ends.

    >>> smoothed([1.0, 2.0, 3.0, 10.0], 3)
    [1.5, 2.0, 5.0, 6.5]
    """
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    places = np.arange(len(losses))
    first, last = np.maximum(0, places - over // 2), np.minimum(len(losses), places + (over + 1) // 2)
    means: list[float] = ((sums[last] - sums[first]) / (last - first)).tolist()
    return means
