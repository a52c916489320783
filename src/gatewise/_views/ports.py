"""The ports of a closed group: in the order that its inside has them, only nearer to one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gatewise._views.labels import room_between
from gatewise._views.parts import LABELLED_PORTS_APART, Piece

_NEAR = 8.0  # ports of a closed group keep the order its inside has, but not its distances


def settle_ports(piece: Piece) -> None:
    """Give a group the ports its inside has, in the same order from the top, only nearer to one another."""
    if piece.inside is None:
        return
    ports = piece.inside.ports
    outs = [piece.stacks[which] for _, side, which in ports if side == "out"]  # from the top, as they leave the inside
    places = _nearer(ports, room_between(outs))
    middle = (places[0] + places[-1]) / 2
    sides: dict[str, dict[int, float]] = {"in": {}, "out": {}}
    for place, (_, side, which) in zip(places, ports, strict=True):
        sides[side][which] = round(place - middle, 1)
    piece.node.ins, piece.node.outs = (tuple(found[which] for which in sorted(found)) for found in sides.values())
    piece.make_room()


def _nearer(ports: Sequence[tuple[float, str, int]], label_rooms: Sequence[float]) -> list[float]:
    """Heights for the ports of a closed group: as near as labels let them, nowhere farther apart than inside.

    So a group that opens need not pull its gates apart.
    """
    heights = [height for height, _, _ in ports]
    inside = [lower - upper for upper, lower in pairwise(heights)]
    rooms = {"in": [LABELLED_PORTS_APART] * len(ports), "out": list(label_rooms)}
    needs: list[tuple[int, int, float]] = []  # the first port, the second, how far apart they have to be
    for side, apart in rooms.items():
        own = [number for number, port in enumerate(ports) if port[1] == side]
        needs += [
            (a, b, min(room, heights[b] - heights[a])) for (a, b), room in zip(pairwise(own), apart, strict=False)
        ]
    needs += [(number, number + 1, min(_NEAR, gap)) for number, gap in enumerate(inside)]
    needs += [(number + 1, number, -gap) for number, gap in enumerate(inside)]
    places = [0.0] * len(ports)
    for _ in ports:  # longest paths: after as many rounds as there are ports nothing moves any more
        before = list(places)
        for first, second, room in needs:
            places[second] = max(places[second], places[first] + room)
        if places == before:
            break
    return places
