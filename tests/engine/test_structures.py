"""Arguments and outputs of derivatives: which are differentiated, their structures, and every misuse."""

from __future__ import annotations

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError, GatewiseError, IntegerGradientError, UpstreamError

Layer = namedtuple("Layer", "W b")
W = np.array([[1.0, 2.0], [3.0, 4.0]])
B = np.array([0.5, -0.5])


def f(x, y, z=2.0):
    return x * y * z


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 8.0),
        (1, 6.0),
        (-1, 6.0),
        ((0,), (8.0,)),
        ((1, 0), (6.0, 8.0)),
        ([0, 1], (8.0, 6.0)),
        ((0, 0), (8.0, 8.0)),
        (range(2), (8.0, 6.0)),
        ((), ()),
    ],
)
def test_argnums(argnums, expected):
    assert gw.grad(f, argnums=argnums)(3.0, 4.0) == expected
    assert gw.value_and_grad(f, argnums)(3.0, 4.0) == (24.0, expected)


def test_keyword_arguments_are_passed_on_undifferentiated():
    assert gw.grad(f)(3.0, y=4.0, z=5) == 20.0
    assert (
        gw.grad(lambda x, *, options: x * options["scale"] if options["on"] else x)(
            3.0, options={"scale": 2, "on": True}
        )
        == 2.0
    )
    assert gw.grad(lambda x, name, flag, nothing: x * len(name))(3.0, "abc", False, None) == 3.0


def test_has_aux():
    g = gw.grad(lambda x: (x * x, {"seen": x + 1, "text": "kept"}), has_aux=True)
    assert g(3.0) == (6.0, {"seen": 4.0, "text": "kept"})
    value, gradient = gw.value_and_grad(lambda x: [x * x, (x, np.ones(2))], has_aux=True)(3.0)
    assert (value[0], gradient) == (9.0, 6.0)
    assert value[1][0] == 3.0
    assert type(value[1][0]) is float


def test_aux_of_an_inner_derivative_belongs_to_the_outer_one():
    def outer(x):
        slope, kept = gw.grad(lambda y: (x * y * y, x * y), has_aux=True)(2.0)
        return slope * kept  # 4 x * 2 x

    assert gw.grad(outer)(3.0) == 16 * 3.0


def test_structures_in():
    layers = {"first": Layer(W, B), "rest": [(W * 2, 3.0), ()], "scale": np.float32(2)}

    def loss(layers):
        (W2, c), nothing = layers["rest"]
        assert nothing == ()
        assert isinstance(layers["first"], Layer)
        return (np.sum(layers["first"].W @ W2) + np.sum(layers["first"].b) * c) * layers["scale"]

    found = gw.grad(loss)(layers)
    assert type(found) is dict
    assert type(found["first"]) is Layer
    assert [type(part) for part in (found["rest"], found["rest"][0], found["rest"][1])] == [list, tuple, tuple]
    np.testing.assert_array_equal(found["first"].W, 2 * np.ones((2, 2)) @ (2 * W).T)
    np.testing.assert_array_equal(found["first"].b, [6.0, 6.0])
    assert found["rest"][0][1] == 0.0
    assert type(found["rest"][0][1]) is float
    assert type(found["scale"]) is np.float32


def test_structures_out_of_vjp_and_jvp():
    def outputs(p):
        return {"sum": p["a"] + p["b"], "parts": (p["a"] * p["b"], [np.sum(p["b"])]), "constant": 7.0, "text": "x"}

    p = {"a": B, "b": np.array([2.0, 3.0])}
    out, pullback = gw.vjp(outputs, p)
    np.testing.assert_array_equal(out["parts"][0], B * p["b"])
    assert (out["constant"], out["text"]) == (7.0, "x")
    g = {"sum": np.ones(2), "parts": (np.array([1.0, 10.0]), [2.0]), "constant": 1.0, "text": None}
    (found,) = pullback(g)
    np.testing.assert_array_equal(found["a"], 1 + np.array([2.0, 30.0]))
    np.testing.assert_array_equal(found["b"], 1 + np.array([0.5, -5.0]) + 2)
    out, tangent = gw.jvp(
        lambda p: {"sum": p["a"] + p["b"], "parts": (p["a"] * p["b"],)}, (p,), ({"a": np.ones(2), "b": np.zeros(2)},)
    )
    np.testing.assert_array_equal(tangent["sum"], np.ones(2))
    np.testing.assert_array_equal(tangent["parts"][0], p["b"])


