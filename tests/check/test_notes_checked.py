"""All sixteen code blocks of the notes: what computes a gradient is checked, byte for byte, in every form it has.

Fragments run joined with those they continue; blocks that speak of a net run with a net of this file's own.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._check.scripts import check_script, check_text

HEAD = """\
import math
import numpy as np
N, reg = 5, 0.05
rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4))
y = np.array([0, 1, 2, 2, 1])
W1 = rng.normal(size=(4, 10))
b1 = rng.normal(size=10)
W2 = rng.normal(size=(10, 3))
b2 = rng.normal(size=3)
grads = {}
"""


def block(notes: Path, name: str) -> str:
    return (notes / f"{name}.py").read_text(encoding="utf-8").rstrip("\n") + "\n"


def names(report: Any) -> set[str]:
    return {p.name for p in report.parameters}


@pytest.mark.parametrize(
    ("name", "checked"), [("000-01", {"x", "y", "z", "q"}), ("001-02", {"W", "X"}), ("004-03", {"W", "X"})]
)
def test_blocks_that_stand_alone(notes, name, checked, counted):
    report = check_script(str(notes / f"{name}.py"))
    assert report.verdict == "right"
    assert names(report) == checked
    assert not report.mistakes
    counted("blocks of the notes checked", blocks=1)


def test_the_staged_function_and_its_backward_pass(notes, counted):
    """004-01 has no gradient; with 004-02, which continues it, it has nine."""
    assert check_script(str(notes / "004-01.py")).verdict == "right"
    report = check_text("<notes>", block(notes, "004-01") + block(notes, "004-02"))
    assert report.verdict == "right"
    assert names(report) == {"x", "y", "sigy", "num", "sigx", "xpy", "xpysqr", "den", "invden"}
    counted("blocks of the notes checked", blocks=2)


def test_the_net_in_seven_blocks(notes, counted):
    text = HEAD + "".join(block(notes, f"002-0{k}") for k in range(1, 8))
    report = check_text("<notes>", text)
    assert report.verdict == "right"
    assert {"W2", "b2", "scores", "relu_out", "layer1_out"} <= names(report)
    wrong = check_text("<notes>", text.replace("Dscores = Dscores / N", "Dscores = Dscores"))
    assert wrong.verdict == "wrong"
    assert [m.kind for m in wrong.mistakes] == ["factor"]
    counted("blocks of the notes checked", blocks=7)


class Net:
    """A two-layer net with the interface that the notes speak of: params, and a loss that 002-10 declares."""

    def __init__(self, notes: Path) -> None:
        rng = np.random.default_rng(0)
        self.params = {
            "W1": 0.3 * rng.normal(size=(4, 6)),
            "b1": 0.3 * rng.normal(size=6),
            "W2": 0.3 * rng.normal(size=(6, 3)),
            "b2": 0.3 * rng.normal(size=3),
        }
        body = "".join(block(notes, f"002-0{k}") for k in range(1, 8))
        end = "grads['W1'] = X.T.dot(Dlayer1_out) + 2 * reg * W1\ngrads['b1'] = np.sum(Dlayer1_out, axis=0)\n"
        start = "W1, b1, W2, b2 = (self.params[k] for k in ('W1', 'b1', 'W2', 'b2'))\nN, grads = len(X), {}\n"
        head, rest = block(notes, "002-10").split("  ...\n")  # the block, with its three dots filled in
        source = head + textwrap.indent(start + body + end, "  ") + rest
        space: dict[str, Any] = {"np": np}
        exec(compile(source, "<notes 002-10>", "exec"), space)
        self.loss = space["loss"].__get__(self)


def data() -> tuple[Any, Any]:
    return np.random.default_rng(1).normal(size=(5, 4)), np.array([0, 1, 2, 2, 1])


def test_the_loss_that_the_notes_declare(notes, counted):
    """002-10: a method that returns (loss, grads), its parameters on the object."""
    net, (X, y) = Net(notes), data()
    before = {k: v.copy() for k, v in net.params.items()}
    report = gw.check(net.loss, X, y, reg=0.05, parameters=net.params)
    assert report.verdict == "right"
    assert names(report) == {"W1", "b1", "W2", "b2"}
    assert all(np.array_equal(net.params[k], before[k]) for k in before)
    counted("blocks of the notes checked", blocks=1)


def test_the_numerical_gradient_of_the_notes(notes, counted):
    """002-08 as it stands, with gw.check's differences for eval_numerical_gradient: f ignores its argument."""
    net, (X, y) = Net(notes), data()
    _, grads = net.loss(X, y, reg=0.05)
    seen = []

    def eval_numerical_gradient(f: Any, x: Any, verbose: bool) -> Any:
        name = next(k for k in net.params if net.params[k] is x)
        report = gw.check(f, x, gradient=grads[name])
        assert report.verdict == "right", str(report)
        assert any("ignores its argument" in note for note in report.notes)
        wrong = gw.check(f, x, gradient=grads[name] * 1.001)
        assert wrong.verdict == "wrong"
        seen.append(name)

    space = {"grads": grads, "net": net, "X": X, "y": y, "eval_numerical_gradient": eval_numerical_gradient}
    exec(compile(block(notes, "002-08"), "<notes 002-08>", "exec"), space)
    assert sorted(seen) == ["W1", "W2", "b1", "b2"]
    counted("blocks of the notes checked", blocks=1)


def test_the_lambda_of_the_notes(notes, counted):
    """002-09 is the line by itself."""
    net, (X, y) = Net(notes), data()
    space: dict[str, Any] = {"net": net, "X": X, "y": y}
    exec(compile(textwrap.dedent(block(notes, "002-09")), "<notes 002-09>", "exec"), space)
    _, grads = net.loss(X, y, reg=0.05)
    report = gw.check(space["f"], net.params["W1"], gradient=grads["W1"])
    assert report.verdict == "right"
    counted("blocks of the notes checked", blocks=1)


def test_the_block_that_waits(notes):
    """001-01 calls a net, a loss and an optimizer that it does not make: its first line says so, as Python does."""
    with pytest.raises(NameError, match="'net' is not defined"):
        check_text("<notes>", block(notes, "001-01"))
