"""The picture: what it shows on the golden figures, its geometry on random circuits, and that text stays text."""

import json
import math
import re
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import UnknownPaletteError
from gatewise._views import routing
from gatewise._views.labels import shown_name
from gatewise._views.picture import picture
from views import records
from views.geometry import SVG, faults, read_back

FIXTURES = [
    records.compound,
    records.neuron,
    records.patterns,
    records.square,
    records.staged,
    records.unasked,
    records.compared,
    records.affine,
    records.split,
]


def texts(svg, kind=None):
    found = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [element.text for element in found if kind is None or element.get("class") == kind]


def labels_beside(svg, kind):
    """The labels of this kind in reading order, the legend's own left out."""
    return [text for text in texts(svg, kind) if ":" not in text]


def test_compound_shows_the_published_numbers():
    svg = picture(records.compound())
    assert labels_beside(svg, "value") == ["-2", "5", "-4", "3", "-12"]
    assert labels_beside(svg, "gradient") == ["-4", "-4", "3", "-4", "1"]
    assert texts(svg, "name") == ["x", "y", "z", "q", "f"]
    assert texts(svg, "symbol") == ["+", "*"]


def test_neuron_shows_the_published_figure_to_two_decimals():
    svg = picture(records.neuron(), digits=2)
    assert texts(svg, "symbol") == ["*", "*", "+", "+", "*-1", "exp", "+1", "1/x"]
    inputs = ["2.00", "-1.00", "-3.00", "-2.00", "-3.00"]
    assert labels_beside(svg, "value") == [*inputs, "-2.00", "6.00", "4.00", "1.00", "-1.00", "0.37", "1.37", "0.73"]
    gates = ["0.20", "0.20", "0.20", "0.20", "-0.20", "-0.53", "-0.53", "1.00"]
    assert labels_beside(svg, "gradient") == ["-0.20", "0.39", "-0.39", "-0.59", "0.20", *gates]


def test_patterns_says_what_max_routed_away():
    svg = picture(records.patterns())
    assert labels_beside(svg, "gradient") == ["-8", "6", "2", "0 routed away", "2", "2", "2", "1"]
    assert svg.count("stroke-dasharray") == 1


def test_a_wire_used_twice_by_one_gate_has_two_branches_and_a_dot():
    svg = picture(records.square())
    assert texts(svg, "branch") == ["3", "3"]
    assert svg.count('class="use" d=') == 3  # two into the gate, one out of the circuit
    assert svg.count('class="fork"') == 1
    assert "6" in labels_beside(svg, "gradient")


def test_the_gradient_of_a_fork_is_on_the_trunk_and_its_parts_on_the_branches():
    svg = picture(records.staged())
    branches = [float(text) for text in texts(svg, "branch")]
    x = float(labels_beside(svg, "gradient")[0])
    assert x == pytest.approx(2.0595697955721652, abs=5e-4)
    assert math.fsum(part for part in branches if part in (0.5121, -0.03576, 1.583)) == pytest.approx(
        x + 1.583, abs=2e-3
    )


def test_what_was_not_computed_is_a_dash_and_never_zero():
    svg = picture(records.unasked())
    assert labels_beside(svg, "gradient") == ["–", "–", "–"]
    assert "– not computed" in texts(svg, "note")


def test_a_comparison_is_marked_where_it_stops_the_gradient():
    assert texts(picture(records.compared()), "branch").count("stops") == 2


def test_a_tie_is_marked_with_what_the_gate_did():
    svg = picture(json.loads(gw.circuit("max(x, y) * z", x=3.0, y=3.0, z=2.0).to_json()))
    assert texts(svg, "tie") == ["tie"]
    assert "tie: equals split the gradient" in texts(svg, "note")
    svg = picture(json.loads(gw.circuit("max(0, x) + sum(maximum(y, 0))", x=0.0, y=np.zeros(3)).to_json()))
    assert texts(svg, "tie") == ["tie 0", "tie 0"]
    assert "tie 0: a tie with a constant passes nothing" in texts(svg, "note")
    svg = picture(json.loads(gw.circuit("max(x, y) + max(0, z)", x=3.0, y=2.0, z=2.0).to_json()))
    assert texts(svg, "tie") == []


def test_what_comes_back_along_a_use_of_a_large_array_is_told_by_its_summary():
    svg = picture(json.loads(gw.circuit(lambda b: (b * b).sum(), np.ones((100, 100))).to_json()))
    assert texts(svg, "branch") == ["all 1", "all 1"]
    assert "– not computed" not in texts(svg, "note")


def test_every_word_of_the_legend_is_true_of_a_gate_that_stops():
    svg = picture(json.loads(gw.circuit("sign(x) * x", x=2.0).to_json()))
    assert "stops: the gate passes no gradient" in texts(svg, "note")


