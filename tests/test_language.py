"""The expression language: what is read, how it is written, and what every mistake gets."""

import ast
import math
import random
import sys

import numpy as np
import pytest
from fuzz_language import GATES, NUMPY, outcome, run

from gatewise._errors import ExpressionError, InputNameError, ValueTextError
from gatewise._language import parse, parse_input, parse_value
from gatewise._language.building import DEEPEST, MOST_NODES
from gatewise._language.grammar import LONGEST


def read(text, inputs=None):
    return parse(text, inputs, GATES, NUMPY)


def written(text, inputs=None):
    """The right side of the only statement of `text`, as it is written out."""
    (statement,) = read(text, inputs).source().splitlines()[1:-1]
    return statement.split(" = ", 1)[1]


def refused(text, inputs=None, **options):
    with pytest.raises(ExpressionError) as caught:
        parse(text, inputs, GATES, NUMPY, **options)
    assert caught.value.text == text
    return caught.value


# What is read


def test_statements_become_one_function():
    expression = read("q = x + y; f = q * z")
    assert expression.source() == "def f(x, y, z):\n    q = x + y\n    f = q * z\n    return f"
    assert expression.inputs == ("x", "y", "z")
    assert [statement.target for statement in expression.statements] == ["q", "f"]
    assert expression.output == "f"


@pytest.mark.parametrize("text", ["q = x\nf = q * q", "q = x;\n\n f = q * q ;", "q = (\nx\n)\r\nf = q * q\n"])
def test_newlines_and_semicolons_end_statements(text):
    assert read(text).source() == "def f(x):\n    q = x\n    f = q * q\n    return f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", "-x**2"),
        ("(-x)**2", "(-x)**2"),
        ("2**-x**2", "2**-x**2"),
        ("x**y**z", "x**y**z"),
        ("(x**y)**z", "(x**y)**z"),
        ("((x)) - (y - z)", "x - (y - z)"),
        ("(x - y) - z", "x - y - z"),
        ("x/(y*z)", "x / (y * z)"),
        ("+x - -y", "x - -y"),
        ("--x", "--x"),
        ("W @ X * 2", "W @ X * 2"),
        ("exp(-x) + max(x, y) + max(x)", "np.exp(-x) + np.maximum(x, y) + np.max(x)"),
        ("min(x, y, z)", "np.minimum(np.minimum(x, y), z)"),
        ("abs(x) + ln(x)", "np.abs(x) + np.log(x)"),
        ("σ(x) * sigmoid(x)", "sigmoid(x) * sigmoid(x)"),
        ("dot(W, X)", "np.dot(W, X)"),
        ("np.exp(x) + math.log(x) * np.pi", "np.exp(x) + np.log(x) * np.pi"),
        ("pi * π - e", "np.pi * np.pi - np.e"),
        (
            "sum(X, axis=-1, keepdims=1) + sum(X, keepdims=False)",
            "np.sum(X, axis=-1, keepdims=True) + np.sum(X, keepdims=False)",
        ),
        ("where(x > 0, x, 0)", "np.where(x > 0, x, 0)"),
        ("where(x + 1 ≤ y*2, x, 0)", "np.where(x + 1 <= y * 2, x, 0)"),
        ("x^2 × y · z ÷ w − 1", "x**2 * y * z / w - 1"),
        ("x² + x³ + x⁻¹ + -x¹²", "x**2 + x**3 + x**-1 + -x**12"),
        ("（ｘ＋ｙ）＊２", "(x + y) * 2"),
        ("max（x， y）", "np.maximum(x, y)"),
        ("学习率 * 𝑥", "学习率 * x"),
    ],
)
def test_writing(text, expected):
    assert written(text) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        *[("2", "2"), ("2.0", "2.0"), ("1e-3", "1e-3"), (".5", "0.5"), ("5.", "5.0"), ("007", "7"), ("1_000", "1000")],
        *[("1E+05", "1e5"), ("1.50e-07", "1.50e-7"), ("1e−3", "1e-3"), ("0", "0"), ("0.0", "0.0"), ("２", "2")],
    ],
)
def test_numbers_stay_as_typed(typed, expected):
    assert written(typed + " * x") == expected + " * x"


