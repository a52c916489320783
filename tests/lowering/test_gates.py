"""Every gate on every engine that is installed: forward and with its gradient, eager and jitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gates.cases import Case, good_cases
from program.test_programs import close

from gatewise._gates import NAMES
from gatewise._lowering.engines import parameter
from gatewise._recording import leaves
from lowering.engines import ALL, INSTALLED, boards_of, differences, engine, referenced, run_by, shortest

#: Gates that have no way, with the reason. Those of SciPy are of the engines only where a circuit has them.
WITHOUT: dict[str, str] = {}
#: Gates whose vectors any number of size 1 may be multiplied with.
TURNED = ("eigh", "eig", "svd", "qr")
OWN = [name for name, gate in NAMES.items() if not gate.path and not gate.arbitrary]
EVERY_WAY = [(e, jitted) for e in INSTALLED for jitted in ((False, True) if e == "jax" else (False,))]
ways = pytest.mark.parametrize(("on", "jitted"), EVERY_WAY, ids=[f"{e}{' jitted' * j}" for e, j in EVERY_WAY])
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")


def is_any(case: Case) -> bool:
    """Whether NumPy's own answer means nothing: places in what is not sorted."""
    return case.gate.name == "searchsorted" and bool(np.any(np.diff(case.args[0]) < 0))


@pytest.mark.parametrize("name", OWN)
def test_the_reference_is_the_sweep_to_the_bit(name: str, counted: Any) -> None:
    for case, board in boards_of(NAMES[name], 2):
        have, want = referenced(board), {"value": board.value} | {f"d{k}": g for k, g in board.gradients.items()}
        for key, value in want.items():
            if value is not None:
                assert np.array_equal(have[key], value, equal_nan=np.asarray(value).dtype.kind == "f"), (case, key)
        counted("reference", cases=1)


@ways
@pytest.mark.parametrize("name", OWN)
def test_every_gate_with_its_gradient(name: str, on: str, jitted: bool, counted: Any) -> None:
    if name in WITHOUT:
        pytest.skip(WITHOUT[name])
    few = 10 if ALL or on == "torch" else 1
    if on == "jax" and not jitted and not ALL:
        pytest.skip("make scale")
    for case, board in boards_of(NAMES[name], few):
        if is_any(case):
            continue
        assert not differences(run_by(engine(on), board._frozen, jitted), board, shortest(case.values)), case
        counted(f"gates on {on}{' jitted' * jitted}", cases=1)


@pytest.mark.parametrize("on", INSTALLED)
@pytest.mark.parametrize("name", OWN)
def test_every_gate_has_a_way_forward(name: str, on: str, counted: Any) -> None:
    """Those of whole numbers, truth values and complex numbers, which are no circuits, among them."""
    if name in WITHOUT:
        pytest.skip(WITHOUT[name])
    gate, each = NAMES[name], engine(on)
    for case in [case for case in good_cases(gate) if not is_any(case)][: 25 if ALL else 2]:
        operands, parameters = gate.sorted(case.args, case.kwargs)
        given = [x if x is None else each.array(x, np.asarray(x).dtype) for x in operands]
        made = each.applied(gate, given, {k: parameter(each, index_of(each, x)) for k, x in parameters.items()})
        want = gate.call(*operands, **parameters)
        many = isinstance(want, (tuple, list))
        assert many == isinstance(made, tuple), case
        for a, b in zip(made if many else [made], [x for _, x in leaves(want)] if many else [want], strict=True):
            assert np.shape(a) == np.shape(b), case
            assert same(*map(directed if name in TURNED else np.asarray, (a, b))), (case, a, b)
        counted(f"gates forward on {on}", cases=1)


def index_of(each: Any, x: Any) -> Any:
    return tuple(map(each.part, x)) if isinstance(x, tuple) else each.part(x)


def directed(x: Any) -> Any:
    """Vectors without their signs or phases."""
    return np.abs(np.asarray(x)) if np.ndim(x) > 1 else np.asarray(x)


def same(a: Any, b: Any) -> bool:
    if np.iscomplexobj(b):
        return close(a.real, b.real, np.dtype(np.float32)) and close(a.imag, b.imag, np.dtype(np.float32))
    return close(a, b, np.dtype(np.float32) if b.dtype == np.float32 else np.dtype(float))
