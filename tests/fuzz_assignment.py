"""Random programs that write into arrays, views and bases: `python tests/fuzz_assignment.py [how many] [first seed]`.

Each is a function of two arrays, both of which it may write into. Its value must be plain NumPy's, its gradients those
of a reference that copies everything (`copying`) and of differences, its Hessian symmetric; gradients share memory with
nothing. An error is right only where plain NumPy raises too, or where gatewise says that it refuses.
"""

from __future__ import annotations

import linecache
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from copying import copying, run

import gatewise as gw
from gatewise._errors import GatewiseError

P = np.array([0.7, 1.3, 0.4, 0.9])
Q = np.array([[1.1, -0.6, 0.3], [0.25, 0.85, -1.4]])
SLICES = ["1:", ":-1", "::2", "::-1", ":1", "-2:", "1:3", "::-2", "2:0:-1"]
LOOKS = [
    "{a}[{s}]", "{a}.T", "{a}.reshape(-1)", "{a}.ravel()", "{a}[0]", "{a}[-1]", "{a}[..., {s}]", "{a}[None]",
    "np.flip({a})", "np.squeeze({a})", "np.split({a}, [1])[1]", "np.moveaxis({a}, 0, -1)", "{a}.swapaxes(0, -1)",
    "{a}", "{a}.T[{s}]", "{a}[:, {s}]", "{a}[{s}, 0]", "{a}[..., None]", "{a}.reshape({a}.shape[::-1])",
    "{a}.ravel('F')", "{a}.ravel('K')", "{a}.reshape(-1, order='F')", "{a}.flatten()", "{a}.copy()",
    "{a}.astype(float, copy=False)", "np.atleast_2d({a})", "np.asarray({a})", "np.array({a})",
    "np.ascontiguousarray({a})", "np.asfortranarray({a})", "np.diagonal({a})",
    "np.broadcast_to({a}, (2,) + {a}.shape)", "np.einsum('ij->ji', {a})", "np.einsum('ii->i', {a}[:3, :3])",
    "{a}[[0, -1]]", "{a}[{a} > 0.6]", "np.rot90({a})", "{a}[0, ...]", "np.expand_dims({a}, 1)", "{a}.real",
]  # fmt: skip
MASK = "np.arange({a}.size).reshape({a}.shape) % 2 == 0"
PLACES = [
    "...", "0", "-1", "{s}", "..., {s}", "[0, -1]", "[1, 1]", MASK, "{a} > 0.6", "None, 0", "[[0, -1], [1, 0]]",
    "{s}, 0", "np.array([0, 0, -1])", ":, {s}", "..., [0, 0]", "()",
]  # fmt: skip
VALUES = [
    "p[1]", "2.0", "{b}", "{b}[0]", "p[0] * {b}", "np.cos({b})", "{a}[::-1]", "{b}.sum()", "-p[{k}]", "{b}.T",
    "{b}[..., :1]", "{a}.T", "[p[0], 2.0]", "np.where({b} > 0.5, {b}, p[1])", "q[0]", "q[1, 2]", "{a}[{s}]",
    "{b}[:, 0]",
]  # fmt: skip
CHANGES = [
    "{a}[{i}] = {v}",
    "{a}[{i}] = {v}",
    "{a}[{i}] = {v}",
    "{a}[{i}] += {v}",
    "{a}[{i}] *= {v}",
    "{a}[{i}] -= {v}",
    "{a}[{i}] /= 2.0",
    "{a} += {v}",
    "{a} *= {v}",
    "np.add({a}, {b}, out={a})",
    "np.subtract({b}, {a}, out={a})",
    "np.multiply({a}, 0.5, out={a})",
    "np.sin({b}, out={a})",
    "np.copyto({a}, {v})",
    "np.copyto({a}, {v}, where={a} > 0.6)",
    "np.add.at({a}, [0, 0], {v})",
    "np.multiply.at({a}, [0, 0, -1], p[{k}])",
    "np.put({a}, [0, 0, 1], [p[0], 1.5, p[{k}]])",
    "np.place({a}, {a} > 0.6, [p[0], p[1]])",
    "np.fill_diagonal({a}, p[{k}])",
    "{a}.fill({v})",
    "{a}.flat[1] = p[{k}]",
    "{a}.flat[{s}] = p[{k}]",
    "{a}.T[{i}] = {v}",
    "{a}[0], {a}[-1] = {a}[-1], {a}[0]",
    "{a}[{s}][0] = {v}",
    "for i in range(len({a})): {a}[i] = {a}[i - 1] * p[{k}]",
    "for row in {a}: row *= p[{k}]",
]
MADE = [
    "{a} * {b}",
    "{a} + p[{k}]",
    "np.sin({a})",
    "np.concatenate([{a}, {a}])",
    "np.outer({a}, {b})[:3, :3]",
    "{a}.copy()",
    "q * {a}",
]
REFUSALS = (ValueError, IndexError, TypeError)


