"""Rows of masks, and of names that stand for another one; of what is added up."""

from __future__ import annotations

import ast
import copy
import itertools

import numpy as np

from gatewise._check.comparing import stretches
from gatewise._check.contributions import terms_in
from gatewise._check.scope import Scope
from gatewise._check.table import Made, MadeLines, Rank, line_row, row
from gatewise._check.trees import binary, call_of, constant, expression_of, with_field
from gatewise._syntax import names_in
from gatewise._types import Plain

JOINED = 6  #: parts of a tuple or a list up to which two are tried in each other's place


@row("mask", Rank.CHOICE)
def condition_turned(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in (ast.Gt(), ast.LtE(), ast.Lt(), ast.GtE()):
                if type(other) is not type(op):
                    yield ast.Compare(left, [other], [right]), ""


@row("mask", Rank.CHOICE)
def branches_swapped(e: ast.expr, _: Scope) -> Made:
    """`np.where(mask, a, b)` with its two branches in each other's place."""
    match e:
        case ast.Call(func=ast.Attribute(attr="where"), args=[mask, one, other]):
            made = with_field(e, "args", [mask, other, one])
            yield made, f"{ast.unparse(one)} and {ast.unparse(other)} stand in each other's place"


@row("mask", Rank.CHOICE)
def condition_of_another(e: ast.expr, scope: Scope) -> Made:
    match e:
        case ast.Compare(left=left, ops=[_], comparators=[right]):
            for name in scope.wires:
                if name not in (ast.unparse(left), ast.unparse(right)):
                    for op in (ast.Gt(), ast.LtE(), ast.Lt()):
                        yield ast.Compare(expression_of(name), [op], [right]), ""


@row("mask", Rank.NAME, of="line")
def mask_missing(e: ast.expr, scope: Scope) -> Made:
    """Only where the forward pass chooses, and of an array: a truth about one number is no mask."""
    if not scope.formula.chooses:
        return
    value = scope.value_of(e)
    for name in scope.masks:
        yield binary(e, ast.Mult(), expression_of(name)), ""
    for name in scope.wires:
        if np.ndim(scope.values[name]) or not np.ndim(value):
            for op in (ast.Gt(), ast.Lt()):
                yield binary(e, ast.Mult(), ast.Compare(expression_of(name), [op], [constant(0)])), ""


@row("stale", Rank.SLIP)
def name_without_value(e: ast.expr, scope: Scope) -> Made:
    if (key := name_text(e)) in scope.missing:
        for other in (g for g in scope.gradients if g not in scope.missing):
            yield expression_of(other), f"{key}, which has no value yet, where {other} belongs"


@row("stale", Rank.SUM)
def parts_swapped(e: ast.expr, _: Scope) -> Made:
    """Two parts of a tuple or a list in each other's place."""
    if isinstance(e, (ast.Tuple, ast.List)) and len(e.elts) <= JOINED:
        for a, b in itertools.combinations(range(len(e.elts)), 2):
            order = list(e.elts)
            order[a], order[b] = order[b], order[a]
            one, other = ast.unparse(order[b]), ast.unparse(order[a])
            yield type(e)(order, ast.Load()), f"{one} and {other} stand in each other's place"


@row("stale", Rank.TURN)
def taken_backwards(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp())):
            yield inner, f"{ast.unparse(e)} where {ast.unparse(inner)} belongs"


@row("stale", Rank.CHOICE)
def the_step_beside(e: ast.expr, _: Scope) -> Made:
    """`s[t]` for `s[t - 1]` or `s[t + 1]`."""
    if not isinstance(e, ast.Subscript) or not isinstance(e.ctx, ast.Load):
        return
    parts = e.slice.elts if isinstance(e.slice, ast.Tuple) else [e.slice]
    for k, part in enumerate(parts):
        for other in steps_beside(part):
            made = [*parts[:k], other, *parts[k + 1 :]]
            index = ast.Tuple(made, ast.Load()) if isinstance(e.slice, ast.Tuple) else other
            yield with_field(e, "slice", index), f"{ast.unparse(part)} where {ast.unparse(other)} belongs"


