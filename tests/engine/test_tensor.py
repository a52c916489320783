"""Every wire holds what the user's line gives for the plain values: type, dtype and bits."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatewise as gw

SINGLE, DOUBLE = np.float32, np.float64

# Operands as users have them: the first of a program is made a Tensor, others are Tensors or captured by chance.
VALUES = [
    1.5,
    -0.75,
    2,
    DOUBLE(0.3),
    SINGLE(1.7),
    np.float16(0.5),
    np.array(2.5),
    np.array(0.25, SINGLE),
    np.array([0.1, -2.0, 3.3]),
    np.array([0.1, -2.0, 3.3], SINGLE),
    np.array([[1.0], [0.2]], SINGLE),
    np.linspace(-1, 2, 6).reshape(2, 3),
    np.linspace(-1, 2, 6, dtype=SINGLE).reshape(2, 3),
    np.asfortranarray(np.linspace(-1, 2, 6).reshape(2, 3)),
    np.linspace(-1, 2, 12).reshape(4, 3)[::-2],
]
UNARY = [
    operator.neg,
    operator.pos,
    operator.abs,
    np.exp,
    np.tanh,
    np.sin,
    np.sqrt,
    np.log,
    np.square,
    np.reciprocal,
    np.negative,
    np.sum,
    np.mean,
    np.max,
    np.var,
    np.std,
    np.prod,
    np.ravel,
    np.copy,
    np.transpose,
    np.floor,
    np.sign,
    np.expm1,
    np.arctan,
    lambda x: x**2,
    lambda x: x**0.5,
    lambda x: x**-1,
    lambda x: 1 / x,
    lambda x: 1.0 / x,
    lambda x: 2 - x,
    lambda x: 0.05 * x,
    lambda x: x + 1,
    lambda x: x / 3,
    lambda x: 2**x,
    lambda x: x % 2,
    lambda x: np.maximum(x, 0),
    lambda x: np.clip(x, -0.5, 1),
    lambda x: x - np.max(x),
    lambda x: np.sum(x, axis=-1) if np.ndim(x) else x,
    lambda x: np.where(x > 0, x, 0.0),
    lambda x: np.mean(x, axis=0, keepdims=True) if np.ndim(x) else x,
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: x / SINGLE(2),
    lambda x: np.reshape(x, (-1,)),
    lambda x: np.expand_dims(x, 0),
    lambda x: x * DOUBLE(2),
    lambda x: x.astype(SINGLE) if np.ndim(x) else x,
    lambda x: x[0] if np.ndim(x) else x,
    lambda x: x[..., ::-1] if np.ndim(x) else x,
]
BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    np.add,
    np.multiply,
    np.divide,
    np.maximum,
    np.minimum,
    np.hypot,
    np.logaddexp,
    np.arctan2,
    np.power,
    operator.mod,
    operator.floordiv,
    lambda x, y: np.where(x > y, x, y),
    lambda x, y: x * y + 2,
    lambda x, y: y - x,
]


def as_given(x):
    """What a Tensor holds of it: an int of the course is a float."""
    return float(x) if type(x) is int else x


def outcome(function, *operands):
    """The value, or None where the plain line itself raises: those are other tests' business."""
    with np.errstate(all="ignore"):
        try:
            return function(*operands)
        except (ValueError, ArithmeticError, AttributeError, IndexError, TypeError):
            return None


def assert_bits_equal(tensor, plain, told):
    value = tensor.value if isinstance(tensor, gw.Tensor) else tensor
    assert type(value) is type(plain), told
    one, other = np.asarray(value), np.asarray(plain)
    assert (one.shape, one.dtype) == (other.shape, other.dtype), told
    assert one.tobytes() == other.tobytes(), told
    if isinstance(tensor, gw.Tensor) and tensor.wire is not None:
        assert not tensor.bits or tensor.wire.value is tensor.value


programs = st.lists(
    st.tuples(
        st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, len(VALUES) - 1), st.booleans(), st.booleans()
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=400)
@given(st.integers(0, len(VALUES) - 1), programs)
def test_random_programs_give_what_plain_numpy_gives(start, steps):
    plain = as_given(VALUES[start])
    tensor = gw.tensor(VALUES[start])
    for which, position, swapped, wrapped in steps:
        if which < len(UNARY):
            function, others, carried = UNARY[which], (), ()
        else:
            function = BINARY[which - len(UNARY)]
            others = (as_given(VALUES[position]) if wrapped else VALUES[position],)
            carried = (gw.tensor(VALUES[position]) if wrapped else VALUES[position],)
        operands, carriers = (plain, *others), (tensor, *carried)
        if swapped:
            operands, carriers = operands[::-1], carriers[::-1]
        after = outcome(function, *operands)
        if after is None or type(after) is complex or (type(after) is int):
            continue
        with np.errstate(all="ignore"):
            told = function(*carriers)
        if function is operator.pow and isinstance(carriers[0], np.generic):
            # NumPy's number before a Tensor asks np.power, whose last bit is not that of its own power.
            np.testing.assert_array_max_ulp(np.asarray(told.value), np.asarray(after), 1)
            continue
        assert_bits_equal(told, after, (function, operands))
        if not isinstance(told, gw.Tensor) or np.asarray(after).dtype.kind != "f":
            continue
        plain, tensor = after, told


