"""Batches hand out every example once an epoch and go on from any point."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewise import data
from gatewise._errors import DataError
from gatewise.train import checkpoints


def made(count=23, size=5, rng=0, **options) -> data.Batches:
    X = np.arange(count, dtype=np.float32)[:, None] * np.ones(3, np.float32)
    return data.batches(X, np.arange(count), size, rng, **options)


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 5))
def test_an_epoch_has_every_example_once_with_its_label(count, size, seed):
    batches = made(count, size, seed)
    for _ in range(2):
        epoch = list(batches)
        assert len(epoch) == len(batches)
        assert all(len(y) == size for _, y in epoch[:-1])
        assert sorted(np.concatenate([y for _, y in epoch])) == list(range(count))
        assert all((X[:, 0] == y).all() for X, y in epoch)


def test_each_epoch_has_an_order_of_its_own_and_a_seed_gives_them_again():
    batches, again = made(), made(rng=np.random.default_rng(0))
    epochs = [[y.tolist() for _, y in batches] for _ in range(3)]
    assert epochs == [[y.tolist() for _, y in again] for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]
    assert batches.epoch == 3


def test_the_last_batch_can_be_left_out():
    batches = made(drop_last=True)
    assert [len(y) for _, y in batches] == [5] * 4
    assert len(batches) == 4
    assert batches.epoch == 1


def test_the_data_are_left_alone():
    batches = made()
    for X, y in batches:
        X += 1
        y += 1
    assert batches.y.tolist() == list(range(23))
    assert batches.X[:, 0].tolist() == list(range(23))


def stream(batches):
    """All batches without end."""
    while True:
        yield from batches


def noisy(X, rng):
    return X + rng.normal(size=X.shape)


@pytest.mark.parametrize("options", [{}, {"drop_last": True}, {"change": noisy}], ids=["plain", "drop_last", "changed"])
def test_from_any_point_it_goes_on_as_if_it_had_not_been_stopped(tmp_path, options):
    path = tmp_path / "batches"
    for stop in range(13):
        batches = made(**options)
        for _ in itertools.islice(stream(batches), stop):
            pass
        checkpoints.save(path, batches.state())
        again = made(rng=99, **options)
        again.restore(checkpoints.load(path))
        for (X, y), (X2, y2) in itertools.islice(zip(stream(batches), stream(again), strict=False), 12):
            np.testing.assert_array_equal(X, X2)
            np.testing.assert_array_equal(y, y2)
        assert batches.epoch == again.epoch


def test_a_state_taken_while_a_batch_is_worked_on_goes_on_with_the_next():
    batches = made()
    rest = []
    for step, (_, y) in enumerate(batches):
        if step == 1:
            state = batches.state()
        elif step > 1:
            rest.append(y.tolist())
    again = made(rng=7)
    again.restore(state)
    assert [y.tolist() for _, y in again] == rest


def test_a_state_taken_at_the_last_batch_leaves_an_empty_rest_of_the_epoch():
    """The epoch's end, with what is done there, is still to come."""
    batches = made()
    for _, _ in batches:
        state = batches.state()
    again = made(rng=7)
    again.restore(state)
    assert again.epoch == 0
    assert list(again) == []
    assert again.epoch == 1
    assert len(list(again)) == 5


def test_a_state_does_not_change_with_the_batches():
    batches = made()
    next(iter(batches))
    state = batches.state()
    before = {**state, "order": state["order"].copy()}
    list(batches), list(batches)
    np.testing.assert_equal(state, before)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"examples": 22}, "taken with 22 examples, and X has 23"),
        ({"order": np.zeros(23, np.uint32)}, "its order does not name each example once"),
        ({"order": np.arange(5)}, "its order does not name each example once"),
        ({"position": 24}, "its position is 24 of 23"),
        ({"position": -1}, "its position is -1 of 23"),
        ({"rng": np.random.MT19937(0).state}, "generator MT19937, and this one is PCG64"),
        ({"more": 1}, "its parts are"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, said):
    batches = made()
    next(iter(batches))
    before = batches.state()
    with pytest.raises(DataError, match=said):
        batches.restore(batches.state() | change)
    np.testing.assert_equal(batches.state(), before)


@pytest.mark.parametrize(
    ("X", "y", "size", "options"),
    [
        (np.ones(3), np.ones(2), 1, {}),
        (np.ones(0), np.ones(0), 1, {}),
        (np.ones(3), np.ones(3), 0, {}),
        (np.ones(3), np.ones(3), 4, {"drop_last": True}),
    ],
)
def test_batches_that_cannot_be_made_are_refused(X, y, size, options):
    with pytest.raises(DataError):
        data.batches(X, y, size, 0, **options)
