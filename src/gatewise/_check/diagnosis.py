"""What went wrong in a line: the smallest change of it that gives the right value, and what that change is called."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: What a student is told, by kind; `{cure}` is the line as it should be.
SAYS = {
    "sign": "The sign is wrong.",
    "operands": "The operands are swapped.",
    "factor": "It is off by a constant factor, {detail}.",
    "transposed": "A matrix is not turned on its side, or should not be.",
    "broadcast": "The forward pass stretched this value, so its gradient is a sum over the stretched axis.",
    "mask": "The mask is missing or not the right one: the gradient passes only where the gate let the value through.",
    "stale": "It uses {detail}.",
    "local": "The local gradient is not the right one: {detail}.",
    "fork": "The value is used in more than one place, and the gradients of all uses add up: {detail}.",
    "regularisation": "The gradient of the regularisation term is missing.",
    "other": "It is not the local gradient times the gradient of the output.",
}
KINDS = tuple(SAYS)

LARGE = 200_000  #: entries from which on only the likeliest changes are tried


@dataclass(frozen=True)
class Change:
    """Another expression (or statement) in the place of the student's."""

    rank: int
    kind: str
    node: Any
    detail: str = ""


@dataclass
class Scope:
    """The names a line can see: their plain values, and which of them are wires, gradients or sizes."""

    values: Mapping[str, Any]
    wires: list[str]
    gradients: list[str]
    sizes: dict[str, int] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()  #: gradients that have no value yet

    @property
    def large(self) -> bool:
        return any(np.size(self.values[n]) > LARGE for n in self.wires if n in self.values)


def scope_of(names: Mapping[str, Any], wires: list[str], gradients: list[str]) -> Scope:
    """The scope of a line, with the lengths of its arrays by the names or expressions that say them."""
    held = {name: names[name] for name in (*wires, *gradients) if name in names and is_float(names[name])}
    sizes: dict[int, str] = {}
    for name, value in names.items():
        if type(value) is int and value > 1:
            sizes.setdefault(value, name)
    for name, value in names.items():
        for k, length in enumerate(getattr(value, "shape", ()) if isinstance(value, np.ndarray) else ()):
            if length > 1:
                sizes.setdefault(length, f"{name}.shape[{k}]")
    for name, value in held.items():
        if np.size(value) > 1:
            sizes.setdefault(int(np.size(value)), f"{name}.size")
    mine = Scope(held, [w for w in wires if w in held], [g for g in gradients if g in held])
    mine.missing = frozenset(g for g in gradients if g not in names)
    mine.sizes = {text: length for length, text in sizes.items()}
    return mine


def is_float(value: Any) -> bool:
    return isinstance(value, (float, int, np.ndarray, np.generic)) and np.asarray(value).dtype.kind in "fiu"


# ------------------------------------------------------------------------------------------------------- expressions


def changes(expression: ast.expr, scope: Scope, value_of: Callable[[ast.expr], Any]) -> list[Change]:
    """Every change of an expression that a known mistake calls for, the plainest first."""
    found = [*whole_changes(expression, scope, value_of)]
    found += renamed_everywhere(expression, scope)
    for node in ast.walk(expression):
        if isinstance(node, ast.expr):
            for change in inner_changes(node, scope, value_of, expression):
                found.append(Change(change.rank, change.kind, replaced(expression, node, change.node), change.detail))
    return sorted(found, key=lambda change: change.rank)


def whole_changes(e: ast.expr, scope: Scope, value_of: Callable[[ast.expr], Any]) -> Iterator[Change]:
    """Changes that the whole right-hand side undergoes."""
    yield Change(20, "sign", minus(e), "")
    for text, number in {"2": 2, **scope.sizes}.items():
        factor = expression_of(text)
        yield Change(30, "factor", binary(e, ast.Div(), factor), f"{text}: a division by {text} is missing")
        yield Change(30, "factor", binary(factor, ast.Mult(), e), f"{text}: a factor {text} is missing")
        if number != 2:
            yield Change(31, "factor", binary(binary(constant(2), ast.Mult(), e), ast.Div(), factor), f"2 / {text}")
    for name in scope.wires:
        for op, there in ((ast.Gt(), scope.values[name] > 0), (ast.Lt(), scope.values[name] < 0)):
            if np.ndim(there) and (np.all(there) or not np.any(there)):
                continue  # it would let everything through, or nothing
            mask = ast.Compare(expression_of(name), [op], [constant(0)])
            yield Change(60, "mask", binary(e, ast.Mult(), mask))


