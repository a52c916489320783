"""The card: the layout of a gate's page, forks, arrays, and the digits its products are given."""

import random
import re

import pytest

from gatewise._errors import UnknownWireError
from gatewise._views import card
from gatewise._views.numbers import product_line
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


def test_a_comparison_stops_and_says_so():
    text = card(records.compared(), "mask")
    assert "dy = nothing: a comparison stops the gradient" in text
    assert "forward     mask = 2 > 1 = true" in text


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
        r"(\S+) \* (\S+) ([=≈]) (\S+)", product_line((first, second), first * second, "*")
    ).groups()
    assert float(left) == pytest.approx(first, rel=6e-4)
    assert float(result) == pytest.approx(first * second, rel=6e-4)
    if sign == "=":
        decimals = len(result.partition("e")[0].partition(".")[2]) - int(result.partition("e")[2] or 0)
        assert abs(float(left) * float(right) - float(result)) <= 0.51 * 10.0**-decimals


def test_digits_that_do_not_multiply_are_not_said_to_be_equal():
    assert product_line((0.36, 0.36), 0.36**2, "*", digits=1) == "0.4 * 0.4 ≈ 0.1"


def test_hostile_text_keeps_to_its_line():
    record = records.compound()
    record["wires"][3] |= {"name": "q\nforward\x1b[2J", "expression": "x\r+ y", "source": {"line": 2, "text": "q\n=1"}}
    text = card(record, "q\nforward\x1b[2J")
    assert all(line.isprintable() for line in text.splitlines())
    assert len(text.splitlines()) == 13


def test_a_product_with_nan_is_loud_and_claims_nothing():
    assert product_line(("nan", 2), "nan", "*") == "NaN! * 2 ≈ NaN!"
    assert product_line((float("inf"), 2), float("inf"), "*") == "inf! * 2 ≈ inf!"


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
