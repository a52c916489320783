"""The split, preprocessing, flips and crops, and what is looked at before the first step."""

from __future__ import annotations

import numpy as np
import pytest

from gatewise import data
from gatewise._errors import DataError


def numbered(count: int, tests: int) -> data.DataSet:
    return data.DataSet(np.arange(float(count)), np.arange(count), -np.arange(float(tests)), np.arange(tests))


def test_the_course_takes_the_first_49000_the_next_1000_and_the_first_1000_of_the_test():
    parts = data.course_split(numbered(50_000, 10_000))
    assert [part[0] for part in parts] == [0, 0, 49_000, 49_000, 0, 0]
    assert [part[-1] for part in parts] == [48_999, 48_999, 49_999, 49_999, -999, 999]


def test_without_numbers_all_is_used():
    parts = data.split(numbered(100, 20), validation=10)
    assert [len(part) for part in parts] == [90, 90, 10, 10, 20, 20]


@pytest.mark.parametrize("numbers", [(90, 11, 5), (0, 10, 5), (10, 0, 5), (10, 10, 21), (10, 10, -1), (None, 100, 5)])
def test_a_split_that_does_not_fit_is_told_with_what_there_is(numbers):
    with pytest.raises(DataError, match="there are 100 training and 20 test images"):
        data.split(numbered(100, 20), *numbers)


def test_the_mean_image_is_the_training_images_own():
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 255, (50, 3, 4, 4)).astype(np.float32)
    scaling = data.mean_image(X)
    np.testing.assert_allclose(scaling.shift, X.astype(float).mean(axis=0), rtol=1e-6)
    assert scaling(X).dtype == np.float32
    assert abs(scaling(X).mean(axis=0)).max() < 1e-4
    flat = data.mean_image(X.reshape(50, -1))
    np.testing.assert_array_equal(flat(X.reshape(50, -1)), scaling(X).reshape(50, -1))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_each_channel_has_mean_0_and_deviation_1(dtype):
    rng = np.random.default_rng(0)
    X = (rng.uniform(0, 1, (3000, 3, 4, 4)) * np.array([50, 100, 250])[:, None, None]).astype(dtype)
    scaled = data.per_channel(X)(X)
    assert scaled.dtype == (np.float64 if dtype is np.float64 else np.float32)
    np.testing.assert_allclose(scaled.mean(axis=(0, 2, 3), dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=(0, 2, 3), dtype=float), 1, rtol=1e-5)
    flat = X.reshape(3000, -1)
    np.testing.assert_array_equal(data.per_channel(flat, 3)(flat), scaled.reshape(3000, -1))


def test_a_channel_that_never_changes_is_not_divided_by_zero():
    X = np.full((5, 2, 2, 2), 7.0)
    assert data.per_channel(X)(X).tolist() == np.zeros_like(X).tolist()


def test_nothing_of_the_validation_images_is_measured():
    parts = data.split(numbered(10, 4), validation=5)._replace(X_train=np.ones((5, 1)), X_val=np.full((5, 1), 9.0))
    after = parts.each(data.mean_image(parts.X_train))
    assert after.X_val.tolist() == [[8.0]] * 5
    assert after.y_val is parts.y_val


def test_a_scaling_is_kept_in_a_checkpoint(tmp_path):
    from gatewise.train import checkpoints

    X = np.random.default_rng(0).normal(5, 3, (20, 3, 2, 2)).astype(np.float32)
    scaling = data.per_channel(X)
    checkpoints.save(tmp_path / "a", {"scaling": scaling.state()})
    again = data.Scaling(**checkpoints.load(tmp_path / "a")["scaling"])
    np.testing.assert_array_equal(again(X), scaling(X))


@pytest.mark.parametrize(("shape", "channels"), [((5, 8), None), ((5, 8), 3), ((0, 8), 2), ((5,), 1)])
def test_images_that_cannot_be_measured_are_named_by_their_shape(shape, channels):
    with pytest.raises(DataError, match="the images have shape"):
        data.per_channel(np.ones(shape), channels)


# ------------------------------------------------------------------------------------------------------- flips, crops


