"""The grammar of staged code, one small golden text for each of its rules."""

from __future__ import annotations

import json
import linecache
import textwrap
from typing import Any

import numpy as np
import pytest

import gatewise as gw

ONES = np.ones((2, 3))
ARRAYS = {
    "np.arange(3)": np.arange(3),
    "np.arange(3.0)": np.arange(3.0),
    "np.zeros(3)": np.zeros(3),
    "np.ones(3)": np.ones(3),
    "np.eye(3)": np.eye(3),
}


def function(body: str, **names: Any) -> Any:
    """The function `f` of a text, with source that can be found again."""
    source = textwrap.dedent(body).strip() + "\n"
    filename = f"<grammar {hash(source)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"np": np, "gw": gw, **names}
    exec(compile(source, filename, "exec"), namespace)
    return namespace["f"]


def lines(text: str) -> list[str]:
    """The statements of the body, without comments behind them; quoted lines stay."""
    body = text[text.index("def f_and_gradients") :].splitlines()[1:]
    kept = [line.strip() if line.strip().startswith("#") else line.split("  #")[0].strip() for line in body]
    return [line for line in kept if line and not line.startswith(("# forward", "# backward"))]


def backward(text: str) -> list[str]:
    """The statements of the backward pass alone, without quotes."""
    kept = lines(text[text.index("# backward pass") :].replace("# backward pass", "def f_and_gradients", 1))
    return [line for line in kept if not line.startswith("#")]


def printed(f: Any, *args: Any, **kwargs: Any) -> str:
    return str(gw.circuit(f, *args, **kwargs).code())


def runs(text: str, *args: Any, **kwargs: Any) -> Any:
    names: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), names)
    return names["f_and_gradients"](*args, **kwargs)


def test_text_starts_with_its_imports_and_runs_on_its_own() -> None:
    text = printed(function("def f(x, y):\n    return x * np.exp(y)"), 2.0, 0.5)
    assert text.startswith("import numpy as np\n\ndef f_and_gradients(x, y):\n")
    assert runs(text, 2.0, 0.5) == (2 * np.exp(0.5), (np.exp(0.5), 2 * np.exp(0.5)))


def test_first_gradient() -> None:
    f = function("def f(x):\n    return x * 2")
    assert backward(printed(f, 2.0))[0] == "df = 1.0"
    assert backward(printed(f, ONES, upstream=ONES))[0] == "df = np.ones_like(f)"


def test_other_upstream_gradients_are_a_keyword_argument() -> None:
    text = printed(function("def f(x):\n    return x * 2"), ONES, upstream=2 * ONES)
    assert "def f_and_gradients(x, *, df):" in text
    assert np.array_equal(runs(text, ONES, df=3 * ONES)[1], 6 * ONES)


def test_signature_as_the_user_has_it_then_captured_arrays() -> None:
    f = function("def f(x, n=3, *, scale=0.5):\n    return np.sum(x * A) * scale + n", A=np.array([3.0, 1.0]))
    c = gw.circuit(f, np.array([1.0, 2.0]))
    assert "def f_and_gradients(x, n=3, *, scale=0.5, A):" in c.code()
    assert list(c.captured) == ["A"]
    value, dx = runs(str(c.code()), np.array([1.0, 2.0]), **c.captured)
    assert value == 5.5
    assert dx.tolist() == [1.5, 0.5]


def test_positional_only_and_collected_arguments() -> None:
    f = function("def f(x, /, y, *rest, **more):\n    return x * y * rest[0] * more['z']")
    text = printed(f, 1.0, 2.0, 3.0, z=5.0)
    assert "def f_and_gradients(x, /, y, *rest, **more):" in text
    assert runs(text, 1.0, 2.0, 3.0, z=5.0) == (30.0, (30.0, 15.0, [10.0], {"z": 6.0}))


def test_dict_parameters_come_back_as_grads() -> None:
    f = function("def f(params):\n    return np.sum(params['W2'] * params['b'])")
    text = printed(f, {"W2": ONES, "b": ONES})
    assert backward(text) == [
        "grads = {}",
        "df = 1.0",
        'grads["W2"] = params["b"] * df',
        'grads["b"] = params["W2"] * df',
        "return f, grads",
    ]


