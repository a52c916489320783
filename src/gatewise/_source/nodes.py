"""Expressions of the recorded backward pass, simplified: what changes no number is left out before it is written.

The sweep records every multiplication by a mask, every spread and every switch. A person leaves out a mask where the
upstream gradient is zero outside it already, a spread that broadcasting does by itself, a factor of 1.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Wire, seen, step_of, unknown_behind
from gatewise._gates import NAMES, Gate, without_mask
from gatewise._tensor import Tensor


def value_of(x: Any) -> Any:
    """The recorded value of a node, a wire, a Tensor, or of itself."""
    return x.value if isinstance(x, (Expr, Wire, Tensor)) else x


def is_number(x: Any, value: float | None = None) -> bool:
    """Whether `x` is a plain Python number, and this one."""
    return type(x) in (int, float) and (value is None or x == value)


def is_gate(x: Any, *names: str) -> bool:
    """Whether `x` is a node of one of these gates."""
    return isinstance(x, Expr) and x.gate.name in names


def dtype_of(x: Any) -> Any:
    return np.asarray(value_of(x)).dtype


def alike(x: Any, y: Any) -> bool:
    """Whether two values have one shape and one dtype, and are both arrays or both numbers."""
    a, b = value_of(x), value_of(y)
    return (
        np.shape(a) == np.shape(b)
        and dtype_of(a) == dtype_of(b)
        and isinstance(a, np.ndarray) == isinstance(b, np.ndarray)
    )


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
        self._tame: set[Wire] | None = None

    def stand(self, wire: Wire, mask: Any) -> None:
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
        x = seen(x)
        if x in self.built:
            return self.built[x]
        if self.is_told(x):
            return x
        for wire in unknown_behind(x, lambda each: each in self.built or self.is_told(each)):
            made = step_of(wire)
            self.built[wire] = wire.value if made is None else self.simplified(self.with_operands(made))
        return self.built[x]

    def is_told(self, wire: Wire) -> bool:
        """Whether a wire has a name in the text."""
        return wire in self.forward_wires or wire in self.stands or wire in self.ones

    def with_operands(self, made: Expr) -> Expr:
        return replace(made, operands=tuple(map(self.of, made.operands)))

    # --------------------------------------------------------------------------------------------------- simplifying

    def simplified(self, node: Expr) -> Any:
        """The node with what changes no number left out."""
        name = node.gate.name
        if name == "squeeze" and (product := vector_product(node)) is not None:
            return product
        if node.gate.rearranges:
            return moved(node)
        if (
            name == "matmul"
            and (left := as_column(node.operands[0])) is not None
            and (right := as_row(node.operands[1])) is not None
        ):
            return Expr(NAMES["outer"], np.outer, (left, right), {}, node.value)
        if name == "where":
            return self.switched(node)
        if name == "scatter" and node.parameters["shape"] == ():  # t[None] of a number picks that number
            return Expr(NAMES["sum"], np.sum, node.operands, {}, node.value)
        if name == "not_equal":
            return decided(node)
        if name == "bitwise_or" and (one := either(*node.operands)) is not None:
            return one
        if name == "power" and is_number(node.operands[1], 1):
            return node.operands[0]
        if name == "astype" and alike(node.operands[0], node):
            return node.operands[0]
        if name == "multiply":
            for one, other in (node.operands, node.operands[::-1]):
                if self.is_one(one) or ((is_number(one, 1) or one is True) and alike(other, node)):
                    return other
                if is_gate(one, "negative") and one.forward is operator.neg and node.where is not None:
                    inner = replace(
                        node, operands=tuple(one.operands[0] if x is one else x for x in node.operands), where=None
                    )
                    return Expr(
                        one.gate, one.forward, (without_spreads(replace(inner, value=-node.value)),), {}, node.value
                    )
        if name == "divide" and self.is_one(node.operands[0]):
            return replace(node, operands=(1, node.operands[1]), where=None)
        return without_spreads(node)

    def is_one(self, x: Any) -> bool:
        """Whether a value stands for an upstream gradient of ones."""
        return isinstance(x, Wire) and x in self.ones

    def switched(self, node: Expr) -> Any:
        """`where(live, part, 0)`: the part alone where it is zero outside `live` anyhow, a product where that does."""
        live, part, otherwise = node.operands
        if self.is_one(part) and is_number(otherwise, 0):
            return live
        if (
            not is_number(otherwise, 0)
            or dtype_of(live) != bool
            or (np.shape(node.value) and not np.shape(value_of(live)))
        ):
            return without_spreads(node)
        conditions = [m for m in conjuncts(live) if not always(m) and not self.outside_is_zero(m, part)]
        number = np.shape(node.value) == np.shape(value_of(part)) == () and dtype_of(part) == dtype_of(node)
        if not conditions and (number or alike(part, node)):
            return part
        live = all_of(conditions) if conditions else live
        if self.tame(part):
            gate = NAMES["multiply"]
            return without_spreads(Expr(gate, operator.mul, (part, live), {}, node.value))
        return without_spreads(replace(node, operands=(live, part, otherwise), where=None))

    def outside_is_zero(self, mask: Any, x: Any) -> bool:
        """Whether `x` is certainly zero wherever `mask` is False."""
        if always(mask):
            return True
        if isinstance(x, Wire):
            return x in self.masks and covers(mask, self.masks[x])
        if not isinstance(x, Expr):
            return False
        if is_switch(mask, x):
            return True
        name, operands = x.gate.name, x.operands
        if name == "multiply":
            return any(
                self.tame(one) and (self.outside_is_zero(mask, other) or covers(mask, other))
                for one, other in (operands, operands[::-1])
            )
        if name == "where" and is_number(operands[2], 0):
            return any(covers(mask, m) for m in conjuncts(operands[0])) or self.outside_is_zero(mask, operands[1])
        if name == "divide":
            return is_number(operands[1]) and operands[1] != 0 and self.outside_is_zero(mask, operands[0])
        if name in ("negative", "positive", "copy", "astype"):
            return self.outside_is_zero(mask, operands[0])
        if x.gate.rearranges and is_gate(mask, name) and same_move(mask, x):
            return self.outside_is_zero(mask.operands[0], operands[0])
        return False

    def tame(self, x: Any) -> bool:
        """Whether a value, or a gradient, is finite wherever the inputs are, overflow aside: 0 times it is 0."""
        if isinstance(x, Expr):
            if is_gate(x, "divide") and are_shares(*x.operands):
                return self.tame(x.operands[0].operands[0])
            return is_tame(x.gate, tuple(map(self.fixed, x.operands))) and all(map(self.tame, x.operands))
        if isinstance(x, Wire):
            return x in self.tame_gradients or x in self.tame_wires
        if isinstance(x, dict):  # what comes back to several outputs
            return all(self.tame(self.of(without_mask(part))) for part in x.values())
        return bool(np.all(np.isfinite(x))) if x is not None else True

    def fixed(self, x: Any) -> Any:
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
                    good = (given is not None and given.kind != "captured") or bool(np.all(np.isfinite(wire.value)))
                elif (block := self.circuit.blocks.get(wire)) is not None:
                    good = block.gate.tame and all(map(self.tame, block.operands))
                else:
                    good = self.tame(made)
                if good:
                    self._tame.add(wire)
        return self._tame


def is_tame(gate: Gate, operands: tuple[Any, ...]) -> bool:
    """Whether a step on finite operands is finite, as its local gradients are."""
    if gate.name == "power":
        return is_number(operands[1]) and operands[1] >= 1 and operands[1] == int(operands[1])
    if gate.name == "divide":
        return is_number(operands[1]) and operands[1] != 0
    return gate.tame


def are_shares(x: Any, total: Any) -> bool:
    """Whether a quotient is that of exponentials and their sum."""
    return is_gate(x, "exp") and is_gate(total, "sum") and same(x, total.operands[0])


# --------------------------------------------------------------------------------------------------------------- masks


def conjuncts(mask: Any) -> list[Any]:
    """The conditions that a mask joins by `&`."""
    return [part for x in mask.operands for part in conjuncts(x)] if is_gate(mask, "bitwise_and") else [mask]


def is_static(mask: Any) -> bool:
    """Whether a mask is the same whatever the inputs are: made of slices and positions alone."""
    waiting, seen = [mask], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if not isinstance(each, Expr):
            if each is not True and each is not np.True_:
                return False
            continue
        placed = each.gate.rearranges or each.gate.name in ("scatter", "bitwise_or", "bitwise_and", "any")
        if not placed or not all(map(is_plain_place, each.parameters.values())):
            return False
        waiting.extend(each.operands)
    return True


def is_plain_place(parameter: Any) -> bool:
    """Whether a parameter holds no array."""
    parts = parameter if isinstance(parameter, tuple) else (parameter,)
    return not any(isinstance(part, (np.ndarray, list)) for part in parts)


def always(mask: Any) -> bool:
    """Whether a mask holds everywhere, whatever the inputs are."""
    return bool(np.all(value_of(mask))) and is_static(mask)


def all_of(conditions: list[Any]) -> Any:
    """Conditions joined by `&`."""
    first, *rest = conditions
    for other in rest:
        value = np.logical_and(value_of(first), value_of(other))
        first = Expr(NAMES["bitwise_and"], operator.and_, (first, other), {}, value)
    return first


def either(x: Any, y: Any) -> Any:
    """`x | y` where one of them says it all: the same mask once more."""
    if always(x):
        return x
    if same(x, y) or any(same(y, part) for part in alternatives(x)):
        return x
    return y if any(same(x, part) for part in alternatives(y)) else None


def alternatives(mask: Any) -> Iterable[Any]:
    """The conditions that a mask joins by `|`, outermost first and not too deep."""
    for _ in range(8):
        if not is_gate(mask, "bitwise_or"):
            break
        mask, last = mask.operands
        yield last
    yield mask


def covers(mask: Any, narrower: Any) -> bool:
    """Whether `mask` holds wherever `narrower` does."""
    return any(same(mask, part) for part in conjuncts(narrower)) or any(
        same(part, narrower) for part in alternatives(mask)
    )


def same(x: Any, y: Any, depth: int = 6) -> bool:
    """Whether two values are made in the same way."""
    if x is y:
        return True
    if isinstance(x, Expr) and isinstance(y, Expr) and depth:
        made = x.gate is y.gate and x.forward is y.forward and same_move(x, y) and len(x.operands) == len(y.operands)
        return made and all(same(a, b, depth - 1) for a, b in zip(x.operands, y.operands, strict=True))
    return is_number(x) and is_number(y) and bool(x == y)


def same_move(x: Expr, y: Expr) -> bool:
    """Whether two steps have the same parameters."""
    return np.shape(x.value) == np.shape(y.value) and same_parameters(x, y)


def same_parameters(x: Expr, y: Expr) -> bool:
    """Parameters are compared by identity where they are arrays: two equal ones may come from two places."""
    if x.parameters.keys() != y.parameters.keys():
        return False
    return all(same_parameter(x.parameters[key], y.parameters[key]) for key in x.parameters)


def same_parameter(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_parameter, a, b))
    return a is b or (type(a) is type(b) and not isinstance(a, (np.ndarray, list)) and bool(a == b))


def is_switch(mask: Any, x: Any) -> bool:
    """Whether `mask` asks no more than whether `x` is not 0."""
    return is_gate(mask, "not_equal") and is_number(mask.operands[1], 0) and same(mask.operands[0], x)


def decided(node: Expr) -> Any:
    """`x != False` is x, and so is `x != 0` where x is a truth value that was moved as a number."""
    x, other = node.operands
    if other is False and dtype_of(x) == bool:
        return x
    if is_number(other, 0) and (found := truth(x)) is not None:
        return found
    return without_spreads(node)


def truth(x: Any) -> Any:
    """The truth values behind numbers that are 1 where they hold, or None."""
    if is_gate(x, "astype") and dtype_of(x.operands[0]) == bool:
        return x.operands[0]
    if is_gate(x, "ones_like"):
        return np.True_
    if (
        isinstance(x, Expr)
        and (x.gate.rearranges or x.gate.name == "scatter")
        and (inner := truth(x.operands[0])) is not None
    ):
        if inner is np.True_ and x.gate.name != "scatter":
            return inner
        value = np.not_equal(x.value, 0)
        return replace(x, operands=(True if inner is np.True_ else inner,), value=value, where=None)
    if is_gate(x, "sum") and (inner := truth(x.operands[0])) is not None:
        return (
            inner if inner is np.True_ else Expr(NAMES["any"], np.any, (inner,), x.parameters, np.not_equal(x.value, 0))
        )
    if is_gate(x, "add") and (found := [truth(y) for y in x.operands]) and all(y is not None for y in found):
        if any(y is np.True_ for y in found):
            return np.True_
        one = either(*found)
        value = np.logical_or(*map(value_of, found))
        return Expr(NAMES["bitwise_or"], operator.or_, tuple(found), {}, value) if one is None else one
    return None


# ------------------------------------------------------------------------------------------------- moves and spreads


def repeated_number(x: Any) -> Any:
    """The single number whose copies are all that `x` holds, or None."""
    while isinstance(x, Expr) and x.gate.rearranges:
        inner = x.operands[0]
        if x.gate.name == "broadcast_to" and np.shape(value_of(inner)) == ():
            return inner
        x = inner
    return None


def moved(node: Expr) -> Any:
    """A move of copies of one number is those copies in the new shape; a move into the shape it has is none."""
    inner = node.operands[0]
    number = repeated_number(node)
    if number is not None and dtype_of(number) == dtype_of(node):
        shape = np.shape(node.value)
        if shape == ():
            return number if alike(number, node) else node
        return Expr(NAMES["broadcast_to"], np.broadcast_to, (number,), {"shape": shape}, node.value)
    if node.gate.name in ("reshape", "broadcast_to", "ravel", "squeeze") and np.shape(value_of(inner)) == np.shape(
        node.value
    ):
        return inner if alike(inner, node) else node
    if node.gate.name == "squeeze" and is_gate(inner, "expand_dims") and alike(inner.operands[0], node):
        return inner.operands[0]
    return node


def turned_from(x: Any) -> Any:
    """What is turned on its side to give a matrix, or None."""
    return (
        x.operands[0]
        if is_gate(x, "transpose", "matrix_transpose") and np.ndim(x.value) == 2 and not x.parameters.get("axes")
        else None
    )


def raised(x: Any, shape: tuple[int, ...]) -> Any:
    """The vector that was given a second axis to be a matrix of this shape, or None."""
    if is_gate(x, "expand_dims") and np.ndim(value_of(x.operands[0])) == 1 and np.shape(x.value) == shape:
        return x.operands[0]
    return None


def as_column(x: Any) -> Any:
    """The vector that stands upright as a matrix of one column, or None."""
    found = raised(x, (np.size(value_of(x)), 1))
    return (
        found
        if found is not None or (side := turned_from(x)) is None
        else raised(side, (1, np.size(side.value if isinstance(side, Expr) else 1)))
    )


def as_row(x: Any) -> Any:
    """The vector that lies as a matrix of one row, or None."""
    found = raised(x, (1, np.size(value_of(x))))
    return (
        found
        if found is not None or (side := turned_from(x)) is None
        else raised(side, (np.size(side.value if isinstance(side, Expr) else 1), 1))
    )


def single(x: Any) -> Any:
    """The number that was given two axes, or None."""
    while is_gate(x, "expand_dims"):
        x = x.operands[0]
    return x if np.shape(value_of(x)) == () else None


def vector_product(node: Expr) -> Any:
    """A product of matrices of one row or one column as the product with vectors that one writes, or None."""
    product = node.operands[0]
    if not is_gate(product, "matmul", "outer") or np.ndim(node.value) != 1:
        return None
    left, right = product.operands
    if product.gate.name == "outer":
        for number, vector in ((single(left), right), (single(right), left)):
            if number is not None and np.shape(value_of(vector)) == np.shape(node.value):
                return Expr(NAMES["multiply"], operator.mul, (vector, number), {}, node.value)
        return None
    if np.ndim(value_of(left)) != 2 or np.ndim(value_of(right)) != 2:
        return None
    if (vector := as_column(right)) is not None:
        return Expr(NAMES["matmul"], operator.matmul, (left, vector), {}, node.value)
    if (vector := as_row(left)) is not None:
        return Expr(NAMES["matmul"], operator.matmul, (vector, right), {}, node.value)
    return None


def spread_later(node: Expr) -> Expr | None:
    """A step on single numbers and on copies of one: the copies of what the step makes of that one."""
    inner = [x.operands[0] if is_gate(x, "broadcast_to") else x for x in node.operands]
    value = node.value.flat[0] if isinstance(node.value, np.ndarray) and node.value.size else None
    if value is None or not np.shape(node.value) or any(np.shape(value_of(x)) for x in inner):
        return None
    if np.result_type(*(weak(value_of(x)) for x in inner)) != dtype_of(node):
        return None
    step = replace(node, operands=tuple(inner), value=value, where=None)
    return Expr(NAMES["broadcast_to"], np.broadcast_to, (step,), {"shape": np.shape(node.value)}, node.value)


def without_spreads(node: Expr) -> Expr:
    """An elementwise step whose operands are not spread first, where broadcasting does it by itself."""
    if node.gate.family.name not in ("elementwise", "stops") or len(node.operands) < 2:
        return node
    if (later := spread_later(node)) is not None:
        return later
    operands = list(node.operands)
    for i, x in enumerate(operands):
        others = [value_of(y) for k, y in enumerate(operands) if k != i]
        while is_gate(x, "broadcast_to") and any(np.shape(y) == np.shape(node.value) for y in others):
            x = x.operands[0]
        operands[i] = x
    same_dtype = np.result_type(*(weak(value_of(x)) for x in operands)) == np.result_type(
        *(weak(value_of(x)) for x in node.operands)
    )
    changed = any(a is not b for a, b in zip(operands, node.operands, strict=True))
    return replace(node, operands=tuple(operands)) if same_dtype and changed else node


def weak(value: Any) -> Any:
    """A value as NumPy's promotion sees it."""
    return value if type(value) in (int, float, bool) else np.asarray(value).dtype