@row("stale", Rank.CHOICE)
def another_entry(e: ast.expr, scope: Scope) -> Made:
    """`W[i, j, 2]` for `W[i, j, 1]`: another written number, where an axis is short."""
    if not isinstance(e, ast.Subscript) or not isinstance(e.ctx, ast.Load):
        return
    parts = e.slice.elts if isinstance(e.slice, ast.Tuple) else [e.slice]
    shape = np.shape(scope.value_of(e.value))
    for k, (part, n) in enumerate(zip(parts, shape, strict=False)):
        if isinstance(part, ast.Constant) and type(part.value) is int and n <= JOINED:
            for other in (m for m in range(n) if m != part.value):
                made = [*parts[:k], constant(other), *parts[k + 1 :]]
                index = ast.Tuple(made, ast.Load()) if isinstance(e.slice, ast.Tuple) else made[0]
                yield with_field(e, "slice", index), f"entry {part.value} where {other} belongs"


def steps_beside(e: ast.expr) -> list[ast.expr]:
    """The places before and after `t`, and `t` itself of `t - 1`."""
    match e:
        case ast.Name():
            return [binary(e, ast.Sub(), constant(1)), binary(e, ast.Add(), constant(1))]
        case ast.BinOp(left=ast.Name() as name, op=ast.Add(), right=ast.Constant(value=1)):
            return [name, binary(name, ast.Sub(), constant(1))]
        case ast.BinOp(left=ast.Name() as name, op=ast.Sub(), right=ast.Constant(value=1)):
            return [name, binary(name, ast.Add(), constant(1))]
    return []


@row("stale", Rank.NAME)
def another_of_its_kind(e: ast.expr, scope: Scope) -> Made:
    key = name_text(e)
    if key is not None and key in scope.values:
        yield from like(key, scope.gradients if key in scope.gradients else scope.wires, scope)
        yield from like(key, scope.wires if key in scope.strays else [], scope)


@row("stale", Rank.NAME, of="line")
def another_everywhere(e: ast.expr, scope: Scope) -> Made:
    """Another wire in every place of a name that stands in more than one."""
    places = [n.id for n in ast.walk(e) if isinstance(n, ast.Name)]
    for name in sorted({n for n in places if places.count(n) > 1 and n in scope.wires}):
        for other in scope.wires:
            if other != name and np.shape(scope.values[other]) == np.shape(scope.values[name]):
                made = copy.deepcopy(e)
                for node in ast.walk(made):
                    if isinstance(node, ast.Name) and node.id == name:
                        node.id = other
                yield made, f"{name} where {other} belongs"


@row("stale", Rank.FAR)
def value_for_gradient(e: ast.expr, scope: Scope) -> Made:
    key = name_text(e)
    if key is not None and key in scope.values:
        yield from like(key, scope.wires if key in scope.gradients else scope.gradients, scope)


@row("stale", Rank.FAR)
def another_place(e: ast.expr, scope: Scope) -> Made:
    """Another index, or another array that is indexed."""
    if not isinstance(e, ast.Subscript) or not isinstance(e.ctx, ast.Load):
        return
    if isinstance(e.slice, ast.Name) and is_index(scope.values.get(e.slice.id)):
        for name in scope.wires:
            if name != e.slice.id and is_index(scope.values[name]):
                yield with_field(e, "slice", expression_of(name)), f"{e.slice.id} where {name} belongs"
    if isinstance(e.value, ast.Name):
        for name in scope.wires:
            if name != e.value.id and np.ndim(scope.values[name]):
                yield with_field(e, "value", expression_of(name)), f"{e.value.id} where {name} belongs"


def is_index(x: Plain | None) -> bool:
    return x is not None and np.asarray(x).dtype.kind in "iu"


def like(key: str, group: list[str], scope: Scope) -> Made:
    """The names of a group that hold values of one shape with a key's."""
    for other in group:
        if other != key and np.shape(scope.values[other]) == np.shape(scope.values[key]):
            yield expression_of(other), f"{key} where {other} belongs"