def test_nested_structures_and_lists_keep_their_form() -> None:
    f = function("def f(p):\n    return p['layers'][0] * p['layers'][1] * p['out']['W']")
    text = printed(f, {"layers": [2.0, 3.0], "out": {"W": 5.0}})
    assert runs(text, {"layers": [2.0, 3.0], "out": {"W": 5.0}})[1] == {"layers": [15.0, 10.0], "out": {"W": 6.0}}


def test_stages_in_the_users_order_with_literals_as_typed() -> None:
    f = function("def f(x):\n    a = x * 1e-1 + 2\n    b = 0.50 * a\n    return b")
    assert lines(printed(f, 2.0))[:2] == ["a = x * 1e-1 + 2", "b = 0.50 * a"]


@pytest.mark.parametrize(
    ("body", "gradient"),
    [
        ("1.0 / x", "dx = (-1.0 / x**2) * df"),
        ("1 / x", "dx = (-1.0 / x**2) * df"),
        ("y / x", "dx = (-f / x) * df"),
        ("x**2", "dx = (2 * x) * df"),
        ("x * x", "dx = (2 * x) * df"),
        ("np.power(x, 2)", "dx = (2 * x) * df"),
        ("1 / (1 + np.exp(-x))", "dx = ((1 - f) * f) * df"),
    ],
)
def test_local_gradients_as_one_writes_them(body: str, gradient: str) -> None:
    assert gradient in backward(printed(function(f"def f(x, y):\n    f = {body}\n    return f"), 2.0, 3.0))


def test_square_and_power_keep_their_own_forward() -> None:
    f = function("def f(x):\n    a = x**2\n    b = np.power(x, 2)\n    return a + b")
    assert lines(printed(f, 0.1))[:2] == ["a = x**2", "b = np.power(x, 2)"]


def test_composite_stage_keeps_the_users_line_where_the_rule_needs_inputs_and_output_only() -> None:
    f = function("def f(x):\n    s = 1.0 / (1 + np.exp(-x))\n    return s")
    assert lines(printed(f, 2.0))[0] == "s = 1.0 / (1 + np.exp(-x))"


def test_composite_stage_is_split_where_the_rule_needs_more() -> None:
    f = function("def f(x, y):\n    z = np.sin(x * y) + x\n    return z")
    assert lines(printed(f, 2.0, 3.0)) == [
        "# z = np.sin(x * y) + x",
        "z_1 = x * y",
        "z = np.sin(z_1) + x",
        "dz = 1.0",
        f"{'# backprop z = np.sin(x * y) + x':<52} (1)",
        "dx = dz",
        "dz_1 = np.cos(z_1) * dz",
        "dx += y * dz_1",
        "dy = x * dz_1",
        "return z, (dx, dy)",
    ]


def test_first_contribution_assigns_and_every_further_one_adds() -> None:
    f = function("def f(x):\n    a = x + 1\n    b = x * 2\n    c = a * b\n    return c - x")
    assert backward(printed(f, 2.0)) == [
        "df = 1.0",
        "dc = df",
        "dx = -df",
        "da = b * dc",
        "db = a * dc",
        "dx += 2 * db",
        "dx += da",
        "return f, dx",
    ]


def test_copies_where_a_name_or_a_view_is_added_to_or_returned() -> None:
    f = function("def f(x):\n    a = x.T\n    b = a + a[::-1]\n    return b")
    upstream = np.arange(6.0).reshape(3, 2)
    text = printed(f, ONES, upstream=upstream)
    assert backward(text) == ["da = db.copy()", "da[::-1] += db", "dx = da.T.copy()", "return b, dx"]
    _, dx = runs(text, ONES, db=upstream)
    assert dx.base is None
    assert upstream.tolist() == np.arange(6.0).reshape(3, 2).tolist()


