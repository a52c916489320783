"""Files of data sets, made as their authors made them, but with a few images."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from gatewise.data import sums
from gatewise.data.sums import Sum

PROTO, STOP, DICT, LIST, MARK = b"\x80\x02", b".", b"}", b"]", b"("
RECONSTRUCT, NDARRAY, DTYPE = b"cnumpy.core.multiarray\n_reconstruct\n", b"cnumpy\nndarray\n", b"cnumpy\ndtype\n"


def text(content: bytes) -> bytes:
    """A byte string of Python 2, as pickles have it."""
    short = len(content) < 256
    return (b"U" + bytes([len(content)]) if short else b"T" + len(content).to_bytes(4, "little")) + content


def whole_number(value: int) -> bytes:
    return b"K" + bytes([value]) if value < 256 else b"J" + value.to_bytes(4, "little")


def array(content: bytes, shape: tuple[int, int], dtype: bytes = b"u1") -> bytes:
    """An array as NumPy 1 pickled it under Python 2."""
    made = RECONSTRUCT + NDARRAY + whole_number(0) + b"\x85" + text(b"b") + b"\x87R"
    kind = DTYPE + text(dtype) + b"K\x00K\x01\x87R" + MARK + b"K\x03" + text(b"|") + b"NNN"
    kind += b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
    shaped = whole_number(shape[0]) + whole_number(shape[1]) + b"\x86"
    return made + MARK + b"K\x01" + shaped + kind + b"\x89" + text(content) + b"tb"


def python_batch(images: np.ndarray, labels: list[int]) -> bytes:
    """A batch of CIFAR-10's Python version."""
    numbers = LIST + b"q\x05" + MARK + b"".join(map(whole_number, labels)) + b"e"
    pairs = text(b"batch_label") + b"q\x02" + text(b"training batch 1 of 5") + text(b"labels") + numbers
    pairs += text(b"data") + array(images.tobytes(), images.shape)
    return PROTO + DICT + b"q\x01" + MARK + pairs + b"u" + STOP


def binary_batch(images: np.ndarray, labels: list[int]) -> bytes:
    return np.concatenate([np.array(labels, np.uint8)[:, None], images], axis=1).tobytes()


def idx_file(values: np.ndarray) -> bytes:
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    return bytes([0, 0, 8, values.ndim]) + lengths + values.tobytes()


def sum_of(content: bytes) -> Sum:
    return Sum(len(content), hashlib.sha256(content).hexdigest())


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def small_cifar10(patch: pytest.MonkeyPatch, binary: bool = False) -> tuple[dict[str, bytes], np.ndarray, np.ndarray]:
    """Six batches of three images, believed to be the authors' own; all images and labels, the test's last."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (18, 3072), dtype=np.uint8), rng.integers(0, 10, 18)
    known, make = (sums.CIFAR10_BINARY, binary_batch) if binary else (sums.CIFAR10_PYTHON, python_batch)
    files = {
        name: make(images[start : start + 3], labels[start : start + 3].tolist())
        for name, start in zip(known, range(0, 18, 3), strict=True)
    }
    for name, content in files.items():
        patch.setitem(known, name, sum_of(content))
    return files, images, labels


def small_mnist(patch: pytest.MonkeyPatch) -> tuple[dict[str, bytes], list[np.ndarray]]:
    """The four files of a small MNIST, believed to be its authors' own, and what is in them."""
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 256, (5, 28, 28), dtype=np.uint8), rng.integers(0, 10, 5, dtype=np.uint8)]
    parts += [rng.integers(0, 256, (2, 28, 28), dtype=np.uint8), rng.integers(0, 10, 2, dtype=np.uint8)]
    files = {name: idx_file(part) for name, part in zip(sums.MNIST, parts, strict=True)}
    for name, content in files.items():
        patch.setitem(sums.MNIST, name, sum_of(content))
    return files, parts


def zipped(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content) for name, content in files.items()}


def archive_of(files: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    """A gzipped tar archive of files, after other members without content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for other in others:
            archive.addfile(other)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
