"""Vital signs: each ill run shows its own, healthy runs show none."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise import nn, optim
from gatewise._errors import DivergedError
from gatewise.nn import functional
from gatewise.train import Signs
from gatewise.train.tape import first_non_finite, gate_of, named_wires, rectified, wires_behind
from train.nets import blobs, convolutional, digits, mlp


def loop(model, X, y, optimizer, steps=200, every=10, zero=True):
    """A loop of one's own, watched."""
    signs = Signs(model, optimizer, every=every)
    rng = np.random.default_rng(0)
    for _ in range(steps):
        rows = rng.integers(0, len(X), 100)
        loss = functional.cross_entropy(model(X[rows]), y[rows])
        if zero:
            optimizer.zero_grad()
        signs.backward(loss)
        signs.step()
    return signs


def kinds(signs):
    return {(sign.kind, sign.where) for sign in signs.found}


@pytest.mark.parametrize("make", [lambda m: optim.SGD(m.parameters(), lr=0.1), lambda m: optim.Adam(m.parameters())])
@pytest.mark.parametrize("net", [lambda: mlp(64, 50, 10), lambda: mlp(64, 50, 50, 10), convolutional])
def test_healthy_loops_show_nothing(make, net):
    model = net()
    signs = loop(model, *digits(), make(model))
    assert signs.found == []
    assert all(1e-6 < ratio < 0.1 for ratio in signs.measured.updates.values())


def test_a_forgotten_zero_grad():
    model = mlp(64, 50, 10)
    signs = loop(model, *digits(), optim.SGD(model.parameters(), lr=1e-3), steps=5, zero=False)
    assert [sign.kind for sign in signs.found] == ["zero_grad"]


def test_dead_relus():
    model = mlp(64, 50, 10)
    nn.init.constant_(model[1].bias, -50.0)
    signs = loop(model, *digits(), optim.SGD(model.parameters(), lr=1e-3), steps=20)
    assert any(kind == "dead" and where.startswith("1.") for kind, where in kinds(signs))


def test_an_unused_parameter():
    class Forgetful(nn.Module):
        def __init__(self):
            self.used, self.unused = nn.Linear(64, 10, rng=0), nn.Linear(64, 10, rng=1)

        def forward(self, x):
            return self.used(x.reshape(len(x), -1))

    model = Forgetful()
    signs = loop(model, *digits(), optim.SGD(model.parameters(), lr=0.01), steps=5)
    assert kinds(signs) == {("unused", "unused.weight"), ("unused", "unused.bias")}


def test_vanishing_gradients():
    model = mlp(64, *[30] * 10, 10, between=nn.Sigmoid)
    signs = loop(model, *digits(), optim.SGD(model.parameters(), lr=0.1), steps=60)
    assert ("vanishing", "1.weight") in kinds(signs)


def test_exploding_gradients():
    """Every layer makes what goes through it ten times smaller forward: the first layers get the largest gradients."""
    model = mlp(64, *[30] * 8, 10, between=nn.Tanh)
    for k in range(3, 17, 2):
        nn.init.normal_(model[k].weight, std=2.0, rng=k)
    nn.init.normal_(model[1].weight, std=1e-6, rng=1)
    signs = loop(model, *digits(), optim.SGD(model.parameters(), lr=1e-9), steps=60)
    assert "exploding" in {sign.kind for sign in signs.found}


UPDATES = {
    "small update": lambda model: optim.Adam(model.parameters(), lr=5e-8),
    "large update": lambda model: optim.AdamW(model.parameters(), lr=3.0, weight_decay=0.1),
}


@pytest.mark.parametrize("kind", UPDATES)
def test_updates_of_a_wrong_length(kind):
    model = mlp(64, 10)
    assert kind in {sign.kind for sign in loop(model, *digits(), UPDATES[kind](model), steps=200).found}


def test_a_schedule_that_ends_in_small_updates_is_let_pass():
    model = mlp(64, 10)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    signs = Signs(model, optimizer, every=10)
    X, y = digits()
    for step in range(300):
        optimizer.param_groups[0]["lr"] = 0.1 if step < 100 else 1e-9
        optimizer.zero_grad()
        signs.backward(functional.cross_entropy(model(X[:100]), y[:100]))
        signs.step()
    assert signs.found == []


def test_what_is_not_finite_is_named_with_its_gate_and_its_layer():
    X, y = blobs()
    model = mlp(12, 20, 4, between=nn.Tanh)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def overflowing(x):
        return functional.cross_entropy(np.log(model(x) * 0 - 1), y)

    with pytest.raises(DivergedError, match=r"the output of log, after 3\.") as caught, np.errstate(all="ignore"):
        Signs(model, optimizer).backward(overflowing(X))
    assert "step 1: the loss is nan" in caught.value.what


