"""The slider of a page: any round it shows has the numbers that Python has of it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from loops import manners
from loops.manners import given
from loops.test_printing import STUDENTS, student

import gatewise as gw
import gatewise._record.rounds.columns
from page.conftest import open_live, with_modules

pytestmark = pytest.mark.xdist_group("browser")

MODULES = ("phrases", "texts", "dom", "numbers", "rounds", "sheet", "patterns", "corners", "meaning", "card")
AT = "([record, rounds, at]) => gatewise.rounds.withRounds(record, rounds, rounds.map(() => at))"
CARD = """([record, rounds, at, name]) => {
  const there = gatewise.rounds.withRounds(record, rounds, rounds.map(() => at));
  const lines = gatewise.card.sections(there, name).flatMap(([, lines]) => lines);
  return lines.map((line) => line.trimEnd()).join('\\n');
}"""
CHOOSE = """(at) => {
  const slider = document.querySelector(".rounds input");
  slider.value = String(at);
  slider.dispatchEvent(new Event("input"));
}"""
SEEN = """() => {
  const isSeen = (element) => !element.closest("[hidden]") && !element.closest("g.legend");
  return [...document.querySelectorAll("svg.gatewise text")].filter(isSeen).map((text) => text.textContent).sort();
}"""
COUNT = 6


def masked(x, w):
    """Routes, switches and plain numbers that hang on the round."""
    for t in range(6):
        x = np.maximum(x, w * t) - 0.3 * np.where(x > 0.5, x, w)
        x = x / (1.0 + t)
    return np.sum(x)


def circuits() -> dict[str, Any]:
    found = {module: gw.circuit(f, **known(COUNT)) for module in STUDENTS for f, known in [student(module)]}
    return {**found, "masked": gw.circuit(masked, np.array([0.7, -0.2, 1.4]), 0.3)}


def test_every_round_in_the_page_is_the_record_of_that_round(page: Any) -> None:
    scripts = with_modules(page, *MODULES)
    for name, c in circuits().items():
        record = c._seen(checks=False)
        assert record["loops"], name
        rounds = c._rounds.series(record)
        for k in (0, 3, COUNT - 1):
            found = scripts.evaluate(AT, [json.loads(json.dumps(record)), rounds, k])
            should = json.loads(json.dumps(c._seen(k + 1, checks=False)))
            for part in ("wires", "uses"):
                for one, other in zip(found[part], should[part], strict=True):
                    assert one == other, (name, k)


CHOSEN = "([record, rounds, chosen]) => gatewise.rounds.withRounds(record, rounds, chosen)"


def test_rounds_of_loops_inside_one_another_in_the_page_are_the_record_of_them(page: Any) -> None:
    scripts = with_modules(page, *MODULES)
    for f in (manners.nested, manners.stacked_inside, manners.matmul3):
        c = gw.circuit(f, **given(f, COUNT))
        record = c._seen(round=(1,), checks=False)
        rounds = c._rounds.series(record)
        arounds = [loop["around"] for loop in record["loops"]]
        for turns in ((0, 0, 0), (2, 1, 1), (1, 2, 0)):
            deep = [sum(1 for _ in chain(arounds, n)) for n in range(len(arounds))]
            found = scripts.evaluate(CHOSEN, [json.loads(json.dumps(record)), rounds, [turns[d] for d in deep]])
            should = json.loads(json.dumps(c._seen(tuple(k + 1 for k in turns[: max(deep) + 1]), checks=False)))
            for part in ("wires", "uses"):
                for one, other in zip(found[part], should[part], strict=True):
                    assert one == other, (f, turns)


def chain(arounds: list[Any], n: int) -> Any:
    while arounds[n] is not None:
        n = arounds[n]
        yield n


def test_the_test_would_see_another_round(page: Any) -> None:
    c = circuits()["rnn"]
    record = c._seen(checks=False)
    found = with_modules(page, *MODULES).evaluate(AT, [record, c._rounds.series(record), 2])
    assert found["wires"] != json.loads(json.dumps(c._seen(4, checks=False)))["wires"]


def test_the_card_of_any_round_is_python_s(page: Any) -> None:
    from gatewise._views import card

    scripts = with_modules(page, *MODULES)
    c = circuits()["rnn"]
    record = c._seen(checks=False)
    rounds = c._rounds.series(record)
    for k in (0, 3):
        for name in ("h_t", "W_t", "h_prev", "h_next", "W", "h_7"):
            assert scripts.evaluate(CARD, [record, rounds, k, name]) == card(c._seen(k + 1, checks=False), name), name


def test_the_slider_shows_what_python_draws(page: Any, tmp_path: Any) -> None:
    c = circuits()["rnn"]
    for k in (0, 2, COUNT - 1):
        open_live(page, tmp_path / "k.html", c.html(round=k + 1))
        should = page.evaluate(SEEN)
        open_live(page, tmp_path / "c.html", c.html())
        page.evaluate(CHOOSE, k)
        assert page.evaluate(SEEN) == should
        assert page.inner_text(".rounds output") == f"round {k + 1} of {COUNT}"
        assert f"round {k + 1} of {COUNT}: for t in range(T)" in should


def test_a_small_loop_has_no_slider(page: Any, tmp_path: Any) -> None:
    open_live(page, tmp_path / "c.html", gw.circuit("x * y", x=1.0, y=2.0).html())
    assert page.locator(".rounds").is_hidden()
    assert page.locator(".rounds input").count() == 0


def long(x, xs):
    for t in range(2_000):
        x = x * 0.9999 + 0.001 * xs[t]
    return x


def test_a_page_of_many_rounds_has_as_many_as_there_is_room_for(page: Any, tmp_path: Any, monkeypatch: Any) -> None:
    c = gw.circuit(long, 1.0, np.sin(np.arange(2_000.0)))
    assert c._rounds.series(c._seen(checks=False))[0]["kept"] == list(range(2_000))
    monkeypatch.setattr(gatewise._record.rounds.columns, "MOST", 10_000)
    html = c.html()
    assert len(html) < 250_000
    open_live(page, tmp_path / "c.html", html)
    assert page.inner_text(".rounds output") == "round 2,000 of 2,000"
    page.evaluate(CHOOSE, 1)
    first, second = page.inner_text(".rounds output"), c._rounds.series(c._seen(checks=False))[0]["kept"][1]
    assert first == f"round {second + 1} of 2,000"
    assert second > 1