def statement(rng: random.Random, count: int) -> tuple[str, bool]:
    """A line, and whether it makes a new name."""
    a, b = (f"a{rng.randrange(count)}" for _ in range(2))
    s, k = rng.choice(SLICES), rng.randrange(4)
    value = rng.choice(VALUES).format(a=a, b=b, k=k, s=s)
    index = rng.choice(PLACES).format(a=a, s=s)
    kind = rng.random()
    if kind < 0.3:
        return f"a{count} = " + rng.choice(LOOKS).format(a=a, s=s), True
    if kind < 0.42:
        return f"a{count} = " + rng.choice(MADE).format(a=a, b=b, k=k), True
    return rng.choice(CHANGES).format(a=a, b=b, i=index, v=value, k=k, s=s), False


def program(seed: int) -> tuple[list[str], set[int]]:
    """The lines of a program, and which of them plain NumPy refuses: those stand in a `try` of their own."""
    rng = random.Random(seed)
    lines = [
        "a0 = np.zeros((3, 4))",
        "a1 = p.reshape(2, 2) * 1.0",
        "a2 = np.outer(p, p)",
        "a3 = p",
        "a4 = np.zeros((4, 3), order='F')",
        "a5 = q",
        "a0[1] = p",
    ]
    count, refused = 6, set[int]()
    for _ in range(rng.randint(6, 20)):
        line, new = statement(rng, count)
        held = [line for n, line in enumerate(lines) if n not in refused]
        if runs([*held, line]):
            count += new
            lines.append(line)
        elif not new and not line.startswith(("for", "a", "np.place")) and rng.random() < 0.3 and raises(held, line):
            refused.add(len(lines))
            lines.append(line)
    total = " + ".join(f"np.sum(np.tanh(a{i} * {0.2 + 0.1 * (i % 10):.1f}))" for i in range(count))
    return [*lines, f"return {total}"], refused


def text_of(lines: list[str], refused: set[int], everything: bool = True) -> str:
    body = []
    for n, line in enumerate(lines):
        if n not in refused:
            body.append(f"    {line}")
        elif everything:
            body += ["    try:", f"        {line}", "    except (ValueError, IndexError, TypeError): pass"]
    return "\n".join(["def f(p, q):", *body, ""])


def function_of(text: str, name: str, numpy: Any = np) -> Callable[..., Any]:
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"np": numpy}
    exec(compile(text, name, "exec"), space)
    function: Callable[..., Any] = space["f"]
    return function


def ended(lines: list[str]) -> dict[str, Any]:
    """The names after these statements, in plain NumPy."""
    space: dict[str, Any] = {"np": np, "p": P.copy(), "q": Q.copy()}
    with np.errstate(all="ignore"):
        exec("\n".join(lines), space)
    return space


def runs(lines: list[str]) -> bool:
    """Whether plain NumPy answers these statements, with numbers that are not too large."""
    try:
        space = ended(lines)
    except REFUSALS:
        return False
    arrays = [x for name, x in space.items() if name[0] == "a" and name[1:].isdigit()]
    return all(isinstance(x, np.ndarray) and np.all(np.abs(x) < 1e3) and 0 < x.size < 300 for x in arrays)


def raises(lines: list[str], line: str) -> bool:
    """Whether plain NumPy refuses a statement, and does nothing of it."""
    try:
        ended([*lines, line])
    except REFUSALS:
        done = ended([*lines, f"try: {line}", "except Exception: pass"])
        return all(np.array_equal(x, done[name]) for name, x in ended(lines).items() if isinstance(x, np.ndarray))
    return False


