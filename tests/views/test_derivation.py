"""The derivation: the goldens, every number of the two-layer net, hostile names, and that TeX and Markdown take it."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source.test_goldens import GOLDENS, function_of, net, net_inputs

import gatewise as gw
from gatewise._errors import UnknownWireError
from gatewise._views.derivation import derivation, standalone
from gatewise._views.derivation.dimensions import fitting
from gatewise._views.derivation.page import broken
from gatewise._views.derivation.symbols import Symbols
from views import records

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "derivation.md"
ABOVE = """\
<!-- Made by `python -m views.test_derivation` in `tests`; a test holds it to what gatewise writes. -->

The net of CS231n's first assignment, derived by gatewise from one run of it: `scores = maximum(0, X W1 + b1) W2 + b2`,
softmax cross-entropy, and a penalty on the squares of both matrices.

"""


def record_of(c: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(c.to_json())
    return record


def derived(c: Any, name: str | None = None, **options: Any) -> str:
    return derivation(record_of(c), name, **options)


def compound() -> Any:
    return gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4)


def affine(shapes: tuple[tuple[int, ...], ...], seed: int = 0) -> Any:
    def Y(X, W, b):
        Y = X @ W + b
        return Y

    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape) for shape in shapes]
    return gw.circuit(Y, *arrays, upstream=rng.normal(size=(shapes[0][0], shapes[1][1])))


def displays(text: str) -> list[str]:
    """The displayed formulas, line by line."""
    blocks = re.findall(r"^\$\$\n(.*?)\n\$\$$", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removesuffix(r" \\") for line in lines if not line.startswith((r"\begin", r"\end"))]


def plain_form(line: str) -> str:
    r"""`\frac{\partial f}{\partial z} &= ...` as the goldens write it: `df/dz = ...`."""
    line = re.sub(r"\\frac\{\\partial (\w+)\}\{\\partial (\w+)\}", r"d\1/d\2", line)
    line = re.sub(r"\((-[\d.]+)\)", r"\1", line)
    return line.replace(r"\cdot", "*").replace("&=", "=")


# --------------------------------------------------------------------------------------------------------- the goldens


def test_compound_is_the_golden_in_order() -> None:
    lines = [plain_form(line) for line in displays(derived(compound()))]
    assert [line for line in lines if line.startswith("df/")] == GOLDENS["derivations"]["compound"]


def test_latex_has_the_same_formulas() -> None:
    text = derived(compound(), latex=True)
    lines = [plain_form(line.removesuffix(r" \\")) for line in text.splitlines()]
    assert [line for line in lines if line.startswith("df/")] == GOLDENS["derivations"]["compound"]
    assert "$$" not in text
    assert "Given: $x = -2$, $y = 5$, $z = -4$." in text
    assert "#" not in text


def test_affine_is_the_golden() -> None:
    text, golden = derived(affine(((5, 4), (4, 3), (3,)))), GOLDENS["derivations"]["affine"]
    lines = displays(text)
    said = {line.split(" = ")[0]: line.split(" = ")[1] for line in lines if " = " in line and "&" not in line}
    assert r"y_{ij} &= \sum_{k=1}^{D} x_{ik} \, w_{kj} + b_{j}" in lines
    assert said["db_{1}"] == r"\sum_{i=1}^{N} dy_{i1}"
    assert said["dw_{11}"] == r"\sum_{i=1}^{N} x_{i1} \, dy_{i1}"
    assert said["dx_{11}"] == r"\sum_{j=1}^{C} w_{1j} \, dy_{1j}"
    assert said["db"] == r"\sum_{\text{axis 0}} dY"
    assert said["dW"] == r"X^{T} \, dY"
    assert said["dX"] == r"dY \, W^{T}"
    assert golden["dw_11"] == "sum_i x_i1 dy_i1"
    assert golden["Y"] == "X W + b, X (N, D), W (D, C), b (C,)"
    assert "`X` (N, D), `W` (D, C), `b` (C,), `Y` (N, C)" in text
    assert "`dW` must be (D, C)" in text
    assert "The only product that fits is `X.T @ dY`" in text
    assert "Shapes alone" not in text


def test_where_sizes_coincide_shapes_do_not_decide() -> None:
    text = derived(affine(((3, 3), (3, 3), (3,))))
    assert "Sizes: $N = 3$." in text
    assert "only product" not in text
    assert "`X.T @ dY` fits. But sizes coincide, so `X @ dY` and 6 more do too. Shapes alone do not decide" in text


def test_a_matrix_times_itself_is_told_side_by_side() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    text = derived(gw.circuit(lambda x: np.sum(x @ x), x))
    assert "As the left factor, the entry $x_{11}$ enters only the first row of `f_1`" in text
    assert "As the right factor, the entry $x_{11}$ enters only the first column of `f_1`" in text
    left, right = np.ones((2, 2)) @ x.T, x.T @ np.ones((2, 2))
    assert rf"dx_{{11}} &= {left[0, 0]:g} + {right[0, 0]:g} = {(left + right)[0, 0]:g}" in text


def test_a_matrix_times_a_vector() -> None:
    text = derived(gw.circuit(lambda X, w: np.sum((X @ w) ** 2), np.ones((5, 3)), np.ones(3)))
    assert "Sizes: $N = 5, D = 3$." in text
    assert r"dw_{1} = \sum_{i=1}^{N} x_{i1} \, (df_{1})_{i}" in text
    assert r"dX = df_{1} \, w^{T}" in text
    assert r"6 + 1 \cdot 6" in text
    assert r" = 30" in text


@pytest.mark.filterwarnings("ignore:overflow")
def test_numbers_that_are_not_finite_are_loud() -> None:
    text = derived(gw.circuit("exp(x) * y", x=1000.0, y=2))
    assert r"= 1 \cdot \text{inf{!}} \approx \text{inf{!}}" in text  # as the card has it


def test_fitting_finds_every_product() -> None:
    """Against NumPy: each product that has the shape is found, and no other."""
    for sizes in [(5, 4, 3), (3, 3, 2), (2, 3, 2), (4, 4, 4), (1, 2, 1)]:
        n, d, c = sizes
        x, y = np.ones((n, d)), np.ones((n, c))
        found = fitting(x.shape, y.shape, (d, c))
        for swapped in (False, True):
            for turned_x in (False, True):
                for turned_y in (False, True):
                    pair = [x.T if turned_x else x, y.T if turned_y else y]
                    left, right = reversed(pair) if swapped else pair
                    fits = left.shape[1] == right.shape[0] and (left @ right).shape == (d, c)
                    assert ((swapped, turned_x, turned_y) in found) == fits


# --------------------------------------------------------------------------------------------------------- the chain


def test_one_wire_alone() -> None:
    lines = [plain_form(line) for line in displays(derived(compound(), "x")) if "partial" in line]
    assert [line.split(" = ")[0] for line in lines] == ["df/df", "df/dq", "df/dx"]
    assert [line.split(" = ")[0] for line in map(plain_form, displays(derived(compound(), "q")))][-1] == "df/dq"


def test_unknown_wire() -> None:
    with pytest.raises(UnknownWireError):
        derived(compound(), "w")


def test_a_wire_without_gradient_says_so() -> None:
    assert "`X` has no gradient" in derived(net(), "X")


def test_no_input_asked_for() -> None:
    made = records.RecordBuilder()
    made.multiply(made.input("x", 2), made.input("y", 3), name="f")
    assert "nothing to derive" in derivation(made.record(wanted=False))


def test_a_fork_is_one_line_a_use_then_the_sum() -> None:
    lines = displays(derived(gw.circuit("x * x + 3 * x", x=2)))
    parts = [line for line in lines if r"\right|" in line]
    assert [line.rsplit(" = ", 1)[1] for line in parts] == ["2", "2", "3"]
    assert lines[-1] == r"\frac{\partial f}{\partial x} &= 2 + 2 + 3 = 7"


def test_a_negative_term_is_subtracted() -> None:
    text = derived(gw.circuit("x * y - x", x=2, y=-3))
    assert r"= -3 - 1 = -4" in text
    assert "+ -" not in text


def test_an_upstream_of_its_own_is_said() -> None:
    text = derived(gw.circuit("x * y", x=2, y=-3, upstream=5))
    assert r"$L = 5 \cdot f$" in text
    assert r"\frac{\partial L}{\partial f} &= 5" in text
    assert r"\frac{\partial L}{\partial x} &= \frac{\partial L}{\partial f} \cdot y = 5 \cdot (-3) = -15" in text


def test_digits() -> None:
    c = gw.circuit("x * y", x=0.3333, y=1.5)
    assert r"= 1.00 \cdot 0.33 = 0.33" in derived(c, "y", digits=2)
    assert r"= 1 \cdot 0.3333 = 0.3333" in derived(c, "y")


NUMBER = r"\(?(-?[\d.]+(?: \\times 10\^\{-?\d+\})?|-?10\^\{-?\d+\})\)?"
PRODUCT = re.compile(rf"= {NUMBER} \\cdot {NUMBER} (=|\\approx) {NUMBER}$")


def value_of(text: str) -> Decimal:
    mantissa, _, power = text.partition(r" \times ")
    if mantissa.lstrip("-").startswith("10^"):
        mantissa, power = ("-1" if mantissa.startswith("-") else "1"), mantissa.lstrip("-")
    return Decimal(mantissa).scaleb(int(power[4:-1]) if power else 0)


def last_place(text: str) -> Decimal:
    return Decimal(1).scaleb(int(value_of(text).as_tuple().exponent))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(40))
def test_every_product_of_a_random_circuit_holds_as_printed(seed: int) -> None:
    dice = random.Random(seed)
    terms = ["x", "y", "z"]
    for _ in range(dice.randint(3, 12)):
        a, b = dice.choice(terms), dice.choice(terms)
        terms.append(dice.choice([f"({a} * {b})", f"({a} + {b})", f"tanh({a})", f"({a} - {b})", f"exp(-{a}**2)"]))
    expression = f"{terms[-1]} + x * y * z"
    c = gw.circuit(expression, **{name: round(dice.uniform(-2, 2), 2) for name in "xyz"})
    lines = [line for line in joined(displays(derived(c))) if "partial" in line]
    products = [found for line in lines if (found := PRODUCT.search(line))]
    assert len(products) >= 3
    for found in products:
        left, right, sign, result = found.groups()
        off = abs(value_of(left) * value_of(right) - value_of(result))
        assert sign == r"\approx" or off <= last_place(result) / 2, found[0]
    for name in "xyz":
        (line,) = [each for each in lines if each.startswith(rf"\frac{{\partial f}}{{\partial {name}}} ")]
        shown = re.findall(NUMBER + "$", line)[0]
        assert float(value_of(shown)) == pytest.approx(c.gradients[name], rel=2e-3, abs=1e-12)


def test_a_long_chain_needs_no_recursion() -> None:
    def f(x):
        for _ in range(3000):
            x = x + 0.001
        return x * x

    assert gw.circuit(f, 1.0).derive(unrolled=True).count(r"\partial") > 6000
    assert "dx" in gw.circuit(lambda x: np.sum(f(x)), np.ones(3)).derive(unrolled=True)


# --------------------------------------------------------------------------------- one element, the line, the ledger


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 3), (3,), (3, 1), (), (3, 3)])
def test_a_bias_of_any_shape_is_summed_over_the_axes_it_was_stretched_along(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    X, W, b = (np.round(rng.normal(size=size), 2) for size in ((3, 2), (2, 3), shape))
    c = gw.circuit(lambda X, W, b: np.sum((X @ W + b) ** 2), X=X, W=W, b=b if shape else float(b))
    text, df = derived(c), c["f_2"].gradient
    assert not re.search(r"\d \\approx [-\d.]+ ..$", text)  # a sum of other numbers than were added
    padded = (1,) * (2 - len(shape)) + shape
    axes = [axis for axis in (0, 1) if padded[axis] == 1]
    column = [df[i, j] for i in (range(3) if 0 in axes else [0]) for j in (range(3) if 1 in axes else [0])]
    assert float(np.ravel(c.gradients["b"])[0]) == pytest.approx(sum(column))
    sums = "".join(rf"\sum_{{{letter}=1}}^{{N}} " for axis, letter in ((0, "i"), (1, "j")) if axis in axes)
    index = "".join("ij"[axis] if axis in axes else "1" for axis in (0, 1))
    if axes:
        assert f"{sums}(df_{{2}})_{{{index}}}" in text
        assert {1: f"so axis {axes[0]} is summed", 2: "so axes 0 and 1 are summed"}[len(axes)] in text
    if len(column) == 3:
        shown = re.search(r"db_\{1*\} &= (.*) = ", text)
        assert shown
        assert [float(each) for each in numbers_in(shown[1])] == pytest.approx(column, rel=1e-3)


def test_a_row_and_a_column_have_their_element_and_ledger() -> None:
    text = derived(gw.circuit(lambda a, b: np.sum((a + b) ** 2), a=np.ones((3, 1)), b=np.ones((1, 2))))
    assert r"da_{11} = \sum_{j=1}^{K} (df_{1})_{1j}" in text
    assert r"db_{11} = \sum_{i=1}^{N} (df_{1})_{i1}" in text
    assert "`df_1` is (N, K) and `da` must be (N, 1), so axis 1 is summed; axis 1 stays with size 1." in text
    assert r"da_{11} &= 4 + 4 = 8" in text


@pytest.mark.parametrize("gate", ["sum", "mean"])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_total_along_an_axis_repeats_its_gradient(gate: str, axis: int, keepdims: bool) -> None:
    X = np.arange(6.0).reshape(3, 2)
    c = gw.circuit(lambda X: np.sum(getattr(np, gate)(X, axis=axis, keepdims=keepdims) ** 2), X=X)
    text, along = derived(c), axis % 2
    index = {(0, False): "j", (0, True): "1j", (1, False): "i", (1, True): "i1"}[along, keepdims]
    count = X.shape[along]
    right = f"(df_{{1}})_{{{index}}}" if gate == "sum" else rf"\frac{{(df_{{1}})_{{{index}}}}}{{{count}}}"
    assert f"dx_{{ij}} = {right}\n" in text
    whole = "df_{1}" if gate == "sum" else rf"\frac{{df_{{1}}}}{{{count}}}"
    assert rf"dX = {whole} \quad \text{{repeated along axis {along}}}" in text
    assert f"so it is repeated along axis {along}." in text
    repeated = np.expand_dims(c["f_1"].gradient, along) if not keepdims else c["f_1"].gradient
    share = 1 if gate == "sum" else count
    np.testing.assert_allclose(c.gradients["X"], np.broadcast_to(repeated / share, X.shape))


def test_parts_in_words_take_brackets_in_a_sum() -> None:
    text = derived(gw.circuit(lambda X: np.sum(X / np.sum(X, axis=1, keepdims=True)), X=np.ones((3, 3))))
    assert r"dX = df_{2} \odot \frac{1}{f_{1}} + \left(df_{1} \text{repeated along axis 1}\right)" in text
    text = derived(gw.circuit(lambda X: np.sum(X[1:] * 2) + X[0], X=np.array([1.0, 2.0, 3.0])))
    picked = [
        rf"\left({d}\text{{ at }} [{at}], \; 0 \text{{ elsewhere}}\right)"
        for d, at in (("df", "0"), ("df_{1}", "1{:}"))
    ]
    assert f"dX = {' + '.join(picked)}" in text


def test_products_with_a_vector_have_a_ledger() -> None:
    text = derived(gw.circuit(lambda X, w: np.sum((X @ w) ** 2), X=np.ones((3, 2)), w=np.ones(2)))
    assert "at hand are `w` (D,) and `df_1` (N,). The only product that fits is `np.outer(df_1, w)`." in text
    assert "at hand are `X` (N, D) and `df_1` (N,). The only product that fits is `X.T @ df_1`." in text
    text = derived(gw.circuit(lambda X, w: np.sum((w @ X) ** 2), X=np.ones((2, 2)), w=np.ones(2)))
    assert "`np.outer(w, df_1)` fits. But sizes coincide, so `np.outer(df_1, w)` does too. Shapes alone" in text
    assert "`X @ df_1` fits. But sizes coincide, so `X.T @ df_1` does too. Shapes alone do not decide" in text
    text = derived(gw.circuit(lambda v, w: v @ w, v=np.array([1.0, 2.0]), w=np.array([3.0, 4.0])))
    assert r"dv_{i} = df \cdot w_{i}" in text
    assert "at hand are `w` (K,) and `df`, a number, so the number scales the vector." in text


def test_elementwise_gates_have_one_element_and_a_ledger() -> None:
    text = derived(gw.circuit(lambda X, b: np.sum(np.tanh(X) * b), X=np.ones((3, 2)), b=np.ones((1, 2))), "X")
    assert r"dx_{ij} = (df_{1})_{ij} \cdot \left(1 - {(f_{1})_{ij}}^{2}\right)" in text
    assert r"(df_{1})_{ij} = (df_{2})_{ij} \cdot b_{1j}" in text
    assert text.count("a gate that works entry by entry keeps the shape") == 1


def test_cross_entropy_has_a_ledger() -> None:
    text = derived(gw.circuit(lambda s, y: gw.cross_entropy(s, y), np.ones((3, 4)), np.array([3, 0, 2])))
    assert r"`ds` must be (N, C), as `s` is; $p$ and $\mathrm{onehot}(y)$ are (N, C), and `df` is a number." in text


# ------------------------------------------------------------------------------------------ every symbol is defined


def test_what_the_chain_uses_is_defined() -> None:
    text = derived(gw.circuit("exp(y) * x", x=2, y=3), "x")
    assert "Given: $y = 3$, $x = 2$." in text
    assert r"f_{1} &= e^{y} \approx 20.09" in text
    text = derived(gw.circuit(lambda x: np.sum(np.where(x > 0, x, 0.1 * x)), x=np.array([1.0, -2.0])))
    assert "f_{1} &= [x > 0]" in text
    text = derived(gw.circuit(lambda x: np.sum(np.exp(x) + x), x=np.array([1.0, -2.0])))
    assert r"\odot e^{x}" in text  # exp has no line of its own


def test_a_constant_without_a_name_is_what_the_user_wrote() -> None:
    c = gw.circuit(lambda X, W: np.sum(X @ W) + 0.5 * 0.1 * np.sum(W * W), X=np.ones((3, 2)), W=np.ones((2, 3)))
    text = derived(c)
    assert r"$0.5 \cdot 0.1 \, \sum {w_{ij}}^{2}$" in text
    assert r"dW = X^{T} \, df_{1} + 2 \cdot 0.5 \cdot 0.1 \cdot W" in text
    assert r"\cdot \pi = 1 \cdot 3.142" in derived(gw.circuit("x * pi", x=1))


@pytest.mark.parametrize("make", [compound, net, lambda: gw.circuit("exp(y) * x + log(y)", x=2, y=3)])
def test_no_symbol_of_a_wire_stands_undefined(make: Any) -> None:
    c = make()
    for name in c.gradients:
        text = derived(c, name)
        used = set(re.findall(r"(?<![A-Za-z(])f_\{\d+\}", text))
        defined = {line.split(" ")[0] for line in displays(text)}
        assert used <= defined, (name, used - defined)


def test_a_single_letter_keeps_its_case_where_it_has_no_index() -> None:
    text = derived(gw.circuit(lambda N, x: np.sum(N * np.tanh(x)), N=2.0, x=np.array([1.0, 3.0])))
    assert "dn" not in text
    assert r"dN \approx 1.757" in text


def test_a_wire_called_e_is_not_the_number() -> None:
    text = derived(gw.circuit("f = 2*x + exp(x)*e", x=1, e=3))
    assert r"f_{2} &= \exp\left(x\right)" in text
    assert "e^{" not in text


def test_numbers_are_told_as_they_were_made() -> None:
    assert r"\cdot f \cdot \log\left(2\right) =" in derived(gw.circuit("2**x", x=3))
    assert r"\cdot \frac{1}{3} = 1 \cdot 0.3333" in derived(gw.circuit("x / 3", x=1))
    text = derived(gw.circuit(lambda x, w: np.sum(x * w) / 3, x=np.ones(2), w=np.ones(2)))
    assert r"df_{2} = df \cdot \frac{1}{3}" in text
    assert r"\log\left(x\right) =" in derived(gw.circuit("x**y", x=2, y=3), "y")


# --------------------------------------------------------------------------------------------------- ties, ends, gates


def test_ties_are_said_to_be_split() -> None:
    text = derived(gw.circuit(lambda x, y: np.sum(np.maximum(x, y)), x=np.array([1.0, 2.0]), y=np.array([1.0, 3.0])))
    assert "nothing where it did not, and a share where operands tie:" in text
    assert r"dx = df_{1} \odot \left([x > y] + 0.5 \cdot [x = y]\right)" in text
    text = derived(gw.circuit(lambda x, y: np.sum(np.maximum(x, y)), x=np.array([1.0, 2.0]), y=np.array([0.0, 3.0])))
    assert "where it chose this operand, and nothing where it did not:" in text
    assert "x and y tie, so max splits the gradient between them." in derived(gw.circuit("max(x, y)", x=1, y=1))


def test_an_input_that_nothing_comes_back_to_says_why() -> None:
    assert "`X` has no entries, and so has its gradient." in derived(gw.circuit(lambda X: np.sum(X), np.zeros((0, 3))))
    assert "leads through a gate that stops it" in derived(gw.circuit("floor(x)", x=2.5))


ONE_GATE = [
    "np.reshape(X, (3, 2))", "np.split(X, 3, axis=1)[1]", "np.std(X)", "np.std(X, axis=1)", "np.var(X, axis=0)",
    "np.prod(X)", "np.prod(X, axis=1)", "np.max(X, axis=1)", "np.concatenate([X, 2 * X])", "np.stack([X, 2 * X])",
    "X.T", "np.squeeze(X[None])", "np.broadcast_to(X, (4, 2, 3))", "np.ravel(X)", "np.swapaxes(X, 0, 1)",
    "np.clip(X, 2, 3)", "np.outer(X[0], X[1])", "np.einsum('ij,kj->ik', X, X)", "np.linalg.inv(X[:, :2])",
    "np.mean(X, axis=(0, 1))", "X.astype(np.float32)", "np.linalg.slogdet(X[:, :2])[1]", "np.modf(X)[0]",
    "gw.softmax(X)", "gw.logsumexp(X, axis=1)", "X[0] @ X.T", "X - X[:, :1]", "np.array([2.0, 3.0, 1.0]) ** X",
    "np.sum(np.stack([X, X]), axis=(0, 2))", "np.exp(X) + np.std(X) + 2 * X",
]  # fmt: skip


def one_gate(expression: str) -> Any:
    body = f"def f(X):\n    return np.sum(({expression}) ** 2)\n"
    return gw.circuit(function_of(f"import gatewise as gw\n{body}", "f"), np.arange(1.0, 7.0).reshape(2, 3))


@pytest.mark.parametrize("expression", ONE_GATE)
def test_no_gate_is_derived_by_a_tautology(expression: str) -> None:
    text = derived(one_gate(expression))
    assert r"\partial" not in text
    assert not re.search(r"dX (\\mathrel\{\+\})?= .*dX", text)
    assert "Write $" not in text
    assert "*" not in text.replace("\\*", "")


def test_std_and_reshape_are_written_out() -> None:
    assert r"dX = df_{1} \cdot \frac{X - \operatorname{mean} X}{6 \cdot f_{1}}" in derived(one_gate("np.std(X)"))
    text = derived(one_gate("np.reshape(X, (3, 2))"))
    assert r"f_{1} &= \mathrm{reshape}\left(X, \left(3, 2\right)\right)" in text
    assert r"dX = \mathrm{reshape}\left(df_{1}, \left(2, 3\right)\right)" in text


# ------------------------------------------------------------------------------------------------------- long formulas


def passes(count: int) -> Any:
    def f(w, x):
        for _ in range(count):
            x = np.tanh(w * x)
        return x

    return gw.circuit(f, 0.7, 0.3)


def test_a_long_sum_shows_its_ends() -> None:
    for count in (40, 1000):
        last = joined(displays(passes(count).derive("w", unrolled=True)))[-1]
        assert last.count("10^") == 9
        assert r" + \cdots + " in last


def test_formulas_are_cut_only_where_no_bracket_is_open() -> None:
    line = (
        r"f &= \left("
        + " + ".join(f"a_{{{k}}}" for k in range(40))
        + r"\right) + "
        + " + ".join("bcdef" * 1 for _ in range(40))
    )
    rows = broken(line)
    assert len(rows) > 3
    assert " ".join(row.removeprefix(r"&\quad ") for row in rows) == line
    assert all(row.count(r"\left(") == row.count(r"\right)") for row in rows)


# ------------------------------------------------------------------------------------------------------ the net by hand


def by_hand() -> dict[str, np.ndarray]:
    """The backward pass of note 002, in NumPy, and what it needs."""
    given = net_inputs()
    X, y, W1, b1, W2, b2, reg = (given[name] for name in ("X", "y", "W1", "b1", "W2", "b2", "reg"))
    layer1_out = X @ W1 + b1
    relu_out = np.maximum(0, layer1_out)
    scores = relu_out @ W2 + b2
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    dscores = (p - np.eye(3)[y]) / 5
    drelu_out = dscores @ W2.T
    dlayer1_out = drelu_out * (layer1_out > 0)
    found = {
        "W2": relu_out.T @ dscores + 2 * reg * W2, "b2": dscores.sum(axis=0), "scores": dscores,
        "relu_out": drelu_out, "layer1_out": dlayer1_out,
        "W1": X.T @ dlayer1_out + 2 * reg * W1, "b1": dlayer1_out.sum(axis=0),
    }  # fmt: skip
    given |= {"p": p, "h": relu_out, "mask": layer1_out > 0}
    return {f"d{name}": value for name, value in found.items()} | given


def expected_numbers() -> dict[str, list[float]]:
    """By left side: the numbers that a line of the net's derivation must show, in order."""
    n = by_hand()
    scores, relu, layer, reg = n["dscores"], n["drelu_out"], n["dlayer1_out"], n["reg"]
    norms = {name: float(np.linalg.norm(n[name])) for name in n if name.startswith("d")}
    w2, w1 = (n["h"].T @ scores)[0, 0], (n["X"].T @ layer)[0, 0]
    return {
        r"d\mathrm{loss}": [1],
        r"d\mathrm{data\_loss}": [1, 1 / 5, 1 / 5],
        "p_{1}": list(n["p"][0]),
        r"(d\mathrm{scores})_{1}": [1 / 5, n["p"][0, 0], -1, *n["p"][0, 1:], *scores[0]],
        r"d\mathrm{scores}_{11}": [scores[0, 0]],
        "(dW_{2})_{11}": [w2, 2 * reg * n["W2"][0, 0], n["dW2"][0, 0]],
        "(db_{2})_{1}": [*scores[:, 0], n["db2"][0]],
        r"d\mathrm{relu\_out}_{11}": [each for j in range(3) for each in (n["W2"][0, j], scores[0, j])] + [relu[0, 0]],
        r"d\mathrm{layer1\_out}_{11}": [relu[0, 0], float(n["mask"][0, 0]), layer[0, 0]],
        "(dW_{1})_{11}": [w1, 2 * reg * n["W1"][0, 0], n["dW1"][0, 0]],
        "(db_{1})_{1}": [*layer[:, 0], n["db1"][0]],
        r"\lVert d\mathrm{scores} \rVert": [norms["dscores"]],
        r"\lVert dW_{2} \rVert": [norms["dW2"]],
        r"\lVert db_{2} \rVert": [norms["db2"]],
        r"\lVert d\mathrm{relu\_out} \rVert": [norms["drelu_out"]],
        r"\lVert d\mathrm{layer1\_out} \rVert": [norms["dlayer1_out"]],
        r"\lVert dW_{1} \rVert": [norms["dW1"]],
        r"\lVert db_{1} \rVert": [norms["db1"]],
    }