def inner_changes(e: ast.expr, scope: Scope, value_of: Callable[[ast.expr], Any], whole: ast.expr) -> Iterator[Change]:
    """Changes of one expression inside a right-hand side, or of all of it."""
    match e:
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            yield Change(0, "sign", inner)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            yield Change(22 if isinstance(left, ast.Constant) else 10, "operands", ast.BinOp(right, ast.Sub(), left))
            yield Change(21, "sign", ast.BinOp(left, ast.Add(), right))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield Change(21, "sign", ast.BinOp(left, ast.Sub(), right))
            yield Change(84, "fork", left, "a term too many")
            yield Change(84, "fork", right, "a term too many")
        case ast.BinOp(left=left, op=ast.MatMult() | ast.Div() as op, right=right):
            yield Change(11, "operands", ast.BinOp(right, op, left))
            yield Change(45, "transposed", ast.BinOp(turned(left), op, turned(right)))
            yield Change(46, "operands", ast.BinOp(turned(right), op, left))
            yield Change(46, "operands", ast.BinOp(right, op, turned(left)))
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right], keywords=[]):
            yield Change(11, "operands", ast.Call(ast.Attribute(right, "dot", ast.Load()), [left], []))
            yield Change(
                45, "transposed", ast.Call(ast.Attribute(turned(left), "dot", ast.Load()), [turned(right)], [])
            )
        case ast.Call(func=func, args=[left, right], keywords=[]):
            yield Change(11, "operands", ast.Call(func, [right, left], []))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in (ast.Gt(), ast.LtE(), ast.Lt(), ast.GtE()):
                if type(other) is not type(op):
                    yield Change(50, "mask", ast.Compare(left, [other], [right]))
            for name in scope.wires:
                for op in (ast.Gt(), ast.LtE(), ast.Lt()):
                    yield Change(51, "mask", ast.Compare(expression_of(name), [op], [right]))
    yield from factors_too_many(e, scope)
    yield from turns(e, value_of)
    yield from sums(e, scope, value_of)
    yield from other_names(e, scope)
    if not scope.large:
        yield from other_locals(e, scope, e is whole)


def factors_too_many(e: ast.expr, scope: Scope) -> Iterator[Change]:
    """A number or a size that it should not be multiplied or divided by, or the other way round."""
    if not isinstance(e, ast.BinOp) or not isinstance(e.op, (ast.Mult, ast.Div)):
        return
    for own, other in ((e.right, e.left), (e.left, e.right)):
        text = ast.unparse(own)
        if not (isinstance(own, ast.Constant) or text in scope.sizes) or (own is e.left and isinstance(e.op, ast.Div)):
            continue
        yield Change(25, "factor", other, f"{text} does not belong there")
        swapped = binary(other, ast.Div() if isinstance(e.op, ast.Mult) else ast.Mult(), own)
        yield Change(
            27, "factor", swapped, f"divide by {text}" if isinstance(e.op, ast.Mult) else f"multiply by {text}"
        )


def turns(e: ast.expr, value_of: Callable[[ast.expr], Any]) -> Iterator[Change]:
    """A matrix turned on its side, or not."""
    if isinstance(e, ast.Attribute) and e.attr == "T":
        yield Change(40, "transposed", e.value)
    elif isinstance(e, ast.BinOp) and isinstance(e.op, ast.MatMult):
        yield Change(41, "transposed", ast.BinOp(turned(e.right), e.op, turned(e.left)))
    elif not isinstance(e, ast.Constant) and np.ndim(value_of(e)) == 2:
        yield Change(41, "transposed", turned(e))


