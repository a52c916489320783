"""Programs: what a circuit and its backward pass are as plain data gives what eager gives, here and elsewhere."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gates.cases import Case, good_cases, like

import gatewise as gw
from gatewise._errors import GatewiseError
from gatewise._gates import NAMES, Gate
from gatewise._program import At, Op, Program, ProgramError, evaluate, from_json, needed, program_of, to_json, verify

CLOSE = 1e-12  # relative to the largest entry


def close(one: Any, other: Any, dtype: np.dtype[Any]) -> bool:
    """Equal to rounding of the shortest float that took part, NaN and inf where they stand."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    finite = np.isfinite(b)
    largest = np.max(np.abs(b[finite]), initial=0.0)
    within = CLOSE if dtype == np.float64 else 64 * float(np.finfo(dtype).eps)
    same = a.shape == b.shape and np.array_equal(a[~finite], b[~finite], equal_nan=True)
    return bool(same and np.all(np.abs(a[finite] - b[finite]) <= within * largest))


def cases_of(gate: Gate) -> Iterator[Case]:
    """A case of each make: shapes, dtypes and parameters."""
    seen = set()
    for case in (case for case in good_cases(gate) if case.values):
        made = str([(np.shape(x), np.asarray(x).dtype) for x in case.values]), str(sorted(case.kwargs.items()))
        if made not in seen and not (isinstance(case.out, np.ndarray) and not case.out.size):
            seen.add(made)
            yield case
        if len(seen) == 10:
            return


def applied(case: Case) -> Any:
    if case.gate.pattern == "stops":
        return lambda *values: case.applied(*values) * (np.sum(values[0]) + 1.5)
    return case.applied


def of_a_circuit(board: Any) -> dict[str, Any]:
    return {"value": board.value} | {f"d{name}": g for name, g in board.gradients.items() if g is not None}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", [name for name, gate in NAMES.items() if not gate.arbitrary])
def test_every_gate_gives_what_eager_gives_here_and_at_other_inputs(name: str, counted: Any) -> None:
    gate = NAMES[name]
    checked = 0
    for case in list(cases_of(gate))[::2]:  # the registry has a case of a kind more than once
        f, upstream = applied(case), case.upstream if gate.pattern != "stops" else "ones"
        try:
            board = gw.circuit(lambda *v, f=f: f(*v), *case.values, upstream=upstream)
        except GatewiseError:  # several outputs, a truth value: no circuit at all
            continue
        program = program_of(board._frozen)
        again = from_json(json.loads(json.dumps(to_json(program))))
        inputs = [i.name for i in board._frozen.inputs if i.kind == "input"]
        captured = {i.name: i.wire.value for i in board._frozen.inputs if i.kind == "captured"}
        random = np.random.default_rng(checked)
        for values in (case.values, [x + 0.1 * like(x, random) for x in case.values]):
            with np.errstate(all="ignore"):
                want = of_a_circuit(gw.circuit(lambda *v, f=f: f(*v), *values, upstream=upstream))
            given = dict(captured) | {name: board_value(x) for name, x in zip(inputs, values, strict=False)}
            for each in (program, again):
                have = evaluate(each, given)
                assert have.keys() == want.keys()
                for key, value in want.items():
                    assert close(have[key], value, shortest(values)), (case, key, have[key], value)
            checked += 1
    counted("programs as data", cases=checked)


def shortest(values: Any) -> np.dtype[Any]:
    floats = [np.asarray(x).dtype for x in values if np.asarray(x).dtype.kind == "f"]
    return min(floats, key=lambda dtype: dtype.itemsize, default=np.dtype(float))


def board_value(x: Any) -> Any:
    """An input as a recording takes it: a whole number is a float."""
    return float(x) if type(x) is int else x


def net(X: Any, W: Any, b: Any, y: Any) -> Any:
    scores = np.maximum(X @ W + b, 0)
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    return np.mean(-np.log(p[np.arange(3), y])) + 0.5 * np.sum(W * W)


def drawn() -> dict[str, Any]:
    draw = np.random.default_rng(0)
    return {
        "X": draw.normal(size=(3, 4)),
        "W": draw.normal(size=(4, 5)),
        "b": draw.normal(size=5),
        "y": np.array([1, 0, 4]),
    }


def test_a_net_elsewhere() -> None:
    program = program_of(gw.circuit(net, **drawn())._frozen)
    for seed in range(20):
        other = {k: x if k == "y" else np.random.default_rng(seed).normal(size=x.shape) for k, x in drawn().items()}
        want = of_a_circuit(gw.circuit(net, **other))
        have = evaluate(program, other)
        assert all(close(have[key], value, np.dtype(float)) for key, value in want.items())


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[np.argsort(x)],
        lambda x: x[np.argmax(x)],
        lambda x: np.sort(x),
        lambda x: np.reshape(x, (2, 2))[[0, 1], np.argmax(np.reshape(x, (2, 2)), axis=1)],
    ],
)
def test_the_way_back_goes_by_the_order_that_is_found_elsewhere(f: Any) -> None:
    start = np.array([0.3, -1.0, 2.0, 0.1])
    upstream = np.arange(1.0, np.size(f(start)) + 1) if np.ndim(f(start)) else None
    program = program_of(gw.circuit(lambda x: f(x), start, upstream=upstream)._frozen)
    for order in itertools.permutations(range(4)):
        want = of_a_circuit(gw.circuit(lambda x: f(x), start[list(order)], upstream=upstream))
        have = evaluate(program, {"x": start[list(order)]})
        assert all(close(have[key], value, np.dtype(float)) for key, value in want.items())


