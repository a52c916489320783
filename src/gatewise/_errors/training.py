"""Nets, data sets and checkpoints that cannot be made, learned from or read."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._errors.base import GatewiseError, listed, meant, visible
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


class UnknownDataSetError(GatewiseError):
    """A data set was named that gatewise does not know.

    Wrong:

    >>> import gatewise.data
    >>> gatewise.data.load("cifar")
    Traceback (most recent call last):
        ...
    gatewise._errors.UnknownDataSetError: There is no data set 'cifar'...

    Right:

    >>> gatewise.data.load("digits").X_train.shape
    (1437, 1, 8, 8)
    """

    def __init__(self, name: object, known: Sequence[str]) -> None:
        cure = meant(name, known, "Name one of these, or hand over arrays of your own.")
        super().__init__(f"There is no data set {name!r}.", f"gatewise knows {listed(known)}.", cure)


class MissingDataError(GatewiseError):
    """A data set is not on this machine and cannot be fetched.

    Wrong:

    >>> import gatewise.data
    >>> gatewise.data.cifar10("no/such/folder")
    Traceback (most recent call last):
        ...
    gatewise._errors.MissingDataError: CIFAR-10 is not in 'no/such/folder'...

    Right: `gatewise.data.cifar10("DIR")`, where DIR or a folder in it holds the files; `gatewise.data.digits()` needs
    none.
    """


class DataFileError(GatewiseError):
    """A file of a data set is damaged, cut short, or not what its name says.

    Wrong: a half downloaded `data_batch_1`. Right: the file whose checksum its authors' copy has.

    >>> print(DataFileError.of("data/data_batch_1", "31,035,704 bytes", "1,024"))
    'data/data_batch_1' is not the file it should be.
      why:     Expected: 31,035,704 bytes. Found: 1,024.
      instead: fetch the data set again; nothing was read from this file.
    """

    @classmethod
    def of(cls, path: object, expected: str, found: str) -> DataFileError:
        return cls(
            f"{shown_path(path)} is not the file it should be.",
            f"Expected: {expected}. Found: {found}.",
            "fetch the data set again; nothing was read from this file.",
        )


class CheckpointError(GatewiseError):
    """A checkpoint cannot be read, or something was to be saved that a checkpoint cannot hold.

    Wrong:

    >>> from gatewise.train import checkpoints
    >>> checkpoints.save("net.checkpoint", {"model": object()})
    Traceback (most recent call last):
        ...
    gatewise._errors.CheckpointError: state['model'] is an object, which a checkpoint cannot hold...

    Right: dicts, lists and tuples of arrays, numbers, strings, booleans and None, as `state_dict()` gives them.
    """


def shown_path(path: object) -> str:
    """A path in quotes, with whatever a terminal would obey written out; of a long one the end."""
    text = str(path)
    return ascii(text if len(text) <= 120 else "..." + text[-117:])
