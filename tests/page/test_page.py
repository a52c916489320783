"""The page in a real browser: its numbers, the walk, edits, folding, and what it may never do."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from views.records import RecordBuilder, split

import gatewise as gw
from gatewise._errors import UnknownPaletteError
from gatewise._views.card import card
from gatewise._views.numbers import quantity
from gatewise._views.page import element
from gatewise._views.page import page as html_page
from gatewise._views.picture import live_picture
from gatewise._views.scene import DEEPEST
from gatewise._views.sheet import read
from page.conftest import open_live

pytestmark = pytest.mark.xdist_group("browser")

CIRCUITS = {
    "compound": ("q = x + y; f = q * z", {"x": -2, "y": 5, "z": -4}),
    "neuron": ("1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}),
    "forked": ("a = x * y; f = a * a + max(x, y) * x", {"x": 3, "y": -4}),
}
# Each of these looks into one element of a document, or into the whole of it.
IN = "const root = at == null ? document : document.querySelectorAll('.gatewise-circuit')[at].shadowRoot;"
LABELS = f"""(at) => {{ {IN}
  return [...root.querySelectorAll("text.value[data-wire], text.gradient[data-wire], text.branch[data-wire]")]
    .map((label) => [label.classList[0], label.dataset.wire, label.dataset.to ?? null, label.dataset.port ?? null,
      label.textContent]);
}}"""
TABLE = f"""(at) => {{ {IN}
  return [...root.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
}}"""
CARDS = f"""(at) => {{ {IN}
  return [...root.querySelectorAll("svg [tabindex]")].filter((item) => !item.closest("[hidden]"))
    .map((item) => {{ item.focus(); return root.querySelector("pre.card").textContent; }});
}}"""
TYPE = f"""([values, at]) => {{ {IN}
  root.querySelectorAll("input").forEach((field, place) => {{
    field.value = values[place];
    field.dispatchEvent(new Event("input", {{ bubbles: true }}));
  }});
}}"""
ALL_LIVE = "(count) => document.querySelectorAll('.gatewise-circuit').length === count && \
  [...document.querySelectorAll('.gatewise-circuit')].every((each) => each.shadowRoot?.querySelector('.live'))"
PRODUCT = re.compile(r"(?<== )(-?[\d.e+-]+) \* (-?[\d.e+-]+) = (-?[\d.e+-]+)$", re.MULTILINE)


def circuit_of(name: str) -> Any:
    text, inputs = CIRCUITS[name]
    return gw.circuit(text, **inputs)


def record_of(circuit: Any) -> dict[str, Any]:
    return json.loads(circuit.to_json())


def page_of(circuit: Any, **options: Any) -> str:
    return html_page(record_of(circuit), circuit._formulas, staged=circuit.code(), **options)


@pytest.fixture
def opened(page: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a page from a file, once its script has taken over; what it writes to the console fails the test."""
    heard: list[str] = []
    expected: list[str] = []
    page.on("console", lambda message: heard.append(message.text))

    def open_(text: str, said: Sequence[str] = ()) -> Any:
        open_live(page, tmp_path / "circuit.html", text)
        expected.extend(said)
        return page

    yield open_
    assert [text for text in heard if not any(word in text for word in expected)] == []


class _Labels(HTMLParser):
    """The numbers of a picture as Python drew it, in the form the browser gives them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[Any]] = []
        self.label: list[Any] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        kind = (given.get("class") or "").split(" ")[0]
        if tag == "text" and kind in ("value", "gradient", "branch") and "data-wire" in given:
            self.label = [kind, given["data-wire"], given.get("data-to"), given.get("data-port"), ""]

    def handle_data(self, data: str) -> None:
        if self.label is not None:
            self.label[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "text" and self.label is not None:
            self.found.append(self.label)
            self.label = None


def labels_of(record: dict[str, Any]) -> list[list[Any]]:
    reader = _Labels()
    reader.feed(live_picture(record)[0])
    return reader.found


def numbers_of(record: dict[str, Any]) -> list[list[str]]:
    sheet = read(record)
    return [[sheet.value(wire), sheet.gradient(wire) if wire.has_gradient else "–"] for wire in sheet.wires]


# Numbers.


def random_expression(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.1:
        return draw.choice("xyzw")
    one, other = (random_expression(draw, depth - 1) for _ in range(2))
    forms = ["({0} + {1})", "({0} * {1})", "({0} - {1})", "max({0}, {1})", "min({0}, {1})", "tanh({0})", "exp({0} / 9)"]
    forms += ["({0} / (1 + {1} * {1}))", "sin({0})", "sqrt(({0})**2 + 1)", "(1 / (1 + exp(-({0}))))", "(3 - 0.5 * {0})"]
    return draw.choice(forms).format(one, other)


def random_case(seed: int) -> tuple[str, list[dict[str, float]]]:
    draw = random.Random(seed)
    text = f"{random_expression(draw, 3)} + x*y*z*w"
    return text, [{name: round(draw.uniform(-3, 3), 2) for name in "xyzw"} for _ in range(2)]


def holds(first: str, second: str, product: str) -> bool:
    exact, shown = Decimal(first) * Decimal(second), Decimal(product)
    return abs(exact - shown) <= Decimal(5).scaleb(int(shown.as_tuple().exponent) - 1)


def typed(record: dict[str, Any], values: dict[str, float]) -> list[float]:
    return [values[wire["name"]] for wire in record["wires"] if wire["kind"] == "input"]


def test_every_number_of_100_random_expressions_before_and_after_an_edit(
    page: Any, tmp_path: Path, counted: Callable[..., None]
) -> None:
    cases = [random_case(seed) for seed in range(100)]
    circuits = [gw.circuit(text, **first) for text, (first, _) in cases]
    records = [record_of(circuit) for circuit in circuits]
    for start in range(0, 100, 25):
        shown = "".join(element(records[k], circuits[k]._formulas) for k in range(start, start + 25))
        path = tmp_path / f"{start}.html"
        path.write_text(f"<!DOCTYPE html><html><head></head><body>{shown}</body></html>", encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_function(ALL_LIVE, arg=25)
        for at in range(25):
            (text, (_, second)), record = cases[start + at], records[start + at]
            assert page.evaluate(LABELS, at) == labels_of(record), text
            assert [row[2:4] for row in page.evaluate(TABLE, at)] == numbers_of(record), text
            page.evaluate(TYPE, [typed(record, second), at])
            again = record_of(gw.circuit(text, **second))
            assert page.evaluate(LABELS, at) == labels_of(again), (text, second)
            assert [row[2:4] for row in page.evaluate(TABLE, at)] == numbers_of(again), (text, second)
    counted("page", expressions=100)


def test_every_card_is_pythons_before_and_after_an_edit_and_its_products_hold(
    opened: Any, counted: Callable[..., None]
) -> None:
    wrong, products = [], 0
    for seed in range(100, 120):
        text, (first, second) = random_case(seed)
        circuit = gw.circuit(text, **first)
        record = record_of(circuit)
        page = opened(html_page(record, circuit._formulas))
        before = page.evaluate(CARDS)
        page.evaluate(TYPE, [typed(record, second), None])
        again = {**record_of(gw.circuit(text, **second)), "checks": {}}
        for seen, expected in ((before, record), (page.evaluate(CARDS), again)):
            wrong += [
                (text, shown) for shown in set(seen) - {card(expected, wire["name"]) for wire in expected["wires"]}
            ]
            found = [match.groups() for match in PRODUCT.finditer("\n".join(seen))]
            wrong += [(text, product) for product in found if not holds(*product)]
            products += len(found)
    assert wrong == []
    assert products > 500
    counted("page", products_in_cards=products)


def test_labels_keep_clear_of_their_neighbours_when_they_grow(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    page.evaluate(TYPE, [[-2.123456, 5.98765, -4.24681], None])
    widest = page.evaluate("""() => {
      const boxes = [...document.querySelectorAll("text.value, text.gradient")].filter((t) => !t.closest(".legend"))
        .map((t) => t.getBoundingClientRect());
      const gates = [...document.querySelectorAll("rect.gate")].map((t) => t.getBoundingClientRect());
      const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
      return boxes.flatMap((box, at) => [...boxes.slice(at + 1), ...gates].filter((other) => meet(box, other))).length;
    }""")
    assert widest == 0


# The walk.


def expected_steps(record: dict[str, Any]) -> list[str]:
    sheet = read(record)
    forward = [
        f"forward through {sheet.wires[id_].symbol}: {sheet.wires[id_].name} = {sheet.value(sheet.wires[id_])}"
        for id_ in record["forward"]
    ]
    backward = []
    for event in record["backward"]:
        came = []
        for number in event["uses"]:
            use = sheet.uses[number]
            verb = "=" if len(sheet.uses_of[use.source]) == 1 else "gets"
            if use.contribution is not None:
                shown = quantity(use.contribution)
                came.append(f"d{sheet.wires[use.source].name} {verb} {shown}")
        backward.append(f"backward through {sheet.wires[event['wire']].symbol}: {', '.join(came)}")
    steps = [*forward, *backward]
    return [f"step {at} of {len(steps)}, {told}" for at, told in enumerate(steps, 1)]


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_walk_by_keyboard_alone_tells_every_event_both_ways(opened: Any, name: str) -> None:
    circuit = circuit_of(name)
    record = record_of(circuit)
    page = opened(page_of(circuit))
    expected = expected_steps(record)
    status = page.locator(".status")
    page.keyboard.press("Home")
    assert status.text_content().startswith("step 0 of")
    assert {label[-1] for label in page.evaluate(LABELS) if label[0] != "value"} == {"–"}
    there = []
    known = []
    for _ in expected:
        page.keyboard.press("ArrowRight")
        there.append(status.text_content())
        known.append(sum(label[-1] != "–" for label in page.evaluate(LABELS)))
        assert page.locator("g.gate.lit").count() >= 1
    assert there == expected
    assert known == sorted(known)
    assert page.evaluate(LABELS) == labels_of(record)
    back = []
    for _ in expected:
        back.append(status.text_content())
        page.keyboard.press("ArrowLeft")
    assert back == expected[::-1]
    page.keyboard.press("End")
    assert status.text_content() == expected[-1]


def test_the_stage_of_the_current_gate_is_lit_in_the_staged_code(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    lit = []
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        lit.append([line.split("#")[0].strip() for line in page.locator(".code .lit").all_text_contents()])
    assert lit[0] == ["q = x + y"]
    assert lit[1] == ["f = q * z"]
    assert [line for line in lit[2] if line] == ["dq = z * df", "dz = q * df"]
    assert [line for line in lit[3] if line] == ["dx = dq", "dy = dq"]


def test_the_card_of_a_forward_step_says_nothing_of_the_way_back(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    heads = "() => document.querySelector('pre.card').textContent.match(/^ {0,2}\\w+/gm).map((head) => head.trim())"
    said = []
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        said.append(page.evaluate(heads))
    assert said[:2] == [["gate", "forward", "local"]] * 2
    assert all({"upstream", "downstream", "says"} <= set(each) for each in said[2:])
    page.keyboard.press("Home")
    page.locator("g.gate").last.hover()
    assert page.evaluate(heads) == ["gate"]
    page.keyboard.press("Escape")
    assert "says" in page.evaluate(heads)


def test_play_walks_on_and_space_stops_it(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    page.keyboard.press("Space")
    page.locator(".status", has_text="step 2 of").wait_for()
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="play").count() == 1


def test_one_gate_with_three_outputs_is_one_step(opened: Any) -> None:
    page = opened(html_page(split()))
    page.keyboard.press("ArrowRight")
    assert page.locator(".status").text_content().endswith("forward through split: p1 = 2, p2 = 4, p3 = 6")


# Edits.


@pytest.mark.parametrize("name", CIRCUITS)
def test_dragging_a_name_and_typing_recompute_as_python_does(opened: Any, name: str) -> None:
    text, inputs = CIRCUITS[name]
    page = opened(page_of(circuit_of(name)))
    given = dict(inputs)
    for key in inputs:
        box = page.locator(".drag", has_text=key).bounding_box()
        page.mouse.move(box["x"] + 4, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + 4 + 28, box["y"] + 5, steps=4)
        page.mouse.up()
        given[key] = float(page.get_by_label(key, exact=True).input_value())
        assert given[key] == pytest.approx(inputs[key] + 0.7)
    assert page.evaluate(LABELS) == labels_of(record_of(gw.circuit(text, **given)))
    for key in inputs:
        page.get_by_label(key, exact=True).fill("1.25")
        given[key] = 1.25
    assert page.evaluate(LABELS) == labels_of(record_of(gw.circuit(text, **given)))
    page.get_by_role("button", name="reset").click()
    assert page.evaluate(LABELS) == labels_of(record_of(circuit_of(name)))


def test_the_prediction_stands_beside_the_actual_change(opened: Any) -> None:
    page = opened(page_of(circuit_of("forked")))
    page.get_by_label("x", exact=True).fill("3.5")
    circuit, moved = circuit_of("forked"), gw.circuit(CIRCUITS["forked"][0], x=3.5, y=-4)
    actual, predicted = page.locator(".prediction b").all_text_contents()
    assert float(actual) == pytest.approx(moved.value - circuit.value, rel=1e-3)
    assert float(predicted) == pytest.approx(0.5 * circuit.gradients["x"], rel=1e-3)
    page.get_by_role("button", name="measure from here").click()
    page.get_by_label("x", exact=True).press("ArrowUp")
    assert page.get_by_label("x", exact=True).input_value() == "3.6"
    assert float(page.locator(".prediction b").nth(1).text_content()) == pytest.approx(
        0.1 * moved.gradients["x"], rel=1e-3
    )


def test_what_is_no_number_changes_nothing_and_is_said(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    field, said = page.get_by_label("x", exact=True), page.locator(".prediction")
    field.fill("")
    assert field.get_attribute("aria-invalid") == "true"
    assert said.text_content() == "Not changed: the field of x is empty; everything shown is for x = -2."
    assert page.evaluate(LABELS) == labels_of(record_of(circuit_of("compound")))
    field.fill("7")
    assert "(prediction)" in said.text_content()
    field.press_sequentially("e")
    assert said.text_content() == (
        "Not changed: what stands in the field of x is no number; everything shown is for x = 7."
    )
    field.fill("-2")
    assert field.get_attribute("aria-invalid") == "false"
    assert said.text_content().startswith("Change an input")


def test_no_prediction_is_made_from_a_gradient_that_was_not_asked_for(opened: Any) -> None:
    page = opened(page_of(gw.circuit("x*y+y*y", x=3.0, y=2.0, wrt="x")))
    said = page.locator(".prediction")
    page.get_by_label("y", exact=True).fill("4")
    assert said.text_content() == "f changed by 18 (actual); no prediction: the gradient of y was not asked for"
    page.get_by_label("y", exact=True).fill("2")
    page.get_by_label("x", exact=True).fill("4")
    assert said.text_content() == "f changed by 2 (actual); gradient · Δinputs = 2 (prediction)"


def test_a_field_shows_a_number_whole_or_shortened_but_never_cut(opened: Any) -> None:
    values = np.array([[1.23456e-12, -1.23456789e-100], [0.1, 123456789.123]])
    page = opened(page_of(gw.circuit("f = sum(x * y)", x=values, y=-1.23456789e-100)))
    fields = page.locator("input")
    assert fields.evaluate_all("(all) => all.map((field) => field.value)") == [
        "1.235e-12",
        "-1.23e-100",
        "0.1",
        "1.235e+08",
        "-1.23e-100",
    ]
    assert fields.evaluate_all("(all) => all.filter((field) => field.scrollWidth > field.clientWidth)") == []
    assert fields.first.get_attribute("title") == "1.23456e-12"
    fields.first.focus()
    assert fields.first.input_value() == "1.23456e-12"
    fields.nth(1).focus()
    assert fields.first.input_value() == "1.235e-12"
    assert page.evaluate(LABELS) == labels_of(record_of(gw.circuit("f = sum(x * y)", x=values, y=-1.23456789e-100)))


def test_only_what_can_be_dragged_is_called_so(opened: Any) -> None:
    page = opened(page_of(gw.circuit("f = sum(x * x)", x=np.array([1.0, 2.0]))))
    assert page.locator(".prediction").text_content() == "Change an input: type, or press the arrow up or down."


def test_arrays_have_a_grid_of_fields(opened: Any) -> None:
    text = "h = maximum(0, x @ W); f = sum(h * h)"
    x, W = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[1.0, 0.25], [-0.75, 2.0]])
    page = opened(page_of(gw.circuit(text, x=x, W=W)))
    page.get_by_label("x[1, 0]").fill("4")
    x[1, 0] = 4
    assert page.evaluate(LABELS) == labels_of(record_of(gw.circuit(text, x=x, W=W)))


def test_an_edit_that_leaves_the_recorded_branch_says_so(opened: Any) -> None:
    def leaky(x: float) -> float:
        return x * 3 if x > 0 else x * 0.1

    page = opened(page_of(gw.circuit(leaky, x=2.0)))
    before = page.evaluate(LABELS)
    field = page.get_by_label("x", exact=True)
    field.fill("-1")
    sentence = "Python read x > 0 as True: with another value, record again."
    assert page.locator(".prediction").text_content() == sentence
    assert page.locator(".card").text_content() == sentence
    assert field.input_value() == "-1"
    shown = {(kind, wire): text for kind, wire, _, _, text in page.evaluate(LABELS)}
    assert shown == {("value", "0"): "-1", ("gradient", "0"): "–", ("value", "1"): "–", ("gradient", "1"): "–"}
    field.fill("2")
    assert page.evaluate(LABELS) == before


def test_a_recording_says_why_it_cannot_be_changed(opened: Any) -> None:
    page = opened(page_of(gw.circuit(lambda x: np.sum(np.split(x, 2)[0]), x=np.ones(4))))
    assert page.locator("input").count() == 0
    assert "split" in page.locator(".inputs").text_content()


# Folding, pinning, finding.


def test_folding_keeps_the_outer_numbers(opened: Any) -> None:
    text = "s = 1 / (1 + exp(-(x * y))); f = s * x"
    page = opened(page_of(gw.circuit(text, x=2, y=3)))
    outside = page.evaluate("() => [...document.querySelectorAll('svg > text.value')].map((t) => t.textContent)")
    block = page.locator("g.block > .title")
    assert block.get_attribute("aria-expanded") == "true"
    block.focus()
    page.keyboard.press("Enter")
    closed = page.locator("g.gate[data-group]:not([hidden])")
    assert closed.get_attribute("aria-expanded") == "false"
    assert closed.evaluate("(gate) => gate === document.activeElement")
    assert (
        page.evaluate("() => [...document.querySelectorAll('svg > text.value')].map((t) => t.textContent)") == outside
    )
    page.get_by_label("x", exact=True).fill("1")
    closed.focus()
    page.keyboard.press("Enter")
    assert page.locator("g.block").count() == 1
    assert page.evaluate(LABELS) == labels_of(record_of(gw.circuit(text, x=1, y=3)))


def test_enter_and_space_open_and_close_a_group_and_p_or_shift_pins_it(opened: Any) -> None:
    text = "s = 1 / (1 + exp(-(x * y))); f = s * x"
    page = opened(page_of(gw.circuit(text, x=2, y=3), fold=True))
    closed, title = page.locator("g.gate[data-group]:not([hidden])"), page.locator("g.block > .title")
    for key in ("Enter", "Space"):
        closed.focus()
        page.keyboard.press(key)
        assert title.get_attribute("aria-expanded") == "true"
        assert title.evaluate("(title) => title === document.activeElement")
        page.keyboard.press(key)
        assert closed.get_attribute("aria-expanded") == "false"
    outside = page.locator("g.gate:not([data-group])").last
    for pin in (lambda: page.keyboard.press("p"), lambda: closed.click(modifiers=["Shift"])):
        closed.focus()
        pin()
        outside.focus()
        assert page.locator("g.gate.pinned").count() == 1
        assert page.locator("pre.card").text_content().startswith("gate  s = ")
        closed.focus()
        page.keyboard.press("Escape")
        assert page.locator("g.gate.pinned").count() == 0
    assert "Space" in page.locator("p.help").text_content()


def forked_inside(z: Any) -> Any:
    a = np.exp(z)
    return a * a + a * np.sin(a) * np.cos(a)


def test_the_legend_and_the_width_follow_what_is_opened(opened: Any) -> None:
    record = record_of(gw.circuit(lambda x: forked_inside(x), 0.5))
    legend = "() => [...document.querySelectorAll('.legend text')].map((text) => text.textContent)"
    page = opened(html_page(record, fold=True))
    page.set_viewport_size({"width": 760, "height": 900})
    expected = {}
    for fold in (True, False):
        drawn = re.search(r'<g class="legend">(.*?)</g>', live_picture(record, fold=fold)[0], re.DOTALL)
        assert drawn is not None
        expected[fold] = re.findall(r">([^<>]+)</text>", drawn[1])
    closed, title = page.locator("g.gate[data-group]:not([hidden])"), page.locator("g.block > .title")
    for _ in range(2):
        assert page.evaluate(legend) == expected[True]
        assert page.locator(".live.wide").count() == 0
        closed.press("Enter")
        assert page.evaluate(legend) == expected[False]
        assert page.locator(".live.wide").count() == 1
        title.press("Enter")
    assert any("folded" in note for note in expected[True])
    assert any("fork" in note for note in expected[False])


def chain(gates: int) -> dict[str, Any]:
    """A long chain of gates, in calls of forty."""
    tape = RecordBuilder()
    at = tape.input("x", 1.0)
    for number in range(gates):
        at = tape.unary("tanh", at, 0.5, 0.75, line=1 + number // 40, text="x = step(x)")
    return tape.record()


def forty(x: Any) -> Any:
    for _ in range(40):
        x = np.tanh(x)
    return x


def deep(x: Any) -> Any:
    for _ in range(DEEPEST // 40 + 1):
        x = forty(x)
    return x


def test_a_page_of_too_many_gates_to_open_says_so(opened: Any) -> None:
    page = opened(gw.circuit(deep, 1.0).html(fold=40, unrolled=True))
    groups = page.locator("g.gate[data-group]")
    assert groups.count()
    assert groups.first.get_attribute("aria-expanded") is None
    assert groups.first.get_attribute("aria-label").endswith("cannot be opened here")
    told = "cannot be opened here: there are 2,040 gates, and a page opens circuits of up to 2,000."
    assert any(told in text for text in page.locator("p.help").all_text_contents())
    groups.first.press("Enter")
    assert groups.first.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    page.locator(".walk button").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("g.gate.lit").count() == 1
    page.get_by_label("x", exact=True).fill("0")
    assert page.locator("pre.card").text_content().startswith("gate")


def test_the_insides_of_closed_groups_are_not_in_the_document_of_a_large_page(opened: Any) -> None:
    page = opened(html_page(chain(400), fold=10))
    marks = "() => document.querySelectorAll('svg *').length"
    assert page.evaluate(marks) < 250
    page.locator("g.gate[data-group]").first.press("Enter")
    assert page.locator("g.block").count() == 1
    assert page.evaluate(marks) < 800
    page.locator("g.block > .title").press("Enter")
    assert page.evaluate(marks) < 250


def test_the_picture_is_one_tab_stop_and_arrows_follow_the_tape(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    assert page.locator("svg [tabindex='0']").count() == 1
    page.locator("svg [tabindex='0']").focus()
    heard = []
    for _ in range(5):
        heard.append(page.evaluate("() => document.activeElement.getAttribute('aria-label')"))
        page.keyboard.press("ArrowRight")
    assert heard == [
        "input x, value -2, gradient -4",
        "input y, value 5, gradient -4",
        "input z, value -4, gradient 3",
        "gate +, q = x + y, value 3, gradient -4",
        "gate *, f = q * z, value -12, gradient 1",
    ]


def test_a_pinned_card_stays(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    page.locator("g.gate").first.click()
    page.mouse.move(2, 2)
    assert page.locator("pre.card").text_content() == card(record_of(circuit_of("compound")), "q")
    assert page.locator("[aria-pressed=true].pinned").count() == 1


def test_the_first_wire_that_is_not_finite_is_found(opened: Any) -> None:
    with pytest.warns(RuntimeWarning):
        circuit = gw.circuit("a = log(x - y); f = a * y", x=1.0, y=1.0)
    page = opened(page_of(circuit))
    page.get_by_role("button", name="first non-finite wire").click()
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')").startswith("gate log, a = ")
    assert "  instead     " in page.locator("pre.card").text_content()
    finite = opened(page_of(circuit_of("compound")))
    assert finite.get_by_role("button", name="first non-finite wire").count() == 0


def test_a_cure_is_on_the_card_as_long_as_something_is_not_finite(opened: Any) -> None:
    with pytest.warns(RuntimeWarning):
        circuit = gw.circuit("1 / (1 + exp(-x))", x=-1000.0)
    text = page_of(circuit)
    assert "  instead: sigmoid(x) for 1 / (1 + np.exp(-x))" in text  # without scripts
    assert "  instead: sigmoid(x) for 1 / (1 + np.exp(-x))" in element(record_of(circuit))
    page = opened(text)
    told = page.locator(".trouble")
    assert told.text_content() == "f_2 is not finite. Instead: sigmoid(x) for 1 / (1 + np.exp(-x))"
    page.get_by_role("button", name="first non-finite wire").click()
    card_text = "() => document.querySelector('pre.card').textContent"
    assert "instead     sigmoid(x) for 1 / (1 + np.exp(-x))" in page.evaluate(card_text)
    page.evaluate(TYPE, [["1"], None])
    assert "inf!" not in page.evaluate(card_text)
    assert "instead" not in page.evaluate(card_text)
    assert not told.is_visible()


def test_patterns_are_written_beside_the_gates(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    page.get_by_role("button", name="patterns").click()
    assert page.locator("text.does").all_text_contents() == ["distributes", "swaps"]
    assert page.locator("dt").all_text_contents() == ["distributes", "swaps"]


# Media.


def test_print_cuts_no_line_of_the_code(opened: Any) -> None:
    page = opened(page_of(gw.circuit(chained("tanh({} * w + {})", 33), x=0.5, w=0.9, b=0.1, y=-0.2)))
    hidden = "() => { const code = document.querySelector('.code'); return code.scrollHeight - code.clientHeight; }"
    assert page.evaluate(hidden) > 100
    page.emulate_media(media="print")
    assert page.evaluate(hidden) <= 1


def test_motion_stops_for_those_who_ask_for_less(opened: Any) -> None:
    page = opened(page_of(circuit_of("compound")))
    moving = """() => [...document.querySelectorAll(".live, .live *")]
      .filter((each) => !["0s", ""].includes(getComputedStyle(each).transitionDuration)
        || getComputedStyle(each).animationName !== "none").length"""
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


def test_forced_colours_are_the_only_ones_in_the_picture(opened: Any) -> None:
    page = opened(page_of(gw.circuit("f = sum(max(x, y) * x)", x=np.array([1.0, -2.0]), y=0.5)))
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    used, system = page.evaluate(
        """() => {
          const colour = (name) => {
            const probe = document.body.appendChild(document.createElement("i"));
            probe.style.color = name;
            const found = getComputedStyle(probe).color;
            probe.remove();
            return found;
          };
          const drawn = [...document.querySelectorAll("svg path, svg rect, svg circle, svg text")];
          const used = drawn.flatMap((each) => [getComputedStyle(each).fill, getComputedStyle(each).stroke]);
          return [used.filter((each) => each !== "none"), ["CanvasText", "Canvas", "Highlight"].map(colour)];
        }"""
    )
    assert set(used) <= set(system)
    assert len(set(used)) == 3


# What a page is, and what it never does.

SNAPSHOT = """\
- main:
  - group "walk":
    - button "first step": "|◀"
    - button "one step back": ◀
    - button "one step on": ▶
    - button "last step": ▶|
    - button "play"
  - status: "4 steps: → walks through them"
  - button "patterns"
  - button "fit"
  - button "show as table"
  - group "circuit of f":
    - button "input x, value -2, gradient -4": x
    - button "input y, value 5, gradient -4": "y"
    - button "input z, value -4, gradient 3": z
    - button "gate +, q = x + y, value 3, gradient -4"
    - button "gate *, f = q * z, value -12, gradient 1"
  - paragraph: "Walk: ← → Home End, Space plays. In the picture: Tab enters, arrows go from wire to wire, \
Enter, Space or a click pins a card, Escape lets go."
  - heading "Card" [level=2]
  - text: gate f = q * z multiply swaps forward f = 3 * -4 = -12 upstream df = 1 local df/dq = z = -4 \
df/dz = q = 3 downstream dq = df * df/dq = 1 * -4 = -4 dz = df * df/dz = 1 * 3 = 3 code dq = z * df ; \
dz = q * df says raising q by 0.01 lowers f by about 0.04 raising z by 0.01 raises f by about 0.03
  - heading "Inputs" [level=2]
  - text: x
  - spinbutton "x": "-2"
  - text: "y"
  - spinbutton "y": "5"
  - text: z
  - spinbutton "z": "-4"
  - status: "Change an input: type, drag its name left or right, or press the arrow up or down."
  - button "measure from here"
  - button "reset"\
"""


def test_what_a_screen_reader_finds(opened: Any) -> None:
    circuit = circuit_of("compound")
    page = opened(html_page({**record_of(circuit), "checks": {}}, circuit._formulas))
    assert page.locator("main").aria_snapshot() == SNAPSHOT


def test_without_scripts_the_picture_and_the_table_are_there(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "circuit.html"
    path.write_text(page_of(circuit_of("compound")), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("svg text.value").first.is_visible()
    assert not page.locator("table").is_visible()
    page.locator("summary").click()
    assert page.locator("tbody tr").count() == 5
    assert page.locator("tbody tr").last.inner_text().split("\t") == ["f", "q * z", "-12", "1", "swaps"]
    context.close()


def test_the_tables_with_and_without_scripts_are_the_same(opened: Any) -> None:
    text = page_of(circuit_of("forked"))
    static = re.search(r"<table>.*?</table>", text, re.DOTALL)
    page = opened(text)
    assert static is not None
    rows = page.evaluate(
        """(html) => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("tr, caption")]
          .map((row) => [...row.cells ?? [row]].map((cell) => cell.textContent))""",
        static[0],
    )
    assert rows == page.evaluate(
        """() => [...document.querySelectorAll("tr, caption")]
          .map((row) => [...row.cells ?? [row]].map((cell) => cell.textContent))"""
    )


def test_two_elements_in_one_document_live_apart(opened: Any) -> None:
    both = [element(record_of(circuit_of(name)), circuit_of(name)._formulas) for name in ("compound", "forked")]
    text = f"<!DOCTYPE html><html><body><p class='value'>mine</p>{''.join(both)}</body></html>"
    page = opened(text)
    page.locator(".status").nth(1).wait_for()
    hosts = page.locator(".gatewise-circuit[data-live]")
    first, second = hosts.nth(0), hosts.nth(1)
    first.get_by_label("x", exact=True).fill("7")
    assert "48" not in second.locator("svg").text_content()
    assert first.locator("text.value[data-wire='4']").text_content() == "-48"
    second.get_by_role("button", name="one step on").click()
    assert second.locator(".status").text_content().startswith("step 1")
    assert not first.locator(".status").text_content().startswith("step 1")
    assert page.evaluate("() => [document.querySelectorAll('[id]').length, 'gatewise' in window]") == [0, False]


def test_hostile_names_stay_words(opened: Any) -> None:
    hostile = [
        "</script><script>document.title='!'</script>",
        '"><img src=x onerror=alert(1)>',
        "\u202egnp.exe",
        "a&b<b>",
    ]
    tape = RecordBuilder("</title><script>document.title='!'</script>")
    ids = [tape.input(name, 2) for name in hostile]
    tape.multiply(tape.add(ids[0], ids[1], name="]]>"), tape.add(ids[2], ids[3]), name="</style>", line=1, text="x")
    page = opened(html_page(tape.record(), staged="def f():\n    # </script><script>alert(1)</script>\n    return 1\n"))
    assert page.title().startswith("Circuit of </title>")
    assert page.evaluate("() => [...document.querySelectorAll('img, iframe, [onerror], script')].length") <= 1
    assert "\u202e" not in page.content()


def chained(form: str, count: int) -> str:
    text = "x"
    for number in range(count):
        text = form.format(text, "by"[number % 2])
    return text


@pytest.mark.parametrize(
    "text", [f"({chained('tanh({} * w + {})', 33)})**2", chained("1 / (1 + exp(-({} * w + {})))", 17)]
)
def test_a_page_of_100_gates_stays_below_150_kb(text: str, counted: Callable[..., None]) -> None:
    circuit = gw.circuit(text, x=0.5, w=0.9, b=0.1, y=-0.2)
    assert len(record_of(circuit)["forward"]) >= 100
    size = len(page_of(circuit).encode())
    assert size < 150_000
    counted("page", pages_below_150_kB=size < 150_000)


def packed_in(text: str) -> list[str]:
    """What travels packed in a page or an element: the script and the data."""
    found = re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return [zlib.decompress(base64.b85decode(each.replace(",", "<"))).decode() for each in json.loads(found[1])]


def test_the_policy_allows_two_scripts_and_nothing_else() -> None:
    text = page_of(circuit_of("compound"))
    bundle, data = packed_in(text)
    loaders = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    allowed = re.findall(r"'sha256-([^']*)'", text)
    assert allowed == [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in (*loaders, bundle)
    ]
    assert "default-src 'none'; script-src 'sha256-" in text
    for part in (text, bundle, data):
        assert "http" not in part.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
        for word in ("eval(", "new Function", "innerHTML", "document.write"):
            assert word not in part


def test_a_script_that_is_not_ours_does_not_run(opened: Any) -> None:
    text = page_of(circuit_of("compound")).replace("<h1>", "<script>document.title = 'ran'</script><h1>")
    page = opened(text, said=["Content Security Policy"])
    assert page.title() == "Circuit of f"


def test_a_browser_that_cannot_unpack_keeps_the_picture(page: Any, tmp_path: Path) -> None:
    page.add_init_script("delete globalThis.DecompressionStream")
    path = tmp_path / "circuit.html"
    path.write_text(page_of(circuit_of("compound")), encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.locator("svg text.value").first.is_visible()
    assert page.locator(".live").count() == 0
    page.locator("summary").click()
    assert page.locator("tbody tr").count() == 5


def test_a_notebook_that_runs_scripts_elsewhere_starts_the_circuit_once(page: Any) -> None:
    page.goto("about:blank")
    page.evaluate(
        """(html) => {
          document.body.innerHTML = html;
          for (let time = 0; time < 2; time++) {
            const script = document.createElement("script");
            script.textContent = document.querySelector("script:not([type])").textContent;
            document.head.append(script);
          }
        }""",
        element(record_of(circuit_of("compound"))) * 2,
    )
    page.wait_for_function(ALL_LIVE, arg=2)
    assert page.locator(".live").count() == 2
    assert page.evaluate("() => document.head.querySelectorAll('script').length") == 2


def test_the_same_record_gives_the_same_page() -> None:
    record = record_of(circuit_of("neuron"))
    assert html_page(record) == html_page(record)


def test_an_unknown_palette_is_refused() -> None:
    with pytest.raises(UnknownPaletteError):
        html_page(record_of(circuit_of("compound")), palette="nope")
