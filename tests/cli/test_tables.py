"""On a terminal of any width a number or a name is whole or not there, and no line is wider than the terminal."""

from __future__ import annotations

import io
import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.conftest import ROOT
from gatewise._cli.tables import Column, broken_line, laid_out
from gatewise._views.text import cells
from gatewise.train.progress import Bar
from tools.pages import NET
from tools.readme import CARD, FIRST, NEURON

COMMANDS = {
    "first": FIRST,
    "card": CARD,
    "neuron": NEURON,
    "net": NET,
    "card of the net": f"{NET} --card scores",
    "vary": 'show "w*x + b" w=2 x=3 b=1 --vary x=1,10,100,1000,12345.678 --digits 6',
    "arrays": 'show "sum(v * 1e-300) + sum(exp(v))" "v=[1.23456, -2.5e-7, 3.1415926, 1e9]" --digits 8',
    "nan": 'show "long_name = x / y; another_long_name = log(long_name)" x=0 y=0',
    "gates": "gates",
    "exercises": "check --exercises",
    "check": 'check "max(x, y) * exp(z)" x=3 y=3 z=1.5',
    "check of the net": NET.replace("show", "check", 1).partition(" --wrt")[0],
    "check of a neuron": NEURON.replace("show", "check", 1),
    "check of a script": "check examples/flat.py",
}
WIDTHS = (80, 100, 120)


@pytest.fixture
def shown(typed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a command prints in a pipe, and on a terminal of some columns."""

    def run(command: str, columns: int | None) -> str:
        monkeypatch.chdir(ROOT)
        with monkeypatch.context() as patch:
            if columns is not None:
                patch.setattr("gatewise._cli.terminal.on_terminal", lambda: True)
                patch.setattr("gatewise._cli.show.on_terminal", lambda: True)
                patch.setenv("COLUMNS", str(columns))
            answer = typed(*shlex.split(command))
        assert answer.status in (0, 1, 3), answer.err
        assert "\x1b[" not in answer.out
        return answer.out

    return run


def words(text: str) -> Counter[str]:
    """The words of a page without its rules, and without how often f ran, which depends on the time it took."""
    return Counter(word for word in re.sub(r"f\s+ran\s+[\d,]+", "", text).split() if word.strip("─-"))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_every_number_and_every_name_is_read_back(shown: Any, name: str, columns: int) -> None:
    everything, drawn = words(shown(COMMANDS[name], None)), shown(COMMANDS[name], columns)
    assert max(cells(line) for line in drawn.splitlines()) <= columns
    assert set(words(drawn)) - set(everything) == set(), "something was broken"
    assert all(words(drawn)[word] >= count for word, count in everything.items()), "something is missing"


@pytest.mark.parametrize("name", ["add", "softmax", "conv2d", "maximum", "einsum"])
def test_the_page_of_a_gate_keeps_its_code_and_breaks_the_rest_between_words(shown: Any, name: str) -> None:
    whole, drawn = shown(f"gates {name}", None), shown(f"gates {name}", 80)
    assert drawn.split() == whole.split()
    is_code = [line for line in whole.splitlines() if line.startswith("    ") and len(line) > 80]
    wide = [line for line in drawn.splitlines() if cells(line) > 80]
    assert set(wide) <= set(is_code)
    assert not any(line.startswith(("      downstream", "      says", "      upstream")) for line in wide)


@pytest.mark.parametrize("columns", [*range(8, 60, 7), *WIDTHS])
def test_columns_that_do_not_fit_stand_in_a_block_below(columns: int) -> None:
    rows = [
        ("x", "1.2345e-10", "a gate of some length"),
        ("层数很多的网络", "-98765.4321", "another"),
        ("n" * 30, "", "third one"),
    ]
    table = [Column("wire", [r[0] for r in rows]), Column("value", [r[1] for r in rows], True)]
    table.append(Column("what the gate does", [r[2] for r in rows]))
    lines = [
        "".join(f"  {text}" if k else text for k, (_, text) in enumerate(line)).rstrip()
        for line in laid_out(table, columns)
    ]
    found = Counter(word for line in lines for word in line.split())
    for word in " ".join(part for row in rows for part in row).split():
        assert found[word] >= 1
    longest = max(cells(word) for word in found if word.strip("─"))
    assert max(map(cells, lines)) <= max(columns, longest + 2)


@pytest.mark.parametrize("columns", [10, 24, 40, 80])
def test_a_line_is_broken_where_it_has_gaps_and_never_in_a_word(columns: int) -> None:
    line = "  dW[3, 10]  wrong        given 0.123456789   should be 0.123456780 +- 1e-12   relative error 7.3e-08"
    parts = broken_line(line, columns)
    assert " ".join(parts).split() == line.split()
    assert all(part.startswith("  ") for part in parts)
    longest = max(map(cells, line.split()))
    assert max(map(cells, parts)) <= max(columns, longest + 4)


def test_a_run_of_training_fits(typed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = typed("train", "digits", "--epochs", "2", "--run", "one")
    if plain.status:
        pytest.skip(plain.err)
    monkeypatch.setattr("gatewise._cli.terminal.on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    drawn = typed("train", "digits", "--epochs", "2", "--run", "two")
    assert max(cells(line) for line in drawn.out.splitlines()) <= 80
    numbers = re.compile(r"(?:loss|accuracy)\s+(\d\.\d{4})(?=\s)")
    assert numbers.findall(drawn.out) == numbers.findall(plain.out) != []
    assert Path("two").exists()


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_bar_of_a_run_leaves_the_numbers_whole(columns: int) -> None:
    bar = Bar(100, 10, show=True)
    bar.accuracy = "  validation accuracy 0.1234"
    bar.step(2.30258, epoch=9)
    drawn = io.StringIO()
    Console(file=drawn, width=columns).print(bar.progress.get_renderable())
    assert "epoch 10/10" in drawn.getvalue()
    assert "loss 2.3026  validation accuracy 0.1234" in drawn.getvalue()
