"""Dead branches: what a switch did not take gets exactly nothing, whatever its derivative is there, at every order."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw

ZEROS = np.array([0.0, 1.0, 4.0])


def summed(f):
    return lambda x: np.sum(f(x))


# -------------------------------------------------------------------------------------------------- the guarded curves


def guarded_sqrt(x):
    return np.where(x > 0, np.sqrt(x), 0.0)


def guarded_log(x):
    return np.where(x > 0, np.log(x), 0.0)


def sinc_after(x):
    """The guard after the division: the dead branch is 0 / 0."""
    return np.where(x == 0, 1.0, np.sin(x) / x)


def sinc_before(x):
    """The guard before it: the division never sees the 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.sin(safe) / safe)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, for the values on the dead branch
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("f", "slope", "second"),
    [
        (guarded_sqrt, [0.0, 0.5, 0.25], [0.0, -0.25, -0.03125]),
        (guarded_log, [0.0, 1.0, 0.25], [0.0, -1.0, -0.0625]),
    ],
)
def test_guarded_curves_at_the_edge_of_their_domain(f, slope, second, dtype):
    x = ZEROS.astype(dtype)
    found = gw.grad(summed(f))(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, slope, rtol=1e-6)
    np.testing.assert_allclose(gw.grad(summed(gw.grad(summed(f))))(x), second, rtol=1e-6)
    forward = gw.jvp(gw.grad(summed(f)), (x,), (np.ones_like(x),))[1]
    np.testing.assert_allclose(forward, second, rtol=1e-6)
    np.testing.assert_allclose(gw.jvp(f, (x,), (np.ones_like(x),))[1], slope, rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [guarded_sqrt, guarded_log])
@pytest.mark.parametrize("number", [float, np.float64, np.float32, np.array])
def test_guarded_curves_of_a_single_number(f, number):
    assert gw.grad(f)(number(0.0)) == 0.0
    assert gw.grad(gw.grad(f))(number(0.0)) == 0.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("sinc", [sinc_after, sinc_before])
def test_the_sinc_guard_in_both_spellings(sinc):
    x = np.array([-1.5, 0.0, 0.5, 2.0])
    at = x[[0, 2, 3]]
    slope = (at * np.cos(at) - np.sin(at)) / at**2
    curve = ((2 - at**2) * np.sin(at) - 2 * at * np.cos(at)) / at**3
    np.testing.assert_allclose(gw.grad(summed(sinc))(x), np.insert(slope, 1, 0.0), rtol=1e-12)
    np.testing.assert_allclose(gw.grad(summed(gw.grad(summed(sinc))))(x), np.insert(curve, 1, 0.0), rtol=1e-10)
    t = gw.tensor(x)
    sinc(t).sum().backward()
    np.testing.assert_allclose(t.grad, np.insert(slope, 1, 0.0), rtol=1e-12)
    for number in (0.0, np.float64(0.0)):
        assert gw.grad(sinc)(number) == 0.0
        assert gw.grad(gw.grad(sinc))(number) == 0.0


