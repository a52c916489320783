"""Groups, open and closed: what they are, pictures without faults however they are folded, and outer numbers."""

import json
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import FoldError
from gatewise._views import elastic
from gatewise._views.groups import MOST, GatePart, Group, gates_drawn, grouped, hidden_gates
from gatewise._views.heat import coarse, heat_of
from gatewise._views.numbers import Summary
from gatewise._views.picture import live_picture, picture
from gatewise._views.scene import folded
from gatewise._views.sheet import read
from views import records
from views.geometry import SVG, faults
from views.test_picture import texts

FOLDS = (None, True, False, 12, "layer", "softmax")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cell(h, x, w):
    gate = sigmoid(w * x + h)
    return gate * np.tanh(w * h)


def unrolled(x, w):
    h = x
    for _ in range(3):
        h = cell(h, x, w)
        h = h + x
    return h


def long_loop(x, w):
    h = x
    for _ in range(1000):
        h = np.tanh(h * w) + x
    return h


def record_of(f, *args):
    return json.loads(gw.circuit(f, *args).to_json(unrolled=True))


def shape_of(parts):
    """A tree of groups as names."""
    return [
        (part.kind, part.name, shape_of(part.parts)) if isinstance(part, Group) else part.wires[0].symbol
        for part in parts
    ]


def all_steps(parts):
    return [step for part in parts for step in part.steps]


def sources_and_results(sheet, part):
    made = {wire.id for step in part.steps for wire in step.wires}
    needed = {use.source for step in part.steps for wire in step.wires for use in sheet.operands[wire.id]}
    return needed - made, made


# What groups there are.


def test_a_loop_is_a_repeat_of_passes_with_its_calls_and_blocks_inside():
    parts = grouped(read(record_of(unrolled, 1.0, 2.0)), True)
    (repeat,) = parts
    assert (repeat.kind, repeat.name[:9], len(repeat.parts)) == ("repeat", "3 × lines", 3)
    call, plus = repeat.parts[0].parts
    assert (call.kind, call.name) == ("call", "cell")
    assert plus.wires[0].symbol == "+"
    assert ("call", "sigmoid", [("block", "sigmoid", ["*-1", "exp", "+1", "1/x"])]) not in shape_of(call.parts)
    assert ("call", "sigmoid", ["*-1", "exp", "+1", "1/x"]) in shape_of(call.parts)


def test_two_calls_in_one_statement_are_two_groups():
    parts = grouped(read(record_of(lambda x: sigmoid(x) + sigmoid(2 * x), 1.0)), None)
    assert [part[:2] for part in shape_of(parts) if len(part) == 3] == [("call", "sigmoid")] * 2


def test_a_thousand_passes_stay_one_repeat():
    parts = grouped(read(record_of(long_loop, 1.0, 0.2)), None)
    assert (gates_drawn(parts), hidden_gates(parts)) == (1, 3000)
    assert parts[0].name.startswith("1000 × line ")
    (call,) = grouped(read(record_of(lambda x, w: long_loop(x, w), 1.0, 0.2)), None)
    assert [part.name for part in call.parts] == ["1000 × *, tanh, +"]


def test_a_long_sum_is_one_repeat():
    parts = grouped(read(json.loads(gw.circuit("+".join(["x"] * 300), x=1.0).to_json())), None)
    assert [part.name for part in parts] == ["150 × +", "149 × +"]  # so long a sum is recorded as two statements


def test_two_calls_made_by_one_instruction_are_two_groups():
    def both(x):
        return sum([sigmoid(v) for v in (x, x * x)])

    sheet = read(record_of(both, 1.0))
    calls = [part for part in grouped(sheet, False) if isinstance(part, Group) and part.kind == "call"]
    assert [(part.name, len(part.steps)) for part in calls] == [("sigmoid", 4)] * 2
    assert [part.name for part in grouped(sheet, True) if isinstance(part, Group)] == ["2 × sigmoid"]


def changing_constant(x):
    for t in range(1, 5):
        x = x - 0.1 / t * (2 * x)
    return x


def nested(x):
    for i in range(3):
        for j in range(3):
            x = np.sin(x) + i * j
    return x


def same_line(x, y):
    u, v = sigmoid(x), sigmoid(y)
    return u * v


def summed(x, y):
    return sigmoid(x) + sigmoid(y)


def inside_itself(x, w):
    return sigmoid(sigmoid(x * w) * w)


@pytest.mark.parametrize(("f", "name"), [(changing_constant, "4 × line"), (nested, "9 × line")])
def test_passes_that_differ_in_a_constant_are_passes(f, name):
    (repeat,) = grouped(read(record_of(f, 1.0)), True)
    assert repeat.name.startswith(name)
    assert {(part.kind, len(part.steps)) for part in repeat.parts} == {("statement", len(repeat.parts[0].steps))}


