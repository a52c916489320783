"""Random programs with loops: printed from one length, run at others, and compared with the eager sweep."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._build import users_code
from gatewise._loops import repeats

RECORDED, OTHERS = 5, (2, 9)

VECTORS = [
    "h = np.tanh(W @ h + {x})",
    "h = h + a * (W @ {x})",
    "h = np.sin(h) * {x} + b",
    "h = 0.9 * h - 0.1 * b",
    "u = np.tanh(W @ h)\n    h = u * {x} + h",
    "u = h\n    h = np.tanh(W @ h + b)\n    s = s + np.sum(u * h)",
    "c = 0.5 * c + a * {x}",
    "c = 0.9 * c - a * h\n    h = h + c",
    "h = cell(h, {x}, W)",
    "h = h / (1.0 + np.sum(h ** 2))",
    "h = np.maximum(h, 0.1 * b) + a * {x}",
]
SCALARS = [
    "s = s + np.sum(h * {x})",
    "s += (a * {y} - 1.0) ** 2",
    "s = s + np.exp(-np.sum(h ** 2)) * {y}",
    "s = a * s + {y}",
    "s = s + {x}[1] * h[0]",
    "s = s + {y} * np.sum(c)",
]
OFFSETS = ["s = s + np.sum((xs[t] - xs[t - 1]) ** 2)", "h = h + a * xs[t - 1] * xs[t]"]
NUMBERS = ["s = s + 0.1 * t * {y}", "h = h - (0.1 / (t + 1)) * h ** 3", "s = s + {y} / (1 + t * t)"]
BUFFERS = ["out[t] = a * np.sum({x}) + s", "out[t] = np.sum(h * {x})"]
INNER = ["for _ in range(3):\n        h = np.tanh(W @ h + b)", "for j in range(3):\n        s = s + h[j] * {y}"]
#: Each went one way alone at the recorded length, by accident.
ACCIDENTS = [
    "if t < 6:\n        s = s + a * {y}\n    else:\n        s = s - a",
    "s = s + (a if t < 5 else 2.0) * {y}",
    "s = s + b[t // 5] * {y}",
    "s = s + (t < 6) * {y} * a",
    "s = s + a * {y} * min(t, 5)",
    "k = 1.0\n    while k < t - 4:\n        k = k + 1.0\n    s = s + k * {y}",
    "w = 1.0 if t < 7 else 3.0\n    s = s + w * {y}",
    "if t > 6:\n        continue\n    s = s + a * {y}",
    "if t > 6:\n        break\n    s = s + a * {y}",
    "s = s + table[t] * {y}",
    "s = s + np.where(t < 6, 1.0, 2.0) * {y} * a",
    "s = s + (t > 5 and 2.0 or 1.0) * {y}",
    "try:\n        w = table[t + 3]\n    except IndexError:\n        w = 7.0\n    s = s + w * {y}",
]
BRANCHES = [
    "if t % 2:\n        s = s + a * {y}\n    else:\n        h = np.tanh(W @ h)",
    "s = s + (a if t % 2 else 2.0) * {y}",
]
HEADS = {
    "for t in range(len(xs)):": ("xs[t]", "ys[t]"),
    "for t in range(T):": ("xs[t]", "ys[t]"),
    "for t in range(1, len(xs)):": ("xs[t]", "ys[t]"),
    "for t in reversed(range(len(xs))):": ("xs[t]", "ys[t]"),
    "for x in xs:": ("x", "x[0]"),
    "for x, y in zip(xs, ys):": ("x", "y"),
    "for t, x in enumerate(xs):": ("x", "ys[t]"),
    "for t in range(0, len(xs), 2):": ("xs[t]", "ys[t]"),
}
ENDS = [
    "return s + np.sum(h)",
    "return (s + np.sum(h * h)) / len(xs)",
    "return s + np.sum(h * b) + np.sum(c)",
    "return np.sum(np.tanh(h)) + s * a",
    "return s + np.sum(h) + np.mean(xs)",
    "return s + np.sum(h) * len(xs)",
    "return s + np.sum(h) + np.sum(out)",
    "n = len(xs) // 5\n    return s + np.sum(h) * n",
    "return s + np.sum(h) + np.sum(np.diff(ys) ** 2) / (len(ys) - 1)",
]
STARTS = ["c = np.zeros(3)", "c = np.zeros_like(b)", "c = b", "c = a * b", "c = np.ones(3)"]


@dataclass(frozen=True)
class Drawn:
    """A program; `regular` where nothing in it hangs on the round."""

    text: str
    regular: bool


def drawn(seed: int) -> Drawn:
    """A random program with a loop, or two."""
    rng = random.Random(seed)
    loops, kinds = [], Counter[str]()
    for _ in range(rng.choice([1, 1, 1, 2])):
        head = rng.choice(list(HEADS))
        x, y = HEADS[head]
        lines = rng.sample(VECTORS, rng.randint(1, 3)) + rng.sample(SCALARS, rng.randint(0, 2))
        counted = " t" in head or head.startswith("for t")
        if counted and "range(1" in head and rng.random() < 0.5:
            lines.append(rng.choice(OFFSETS))
        if counted and rng.random() < 0.3:
            lines.append(rng.choice(NUMBERS))
        if counted and rng.random() < 0.15:
            lines.append(rng.choice(BUFFERS))
        if rng.random() < 0.12:
            lines.append(rng.choice(INNER))
        if counted and rng.random() < 0.25:
            lines.append(rng.choice(ACCIDENTS))
            kinds["accident"] += 1
        if counted and rng.random() < 0.08:
            lines.append(rng.choice(BRANCHES))
            kinds["branch"] += 1
        rng.shuffle(lines)
        body = "\n    ".join(line.replace("{x}", x).replace("{y}", y) for line in lines).replace("\n", "\n    ")
        loops.append(f"{head}\n        {body}")
    text = "\n".join(
        [
            "import numpy as np",
            "table = [1.0] * 6 + [2.0] * 20",
            "def cell(h, x, W):",
            "    z = W @ h",
            "    return np.tanh(z + x)",
            "def f(W, xs, ys, a, b, h):",
            "    T = len(xs)",
            "    s = 0.0",
            f"    {rng.choice(STARTS)}",
            "    out = np.zeros(len(xs))",
            *(f"    {loop}" for loop in loops),
            f"    {rng.choice(ENDS)}",
        ]
    )
    return Drawn(text + "\n", not kinds)


def inputs(seed: int, length: int) -> tuple[Any, ...]:
    rng = np.random.default_rng([seed, length])
    n = rng.normal
    return 0.4 * n(size=(3, 3)), n(size=(length, 3)), n(size=length), 0.3 + 0.1 * n(), n(size=3), n(size=3)


def function(text: str, seed: int) -> Any:
    """The function of a text, with its lines where Python looks for them."""
    import ast
    import linecache

    name = f"<loops {seed}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": name}
    exec(users_code(ast.parse(text), name), namespace)
    return namespace["f"]


def judged(seed: int) -> tuple[str, str]:
    """What became of one program: how it was printed, and what was wrong, if anything."""
    program = drawn(seed)
    f = function(program.text, seed)
    try:
        circuit = gw.circuit(f, *inputs(seed, RECORDED))
    except gw.GatewiseError:
        return "not recorded", ""
    found, _ = repeats(circuit._frozen)
    text = str(circuit.code())
    printed = "as a loop" if any(line.startswith("    for ") for line in text.splitlines()) else "unrolled"
    if "captured" in text:
        return "with an array of the function's own", ""
    whole = "found" if found else "left"
    kind = "regular" if program.regular else "irregular"
    free = "bound" if "as recorded" in text or "stays unrolled" in text else "free"
    namespace: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), namespace)
    g = next(v for n, v in namespace.items() if n.endswith("_and_gradients"))
    said = f"{kind}, {whole}, {printed}" + (f", {free}" if printed == "as a loop" else "")
    for length in (RECORDED, *(OTHERS if printed == "as a loop" else ())):
        wrong = compared(f, g, inputs(seed, length))
        if wrong and not (free == "bound" and wrong == "refused"):
            return said, f"length {length}: {wrong}"
    return said, ""


def compared(f: Any, g: Any, args: tuple[Any, ...]) -> str:
    """What is wrong with a printed program at some inputs."""
    should = gw.circuit(f, *args)
    try:
        value, gradients = g(*args)
    except AssertionError:
        return "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if not close(value, should.value):
        return "another value"
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for (name, x), y in zip(should.gradients.items(), gradients, strict=True):
        if x is not None and not close(y, x):
            return f"another gradient of {name}"
    return ""


def close(x: Any, y: Any) -> bool:
    one, other = np.asarray(x), np.asarray(y)
    if one.shape != other.shape:
        return False
    scale = max(1.0, float(np.max(np.abs(other), initial=0.0)))
    return bool(np.all(np.isnan(other) | (np.abs(one - other) <= 1e-10 * scale)))


if __name__ == "__main__":
    import sys

    told: Counter[str] = Counter()
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        try:
            said, wrong = judged(seed)
        except Exception as error:  # a defect: told, and counted
            said, wrong = "error", f"{type(error).__name__}: {error}"
        told[said] += 1
        if wrong:
            print(seed, said, wrong, flush=True)
    for said, count in sorted(told.items()):
        print(f"{count:5} {said}")