def test_several_outputs_of_one_step_leave_one_gate():
    svg = picture(records.split())
    assert texts(svg, "symbol") == ["split", "*"]
    assert frozenset("123") in read_back(svg).gates
    assert texts(svg, "name") == ["a", "p1", "p2", "p3", "f"]


def test_arrays_show_name_shape_and_a_heat_map_with_its_scale():
    svg = picture(records.affine())
    assert {"X", "(4, 2)", "Y (4, 3)", "(4, 3)", "±1", "max 20"} <= set(texts(svg))
    assert svg.count('<g class="heat value"') == 5  # X, W, b, X @ W, Y
    assert "mean 18 max|.| 20" not in texts(svg)


def test_an_array_too_large_to_be_written_is_drawn_from_the_map_in_its_summary():
    record = records.unasked()
    summary = {"min": -2.5, "max": 2.0, "mean": 0.125, "norm": 40.0, "map": [[-2.5, 2.0]], "sha256": "0" * 64}
    record["wires"][0] |= {"value": None, "summary": summary, "shape": [100, 100]}
    svg = picture(record)
    assert "±2.5" in labels_beside(svg, "value")
    assert svg.count('<g class="heat value"') == 1


def test_nan_is_loud():
    record = records.compound()
    record["wires"][3]["value"] = "nan"
    root = ElementTree.fromstring(picture(record))
    assert [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "value loud"] == ["NaN!"]


def test_the_same_record_gives_the_same_bytes():
    assert picture(records.random_circuit(7, 40)) == picture(records.random_circuit(7, 40))


def test_layout_depends_on_no_font_and_counts_wide_characters_twice():
    record = records.compound()
    record["wires"][0]["name"] = "损失"
    names = [each for each in ElementTree.fromstring(picture(record)).iter(f"{SVG}text") if each.text == "损失"]
    assert float(names[0].get("textLength")) == pytest.approx(4 * 13 * 0.6)


def test_title_description_and_white_paper():
    root = ElementTree.fromstring(picture(records.compound()))
    assert root.find(f"{SVG}title").text == "Circuit of f"
    assert "q = x + y: value 3, gradient -4" in root.find(f"{SVG}desc").text
    paper = root.find(f"{SVG}rect")
    assert paper.get("fill") == "#FFFFFF"
    assert (paper.get("width"), paper.get("height")) == (root.get("width"), root.get("height"))


def test_an_unknown_palette_is_an_error_with_the_nearest():
    with pytest.raises(UnknownPaletteError, match='palette="dark"'):
        picture(records.compound(), palette="drak")


def test_a_circuit_that_is_one_input():
    tape = records.RecordBuilder()
    tape.input("x", 3)
    svg = picture(tape.record())
    assert faults(svg) == []
    assert labels_beside(svg, "gradient") == ["1"]


def test_an_output_that_is_used_further_has_a_fork():
    tape = records.RecordBuilder()
    x = tape.input("x", 3)
    f = tape.multiply(x, x, name="f")
    tape.add(f, x, name="later")
    svg = picture(tape.record(f))
    assert faults(svg) == []
    assert svg.count('data-to="out"') == 1


# Geometry.


@pytest.mark.parametrize("build", FIXTURES, ids=lambda build: build.__name__)
def test_fixtures_are_drawn_without_a_fault(build):
    assert faults(picture(build())) == []


@pytest.mark.parametrize("part", range(13))
def test_random_circuits_are_drawn_without_a_fault(part, counted):
    """No wire through a gate, no two unrelated wires in one channel, no overlapping labels; inputs at the left."""
    for seed in range(20 * part, 20 * part + 20):
        size = 5 + (seed * 37) % 296 if seed % 5 == 0 else 5 + (seed * 7) % 76
        record = records.random_circuit(seed, size, dressed=seed % 3 == 0)
        svg = picture(record, fold=False)
        assert faults(svg) == [], seed
        assert inputs_are_first(record, svg), seed
        counted("pictures without a fault", circuits=1, gates=size)


def inputs_are_first(record, svg):
    """Whether the names of the inputs stand in one column, left of every gate."""
    scene = read_back(svg)
    inputs = [shown_name(wire["name"]) for wire in record["wires"] if wire["kind"] == "input"]
    left_of = all(box.right < gate.left for box in scene.names for gate in scene.gates.values())
    return sorted(box.what for box in scene.names) == sorted(inputs) and left_of


