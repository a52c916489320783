"""The card: the layout of a gate's page, forks, arrays, and the digits its products are given."""

import json
import math
import random
import re
from decimal import Decimal

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import UnknownWireError
from gatewise._views import card, ledger_rows
from gatewise._views.numbers import equation
from gatewise._views.walk import walk_blocks
from views import records

GATE_F = """\
gate  f = q * z            multiply swaps                      line 3   f = q * z
  forward     f = 3 * -4 = -12
  upstream    df = 1
  local       df/dq = z = -4         df/dz = q = 3
  downstream  dq = df * df/dq = 1 * -4 = -4
              dz = df * df/dz = 1 * 3 = 3
  code        dq = z * df ;  dz = q * df
  says        raising q by 0.01 lowers f by about 0.04
              raising z by 0.01 raises f by about 0.03
  check       dq: numerical -4.0000000   relative error 2e-12
              dz: numerical 3.0000000   relative error 2e-12"""

INPUT_X = """\
input  x = 3
  uses        f = x * x      dx gets df * df/dx = 1 * 3 = 3
              f = x * x      dx gets df * df/dx = 1 * 3 = 3
  gradient    dx = 3 (from * at line 1, operand 1) + 3 (from * at line 1, operand 2) = 6
  says        raising x by 0.01 raises f by about 0.06"""


def test_the_card_of_a_gate():
    assert card(records.compound(), "f") == GATE_F


def test_the_card_of_an_input_used_twice_by_one_gate():
    assert card(records.square(), "x") == INPUT_X


def test_the_times_sign_can_be_asked_for():
    assert "dq = df × df/dq = 1 × -4 = -4" in card(records.compound(), "f", times="×")


def test_a_fork_has_a_line_a_use_and_then_the_sum():
    text = card(records.staged(), "x")
    assert len(re.findall(r"dx gets", text)) == 3
    assert re.search(r"gradient +dx = 0\.5121 \(from \+ in num\) \+ -0\.03576 .* = 2\.06$", text, re.MULTILINE)


def test_terms_that_do_not_add_up_as_printed_are_not_said_to_be_equal():
    tape = records.RecordBuilder()
    x = tape.input("x", 1)
    third, two = tape.unary("a", x, 1, 0.33333), tape.unary("b", x, 1, 0.33333)
    tape.add(third, two, name="f")
    assert "0.3333 (from a in t_1) + 0.3333 (from b in t_2) ≈ 0.6667" in card(tape.record(), "x")


def test_a_max_names_what_it_routed_away():
    text = card(records.patterns(), "t_5")
    assert "dw = dt_5 * dt_5/dw = 2 * 0 = 0 (routed away)" in text
    assert "raising w a little leaves f as it is" in text


def of(expression, **given) -> dict:
    """The record of an expression or a function."""
    wrt = given.pop("wrt", None)
    return json.loads(gw.circuit(expression, **given, wrt=wrt).to_json())


def test_a_comparison_stops_and_says_so():
    text = card(of(lambda x, y: x * (x > y), x=2, y=1), "f_1")
    assert "dy = nothing (a comparison stops gradients: yes and no have no slope)" in text
    assert "df_1/dx: none (a comparison stops gradients: yes and no have no slope)" in text
    assert "forward     f_1 = 2 > 1 = True" in text
    assert "dy = nothing\n" in card(records.compared(), "mask")  # of a record whose gates have no sentences


@pytest.mark.parametrize("gate", ["floor", "sign", "rint", "trunc"])
def test_what_is_no_comparison_is_not_called_one(gate):
    record = of(f"{gate}(x) * x", x=2.5)
    says = record["wires"][1]["says"].rstrip(".")
    told = f"({says[0].lower()}{says[1:]})"
    assert f"dx gets nothing {told}" in card(record, "x")
    assert f"df_1/dx: none {told}" in card(record, "f_1")
    assert "comparison" not in card(record, "x") + card(record, "f_1")


def test_a_gradient_that_was_not_asked_for_is_said_to_be():
    for record in (of("x * y", x=2, y=3, wrt="y"), of("dot(x, y)", x=np.ones(2), y=np.ones(2), wrt="y")):
        text = card(record, "f")
        assert "local       df/dx: not asked for   df/dy" in text
        assert "df/dx: no single number" not in text
        assert any("df/dx: not asked for" in line for line in backward_lines(record))


def backward_lines(record: dict) -> list[str]:
    return "\n".join(walk_blocks(record)).splitlines()


