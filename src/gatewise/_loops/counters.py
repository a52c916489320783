"""Plain numbers that a loop moves on from round to round, beside its counter: `lr = lr * 0.9`, `t += dt`, `n += 1`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._circuit import Counting, Moved, MovedBy, Said
from gatewise._loops.before import line_before
from gatewise._loops.counting import value, with_counter
from gatewise._loops.regions import Region
from gatewise._recording import NotPlainError, PlainNames, said, source_of, span_of, spans, stored
from gatewise._syntax import names_in
from gatewise._types import Named


@dataclass(frozen=True, slots=True)
class Move:
    """One statement of a loop that gives a plain name another number: where it stands, what it is given."""

    at: int
    name: str
    given: ast.expr
    text: str

    @property
    def reads(self) -> set[str]:
        return names_in(self.given)


class Counters:
    """The plain names of one loop with their number in each round, at each statement of its body."""

    def __init__(self, region: Region, counting: Counting, plain: PlainNames | None) -> None:
        self.region, self.counting, self.plain = region, counting, plain
        self.moves: list[Move] = []
        self.starts: dict[str, ast.expr] = {}
        self.states: list[list[dict[str, Any]]] = []  # by round and statement
        if plain is None or region.depth or not isinstance(region.loop, ast.For):
            return
        self.moves = list(moves_of(region))
        while self.moves:
            for name in {move.name for move in self.moves}:
                node = line_before(region, name)
                if node is not None:
                    self.starts[name] = node
            gone = self.unknown()
            if not gone:
                break
            self.moves = [move for move in self.moves if move.name not in gone]

    @property
    def names(self) -> set[str]:
        return {move.name for move in self.moves}

    def unknown(self) -> set[str]:
        """The names whose numbers cannot be worked out; without such, the states are known."""
        assert self.plain is not None
        bound = [n.id for n in stored(self.region.code) if inside(n, self.region.loop)]
        others, given = set(bound), [move.name for move in self.moves]
        alone = {n for n in self.names if n in self.starts and bound.count(n) == given.count(n)}
        if alone != self.names:
            return self.names - alone
        self.states = []
        state: dict[str, Any] = {}
        try:
            for name in sorted(self.names):
                state[name] = number(self.starts[name], self.plain)
        except NotPlainError:
            return {name}
        for count in self.counting.counts:
            row = []
            for at in range(len(self.region.statements)):
                row.append(dict(state))
                for move in (m for m in self.moves if m.at == at):
                    try:
                        if move.reads & (others - self.names - {self.counting.counter}):
                            raise NotPlainError
                        state[move.name] = number(move.given, self.at(state, count))
                    except NotPlainError:
                        return {move.name}
            self.states.append(row)
        return set()

    def at(self, state: Named, count: int) -> PlainNames:
        """The plain names at one place of one round."""
        assert self.plain is not None
        names = with_counter(self.plain, self.counting.counter, count)
        names.known |= state
        return names

    def use(self, node: ast.expr, given: Sequence[object]) -> Moved | None:
        """What an expression is in all rounds, if it hangs on such a name and gives what was recorded."""
        names = names_in(node) & self.names
        if not names or self.plain is None:
            return None
        at = next((k for k, s in enumerate(self.region.statements) if spans(span_of(s), span_of(node))), None)
        if at is None:
            return None
        try:
            rounds = zip(self.states, self.counting.counts, strict=True)
            found = [number(node, self.at(row[at], count)) for row, count in rounds]
        except NotPlainError:
            return None
        known = found[len(found) - len(given) :]
        if not all(x == y and type(x) is type(y) for x, y in zip(known, given, strict=True)):
            return None
        return Moved(said(node, ast.unparse(node)), at, tuple(found))

    def needed(self, uses: Sequence[Moved]) -> tuple[MovedBy, ...]:
        """The statements behind what is used, each with the line before the loop that its name begins with."""
        wanted = {name for use in uses for name in use.text.names & self.names}
        while more := {r for m in self.moves if m.name in wanted for r in m.reads & self.names} - wanted:
            wanted |= more
        found = []
        for move in (m for m in self.moves if m.name in wanted):
            start = self.starts[move.name]
            begins = said(start, f"{move.name} = {ast.unparse(start)}")
            found.append(MovedBy(move.at, move.name, Said(move.text, move.reads), begins))
        return tuple(found)


def moves_of(region: Region) -> Iterator[Move]:
    """The statements of a loop's body that give one name a value."""
    source = source_of(region.code)
    assert source is not None
    for at, statement in enumerate(region.statements):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=given):
                yield Move(at, name, given, source.segment(statement))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=given):
                read = ast.copy_location(ast.Name(name, ast.Load()), target)
                yield Move(at, name, ast.BinOp(read, op, given), source.segment(statement))


def inside(node: ast.AST, loop: ast.AST) -> bool:
    return spans(span_of(loop), span_of(node))


def number(node: ast.expr, names: PlainNames) -> Any:
    """The number that a plain expression gives, functions of one number among them. Raises `NotPlainError`."""
    found = value(names, Worked(names).visit(node) if isinstance(node, ast.Call) else node)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise NotPlainError
    return found


class Worked(ast.NodeTransformer):
    """Puts its number in the place of a function of a number."""

    def __init__(self, names: PlainNames) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name), args=[given], keywords=[]):
                function = getattr(np, name, None) if self.names.modules.get(module) is np else None
                if isinstance(function, np.ufunc) and function.nin == function.nout == 1:
                    return ast.Constant(function(number(given, self.names)))
        return node
