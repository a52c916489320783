"""Opening and closing groups in the page moves everything to where Python would have drawn it."""

import random
import re
from collections import Counter

import pytest
from views import records

from gatewise._views.drawing import bent
from gatewise._views.groups import all_groups, grouped
from gatewise._views.marks import Outline, WireLine, Word, all_views
from gatewise._views.parts import collect
from gatewise._views.picture import live_picture
from gatewise._views.plan import lay_out
from gatewise._views.scene import _MarkMaker
from gatewise._views.sheet import read
from page.conftest import with_modules

pytestmark = pytest.mark.xdist_group("browser")

# What is seen: the paths of wires, and the middles of gates and the places of words with what has moved them.
SEEN = """() => {
  const svg = document.querySelector("svg.gatewise");
  const moved = (element) => {
    const shift = (element.getAttribute("transform") ?? "").match(/translate\\((\\S+) (\\S+)\\)/);
    return shift ? [Number(shift[1]), Number(shift[2])] : [0, 0];
  };
  const isSeen = (element) => !element.closest("[hidden]");
  const all = (selector) => [...svg.querySelectorAll(selector)].filter(isSeen);
  return {
    paths: all("path.use, path.trunk").map((path) => path.getAttribute("d")),
    gates: all("g.gate").map((gate) => {
      const [dx, dy] = moved(gate);
      const rect = gate.querySelector("rect");
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
      return [gate.dataset.wires, x + dx, y + dy, width, height];
    }),
    words: all("text[data-wire]").map((text) => {
      const [dx, dy] = moved(text);
      return [text.textContent, Number(text.getAttribute("x")) + dx, Number(text.getAttribute("y")) + dy];
    }),
    boxes: all("rect.block").map((rect) =>
      ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)))),
    size: ["width", "height"].map((name) => Number(svg.getAttribute(name))),
  };
}"""
BIND = """(geometry) => {
  const svg = document.querySelector("svg.gatewise");
  gatewise.picture.bind(svg, geometry);
  globalThis.geometry = geometry;
}"""
TOGGLE = "(number) => gatewise.picture.toggle(document.querySelector('svg.gatewise'), geometry, number)"
NOTE = "(notes) => gatewise.picture.writeLegend(document.querySelector('svg.gatewise'), notes)"


def drawn_by_python(record, opened):
    """The same things, drawn with these groups open."""
    sheet = read(record)
    parts = grouped(sheet, True)
    for group in all_groups(parts):
        group.closed = group.number not in opened
    level = collect(sheet, parts, None, deep=True)
    lay_out(level)
    scene = _MarkMaker(sheet, None, live=False).scene(level, parts)
    views = [view for view in all_views(scene.root) if view.is_shown]
    marks = [mark for view in views for mark in view.marks]
    return {
        "paths": [bent(mark.points) for mark in marks if isinstance(mark, WireLine)],
        "gates": [
            [" ".join(map(str, mark.wires)), *mark.box]
            for mark in marks
            if isinstance(mark, Outline) and not mark.is_open
        ],
        "words": [[mark.label.text, *mark.at] for mark in marks if isinstance(mark, Word)],
        "boxes": [list(view.box) for view in views if view.box],
        "size": [scene.width, scene.height],
        "notes": [word.label.text for word in scene.legend if word.label.kind == "note"],
    }


def numbers(row):
    """A path or a row as its texts and its numbers."""
    if isinstance(row, str):
        return re.sub(r"[-\d.]+", "", row), [float(found) for found in re.findall(r"[-\d.]+", row)]
    return [each for each in row if isinstance(each, str)], [each for each in row if not isinstance(each, str)]


def same(found, wanted):
    """Whether two lists of rows are equal in some order, to a tenth of a unit and what rounding adds to it."""
    assert Counter(str(numbers(row)[0]) for row in found) == Counter(str(numbers(row)[0]) for row in wanted)
    order = sorted(map(numbers, found)), sorted(map(numbers, wanted))
    for (text, places), (other, expected) in zip(*order, strict=True):
        assert text == other
        assert places == pytest.approx(expected, abs=0.32)  # three coordinates rounded to a tenth and added


@pytest.fixture(scope="module")
def tab(browser):
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(8))
def test_groups_opened_in_the_page_stand_where_python_draws_them(tab, seed):
    record = records.grouped_circuit(seed, 20 + 12 * seed, dressed=seed % 3 == 0)
    svg, geometry = live_picture(record, fold=True)
    with_modules(tab, "phrases", "texts", "dom", "elastic", "picture")
    tab.set_content(svg)
    tab.evaluate(BIND, geometry)
    draw, opened = random.Random(seed), set()
    same_as_python(tab, record, opened)
    for _ in range(4):
        can = [group for group in all_groups(grouped(read(record), True)) if is_reachable(record, group, opened)]
        if not can:
            break
        group = draw.choice(can)
        tab.evaluate(TOGGLE, group.number)
        opened ^= {group.number}
        opened -= {inner.number for inner in all_groups(group.parts)} if group.number not in opened else set()
        same_as_python(tab, record, opened)


def is_reachable(record, group, opened):
    """Whether a group stands in the picture, open or closed."""
    return all(
        outer.number in opened
        for outer in all_groups(grouped(read(record), True))
        if group.number in {inner.number for inner in all_groups(outer.parts)}
    )


def same_as_python(tab, record, opened):
    """Compare everything that is seen, with the legend that Python would write."""
    wanted = drawn_by_python(record, opened)
    tab.evaluate(NOTE, wanted["notes"])
    seen = tab.evaluate(SEEN)
    for kind in ("gates", "boxes", "words", "paths"):
        same(seen[kind], wanted[kind])
    assert seen["size"] == pytest.approx(wanted["size"], abs=0.3)
