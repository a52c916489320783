"""An edited page is the page of a new recording: every mark, class, dash, word and title, at whatever is folded."""

from __future__ import annotations

import json
import random
import re
import warnings
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._views.page import element

pytestmark = pytest.mark.xdist_group("browser")

# Everything to be seen or heard of a circuit, but where it stands, what a change was and what it would do.
# Places inside a heat map are what it says, and so are its colours.
SEEN = """(at) => {
  const PLACES = "x y d points transform textLength viewBox width height cx cy data-height".split(" ");
  const LOOKS = ["fill", "fillOpacity", "stroke", "strokeOpacity", "strokeDasharray", "opacity", "textDecorationLine"];
  const isOfPlace = (name) => name === "wide" || name === "fits";
  const root = document.querySelectorAll(".gatewise-circuit")[at].shadowRoot.querySelector(".live");
  const said = (element, isInMap) => [...element.attributes]
    .filter(({ name }) => !(isInMap ? ["class", "fill"] : PLACES).includes(name) && name !== "stroke")
    .map(({ name, value }) => [name, name === "class" ? value.split(" ").sort() : [value]])
    .map(([name, words]) => `${name}=${words.filter((word) => !isOfPlace(word)).join(" ")}`).sort();
  const found = [];
  const visit = (element) => {
    if (element.hasAttribute("hidden") || element.matches(".prediction, style, .fit")) return;
    const isInMap = element.closest("g.heat") !== null && !element.matches("g");
    const words = [...element.childNodes].map((node) => (node.nodeType === 3 ? node.textContent.trim() : "")).join("");
    const style = element instanceof SVGElement ? LOOKS.map((look) => getComputedStyle(element)[look]) : [];
    found.push([element.tagName, ...said(element, isInMap), words, element.value ?? "", ...style].join(" | "));
    for (const child of element.children) visit(child);
  };
  visit(root);
  return found;
}"""
IN = "const root = document.querySelectorAll('.gatewise-circuit')[at].shadowRoot;"
TYPE = f"""([values, at]) => {{ {IN}
  root.querySelectorAll("input").forEach((field, place) => {{
    field.value = values[place];
    field.dispatchEvent(new Event("input", {{ bubbles: true }}));
  }});
}}"""
PRESS = f"""([keys, at]) => {{ {IN}
  const walk = root.querySelector(".walk");
  for (const key of keys) walk.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true }}));
}}"""
# Opens or closes the group whose gate or title is the k-th that can be seen.
TOGGLE = f"""([k, at]) => {{ {IN}
  const all = [...root.querySelectorAll("svg [aria-expanded]")].filter((each) => !each.closest("[hidden]"));
  all[k % all.length]?.dispatchEvent(new MouseEvent("click", {{ bubbles: true }}));
  root.activeElement?.blur();
}}"""
# Where Python's way with these inputs was another, or may have been, the page says so and shows no numbers.
REFUSAL = f"(at) => {{ {IN} return root.querySelector('.prediction').textContent.includes('record again'); }}"
CARDS = f"""(at) => {{ {IN}
  const items = [...root.querySelectorAll("svg [tabindex]")].filter((item) => !item.closest("[hidden]"));
  const cards = items.map((item) => {{ item.focus(); return root.querySelector("pre.card").textContent; }});
  root.activeElement?.blur();
  return cards;
}}"""
ALL_LIVE = "(count) => document.querySelectorAll('.gatewise-circuit').length === count && \
  [...document.querySelectorAll('.gatewise-circuit')].every((each) => each.shadowRoot?.querySelector('.live'))"

Inputs = dict[str, Any]


def ex(z: Any) -> Any:
    return 1 / (np.exp(z) * 3 + 2)


def layer(x: Any, w: Any) -> Any:
    return np.maximum(x @ w, 0)


def two_layers(x: Any, w: Any, v: Any) -> Any:
    return (layer(layer(x, w), v) ** 2).sum()


def both(x: Any, y: Any) -> Any:
    a, b = x * y, x + y
    return np.where(a > b, a, b) * x, a * b


def of_both(x: Any, y: Any) -> Any:
    a, b = both(x, y)
    return a * b + a


def grid(rows: int, columns: int, shift: float) -> np.ndarray:
    return np.sin(np.arange(rows * columns) + shift).reshape(rows, columns).round(3)