@pytest.mark.parametrize(("f", "names"), [(same_line, ["2 × sigmoid", "*"]), (summed, ["2 × sigmoid", "+"])])
def test_calls_that_no_loop_made_are_named_by_their_function(f, names):
    assert [
        getattr(part, "name", None) or part.wires[0].symbol for part in grouped(read(record_of(f, 1.0, 2.0)), True)
    ] == names


def test_what_no_loop_made_has_no_passes():
    sheet = read(record_of(inside_itself, 1.0, 2.0))
    names = [part.name for part in grouped(sheet, True) if isinstance(part, Group)]
    assert names == ["sigmoid", "sigmoid"]


@pytest.mark.parametrize("most", [1, 5, 7, 30])
@pytest.mark.parametrize("f", [nested, changing_constant, unrolled])
def test_no_more_gates_are_drawn_than_were_asked_for(f, most):
    record = record_of(f, *((1.0, 2.0) if f is unrolled else (1.0,)))
    assert 1 <= folded(record, most)[0] <= most


@pytest.mark.parametrize("fold", [1.5, np.True_, object(), b"x", {}, {"sigmoid": 1}, [1], 0, np.int64(0)])
def test_what_says_nothing_about_folding_is_an_error(fold):
    with pytest.raises(FoldError):
        picture(record_of(unrolled, 1.0, 2.0), fold=fold)


def test_a_whole_number_of_numpy_is_a_number():
    record = record_of(unrolled, 1.0, 2.0)
    assert folded(record, np.int64(12)) == folded(record, 12)


def three(x, y):
    return x * y, np.sin(x) + y, x - y


def with_three(x, y):
    a, b, c = three(x, y)
    return a * b + c


def test_a_group_looks_the_same_from_outside_open_or_closed():
    record = record_of(with_three, 2.0, 3.0)

    def heights(**options):
        found = labels_at(picture(record, **options))
        return sorted(found, key=found.get)

    assert heights(fold="three") == heights() == ["a", "b", "c"]


def labels_at(svg):
    root = ElementTree.fromstring(svg)
    return {text.text: float(text.get("y")) for text in root.iter(f"{SVG}text") if text.text in ("a", "b", "c")}


def test_gates_in_an_open_group_are_not_pulled_apart():
    svg = picture(record_of(with_three, 2.0, 3.0))
    root = ElementTree.fromstring(svg)
    assert len([circle for circle in root.iter(f"{SVG}circle") if circle.get("class") == "gate"]) == 6


def test_gates_inside_a_call_are_drawn_as_fast_as_outside_one():
    def many(x):
        for i in range(200):
            x = np.sin(x) + i
        return x

    def seconds(record):
        start = time.perf_counter()
        picture(record, fold=False)
        return time.perf_counter() - start

    outside, inside = record_of(many, 1.0), record_of(lambda x: many(x), 1.0)
    assert min(seconds(inside) for _ in range(2)) < 4 * min(seconds(outside) for _ in range(2))


def test_a_block_whose_gates_lie_apart_is_moved_together_where_that_is_possible():
    def apart(x):
        e = np.exp(-x)
        other = np.sin(x)
        return 1 / (1 + e) * other

    parts = grouped(read(record_of(apart, 2.0)), None)
    assert shape_of(parts) == ["sin", ("block", "sigmoid", ["*-1", "exp", "+1", "1/x"]), "*"]


@pytest.mark.parametrize("seed", range(30))
def test_groups_hold_every_gate_once_and_need_only_what_stands_before_them(seed):
    sheet = read(records.grouped_circuit(seed, 5 + (seed * 29) % 296, dressed=seed % 3 == 0))
    for fold in (None, True, False, 12):
        parts = grouped(sheet, fold)
        assert sorted(step.wires[0].id for step in all_steps(parts)) == sorted(w[0].id for w in sheet.steps)
        check_order(sheet, parts, {wire.id for wire in sheet.wires if not wire.is_gate})


def check_order(sheet, parts, before):
    before = set(before)
    for part in parts:
        needed, made = sources_and_results(sheet, part)
        assert needed <= before
        if isinstance(part, Group):
            check_order(sheet, part.parts, before)
        before |= made


@pytest.mark.parametrize("gates", [100, 400, 2000])
def test_about_a_hundred_and_twenty_gates_are_drawn_unless_more_are_asked_for(gates):
    record = records.grouped_circuit(gates, gates)
    made = len(record["forward"])
    drawn, inside = folded(record)
    assert drawn <= 120
    assert (inside > 0) == (made > 120)
    assert folded(record, False) == (made, 0)
    assert folded(record, 30)[0] <= 30


def test_a_circuit_too_large_to_draw_unfolded_is_folded_and_says_so():
    tape = records.RecordBuilder()
    wire = tape.input("x", 1)
    for _ in range(MOST + 1):
        wire = tape.unary("tanh", wire, 0.5, 0.75)
    svg = picture(tape.record(wanted=False), fold=False)
    assert any(text.startswith("folded:") for text in texts(svg, "note"))