def random_expression(generator, depth):
    """A Python expression of names, numbers, parentheses and operators; no two numbers ever meet."""
    if depth == 0:
        return generator.choice(["x", "y", "z"])
    part = random_expression(generator, depth - 1)
    other = random_expression(generator, generator.randrange(depth))
    forms = ["({0} + {1})", "{0} - {1}", "{0}*{1}", "{0} / {1}", "{0}**{1}", "-{0}", "({0})", "({0})**2", "{0} @ {1}"]
    return generator.choice([*forms, "{0}*2.5", "{0}**-{1}"]).format(part, other)


def test_precedence_is_pythons():
    generator = random.Random(0)
    for _ in range(2000):
        text = random_expression(generator, generator.randint(1, 7))
        assert ast.dump(ast.parse(written(text))) == ast.dump(ast.parse(text.strip()))


def test_pi_and_e_are_inputs_where_they_are_given():
    expression = read("e * pi", ["e"])
    assert expression.inputs == ("e",)
    assert written("e * pi", ["e"]) == "e * np.pi"
    assert read("e = x; f = e * e").inputs == ("x",)


@pytest.mark.parametrize(
    ("text", "inputs", "output"), [("f * 2", None, "f_"), ("f = x; f + 1", None, "f_"), ("x", ["x", "f"], "f_")]
)
def test_the_result_has_a_name_nobody_took(text, inputs, output):
    assert read(text, inputs).output == output


def test_inputs_come_in_order_of_appearance_and_unused_ones_are_left_out():
    assert read("z + x * z", ["x", "y", "z"]).inputs == ("z", "x")


def test_numbers_alone_reach_numpy_as_floats():
    assert written("sqrt(2) * max(2, -3)") == "np.sqrt(2.0) * np.maximum(2.0, -3.0)"
    assert read("a = 3; maximum(a, 2)").source().splitlines()[2] == "    f = np.maximum(3.0, 2.0)"


def test_source_never_holds_what_the_user_wrote_between_the_words():
    assert written("  x\t+\u3000\u00a0y ") == "x + y"


# Long expressions


@pytest.mark.parametrize(
    "text", ["+".join(["x"] * 2500), "max(" + ",".join(["x"] * 2000) + ")", "-(" * 50 + "x" + ")" * 50]
)
def test_what_is_allowed_can_be_compiled_far_down_the_stack(text):
    source = read(text).source()

    def below(depth):
        return compile(ast.parse(source), "", "exec") if depth == 0 else below(depth - 1)

    scope = {"np": np}
    exec(below(300), scope)
    assert scope["f"](1.0) == {"+": 2500.0, "m": 1.0, "-": 1.0}[text[1] if text[1] == "+" else text[0]]


@pytest.mark.parametrize(
    ("before", "after"),
    [("(", ")"), ("-", ""), ("", "**x"), ("exp(", ")"), ("-(", ")")],
)
def test_depth_limit(before, after):
    levels = DEEPEST // 2 if before == "-(" else DEEPEST
    assert DEEPEST == 100
    read(before * levels + "x" + after * levels)
    error = refused(before * (levels + 1) + "x" + after * (levels + 1))
    assert "more than 100 levels" in error.problem


def test_length_and_node_limits():
    assert (LONGEST, MOST_NODES) == (10_000, 5_000)
    read("x" + " " * 9_999)
    assert refused("x" + " " * 10_000).column == 10_000
    read("+".join(["x"] * 2_500))
    assert "more than 5000 parts" in refused("+".join(["x"] * 2_501)).problem


@pytest.mark.parametrize("unit", ["x+", "(x)*", "-x-", "exp(x)+", "q_=x;\n", "x²*", "2x "])
def test_work_grows_in_proportion_to_the_text(unit):
    def steps(count):
        text = "".join(unit.replace("_", str(number).zfill(4)) for number in range(count)) + "x"
        try:
            return read(text).steps / len(text)
        except ExpressionError as error:
            return error.steps / len(text)

    assert steps(800) <= 1.1 * steps(100)


