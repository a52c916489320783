"""What a review of the gates' rules found: one test for each finding."""

from __future__ import annotations

import array
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw


def numeric(f: Callable[..., Any], x: Any, h: float = 1e-6) -> Any:
    """Central differences of a function of one array that gives one number."""
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        found[place] = (f(x + step) - f(x - step)) / (2 * h)
    return found


def hessian(f: Callable[..., Any], x: Any) -> Any:
    return np.stack([gw.grad(lambda x: gw.grad(f)(x)[i])(x) for i in range(x.size)])  # noqa: B023


# ------------------------------------------------------------------------------- indices that name an entry twice

TWICE: dict[str, Any] = {
    "tuples": ((0, 0), (1, 1)),
    "slice and tuple": (slice(None), (1, 1)),
    "one tuple in a tuple": ((0, 0),),
    "array.array": array.array("l", [0, 0, 1]),
    "range and list": (range(2), [1, 1]),
    "list of lists": [[0, 0], [1, 0]],
    "mask beside positions": (np.array([True, True]), [0, 0]),
    "mask as a list": [True, False],
    "new axis and tuple": (None, (0, 0)),
    "a short arange spread": (np.arange(1), [1, 1]),
}


@pytest.mark.parametrize("which", TWICE)
def test_every_use_of_an_entry_counts(which: str) -> None:
    index, x = TWICE[which], np.array([[1.0, 2.0], [3.0, 4.0]])
    want = np.zeros_like(x)
    np.add.at(want, index, 1)
    assert np.array_equal(gw.grad(lambda x: np.sum(x[index]))(x), want)


def test_printed_code_counts_every_use_too() -> None:
    def f(x: Any) -> Any:
        s = np.sum(x[np.arange(1), [1, 1]])
        return s

    x, space = np.ones((2, 2)), {}
    exec(str(gw.circuit(f, x).code()), space)
    _, dx = space["f_and_gradients"](x)
    assert np.array_equal(dx, [[0, 2], [0, 0]])


def test_rows_and_classes_are_still_written_without_add_at() -> None:
    def f(x: Any, y: Any) -> Any:
        s = np.sum(x[np.arange(len(y)), y])
        return s

    assert "add.at" not in gw.circuit(f, np.ones((2, 2)), np.array([1, 1])).code()


# --------------------------------------------------------------------------------------- logarithms of tiny sums


@pytest.mark.parametrize(
    ("x", "want"),
    [
        (np.float32([-100, -101, -102]), [0.66524094, 0.24472848, 0.09003058]),
        (np.array([-744.0, -744.0]), [0.5, 0.5]),
        (np.array([-740.0, -741.0]), [0.7310585786300049, 0.2689414213699951]),
    ],
)
def test_log_of_a_sum_of_subnormals_shares_as_softmax(x: Any, want: Any) -> None:
    limit = 1e-6 if x.dtype == np.float32 else 1e-13
    np.testing.assert_allclose(gw.grad(lambda x: np.log(np.sum(np.exp(x))))(x), want, rtol=limit)
    rows = np.stack([x, x])
    by_rows = gw.grad(lambda x: np.sum(np.log(np.sum(np.exp(x), axis=1))))(rows)
    np.testing.assert_allclose(by_rows, [want, want], rtol=limit)


def test_log_of_a_sum_of_subnormals_at_second_order() -> None:
    found = hessian(lambda x: np.log(np.sum(np.exp(x))), np.array([-744.0, -744.0]))
    np.testing.assert_allclose(found, [[0.25, -0.25], [-0.25, 0.25]], rtol=1e-13)


# ------------------------------------------------------------------------------------------------------- products


@pytest.mark.parametrize(
    ("x", "want"),
    [
        (np.array([1e-200, 1e-200, 1e200]), [1.0, 1.0, 0.0]),
        (np.array([1e200, 1e200, 1e-200]), [1.0, 1.0, np.inf]),
        (np.array([5e-324, 2.0]), [2.0, 5e-324]),
        (np.array([1e-160, 1.0, 1e-160]), [1e-160, 1e-160 * 1e-160, 1e-160]),
        (np.float32([1e-30, 1e-30, 1e30]), [1.0, 1.0, 0.0]),
        (np.array([2.0, np.inf, 3.0]), [np.inf, 6.0, np.inf]),
    ],
)
def test_product_near_the_edges_of_the_range(x: Any, want: Any) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(gw.grad(np.prod)(x), want, rtol=1e-6 if x.dtype == np.float32 else 1e-13)


