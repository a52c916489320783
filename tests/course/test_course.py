"""The course's interface: its published numbers, its gradient check, its cells as they stand."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise import course
from gatewise._errors import ArgumentError, DataError, IntegerGradientError
from gatewise.course import LinearClassifier, LinearSVM, Softmax, TwoLayerNet, eval_numerical_gradient, rel_error

GOLDEN = json.loads((Path(__file__).parent.parent / "goldens.json").read_text(encoding="utf-8"))["two_layer_net"]
BOUND = 1e-7  # the relative error that the assignment calls right


@pytest.fixture
def toy() -> tuple[TwoLayerNet, Any, Any]:
    """The assignment's toy net and toy data, drawn as its notebook draws them."""
    np.random.seed(0)
    net = TwoLayerNet(4, 10, 3, std=1e-1)
    np.random.seed(1)
    return net, 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])


def test_the_toy_net_has_the_published_scores_and_loss(toy):
    net, X, y = toy
    np.testing.assert_allclose(net.loss(X), GOLDEN["scores"], atol=1e-8)
    loss, _ = net.loss(X, y, reg=GOLDEN["reg"])
    assert loss == pytest.approx(GOLDEN["loss"], abs=1e-12)


def test_gradients_agree_with_differences_in_every_parameter(toy):
    net, X, y = toy
    loss, grads = net.loss(X, y, reg=0.05)
    assert set(grads) == {"W1", "b1", "W2", "b2"}
    for name, gradient in grads.items():
        numerical = eval_numerical_gradient(lambda W: net.loss(X, y, reg=0.05)[0], net.params[name], verbose=False)
        assert rel_error(numerical, gradient) < BOUND
    assert net.loss(X, y, reg=0.05)[0] == loss  # every entry was put back


def test_the_toy_net_trains_to_the_published_loss(toy):
    net, X, y = toy
    stats = net.train(X, y, X, y, learning_rate=1e-1, reg=5e-6, num_iters=100, verbose=False)
    assert 0.014 <= stats["loss_history"][-1] <= 0.020  # published: 0.0171
    assert len(stats["loss_history"]) == 100
    assert len(stats["train_acc_history"]) == len(stats["val_acc_history"]) == 100  # an epoch is one iteration here
    assert stats["val_acc_history"][-1] == 1.0


def test_the_rate_is_multiplied_by_the_decay_after_every_epoch():
    """With a decay of 0 nothing moves after the first epoch, which the course ends at its first iteration."""
    X, y = np.random.default_rng(1).standard_normal((8, 4)), np.array([0, 1, 2, 2, 1, 0, 1, 2])
    once, often = (TwoLayerNet(4, 10, 3, std=1e-1, rng=0) for _ in range(2))
    for net, steps in ((once, 1), (often, 5)):
        net.train(X, y, X, y, learning_rate=0.1, learning_rate_decay=0.0, num_iters=steps, batch_size=2, rng=0)
    assert all(np.array_equal(once.params[name], often.params[name]) for name in once.params)


def test_batches_are_drawn_with_replacement(toy):
    """Five rows fill a batch of 200, and the draws are the course's: one `choice` from the global source."""
    net, X, y = toy
    np.random.seed(7)
    rows = np.random.choice(5, 200, replace=True)
    expected = net.loss(X[rows], y[rows], 5e-6)[0]
    np.random.seed(7)
    assert net.train(X, y, X, y, num_iters=1)["loss_history"] == [expected]


