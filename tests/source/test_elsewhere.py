"""Printed code holds at every input of the same shapes and branches; where Python would branch otherwise it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw


def printed(f: Callable[..., Any], *args: Any) -> Callable[..., Any]:
    """The printed program of a function recorded at these inputs."""
    c, names = gw.circuit(f, *args), {}  # type: ignore[var-annotated]
    exec(compile(str(c.code()), "<printed>", "exec"), names)
    run = next(v for k, v in names.items() if k.endswith("_and_gradients"))
    return lambda *others: run(*others, **c.captured)


def holds(f: Callable[..., Any], at: Any, elsewhere: Any) -> None:
    """Recorded at one input, the text gives at the other what eager gives there, value and gradient."""
    with np.errstate(all="ignore"):
        value, found = printed(f, at)(elsewhere)
        right, want = gw.value_and_grad(f)(elsewhere)
    np.testing.assert_allclose(value, right, rtol=1e-12)
    np.testing.assert_allclose(found, want, rtol=1e-6 if np.asarray(at).dtype == np.float32 else 1e-12, atol=1e-15)


def spelled_loss(s: Any) -> Any:
    return -np.sum(np.log(np.exp(s[np.arange(2), np.array([0, 1])]) / np.sum(np.exp(s), axis=1)))


def shifted_loss(s: Any) -> Any:
    return spelled_loss(s - np.max(s, axis=1, keepdims=True))


def net(w: Any) -> Any:
    hidden = np.maximum(np.array([[1.0, -2.0], [0.5, 1.0]], np.float32) @ w, 0)
    return gw.cross_entropy(hidden @ w, np.array([0, 1]))


LINE = np.array([1.0, 2.0, 3.0])
ROWS = np.array([[1.0, 2.0], [0.0, 1.0]])
RULES: dict[str, tuple[Callable[..., Any], Any, list[Any]]] = {
    "prod": (np.prod, LINE, [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1e-200, 1e-200, 1e200], [1e200, 1e200, 1e-200]]),
    "prod, recorded at a zero": (np.prod, np.array([0.0, 2.0, 3.0]), [[1.0, 2.0, 3.0], [0.0, 0.0, 1.0]]),
    "prod along an axis": (lambda x: np.sum(np.prod(x, axis=1) ** 2), ROWS, [[[0.0, 2.0], [0.0, 0.0]]]),
    "prod of float32": (np.prod, LINE.astype(np.float32), [[0.0, 2.0, 3.0]]),
    "where of floats": (lambda x: np.where(x > 0, np.sqrt(np.abs(x)), 0.0), 0.0, [4.0, -1.0]),
    "where of floats, recorded alive": (lambda x: np.where(x > 0, np.sqrt(np.abs(x)), 0.0), 4.0, [0.0, -1.0]),
    "where of floats in a chain": (lambda x: np.where(x > 1, np.log(x * x), x) * 3, 0.5, [2.0]),
    "relu of floats": (lambda x: np.maximum(x, 0) ** 2, -1.0, [3.0, 0.0]),
    "clip of floats": (lambda x: np.clip(x, 0, 1) * x, 3.0, [0.5, -1.0]),
    "an entry of a list of floats": (lambda x: np.where(x > 0, np.stack([x, np.log(x)])[1], 1.0), -1.0, [3.0]),
    "logsumexp": (gw.logsumexp, LINE, [[-np.inf] * 3, [np.inf, 0.0, 0.0], [-np.inf, 0.0, 1.0], [1e4, 1e4, 0.0]]),
    "logsumexp, recorded at the edge": (gw.logsumexp, np.array([-np.inf, -np.inf]), [[1.0, 2.0]]),
    "log of a sum of exponentials": (
        lambda x: np.log(np.sum(np.exp(x))), LINE,
        [[800.0, 0.0, 1.0], [-800.0, -800.0, -900.0], [-740.0, -741.0, -742.0]],
    ),
    "softplus": (lambda x: np.sum(np.log(1 + np.exp(x))), LINE, [[800.0, -800.0, 0.0]]),
    "sigmoid": (lambda x: np.sum(1 / (1 + np.exp(-x))), LINE, [[800.0, -800.0, 0.0]]),
    "sigmoid, the other way": (lambda x: np.sum(np.exp(x) / (1 + np.exp(x))), LINE, [[800.0, -800.0, 0.0]]),
    "a block recorded where it overflows": (
        lambda x: np.sum(np.log(1 + np.exp(x))), np.array([800.0, 0.0]), [[1.0, 2.0]],
    ),
    "cross_entropy": (lambda s: gw.cross_entropy(s, np.array([0, 1])), ROWS, [[[1e4, 2.0], [0.0, 1.0]]]),
    "cross_entropy of float32": (
        lambda s: gw.cross_entropy(s, np.array([0, 1])), ROWS.astype(np.float32), [[[100.0, 2.0], [0.0, -100.0]]],
    ),
    "a net whose scores grow": (net, np.ones((2, 2), np.float32), [[[30.0, -1.0], [2.0, 40.0]]]),
    "cross-entropy as written": (spelled_loss, ROWS, [[[700.0, 2.0], [0.0, 1.0]], [[-800.0, 2.0], [0.0, 1.0]]]),
    "cross-entropy with its shift": (shifted_loss, ROWS, [[[1e4, 2.0], [0.0, 1.0]]]),
    "a mask before a pole": (
        lambda x: np.sum(np.log(np.maximum(x, 0) + np.minimum(x, 0) ** 2)), LINE, [[0.5, 2.0, -3.0]],
    ),
    "relu before a quotient": (lambda x: np.sum(np.where(x > 0, 1 / np.maximum(x, 0), 0)), LINE, [[0.0, -2.0, 3.0]]),
    "a guard against overflow": (lambda x: np.sum(np.where(x < 700, np.exp(x), 0.0)), LINE, [[800.0, 1.0, 2.0]]),
    "ties": (lambda x: np.maximum(x[0], x[1]) + np.max(x), LINE, [[2.0, 2.0, 2.0]]),
    "std": (np.std, LINE, [[2.0, 2.0, 2.0]]),
    "logaddexp": (lambda x: np.logaddexp(x[0], x[1]), LINE, [[-np.inf, -np.inf, 0.0], [1e4, 0.0, 0.0]]),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_rules_do_not_look_at_values(rule: str) -> None:
    f, at, others = RULES[rule]
    for elsewhere in others:
        holds(f, at, elsewhere if isinstance(at, float) else np.array(elsewhere, at.dtype))


INDICES: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "argmax": (lambda x: x[np.argmax(x)] * 2, np.array([1.0, 5.0, 2.0]), np.array([9.0, 5.0, 2.0])),
    "argmin": (lambda x: x[np.argmin(x)] ** 2, np.array([1.0, 5.0, 2.0]), np.array([9.0, 5.0, 2.0])),
    "one further": (lambda x: x[(np.argmax(x) + 1) % 3], np.array([1.0, 5.0, 2.0]), np.array([9.0, 5.0, 2.0])),
    "a list of two": (lambda x: np.sum(x[[np.argmax(x), 0]] ** 2), np.array([1.0, 5.0]), np.array([9.0, 5.0])),
    "a row": (lambda x: np.sum(x[np.argmax(np.sum(x, axis=1))]), ROWS, -ROWS),
    "one of each row": (lambda x: np.sum(x[np.arange(2), np.argmax(x, axis=1)] ** 2), ROWS, -ROWS),
    "a column": (lambda x: np.sum(x[:, np.argmin(x[0])] ** 2), ROWS, -ROWS),
    "a mask": (lambda x: np.sum(x[x > np.mean(x)] ** 2), np.array([1.0, 5.0, 2.0]), np.array([9.0, 5.0, 2.0])),
}


@pytest.mark.parametrize("index", INDICES)
def test_an_index_that_was_computed_is_computed_again(index: str) -> None:
    holds(*INDICES[index])


def by_sign(x: Any) -> Any:
    return x * 2 if x > 0 else x * x


def by_size(x: Any) -> Any:
    y = x * 3
    if np.max(y) > 2 and np.sum(x * x) < 100:
        y = y + np.sin(x)
    return np.sum(y)


def halved(x: Any) -> Any:
    while np.sum(x * x) > 2:
        x = 0.5 * x
    return np.sum(x)


def larger(x: Any) -> Any:
    return max(x[0], x[1]) * 2


def by_determinant(x: Any) -> Any:
    sign, _ = np.linalg.slogdet(x)
    return np.sum(x) if sign > 0 else np.prod(x)


def by_gradient(x: Any) -> Any:
    return np.sum(x) if gw.grad(lambda t: np.sum(t[:1] ** 2))(x)[0] > 0 else np.sum(x * x)


def by_place(x: Any) -> Any:
    weights = [1.0, 2.0, 3.0]
    return weights[int(np.argmax(x))] * np.sum(x)


def by_slice(x: Any) -> Any:
    i = np.argmax(x)
    return np.sum(x[i : i + 1]) + x[i]


def with_a_dict(x: Any) -> Any:
    return {True: np.sum(x), False: np.sum(x * x)}[bool(x[0] > 0)]


BRANCHES: dict[str, tuple[Callable[..., Any], Any, Any, Any]] = {
    "if of a float": (by_sign, 2.0, 3.0, -2.0),
    "if of a float, not taken": (by_sign, -2.0, -3.0, 2.0),
    "if of totals": (by_size, np.array([1.0, 2.0]), np.array([2.0, 3.0]), np.array([0.1, 0.2])),
    "while": (halved, np.array([3.0, 1.0]), np.array([3.0, 1.5]), np.array([30.0, 1.0])),
    "max of Python's": (larger, np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([2.0, 1.0])),
    "one of two outputs": (by_determinant, np.eye(2), 2 * np.eye(2), np.array([[0.0, 1.0], [1.0, 0.0]])),
    "an inner gradient": (by_gradient, np.array([1.0, 2.0]), np.array([2.0, 1.0]), np.array([-1.0, 2.0])),
    "a list by a place": (by_place, np.array([1.0, 3.0, 2.0]), np.array([0.0, 1.0, 0.5]), np.array([9.0, 3.0, 2.0])),
    "a slice": (by_slice, np.array([1.0, 3.0, 2.0]), np.array([0.0, 1.0, 0.5]), np.array([9.0, 3.0, 2.0])),
    "a dict by a truth value": (with_a_dict, np.array([1.0, 2.0]), np.array([2.0, 2.0]), np.array([-2.0, 2.0])),
}


@pytest.mark.parametrize("branch", BRANCHES)
def test_another_branch_is_a_sentence_and_not_a_number(branch: str) -> None:
    f, at, same, other = BRANCHES[branch]
    holds(f, at, same)
    with pytest.raises(AssertionError, match=r"recorded where .+ was .+: record it again for other inputs"):
        printed(f, at)(other)


def test_a_number_that_python_counted_with() -> None:
    def power(x: Any, n: Any) -> Any:
        return sum(x**k for k in range(n) if k < 9)

    assert printed(power, 2.0, 3)(3.0, 3)[1] == 7.0
    with pytest.raises(AssertionError, match=r"recorded where n was 3"):
        printed(power, 2.0, 3)(3.0, 4)


def test_a_loop_that_python_counted_holds_for_another_count() -> None:
    def power(x: Any, n: Any) -> Any:
        return sum(x**k for k in range(n))

    assert printed(power, 2.0, 3)(3.0, 3)[1] == 7.0
    assert printed(power, 2.0, 3)(3.0, 4) == (40.0, 34.0)


def test_rows_in_order_are_asked_for_where_they_are_an_argument() -> None:
    def loss(s: Any, rows: Any, y: Any) -> Any:
        return -np.sum(np.log(np.exp(s[rows, y]) / np.sum(np.exp(s), axis=1)))

    run = printed(loss, ROWS, np.arange(2), np.array([0, 1]))
    want = gw.grad(lambda s: loss(s, np.arange(2), np.array([1, 1])))(2 * ROWS)
    np.testing.assert_allclose(run(2 * ROWS, np.arange(2), np.array([1, 1]))[1], want)
    with pytest.raises(AssertionError, match=r"rows was np.arange\(2\)"):
        run(ROWS, np.array([0, 0]), np.array([0, 1]))


def test_a_branch_is_said_once_with_a_comment_above() -> None:
    def twice(x: Any) -> Any:
        y = x * 2 if x > 0 else x
        return y * 3 if x > 0 else y

    lines = [line.strip() for line in str(gw.circuit(twice, 2.0).code()).splitlines()]
    place = lines.index("# Python took this branch")
    assert lines[place + 1].startswith("assert x > 0, ")
    assert sum(line.startswith("assert") for line in lines) == 1


def test_a_circuit_that_was_cut_does_not_speak_of_what_was_cut_off() -> None:
    def branching(x: Any) -> Any:
        y = x * 2 if x[0] > 0 else x
        return np.sum(y * y)

    text = str(gw.circuit(branching, np.array([1.0, 2.0])).cut("y").code())
    assert "assert" not in text
    names: dict[str, Any] = {}
    exec(text, names)
    assert np.array_equal(names["branching_and_gradients"](np.array([3.0, 4.0]))[1], [6.0, 8.0])


# ---------------------------------------------------------------------------------------------- captured index arrays

PLACES = np.array([2, 0, 0])
CLASSES = np.array([1, 0])


def picked(x: Any) -> Any:
    taken = x[PLACES]
    return np.sum(taken) * np.sum((x * 2)[PLACES])


def test_a_captured_index_is_an_operand_once_for_all_its_uses() -> None:
    c = gw.circuit(picked, np.ones(3))
    assert [w.name for w in c.wires if w.gate is None] == ["x", "PLACES"]
    assert next(w.inputs for w in c.wires if w.gate == "getitem") == ("x", "PLACES")
    assert set(c.captured) == {"PLACES"}
    assert type(c.captured["PLACES"]) is np.ndarray
    assert "PLACES (3,) = [2, 0, 0]" in c.card("PLACES")
    assert "taken = x[PLACES]" in c.card("PLACES")
    assert "PLACES" in c.svg()
    holds(picked, np.ones(3), np.array([1.0, 2.0, 3.0]))


def test_a_cut_keeps_a_captured_index() -> None:
    def later(x: Any) -> Any:
        y = x * 2
        return np.sum(y[PLACES] ** 2)

    c = gw.circuit(later, np.ones(3)).cut("y")
    names: dict[str, Any] = {}
    exec(str(c.code()), names)
    assert names["later_and_gradients"](np.ones(3), PLACES=PLACES)[1].tolist() == [4.0, 0.0, 2.0]


def test_an_index_is_printed_as_the_user_wrote_it() -> None:
    def scores(s: Any) -> Any:
        N = s.shape[0]
        right = s[np.arange(N), CLASSES]
        return np.sum(np.maximum(s - np.reshape(right, (N, 1)) + 1, 0))

    text = str(gw.circuit(scores, ROWS).code())
    assert "right = s[np.arange(N), CLASSES]" in text
    assert "np.arange(2)" not in text
    assert "ds[np.arange(N), CLASSES]" in text


def test_the_classes_of_a_loss_keep_their_name() -> None:
    c = gw.circuit(lambda s: gw.cross_entropy(s, CLASSES), ROWS)
    assert "CLASSES" in c.captured
    assert c.wires[-1].inputs == ("s", "CLASSES")


def test_literal_beside_a_name() -> None:
    def both(s: Any) -> Any:
        n = 2
        return np.sum(s[np.arange(n), np.array([1, 0])]) + np.sum(s[[0, 1], CLASSES])

    text = str(gw.circuit(both, ROWS).code())
    assert "s[np.arange(n), " in text
    assert "s[[0, 1], CLASSES]" in text


PICKED = np.array([[1.0, -2.0, 3.0], [-1.0, 2.0, 0.5]])
FEWER = np.array([[1.0, -2.0, 3.0], [-1.0, 2.0, -0.5]])


def by_length(x: Any) -> Any:
    y = x[x > 0]
    return np.sum(y) / len(y)


def by_shape(x: Any) -> Any:
    y = x[x > 0]
    return np.sum(y) / y.shape[0]


def by_size(x: Any) -> Any:
    y = x[x > 0]
    return np.sum(y) / np.size(y)


def one_by_one(x: Any) -> Any:
    total = 0.0
    for entry in x[x > 0]:
        total = total + entry**2
    return total


COUNTED: dict[str, Callable[..., Any]] = {
    "the mean of what a mask picked": lambda x: np.mean(x[x > 0]),
    "its variance": lambda x: np.var(x[x > 0]),
    "its mean, beside each entry": lambda x: np.sum(x[x > 0] * x[x > 0].mean()),
    "rows that a mask picked": lambda x: np.sum(x[x[:, 2] > 0].mean(axis=0) ** 2),
    "its length": by_length,
    "its shape": by_shape,
    "its size": by_size,
    "its entries, one by one": one_by_one,
    "its entries, joined to others": lambda x: np.sum(np.concatenate([x[x > 0], x[0]]) ** 2),
    "its first entries": lambda x: np.sum(x[x > 0][:2] ** 2),
    "what is beyond a step between": lambda x: np.mean(np.exp(x[x > 0]) * 2.0),
}


@pytest.mark.parametrize("way", COUNTED)
def test_how_many_a_mask_picked_is_asked_for_where_it_counts(way: str) -> None:
    run = printed(COUNTED[way], PICKED)
    value, found = run(PICKED + 0.1)
    right, want = gw.value_and_grad(COUNTED[way])(PICKED + 0.1)
    np.testing.assert_allclose(value, right, rtol=1e-12)
    np.testing.assert_allclose(found, want, rtol=1e-12)
    with pytest.raises(AssertionError, match=r"had shape \(.*\): record it again"):
        run(FEWER)


UNCOUNTED: dict[str, Callable[..., Any]] = {
    "a sum": lambda x: np.sum(x[x > 0]),
    "a sum of squares, twice": lambda x: np.sum(x[x > 0] ** 2) * np.sum(np.exp(-x[x < 0])),
    "two picked by one mask": lambda x: np.sum(x[x > 0] * np.sqrt(x[x > 0])),
}


@pytest.mark.parametrize("way", UNCOUNTED)
def test_what_a_mask_picked_may_be_any_number_where_it_is_added_up(way: str) -> None:
    holds(UNCOUNTED[way], PICKED, FEWER)


def test_a_mask_that_is_an_argument() -> None:
    run = printed(lambda x, m: np.mean(x[m]), LINE, np.array([True, True, False]))
    np.testing.assert_allclose(run(LINE, np.array([False, True, True]))[1], [0.0, 0.5, 0.5])
    with pytest.raises(AssertionError, match="recorded where x\\[m\\] had shape"):
        run(LINE, np.array([True, False, False]))


@pytest.mark.parametrize("entry", [lambda y, i: y[i] ** 2, lambda y, i: y[i] * np.sum(y[i - 1 : i])])
def test_a_loop_over_the_entries_of_a_computed_array_is_printed(entry: Callable[..., Any]) -> None:
    def total(x: Any) -> Any:
        y = x * x
        return sum(entry(y, i) for i in range(1, 301))

    at = np.linspace(0.5, 1.5, 301)
    holds(total, at, at[::-1].copy())


# ------------------------------------------------------------------------------------------------------------ memory


LAYOUTS: dict[str, Any] = {
    "transposed": lambda a: a.T,
    "in Fortran's order": np.asfortranarray,
    "three axes, turned": lambda a: np.transpose(a.reshape(4, 4, 5), (2, 0, 1)),
    "as it came": lambda a: a,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_captured_array_keeps_its_layout(layout: str) -> None:
    # BLAS adds in another order where an operand is transposed: other last bits.
    rng = np.random.default_rng(0)
    weights = LAYOUTS[layout](rng.normal(size=(16, 5)))
    x = rng.normal(size=weights.shape[-2])
    c = gw.circuit(lambda x: np.sum((x @ weights) ** 2), x)
    (kept,) = c.captured.values()
    assert [kept.strides, kept.flags.f_contiguous] == [weights.strides, weights.flags.f_contiguous]
    assert not np.shares_memory(kept, weights)
    assert printed(lambda x: np.sum((x @ weights) ** 2), x)(x)[0] == np.sum((x @ weights) ** 2)


# ------------------------------------------------------------------------------------------- functions of our own


SHAPES: dict[str, Callable[[Any], Any]] = {
    "prod of a matrix and of its transpose": lambda x: np.prod(x) * np.prod(x.T * np.arange(1.0, 5.0)[:, None]),
    "prod of few and of many": lambda x: np.prod(x[0, :2]) + np.prod(x) + np.sum(np.prod(x, axis=1)),
    "logsumexp of rows and of all": lambda x: gw.logsumexp(x[0]) + gw.logsumexp(x) + gw.logsumexp(x[:, :2].ravel()),
    "prod of a number and of a list": lambda x: np.prod(x[0, 0]) + np.prod(x[0]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_function_of_the_text_serves_only_the_shapes_it_was_written_for(shape: str) -> None:
    x = np.arange(1.0, 13.0).reshape(3, 4) / 4
    holds(SHAPES[shape], x, x[::-1] - 0.5)


def test_one_function_serves_all_shapes_where_its_text_is_the_same() -> None:
    text = str(gw.circuit(lambda x: np.sum(gw.softplus(x)) + gw.softplus(x[0]).sum(), np.ones((2, 3))).code())
    assert text.count("def softplus") == 1


def test_in_the_ledger_every_gate_has_its_own_name_and_parameters() -> None:
    c = gw.circuit(lambda x: np.sum(gw.softmax(x, axis=0) * gw.softmax(x, axis=1)), np.ones((2, 3)))
    assert "softmax(x, axis=0)" in str(c)
    assert "softmax(x, axis=1)" in str(c)


# ------------------------------------------------------------------------------------------- values that were taken out


def by_detached(x: Any) -> Any:
    return np.sum(x * x.detach())


def over_its_own_size(x: Any) -> Any:
    size = np.sqrt(np.sum(x * x)).detach()
    return np.sum(x / size) + size


def half_a_softmax(x: Any) -> Any:
    return np.sum(np.exp(x.detach())[0] * np.exp(x) / np.sum(np.exp(x)))


def detached_exponentials(x: Any) -> Any:
    return np.sum((np.exp(x) / np.sum(np.exp(x.detach()))) ** 2)


def shifted_by_a_constant(x: Any) -> Any:
    top = np.max(x).detach()
    return top + np.log(np.sum(np.exp(x - top)))


def a_detached_piece(x: Any) -> Any:
    first, last = np.split(np.concatenate([x, x]), 2)
    return np.sum(first * last.detach())


def detached_in_a_gradient(x: Any) -> Any:
    return np.sum(gw.grad(lambda y: np.sum(y * y.detach() * y))(x))


DETACHED = [
    by_detached, over_its_own_size, half_a_softmax, detached_exponentials, shifted_by_a_constant, a_detached_piece,
    detached_in_a_gradient,
]  # fmt: skip


@pytest.mark.parametrize("f", DETACHED)
def test_what_was_detached_is_computed_again(f: Callable[[Any], Any]) -> None:
    holds(f, LINE, np.array([4.0, -1.0, 0.5]))


@pytest.mark.parametrize("f", DETACHED)
def test_the_check_beside_a_gradient_holds_what_was_detached_fixed(f: Callable[[Any], Any]) -> None:
    assert "differs" not in str(gw.circuit(f, LINE))


def test_what_was_detached_and_given_back_is_no_circuit() -> None:
    with pytest.raises(gw.GatewiseError, match="does not depend on its inputs"):
        gw.circuit(lambda x: np.sum(x).detach(), LINE)


def by_item(x: Any) -> Any:
    return np.sum(x) * np.mean(x).item()


def by_an_entry(x: Any) -> Any:
    return np.sum(x) * x.item(1)


def by_numpy(x: Any) -> Any:
    return np.sum(x[np.argsort(x.numpy())] * np.arange(1.0, 4.0))


def by_list(x: Any) -> Any:
    return np.sum(x) * max(x.numpy().tolist())


def by_counting(x: Any) -> Any:
    for _ in range(int(np.max(x).item())):
        x = x * 0.5
    return np.sum(x)


def by_choice(x: Any) -> Any:
    return np.sum(x) if np.sum(x).item() > 0 else np.sum(x * x)


@pytest.mark.parametrize("f", [by_item, by_an_entry, by_numpy, by_list, by_counting, by_choice])
def test_what_was_taken_out_is_asserted(f: Callable[[Any], Any]) -> None:
    run, (right, want) = printed(f, LINE), gw.value_and_grad(f)(LINE)
    value, found = run(LINE)
    assert value == right
    np.testing.assert_allclose(found, want, rtol=1e-12)
    with pytest.raises(AssertionError, match=r"recorded where .* was .*: record it again for other inputs"):
        run(np.array([9.0, 8.0, -7.0]))


def test_many_numbers_are_asserted_by_their_checksum() -> None:
    x = np.random.default_rng(0).normal(size=(40, 5))

    def f(x: Any, crc32: Any) -> Any:
        return np.sum(x * x.numpy()) * crc32

    text = str(gw.circuit(f, x, 2.0).code())
    assert len(text) < 1000
    run = printed(f, x, 2.0)
    assert run(x, 2.0)[0] == np.sum(x * x) * 2
    with pytest.raises(AssertionError, match="recorded where x held other numbers"):
        run(x + 1, 2.0)


def test_what_was_only_printed_is_not_asserted(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print(np.sum(x).item(), f"{np.mean(x):.2f}", x.numpy().tolist())
        said = f"{np.max(x):.1f}"
        return np.sum(x * x) + len(said) * 0

    assert "assert" not in str(gw.circuit(f, LINE).code())
    assert capsys.readouterr().out.startswith("6.0 2.00 [1.0, 2.0, 3.0]")


def test_what_was_detached_is_a_constant_to_later_runs() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        before = kept[-1] if kept else 0.0
        kept.append(np.sum(x).detach())
        return np.sum(x * x) + before + kept[-1]

    first, second = gw.circuit(f, LINE), gw.circuit(f, 2 * LINE)
    assert [float(t) for t in kept] == [6.0, 12.0]
    assert (first.value, second.value) == (20.0, 74.0)
    np.testing.assert_allclose(gw.grad(f)(LINE), 2 * LINE)


WHOLE: list[tuple[Callable[[Any], Any], Any]] = [
    (lambda x: np.sum(x) * int(np.trunc(np.sum(x) / 4)), LINE),
    (lambda x: np.sum(x[: int(np.sum(x > 1.5) * 0.75)]), LINE),
    (lambda x: np.sum(x) * int(np.floor(x[0]) - 0.5), np.array([-1.0, 2.0])),
]


@pytest.mark.parametrize("k", range(len(WHOLE)))
def test_what_python_cut_to_a_whole_number_is_cut_by_the_assertion_too(k: int) -> None:
    f, x = WHOLE[k]
    np.testing.assert_allclose(printed(f, x)(x)[0], f(x))
    with pytest.raises(AssertionError, match="record it again"):
        printed(f, x)(x - 9.0)


def through_turned_axes(x: Any) -> Any:
    a = np.transpose(x.reshape(2, 3, 2), (1, 0, 2)) * 1.0
    row = np.transpose(a, (1, 0, 2)).reshape(-1)
    row[1] = x[0] * x[1]
    return np.sum(np.sin(a * np.arange(1.0, 13.0).reshape(3, 2, 2)))


def through_columns(x: Any) -> Any:
    a = np.zeros((2, 3), order="F")
    a[:, 0] = x[:2]
    column = a.reshape(-1, order="F")
    column[1:] = column[:-1] * x[2]
    return np.sum(np.sin(a))


def placed_by_a_mask(x: Any) -> Any:
    y = x * 1.0
    np.place(y, y > 0.5, [x[0], 2.0])
    return np.sum(np.sin(y) * x)


@pytest.mark.parametrize("f", [through_turned_axes, through_columns])
def test_entries_are_written_through_views_in_the_order_they_lie_in(f: Callable[..., Any]) -> None:
    x = np.linspace(0.1, 1.0, 12)
    holds(f, x, x[::-1] * 0.7)
    holds(f, np.repeat(x, 2)[::2], x + 0.2)


def test_a_mask_that_numpy_is_told_to_place_by_is_looked_at_again() -> None:
    x = np.array([0.2, 0.7, 0.4, 0.9])
    holds(placed_by_a_mask, x, x + 0.05)
    with pytest.raises(AssertionError, match="recorded where"):
        printed(placed_by_a_mask, x)(x[::-1].copy())
