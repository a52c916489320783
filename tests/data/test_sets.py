"""Data sets are found where they lie, read as they are, and refused when they are not what they should be."""

from __future__ import annotations

import gzip
import tracemalloc

import numpy as np
import pytest

from data.files import idx_file, put, python_batch, small_cifar10, small_mnist, sum_of, zipped
from gatewise import data
from gatewise._errors import DataFileError, MissingDataError, UnknownDataSetError
from gatewise.data import idx, places, sums


@pytest.mark.parametrize("binary", [False, True], ids=["python", "binary"])
@pytest.mark.parametrize("inside", [False, True], ids=["its folder", "the one that holds it"])
def test_cifar10_is_read_in_both_versions(tmp_path, monkeypatch, binary, inside):
    files, images, labels = small_cifar10(monkeypatch, binary)
    put(tmp_path / ("cifar-10-batches-bin" if binary else "cifar-10-batches-py") if inside else tmp_path, files)
    found = data.cifar10(tmp_path)
    assert [part.shape for part in found] == [(15, 3, 32, 32), (15,), (3, 3, 32, 32), (3,)]
    assert [part.dtype for part in found] == [np.float32, np.int64, np.float32, np.int64]
    flat = data.cifar10(str(tmp_path), flat=True, dtype=np.uint8)
    np.testing.assert_array_equal(np.concatenate([flat.X_train, flat.X_test]), images)
    np.testing.assert_array_equal(np.concatenate([flat.y_train, flat.y_test]), labels)
    # Red first, row by row.
    assert found.X_train[4, 0, 1, 2] == images[4, 32 + 2]
    assert found.X_train[4, 2, 31, 31] == images[4, -1]


