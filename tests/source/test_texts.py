"""What printed code calls things: helpers beside the user's names, tuples by keyword, indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw


def run(text: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """What a printed program gives."""
    names: dict[str, Any] = {}
    exec(compile(str(text), "<printed>", "exec"), names)
    value, gradients = next(v for k, v in names.items() if k.endswith("_and_gradients"))(*args, **kwargs)
    return value, gradients


def agrees(f: Callable[..., Any], *args: Any) -> None:
    """Printed at these inputs, the code gives there what eager gives."""
    c = gw.circuit(f, *args)
    _, found = run(c.code(), *args, **c.captured)
    want = gw.grad(f, range(len(args)))(*args)
    for have, right in zip((found,) if len(args) == 1 else found, want, strict=True):
        np.testing.assert_allclose(have, right, rtol=1e-12)


def absolute(p: Any) -> Any:
    return abs(p) * 2


def f_relu(x: Any) -> Any:
    relu = gw.relu(x)
    softmax = gw.softmax(x)
    return np.sum(relu * softmax)


def f_sigmoids(x: Any) -> Any:
    dx = gw.sigmoid(x)
    sigmoid = dx * 2
    sigmoid_ = gw.softplus(sigmoid)
    return np.sum(sigmoid_)


def f_input_softmax(x: Any, softmax: Any) -> Any:
    return np.sum(gw.softmax(x) ** 2) * softmax


def f_input_abs(x: Any, abs: Any) -> Any:
    return np.sum(absolute(x)) * abs


def f_np(x: Any, np_: Any) -> Any:
    return np.sum(x) * np_


def f_modules(np: Any, math: Any) -> Any:
    np_ = math * 2.0
    return np * np_ + math


def f_gradient_called_like_a_helper(x: Any, relu: Any) -> Any:
    d = relu * 3
    return np.sum(gw.relu(x) * d)


NAMES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "variables": (f_relu, (np.array([1.0, -2.0]),)),
    "both": (f_sigmoids, (np.array([1.0, -2.0]),)),
    "an input": (f_input_softmax, (np.array([1.0, -2.0]), 2.0)),
    "a builtin": (f_input_abs, (np.array([1.0, -2.0]), 2.0)),
    "our name for a module": (f_np, (np.array([1.0, -2.0]), 2.0)),
    "modules": (f_modules, (3.0, 2.0)),
    "used later": (f_gradient_called_like_a_helper, (np.array([1.0, -2.0]), 2.0)),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_helpers_give_way(case: str) -> None:
    f, args = NAMES[case]
    agrees(f, *args)


TUPLES: dict[str, tuple[Callable[..., Any], Any]] = {
    "axis": (lambda x: np.sum(np.sum(x, axis=(0, 1)) ** 2), np.ones((2, 3))),
    "axis of one": (lambda x: np.sum(np.sum(x, axis=(1,), keepdims=True) ** 2), np.ones((2, 3))),
    "axes": (lambda x: np.sum(np.transpose(x, axes=(1, 0)) ** 2), np.ones((2, 3))),
    "shape": (lambda x: np.sum(np.broadcast_to(x, shape=(2, 3)) ** 2), np.ones(3)),
    "max": (lambda x: np.sum(np.max(x, axis=(0, 1), keepdims=True) * x), np.arange(6.0).reshape(2, 3)),
    "expand_dims": (lambda x: np.sum(np.expand_dims(x, axis=(0, 2)) ** 2), np.ones(3)),
    "squeeze": (lambda x: np.sum(np.squeeze(x, axis=(0, 2)) ** 2), np.ones((1, 3, 1))),
    "the same tuple as an index and as axes": (
        lambda x: np.sum(x, axis=(0, 1)) * x[0, 1] + x[(0, 1)] * np.mean(x, axis=(0, 1)),
        np.arange(6.0).reshape(2, 3),
    ),
}


@pytest.mark.parametrize("case", TUPLES)
def test_tuples_by_keyword_keep_their_brackets(case: str) -> None:
    agrees(*TUPLES[case])


@pytest.mark.parametrize("pieces", [2, 3, [0]])
def test_pieces_of_nothing(pieces: Any) -> None:
    agrees(lambda x: np.sum(np.split(x[0:0], pieces)[1]) + np.sum(x), np.ones(3))


def picked(scores: Any, y: Any) -> Any:
    n = scores.shape[0]
    return scores[np.arange(n), y]


def test_rows_that_a_helper_counts_are_as_many_as_the_labels() -> None:
    text = gw.circuit(
        lambda W, X, y: np.sum(picked(X @ W, y)), np.ones((2, 3)), np.ones((2, 2)), np.array([0, 2])
    ).code()
    assert text.count("[np.arange(y.shape[0]), y]") == 2
    assert "np.arange(2)" not in text


def assembled(stiffness: Any) -> Any:
    K = np.zeros((12, 12))
    for n in range(10):
        places = [n, n + 1, n + 2]
        K[np.ix_(places, places)] += stiffness[n] * np.eye(3)
    return np.sum(np.linalg.inv(K + np.eye(12)))


def test_a_matrix_assembled_in_a_loop_is_printed_in_a_moment() -> None:
    agrees(assembled, np.linspace(1.0, 2.0, 10))  # it took 2**20 steps, when parts that are shared were asked as a tree


def balanced(x: Any, w: Any) -> Any:
    Q = x * w[None, :]
    np.fill_diagonal(Q, -Q.sum(axis=1))
    Q /= -np.sum(w * np.diag(Q))
    root = np.sqrt(w)
    return np.sum((Q * root[:, None] / root[None, :]) ** 2)


def test_a_mask_that_holds_everywhere_has_no_axes_to_be_summed_over() -> None:
    agrees(balanced, np.arange(1.0, 10.0).reshape(3, 3), np.array([0.2, 0.3, 0.5]))


def filled(p: Any) -> Any:
    R, S = np.zeros((3, 4)), np.zeros(4)
    R[0], q = p * 2, p[0]
    R[1], R[2] = R[0] * q, np.sin(R[0])
    S[1], S[2] = R[0, 1], R[1, 2]
    return np.sum(R * R) + np.sum(S[::-1] * R[2])


def ordered(p: Any) -> Any:
    x = np.zeros(4)
    x[:] = p
    for i in range(3):
        if x[i] < x[i + 1]:
            x[i], x[i + 1] = x[i + 1], x[i]
    return np.sum(x * np.arange(4.0))


def unpacked(p: Any) -> Any:
    R = np.zeros((3, 4))
    R[0], R[1] = np.stack([p, p * p])
    a, R[2] = np.sin(p), np.cos(p)
    return np.sum(R * np.arange(12.0).reshape(3, 4)) + a.sum()


@pytest.mark.parametrize("f", [filled, ordered, unpacked])
def test_several_entries_written_by_one_assignment(f: Any) -> None:
    """What is written into R is not called R: the array is."""
    agrees(f, np.array([0.3, 0.2, 0.9, 0.5]))