def name_text(e: ast.expr) -> str | None:
    if isinstance(e, ast.Name) or (
        isinstance(e, ast.Subscript) and isinstance(e.value, ast.Name) and isinstance(e.slice, ast.Constant)
    ):
        return ast.unparse(e)
    return None


# ----------------------------------------------------------------------------------------------- what is added up


@line_row("fork", Rank.SLIP)
def set_for_added(s: ast.stmt, _: Scope) -> MadeLines:
    """`dx = g` for `dx += g`."""
    match s:
        case ast.Assign(targets=[(ast.Name() | ast.Subscript()) as target], value=value):
            told = f"= forgets what {ast.unparse(target)} already held, += adds to it"
            for op in (ast.Add(), ast.Sub()):
                for e in (value, value.operand) if isinstance(value, ast.UnaryOp) else (value,):
                    yield ast.AugAssign(target, op, e), told


@line_row("fork", Rank.SLIP)
def added_once(s: ast.stmt, _: Scope) -> MadeLines:
    """`dx[i] += g` where an index occurs twice and is added to once."""
    match s:
        case ast.AugAssign(target=ast.Subscript(value=whole, slice=index), op=ast.Add(), value=value):
            detail = f"+= adds once where a place occurs twice in {ast.unparse(index)}, np.add.at every time"
            cut = any(isinstance(part, ast.Slice) for part in ast.walk(index))
            places = ast.Subscript(expression_of("np.s_"), index, ast.Load()) if cut else index
            yield ast.Expr(call_of("np.add.at", whole, places, value)), detail


@row("fork", Rank.NAME, of="line")
def gradient_not_added(e: ast.expr, scope: Scope) -> Made:
    inside, value = names_in(e), scope.value_of(e)
    for name in scope.gradients:
        if name not in inside and (np.ndim(scope.values[name]) or not np.ndim(value)):
            for op in (ast.Add(), ast.Sub()):
                yield binary(e, op, expression_of(name)), f"{name} is missing"


@row("fork", Rank.LOCAL, of="line")
def product_not_added(e: ast.expr, scope: Scope) -> Made:
    """A gradient times a value, as it comes along another path."""
    value, inside = scope.value_of(e), names_in(e)
    if value is None or scope.large:
        return
    for g in (g for g in scope.gradients if g not in inside and np.shape(scope.values[g]) == np.shape(value)):
        for name in (w for w in scope.wires if stretches(np.shape(scope.values[w]), np.shape(value))):
            for op in (ast.Add(), ast.Sub()):
                product = binary(expression_of(g), ast.Mult(), expression_of(name))
                yield binary(e, op, product), f"{g} * {name} is missing"


@row("fork", Rank.FAR, of="line")
def length_not_added(e: ast.expr, scope: Scope) -> Made:
    """The gradient of a sum of the values themselves."""
    parts = [part for _, part in terms_in(e, 1)]  # `3.0` for `2.0`, here or in the line before, is no 1 too many
    written = isinstance(e, ast.Name) or any(isinstance(part, ast.Constant) for part in parts)
    for text in dict.fromkeys((*(() if written else ("1",)), *scope.sizes)):
        for op in (ast.Add(), ast.Sub()):
            yield binary(e, op, expression_of(text)), f"{text} is missing"


@row("local", Rank.FAR)
def term_missing_in_a_factor(e: ast.expr, scope: Scope) -> Made:
    """`g * p` for `g * (p - t)` or `g * (1 - p)`."""
    if scope.large or not isinstance(e, ast.BinOp) or not isinstance(e.op, ast.Mult):
        return
    for own, other in ((e.left, e.right), (e.right, e.left)):
        value = scope.value_of(own)
        same = [w for w in scope.wires if value is not None and np.shape(scope.values[w]) == np.shape(value)]
        for text in ("1", *(w for w in same if w != ast.unparse(own))):
            term = expression_of(text)
            for sum_ in (binary(own, ast.Sub(), term), binary(term, ast.Sub(), own), binary(own, ast.Add(), term)):
                yield binary(other, ast.Mult(), sum_), f"{text} is missing beside {ast.unparse(own)}"