def test_groups_are_closed_by_name():
    record = record_of(unrolled, 1.0, 2.0)
    assert texts(picture(record, fold="sigmoid"), "symbol").count("sigmoid") == 3
    assert texts(picture(record, fold=["cell"]), "symbol").count("cell") == 3


def test_an_unknown_group_is_an_error_with_the_nearest():
    record = record_of(unrolled, 1.0, 2.0)
    with pytest.raises(FoldError, match="Fold 'sigmoid'"):
        picture(record, fold="sigmiod")
    with pytest.raises(FoldError, match="fold=120"):
        picture(record, fold=0)
    with pytest.raises(FoldError):
        picture(records.compound(), fold="anything")


# What is drawn.


@pytest.mark.parametrize("part", range(8))
def test_random_circuits_are_drawn_without_a_fault_however_they_are_folded(part, counted):
    for seed in range(8 * part, 8 * part + 8):
        size = 5 + (seed * 29) % 120
        record = records.grouped_circuit(seed, size, dressed=seed % 3 == 0)
        for fold in FOLDS:
            try:
                svg = picture(record, fold=fold)
            except FoldError:
                continue
            assert faults(svg) == [], (seed, fold)
            counted("folded pictures without a fault", pictures=1)


@pytest.mark.parametrize("seed", range(6))
def test_folding_keeps_every_number_that_is_still_there(seed):
    record = records.grouped_circuit(seed, 60)
    whole = labels_by_wire(live_picture(record, fold=False)[0])
    for fold in (True, 12):
        kept = labels_by_wire(live_picture(record, fold=fold)[0])
        assert 4 < len(kept) < len(whole)
        assert all(whole[key] == text for key, text in kept.items())


def labels_by_wire(svg):
    """The numbers that are seen, by kind and wire."""
    root = ElementTree.fromstring(svg)
    for parent in root.iter():
        for child in [child for child in parent if child.get("hidden") is not None]:
            parent.remove(child)
    found = [text for text in root.iter(f"{SVG}text") if text.get("class") in ("value", "gradient")]
    return {(text.get("class"), text.get("data-wire")): text.text for text in found if text.get("data-wire")}


def test_an_overflow_inside_a_closed_group_is_marked():
    def f(x):
        return 1 / (1 + np.exp(-x))

    with np.errstate(over="ignore"):
        record = record_of(lambda x: f(x) + 1, -1000.0)
    svg = picture(record, fold="f")
    assert 'class="gate loud"' in svg
    assert "A number inside is not finite" in svg
    assert 'class="gate loud"' not in picture(record_of(lambda x: f(x) + 1, 1.0), fold="f")


def test_the_geometry_test_sees_a_group_that_was_given_no_room(monkeypatch):
    monkeypatch.setattr(elastic.RisingMap, "pull", lambda *_: None)
    assert faults(picture(record_of(unrolled, 1.0, 2.0)))


def test_the_same_record_gives_the_same_bytes_when_folded():
    assert picture(records.grouped_circuit(3, 200)) == picture(records.grouped_circuit(3, 200))


def test_what_a_step_is():
    sheet = read(records.split())
    assert [len(part.wires) for part in grouped(sheet, None) if isinstance(part, GatePart)] == [3, 1]


# Heat maps.


def test_heat_maps_show_sign_size_and_what_is_not_finite():
    heat = heat_of([[4.0, -1.0], [0.0, "nan"]], None)
    assert heat.cells == ((4, -1), (0, None))
    assert heat.scale == "NaN!"
    assert heat_of([0.0, 0.0], None).scale == "0"
    assert heat_of([1.0, 1.0], None).scale == "all 1"
    assert heat_of([-3.0], None).scale == "-3"
    assert heat_of([0.0, 3.0], None).scale == "max 3"
    assert heat_of([-3.0, -1.0], None).scale == "min -3"
    assert heat_of([-1.0, 3.0], None).scale == "±3"
    assert heat_of(None, Summary(0.5, 2.0, None, map=[[2.0, 1.0]])).scale == "max 2"
    assert heat_of([], None) is None


@pytest.mark.parametrize("shape", [(3,), (40,), (7, 9), (100, 3), (2, 3, 50), (5, 17)])
def test_maps_of_large_arrays_and_of_small_ones_are_made_by_one_rule(shape):
    from gatewise._record import coarse as of_array

    array = np.random.default_rng(0).normal(size=shape)
    assert coarse(array.tolist()) == of_array(array)
    array.flat[1] = np.nan
    written = [["nan" if entry != entry else entry for entry in row] for row in array.reshape(-1, shape[-1]).tolist()]
    assert coarse(written[0] if len(shape) == 1 else written) == of_array(array)
