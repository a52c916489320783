"""The pre-flight finds each planted mistake, and has nothing to say about healthy runs."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise import nn, optim
from gatewise._errors import DataError
from gatewise.nn import functional
from gatewise.train import preflight
from gatewise.train.fitting import objective
from gatewise.train.recipes import Recipe, images_of, prepared
from train.nets import blobs, convolutional, digits, mlp

CHECKS = [
    "labels", "input scale", "loss of equal scores", "first loss", "regularisation", "dead layers", "gradients",
    "overfitting 20 images", "rate",
]  # fmt: skip


def warned(*arguments, **options):
    """The names of the checks that speak."""
    return {finding.check for finding in preflight(*arguments, **options).warnings}


def sgd(model, lr=0.1, **options):
    return optim.SGD(model.parameters(), lr=lr, **options)


# ---------------------------------------------------------------------------------------------- planted mistakes


def test_unscaled_data():
    X, y = gw.data.digits()[:2]
    assert "input scale" in warned(mlp(64, 30, 10), 255 / 16 * X, y)


def test_data_a_thousand_times_too_large():
    X, y = digits()
    assert "input scale" in warned(mlp(64, 30, 10), 1000 * X, y)


@pytest.mark.parametrize("wrong", [lambda s, y: functional.cross_entropy(s, y, "sum"),
                                   lambda s, y: functional.cross_entropy(s, y) / 100,
                                   lambda s, y: 1.5 * functional.cross_entropy(s, y)])  # fmt: skip
def test_a_loss_of_the_wrong_scale(wrong):
    X, y = digits()
    report = preflight(mlp(64, 30, 10), X, y, loss=wrong)
    assert not report["loss of equal scores"].healthy


def test_a_summed_loss_is_told_to_be_a_mean():
    X, y = digits()
    report = preflight(mlp(64, 30, 10), X, y, loss=lambda s, y: functional.cross_entropy(s, y, "sum"))
    assert "take the mean" in report["loss of equal scores"].cure


def test_a_dead_layer():
    X, y = digits()
    model = mlp(64, 30, 20, 10)
    nn.init.constant_(model[3].bias, -100.0)
    report = preflight(model, X, y)
    assert not report["dead layers"].healthy
    assert "after 3.weight" in report["dead layers"].said or "after 3.bias" in report["dead layers"].said


def test_weights_that_are_all_zero():
    X, y = digits()
    model = mlp(64, 30, 10)
    for layer in (model[1], model[3]):
        nn.init.zeros_(layer.weight)
    assert "dead layers" in warned(model, X, y)


RATES = {
    "sgd": (lambda model, lr: optim.SGD(model.parameters(), lr=lr), 0.1),
    "momentum": (lambda model, lr: optim.SGD(model.parameters(), lr=lr, momentum=0.9), 0.02),
    "adam": (lambda model, lr: optim.Adam(model.parameters(), lr=lr), 2e-3),
    "rmsprop": (lambda model, lr: optim.RMSprop(model.parameters(), lr=lr), 1e-3),
}


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("times", [100, 1 / 100])
def test_a_rate_a_hundred_times_too_high_or_too_low(name, times):
    X, y = digits()
    make, rate = RATES[name]
    model = mlp(64, 50, 10)
    report = preflight(model, X, y, optimizer=make(model, rate))
    assert report.healthy, report
    finding = preflight(model, X, y, optimizer=make(model, times * rate))["rate"]
    assert not finding.healthy
    assert ("lower" if times > 1 else "higher") in finding.cure


@pytest.mark.parametrize("times", [100, 1 / 100])
def test_the_courses_rate_too(times):
    recipe = Recipe.of("digits")
    images = images_of(recipe)
    trainer = prepared(Recipe.of("digits", lr=times * recipe.lr), images)
    assert "rate" in warned(trainer.model, images.X_train, images.y_train, optimizer=trainer.optimizer, reg=recipe.reg)


def test_forgotten_regularisation():
    X, y = digits()

    def forgetful(model, scores, y, loss, reg):
        return loss(scores, y)

    assert warned(mlp(64, 30, 10), X, y, reg=0.1, objective=forgetful) == {"regularisation"}


def test_shuffled_labels():
    X, y = digits()
    assert warned(mlp(64, 30, 10), X, np.random.default_rng(0).permutation(y)) == {"labels"}


class Detour(nn.Module):
    """tanh by a rule that someone wrote by hand: right forward, `factor` too large backward."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def forward(self, x):
        right, wrong = np.tanh(x), self.factor * np.tanh(x)
        constant = right.detach() if isinstance(right, gw.Tensor) else right
        other = wrong.detach() if isinstance(wrong, gw.Tensor) else wrong
        return wrong - other + constant


@pytest.mark.parametrize("factor", [1.05, 0.5, -1.0])
def test_a_wrong_gate_of_ones_own(factor):
    X, y = digits()
    model = mlp(64, 30, 10, between=lambda: Detour(factor))
    report = preflight(model, X, y)
    assert not report["gradients"].healthy
    assert "1.weight" in report["gradients"].said or "1.bias" in report["gradients"].said