def test_reading_needs_no_recursion():
    limit = sys.getrecursionlimit()
    text = "exp(" * 100 + "+".join(["x"] * 2000) + ")" * 100
    depth = len(__import__("inspect").stack())
    sys.setrecursionlimit(depth + 40)
    try:
        source = read(text).source()
    finally:
        sys.setrecursionlimit(limit)
    assert source.count("np.exp") == 100


# Mistakes


@pytest.mark.parametrize(
    ("text", "inputs", "problem", "column"),
    [
        ("(x + y)z", None, "expected an operator before z. Did you mean (x + y) * z?", 7),
        ("xy", ["x", "y"], "unknown name xy: did you mean x * y?", 0),
        ("2x", None, "expected an operator before x. Did you mean 2 * x?", 1),
        ("2x + 3(y)", None, "expected an operator before x. Did you mean 2 * x + 3 * (y)?", 1),
        ("x y", None, "expected an operator before y. Did you mean x * y?", 2),
        ("x(y + 1)", ["x", "y"], "expected an operator before (. Did you mean x * (y + 1)?", 1),
        ("x(y + 1)", None, "unknown gate x: did you mean x * (y + 1)?", 0),
        ("1/xy", ["x", "y"], "unknown name xy: did you mean 1/(x * y)?", 2),
        ("expx", ["x"], "unknown name expx: did you mean exp(x)?", 0),
        ("rat * x", ["x", "rate"], "unknown name rat: did you mean rate?", 0),
        ("X + 1", ["x"], "unknown name X: did you mean x?", 0),
        ("x + w", ["x"], "unknown name w", 4),
        ("sigmod(x)", None, "unknown gate sigmod: did you mean sigmoid?", 0),
        ("qqq(x)", ["x"], "unknown gate qqq", 0),
        ("x 2", None, "expected an operator before 2. Did you mean x * 2?", 2),
        ("1 2", None, "expected an operator before 2. Did you mean 1 * 2?", 2),
        ("x +", None, "expected a value after +", 3),
        ("x + * y", None, "expected a value before *", 4),
        ("x // y", None, "expected a value before /", 3),
        ("()", None, "expected a value before )", 1),
        ("exp(x,)", None, "expected a value before )", 6),
        ("(x", None, "this ( is never closed", 0),
        ("exp((x)", None, "this ( is never closed", 3),
        ("x)", None, "there is no ( that this ) belongs to", 1),
        ("(x, y)", None, "expected ) before ,", 2),
        ("x, y", None, "there is no ( that this , belongs to", 1),
        ("exp(x, y)", None, "exp takes 1 operand, not 2", 0),
        ("dot(x)", None, "dot takes 2 operands, not 1", 0),
        ("einsum()", None, "einsum takes 1 to 64 operands, not 0", 0),
        ("exp()", None, "exp takes 1 operand, not 0", 0),
        ("exp + 1", None, "exp is a gate and needs its operands", 0),
        ("max(x, y, axis=0)", None, "max of several operands takes no axis=", 0),
        ("np.max(x, 0)", None, "np.max takes one array, and its axis as axis=", 3),
        ("np.linalg", None, "linalg cannot be used here", 3),
        ("sum(x, ddof=1)", None, "sum takes no ddof=", 7),
        ("sum(x, axis=y)", None, "expected the number of an axis", 12),
        ("sum(x, axis=64)", None, "expected the number of an axis", 12),
        ("sum(x, keepdims=2)", None, "expected keepdims=0 or keepdims=1", 16),
        ("sum(x, axis=0, axis=1)", None, "axis= is given twice", 15),
        ("sum(axis=0, x)", None, "an operand stands before axis= and keepdims=", 12),
        ("sum(x, axis=0 1)", None, "expected , or ) after axis=", 14),
        ("", None, "the expression is empty", 0),
        (" ;\n", None, "the expression is empty", 0),
        ("x = y = z", None, "expected an operator before =", 6),
        ("(x = 1)", None, "expected an operator before =", 3),
        ("x + y = z", None, "expected an operator before =", 6),
        ("x = 2", ["x"], "x already has a value", 0),
        ("q = x; q = y", None, "q already has a value", 7),
        ("y = q; q = x", None, "q is used before it gets its value", 7),
        ("x = x * 2", None, "x is used in the statement that gives it its value", 4),
        ("x; y", None, "this value is not used", 0),
        ("lambda * x", None, "lambda cannot be the name of a value", 0),
        ("𝐝𝐞𝐟 + 1", None, "def cannot be the name of a value", 0),
        ("np = 1", None, "np cannot be the name of a value", 0),
        ("__x + 1", None, "__x cannot be the name of a value", 0),
        ("sigmoid = sigmoid(x)", None, "sigmoid is a value in this expression", 10),
        ("q = sigmoid(x); sigmoid + 1", ["x", "sigmoid"], "sigmoid is a gate in this expression", 16),
        ("x.T", None, "expected an operator before .", 1),
        ("x[0]", None, "expected an operator before [", 1),
        ("[1, 2]", None, "expected a value before [", 0),
        ("x > 0", None, "> stands only in a call, once in each operand", 2),
        ("where(0 < x < 1, x, y)", None, "< stands only in a call, once in each operand", 12),
        ("where(1 < 2, x, y)", None, "this compares two numbers", 8),
        ("x ² ³", None, "expected an operator before 3", 4),
        ("1 / 0", None, "this divides by zero", 2),
        ("0**-1", None, "this divides by zero", 1),
        ("q = 0; x / (q * pi) + 1 / q", None, "this divides by zero", 24),
        ("9**9**9", None, "this power is too large: a float ends near 1.8e308", 1),
        ("a = 9**9; a**a", None, "this power is too large: a float ends near 1.8e308", 11),
        ("9.0**9.0**9.0", None, "this number is too large: a float ends near 1.8e308", 3),
        ("(-8)**0.5", None, "this power is not a real number", 4),
        ("1e999", None, "this number is too large", 0),
        ("1e-999", None, "this number is too small", 0),
        ("x + " + "9" * 401, None, "a number has at most 400 digits", 4),
        ("2 @ x", None, "@ multiplies arrays, and this is a number", 2),
        ("'x'", None, "the character ' means nothing here", 0),
        ("x\x00", None, "the invisible character U+0000 means nothing here", 1),
        ("x₁", None, "the character ₁ means nothing here", 1),
    ],
)
def test_every_mistake_has_its_message_and_place(text, inputs, problem, column):
    error = refused(text, inputs)
    assert (error.problem, error.column) == (problem, column)


