"""The walk: the events of the sweep in order, what is known after each, and screens that fit their window."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

import gatewise as gw
from gatewise._gates import NAMES
from gatewise._views.sheet import read
from gatewise._views.text import cells
from gatewise._views.walk import Walk, steps, walk_blocks, walk_text
from tools.pages import GALLERY, command_of, shown_by
from views import records

CIRCUITS = {
    "compound": records.compound,
    "square": records.square,
    "staged": records.staged,
    "patterns": records.patterns,
    "compared": records.compared,
    "unasked": records.unasked,
    "affine": records.affine,
}


def forked():
    """`q` and `x` are used at the end, `x` at the start too."""
    return json.loads(gw.circuit("q = x + y; f = q * z * x", x=-2, y=5, z=-4).to_json())


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_steps_are_the_events_of_the_record(name):
    record = CIRCUITS[name]()
    found = steps(read(record))
    assert [step.wire for step in found if not step.is_backward] == record["forward"]
    assert [(step.wire, list(step.uses)) for step in found if step.is_backward] == [
        (event["wire"], list(event["uses"])) for event in record["backward"]
    ]
    assert [step.is_backward for step in found] == sorted(step.is_backward for step in found)


HALF_WAY = """\
step 5 of 6   backward through f_1 = q * z   multiply swaps
  upstream    df_1 = -2
  local       df_1/dq = z = -4       df_1/dz = q = 3
  downstream  dq = df_1 * df_1/dq = -2 * -4 = 8
              dz = df_1 * df_1/dz = -2 * 3 = -6

  wire  made by  value   gradient
  x     input       -2  -12 + ...
  y     input        5          -
  z     input       -4         -6
  q     x + y        3          8
> f_1   q * z      -12         -2
  f     f_1 * x     24          1

  q = x + y
  f_1 = q * z
  f = f_1 * x
  df = 1
  df_1 = x * df
  dx = f_1 * df