def sums(e: ast.expr, scope: Scope, value_of: Callable[[ast.expr], Any]) -> Iterator[Change]:
    """A sum that is missing, too much, or over another axis."""
    if isinstance(e, ast.Call) and isinstance(e.func, ast.Attribute) and e.func.attr in ("sum", "mean"):
        method = not (isinstance(e.func.value, ast.Name) and e.func.value.id in ("np", "numpy"))
        inner = e.func.value if method else e.args[0]
        axes = [k.value for k in e.keywords if k.arg == "axis"] or e.args[0 if method else 1 :][:1]
        for axis in (None, *range(np.ndim(value_of(inner)))):
            call = summed(inner, axis)
            if not axes or axis is None or ast.unparse(axes[0]) != str(axis):
                yield Change(33, "broadcast", call, f"the sum is over the wrong axis; sum over axis {axis}")
        yield Change(34, "broadcast", inner, "the sum is not wanted here")
        return
    if isinstance(e, (ast.Constant, ast.Slice, ast.Tuple)):
        return
    for axis in (None, *range(np.ndim(value_of(e)))) if np.ndim(value_of(e)) else ():
        yield Change(35, "broadcast", summed(e, axis), f"not summed over axis {axis}" if axis is not None else "")
        if axis is not None:
            call = call_of("np.sum", e)
            call.keywords = [ast.keyword("axis", ast.Constant(axis)), ast.keyword("keepdims", ast.Constant(True))]
            yield Change(36, "broadcast", call, f"not summed over axis {axis}")


def other_names(e: ast.expr, scope: Scope) -> Iterator[Change]:
    """Another wire or another gradient in the place of a name."""
    key = name_text(e)
    if key in scope.missing:
        for other in (g for g in scope.gradients if g not in scope.missing):
            yield Change(1, "stale", expression_of(other), f"{key}, which has no value yet, where {other} belongs")
    if key is None or key not in scope.values:
        return
    mine = key in scope.gradients
    for rank, group in ((61, scope.gradients if mine else scope.wires), (72, scope.wires if mine else scope.gradients)):
        for other in group:
            if other != key and np.shape(scope.values[other]) == np.shape(scope.values[key]):
                yield Change(rank, "stale", expression_of(other), f"{key} where {other} belongs")


def renamed_everywhere(e: ast.expr, scope: Scope) -> Iterator[Change]:
    """Another wire in every place of a name that stands in more than one."""
    places = [n.id for n in ast.walk(e) if isinstance(n, ast.Name)]
    for name in sorted({n for n in places if places.count(n) > 1 and n in scope.wires}):
        for other in scope.wires:
            if other != name and np.shape(scope.values[other]) == np.shape(scope.values[name]):
                made = copy.deepcopy(e)
                for node in ast.walk(made):
                    if isinstance(node, ast.Name) and node.id == name:
                        node.id = other
                yield Change(61, "stale", made, f"{name} where {other} belongs")


def name_text(e: ast.expr) -> str | None:
    if isinstance(e, ast.Name) or (
        isinstance(e, ast.Subscript) and isinstance(e.value, ast.Name) and isinstance(e.slice, ast.Constant)
    ):
        return ast.unparse(e)
    return None


