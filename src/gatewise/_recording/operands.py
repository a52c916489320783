"""The plain operands of recorded steps: wires for those that have a name, and the user's texts of the others."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import (
    Expr,
    Input,
    Said,
    SourcedWire,
    Where,
    Wire,
    holding,
    made_as_written,
    tick,
    wires_in,
)
from gatewise._gates import GATES, ONE, Gate, one_over, written
from gatewise._recording.constants import PlainNames, said
from gatewise._recording.naming import Namer, made_by, where_of
from gatewise._recording.places import expression_at, source_of
from gatewise._recording.recorder import Recorder
from gatewise._tensor import Kept


class Constants:
    """Wires for plain operands that have a name or come from outside, and the user's spelling of the others."""

    def __init__(
        self,
        plain: PlainNames,
        namer: Namer,
        recorder: Recorder,
        made: Sequence[SourcedWire],
        given: Mapping[Wire, tuple[str, str]],
    ) -> None:
        self.plain, self.namer, self.recorder, self.given = plain, namer, recorder, given
        self.typed = PlainNames(None, {}, plain.modules)  # without the names of any function
        self.found: list[Input] = []
        self.closed = False  # whether no wire is new any more
        self.by_value: dict[Any, Input] = {}
        self.spelled: dict[Wire, Said] = {}
        self.texts: dict[Any, Said] = {}
        for holder in made:
            step = made_by(holder)
            if step.parameters or step.forward is one_over or not all(isinstance(x, Wire) for x in step.operands):
                holder.step = self.named(holder, step)
                if holder.written is None:
                    holder.sources = [x if isinstance(x, Wire) else None for x in holder.step.operands]

    def beside(self, wires: Sequence[SourcedWire]) -> None:
        """Give steps that the output does not need the wires that there are for others."""
        self.closed = True
        told: dict[int, tuple[Expr, Expr]] = {}
        for wire in wires:
            old = made_by(wire)
            wire.step = self.named(wire, old)
            told[id(old)] = old, wire.step
        used = (x for wire in wires for x in wires_in(made_by(wire)))
        for x in (*used, *(read.wire for read in self.recorder.reads)):
            if (holder := holding(x)) is not None and id(holder.step) in told:
                holder.step = told[id(holder.step)][1]

    def named(self, holder: SourcedWire, step: Expr) -> Expr:
        """A step with wires for the plain operands that have a name, and the user's texts of the others."""
        where = where_of(holder)
        node = expression_at(*where.place[-1]) if where.place else None
        own = len(where.place) == 1
        nodes = operand_nodes(node, step)
        operands, typed = list(step.operands), {}
        if step.forward is one_over and isinstance(node, ast.BinOp) and is_typed_number(node.left):
            typed[ONE] = self.literal(where, node.left)
        for i, value in enumerate(operands):
            if isinstance(value, Wire) or value is None:
                continue
            begun = i == 0 and step.gate is GATES[written]
            wire = self.wire_for(value, nodes[i], own, begun)
            if wire is not None:
                operands[i] = wire
            elif says(nodes[i], value):
                typed[i] = self.literal(where, nodes[i])
        kept = made_as_written(holder)[1]
        parameters = {
            name: self.parameter(name, value, kept.get(name, value), parameter_node(node, step.gate, name), own)
            for name, value in step.parameters.items()
        }
        return Expr(step.gate, step.forward, tuple(operands), parameters, step.value, where, typed, step.fixed)

    def wire_for(self, value: object, node: ast.expr | None, own: bool, begun: bool = False) -> Wire | None:
        """A constant's wire: for a name or a plain expression of the user's, or an array from outside."""
        text = self.text_of(node, value, own)
        if text is None and begun and own:
            text = self.plain.begun(node, value)
        if text is not None and self.may_be(("text", text)):
            return self.constant(("text", text), value, text, "constant").wire
        if text is None and isinstance(value, np.ndarray) and value.ndim and told_by_value(value) is None:
            key = captured_key(value, base := name_in(node))
            return self.captured(value, base).wire if self.may_be(key) else None
        return None

    def may_be(self, key: Any) -> bool:
        """Whether there may be a wire for something plain: of steps beside the circuit no new one."""
        return not self.closed or key in self.by_value

    def text_of(self, node: ast.expr | None, value: Any, own: bool) -> Said | None:
        """The user's text of a plain operand; in a helper only of what is made of numbers as typed."""
        if is_typed_number(node):
            return None
        if isinstance(node, ast.List):  # a row of np.array([[1.0, 0.0], [x, y]])
            node = ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "array", ast.Load()), [node], [])
        return (self.plain if own else self.typed).text(node, value)

    def captured(self, value: Any, base: str) -> Input:
        """An array that came from outside: a keyword argument of printed code, under its own name."""
        key = captured_key(value, base)
        if key in self.by_value:
            return self.by_value[key]
        return self.constant(key, value.view(np.ndarray), self.namer.free(base, users=True), "captured")

    def constant(self, key: object, value: object, text: str, kind: str) -> Input:
        if key not in self.by_value:
            wire = SourcedWire(tick(), self.recorder.bit, value)
            name = text if kind == "captured" else self.name_for(text)
            self.namer.names[wire] = wire.name = name
            self.namer.chosen.add(wire)
            self.by_value[key] = Input(wire, name, name, (), text, False, kind)
            self.found.append(self.by_value[key])
        return self.by_value[key]

    def name_for(self, text: str) -> str:
        """An identifier for a plain expression: N for `N`, X_shape_0 for `X.shape[0]`."""
        words = "".join(c if c.isidentifier() or c.isdigit() else " " for c in text).split()
        return self.namer.free("_".join(words) if words and words[0].isidentifier() else "n", users=True)

    def literal(self, where: Where, node: ast.expr | None) -> Said:
        """A number as the user typed it."""
        source = source_of(where.place[-1][0])
        assert source is not None
        assert node is not None
        return said(node, source.segment(node))

    def parameter(self, name: str, value: object, kept: object, node: ast.expr | None, own: bool) -> Any:
        """A parameter with wires in the place of the arrays in it that have a name; its text is noted.

        `kept` is what the rules are given. The text of an index has a key of its own: Python keeps `x[0, 1]` and
        `axis=(0, 1)` as one tuple.
        """
        if not isinstance(value, (tuple, slice, np.ndarray)):
            return value  # printed by its value, or computed
        index = name == "index"
        if isinstance(value, np.ndarray):
            return self.part(value, node, own, index)
        nodes = node.elts if isinstance(node, ast.Tuple) and isinstance(value, tuple) else []
        if isinstance(value, tuple) and len(nodes) == len(value):
            told = self.in_rows([self.part(x, n, own, index) for x, n in zip(value, nodes, strict=True)], nodes)
            if wires_in(told):
                return tuple(told)
        if own and (text := self.plain.text(node, kept, index)) is not None:
            self.texts[("index", id(kept)) if index else id(kept)] = text
            return kept
        return tuple(self.part(x, node, False, index) for x in value) if isinstance(value, tuple) else value

    def part(self, value: Any, node: ast.expr | None, own: bool, index: bool) -> Any:
        """One part of an index: a wire for what is named or comes from outside, anything else as it is."""
        plain, array = (value.value if isinstance(value, Wire) else value), isinstance(value, np.ndarray) and value.ndim
        if not (array or isinstance(plain, (slice, int))):
            return value
        text = self.plain.text(node, plain, index) if own and not is_typed_number(node) else None
        if isinstance(value, Wire):
            self.spelled |= {value: text} if text is not None else {}
            return value
        if isinstance(value, slice):
            if text is not None:
                self.texts["index", id(value)] = text
            return value
        if text is not None:
            return self.spelled_wire(value.view(np.ndarray) if array else value, text)
        if array and told_by_value(value) is None and self.may_be(captured_key(value, base := name_in(node))):
            return self.captured(value, base).wire
        return value

    def in_rows(self, parts: list[Any], nodes: Sequence[ast.expr]) -> list[object]:
        """The parts of an index; an `np.arange` of a size that a helper knows is as long as the labels beside it."""
        beside = next(
            (x for x in parts if isinstance(x, Wire) and np.ndim(x.value) == 1 and x in self.namer.names), None
        )
        if beside is None:
            return parts
        name, root = self.given.get(beside, (self.namer.names[beside],) * 2)
        text = Said(f"np.arange({name}.shape[0])", {"np", root})
        return [
            self.spelled_wire(x.view(np.ndarray), text)
            if isinstance(x, np.ndarray) and is_arange(node) and len(x) == len(beside.value)
            else x
            for x, node in zip(parts, nodes, strict=True)
        ]

    def spelled_wire(self, value: object, text: Said) -> Wire:
        """A wire for a plain part of an index that the user's code says in this way."""
        wire = SourcedWire(tick(), self.recorder.bit, value)
        self.spelled[wire] = text
        return wire