> dq = z * df_1
> dz = q * df_1
  dx += dq
  dy = dq"""


def test_a_screen_half_way_back():
    assert walk_text(forked(), 5) == HALF_WAY


def test_a_sum_is_open_until_its_last_contribution_has_come():
    walk = Walk(forked())
    assert "dx = -12 (from * in f) + ..." in walk.screen(4)
    assert "dx = 8 (from + in q) + -12 (from * in f) = -4" in walk.screen(6)


def test_many_contributions_are_counted_until_they_are_all_there():
    walk = Walk(json.loads(gw.circuit(" + ".join(["x*x"] * 9), x=3.0).to_json()))
    texts = [walk.screen(position) for position in range(len(walk.steps) + 1)]
    assert any("dx = 10 contributions + ..." in text for text in texts)
    assert "..." not in texts[-1]


def columns_of(walk, position):
    """Value and gradient of each wire as a screen shows them."""
    table = walk.screen(position).split("\n\n")[1].splitlines()
    starts = [table[0].index(head) for head in ("wire", "made by")]
    assert starts[0] == 2
    found = {}
    for line in table[1:]:
        *_, value, gradient = line.replace(" + ...", "+...").split()
        found[line.split()[1 if line.startswith(">") else 0]] = value, gradient
    return found


@pytest.mark.parametrize("name", ["compound", "square", "staged", "patterns"])
def test_nothing_is_known_too_early_and_everything_at_the_end(name):
    record = CIRCUITS[name]()
    walk, sheet, last = Walk(record), read(record), len(steps(read(record)))
    for wire in sheet.wires:
        assert columns_of(walk, 0)[wire.name] == ("-" if wire.is_gate else sheet.value(wire), "-")
        assert columns_of(walk, last)[wire.name] == (sheet.value(wire), sheet.gradient(wire))
    for position in range(1, len(record["forward"]) + 1):
        assert {gradient for _, gradient in columns_of(walk, position).values()} == {"-"}


def test_a_gradient_once_shown_whole_never_changes():
    record = forked()
    walk = Walk(record)
    settled = {}
    for position in range(len(steps(read(record))) + 1):
        for name, (_, gradient) in columns_of(walk, position).items():
            if gradient != "-" and "..." not in gradient:
                assert settled.setdefault(name, gradient) == gradient
    assert settled == {"x": "-4", "y": "8", "z": "-6", "q": "8", "f_1": "-2", "f": "1"}


def test_the_lit_code_of_all_steps_is_the_whole_code():
    walk = Walk(forked())
    lit = [line[2:] for k in range(1, 7) for line in walk.block(k).splitlines() if line.startswith("> ")]
    assert lit == [line[2:] for line in HALF_WAY.splitlines()[-10:] if "df = 1" not in line]


def test_the_second_contribution_is_added():
    *_, last = steps(read(records.square()))
    assert last.code == ("dx = x * df", "dx += x * df")


def test_blocks_are_the_start_and_one_for_each_step():
    blocks = walk_blocks(forked())
    assert blocks[0].splitlines()[1:] == ["  x = -2", "  y = 5", "  z = -4"]
    assert [block.split("   ")[0] for block in blocks] == [f"step {k} of 6" for k in range(7)]


def test_digits_reach_every_number():
    text = walk_text(forked(), 6, digits=2)
    assert "dy = dq * dq/dy = 8.00 * 1.00 = 8.00" in text
    assert "-2.00" in text.split("\n\n")[1]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8, 11, 14, 24, 60])
@pytest.mark.parametrize("columns", [1, 12, 40, 80])
def test_a_screen_fits_its_window(rows, columns):
    walk = Walk(records.staged())
    for position in range(len(walk.steps) + 1):
        lines = walk.screen(position, rows, columns).splitlines()
        assert len(lines) <= rows
        assert max(map(cells, lines)) <= columns


def test_a_window_with_room_shows_what_is_lit_and_counts_the_rest():
    text = " + ".join(["x"] * 300)
    walk = Walk(json.loads(gw.circuit(text, x=1.0).to_json()))
    for position in (1, 150, 299, 300, 450, 598):
        lines = walk.screen(position, 24, 80).splitlines()
        marks = [line for line in lines if line.startswith("> ")]
        assert len(lines) == 24
        assert any(line.startswith(f"> {walk.sheet.wires[walk.steps[position - 1].wire].name} ") for line in marks)
        assert any(line[2:] == walk.steps[position - 1].code[0] for line in marks)
    names = walk.screen(300, 24, 80).split("\n\n")[1].splitlines()
    above = next((int(line.split()[1]) for line in names if line.endswith("more above")), 0)
    below = next((int(line.split()[1]) for line in names if line.endswith("more below")), 0)
    shown = [line for line in names[1:] if not line.endswith(("more above", "more below"))]
    assert above + below + len(shown) == 300


def test_hostile_names_reach_no_terminal():
    record = records.compound()
    for wire in record["wires"]:
        wire |= {"name": f"{wire['name']}\n> \x1b[2J", "expression": "\x1b]0;x\x07 + \r"}
    for event in record["backward"]:
        event["code"] = ["dx\x1b[2J = 1"]
    for position in range(len(steps(read(record))) + 1):
        for text in (walk_text(record, position), walk_blocks(record)[position]):
            assert all(line.isprintable() for line in text.split("\n"))


def test_a_circuit_without_a_gate_has_no_step():
    record = json.loads(gw.circuit("x * 2", x=3.0).cut("f").to_json())
    assert walk_blocks(record) == ["step 0 of 0   no gate: the output is an input\n  f = 6"]


def test_a_cut_wire_is_an_input_and_no_step():
    record = json.loads(gw.circuit("q = x + y; f = q * z", x=1, y=2, z=3).cut("q").to_json())
    assert [(step.wire, step.is_backward) for step in steps(read(record))] == [(2, False), (2, True)]
    assert columns_of(Walk(record), 0)["q"] == ("3", "-")


def test_arrays_show_their_shapes_and_no_half_sums():
    record = json.loads(gw.circuit("sum(X * X + X)", X=np.array([1.0, 2.0])).to_json())
    last = len(steps(read(record)))
    assert "1 of 2" in walk_text(record, last - 1)
    assert "1 of 2" not in walk_text(record, last)
    assert "[3, 5]" in walk_text(record, last)


@pytest.mark.parametrize("seed", range(30))
def test_the_walk_ends_at_the_ledger_on_random_expressions(seed):
    draw = random.Random(seed)
    text = "x"
    for _ in range(draw.randint(1, 12)):
        text = draw.choice(
            ["({} * y)", "({} + x)", "(y - {})", "sin({})", "max({}, y)", "({} * {})"][: 6 if len(text) < 200 else 5]
        ).replace("{}", text)
    record = json.loads(gw.circuit(f"y * 1.5 + {text}", x=draw.uniform(-2, 2), y=draw.uniform(-2, 2)).to_json())
    walk, sheet = Walk(record), read(record)
    shown = columns_of(walk, len(walk.steps))
    assert shown == {wire.name: (sheet.value(wire), sheet.gradient(wire)) for wire in sheet.wires}


def picked(p):
    return np.tanh(p[0]) * p[1] + p[1] * p[np.array([0, 0, 1])].sum()


def row_by_row(X, w):
    return (X[0] @ w) * (X[1] @ w) + X[:, 1].mean()


def classified(s, y):
    right = s[np.arange(3), y]
    return gw.cross_entropy(s * s, y) + gw.cross_entropy(s, y) - right.sum()


def normalised(x, w):
    e = np.exp(x - np.max(x))
    return np.sum(w * (e / np.sum(e)) * x)


def joined(a, b):
    c = np.concatenate([a, b * a[:2]])
    return (np.where(c > 0, c, 0.1 * c) * c.reshape(5, 1)[:, 0]).sum() + np.max(c) * np.prod(b)


INDEXED = [
    (picked, {"p": np.array([0.5, 2.0])}),
    (row_by_row, {"X": np.array([[1.0, -2.0, 0.5], [0.3, 0.1, 4.0]]), "w": np.array([0.2, -1.0, 3.0])}),
    (classified, {"s": np.linspace(-1, 2, 12).reshape(3, 4), "y": np.array([1, 0, 3])}),
    (normalised, {"x": np.array([0.1, -2.0, 1.5]), "w": np.array([1.0, 2.0, 3.0])}),
    (joined, {"a": np.array([1.5, -0.5, 2.0]), "b": np.array([0.7, -1.2])}),
]


@pytest.mark.parametrize(("f", "inputs"), INDEXED, ids=[f.__name__ for f, _ in INDEXED])
def test_the_code_of_a_walk_run_line_by_line_gives_the_gradients(f, inputs):
    circuit = gw.circuit(f, **inputs)
    record = json.loads(circuit.to_json())
    values = {wire.name: wire.value for wire in circuit.wires}
    output = record["wires"][record["output"]]["name"]
    ours = {name: gate.function for name, gate in NAMES.items() if gate.own}
    names = {"np": np, **ours, "captured": np.array([0, 0, 1]), **values, f"d{output}": np.ones_like(values[output])}
    for step in steps(read(record)):
        for line in step.code if step.is_backward else ():
            exec(line, names)
    for name, gradient in circuit.gradients.items():
        np.testing.assert_allclose(names[f"d{name}"], gradient, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", GALLERY)
def test_the_row_of_the_event_alone_is_lit_and_its_lines_of_code(name):
    board = shown_by(command_of(*GALLERY[name]))
    for record in (json.loads(each.to_json()) for each in (board, board.fold())):
        for position, step in enumerate(steps(read(record)), 1):
            row, *code = [line[2:] for line in walk_text(record, position).splitlines() if line.startswith("> ")]
            assert row.split()[0] == record["wires"][step.wire]["name"]
            assert code == list(step.code)
        assert "> " not in [line[:2] for line in walk_text(record, 0).splitlines()]


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_no_number_and_no_name_on_a_screen_is_left_in_part(columns):
    record = json.loads(shown_by(command_of(*GALLERY["net"])).to_json())
    walk = Walk(record)
    for position in range(len(walk.steps) + 1):
        whole = {word for line in walk.screen(position).splitlines() for word in line.split()}
        shown = walk.screen(position, 60, columns)
        assert max(map(cells, shown.splitlines())) <= columns
        assert {word for line in shown.splitlines() for word in line.split()} <= whole | {
            "…",
            "...",
            "more",
            "above",
            "below",
        } | set(map(str, range(200)))
