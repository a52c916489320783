"""Layers and losses without PyTorch: gradients beside numerical derivatives, values beside formulas."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
import gatewise.nn as nn
from gatewise._errors import GateError, LayerError, LossError
from gatewise._gates import layers

F = nn.functional

RNG = np.random.default_rng(7)
IMAGES, ROWS, CLASSES = RNG.normal(size=(3, 2, 5, 6)), RNG.normal(size=(6, 4)), np.array([0, 2, 1, 3, 0, 2])
D = np.float64


def differences(f, array, h=1e-5):
    """The gradient of a number by central differences, an entry at a time, in place."""
    found = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        before = array[place]
        ends = []
        for sign in (1, -1):
            array[place] = before + sign * h
            ends.append(float(f()))
        array[place] = before
        found[place] = (ends[0] - ends[1]) / (2 * h)
    return found


LAYERS = {
    "linear": (lambda: nn.Linear(4, 3, dtype=D), ROWS),
    "convolution": (lambda: nn.Conv2d(2, 3, 3, padding=1, dtype=D), IMAGES),
    "convolution in steps": (lambda: nn.Conv2d(2, 3, (3, 2), stride=2, padding=(1, 0), dtype=D), IMAGES),
    "pooling": (lambda: nn.MaxPool2d(2), IMAGES),
    "pooling, overlapping": (lambda: nn.MaxPool2d(3, 1, 1), IMAGES),
    "batch norm": (lambda: nn.BatchNorm1d(4, dtype=D), ROWS),
    "batch norm of images": (lambda: nn.BatchNorm2d(2, dtype=D), IMAGES),
    "tanh": (lambda: nn.Tanh(), ROWS),
    "softmax": (lambda: nn.Softmax(), ROWS),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_agree_with_differences(name):
    make, x = LAYERS[name]
    layer, x = make(), x.copy()
    weights = RNG.normal(size=layer(x).shape)

    def loss():
        return np.sum(layer(x) * weights)

    given = gw.tensor(x)
    np.sum(layer(given) * weights).backward()
    np.testing.assert_allclose(given.grad, differences(lambda: np.asarray(loss_of(loss)), x), atol=2e-9)
    for path, p in layer.named_parameters():
        have, value = p.grad, p.value  # differences are taken in the parameter's own memory
        np.testing.assert_allclose(have, differences(lambda: loss_of(loss), value), atol=2e-9, err_msg=path)


def loss_of(loss):
    with gw.no_grad():
        out = loss()
    return out.item() if isinstance(out, gw.Tensor) else out


LOSSES = {
    "cross entropy": lambda s: F.cross_entropy(s, CLASSES),
    "cross entropy, each": lambda s: np.sum(F.cross_entropy(s, CLASSES, reduction="none") ** 2),
    "hinge": lambda s: F.hinge_loss(s, CLASSES),
    "multi margin": lambda s: F.multi_margin_loss(s, CLASSES, p=2),
    "mse": lambda s: F.mse_loss(s, ROWS[::-1]),
    "binary": lambda s: F.binary_cross_entropy_with_logits(s, np.abs(np.tanh(ROWS[::-1]))),
    "log softmax": lambda s: np.sum(F.log_softmax(s) * ROWS),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree_with_differences(name):
    loss, scores = LOSSES[name], ROWS.copy()
    given = gw.tensor(scores)
    loss(given).backward()
    np.testing.assert_allclose(given.grad, differences(lambda: loss(scores), scores), atol=2e-9)


def test_a_convolution_is_the_sum_its_definition_says():
    layer = nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 2), dtype=D)
    w, b = layer.weight.numpy(), layer.bias.numpy()
    padded = np.pad(IMAGES, ((0, 0), (0, 0), (1, 1), (2, 2)))
    want = np.empty((3, 3, 3, 9))
    for n, o, i, j in np.ndindex(want.shape):
        want[n, o, i, j] = np.sum(padded[n, :, 2 * i : 2 * i + 3, j : j + 2] * w[o]) + b[o]
    np.testing.assert_allclose(layer(IMAGES).numpy(), want, atol=1e-13)


def test_ties_in_pooling_share_the_gradient():
    x = gw.tensor(np.array([[[[1.0, 1.0], [0.0, 1.0]]]]))
    nn.MaxPool2d(2)(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.array([[[[1, 1], [0, 1]]]]) / 3, rtol=1e-15)


def test_the_loss_of_equal_scores_is_the_log_of_the_number_of_classes():
    assert F.cross_entropy(np.zeros((6, 10)), CLASSES) == pytest.approx(np.log(10), abs=1e-15)
    assert F.binary_cross_entropy_with_logits(np.zeros(3), np.ones(3)) == pytest.approx(np.log(2), abs=1e-15)


def test_large_scores_lose_nothing():
    scores = np.array([40.0, -40.0])
    loss = F.binary_cross_entropy_with_logits(scores, np.array([1.0, 0.0]), reduction="none")
    np.testing.assert_allclose(loss, np.exp(-40), rtol=1e-12)
    assert F.cross_entropy(np.array([[1e4, 0.0]]), np.array([1])) == 1e4


@pytest.mark.parametrize(
    ("shape", "other"), [((4, 1), (4,)), ((4,), (4, 1)), ((4, 3), (3,)), ((1,), ()), ((2, 3), (3, 2))]
)
@pytest.mark.parametrize("loss", [F.mse_loss, F.binary_cross_entropy_with_logits])
def test_a_loss_never_broadcasts(loss, shape, other):
    for scores in (np.ones(shape), gw.tensor(np.ones(shape))):
        with pytest.raises(LossError, match="cannot compare the shapes"):
            loss(scores, np.ones(other))


@pytest.mark.parametrize("loss", [F.cross_entropy, F.multi_margin_loss, F.hinge_loss])
@pytest.mark.parametrize(
    "classes",
    [CLASSES[:, None], CLASSES[:-1], CLASSES + 1, CLASSES - 1, CLASSES + 0.0, np.eye(4)[CLASSES], CLASSES > 1],
    ids=["a column", "too few", "too high", "too low", "floats", "one hot", "truth values"],
)
def test_classes_that_do_not_fit_are_named(loss, classes):
    with pytest.raises(LossError, match="Expect: scores"):
        loss(gw.tensor(ROWS), classes)


def test_an_unknown_reduction_and_an_empty_batch_are_errors():
    with pytest.raises(LossError, match="no reduction 'avg'"):
        F.mse_loss(ROWS, ROWS, reduction="avg")
    with pytest.raises(LossError, match="no rows"):
        F.cross_entropy(np.zeros((0, 3)), np.zeros(0, int))


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(0, 3),
        lambda: nn.Linear(2.0, 3),
        lambda: nn.Dropout(-0.1),
        lambda: nn.Conv2d(3, 4, 3, groups=3),
        lambda: nn.Conv2d(3, 4, 3, dilation=2),
        lambda: nn.Conv2d(3, 4, 3, stride=0),
        lambda: nn.Conv2d(3, 4, 3, padding=-1),
        lambda: nn.Conv2d(3, 4, 2, padding="same"),
        lambda: nn.BatchNorm1d(3)(np.ones((4, 2))),
        lambda: nn.BatchNorm1d(3)(np.ones((1, 3))),
        lambda: nn.BatchNorm1d(3)(np.ones((4, 3, 2, 2))),
        lambda: nn.Linear(2, 3, rng="seed"),
        lambda: nn.init.xavier_uniform_(np.ones(3)),
        lambda: nn.init.kaiming_normal_(np.ones((2, 3)), mode="fan"),
        lambda: nn.init.calculate_gain("swish"),
    ],
)
def test_settings_that_make_no_sense_are_named(make):
    with pytest.raises(LayerError):
        make()


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.Linear(3, 2)(np.ones((5, 4))),
        lambda: nn.Conv2d(3, 2, 3)(np.ones((5, 2, 6, 6))),
        lambda: nn.Conv2d(3, 2, 3)(np.ones((3, 6, 6))),
        lambda: nn.Conv2d(3, 2, 7)(np.ones((1, 3, 6, 6))),
        lambda: nn.MaxPool2d(7)(np.ones((1, 3, 6, 6))),
        lambda: F.max_pool2d(np.ones((1, 3, 6, 6)), 2, padding=2),
        lambda: nn.Conv2d(3, 2, "big"),
    ],
)
def test_shapes_that_do_not_fit_are_one_clear_error(call):
    with pytest.raises(GateError):
        call()


def test_batch_norm_follows_its_statistics():
    layer = nn.BatchNorm1d(4, momentum=0.3, dtype=D)
    layer(ROWS)
    np.testing.assert_allclose(layer.running_mean, 0.3 * ROWS.mean(0), rtol=1e-13)
    np.testing.assert_allclose(layer.running_var, 0.7 + 0.3 * ROWS.var(0, ddof=1), rtol=1e-13)
    assert int(layer.num_batches_tracked) == 1
    layer.eval()
    want = (ROWS - layer.running_mean) / np.sqrt(layer.running_var + 1e-5)
    np.testing.assert_allclose(layer(ROWS).numpy(), want, rtol=1e-13)
    assert int(layer.num_batches_tracked) == 1


@pytest.mark.parametrize("shape", [(5, 3, 30, 31), (50, 3, 90)])
def test_batch_norm_of_large_channels_is_that_of_small_ones(shape, monkeypatch):
    """A channel at a time or all at once: the same numbers, but for the order of summation."""
    x, g, w, b = (RNG.normal(size=size) for size in (shape, shape, 3, 3))
    one, pulled = batch_normed(x, w, b)
    found = pulled(g)
    monkeypatch.setattr(layers, "LARGE", np.inf)
    other, again = batch_normed(x, w, b)
    np.testing.assert_allclose(one, other, atol=1e-13)
    for have, want in zip(found, again(g), strict=True):
        np.testing.assert_allclose(have, want, atol=1e-12 * max(1, np.max(np.abs(want))))


def batch_normed(x, w, b):
    return gw.vjp(lambda x, w, b: gw.batch_norm(x, w, b, eps=1e-3), x, w, b)


def test_second_derivatives_go_through_a_convolution():
    """The gradient of the squared gradient, beside differences of the gradient."""
    kernel, weights = RNG.normal(size=(2, 2, 3, 3)), RNG.normal(size=(3, 2, 3, 4))

    def loss(w):
        return np.sum(np.tanh(gw.conv2d(IMAGES, w)) * weights)

    def squared(w):
        g = gw.grad(loss)(w)
        return np.sum(g * g)

    have = gw.grad(squared)(kernel)
    np.testing.assert_allclose(have, differences(lambda: squared(kernel), kernel), rtol=1e-5, atol=1e-6)
