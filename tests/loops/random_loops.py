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
NAMES = ("W", "xs", "ys", "a", "b", "h", "words")
WANTED = NAMES[:-1]

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
#: What fills a list, or takes a plain number, or a value of two rounds before, from round to round.
LISTS = ["hs.append(h)", "hs.append(np.tanh(W @ h))", "losses.append(np.sum(h * {x}) + s)", "losses.append(a * {y})"]
MOVING = [
    "h = h - lr * b * {y}\n    lr = lr * 0.9",
    "n += 1\n    s = s + {y} * a / n",
    "s = s + np.sin(time) * {y} * a\n    time += 0.1",
    "lr = 0.5 * lr + 0.1\n    h = h + lr * {x}",
]
DELAYED = [
    "p, q = q, 0.5 * p + a * np.tanh(q + {x})\n    s = s + np.sum(q * b)",
    "q_new = 1.5 * q - 0.5 * p + a * {x}\n    p = q\n    q = q_new\n    s = s + np.sum(q * p)",
    "p = q\n    q = np.tanh(q) + 0.1 * p * a\n    s = s + np.sum(q)",
]
#: Loops in loops.
NESTED = [
    "for v in xs:\n        h = np.tanh(W @ h + v)",
    "for j in range(len(ys)):\n        s = s + ys[j] * np.sum(h) * {y}",
    "g = np.zeros(3)\n    for j in range(len(xs)):\n        g = np.tanh(W @ g + xs[j] + b)\n    h = h + 0.1 * g",
    "for v, z in zip(xs, ys):\n        c = 0.5 * c + z * v\n        s = s + np.sum(c * {x})",
    "for j in range(1, len(xs)):\n        s = s + a * np.sum((xs[j] - xs[j - 1]) * {x})",
    "for j in range(4):\n        h = 0.9 * h + 0.1 * b\n        s = s + np.sum(h) * {y}",
    "s = s + sum(np.sum(h * v) for v in xs)",
    "for v in xs:\n        for _ in range(3):\n            h = 0.5 * np.tanh(W @ h + v)",
]
#: Labels in lists, arrays that NumPy makes, means, buffers made anew, counts by hand: as people write them.
PEOPLE = [
    "s = s - np.log(np.sum(np.exp(W[words[t]] * h)))",
    "z = np.tanh(W @ h)\n    s = s + z[words[t]] * {y}",
    "h = h + a * (np.eye(3) @ {x})",
    "s = s + np.mean(h * {x})",
    "h = np.array([[0.9, 0.1, 0.0], [0.0, 0.8, a], [0.1, 0.0, 0.7]]) @ h",
    "u = np.zeros_like(h)\n    u[1:] = 0.5 * h[:-1] + a\n    h = u + 0.1 * {x}",
    "h = h / np.linalg.norm(h + 2.0)",
    "g, s2 = h * a, np.sum(h)\n    s = s + s2 * {y} + np.mean(g)",
    "k = 0\n    while k < 3:\n        s = s + h[k] * {y}\n        k += 1",
    "grid[t + 1] = np.sum(h * {x}) + a * grid[t]",
]
#: What stands before the loops, or after them.
BEFORE = [
    "zs = [np.tanh(W @ v + b) for v in xs]\n    s = s + np.sum(np.stack(zs))",
    "zs = [a * xs[j] for j in range(len(xs))]\n    for z in zs:\n        c = c + z * b",
    "s = s + sum(z * np.sum(v * b) for v, z in zip(xs, ys))",
    "s = sum([a * z for z in ys])",
    "h = run(h, xs, W)",
    "h = swept(W, xs)[-1] + h",
]
LISTED = [
    "s = s + np.sum(np.stack(hs) ** 2)",
    "H = np.stack(hs)\n    s = s + np.sum(np.tanh(H @ W))",
    "s = s + sum(np.sum(g * b) for g in hs)",
    "for g in hs:\n        s = s + np.sum(g * b) * a",
    "for k in range(len(hs)):\n        s = s + np.sum(hs[k] ** 2)",
    "s = s + np.sum(hs[-1] * b)",
    "s = s + sum(losses)",
    "s = s + sum(losses) / len(losses)",
    "for loss in losses:\n        s = s + loss ** 2",
    "s = s + np.sum(np.stack(losses) * 0.5)",
]
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
    "for j in range(t - 4):\n        s = s + a * {y}",
    "for j in range(t - 4):\n        lr = lr * 0.5\n    lr = lr * 0.9\n    s = s + lr * {y} * a",
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
    "for x in xs[1:]:": ("x", "x[0]"),
    "for x in np.flip(xs, axis=0):": ("x", "x[0]"),
    "for x in reversed(xs):": ("x", "x[0]"),
    "for t in range(1, T + 1 - 1):": ("xs[t]", "ys[t]"),
    "while t < T:": ("xs[t]", "ys[t]"),
}
ENDS = [
    "return s + np.sum(h)",
    "return (s + np.sum(h * h)) / len(xs)",
    "return s + np.sum(h * b) + np.sum(c)",
    "return np.sum(np.tanh(h)) + s * a",
    "return s + np.sum(h) + np.mean(xs)",
    "return s + np.sum(h) * len(xs)",
    "return s + np.sum(h) + np.sum(out)",
    "return s + np.sum(h) + np.sum(grid)",
    "m = len(xs) // 5\n    return s + np.sum(h) * m",
    "return s + np.sum(h) + np.sum(np.diff(ys) ** 2) / (len(ys) - 1)",
]
STARTS = ["c = np.zeros(3)", "c = np.zeros_like(b)", "c = b", "c = a * b", "c = np.ones(3)"]


