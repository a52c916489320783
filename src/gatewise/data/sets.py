"""The data sets: CIFAR-10, MNIST and the digits that come with gatewise."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from gatewise._errors import DataFileError, MissingDataError, UnknownDataSetError, shown_path
from gatewise.data import batch_pickle, fetching, idx, places
from gatewise.data.reading import verified
from gatewise.data.sums import CIFAR10_ARCHIVE, CIFAR10_BINARY, CIFAR10_PYTHON, MNIST

Folder = str | os.PathLike[str] | None

CLASSES: dict[str, tuple[str, ...]] = {
    "cifar10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    "mnist": tuple("0123456789"),
    "digits": tuple("0123456789"),
}

CIFAR10_SHAPE = (3, 32, 32)
PYTHON_FOLDER, BINARY_FOLDER = "cifar-10-batches-py", "cifar-10-batches-bin"
DIGITS_TRAIN = 1437  # of 1,797; the last 360 are for the test


class DataSet(NamedTuple):
    """Images and labels to learn from, and others for the test, as their authors parted them.

    >>> X_train, y_train, X_test, y_test = digits()
    >>> X_test.shape, y_test[:5]
    ((360, 1, 8, 8), array([2, 3, 4, 5, 6]))
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def cifar10(
    directory: Folder = None, *, flat: bool = False, dtype: DTypeLike = np.float32, download: bool = True
) -> DataSet:
    """Return CIFAR-10: 50,000 and 10,000 images (N, 3, 32, 32) from 0 to 255, and their classes (see `CLASSES`).

    The Python or the binary version is looked for in `directory` or the folder in it; without one, in the folder
    GATEWISE_DATA names and the user's cache, where it is put if it has to be fetched (170 MB, from its authors). Every
    batch is compared with its checksum; nothing is unpickled. With `flat`, an image is a row of 3,072.
    Raises `MissingDataError` and `DataFileError`.
    """
    layouts = [
        (PYTHON_FOLDER, [[name] for name in CIFAR10_PYTHON]),
        (BINARY_FOLDER, [[name] for name in CIFAR10_BINARY]),
    ]

    def fetch() -> None:
        members = {f"{PYTHON_FOLDER}/{name}": known for name, known in CIFAR10_PYTHON.items()}
        fetching.fetch_archive("CIFAR-10", fetching.CIFAR10, CIFAR10_ARCHIVE, members, places.cache() / PYTHON_FOLDER)

    paths = _paths("CIFAR-10", directory, layouts, fetch if download else None)
    *train, test = (_Images(*_cifar10_batch(path)) for path in paths)
    return DataSet(*_joined(train, CIFAR10_SHAPE, flat, dtype), *_joined([test], CIFAR10_SHAPE, flat, dtype))


def mnist(
    directory: Folder = None, *, flat: bool = False, dtype: DTypeLike = np.float32, download: bool = True
) -> DataSet:
    """Return MNIST: 60,000 and 10,000 images (N, 1, 28, 28) from 0 to 255, and their digits.

    Its four idx files, gzipped or not, are looked for as `cifar10` looks for its own; their checksums are those of the
    unpacked files.
    """
    names = [[name, f"{name}.gz"] for name in MNIST]

    def fetch() -> None:
        fetching.fetch_files("MNIST", fetching.MNIST, MNIST, places.cache() / "mnist")

    paths = _paths("MNIST", directory, [("mnist", names), ("MNIST/raw", names)], fetch if download else None)
    parts = [idx.parsed(verified(path, known), path) for path, known in zip(paths, MNIST.values(), strict=True)]
    train, test = _Images(parts[0], parts[1]), _Images(parts[2], parts[3])
    shape = (1, 28, 28)
    return DataSet(*_joined([train], shape, flat, dtype), *_joined([test], shape, flat, dtype))


def digits(*, flat: bool = False, dtype: DTypeLike = np.float32) -> DataSet:
    """Return 1,437 and 360 images (N, 1, 8, 8) of handwritten digits from 0 to 16; they come with gatewise.

    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", 1998 (digits.txt beside this file).

    >>> digits(flat=True).X_train.shape
    (1437, 64)
    """
    packed = files("gatewise.data").joinpath("digits.idx.gz").read_bytes()
    rows = idx.parsed(gzip.decompress(packed), "digits.idx.gz")
    parts = (_Images(part[:, :-1], part[:, -1]) for part in (rows[:DIGITS_TRAIN], rows[DIGITS_TRAIN:]))
    train, test = (_joined([part], (1, 8, 8), flat, dtype) for part in parts)
    return DataSet(*train, *test)


LOADERS: dict[str, Callable[..., DataSet]] = {"cifar10": cifar10, "mnist": mnist, "digits": digits}


def load(name: str, directory: Folder = None, **options: Any) -> DataSet:
    """Return a data set by its name: cifar10, mnist or digits; `options` are those of its function.

    >>> load("digits", flat=True).X_test.shape
    (360, 64)
    """
    if name not in LOADERS:
        raise UnknownDataSetError(name, list(LOADERS))
    return digits(**options) if name == "digits" else LOADERS[name](directory, **options)


class _Images(NamedTuple):
    images: np.ndarray
    labels: np.ndarray


def _joined(
    parts: Sequence[_Images], shape: tuple[int, ...], flat: bool, dtype: DTypeLike
) -> tuple[np.ndarray, np.ndarray]:
    """One array of all parts' images and one of their labels; converted part by part, without a copy of everything."""
    count = sum(len(part.labels) for part in parts)
    images = np.empty((count, int(np.prod(shape)) if flat else shape[0], *(() if flat else shape[1:])), dtype)
    end = 0
    for part in parts:
        start, end = end, end + len(part.labels)
        images[start:end] = part.images.reshape(len(part.labels), *images.shape[1:])
    return images, np.concatenate([part.labels for part in parts]).astype(np.int64)


def _cifar10_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of a batch, in either version."""
    if path.name in CIFAR10_BINARY:
        rows = np.frombuffer(verified(path, CIFAR10_BINARY[path.name]), np.uint8).reshape(-1, 1 + 3072)
        return rows[:, 1:], rows[:, 0]
    batch = batch_pickle.parsed(verified(path, CIFAR10_PYTHON[path.name]), path)
    images, labels = batch.get("data"), batch.get("labels")
    if not isinstance(images, np.ndarray) or not isinstance(labels, list) or images.shape != (len(labels), 3072):
        raise DataFileError.of(path, "data of N rows of 3,072 and N labels", "a dict without them")
    if not all(type(label) is int and 0 <= label < len(CLASSES["cifar10"]) for label in labels):
        raise DataFileError.of(path, "labels from 0 to 9", "others")
    return images, np.array(labels, np.uint8)


def _paths(
    title: str,
    directory: Folder,
    layouts: Sequence[tuple[str, Sequence[Sequence[str]]]],
    fetch: Callable[[], None] | None,
) -> list[Path]:
    """The files of a data set, fetched where they are nowhere and nobody said where they are."""
    folders = places.folders(directory, title)
    paths = places.found(folders, layouts)
    if paths is None and fetch is not None and directory is None:
        fetch()
        paths = places.found([places.cache()], layouts)
    if paths is not None:
        return paths
    looked = " or ".join(map(shown_path, folders))
    inner, names = layouts[0]
    why = f"{', '.join(name for name, *_ in names)} must all be there, or in {inner} there."
    raise MissingDataError(f"{title} is not in {looked}.", why, fetching.cure_for(title))