def test_images_that_are_not_finite_are_named():
    X, y = blobs()
    model = mlp(12, 4)
    X[3, 2] = np.inf
    with np.errstate(all="ignore"), pytest.raises(DivergedError, match="the images"):
        Signs(model, optim.SGD(model.parameters(), lr=0.1)).backward(functional.cross_entropy(model(X), y))


def test_a_gradient_that_is_not_finite_is_not_applied():
    w = nn.Linear(1, 2, rng=0)
    optimizer = optim.SGD(w.parameters(), lr=0.1)
    nn.init.zeros_(w.weight)
    nn.init.zeros_(w.bias)
    with pytest.raises(DivergedError, match="gradient of weight"), np.errstate(all="ignore"):
        Signs(w, optimizer).backward(np.sum(np.sqrt(w(np.ones((1, 1), np.float32)))))
    assert w.weight.numpy().tolist() == [[0.0], [0.0]]


def test_each_thing_is_said_once_and_survives_a_checkpoint():
    model = mlp(64, 50, 10)
    nn.init.constant_(model[1].bias, -50.0)
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    said = []
    signs = Signs(model, optimizer, every=1, say=said.append)
    X, y = digits(100)
    for _ in range(3):
        optimizer.zero_grad()
        signs.backward(functional.cross_entropy(model(X), y))
        signs.step()
    assert said == signs.found
    assert len(said) == len(kinds(signs))
    again = Signs(model, optimizer, every=1, say=said.append)
    again.restore(signs.state())
    assert again.state() == signs.state()


def test_the_tape_is_read_and_left_as_it_was():
    model = mlp(64, 50, 10)
    X, y = digits(60)
    loss = functional.cross_entropy(model(X), y)
    names = named_wires(model.named_parameters)
    before = [(wire.order, gate_of(wire)) for wire in wires_behind(loss.wire)]
    ((layer, alive),) = rectified(loss.wire, names)
    assert layer in ("1.weight", "1.bias")
    hidden = X.reshape(60, -1) @ model[1].weight.numpy().T + model[1].bias.numpy()
    assert np.array_equal(alive, hidden > 0)
    assert first_non_finite(loss.wire, names) == "none"
    assert [(wire.order, gate_of(wire)) for wire in wires_behind(loss.wire)] == before
    loss.backward()
    assert next(model.parameters()).grad is not None


def test_plain_numpy_can_be_watched_too():
    """No layers: a dict of Tensors, as the functional manner has it."""
    w = gw.tensor(np.ones((3, 2)))
    z = np.maximum(0, np.ones((4, 3)) @ w - 10)
    ((layer, alive),) = rectified(np.sum(z).wire, {id(w.wire): "w"})
    assert (layer, alive.any()) == ("w", False)


def watched(model, optimizer, parts=1, steps=160):
    """The signs of a loop that adds up the gradients of so many parts of a batch, on purpose."""
    signs = Signs(model, optimizer)
    X, y = digits(100)
    for _ in range(steps):
        optimizer.zero_grad()
        for _ in range(parts):
            signs.backward(functional.cross_entropy(model(X), y) / parts)
        signs.step()
    return {sign.kind for sign in signs.found}


def test_gradients_that_are_added_up_on_purpose_are_let_pass():
    model = mlp(64, 20, 10)
    assert watched(model, optim.SGD(model.parameters(), lr=0.1), parts=3) == set()


def test_frozen_layers_and_layers_of_another_optimizer_are_let_pass():
    model = mlp(64, 20, 10)
    assert watched(model, optim.SGD(model[3].parameters(), lr=0.1)) == set()
    model[1].requires_grad_(False)
    assert watched(model, optim.SGD(model.parameters(), lr=0.1)) == set()


def test_an_optimizer_that_moves_nothing_is_no_forgotten_zero_grad():
    model = mlp(64, 20, 10)
    assert watched(model, optim.SGD(mlp(64, 20, 10).parameters(), lr=0.1)) == {"optimizer"}
    assert watched(model, optim.SGD(model.parameters(), lr=0.0)) == {"no update"}


def test_steps_are_counted_from_1():
    model = mlp(64, 50, 10)
    nn.init.constant_(model[1].bias, -50.0)
    signs = loop(model, *digits(), optim.SGD(model.parameters(), lr=1e-3), steps=1)
    assert {sign.step for sign in signs.found} == {1}
