"""The bar that moves while a network is trained, on a terminal: how far, the loss, the validation accuracy."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from gatewise.train.history import Epoch, smoothed

RECENT = 20  # losses that the one shown is the mean of


class Bar:
    """A bar over all steps of a run, on standard error; without a terminal there, nothing.

    >>> with Bar(10, 2) as bar:
    ...     bar.step(2.3)
    """

    def __init__(self, steps: int, epochs: int, done: int = 0, show: bool | None = None) -> None:
        self.epochs, self.accuracy = epochs, ""
        self.losses: list[float] = []
        self.progress: Any = None
        if sys.stderr.isatty() if show is None else show:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=None),  # as much as the numbers leave: of those nothing is cut
                TextColumn("{task.fields[told]}"),
                TimeRemainingColumn(),
            )
            self.progress = Progress(*columns, console=Console(stderr=True, markup=False), transient=True)
            self.task = self.progress.add_task("epoch 1", total=steps, completed=done, told="")

    def __enter__(self) -> Self:
        if self.progress is not None:
            self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.progress is not None:
            self.progress.stop()

    def step(self, loss: float, epoch: int = 0) -> None:
        """One step is done."""
        if self.progress is None:
            return
        self.losses = [*self.losses[1 - RECENT :], loss]
        mean = smoothed(self.losses, 2 * len(self.losses))[0]
        told = f"loss {mean:.4f}{self.accuracy}"
        self.progress.update(self.task, advance=1, description=f"epoch {epoch + 1}/{self.epochs}", told=told)

    def epoch(self, epoch: Epoch) -> None:
        """One epoch is done."""
        if epoch.validation_accuracy is not None:
            self.accuracy = f"  validation accuracy {epoch.validation_accuracy:.4f}"