def joined(lines: list[str]) -> list[str]:
    """The displayed lines, those that go on from the line before joined to it."""
    found: list[str] = []
    for line in lines:
        if line.startswith("&"):
            found[-1] += " " + line.lstrip("&").removeprefix(r"\quad ")
        else:
            found.append(line)
    return found


def numbers_in(right: str) -> list[str]:
    """The numbers of a right-hand side, with the signs that belong to them."""
    bare = right.replace(r"\quad", "").replace(r"\approx", "=").replace("=", "")
    bare = re.sub(r"([+-]) (?=\d)", r"\1", bare)
    return re.findall(r"[+-]?\d+(?:\.\d+)?", bare)


def test_every_number_of_the_net_is_recomputed() -> None:
    text, expected = derived(net()), expected_numbers()
    seen = set()
    for line in joined(displays(text)):
        left, right = re.split(r" (?:&|=|\\mathrel)", line, maxsplit=1)
        if re.search(r"[A-Za-z]", re.sub(r"\\(cdot|approx|quad)", "", right)):
            assert not re.search(r"\d\.\d", right), f"a number nobody recomputes: {line}"
            continue
        for token, value in zip(numbers_in(right), expected[left], strict=True):
            roundings = {float(f"{value:.{digits}g}") for digits in range(4, 9)}
            assert float(token) in roundings, (line, token, value)
        seen.add(left)
    assert seen == set(expected)


