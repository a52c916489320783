"""Lists that a loop fills with one entry a round: what they hold, and how long they are in terms of the loop.

Only what the text says for certain: a name that is bound once, to `[]` or to a comprehension, and to which one loop
appends once a round, on no condition.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LEAVES = (ast.Break, ast.Continue, ast.Return, ast.Raise, ast.Try, ast.Yield, ast.YieldFrom, ast.Await)


@dataclass(frozen=True, slots=True)
class Filled:
    """A list, the loop that fills it, what it appends each round, and an expression for its length.

    A list may have begun with one entry.
    """

    name: str
    loop: ast.For | ast.ListComp
    entry: ast.expr
    length: ast.expr
    begun: bool = False  # with one entry before the loop


def filled_lists(body: ast.AST) -> dict[str, Filled]:
    """The lists of a function that a loop fills, by name."""
    stores: dict[str, list[ast.AST]] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stores.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.arg):
            stores.setdefault(node.arg, []).append(node)
    found = {}
    for block in blocks(body):
        for k, statement in enumerate(block):
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=made) if len(stores[name]) == 1:
                    filled = filled_by(name, made, block[k + 1 :])
                    if filled is not None and only_read(body, name, filled):
                        found[name] = filled
    return found


def blocks(body: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks of statements of a function that run on no condition, those of its loops among them."""
    found = getattr(body, "body", None)
    if isinstance(found, list):
        yield found
        for statement in found:
            if isinstance(statement, ast.For):
                yield from blocks(statement)


def filled_by(name: str, made: ast.expr, later: list[ast.stmt]) -> Filled | None:
    """The list that a name is bound to, if one loop among the later statements, or a comprehension, fills it."""
    if isinstance(made, ast.ListComp):
        first, *others = made.generators
        length = None if others or first.ifs or first.is_async else length_of(first.iter)
        return None if length is None else Filled(name, made, made.elt, length)
    if not isinstance(made, ast.List) or len(made.elts) > 1 or any(isinstance(x, ast.Starred) for x in made.elts):
        return None
    for loop in later:
        if isinstance(loop, ast.For) and not loop.orelse and not any(isinstance(n, LEAVES) for n in ast.walk(loop)):
            entries = [found for statement in loop.body if (found := appended(name, statement)) is not None]
            length = length_of(loop.iter)
            if len(entries) == 1 and length is not None:
                begun = bool(made.elts)
                length = ast.BinOp(length, ast.Add(), ast.Constant(1)) if begun else length
                return Filled(name, loop, entries[0], length, begun)
    return None


def appended(name: str, statement: ast.stmt) -> ast.expr | None:
    """What a statement appends to a list."""
    match statement:
        case ast.Expr(ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="append"), args=[entry])):
            return entry if found == name else None
    return None


def only_read(body: ast.AST, name: str, filled: Filled) -> bool:
    """Whether nothing else can change a list: its name stands where it is read, and appended to once."""
    read = {id(node) for node in readers(body, name)}
    return all(
        id(node) in read
        for node in ast.walk(body)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ) and (isinstance(filled.loop, ast.ListComp) or appends(body, name) == 1)


def appends(body: ast.AST, name: str) -> int:
    return sum(isinstance(s, ast.Expr) and appended(name, s) is not None for s in ast.walk(body))


READERS = frozenset({"len", "sum", "zip", "enumerate", "reversed"})


def readers(body: ast.AST, name: str) -> Iterator[ast.Name]:
    """The places of a name where its list is only read."""
    for node in ast.walk(body):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=found) as list_, attr="append")) if found == name:
                yield list_
            case ast.Call(func=ast.Name(id=function), args=args) if function in READERS:
                yield from (each for each in args if isinstance(each, ast.Name))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=("np" | "numpy"))), args=[ast.Name() as list_, *_]):
                yield list_
            case ast.Subscript(value=ast.Name() as list_, ctx=ast.Load()):
                yield list_
            case ast.For(iter=ast.Name() as list_) | ast.comprehension(iter=ast.Name() as list_):
                yield list_


def length_of(iterable: ast.expr) -> ast.expr | None:
    """An expression for how many entries a loop goes through."""
    match iterable:
        case ast.Call(func=ast.Name(id="range"), args=[last], keywords=[]):
            return last
        case ast.Call(func=ast.Name(id="range"), args=[_, _, *_] as given, keywords=[]):
            typed = [x.value for x in given if isinstance(x, ast.Constant) and isinstance(x.value, int)]
            if len(typed) == len(given):
                return ast.Constant(len(range(*typed)))
            return ast.Call(ast.Name("len", ast.Load()), [iterable], [])
        case ast.Call(func=ast.Name(id=("enumerate" | "reversed")), args=[inner], keywords=[]):
            return length_of(inner)
        case ast.Call(func=ast.Name(id="zip"), args=[_, *_] as several, keywords=[]):
            lengths = {ast.unparse(x): x for each in several if (x := length_of(each)) is not None}
            if len(lengths) == 1:
                return next(iter(lengths.values()))
            whole = all(length_of(each) is not None for each in several)
            return ast.Call(ast.Name("min", ast.Load()), list(lengths.values()), []) if whole else None
        case ast.Call(func=ast.Attribute(value=ast.Name(id=("np" | "numpy")), attr="flip"), args=[inner, *_]):
            return length_of(inner)
        case ast.Subscript(value=inner, slice=ast.Slice(lower=lower, upper=upper, step=None)):
            rest, cut = length_of(inner), left_out(lower, upper)
            if rest is None or cut is None:
                return None
            return ast.BinOp(rest, ast.Sub(), ast.Constant(cut)) if cut else rest
        case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None, step=step)):
            return length_of(inner) if isinstance(step, ast.UnaryOp) and ast.unparse(step) == "-1" else None
        case ast.ListComp(generators=[ast.comprehension(iter=inner, ifs=[], is_async=0)]):
            return length_of(inner)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return ast.Call(ast.Name("len", ast.Load()), [iterable], [])
    return None


def left_out(lower: ast.expr | None, upper: ast.expr | None) -> int | None:
    """How many entries `x[1:]`, `x[:-1]` and `x[2:-2]` leave out."""
    first, last = 0, 0
    if lower is not None:
        if not isinstance(lower, ast.Constant) or not isinstance(lower.value, int):
            return None
        first = lower.value
    if upper is not None:
        typed = upper.operand if isinstance(upper, ast.UnaryOp) else None
        number = typed.value if isinstance(typed, ast.Constant) else None
        if not isinstance(number, int):
            return None
        last = number
    return first + last


class Lengths(ast.NodeTransformer):
    """Writes the length of a list that a loop fills as that of what the loop goes through."""

    def __init__(self, lists: Mapping[str, Filled]) -> None:
        self.lists = lists

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)], keywords=[]) if name in self.lists:
                return self.within(self.lists[name].length)
        return self.generic_visit(node)

    def within(self, node: ast.AST) -> ast.AST:
        """The expression with these lengths in it; one without is the same object."""
        if not any(isinstance(each, ast.Name) and each.id in self.lists for each in ast.walk(node)):
            return node
        found: ast.AST = self.visit(copy.deepcopy(node))
        return found
