"""Whatever is shown or said, a name that begins with `np.` is a name that NumPy has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source.checking import loaded
from source.programs import Program, write

import gatewise as gw
from gatewise._cli.catalogue import example, gate_page, sample
from gatewise._gates import NAMES
from gatewise._gates.absent import INSTEAD

NAME = re.compile(r"(?<![\w.])np\.((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)")
ROOT = Path(__file__).parents[2]


def unknown(text: str) -> set[str]:
    """The names in a text that NumPy does not have."""
    return {found[0] for found in NAME.finditer(text) if not is_numpys(found[1])}


def is_numpys(name: str) -> bool:
    value: Any = np
    for part in name.split("."):
        if not hasattr(value, part):
            return False
        value = getattr(value, part)
    return True


def views(board: gw.Circuit) -> Iterator[tuple[str, str]]:
    """Everything a circuit can be shown as."""
    yield "ledger", str(board)
    for wire in board.wires:
        yield f"card of {wire.name}", board.card(wire.name)
    yield "code", board.code()
    yield "notes", board.code("notes")
    yield "picture", board.svg(fold=False)
    yield "page", board.html()
    yield "TikZ", board.tex()
    yield "derivation", board.derive()
    yield "record", board.to_json()
    yield "Graphviz", board.to_dot()
    yield "folded", str(board.fold())


def test_a_name_is_told_from_one_that_numpy_does_not_have() -> None:
    assert unknown("np.exp(x) + np.linalg.inv(A) - np.movement.put(x) * np.expit(x)") == {"np.movement.put", "np.expit"}


@pytest.mark.parametrize("name", NAMES)
def test_every_view_of_every_gate(name: str) -> None:
    gate = NAMES[name]
    board = example(gate, sample(gate))
    assert unknown(gate_page(name)) == set()
    if board is None:  # of complex numbers, which no view shows
        return
    assert {view: bad for view, text in views(board) if (bad := unknown(text))} == {}


@pytest.mark.parametrize("seed", range(25))
def test_every_view_of_random_programs(seed: int, tmp_path: Path) -> None:
    program = write(seed)
    assert {view: bad for view, text in views(board_of(program, tmp_path)) if (bad := unknown(text))} == {}


def board_of(program: Program, folder: Path) -> gw.Circuit:
    function = loaded(program.source, folder, f"program_{program.seed}").f
    args, kwargs = program.inputs
    with np.errstate(all="ignore"):
        return gw.circuit(function, *args, **kwargs, upstream=program.upstream)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x[np.array([0, 0, 2])] ** 2),
        lambda x: np.sum(np.split(x, [1, 2])[1] * x[0]),
        lambda x: np.sum(np.max(x) * np.where(x > 0, x, 0) * x[::-1]),
        lambda x: gw.cross_entropy(x[None, :] * x[0], np.array([1])),
    ],
)
def test_every_view_of_gradients(f: Callable[..., Any]) -> None:
    """A gradient is a circuit too, of gates that nobody writes."""
    board = gw.circuit(lambda x: np.sum(gw.grad(f)(x) ** 2), np.array([0.5, -1.0, 2.0]))
    assert {view: bad for view, text in views(board) if (bad := unknown(text))} == {}


def test_what_errors_say_of_functions_of_others() -> None:
    """A ufunc that is not NumPy's goes by its own name, and so does a function of ours."""
    expit = np.frompyfunc(lambda x: x, 1, 1)
    for call in (
        expit,
        lambda x: np.subtract.reduceat(x, [0]),
        lambda x: np.i0(x),
        lambda x: np.linalg.eig(x[None] * x),
    ):
        with pytest.raises(gw.GatewiseError) as caught:
            gw.grad(lambda x, call=call: np.sum(call(x)))(np.ones(3))
        assert unknown(str(caught.value)) == set()


def test_what_gatewise_says_of_itself() -> None:
    """Offers, docstrings and messages in the source, and the pages."""
    assert unknown(" ".join([*INSTEAD, *INSTEAD.values()])) == set()
    texts = [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("README*.md")]
    found = {str(path): bad for path in texts if (bad := unknown(path.read_text(encoding="utf-8")))}
    assert found == {}