def test_the_net_is_derived_in_the_order_of_the_note() -> None:
    text = derived(net())
    formulas = [
        r"d\mathrm{data\_loss} = d\mathrm{loss} \cdot \frac{1}{N}",
        r"\frac{1}{N} \cdot \left(p - \mathrm{onehot}(y)\right)",
        r"dW_{2} = {\mathrm{relu\_out}}^{T} \, d\mathrm{scores} + 2 \cdot \mathrm{reg} \cdot W_{2}",
        r"db_{2} = \sum_{\text{axis 0}} d\mathrm{scores}",
        r"d\mathrm{relu\_out} = d\mathrm{scores} \, {W_{2}}^{T}",
        r"d\mathrm{layer1\_out} = d\mathrm{relu\_out} \odot [\mathrm{layer1\_out} > 0]",
        r"dW_{1} = X^{T} \, d\mathrm{layer1\_out} + 2 \cdot \mathrm{reg} \cdot W_{1}",
        r"db_{1} = \sum_{\text{axis 0}} d\mathrm{layer1\_out}",
    ]
    places = [text.index(formula) for formula in formulas]
    assert places == sorted(places)
    assert "Sizes: $N = 5, D = 4, H = 10, C = 3$." in text
    assert derived(net().fold()) == text


def test_cross_entropy_by_name() -> None:
    scores, y = np.arange(12.0).reshape(3, 4) / 5, np.array([3, 0, 2])
    text = derived(gw.circuit(lambda s, y: gw.cross_entropy(s, y), scores, y))
    p = np.exp(scores[0]) / np.exp(scores[0]).sum()
    assert r"ds = p - \mathrm{onehot}(y)" in text
    assert "The right class of the first row is 3, in column 4:" in text
    assert f"({', '.join(f'{each:.4g}' for each in p)})" in text


