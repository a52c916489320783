"""Where everything in a picture stands: columns by longest path, an order with few crossings, straight wires first.

The layout knows nothing of circuits: nodes with room around them, ports at offsets, edges from port to port. The tape
is already sorted, inputs are pinned to the first column, and the two edges of `x * x` stay two.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LANE_ROOM = 7.0  # half the height a passing wire keeps for itself
_BETWEEN = 6.0  # free height between two things in a column
_MOST_LANES = 3000  # beyond this, long edges go round the outside instead
_SWEEPS = 6
_LANE_WEIGHT = 4.0  # a long wire would rather be straight than a gate be centred


@dataclass
class Node:
    """Something that stands in a column: an input, a gate, the way out, or a wire passing by."""

    column: int
    above: float = LANE_ROOM
    below: float = LANE_ROOM
    ins: tuple[float, ...] = (0.0,)
    outs: tuple[float, ...] = (0.0,)
    weight: float = 1.0
    y: float = 0.0
    rank: int = 0


@dataclass
class Edge:
    """One use: from an out port to an in port, and the lanes it takes between their columns."""

    source: Node
    out: int
    target: Node
    port: int
    lanes: list[Node] = field(default_factory=list)
    outside: float | None = None  # the height of its way round the outside, where it goes there


@dataclass(frozen=True)
class Link:
    """A piece of an edge between neighbouring columns."""

    left: Node
    out: float
    right: Node
    into: float


def arrange(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """Give every node its height, every long edge its lanes; columns are given."""
    columns: list[list[Node]] = [[] for _ in range(max(node.column for node in nodes) + 1)]
    for node in nodes:
        columns[node.column].append(node)
    near = _longest_allowed(edges)
    links = [link for edge in edges if _span(edge) <= near for link in _links(edge, columns)]
    into, out_of = _by_node(links)
    _order(columns, into, out_of)
    _settle_all(columns, into, out_of)
    _go_round([edge for edge in edges if _span(edge) > near], columns)


def _span(edge: Edge) -> int:
    return edge.target.column - edge.source.column


def _longest_allowed(edges: Sequence[Edge]) -> int:
    """The longest span for which lanes are laid: all of them, unless the lanes would be thousands."""
    total, longest = 0, 1
    for span in sorted(_span(edge) for edge in edges):
        total += span - 1
        if total > _MOST_LANES:
            break
        longest = span
    return longest


def _links(edge: Edge, columns: list[list[Node]]) -> list[Link]:
    first, last = edge.source.column, edge.target.column
    edge.lanes = [Node(column, weight=_LANE_WEIGHT) for column in range(first + 1, last)]
    for lane in edge.lanes:
        columns[lane.column].append(lane)
    stops = [edge.source, *edge.lanes, edge.target]
    links = []
    for left, right in pairwise(stops):
        out = left.outs[edge.out] if left is edge.source else 0.0
        into = right.ins[edge.port] if right is edge.target else 0.0
        links.append(Link(left, out, right, into))
    return links


Links = dict[int, list[Link]]


def _by_node(links: Sequence[Link]) -> tuple[Links, Links]:
    into: Links = {}
    out_of: Links = {}
    for link in links:
        into.setdefault(id(link.right), []).append(link)
        out_of.setdefault(id(link.left), []).append(link)
    return into, out_of


# Order: barycentres to and fro; a new order is kept only if it has fewer crossings, so inputs stay as given if can be.


def _order(columns: list[list[Node]], into: Links, out_of: Links) -> None:
    _number(columns)
    for column in columns[1:]:
        _sort(column, into, from_left=True)
    best, fewest = [list(column) for column in columns], _crossings(columns, out_of)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        _sweep(columns, into, out_of, from_left=sweep % 2 == 1)
        for column in columns:
            _swap_neighbours(column, into, out_of)
        crossings = _crossings(columns, out_of)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    for column, ordered in zip(columns, best, strict=True):
        column[:] = ordered
    _number(columns)


def _number(columns: list[list[Node]]) -> None:
    for column in columns:
        for rank, node in enumerate(column):
            node.rank = rank


def _sweep(columns: list[list[Node]], into: Links, out_of: Links, from_left: bool) -> None:
    for column in columns[1:] if from_left else reversed(columns[:-1]):
        _sort(column, into if from_left else out_of, from_left)


def _sort(column: list[Node], links: Links, from_left: bool) -> None:
    column.sort(key=lambda node: _barycentre(node, links.get(id(node), []), from_left))
    for rank, node in enumerate(column):
        node.rank = rank


def _swap_neighbours(column: list[Node], into: Links, out_of: Links) -> None:
    """Swap two neighbours in a column wherever that alone saves a crossing."""
    for place in range(len(column) - 1):
        upper, lower = column[place], column[place + 1]
        now = _crossings_of_two(upper, lower, into, out_of)
        if now and _crossings_of_two(lower, upper, into, out_of) < now:
            column[place : place + 2] = [lower, upper]
            upper.rank, lower.rank = place + 1, place


def _crossings_of_two(upper: Node, lower: Node, into: Links, out_of: Links) -> int:
    """How often the links of two nodes cross if the one stands above the other."""
    left = [_left_end(link) for link in into.get(id(upper), [])], [_left_end(link) for link in into.get(id(lower), [])]
    right = (
        [_right_end(link) for link in out_of.get(id(upper), [])],
        [_right_end(link) for link in out_of.get(id(lower), [])],
    )
    return sum(above > below for uppers, lowers in (left, right) for above in uppers for below in lowers)


def _barycentre(node: Node, links: list[Link], from_left: bool) -> float:
    if not links:
        return float(node.rank)
    return sum(_left_end(link) if from_left else _right_end(link) for link in links) / len(links)


def _left_end(link: Link) -> float:
    return link.left.rank + link.out / 1000  # ports break ties between links that share a node


def _right_end(link: Link) -> float:
    return link.right.rank + link.into / 1000


def _crossings(columns: list[list[Node]], out_of: Links) -> int:
    total = 0
    for column in columns[:-1]:
        links = [link for node in column for link in out_of.get(id(node), [])]
        ends = sorted((_left_end(link), _right_end(link)) for link in links)
        seen: list[float] = []
        for _, right in ends:
            total += len(seen) - bisect_right(seen, right)
            insort(seen, right)
    return total


# Heights: each column in turn as near as it can be to where its links would run straight.


def _settle_all(columns: list[list[Node]], into: Links, out_of: Links) -> None:
    for column in columns:
        _settle(column, lambda node: 0.0)
    for _ in range(_SWEEPS):
        for column in columns[1:]:
            _settle(column, lambda node: _wish(node, into.get(id(node), []), []))
        for column in reversed(columns[:-1]):
            _settle(column, lambda node: _wish(node, [], out_of.get(id(node), [])))
    for column in columns[1:]:
        _settle(column, lambda node: _wish(node, into.get(id(node), []), []))
    for column in columns:
        for node in column:
            node.y = round(node.y, 1)
    for column in columns[1:]:
        _straighten_lanes(column, into)


def _wish(node: Node, into: list[Link], out_of: list[Link]) -> float:
    """The height at which the node's links would run straight, on average."""
    wishes = [link.left.y + link.out - link.into for link in into]
    wishes += [link.right.y + link.into - link.out for link in out_of]
    return sum(wishes) / len(wishes) if wishes else node.y