# A function or a text, the inputs at first, inputs to go to, and what to fold.
CASES: list[tuple[Any, Inputs, list[Inputs], Any]] = [
    ("max(x, y) * z", {"x": 3.0, "y": 2.0, "z": 2.0}, [{"y": 5.0}, {"y": 3.0}, {"y": 1.0}], None),
    ("max(x, y) + min(x, y) * max(x, 1)", {"x": 3.0, "y": 2.0}, [{"x": 0.5}, {"x": 1.0, "y": 1.0}], None),
    ("relu(x) * y + relu(-x)", {"x": 3.0, "y": 2.0}, [{"x": -3.0}, {"x": 0.0}], None),
    ("x*y + y*y", {"x": 3.0, "y": 2.0}, [{"y": 4.0}, {"x": 0.0}], None),
    ("q = x + y; f = q * z", {"x": -2.0, "y": 5.0, "z": -4.0}, [{"z": 0.0}, {"x": 1.23456e-12}], None),
    ("1 / (1 + exp(-(w*x + b)))", {"w": 2.0, "x": -1.0, "b": 0.5}, [{"x": 30.0}, {"x": -900.0}], True),
    ("log(x - y) * y + sqrt(x)", {"x": 3.0, "y": 1.0}, [{"y": 3.0}, {"x": 0.5}], None),
    (lambda x, y: ex(x) * y, {"x": 0.5, "y": 0.6}, [{"x": 800.0}, {"y": 0.0}], "ex"),
    (of_both, {"x": 3.0, "y": 2.0}, [{"x": 0.5}, {"x": 2.0}], True),
    (of_both, {"x": 3.0, "y": 2.0}, [{"x": 0.5}, {"y": -2.0}], False),
    (lambda x, y: np.where(np.sign(x) > 0, x, y) * np.sign(y), {"x": 3.0, "y": 2.0}, [{"x": -1.0}, {"y": -1.0}], None),
    (lambda X: (X * X).sum(), {"X": np.arange(64.0) / 7 - 3}, [{"X": 9.0}, {"X": float("1e300")}], None),
    (lambda X: (X * X).sum(), {"X": grid(8, 8, 0.3)}, [{"X": 9.0}, {"X": 0.0}], None),
    (lambda X: np.maximum(X, 0).sum(), {"X": grid(3, 20, 0.3)}, [{"X": -9.0}], None),
    (lambda X: np.tanh(X).sum(), {"X": grid(6, 4, 0.3).reshape(2, 3, 4)}, [{"X": 9.0}], None),
    (lambda X: np.log(X).sum(), {"X": np.array([1.0, 2.0, 3.0])}, [{"X": 0.0}, {"X": -1.0}], None),
    (lambda X: (X * 0).sum() + X[0], {"X": np.array([1.0, 2.0])}, [{"X": 0.0}], None),
    (lambda a, b: (a * b).sum(), {"a": grid(7, 1, 0.0), "b": grid(1, 9, 0.5)}, [{"a": 5.0}], None),
    (lambda x: np.where(x > 0.5, x, 0 * x).sum(), {"x": np.array([0.1, 0.7, 0.9])}, [{"x": 4.0}], None),
    (two_layers, {"x": grid(2, 3, 0.1), "w": grid(3, 4, 0.7), "v": grid(4, 2, 0.9)}, [{"x": -8.0}, {"v": 3.0}], True),
    (two_layers, {"x": grid(2, 3, 0.1), "w": grid(3, 4, 0.7), "v": grid(4, 2, 0.9)}, [{"w": 2.0}], None),
]


