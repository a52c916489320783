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
    assert "$" not in text
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
    assert r"dw_{1} &= 30" in text


@pytest.mark.filterwarnings("ignore:overflow")
def test_numbers_that_are_not_finite_are_loud() -> None:
    text = derived(gw.circuit("exp(x) * y", x=1000.0, y=2))
    assert r"= 1 \cdot \text{inf{!}} = \text{inf{!}}" in text


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
    lines = [line for line in displays(derived(c)) if "partial" in line]
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

    assert derived(gw.circuit(f, 1.0)).count(r"\partial") > 6000
    assert "dx" in derived(gw.circuit(lambda x: np.sum(f(x)), np.ones(3)))


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
            found[-1] += " " + line.lstrip("&")
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
    assert r"ds_{ij} = p_{ij} \left(dp_{ij} - \sum_{k=1}^{M} p_{ik} \, dp_{ik}\right)" in text
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


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs TeX: apt-get install texlive-latex-recommended")
def test_tex_compiles_it(tmp_path: Path) -> None:
    circuits = [compound(), net(), net().fold(), affine(((5, 4), (4, 3), (3,))), affine(((3, 3), (3, 3), (3,)))]
    texts = [derived(c, latex=True) for c in circuits]
    texts += [derivation(renamed(compound(), "q", name), latex=True) for name in HOSTILE if name.isascii()]
    texts += [derivation(renamed(circuits[3], "W", name), latex=True) for name in HOSTILE if name.isascii()]
    (tmp_path / "all.tex").write_text(standalone("\n\n".join(texts)), encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000


if __name__ == "__main__":
    DOCUMENT.write_text(ABOVE + derived(net()), encoding="utf-8")
