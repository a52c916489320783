"""Every layer and loss beside PyTorch's, where it is installed: values and all gradients, from the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
import gatewise.nn as nn
from gatewise._tensor import change

F = nn.functional

RNG = np.random.default_rng(5)


def drawn(*shape):
    return RNG.normal(size=shape)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gatewise[peers]'")


def near(have, want, dtype=np.float64):
    want = np.asarray(want)
    assert have.shape == want.shape
    limit = 1e-12 if dtype == np.float64 else 1e-5
    assert np.max(np.abs(have - want), initial=0) <= limit * max(1.0, np.max(np.abs(want), initial=0))


def copied(ours, theirs, torch):
    """Give a module of PyTorch's the numbers of one of ours."""
    state = {name: torch.tensor(array) for name, array in ours.state_dict().items()}
    theirs.load_state_dict(state)


LAYERS = {
    "linear": (lambda n, **k: n.Linear(4, 3, **k), (5, 4)),
    "linear without bias": (lambda n, **k: n.Linear(4, 3, bias=False, **k), (5, 4)),
    "linear of three axes": (lambda n, **k: n.Linear(4, 3, **k), (2, 5, 4)),
    "linear of one row": (lambda n, **k: n.Linear(4, 3, **k), (4,)),
    "relu": (lambda n, **k: n.ReLU(), (5, 4)),
    "sigmoid": (lambda n, **k: n.Sigmoid(), (5, 4)),
    "tanh": (lambda n, **k: n.Tanh(), (5, 4)),
    "softmax": (lambda n, **k: n.Softmax(dim=-1), (5, 4)),
    "softmax over rows": (lambda n, **k: n.Softmax(dim=0), (5, 4)),
    "flatten": (lambda n, **k: n.Flatten(), (5, 2, 3, 3)),
    "flatten from axis 2": (lambda n, **k: n.Flatten(2), (5, 2, 3, 3)),
    "batch norm": (lambda n, **k: n.BatchNorm1d(4, **k), (6, 4)),
    "batch norm of sequences": (lambda n, **k: n.BatchNorm1d(4, **k), (6, 4, 5)),
    "batch norm, settings": (lambda n, **k: n.BatchNorm1d(4, eps=0.1, momentum=0.3, affine=False, **k), (6, 4)),
    "batch norm, plain average": (lambda n, **k: n.BatchNorm1d(4, momentum=None, **k), (6, 4)),
    "batch norm, no running statistics": (lambda n, **k: n.BatchNorm1d(4, track_running_stats=False, **k), (6, 4)),
    "batch norm of images": (lambda n, **k: n.BatchNorm2d(3, **k), (2, 3, 4, 5)),
    "convolution": (lambda n, **k: n.Conv2d(2, 3, 3, **k), (4, 2, 6, 7)),
    "convolution, padded": (lambda n, **k: n.Conv2d(2, 3, 3, padding=1, **k), (4, 2, 6, 7)),
    "convolution, same": (lambda n, **k: n.Conv2d(2, 3, (3, 5), padding="same", **k), (4, 2, 6, 7)),
    "convolution, padded widely": (lambda n, **k: n.Conv2d(2, 3, 2, padding=3, **k), (4, 2, 6, 7)),
    "convolution in steps": (lambda n, **k: n.Conv2d(2, 3, 3, stride=2, padding=1, **k), (4, 2, 6, 7)),
    "convolution, oblong": (lambda n, **k: n.Conv2d(2, 3, (2, 3), (1, 2), (0, 2), bias=False, **k), (4, 2, 6, 7)),
    "convolution of points": (lambda n, **k: n.Conv2d(2, 3, 1, **k), (4, 2, 6, 7)),
    "pooling": (lambda n, **k: n.MaxPool2d(2), (3, 2, 4, 6)),
    "pooling with a rest": (lambda n, **k: n.MaxPool2d(2), (3, 2, 5, 7)),
    "pooling, overlapping": (lambda n, **k: n.MaxPool2d(3, stride=2, padding=1), (3, 2, 5, 7)),
    "pooling, oblong": (lambda n, **k: n.MaxPool2d((2, 3), stride=(1, 2), padding=(1, 0)), (3, 2, 5, 7)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_give_pytorchs_values_and_gradients(name, dtype, torch):
    make, shape = LAYERS[name]
    ours = make(nn, dtype=dtype)
    theirs = make(torch.nn, dtype=getattr(torch, np.dtype(dtype).name))
    copied(ours, theirs, torch)
    for training in (True, True, False):  # running statistics move twice, then serve
        ours.train(training), theirs.train(training)
        x = drawn(*shape).astype(dtype)
        have, want = gw.tensor(x), torch.tensor(x, requires_grad=True)
        ours.zero_grad(), theirs.zero_grad()
        out, expected = ours(have), theirs(want)
        g = drawn(*out.shape).astype(dtype)
        out.backward(g), expected.backward(torch.tensor(g))
        near(out.numpy(), expected.detach(), dtype)
        assert out.dtype == have.grad.dtype == dtype
        near(have.grad, want.grad, dtype)
        for (path, p), (_, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            assert p.grad.dtype == dtype, path
            near(p.grad, q.grad, dtype)
        for path, array in theirs.state_dict().items():
            near(ours.state_dict()[path], array, dtype)


CLASSES = np.array([0, 2, 1, 2, 0])
LOSSES = {
    "cross_entropy": lambda f, s, y, r: f.cross_entropy(s, y, reduction=r),
    "multi_margin_loss": lambda f, s, y, r: f.multi_margin_loss(s, y, reduction=r),
    "multi_margin_loss, squared": lambda f, s, y, r: f.multi_margin_loss(s, y, p=2, margin=0.5, reduction=r),
}
TARGETS = {
    "mse_loss": lambda f, s, t, r: f.mse_loss(s, t, reduction=r),
    "binary_cross_entropy_with_logits": lambda f, s, t, r: f.binary_cross_entropy_with_logits(s, t, reduction=r),
}


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", [*LOSSES, *TARGETS])
def test_losses_give_pytorchs_values_and_gradients(name, reduction, scale, torch):
    scores = scale * drawn(5, 3)
    by_class = name in LOSSES
    target = CLASSES if by_class else RNG.uniform(size=(5, 3))
    have, want = gw.tensor(scores), torch.tensor(scores, requires_grad=True)
    loss = (LOSSES | TARGETS)[name]
    ours = loss(F, have, target, reduction)
    theirs = loss(torch.nn.functional, want, torch.tensor(target), reduction)
    near(ours.numpy(), theirs.detach())
    g = drawn(*ours.shape)
    ours.backward(g), theirs.backward(torch.tensor(g))
    near(have.grad, want.grad)


def test_the_modules_of_losses_are_the_functions(torch):
    scores, target = drawn(5, 3), RNG.uniform(size=(5, 3))
    for name, given in (
        ("CrossEntropyLoss", CLASSES),
        ("MultiMarginLoss", CLASSES),
        ("MSELoss", target),
        ("BCEWithLogitsLoss", target),
    ):
        theirs = getattr(torch.nn, name)()(torch.tensor(scores), torch.tensor(given))
        near(np.asarray(getattr(nn, name)()(scores, given)), theirs)


def test_a_net_of_all_layers_gives_pytorchs_gradients(torch):
    def net(n):
        convolution = [n.Conv2d(3, 4, 3, padding=1), n.BatchNorm2d(4), n.ReLU(), n.MaxPool2d(2)]
        return n.Sequential(*convolution, n.Flatten(), n.Linear(64, 8), n.BatchNorm1d(8), n.Tanh(), n.Linear(8, 3))

    ours, theirs = net(nn), net(torch.nn)
    copied(ours, theirs, torch)
    x = drawn(5, 3, 8, 8).astype(np.float32)
    loss, expected = (
        F.cross_entropy(ours(x), CLASSES),
        torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(CLASSES)),
    )
    loss.backward(), expected.backward()
    near(loss.numpy(), expected.detach(), np.float32)
    for (path, p), (other, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert path == other
        near(p.grad, q.grad, np.float32)


@pytest.mark.parametrize("name", ["Linear", "Conv2d"])
def test_layers_start_within_pytorchs_bounds(name, torch):
    sizes = (400, 300) if name == "Linear" else (20, 60, 5)
    ours, theirs = getattr(nn, name)(*sizes, rng=0), getattr(torch.nn, name)(*sizes)
    for (path, p), (_, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        values, other = p.numpy().ravel(), q.detach().numpy().ravel()
        bound = 1 / np.sqrt(400 if name == "Linear" else 20 * 25)
        assert max(np.abs(values).max(), np.abs(other).max()) <= bound * (1 + 1e-6), path
        for moment in (1, 2):  # the means of equal distributions, each within five of its standard errors
            gap = np.mean(values**moment) - np.mean(other**moment)
            assert abs(gap) <= 5 * np.sqrt(2 / values.size) * np.std(other**moment)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("xavier_uniform_", {}),
        ("xavier_normal_", {"gain": 2.0}),
        ("kaiming_uniform_", {"nonlinearity": "relu"}),
        ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "tanh"}),
        ("normal_", {"std": 1e-4}),
        ("uniform_", {"a": -1.0, "b": 3.0}),
    ],
)
def test_initialisations_have_pytorchs_spread(name, options, torch):
    array, other = np.empty((60, 20, 5, 5)), torch.empty((60, 20, 5, 5))
    getattr(nn.init, name)(array, **options, rng=1)
    getattr(torch.nn.init, name)(other, **options)
    theirs = other.numpy()
    assert array.std() == pytest.approx(theirs.std(), rel=0.03)
    assert abs(array.mean() - theirs.mean()) <= 5 * np.sqrt(2 / array.size) * theirs.std()
    assert np.abs(array).max() == pytest.approx(np.abs(theirs).max(), rel=0.01 if "uniform" in name else 0.3)


