"""A circuit that goes to JSON and back is equal, runs to the same bits, and prints the same text."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source.checking import circuit_of, loaded
from source.programs import write

import gatewise as gw
from gatewise._board import frozen_of
from gatewise._circuit import CircuitError, FrozenCircuit
from gatewise._errors import GatewiseError
from gatewise._gates import NAMES
from gatewise._program import circuit_from_json, circuit_to_json
from gatewise._source.staged import staged
from gatewise._transforms import cut, gradients, replay
from program.test_programs import applied, cases_of

PROGRAMS = 30


def moved(value: Any, random: np.random.Generator) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    new = (array + 0.1 * random.normal(size=array.shape)).astype(array.dtype)
    return float(new) if isinstance(value, float) else new if isinstance(value, np.ndarray) else new[()]


def bits(value: Any) -> tuple[str, Any, bytes]:
    array = np.asarray(value)
    return array.dtype.str, array.shape, array.tobytes()


def hold_equal(circuit: FrozenCircuit) -> None:
    """Go to JSON and back, and compare all that is computed of a circuit."""
    told = json.loads(json.dumps(circuit_to_json(circuit)))
    again = circuit_from_json(told)
    assert circuit_to_json(again) == told
    assert staged(again) == staged(circuit)
    random = np.random.default_rng(0)
    one, other = gradients(circuit)[0], gradients(again)[0]
    for a, b in zip(circuit.inputs, again.inputs, strict=True):
        assert bits(a.wire.value) == bits(b.wire.value)
        if (g := one.get(a.wire)) is not None:
            assert bits(g) == bits(other[b.wire])
        x = moved(a.wire.value, random)
        with np.errstate(all="ignore"):
            assert bits(replay(circuit, {a.wire: x})) == bits(replay(again, {b.wire: x}))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_circuits_of_every_gate() -> None:
    held = 0
    for gate in (gate for gate in NAMES.values() if not gate.arbitrary):
        for case in itertools.islice(cases_of(gate), 2):
            f, upstream = applied(case), case.upstream if gate.pattern != "stops" else "ones"
            try:
                board = gw.circuit(lambda *v, f=f: f(*v), *case.values, upstream=upstream)
            except GatewiseError:  # several outputs, a truth value: no circuit at all
                continue
            hold_equal(frozen_of(board))
            held += 1
    assert held > 300


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_circuits_of_random_programs(tmp_path: Path) -> None:
    for seed in range(PROGRAMS):
        program = write(seed)
        function = loaded(program.source, tmp_path, f"program_{seed}").f
        with np.errstate(all="ignore"):
            hold_equal(frozen_of(circuit_of(function, program.inputs, program.upstream)))


def test_a_circuit_that_was_cut() -> None:
    circuit = frozen_of(gw.circuit(lambda x, y: np.tanh(x * y + 1.0) ** 2, 2.0, np.array([0.5, -1.0]), upstream="ones"))
    hold_equal(cut(circuit, next(w for w in circuit.steps)))


def test_what_is_no_circuit_says_so() -> None:
    told = circuit_to_json(frozen_of(gw.circuit("(x + y) * z", x=-2, y=5, z=-4)))
    for change in (
        {"output": 99},
        {"made": told["made"][:-1]},
        {"names": [[k, "x"] for k, _ in told["names"]]},
        {"made": [*told["made"][:3], {**told["made"][3], "gate": "subtract"}, *told["made"][4:]], "blocks": [[4]]},
    ):
        with pytest.raises(CircuitError):
            circuit_from_json(told | change)
