"""Loops of which a first or a last round is special, or that are left early: the special rounds stand by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._loops import repeats
from loops.random_loops import function

HEAD = "import numpy as np\ndef f(W, xs, a):\n"
HEAD += "    n, h, s, hs, lr = len(xs), np.zeros(3), 0.0, [], 0.1\n    for t in range(n):\n"
END = "\n    return np.sum(h) + s + sum(np.sum(g) for g in hs)\n"
BODIES = {
    "if t == 0: h = xs[t]\nelse: h = np.tanh(W @ h + xs[t])": (1, 0),
    "if t > 0: h = np.tanh(W @ h + xs[t])\nelse: h = a * np.sin(xs[t])": (1, 0),
    "if t < n - 1: h = np.tanh(W @ h + xs[t])\nelse: h = W @ h": (0, 1),
    "h = np.tanh(W @ h + xs[t])\nif t == n - 1: h = h * a": (0, 1),
    "s = s + (0.5 * a if t == 0 or t == n - 1 else a) * np.sum(xs[t] * h)\nh = np.cos(xs[t]) + h": (1, 1),
    "if t == 0 or t == n - 1: s = s + 0.5 * np.sum(W @ xs[t])\nelse: s = s + a * np.sum(W @ xs[t])": (1, 1),
    "if t == 6: break\nh = np.tanh(W @ h + xs[t])": (0, 2),
    "u = W @ h\nif t == 5: break\nh = np.tanh(u + xs[t])": (0, 3),
    "if t == 0: h = a * xs[t]\nelse: h = np.tanh(W @ hs[-1] + xs[t])\nhs.append(h)": (1, 0),
    "if t < 2: h = h + a * xs[t]\nelse: h = np.tanh(W @ h) * xs[t - 1]": (2, 0),
    "if t == 0: h = h + lr * xs[t]\nelse: h = np.tanh(W @ h) + lr * a * xs[t]\nlr = lr * 0.9": None,
    "if t == 0: continue\nh = np.tanh(W @ h + xs[t])": None,
    "h = np.tanh(W @ h + xs[t])\nif t == 3: h = h * a": None,
}


def inputs(n: int, seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng([n, seed])
    return 0.5 * rng.normal(size=(3, 3)), rng.normal(size=(n, 3)), 0.7


@pytest.mark.parametrize("body", BODIES)
def test_the_rounds_between_are_a_loop_and_the_others_stand_by_themselves(body, request):
    text = HEAD + "\n".join(f"        {line}" for line in body.split("\n")) + END
    f = function(text, request.node.name)
    c = gw.circuit(f, *inputs(8, 0), wrt=["W", "xs", "a"])
    found = [each for each in repeats(c._frozen)[0] if each.counting.counter == "t"]
    ends = BODIES[body]
    if ends is None:
        assert not found
    else:
        assert [each.counting.counts for each in found] == [range(ends[0], 8 - ends[1])]
    printed = str(c.code())
    namespace: dict[str, Any] = {}
    exec(printed, namespace)
    g = namespace["f_and_gradients"]
    is_read = "hs" in body  # a list that another loop goes through has more entries than this one has rounds
    assert ("rounds, as recorded: " in printed) == (ends is not None and not is_read)
    for n, seed in ((8, 0), (8, 1), (5, 0), (12, 0)):
        args = inputs(n, seed)
        said = told(f, g, args)
        assert said == ("" if n == 8 else "refused"), printed


def told(f: Any, g: Any, args: tuple[Any, ...]) -> str:
    """What is wrong with a printed program at some inputs: nothing, refused, or other numbers."""
    try:
        value, gradients = g(*args)
    except AssertionError:
        return "refused"
    whole = gw.grad(f, (0, 1, 2))(*args)
    right = np.isclose(value, f(*args), rtol=1e-12)
    return (
        "" if right and all(np.allclose(x, y, rtol=1e-10) for x, y in zip(gradients, whole, strict=True)) else "other"
    )


def triangle(W, xs):
    s = 0.0
    for i in range(len(xs)):
        for j in range(i):
            s = s + np.sum(W @ xs[i] * xs[j])
    return s


def test_a_triangle_says_once_why_it_stays_unrolled():
    c = gw.circuit(triangle, *inputs(5, 0)[:2])
    notes = [line for line in str(c.code()).splitlines() if "stays unrolled" in line]
    line = triangle.__code__.co_firstlineno + 3
    assert notes == [
        f"    # for i in range(len(xs)): stays unrolled: line {line} goes round more often in one round than in another"
    ]