@dataclass(frozen=True)
class Drawn:
    """A program; `regular` where nothing in it hangs on the round; `short` where it is run on short floats."""

    text: str
    regular: bool
    short: bool = False


def drawn(seed: int) -> Drawn:
    """A random program with a loop, or two."""
    rng = random.Random(seed)
    loops, kinds = [], Counter[str]()
    for _ in range(rng.choice([1, 1, 1, 2])):
        head = rng.choice(list(HEADS))
        x, y = HEADS[head]
        lines = rng.sample(VECTORS, rng.randint(1, 3)) + rng.sample(SCALARS, rng.randint(0, 2))
        counted = " t" in head
        if counted and "range(1" in head and rng.random() < 0.5:
            lines.append(rng.choice(OFFSETS))
        if counted and rng.random() < 0.3:
            lines.append(rng.choice(NUMBERS))
        if counted and rng.random() < 0.15:
            lines.append(rng.choice(BUFFERS))
        if rng.random() < 0.12:
            lines.append(rng.choice(INNER))
        for several, share in ((LISTS, 0.35), (MOVING, 0.12), (DELAYED, 0.12), (NESTED, 0.15)):
            if rng.random() < share:
                lines.append(rng.choice(several))
        if counted and rng.random() < 0.25:
            endless = "continue" if head.startswith("while") else "nothing"
            lines.append(rng.choice([each for each in ACCIDENTS if endless not in each]))
            kinds["accident"] += 1
        if counted and rng.random() < 0.08:
            lines.append(rng.choice(BRANCHES))
            kinds["branch"] += 1
        if counted and rng.random() < 0.25:
            lines.append(rng.choice(PEOPLE))
        rng.shuffle(lines)
        if head.startswith("while"):
            head, lines = f"t = 0\n    {head}", [*lines, "t += 1"]
        body = "\n    ".join(line.replace("{x}", x).replace("{y}", y) for line in lines).replace("\n", "\n    ")
        loops.append(f"{head}\n        {body}")
    filled = {name for name in ("hs", "losses") if any(f"{name}.append" in loop for loop in loops)}
    after = [line for line in LISTED if any(name in line for name in filled)]
    ends = rng.sample(after, min(len(after), rng.randint(1, 2)))
    before = [rng.choice(BEFORE)] if rng.random() < 0.2 else []
    text = "\n".join(
        [
            "import numpy as np",
            "table = [1.0] * 6 + [2.0] * 20",
            "def cell(h, x, W):",
            "    z = W @ h",
            "    return np.tanh(z + x)",
            "def run(h, xs, W):",
            "    for v in xs:",
            "        h = np.tanh(W @ h + v)",
            "    return h",
            "def swept(W, xs):",
            "    found = []",
            "    for v in xs:",
            "        found.append(np.tanh(W @ v))",
            "    return found",
            "def f(W, xs, ys, a, b, h, words):",
            "    T = len(xs)",
            "    s = 0.0",
            f"    {rng.choice(STARTS)}",
            "    out = np.zeros(len(xs))",
            "    grid = np.zeros(T + 1)",
            "    hs = []" if rng.random() < 0.8 else "    hs = [h]",
            "    losses = []",
            "    lr, n, time = 0.1, 0, 0.0" if rng.random() < 0.5 else "    lr = 0.1\n    n = 0\n    time = 0.0",
            "    p = b" if rng.random() < 0.5 else "    p = np.zeros(3)",
            "    q = h",
            *(f"    {line}" for line in before),
            *(f"    {loop}" for loop in loops),
            *(f"    {line}" for line in ends),
            f"    {rng.choice(ENDS)}",
        ]
    )
    return Drawn(text + "\n", not kinds, rng.random() < 0.1)


