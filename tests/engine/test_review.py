"""What a reviewer found once stays found: each row was silently wrong, or loud in the wrong way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError, GateError, UnsupportedError

OBJECTS = np.array([1, 2], dtype=object)


@pytest.mark.parametrize(
    "f",
    [lambda x: x * OBJECTS, lambda x: x * Fraction(1, 2), lambda x: x.astype(object), lambda x: x * [10**30, 2]],
)
def test_object_arrays_are_an_error_and_never_a_zero_gradient(f):
    with pytest.raises(GateError, match="gives object"):
        gw.grad(lambda x: np.sum(f(x)))(np.ones(2))


def test_a_hook_inside_a_recognised_block_is_called_and_obeyed():
    x = gw.tensor(0.3)
    e = np.exp(-x)
    seen = []
    e.register_hook(lambda g: seen.append(g) or g * 0)
    s = 1 / (1 + e)
    s.backward()
    assert len(seen) == 1
    assert x.grad == 0.0


def test_wires_inside_a_block_that_the_user_holds_get_their_gradients():
    x = gw.tensor(0.3)
    e = np.exp(-x)
    d = 1 + e
    s = 1 / d
    s.backward()
    assert (d.grad, e.grad) == (-1 / d.item() ** 2, -1 / d.item() ** 2)
    assert abs(x.grad - (1 - s.item()) * s.item()) < 1e-16  # which is not rounded from s


def test_wires_inside_a_softmax_that_the_user_holds_get_their_gradients():
    scores = gw.tensor(np.array([[1.0, 2.0, 0.5]]))
    e = np.exp(scores)
    total = np.sum(e, axis=1, keepdims=True)
    np.sum((e / total)[0, 0]).backward()
    assert np.allclose(total.grad, -e.numpy()[:, :1] / total.numpy() ** 2)
    assert e.grad.shape == (1, 3)


def test_what_numpy_writes_into_an_argument_changes_nothing_that_was_computed():
    def f(w, x):
        y = w * x
        np.copyto(x, 0)
        return y.sum()

    x = np.array([5.0, 6.0])
    assert gw.grad(f)(np.ones(2), x).tolist() == [5.0, 6.0]
    assert x.tolist() == [5.0, 6.0]


def test_results_that_share_the_users_memory_are_copied():
    held = np.array([1.0, 2.0])

    def f(w, x):
        _, b = np.broadcast_arrays(x, held)
        y = w * b
        held[:] = 0
        return y.sum()

    assert gw.grad(f)(np.ones(2), np.ones(2)).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("spelling", [lambda x: np.maximum(np.zeros_like(x), x), lambda x: np.maximum(x, x > 5)])
def test_a_tie_with_what_carries_no_gradient_passes_nothing(spelling):
    f = lambda x: np.sum(spelling(x))  # noqa: E731
    assert gw.grad(f)(np.zeros(2)).tolist() == [0.0, 0.0]
    assert gw.circuit(f, np.zeros(2)).gradients["x"].tolist() == [0.0, 0.0]


def test_a_missing_tangent_is_an_error():
    with pytest.raises(ArgumentError, match="None"):
        gw.jvp(lambda x: x, (1.0,), (None,))


def test_the_tangent_of_a_constant_is_zero():
    assert gw.jvp(lambda x: x > 0, (1.0,), (1.0,)) == (True, 0.0)
    assert gw.jvp(lambda x: 3, (1.0,), (1.0,)) == (3, 0.0)


@pytest.mark.parametrize(
    "call",
    [lambda v: v.astype("foo"), lambda v: v.copy(order="F"), lambda v: v.reshape(2, order="K"), lambda v: v << 1],
)
def test_options_without_a_rule_are_clear_errors(call):
    with pytest.raises((GateError, UnsupportedError)):
        call(gw.tensor([1.0, 2.0]))


def test_a_whole_number_too_large_for_a_float_is_a_clear_error():
    with pytest.raises(GateError, match="401 digits"):
        gw.tensor(10**400)


def test_a_thread_inside_a_circuit_is_a_clear_error():
    def f(x):
        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(lambda i: x * i, [2, 3]))

    with pytest.raises(GateError, match="another thread"):
        gw.circuit(f, x=3.0)


def test_a_gradient_keeps_its_type_when_added_to():
    x = gw.tensor(2.0)
    (x * x).backward()
    np.sin(x).backward()
    assert type(x.grad) is float


def test_one_no_grad_inside_itself():
    off = gw.no_grad()
    with off, off:
        assert not (gw.tensor(1.0) * 2).requires_grad
    x = gw.tensor(1.0)
    assert np.sum(x * x).requires_grad