def test_steps_are_told_once() -> None:
    program = program_of(gw.circuit("sin(x) * sin(x) + sin(x)", x=0.5)._frozen)
    assert [op.gate for op in program.ops].count("sin") == 1
    whole = program_of(gw.circuit(net, **drawn())._frozen)
    value = needed(dataclasses.replace(whole, outputs={"value": whole.outputs["value"]}))
    assert len(value.ops) < len(whole.ops)
    assert evaluate(value, drawn())["value"] == evaluate(whole, drawn())["value"]


def test_a_long_loop_is_no_deep_recursion() -> None:
    def f(x: Any) -> Any:
        for _ in range(3000):
            x = np.sin(x)
        return x

    program = program_of(gw.circuit(f, 1.0)._frozen)
    assert evaluate(program, {"x": 1.0})["dx"] == pytest.approx(gw.grad(f)(1.0), rel=1e-12)


def with_first(program: Program, **changed: Any) -> Program:
    return dataclasses.replace(program, ops=(dataclasses.replace(program.ops[0], **changed), *program.ops[1:]))


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda p: dataclasses.replace(p, ops=p.ops[::-1]), "is not before it"),
        (lambda p: with_first(p, gate="nope"), "is no gate"),
        (lambda p: with_first(p, parameters={"axis": 0}), "has the parameters"),
        (lambda p: with_first(p, operands=p.ops[0].operands[:1]), "has 1 operands"),
        (lambda p: dataclasses.replace(p, outputs={"value": At(99)}), "is not in the program"),
        (lambda p: dataclasses.replace(p, inputs=(p.inputs[0],) * 3), "two inputs have one name"),
    ],
)
def test_what_is_not_well_formed_is_refused(spoiled: Any, said: str) -> None:
    program = program_of(gw.circuit("(x + y) * z", x=-2, y=5, z=-4)._frozen)
    assert isinstance(program, Program)
    assert isinstance(program.ops[0], Op)
    with pytest.raises(ProgramError, match=said):
        verify(spoiled(program))


def counted_twice(x: Any, y: Any) -> Any:
    """Truth values times 1.0 are numbers, which add up; truth values by themselves do not."""
    return np.sum((1.0 * (x > 0) + (y > 0) * 1.0) * x)


def test_a_truth_value_times_one_is_a_number() -> None:
    given = {"x": np.array([1.0, -2.0, 3.0]), "y": np.array([2.0, 1.0, -1.0])}
    board = gw.circuit(counted_twice, **given)
    have = evaluate(program_of(board._frozen), given)
    assert have["value"] == board.value
    assert have["dx"].tolist() == board.gradients["x"].tolist() == [2.0, 1.0, 1.0]


def branching(x: Any, y: Any) -> Any:
    return x * y if x > 0 else x + y


def taken_out(x: Any) -> Any:
    return x * x.item()


def numbered(x: Any, n: Any) -> Any:
    for _ in range(n):
        x = x * 1.5
    return x


@pytest.mark.parametrize(
    ("f", "recorded", "kept", "left"),
    [
        (branching, {"x": 2.0, "y": 3.0}, {"x": 0.5, "y": 3.0}, {"x": -2.0, "y": 3.0}),
        (taken_out, {"x": 2.0}, {"x": 2.0}, {"x": 3.0}),
        (numbered, {"x": 2.0, "n": 3}, {"x": 1.0, "n": 3}, {"x": 1.0, "n": 4}),
    ],
)
def test_what_python_read_must_be_as_it_was(f: Any, recorded: Any, kept: Any, left: Any) -> None:
    """Where a branch went another way the program is another function's: an error, and not a number."""
    program = program_of(gw.circuit(f, **recorded)._frozen)
    for each in (program, needed(program), from_json(json.loads(json.dumps(to_json(program))))):
        assert float(evaluate(each, kept)["value"]) == float(gw.circuit(f, **kept).value)
        with pytest.raises(ProgramError, match="Python read"):
            evaluate(each, left)


def scored(W: Any, X: Any, y: Any) -> Any:
    scores = X @ W
    return np.mean(scores[np.arange(len(y)), y] ** 2)


def test_an_index_is_an_operand_on_the_way_back_too() -> None:
    W, X, y, other = (
        np.arange(6.0).reshape(2, 3),
        np.array([[0.5, -1.0], [2.0, 1.5]]),
        np.array([0, 2]),
        np.array([1, 1]),
    )
    program = program_of(gw.circuit(scored, W, X, y)._frozen)
    here, there = program.inputs.index(next(each for each in program.inputs if each.name == "y")), {"W": W, "X": X}
    picks = [op.parameters["index"][1] for op in program.ops if "index" in op.parameters]
    assert picks == [At(here)] * 2
    found = evaluate(program, {**there, "y": other})
    np.testing.assert_allclose(found["dW"], gw.grad(scored)(W, X, other), rtol=1e-12)