def test_softmax_written_out_is_one_gate() -> None:
    def loss(s):
        p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        return -np.mean(np.log(p[np.arange(3), np.arange(3)]))

    c = gw.circuit(loss, np.arange(12.0).reshape(3, 4))
    text = derived(c)
    assert r"ds_{ij} = p_{ij} \left(dp_{ij} - \sum_{k=1}^{D} p_{ik} \, dp_{ik}\right)" in text
    p, dp = c["p"].value, c["p"].gradient
    np.testing.assert_allclose(c.gradients["s"], p * (dp - (p * dp).sum(axis=1, keepdims=True)), atol=1e-15)
    assert rf"ds_{{11}} &\approx {c.gradients['s'][0, 0]:.4g}" in text
    assert "p_{2}" not in text


def test_a_penalty_alone_is_derived_gate_by_gate() -> None:
    c = gw.circuit(lambda W: 0.5 * np.sum(W * W), np.array([[1.0, -2.0]]))
    assert displays(derived(c))[-2:] == ["dw_{11} &= 0.5 + 0.5 = 1", r"\lVert dW \rVert &\approx 2.236"]


def test_a_named_penalty_brings_its_own_gradient() -> None:
    source = "def f(X, W, reg):\n    penalty = reg * np.sum(W * W)\n    return np.sum(X @ W) + 3 * penalty\n"
    c = gw.circuit(function_of(source, "f"), np.ones((2, 3)), np.ones((3, 2)), 0.5, wrt=("W",))
    text = derived(c)
    assert text.index(r"d\mathrm{penalty} =") < text.index(r"+ 2 \cdot d\mathrm{penalty} \cdot \mathrm{reg} \cdot W")
    assert r"= 2 + 3 = 5" in text