def test_product_with_a_zero_takes_memory_for_its_entries_only() -> None:
    x = np.ones(100_000)
    x[5] = 0
    tracemalloc.start()
    found = gw.grad(np.prod)(x)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found[5], found.sum()) == (1, 1)
    assert most < 100 * x.nbytes


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_product_with_zeros_at_second_order(n: int, zeros: int) -> None:
    x = np.arange(2.0, 2.0 + n)
    x[:zeros] = 0
    want = [[0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(n)] for i in range(n)]
    np.testing.assert_allclose(hessian(np.prod, x), want, rtol=1e-13)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 2), (2, 0), -1])
def test_product_with_zeros_over_axes(axis: Any) -> None:
    x = np.arange(24.0).reshape(2, 3, 4) % 5
    w = np.arange(1.0, 1.0 + np.size(np.prod(x, axis=axis))).reshape(np.shape(np.prod(x, axis=axis)))
    f = lambda x: np.sum(np.prod(x, axis=axis) * w)  # noqa: E731
    found = gw.grad(f)(x)
    np.testing.assert_allclose(found, numeric(f, x), rtol=1e-6, atol=1e-6 * np.abs(found).max())


# ------------------------------------------------------------------------------------- kinks hold at every order


@pytest.mark.parametrize("x", [np.full(3, 0.1), np.full(7, 1 / 3), np.ones(3), np.float32([0.1, 0.1, 0.1])])
def test_std_of_equal_entries_passes_nothing_at_any_order(x: Any) -> None:
    assert not np.any(gw.grad(np.std)(x))
    _, tangent = gw.jvp(gw.grad(np.std), (x,), (np.arange(1.0, 1 + len(x)).astype(x.dtype),))
    assert not np.any(tangent)
    assert not np.any(hessian(np.std, x))


def test_std_of_equal_entries_in_one_lane() -> None:
    x = np.array([[0.1, 0.1, 0.1], [1.0, 2.0, 3.0]])
    found = gw.grad(lambda x: np.sum(np.std(x, axis=1)))(x)
    assert not np.any(found[0])
    np.testing.assert_allclose(found[1], gw.grad(np.std)(x[1]), rtol=1e-13)


@pytest.mark.parametrize("f", [lambda x: np.hypot(x, 0.0), lambda x: np.hypot(0.0, x), lambda x: np.hypot(x, x), abs])
def test_length_has_no_invented_curvature_at_the_origin(f: Callable[..., Any]) -> None:
    derivative = f
    for _ in range(3):
        derivative = gw.grad(derivative)
        assert derivative(0.0) == 0
    once = lambda x: gw.grad(lambda x: np.sum(f(x)))(x)  # noqa: E731
    assert not np.any(gw.jvp(once, (np.zeros(2),), (np.ones(2),))[1])


# ----------------------------------------------------------------------------------------------- blocks by name

SCORES, CLASSES = np.array([[1000.0, 0.0, -5.0], [2.0, 2.5, 0.5]]), np.array([0, 2])


def loss_of_rows(s: Any, y: Any) -> float:
    return float(sum(np.logaddexp.reduce(row) - row[k] for row, k in zip(s, y, strict=True)))


@pytest.mark.parametrize("call", ["a vector", "a list", "an index", "a name"])
def test_cross_entropy_by_name(call: str) -> None:
    given: dict[str, tuple[Any, dict[str, Any]]] = {
        "a vector": ((CLASSES,), {}),
        "a list": (([0, 2],), {}),
        "an index": ((), {"index": (np.arange(2), CLASSES)}),
        "a name": ((), {"y": CLASSES}),
    }
    args, kwargs = given[call]
    value, found = gw.value_and_grad(lambda s: gw.cross_entropy(s, *args, **kwargs))(SCORES)
    want = np.exp(SCORES - np.logaddexp.reduce(SCORES, axis=1, keepdims=True)) - np.eye(3)[CLASSES]
    np.testing.assert_allclose(found, want, rtol=1e-13, atol=1e-15)
    assert abs(value - loss_of_rows(SCORES, CLASSES)) < 1e-12
    assert gw.cross_entropy(SCORES, *args, **kwargs) == value