def test_data_without_a_slope_are_said_to_have_none():
    assert "df/df_1: none (true and false have no slope)" in card(of("where(x > y, x, y)", x=2, y=1), "f")
    mask = of("sum(where(M, x, y))", M=np.array([1, 0]), x=np.ones(2), y=np.ones(2))
    assert "df_1/dM: none (whole numbers have no slope)" in card(mask, "f_1")
    assert "df_1/dW: no single number, dot works on whole arrays" in card(
        of("sum(dot(X, W))", X=np.ones((2, 2)), W=np.ones((2, 2))), "f_1"
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("x", "shown"), [(-1.0, "NaN!"), (0.0, "-inf!")])
def test_nothing_is_said_of_pushing_an_output_that_is_not_finite(x, shown):
    record = of("2 * log(x)", x=x)
    for wire in ("f", "f_1", "x"):
        text = card(record, wire)
        assert text.count(f"which way to push cannot be said: f is {shown}") == 1
        assert "raising" not in text
    record = of("sum(log(X))", X=np.array([-1.0, 1.0]))
    assert "f is NaN!" in card(record, "f_1")


def test_a_push_has_digits_of_its_own():
    record = of("w * x / 3", w=1, x=2)
    assert "raising f_1 by 0.01 raises f by about 0.003333" in card(record, "f", digits=1)
    assert "raising f_1 by 0.01 raises f by about 0.003333" in card(record, "f", digits=9)


def test_what_was_not_computed_is_a_dash():
    text = card(records.unasked(), "f")
    assert "df = - (not computed)" in text
    assert "dx = - (not computed)" in text
    assert "dx = 0" not in text


def test_an_array_card_lines_up_the_shapes():
    text = card(records.affine(), "Y_1")
    assert "forward     Y_1 (4, 3) = X (4, 2) @ W (2, 3) = mean 3.3 max|.| 6.9" in text
    assert "dX (4, 2) = dY_1 (4, 3) @ W.T (3, 2)" in text
    assert "dW (2, 3) = X.T (2, 4) @ dY_1 (4, 3)" in text


def test_a_broadcast_names_the_axis_and_why():
    text = card(records.affine(), "Y")
    assert "db (3,) = np.sum(dY (4, 3), axis=0)" in text
    assert "summed over axis 0: b (3,) was used again along it to make Y (4, 3)" in text


def test_an_unknown_wire_is_an_error_with_the_nearest():
    with pytest.raises(UnknownWireError, match="Did you mean den") as found:
        card(records.staged(), "denn")
    assert found.value.name == "denn"


def test_a_negative_value_under_a_power_or_a_minus_is_bracketed():
    record = records.staged()
    assert "xpysqr = (-1)**2 = 1" in card(record, "xpysqr")
    assert "t_2 = -(-4) = 4" in card(record, "t_2")


@pytest.mark.parametrize("seed", range(300))
def test_a_product_line_that_says_equal_is_equal(seed):
    draw = random.Random(seed)
    first, second = (draw.choice([draw.uniform(-9, 9), draw.gauss(0, 1) ** 5, draw.randint(-20, 20)]) for _ in "ab")
    left, right, sign, result = re.fullmatch(
        r"(\S+) \* (\S+) ([=≈]) (\S+)", equation([first, second, first * second], ["*"], "*")
    ).groups()
    assert float(left) == pytest.approx(first, rel=6e-4)
    assert float(result) == pytest.approx(first * second, rel=6e-4)
    if sign == "=":
        decimals = len(result.partition("e")[0].partition(".")[2]) - int(result.partition("e")[2] or 0)
        assert abs(float(left) * float(right) - float(result)) <= 0.51 * 10.0**-decimals


def test_digits_that_do_not_multiply_are_not_said_to_be_equal():
    assert equation([0.36, 0.36, 0.36**2], ["*"], "*", digits=1) == "0.4 * 0.4 ≈ 0.1"


def test_hostile_text_keeps_to_its_line():
    record = records.compound()
    record["wires"][3] |= {"name": "q\nforward\x1b[2J", "expression": "x\r+ y", "source": {"line": 2, "text": "q\n=1"}}
    text = card(record, "q\nforward\x1b[2J")
    assert all(line.isprintable() for line in text.splitlines())
    assert len(text.splitlines()) == 14


def test_a_product_with_nan_is_loud_and_claims_nothing():
    assert equation(["nan", 2, "nan"], ["*"], "*") == "NaN! * 2 ≈ NaN!"
    assert equation([float("inf"), 2, float("inf")], ["*"], "*") == "inf! * 2 ≈ inf!"


def test_the_times_true_of_a_mask_is_a_one():
    record = records.compared()
    record["uses"][2]["local"] = True
    assert "dx gets df * df/dx = 1 * 1 = 1" in card(record, "f")


