"""The plan of a picture: a place for every part, a channel for every change of height."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gatewise._views.drawing import width_of
from gatewise._views.labels import SIZE, SMALL_SIZE, shown_name
from gatewise._views.layout import arrange
from gatewise._views.numbers import shape_text
from gatewise._views.parts import PORTS_APART, TITLE, Branch, Level, Piece
from gatewise._views.ports import settle_ports
from gatewise._views.routing import CLEAR, Jog, assign_tracks

STUB = 7.0  # from a gate to the labels of its wire
MARGIN = 16.0
_INNER_MARGIN = 6.0  # under the gates of an open group
ARROW = 8.0
_TRACK = 11.0  # from one vertical channel to the next
_LANE = 12.0  # from one way back to the next, under the gates of a loop
_LEAST_APPROACH = 14.0  # the straight piece before an arrowhead
_SNAP = 6  # a port moves this far to let its wire run straight, or to keep off another
_EDGE_OF_GATE = 5.0  # ports keep this far from the top and bottom of a gate


def lay_out(level: Level) -> None:
    """Place every piece and trace every branch, insides first; heights count down from the upper edge."""
    for piece in level.pieces:
        if piece.inside is not None:
            lay_out(piece.inside)
            settle_ports(piece)
    arrange([piece.node for piece in level.pieces], [branch.edge for branch in level.branches])
    _adjust_ports(level)
    tracks = _assign_channels(level)
    level.height = _move_down(level)
    first_tracks = _set_columns(level, tracks)
    for branch in level.branches:
        _trace(branch, first_tracks)
    names = [shown_name(branch.wire.name) for branch in level.branches if branch.target.kind == "exit"]
    beyond = ARROW + width_of(names[-1], SIZE) + MARGIN if level.group is None else 0.0
    level.width = level.exits[-1].x + beyond
    _trace_returns(level)


def _last_column(level: Level) -> int:
    return level.exits[-1].node.column


def _heights(branch: Branch) -> list[float]:
    """The heights of a branch: at its source, in every column it passes, at its target."""
    edge = branch.edge
    passing = [lane.y for lane in edge.lanes]
    if edge.outside is not None:
        passing = [edge.outside] * (edge.target.column - edge.source.column - 1)
    whole = [edge.source.y + edge.source.outs[edge.out], *passing, edge.target.y + edge.target.ins[edge.port]]
    return [round(height, 1) for height in whole]


# Ports: a little up or down saves a jog too small to look meant, or a meeting of two wires.


def _adjust_ports(level: Level) -> None:
    coming: dict[Piece, list[tuple[float, Branch]]] = {}
    arriving: list[list[float]] = [[] for _ in range(_last_column(level) + 1)]  # heights in the gap left of a column
    for branch in level.branches:
        heights = _heights(branch)
        coming.setdefault(branch.target, []).append((heights[-2], branch))
        for step, height in enumerate(heights[:-1]):
            insort(arriving[branch.source.node.column + step + 1], height)
    _straighten_exits([(piece, coming[piece][0][0]) for piece in level.ends])
    for piece, branches in coming.items():
        if piece.is_gate and piece.inside is None:
            _move_ports(piece, [height for height, _ in branches], arriving[piece.node.column])


def _straighten_exits(exits: list[tuple[Piece, float]]) -> None:
    """Move each exit to the height its wire comes at, as far as its neighbours leave room."""
    exits = sorted(exits, key=lambda exit_: exit_[0].node.y)
    for place, (piece, height) in enumerate(exits):
        above = exits[place - 1][0].node if place else None
        below = exits[place + 1][0].node if place + 1 < len(exits) else None
        free_above = above is None or height - piece.node.above >= above.y + above.below
        if free_above and (below is None or height + piece.node.below <= below.y - below.above):
            piece.node.y = height


def _move_ports(piece: Piece, own: list[float], arriving: list[float]) -> None:
    """Move each port to where its wire comes in straight, or else clear of every other wire that comes in."""
    node, moved = piece.node, list(piece.node.ins)
    for port, height in enumerate(own):
        straight = height - node.y
        shifts = sorted(range(-_SNAP, _SNAP + 1), key=lambda shift: (abs(shift), shift))
        wanted = [straight] if abs(straight - moved[port]) <= _SNAP else [moved[port] + shift for shift in shifts]
        fitting = (place for place in wanted if _fits(place, port, moved, piece))
        moved[port] = next((place for place in fitting if _is_clear(node.y + place, height, arriving)), moved[port])
    node.ins = tuple(moved)


def _fits(place: float, port: int, ports: list[float], piece: Piece) -> bool:
    """Whether a port may stand here: inside the gate, in order, with room for a label to its neighbours."""
    apart = min([PORTS_APART, *(later - earlier for earlier, later in pairwise(ports))])
    others = [other for each, other in enumerate(ports) if abs(each - port) == 1]
    in_order = all((other < place) == (each < port) for each, other in enumerate(ports) if each != port)
    inside = abs(place) <= max(piece.half_height - _EDGE_OF_GATE, max(map(abs, ports)))
    return in_order and inside and all(abs(other - place) >= apart - 0.01 for other in others)


def _is_clear(height: float, own: float, arriving: list[float]) -> bool:
    """Whether no wire but the port's own comes in at nearly this height."""
    position = bisect_left(arriving, height - CLEAR)
    while position < len(arriving) and arriving[position] < height + CLEAR:
        if arriving[position] != own:
            return False
        position += 1
    return True