def test_a_name_that_is_added_to_later_is_copied() -> None:
    f = function("def f(x):\n    a = x * 2\n    b = a + x\n    return b")
    assert backward(printed(f, ONES, upstream=2 * ONES)) == [
        "da = db",
        "dx = db.copy()",
        "dx += 2 * da",
        "return b, dx",
    ]


def test_wrt_limits_what_is_computed() -> None:
    f = function("def f(X, W):\n    D = X @ W\n    return np.sum(np.tanh(D))")
    text = printed(f, ONES, np.ones((3, 4)), wrt="W")
    assert "dX" not in text
    assert text.endswith("return f, dW\n")


def test_inputs_that_do_not_matter_get_zeros() -> None:
    text = printed(function("def f(x, y):\n    z = y * 2\n    return np.sum(x)"), ONES, 3.0)
    assert "z" not in text.replace("zeros", "")
    assert runs(text, ONES, 3.0)[1][1] == 0.0


def test_shapes_are_told_with_the_users_names_where_there_is_one() -> None:
    f = function("def f(X, W):\n    N = X.shape[0]\n    S = X @ W\n    return np.sum(S * S) / N")
    text = printed(f, np.ones((5, 4)), np.ones((4, 3)))
    assert lines(text)[0] == "N = X.shape[0]"
    assert [" ".join(line.split()) for line in text.splitlines() if "dW =" in line] == [
        "dW = X.T @ dS # (D, C) = (D, N) @ (N, C)"
    ]


def test_second_binding_gets_a_number_and_the_users_line_as_comment() -> None:
    f = function("def f(x):\n    h = x * x\n    h = h * x\n    return h")
    text = lines(printed(f, 2.0))
    assert text[:3] == ["h = x * x", "# h = h * x", "h_2 = h * x"]
    assert "dh_2 = 1.0" in text


def test_loops_and_augmented_assignment_bind_again() -> None:
    f = function("def f(x):\n    s = 0.0\n    for _ in range(2):\n        s += x * x\n    return s")
    assert lines(printed(f, 2.0))[:3] == ["s = 0.0 + x * x", "# s += x * x", "s_2 = s + x * x"]


def test_helpers_belong_to_the_line_that_called_them() -> None:
    def helper(a: Any) -> Any:
        b = a * a
        return np.tanh(b)

    f = function("def f(x):\n    y = helper(x) * 3\n    return y", helper=helper)
    assert lines(printed(f, 0.5))[:3] == ["# y = helper(x) * 3", "y_2 = np.tanh(x * x)", "y = y_2 * 3"]


def test_parts_of_a_tuple_assignment_are_stages() -> None:
    f = function("def f(x):\n    a, b = x + 1, x * 2\n    return a * b")
    assert lines(printed(f, 2.0))[:3] == ["a = x + 1", "b = x * 2", "f = a * b"]


def test_several_outputs() -> None:
    f = function(
        "def f(x):\n    a, b = np.split(x, 2)\n"
        "    _, ld = np.linalg.slogdet(np.outer(a, a) + E)\n    return ld + np.sum(b)",
        E=np.eye(2) * 3,
    )
    text = printed(f, np.array([1.0, 2.0, 3.0, 4.0]))
    assert lines(text)[0] == "a, b = np.split(x, 2)"
    assert any(line.startswith("_, ld = np.linalg.slogdet(") for line in lines(text))


def test_names_the_user_took_move_ours() -> None:
    f = function("def f(np, dx, df=2.0):\n    x = numpy.exp(np) * dx\n    return x / df", numpy=np)
    text = printed(f, 2.0, 3.0)
    assert text.startswith("import numpy as np_\n")
    assert "dx_ = df_ / df" in text
    value, (dnp, ddx) = runs(text, 2.0, 3.0)
    assert (value, dnp, ddx) == (np.exp(2.0) * 3 / 2, np.exp(2.0) * 3 / 2, np.exp(2.0) / 2)


def test_keywords_and_modules_are_never_names() -> None:
    f = function(
        "def f(x):\n    d = {}\n    d['class'] = x * 2\n"
        "    d['np'] = d['class'] + 1\n    return np.exp(d['np']) * d['class']"
    )
    text = printed(f, 0.5)
    assert runs(text, 0.5)[0] == np.exp(2.0)


