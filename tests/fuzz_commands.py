"""Commands as people mistype them: `python tests/fuzz_commands.py 5000 [SEED]`.

Whatever is typed, `gatewise` leaves with 0, or with 2 and one message that says what to write instead; `check` with 1
and 3 for its verdicts. Nothing ends in a traceback, or in words about a defect of gatewise.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

from gatewise._cli.commands import status_of

EXPRESSIONS = [
    *(
        r"\frac{1}{1+e^{-x}}",
        r"$\sigma(x)$",
        r"\sum_{i} x_i^2",
        r"W^{\top} x",
        r"\left(x + y\right) \cdot z",
        "sigma(x)",
    ),
    *("torch.sigmoid(x)", "F.relu(x)", "np.linalg.norm(x)", "X.dot(W).sum()", "XW + b", "x'*y", "x.^2", "[x + y] * z"),
    *("f(x)=x*y", "lambda x: x*y", "@(x) x.^2", "x -> x^2", "def f(x): return x", "y <- x^2", "let y = 2x", "y := x"),
    *("sin^2(x)", "sin²(x)", "sin^-1(x)", "x if x > 0 else y", "x > 0 ? x : y", "log(x, 2)", "log10(x)", "d/dx x^2"),
    *(">>> x*y", "“x*y”", "'x*y'", "|x|", "√x", "x₁", "x!", "x % y", "x // y", "x && y", "x; y", "x*y = z", "x\xa0* y"),
    *(
        "q = x + y; f = q * z",
        "sum(X @ W, axis=0)",
        "X.T @ W",
        "where(x > 0, x, 0)",
        "θ*σ(x)",
        "（ｘ＋ｙ）×2",
        "1/(x-x)",
    ),
]
FILES = [
    "net.py",
    "net.py:f",
    "net.py:g",
    "net.py:Net.loss",
    "net.py::f",
    "net.py:f()",
    "net:f",
    "nb.ipynb",
    "hw.ipynb",
    "hw.ipynb:g",
    "hw.ipynb#2",
    "nothing.py",
]
FILES += ["class/", ".", "data.csv", "flat.py", "flat.py:f", "layer.py:backward", "latin.py", "/", "~", "C:\\net.py:f"]
VALUES = [
    "3",
    "-4.5",
    "1/3",
    "2**-3",
    "[1.0, 2.0]",
    "[[1,2],[3,4]]",
    "randn(2,3)",
    "ones(3",
    "eye(2)/2",
    "linspace(0,1,3)",
]
VALUES += [
    "",
    "abc",
    "=3",
    '"3"',
    "1e999",
    "nan",
    "1j",
    "(1,2)",
    "@data.csv",
    "@none.npy",
    "@net.py",
    "data.csv",
    "3，y=4",
]
VALUES += [
    "sqrt(2)",
    "-(1+2)*3",
    "arange(0,1,0.5)",
    "1/0",
    "[1,[2]]",
    "{1}",
    "True",
    "0x10",
    "9**9**9",
    "x",
    "3 4",
    "1,5",
]
NAMES = ["x", "y", "z", "X", "W", "b", "k", "q", "lambda", "θ", "1x", "", "x y", "np", "dout", "cache", "x₁"]
OPTIONS = [
    *(
        "--cell 2",
        "--cell g",
        "--cell",
        "--points 3",
        "--points x",
        "--key k.py",
        "--worksheet x*y -o s.svg",
        "--solution",
    ),
    *("--code", "--code notes", "--derive", "--derive x", "--card f", "--card", "--walk", "--json", "--latex --derive"),
    *(
        "--png a.png",
        "--pdf",
        "--lang zh",
        "--vary x=1,2",
        "--vary x",
        "--fold all",
        "--fold",
        "--cut q",
        "--wrt x",
        "--wrt",
    ),
    *(
        "--upstream ones",
        "--upstream [1]",
        "--upstream dx",
        "--output f",
        "--rng 0",
        "--rng a",
        "--digits 3",
        "--digits",
    ),
    *("-o", "-h", "--help", "--svg -", "--palette dark", "--form beamer", "--nonsense", "--seed=1", "--", "-", "-x"),
    *("--gradient net.py:f", "--backward layer.py:backward", "--effort quick", "--hint", "--exercises", "--solution"),
]
COMMANDS = ["show"] * 12 + ["check"] * 3 + ["gates", "train", "graph", "help", "", "SHOW"]
LETTERS = list("()[]{}=,;:.'\"\\/@^*+-%$#!?|&~<>_ \t\n0129xyzeπ²，：；“”（）\x00\x1b\u200b\ud800")
CELLS = ["%pylab\nx = 3.0", "f = x * x\n1 / 0", "dx = 2 * x +", "dx = 3 * x", "def g(x, y):\n    return x * y"]
CONTENT = {
    "net.py": "import numpy as np\ndef f(x, y=2.0):\n    return x * y\ndef g(X, W):\n    return np.sum(X @ W)\n"
    "class Net:\n    def loss(self, x): return x\n",
    "layer.py": "def forward(x, w):\n    return x * w, (x, w)\ndef backward(dout, cache):\n    x, w = cache\n"
    "    return dout * w, dout * x\n",
    "flat.py": "x = 3.0\ny = x * x\nf = y + x\ndy = 1.0\ndx = 2 * x + 1\n",
    "data.csv": "a,b\n1,2\n",
    "nb.ipynb": "{}",
    "hw.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": text} for text in CELLS]}),
}


#: Commands that are right as they stand.
RIGHT = [
    ["show", "x*y + σ(x)", "x=1", "y=2"],
    ["show", "q = x + y; f = q * z", "x=-2", "y=5", "z=-4"],
    ["show", "sum(X @ W + b)", "X=ones(2,3)", "W=[[1.0],[2.0],[3.0]]", "b=0.5"],
    ["show", "x*y", "x=[1.0, 2.0]", "y=1/3"],
    ["show", "where(x > 0, x, y)", "x=1", "y=2"],
    ["show", "net.py:f", "x=1", "y=2"],
    ["show", "net.py:g", "X=ones(2,3)", "W=randn(3,2)"],
    ["show", "flat.py", "x=2"],
    ["show", "sum(x**2)", "x=@data.csv"],
    ["check", "x*y", "x=1", "y=2"],
    ["check", "flat.py"],
    ["check", "hw.ipynb", "--cell", "4"],
    ["show", "hw.ipynb:g", "x=1", "y=2"],
    ["show", "hw.ipynb", "--cell", "2", "--card", "f"],
    ["check", "--worksheet", "x * y", "x=1", "y=2", "-o", "sheet.svg", "--key", "key.svg"],
    ["check", "layer.py:forward", "--backward", "layer.py:backward", "x=2", "w=3"],
    ["gates", "sigmoid"],
]


def command(generator: random.Random) -> list[str]:
    """The words of one command, some of them mistyped."""
    if generator.random() < 0.5:
        words = [*generator.choice(RIGHT), *generator.choice([[], [], generator.choice(OPTIONS).split()])]
        place = generator.randrange(len(words))
        words[place] = generator.choice([words[place], mistyped(words[place], generator), generator.choice(VALUES)])
        return shuffled(words, generator)
    words = [generator.choice(COMMANDS)]
    if words[0] == "train":  # training itself is not what is tried here
        return [*words, generator.choice(["--lr", "--epochs", "--rng", "--hidden", "nothing", "--foo"]), "abc"]
    words.append(generator.choice(EXPRESSIONS if generator.random() < 0.6 else FILES))
    for _ in range(generator.randint(0, 4)):
        words.append(f"{generator.choice(NAMES)}={generator.choice(VALUES)}")
    for _ in range(generator.choice([0, 0, 1, 2])):
        words.extend(generator.choice(OPTIONS).split())
    return [mistyped(word, generator) if generator.random() < 0.3 else word for word in shuffled(words, generator)]


def shuffled(words: list[str], generator: random.Random) -> list[str]:
    """The words, now and then one left out, doubled, split or out of its place."""
    words = list(words)
    place = generator.randrange(len(words))
    match generator.randrange(12):
        case 0:
            del words[place]
        case 1:
            words.insert(place, words[place])
        case 2:
            words[place : place + 1] = words[place].split(" ") or [""]
        case 3:
            words.append(words.pop(place))
    return words


def mistyped(word: str, generator: random.Random) -> str:
    place = generator.randint(0, len(word))
    letter = generator.choice(LETTERS)
    return generator.choice(
        [word[:place] + letter + word[place:], word[:place] + word[place + 1 :], word[::-1], word[:place]]
    )


def is_too_large(words: list[str]) -> bool:
    """Whether a command asks for arrays that would take long to make."""
    return any(re.search(r"[0-9]{4,}", word) and re.search(r"[a-z]\(", word) for word in words)


def outcome(words: list[str]) -> int:
    """Type a command and hold it to the promise; the status it left with."""
    out, err = io.TextIOWrapper(io.BytesIO(), errors="backslashreplace"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch("sys.stdin", io.StringIO()):
        status = status_of(words)
    said = err.getvalue()
    assert status in (0, 2) or (status in (1, 3) and "check" in words), (status, said)
    assert "Traceback" not in said
    assert "defect of gatewise" not in said, said
    assert status != 2 or "\n  instead: " in said or "did you mean" in said.lower() or is_bare(said), said
    assert said.replace("\n", "").isprintable(), said
    return status


def is_bare(said: str) -> bool:
    """Whether a message has no way out; these are of a few kinds."""
    return "Error: " in said or "  line " in said or "  in: " in said or "  in the expression" in said


def run(count: int, seed: int = 0) -> Counter[int]:
    """Type `count` commands in a folder of their own."""
    generator = random.Random(seed)
    statuses: Counter[int] = Counter()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, text in CONTENT.items():
                Path(name).write_text(text, encoding="utf-8")
            Path("latin.py").write_bytes(b"# caf\xe9\nx = 3.0\n")
            Path("class").mkdir()
            for _ in range(count):
                words = command(generator)
                if is_too_large(words):
                    continue
                try:
                    statuses[outcome(words)] += 1
                except BaseException:
                    print(f"failed on {words!a}")
                    raise
        finally:
            os.chdir(before)
    return statuses


if __name__ == "__main__":
    found = run(*map(int, sys.argv[1:])) if len(sys.argv) > 1 else run(5_000)
    print(f"{sum(found.values())} commands, by exit status: {dict(found)}")
