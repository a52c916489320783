"""How numbers are written."""

import pytest

from gatewise._views.numbers import Summary, number, quantity
from gatewise._views.patterns import stretched_axes
from gatewise._views.text import cells, plain_text, shorten


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-12, "-12"),
        (-12.0, "-12"),
        (123456789.0, "123456789"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.19661193324148185, "0.1966"),
        (1.5, "1.5"),
        (0.9999999, "1.000"),
        (2.9999999999999996, "3.000"),
        (1e-7, "1e-07"),
        (1e300, "1e+300"),
        (None, "-"),
        ("nan", "NaN!"),
        (float("-inf"), "-inf!"),
        (True, "True"),
    ],
)
def test_four_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (2.0, 2, "2.00"),
        (0.0, 2, "0"),
        (-0.001, 2, "0.00"),
        (0.367879, 2, "0.37"),
        (None, 2, "-"),
        (1e20, 2, "1.00e+20"),
        (2.5, 0, "2"),
    ],
)
def test_digits_gives_that_many_decimals(value, digits, text):
    assert number(value, digits) == text


def test_arrays():
    assert quantity([1, 2, 3, 4]) == "[1, 2, 3, 4]"
    assert quantity([[1, 2], [3, 0.5]]) == "[[1, 2], [3, 0.5]]"
    assert quantity([1, 2, 3, 4, 5]) == "mean 3 max|.| 5"
    assert quantity([1, "nan", 3, 4, "nan"]) == "NaN! in 2 of 5"
    assert quantity([True, False, True, True, False]) == "True in 3 of 5"
    assert quantity([]) == "[]"
    assert quantity(None) == "-"
    assert quantity(None, Summary(-3, 2, 0.5, 9)) == "mean 0.5 max|.| 3"
    assert quantity(None, Summary("nan", "nan", "nan", "nan")) == "NaN! inside"


def test_axes_that_broadcasting_stretched():
    assert stretched_axes((), (2, 3)) == (0, 1)
    assert stretched_axes((2, 1), (2, 3)) == (1,)
    assert stretched_axes((3,), (3,)) == ()
    assert stretched_axes((2,), (3,)) == ()


def test_text():
    assert plain_text("x\u202ey\x00") == "x\\u202ey\\x00"
    assert plain_text("<b>") == "<b>"
    assert cells("e\u0301") == 1
    assert shorten("损失函数", 5) == "损失…"
