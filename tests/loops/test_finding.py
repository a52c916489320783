"""Which loops are found in a recording, what is said of them, and why the others are left."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._circuit import CircuitError, FrozenCircuit, Repeat, Unrolled, Wire, verify_repeat
from gatewise._loops import repeats
from gatewise._recording.running import record
from gatewise._transforms import cut
from loops.manners import collected_stack

RNG = np.random.default_rng(0)
W = 0.4 * RNG.normal(size=(4, 4))
XS = RNG.normal(size=(5, 4))
H = RNG.normal(size=4)


def only(f: Callable[..., Any], *args: Any) -> tuple[FrozenCircuit, Repeat]:
    circuit = record(f, args)
    found, left = repeats(circuit)
    assert not left
    assert len(found) == 1
    return circuit, found[0]


def why(f: Callable[..., Any], *args: Any) -> list[str]:
    found, left = repeats(record(f, args))
    assert not found
    return [each.why for each in left]


def names(circuit: FrozenCircuit, repeat: Repeat) -> dict[str, Any]:
    """What is carried, by the name in the second round."""
    told = {q: circuit.names[v] if isinstance(v, Wire) else v for q, v in repeat.carried.items()}
    return {circuit.names[repeat.body[q]]: v for q, v in told.items()}


def rnn(W, xs, h):
    T = len(xs)
    for t in range(T):
        h = np.tanh(W @ h + xs[t])
    return np.sum(h * h)


def test_what_is_carried_shared_and_indexed():
    circuit, found = only(rnn, W, XS, H)
    assert found.counting.text == "for t in range(T):"
    assert (found.counting.counter, found.counting.counts) == ("t", range(5))
    assert (found.counting.told, found.counting.setup) == ("range(T)", ("T = len(xs)",))
    assert names(circuit, found) == {"h_3": "h"}
    assert [circuit.names[w] for w in found.shared] == ["W", "xs"]
    assert list(found.indexed.values()) == ["t"]
    assert found.collected == {3: (4,)}


def leapfrog(x, v, a):
    for _ in range(6):
        x = x + 0.1 * v
        v = v - 0.1 * a * x
    return x


def test_a_last_round_is_whole():
    circuit, found = only(leapfrog, 1.0, 2.0, 0.3)
    assert len(found.rounds) == 6
    assert names(circuit, found) == {"x_3": "x", "v_3": "v"}
    assert len(circuit.beside) == 3  # what the last v is made of


def momentum(A, b, w, lr):
    v = np.zeros(3)
    for _ in range(5):
        g = A.T @ (A @ w - b)
        v = 0.9 * v - lr * g
        w = w + v
    return np.sum((A @ w - b) ** 2)


def test_what_numpy_did_in_the_first_round_is_done_again():
    _, found = only(momentum, RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=3), 0.1)
    assert list(found.starts.values()) == ["v = np.zeros(3)"]
    assert found.rounds[0].count(None) == 1  # 0.9 * v


def own_start(W, xs):
    h = np.zeros(4)
    for x in xs:
        h = np.tanh(h @ W + x)
    return np.sum(h)


def each(X, y, w):
    loss = 0.0
    for x, t in zip(X, y):
        loss += (x @ w - t) ** 2
    return loss / len(X)


def numbered(X, w):
    loss = 0.0
    for i, x in enumerate(X):
        loss = loss + (i + 1) * np.tanh(x @ w)
    return loss


def offsets(xs):
    s = 0.0
    for t in range(1, len(xs)):
        s = s + (xs[t] - xs[t - 1]) ** 2
    return np.sum(s)


def backwards(W, xs, h):
    for t in reversed(range(len(xs))):
        h = np.tanh(W @ h + xs[t])
    return np.sum(h)


def windows(x, w):
    s = 0.0
    for t in range(4):
        s = s + np.sum(w * x[t : t + 2])
    return s


def heat(u, k):
    for _ in range(4):
        u[1:-1] = u[1:-1] + k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def buffer(x, a):
    out = np.zeros(5)
    for t in range(1, 5):
        out[t] = a * out[t - 1] + x[t]
    return np.sum(out**2)


def cell(h, x, W):
    z = W @ h
    return np.tanh(z + x)


def helped(W, xs, h):
    for x in xs:
        h = cell(h, x, W)
    return np.sum(h)


def nested(W, xs, h):
    for _ in range(3):
        for t in range(len(xs)):
            h = np.tanh(W @ h + xs[t])
    return np.sum(h)


def comprehension(w, X):
    return np.sum(np.stack([np.tanh(x @ w) for x in X]))


def picked(W, X, y):
    loss = 0.0
    for i in range(len(X)):
        z = W @ X[i]
        p = np.exp(z - np.max(z))
        p = p / np.sum(p)
        loss = loss - np.log(p[y[i]])
    return loss / len(X)


REGULAR: list[tuple[Callable[..., Any], tuple[Any, ...], int]] = [
    (own_start, (W, XS), 5),
    (each, (XS, RNG.normal(size=5), H), 5),
    (numbered, (XS, H), 5),
    (offsets, (XS,), 4),
    (backwards, (W, XS, H), 5),
    (windows, (XS[0], H[:2]), 4),
    (heat, (H, 0.1), 4),
    (buffer, (XS[:, 0], 0.5), 4),
    (helped, (W, XS, H), 5),
    (nested, (W, XS, H), 3),
    (collected_stack, (W, XS, H), 5),
    (comprehension, (H, XS), 5),
    (picked, (W, XS, np.array([0, 1, 2, 1, 0])), 5),
]


def two_back(p, q, a):
    for _ in range(5):
        p, q = q, a * q + p
    return q


def decaying(w):
    lr = 0.1
    for _ in range(5):
        w = w - lr * w**3
        lr = lr * 0.5
    return w


def summed(w, X):
    return sum(np.tanh(x @ w) for x in X)


REGULAR += [(two_back, (1.0, 2.0, 0.5), 5), (decaying, (0.5,), 5), (summed, (H, XS), 5)]


@pytest.mark.parametrize(("f", "args", "count"), REGULAR, ids=[f.__name__ for f, _, _ in REGULAR])
def test_regular_loops_are_found_whole(f, args, count):
    if f is windows:
        args = (RNG.normal(size=6), args[1])
    _, found = only(f, *args)
    assert len(found.rounds) == count


def test_long_loops_are_found_after_python_has_warmed_up():
    """A warm code object calls by another instruction: its rounds are the same."""
    for _ in range(30):
        _, found = only(rnn, W, RNG.normal(size=(40, 4)), H)
        assert len(found.rounds) == 40


def branching(W, xs, h):
    for t in range(len(xs)):
        h = np.tanh(W @ h + xs[t]) if t % 2 else W @ h
    return np.sum(h)


def asking(a, xs):
    s = 0.0
    for t in range(len(xs)):
        y = a * xs[t, 0]
        if y > -100:
            s = s + y
    return s


def growing(w, n):
    while np.sum(w) > 0.3:
        w = w - 0.1 * w**3
    return w * n


def generator(a, xs):
    s = 0.0
    for x in (a * x for x in xs):
        s = s + x
    return np.sum(s)


IRREGULAR: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (branching, (W, XS, H), "round"),
    (asking, (0.5, XS), "Python read a value in it"),
    (growing, (0.5, 6), "it is no plain for"),
    (generator, (0.5, XS), "is not told by the arguments"),
]


@pytest.mark.parametrize(("f", "args", "said"), IRREGULAR, ids=[f.__name__ for f, _, _ in IRREGULAR])
def test_other_loops_are_left_and_say_why(f, args, said):
    assert said in why(f, *args)[0]


def test_a_short_loop_is_left():
    assert "2 rounds of it" in why(rnn, W, XS[:2], H)[0]


def test_a_circuit_that_was_cut_keeps_its_steps():
    circuit = record(rnn, (W, XS, H))
    found, left = repeats(cut(circuit, circuit.inputs[1].wire))
    assert not found
    assert all("cut" in each.why for each in left)
    assert all(isinstance(each, Unrolled) for each in left)


def test_the_verifier_refuses_what_is_no_repeat():
    circuit, found = only(rnn, W, XS, H)
    with pytest.raises(CircuitError, match="counts"):
        verify_repeat(circuit, dataclasses.replace(found, rounds=found.rounds[:-1]))
    swapped = (*found.rounds[:-1], (found.rounds[-1][1], found.rounds[-1][0], *found.rounds[-1][2:]))
    with pytest.raises(CircuitError, match="another gate"):
        verify_repeat(circuit, dataclasses.replace(found, rounds=swapped))
    with pytest.raises(CircuitError, match="carries"):
        verify_repeat(circuit, dataclasses.replace(found, carried={99: 0.0}))


def test_gradients_are_the_same_with_what_stands_beside():
    assert gw.circuit(leapfrog, 1.0, 2.0, 0.3).gradients["x"] == gw.grad(leapfrog)(1.0, 2.0, 0.3)