def _settle(column: list[Node], wish: Callable[[Node], float]) -> None:
    """Heights as near to the wishes as order and room allow: least squares, by pooling neighbours that push."""
    offset, offsets = 0.0, []
    for upper, node in zip([None, *column], column, strict=False):
        offset += 0.0 if upper is None else upper.below + _BETWEEN + node.above
        offsets.append(offset)
    pools: list[list[float]] = []  # each a sum of weighted wishes, a weight, a count
    for node, base in zip(column, offsets, strict=True):
        pools.append([(wish(node) - base) * node.weight, node.weight, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, weight, count = pools.pop()
            pools[-1] = [pools[-1][0] + total, pools[-1][1] + weight, pools[-1][2] + count]
    heights = [total / weight for total, weight, count in pools for _ in range(int(count))]
    for node, base, height in zip(column, offsets, heights, strict=True):
        node.y = base + height


def _straighten_lanes(column: list[Node], into: Links) -> None:
    """Move a passing wire the last little bit to where it comes from, if its neighbours leave the room."""
    for upper, node, lower in zip([None, *column], column, [*column[1:], None], strict=False):
        if node.weight != _LANE_WEIGHT:
            continue
        link = into[id(node)][0]
        wanted = link.left.y + link.out
        fits_above = upper is None or wanted - node.above >= upper.y + upper.below
        fits_below = lower is None or wanted + node.below <= lower.y - lower.above
        if abs(wanted - node.y) <= _BETWEEN and fits_above and fits_below:
            node.y = wanted


def _go_round(edges: Sequence[Edge], columns: list[list[Node]]) -> None:
    """Edges too long for lanes run above everything, each at the lowest height that is free over its whole span."""
    top = min((node.y - node.above for column in columns for node in column), default=0.0) - 2 * LANE_ROOM
    busy_until: list[int] = []
    for edge in sorted(edges, key=lambda edge: (edge.source.column, edge.target.column)):
        level = next((n for n, end in enumerate(busy_until) if end < edge.source.column), len(busy_until))
        busy_until[level : level + 1] = [edge.target.column]
        edge.outside = top - 2 * LANE_ROOM * level
