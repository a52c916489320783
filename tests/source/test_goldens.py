"""Every entry of goldens.json: values, gradients, wires, stages, both staged texts, and the net of the course."""

from __future__ import annotations

import ast
import json
import linecache
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw

GOLDENS = json.loads((Path(__file__).resolve().parent.parent / "goldens.json").read_text(encoding="utf-8"))
CIRCUITS = {entry["name"]: entry for entry in GOLDENS["circuits"] if "inputs" in entry}
NET = GOLDENS["two_layer_net"]

STAGED = """\
def f(x, y):
    sigy = 1.0 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + np.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f
"""


def function_of(source: str, name: str) -> Any:
    """A function from text, whose lines can be found again."""
    filename = f"<golden {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


def close(got: float, wanted: float, digits: int | None) -> bool:
    """Equal as far as the source prints: rounded to its digits, or good to 1e-12."""
    return abs(got - wanted) <= (0.5 * 10**-digits + 1e-12 if digits else 1e-12 * max(1.0, abs(wanted)))


@pytest.mark.parametrize("entry", CIRCUITS.values(), ids=CIRCUITS.keys())
def test_circuits(entry: dict[str, Any]) -> None:
    c, digits = gw.circuit(entry["expression"], **entry["inputs"]), entry.get("digits")
    assert close(c.value, entry["value"], digits)
    assert list(c.gradients) == list(entry["gradients"])
    for name, gradient in entry["gradients"].items():
        assert close(c.gradients[name], gradient, digits), name


def test_inner_wires() -> None:
    for entry in CIRCUITS.values():
        c = gw.circuit(entry["expression"], **entry["inputs"])
        for expression, facts in entry.get("wires", {}).items():
            (wire,) = [w for w in c.wires if told(c, w) == expression.replace("max", "np.maximum")]
            assert (wire.value, wire.gradient) == (facts["value"], facts["gradient"])