def test_an_output_that_is_used_further_adds_its_upstream():
    tape = records.RecordBuilder()
    x = tape.input("x", 3)
    f = tape.multiply(x, x, name="f")
    tape.add(f, x, name="later")
    record = tape.record(f)
    record["uses"][2]["contribution"], record["wires"][f]["gradient"] = 2, 3
    assert "df = 2 (from + in later) + 1 (upstream) = 3" in card(record, "f")


def test_add_hands_out_the_whole_gradient_and_says_so():
    text = gw.circuit("3 * (x + y + z)", x=1, y=2, z=5).fold().card("f_2")
    assert "every input gets the whole df_2, not a share of it" in text
    assert all(f"d{name} = df_2 * df_2/d{name} = 3 * 1 = 3" in text for name in "xyz")
    assert "the whole df or minus it, not a share" in gw.circuit("x - y", x=1, y=2).card("f")
    assert "a share" not in gw.circuit("x * y", x=1, y=2).card("f")
    assert "a share" not in gw.circuit("x + 1", x=1).card("f")


TIES = {
    "max(x, y)": "x and y tie, so max splits the gradient between them",
    "min(x, y)": "x and y tie, so min splits the gradient between them",
    "sum(max(X, Y))": "max splits the gradient at 2 ties",
    "max(X * x)": "2 entries tie, so max splits the gradient between them",
}


@pytest.mark.parametrize("text", TIES)
def test_a_tie_is_split_and_the_card_says_so(text):
    arrays = {"X": np.array([2.0, 2.0, 1.0]), "Y": np.array([2.0, 2.0, 3.0])}
    given = {name: value for name, value in ({"x": 2.0, "y": 2.0} | arrays).items() if re.search(rf"\b{name}\b", text)}
    board = gw.circuit(text, **given)
    name = "f_1" if text.startswith("sum") else "f"
    assert TIES[text] in board.card(name)
    apart = given | {
        name: value for name, value in {"X": np.array([2.5, 2.25, 1.0]), "x": 2.5}.items() if name in given
    }
    text_apart = gw.circuit(text, **apart).card(name)
    assert "splits" not in text_apart


def test_the_slope_of_a_leak_is_no_tie():
    board = gw.circuit("sum(where(X > 0, X, 0.1 * X))", X=np.array([1.0, -1.0]))
    assert not any("splits" in board.card(wire.name) for wire in board.wires)


def test_a_product_of_three_factors_reads_as_one_gate():
    text = gw.circuit("x * y * z", x=2, y=3, z=4).fold().card("f")
    assert text.startswith("gate  f = x * y * z        multiply scales each by the product of the others")
    assert "df/dx = y * z = 12" in text
    assert "df/dy = x * z = 8" in text
    assert "df/dz = x * y = 6" in text
    assert "dx = y * z * df ;  dy = x * z * df ;  dz = x * y * df" in text


def test_a_second_line_of_code_for_one_gradient_adds_to_the_first():
    assert "code        dx = x * df ;  dx += x * df" in gw.circuit("x * x", x=3).card("f")


def test_the_condition_of_a_where_wins_nothing():
    assert "where routes to f_2" in gw.circuit("where(x > 1, x * x, x)", x=2).card("f")


def test_large_arrays_are_not_called_uncomputed():
    board = gw.circuit("sum(X * X)", X=np.ones((40, 40)))
    assert "dX (40, 40) gets (40, 40), too large to be listed here" in board.card("f_1")
    assert "df_1 (40, 40) = mean 1 max|.| 1" in board.card("f")
    assert "not computed" not in board.card("f") + board.card("f_1")


CORNERS = {
    "max(x, y)": ("raising x by 0.01 raises f by about 0.01, lowering it leaves f as it is", "raise x (force 1, at a"),
    "min(x, y)": (
        "raising x by 0.01 leaves f as it is, lowering it lowers f by about 0.01",
        "neither raise nor lower x",
    ),
    "abs(x - y)": (
        "raising x by 0.01 raises f by about 0.01, lowering it raises f by about 0.01",
        "raise or lower x (fo",
    ),
    "max(x - y, 0)": (
        "raising x by 0.01 raises f by about 0.01, lowering it leaves f as it is",
        "raise x (force 1, at a",
    ),
    "3 * max(2 * x, 2 * y)": ("raising x by 0.01 raises f by about 0.06, lowering it leaves", "raise x (force 6, at a"),
    "-3 * max(y, x)": (
        "raising x by 0.01 lowers f by about 0.03, lowering it leaves f as it is",
        "neither raise nor lower",
    ),
}


