"""An SVG picture read back as geometry: segments, gates, labels; and what must be true of them in any picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
_CORNER = re.compile(r"[ML](-?[\d.]+),(-?[\d.]+)|Q(-?[\d.]+),(-?[\d.]+) ")


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float
    what: str

    def shrunk(self, by: float) -> Box:
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by, self.what)

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class Segment:
    wire: str
    end: str
    box: Box

    @property
    def is_level(self) -> bool:
        return self.box.top == self.box.bottom


@dataclass(frozen=True)
class Scene:
    paper: Box
    segments: list[Segment]
    gates: dict[frozenset[str], Box]
    labels: list[Box]
    names: list[Box]


def read_back(svg: str) -> Scene:
    root = ElementTree.fromstring(svg)
    paths = list(root.iter(f"{SVG}path"))
    texts = [(element, _text_box(element)) for element in root.iter(f"{SVG}text")]
    gates = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("data-wires"):
            gates[frozenset(group.get("data-wires").split())] = _outline(group)
    return Scene(
        paper=Box(0, 0, float(root.get("width")), float(root.get("height")), "paper"),
        segments=[segment for path in paths for segment in _segments(path)],
        gates=gates,
        labels=[box for element, box in texts if element.get("class") != "symbol"],
        names=[box for element, box in texts if element.get("class") == "name" and element.get("text-anchor") == "end"],
    )


def _outline(group: ElementTree.Element) -> Box:
    circle = group.find(f"{SVG}circle")
    if circle is not None:
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        return Box(x - r, y - r, x + r, y + r, group.get("data-wires"))
    x, y, width, height = (float(group.find(f"{SVG}rect").get(key)) for key in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height, group.get("data-wires"))


def _text_box(element: ElementTree.Element) -> Box:
    x, y, size, width = (float(element.get(key)) for key in ("x", "y", "font-size", "textLength"))
    left = x - width * {"end": 1.0, "middle": 0.5}.get(element.get("text-anchor", "start"), 0.0)
    return Box(left, y - 0.75 * size, left + width, y + 0.2 * size, element.text)


def _segments(path: ElementTree.Element) -> list[Segment]:
    corners = [tuple(float(part) for part in found if part) for found in _CORNER.findall(path.get("d"))]
    end = f"{path.get('data-to')}:{path.get('data-port')}"
    return [
        Segment(
            path.get("data-from"),
            end,
            Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), f"{path.get('data-from')} to {end}"),
        )
        for (x1, y1), (x2, y2) in pairwise(corners)
        if (x1, y1) != (x2, y2)
    ]


def faults(svg: str) -> list[str]:
    """Everything that is wrong with a picture; an empty list for a good one."""
    scene = read_back(svg)
    return [
        *_slanted(scene),
        *_through_gates(scene),
        *_shared_channels(scene),
        *_overlapping_labels(scene),
        *_struck_labels(scene),
        *_off_paper(scene),
    ]


def _slanted(scene: Scene) -> list[str]:
    return [
        f"{each.box} is neither level nor upright"
        for each in scene.segments
        if min(each.box.right - each.box.left, each.box.bottom - each.box.top) > 0.01
    ]


def _through_gates(scene: Scene) -> list[str]:
    found = []
    for ids, gate in scene.gates.items():
        for segment in scene.segments:
            if segment.wire not in ids and segment.end.split(":")[0] not in ids and segment.box.overlaps(gate):
                found.append(f"{segment.box} runs through {gate}")
    return found


def _shared_channels(scene: Scene) -> list[str]:
    """Pieces of different wires, or upright pieces of different uses, that lie on one another."""
    found = []
    for first, second in combinations(scene.segments, 2):
        if first.is_level != second.is_level or (first.wire, first.end) == (second.wire, second.end):
            continue
        if first.wire == second.wire and (first.is_level or "None" in first.end + second.end):
            continue
        side = 2.0  # wires closer than this look like one
        near = Box(first.box.left - side, first.box.top, first.box.right + side, first.box.bottom, "")
        if first.is_level:
            near = Box(first.box.left, first.box.top - side, first.box.right, first.box.bottom + side, "")
        if near.overlaps(second.box):
            found.append(f"{first.box} and {second.box} share a channel")
    return found


def _overlapping_labels(scene: Scene) -> list[str]:
    boxes = [*scene.labels, *scene.gates.values()]
    return [f"{first} lies on {second}" for first, second in combinations(boxes, 2) if first.overlaps(second)]


def _struck_labels(scene: Scene) -> list[str]:
    return [
        f"{segment.box} strikes through {label}"
        for label in scene.labels
        for segment in scene.segments
        if segment.box.overlaps(label.shrunk(0.5))
    ]


def _off_paper(scene: Scene) -> list[str]:
    boxes = [*scene.labels, *scene.gates.values(), *(segment.box for segment in scene.segments)]
    paper = scene.paper
    return [
        f"{box} is off the paper"
        for box in boxes
        if box.left < 0 or box.top < 0 or box.right > paper.right or box.bottom > paper.bottom
    ]
