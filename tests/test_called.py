"""Counting what public code calls of NumPy: each spelling of an import, each kind of answer."""

import ast
from collections import Counter

import pytest

from tools.called import FILES, answer, calls, drawn, table

TEXT = """
import numpy
import numpy as xp
import numpy.linalg as la
from numpy import exp, random as rnd
from numpy.fft import fft as transform
import scipy

numpy.dot(xp.zeros(3), la.inv(exp(transform(rnd.randn(3)))))
xp.add.at(a, i, b)
scipy.linalg.inv(a).sum()
xp.pi
"""


def test_every_spelling_of_an_import_is_counted():
    assert Counter(calls(ast.parse(TEXT))) == Counter(
        ["np.dot", "np.zeros", "np.linalg.inv", "np.exp", "np.fft.fft", "np.random.randn", "np.add.at"]
    )


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("np.dot", "a gate"),
        ("np.hstack", "gates put together"),
        ("np.shape", "its value"),
        ("np.copyto", "an assignment"),
        ("np.zeros", "as NumPy"),
        ("np.random.randn", "as NumPy"),
        ("np.float64", "as NumPy"),
        ("np.isscalar", "as NumPy"),
        ("np.add.reduce", "a gate"),
        ("np.gcd", "nothing"),
        ("np.gcd.reduce", "nothing"),
        ("np.i0", "nothing"),
        ("np.lib.stride_tricks.as_strided", "nothing"),
        ("np.no_such_name", "not in this NumPy"),
    ],
)
def test_how_a_call_is_answered(name, by):
    assert answer(name) == by


def test_files_are_taken_from_each_folder_in_turn(tmp_path):
    called = {"many/a.py": "sin", "many/b.py": "sin", "many/c.py": "sin", "one/a.py": "gcd", "one/test_a.py": "cos"}
    for file, name in called.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("import numpy as np\n" + f"np.{name}(1)\n" * 5)
    (tmp_path / "one" / "old.py").write_text("print 1")
    taken = drawn(tmp_path, FILES)
    assert [sorted(file) for file in taken] == [["np.sin"], ["np.gcd"], ["np.sin"], ["np.sin"]]
    assert "answered: 15 of the 20 that this NumPy has (75.0%)" in table(taken)
    assert [sorted(file) for file in drawn(tmp_path, 2)] == [["np.sin"], ["np.gcd"]]