def test_builtins_and_chinese_names_are_names() -> None:
    f = function("def f(层, sum):\n    max = 层 * sum\n    return max")
    assert lines(printed(f, 2.0, 3.0))[0] == "max = 层 * sum"


def test_without_source_names_are_made_up() -> None:
    names: dict[str, Any] = {"np": np}
    exec("def f(x, y):\n    z = np.tanh(x * y)\n    return z * x", names)
    text = printed(names["f"], 2.0, 3.0)
    assert lines(text)[:2] == ["f_2 = np.tanh(x * y)", "f = f_2 * x"]


def test_lambda() -> None:
    assert lines(printed(lambda x, y: x * y, 2.0, 3.0))[0] == "f = x * y"


@pytest.mark.parametrize("array", ARRAYS)
def test_arrays_told_by_their_value(array: str) -> None:
    f = function("def f(x):\n    return np.sum(x * A) + np.sum(x)", A=ARRAYS[array])
    c = gw.circuit(f, np.ones(3))
    assert c.captured == {}
    assert array in c.code()


def test_index_that_is_an_argument_keeps_its_name_and_may_repeat() -> None:
    f = function("def f(x, i):\n    a = x[i]\n    return np.sum(a)")
    text = printed(f, np.arange(3.0), np.array([0, 1, 2]))
    assert "np.add.at(dx, i, da)" in text
    assert runs(text, np.arange(3.0), np.array([1, 1, 1]))[1].tolist() == [0, 3, 0]


def test_slices_are_written_into_their_places() -> None:
    f = function("def f(x):\n    a = x[1:]\n    b = x[:-1, None, 0]\n    return np.sum(a) + np.sum(b * b)")
    assert {"dx = np.zeros_like(x)", "dx[:-1, None, 0] = db", "dx[1:] += da"} <= set(backward(printed(f, ONES)))


def test_a_spread_number_is_left_to_broadcasting() -> None:
    f = function("def f(x):\n    return 3 * np.sum(x**2)")
    assert backward(printed(f, ONES)) == ["df = 1.0", "dx = (2 * x) * (3 * df)", "return f, dx"]


def test_products_with_vectors() -> None:
    f = function("def f(A, v, w):\n    y = A @ v\n    return y @ w")
    text = backward(printed(f, ONES, np.ones(3), np.ones(2)))
    assert {"dy = w * df", "dw = y * df", "dv = A.T @ dy", "dA = np.outer(dy, v)"} <= set(text)


def test_masks_only_where_they_matter() -> None:
    smooth = function("def f(x):\n    return np.sum(np.maximum(x, 0)**2 * 3)")
    assert backward(printed(smooth, ONES)) == ["df = 1.0", "dx = ((2 * f_1) * (3 * df)) * (x > 0)", "return f, dx"]
    steep = function("def f(x):\n    return np.sum(np.where(x > 0, np.sqrt(x), 0))")
    x = np.array([0.0, 1.0, 4.0])
    with np.errstate(all="ignore"):
        assert runs(printed(steep, x + 1), x)[1].tolist() == [0.0, 0.5, 0.25]


def test_both_branches_of_a_switch_between_numbers_are_written() -> None:
    text = printed(function("def f(x, y):\n    return np.maximum(x, y)"), 4.0, 2.0)
    assert runs(text, 4.0, 2.0) == (4.0, (1.0, 0.0))
    assert runs(text, 1.0, 2.0) == (2.0, (0.0, 1.0))


def test_blocks_by_name_are_defined() -> None:
    text = printed(
        function("def f(x):\n    return np.sum(gw.sigmoid(x)) + np.sum(gw.softmax(x))"), np.array([1.0, 2.0])
    )
    assert "def sigmoid(x):\n    return 1.0 / (1.0 + np.exp(-x))\n" in text
    assert "def softmax(x):\n" in text


def test_second_order() -> None:
    f = function("def f(x):\n    g = gw.grad(lambda t: t**3)(x)\n    return g * x")
    value, dx = runs(printed(f, 2.0), 2.0)
    assert (value, dx) == (24.0, 36.0)