def test_a_division_by_an_expression_that_only_may_be_zero_is_read():
    assert written("x / (y - y)") == "x / (y - y)"


def test_the_message_shows_the_line_and_a_caret():
    assert str(refused("q = x;\nf = (q + y)z")) == (
        "expected an operator before z. Did you mean f = (q + y) * z?\n    f = (q + y)z\n               ^"
    )


def test_wide_letters_count_two_columns():
    assert str(refused("学习率 $ x")).splitlines()[1:3] == ["    学习率 $ x", "    " + " " * 7 + "^"]


def test_a_long_line_is_shown_around_its_caret():
    line, caret = str(refused("x + " * 500 + "$" + " + x" * 500)).splitlines()[1:3]
    assert line[caret.index("^")] == "$"
    assert len(line) < 90
    assert line.strip().startswith("...")
    assert line.endswith("...")


def test_what_a_terminal_would_obey_is_not_repeated():
    message = str(refused("x + \x1b[31m\u202e\ud800"))
    assert message.replace("\n", "").isprintable()
    assert str(refused("2\t\x85x")).startswith("expected an operator before x. Did you mean 2 * x?")
    assert refused("y\t+\u20282x").problem == "expected an operator before x. Did you mean y + 2 * x?"


def test_a_missing_input_is_told_how_to_be_given():
    error = refused("x + w", ["x"])
    assert error.why == "the names here are x."
    assert error.cure == "Give w a value, such as w=1."


def test_no_mend_is_offered_that_cannot_be_read():
    assert refused("2x + $", None).problem == "the character $ means nothing here"
    assert refused("2x + exp", None).problem == "expected an operator before x"


def test_a_gate_without_axes_takes_none():
    assert refused("exp(x, axis=0)", axis_names={"sum"}).problem == "exp takes no axis="
    assert parse("sum(x, axis=0)", None, GATES, NUMPY, {"sum"}).inputs == ("x",)


