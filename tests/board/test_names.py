"""Names that gatewise and its circuits do not have, and arrays that are not NumPy's: what is said of each."""

from __future__ import annotations

import copy
import subprocess
import sys

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError, MissingNameError

MISSING = [
    ("log_softmax", "gw.logsumexp"),
    ("show", "gw.circuit"),
    ("backward", "gw.grad(f)(x)"),
    ("gradcheck", "gw.check(f, x)"),
    ("Variable", "gw.tensor(x)"),
    ("exp", "np.exp"),
    ("zeros", "np.zeros"),
    ("Linear", "gw.nn.Linear"),
    ("mse_loss", "gw.nn.functional.mse_loss"),
    ("SGD", "gw.optim.SGD"),
    ("digits", "gw.data.digits"),
    ("gard", "Did you mean grad?"),
    ("nothing_like_it", "dir(gw)"),
]


@pytest.mark.parametrize(("name", "cure"), MISSING)
def test_a_name_that_gatewise_does_not_have_says_what_does_it(name, cure):
    with pytest.raises(MissingNameError, match=f"gatewise has no {name}") as caught:
        getattr(gw, name)
    assert cure in caught.value.cure
    assert isinstance(caught.value, AttributeError)
    assert not hasattr(gw, name)


def test_a_name_that_cannot_be_imported_is_an_import_error():
    with pytest.raises(ImportError):
        from gatewise import log_softmax  # noqa: F401


def test_private_names_are_plain_attribute_errors_and_load_nothing():
    code = (
        "import sys, gatewise as gw, builtins; assert not hasattr(gw, '__nothing__');"
        "assert not hasattr(gw, '_nothing'); assert 'gatewise.nn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not {"PUBLIC", "missing"} & set(dir(gw))


OF_A_CIRCUIT = [
    ("show", "c.svg()"),
    ("plot", "c.svg()"),
    ("backward", "c.gradients"),
    ("grad", "c.gradients"),
    ("staged", "c.code()"),
    ("derivation", "c.derive()"),
    ("json", "c.to_json()"),
    ("dot", "c.to_dot()"),
    ("to_dict", "json.loads(c.to_json())"),
    ("wire", 'c.card("q")'),
    ("output", "c.value"),
    ("x", 'c["x"]'),
    ("valeu", "Did you mean value?"),
    ("nothing_like_it", "dir(c)"),
]


@pytest.mark.parametrize(("name", "cure"), OF_A_CIRCUIT)
def test_a_name_that_a_circuit_does_not_have_says_what_does_it(name, cure):
    c = gw.circuit("x * y", x=2.0, y=3.0)
    with pytest.raises(MissingNameError, match=f"a circuit has no {name}") as caught:
        getattr(c, name)
    assert cure in caught.value.cure


def test_circuits_are_copied_and_asked_for_private_names_as_before():
    c = gw.circuit("x * y", x=2.0, y=3.0)
    assert copy.copy(c).value == 6.0
    assert not hasattr(c, "_repr_png_")
    assert "__len__" not in dir(c)
    with pytest.raises(AttributeError):
        gw.Circuit.__new__(gw.Circuit).value  # noqa: B018  (a circuit that was never made)


def test_what_gw_circuit_returns_is_a_circuit_which_no_name_makes():
    c = gw.circuit("x * y", x=2.0, y=3.0)
    assert type(c) is gw.Circuit
    assert type(c.cut("f")) is type(c.fold()) is type(c.fold().unfold()) is gw.Circuit
    assert repr(c).startswith("<circuit f = 6.0")
    for made in (lambda: gw.Circuit("x * y", x=2.0, y=3.0), lambda: gw.Circuit(lambda x: x, 2.0), gw.Circuit):
        with pytest.raises(ArgumentError, match=r"gw\.Circuit makes no circuit") as caught:
            made()
        assert "gw.circuit(f, x=2.0)" in caught.value.cure
    with pytest.raises(MissingNameError) as caught:
        gw.Board  # noqa: B018  (its name before)
    assert "gw.circuit" in caught.value.cure


def test_an_error_inside_a_property_is_told_as_it_is(monkeypatch):
    c = gw.circuit("x * y", x=2.0, y=3.0)
    monkeypatch.setattr("gatewise._board.circuits.record", None)
    with pytest.raises(TypeError):
        c.gradients  # noqa: B018


def test_lists_are_arrays_in_an_expression():
    c = gw.circuit("sum(x * y)", x=[1.0, 2.0], y=3.0)
    np.testing.assert_array_equal(c.gradients["x"], [3.0, 3.0])
    assert gw.circuit("sum(x * n)", x=2.0, n=(1, 2)).value == 6.0
    for wrong in ([[1.0, 2.0], [3.0]], ["a"], [None]):
        with pytest.raises(ArgumentError, match="x is a list that is no array") as caught:
            gw.circuit("sum(x)", x=wrong)
        assert "np.array" in caught.value.cure


class Frame:
    """An array of another library, as far as gatewise meets it."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=float)
        self.shape = self.values.shape

    def __mul__(self, other):
        raise TypeError("unsupported operand type(s) for *")

    __rmul__ = __mul__


def of(library, kind, **attributes):
    return type(kind, (Frame,), {"__module__": library, **attributes})([1.0, 2.0])


@pytest.mark.parametrize(
    ("library", "kind", "attributes", "cure"),
    [
        ("pandas.core.frame", "DataFrame", {}, "X.to_numpy()"),
        ("polars", "Series", {}, "X.to_numpy()"),
        ("torch", "Tensor", {}, "X.numpy()"),
        ("torch", "Tensor", {"requires_grad": True}, "X.detach().numpy()"),
        ("jaxlib.xla_extension", "ArrayImpl", {}, "np.asarray(X)"),
    ],
)
def test_another_librarys_array_is_named_with_the_way_to_numpy(library, kind, attributes, cure):
    X = of(library, kind, **attributes)
    for run in (
        lambda: gw.circuit(lambda X, w: np.sum(X * w), X, 2.0),
        lambda: gw.grad(lambda w, X: np.sum(X * w))(2.0, X),
        lambda: gw.check(lambda X: np.sum(X * 2.0), X),
    ):
        with pytest.raises(ArgumentError) as caught:
            run()
        assert kind in str(caught.value)
        assert ".numpy()" in caught.value.cure or "to_numpy()" in caught.value.cure or "np.asarray" in caught.value.cure
    with pytest.raises(ArgumentError) as caught:
        gw.circuit(lambda X, w: np.sum(X * w), X, 2.0)
    assert cure in caught.value.cure


def test_other_errors_of_a_function_stay_what_they_are():
    with pytest.raises(ZeroDivisionError):
        gw.circuit(lambda x: x * (1 / 0), 2.0)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda: gw.circuit("x * y", {"x": 1.0, "y": 2.0}), "**inputs"),
        (lambda: gw.circuit("x * y", x="1", y=2.0), "x=1.0"),
        (lambda: gw.circuit("notes.ipynb"), "notes.ipynb cannot be read"),
        (lambda: gw.tensor([[1.0, 2.0], [3.0]]), "rows of one length"),
        (lambda: gw.grad(lambda x: x * x, 3.0), "gw.grad(f)(x)"),
    ],
)
def test_arguments_given_in_another_way_are_answered_with_the_right_one(run, said):
    with pytest.raises(gw.GatewiseError) as caught:
        run()
    assert said in str(caught.value)
