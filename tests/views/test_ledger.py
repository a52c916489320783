"""The ledger: rows, numbers, the lines of meaning under it."""

import pytest

from gatewise._views import ledger, ledger_rows
from gatewise._views.text import cells
from views import records

COMPOUND = """\
wire  made by  value  gradient  numerical  local gradients        what the gate does
----  -------  -----  --------  ---------  ---------------------  -------------------------------------
x     input       -2        -4     -4.000
y     input        5        -4     -4.000
z     input       -4         3      3.000
q     x + y        3        -4     -4.000  dq/dx = 1, dq/dy = 1   add passes the whole gradient to both
f     q * z      -12         1             df/dq = -4, df/dz = 3  multiply swaps

to raise f: lower x (force 4), lower y (force 4), raise z (force 3)
checked: x, y, z, q agree with the numerical derivative (relative error at most 2e-12)"""


def column(record, head, **options):
    table = ledger_rows(record, **options)
    place = table.header.index(head)
    return [row[place] for row in table.rows]


def test_the_ledger_of_compound():
    assert ledger(records.compound()) == COMPOUND


def test_the_neuron_to_two_decimals():
    gradients = column(records.neuron(), "gradient", digits=2)
    assert gradients[:5] == ["-0.20", "0.39", "-0.39", "-0.59", "0.20"]
    assert gradients[5:] == ["0.20", "0.20", "0.20", "0.20", "-0.20", "-0.53", "-0.53", "1.00"]


def test_max_says_where_it_routed_and_what_it_routed_away():
    record = records.patterns()
    assert column(record, "what the gate does")[5] == "max routes to z"
    assert column(record, "gradient")[3] == "routed away: 0"
    assert column(record, "local gradients")[5] == "dt_5/dz = 1, dt_5/dw = 0 (routed away)"
    assert ledger_rows(record).meaning[0].endswith("raise z (force 2), w makes no difference")


def test_a_tie_is_told_with_its_shares():
    tape = records.RecordBuilder()
    tape.maximum(tape.input("x", 2), tape.input("y", 2), name="f")
    assert column(tape.record(), "what the gate does")[2] == "max ties: 0.5 to x and 0.5 to y"


def test_a_tie_with_a_constant_is_told_with_its_policy():
    tape = records.RecordBuilder()
    x = tape.input("x", 0)
    tape.unary("relu", x, 0, 0, name="f", pattern="routes")
    assert column(tape.record(), "what the gate does")[1] == "relu routes nothing to x (a tie with a constant passes 0)"


def test_subtract_turns_the_sign_of_its_second_operand():
    tape = records.RecordBuilder()
    x, y = tape.input("x", 5), tape.input("y", 3)
    tape.gate("subtract", [x, y], 2, [1, -1], name="f", symbol="-", pattern="distributes", expression="x - y")
    said = column(tape.record(), "what the gate does")[2]
    assert said == "subtract passes the whole gradient to x, minus the gradient to y"


def test_a_wire_used_twice_by_one_gate_shows_both_local_gradients():
    assert column(records.square(), "local gradients")[1] == "df/dx = 3 and 3"


def test_what_was_not_computed_is_a_dash_and_never_zero():
    table = ledger_rows(records.unasked())
    assert column(records.unasked(), "gradient") == ["-", "-", "-"]
    assert table.meaning == ("to raise f: no input's gradient was computed",)


def test_the_column_of_shapes_is_there_for_arrays_only():
    assert "shape" not in ledger_rows(records.compound()).header
    assert column(records.affine(), "shape")[2:4] == ["(3,) float64", "(4, 3) float64"]


def test_arrays_small_whole_large_by_summary_and_broadcasts_named():
    record = records.affine()
    assert column(record, "value")[:3] == ["mean 4.5 max|.| 8", "mean 0.35 max|.| 0.6", "[1, 0, -1]"]
    assert column(record, "what the gate does")[4].endswith("; summed over axis 0 for b")
    meaning = ledger_rows(record).meaning[0]
    assert meaning == "to raise loss: raise X[0, 1] (force 1.5), raise W[1, 0] (force 20), raise b[0] (force 4)"


def test_an_array_output_is_raised_by_its_sum_and_another_upstream_is_named():
    record = records.affine()
    record["output"], record["upstream"] = 4, [[1] * 3] * 4
    assert ledger_rows(record).meaning[0].startswith("to raise sum(Y):")
    record["upstream"] = [[2] * 3] * 4
    assert ledger_rows(record).meaning[0].startswith("to raise sum(upstream * Y):")


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (
            {"numerical": 3.5, "error": 0.25, "verdict": "differs"},
            "DIFFERS: x has gradient -4, its numerical derivative",
        ),
        (
            {"numerical": None, "error": None, "verdict": "kink", "gradient": -4.0, "slopes": [-8.0, 0.0]},
            "kink: x stands at a corner: slopes -8 and 0; the gradient -4 lies between them",
        ),
        ({"numerical": None, "error": None, "verdict": "not checked"}, "not checked: x"),
    ],
    ids=["differs", "kink", "not checked"],
)
def test_every_verdict_is_told(check, line):
    record = records.compound()
    record["checks"]["0"] = check
    assert any(each.startswith(line) for each in ledger_rows(record).meaning)


def test_which_way_to_push_is_not_said_of_an_output_that_is_not_finite():
    record = records.compound()
    record["wires"][4]["value"] = "nan"
    assert ledger_rows(record).meaning[0] == "to raise f: nothing can be said, f is NaN!"


def test_the_first_wire_that_is_not_finite_is_named():
    record = records.compound()
    record["wires"][3] |= {"value": "inf"}
    record["wires"][0] |= {"gradient": "nan"}
    text = ledger(record)
    assert "NOT FINITE: the value of q (line 2) is the first to be inf!" in text
    assert "NOT FINITE: the gradient of x is the first to be NaN!" in text


def test_wide_characters_and_hostile_names_do_not_break_the_table():
    record = records.compound()
    record["wires"][0]["name"] = "损失"
    record["wires"][1]["name"] = "y\n\x1b[31m\u202e"
    lines = ledger(record).splitlines()
    assert len(lines) == 10
    assert cells(lines[2].partition("input")[0]) == cells(lines[4].partition("input")[0])
    assert all(line.isprintable() for line in lines)


def test_every_row_has_a_cell_a_column():
    table = ledger_rows(records.random_circuit(3, 40))
    assert all(len(row) == len(table.header) for row in table.rows)
    assert len(table.rows) == len(records.random_circuit(3, 40)["wires"])