def other_locals(e: ast.expr, scope: Scope, whole: bool) -> Iterator[Change]:
    """A factor that is missing or too much."""
    if isinstance(e, (ast.Slice, ast.Tuple, ast.Attribute)) and not whole:
        return
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Mult, ast.Div)):
        yield Change(62, "local", e.left, f"{ast.unparse(e.right)} does not belong there")
        if isinstance(e.op, ast.Mult):
            yield Change(62, "local", e.right, f"{ast.unparse(e.left)} does not belong there")
            yield Change(63, "local", binary(e.left, ast.Div(), e.right), f"divide by {ast.unparse(e.right)}")
        else:
            yield Change(63, "local", binary(e.left, ast.Mult(), e.right), f"multiply by {ast.unparse(e.right)}")
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Pow) and isinstance(e.right, ast.Constant):
        for power in (1, 2, 3):
            if power != e.right.value:
                yield Change(64, "local", binary(e.left, ast.Pow(), constant(power)), "another power")
    elif not isinstance(e, ast.Constant):
        yield Change(64, "local", binary(e, ast.Pow(), constant(2)), f"{ast.unparse(e)} comes in squared")
    rank = 65 if whole else 76
    inside = {n.id for n in ast.walk(e) if isinstance(n, ast.Name)}
    for name in scope.wires:
        w = expression_of(name)
        if whole and name in inside:  # `-top / bottom` for `-top / bottom**2`
            yield Change(58, "local", binary(e, ast.Div(), w), f"a division by {name} is missing")
            yield Change(58, "local", binary(e, ast.Mult(), w), f"a factor {name} is missing")
        yield Change(rank, "local", binary(e, ast.Mult(), w), f"a factor {name} is missing")
        yield Change(rank, "local", binary(e, ast.Div(), w), f"a division by {name} is missing")
        if not whole:
            continue
        square = binary(w, ast.Pow(), constant(2))
        less = binary(constant(1), ast.Sub(), w)
        for factor in (
            less,
            binary(less, ast.Mult(), w),
            binary(constant(2), ast.Mult(), w),
            binary(constant(1), ast.Sub(), square),
            binary(constant(-1.0), ast.Div(), square),
            binary(constant(1.0), ast.Div(), square),
            binary(constant(0.5), ast.Div(), w),
            minus(w),
            square,
            call_of("np.cos", w),
            minus(call_of("np.sin", w)),
            call_of("np.exp", w),
        ):
            yield Change(rank + 1, "local", binary(factor, ast.Mult(), e), f"a factor {ast.unparse(factor)} is missing")
    for name in scope.gradients:
        w = expression_of(name)
        yield Change(rank + 2, "local", binary(e, ast.Mult(), w), f"the chain rule multiplies by {name}")


# ------------------------------------------------------------------------------------------------------- statements


def changed_statements(s: ast.stmt, scope: Scope, value_of: Callable[[ast.expr], Any]) -> list[Change]:
    """Every change of a statement: of its right-hand side, of the index it assigns at, of its operator."""
    found: list[Change] = []
    if not isinstance(s, (ast.Assign, ast.AugAssign)):
        return found
    if isinstance(s, ast.AugAssign):
        for op, kind in ((ast.Add(), "sign"), (ast.Sub(), "sign"), (ast.Mult(), "factor"), (ast.Div(), "factor")):
            pair = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}.get(type(s.op))
            if pair is type(op):
                found.append(Change(5, kind, with_field(s, "op", op), "multiply and divide are swapped"))
    for change in changes(s.value, scope, value_of):
        found.append(Change(change.rank, change.kind, with_field(s, "value", change.node), change.detail))
    target = s.target if isinstance(s, ast.AugAssign) else s.targets[0]
    if isinstance(target, ast.Subscript):
        for change in changes(target.slice, scope, value_of):
            if change.kind in ("mask", "stale"):
                instead = with_field(target, "slice", change.node)
                new = (
                    with_field(s, "target", instead)
                    if isinstance(s, ast.AugAssign)
                    else with_field(s, "targets", [instead])
                )
                found.append(Change(change.rank, change.kind, new, change.detail))
    return found


# ------------------------------------------------------------------------------------------------------------- trees


def replaced(tree: Any, node: ast.AST, instead: ast.AST) -> Any:
    """A copy of a tree with another node in the place of one."""
    if tree is node:
        return instead
    if not isinstance(tree, ast.AST) or not any(each is node for each in ast.walk(tree)):
        return tree
    made = copy.copy(tree)
    for name, old in ast.iter_fields(tree):
        if isinstance(old, ast.AST):
            setattr(made, name, replaced(old, node, instead))
        elif isinstance(old, list):
            setattr(made, name, [replaced(each, node, instead) for each in old])
    return made


def with_field(node: Any, name: str, value: Any) -> Any:
    made = copy.copy(node)
    setattr(made, name, value)
    return made


def expression_of(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, op, right)


def minus(e: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.USub(), e)


def constant(value: float) -> ast.expr:
    return ast.Constant(value)


def turned(e: ast.expr) -> ast.expr:
    return e.value if isinstance(e, ast.Attribute) and e.attr == "T" else ast.Attribute(e, "T", ast.Load())


def summed(e: ast.expr, axis: int | None) -> ast.expr:
    call = call_of("np.sum", e)
    if axis is not None:
        call.keywords = [ast.keyword("axis", ast.Constant(axis))]
    return call


def call_of(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(expression_of(name), list(args), [])


def text_of(node: ast.AST) -> str:
    """The text of a changed statement or expression."""
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
