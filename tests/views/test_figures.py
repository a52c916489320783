"""The three published figures: their numbers, order and symbols, and the whole picture kept as text."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli.test_readme import same

import gatewise as gw
from gatewise._board import WireView
from tools.pages import FIGURES, figures
from views.geometry import SVG

TESTS = Path(__file__).resolve().parent.parent
GOLDENS = {each["name"]: each for each in json.loads((TESTS / "goldens.json").read_text("utf-8"))["circuits"]}
# What stands in the circles; goldens.json gives it for the neuron. A literal operand is part of the symbol.
SYMBOLS = {"compound": ["+", "*"], "patterns": ["*", "max", "+", "*2"]}

figure = pytest.mark.parametrize("name", FIGURES)


def published(name: str) -> tuple[list[str], list[tuple[float, float]]]:
    """The symbols of the gates, and value and gradient of every wire, both in tape order."""
    golden = GOLDENS[name]
    inputs = [(value, golden["gradients"][wire]) for wire, value in golden["inputs"].items()]
    if ordered := golden.get("wires_in_order"):
        return [gate["gate"] for gate in ordered], inputs + [(gate["value"], gate["gradient"]) for gate in ordered]
    inner = [(wire["value"], wire["gradient"]) for wire in golden["wires"].values()]
    return SYMBOLS[name], [*inputs, *inner, (golden["value"], 1)]


def circuit(name: str) -> gw.Circuit:
    return gw.circuit(GOLDENS[name]["expression"], **GOLDENS[name]["inputs"])


def drawn(name: str, kind: str) -> list[str]:
    """The texts of one kind in the picture, in reading order, without the legend."""
    svg = circuit(name).svg(digits=GOLDENS[name].get("digits"))
    found = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text") if element.get("class") == kind]
    return [text for text in found if ":" not in text]


def in_order_of_inputs(name: str, board: gw.Circuit) -> list[WireView]:
    """The wires in tape order, the inputs as goldens.json lists them."""
    order = list(GOLDENS[name]["inputs"])
    return [board[wire] for wire in order] + list(board.wires[len(order) :])


@figure
def test_the_circuit_has_the_published_numbers_in_the_published_order(name):
    symbols, wires = published(name)
    found = in_order_of_inputs(name, circuit(name))
    digits = GOLDENS[name].get("digits")
    numbers = [(wire.value, wire.gradient) for wire in found]
    if digits is not None:
        numbers = [(round(value, digits), round(gradient, digits)) for value, gradient in numbers]
    assert numbers == wires
    assert [wire.symbol for wire in found if wire.gate] == symbols


@figure
def test_the_picture_has_the_published_numbers_and_symbols(name):
    symbols, wires = published(name)
    assert drawn(name, "symbol") == symbols
    assert [float(text.split()[0]) for text in drawn(name, "value")] == [value for value, _ in wires]
    assert [float(text.split()[0]) for text in drawn(name, "gradient")] == [gradient for _, gradient in wires]


def test_two_decimals_are_written_as_in_the_course():
    labels = drawn("sigmoid neuron", "value") + drawn("sigmoid neuron", "gradient")
    assert {len(text.partition(".")[2]) for text in labels} == {2}


@figure
def test_inputs_are_named_and_made_up_names_are_not_drawn(name):
    assert drawn(name, "name") == [*GOLDENS[name]["inputs"], "f"]


def test_the_picture_is_the_golden_text():
    for path, svg in figures().items():
        kept = (TESTS.parent / path).read_text(encoding="utf-8")
        assert same(kept, svg), f"{path} is not what is drawn now. Look at it, then: python -m tools.pages figures"


def test_every_golden_text_belongs_to_a_figure():
    kept = {path.relative_to(TESTS.parent).as_posix() for path in (TESTS / "views" / "figures").iterdir()}
    assert kept == set(figures())
