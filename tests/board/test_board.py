"""What gw.circuit() returns: one index of wires, folding, cutting, reads, checks, copies, stages, and its mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._board import record_of
from gatewise._errors import (
    ArgumentError,
    CutError,
    GatewiseError,
    InputNameError,
    IntegerGradientError,
    UnknownWireError,
    UpstreamError,
)


def chain() -> gw.Circuit:
    return gw.circuit("p = a*b*c; q = p + 1; r = q*q", a=1, b=2, c=3)


def sigmoid_times() -> gw.Circuit:
    return gw.circuit("sig = 1/(1+exp(-x)); f = sig*y", x=1, y=3)


def halves(x: Any) -> Any:
    a, b = np.split(x, 2)
    return np.sum(a * b)


# -------------------------------------------------------------------------------------------------------- one index


def test_folded_wires_keep_their_names_and_numbers() -> None:
    whole, folded = chain(), chain().fold()
    for name in ("a", "p", "q", "r"):
        assert folded[name].name == name
        assert folded[name].value == whole[name].value
        assert folded[name].gradient == whole[name].gradient
    assert "p_1" not in folded
    with pytest.raises(UnknownWireError):
        folded["p_1"]
    checks = json.loads(folded.to_json())["checks"]
    assert {folded.wires[int(k)].name for k in checks} == {"a", "b", "c"}
    assert folded.cut("q").gradients == {"q": 14.0}
    assert folded.unfold().gradients == folded.gradients


def test_wires_and_fold_take_time_in_proportion_to_the_gates() -> None:
    def f(x: Any) -> Any:
        for _ in range(1500):
            x = np.sin(x) * 1.01
        return x

    c = gw.circuit(f, 1.0)
    start = time.perf_counter()
    _ = c.gradients
    alone = time.perf_counter() - start
    start = time.perf_counter()
    assert len(c.wires) == 3001
    assert time.perf_counter() - start < alone


def test_everything_handed_out_is_a_copy() -> None:
    c = gw.circuit("q = x + y; f = q * z", x=np.ones(2), y=np.ones(2), z=3.0, upstream="ones")
    before = c.to_json()
    c.gradients["x"][:] = 999
    c["q"].uses[0].contribution[:] = 999
    c["f"].local["q"] = 999
    c["q"].uses[0].local = None
    c["q"].gradient[:] = 999
    c["q"].value[:] = 999
    assert c.gradients["x"].tolist() == [3, 3]
    assert c["q"].uses[0].contribution.tolist() == [3, 3]
    assert c["q"].gradient.tolist() == [3, 3]
    assert c.to_json() == before


def test_two_uses_of_one_wire_have_two_local_gradients() -> None:
    c = gw.circuit("p = x*x; f = p*y", x=3, y=5)
    assert c["p"].local == {"x": (3.0, 3.0)}
    assert c["f"].local == {"p": 5.0, "y": 9.0}


def test_stages_are_readable() -> None:
    def f(x: Any) -> Any:
        q = x * 2
        return q * q

    stages = gw.circuit(f, 3.0).stages
    assert [(s.name, s.text, s.wires) for s in stages] == [("q", "q = x * 2", ("q",)), ("f", "return q * q", ("f",))]
    assert repr(stages[0]).startswith("<stage q (line ")


# ---------------------------------------------------------------------------------------------------------- folding


def test_a_folded_chain_tells_its_own_rule() -> None:
    card = chain().fold().card("p")
    assert "dp/da = b * c = 6" in card
    assert "code        da = b * c * dp ;  db = a * c * dp ;  dc = a * b * dp" in card
    assert "p_1" not in card


def test_a_folded_block_tells_its_own_rule() -> None:
    card = sigmoid_times().fold().card("sig")
    assert "dsig/dx = (1 - sig) * sig = 0.1966" in card
    assert "code        dx = ((1 - sig) * sig) * dsig" in card
    assert "sig_" not in card


def test_a_folded_softmax_has_one_use_of_its_scores() -> None:
    def f(s: Any, t: Any) -> Any:
        p = np.exp(s) / np.sum(np.exp(s), axis=-1, keepdims=True)
        return np.sum(p * t)

    folded = gw.circuit(f, np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 2.0])).fold()
    assert folded["p"].gate == "softmax"
    (use,) = folded["s"].uses
    np.testing.assert_allclose(use.contribution, folded["s"].gradient, atol=1e-15)


def test_a_block_with_a_wire_that_is_used_elsewhere_stays_open() -> None:
    def f(x: Any) -> Any:
        e = np.exp(-x)
        s = 1 / (1 + e)
        return s * e

    folded = gw.circuit(f, 0.5).fold()
    assert folded["s"].gate == "reciprocal"
    assert "e" in folded


# ---------------------------------------------------------------------------------------------------------- cutting


def test_a_cut_inside_a_block_says_where_to_cut() -> None:
    c = sigmoid_times()
    with pytest.raises(CutError, match=r"inside the block sigmoid(.|\n)*cut at sig or x"):
        c.cut("sig_2")
    assert set(c.cut("sig").gradients) == {"sig", "y"}


def test_a_cut_beside_a_split_agrees_with_its_differences_and_its_code() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    c = gw.circuit(halves, x).cut("a")
    assert [v.tolist() for v in c.gradients.values()] == [[2, 3], [0, 0, 0, 1]]
    assert "DIFFERS" not in str(c)
    scope: dict[str, Any] = {}
    exec(c.code(), scope)
    _, (da, dx) = scope["halves_and_gradients"](np.array([0.0, 1.0]), x)
    assert (da.tolist(), dx.tolist()) == ([2, 3], [0, 0, 0, 1])


def test_a_cut_wire_of_truth_values_is_data() -> None:
    c = gw.circuit(lambda x: np.sum(np.where(x > 0, x * x, 0.0)), np.array([1.0, -2.0]))
    (mask,) = [w.name for w in c.wires if w.dtype == "bool"]
    assert list(c.cut(mask).gradients) == ["x"]


def test_a_cut_wire_is_marked() -> None:
    c = chain().cut("q")
    wires = {w["name"]: w for w in json.loads(c.to_json())["wires"]}
    assert wires["q"]["cut"]
    assert "input (cut)" in str(c)
    assert c.card("q").startswith("input (cut)  q = 7")
    assert ">cut<" in c.svg()
    assert ">cut<" not in chain().svg()


def test_code_of_a_cut_circuit_speaks_of_what_it_has() -> None:
    W = np.array([1.0, 2.0])

    def f(x: Any) -> Any:
        N = x.shape[0]
        a = x * 3
        return np.sum(W * a) / N

    scope: dict[str, Any] = {}
    c = gw.circuit(f, np.array([3.0, 4.0])).cut("a")
    exec(c.code(), scope)
    value, da = scope["f_and_gradients"](np.array([9.0, 12.0]), 2, W=W)
    assert value == c.value
    assert da.tolist() == c.gradients["a"].tolist()


def test_code_of_a_cut_circuit_takes_a_dict_once() -> None:
    def f(p: Any) -> Any:
        h = p["W"] * p["b"]
        return h * p["W"] + p["b"]

    scope: dict[str, Any] = {}
    c = gw.circuit(f, {"W": 2.0, "b": 3.0}).cut("h")
    exec(c.code(), scope)
    assert scope["f_and_gradients"](6.0, {"W": 2.0, "b": 3.0}) == (15.0, (2.0, {"W": 6.0, "b": 1.0}))


# -------------------------------------------------------------------------------------------------- contributions


@pytest.mark.parametrize("as_json", [False, True])
def test_a_gradient_is_the_sum_of_its_uses(as_json: bool) -> None:
    c = gw.circuit(halves, np.arange(4.0))
    if as_json:
        contributions = [u["contribution"] for u in json.loads(c.to_json())["uses"] if u["from"] == 0]
    else:
        contributions = [u.contribution.tolist() for u in c["x"].uses]
    assert contributions == [[2, 3, 0, 0], [0, 0, 0, 1]]
    assert "[2, 3, 0, 0] (from split" in c.card("a")


def test_an_input_that_python_reads_has_no_gradient() -> None:
    def f(x: Any, n: Any) -> Any:
        return np.sum(x[: int(n)])

    c = gw.circuit(f, np.ones(4), 2)
    assert c.gradients["n"] is None
    assert c["n"].gradient is None
    assert "n makes no difference" not in str(c)
    assert "checked: x agrees" in str(c)
    assert "read by Python: n" in str(c)
    assert "dn" not in c.code()


def test_a_loop_over_a_range_reads_its_end() -> None:
    def f(x: Any, n: Any) -> Any:
        total = x * 0
        for _ in range(n):
            total = total + x * n
        return total

    c = gw.circuit(f, 2.0, 3)
    assert c.gradients == {"x": 9.0, "n": None}
    assert all(u.contribution is None for u in c["n"].uses)
    assert "dn" not in c.code()


def test_integer_data_used_as_an_index_is_no_read_input() -> None:
    c = gw.circuit(lambda X, y: np.sum(X[np.arange(2), y]), np.ones((2, 3)), np.array([0, 1]))
    assert list(c.gradients) == ["X"]
    assert "read by Python" not in str(c)


def test_max_of_one_number_routes_to_it() -> None:
    assert "max routes to x" in str(gw.circuit("max(x)", x=3))
    assert "a tie with a constant passes 0" in str(gw.circuit(lambda x: np.maximum(x, 0), 0.0))


# ----------------------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_short_floats_are_checked(dtype: Any) -> None:
    x = np.array([1.0, 2.0], dtype=dtype)
    c = gw.circuit(lambda x: np.sum(x * np.exp(x)), x)
    (check,) = json.loads(c.to_json())["checks"].values()
    assert check["verdict"] == "agrees"
    c = gw.circuit(lambda x: np.sum(x.astype(dtype) ** 2), x.astype(float))
    (check,) = json.loads(c.to_json())["checks"].values()
    assert check["verdict"] == "agrees"


def test_a_wrong_gradient_of_short_floats_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from gatewise._record import checks

    right = checks.gradients

    def wrong(circuit: Any, as_written: bool = False) -> Any:
        found, events = right(circuit, as_written)
        return {w: 1.001 * g for w, g in found.items()}, events

    monkeypatch.setattr(checks, "gradients", wrong)
    c = gw.circuit("x*x", x=np.float32(2))
    (check,) = checks.check(c._frozen).values()
    assert check["verdict"] == "differs"


def test_what_cannot_be_checked_says_why() -> None:
    c = gw.circuit(lambda x: np.sum(np.sqrt(x)), np.array([0.0, 2.0]))
    assert "not checked: x (its gradient is not finite)" in str(c)
    assert "not checked: its gradient is not finite" in c.card("x")


# --------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    "mistake",
    [
        lambda c: gw.circuit(3, 2.0),  # type: ignore[arg-type]
        lambda c: gw.circuit(None, 2.0),  # type: ignore[arg-type]
        lambda c: gw.circuit("x", x=1, wrt=0),  # type: ignore[arg-type]
        lambda c: gw.circuit("x", x=1, wrt=[0]),  # type: ignore[list-item]
        lambda c: c[0],
        list,
        lambda c: gw.circuit("x*2", x=10**400),
        lambda c: c.svg(digits=-3),
        lambda c: c.card("p", digits=2.5),
        lambda c: c.code("nope"),
        lambda c: c.save(None),
        lambda c: c.save(5),
        lambda c: c.save(b"a.svg"),
        lambda c: c.save("a.json", palette="dark"),
        lambda c: c.save("a.json", digits=2),
        lambda c: c.save("a.dot", fold=3),
        lambda c: c.save("a.svg", form="beamer"),
        lambda c: c.save("a.png", form="beamer"),
        lambda c: c.save("a.tex", form=["beamer"]),
        lambda c: c.drawn(None),
        lambda c: c.drawn([".svg"]),
        lambda c: c.drawn(".docx"),
        lambda c: c.svg(wrt=5),
        lambda c: c.svg(wrt=[5]),
        lambda c: c.html(wrt=5),
        lambda c: c.svg(palette=None),
        lambda c: c.html(palette=["x"]),
        lambda c: c.tex(palette=5),
        lambda c: c.svg(fold=1.5),
        lambda c: c.html(fold=[1.5]),
        lambda c: c.tex(fold=b"p"),
        lambda c: c.svg(fold=object()),
        lambda c: c.svg(fold=[["p"]]),
        lambda c: gw.circuit(lambda x: x * 2, np.array([1, 2], dtype=object)),
        lambda c: gw.circuit(lambda x: x * 2, np.array([1, None], dtype=object)),
    ],
)
def test_a_mistake_is_one_clear_error(mistake: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GatewiseError) as caught:
        mistake(chain())
    assert caught.value.why
    assert caught.value.cure
    assert not list(tmp_path.iterdir())


def test_what_is_drawn_is_what_is_saved(tmp_path: Path) -> None:
    c = chain()
    drawn = {".svg": c.svg(), ".html": c.html(), ".htm": c.html(), ".tex": c.tex(), ".json": c.to_json()}
    for suffix, text in (drawn | {".dot": c.to_dot()}).items():
        assert c.drawn(suffix) == text.encode()
        c.save(tmp_path / f"c{suffix.upper()}")
        assert (tmp_path / f"c{suffix.upper()}").read_bytes() == text.encode()
    assert c.drawn(".tex", form="beamer", digits=2).decode() == c.tex(form="beamer", digits=2)
    assert c.drawn(".dot", digits=2).decode() == c.to_dot(digits=2)
    assert json.loads(c.to_json()) == json.loads(json.dumps(record_of(c)))


def test_numpys_whole_numbers_count_gates_too() -> None:
    assert chain().svg(fold=np.int64(2)) == chain().svg(fold=2)


def test_an_object_array_is_named() -> None:
    with pytest.raises(ArgumentError, match="x is an array of Python objects"):
        gw.circuit(lambda x: x * 2, np.array([1, None], dtype=object))


def test_a_defaultdict_stays_one() -> None:
    c = gw.circuit(lambda p: p["a"] * (p["b"] + 2), defaultdict(float, a=3.0))
    assert c.gradients == {"a": 2.0}


def test_inputs_are_named_as_python_reads_them() -> None:
    ligature = {"\ufb01": 1.0}
    assert gw.circuit("\ufb01*2", **ligature).gradients == {"fi": 2.0}
    assert gw.circuit("\ufb01*2", wrt="\ufb01", **ligature).gradients == {"fi": 2.0}
    with pytest.raises(InputNameError):
        gw.circuit("fi*2", **(ligature | {"fi": 2.0}))


def test_an_upstream_of_ones_is_a_word() -> None:
    assert gw.circuit("x*2", x=np.ones(2), upstream="ones").gradients["x"].tolist() == [2, 2]
    assert gw.circuit("x*2", x=1, upstream="ones").gradients == {"x": 2.0}
    with pytest.raises(UpstreamError, match="'one'"):
        gw.circuit("x*2", x=np.ones(2), upstream="one")


def test_an_output_without_a_slope() -> None:
    with pytest.raises(IntegerGradientError, match="gives bool"):
        gw.circuit(lambda x: x > 0, 1.0)
    assert gw.circuit(lambda x: x > 0, 1.0, wrt=[]).value


def test_code_of_the_identity() -> None:
    c = gw.circuit(lambda x: x, 2.0)
    assert "dx = 1.0\n    return x, dx\n" in c.code()


def test_a_library_has_no_names_for_a_tensor() -> None:
    scope = {"gw": gw}
    source = "def pretty(obj):\n    return repr(obj)\n"
    exec(compile(source, "/opt/site-packages/IPython/pretty.py", "exec"), scope)
    assert scope["pretty"](gw.tensor(3.0)) == "Tensor(3.)"  # type: ignore[operator]
    mine = gw.tensor(3.0)
    assert repr(mine) == "Tensor(mine = 3.)"


def test_a_gate_declared_in_one_file_is_called_by_name() -> None:
    source = """
import numpy as np
from gatewise._gates.families import elementwise

@elementwise(lambda x: x / (1 + np.abs(x)), pattern="scales", at=[((0.0,), (1.0,))])
def halfway(out, x):
    return 1 / (1 + np.abs(x)) ** 2

import gatewise as gw
assert gw.halfway(1.0) == 0.5
assert gw.grad(gw.halfway)(0.0) == 1.0
assert not hasattr(gw, "maximum")
"""
    subprocess.run([sys.executable, "-c", source], check=True)
