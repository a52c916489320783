"""An SVG picture read back as geometry: segments, gates, labels; and what must be true of them in any picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np

SVG = "{http://www.w3.org/2000/svg}"
_PIECE = re.compile(r"([MHVq])(-?[\d.]+)(?:,(-?[\d.]+))?(?: (-?[\d.]+),(-?[\d.]+))?")


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float
    what: str

    def shrunk(self, by: float) -> Box:
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by, self.what)

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

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
    blocks: list[Box]


def read_back(svg: str) -> Scene:
    root = ElementTree.fromstring(svg)
    paths = [path for path in root.iter(f"{SVG}path") if path.get("class") in ("use", "trunk")]
    heats = [_heat_box(group) for group in root.iter(f"{SVG}g") if (group.get("class") or "").startswith("heat ")]
    texts = [(element, _text_box(element)) for element in root.iter(f"{SVG}text")]
    gates = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("data-wires"):
            gates[frozenset(group.get("data-wires").split())] = _outline(group)
    return Scene(
        paper=Box(0, 0, float(root.get("width")), float(root.get("height")), "paper"),
        segments=[segment for path in paths for segment in _segments(path)],
        gates=gates,
        blocks=[_rect_box(rect, "block") for rect in root.iter(f"{SVG}rect") if rect.get("class") == "block"],
        labels=[*heats, *(box for element, box in texts if element.get("class") not in ("symbol", "tie"))],
        names=[box for element, box in texts if element.get("class") == "name" and element.get("text-anchor") == "end"],
    )


def _outline(group: ElementTree.Element) -> Box:
    circle = group.find(f"{SVG}circle")
    if circle is not None:
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        return Box(x - r, y - r, x + r, y + r, group.get("data-wires"))
    return _rect_box(group.find(f"{SVG}rect"), group.get("data-wires"))


def _rect_box(rect: ElementTree.Element, what: str) -> Box:
    x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height, what)


def _heat_box(group: ElementTree.Element) -> Box:
    x, y = (float(part) for part in re.findall(r"[-\d.]+", group.get("transform")))
    frame = group.find(f"{SVG}rect")
    return Box(x, y, x + float(frame.get("width")), y + float(frame.get("height")), "heat map")


def _text_box(element: ElementTree.Element) -> Box:
    x, y, size, width = (float(element.get(key, "13")) for key in ("x", "y", "font-size", "textLength"))
    left = x - width * {"end": 1.0, "middle": 0.5}.get(element.get("text-anchor", "start"), 0.0)
    return Box(left, y - 0.75 * size, left + width, y + 0.2 * size, element.text)


def corners_of(d: str) -> list[tuple[float, float]]:
    """The corners of a path: where it starts, the control point of each curve, and where it ends."""
    found, x, y = [], 0.0, 0.0
    for kind, *numbers in _PIECE.findall(d):
        first, second, third, fourth = (float(number or 0) for number in numbers)
        if kind == "q":
            found.append((round(x + first, 1), round(y + second, 1)))
            x, y = x + third, y + fourth
        elif kind == "M":
            x, y = first, second
            found.append((x, y))
        else:
            x, y = (first, y) if kind == "H" else (x, first)
    return [*found, (round(x, 1), round(y, 1))]


def _segments(path: ElementTree.Element) -> list[Segment]:
    corners = corners_of(path.get("d"))
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
        *_crossed_outlines(scene),
        *_off_paper(scene),
    ]


def _slanted(scene: Scene) -> list[str]:
    return [
        f"{each.box} is neither level nor upright"
        for each in scene.segments
        if min(each.box.right - each.box.left, each.box.bottom - each.box.top) > 0.01
    ]


def _through_gates(scene: Scene) -> list[str]:
    gates = list(scene.gates.items())
    hits = _meetings([segment.box for segment in scene.segments], [box for _, box in gates])
    found = []
    for number, other in hits:
        segment, (ids, gate) = scene.segments[number], gates[other]
        if segment.wire not in ids and segment.end.split(":")[0] not in ids:
            found.append(f"{segment.box} runs through {gate}")
    return found


def _shared_channels(scene: Scene) -> list[str]:
    """Pieces of different wires, or upright pieces of different uses, that lie on one another."""
    found = []
    side = 2.0  # wires closer than this look like one
    for is_level in (True, False):
        segments = [segment for segment in scene.segments if segment.is_level == is_level]
        along, up = (0.0, side) if is_level else (side, 0.0)
        near = [Box(b.left - along, b.top - up, b.right + along, b.bottom + up, "") for b in (s.box for s in segments)]
        for number, other in _meetings(near, [segment.box for segment in segments]):
            first, second = segments[number], segments[other]
            if number >= other or (first.wire, first.end) == (second.wire, second.end):
                continue
            if first.wire == second.wire and (is_level or "None" in first.end + second.end):
                continue
            found.append(f"{first.box} and {second.box} share a channel")
    return found


def _overlapping_labels(scene: Scene) -> list[str]:
    boxes = [*scene.labels, *scene.gates.values()]
    return [f"{boxes[a]} lies on {boxes[b]}" for a, b in _meetings(boxes, boxes) if a < b]


def _struck_labels(scene: Scene) -> list[str]:
    labels = [label.shrunk(0.5) for label in scene.labels]
    segments = [segment.box for segment in scene.segments]
    return [f"{segments[a]} strikes through {scene.labels[b]}" for a, b in _meetings(segments, labels)]


def _crossed_outlines(scene: Scene) -> list[str]:
    """Gates and labels that stand half in, half out of an open group, and outlines that cross one another."""
    found = []
    for box in scene.blocks:
        for other in [*scene.gates.values(), *scene.labels, *scene.blocks]:
            if other is not box and box.overlaps(other) and not (box.holds(other) or other.holds(box)):
                found.append(f"{other} is half inside {box}")
    return found


def _off_paper(scene: Scene) -> list[str]:
    boxes = [*scene.labels, *scene.gates.values(), *scene.blocks, *(segment.box for segment in scene.segments)]
    return [f"{box} is off the paper" for box in boxes if not scene.paper.holds(box)]


def _meetings(first: list[Box], second: list[Box]) -> list[tuple[int, int]]:
    """Which boxes of one list overlap which of the other."""
    if not first or not second:
        return []
    a, b = (np.array([(each.left, each.top, each.right, each.bottom) for each in boxes]) for boxes in (first, second))
    across = (a[:, None, 0] < b[None, :, 2]) & (b[None, :, 0] < a[:, None, 2])
    down = (a[:, None, 1] < b[None, :, 3]) & (b[None, :, 1] < a[:, None, 3])
    return [(int(number), int(other)) for number, other in np.argwhere(across & down)]