def test_names_are_read_as_python_reads_them():
    assert read("ｘ + x", ["ｘ"]).inputs == ("x",)
    with pytest.raises(InputNameError, match="are one name"):
        read("x", ["x", "ｘ"])


@pytest.mark.parametrize("name", ["lambda", "np", "__x", "", "2x", "x y", "x.y", "𝐢𝐟"])
def test_names_no_input_can_have(name):
    with pytest.raises(InputNameError):
        read("x", [name])


def test_random_and_hostile_strings():
    outcomes = run(5_000, seed=1)
    assert outcomes["Expression"] > 500
    assert len(outcomes) > 30


def test_the_fuzzer_notices_too_much_work(monkeypatch):
    monkeypatch.setattr("fuzz_language.STEPS_A_CHARACTER", 0)
    with pytest.raises(AssertionError):
        outcome("x", None)


# Values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-4.5", -4.5),
        ("+1e-3", 0.001),
        ("−2", -2),
        ("2*3", 6),
        (" 7 ", 7),
        ("３", 3),
        ("1_000", 1000),
        ("-0.0", 0.0),
        ("1/3", 1 / 3),
        ("-1/3", -1 / 3),
        ("2**-3", 0.125),
        ("-2^2", -4),
        ("2³", 8),
        ("(1 + 2) * 3 - 4/2", 7.0),
        ("2*pi", 2 * math.pi),
        ("np.pi/2", math.pi / 2),
        ("sqrt(2/5)", math.sqrt(2 / 5)),
        ("np.sqrt(4)", 2.0),
    ],
)
def test_numbers(text, value):
    parsed = parse_value(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[1,2],[3,4]]", np.array([[1, 2], [3, 4]])),
        ("[1, -2.5]", np.array([1, -2.5])),
        ("[[[1]]]", np.array([[[1]]])),
        ("[]", np.array([])),
        ("[[], []]", np.empty((2, 0))),
        ("[1, 2,]", np.array([1, 2])),
        ("zeros(2,3)", np.zeros((2, 3))),
        ("zeros((2, 3))", np.zeros((2, 3))),
        ("2*ones(3)", np.full(3, 2.0)),
        ("eye(3)", np.eye(3)),
        ("eye(2, 3)", np.eye(2, 3)),
        ("arange(6)", np.arange(6)),
        ("arange(3) * 0.5", np.arange(3) * 0.5),
        ("-arange(3)", -np.arange(3)),
        ("0.1 * [1, 2]", np.array([0.1, 0.2])),
        ("[1/3, 2/3]", np.array([1 / 3, 2 / 3])),
        ("[1, 2] / 2", np.array([0.5, 1.0])),
        ("arange(3)**2 + 1", np.array([1, 2, 5])),
        ("[1, 2]**-1", np.array([1.0, 0.5])),
        ("2**arange(3)", np.array([1, 2, 4])),
        ("1 - ones(2)*2", np.array([-1.0, -1.0])),
        ("[pi, -pi/2]", np.array([math.pi, -math.pi / 2])),
        ("np.zeros((2, 3))", np.zeros((2, 3))),
        ("np.array([[1.0, 2.0]])", np.array([[1.0, 2.0]])),
        ("[1，2]", np.array([1, 2])),
    ],
)
def test_arrays(text, expected):
    parsed = parse_value(text)
    assert parsed.dtype == expected.dtype
    np.testing.assert_array_equal(parsed, expected, strict=True)