def test_an_ordered_dict_and_a_subclass_of_list_hold_their_leaves():
    found = gw.grad(lambda p: p["a"] * p["b"])(OrderedDict(a=2.0, b=3.0))
    assert dict(found) == {"a": 3.0, "b": 2.0}


def test_the_same_output_twice_adds_up():
    _out, pullback = gw.vjp(lambda x: (x * x, x * x, x), 3.0)
    assert pullback((1.0, 10.0, 100.0)) == (6 + 60 + 100.0,)
    _y_twice, pullback = gw.vjp(lambda x: [x * x] * 2, 3.0)
    assert pullback([1.0, 10.0]) == (66.0,)
    assert gw.jvp(lambda x: [x * x] * 2, (3.0,), (1.0,)) == ([9.0, 9.0], [6.0, 6.0])


def test_an_input_that_the_output_does_not_use_gets_zeros():
    found = gw.grad(lambda p: p["a"] * 2.0)({"a": 1.0, "unused": W.astype(np.float32), "n": 3})
    np.testing.assert_array_equal(found["unused"], np.zeros((2, 2)))
    assert found["unused"].dtype == np.float32
    assert (found["n"], type(found["n"])) == (0.0, float)
    assert gw.vjp(lambda x, y: x * 1.0, 1.0, B)[1](1.0)[1].tolist() == [0.0, 0.0]
    assert gw.jvp(lambda x, y: x * 3.0, (1.0, B), (0.0, B))[1] == 0.0
    assert gw.jvp(lambda x: np.ones(2), (1.0,), (1.0,))[1].tolist() == [0.0, 0.0]


def test_what_comes_back_is_a_tensor_where_a_tensor_went_in():
    for flag in (True, False):
        x = gw.tensor(3.0, requires_grad=flag)
        assert type(gw.grad(lambda x: x * x)(x)) is gw.Tensor
        assert type(gw.grad(lambda x, y: y * y, argnums=0)(x, 2.0)) is gw.Tensor
    assert type(gw.grad(lambda x: x * x)(3.0)) is float


def test_a_function_that_ignores_its_input_or_returns_it():
    assert gw.value_and_grad(lambda x: 3.0)(2.0) == (3.0, 0.0)
    assert gw.value_and_grad(lambda x: 3)(2.0) == (3, 0.0)
    assert gw.value_and_grad(lambda x: x)(2.0) == (2.0, 1.0)
    assert gw.value_and_grad(lambda x: np.array(3.0))(2.0)[1] == 0.0
    assert gw.value_and_grad(np.floor)(2.5) == (2.0, 0.0)


def test_the_derivative_keeps_the_functions_name_and_sentence():
    assert gw.grad(f).__name__ == "f"
    assert gw.value_and_grad(test_argnums).__name__ == "test_argnums"
    assert gw.grad(np.sum)(W).tolist() == np.ones((2, 2)).tolist()


# -------------------------------------------------------------------------------------------------------- misuse

