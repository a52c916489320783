"""Syntax trees of lines as they might be: made, changed in one place, and written as one writes them."""

from __future__ import annotations

import ast
import copy
import math
import operator
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

FOLDED = (ast.Mult, ast.Div)
T = TypeVar("T")
N = TypeVar("N", bound=ast.AST)


# ------------------------------------------------------------------------------------------------------------- made


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


def call_of(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(expression_of(name), list(args), [])


def method_of(e: ast.expr, name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(e, name, ast.Load()), list(args), [])


# ---------------------------------------------------------------------------------------------------------- changed


def replaced(tree: T, node: ast.AST, instead: Any) -> T:
    """A copy of a tree with another node in the place of one; the tree itself where it is not in it."""
    if tree is node:
        if isinstance(instead, ast.stmt):
            ast.copy_location(instead, node)
        made: T = instead
        return made
    twin = tree
    for name, old in ast.iter_fields(tree) if isinstance(tree, ast.AST) else ():
        new: Any = replaced(old, node, instead) if isinstance(old, ast.AST) else old
        if isinstance(old, list):
            parts = [replaced(each, node, instead) for each in old]
            new = old if all(map(operator.is_, parts, old)) else parts
        if new is not old:
            twin = copy.copy(tree) if twin is tree else twin
            setattr(twin, name, new)
    return twin


def with_field(node: N, name: str, value: object) -> N:
    made = copy.copy(node)
    setattr(made, name, value)
    return made


# ---------------------------------------------------------------------------------------------------------- written


def text_of(node: ast.AST) -> str:
    """The text of a changed statement or expression."""
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))


def same_text(a: ast.AST, b: ast.AST) -> bool:
    return ast.dump(a) == ast.dump(b)


class VanishedError(Exception):
    """A difference of equal things: what is left of the line is no formula."""


def simplified(node: N, of: ast.AST | None = None) -> N:
    """A tree as one writes it: no `2 / 2`, no `.T.T`, no `1 * x`, no `- -x`, no `x * y / y`.

    What stands so in `of` stays as it is written there. Raises `VanishedError` where a difference is
    left that is always 0.
    """
    made: N = Simplifier(of).visit(copy.deepcopy(node))
    return made


class Simplifier(ast.NodeTransformer):
    """Folds numbers in products, and what undoes itself."""

    def __init__(self, of: ast.AST | None = None) -> None:
        self.kept = {ast.dump(e) for e in ast.walk(of) if isinstance(e, ast.expr)} if of is not None else set()

    def visit(self, node: ast.AST) -> Any:
        return node if isinstance(node, ast.expr) and ast.dump(node) in self.kept else super().visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        """`x += -1` as x -= 1."""
        self.generic_visit(node)
        value = node.value
        if isinstance(node.op, ast.Add) and isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
            return ast.AugAssign(node.target, ast.Sub(), value.operand)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        inner = node.value
        return inner.value if node.attr == "T" and isinstance(inner, ast.Attribute) and inner.attr == "T" else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        inner = node.operand
        if isinstance(node.op, ast.USub) and isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            return inner.operand
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return added(node)
        return product(node) if isinstance(node.op, FOLDED) else node


def added(node: ast.BinOp) -> ast.expr:
    """`a - -b` as a + b."""
    right = node.right
    if isinstance(node.op, ast.Sub) and same_text(node.left, right):
        raise VanishedError
    if isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub):
        return binary(node.left, ast.Add() if isinstance(node.op, ast.Sub) else ast.Sub(), right.operand)
    return node


def product(node: ast.BinOp) -> ast.expr:
    """A product with its numbers in one, and without what is both multiplied and divided by."""
    above, below = sides(node)
    shared = [(a, b) for a in above for b in below if not is_written_number(a) and cancels(a, b) is not None]
    if shared:
        a, b = shared[0]
        left = cancels(a, b)
        assert left is not None
        above = [left if each is a else each for each in above]
        below = [each for each in below if each is not b]
        return rebuilt([e for e in above if not is_one(e)], below, 1)
    numbers = [e for e in (*above, *below) if is_written_number(e)]
    twice = next((b for k, b in enumerate(below) if any(same_text(b, c) for c in below[k + 1 :])), None)
    if twice is not None and not is_written_number(twice):
        below = [e for e in below if not same_text(e, twice)]
        return rebuilt(above, [*below, binary(twice, ast.Pow(), constant(2))], 1)
    if not numbers or (len(numbers) == 1 and not (is_one(numbers[0]) and (len(above) > 1 or numbers[0] in below))):
        return node
    value = math.prod(value_of(e) for e in above if is_written_number(e))
    divisor = math.prod(value_of(e) for e in below if is_written_number(e))
    if not divisor:
        return node
    factor = value / divisor if value % divisor else value // divisor
    divides = any(is_written_number(e) for e in below) and abs(factor) < 1 and float(1 / factor).is_integer()
    above, below = [e for e in above if not is_written_number(e)], [e for e in below if not is_written_number(e)]
    if divides:
        return rebuilt(above, [*below, constant(int(abs(1 / factor)))], math.copysign(1, factor))
    return rebuilt(above, below, factor)


def rebuilt(above: list[ast.expr], below: list[ast.expr], factor: float) -> ast.expr:
    """factor * a * b / c."""
    front = [] if abs(factor) == 1 and above else [constant(abs(factor))]
    factors = [*front, *above]
    made = factors[0]
    for each in factors[1:]:
        made = binary(made, ast.Mult(), each)
    for each in below:
        made = binary(made, ast.Div(), each)
    return minus(made) if factor < 0 else made


def sides(e: ast.expr) -> tuple[list[ast.expr], list[ast.expr]]:
    """The factors of a product and those that it is divided by, in order."""
    if isinstance(e, ast.BinOp) and isinstance(e.op, FOLDED):
        above, below = sides(e.left)
        more, less = sides(e.right)
        return (above + more, below + less) if isinstance(e.op, ast.Mult) else (above + less, below + more)
    return [e], []


def cancels(a: ast.expr, b: ast.expr) -> ast.expr | None:
    """What is left of a / b: 1 of x / x, x of x**2 / x; None where nothing cancels."""
    if same_text(a, b):
        return constant(1)
    match a:
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as power)) if same_text(base, b):
            return base if power == 2 else binary(base, ast.Pow(), constant(power - 1)) if power > 2 else None
    return None


def is_written_number(e: ast.expr) -> bool:
    inner = e.operand if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub) else e
    return isinstance(inner, ast.Constant) and type(inner.value) in (int, float)


def is_one(e: ast.expr) -> bool:
    return isinstance(e, ast.Constant) and e.value == 1


def value_of(e: ast.expr) -> float:
    """The value of a number that is written out, with its sign."""
    if isinstance(e, ast.UnaryOp):
        return -value_of(e.operand) if isinstance(e.op, ast.USub) else value_of(e.operand)
    assert isinstance(e, ast.Constant)
    assert isinstance(e.value, (int, float))
    return e.value


def expressions_in(statements: Iterable[ast.AST]) -> Iterator[ast.expr]:
    for s in statements:
        yield from (e for e in ast.walk(s) if isinstance(e, ast.expr))


def as_written(changed: N, of: ast.AST) -> N | None:
    """A changed line as one writes it; None where nothing of it is left."""
    try:
        return simplified(changed, of)
    except VanishedError:
        return None
