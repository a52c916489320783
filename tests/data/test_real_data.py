"""The real CIFAR-10 and MNIST, where GATEWISE_DATA names their folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from conftest import folder_named_by

from gatewise import data as datasets
from gatewise._errors import DataFileError
from gatewise.data import sums


@pytest.fixture(scope="module")
def folder() -> Path:
    return folder_named_by("GATEWISE_DATA")


@pytest.fixture(scope="module")
def cifar10(folder) -> datasets.DataSet:
    return datasets.cifar10(folder, flat=True, dtype=np.uint8)


def test_cifar10_is_complete(cifar10):
    assert [part.shape for part in cifar10] == [(50_000, 3072), (50_000,), (10_000, 3072), (10_000,)]
    assert np.bincount(cifar10.y_train).tolist() == [5000] * 10
    assert np.bincount(cifar10.y_test).tolist() == [1000] * 10
    scaling = datasets.per_channel(cifar10.X_train, 3)
    # As published.
    assert (scaling.shift[::1024] / 255).round(4).tolist() == pytest.approx([0.4914, 0.4822, 0.4465])
    assert (scaling.scale[::1024] / 255).round(4).tolist() == pytest.approx([0.2470, 0.2435, 0.2616])
    mean = cifar10.X_train.sum(axis=0) / 50_000  # whole numbers, exactly
    np.testing.assert_allclose(datasets.mean_image(cifar10.X_train).shift, mean, rtol=1e-6)


def test_the_binary_version_has_the_same_images_in_the_same_order(cifar10):
    """Written from the Python version as the binary one is laid out, each batch has the binary one's checksum."""
    batches = [*zip(np.split(cifar10.X_train, 5), np.split(cifar10.y_train, 5), strict=True)]
    for (images, labels), known in zip([*batches, cifar10[2:]], sums.CIFAR10_BINARY.values(), strict=True):
        rows = np.concatenate([labels[:, None].astype(np.uint8), images], axis=1)
        assert hashlib.sha256(rows).hexdigest() == known.sha256
        assert rows.size == known.size


def test_the_courses_split_of_cifar10(cifar10):
    parts = datasets.course_split(cifar10)
    assert [len(part) for part in parts] == [49_000, 49_000, 1_000, 1_000, 1_000, 1_000]
    datasets.checked(parts.X_train, parts.y_train, 10)


def test_mnist_is_complete(folder):
    X_train, y_train, X_test, y_test = datasets.mnist(folder)
    assert (X_train.shape, X_test.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert X_train.max() == 255


def test_one_changed_bit_in_a_real_batch_is_found(folder, tmp_path):
    for name in sums.CIFAR10_PYTHON:
        (tmp_path / name).symlink_to(folder / "cifar-10-batches-py" / name)
    changed = bytearray((tmp_path / "data_batch_5").read_bytes())
    changed[15_000_000] ^= 1
    (tmp_path / "data_batch_5").unlink()
    (tmp_path / "data_batch_5").write_bytes(changed)
    with pytest.raises(DataFileError, match=r"data_batch_5' is not the file(?s:.*)SHA-256"):
        datasets.cifar10(tmp_path)