@pytest.mark.parametrize("inside", ["", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("packed", [False, True], ids=["idx", "gzip"])
def test_mnist_is_read_gzipped_or_not(tmp_path, monkeypatch, inside, packed):
    files, parts = small_mnist(monkeypatch)
    put(tmp_path / inside, zipped(files) if packed else files)
    found = data.mnist(tmp_path)
    assert [part.shape for part in found] == [(5, 1, 28, 28), (5,), (2, 1, 28, 28), (2,)]
    for got, part in zip(found, parts, strict=True):
        np.testing.assert_array_equal(got.reshape(part.shape), part)
    assert data.mnist(tmp_path, flat=True).X_test.shape == (2, 784)


def test_digits_come_with_gatewise():
    X_train, y_train, X_test, y_test = data.digits()
    assert (X_train.shape, X_test.shape, X_train.dtype) == ((1437, 1, 8, 8), (360, 1, 8, 8), np.float32)
    assert (X_train.min(), X_train.max()) == (0, 16)
    counts = np.bincount(np.concatenate([y_train, y_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as its authors counted them
    assert y_train[:10].tolist() == list(range(10))
    data.checked(X_train, y_train, 10)


def test_the_folder_given_comes_first_then_the_variable_then_the_cache(tmp_path, monkeypatch, cache):
    files, parts = small_mnist(monkeypatch)
    with pytest.raises(MissingDataError):
        data.mnist(download=False)
    put(cache, files)
    assert len(data.mnist().y_train) == 5
    named = put(tmp_path / "named", {})
    monkeypatch.setenv("GATEWISE_DATA", str(named))
    assert len(data.mnist().y_train) == 5  # the named folder has none
    put(named / "mnist", dict.fromkeys(files, b""))
    with pytest.raises(DataFileError, match="named/mnist"):
        data.mnist()
    assert len(data.mnist(cache).y_train) == 5
    assert parts[1].shape == (5,)


def test_the_users_cache_is_where_the_system_has_it(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.delenv("GATEWISE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert places.cache() == tmp_path / "gatewise"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the standard says to pass over
    assert places.cache().parts[-2:] == (".cache", "gatewise")
    monkeypatch.setattr("sys.platform", "darwin")
    assert places.cache().parts[-3:] == ("Library", "Caches", "gatewise")
    monkeypatch.setenv("GATEWISE_CACHE", str(tmp_path / "own"))
    assert places.cache() == tmp_path / "own"


def test_what_is_missing_is_told_with_where_it_was_looked_for(tmp_path, monkeypatch):
    with pytest.raises(MissingDataError, match=r"CIFAR-10 is not in '.*none'.\n.*no such folder"):
        data.cifar10(tmp_path / "none")
    with pytest.raises(
        MissingDataError, match=r"data_batch_1, .*test_batch must all be there, or in cifar-10-batches-py"
    ):
        data.cifar10(tmp_path)
    files, *_ = small_cifar10(monkeypatch)
    files.pop("data_batch_4")
    put(tmp_path, files)
    with pytest.raises(MissingDataError):
        data.cifar10(tmp_path)
    monkeypatch.setenv("GATEWISE_DATA", str(tmp_path / "none"))
    with pytest.raises(MissingDataError, match="the folder that GATEWISE_DATA names"):
        data.mnist()


def test_a_folder_given_is_not_fetched_into(tmp_path, monkeypatch):
    monkeypatch.setattr(data.sets.fetching, "fetch_archive", lambda *_: pytest.fail("fetched"))
    with pytest.raises(MissingDataError):
        data.cifar10(tmp_path)


def test_an_unknown_data_set_is_named(tmp_path):
    with pytest.raises(UnknownDataSetError, match="Did you mean cifar10"):
        data.load("cifar-10")
    with pytest.raises(UnknownDataSetError, match="gatewise knows cifar10, mnist, digits"):
        data.load("\x1b[31m")
    assert data.load("digits").y_test.shape == (360,)


# -------------------------------------------------------------------------------------------------- damaged, hostile


@pytest.mark.parametrize("binary", [False, True], ids=["python", "binary"])
@pytest.mark.parametrize("how", ["cut", "longer", "changed", "empty"])
def test_a_damaged_batch_is_named_with_what_was_expected(tmp_path, monkeypatch, binary, how):
    files, *_ = small_cifar10(monkeypatch, binary)
    name = list(files)[3]
    whole = files[name]
    changed = bytearray(whole)
    changed[5000] ^= 1
    files[name] = {"cut": whole[:-1], "longer": whole + b"\0", "changed": bytes(changed), "empty": b""}[how]
    put(tmp_path, files)
    with pytest.raises(DataFileError, match=f"{name}' is not the file it should be") as caught:
        data.cifar10(tmp_path)
    assert ("SHA-256" if how == "changed" else f"{len(whole):,} bytes") in caught.value.why


def test_a_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    files, *_ = small_mnist(monkeypatch)
    bomb = gzip.compress(bytes(100_000_000), 9)
    packed = zipped(files)
    packed["train-images-idx3-ubyte.gz"] = bomb
    put(tmp_path, packed)
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match=r"train-images-idx3-ubyte.gz(?s:.*)Found: more"):
            data.mnist(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("how", ["cut", "changed", "no gzip"])
def test_a_damaged_gzipped_file_is_named(tmp_path, monkeypatch, how):
    files, *_ = small_mnist(monkeypatch)
    packed = zipped(files)
    whole = packed["t10k-labels-idx1-ubyte.gz"]
    damaged = {"cut": whole[:-9], "changed": whole[:12] + b"\xff" + whole[13:], "no gzip": b"\x1f\x8b" + b"x" * 50}
    packed["t10k-labels-idx1-ubyte.gz"] = damaged[how]
    put(tmp_path, packed)
    with pytest.raises(DataFileError, match=r"t10k-labels-idx1-ubyte.gz"):
        data.mnist(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x0d\1\0\0\0\1\0\0\0\0",
        b"\1\0\x08\1\0\0\0\1\5",
        b"\0\0\x08\1\0\0\0\2\5",
        b"\0\0\x08\1\0\0\0\2\5\5\5",
        b"\0\0\x08\3" + b"\xff" * 12,
        b"\0\0\x08\3" + b"\xff" * 8,
        b"\0\0\x08\0\5",
        b"\0\0\x08\2" + b"\0" * 4 + b"\xff" * 4,
        b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\5",
    ],
)
def test_a_lying_idx_header_is_refused(content):
    with pytest.raises(DataFileError, match="labels"):
        idx.parsed(content, "labels")


def test_an_idx_file_is_what_its_header_says():
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(idx.parsed(idx_file(values), "x"), values)


@pytest.mark.parametrize(
    "batch",
    [
        python_batch(np.zeros((2, 3072), np.uint8), [1, 10]),
        python_batch(np.zeros((2, 3072), np.uint8), [1]),
        python_batch(np.zeros((2, 3071), np.uint8), [1, 2]),
        python_batch(np.zeros((2, 3072), np.uint8), [1, 2]).replace(b"U\x04data", b"U\x04date"),
        python_batch(np.zeros((2, 3072), np.uint8), [1, 2]).replace(b"U\x06labels", b"U\x06labeis"),
    ],
    ids=["a label of 10", "a label short", "a narrow row", "no data", "no labels"],
)
def test_a_batch_that_does_not_fit_is_refused_whatever_its_checksum(tmp_path, monkeypatch, batch):
    files, *_ = small_cifar10(monkeypatch)
    files["test_batch"] = batch
    monkeypatch.setitem(sums.CIFAR10_PYTHON, "test_batch", sum_of(batch))
    put(tmp_path, files)
    with pytest.raises(DataFileError, match="test_batch"):
        data.cifar10(tmp_path)


def test_a_folder_in_the_place_of_a_file_is_none(tmp_path, monkeypatch):
    files, *_ = small_cifar10(monkeypatch)
    put(tmp_path, files)
    (tmp_path / "test_batch").unlink()
    (tmp_path / "test_batch").mkdir()
    with pytest.raises(MissingDataError):
        data.cifar10(tmp_path)
