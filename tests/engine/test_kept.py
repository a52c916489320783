"""Nothing made inside a derivative, and no Tensor kept from an earlier one, cuts it without a word."""

from __future__ import annotations

import copy
import functools
import pickle

import numpy as np
import pytest

import gatewise as gw
from gatewise import nn
from gatewise._errors import GatewiseError, KeptError, ReadingError


def pickled(x):
    """What comes out of a pickle of x."""
    return pickle.loads(pickle.dumps(x))  # noqa: S301  our own bytes


CUTS = {
    "circuit": lambda x: gw.circuit(lambda y: y * y, x).value * x,
    "circuit, a dict": lambda x: gw.circuit(lambda p: p["x"] * 2, {"x": x}).value * x,
    "circuit, a closure": lambda x: gw.circuit(lambda y: y * x, 2.0).value * x,
    "tensor": lambda x: gw.tensor(x) * x,
    "tensor of a result": lambda x: gw.tensor(x * x) * x,
    "tensor of a list": lambda x: np.sum(gw.tensor([x, x])) * x,
    "parameter": lambda x: nn.Parameter(x) * x,
    "pickle": lambda x: pickled(x) * x,
    "pickle of a dict": lambda x: pickled({"x": x})["x"] * x,
    "tolist": lambda x: np.stack([x, x]).tolist()[0] * x,
}


@pytest.mark.parametrize("f", CUTS.values(), ids=CUTS)
def test_what_would_cut_a_derivative_is_an_error(f):
    for x in (3.0, np.float64(3.0), np.array(3.0)):
        with pytest.raises(ReadingError, match="line"):
            gw.grad(f)(x)


def test_copies_stay_connected():
    for f in (lambda x: copy.copy(x) * x, lambda x: copy.deepcopy(x) * x, lambda x: copy.deepcopy({"x": x})["x"] * x):
        assert gw.grad(f)(3.0) == 6.0
    assert gw.grad(lambda x: x.detach() * x)(3.0) == 3.0
    assert gw.grad(lambda x: x.item() * x)(3.0) == 3.0


def memo(f):
    found = {}

    def kept(x):
        if not found:
            found["k"] = f(x)
        return found["k"]

    return kept


def test_a_memo_of_tensors_is_told_in_the_second_derivative():
    for f in (lambda x: x**2, lambda x: x, lambda x: np.sum(np.stack([x, x * x]))):
        for use in (lambda kept, x: kept(x), lambda kept, x: kept(x) * x, lambda kept, x: np.exp(kept(x) + x)):
            use = functools.partial(use, memo(f))
            gw.grad(use)(3.0)
            for again in (gw.grad(use), gw.value_and_grad(use), lambda x, use=use: gw.jvp(use, (x,), (1.0,))):
                with pytest.raises(KeptError, match="kept from a derivative"):
                    again(3.0)
            with pytest.raises(KeptError):
                gw.vjp(use, 3.0)[1](1.0)
            with pytest.raises(GatewiseError):
                gw.circuit(use, 3.0).gradients  # noqa: B018


def test_a_memo_is_told_at_whatever_depth_it_was_made():
    for first, second in ((1, 2), (2, 1), (2, 2), (3, 1), (1, 3)):
        kept = memo(lambda x: x**3)
        use = lambda x, kept=kept: kept(x) * x  # noqa: E731
        derivative = use
        for _ in range(first):
            derivative = gw.grad(derivative)
        derivative(2.0)
        derivative = use
        for _ in range(second):
            derivative = gw.grad(derivative)
        with pytest.raises(KeptError):
            derivative(2.0)


def test_a_memo_of_a_circuit_is_told_in_the_next_circuit():
    for f in (lambda x: x**2, lambda x: x):
        for use in (lambda kept: kept, lambda kept: lambda x: kept(x) * x):
            kept = use(memo(f))
            gw.circuit(kept, 3.0)
            with pytest.raises(KeptError):
                gw.circuit(kept, 4.0)


def test_a_kept_tensor_is_a_plain_number_where_nothing_is_differentiated():
    history = []
    for x in (1.0, 2.0):
        gw.grad(lambda x: history.append(x * x) or x)(x)
    assert float(np.mean(np.stack(history))) == 2.5
    w = gw.tensor(2.0)
    (w * history[0]).backward()
    assert w.grad == 1.0
    assert gw.grad(lambda x: x * history[1].item() + x * history[1].detach())(1.0) == 8.0
    for read in (lambda x: x * float(history[1]), lambda x: np.full(2, history[1])[0] * x):
        with pytest.raises(KeptError):
            gw.grad(read)(1.0)
    with gw.no_grad():
        assert float(w * history[1]) == 8.0


def test_a_kept_tensor_that_does_not_count_does_no_harm():
    seen = []

    def f(x):
        seen.append(x * x)
        smooth = sum(seen) / len(seen)
        print("" if smooth > 0 else "negative", end="")
        return x * x

    assert [gw.grad(f)(x) for x in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]


def test_newtons_method_inside_a_derivative_uses_values_of_inner_ones():
    def root(a):
        x = 1.5
        for _ in range(6):
            value, slope = gw.value_and_grad(lambda x: x * x - a)(x)
            x = x - value / slope
        return x

    assert gw.grad(root)(2.0) == pytest.approx(0.5 / 2**0.5)
    assert gw.grad(gw.grad(root))(2.0) == pytest.approx(-0.25 * 2**-1.5)


def test_an_old_pullback_works_inside_a_new_derivative():
    _, pullback = gw.vjp(lambda x: x * x * x, 2.0)
    assert gw.grad(lambda g: pullback(g * g)[0])(3.0) == 12.0 * 6
    outer = gw.grad(lambda x: gw.vjp(lambda y: y * y * x, x)[1](1.0)[0])
    assert outer(3.0) == 4 * 3.0


def test_copies_of_leaves_keep_gradient_name_and_kind():
    t = gw.tensor(np.array([1.0, 2.0]))
    np.sum(t * t).backward()
    number = gw.tensor(3)
    (number * number).backward()
    frozen = gw.tensor([1.0], requires_grad=False)
    parameter = nn.Linear(2, 1).weight
    np.sum(parameter * parameter).backward()
    for leaf in (t, number, frozen, parameter):
        for again in (copy.deepcopy(leaf), pickled(leaf), copy.deepcopy([leaf])[0]):
            assert type(again) is type(leaf)
            assert np.array_equal(again.numpy(), leaf.numpy())
            assert again.requires_grad == leaf.requires_grad
            if leaf.grad is None:
                assert again.grad is None
            else:
                assert np.array_equal(again.grad, leaf.grad)
                assert not np.shares_memory(again.grad, leaf.grad)
    twin = copy.deepcopy(t)
    np.sum(twin * 3).backward()
    assert t.grad.tolist() == [2.0, 4.0]
    assert twin.grad.tolist() == [5.0, 7.0]
    assert range(copy.deepcopy(number)) == range(3)


def test_a_result_is_pickled_only_where_it_has_no_gradient_to_lose():
    w = gw.tensor([1.0, 2.0])
    with pytest.raises(ReadingError, match="pickle"):
        pickle.dumps(w * w)
    with gw.no_grad():
        assert pickled(w * w).tolist() == [1.0, 4.0]
    assert pickled((w * w).detach()).tolist() == [1.0, 4.0]
