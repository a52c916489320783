"""Random programs that write into arrays, views and bases: `python tests/fuzz_assignment.py [how many] [first seed]`.

Each is a function of four numbers. Its value must be plain NumPy's, its gradient that of differences, and its Hessian
symmetric; an error is right only where plain NumPy raises too, or where gatewise says that it refuses.
"""

from __future__ import annotations

import linecache
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._errors import GatewiseError

P = np.array([0.7, 1.3, 0.4, 0.9])
SLICES = ["1:", ":-1", "::2", "::-1", ":1", "-2:", "1:3"]
LOOKS = [
    "{a}[{s}]", "{a}.T", "{a}.reshape(-1)", "{a}.ravel()", "{a}[0]", "{a}[-1]", "{a}[..., {s}]", "{a}[None]",
    "np.flip({a})", "np.squeeze({a})", "np.split({a}, [1])[1]", "np.moveaxis({a}, 0, -1)", "{a}.swapaxes(0, -1)",
]  # fmt: skip
PLACES = ["...", "0", "-1", "{s}", "..., {s}", "[0, -1]", "[1, 1]", "np.arange({a}.size).reshape({a}.shape) % 2 == 0"]
VALUES = ["p[1]", "2.0", "{b}", "{b}[0]", "p[0] * {b}", "np.cos({b})", "{a}[::-1]", "{b}.sum()", "-p[{k}]"]
CHANGES = [
    "{a}[{i}] = {v}",
    "{a}[{i}] = {v}",
    "{a}[{i}] += {v}",
    "{a}[{i}] *= {v}",
    "{a}[{i}] -= {v}",
    "{a} += {v}",
    "{a} *= {v}",
    "np.add({a}, {b}, out={a})",
    "np.multiply({a}, 0.5, out={a})",
    "np.copyto({a}, {v})",
    "np.add.at({a}, [0, 0], {v})",
    "{a}.fill({v})",
    "{a}.flat[1] = p[{k}]",
    "{a}[0], {a}[-1] = {a}[-1], {a}[0]",
]
MADE = [
    "{a} * {b}",
    "{a} + p[{k}]",
    "np.sin({a})",
    "np.concatenate([{a}, {a}])",
    "np.outer({a}, {b})[:3, :3]",
    "{a}.copy()",
]


def program(seed: int) -> tuple[str, Callable[..., Any]]:
    """The text of a program, and the function. Statements that plain NumPy refuses are left out."""
    rng = random.Random(seed)
    lines = [
        "a0 = np.zeros((3, 4))",
        "a1 = p.reshape(2, 2) * 1.0",
        "a2 = np.outer(p, p)",
        "a3 = p",
        "a4 = np.zeros((4, 3), order='F')",
        "a0[1] = p",
    ]
    count = 5
    for _ in range(rng.randint(5, 16)):
        a, b = (f"a{rng.randrange(count)}" for _ in range(2))
        s, k = rng.choice(SLICES), rng.randrange(4)
        value = rng.choice(VALUES).format(a=a, b=b, k=k)
        index = rng.choice(PLACES).format(a=a, s=s)
        kind = rng.random()
        if kind < 0.3:
            line = f"a{count} = " + rng.choice(LOOKS).format(a=a, s=s)
        elif kind < 0.42:
            line = f"a{count} = " + rng.choice(MADE).format(a=a, b=b, k=k)
        else:
            line = rng.choice(CHANGES).format(a=a, b=b, i=index, v=value, k=k)
        if runs([*lines, line]):
            count += kind < 0.42
            lines.append(line)
    total = " + ".join(f"np.sum(np.tanh(a{i} * {0.2 + 0.1 * i:.1f}))" for i in range(count))
    text = "\n".join(["def f(p):", *(f"    {line}" for line in lines), f"    return {total}", ""])
    return text, function_of(text, f"<program {seed}>")


def function_of(text: str, name: str) -> Callable[..., Any]:
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"np": np}
    exec(compile(text, name, "exec"), space)
    function: Callable[..., Any] = space["f"]
    return function


def runs(lines: list[str]) -> bool:
    """Whether plain NumPy answers these statements, with numbers that are not too large."""
    space: dict[str, Any] = {"np": np, "p": P.copy()}
    try:
        with np.errstate(all="ignore"):
            exec("\n".join(lines), space)
    except (ValueError, IndexError, TypeError):
        return False
    arrays = [x for name, x in space.items() if name[0] == "a" and name[1:].isdigit()]
    return all(isinstance(x, np.ndarray) and np.all(np.abs(x) < 1e3) and x.size < 500 for x in arrays)


def differences(f: Callable[..., Any]) -> Any:
    found = np.zeros(4)
    for i in range(4):
        steps = []
        for h in (2e-3, 1e-3, 5e-4):
            ends = []
            for sign in (1, -1):
                moved = P.copy()
                moved[i] += sign * h
                ends.append(float(f(moved)))
            steps.append((ends[0] - ends[1]) / (2 * h))
        one, two = (4 * steps[1] - steps[0]) / 3, (4 * steps[2] - steps[1]) / 3
        found[i] = (16 * two - one) / 15
    return found


def judged(seed: int, second_order: bool = False) -> str:
    """What became of one program: "right", "refused", or what is wrong with it."""
    text, f = program(seed)
    want, value = differences(f), f(P.copy())
    given = P.copy()
    try:
        have, gradient = gw.value_and_grad(f)(given)
    except GatewiseError as error:
        return "refused" if "view of itself" in str(error) else f"{type(error).__name__}: {error}\n{text}"
    if not np.array_equal(given, P):
        return f"the caller's array changed\n{text}"
    if not np.isclose(have, value, rtol=1e-12):
        return f"value {have} instead of {value}\n{text}"
    if not np.allclose(gradient, want, rtol=1e-5, atol=1e-6 * max(1.0, np.max(np.abs(want)))):
        return f"gradient {gradient} instead of {want}\n{text}"
    if second_order:
        hessian = np.array([gw.grad(lambda q, i=i: gw.grad(f)(q)[i])(P.copy()) for i in range(4)])
        if not np.allclose(hessian, hessian.T, rtol=1e-9, atol=1e-9 * max(1.0, np.max(np.abs(hessian)))):
            return f"Hessian {hessian}\n{text}"
        along = gw.jvp(f, (P.copy(),), (np.ones(4),))[1]
        if not np.isclose(along, gradient.sum(), rtol=1e-10, atol=1e-10):
            return f"jvp {along} instead of {gradient.sum()}\n{text}"
    return "right"


def main(many: str = "3000", first: str = "0") -> int:
    counts: Counter[str] = Counter()
    for seed in range(int(first), int(first) + int(many)):
        found = judged(seed, second_order=seed % 10 == 0)
        counts[found if found in ("right", "refused") else "wrong"] += 1
        if found not in ("right", "refused") and counts["wrong"] < 4:
            print(seed, found)
    print(dict(counts))
    return counts["wrong"] > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
