"""At every step of a walk the lit lines are those that lead to the gate of the event, whatever groups are open."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._views.groups import all_groups, grouped
from gatewise._views.page import page as html_page
from gatewise._views.sheet import read
from page.conftest import open_live
from tools.pages import GALLERY, command_of, shown_by

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.filterwarnings("ignore::RuntimeWarning")]

SEEN = """() => {
  const svg = document.querySelector("svg.gatewise");
  const isSeen = (element) => !element.closest("[hidden]");
  const all = (selector) => [...svg.querySelectorAll(selector)].filter(isSeen);
  const light = (element) => ["lit", "back"].map((each) => element.classList.contains(each));
  const block = (element) => element.closest("g.block")?.dataset.group ?? null;
  return {
    lines: all("path.use, path.trunk").map((path) =>
      [path.dataset.from, path.dataset.to ?? "", block(path), ...light(path)]),
    gates: all("g.gate").map((gate) => [gate.dataset.wires, gate.dataset.group ?? null, ...light(gate)]),
  };
}"""
# A click on a closed group opens it.
OPEN = """(group) => {
  const svg = document.querySelector("svg.gatewise");
  const gate = [...svg.querySelectorAll(`g.gate[data-group="${group}"]`)].find((each) => !each.closest("[hidden]"));
  gate.focus();
  gate.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
}"""


def deep(x: Any, w: Any) -> Any:
    """Helpers within helpers, one value used inside and outside of a group, a repeat."""

    def squashed(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def layer(z: Any) -> Any:
        return squashed(z * w) * squashed(z + w)

    h = layer(x)
    h = layer(h + x)
    return h * x + squashed(x)


def boards() -> dict[str, Callable[[], gw.Circuit]]:
    found = {name: lambda place=place: shown_by(command_of(*place)) for name, place in GALLERY.items()}
    found["flat"] = lambda: gw.circuit(Path(__file__).parents[2] / "examples" / "flat.py")
    found["decay"] = lambda: shown_by(command_of("decay", "example"))
    found["deep"] = lambda: gw.circuit(deep, 0.5, -1.25)
    found["split"] = lambda: gw.circuit(lambda x: np.sum(np.split(x, 3)[1] * np.modf(x)[0][0]), np.arange(1.5, 7.5))
    return found


BOARDS = boards()


class Expected:
    """What is to be lit at each step, told from the record and the groups alone."""

    def __init__(self, record: dict[str, Any], fold: Any) -> None:
        sheet = read(record)
        self.uses = [(use["from"], use["to"]) for use in record["uses"]]
        self.members = {str(g.number): {wire.id for wire in g.wires} for g in all_groups(grouped(sheet, fold))}
        step = {wire["id"]: wire["step"] for wire in record["wires"]}
        self.same = {a: {b for b in step if step[b] == step[a] and step[a] is not None} | {a} for a in step}
        forward: list[set[int]] = []
        for id_ in record["forward"]:
            if not forward or id_ not in forward[-1]:
                forward.append({b for b in self.same[id_] if b in record["forward"]})
        self.steps = [(wires, False) for wires in forward]
        self.steps += [({event["wire"]}, True) for event in record["backward"]]

    def line(self, wires: set[int], source: int, to: str, block: str | None) -> bool:
        """Whether a line that leaves `source` for `to` is lit while the gate of `wires` is gone through."""
        targets = {target for start, target in self.uses if start == source and target in wires}
        if to == "out":
            return block is not None and bool(targets - self.members[block])
        if to.startswith("g"):
            return bool(targets & self.members[to[1:]])
        return bool(to) and any(target in self.same[int(to)] for target in targets)

    def gate(self, wires: set[int], made: list[int], group: str | None) -> bool:
        return bool(wires & ({*made} if group is None else self.members[group] | {*made}))


def walked(page: Any, expected: Expected) -> None:
    """Go through every step, and look at everything that is seen."""
    page.evaluate("() => document.activeElement.blur()")  # inside the picture arrows go from gate to gate
    page.keyboard.press("Home")
    for wires, is_backward in expected.steps:
        page.keyboard.press("ArrowRight")
        seen = page.evaluate(SEEN)
        for source, to, block, is_lit, is_back in seen["lines"]:
            wanted = expected.line(wires, int(source), to, block)
            assert (is_lit, is_back) == (wanted, wanted and is_backward), (wires, source, to, block)
        for made, group, is_lit, is_back in seen["gates"]:
            wanted = expected.gate(wires, [int(each) for each in made.split()], group)
            assert (is_lit, is_back) == (wanted, wanted and is_backward), (wires, made, group)
        lit = {int(source) for source, _, _, is_lit, _ in seen["lines"] if is_lit}
        assert lit <= {start for start, target in expected.uses if target in wires}
    assert page.locator(".status").text_content().startswith(f"step {len(expected.steps)} of {len(expected.steps)}")


@pytest.mark.parametrize("name", BOARDS)
def test_the_wires_of_the_event_are_lit_with_groups_closed_and_open(page: Any, tmp_path: Path, name: str) -> None:
    board = BOARDS[name]()
    record = json.loads(board.to_json())
    open_live(page, tmp_path / "circuit.html", html_page(record, board._formulas, fold=True, staged=board.code()))
    expected = Expected(record, True)
    walked(page, expected)
    for _ in range(5):  # each level of groups in turn
        closed = {group for _, group, _, _ in page.evaluate(SEEN)["gates"] if group is not None}
        if not closed:
            break
        for group in closed:
            page.evaluate(OPEN, group)
        opened = {group for _, group, _, _ in page.evaluate(SEEN)["gates"] if group is not None}
        assert opened != closed
        walked(page, expected)
