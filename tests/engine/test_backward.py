"""backward() and what it leaves in .grad: on every Tensor the user still holds, exactly once for each sweep."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import GatewiseError, NoGradientError, ReleasedError, UpstreamError


def test_every_tensor_that_is_held_has_its_gradient():
    """The staged function of the course, with the numbers of its notes."""
    x, y = gw.tensor(3), gw.tensor(-4)
    sigy = 1.0 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + np.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    f.backward()
    assert f.grad == 1.0
    assert num.grad == invden.item()
    assert invden.grad == num.item()
    assert den.grad == pytest.approx(-num.item() / den.item() ** 2, rel=1e-15)
    assert sigx.grad == xpysqr.grad == den.grad
    assert xpy.grad == 2 * xpy.item() * den.grad
    assert sigy.grad == num.grad
    assert x.grad == pytest.approx(2.0595697955721652, rel=1e-15)
    assert y.grad == pytest.approx(1.5922327514838093, rel=1e-15)
    assert all(type(t.grad) is type(t.value) for t in (x, y, f, den, sigx))


def test_a_use_counts_each_time():
    x = gw.tensor(3.0)
    (x * x * x + x + x).backward()
    assert x.grad == 29.0


def test_gradients_accumulate_over_circuits_until_they_are_cleared():
    x = gw.tensor(3.0)
    assert x.grad is None
    (x * x).backward()
    (5 * x).backward()
    assert x.grad == 11.0
    x.grad = None
    assert x.grad is None
    (x * x).backward()
    assert x.grad == 6.0
    x.grad = 100
    (x * x).backward()
    assert x.grad == 106.0


def test_retain_graph_is_exact_and_intermediates_are_not_counted_twice():
    x = gw.tensor(np.array([1.0, 2.0]))
    y = x * x
    z = y + y
    total = z.sum()
    for times in (1, 2, 3):
        total.backward(retain_graph=True)
        np.testing.assert_array_equal(x.grad, times * 4 * np.array([1.0, 2.0]))
        np.testing.assert_array_equal(y.grad, times * np.array([2.0, 2.0]))
        np.testing.assert_array_equal(z.grad, times * np.ones(2))
        assert total.grad == times


def test_two_outputs_of_one_circuit():
    x = gw.tensor(2.0)
    y = x * x
    a, b = y * 3.0, y * 5.0
    a.backward(retain_graph=True)
    b.backward()
    assert x.grad == 4 * 3 + 4 * 5
    assert y.grad == 8.0
    assert (a.grad, b.grad) == (1.0, 1.0)


@pytest.mark.parametrize(
    "again", [lambda y, z: y.backward(), lambda y, z: z.backward(), lambda y, z: (z * 2).backward()]
)
def test_a_second_backward_is_an_error_with_its_cure(again):
    x = gw.tensor(2.0)
    y = x * x
    z = y * 3.0
    z.backward()
    with pytest.raises(ReleasedError, match=r"retain_graph=True") as caught:
        again(y, z)
    assert "line" in str(caught.value)
    assert x.grad == 12.0


def test_the_saved_values_are_let_go_of():
    x = gw.tensor(np.ones(4))
    y = np.exp(x)
    y.sum().backward()
    assert y.wire.operands == ()
    assert y.wire.parents == ()


def test_no_grad_detach_and_requires_grad():
    x, c = gw.tensor(3.0), gw.tensor(2.0, requires_grad=False)
    assert (x.requires_grad, c.requires_grad) == (True, False)
    with gw.no_grad():
        still = x * x
        made_inside = gw.tensor(4.0)
    assert not still.requires_grad
    assert made_inside.requires_grad
    (x * still * x.detach() * c * made_inside).backward()
    assert x.grad == 9 * 3 * 2 * 4
    assert made_inside.grad == 3 * 9 * 3 * 2
    assert c.grad is None
    assert still.grad is None


def test_no_grad_nests_and_ends_with_an_error():
    x = gw.tensor(3.0)
    with gw.no_grad():
        with gw.no_grad():
            pass
        assert not (x * x).requires_grad
    with pytest.raises(ZeroDivisionError), gw.no_grad():
        raise ZeroDivisionError
    assert (x * x).requires_grad


@pytest.mark.parametrize(
    "make",
    [
        lambda: gw.tensor(3.0, requires_grad=False),
        lambda: gw.tensor(3.0, requires_grad=False) * 2,
        lambda: gw.tensor(3.0).detach(),
        lambda: gw.tensor(3.0) > 2,
        lambda: np.floor(gw.tensor(3.0)),
        lambda: np.argmax(gw.tensor([1.0, 2.0])),
    ],
)
def test_backward_on_a_constant_is_an_error(make):
    constant = make()
    with pytest.raises(NoGradientError, match=r"^constant carries no gradient"):
        constant.backward()
    with pytest.raises(NoGradientError):
        constant.register_hook(print)


# ---------------------------------------------------------------------------------------------------- upstream


def test_an_array_needs_an_upstream_gradient_of_its_shape():
    x = gw.tensor(np.arange(6.0).reshape(2, 3))
    upstream = np.linspace(-1, 1, 6).reshape(2, 3)
    (x * x).backward(upstream)
    np.testing.assert_array_equal(x.grad, 2 * x.numpy() * upstream)
    for wrong in (None, 1.0, np.ones(3), np.ones((3, 2)), [[1.0]]):
        with pytest.raises(UpstreamError):
            (x * x).backward(wrong)
    for wrong in ("abc", 1j, [["a"] * 3] * 2, np.ones((2, 3)) * 1j, object()):
        with pytest.raises(UpstreamError):
            (x * x).backward(wrong)


@pytest.mark.parametrize(
    "upstream", [2, 2.0, np.float32(2), np.array(2.0), gw.tensor(2.0), gw.tensor(2.0, requires_grad=False)]
)
def test_the_upstream_of_a_single_number(upstream):
    x = gw.tensor(3.0)
    (x * x).backward(upstream)
    assert (x.grad, type(x.grad)) == (12.0, float)


def test_lists_and_whole_numbers_serve_as_upstream():
    x = gw.tensor([1.0, 2.0])
    (x * x).backward([1, 10])
    np.testing.assert_array_equal(x.grad, [2.0, 40.0])
    assert x.grad.dtype == np.float64


# ------------------------------------------------------------------------------------- types, shapes and dtypes kept

HALF, SINGLE, DOUBLE = np.float16, np.float32, np.float64
KINDS = [
    2.0,
    3,
    HALF(2),
    SINGLE(2),
    DOUBLE(2),
    np.array(2.0),
    np.array(2.0, SINGLE),
    np.ones(3, HALF),
    np.ones((2, 1), SINGLE),
]
PROGRAMS = [
    lambda x: x * x,
    lambda x: 0.05 * x * x + 1,
    lambda x: np.exp(x) / (1 + x),
    lambda x: x**2 - x / 3,
    lambda x: np.maximum(x, 0.5) * np.where(x > 0, x, 1.0),
    lambda x: np.sum(x * 0.5),
    lambda x: np.mean(np.tanh(x)) + 2,
    lambda x: np.sqrt(np.reshape(x, (-1,)))[0] * 2,
    lambda x: np.logaddexp(x, 0.0) + np.hypot(x, 1),
    lambda x: gw.sigmoid(x) * gw.relu(x),
]


@pytest.mark.parametrize("value", KINDS, ids=lambda v: f"{type(v).__name__}{np.shape(v)}{np.asarray(v).dtype}")
@pytest.mark.parametrize("f", PROGRAMS)
def test_a_gradient_has_the_type_shape_and_dtype_of_its_wire(f, value):
    x = gw.tensor(value)
    held = [x]
    out = f(x)
    held.append(out)
    total = out if out.shape == () else np.sum(out)
    total.backward()
    plain = f(float(value) if type(value) is int else value)
    assert out.dtype == np.asarray(plain).dtype
    for t in held:
        assert type(t.grad) is type(t.value)
        assert np.shape(t.grad) == t.shape
        assert np.asarray(t.grad).dtype == t.dtype
    g = gw.grad(lambda x: np.sum(f(x)))(value)
    assert type(g) is type(float(value) if type(value) is int else value)
    assert (np.shape(g), np.asarray(g).dtype) == (x.shape, x.dtype)


def test_a_float_hyperparameter_keeps_a_float32_net_in_float32():
    rng = np.random.default_rng(0)
    X, W, b = (rng.standard_normal(s).astype(np.float32) for s in ((4, 3), (3, 2), (2,)))

    def loss(W, b, X, reg=0.05, scale=2):
        h = np.maximum(X.dot(W) + b, 0) * scale
        assert h.dtype == np.float32
        out = np.mean(h**2) + reg * np.sum(W * W) / X.shape[0]
        assert out.dtype == np.float32
        return out

    for reg in (0.05, 1):
        for found in (gw.grad(loss, (0, 1, 2))(W, b, X, reg), gw.grad(loss, (0, 1, 2))(W, b, X, reg=reg, scale=3)):
            assert [g.dtype for g in found] == [np.float32] * 3
    reg_slope = gw.grad(loss, 3)(W, b, X, 0.05)
    assert type(reg_slope) is float


# ------------------------------------------------------------------------------------------------- ints as floats


def test_whole_numbers_are_floats_that_still_answer_with_their_int():
    n = gw.tensor(3)
    assert (n.item(), type(n.item())) == (3.0, float)
    assert list(range(n)) == [0, 1, 2]
    assert int(n) == 3
    x = gw.tensor(np.arange(6.0).reshape(2, 3))
    axis = gw.tensor(1)
    assert x.sum(axis=axis).tolist() == [3.0, 12.0]
    assert np.sum(x, axis=(gw.tensor(0), gw.tensor(1))).item() == 15.0
    assert x[gw.tensor(1)].tolist() == [3.0, 4.0, 5.0]
    assert x[gw.tensor(1), gw.tensor([0, 2])].tolist() == [3.0, 5.0]
    assert np.reshape(x, (n, gw.tensor(2))).shape == (3, 2)
    assert x.reshape(n, -1).shape == (3, 2)
    assert np.zeros((n, 2)).shape == (3, 2)
    assert [10, 20, 30, 40][n] == 40
    assert np.split(gw.tensor(np.ones(6)), n)[0].shape == (2,)
    y = n * n
    y.backward()
    assert n.grad == 6.0


@pytest.mark.parametrize(
    "call", [lambda f: gw.grad(f)(2.0, 3), lambda f: gw.grad(f)(2.0, n=3), lambda f: gw.vjp(f, 2.0, 3)[1](1.0)[0]]
)
def test_whole_numbers_inside_a_derivative(call):
    def f(x, n):
        total = 0.0
        for k in range(n):
            total = total + x**k
        buf = np.zeros((n, n))
        assert buf.shape == (3, 3)
        return total * n

    assert call(f) == 3 * (1 + 2 * 2.0)


def test_what_is_computed_from_a_whole_number_is_a_float_and_says_so():
    with pytest.raises(GatewiseError, match=r"is 4\.0, a float, where a whole number is needed") as caught:
        range(gw.tensor(3, requires_grad=False) + 1)
    assert "int(n) + 1" in str(caught.value)
    assert gw.grad(lambda x, n: sum(x for _ in range(n + 1)))(2.0, 3) == 4.0  # nobody differentiates n: it is an int


# --------------------------------------------------------------------------------------------- Python's own floats


@pytest.mark.parametrize(
    ("f", "x", "value"),
    [
        (lambda x: 1 / x, 0.0, np.inf),
        (lambda x: -1.0 / x, 0.0, -np.inf),
        (lambda x: x / 0, 1.0, np.inf),
        (lambda x: x / 0.0, 0.0, np.nan),
        (lambda x: x**-1, 0.0, np.inf),
        (lambda x: x**0.5, -1.0, np.nan),
        (lambda x: (-2.0) ** x, 0.5, np.nan),
        (lambda x: x**400, 10.0, np.inf),
        (lambda x: x % 0.0, 1.0, np.nan),
        (lambda x: x // 0.0, 1.0, np.inf),
        (lambda x: 2.0**x, 5000.0, np.inf),
    ],
)
def test_where_python_raises_or_turns_complex_there_is_inf_or_nan_still_a_python_float(f, x, value):
    out = f(gw.tensor(x))
    assert type(out.value) is float
    np.testing.assert_equal(out.value, value)
    inside = gw.value_and_grad(f)(x)
    assert [type(part) for part in inside] == [float, float]


def test_the_gradient_at_a_pole_is_loud_not_an_exception():
    assert gw.grad(lambda x: 1 / x)(0.0) == -np.inf
    assert gw.grad(lambda x: x**0.5)(0.0) == np.inf
    assert gw.grad(np.sqrt)(0.0) == np.inf
    assert gw.grad(lambda x: x**-2)(0.0) == -np.inf
    assert not np.isfinite(gw.grad(gw.grad(lambda x: 1 / x))(0.0))


# ----------------------------------------------------------------------------------------------------------- hooks


def test_hooks_run_in_order_once_a_sweep_with_the_complete_gradient():
    told = []
    x = gw.tensor(3.0)
    y = x * x
    y.register_hook(lambda g: told.append(("first", g)))
    remove = y.register_hook(lambda g: told.append(("second", g)))
    (y * 2 + y * 5).backward(retain_graph=True)
    assert told == [("first", 7.0), ("second", 7.0)]
    remove()
    remove()  # taking away twice is no mistake
    (y * 1).backward()
    assert told[2:] == [("first", 1.0)]


def test_a_hook_replaces_the_gradient_for_what_lies_behind_it():
    x = gw.tensor(np.array([1.0, 2.0]))
    y = x * x
    y.register_hook(lambda g: np.clip(g, -1, 1))
    y.register_hook(lambda g: 10 * g)
    y.backward(np.array([5.0, 0.5]))
    np.testing.assert_array_equal(y.grad, [10.0, 5.0])
    np.testing.assert_array_equal(x.grad, [20.0, 20.0])


def test_a_hook_on_an_input_and_one_that_gives_a_tensor():
    w, x = gw.tensor(3.0), gw.tensor(2.0)
    x.register_hook(lambda g: g * w)
    (x * x).backward()
    assert (x.grad, type(x.grad)) == (12.0, float)
    assert w.grad is None


def test_a_hook_that_changes_the_shape_is_an_error():
    x = gw.tensor([1.0, 2.0])
    x.register_hook(lambda g: g.sum())
    with pytest.raises(UpstreamError, match=r"\(2,\).*Actual: \(\)"):
        (x * x).sum().backward()


def test_a_hook_works_inside_grad_too():
    def f(x):
        y = x * x
        y.register_hook(lambda g: 2 * g)
        return 3 * y

    assert gw.grad(f)(5.0) == 60.0
    assert gw.grad(gw.grad(f))(5.0) == 12.0


# --------------------------------------------------------------------------------------- how a Tensor shows itself


def test_repr_shows_name_value_and_gate():
    x = gw.tensor(2.0)
    y = x * x
    first, _ = np.split(gw.tensor([1.0, 2.0]), 2)
    assert repr(x) == "Tensor(x = 2.)"
    assert repr(y) == "Tensor(y = 4., gate=multiply)"
    assert repr(first) == "Tensor(first = [1.], gate=split)"
    assert repr(gw.tensor(np.zeros((2, 2)))) == "Tensor([[0. 0.]\n        [0. 0.]])"


def test_numbers_and_arrays_of_a_tensor_are_asked_as_numpys():
    t = gw.tensor(np.zeros((2, 3), np.float32))
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3), 2, 6, np.float32, 2)
    assert (np.shape(t), np.ndim(t), np.size(t), np.size(t, 1)) == ((2, 3), 2, 6, 3)
    assert np.result_type(t, np.float64) == np.float64
    assert [row.shape for row in t] == [(3,), (3,)]