def test_the_same_gate_with_its_right_rule():
    X, y = digits()
    assert preflight(mlp(64, 30, 10, between=lambda: Detour(1.0)), X, y).healthy


def test_a_net_that_cannot_overfit():
    X, y = digits()
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 1, rng=0), nn.Linear(1, 10, rng=1), nn.Sigmoid())
    assert "overfitting 20 images" in warned(model, X, y)


def test_noise_that_drowns_the_images():
    X, y = digits()
    for share in (0.99, 1.0):
        assert "dead layers" in warned(dropping(share), X, y)
    for share in (0.5, 0.8):
        assert "dead layers" not in warned(dropping(share), X, y)


def test_units_that_are_all_alike():
    X, y = digits()
    model = mlp(64, 30, 10)
    nn.init.constant_(model[1].weight, 0.1)
    report = preflight(model, X, y)
    assert "1.weight the weights of all units are the same" in report["dead layers"].said


def test_regularisation_of_biases_only():
    X, y = digits()

    def of_biases(model, scores, y, loss, reg):
        return loss(scores, y) + reg * np.sum(model[1].bias ** 2)

    assert warned(mlp(64, 30, 10), X, y, reg=0.1, objective=of_biases) == {"regularisation"}


def test_labels_half_of_which_are_random():
    X, y = digits(1400)
    rng = np.random.default_rng(5)
    noisy = np.where(rng.random(len(y)) < 0.5, rng.integers(0, 10, len(y)), y)
    assert warned(mlp(64, 30, 10), X, noisy) == {"labels"}
    assert warned(mlp(64, 30, 10), X, y) == set()


def test_a_softmax_too_many():
    X, y = digits()
    twice = lambda s, y: functional.cross_entropy(functional.softmax(s), y)  # noqa: E731
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10, rng=0), nn.Softmax())
    for report in (preflight(model, X, y), preflight(mlp(64, 30, 10), X, y, loss=twice)):
        assert "softmax already" in report["loss of equal scores"].said


@pytest.mark.parametrize(("make", "said"), [
    (lambda model: sgd(mlp(64, 30, 10)), "none of the model's parameters"),
    (lambda model: sgd(model, 0.0), "nothing moves"),
])  # fmt: skip
def test_an_optimizer_that_moves_nothing(make, said):
    X, y = digits()
    model = mlp(64, 30, 10)
    finding = preflight(model, X, y, optimizer=make(model))["rate"]
    assert not finding.healthy
    assert said in finding.said


# ---------------------------------------------------------------------------------------------- healthy configurations


def healthy_nets():
    """More than twenty ways to begin well: data, net, what it is trained with, and how."""
    X, y = digits()
    B, classes = blobs()
    raw, labels = gw.data.digits()[:2]
    yield "sgd", mlp(64, 30, 10), X, y, sgd, {}
    yield "wide", mlp(64, 500, 10), X, y, sgd, {}
    yield "deep", mlp(64, 50, 50, 50, 10), X, y, sgd, {}
    yield "sigmoid", mlp(64, 50, 10, between=nn.Sigmoid), X, y, lambda m: sgd(m, 0.5), {}
    yield "tanh", mlp(64, 50, 10, between=nn.Tanh), X, y, sgd, {}
    yield "linear", mlp(64, 10), X, y, sgd, {}
    yield "regularised", mlp(64, 50, 10), X, y, sgd, {"reg": 1e-3}
    yield "weight decay", mlp(64, 50, 10), X, y, lambda m: sgd(m, 0.05, momentum=0.9, weight_decay=1e-4), {}
    yield "adam", mlp(64, 100, 10), X, y, lambda m: optim.Adam(m.parameters(), lr=1e-3), {}
    yield "adamw", mlp(64, 100, 10), X, y, lambda m: optim.AdamW(m.parameters(), lr=3e-3), {}
    yield "rmsprop", mlp(64, 100, 10), X, y, lambda m: optim.RMSprop(m.parameters(), lr=1e-3), {}
    yield "adagrad", mlp(64, 100, 10), X, y, lambda m: optim.Adagrad(m.parameters(), lr=1e-2), {}
    yield "convolutions", convolutional(), X, y, lambda m: optim.Adam(m.parameters(), lr=3e-3), {}
    yield "from 0 to 1", mlp(64, 100, 10), raw / 16, labels, lambda m: sgd(m, 0.5), {}
    yield "dropout", dropping(), X, y, lambda m: optim.Adam(m.parameters(), lr=1e-3), {}
    yield "batch norm", normalised(), X, y, sgd, {}
    yield "batch norm on large data", normalised(), 30 * X, y, sgd, {}
    yield "blobs", mlp(12, 20, 4), B, classes, sgd, {}
    yield "two classes", mlp(12, 20, 2), B, classes % 2, sgd, {}
    yield "few images", mlp(64, 30, 10), X[:60], y[:60], sgd, {}
    yield "hinge", mlp(64, 30, 10), X, y, lambda m: sgd(m, 0.02), {"loss": functional.hinge_loss}

    frozen = mlp(64, 50, 10)
    frozen[1].requires_grad_(False)
    yield "frozen first layer", frozen, X, y, sgd, {}
    yield "last layer alone", mlp(64, 50, 10), X, y, lambda m: optim.SGD(m[3].parameters(), lr=0.1), {}
    zero = mlp(64, 50, 10)
    nn.init.zeros_(zero[3].weight)
    yield "last layer of zeros", zero, X, y, sgd, {}
    hinges = {"multi margin": functional.multi_margin_loss, "hinge by hand": lambda s, y: functional.hinge_loss(s, y)}
    yield "multi margin", mlp(64, 30, 10), X, y, lambda m: sgd(m, 0.5), {"loss": hinges["multi margin"]}
    yield "hinge by hand", mlp(64, 30, 10), X, y, lambda m: sgd(m, 0.02), {"loss": hinges["hinge by hand"]}
    yield "adam at 1e-4", mlp(64, 50, 10), X, y, lambda m: optim.Adam(m.parameters(), lr=1e-4), {}
    few = np.concatenate([np.flatnonzero(y == 0)[:15], np.flatnonzero(y != 0)[:285]])
    yield "5 % and 95 %", mlp(64, 2), X[few], (y[few] == 0).astype(int), sgd, {}
    noise = np.random.default_rng(0).standard_normal((2000, 50)).astype(np.float32)
    either = ((noise[:, 0] > 0) ^ (noise[:, 1] > 0)).astype(int)
    yield "either or, in 50 dimensions", mlp(50, 64, 2), noise, either, sgd, {}
    yield "2 hidden units", mlp(64, 2, 10), X, y, sgd, {}