def _assign_channels(level: Level) -> list[int]:
    """Give every change of height a vertical channel in the gap where it happens; how many each gap needs."""
    gaps: list[list[Jog]] = [[] for _ in range(_last_column(level))]
    straight: list[list[float]] = [[] for _ in gaps]
    for number, branch in enumerate(level.branches):
        heights = _heights(branch)
        for gap, (enter, leave) in enumerate(pairwise(heights), branch.source.node.column):
            if enter == leave:
                straight[gap].append(enter)
            else:
                gaps[gap].append(Jog(number, enter, leave))
    return [_channels_of_gap(level, gap, *found) for gap, found in enumerate(zip(gaps, straight, strict=True))]


def _channels_of_gap(level: Level, gap: int, jogs: Sequence[Jog], straight: Sequence[float]) -> int:
    placed = assign_tracks(jogs, straight)
    for jog in sorted(placed, key=lambda jog: jog.part):
        level.branches[jog.edge].jogs.setdefault(gap, []).append(jog)
    return 1 + max((jog.track for jog in placed), default=-1)


# Places: heights from the upper edge, columns and channels from left to right.


def _move_down(level: Level) -> float:
    """Shift every height so that the topmost thing clears the margin; the height of the whole."""
    nodes = [piece.node for piece in level.pieces]
    jogs = [jog for branch in level.branches for found in branch.jogs.values() for jog in found]
    top = min([node.y - node.above for node in nodes] + [jog.reach[0] for jog in jogs])
    bottom = max([node.y + node.below for node in nodes] + [jog.reach[1] for jog in jogs])
    down = MARGIN - top if level.group is None else TITLE - top
    for node in nodes:
        node.y += down
    for branch in level.branches:
        _move_branch(branch, down)
    for number, back in enumerate(level.returns):
        back.lane = bottom + down + _LANE * (number + 0.5)
    lanes = _LANE * len(level.returns)
    return bottom + down + lanes + (MARGIN if level.group is None else _INNER_MARGIN)


def _move_branch(branch: Branch, down: float) -> None:
    for lane in branch.edge.lanes:
        lane.y += down
    for found in branch.jogs.values():
        for jog in found:
            jog.enter, jog.leave = jog.enter + down, jog.leave + down
    if branch.edge.outside is not None:
        branch.edge.outside += down


def _set_columns(level: Level, tracks: Sequence[int]) -> list[float]:
    """The x of every piece; returns the x of the first channel right of every column."""
    gates, labels, approaches = _widths(level)
    x = MARGIN + max(map(_name_width, level.pieces)) if level.group is None else 0.0
    first_tracks, centres = [], []
    for column, count in enumerate([*tracks, 0]):
        level.starts.append(x)
        centres.append(x + approaches[column] + gates[column] / 2)
        x += approaches[column] + gates[column] + labels[column]
        if column == 0:
            x = _room_for_returns(level, x)
        first_tracks.append(x + _TRACK / 2)
        x += max(_TRACK * count, _TRACK) + 4
    for piece in level.pieces:
        if piece.kind != "return":
            piece.x = centres[piece.node.column]
    _set_ends(level)
    return first_tracks


def _room_for_returns(level: Level, x: float) -> float:
    """The channels in which what comes round rises again, right of all that comes in; the x behind them."""
    for number, back in enumerate(reversed(level.returns)):
        back.again.x = x + _TRACK * (number + 0.5)
    return x + _TRACK * len(level.returns)


def _set_ends(level: Level) -> None:
    """The channels in which wires turn, and behind them where others leave."""
    for number, back in enumerate(level.returns):
        back.turn.x += _TRACK * number
    for piece in level.exits:
        piece.x += _TRACK * len(level.returns)


def _trace_returns(level: Level) -> None:
    """The corners of what comes round; the way out of the last column is the wire's own."""
    for back in level.returns:
        turn, again = back.turn, back.again
        back.points = [(turn.x, turn.node.y), (turn.x, back.lane), (again.x, back.lane), (again.x, again.node.y)]


def _widths(level: Level) -> tuple[list[float], list[float], list[float]]:
    """For every column: its widest gate, its widest wire label, the room its branches' labels need before it."""
    columns = _last_column(level) + 1
    gates, labels, approaches = [0.0] * columns, [0.0] * columns, [0.0] + [_LEAST_APPROACH] * (columns - 1)
    for piece in level.pieces:
        column = piece.node.column
        gates[column] = max(gates[column], piece.width)
        labels[column] = max([labels[column], *(width + 2 * STUB for width in _label_widths(piece))])
    for branch in level.branches:
        if branch.label is not None:
            column = branch.target.node.column
            approaches[column] = max(approaches[column], width_of(branch.label.text, SMALL_SIZE) + ARROW + 12)
    return gates, labels, approaches


def _label_widths(piece: Piece) -> Iterator[float]:
    for above, below in piece.stacks:
        yield from (label.width for label in (*above, *below))


def _name_width(piece: Piece) -> float:
    """The room left of an input for its name and shape."""
    if piece.kind != "input":
        return 0.0
    wire = piece.wires[0]
    return 6 + max(width_of(shown_name(wire.name), SIZE), width_of(shape_text(wire.shape), SMALL_SIZE))


def _trace(branch: Branch, first_tracks: Sequence[float]) -> None:
    """The corners of a branch, from the outline of its source to the outline of its target."""
    heights = _heights(branch)
    out, into = branch.edge.source.outs[branch.edge.out], branch.edge.target.ins[branch.edge.port]
    corners = [(branch.source.x + branch.source.side(out), heights[0])]
    for gap in sorted(branch.jogs):
        for jog in branch.jogs[gap]:
            x = first_tracks[gap] + _TRACK * jog.track
            corners += [(x, jog.enter), (x, jog.leave)]
    corners.append((branch.target.x - branch.target.side(into), heights[-1]))
    branch.points = [(round(x, 1), round(y, 1)) for x, y in corners]
