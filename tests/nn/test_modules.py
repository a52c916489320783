"""Modules: what is in them, saving and loading, random numbers, changes in place."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

import gatewise as gw
import gatewise.nn as nn
from gatewise import optim
from gatewise._errors import StateError
from gatewise.nn.random import generator

F = nn.functional


class Net(nn.Module):
    def __init__(self):
        self.first = nn.Linear(4, 5, rng=1)
        self.rest = nn.Sequential(nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3, rng=2))
        self.scale = nn.Parameter([1.0])
        self.layers = [1, 2, 3]

    def forward(self, x):
        return self.rest(self.first(x)) * self.scale


PATHS = ["scale", "first.weight", "first.bias", "rest.0.weight", "rest.0.bias", "rest.2.weight", "rest.2.bias"]
BUFFERS = ["rest.0.running_mean", "rest.0.running_var", "rest.0.num_batches_tracked"]


def test_parameters_are_found_by_path():
    net = Net()
    assert [path for path, _ in net.named_parameters()] == PATHS
    assert [path for path, _ in net.named_buffers()] == BUFFERS
    assert sorted(net.state_dict()) == sorted(PATHS + BUFFERS)
    assert [p.wire.name for p in net.parameters()] == PATHS
    assert all(isinstance(p, nn.Parameter) and p.dtype == np.float32 for p in net.parameters())
    assert not isinstance(gw.tensor([1.0]), nn.Parameter)


def test_a_module_in_two_places_counts_once():
    layer = nn.Linear(3, 3)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert [path for path, _ in net.named_parameters()] == ["0.weight", "0.bias"]
    net(np.ones((2, 3))).sum().backward()
    optim.SGD(net.parameters(), lr=0.1).step()


def test_the_path_is_in_messages():
    net = Net()
    message = "rest.2.weight was changed in place"
    loss = net(np.ones((2, 4), np.float32)).sum()
    optimizer = optim.SGD([net.rest[2].weight], lr=0.1)
    net(np.ones((2, 4), np.float32)).sum().backward()
    optimizer.step()
    with pytest.raises(gw.GatewiseError, match=message):
        loss.backward()


def test_a_state_is_copied_out_and_in():
    net, other = Net(), Net()
    state = net.state_dict()
    before = {path: array.copy() for path, array in state.items()}
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    net(x)  # moves the running statistics
    loss = F.cross_entropy(net(x), np.zeros(6, int))
    loss.backward()
    optim.SGD(net.parameters(), lr=0.5).step()
    for path in state:
        np.testing.assert_array_equal(state[path], before[path])
    keys = other.load_state_dict(net.state_dict())
    assert keys == ([], [])
    for path, array in net.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[path], array)
    np.testing.assert_array_equal(net.eval()(x).numpy(), other.eval()(x).numpy())


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape"])
def test_a_state_that_does_not_fit_changes_nothing(change):
    net = Net()
    state = {path: array + 1 for path, array in net.state_dict().items()}
    if change == "missing":
        del state["first.bias"]
    elif change == "unexpected":
        state["second.bias"] = np.ones(3)
    else:
        state["rest.2.bias"] = np.ones(4)
    before = net.state_dict()
    with pytest.raises(StateError, match="bias"):
        net.load_state_dict(state)
    for path, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[path])
    if change != "shape":
        keys = net.load_state_dict(state, strict=False)
        assert keys == ((["first.bias"], []) if change == "missing" else ([], ["second.bias"]))


def test_train_and_eval_reach_every_module():
    net = Net().eval()
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_dropout_keeps_the_mean_and_can_be_repeated():
    layer = nn.Dropout(0.3, rng=3)
    state = layer.random_state()
    x = np.ones((400, 500), np.float32)
    out = layer(gw.tensor(x)).numpy()
    kept = out != 0
    assert out.dtype == np.float32
    assert kept.mean() == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / x.size))
    np.testing.assert_allclose(out[kept], 1 / 0.7, rtol=1e-6)
    assert not np.array_equal(layer(x), out)
    layer.load_random_state(json.loads(json.dumps(state)))
    np.testing.assert_array_equal(layer(x), out)
    with gw.no_grad():
        assert not layer(x).all()
    np.testing.assert_array_equal(layer.eval()(x), x)
    assert not nn.Dropout(1.0)(x).any()


def test_the_gradient_of_dropout_is_its_mask():
    x = gw.tensor(np.ones(50))
    out = nn.Dropout(0.5, rng=1)(x)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.numpy())


def test_one_seed_repeats_everything_that_shares_the_generator():
    def run():
        nn.manual_seed(11)
        net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2))
        assert dict(net.named_generators()) == {"1": generator(None)}
        return net(np.ones((3, 4))).numpy()

    np.testing.assert_array_equal(run(), run())


def test_a_deep_copy_is_a_net_of_its_own():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    twin = copy.deepcopy(net)
    assert twin[2].rng is net[2].rng
    before = twin.state_dict()
    net(np.ones((2, 4))).sum().backward()
    optim.SGD(net.parameters(), lr=1.0).step()
    for path, array in twin.state_dict().items():
        np.testing.assert_array_equal(array, before[path])
    assert [p.wire.name for p in twin.parameters()] == [p.wire.name for p in net.parameters()]
    assert all(p.requires_grad for p in twin.parameters())


def test_frozen_parameters_get_no_gradient():
    net = Net()
    net.first.requires_grad_(False)
    net(np.ones((3, 4))).sum().backward()
    assert net.first.weight.grad is None
    assert net.rest[2].weight.grad is not None
    net.first.requires_grad_()
    net.zero_grad()
    net(np.ones((3, 4))).sum().backward()
    assert net.first.weight.grad is not None


def test_a_module_is_shown_as_its_layers():
    assert repr(Net().rest) == (
        "Sequential(\n"
        "  (0): BatchNorm1d(5, eps=1e-05, momentum=0.1, affine=True)\n"
        "  (1): ReLU()\n"
        "  (2): Linear(in_features=5, out_features=3, bias=True)\n"
        ")"
    )


def test_a_circuit_of_a_net_shows_its_layers_and_its_code_runs():
    net = nn.Sequential(nn.Linear(3, 4, dtype=np.float64, rng=0), nn.Tanh(), nn.Linear(4, 2, dtype=np.float64, rng=1))
    x, y = np.random.default_rng(0).normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])

    def loss_of(x):
        loss = F.cross_entropy(net(x), y)
        return loss

    board = gw.circuit(loss_of, x)
    namespace = {}
    exec(str(board.code()), namespace)
    value, dx = namespace["loss_of_and_gradients"](x, **board.captured)
    assert value == pytest.approx(float(loss_of(x).item()), abs=1e-15)
    np.testing.assert_allclose(dx, gw.grad(loss_of)(x).numpy(), atol=1e-15)


def test_the_functional_manner_takes_gradients_of_a_dict():
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(2, 3)), "b": np.zeros(2)}
    x, y = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    loss, grads = gw.value_and_grad(lambda p: F.cross_entropy(F.linear(x, p["W"], p["b"]), y))(params)
    layer = nn.Linear(3, 2, dtype=np.float64)
    layer.load_state_dict({"weight": params["W"], "bias": params["b"]})
    other = F.cross_entropy(layer(x), y)
    other.backward()
    assert loss == other.item()
    np.testing.assert_array_equal(grads["W"], layer.weight.grad)
    np.testing.assert_array_equal(grads["b"], layer.bias.grad)


def test_the_notes_block_runs_as_it_stands(notes):
    """Note 001's training step, with gatewise's names in place of PyTorch's: the loss goes down."""
    block = compile((notes / "001-01.py").read_text(encoding="utf-8"), "001-01.py", "exec")
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 20, rng=1), nn.ReLU(), nn.Linear(20, 4, rng=2))
    names = {
        "net": net,
        "F": F,
        "optimizer": optim.SGD(net.parameters(), lr=0.5),
        "imgs": rng.normal(size=(32, 3, 4, 4)).astype(np.float32),
        "classes": rng.integers(0, 4, 32),
    }
    losses = []
    for _ in range(40):
        exec(block, names)
        losses.append(names["loss"].item())
    assert losses[0] == pytest.approx(np.log(4), abs=0.3)
    assert losses[-1] < 0.1 * losses[0]


def test_the_same_step_without_the_notes():
    """The block's five lines, so that they are run where GATEWISE_NOTES is not set."""
    net = nn.Linear(3, 2, dtype=np.float64, rng=0)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    imgs, classes = np.eye(3), np.array([0, 1, 0])
    weight = net.weight.numpy()
    output = net(imgs)
    loss = F.cross_entropy(output, classes)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    shares = F.softmax(output.numpy())
    shares[np.arange(3), classes] -= 1
    np.testing.assert_allclose(net.weight.numpy(), weight - 0.1 * shares.T @ imgs / 3, atol=1e-15)