def is_arange(node: ast.expr) -> bool:
    """Whether a node is `np.arange` of a size that is not typed as a number."""
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("arange")
        and not all(map(is_typed_number, node.args))
    )


def name_in(node: ast.expr | None) -> str:
    """What the user calls an array from outside."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else "captured"


def captured_key(value: Any, base: str) -> Any:
    """What tells an array from outside from others: each use of an index has a copy of its own."""
    return (base, value.dtype, value.shape, value.tobytes()) if isinstance(value, Kept) else ("array", id(value))


def told_by_value(value: np.ndarray[Any, Any]) -> str | None:
    """`np.arange(5)`, `np.zeros((2, 3))`, ... for an array that is just that."""
    shape = value.shape[0] if value.ndim == 1 else value.shape
    if value.ndim == 1 and value.dtype.kind == "i" and np.array_equal(value, np.arange(value.size)):
        return f"np.arange({shape})"
    if value.dtype != float:
        return None
    if value.ndim == 2 and value.size > 1 and shape[0] == shape[1] and np.array_equal(value, np.eye(shape[0])):
        return f"np.eye({shape[0]})"
    if value.ndim == 1 and value.size > 2 and np.array_equal(value, np.arange(float(value.size))):
        return f"np.arange({float(value.size)})"
    order = "" if value.flags.c_contiguous else ', order="F"' if value.flags.f_contiguous else None
    for number, name in ((0.0, "zeros"), (1.0, "ones")):
        if order is not None and value.size and np.all(value == number) and not np.any(np.signbit(value)):
            return f"np.{name}({shape}{order})"
    return None


def is_typed_number(node: ast.expr | None) -> bool:
    """Whether a node is a number as typed."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant)


