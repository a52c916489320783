"""Pictures of training: curves and weights. Matplotlib, which `[plot]` brings, draws them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatewise._errors import SaveError
from gatewise.nn import Module
from gatewise.train.history import History, smoothed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE = 100.0  # times the smallest loss: beyond it the axis is logarithmic
PATHS = (".png", ".svg", ".pdf")
COLOURS = ("#0b62a4", "#c8501e", "#2e7d32", "#7b3294", "#8c6d00")  # dark enough on white, apart for every eye
STEADY: Any = {"svg.hashsalt": "gatewise", "svg.fonttype": "none"}  # the same curves are the same bytes


def save_curves(runs: Mapping[str, History], path: str | Path, title: str = "") -> None:
    """Draw the loss of every step, and the accuracies of every epoch, of one run or several by name.

    Raises `SaveError` without matplotlib, and for a path that cannot be written.
    """
    figure, (left, right) = new_figure((9.0, 3.6), 1, 2)
    for colour, (name, history) in zip(COLOURS * len(runs), runs.items(), strict=False):
        losses = smoothed(history.losses, max(len(history.losses) // 50, 1))
        left.plot(np.arange(1, len(losses) + 1), losses, color=colour, linewidth=1.2, label=name or None)
        numbers = history.series("number")
        label = f"{name}, training" if name else "training"
        right.plot(numbers, history.series("train_accuracy"), "--", color=colour, linewidth=1.2, label=label)
        if all(value is not None for value in history.series("validation_accuracy")):
            label = f"{name}, validation" if name else "validation"
            right.plot(numbers, history.series("validation_accuracy"), color=colour, linewidth=1.6, label=label)
    left.set(
        xlabel="step",
        ylabel="loss, smoothed",
        yscale=scale_of([loss for each in runs.values() for loss in each.losses]),
    )
    right.set(xlabel="epoch", ylabel="accuracy")
    if any(runs):
        left.legend(frameon=False, fontsize="small")
    right.legend(frameon=False, fontsize="small")
    if title:
        figure.suptitle(title)
    save_figure(figure, path)


def scale_of(losses: Sequence[float]) -> str:
    """The axis that shows losses of every size.

    >>> scale_of([2.3, 0.5]), scale_of([300.0, 0.5]), scale_of([300.0, 0.0])
    ('linear', 'log', 'linear')
    """
    return "log" if losses and 0 < WIDE * min(losses) < max(losses) else "linear"


def save_weights(images: np.ndarray, path: str | Path, titles: Sequence[str] = ()) -> None:
    """Draw weights (N, channels, height, width) as N images: each spread over the whole range of grey or colour.

    Three channels are red, green and blue; any other number is drawn by its mean.
    """
    images = np.asarray(images, dtype=np.float64)
    columns = math.ceil(math.sqrt(len(images))) if len(images) > 10 else min(5, len(images))
    rows = math.ceil(len(images) / columns)
    figure, axes = new_figure((columns, rows * (1.25 if titles else 1.0)), rows, columns)
    for place in axes:
        place.set_axis_off()
    for place, image, title in zip(axes, images, [*titles, *[""] * len(images)], strict=False):
        shown = spread(image)
        place.imshow(shown, cmap=None if shown.ndim == 3 else "gray", interpolation="nearest")
        place.set_title(title, fontsize=8)
    save_figure(figure, path)


def spread(image: np.ndarray) -> np.ndarray:
    """One image (channels, height, width) as (height, width) or (height, width, 3), from 0 to 1.

    >>> spread(np.array([[[-1.0, 1.0]]])).tolist()
    [[0.0, 1.0]]
    """
    shown = np.moveaxis(image, 0, -1) if len(image) == 3 else image.mean(axis=0)
    low, high = shown.min(), shown.max()
    between: np.ndarray = (shown - low) / ((high - low) or 1.0)
    return between


def first_weights(model: Module, shape: tuple[int, ...]) -> np.ndarray | None:
    """The first layer's weights as images of a shape, or as the filters they are; None where they are neither."""
    for _, parameter in model.named_parameters():
        weight = np.asarray(parameter.value)
        if weight.ndim == 4:
            return weight
        if weight.ndim == 2:
            return weight.reshape(-1, *shape) if weight.shape[1] == math.prod(shape) else None
    return None


def new_figure(size: tuple[float, float], rows: int, columns: int) -> tuple[Figure, Any]:
    """A figure that no window and no global state belongs to. Raises `SaveError`."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        why = "curves and weights are drawn by matplotlib, which is not installed."
        raise SaveError("No plot was written.", why, "pip install 'gatewise[plot]'.") from None
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


def save_figure(figure: Figure, path: str | Path) -> None:
    """Save a figure by the ending of its file. Raises `SaveError`."""
    from matplotlib import rc_context

    if Path(path).suffix.lower() not in PATHS:
        raise SaveError(
            f"{str(path)!r} does not say what to write.", f"a plot is saved as {', '.join(PATHS)}.", "curves.svg."
        )
    try:
        with rc_context(STEADY):
            metadata = {"Date": None} if Path(path).suffix.lower() == ".svg" else None
            figure.savefig(path, dpi=150, metadata=metadata)
    except OSError as error:
        raise SaveError(f"{str(path)[:60]!a} cannot be written.", f"{error.strerror}.", "another folder.") from None
