"""A batch of any size: equal to the function itself, or refused with the place; never another number."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._lowering import LoweringError
from gatewise.nn import functional as F  # noqa: N812 - as everybody calls it

draw = np.random.default_rng(0)
P = {"W": draw.normal(size=(5, 4)), "b": draw.normal(size=4)}
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0])
TABLE = draw.normal(size=200)
SIZES = (1, 2, 5, 12, 40)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def batch_of(n: int, seed: int = 1) -> tuple[Any, Any]:
    rows = np.random.default_rng([n, seed])
    return rows.normal(size=(n, 5)), rows.integers(0, 4, n)


def scores(P: Any, X: Any) -> Any:
    return X @ P["W"] + P["b"]


def normalised(P: Any, X: Any, y: Any) -> Any:
    h = scores(P, X)
    h = (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-5)
    return np.mean(h**3 * P["b"])


def looped(P: Any, X: Any, y: Any) -> Any:
    total = 0.0
    for i in range(len(X)):
        total = total + np.sum(np.tanh(X[i] @ P["W"] + P["b"]))
    return total / len(X)


def paired(P: Any, X: Any, y: Any) -> Any:
    h = scores(P, X)
    apart = np.sum((h[:, None] - h[None]) ** 2, axis=-1)
    return np.sum(np.exp(-apart)) / len(X) ** 2


def course_hinge(P: Any, X: Any, y: Any) -> Any:
    n = X.shape[0]
    s = scores(P, X)
    right = s[np.arange(n), y]
    margins = np.maximum(0, s - right[:, None] + 1.0)
    return (np.sum(margins) - n) / n


def softmax_by_hand(P: Any, X: Any, y: Any) -> Any:
    s = scores(P, X)
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    return np.mean(-np.log(p[np.arange(len(y)), y])) + 0.1 * np.sum(P["W"] * P["W"])


def halves(P: Any, X: Any, y: Any) -> Any:
    h = scores(P, X)
    k = len(X) // 2
    return np.mean(h[:k]) - np.mean(h[k:])


def branching(P: Any, X: Any, y: Any) -> Any:
    h = np.mean(scores(P, X))
    return h * 2 if len(X) > 8 else h


def branching_late(P: Any, X: Any, y: Any) -> Any:
    """No recording at the four sizes knows of it."""
    h = np.mean(scores(P, X))
    return h * 2 if len(X) > 36 else h


def branching_early(P: Any, X: Any, y: Any) -> Any:
    h = np.mean(scores(P, X))
    return h * 3 if len(X) < 3 else h


def one_hot(P: Any, X: Any, y: Any) -> Any:
    labels = y.numpy() if hasattr(y, "numpy") else y
    return np.mean((scores(P, X) - np.eye(4)[labels]) ** 2)


def weighed_by_place(P: Any, X: Any, y: Any) -> Any:
    w = np.linspace(0, 1, len(X))
    return np.sum(w[:, None] * scores(P, X))


def looked_up(P: Any, X: Any, y: Any) -> Any:
    return np.sum(TABLE[: len(X)][:, None] * scores(P, X))


def at_most_four(P: Any, X: Any, y: Any) -> Any:
    return np.sum(scores(P, X)[: min(len(X), 4)])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cross entropy": lambda P, X, y: F.cross_entropy(scores(P, X), y),
    "cross entropy, smoothed": lambda P, X, y: F.cross_entropy(scores(P, X), y, label_smoothing=0.1),
    "squares": lambda P, X, y: F.mse_loss(scores(P, X), X[:, :4]),
    "softmax by hand": softmax_by_hand,
    "the course's hinge": course_hinge,
    "normalised": normalised,
    "N by N": paired,
    "std, ddof 1": lambda P, X, y: np.sum(np.std(scores(P, X), axis=0, ddof=1)),
    "first and last row": lambda P, X, y: np.mean(scores(P, X)[-1]) + np.mean(scores(P, X)[0]),
    "where of labels": lambda P, X, y: np.sum(np.where(y[:, None] == np.arange(4), scores(P, X), 0)) / len(X),
    "cross entropy, weighted": lambda P, X, y: F.cross_entropy(scores(P, X), y, weight=WEIGHTS),
    "hinge loss": lambda P, X, y: F.hinge_loss(scores(P, X), y),
    "row by row": looped,
    "halves": halves,
    "if len(X) > 8": branching,
    "if len(X) > 36": branching_late,
    "if len(X) < 3": branching_early,
    "one-hot by np.eye(4)[y]": one_hot,
    "np.linspace(0, 1, N)": weighed_by_place,
    "a table up to N": looked_up,
    "the first four": at_most_four,
}
REFUSED = {"row by row", "halves", "if len(X) > 8", "one-hot by np.eye(4)[y]", "np.linspace(0, 1, N)"}
REFUSED |= {"cross entropy, weighted", "a table up to N", "hinge loss"}
EQUAL = 10  #: the first of them are equal at every size


@pytest.fixture(scope="module")
def jax() -> Any:
    found = pytest.importorskip("jax")
    found.config.update("jax_enable_x64", True)
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_equal_or_refused(name: str, jax: Any, counted: Any) -> None:
    f, free = FUNCTIONS[name], list(FUNCTIONS).index(name) < EQUAL
    recorded = gw.circuit(f, P, *batch_of(6), wrt="P")
    if name in REFUSED:
        with pytest.raises(LoweringError, match="not free of the size of its batch"):
            recorded.to_jax(batch=("X", "y"))
        counted("batches", refused=len(SIZES))
        return
    step, refused = jax.jit(recorded.to_jax(batch=("X", "y"))), []
    for n in SIZES:
        X, y = batch_of(n)
        want = gw.circuit(f, P, X, y, wrt="P")
        try:
            value, gradients = step(P, X, y)
        except LoweringError as error:
            refused.append((n, error.what))
            continue
        np.testing.assert_allclose(value, want.value, rtol=1e-11, atol=1e-14)
        for key in ("W", "b"):
            np.testing.assert_allclose(gradients["P"][key], want.gradients[key], rtol=1e-11, atol=1e-14)
        counted("batches", equal=1)
    counted("batches", refused=len(refused))
    assert all(f"another function at a batch of {n}" in what for n, what in refused), refused
    assert not free or {n for n, _ in refused} <= {1}, refused  # a mean of one row is no mean


def test_what_is_refused_says_the_line(jax: Any) -> None:
    with pytest.raises(LoweringError, match=r"line \d+: w = np.linspace|line \d+: return np.sum\(w"):
        gw.circuit(weighed_by_place, P, *batch_of(6)).to_jax(batch=("X", "y"))
    with pytest.raises(LoweringError, match="Z is no input of"):
        gw.circuit(course_hinge, P, *batch_of(6)).to_jax(batch="Z")
    with pytest.raises(LoweringError, match="one number alone"):
        gw.circuit(course_hinge, P, batch_of(6)[0], np.zeros(6, int)).to_jax(batch=("X", "y"))
    with pytest.raises(LoweringError, match="the batch has the shapes"):
        gw.circuit(course_hinge, P, *batch_of(6)).to_jax(batch=("X", "P"))
    c = gw.circuit(course_hinge, P, *batch_of(6), wrt="P").cut("s")
    with pytest.raises(LoweringError, match="not recorded of a function"):
        c.to_jax(batch="s")


def test_labels_that_count_up_are_no_arange(jax: Any) -> None:
    """The first nine digits are 0 to 8: what is matched by its numbers is not those that were given."""
    X, y = batch_of(4)[0], np.arange(4)
    step = gw.circuit(course_hinge, P, X, y, wrt="P").to_jax(batch=("X", "y"))
    other, labels = batch_of(9)
    value, gradients = step(P, other, labels)
    want = gw.circuit(course_hinge, P, other, labels, wrt="P")
    assert float(value) == pytest.approx(want.value, rel=1e-12)
    np.testing.assert_allclose(gradients["P"]["W"], want.gradients["W"], rtol=1e-11)


def test_it_is_exported_for_any_batch(jax: Any) -> None:
    export = import_module("jax.export")
    step = jax.jit(gw.circuit(softmax_by_hand, P, *batch_of(6), wrt="P").to_jax(batch=("X", "y")))
    (b,) = export.symbolic_shape("b")
    shaped = jax.ShapeDtypeStruct
    told = {k: shaped(x.shape, x.dtype) for k, x in P.items()}, shaped((b, 5), float), shaped((b,), int)
    back = export.export(step)(*told)
    if find_spec("flatbuffers"):
        back = export.deserialize(back.serialize())
    for n in (1, 7, 48):
        X, y = batch_of(n)
        want = gw.circuit(softmax_by_hand, P, X, y, wrt="P")
        value, gradients = back.call(P, X, y)
        assert float(value) == pytest.approx(want.value, rel=1e-12)
        np.testing.assert_allclose(gradients["P"]["W"], want.gradients["W"], rtol=1e-11)
