"""What is promised of `np.linalg.eig`: vectors as LAPACK makes them, and nothing finite where two values are equal."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw

TURNING = np.array([[1.0, -2.0, 0.3], [1.5, 0.4, 0.2], [0.1, 0.5, 2.0]])


def test_the_gradient_of_a_real_matrix_is_real() -> None:
    found = gw.grad(lambda x: np.sum(np.abs(np.linalg.eig(x)[1]) ** 3))(TURNING)
    assert found.dtype == float


def test_what_does_not_depend_on_the_phase_agrees_with_the_eigenvectors_of_the_square() -> None:
    """A matrix and its square have the same vectors."""

    def loss(x):
        return np.sum(np.abs(np.linalg.eig(x)[1]) ** 3)

    have = gw.grad(lambda x: loss(x @ x))(TURNING)
    assert np.allclose(have, gw.grad(loss)(TURNING), rtol=1e-9, atol=1e-11)


def test_the_sum_of_eigenvalues_is_the_trace() -> None:
    for values in (lambda x: np.linalg.eig(x)[0], np.linalg.eigvals):
        found = gw.grad(lambda x, values=values: np.sum(np.real(values(x))))(TURNING)
        assert np.allclose(found, np.eye(3), atol=1e-13)


@pytest.mark.parametrize("vectors", [lambda x: np.linalg.eig(x)[1], lambda x: np.linalg.eigh(x)[1]])
def test_vectors_of_equal_eigenvalues_have_no_finite_gradient(vectors) -> None:
    with np.errstate(all="ignore"):
        found = gw.grad(lambda x: np.sum(vectors(x) * np.array([[1.0, 2.0], [3.0, 5.0]])))(np.eye(2))
    assert not np.all(np.isfinite(found))


def test_eigenvalues_of_a_matrix_without_enough_vectors_are_loud() -> None:
    """They split as a root does: the slope is infinite, or so large that nobody takes it for one."""
    with np.errstate(all="ignore"):
        try:
            found = gw.grad(lambda x: np.real(np.linalg.eigvals(x)[0]))(np.array([[1.0, 1.0], [0.0, 1.0]]))
        except gw.GatewiseError:
            return
    assert not np.all(np.isfinite(found)) or np.max(np.abs(found)) > 1e12


def test_the_order_of_the_eigenvalues_is_that_of_numpy() -> None:
    rng, w = np.random.default_rng(3), np.arange(1.0, 6.0)
    for _ in range(50):
        x = rng.normal(size=(5, 5))
        value, back = gw.vjp(lambda x: np.sum(w * np.abs(np.linalg.eigvals(x))), x)
        assert value == np.sum(w * np.abs(np.linalg.eigvals(x)))
        move = rng.normal(size=(5, 5))
        slope = np.sum(back(1.0)[0] * move)
        values, vectors = np.linalg.eig(x)
        moves = np.diag(np.linalg.solve(vectors, move @ vectors))
        order = [int(np.argmin(np.abs(values - v))) for v in np.linalg.eigvals(x)]
        want = np.sum(w * (np.real(np.conj(values) * moves) / np.abs(values))[order])
        assert slope == pytest.approx(want, rel=1e-8, abs=1e-8)
