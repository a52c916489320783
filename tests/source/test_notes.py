"""The code blocks of the notes, byte for byte, with their hand-written backward parts as the answer."""

from __future__ import annotations

import linecache
import math
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw


def block(notes: Path, name: str) -> str:
    return (notes / f"{name}.py").read_text(encoding="utf-8")


def by_hand(source: str, **given: Any) -> dict[str, Any]:
    """What a block computes on plain values."""
    names = {"np": np, "math": math, **given}
    exec(compile(source, "<notes>", "exec"), names)
    return names


def as_function(head: str, *bodies: str) -> Any:
    """A function with blocks, as they stand, for its body."""
    source = head + "".join(textwrap.indent(body, "    ") for body in bodies)
    filename = f"<notes {hash(source)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"np": np, "math": math}
    exec(compile(source, filename, "exec"), names)
    return names["f"]


def test_compound_expression(notes: Path) -> None:
    c, hand = gw.circuit(notes / "000-01.py"), by_hand(block(notes, "000-01"))
    assert c.value == hand["f"] == -12
    assert c.gradients == {"x": hand["dfdx"], "y": hand["dfdy"], "z": hand["dfdz"]} == {"x": -4, "y": -4, "z": 3}
    assert c["q"].gradient == hand["dfdq"]


@pytest.mark.parametrize("name", ["001-02", "004-03"])
def test_matrix_product(notes: Path, name: str) -> None:
    np.random.seed(3)
    c = gw.circuit(notes / f"{name}.py", output="D", upstream="dD")
    np.random.seed(3)
    hand = by_hand(block(notes, name))
    assert np.array_equal(c.value, hand["D"])
    for wire in ("W", "X"):
        np.testing.assert_allclose(c.gradients[wire], hand[f"d{wire}"], rtol=1e-12)


def test_staged_function(notes: Path) -> None:
    c = gw.circuit(notes / "004-01.py")
    hand = by_hand(block(notes, "004-01") + block(notes, "004-02"))
    assert c.value == hand["f"]
    assert c.gradients == pytest.approx({"x": hand["dx"], "y": hand["dy"]}, rel=1e-15)
    for name in ("sigy", "num", "sigx", "xpy", "xpysqr", "den", "invden"):
        assert c[name].gradient == pytest.approx(hand[f"d{name}"], rel=1e-15), name


def test_printed_function_calls_math(notes: Path) -> None:
    """On floats the course's math.exp is printed as it stands and runs."""
    text = gw.circuit(notes / "004-01.py").code()
    assert "import math" in text
    names = by_hand(text)
    hand = by_hand(block(notes, "004-01") + block(notes, "004-02"))
    value, gradients = names["f_and_gradients"](3.0, -4.0)
    assert value == hand["f"]
    assert gradients == pytest.approx((hand["dx"], hand["dy"]), rel=1e-15)


def test_two_layer_net(notes: Path) -> None:
    rng = np.random.default_rng(0)
    given = {
        "X": rng.normal(size=(5, 4)),
        "y": np.array([0, 1, 2, 2, 1]),
        "W1": rng.normal(size=(4, 10)),
        "b1": rng.normal(size=10),
        "W2": rng.normal(size=(10, 3)),
        "b2": rng.normal(size=3),
    }
    forward = [block(notes, "002-01") + "\n", block(notes, "002-02") + "\n"]
    f = as_function("def f(X, y, W1, b1, W2, b2, N, reg):\n", *forward, "return loss\n")
    c = gw.circuit(f, **given, N=5, reg=0.05, wrt=("W1", "b1", "W2", "b2"))
    backward = "\n".join(block(notes, f"002-0{k}") for k in range(3, 8))
    hand = by_hand("".join(forward) + backward, **given, N=5, reg=0.05, grads={})
    assert c.value == hand["loss"]
    np.testing.assert_allclose(c["scores"].gradient, hand["Dscores"], rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(c["relu_out"].gradient, hand["Drelu_out"], rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(c["layer1_out"].gradient, hand["Dlayer1_out"], rtol=1e-12, atol=1e-16)
    for name in ("W2", "b2"):
        np.testing.assert_allclose(c.gradients[name], hand["grads"][name], rtol=1e-12, atol=1e-16)
