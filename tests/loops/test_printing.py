"""Loops printed as loops: the text, at other counts to the bit of the unrolled one, and what is refused."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._loops import repeats
from loops.manners import MANNERS, given
from loops.random_loops import RECORDED as LENGTH
from loops.random_loops import close, drawn, function, inputs, judged

HERE = Path(__file__).parent
STUDENTS = {
    "rnn": "rnn",
    "lstm": "lstm",
    "descent": "descent",
    "examples": "loss",
    "kalman": "kalman",
    "heat": "heat",
    "char_rnn": "lossFun",
    "states": "energy",
}
RECORDED = 5


def student(module: str) -> tuple[Any, Any]:
    found = importlib.import_module(f"loops.students.{module}")
    return getattr(found, STUDENTS[module]), found.inputs


def run(text: str, given: dict[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), namespace)
    printed = next(v for name, v in namespace.items() if name.endswith("_and_gradients"))
    value, gradients = printed(**given)
    return value, gradients if isinstance(gradients, tuple) else (gradients,)


def bits(x: Any) -> bytes:
    """The bits of a gradient, but for the sign of a zero: `+=` into zeros makes 0.0 of -0.0."""
    return (np.asarray(x) + 0.0).tobytes()


@pytest.mark.parametrize("module", STUDENTS)
def test_the_text_is_the_golden_one(module):
    """After a change that is meant: `python -m loops.test_printing` in tests writes them anew."""
    f, inputs_of = student(module)
    text = str(gw.circuit(f, **inputs_of(RECORDED)).code())
    assert text == (HERE / "printed" / f"{module}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("count", [1, 2, RECORDED, 17])
@pytest.mark.parametrize("module", STUDENTS)
def test_any_count_is_the_unrolled_program_to_the_bit_and_the_eager_gradient(module, count):
    f, inputs_of = student(module)
    value, gradients = run(str(gw.circuit(f, **inputs_of(RECORDED)).code()), inputs_of(count))
    there = gw.circuit(f, **inputs_of(count))
    should, unrolled = run(str(there.code(unrolled=True)), inputs_of(count))
    assert np.asarray(value).tobytes() == np.asarray(should).tobytes()
    for one, other in zip(gradients, unrolled, strict=True):
        assert bits(one) == bits(other)
    for name, printed in zip((i.name for i in there._frozen.wanted), gradients, strict=True):
        np.testing.assert_allclose(printed, there.gradients[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("module", STUDENTS)
def test_two_hundred_rounds_print_as_many_lines_as_five(module):
    f, inputs_of = student(module)
    few, many = (str(gw.circuit(f, **inputs_of(T)).code()) for T in (RECORDED, 200))
    assert few == many


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_random_loops_are_right_at_other_counts(first):
    for seed in range(first, first + 20):
        said, wrong = judged(seed)
        assert not wrong, f"{seed}: {said}: {wrong}\n{drawn(seed).text}"


def test_most_regular_loops_are_found_whole():
    whole = regular = 0
    for seed in range(1000, 1040):
        program = drawn(seed)
        if program.regular:
            try:
                circuit = gw.circuit(function(program.text, seed), **named(seed))
            except gw.GatewiseError:
                continue
            found, left = repeats(circuit._frozen)
            regular += 1
            whole += bool(found) and not left
    assert whole >= 0.9 * regular


def named(seed: int) -> dict[str, Any]:
    return dict(zip(("W", "xs", "ys", "a", "b", "h"), inputs(seed, LENGTH), strict=True))


def bent(a, xs):
    s, step = 0.0, 1.0
    for x in xs:
        s = s + a * x * step
        step = np.arctan(step)
    return s


def test_any_function_of_one_number_may_move_a_plain_one():
    text = gw.circuit(bent, 2.0, np.arange(1.0, 7.0)).code()
    assert text.count("for t in") == 2
    xs = np.arange(1.0, 10.0)
    value, (da, dxs) = run(text, {"a": 3.0, "xs": xs})
    want, (wa, wxs) = gw.value_and_grad(bent, argnums=(0, 1))(3.0, xs)
    assert value == want
    assert da == wa
    assert np.array_equal(dxs, wxs)


# ------------------------------------------------------------------------------------------------- what may not be free


def by_accident(a, xs):
    s = 0.0
    for t in range(len(xs)):
        if t < 6:  # noqa: SIM108 - as it is written
            s = s + a * xs[t]
        else:
            s = s - a
    return s


def plain_work(x, xs):
    c = np.zeros(3)
    loss = 0.0
    for t in range(len(xs)):
        loss = loss + x * xs[t]
        loss = loss + np.sum(1 / (1 + np.exp(-c)) ** 2)
        c = c + 0.0
    return loss


def sliced(a, xs):
    xs = xs[:6]
    T = len(xs)
    s = 0.0
    for t in range(T):
        s = s + a * xs[t]
    return s


def means(a, xs):
    s = 0.0
    for x in xs:
        s = s + a * x
    return s + np.mean(xs)


def spread(a, xs):
    s = 0.0
    for x in xs:
        s = s + a * x
    return s + np.std(xs)


def branch_after(a, xs):
    s = 0.0
    for x in xs:
        s = s + a * x
    if len(xs) > 6:
        s = 2 * s
    return s


def folded(a, xs):
    s = 0.0
    for x in xs:
        s = s + a * x
    return s + sum(xs)


def table(a, xs):
    rows = [1.0] * 6 + [2.0] * 30
    s = 0.0
    for t in range(len(xs)):
        s = s + rows[t] * a * xs[t]
    return s


def halves(b, xs):
    s = 0.0
    for t in range(len(xs)):
        s = s + b[t // 6] * xs[t]
    return s


def looked_up(w):
    rates = [0.1, 0.2, 0.05, 0.3, 0.1]
    for rate in rates:
        w = w - rate * w**3
    return w


def never_before(a, xs):
    s = 0.0
    for t in range(len(xs)):
        s = s + a * xs[t]
        for _ in range(t - 4):
            s = s + a
    return s


def moved_twice(a, xs):
    s = 0.0
    rate = 0.5
    for t in range(len(xs)):
        s = s + rate * a * xs[t]
        rate = rate * 0.9
        for _ in range(t - 4):
            rate = rate * 0.5
    return s


def same_entries(a, xs):
    s = 0.0
    kept = []
    for t in range(len(xs)):
        kept.append(a)
        s = s + a * xs[t]
    return s + np.sum(np.stack(kept) ** 2)


def in_two_ways(a, xs):
    s = 0.0
    found = []
    for t in range(len(xs)):
        found.append(a * xs[t])
    for t in range(len(found)):
        s = s + found[min(t, 4)]
    return s


DANGEROUS = [
    never_before,
    in_two_ways,
    same_entries,
    by_accident,
    plain_work,
    sliced,
    means,
    spread,
    branch_after,
    folded,
    table,
    halves,
]


@pytest.mark.parametrize("f", DANGEROUS, ids=[f.__name__ for f in DANGEROUS])
@pytest.mark.parametrize("count", [2, 9])
def test_a_loop_that_may_go_another_way_is_right_or_refuses(f, count):
    rng = np.random.default_rng(1)
    first = rng.normal(size=3) if f is halves else 0.5
    text = str(gw.circuit(f, first, rng.normal(size=5)).code())
    xs = rng.normal(size=count)
    there = gw.circuit(f, first, xs)
    names = list(there.gradients)
    try:
        value, gradients = run(text, dict(zip(names, (first, xs), strict=True)))
    except (AssertionError, IndexError):
        return
    assert close(value, there.value)
    assert all(close(g, there.gradients[n]) for n, g in zip(names, gradients, strict=True))


def test_the_reason_stands_in_the_text():
    xs = np.arange(1.0, 6.0)
    assert (
        "# for t in range(len(xs)): stays unrolled: rate is another number" in gw.circuit(moved_twice, 0.5, xs).code()
    )
    assert "# 5 rounds, as recorded: the loop in line" in gw.circuit(never_before, 0.5, xs).code()
    assert "# 5 rounds, as recorded: line " in gw.circuit(by_accident, 0.5, xs).code()
    assert "# 5 rounds, as recorded: a size may stand in the lines of std" in gw.circuit(spread, 0.5, xs).code()
    assert "# 5 rounds, as recorded: a plain value in" in gw.circuit(table, 0.5, xs).code()
    assert "# for rate in rates: stays unrolled: what it goes through" in gw.circuit(looked_up, 0.5).code()


@pytest.mark.parametrize("f", MANNERS, ids=[f.__name__ for f in MANNERS])
def test_every_manner_of_a_loop_is_one_and_holds_at_any_count(f):
    asked = {"upstream": np.arange(1.0, 4.0)} if f.__name__ == "vector_out" else {}
    text, longer = (str(gw.circuit(f, **given(f, T), **asked).code()) for T in (RECORDED, 12))
    assert "stays unrolled" not in text
    assert text == longer
    for count in (1, 9):
        there = gw.circuit(f, **given(f, count), **asked)
        value, gradients = run(text, given(f, count) | {"dh": asked["upstream"]} if asked else given(f, count))
        np.testing.assert_allclose(value, there.value, rtol=1e-13, atol=1e-13)
        wanted = {name: g for name, g in there.gradients.items() if g is not None}
        for printed, name in zip(gradients, wanted, strict=True):
            np.testing.assert_allclose(printed, wanted[name], rtol=1e-12, atol=1e-12, err_msg=name)


W = 0.4 * np.random.default_rng(0).normal(size=(3, 3))
XS = np.random.default_rng(1).normal(size=(5, 3))


def in_a_dict(params, xs, h):
    for t in range(len(xs)):
        h = np.tanh(params["W"] @ h + xs[t] + params["b"])
    return np.sum(h)


@pytest.mark.parametrize("count", [1, 5, 17])
def test_gradients_of_a_dict_are_added_to_in_it(count):
    text = str(gw.circuit(in_a_dict, {"W": W, "b": XS[0]}, XS, XS[1]).code())
    assert 'grads["W"] += ' in text
    assert "as recorded" not in text
    given = {"W": W, "b": XS[0]}, np.random.default_rng(count).normal(size=(count, 3)), XS[1]
    value, (grads, dxs, dh) = run(text, dict(zip(("params", "xs", "h"), given, strict=True)))
    there = gw.circuit(in_a_dict, *given)
    assert value == there.value
    for printed, name in zip((grads["W"], grads["b"], dxs, dh), ("W", "b", "xs", "h"), strict=True):
        np.testing.assert_allclose(printed, there.gradients[name], rtol=1e-12, atol=1e-12)


def longer_sum(a, xs):
    s = np.float32(0.0)
    for x in xs:
        s = s + a * x
    return s + np.float64(1.0)


@pytest.mark.parametrize("unrolled", [False, True])
def test_a_number_is_made_shorter_whatever_it_is_written_as(unrolled):
    given = {"a": np.float32(0.5), "xs": np.arange(5, dtype=np.float32)}
    there = gw.circuit(longer_sum, **given)
    value, (da, dxs) = run(str(there.code(unrolled=unrolled)), given)
    assert (value, da) == (there.value, there.gradients["a"])
    assert type(da) is np.float32
    np.testing.assert_array_equal(dxs, there.gradients["xs"])


def leapfrog(x, v, a):
    for _ in range(6):
        x = x + 0.1 * v
        v = v - 0.1 * a * x
    return x


def test_unrolled_and_notes_print_every_round():
    circuit = gw.circuit(leapfrog, 1.0, 2.0, 0.3)
    assert "for " not in circuit.code(unrolled=True)
    assert "for " not in circuit.code("notes")


if __name__ == "__main__":
    for module in STUDENTS:
        f, inputs_of = student(module)
        text = str(gw.circuit(f, **inputs_of(RECORDED)).code())
        (HERE / "printed" / f"{module}.txt").write_text(text, encoding="utf-8")