def dropping(share=0.5):
    rng = np.random.default_rng(0)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 100, rng=rng), nn.ReLU(), nn.Dropout(share, rng=rng), nn.Linear(100, 10, rng=rng)
    )


def normalised():
    rng = np.random.default_rng(0)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 50, rng=rng), nn.BatchNorm1d(50), nn.ReLU(), nn.Linear(50, 10, rng=rng)
    )


@pytest.mark.parametrize(
    ("name", "model", "X", "y", "make", "options"), [pytest.param(*each, id=each[0]) for each in healthy_nets()]
)
def test_healthy_runs_are_let_pass(name, model, X, y, make, options):
    report = preflight(model, X, y, optimizer=make(model), **options)
    assert report.healthy, "\n".join(map(str, report.warnings))
    assert [finding.check for finding in report.findings] == CHECKS


@pytest.mark.parametrize("model", ["two-layer", "linear", "conv"])
def test_the_recipes_of_the_command_line_are_healthy(model):
    recipe = Recipe.of("digits", model=model)
    images = images_of(recipe)
    trainer = prepared(recipe, images)
    assert warned(trainer.model, images.X_train, images.y_train, optimizer=trainer.optimizer, reg=recipe.reg) == set()


@pytest.mark.parametrize("model", ["two-layer", "linear"])
def test_the_recipes_are_healthy_on_real_images(model, data):
    recipe = Recipe.of("cifar10", model=model, train=2000)
    images = images_of(recipe, data)
    for times, expected in ((1, set()), (100, {"rate"}), (0.01, {"rate"})):
        trainer = prepared(Recipe.of("cifar10", model=model, lr=times * recipe.lr), images)
        assert (
            warned(trainer.model, images.X_train, images.y_train, optimizer=trainer.optimizer, reg=recipe.reg)
            == expected
        )


# ------------------------------------------------------------------------------------------------ what it leaves behind


def test_everything_is_as_it_was():
    X, y = digits()
    model = dropping()
    model.eval()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    before = model.state_dict(), model.random_state(), repr(optimizer.state_dict())
    preflight(model, X, y, optimizer=optimizer, reg=0.1)
    after = model.state_dict(), model.random_state(), repr(optimizer.state_dict())
    assert all(np.array_equal(before[0][name], after[0][name]) for name in before[0])
    assert before[1:] == after[1:]
    assert not model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_same_seed_says_the_same():
    X, y = digits()
    assert str(preflight(mlp(64, 30, 10), X, y, rng=3)) == str(preflight(mlp(64, 30, 10), X, y, rng=3))


def test_labels_out_of_range_are_refused():
    X, y = digits()
    with pytest.raises(DataError):
        preflight(mlp(64, 30, 9), X, y)


def test_the_objective_of_the_trainer_is_the_default():
    X, y = digits(20)
    model = mlp(64, 10)
    scores = model(X)
    plain = functional.cross_entropy(scores, y).item()
    weight = next(iter(model.parameters())).numpy()
    found = objective(model, scores, y, functional.cross_entropy, 0.5).item()
    assert found == pytest.approx(plain + 0.5 * np.sum(weight**2), rel=1e-5)