def test_arrays_by_summary_have_formulas_and_norms() -> None:
    c = gw.circuit(lambda X, W: np.sum(np.tanh(X @ W)), np.full((60, 40), 0.01), np.full((40, 30), 0.02))
    text = derived(c)
    norm = float(np.linalg.norm(c.gradients["W"]))
    assert rf"\lVert dW \rVert \approx {norm:.4g}" in text
    assert r"dW = X^{T} \, d" in text


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == ABOVE + derived(net())


# ------------------------------------------------------------------------------------------------------------ names

HOSTILE = [
    before + middle
    for before in ("", "$", "`", '"><', "]")
    for middle in (
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "](http://evil.example)",
        r"\input{/etc/passwd}", r"\write18{ls}", "$$x$$", "}}{{", "``` `` `", "a\n\n# b", "\\", "%", "x^y_z&#~",
        "https://evil.example", "<!-- -->", "&lt;b&gt;", "|a|b|", "\u202eabc", r"\end{document}", "![i](//e)",
    )
]  # fmt: skip
ALLOWED = {"h1", "h2", "p", "code", "div", "span", "section", "eq", "eqn", "em", "strong", "br"}
COMMANDS = {
    f"\\{word}"
    for words in (
        "section subsection texttt text mathrm frac partial cdot left right begin end odot sum , lVert rVert mathrel",
        "quad approx times textbackslash textdollar textasciicircum textasciitilde textless textgreater",
        "textasciigrave textquotesingle textquotedbl",
    )
    for word in words.split()
}


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def renamed(c: Any, old: str, new: str) -> dict[str, Any]:
    """A record in which one wire has another name, in the formulas too where that leaves them readable."""
    record = record_of(c)
    for wire in record["wires"]:
        wire["name"] = new if wire["name"] == old else wire["name"]
        wire["expression"] = re.sub(rf"\b{old}\b", lambda _: new, wire["expression"] or "")
    for use in record["uses"]:
        use["local_text"] = re.sub(rf"\b{old}\b", lambda _: new, use["local_text"] or "") or None
    return record


