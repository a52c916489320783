"""Ten codes of ten fields, as people write them: their gradients against differences, their pictures, their code."""

from __future__ import annotations

import inspect
import os
import pickle
import re
import runpy
import subprocess
import sys

import numpy as np
import pytest

import gatewise as gw
from cli.conftest import ROOT
from gatewise._recording.structures import leaves, mapped

CODES = sorted((ROOT / "examples" / "science").glob("*.py"))

#: Runs the printed code with NumPy alone, on inputs from a file; what it gives goes to another.
ELSEWHERE = """
import pickle, runpy, sys
names = runpy.run_path(sys.argv[1])
function = next(f for name, f in names.items() if name.endswith("_and_gradients"))
with open(sys.argv[2], "rb") as given:
    args, captured = pickle.load(given)
found = function(*args, **captured)
assert "gatewise" not in sys.modules
with open(sys.argv[3], "wb") as out:
    pickle.dump(found, out)
"""


def code_of(path):
    return runpy.run_path(str(path), run_name=path.stem)


def small(path):
    """A code's loss, the arguments of a small problem, and the circuit of its first argument's gradient."""
    names = code_of(path)
    args = names["problem"](**names["small"])
    first = next(iter(inspect.signature(names["loss"]).parameters))
    return names["loss"], args, gw.circuit(names["loss"], *args, wrt=first)


def slope(loss, args, along, step):
    """The derivative of the loss along a direction of its first argument, by central differences of two steps."""
    first, *rest = args
    directions = dict(leaves(along))

    def at(t):
        return loss(mapped(lambda path, x: x + t * directions[path], first), *rest)

    wide, narrow = ((at(h) - at(-h)) / (2 * h) for h in (step, step / 2))
    return (4 * narrow - wide) / 3


def test_there_are_ten():
    assert len(CODES) == 10
    for path in CODES:
        text = path.read_text(encoding="utf-8")
        assert 50 <= len(text.splitlines()) <= 200
        assert "gatewise" not in text.partition('if __name__ == "__main__":')[0], "plain NumPy, and nothing else"


@pytest.mark.parametrize("path", CODES, ids=lambda path: path.stem)
def test_the_gradient_of_a_code_is_that_of_differences(path):
    names = code_of(path)
    args, loss = names["problem"](), names["loss"]
    value, gradient = gw.value_and_grad(loss)(*args)
    assert value == loss(*args)
    rng = np.random.default_rng(len(path.stem))
    # Each entry moves in proportion to its size: the parameters of one code differ in theirs by many orders.
    along = mapped(lambda _, x: np.abs(x) * rng.standard_normal(np.shape(x)), args[0])
    expected = slope(loss, args, along, 1e-5)
    moved = zip(dict(leaves(gradient)).values(), dict(leaves(along)).values(), strict=True)
    assert sum(np.sum(g * d) for g, d in moved) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("path", CODES, ids=lambda path: path.stem)
def test_every_entry_of_the_gradient_is_that_of_differences(path):
    names = code_of(path)
    args, loss = names["problem"](**names["small"]), names["loss"]
    gradient = dict(leaves(gw.grad(loss)(*args)))
    scale = max(np.max(np.abs(g)) for g in gradient.values())
    for place, x in leaves(args[0]):
        for entry in np.ndindex(np.shape(x)):
            unit = np.zeros(np.shape(x))
            unit[entry] = max(abs(np.asarray(x)[entry]), 0.1)
            along = mapped(lambda path, y, place=place, unit=unit: unit if path == place else 0.0 * y, args[0])
            found = slope(loss, args, along, 1e-4) / unit[entry]
            assert np.asarray(gradient[place])[entry] == pytest.approx(found, rel=1e-5, abs=1e-7 * scale)


@pytest.mark.parametrize("path", CODES, ids=lambda path: path.stem)
def test_a_code_is_drawn(path, tmp_path):
    _, _, circuit = small(path)
    circuit.save(tmp_path / "code.svg")
    assert (tmp_path / "code.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("path", CODES, ids=lambda path: path.stem)
def test_the_printed_code_runs_with_numpy_alone_and_gives_the_same(path, tmp_path):
    loss, args, circuit = small(path)
    (tmp_path / "printed.py").write_text(circuit.code(), encoding="utf-8")
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE, encoding="utf-8")
    (tmp_path / "given").write_bytes(pickle.dumps((args, circuit.captured)))
    files = [str(tmp_path / name) for name in ("elsewhere.py", "printed.py", "given", "found")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, *files], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    value, gradient = pickle.loads((tmp_path / "found").read_bytes())  # noqa: S301  (it is this test's own)
    assert value == pytest.approx(loss(*args), rel=1e-12)
    right = dict(leaves(gw.grad(loss)(*args)))
    scale = max(np.max(np.abs(g)) for g in right.values())
    found = dict(leaves(gradient))
    assert found.keys() == right.keys()
    for place, expected in right.items():
        np.testing.assert_allclose(found[place], expected, rtol=1e-10, atol=1e-12 * scale)


@pytest.mark.parametrize("path", CODES, ids=lambda path: path.stem)
def test_a_code_says_what_it_found(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    told = capsys.readouterr()
    assert "by differences" in told.out
    assert "times as long as the value" in told.out
    assert told.err == ""


@pytest.mark.parametrize("page", ["docs/start.md", "docs/start.zh-CN.md"])
def test_what_a_page_shows_of_a_code_stands_in_it(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"^(def [^\n]*:)  # (\w+)\.py\n(.*?)\n(?=\n\n|```)", text, re.DOTALL | re.MULTILINE)
    assert len(shown) == 2
    for head, name, body in shown:
        assert f"{head}\n{body}\n" in (ROOT / "examples" / "science" / f"{name}.py").read_text(encoding="utf-8")