def says(node: ast.expr | None, value: Any) -> bool:
    """Whether a node is a number as typed, and this one; an array made of it is another thing."""
    if not is_typed_number(node) or isinstance(value, np.ndarray):
        return False
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    typed = getattr(inner, "value", None)
    return isinstance(typed, (int, float)) and bool((-typed if inner is not node else typed) == value)


def operand_nodes(node: ast.expr | None, step: Expr) -> list[ast.expr | None]:
    """The expressions that stand for a step's operands."""
    found: list[ast.expr | None] = []
    match node:
        case ast.BinOp(left=ast.Subscript(value=array)) if "index" in step.parameters:  # x[i] += y writes into x
            found = [array]
        case ast.BinOp(left=left, right=right):
            found = [left, right]
            if step.gate.arity == 1:  # 1 / x is the gate reciprocal
                found = [right]
        case ast.UnaryOp(operand=operand):
            found = [operand]
        case ast.Compare(left=left, comparators=[right]):
            found = [left, right]
        case ast.Subscript(value=value) | ast.Attribute(value=value):
            found = [value]
        case ast.Call(func=func, args=args):
            is_of_first = isinstance(step.operands[0], Wire) and len(args) < step.gate.arity
            if isinstance(func, ast.Attribute) and is_method(func) and is_of_first:
                found = [func.value, *args]
            elif args and isinstance(args[0], (ast.List, ast.Tuple)):  # np.stack([x, y])
                found = list(entries_of(args[0], step.operands))
            elif "subscripts" in step.parameters:
                found = list(args[1:])
            else:
                found = list(args)
    return [*found, *[None] * len(step.operands)][: len(step.operands)]


def entries_of(node: ast.List | ast.Tuple, operands: Sequence[Any]) -> Sequence[ast.expr]:
    """The entries of a list, or of one inside it, that may be these operands: `np.array([[1.0, x], [y, 1.0]])`."""
    fits = len(node.elts) == len(operands) and all(map(may_be, node.elts, operands))
    inner = [x for x in node.elts if isinstance(x, (ast.List, ast.Tuple))]
    rows = () if fits else (found for each in inner if (found := entries_of(each, operands)))
    return node.elts if fits else next(iter(rows), [])


def may_be(node: ast.expr, x: Any) -> bool:
    """Whether an entry of a list may be this operand."""
    value = x.value if isinstance(x, Wire) else x
    if isinstance(node, (ast.List, ast.Tuple)):
        return bool(np.ndim(value))
    return not is_typed_number(node) or (not isinstance(x, Wire) and says(node, value))


def is_method(func: ast.expr) -> bool:
    """Whether a call is a method of a value: not a function of NumPy's."""
    return isinstance(func, ast.Attribute) and not (
        isinstance(func.value, ast.Name) and func.value.id in ("np", "numpy")
    )


def parameter_node(node: ast.expr | None, gate: Gate, name: str) -> ast.expr | None:
    """The expression that stands for a parameter."""
    match node:
        case ast.Subscript(slice=index) | ast.BinOp(left=ast.Subscript(slice=index)) if name == "index":
            return index
        case ast.Call(args=args, keywords=keywords):
            last = args[-1] if len(args) > gate.arity else None  # given by position
            return next((k.value for k in keywords if k.arg == name), last)
    return None