def test_there_are_a_hundred_hostile_names() -> None:
    assert len(set(HOSTILE)) == 100


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(name: str) -> None:
    for record in (renamed(compound(), "q", name), renamed(affine(((3, 2), (2, 4), (4,))), "W", name)):
        text = derivation(record, latex=True)
        body = re.sub(r"\\[{}$&#%_]|\\\\", "", text)
        assert set(re.findall(r"\\(?:[A-Za-z]+|.)", body)) - {"\\[", "\\]"} <= COMMANDS, name
        environments = set(re.findall(r"\\(?:begin|end)\{(.*?)\}", text))
        assert environments <= {"aligned"}
        assert body.count("{") == body.count("}")
        assert "%" not in body
        assert "~" not in body


@pytest.mark.parametrize("with_mathematics", [False, True])
def test_hostile_names_make_no_html(with_mathematics: bool) -> None:
    """With a renderer that knows mathematics, and with one that takes it for text."""
    reader = markdown_reader(with_mathematics)
    for name in HOSTILE:
        for record in (renamed(compound(), "q", name), renamed(affine(((3, 2), (2, 4), (4,))), "W", name)):
            tags = Tags()
            tags.feed(reader.render(derivation(record)))
            assert {tag for tag, _ in tags.found} <= ALLOWED, name
            assert {attribute for _, attributes in tags.found for attribute, _ in attributes} <= {"class"}, name


