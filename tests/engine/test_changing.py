"""Changing parameters in place by hand, freezing them, and names that a Tensor does not have."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gatewise as gw
from gatewise import nn, optim
from gatewise._errors import (
    AssignmentError,
    ChangedError,
    GateError,
    GatewiseError,
    IntegerGradientError,
    NoGradientError,
)

F = nn.functional

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
Y = np.array([0, 1, 2, 2, 1, 0])


def test_the_update_by_hand_is_that_of_the_optimiser():
    by_hand, by_rule = nn.Linear(4, 3, rng=0), nn.Linear(4, 3, rng=0)
    optimizer = optim.SGD(by_rule.parameters(), lr=0.5)
    losses = []
    for _ in range(20):
        for net in (by_hand, by_rule):
            net.zero_grad()
            loss = F.cross_entropy(net(X), Y)
            loss.backward()
        losses.append(loss.item())
        with gw.no_grad():
            for p in by_hand.parameters():
                p -= 0.5 * p.grad
        optimizer.step()
    assert losses[-1] < 0.7 * losses[0]
    np.testing.assert_array_equal(by_hand.weight.numpy(), by_rule.weight.numpy())
    np.testing.assert_array_equal(by_hand.bias.numpy(), by_rule.bias.numpy())
    assert by_hand.weight.wire.version == by_rule.weight.wire.version


def set_item(w):
    w[0, 1] = 5.0


def set_row_of_a_mask(w):
    w[w < 2] = np.float64(-1.0)


def set_all(w):
    w[...] = np.arange(6.0).reshape(2, 3)


def add(w):
    w += 1


def multiply(w):
    w *= w


def divide(w):
    w /= gw.tensor(np.full((2, 3), 4.0))


def subtract_its_own(w):
    w -= w.T.T[::-1]


def fill(w):
    w.fill(3.0)


def item_less(w):
    w[0] = w[0] - 1


CHANGES = [set_item, set_row_of_a_mask, set_all, add, multiply, divide, subtract_its_own, fill, item_less]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("make", [gw.tensor, nn.Parameter, lambda a: nn.Parameter(a, requires_grad=False)])
def test_a_change_by_hand_is_numpys(change, make):
    start = np.arange(1.0, 7.0).reshape(2, 3)
    w, array = make(start), start.copy()
    other_name = w
    with gw.no_grad():
        change(w)
    if change is divide:
        array /= 4
    elif change is subtract_its_own:
        array -= array[::-1].copy()
    else:
        change(array)
    assert w is other_name
    np.testing.assert_array_equal(w.numpy(), array)
    assert w.wire.version == 1
    np.testing.assert_array_equal(start, np.arange(1.0, 7.0).reshape(2, 3))


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_outside_no_grad_the_message_names_it(change):
    w = gw.tensor(np.ones((2, 3)))
    with pytest.raises(AssignmentError, match=r"with gw.no_grad\(\):"):
        change(w)
    assert (w.numpy() == 1).all()


def test_a_change_by_hand_is_counted_and_harms_nobody():
    w = gw.tensor(np.ones(3))
    early, held = (w * w).sum(), w.detach()
    with gw.no_grad():
        row = w[:2]
        w -= 0.5
    assert (held.numpy() == 1).all()
    assert (row.numpy() == 1).all()
    with pytest.raises(ChangedError, match="w was changed in place"):
        early.backward()
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [1, 1, 1])


def test_a_number_is_changed_in_place_too():
    scales = [gw.tensor(3.0), nn.Parameter(np.float64(3.0))]
    with gw.no_grad():
        for s in scales:
            s -= 0.5
    assert [s.item() for s in scales] == [2.5, 2.5]


def test_a_parameter_that_is_a_number_is_not_left_as_it_was_without_a_word():
    s, total = nn.Parameter(np.float64(3.0)), gw.tensor(0.0)
    with pytest.raises(AssignmentError, match=r"with gw.no_grad\(\):"):
        s -= 0.5
    total += s * 2  # what is no parameter is rebound, as Python does it
    total.backward()
    assert (s.grad, total.item()) == (2.0, 6.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.__iadd__(np.ones((4, 3))),
        lambda w: w.__iadd__(1j),
        lambda w: w.__iadd__("a"),
        lambda w: w.__setitem__((5, 5), 1.0),
        lambda w: w.__setitem__(0, np.ones(7)),
        lambda w: w.__setitem__(..., "a"),
        lambda w: w.__setitem__(..., 1j),
        lambda w: w.__setitem__(..., np.ones((2, 3), complex)),
        lambda w: w.__setitem__(..., "1.5"),
        lambda w: w.__iadd__(np.ones((2, 3), complex)),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(change):
    w = nn.Parameter(np.ones((2, 3)))
    with gw.no_grad(), pytest.raises(GateError):
        change(w)
    assert (w.numpy() == 1).all()


def test_what_was_computed_is_not_changed():
    w = gw.tensor(np.ones(3))
    made = w * 2
    signs = np.sign(w)
    for t in (made * 1, np.sign(w), w.detach()):
        before = t.numpy()
        with gw.no_grad():
            t -= 1
            t[0] = 1
        assert t.numpy().tolist() == [1, *(before[1:] - 1)]
    assert w.numpy().tolist() == [1, 1, 1]
    assert made.numpy().tolist() == [2, 2, 2]
    with pytest.raises(NoGradientError):
        nn.init.zeros_(signs)
    (np.sign(w) * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [1, 1, 1])


def test_arguments_of_a_derivative_are_not_changed():
    def f(x):
        y = x * 3
        with gw.no_grad():
            x[0] = 5.0
        return (x * y).sum()

    x = np.ones(3)
    assert gw.grad(f)(x).tolist() == [15.0, 6.0, 6.0]
    assert x.tolist() == [1, 1, 1]


def test_freezing_one_parameter():
    net = nn.Linear(4, 3)
    net.weight.requires_grad = False
    assert not net.weight.requires_grad
    net(X).sum().backward()
    assert net.weight.grad is None
    assert net.bias.grad is not None
    assert net.weight.requires_grad_() is net.weight
    net(X).sum().backward()
    assert net.weight.grad is not None
    data = gw.tensor(np.ones(3), requires_grad=False)
    data.requires_grad = True
    (data * 2).sum().backward()
    np.testing.assert_array_equal(data.grad, [2, 2, 2])


def test_only_what_a_computation_starts_from_is_frozen():
    w = gw.tensor(np.ones(3))
    for result in (w * 2, np.sign(w)):
        with pytest.raises(NoGradientError):
            result.requires_grad_(False)
    with pytest.raises(NoGradientError):
        gw.grad(lambda x: x.requires_grad_(False).sum())(np.ones(3))
    with pytest.raises(IntegerGradientError):
        gw.tensor(np.ones(3, int), requires_grad=False).requires_grad_()


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        (lambda t: t.view(2, -1), r"t\.reshape"),
        (lambda t: t.data, r"t\.numpy\(\)"),
        (lambda t: setattr(t, "data", 1), r"t\[\.\.\.\] = value"),
        (lambda t: t.float(), r"t\.astype\(np\.float32\)"),
        (lambda t: t.numel(), r"t\.size"),
        (lambda t: t.cpu(), "leave it out"),
        (lambda t: t.clone(), r"t\.copy"),
        (lambda t: t.zero_(), "with gw.no_grad"),
        (lambda t: t.argmax(dim=1), r"t\.argmax\(axis=1\)"),
        (lambda t: t.sum(keepdim=True), r"t\.sum\(keepdims=True\)"),
    ],
)
def test_names_from_elsewhere_say_what_to_write(wrong, cure):
    with pytest.raises(GatewiseError) as caught:
        wrong(gw.tensor(np.ones((2, 3))))
    assert re.search(cure, caught.value.cure)
    assert not hasattr(gw.tensor(1.0), "numel")
