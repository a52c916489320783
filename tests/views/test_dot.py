"""The circuit in Graphviz's language: it parses, a use is an edge, and a name is a label and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from gatewise._views.dot import dot
from views import records

FIXTURES = [
    records.compound,
    records.neuron,
    records.patterns,
    records.square,
    records.staged,
    records.unasked,
    records.compared,
    records.affine,
    records.split,
]
STRING = r'"(?:[^"\\\n]|\\["\\n])*"'
VALUE = rf"(?:{STRING}|\w+)"
ATTRIBUTES = rf"\[\w+={VALUE}(?:, \w+={VALUE})*\]"
STATEMENT = re.compile(
    rf"  (?:rankdir=LR|(?:node|edge) {ATTRIBUTES}|w\d+ {ATTRIBUTES}|w\d+ -> w\d+ {ATTRIBUTES}|"
    r"\{ rank=source; (?:w\d+; )*\w+; \});?"
)


def faults(text: str) -> list[str]:
    """The lines that are no statement of the grammar."""
    first, *statements, last, rest = text.split("\n")
    found = [line for line in statements if not STATEMENT.fullmatch(line)]
    return found + [line for line, wanted in ((first, "digraph circuit {"), (last, "}"), (rest, "")) if line != wanted]


def edges(text: str) -> list[tuple[str, str]]:
    return re.findall(r"(?m)^  (w\d+) -> (w\d+) ", text)


@pytest.mark.parametrize("build", FIXTURES, ids=lambda build: build.__name__)
def test_every_line_is_a_statement_and_every_use_an_edge(build):
    record = build()
    text = dot(record)
    assert faults(text) == []
    assert len(edges(text)) == len(record["uses"])


def test_two_uses_of_one_wire_by_one_gate_are_two_edges():
    text = dot(records.square())
    assert edges(text) == [("w0", "w1"), ("w0", "w1")]
    assert re.findall(r'headlabel="(\d)"', text) == ["1", "2"]


def test_labels_have_value_and_gradient():
    assert r'label="+\nq = 3\ndq = -4"' in dot(records.compound())


def test_the_check_sees_a_label_that_ends_early():
    text = dot(records.compound())
    assert faults(text.replace("q = 3", 'q" URL="javascript:x')) != []
    assert faults(text.replace("dq = -4", "dq = -4\\")) != []


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz: apt-get install graphviz")
@pytest.mark.parametrize("build", FIXTURES, ids=lambda build: build.__name__)
def test_graphviz_reads_it(build):
    record = build()
    done = subprocess.run(["dot", "-Tplain"], input=dot(record).encode(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().count("\nedge ") == len(record["uses"])