def markdown_reader(with_mathematics: bool) -> Any:
    why = "needs a Markdown renderer: pip install markdown-it-py mdit-py-plugins"
    reader = pytest.importorskip("markdown_it", reason=why).MarkdownIt("commonmark", {"html": True})
    if with_mathematics:
        reader.use(pytest.importorskip("mdit_py_plugins.dollarmath", reason=why).dollarmath_plugin)
    return reader


def test_markdown_reads_every_formula_as_one() -> None:
    reader = markdown_reader(True)
    for c in (compound(), net(), affine(((5, 4), (4, 3), (3,)))):
        text = derived(c)
        tokens = reader.parse(text)
        blocks = [token.content.strip() for token in tokens if token.type == "math_block"]
        assert blocks == re.findall(r"^\$\$\n(.*?)\n\$\$$", text, re.DOTALL | re.MULTILINE)
        inline = [child.content for token in tokens for child in token.children or () if child.type == "text"]
        assert not [each for each in inline if "$" in each or "\\" in each]


def test_symbols_are_never_two_alike() -> None:
    names = ["W1", "W_1", "W", "w", "w1", "sigma", "h_prev", "hprev", "损失", "x", "relu_out", "relu_1", "relu1", "α"]
    symbols = Symbols(names)
    assert len({symbols[name] for name in names}) == len(names)
    assert symbols["sigma"] == r"\sigma"
    assert symbols["W1"] == "W_{1}"
    assert symbols["损失"] == r"\text{损失}"
    assert symbols.entry("x", "11") == "x_{11}"
    assert symbols.entry("W", "11") == "W_{11}"  # w is taken
    assert symbols.entry("W", "1") == "(W)_{1}"  # W_{1} is W1