def differences(f: Callable[..., Any]) -> list[Any]:
    """The gradients by differences, twice extrapolated."""
    found = [np.zeros_like(P), np.zeros_like(Q)]
    for n, x in enumerate((P, Q)):
        for place in np.ndindex(x.shape):
            steps = []
            for h in (2e-3, 1e-3, 5e-4):
                ends = []
                for sign in (1, -1):
                    given = [P.copy(), Q.copy()]
                    given[n][place] += sign * h
                    ends.append(float(f(*given)))
                steps.append((ends[0] - ends[1]) / (2 * h))
            one, two = (4 * steps[1] - steps[0]) / 3, (4 * steps[2] - steps[1]) / 3
            found[n][place] = (16 * two - one) / 15
    return found


def judged(seed: int, second_order: bool = False) -> str:
    """What became of one program: "right", "refused: ...", or what is wrong with it."""
    lines, refused = program(seed)
    text = text_of(lines, refused)
    f = function_of(text, f"<program {seed}>")
    store = copying(P.size + Q.size)
    reference = function_of(text_of(lines, refused, everything=False), f"<copying {seed}>", store)
    value, want = run(reference, store, [P, Q])
    given = [P.copy(), Q.copy()]
    try:
        have, gradients = gw.value_and_grad(f, (0, 1))(*given)
    except GatewiseError as error:
        known = "view of itself" in error.what or "can only be read" in error.what
        return f"refused: {error.what}" if known else f"{type(error).__name__}: {error}\n{text}"
    except Exception as error:
        return f"a raw {type(error).__name__}: {error}\n{text}"
    if not (np.array_equal(given[0], P) and np.array_equal(given[1], Q)):
        return f"the caller's arrays changed\n{text}"
    if not np.isclose(f(P.copy(), Q.copy()), value, rtol=1e-12):
        return f"the reference gives {value}\n{text}"
    if not np.isclose(have, value, rtol=1e-12):
        return f"value {have} instead of {value}\n{text}"
    for gradient, exact in zip(gradients, want, strict=True):
        if not np.allclose(gradient, exact, rtol=1e-10, atol=1e-11 * max(1.0, np.max(np.abs(exact)))):
            return f"gradient {gradient} instead of {exact}\n{text}"
    if any(np.may_share_memory(x, y) for x in gradients for y in (*given, *gradients) if x is not y):
        return f"a gradient shares its memory\n{text}"
    if ">" not in text:  # no step changes what is written where
        for gradient, nearly in zip(gradients, differences(f), strict=True):
            if not np.allclose(gradient, nearly, rtol=1e-5, atol=1e-6 * max(1.0, np.max(np.abs(nearly)))):
                return f"gradient {gradient} instead of {nearly} by differences\n{text}"
    return bent(f, gradients, text) if second_order else "right"


def bent(f: Callable[..., Any], gradients: Any, text: str) -> str:
    """The same at the second order, and forwards."""
    hessian = np.array([gw.grad(lambda p, q, i=i: gw.grad(f)(p, q)[i])(P.copy(), Q.copy()) for i in range(4)])
    if not np.allclose(hessian, hessian.T, rtol=1e-9, atol=1e-9 * max(1.0, np.max(np.abs(hessian)))):
        return f"Hessian {hessian}\n{text}"
    along = gw.jvp(f, (P.copy(), Q.copy()), (np.ones(4), np.ones((2, 3))))[1]
    total = sum(g.sum() for g in gradients)
    if not np.isclose(along, total, rtol=1e-10, atol=1e-10):
        return f"jvp {along} instead of {total}\n{text}"
    return "right"


def main(many: str = "3000", first: str = "0") -> int:
    counts: Counter[str] = Counter()
    for seed in range(int(first), int(first) + int(many)):
        found = judged(seed, second_order=seed % 10 == 0)
        fine = found == "right" or found.startswith("refused")
        counts[found.split(".\n")[0].partition(") ")[2] or found if fine else "wrong"] += 1
        if not fine and counts["wrong"] < 4:
            print(seed, found)
    print(dict(counts))
    return counts["wrong"] > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