def test_verbose_tells_the_loss(toy, capsys):
    net, X, y = toy
    net.train(X, y, X, y, num_iters=101, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["iteration 0 / 101", "iteration 100 / 101"]


def cells(notes: Path, *names: str) -> list[str]:
    return [(notes / f"{name}.py").read_text(encoding="utf-8") for name in names]


def test_the_notes_gradient_check_runs_as_it_stands(toy, notes):
    net, X, y = toy
    _, grads = net.loss(X, y, reg=0.05)
    (loop, line) = cells(notes, "002-08", "002-09")
    space = {"net": net, "X": X, "y": y, "grads": grads, "eval_numerical_gradient": eval_numerical_gradient}
    exec(compile(loop, "<002-08>", "exec"), space)
    assert rel_error(space["param_grad_num"], grads[space["param_name"]]) < BOUND
    space.pop("f")
    exec(compile(textwrap.dedent(line), "<002-09>", "exec"), space)
    assert space["f"](net.params["W1"]) == net.loss(X, y, reg=0.05)[0]


def test_the_notes_method_has_our_signature(notes):
    (method,) = cells(notes, "002-10")
    space: dict[str, Any] = {"grads": {}, "loss": 0.0}
    exec(compile(method, "<002-10>", "exec"), space)
    theirs, ours = space["loss"], TwoLayerNet.loss
    assert theirs.__code__.co_varnames[:4] == ours.__code__.co_varnames[:4] == ("self", "X", "y", "reg")
    assert theirs.__defaults__ == ours.__defaults__


# ------------------------------------------------------------------------------------------------ linear classifiers


def by_hand(kind: str, W: Any, X: Any, y: Any, reg: float) -> float:
    """The two losses in loops, as the course first writes them."""
    total = 0.0
    for x, right in zip(X, y, strict=True):
        scores = x @ W
        if kind == "softmax":
            total -= np.log(np.exp(scores[right]) / sum(np.exp(s) for s in scores))
        else:
            total += sum(max(0.0, s - scores[right] + 1) for j, s in enumerate(scores) if j != right)
    return total / len(X) + reg * float(np.sum(W * W))


@pytest.mark.parametrize("kind", ["softmax", "svm"])
def test_linear_losses_and_their_gradients(kind):
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((7, 5)), rng.integers(0, 4, 7)
    classifier = LinearClassifier(kind)
    classifier.W = rng.standard_normal((5, 4))
    loss, gradient = classifier.loss(X, y, reg=0.1)
    assert loss == pytest.approx(by_hand(kind, classifier.W, X, y, 0.1), rel=1e-12)
    numerical = eval_numerical_gradient(lambda W: classifier.loss(X, y, reg=0.1)[0], classifier.W, verbose=False)
    assert rel_error(numerical, gradient) < BOUND


@pytest.mark.parametrize("kind", [LinearSVM, Softmax])
def test_linear_classifiers_learn_and_repeat_themselves(kind):
    rng = np.random.default_rng(4)
    y = rng.integers(0, 3, 300)
    X = np.hstack([rng.standard_normal((300, 3)) + 4 * np.eye(3)[y], np.ones((300, 1))])
    runs = []
    for _ in range(2):
        classifier = kind()
        losses = classifier.train(X, y, learning_rate=0.05, num_iters=100, rng=5)
        runs.append((losses, classifier.W))
    assert losses[-1] < 0.5 * losses[0]
    assert np.mean(classifier.predict(X) == y) > 0.95
    assert runs[0][0] == runs[1][0]
    assert np.array_equal(runs[0][1], runs[1][1])


def test_an_unknown_loss_is_named():
    with pytest.raises(ArgumentError, match="hinge"):
        LinearClassifier("hinge")


# --------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("y", "said"),
    [([0, 3], "a label is 3"), ([0, -1], "a label is -1"), ([0], r"Actual: y \(1,\)"), ([0.0, 1.0], "float64"),
     ([[0], [1]], r"Actual: y \(2, 1\)")],
)  # fmt: skip
def test_labels_that_name_no_class_are_refused(y, said):
    with pytest.raises(DataError, match=said):
        TwoLayerNet(4, 10, 3, rng=0).loss(np.ones((2, 4)), np.array(y))


def test_a_nan_is_named_before_the_first_step():
    net = TwoLayerNet(2, 3, 2, rng=0)
    X = np.array([[1.0, 2.0], [3.0, np.nan]])
    before = net.params["W1"].copy()
    with pytest.raises(DataError, match=r"X\[1, 1\] is nan"):
        net.train(X, [0, 1], X, [0, 1])
    assert np.array_equal(before, net.params["W1"])


@pytest.mark.parametrize("x", [np.array([1, 2]), [1.0, 2.0]])
def test_differences_need_an_array_of_floats(x):
    with pytest.raises(IntegerGradientError):
        eval_numerical_gradient(np.sum, x, verbose=False)


def test_an_entry_is_put_back_even_where_f_fails():
    x = np.array([1.0, 2.0])
    with pytest.raises(ZeroDivisionError):
        eval_numerical_gradient(lambda x: 1 / 0, x, verbose=False)
    assert x.tolist() == [1.0, 2.0]


def test_differences_tell_each_entry(capsys):
    eval_numerical_gradient(lambda x: np.sum(x * x), np.array([[1.0, 2.0]]))
    assert [line.split(") ")[0] for line in capsys.readouterr().out.splitlines()] == ["(0, 0", "(0, 1"]


def test_pictures_as_bytes_are_taken_as_floats():
    net = TwoLayerNet(2, 3, 2, rng=0)
    assert net.loss(np.array([[1, 255]], dtype=np.uint8)).dtype == np.float64


