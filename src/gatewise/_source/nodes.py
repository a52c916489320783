"""Expressions of the recorded backward pass, simplified: what changes no number is left out before it is written.

The sweep records every multiplication by a mask, every spread and every switch. A person leaves out a mask where the
upstream gradient is zero outside it already, a spread that broadcasting does by itself, a factor of 1. What is left out
is a table, `RULES`: by gate, what a step of it may be written as.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Input, Wire, part_of, seen, step_of, unknown_behind
from gatewise._gates import GATES, Gate, convert, pick, without_mask, zeros_with
from gatewise._source.looking import applied_to, dtype_of, is_gate, is_the_number, same, same_form, same_move, value_of
from gatewise._source.masks import all_of, always, conjuncts, covers, decided, either, is_switch
from gatewise._source.moves import as_column, as_row, moved, vector_product, without_spreads
from gatewise._tensor import Tensor


class Nodes:
    """The nodes of one circuit. `stands` are wires that stand for complete gradients, `masks` their live entries."""

    def __init__(self, circuit: FrozenCircuit) -> None:
        self.circuit = circuit
        self.forward_wires = set(circuit.wires)
        self.constants = {i.wire for i in circuit.inputs if i.kind == "constant"}
        self.stands: set[Wire] = set()
        self.ones: set[Wire] = set()  # stand-ins for an upstream gradient of ones: left out as factors
        self.tame_gradients: set[Wire] = set()  # those of the stand-ins that are
        self.masks: dict[Wire, Any] = {}
        self.built: dict[Wire, Any] = {}
        self.tame_expressions: set[Expr] = set()
        self._tame: set[Wire] | None = None

    def stand(self, wire: Wire, mask: object) -> None:
        """Note a wire that stands for a complete gradient, zero wherever `mask` says so."""
        self.stands.add(wire)
        if mask is not None:
            self.masks[wire] = self.of(mask)

    # ------------------------------------------------------------------------------------------------------ building

    def of(self, x: Any) -> Any:
        """A value of the backward pass: a simplified node, a forward wire, a gradient's stand-in, or a plain value."""
        if isinstance(x, Tensor):
            x = x.value if x.wire is None else x.wire
        if not isinstance(x, Wire):
            return x
        if (x := x if self.is_told(x) else seen(x)) in self.built:
            return self.built[x]
        if self.is_told(x):
            return x
        for wire in unknown_behind(x, lambda each: each in self.built or self.is_told(each)):
            step, place = step_of(wire), part_of(wire)
            found = wire.value if step is None else self.simplified(self.with_operands(step))
            if place is not None:  # one of several
                found = Expr(GATES[pick], pick, (found,), {"index": place}, wire.value)
            self.built[wire] = found
        return self.built[x]

    def is_told(self, wire: Wire) -> bool:
        """Whether a wire has a name in the text."""
        return wire in self.forward_wires or wire in self.stands or wire in self.ones

    def with_operands(self, made: Expr) -> Expr:
        return replace(made, operands=tuple(map(self.of, made.operands)))

    # --------------------------------------------------------------------------------------------------- simplifying

    def simplified(self, node: Expr) -> Any:
        """The node with what changes no number left out: by the first row of its gate that says something."""
        for rule in RULES.get(node.gate, ()):
            if (found := rule(self, node)) is not None:
                return found
        return moved(node) if node.gate.rearranges else without_spreads(node)

    def is_one(self, x: object) -> bool:
        """Whether a value stands for an upstream gradient of ones."""
        return isinstance(x, Wire) and x in self.ones

    def outside_is_zero(self, mask: object, x: object) -> bool:
        """Whether `x` is certainly zero wherever `mask` is False."""
        if always(mask):
            return True
        if isinstance(x, Wire):
            return x in self.masks and covers(mask, self.masks[x])
        if not isinstance(x, Expr):
            return False
        if is_switch(mask, x):
            return True
        operands = x.operands
        if is_gate(x, np.multiply):
            return any(
                self.tame(one) and (self.outside_is_zero(mask, other) or covers(mask, other))
                for one, other in (operands, operands[::-1])
            )
        if is_gate(x, np.where) and is_the_number(operands[2], 0):
            return any(covers(mask, m) for m in conjuncts(operands[0])) or self.outside_is_zero(mask, operands[1])
        if is_gate(x, np.divide):
            return is_the_number(operands[1]) and operands[1] != 0 and self.outside_is_zero(mask, operands[0])
        if is_gate(x, np.negative, np.positive, np.copy, convert):
            return self.outside_is_zero(mask, operands[0])
        if x.gate.rearranges and isinstance(mask, Expr) and mask.gate is x.gate and same_move(mask, x):
            return self.outside_is_zero(mask.operands[0], operands[0])
        return False

    def tame(self, x: object) -> bool:
        """Whether a value, or a gradient, is finite wherever the inputs are, overflow aside: 0 times it is 0.

        What a value is made of is a net, not a tree: each part is asked once, and a long chain is no deep recursion.
        """
        asked: set[Expr] = set()
        waiting = [x]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Expr):
                if each not in asked and each not in self.tame_expressions:
                    asked.add(each)
                    if is_gate(each, np.divide) and are_shares(*each.operands):
                        waiting.append(each.operands[0].operands[0])
                    elif is_tame(each.gate, tuple(map(self.fixed, each.operands))) or self.is_well_away(each):
                        waiting += each.operands
                    else:
                        return False
            elif isinstance(each, dict):  # what comes back to several outputs
                waiting += [self.of(without_mask(part)) for part in each.values()]
            elif not self.is_finite(each):
                return False
        self.tame_expressions |= asked  # what is tame stays so
        return True

    def is_well_away(self, x: Expr) -> bool:
        """Whether a step that is infinite at 0 alone is given what is never near it: `x / (1 + np.sum(x**2))`."""
        return is_gate(x, np.divide, np.log, np.sqrt, np.reciprocal) and self.least(x.operands[-1]) >= AWAY

    def least(self, x: Any, depth: int = 6) -> float:
        """What a value is at least, by the last few steps that make it; -inf where they do not tell."""
        x = self.circuit.steps.get(x, x) if isinstance(x, Wire) else x
        if is_the_number(x):
            return float(x)
        if not isinstance(x, Expr) or not depth or np.iscomplexobj(x.value):
            return -math.inf
        if is_gate(x, np.add):
            return self.least(x.operands[0], depth - 1) + self.least(x.operands[1], depth - 1)
        if is_gate(x, np.sum, np.mean):
            return 0.0 if self.least(x.operands[0], depth - 1) >= 0 else -math.inf
        even = is_gate(x, np.power) and is_the_number(x.operands[1]) and x.operands[1] % 2 == 0
        square = even or (is_gate(x, np.multiply) and x.operands[0] is x.operands[1])
        return 0.0 if square or is_gate(x, np.exp, np.absolute, np.square) else -math.inf

    def is_finite(self, x: Any) -> bool:
        """Whether a wire, or a number that is known, is tame."""
        if isinstance(x, Wire):
            return x in self.tame_gradients or x in self.tame_wires
        return bool(np.all(np.isfinite(x))) if x is not None else True

    def fixed(self, x: object) -> Any:
        """The number behind a name that the user's code gave to one, a size: the same whatever the inputs are."""
        return x.value if isinstance(x, Wire) and x in self.constants else x

    @property
    def tame_wires(self) -> set[Wire]:
        """The forward wires that are tame; found in tape order, so that nothing recurses."""
        if self._tame is None:
            self._tame = set()
            for wire in self.circuit.wires:
                given, made = self.circuit.edges.get(wire), self.circuit.steps.get(wire)
                if made is None:
                    good = is_tame_input(given, wire.value)
                elif (block := self.circuit.blocks.get(wire)) is not None:
                    good = block.gate.tame and all(map(self.tame, block.operands))
                else:
                    good = self.tame(made)
                if good:
                    self._tame.add(wire)
        return self._tame