def test_cross_entropy_by_name_in_a_circuit() -> None:
    def f(scores: Any, y: Any) -> Any:
        loss = gw.cross_entropy(scores, y) / len(y)
        return loss

    for scores in (SCORES, SCORES[1:] * [[1.0], [2.0]]):
        c, space = gw.circuit(f, scores, CLASSES), {}
        text = str(c.code())
        exec(text, space)
        value, found = space["f_and_gradients"](scores, CLASSES)
        assert value == c.value
        np.testing.assert_allclose(found, c.gradients["scores"], rtol=0, atol=1e-13)
    assert "dscores = softmax(scores)\n" in text  # for all scores, not only small ones
    assert "dscores[np.arange(2), y] -= 1" in text


def test_cross_entropy_by_name_at_second_order() -> None:
    x = np.array([1000.0, 1000.0])
    found = hessian(lambda x: gw.cross_entropy(np.reshape(x, (1, 2)), [0]), x)
    np.testing.assert_allclose(found, [[0.25, -0.25], [-0.25, 0.25]], rtol=1e-13)


WRONG: dict[str, Callable[[Any], Any]] = {
    "no classes": lambda s: gw.cross_entropy(s),
    "too many classes": lambda s: gw.cross_entropy(s, [0, 1, 2]),
    "one class for all": lambda s: gw.cross_entropy(s, 0),
    "half classes": lambda s: gw.cross_entropy(s, [0.5, 1.0]),
    "one row": lambda s: gw.cross_entropy(s[0], [1]),
    "a row twice": lambda s: gw.cross_entropy(s, index=(np.array([0, 0]), np.array([1, 1]))),
    "another word": lambda s: gw.softmax(s, axes=1),
    "too much": lambda s: gw.logsumexp(s, 1, True, 3),
    "too little": lambda s: gw.relu(),
}


@pytest.mark.parametrize("mistake", WRONG)
@pytest.mark.parametrize("make", [np.array, gw.tensor])
def test_mistakes_are_told_by_the_public_name(mistake: str, make: Callable[..., Any]) -> None:
    with pytest.raises(gw.GatewiseError) as caught:
        WRONG[mistake](make(SCORES))
    assert "gw." in str(caught.value)
    assert "_gates" not in str(caught.value)
    assert "instead:" in str(caught.value)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axis_by_position(axis: int) -> None:
    x = np.arange(6.0).reshape(2, 3)
    w = np.arange(6.0).reshape(2, 3)
    for gate in (gw.softmax, gw.logsumexp):
        assert np.array_equal(gate(x, axis), gate(x, axis=axis))
        assert np.array_equal(gate(gw.tensor(x), axis).numpy(), gate(x, axis=axis))
        weights = w if gate is gw.softmax else np.sum(w, axis=axis)
        f = lambda x: np.sum(gate(x, axis) * weights)  # noqa: B023, E731
        np.testing.assert_allclose(gw.grad(f)(x), numeric(f, x), atol=1e-8)
    assert gw.logsumexp(x, axis, True).ndim == 2


# ------------------------------------------------------------------------------------------------------- infinities


@pytest.mark.parametrize("f", [gw.logsumexp, lambda x: np.logaddexp(x[0], x[1])])
@pytest.mark.parametrize(
    ("x", "want"),
    [
        ([-np.inf, -np.inf], [0, 0]),
        ([-np.inf, 0.0], [0, 1]),
        ([np.inf, 0.0], [np.nan, 0]),
        ([np.inf, np.inf], [np.nan, np.nan]),
        ([-np.inf, np.inf], [0, np.nan]),
    ],
)
def test_one_policy_at_infinity(f: Callable[..., Any], x: Any, want: Any) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(gw.grad(f)(np.array(x)), want)


def test_a_lane_of_nothing_leaves_the_others_alone() -> None:
    x = np.array([[-np.inf, -np.inf], [0.0, 0.0]])
    with np.errstate(divide="ignore"):
        found = gw.grad(lambda x: np.sum(gw.logsumexp(x, 1)))(x)
    assert np.array_equal(found, [[0, 0], [0.5, 0.5]])