def test_random_draws_come_from_the_generator_given():
    drawn = [parse_value(text, np.random.default_rng(0)) for text in ("0.1*randn(5,10)", "rand(3)")]
    np.testing.assert_array_equal(drawn[0], 0.1 * np.random.default_rng(0).standard_normal((5, 10)))
    np.testing.assert_array_equal(drawn[1], np.random.default_rng(0).random(3))
    assert parse_value("rand(2, 2)").shape == (2, 2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("abc", "this is not a number, an array or a file"),
        ("", "this is not a number, an array or a file"),
        ("--3", "this is not a number, an array or a file"),
        ("3 4", "4 is not expected there"),
        ("1e999", "this number is too large"),
        ("rndn(3)", "rndn is not known: did you mean randn?"),
        ("[[1,2],[3]]", "its parts differ: a list of 2 and a list of 1"),
        ("[1,[2]]", "its parts differ: a number and a list of 1"),
        ("[[[1]],[[1,2]]]", "its parts differ: an array of shape (1, 1) and an array of shape (1, 2)"),
        ("[1 2]", "expected , or ] in the list"),
        ("[1, x]", "a list holds numbers and lists alone"),
        ("[1, 2", "expected , or ] in the list"),
        ("[" * 33, "lists are more than 32 deep"),
        ("[99999999999999999999]", "a whole number in it does not fit into 64 bits"),
        ("arange(9) * 9999999999999999999", "the product does not fit into 64 bits"),
        ("[4611686018427387904] * 2", "the product does not fit into 64 bits"),
        ("1e308 * 10", "the product is too large"),
        ("1e308 * [10.0]", "the product is too large"),
        ("ones(2) * ones(2)", "it multiplies two arrays"),
        ("zeros()", "zeros takes whole numbers"),
        ("zeros(-1)", "zeros takes whole numbers"),
        ("zeros(2.5)", "zeros takes whole numbers"),
        ("zeros((2)", "the ( of zeros is never closed"),
        ("zeros(2.5", "zeros takes whole numbers"),
        ("1/0", "this divides by zero"),
        ("[1, 2] / 0", "the quotient is too large"),
        ("[-1.0]**0.5", "it is not a real number"),
        ("(-8)**0.5", "this power is not a real number"),
        ("9**9**9", "the power is too large"),
        ("10**arange(30)", "the power does not fit into 64 bits"),
        ("ones(2) + ones(2)", "it has + between two arrays"),
        ("(" * 40 + "1" + ")" * 40, "it is more than 32 levels deep"),
        ("sqrt(-1)", "sqrt of -1 is no finite number"),
        ("exp(ones(2))", "exp takes one number here"),
        ("(1 + 2", "a ( is never closed"),
        ("[zeros(2), 1]", "a list holds numbers and lists alone"),
        ("eye(1,2,3)", "eye takes 1 to 2 lengths, not 3"),
        ("zeros(10000,10001)", "it would have 100,010,000 entries"),
        ("eye(10001)", "it would have 100,020,001 entries"),
        ("randn(" + "9" * 300 + ")", "it would have more than 1,000,000,000,000,000,000 entries"),
        ("x" * 100_001, "it has more than 100000 characters"),
        ("__import__('os')", "the character ' means nothing here"),
        ("@nowhere.npy", "there is no such file"),
        ("@.", "it is not a file"),
    ],
)
def test_every_wrong_value_has_its_message(text, problem):
    with pytest.raises(ValueTextError) as caught:
        parse_value(text, name="x")
    assert caught.value.problem == problem
    assert str(caught.value).startswith("x=" + text[:20])
    assert caught.value.cure


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("X=randn(5,4", ["never closed", "Write X=randn(5,4)"]),
        ("x=zeros((2,3)", ["never closed", "Write x=zeros((2,3))"]),
        ("x=3，y=-4", ["one input", "Write x=3 y=-4"]),
        ("x=3, y=-4", ["one input", "Write x=3 y=-4"]),
        ("x=3 y=-4", ["one input", "Write x=3 y=-4"]),
        ("x=3；y=-4; z=1", ["one input", "Write x=3 y=-4 z=1"]),
        ("x=[1, 2], y=3", ["one input", "Write x=[1, 2] y=3"]),
        ("x=data.csv", ["Write x=@data.csv"]),
        ("X=folder/weights.npy", ["Write X=@folder/weights.npy"]),
        ("x=1,5", ["point of a number", "[1, 2, 3]"]),
        ("x=[1 2; 3 4]", ["[[1, 2], [3, 4]]"]),
        ("x=@net.pt", ["np.save", "torch.load"]),
    ],
)
def test_a_mistyped_input_is_answered_with_what_was_meant(typed, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.pt").write_bytes(b"")
    with pytest.raises(ValueTextError) as caught:
        parse_input(typed)
    for word in words:
        assert word in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("a.csv", b'\xef\xbb\xbf"a","b"\r\n"1","2"\r\n', [1, 2]),
        ("a.csv", "\u5b66\u4e60,b\n1,2\n3,4\n".encode("gbk"), [[1, 2], [3, 4]]),
        ("a.csv", "1,2\n3,4\n".encode("utf-16"), [[1, 2], [3, 4]]),
        ("a.csv", b"1;2\n3;4\n", [[1, 2], [3, 4]]),
        ("a.txt", b"x y\n1\t2\n", [1, 2]),
        ("a.txt", b"1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("a.csv", b"1e0,2\n", [1.0, 2.0]),
    ],
)
def test_head_lines_and_other_separators_are_read(name, content, expected, tmp_path):
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(parse_value(f"@{tmp_path / name}"), np.array(expected), strict=True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("1,2\n3\n", "line 2 has 1 numbers, and line 1 has 2."),
        ("a,b\n1,2\n3,setosa\n", "line 3: setosa is not a number."),
        ("1,2\n3,\n", "line 2 has an empty cell."),
        ("1,5;2,0\n", "line 1: 1,5 is not a number, and the point of a number is written as a point."),
    ],
)
def test_the_line_of_a_file_that_is_no_row_is_named(content, why, tmp_path):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(ValueTextError) as caught:
        parse_value(f"@{tmp_path}/a.csv")
    assert caught.value.why == why