def is_tame_input(given: Input | None, value: Any) -> bool:
    """Whether a value that is given is finite wherever inputs are; what was captured is as it is."""
    if given is not None and given.kind == "wild":
        return False
    return (given is not None and given.kind != "captured") or bool(np.all(np.isfinite(value)))


def is_tame(gate: Gate, operands: tuple[Any, ...]) -> bool:
    """Whether a step on finite operands is finite, as its local gradients are."""
    if gate is GATES[np.power]:
        return is_the_number(operands[1]) and operands[1] >= 1 and operands[1] == int(operands[1])
    if gate is GATES[np.divide]:
        return is_the_number(operands[1]) and operands[1] != 0
    return gate.tame


AWAY = 1e-15  #: from 0: the square is none yet


def are_shares(x: object, total: object) -> bool:
    """Whether a quotient is that of exponentials and their sum."""
    return is_gate(x, np.exp) and is_gate(total, np.sum) and same(x, total.operands[0])


# ------------------------------------------------------------------------------------------------------------ the table


def switched(nodes: Nodes, node: Expr) -> object:
    """`where(live, part, 0)`: the part alone where it is zero outside `live` anyhow, a product where that does."""
    live, part, otherwise = node.operands
    if nodes.is_one(part) and is_the_number(otherwise, 0):
        return live
    if isinstance(live, (bool, np.bool)) and live and same_form(part, node):
        return part
    if (
        not is_the_number(otherwise, 0)
        or dtype_of(live) != bool
        or (np.shape(node.value) and not np.shape(value_of(live)))
    ):
        return None
    conditions = [m for m in conjuncts(live) if not always(m) and not nodes.outside_is_zero(m, part)]
    number = np.shape(node.value) == np.shape(value_of(part)) == () and dtype_of(part) == dtype_of(node)
    if not conditions and (number or same_form(part, node)):
        return part
    live = all_of(conditions) if conditions else live
    if nodes.tame(part):
        return without_spreads(applied_to(np.multiply, part, live, value=node.value, sign=operator.mul))
    return without_spreads(replace(node, operands=(live, part, otherwise), where=None))