def told(c: Any, wire: Any) -> str:
    """The expression of a wire with the inner wires it names written out."""
    tree = ast.parse(wire.expression or wire.name, mode="eval").body

    class WrittenOut(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            inner = c[node.id] if node.id in c and node.id != wire.name else None
            return ast.parse(told(c, inner), mode="eval").body if inner is not None and inner.gate else node

    return ast.unparse(WrittenOut().visit(tree)).replace(" ** ", "**")


def test_wires_in_order() -> None:
    entry = CIRCUITS["sigmoid neuron"]
    c = gw.circuit(entry["expression"], **entry["inputs"])
    made = [w for w in c.wires if w.gate is not None]
    assert [w.symbol for w in made] == [w["gate"] for w in entry["wires_in_order"]]
    for wire, facts in zip(made, entry["wires_in_order"], strict=True):
        assert close(wire.value, facts["value"], entry["digits"])
        assert close(wire.gradient, facts["gradient"], entry["digits"])


def test_folded_local_gradients() -> None:
    entry = CIRCUITS["three factors"]
    folded = gw.circuit(entry["expression"], **entry["inputs"]).fold()
    (gate,) = [w for w in folded.wires if w.gate is not None]
    assert gate.inputs == tuple(entry["inputs"])
    assert gate.local == entry["local"]


def test_matrix_product() -> None:
    (entry,) = [e for e in GOLDENS["circuits"] if "shapes" in e]
    rng = np.random.default_rng(0)
    W, X, dD = (rng.normal(size=shape) for shape in entry["shapes"].values())
    c = gw.circuit(entry["expression"], W=W, X=X, dD=dD)
    np.testing.assert_allclose(c.gradients["W"], dD @ X.T, rtol=1e-12)
    np.testing.assert_allclose(c.gradients["X"], W.T @ dD, rtol=1e-12)


def statements(text: str) -> list[str]:
    """The lines of a staged text, without the column that trailing comments stand in."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_staged_function() -> None:
    golden = GOLDENS["staged"]
    c = gw.circuit(function_of(STAGED, "f"), **golden["inputs"])
    assert [s.name for s in c.stages] == golden["stages"]
    assert close(c.value, golden["value"], None)
    assert all(close(c.gradients[name], g, None) for name, g in golden["gradients"].items())
    assert statements(c.code()) == statements(golden["scalar_text"])


def test_staged_function_on_arrays() -> None:
    x, y = np.array([3.0, 1.0]), np.array([-4.0, 2.0])
    c = gw.circuit(function_of(STAGED, "f"), x=x, y=y, upstream=np.ones(2))
    assert statements(c.code()) == statements(GOLDENS["staged"]["array_text"])


# ---------------------------------------------------------------------------------------------------- the course's net


def net_inputs() -> dict[str, Any]:
    np.random.seed(0)
    W1, W2 = 0.1 * np.random.randn(4, 10), None
    W2 = 0.1 * np.random.randn(10, 3)
    np.random.seed(1)
    X = 10 * np.random.randn(5, 4)
    return {
        "X": X,
        "y": np.array([0, 1, 2, 2, 1]),
        "W1": W1,
        "b1": np.zeros(10),
        "W2": W2,
        "b2": np.zeros(3),
        "reg": NET["reg"],
    }


def net() -> Any:
    return gw.circuit(function_of(NET["function"], "loss"), **net_inputs(), wrt=("W1", "b1", "W2", "b2"))


def test_net_values() -> None:
    c = net()
    np.testing.assert_allclose(c["scores"].value, NET["scores"], atol=5e-9)
    assert close(c.value, NET["loss"], None)


def backward_of(text: str) -> list[ast.stmt]:
    """The statements of the backward pass, the first gradient and the return left out."""
    lines = text.split("# backward pass, in reverse order\n")[1].splitlines()
    body = ast.parse("\n".join(line.strip() for line in lines if not line.strip().startswith("return"))).body
    return [s for s in body if ast.unparse(s) != "dloss = 1.0"]


def test_net_backward_statements() -> None:
    """As operations: each printed line, and the golden's in its place, gives the same gradients."""
    c = net()
    printed = backward_of(c.code())
    golden = [s for line in NET["backward_statements"] for s in ast.parse(line).body]
    assert len(printed) <= 12
    assert sorted(map(assigned, printed)) == sorted(map(assigned, golden))
    mine, theirs = ran(c, printed), ran(c, golden)
    assert "dX" not in mine
    for name in theirs:
        if name.startswith("d") and name in map(assigned, golden):
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-13, atol=1e-16, err_msg=name)


def assigned(statement: ast.stmt) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target  # type: ignore[attr-defined]
    return ast.unparse(target)


def ran(c: Any, body: list[ast.stmt]) -> dict[str, Any]:
    """What the names stand for after these statements, on the values of the forward pass."""
    names = {w.name: w.value for w in c.wires} | net_inputs() | {"np": np, "N": 5, "dloss": 1.0}
    exec(compile(ast.Module(body, []), "<backward>", "exec"), names)
    return names


def test_net_says_where_the_shift_goes() -> None:
    assert "nothing goes back through its max" in net().code()


def test_printed_net_runs_in_a_fresh_process(tmp_path: Path) -> None:
    c = net()
    (tmp_path / "net.py").write_text(c.code(), encoding="utf-8")
    np.savez(tmp_path / "inputs.npz", **net_inputs())
    code = (
        "import sys; sys.modules['gatewise'] = None; sys.path.insert(0, sys.argv[1]); import numpy as np, net\n"
        "inputs = dict(np.load(sys.argv[1] + '/inputs.npz')); value, gradients = net.loss_and_gradients(**inputs)\n"
        "np.savez(sys.argv[1] + '/found.npz', value, *gradients)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    with np.load(tmp_path / "found.npz") as found:
        value, *gradients = found.values()
    assert close(float(value), NET["loss"], None)
    for got, (name, wanted) in zip(gradients, c.gradients.items(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-15, err_msg=name)