@pytest.mark.parametrize("seed", range(8))
def test_random_circuits_whose_long_wires_go_round_the_outside_are_drawn_without_a_fault(seed, monkeypatch):
    monkeypatch.setattr("gatewise._views.layout._MOST_LANES", 20)
    assert faults(picture(records.random_circuit(seed, 30))) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_use_is_drawn_once_and_inputs_stand_in_the_first_column(seed):
    record = records.random_circuit(seed, 60)
    svg = picture(record, fold=False)
    drawn = re.findall(r'data-from="(\d+)" data-to="(\d+)" data-port="(\d+)"', svg)
    assert sorted(tuple(map(int, use)) for use in drawn) == sorted(
        (use["from"], use["to"], use["port"]) for use in record["uses"]
    )
    scene = read_back(svg)
    assert len({box.right for box in scene.names}) == 1
    assert inputs_are_first(record, svg)


def test_the_geometry_test_sees_a_wire_in_another_wires_channel(monkeypatch):
    monkeypatch.setattr(routing.Jog, "reach", property(lambda jog: (0.0, 0.0)))  # every jog on the first track
    found = faults(picture(records.random_circuit(1, 40)))
    assert any("share a channel" in fault for fault in found)


def test_the_geometry_test_sees_a_wire_through_a_gate():
    svg = picture(records.neuron())
    gate = read_back(svg).gates[frozenset("6")]
    level = f"M30,{(gate.top + gate.bottom) / 2}H900"
    moved = re.sub(r'd="[^"]*"(?=[^>]* data-from="4")', f'd="{level}"', svg)  # the long wire of w2
    found = faults(moved)
    assert any("runs through" in fault for fault in found)
    assert any("strikes through" in fault for fault in found) or any("share a channel" in fault for fault in found)


def test_the_geometry_test_sees_labels_on_one_another(monkeypatch):
    monkeypatch.setattr("gatewise._views.parts.Label.width", 0.0)  # no room is left for any label
    assert any("lies on" in fault for fault in faults(picture(records.affine())))


def test_two_wires_that_would_swap_heights_are_both_routed():
    circle = [routing.Jog(0, 0.0, 50.0), routing.Jog(1, 50.0, 0.0)]
    placed = routing.assign_tracks(circle, [])
    assert len(placed) == 3
    assert len({jog.track for jog in placed}) == 3
    untouched = next(jog for jog in placed if not jog.part)
    first, second = sorted((jog for jog in placed if jog.part), key=lambda jog: jog.part)
    assert first.track < untouched.track < second.track
    assert first.leave == second.enter


def test_a_thousand_gates_take_about_a_second():
    record = records.random_circuit(2, 1000)
    start = time.process_time()
    picture(record)
    assert time.process_time() - start < 3.0  # about 0.6 s on the machine it was written on


def test_a_chain_of_three_thousand_gates_needs_no_recursion():
    tape = records.RecordBuilder()
    wire = tape.input("x", 1)
    for _ in range(3000):
        wire = tape.unary("tanh", wire, 0.5, 0.75)
    record = tape.record(wanted=False)
    assert texts(picture(record, fold=False), "symbol").count("tanh") == 3000
    assert texts(picture(record), "symbol") == ["3000 × tanh"]


# Hostile text.

PIECES = [
    "<script>alert(1)</script>",
    "</text></svg><script>",
    '" onload="alert(1)',
    "' onclick='x",
    "javascript:alert(1)",
    "<a href='https://example.com'>",
    "<image href='//example.com/a.png'/>",
    "]]><![CDATA[",
    "<!-- -->",
    "<?xml-stylesheet href='x'?>",
    "&lt;&amp;&#x3c;script&#x3e;",
    "&undefined;",
    "\n\r\t",
    "\x00\x01\x1b[31m\x7f",
    "\u202eevil\u202c",
    "\ud800",
    "\ufffe\uffff",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>",
    "url(https://example.com)",
    "损失" * 30,
]
HOSTILE = [first + second for first in PIECES[:5] for second in PIECES]
ALLOWED_TAGS = {"svg", "title", "desc", "rect", "g", "circle", "path", "text"}


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_stay_text(payload):
    record = records.compound()
    wire = record["wires"][3]
    wire |= {"name": payload, "symbol": payload, "gate": payload, "pattern": payload, "expression": payload}
    wire |= {"value": payload, "source": {"line": 1, "text": payload}, "stage": payload, "says": payload}
    record["wires"][0] |= {"name": payload + "0", "dtype": payload}
    record["wires"][4] |= {"name": payload + "1"}
    svg = picture(record)
    root = ElementTree.fromstring(svg.encode("utf-8"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ALLOWED_TAGS
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name
            assert "url(" not in value
    assert faults(svg) == []


def test_there_are_a_hundred_hostile_labels():
    assert len(HOSTILE) == 100


def test_the_picture_has_no_marks_for_what_it_does_not_show():
    notes = texts(picture(records.compound()), "note")
    assert notes == []
    assert texts(picture(records.staged()), "note") == ["● fork: the gradients of its branches add"]