def inputs(seed: int, length: int, short: bool = False) -> tuple[Any, ...]:
    rng = np.random.default_rng([seed, length])
    n = rng.normal
    found = 0.4 * n(size=(3, 3)), n(size=(length, 3)), n(size=length), 0.3 + 0.1 * n(), n(size=3), n(size=3)
    words = [int(k) for k in rng.integers(0, 3, length)]
    return (*(np.float32(x) for x in found), words) if short else (*found, words)


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
        circuit = gw.circuit(f, *inputs(seed, RECORDED, program.short), wrt=WANTED)
    except gw.GatewiseError:
        return "not recorded", ""
    found, left = repeats(circuit._frozen)
    text = str(circuit.code())
    printed = "as a loop" if any(line.startswith("    for ") for line in text.splitlines()) else "unrolled"
    if "captured" in text:
        return "with an array of the function's own", ""
    whole = "left" if not found else "found" if all(each.short for each in left) else "partly"
    kind = "regular" if program.regular else "irregular"
    free = "bound" if "as recorded" in text or "stays unrolled" in text else "free"
    namespace: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), namespace)
    g = next(v for n, v in namespace.items() if n.endswith("_and_gradients"))
    said = f"{kind}, {whole}, {printed}" + (f", {free}" if printed == "as a loop" else "")
    for length in (RECORDED, *OTHERS) if printed == "as a loop" else ():
        wrong = compared(f, g, inputs(seed, length, program.short), 1e-3 if program.short else 1e-10)
        if wrong and not (free == "bound" and wrong == "refused"):
            return said, f"length {length}: {wrong}"
    return said, ""


def compared(f: Any, g: Any, args: tuple[Any, ...], tolerance: float) -> str:
    """What is wrong with a printed program at some inputs."""
    should = gw.circuit(f, *args, wrt=WANTED)
    try:
        value, gradients = g(*args)
    except AssertionError:
        return "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if not close(value, should.value, tolerance):
        return "another value"
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    wanted = {name: x for name, x in should.gradients.items() if name in WANTED}
    for (name, x), y in zip(wanted.items(), gradients, strict=True):
        if x is not None and not close(y, x, tolerance):
            return f"another gradient of {name}"
    return ""


def close(x: Any, y: Any, tolerance: float = 1e-10) -> bool:
    one, other = np.asarray(x), np.asarray(y)
    if one.shape != other.shape:
        return False
    scale = max(1.0, float(np.max(np.abs(other), initial=0.0)))
    return bool(np.all(np.isnan(other) | (np.abs(one - other) <= tolerance * scale)))


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