MISUSE = {
    "not a function": (lambda: gw.grad(3.0), ArgumentError, "was to be differentiated"),
    "argnums is a word": (lambda: gw.grad(f, argnums="x")(1.0, 2.0), ArgumentError, "argnums"),
    "argnums is a float": (lambda: gw.grad(f, argnums=1.0)(1.0, 2.0), ArgumentError, "argnums"),
    "argnums holds a word": (lambda: gw.grad(f, argnums=("x",))(1.0, 2.0), ArgumentError, "argnums"),
    "argnums out of range": (lambda: gw.grad(f, argnums=2)(1.0, 2.0), ArgumentError, "argument 2"),
    "argnums below": (lambda: gw.grad(f, argnums=-3)(1.0, 2.0), ArgumentError, "argument -3"),
    "no argument by position": (lambda: gw.grad(f)(x=1.0, y=2.0), ArgumentError, "argument 0"),
    "an array out": (lambda: gw.grad(lambda x: x * 2)(B), UpstreamError, r"shape \(2,\)"),
    "a string out": (lambda: gw.grad(lambda x: "a")(1.0), ArgumentError, "str"),
    "nothing out": (lambda: gw.grad(lambda x: None)(1.0), ArgumentError, "NoneType"),
    "a tuple out": (lambda: gw.grad(lambda x: (x, x))(1.0), ArgumentError, "has_aux"),
    "a truth value out": (lambda: gw.grad(lambda x: True)(1.0), ArgumentError, "bool"),
    "a comparison out": (lambda: gw.grad(lambda x: x > 1)(1.0), ArgumentError, "bool"),
    "a comparison of arrays out": (lambda: gw.grad(lambda x: np.any(x > 1))(B), ArgumentError, "bool"),
    "has_aux without a pair": (lambda: gw.grad(lambda x: x, has_aux=True)(1.0), ArgumentError, "not a pair"),
    "has_aux with three": (lambda: gw.grad(lambda x: (x, 1, 2), has_aux=True)(1.0), ArgumentError, "not a pair"),
    "has_aux with an array": (lambda: gw.grad(lambda x: x, has_aux=True)(B), ArgumentError, "not a pair"),
    "whole numbers": (lambda: gw.grad(np.sum)(np.array([1, 2])), IntegerGradientError, "int64"),
    "whole numbers inside": (lambda: gw.grad(lambda p: p["n"])({"n": np.array([1, 2])}), IntegerGradientError, "int64"),
    "a numpy int": (lambda: gw.grad(lambda x: x * 2)(np.int32(3)), IntegerGradientError, "int32"),
    "truth values": (lambda: gw.grad(np.sum)(np.array([True])), IntegerGradientError, "bool"),
    "complex numbers": (lambda: gw.grad(np.sum)(np.array([1j])), GatewiseError, "complex"),
    "a complex number": (lambda: gw.grad(lambda x: x)(1j), GatewiseError, "complex"),
    "a word": (lambda: gw.grad(lambda x: x)("abc"), GatewiseError, "abc"),
    "None": (lambda: gw.grad(lambda x: x)(None), GatewiseError, "None"),
    "a truth value": (lambda: gw.grad(lambda x: x)(True), GatewiseError, "True"),
    "an object": (lambda: gw.grad(lambda x: x)(object()), GatewiseError, "object"),
    "upstream of another shape": (lambda: gw.vjp(lambda x: x * 2, B)[1](np.ones(3)), UpstreamError, r"\(2,\)"),
    "a Tensor upstream of another shape": (
        lambda: gw.vjp(lambda x: x * 2, B)[1](gw.tensor(np.ones(3))),
        UpstreamError,
        r"\(2,\)",
    ),
    "upstream of another structure": (lambda: gw.vjp(lambda x: (x, x), 1.0)[1](1.0), UpstreamError, "structure"),
    "upstream with another key": (lambda: gw.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}), UpstreamError, "structure"),
    "a complex upstream": (lambda: gw.vjp(lambda x: x * 2, 1.0)[1](1j), UpstreamError, "complex"),
    "a tangent of another shape": (lambda: gw.jvp(lambda x: x * 2, (B,), (1.0,)), UpstreamError, r"\(2,\)"),
    "a tangent too few": (lambda: gw.jvp(f, (1.0, 2.0), (1.0,)), ArgumentError, "tangents"),
    "no tuple of primals": (lambda: gw.jvp(f, 1.0, (1.0,)), ArgumentError, "tuple"),
    "no tuple of tangents": (lambda: gw.jvp(f, (1.0, 2.0), 1.0), ArgumentError, "tuple"),
    "a vjp of a number": (lambda: gw.vjp(3.0, 1.0), ArgumentError, "was to be differentiated"),
    "a jvp of a number": (lambda: gw.jvp(3.0, (1.0,), (1.0,)), ArgumentError, "was to be differentiated"),
}


@pytest.mark.parametrize(("misuse", "error", "words"), MISUSE.values(), ids=MISUSE)
def test_every_misuse_is_one_clear_message(misuse, error, words):
    with pytest.raises(error, match=words) as caught:
        misuse()
    message = str(caught.value)
    assert "\n  line " in message
    assert "why:" in message
    assert "instead:" in message


def test_a_mistake_of_the_users_own_comes_through_as_it_is():
    with pytest.raises(KeyError, match="nothing here"):
        gw.grad(lambda p: p["nothing here"])({"a": 1.0})
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        gw.grad(f)(1.0)
    with pytest.raises(ValueError, match="the user's own"):
        gw.grad(lambda x: (_ for _ in ()).throw(ValueError("the user's own")))(1.0)


def test_shapes_that_do_not_fit_name_both_operands():
    X, V = np.ones((5, 4)), np.ones((5, 10))
    with pytest.raises(GatewiseError) as caught:
        gw.grad(lambda X, V: np.sum(X @ V))(X, V)
    message = str(caught.value)
    assert "matmul cannot take X (5, 4) and V (5, 10)" in message
    assert "Actual: 4 != 5" in message
    with pytest.raises(GatewiseError, match=r"add cannot take X \(5, 4\) and an array \(3,\)"):
        gw.grad(lambda X: np.sum(X + np.ones(3)))(X)