def test_second_order_on_arrays_runs() -> None:
    f = function(
        "def f(x, w):\n    g = gw.grad(lambda t: np.sum(np.tanh(t * w)[i]**2))(x)\n    return np.sum(g * g)",
        i=np.array([0, 1, 1]),
    )
    x, w = np.array([0.3, -0.2, 0.9]), np.array([1.0, 2.0, 0.5])
    c = gw.circuit(f, x, w)
    value, gradients = runs(str(c.code()), x, w, **c.captured)
    expected, wanted = gw.value_and_grad(f, argnums=(0, 1))(x, w)
    assert value == expected
    for got, right in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-12)


def test_second_order_with_switches_and_matrices_runs() -> None:
    f = function(
        """
        def f(A, b):
            g = gw.grad(lambda t: np.sum(np.where(t > 0, t**2, np.sin(t)) @ b) + np.log(np.sum(np.exp(t))))(A)
            return np.sum(g * A)
        """
    )
    A, b = np.array([[0.3, -0.2], [0.9, -1.4]]), np.array([1.0, 2.0])
    value, gradients = runs(printed(f, A, b), A, b)
    expected, wanted = gw.value_and_grad(f, argnums=(0, 1))(A, b)
    assert value == expected
    for got, right in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-12)


def test_notes_keep_every_local_factor() -> None:
    f = function("def f(x, y):\n    q = x + y\n    f = q * x\n    return f")
    text = str(gw.circuit(f, 2.0, 3.0).code("notes"))
    assert "dq = x * df    # local x, upstream df" in text
    assert "dx += (1) * dq    # local 1, upstream dq" in text
    assert runs(text, 2.0, 3.0) == runs(printed(f, 2.0, 3.0), 2.0, 3.0)


def test_one_definition_serves_all_calls_of_a_gate_of_ours():
    def loss(s, y):
        return (
            gw.cross_entropy(s, y) + gw.cross_entropy(s * 2, y) + gw.softmax(s)[0, 0] + gw.softmax(s * s, axis=0)[0, 0]
        )

    text = gw.circuit(loss, s=np.array([[0.5, 2.0]]), y=np.array([1])).code()
    assert text.count("def cross_entropy") == 1
    assert text.count("def softmax") == 2


# --------------------------------------------------------------------------------------------- texts of local gradients


def local_texts(c: Any) -> list[str | None]:
    return [use["local_text"] for use in json.loads(c.to_json())["uses"]]


def test_the_logarithm_of_a_base_is_told_by_the_base() -> None:
    c = gw.circuit("2**x", x=3.0)
    assert local_texts(c) == ["f * np.log(2)"]
    text = str(c.code())
    assert "dx = (f * np.log(2)) * df" in text
    assert runs(text, 3.0) == (8.0, c.gradients["x"])
    text = printed(function("def f(x):\n    return np.sum(2.5**x + x * 0.125)"), np.array([1.0, 2.0]))
    assert "np.log(2.5)" in text
    assert "float64" not in text


def test_a_long_number_is_told_as_it_was_made() -> None:
    assert local_texts(gw.circuit("x / 3", x=1.0)) == ["1 / 3"]
    assert local_texts(gw.circuit("x * 0.123456789", x=1.0)) == ["0.123456789"]
    assert local_texts(gw.circuit("x * 0.25 + x / 4", x=1.0)) == ["0.25", "0.25", "1", "1"]
    assert local_texts(gw.circuit("sum(x) / 3", x=ONES)) == [None, "1 / 3"]
    assert local_texts(gw.circuit("sum(x / 7)", x=ONES))[0] == "1 / 7"


def test_a_share_of_a_tie_needs_no_mask() -> None:
    texts = local_texts(gw.circuit("sum(maximum(x, y))", x=np.array([1.0, 2.0]), y=np.array([1.0, 3.0])))
    assert texts[:2] == ["(x > y) + 0.5 * (x == y)", "(y > x) + 0.5 * (y == x)"]