@pytest.mark.parametrize("name", ["linear", "conv2d", "sigmoid", "tanh", "relu", "selu"])
def test_gains_are_pytorchs(name, torch):
    assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


def test_parameters_changed_in_between_keep_pytorchs_gradients(torch):
    """What an optimiser's change in place does is what a new start from the changed numbers does."""
    layer = nn.Linear(3, 2, dtype=np.float64)
    x = drawn(4, 3)
    layer(x).sum().backward()
    change(layer.weight, lambda w: np.multiply(w, 2, out=w))
    layer.zero_grad()
    (layer(x) ** 2).sum().backward()
    w, b = (torch.tensor(p.numpy(), requires_grad=True) for p in layer.parameters())
    (torch.nn.functional.linear(torch.tensor(x), w, b) ** 2).sum().backward()
    near(layer.weight.grad, w.grad)
    near(layer.bias.grad, b.grad)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_weights_and_smoothing_of_cross_entropy(torch, reduction, weighted, smoothing):
    rng = np.random.default_rng(5)
    scores, y, weight = rng.normal(size=(7, 4)), rng.integers(0, 4, 7), rng.uniform(0.5, 2, 4)
    ours, theirs = gw.tensor(scores), torch.tensor(scores, requires_grad=True)
    settings = {"reduction": reduction, "label_smoothing": smoothing}
    mine = nn.CrossEntropyLoss(weight if weighted else None, **settings)(ours, y)
    other = torch.nn.CrossEntropyLoss(torch.tensor(weight) if weighted else None, **settings)(theirs, torch.tensor(y))
    np.testing.assert_allclose(mine.numpy(), other.detach().numpy(), rtol=1e-12)
    mine.sum().backward()
    other.sum().backward()
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-12, atol=1e-15)