def random_expression(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.1:
        return draw.choice("xyzw")
    one, other = (random_expression(draw, depth - 1) for _ in range(2))
    forms = ["({0} + {1})", "({0} * {1})", "({0} - {1})", "max({0}, {1})", "min({0}, {1})", "exp({0})", "relu({0})"]
    forms += ["({0} / {1})", "sqrt({0})", "(1 / (1 + exp(-({0}))))", "log({0})", "where({0} > {1}, {0}, {1})"]
    return draw.choice(forms).format(one, other)


def random_case(seed: int) -> tuple[str, Inputs, list[Inputs], Any]:
    draw = random.Random(seed)
    text = f"{random_expression(draw, 3)} + x*y*z*w"
    first, *others = ({name: float(draw.randint(-2, 3)) for name in "xyzw"} for _ in range(3))
    return text, first, others, draw.choice([None, True, False])


def changed(first: Inputs, change: Inputs) -> Inputs:
    """The inputs with a change; of an array its first entry is what changes."""
    found = dict(first)
    for name, value in change.items():
        found[name] = value
        if isinstance(first[name], np.ndarray):
            found[name] = first[name].copy()
            found[name].flat[0] = value
    return found


def page_parts(function: Any, inputs: Inputs, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record, without the checks by differences: a page cannot make them anew; and its formulas."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        circuit = gw.circuit(function, **inputs, **more)
        return {**json.loads(circuit.to_json()), "checks": {}}, circuit._formulas


def typed(record: dict[str, Any], inputs: Inputs) -> list[float]:
    named = {wire["name"]: wire for wire in record["wires"] if wire["kind"] == "input"}
    return [float(entry) for name in named for entry in np.ravel(inputs[name])]


class _Document:
    """Elements side by side in one document: edited ones, and fresh ones of the same inputs."""

    def __init__(self, page: Any, path: Path, elements: Sequence[str]) -> None:
        page.emulate_media(reduced_motion="reduce")  # colours in transition would be neither the old nor the new ones
        path.write_text(f"<!DOCTYPE html><html><body>{''.join(elements)}</body></html>", encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_function(ALL_LIVE, arg=len(elements))
        self.page = page

    def differences(self, one: int, other: int) -> list[tuple[str, str]]:
        seen, wanted = (self.page.evaluate(SEEN, at) for at in (one, other))
        wanted = [each for each in wanted if not CURE.match(each)]
        if len(seen) != len(wanted):
            return (
                [(f"{len(seen)} marks", f"{len(wanted)} marks")]
                + [(each, "") for each in seen if each not in wanted]
                + [("", each) for each in wanted if each not in seen]
            )
        return [pair for pair in zip(seen, wanted, strict=True) if pair[0] != pair[1]]

    def on_both(self, script: str, given: Any, pair: tuple[int, int]) -> None:
        for at in pair:
            self.page.evaluate(script, [given, at])


@pytest.fixture
def documents(page: Any, tmp_path: Path) -> Callable[[Sequence[str]], _Document]:
    return lambda elements: _Document(page, tmp_path / "circuits.html", elements)


#: A cure is tried in Python, so a page that was edited has none; a new recording at the same inputs may have one.
CURE = re.compile(r"P \| class=trouble|SPAN \| instead ")
INSTEAD = re.compile(r"\n  instead .*")

WALK = (["ArrowRight"], ["ArrowRight"], ["End", "ArrowLeft"], ["Escape"])


def compare(open_: Callable[..., _Document], case: Any, walk: Sequence[list[str]] = WALK) -> tuple[list[Any], int]:
    """What differs between edited circuits and fresh ones: as they are, folded otherwise, on a walk, and set back."""
    function, first, changes, fold = case
    start = page_parts(function, first)
    goals = [changed(first, change) for change in changes]
    count, compared = len(goals), 0
    fresh = [page_parts(function, goal) for goal in goals]
    document = open_([element(*each, fold=fold) for each in [*[start] * (count + 1), *fresh]])
    wrong: list[Any] = []
    for at in range(count):
        pair = (at, count + 1 + at)
        for goal in goals[: at + 1]:
            document.page.evaluate(TYPE, [typed(start[0], goal), at])
        if document.page.evaluate(REFUSAL, at):
            continue
        compared += 1
        wrong += document.differences(*pair)
        cards = [document.page.evaluate(CARDS, each) for each in pair]
        cards[1] = [INSTEAD.sub("", card) for card in cards[1]]
        wrong += [two for two in zip_longest(*cards) if two[0] != two[1]]
        for script, given in [(TOGGLE, 0), (TOGGLE, 2), *((PRESS, keys) for keys in walk)]:
            document.on_both(script, given, pair)
            wrong += [(given, *two) for two in document.differences(*pair)]
    if compared == count:
        for k in (0, 2):
            document.page.evaluate(TOGGLE, [k, count])
        document.page.locator(".gatewise-circuit[data-live]").nth(count - 1).get_by_role("button", name="reset").click()
        wrong += document.differences(count - 1, count)
    return [(function, first, fold, each) for each in wrong], compared


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_an_edited_page_is_the_page_of_a_new_recording(documents: Any, case: Any, counted: Callable[..., None]) -> None:
    wrong, compared = compare(documents, case)
    assert wrong == []
    assert compared == len(case[2])
    counted("page", edited_pages_equal_to_new_ones=compared)


@pytest.mark.parametrize("seed", range(8))
def test_an_edited_page_of_a_random_circuit_is_that_of_a_new_recording(
    documents: Any, seed: int, counted: Callable[..., None]
) -> None:
    wrong, compared = compare(documents, random_case(seed), [["ArrowRight"], ["Escape"]])
    assert wrong == []
    counted("page", edited_pages_equal_to_new_ones=compared)