def one_times(nodes: Nodes, node: Expr) -> object:
    """A factor of 1 changes nothing."""
    for one, other in (node.operands, node.operands[::-1]):
        if nodes.is_one(one) or ((is_the_number(one, 1) or one is True) and same_form(other, node)):
            return other
    return None


def sign_last(nodes: Nodes, node: Expr) -> object:
    """`-x * g` is -(x * g)."""
    for k, x in enumerate(node.operands):
        if is_gate(x, np.negative) and x.forward is operator.neg and node.where is not None:
            operands = (*node.operands[:k], x.operands[0], *node.operands[k + 1 :])
            product = without_spreads(replace(node, operands=operands, value=-node.value, where=None))
            return Expr(x.gate, x.forward, (product,), {}, node.value)
    return None


def everywhere(nodes: Nodes, node: Expr) -> Any:
    """Of what holds everywhere each part does, wherever it is moved: one True says it, whatever the shape."""
    return np.True_ if node.operands[0] is np.True_ else None


def one_over(nodes: Nodes, node: Expr) -> object:
    """An upstream gradient of ones over something is 1 over it."""
    return replace(node, operands=(1, node.operands[1]), where=None) if nodes.is_one(node.operands[0]) else None


def outer_product(nodes: Nodes, node: Expr) -> object:
    """A column times a row."""
    left, right = as_column(node.operands[0]), as_row(node.operands[1])
    return None if left is None or right is None else applied_to(np.outer, left, right, value=node.value)


def picked_number(nodes: Nodes, node: Expr) -> object:
    """`t[None]` of a number picks that number."""
    return applied_to(np.sum, *node.operands, value=node.value) if node.parameters["shape"] == () else None


Rule = Callable[["Nodes", Expr], Any]

#: By gate, the rows that are tried in turn: each gives what a step may be written as, or None.
RULES: dict[Gate, tuple[Rule, ...]] = {
    GATES[np.squeeze]: (lambda nodes, node: vector_product(node),),
    GATES[np.matmul]: (outer_product,),
    GATES[np.where]: (switched,),
    GATES[zeros_with]: (picked_number,),
    **{GATES[f]: (everywhere,) for f in (np.any, np.reshape, np.transpose, np.expand_dims)},
    GATES[np.not_equal]: (lambda nodes, node: decided(node),),
    GATES[np.bitwise_or]: (lambda nodes, node: either(*node.operands),),
    GATES[np.power]: (lambda nodes, node: node.operands[0] if is_the_number(node.operands[1], 1) else None,),
    GATES[convert]: (lambda nodes, node: node.operands[0] if same_form(node.operands[0], node) else None,),
    GATES[np.multiply]: (one_times, sign_last),
    GATES[np.divide]: (one_over,),
}