@pytest.mark.parametrize("text", CORNERS)
def test_at_a_corner_raising_and_lowering_are_told_apart(text):
    """What is said is what happens: the function is evaluated on both sides."""
    board = gw.circuit(text, x=2.0, y=2.0)
    said, moved = CORNERS[text]
    assert f"at a corner: {said}" in board.card("x")
    record = json.loads(board.to_json())
    assert moved in ledger_rows(record).meaning[0]
    here, up, down = (gw.circuit(text, x=x, y=2.0).value for x in (2.0, 2.01, 1.99))
    sides = [
        re.search(rf"{way} \w+(?: by 0.01)? (raises|lowers|leaves)(?:.*?about ([\d.]+))?", said)
        for way in ("raising", "lowering")
    ]
    for side, there in zip(sides, (up, down), strict=True):
        change = {"raises": 1, "lowers": -1, "leaves": 0}[side[1]] * float(side[2] or 0)
        assert there - here == pytest.approx(change, abs=1e-12)


@pytest.mark.parametrize("text", ["max(x, x)", "max(2 * x, x + x)", "max(x, y - 1)", "abs(x)"])
def test_where_there_is_one_slope_there_is_no_corner(text):
    given = {"x": 2.0, "y": 2.0} if "y" in text else {"x": 2.0}
    assert "corner" not in gw.circuit(text, **given).card("x")


def test_entries_at_a_corner_are_told_too():
    said = "at a corner: raising X[0] by 0.01 raises f by about 0.01, lowering it leaves f as it is"
    for board in (gw.circuit("max(X)", X=np.ones(2)), gw.circuit("sum(max(X, 0))", X=np.zeros(2))):
        assert said in board.card("X")
        unchecked = {**json.loads(board.to_json()), "checks": {}}
        assert "at a corner: raising and lowering X[0] change f at" in card(unchecked, "X")
    assert "corner" not in gw.circuit("max(X)", X=np.array([1.0, 2.0])).card("X")


def test_a_kink_that_the_check_found_is_a_corner():
    record = records.compound()
    check = {"numerical": None, "error": None, "verdict": "kink", "gradient": -4.0, "slopes": [-8.0, 2.0]}
    record["checks"]["0"] = check
    text = card(record, "x")
    assert "at a corner: raising x by 0.01 raises f by about 0.02, lowering it raises f by about 0.08" in text
    assert "dx: at a corner: slopes -8 and 2; the gradient -4 lies between them" in text


@pytest.mark.parametrize("seed", range(200))
def test_forward_lines_hold_as_printed_or_say_about(seed):
    """Products and sums of any wires and literals, evaluated again from what is printed."""
    draw = random.Random(seed)
    values = {name: draw.choice([draw.uniform(-9, 9), 1 / 3, draw.randint(-5, 5)]) for name in "xyz"}
    literal = draw.choice([0.5, 2, 1.2501, 0.123456789])
    text = draw.choice(["{0} * x", "x * {0}", "x + {0}", "x - {0}", "x + y", "x - y", "x * y * z", "x + y + z"]).format(
        literal
    )
    board = gw.circuit(text, **{name: float(values[name]) for name in values if name in text}).fold()
    digits = draw.choice([None, None, 2])
    record = json.loads(board.to_json())
    line = next(each for each in card(record, "f", digits=digits).splitlines() if each.startswith("  forward"))
    left, sign, result = re.fullmatch(r"  forward     f = (.*) ([=≈]) (\S+)", line).groups()
    terms = [Decimal(word) for word in left.split(" ")[::2]]
    made = math.prod(terms) if "*" in text else terms[0] + sum(-t if " - " in text else t for t in terms[1:])
    room = Decimal(0 if "*" in text and "." not in result else "0.5") * Decimal(1).scaleb(
        Decimal(result).as_tuple().exponent
    )
    assert (abs(made - Decimal(result)) <= room) == (sign == "=")


def test_printed_arithmetic():
    assert "f = 0.5 * 1.2502 = 0.6251" in gw.circuit("0.5 * x", x=1.2502).card("f")
    assert "f = 1.4444 + 2.4444 = 3.8888" in gw.circuit("x + 2.4444", x=1.4444).card("f")
    assert "f = 0.33 + 0.33 ≈ 0.67" in card(json.loads(gw.circuit("x + y", x=1 / 3, y=1 / 3).to_json()), "f", digits=2)
    assert "f = 0.3333 × 3 ≈ 1" in card(json.loads(gw.circuit("x * 3", x=1 / 3).to_json()), "f", times="×")
    assert "f = (1 + 2) * 0.3333 ≈ 1" in gw.circuit("(1 + 2) * x", x=1 / 3).card("f")
    assert "f = (1 + 2) * 0.5 = 1.5" in gw.circuit("(1 + 2) * x", x=0.5).card("f")
