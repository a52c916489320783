"""`--vary`: the gradient that grows with an input, and the learning rate that has to shrink."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewise._cli.vary import keeping_rate, read_varied

LINE = ("show", "w*x + b", "w=2", "x=3", "b=1")
TABLE = """\
   x     f    dw  rate for w  db  rate for b
----  ----  ----  ----------  --  ----------
   1     3     1           1   1           1
  10    21    10         0.1   1           1
 100   201   100        0.01   1           1
1000  2001  1000       0.001   1           1

With x 1000 times as large, dw is 1000 times as large, so the learning rate has to be 1000 times smaller; \
db stays as large as it was.
Rates are relative to 1 in the first row: rate times gradient is a step of the same length in every row.
This is why data are preprocessed: the scale of an input decides how steep the loss is in the weights it meets, \
and so which learning rate still works.
"""


def rows(text):
    return [line.split() for line in text.split("\n\n")[0].splitlines()[2:]]


def test_the_table_of_the_notes(typed):
    answer = typed(*LINE, "--vary", "x=1,10,100,1000")
    assert (answer.status, answer.out, answer.err) == (0, TABLE, "")


def test_the_varied_input_needs_no_other_value(typed):
    words = [word for word in LINE if word != "x=3"]
    assert typed(*words, "--vary", "x=1,10,100,1000").out == TABLE


@pytest.mark.parametrize("text", ["x=1，10,100,1000", "x＝1, 10, 100, 1000", "x=[1,10,100,1000]"])
def test_other_ways_to_type_it(typed, text):
    assert typed(*LINE, "--vary", text).out == TABLE


def test_the_rate_keeps_the_step_whatever_the_function(typed):
    answer = typed("show", "tanh(w*x) * v", "w=0.1", "v=2", "--vary", "x=1,2,-4,0", "--digits", "9")
    steps = [float(row[2]) * float(row[3]) for row in rows(answer.out)[:3]]
    assert steps == pytest.approx([steps[0], steps[0], -steps[0]], rel=1e-7)
    assert rows(answer.out)[3][3] == "-"
    assert "dw changes" in answer.out or "gradient of w" in answer.out


def test_arrays_vary_by_multiples(typed):
    words = ("show", "sum(dot(W, X))", "W=randn(2,3)", "X=randn(3,2)", "--rng", "0")
    answer = typed(*words, "--vary", "X*=1,1000")
    assert [row[-1] for row in rows(answer.out)] == ["1", "0.001"]
    assert "With X 1000 times as large, dW is 1000 times as large" in answer.out


def test_every_row_finds_the_same_random_draws(typed):
    Path("draws.py").write_text("x = 3.0\nW = np.random.randn(4)\nf = np.sum(W * x)\n", encoding="utf-8")
    answer = typed("show", "draws.py", "--vary", "x=1,2,4")
    values = [float(row[1]) for row in rows(answer.out)]
    assert values == pytest.approx([values[0], 2 * values[0], 4 * values[0]], rel=2e-3)


def test_a_function_in_a_file(typed):
    Path("net.py").write_text("def loss(w, x): return (w * x - 1) ** 2\n", encoding="utf-8")
    answer = typed("show", "net.py:loss", "w=2", "--vary", "x=1,10")
    assert [row[:3] for row in rows(answer.out)] == [["1", "1", "2"], ["10", "361", "380"]]


def test_a_gradient_that_shrinks_lets_the_rate_grow(typed):
    assert (
        "dw is 10 times smaller, so the learning rate may be 10 times larger."
        in typed("show", "w / x", "w=1", "--vary", "x=1,10").out
    )


FROM_ROW_TO_ROW = [
    ("x=0,1", "From x = 0 to x = 1, dw goes from 0 to 1, so no learning rate keeps its step; db stays as large"),
    ("x=0,-2,1", "From x = 0 to x = -2, dw goes from 0 to -2, so no learning rate keeps its step; db stays"),
    ("x=-1,10", "From x = -1 to x = 10, dw is 10 times as large, so the learning rate has to be 10 times smaller;"),
    ("x=-1,1", "From x = -1 to x = 1, dw stays as large as it was; db stays as large as it was."),
    ("x=-1,-10", "With x 10 times as large, dw is 10 times as large, so"),
    ("x=2,2", "Between the rows, dw stays as large as it was; db"),
    ("x=1,1e308", "With x 1e+308 times as large, dw is 1e+308 times as large, so"),
    ("x=1e-300,1e300", "From x = 1e-300 to x = 1e+300, dw goes from 1e-300 to 1e+300, so no learning rate keeps"),
]


@pytest.mark.parametrize(("values", "said"), FROM_ROW_TO_ROW)
def test_the_sentence_says_what_the_table_shows(typed, values, said):
    answer = typed("show", "w*x + b", "w=1", "b=1", "--vary", values)
    assert said in answer.out
    assert answer.err == ""


def test_what_is_varied_by_a_negative_multiple(typed):
    answer = typed("show", "sum(dot(W, X))", "W=ones(2,2)", "X=ones(2,2)", "--vary", "X*=1,-10")
    assert "From X times 1 to X times -10, dW is 10 times as large" in answer.out
    answer = typed("show", "sum(W * X * x)", "W=ones(2,2)", "X=ones(2,2)", "--vary", "x=0,1", "--wrt", "W")
    assert "From x = 0 to x = 1, dW goes from length 0 to length 2, so no learning rate keeps its step." in answer.out


@pytest.mark.parametrize(
    "words",
    [
        ("w*x + b", "x=3", "b=1", "--vary", "w=1,10"),
        ("(x + y) * z", "x=-2", "z=-4", "--vary", "y=5,50"),
        ("(x + y) * z", "x=-2", "y=5", "--vary", "z=-4,-40"),
        ("(x + y) * z", "y=5", "z=-4", "--vary", "x=-2,-20"),
        ("w*x + b", "x=3", "b=1", "--vary", "w=1,10", "--wrt", "w,x"),
    ],
)
def test_nothing_is_learned_where_nothing_says_so(typed, words):
    """Rates are for weights, and the lesson for data: `--wrt`, or the names of the course, say what is which."""
    answer = typed("show", *words)
    assert "rate for" not in answer.out
    assert "preprocessed" not in answer.out
    assert "learning rate has" not in answer.out
    assert ("adds their learning rates" in answer.out) == ("--wrt" not in words)


def test_what_is_learned_can_be_said(typed):
    answer = typed("show", "a*u + c", "a=1", "c=1", "--vary", "u=1,10", "--wrt", "a,c")
    assert rows(answer.out)[1] == ["10", "11", "10", "0.1", "1", "1"]
    assert "preprocessed" in answer.out
    assert "--wrt a,c adds" in typed("show", "a*u + c", "a=1", "c=1", "--vary", "u=1,10").out


def test_nothing_is_claimed_where_no_gradient_grows(typed):
    assert "preprocessed" not in typed("show", "w + x", "w=1", "--vary", "x=1,10").out
    assert "No other input has a gradient" in typed("show", "x * 2", "--vary", "x=1,10").out


def test_what_is_not_finite_is_said(typed):
    answer = typed("show", "w * exp(x)", "w=1", "--vary", "x=1,1000")
    assert answer.status == 0
    assert "inf!" in answer.out
    assert "dw leaves the range of numbers" in answer.out


REFUSED = [
    (("x",), "is not NAME=VALUE,VALUE,..."),
    (("=1,2",), "is not NAME=VALUE,VALUE,..."),
    (("x=",), "an empty place"),
    (("x=1,,2",), "an empty place"),
    (("x=5",), "has one value"),
    (("x=1,a",), "this is not a number"),
    (("x=1,inf",), "x"),
    (("q=1,2",), "no input q"),
    (("q*=1,2",), "has nothing to multiply"),
    (("x*=1,0",), "multiplies by 0"),
    (("x=1,2", "--vary", "b=1,2"), "--vary is given twice."),
    (("x=1,2", "--json"), "stands alone"),
    (("x=1,2", "--svg", "a.svg"), "--vary draws nothing."),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=lambda part: str(part)[:40])
def test_a_mistake_in_what_is_varied(refused, words, said):
    assert said in refused(*LINE, "--vary", *words)


def test_an_array_is_not_one_number(refused):
    message = refused("show", "sum(w * X)", "w=2", "X=[1.0, 2.0]", "--vary", "X=1,10")
    assert "X is an array (2,)" in message
    assert '--vary "X*=1,10,100"' in message


def test_rates():
    assert keeping_rate(2.0, -8.0) == 0.25
    assert keeping_rate([3.0, 4.0], [0.0, 10.0]) == 0.5
    assert keeping_rate(1.0, 0.0) is None
    assert keeping_rate(0.0, 0.0) == 1.0
    assert keeping_rate(1.0, float("nan")) is None
    assert keeping_rate(1.0, float("inf")) is None
    assert keeping_rate(float("inf"), 1.0) is None
    assert keeping_rate(float("inf"), float("inf")) is None
    assert keeping_rate(1e200, 1e-200) is None
    assert keeping_rate(1e-200, 1e200) is None
    assert keeping_rate([3e200, 4e200], [0.0, 1e201]) == pytest.approx(0.5)
    assert keeping_rate([3e-200, 4e-200], [0.0, 1e-199]) == pytest.approx(0.5)
    assert keeping_rate([1e308] * 4, [1e308] * 16) == 0.5


def test_what_is_read():
    varied = read_varied("损失 *= 0.5, 2e3")
    assert (varied.name, varied.values, varied.multiplies) == ("损失", (0.5, 2000.0), True)