def test_the_dict_of_parameters_is_differentiated_as_it_is(toy):
    net, X, y = toy
    value, grads = gw.value_and_grad(course.two_layer_loss)(net.params, X, y, 0.05)
    loss, same = net.loss(X, y, 0.05)
    assert value == loss
    assert all(np.array_equal(grads[name], same[name]) for name in same)


@pytest.mark.parametrize("y", [[0, -1], [0, 3], [0], [0.0, 1.0]])
@pytest.mark.parametrize("loss", [course.softmax_loss, course.svm_loss])
def test_the_losses_themselves_take_no_label_from_behind(loss, y):
    with pytest.raises(DataError):
        loss(np.ones((4, 3)), np.ones((2, 4)), np.array(y))
    with pytest.raises(DataError):
        gw.grad(loss)(np.ones((4, 3)), np.ones((2, 4)), np.array(y))


@pytest.mark.parametrize("y", [[0, -1], [0, 3], [0], [0.0, 1.0]])
def test_nor_does_that_of_the_two_layer_net(y):
    with pytest.raises(DataError):
        course.two_layer_loss(TwoLayerNet(4, 10, 3, rng=0).params, np.ones((2, 4)), np.array(y))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"batch_size": 0}, "batch_size is 0"), ({"batch_size": -5}, "batch_size is -5"), ({"num_iters": -1}, "num_iters"),
     ({"batch_size": 200.0}, "batch_size is 200.0"), ({"num_iters": 1e2}, "num_iters is 100.0")],
)  # fmt: skip
def test_what_counts_is_a_whole_number(options, said):
    X, y = np.ones((5, 4)), np.array([0, 1, 2, 2, 1])
    with pytest.raises(ArgumentError, match=said):
        TwoLayerNet(4, 10, 3, rng=0).train(X, y, X, y, **options)
    with pytest.raises(ArgumentError, match=said):
        LinearSVM().train(X, y, **options)


@pytest.mark.parametrize("X", [np.ones((0, 4)), np.ones((5, 3)), np.ones((5, 2, 2)), np.full((5, 4), "x"), np.ones(4)])
def test_images_that_do_not_fit_are_refused(X):
    y = np.zeros(len(X), int)
    net = TwoLayerNet(4, 10, 3, rng=0)
    good = np.ones((2, 4)), np.array([0, 1])
    for given in ((X, y, *good), (*good, X, y)):
        with pytest.raises(DataError):
            net.train(*given)
    if len(X):
        with pytest.raises(DataError):
            net.loss(X)
        with pytest.raises(DataError):
            net.loss(X, y)


def test_a_classifier_without_weights_says_so():
    for asked in (lambda c: c.predict(np.ones((2, 4))), lambda c: c.loss(np.ones((2, 4)), np.array([0, 1]))):
        with pytest.raises(ArgumentError, match="no weights yet"):
            asked(LinearSVM())


@pytest.mark.parametrize("y", [["a", "b"], [-1, 1], [0.0, 1.0], [0]])
def test_a_linear_classifier_draws_no_weights_for_such_labels(y):
    classifier = Softmax()
    with pytest.raises(DataError):
        classifier.train(np.ones((2, 4)), y)
    assert classifier.W is None


@pytest.mark.parametrize(
    ("x", "h"), [(np.ones(3, np.float16), 1e-5), (np.ones(3), 0), (np.ones(3), -1e-5), (np.ones(3), np.nan),
                 (np.full(2, 1e9, np.float32), 1e-5), (np.ones(3), "x")]
)  # fmt: skip
def test_a_step_that_moves_nothing_is_no_slope_of_zero(x, h):
    with pytest.raises(ArgumentError, match=r"h (is|=)"):
        eval_numerical_gradient(lambda x: np.sum(x**2), x, False, h)


def test_an_array_that_may_not_be_written_to_is_named():
    x = np.ones(3)
    x.setflags(write=False)
    with pytest.raises(ArgumentError, match="may not be written"):
        eval_numerical_gradient(np.sum, x, verbose=False)
    with pytest.raises(ArgumentError, match="shape"):
        eval_numerical_gradient(lambda x: x**2, np.ones(3), verbose=False)


def test_errors_are_compared_entry_by_entry():
    for x, y in ((np.ones((3, 1)), np.ones(3)), (np.ones(2), np.ones(3)), (np.ones(0), np.ones(0))):
        with pytest.raises(ArgumentError):
            rel_error(x, y)
    assert rel_error(np.array([1], np.uint8), np.array([3], np.uint8)) == 0.5  # and not what bytes wrap round to