def test_about_half_of_the_images_are_mirrored_left_to_right():
    X = np.arange(1000 * 2 * 3 * 4, dtype=np.float32).reshape(1000, 2, 3, 4)
    before = X.copy()
    found = data.flipped(X, np.random.default_rng(0))
    mirrored = (found == X[..., ::-1]).all(axis=(1, 2, 3))
    assert ((found == X).all(axis=(1, 2, 3)) ^ mirrored).all()
    assert 400 < mirrored.sum() < 600
    np.testing.assert_array_equal(X, before)
    assert found.dtype == np.float32


def test_crops_are_windows_of_the_image_with_a_frame_of_zeros():
    rng = np.random.default_rng(0)
    X = rng.uniform(1, 2, (300, 3, 6, 5))
    found = data.cropped(X, np.random.default_rng(1), padding=2)
    framed = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))
    seen = set()
    for image, frame in zip(found, framed, strict=True):
        places = [(i, j) for i in range(5) for j in range(5) if np.array_equal(frame[:, i : i + 6, j : j + 5], image)]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 25  # every move happens


def test_no_padding_moves_nothing():
    X = np.random.default_rng(0).uniform(size=(4, 1, 3, 3))
    np.testing.assert_array_equal(data.cropped(X, np.random.default_rng(0), padding=0), X)


def test_the_same_seed_changes_images_alike():
    X = np.random.default_rng(0).uniform(size=(8, 3, 32, 32))
    first, second = (data.augmented(X, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, data.augmented(X, np.random.default_rng(6)))


@pytest.mark.parametrize("change", [data.flipped, data.cropped, data.augmented])
def test_flat_images_have_no_left_and_right(change):
    with pytest.raises(DataError, match=r"the images have shape \(5, 12\)"):
        change(np.ones((5, 12)), np.random.default_rng(0))


# ------------------------------------------------------------------------------------------------------------- checked

NOT_A_NUMBER = np.ones((3, 2, 2))
NOT_A_NUMBER[1, 0, 1] = np.nan
INFINITE = np.ones((5000, 2), np.float32)
INFINITE[4500:, 1] = -np.inf


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (NOT_A_NUMBER, [0, 1, 2], r"X\[1, 0, 1\] is nan; 1 of 12 numbers is not finite"),
        (INFINITE, np.zeros(5000, int), r"X\[4500, 1\] is -inf; 500 of 10,000 numbers are not finite"),
        (
            np.ones((3, 2)),
            [0, 1, 3],
            r"a label is 3, and there are 3 classes: y\[2\], one of 1 out of range.\n[^:]*:.*\n.*from 0 to 2",
        ),
        (np.ones((3, 2)), [-1, 1, -1], r"a label is -1, .*: y\[0\], one of 2 out of range"),
        (np.ones((3, 2)), np.array([0, 2**64 - 1, 0], np.uint64), r"a label is 18446744073709551615, .*: y\[1\]"),
        (np.ones((3, 2)), [0, 1], r"y \(3,\), whole numbers. Actual: y \(2,\)"),
        (np.ones((3, 2)), [[0], [1], [2]], r"Actual: y \(3, 1\)"),
        (np.ones((3, 2)), [0.0, 1.0, 2.0], r"Actual: y \(3,\), float64"),
        (np.ones((3, 2)), [True, False, True], r"Actual: y \(3,\), bool"),
        (np.ones((3, 2)), ["a", "b", "c"], r"Actual: y \(3,\), <U1"),
        (np.ones((3, 2)) * 1j, [0, 1, 2], "X is an array of complex128"),
        (np.array([[None]]), [0], "X is an array of object"),
        (np.ones((0, 2)), [], r"X has shape \(0, 2\)"),
        (3.0, [0], r"X has shape \(\)"),
    ],
)
def test_what_cannot_be_trained_on_is_named(X, y, said):
    with pytest.raises(DataError, match=said):
        data.checked(X, y, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_what_can_is_handed_back_as_it_is(dtype):
    X, y = np.ones((3, 2), dtype), np.array([0, 2, 1], np.uint8)
    found = data.checked(X, y, 3)
    assert found[0] is X
    assert found[1] is y
