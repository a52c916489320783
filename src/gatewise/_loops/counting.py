"""How often a loop goes round and what its names are in each round, worked out from what printed code has too."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from dataclasses import replace
from types import CodeType
from typing import Any

import numpy as np

from gatewise._circuit import Counting, Said
from gatewise._loops.errors import IrregularError, UntoldError
from gatewise._loops.regions import Region, line_and_text, rounds_of, within
from gatewise._recording import NotPlainError, PlainNames, is_typed_number, length_of, said, stored

NAMELESS = "it stands in a helper, whose names printed code does not know"


def counting(region: Region, plain: PlainNames | None) -> Counting:
    """How often Python went round a loop: of `range(self.steps)` as often as its steps were seen, and no other number.

    Raises `IrregularError` where that is known neither way.
    """
    try:
        return counted_by_text(region, plain)
    except UntoldError as why:
        target, iterable = head(region.loop)
        match target, iterable:
            case ast.Name(id=counter), ast.Call(func=ast.Name(id="range"), args=[ast.Attribute()], keywords=[]):
                seen = range(len(rounds_of(region, None)))
                line, text = line_and_text(region)
                return Counting(line, text, counter, seen, untold=str(why), loop=region.loop, depth=region.depth)
        raise


def counted_by_text(region: Region, plain: PlainNames | None) -> Counting:
    """How often Python went round a loop, by the arguments. Raises `IrregularError`."""
    line, text = line_and_text(region)
    target, iterable = head(region.loop)
    if plain is None:
        raise IrregularError(
            NAMELESS if region.depth else "the circuit was cut: the names of the function are not known"
        )
    names = copy.copy(plain)
    names.uses = {}
    try:
        found = counted(target, iterable, names)
    except NotPlainError:
        raise UntoldError(f"what it goes through, {ast.unparse(iterable)}, is not told by the arguments") from None
    for name in sorted({n.id for n in ast.walk(iterable) if isinstance(n, ast.Name)} & set(names.assigned)):
        names.use(name)
    found = replace(found, line=line, text=text, setup=tuple(names.uses.values()), loop=region.loop, depth=region.depth)
    moved = bound_anew(region.code, region.loop, (found.told or Said("", ()), *found.setup), names)
    return replace(found, told=None, setup=(), untold=f"{moved} is bound anew") if moved else found


def head(loop: ast.AST) -> tuple[ast.expr, ast.expr]:
    """What a loop binds, and what it goes through."""
    if isinstance(loop, ast.For) and not loop.orelse:
        return loop.target, loop.iter
    if isinstance(loop, ast.Call) and 1 <= len(loop.args) <= 2 and not loop.keywords:
        given = loop.args[0]
        return head(given) if isinstance(given, ast.GeneratorExp) else (ast.Name("_", ast.Store()), given)
    generators: list[ast.comprehension] = getattr(loop, "generators", [])
    if len(generators) == 1 and not generators[0].ifs and not generators[0].is_async:
        return generators[0].target, generators[0].iter
    raise IrregularError("it is no plain for: its end, or what it leaves out, hangs on values")


def counted(target: ast.expr, iterable: ast.expr, names: PlainNames) -> Counting:
    """The counter, its numbers, and their text. Raises `NotPlainError`."""
    match iterable:
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]) if free(names, "range"):
            return ranged(name_of(target), args, names)
        case ast.Call(func=ast.Name(id="reversed"), args=[inner], keywords=[]) if free(names, "reversed"):
            found = counted(target, inner, names)
            if found.back or found.told is None:
                raise NotPlainError
            told = Said(f"reversed({found.told})", found.told.names | {"reversed"})
            return replace(found, counts=found.counts[::-1], told=told, back=True)
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]) if free(names, "enumerate"):
            if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
                raise NotPlainError
            return through(name_of(target.elts[0]), [inner], names)
        case ast.Call(func=ast.Name(id="zip"), args=[_, *_] as several, keywords=[]) if free(names, "zip"):
            return through("", several, names)
    return through("", [iterable], names)


def ranged(counter: str, args: Sequence[ast.expr], names: PlainNames) -> Counting:
    """Numbers by their first, their end and their step, which is typed."""
    counts = range(*[whole(value(names, each)) for each in args])
    told = names.as_printed(ast.Call(ast.Name("range", ast.Load()), list(args), []))
    begins = names.as_printed(args[0])
    first = said(begins, ast.unparse(begins)) if len(args) > 1 else Said("0", ())
    if len(args) == 3 and not is_typed_number(args[2]):
        return Counting(0, "", counter, counts, untold="its step is no typed number", first=first, stride=counts.step)
    return Counting(0, "", counter, counts, said(told, ast.unparse(told)), first=first, stride=counts.step)


def through(counter: str, several: Sequence[ast.expr], names: PlainNames) -> Counting:
    """The positions of the entries of arrays that a loop goes through together; a zip ends with the shortest."""
    if any(is_of_function(each, names) for each in several):
        raise NotPlainError  # no argument gives its entries
    found = [length(each) for each in several]
    lengths = {ast.unparse(x): x for x in map(names.as_printed, found)}
    last = next(iter(lengths)) if len(lengths) == 1 else f"min({', '.join(lengths)})"
    used = {n.id for x in lengths.values() for n in ast.walk(x) if isinstance(n, ast.Name)}
    counts = range(min(whole(value(names, x)) for x in found))
    return Counting(0, "", counter, counts, Said(f"range({last})", {*used, "range"}))


def is_of_function(node: ast.expr, names: PlainNames) -> bool:
    """Whether a loop goes through a list that the function types, and no loop fills."""
    if isinstance(node, ast.Name) and node.id not in names.lists:
        return isinstance(names.assigned.get(node.id), ast.List)
    return isinstance(node, ast.List)


def length(node: ast.expr) -> ast.AST:
    """An expression for how many entries a list or an array has."""
    found = length_of(node)
    if found is None:
        raise NotPlainError
    return found


def name_of(target: ast.expr) -> str:
    if not isinstance(target, ast.Name):
        raise NotPlainError
    return target.id


def whole(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise NotPlainError
    return number


def free(names: PlainNames, builtin: str) -> bool:
    """Whether a name of Python's is nobody else's here."""
    return builtin not in names.known and builtin not in names.modules and builtin not in names.assigned


def value(names: PlainNames, node: ast.AST) -> Any:
    """The value of a plain expression; whatever goes wrong, it is none."""
    try:
        return names.value(node)
    except (ArithmeticError, TypeError, ValueError, IndexError, AttributeError):
        raise NotPlainError from None


def bound_anew(code: CodeType, loop: ast.AST, texts: Sequence[Said], names: PlainNames) -> str:
    """An argument in a text that names another value by the time the text is read: bound before it, or in the loop."""
    lines = {name: node.lineno for name, node in names.assigned.items() if hasattr(node, "lineno")}
    stores = list(stored(code))
    for text in texts:
        name, sign, _ = text.partition(" = ")
        end = lines.get(name, 0) if sign else getattr(loop, "lineno", 0)
        for node in stores:
            inside = not sign and within(node, loop)
            if node.id in text.names & names.known.keys() - names.assigned.keys() and (node.lineno < end or inside):
                return node.id
    return ""


def with_counter(names: PlainNames, counter: str, count: int) -> PlainNames:
    """The plain names with those of one round."""
    inner = copy.copy(names)
    inner.known = {**names.known, counter: count} if counter else dict(names.known)
    inner.assigned = {name: node for name, node in names.assigned.items() if name != counter}
    return inner


def within_round(plain: PlainNames | None, region: Region, counting: Counting, k: int) -> PlainNames | None:
    """The plain names as the loops inside one round have them: the counter, and what the loop takes from an array."""
    if plain is None:
        return None
    count = counting.counts[k]
    counter = counting.counter or f"ꙮ{counting.line}"
    names = with_counter(plain, counter, count)
    names.instead = dict(plain.instead)
    target, iterable = head(region.loop)
    pairs = [(target, iterable)]
    match target, iterable:
        case ast.Tuple(elts=[_, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[given]):
            pairs = [(inner, given)]
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=several):
            pairs = list(zip(targets, several, strict=False))
    for bound, given in pairs:
        if isinstance(bound, ast.Name) and isinstance(given, ast.Name) and not counting.back:
            array = plain.known.get(given.id)
            if isinstance(array, np.ndarray) and array.ndim:
                names.known[bound.id] = array[count]
                at = ast.Subscript(given, ast.Name(counter, ast.Load()), ast.Load())
                names.instead[bound.id] = at
    return names


def entries(loop: ast.AST, counter: str) -> dict[str, ast.expr]:
    """By the names that a loop gives to entries of what it goes through, those entries: `xs[t]`, `xs[t + 1]`."""
    target, iterable = head(loop)
    pairs: list[tuple[ast.expr, ast.expr]] = [(target, iterable)]
    match target, iterable:
        case ast.Tuple(elts=[_, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[given]):
            pairs = [(inner, given)]
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=several):
            pairs = list(zip(targets, several, strict=False))
    found: dict[str, ast.expr] = {}
    for bound, given in pairs:
        entry = entry_of(given, ast.Name(counter, ast.Load()))
        if isinstance(bound, ast.Name) and entry is not None:
            found[bound.id] = entry
        elif isinstance(bound, ast.Tuple) and entry is not None:
            for k, part in enumerate(bound.elts):
                if isinstance(part, ast.Name):
                    found[part.id] = ast.Subscript(entry, ast.Constant(k), ast.Load())
    return found


def entry_of(given: ast.expr, counter: ast.expr) -> ast.expr | None:
    """The entry of a list, or of a slice of one, in one round."""
    match given:
        case ast.Name():
            return ast.Subscript(given, counter, ast.Load())
        case ast.Call(func=ast.Name(id="reversed"), args=[ast.Name() as inner], keywords=[]):
            return ast.Subscript(inner, counter, ast.Load())
        case ast.Subscript(value=ast.Name() as inner, slice=ast.Slice(lower=lower, step=None)):
            if lower is None or (isinstance(lower, ast.Constant) and isinstance(lower.value, int)):
                return ast.Subscript(inner, ast.BinOp(counter, ast.Add(), lower) if lower else counter, ast.Load())
    return None


def in_round(names: PlainNames, counting: Counting, node: ast.AST, count: int) -> object:
    """The value of an expression of the user's in one round. Raises `NotPlainError`."""
    inner = with_counter(names, counting.counter, count)
    has_powers = any(isinstance(each, ast.Pow) for each in ast.walk(node))
    return value(inner, Powers(inner).visit(copy.deepcopy(node)) if has_powers else node)


class Powers(ast.NodeTransformer):
    """Puts its number in the place of a power of plain numbers: `1 - beta ** t`."""

    def __init__(self, names: PlainNames) -> None:
        self.names = names

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Pow):
            return node
        base, exponent = value(self.names, node.left), value(self.names, node.right)
        plain = all(isinstance(x, (int, float)) for x in (base, exponent))
        if not plain or not base or abs(exponent) > 1000 or abs(base) > 1000:
            raise NotPlainError
        return ast.copy_location(ast.Constant(base**exponent), node)
