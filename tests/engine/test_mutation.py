"""A plain array changed after it was recorded changes nothing, through whatever view; Tensors own their memory."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatewise as gw

RNG = np.random.default_rng(3)
A = RNG.uniform(0.5, 2.0, (3, 3))
X = RNG.uniform(0.5, 2.0, (3, 3))

# Each takes a Tensor and one captured array of shape (3, 3).
GATES = {
    "multiply": lambda x, a: x * a,
    "multiply, array first": lambda x, a: a * x,
    "divide": lambda x, a: x / a,
    "divide, array first": lambda x, a: a / x,
    "power": lambda x, a: x**a,
    "power, array first": lambda x, a: a**x,
    "subtract": lambda x, a: (x - a) ** 2,
    "matmul": lambda x, a: x @ a,
    "matmul, array first": lambda x, a: a @ x,
    "dot": lambda x, a: np.dot(x, a),
    "x.dot": lambda x, a: x.dot(a),
    "outer": lambda x, a: np.outer(x, a),
    "einsum": lambda x, a: np.einsum("ij,kj->ik", x, a),
    "maximum": lambda x, a: np.maximum(x, a),
    "minimum": lambda x, a: np.minimum(a, x),
    "where, as a branch": lambda x, a: np.where(a > 1, x * x, a),
    "where, as the choice": lambda x, a: np.where(a, x, x * x),
    "clip": lambda x, a: np.clip(x, a, 3.0),
    "clip above": lambda x, a: np.clip(x, None, a),
    "hypot": lambda x, a: np.hypot(x, a),
    "arctan2": lambda x, a: np.arctan2(a, x),
    "logaddexp": lambda x, a: np.logaddexp(x, a),
    "remainder": lambda x, a: x % a,
    "a row of it": lambda x, a: x * a[0],
    "a column of it": lambda x, a: a[:, :1] * x,
    "its transpose": lambda x, a: x * a.T,
    "a reversed view": lambda x, a: x @ a[::-1, ::-1],
    "concatenate": lambda x, a: np.concatenate([x, a]) ** 2,
    "in a list": lambda x, a: x * list(a),
    "as a memoryview": lambda x, a: x * memoryview(a),
    "one entry": lambda x, a: x * a[1, 2],
    "an entry as an array": lambda x, a: x * a[1, 2, ...],
}


def spoil_in_place(a):
    a[...] = np.nan


def spoil_by_out(a):
    np.add(a, 7.0, out=a)


def spoil_by_augmented_assignment(a):
    a *= -3.0


def spoil_through_fill(a):
    a.fill(0.0)


SPOILERS = [spoil_in_place, spoil_by_out, spoil_by_augmented_assignment, spoil_through_fill]


def views(memory):
    """The captured array as it may be held: itself, through its base, a transpose, a slice of something larger."""
    whole = memory.copy()
    yield "itself", whole, whole
    base = memory.copy()
    yield "its base", base[:], base
    early = memory.copy()
    yield "an early view", early, early[...]
    turned = np.asfortranarray(memory)
    yield "its transpose", turned, turned.T
    larger = np.zeros((5, 6))
    larger[1:4, ::2] = memory
    yield "the array around it", larger[1:4, ::2], larger
    flat = memory.ravel().copy()
    yield "the flat array below it", flat.reshape(3, 3), flat
    buffer = bytearray(memory.tobytes())
    yield "a buffer", np.frombuffer(buffer).reshape(3, 3), np.frombuffer(buffer)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("apply", GATES.values(), ids=GATES)
def test_the_gradient_is_that_of_the_values_at_recording(apply):
    t = gw.tensor(X)
    np.sum(apply(t, A)).backward()
    for (name, captured, through), spoil in zip(views(A), itertools.cycle(SPOILERS)):
        x = gw.tensor(X)
        out = np.sum(apply(x, captured))
        spoil(through)
        assert not np.array_equal(captured, A), name
        out.backward()
        np.testing.assert_array_equal(x.grad, t.grad, err_msg=name)


@pytest.mark.parametrize("apply", [GATES["multiply"], GATES["matmul"], GATES["power"]])
def test_the_same_at_second_order_and_through_a_kept_pullback(apply):
    def f(a):
        return lambda x: np.sum(apply(x, a) ** 2)

    expected = gw.jvp(gw.grad(f(A)), (X,), (np.ones_like(X),))[1]
    held = A.copy()
    _, pullback = gw.vjp(gw.grad(f(held)), X)
    held[...] = 0.0
    np.testing.assert_allclose(pullback(np.ones_like(X))[0], expected, rtol=1e-12)


INDICES = {
    "positions": lambda: np.array([0, 2, 2]),
    "a list of positions": lambda: [0, 2, 2],
    "a mask": lambda: np.array([True, False, True]),
    "a list as a mask": lambda: [True, False, True],
    "a mask of entries": lambda: np.eye(3, dtype=bool),
    "rows and columns": lambda: (np.arange(3), np.array([2, 0, 1])),
    "rows and a list": lambda: (slice(None), [1, 1]),
}


def spoil_index(index):
    for part in index if isinstance(index, tuple) else [index]:
        if isinstance(part, list):
            part[:] = [type(each)(1 - bool(each)) for each in part]
        elif isinstance(part, np.ndarray):
            part[...] = np.logical_not(part) if part.dtype == bool else (part + 1) % 3


@pytest.mark.parametrize("make", INDICES.values(), ids=INDICES)
def test_an_index_that_changes_after_it_was_used(make):
    expected = gw.grad(lambda x: np.sum(x[make()] ** 2))(X)
    x, index = gw.tensor(X), make()
    picked = x[index]
    spoil_index(index)
    np.sum(picked**2).backward()
    np.testing.assert_array_equal(x.grad, expected)


def test_an_index_that_is_a_tensor_or_an_argument():
    def f(x, rows):
        return np.sum(x[rows] ** 2)

    rows = np.array([0, 2])
    expected = np.zeros((3, 3))
    expected[rows] = 2 * X[rows]
    np.testing.assert_array_equal(gw.grad(f)(X, rows), expected)
    np.testing.assert_array_equal(gw.grad(f)(X, [0, 2]), expected)


def test_positions_of_a_split_that_change():
    cuts = [1]
    x = gw.tensor(np.array([1.0, 2.0, 3.0]))
    first, rest = np.split(x, cuts)
    cuts[0] = 2
    (np.sum(first) + 10 * np.sum(rest)).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 10.0, 10.0])


# ---------------------------------------------------------------------------------------- Tensors own their memory


def test_a_tensor_is_a_copy_and_so_is_what_is_read_out():
    a = X.copy()
    t = gw.tensor(a)
    a[...] = 0.0
    np.testing.assert_array_equal(t.numpy(), X)
    read = t.numpy()
    read[...] = 0.0
    np.testing.assert_array_equal(t.numpy(), X)
    as_array = np.asarray(t.detach())
    as_array[...] = 0.0
    np.testing.assert_array_equal(t.numpy(), X)
    again = gw.tensor(t)
    assert not np.shares_memory(again.value, t.value)


def test_arguments_of_a_derivative_are_copies():
    a, data = X.copy(), A.copy()

    def f(x, data_inside):
        y = np.sum(x * x * data_inside)
        a[...] = 0.0
        data[...] = 0.0
        return y

    np.testing.assert_array_equal(gw.grad(f)(a, data), 2 * X * A)


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.reshape(9),
        lambda t: t.T,
        lambda t: t.mT,
        lambda t: t[1:],
        lambda t: np.ravel(t),
        lambda t: np.broadcast_to(t, (2, 3, 3)),
        lambda t: np.split(t, 3)[1],
        lambda t: np.positive(t),
        lambda t: t.detach(),
    ],
)
def test_what_is_read_from_a_view_of_a_tensor_is_a_copy_too(make):
    t = gw.tensor(X)
    part = make(t)
    read = part.numpy()
    read[...] = -1.0
    np.testing.assert_array_equal(t.numpy(), X)


# --------------------------------------------------------------------------- gradients share memory with nothing


def assert_apart(*arrays):
    for one, other in itertools.combinations([a for a in arrays if isinstance(a, np.ndarray)], 2):
        assert one is not other
        assert not np.shares_memory(one, other)


def everything(x, y, upstream):
    """Many ways for one gradient to reach several Tensors, and back to the upstream array itself."""
    s = x + y
    turned = s.T
    flat = np.ravel(turned)
    back = np.reshape(flat, (3, 3)).T
    parts = np.split(back, 3)
    whole = np.concatenate(parts)
    d = whole - y
    out = np.positive(d) + 0.0
    out.backward(upstream, retain_graph=True)
    return [x, y, s, turned, flat, back, *parts, whole, d, out]


def test_gradients_share_memory_with_nothing():
    upstream = RNG.standard_normal((3, 3))
    given_upstream = upstream.copy()
    tensors = everything(gw.tensor(X), gw.tensor(A), given_upstream)
    grads = [t.grad for t in tensors]
    assert all(isinstance(g, np.ndarray) and g.flags.writeable for g in grads)
    assert_apart(given_upstream, *grads, *(t.value for t in tensors[:2]))
    np.testing.assert_array_equal(grads[0], upstream)
    np.testing.assert_array_equal(grads[1], 0.0)


def test_a_gradient_changed_by_the_user_changes_no_other():
    upstream = RNG.standard_normal((3, 3))
    tensors = everything(gw.tensor(X), gw.tensor(A), upstream)
    expected = [t.grad.copy() for t in everything(gw.tensor(X), gw.tensor(A), upstream)]
    upstream[...] = np.nan
    for k, t in enumerate(tensors):
        np.testing.assert_array_equal(t.grad, expected[k])
        t.grad[...] = 1e9
        t.grad *= 2
    tensors[-1].backward(np.ones((3, 3)))
    np.testing.assert_array_equal(tensors[0].grad, 2e9 + 1)


def test_a_gradient_read_before_the_second_backward_is_not_changed_by_it():
    x = gw.tensor(X)
    y = x + 1.0
    y.backward(A, retain_graph=True)
    first = x.grad
    y.backward(A)
    np.testing.assert_array_equal(first, A)
    np.testing.assert_array_equal(x.grad, A + A)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: np.stack([x, y]).reshape(6, 3)[:3] + y,
        lambda x, y: (x.T + y.T).T,
        lambda x, y: x[::-1] + y[::-1],
        lambda x, y: x,
        lambda x, y: np.broadcast_to(x + y, (1, 3, 3))[0],
    ],
)
def test_what_derivatives_return_shares_memory_with_nothing(f):
    upstream = RNG.standard_normal((3, 3))
    x, y = X.copy(), A.copy()
    out, pullback = gw.vjp(f, x, y)
    assert_apart(out, x, y, upstream, *pullback(upstream), *pullback(upstream))
    out, tangent = gw.jvp(f, (x, y), (upstream, upstream))
    assert_apart(out, tangent, upstream, x, y)
    _value, grads = gw.value_and_grad(lambda x, y: np.sum(f(x, y)), argnums=(0, 1))(x, y)
    assert_apart(x, y, *grads)
    twice = gw.grad(lambda p: np.sum(p["a"] + p["b"]))({"a": x, "b": x})
    assert_apart(x, *twice.values())


def test_outputs_of_a_derivative_do_not_share_memory_with_each_other_or_the_arguments():
    x = X.copy()
    (a, b), pullback = gw.vjp(lambda x: (x, x.T), x)
    assert_apart(a, b, x)
    a[...] = 0.0
    np.testing.assert_array_equal(pullback((X, np.zeros((3, 3))))[0], X)
    _value, aux = gw.value_and_grad(lambda x: (np.sum(x), x), has_aux=True)(x)[0]
    assert_apart(aux, x)


def test_hooks_get_a_copy():
    x, y = gw.tensor(X), gw.tensor(A)
    s = x + y

    def spoil(g):
        g[...] = 1e9

    s.register_hook(spoil)
    x.register_hook(spoil)
    s.backward(A)
    for t in (x, y, s):
        np.testing.assert_array_equal(t.grad, A)


# ------------------------------------------------------------------------------------------------ random programs

STEPS = [
    lambda h, a: h * a,
    lambda h, a: h / a,
    lambda h, a: h @ a,
    lambda h, a: a @ h,
    lambda h, a: np.maximum(h, a),
    lambda h, a: np.where(a > 1, h, h * 0.5),
    lambda h, a: h + a.T,
    lambda h, a: h * a[0],
    lambda h, a: h[(a[0] * 100).astype(int) % 3],
    lambda h, a: np.tanh(h) * a[:, 1:2],
    lambda h, a: np.concatenate([h, a])[::2],
]


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=6),
    st.lists(st.sampled_from(SPOILERS), min_size=6, max_size=6),
    st.integers(0, 2**16),
)
def test_random_programs_whose_captured_array_changes_after_every_step(steps, spoilers, seed):
    """One buffer, filled anew before each step and through a view after it, as loops over batches do."""
    rng = np.random.default_rng(seed)
    fills = rng.uniform(0.5, 2.0, (len(steps), 3, 3))

    def run(x, spoiled):
        buffer = np.zeros((3, 3))
        view = buffer.T
        h = x
        for step, fill, spoil in zip(steps, fills, spoilers):
            buffer[...] = fill
            h = STEPS[step](h, buffer if spoiled else fill)
            if spoiled:
                spoil(view)
        return np.sum(h)

    x, clean = gw.tensor(X), gw.tensor(X)
    run(x, True).backward()
    run(clean, False).backward()
    np.testing.assert_array_equal(x.grad, clean.grad)
