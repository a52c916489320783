"""The engines that are installed, and circuits run by them beside gatewise's own numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from gates.cases import Case
from program.test_programs import applied, cases_of, close, of_a_circuit, shortest

import gatewise as gw
from gatewise._board.leaving import left
from gatewise._circuit import FrozenCircuit
from gatewise._errors import GatewiseError
from gatewise._gates import Gate
from gatewise._lowering import lower
from gatewise._lowering.engines import Engine, outputs_of, values_of
from gatewise._lowering.jax_engine import Jax
from gatewise._lowering.torch_engine import Torch
from gatewise._program import At, evaluate

#: Every case of every gate, and many random programs, where this is "all": `make scale`.
ALL = os.environ.get("GATEWISE_SCALE") == "all"
INSTALLED = [name for name in ("jax", "torch") if find_spec(name)]


def engine(name: str) -> Engine:
    if name == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        return Jax()
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return Torch()


def boards_of(gate: Gate, count: int) -> Iterator[tuple[Case, Any]]:
    """The first cases of a gate that are circuits."""
    for case in cases_of(gate):
        f, upstream = applied(case), case.upstream if gate.pattern != "stops" else "ones"
        try:
            board = gw.circuit(lambda *v, f=f: f(*v), *case.values, upstream=upstream)
        except GatewiseError:  # several outputs, a truth value: no circuit at all
            continue
        yield case, board
        count -= 1
        if not count:
            return


def run_by(engine: Engine, circuit: Any, jitted: bool = False, given: Any = None) -> dict[str, Any]:
    """A circuit's value and gradients by an engine, for the numbers that it was recorded with or others.

    What is no circuit alone knows how it was recorded, and leaves as `c.to_jax` has it.
    """
    lowered = lower(circuit) if isinstance(circuit, FrozenCircuit) else left(circuit, ())[0]
    guards = [g for g in lowered.program.guards if isinstance(g.operand, At)]
    dtypes = [np.dtype(i.dtype) for i in lowered.program.inputs]
    values = [i.wire.value for i in lowered.inputs] if given is None else given
    given = [x if w else engine.array(x, d) for x, w, d in zip(values, lowered.weak, dtypes, strict=True)]
    given = given if engine.name == "JAX" else [engine.array(x, d) for x, d in zip(given, dtypes, strict=True)]

    def run(*given: Any) -> Any:
        values = values_of(lowered.program, engine, given, lowered.weak)
        read = {f"read {k}": values[g.operand.place] for k, g in enumerate(guards)}
        return outputs_of(lowered.program, values) | read

    if jitted:
        run = pytest.importorskip("jax").jit(run)
    found = {name: np.asarray(x) for name, x in run(*given).items()}
    reads = [np.array_equal(found.pop(f"read {k}"), g.value) for k, g in enumerate(guards)]
    return found | ({} if all(reads) else {"holds": False})


def differences(have: dict[str, Any], board: Any, short: np.dtype[Any]) -> list[str]:
    """The outputs that are not what gatewise has: in shape, dtype or number."""
    want = of_a_circuit(board)
    return [
        f"{key}: {have[key]!r}, not {value!r}"
        for key, value in want.items()
        if not close(have[key], value, short) or have[key].dtype != np.asarray(value).dtype
    ]


def referenced(board: Any) -> dict[str, Any]:
    circuit = board._frozen
    return evaluate(lower(circuit).program, {i.name: i.wire.value for i in circuit.inputs if i.kind != "constant"})


__all__ = ["ALL", "INSTALLED", "boards_of", "differences", "engine", "referenced", "run_by", "shortest"]
