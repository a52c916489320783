"""Data sets and checkpoints that are not there, or not what they should be."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._errors.base import GatewiseError, listed, meant


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
