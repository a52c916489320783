"""`gatewise gates`: the catalogue, and a page for every gate there is."""

from __future__ import annotations

import re

import pytest

from gatewise._cli.catalogue import example, gate_named, sample
from gatewise._gates import NAMES
from tools.gate_pages import gates


def test_the_catalogue_lists_every_gate_with_its_sentence(typed):
    lines = typed("gates").out.splitlines()
    assert len(lines) == len(NAMES) + 4  # a head, a rule, and a line that says how to see one
    for line, gate in zip(lines[2:], NAMES.values(), strict=False):
        assert line.split()[0] == gate.name
        assert gate.pattern in line.split()
        assert gate.doc.splitlines()[0] in line


@pytest.mark.parametrize("name", NAMES)
def test_every_gate_has_a_page(typed, name):
    """Sentence, rule, the code printed from it, and an example; for gates that stop gradients without one."""
    gate = NAMES[name]
    answer = typed("gates", name)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith(f"{name}: {gate.doc.splitlines()[0]}")
    assert f"def {gate.rule.__name__}(" in answer.out
    shown = example(gate, sample(gate)) is not None  # complex numbers have no table
    assert ("out_and_gradients(" in answer.out) == shown
    assert ("downstream" in answer.out) == shown
    assert len(re.findall("^  at  ", answer.out, re.MULTILINE)) == bool(gate.witnesses)


@pytest.mark.parametrize("name", ["maximum", "minimum", "hypot"])
def test_ordinary_points_are_not_called_edges(typed, name):
    assert "edge" not in typed("gates", name).out
    assert "edge" not in gates()[f"docs/gates/{name}.md"]


def test_the_page_of_sigmoid(typed):
    page = typed("gates", "sigmoid").out
    assert "x = 0: dx = 0.25" in page
    assert "return out * logistic(-x)" in page  # the rule
    assert "printed=lambda out, x: (1 - out) * out" in page
    assert "dx = ((1 - out) * out) * dout" in page  # the code
    assert "return composition" not in page


@pytest.mark.parametrize(
    ("typed_name", "name"),
    [("+", "add"), ("np.maximum", "maximum"), ("@", "matmul"), ("numpy.exp", "exp"), ("abs", "absolute"),
     ("ln", "log"), ("σ", "sigmoid"), ("np.linalg.inv", "inv"), ("max", "max"), ("**", "power")],
)  # fmt: skip
def test_a_gate_is_found_by_what_people_call_it(typed_name, name):
    assert gate_named(typed_name) is NAMES[name]