def test_chinese_names() -> None:
    text = derived(gw.circuit("损失 = 权重 * x", 权重=2, x=3))
    assert (
        r"\frac{\partial \text{损失}}{\partial x} &= "
        r"\frac{\partial \text{损失}}{\partial \text{损失}} \cdot \text{权重} = 1 \cdot 2 = 2"
    ) in text
    assert "ctex" in standalone(text)


# -------------------------------------------------------------------------------------------------------------- TeX


def compiled(texts: list[str], folder: Path) -> str:
    """What pdflatex says of a document of these texts."""
    (folder / "all.tex").write_text(standalone("\n\n".join(texts)), encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"],
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:]
    assert (folder / "all.pdf").stat().st_size > 10_000
    return run.stdout


needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="needs TeX: apt-get install texlive-latex-recommended"
)


@needs_tex
def test_tex_compiles_hostile_names(tmp_path: Path) -> None:
    circuits = [(compound(), "q"), (affine(((5, 4), (4, 3), (3,))), "W")]
    names = [name for name in HOSTILE if name.isascii()]
    compiled([derivation(renamed(c, old, name), latex=True) for c, old in circuits for name in names], tmp_path)


@needs_tex
def test_tex_compiles_it_and_nothing_leaves_the_page(tmp_path: Path) -> None:
    circuits = [compound(), net(), net().fold(), affine(((5, 4), (4, 3), (3,))), affine(((3, 3), (3, 3), (3,)))]
    texts = [derived(c, latex=True) for c in [*circuits, passes(40), *map(one_gate, ONE_GATE)]]
    said = compiled([*texts, derived(passes(1000), "w", latex=True)], tmp_path)
    assert not re.findall(r"Overfull .hbox \(.* detected", said)


if __name__ == "__main__":
    DOCUMENT.write_text(ABOVE + derived(net()), encoding="utf-8")


def by_rows(x: Any) -> Any:
    y = x * x
    return np.sum(np.ones(y.shape[0]) @ y)


def by_columns(x: Any) -> Any:
    y = x * x
    return np.sum(y @ np.ones((y.shape[1], 2)))


def by_an_identity(x: Any) -> Any:
    y = x * x
    return np.sum(np.eye(len(y)) @ y)


def by_a_column_of_ones(x: Any) -> Any:
    y = x * x
    return np.sum(y @ np.ones(y.shape[1]))


@pytest.mark.parametrize("f", [by_rows, by_columns, by_an_identity, by_a_column_of_ones])
def test_a_factor_without_a_name_is_no_other_wire(f: Any) -> None:
    text = derived(gw.circuit(f, np.arange(12.0).reshape(3, 4)))
    assert "ones" in text or "eye" in text


def two_layers(X, y, W1, b1, W2):
    h = np.maximum(0, X @ W1 + b1)
    p = np.exp(h @ W2)
    p = p / np.sum(p, axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(4), y]))


def named_sizes(X, W):
    N, wide = X.shape
    return np.sum(X @ W + np.zeros((N, 1))) / wide


@pytest.mark.parametrize(
    ("f", "inputs", "sizes"),
    [
        (
            two_layers,
            (np.ones((4, 3)), np.array([0, 1, 1, 0]), np.ones((3, 5)), np.ones(5), np.ones((5, 2))),
            "N D H C",
        ),
        (named_sizes, (np.ones((4, 3)), np.ones((3, 2))), "N wide C"),
        (lambda D, w: np.sum(D @ w), (np.ones((4, 3)), np.ones((3, 2))), "N K C"),  # D is a name of the user's
        (lambda s: gw.cross_entropy(s, np.array([0, 1, 1])), (np.ones((3, 2)),), "N C"),
        (lambda x: np.sum(x * x), (np.ones((4, 3)),), "N D"),
    ],
)
def test_sizes_have_the_letters_of_their_roles_the_same_in_code_and_derivation(f, inputs, sizes) -> None:
    c = gw.circuit(f, *inputs)
    record = json.loads(c.to_json())
    assert set(sizes.split()) <= set(record["sizes"])
    told = re.search(r"Sizes: \$(.*)\$", c.derive())[1]
    names = re.findall(r"(\w+)\}? = (\d+)", told)
    assert {name: int(n) for name, n in names}.items() <= record["sizes"].items()
    told = re.findall(r"#.* (\([\w, ]+\)) = (?:\(|sum of )", c.code())
    assert {name for shape in told for name in re.findall(r"\w+", shape)} <= set(record["sizes"])
    assert told or "@" not in c.code()
