"""What a line of a loop says that it binds, changes and reads is what Python finds in its text."""

from __future__ import annotations

import ast
import builtins
import importlib

import pytest

import gatewise as gw
from gatewise._source.lines import TextLine
from gatewise._source.looped import joining
from loops.manners import MANNERS, given
from loops.random_loops import RECORDED, drawn, function, inputs
from loops.test_printing import STUDENTS

NOT_VALUES = {*dir(builtins), "np", "math"}


def in_text(code: str) -> tuple[set[str], set[str], set[str]]:
    """The names that a text binds, changes and reads."""
    nodes = [*ast.walk(ast.parse(code))]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    binds = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    reads = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    changes = set()
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            changes.add(node.target.id)
        for target in [getattr(node, "target", None), *getattr(node, "targets", ())]:
            while isinstance(target, (ast.Subscript, ast.Attribute)):
                target = target.value
                changes |= {target.id} if isinstance(target, ast.Name) else set()
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append")):
                changes.add(name)
            case ast.Call(func=ast.Attribute(attr="at"), args=[ast.Name(id=name), *_]):
                changes.add(name)
    return binds, changes, (reads | changes) - NOT_VALUES


@pytest.fixture
def lines(monkeypatch):
    """All lines of rounds that are joined, forward and back."""
    found: list[TextLine] = []
    joined, down = joining.joined, joining.down

    def noted(part, names, forward, back, *rest):
        found.extend([*forward, *back])
        return joined(part, names, forward, back, *rest)

    def noted_down(part, names, back):
        found.extend(back)
        return down(part, names, back)

    monkeypatch.setattr(joining, "joined", noted)
    monkeypatch.setattr(joining, "down", noted_down)
    return found


def compare(lines: list[TextLine]) -> None:
    assert lines
    for line in lines:
        binds, changes, reads = in_text(line.code)
        assert line.binds == binds, line
        assert line.changes - binds <= changes <= line.changes | binds, line
        assert line.reads - NOT_VALUES - line.changes == reads - changes, line


@pytest.mark.parametrize("module", STUDENTS)
def test_lines_of_students_loops(module, lines):
    found = importlib.import_module(f"loops.students.{module}")
    gw.circuit(getattr(found, STUDENTS[module]), **found.inputs(4)).code()
    compare(lines)


def test_lines_of_loops_in_every_manner(lines):
    for f in (f for f in MANNERS[::4] if f.__name__ != "vector_out"):
        gw.circuit(f, **given(f, 4)).code()
    compare(lines)


def test_lines_of_random_loops(lines):
    for seed in range(6):
        gw.circuit(function(drawn(seed).text, seed), *inputs(seed, RECORDED)).code()
    compare(lines)
