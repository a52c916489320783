"""What a loop is given of another loop: in each round what that one made in one of its rounds, by way of a list."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gatewise._circuit import Counting, Element, Expr, Repeat, Said, Slot, Wire
from gatewise._loops.counting import head, in_round
from gatewise._loops.errors import IrregularError
from gatewise._loops.regions import Region
from gatewise._loops.slots import node_of
from gatewise._recording import Loop, NotPlainError, PlainNames, said

OUTSIDE = "another value from outside is used in each round"


class Elements:
    """Finds what a loop is given of those found before it."""

    def __init__(
        self, earlier: Mapping[Repeat, Region], region: Region, counting: Counting, plain: PlainNames | None
    ) -> None:
        self.earlier, self.region, self.counting, self.plain = earlier, region, counting, plain
        self.made: dict[Wire, dict[tuple[Repeat, int], int]] = {}
        for repeat in earlier:
            for k, row in enumerate(repeat.rounds):
                for place, wire in enumerate(row):
                    if wire is not None:
                        self.made.setdefault(wire, {})[repeat, place] = k
            for place, first in repeat.carried.items():
                if isinstance(first, Wire):
                    self.made.setdefault(first, {})[repeat, place] = -1

    def element(self, given: Sequence[object], step: Expr, slot: Slot) -> Element:
        """What stands in one slot in all rounds. Raises `IrregularError`."""
        wires = [x for x in given if isinstance(x, Wire)]
        if not isinstance(slot[0], int) or len(wires) < len(given):
            raise IrregularError(OUTSIDE)
        found = [self.made.get(x, {}) for x in wires]
        keys = [key for key in found[-1] if all(key in each for each in found[1:])]
        whole = [key for key in keys if key in found[0]]
        if not keys:
            raise IrregularError(OUTSIDE)
        for key in whole:
            rounds = [each[key] for each in found]
            for begun in (False, True):
                if (element := self.at(key, [k + begun for k in rounds], node_of(step, slot), begun)) is not None:
                    return element
        for key in keys:  # the list began with what no round was given
            rounds = [-1, *(each[key] for each in found[1:])]
            element = self.at(key, [k + 1 for k in rounds], node_of(step, slot), True)
            if element is not None and element.told and not element.before:
                return replace(element, first=wires[0])
        raise IrregularError("what it is given of another loop is not that of the same round" if whole else OUTSIDE)

    def at(self, key: tuple[Repeat, int], rounds: list[int], node: ast.expr | None, begun: bool) -> Element | None:
        """The element, if the user's code says that a list has it at these places."""
        if isinstance(node, ast.Subscript) and self.numbers(node.slice) == rounds:
            assert self.plain is not None
            index = self.plain.as_printed(node.slice)
            return self.told(*key, said(index, ast.unparse(index)), node.value, begun)
        if rounds == list(self.counting.counts):
            counter = self.counting.counter
            return self.told(*key, Said(counter, {counter} - {""}), self.gone_through(node), begun)
        return None

    def numbers(self, index: ast.expr) -> list[Any]:
        """What an index is in each round; nothing where that is not known."""
        if self.plain is None:
            return []
        try:
            return [in_round(self.plain, self.counting, index, count) for count in self.counting.counts]
        except NotPlainError:
            return []

    def told(self, repeat: Repeat, place: int, at: Said, node: ast.expr | None, begun: bool) -> Element:
        """What stands in a list, which is `node`."""
        name = node.id if isinstance(node, ast.Name) else ""
        filled = self.plain.lists.get(name) if self.plain is not None else None
        before = begun and filled is not None and not filled.begun
        told = fills(node, self.earlier[repeat].loop, self.plain, begun and not before)
        return Element(repeat, place, at, told, name, begun, before)

    def gone_through(self, node: ast.expr | None) -> ast.expr | None:
        """What the loop goes through to give a name its value."""
        if isinstance(self.region.loop, ast.Call) and not isinstance(self.region.loop.args[0], ast.GeneratorExp):
            return self.region.loop.args[0]
        target, iterable = head(self.region.loop)
        if not isinstance(node, ast.Name):
            return None
        match target, iterable:
            case ast.Name(id=name), _ if name == node.id:
                return iterable
            case ast.Tuple(elts=[_, ast.Name(id=name)]), ast.Call(func=ast.Name(id="enumerate"), args=[inner]):
                return inner if name == node.id else None
            case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=several):
                pairs = zip(targets, several, strict=False)
                return next((x for t, x in pairs if isinstance(t, ast.Name) and t.id == node.id), None)
        return None


def fills(node: ast.expr | None, loop: Loop, plain: PlainNames | None, begun: bool = False) -> bool:
    """Whether an expression is the list that a loop fills, one entry a round, and perhaps one before."""
    if isinstance(node, ast.Name) and plain is not None:
        filled = plain.lists.get(node.id)
        return filled is not None and filled.loop is loop and filled.begun == begun
    return node is loop and not begun