@settings(max_examples=150)
@given(st.integers(0, len(VALUES) - 1), programs)
def test_what_a_derivative_sees_is_what_backward_sees(start, steps):
    """The same random programs, inside grad and with backward(): values and gradients to the bit."""

    def program(x, others):
        for (which, _, swapped, _), other in zip(steps, others):
            operands = (x,) if which < len(UNARY) else (x, other)
            function = (UNARY + BINARY)[which]
            try:
                after = function(*(operands[::-1] if swapped else operands))
            except gw._errors.GatewiseError:
                continue
            value = after.value if type(after) is gw.Tensor else after  # on plain values it is the same program
            x = after if np.asarray(value).dtype.kind == "f" else x
        return np.sum(x)

    others = [as_given(VALUES[position]) for _, position, _, _ in steps]
    with np.errstate(all="ignore"):
        t = gw.tensor(VALUES[start])
        out = program(t, others)
        if out.requires_grad:
            out.backward()
        value, gradient = gw.value_and_grad(lambda x: program(x, others))(VALUES[start])
    assert_bits_equal(out, value, "value")
    if t.grad is not None:
        assert_bits_equal(t.grad, gradient, "gradient")
    else:
        assert not np.any(gradient)


@pytest.mark.parametrize("x", [v for v in VALUES if np.ndim(v)], ids=lambda v: f"{v.dtype}{v.shape}")
@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_comparisons(x, sign):
    compare = {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }[sign]
    for other in (0, 0.1, x, SINGLE(0.1)):
        assert_bits_equal(compare(gw.tensor(x), other), compare(x, other), sign)
        assert_bits_equal(compare(other, gw.tensor(x)), compare(other, x), sign)


def test_python_functions_that_only_use_operators():
    x, y = gw.tensor(2.0), gw.tensor(-3.0)
    assert max(x, y) is x
    assert min(x, y, 0) is y
    assert sum([x, y, 1]).item() == 0.0
    assert abs(y).item() == 3.0
    assert math.prod([x, y]).item() == -6.0
    assert sorted([x, y])[0] is y
    assert [part.item() for part in divmod(gw.tensor(7.0), 2)] == [3.0, 1.0]
    assert [part.item() for part in divmod(7, gw.tensor(2.0))] == [3.0, 1.0]
    total = 0.0
    total += x
    total *= 2
    total.backward()
    assert (total.item(), x.grad) == (4.0, 2.0)


def test_augmented_assignment_of_a_number_rebinds():
    x = gw.tensor(3.0)
    y = x
    y *= 2
    y **= 2
    y -= 1
    y /= 5
    y //= 1
    assert (x.item(), y.item()) == (3.0, 7.0)


def test_a_deep_copy_keeps_its_gradient():
    import copy

    assert gw.grad(lambda x: np.sum(copy.deepcopy(x) * x))(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    assert gw.grad(lambda p: copy.deepcopy(p)["a"] * 3)({"a": 2.0}) == {"a": 3.0}
    x = gw.tensor(2.0)
    (copy.copy(x) * 5).backward()
    assert x.grad == 5.0


def test_the_bounds_of_clip_by_any_name():
    x = np.array([-1.0, 0.5, 3.0])
    t = gw.tensor(x)
    calls = [
        lambda x: np.clip(x, 0, 1),
        lambda x: np.clip(x, None, 1),
        lambda x: np.clip(x, 0, None),
        lambda x: np.clip(x, a_min=0, a_max=1),
        lambda x: np.clip(x, a_max=1, a_min=None),
        lambda x: np.clip(x, min=0),
        lambda x: np.clip(x, max=1),
        lambda x: x.clip(0),
        lambda x: x.clip(max=1),
        lambda x: x.clip(min=0, max=1),
    ]
    for call in calls:
        assert_bits_equal(call(t), call(x), call)


def test_several_outputs():
    x = np.array([1.5, -2.25])
    for carried, plain in zip(np.modf(gw.tensor(x)), np.modf(x), strict=True):
        assert_bits_equal(carried, plain, "modf")
    assert gw.grad(lambda x: np.sum(np.modf(x)[0] * 3))(x).tolist() == [3.0, 3.0]
    sign, logdet = np.linalg.slogdet(gw.tensor(np.diag([2.0, 3.0])))
    assert (sign.item(), logdet.item()) == (1.0, pytest.approx(np.log(6)))
    assert gw.grad(lambda x: np.sum(np.modf(x)[1]))(x).tolist() == [0.0, 0.0]


def test_leaves_from_lists_and_numbers():
    assert gw.tensor([1, 2]).dtype == np.float64
    assert gw.tensor([[1, 2.5], [3, 4]]).shape == (2, 2)
    assert gw.tensor(True is not False and 1.0).value == 1.0
    assert gw.tensor(np.array([1, 2]), requires_grad=False).dtype == np.array([1, 2]).dtype
    assert gw.tensor(np.array([True, False]), requires_grad=False).dtype == bool
    assert type(gw.tensor(np.float32(1)).value) is np.float32
    assert type(gw.tensor(np.float64(1)).value) is np.float64