def test_arguments():
    assert parse_input("ｘ＝3") == ("x", 3)
    assert parse_input(" 学习率 = 0.1") == ("学习率", 0.1)
    with pytest.raises(ValueTextError, match="there is no = in it"):
        parse_input("x")
    with pytest.raises(InputNameError):
        parse_input("lambda=3")


@pytest.mark.parametrize(
    "array", [np.eye(3), np.arange(4), np.empty((0, 2)), np.float32([1, 2]), np.array(3.0), np.eye(2, dtype=">f8")]
)
def test_npy_files(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    parsed = parse_value(f"@{tmp_path / 'a.npy'}")
    np.testing.assert_array_equal(parsed, array)
    assert parsed.dtype == array.dtype.newbyteorder("=")


def test_text_files(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    (tmp_path / "a.txt").write_text("# a remark\n1.5 2\n3 4\n")
    np.testing.assert_array_equal(parse_value(f"@{tmp_path}/a.csv"), np.array([[1, 2], [3, 4]]), strict=True)
    np.testing.assert_array_equal(parse_value(f"@{tmp_path}/a.txt"), np.array([[1.5, 2], [3, 4]]), strict=True)


class Harmful:
    """Would end the test run if it were ever unpickled."""

    def __reduce__(self):
        return (sys.exit, ("unpickled",))


def npy_header(shape):
    """The first bytes of a `.npy` file that claims `shape` and holds nothing."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.npy", b"", "the file does not hold one array of numbers"),
        ("a.npy", b"no array", "the file does not hold one array of numbers"),
        ("a.npy", npy_header((5,)), "the file does not hold one array of numbers"),
        ("a.npy", npy_header((10**6, 10**6)), "it would have 1,000,000,000,000 entries"),
        ("a.npy", npy_header((-5,)), "the file does not hold one array of numbers"),
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"1,2\n3\n", "the file does not hold one array of numbers"),
        ("a.csv", b"a,b\n", "the file does not hold one array of numbers"),
        ("a.txt", b"\xff\xfe\x00", "the file cannot be read: it is not text"),
        ("a.pkl", b"", "only .npy, .csv and .txt files are read"),
    ],
)
def test_files_that_hold_no_array(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueTextError) as caught:
        parse_value(f"@{tmp_path / name}", name="x")
    assert caught.value.problem == problem


def test_pickles_are_never_opened(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Harmful()], dtype=object), allow_pickle=True)
    with pytest.raises(ValueTextError, match="pickled objects"):
        parse_value(f"@{tmp_path}/a.npy")
    np.save(tmp_path / "b.npy", np.array(["text"]))
    with pytest.raises(ValueTextError, match="not numbers"):
        parse_value(f"@{tmp_path}/b.npy")


def test_expressions_run():
    scope = {"np": np, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
    exec(read("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)").source(), scope)
    assert math.isclose(scope["f"](3.0, -4.0), 1.5456448841066441, rel_tol=1e-15)