# ------------------------------------------------------------------------------------------------------ nested switches


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nested_where():
    """Three pieces, each with a pole in another's piece."""

    def f(x):
        return np.where(x > 0, np.where(x > 1, np.log(x - 1), np.sqrt(x)), np.where(x < -1, 1 / (x + 1), x * x))

    x = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    np.testing.assert_allclose(gw.grad(summed(f))(x), [-0.25, -2.0, 0.0, 0.5, 0.5], rtol=1e-14)
    second = gw.grad(summed(gw.grad(summed(f))))(x)
    np.testing.assert_allclose(second, [-0.25, 2.0, 2.0, -0.25, -0.25], rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_switch_inside_a_switch_of_its_result():
    def f(x):
        inner = np.where(x > 0, np.sqrt(x), 0.0)
        return np.where(inner > 0, np.log(inner), 0.0)

    np.testing.assert_allclose(gw.grad(summed(f))(ZEROS), [0.0, 0.5, 0.125], rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_fork_with_one_live_branch_keeps_only_that_branch():
    """Where the guarded use is dead the free use still counts, and the other way round."""

    def f(x):
        root = np.sqrt(x)
        return np.where(x > 0, root, 0.0) + 3 * x

    np.testing.assert_allclose(gw.grad(summed(f))(ZEROS), [3.0, 3.5, 3.25], rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_fork_of_two_masks_is_live_where_either_is():
    def f(x):
        root = np.sqrt(x)
        return np.where(x > 2, root, 0.0) + np.where(x < 2, root, 0.0) * np.where(x > 0, 1.0, 0.0)

    found = gw.grad(summed(f))(np.array([1.0, 4.0]))
    np.testing.assert_allclose(found, [0.5, 0.25], rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_unguarded_pole_stays_loud():
    """A mask hides only what is dead: numeric zeros are never treated as structural."""
    assert np.isinf(gw.grad(summed(np.sqrt))(ZEROS)[0])
    assert np.isnan(gw.grad(lambda x: np.sum(0.0 * np.sqrt(x)))(ZEROS)[0])

    def half_guarded(x):
        root = np.sqrt(x)
        return np.where(x > 0, root, 0.0) + root

    assert np.isinf(gw.grad(summed(half_guarded))(ZEROS)[0])


# ------------------------------------------------------------------------------- every gate that routes sets the mask

ROUTES = {
    "maximum with a number": lambda y: np.maximum(y, 0.5),
    "maximum, number first": lambda y: np.maximum(0.5, y),
    "minimum": lambda y: -np.minimum(-y, -0.5),
    "clip": lambda y: np.clip(y, 0.5, None),
    "where": lambda y: np.where(y > 0.5, y, 0.5),
    "max of a stack": lambda y: np.max(np.stack([y, np.full(3, 0.5)]), axis=0),
    "min of a stack": lambda y: -np.min(np.stack([-y, np.full(3, -0.5)]), axis=0),
    "relu": lambda y: gw.relu(y - 0.5),
    "slices": lambda y: y[1:],
    "positions": lambda y: y[np.array([1, 2])],
    "a list of positions": lambda y: y[[2, 1]],
    "a mask": lambda y: y[np.array([False, True, True])],
    "single entries": lambda y: y[1] + y[-1],
    "split": lambda y: np.split(y, [1])[1],
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_gate_that_routes_shields_what_lies_before_it(route, dtype):
    """sqrt has an infinite slope at 0; every one of these turns the entry at 0 away."""
    x = ZEROS.astype(dtype)

    def f(x):
        return np.sum(route(np.sqrt(x)))

    found = gw.grad(f)(x)
    np.testing.assert_allclose(found, [0.0, 0.5, 0.25], rtol=1e-6)
    assert found.dtype == dtype
    second = gw.grad(lambda x: np.sum(gw.grad(f)(x)))(x)
    np.testing.assert_allclose(second, [0.0, -0.25, -0.03125], rtol=1e-6)
    np.testing.assert_allclose(gw.jvp(f, (x,), (np.ones_like(x),))[1], 0.75, rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_splitting_in_parts_of_which_one_is_unused():
    def f(x):
        _first, rest = np.split(np.sqrt(x), [1])
        return np.sum(rest)

    np.testing.assert_allclose(gw.grad(f)(ZEROS), [0.0, 0.5, 0.25], rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_input_named_twice_by_an_index_is_live_twice():
    def f(x):
        return np.sum(np.sqrt(x)[np.array([2, 2, 1])])

    np.testing.assert_allclose(gw.grad(f)(ZEROS), [0.0, 0.5, 0.5], rtol=1e-14)


# ---------------------------------------------------------- gates that pass the mask on, wherever it comes from

SQUARE = np.array([[0.0, 1.0], [4.0, 0.0]])
CARRIES = {
    "reshape": lambda y: np.reshape(y, (4,)),
    "ravel": np.ravel,
    "flatten": lambda y: y.flatten(),
    "transpose": lambda y: y.T,
    "mT": lambda y: y.mT,
    "swapaxes": lambda y: np.swapaxes(y, 0, 1),
    "expand_dims and squeeze": lambda y: np.squeeze(np.expand_dims(y, 1), 1),
    "concatenate": lambda y: np.concatenate([y, np.ones((2, 1))], axis=1),
    "concatenate twice": lambda y: 0.5 * np.concatenate([y, y]),
    "stack": lambda y: np.stack([y, np.ones((2, 2))]),
    "split": lambda y: np.concatenate(np.split(y, 2, axis=1)),
    "index": lambda y: y[:, ::-1],
    "new axis": lambda y: y[None],
    "broadcast_to": lambda y: np.broadcast_to(y, (3, 2, 2)) / 3,
    "multiply": lambda y: y * np.array([1.0, 1.0]),
    "copy": np.copy,
    "negative twice": lambda y: np.negative(-y),
    "float32 and back": lambda y: y.astype(np.float32).astype(np.float64),
}
SUMS = {
    "rows summed": lambda y: np.sum(y, axis=1),
    "columns summed, kept": lambda y: np.sum(y, axis=0, keepdims=True),
    "mean": lambda y: 2 * np.mean(y, axis=1),
    "all summed": lambda y: np.sum(y),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("carry", (CARRIES | SUMS).values(), ids=CARRIES | SUMS)
def test_a_switch_before_movement_or_sums_shields(carry):
    assert_shielded(lambda x: np.sum(carry(np.where(x > 0, np.sqrt(x), 0.0))))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("carry", CARRIES.values(), ids=CARRIES)
def test_the_mask_of_a_switch_travels_back_through_movement(carry):
    """The pole at 0 lies before the movement, the switch behind it."""

    def f(x):
        moved = carry(np.sqrt(x))
        return np.sum(np.where(moved != 0, moved, 0.0))

    assert_shielded(f)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("total", [np.sum, np.mean, np.max])
def test_the_mask_of_a_switch_travels_back_through_sums_of_whole_rows(total):
    def f(x):
        rows = total(np.sqrt(x), axis=1)
        return np.sum(np.where(rows > 0, rows, 0.0))

    count = 2 if total is np.mean else 1
    found = gw.grad(f)(np.array([[0.0, 0.0], [1.0, 1.0]]))
    share = 0.25 if total is np.max else 0.5 / count
    np.testing.assert_allclose(found, [[0.0, 0.0], [share, share]], rtol=1e-14)


def assert_shielded(f):
    np.testing.assert_allclose(gw.grad(f)(SQUARE), [[0.0, 0.5], [0.25, 0.0]], rtol=1e-6)
    second = gw.grad(lambda x: np.sum(gw.grad(f)(x)))(SQUARE)
    np.testing.assert_allclose(second, [[0.0, -0.25], [-0.03125, 0.0]], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mask_is_summed_with_a_broadcast_operand():
    """One sqrt feeds a row of switches: it is dead only where all of them are."""

    def f(b, x):
        return np.sum(np.where(x > 0, np.sqrt(b) * x, 0.0))

    x = np.array([[1.0, -1.0], [2.0, -3.0]])
    np.testing.assert_allclose(gw.grad(f)(np.array([4.0, 0.0]), x), [0.75, 0.0], rtol=1e-14)
    assert np.isinf(gw.grad(f)(np.array([0.0, 0.0]), x)[0])
    assert gw.grad(f)(0.0, -np.abs(x)) == 0.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_scalar_under_a_dead_switch():
    assert gw.grad(lambda x: np.maximum(np.sqrt(x), 1.0))(0.0) == 0.0
    assert gw.grad(lambda x: np.where(x > 0, x**0.5, x))(0.0) == 1.0
    assert gw.grad(lambda x: np.where(x > 0, 1 / x, x))(0.0) == 1.0
    assert gw.grad(lambda x: gw.grad(lambda x: np.where(x > 0, 1 / x, x * x))(x))(0.0) == 2.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_hooks_see_zeros_on_the_dead_entries_and_do_not_bring_them_to_life():
    seen = []
    x = gw.tensor(ZEROS)
    root = np.sqrt(x)
    root.register_hook(lambda g: seen.append(g) or 2 * g)
    np.where(x > 0, root, 0.0).sum().backward()
    np.testing.assert_array_equal(seen[0], [0.0, 1.0, 1.0])
    np.testing.assert_allclose(x.grad, [0.0, 1.0, 0.5], rtol=1e-14)
    np.testing.assert_array_equal(root.grad, [0.0, 2.0, 2.0])


def test_the_mask_holds_in_a_random_tree_of_switches():
    """Each leaf has its pole at 0 and is alive on one side only; the gradient is that of the live leaf."""
    rng = np.random.default_rng(0)
    leaves = [(np.sqrt, lambda x: 0.5 / np.sqrt(x)), (np.log, lambda x: 1 / x), (np.reciprocal, lambda x: -1 / x**2)]
    for _ in range(20):
        points = np.where(rng.random(12) < 0.4, 0.0, rng.uniform(0.5, 3.0, 12))
        picks = rng.integers(0, 3, 12)

        def f(x, points=points, picks=picks):
            out = x * 7.0
            for k, (curve, _) in enumerate(leaves):
                with np.errstate(all="ignore"):
                    out = np.where((points > 0) & (picks == k), curve(x), out)
            return np.sum(out)

        with np.errstate(all="ignore"):
            expected = np.choose(picks, [slope(points) for _, slope in leaves])
        np.testing.assert_allclose(gw.grad(f)(points), np.where(points > 0, expected, 7.0), rtol=1e-13)
