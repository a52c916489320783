"""Plain numbers and arrays in the user's code: how printed code can name them again.

An expression is only taken over as text when it is made of things printed code has (arguments, `.shape`, `np.arange`,
literals), and when working it out again from the recorded arguments gives the recorded value.
"""

from __future__ import annotations

import ast
import copy
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np

from gatewise._circuit import Said
from gatewise._recording.handled import ATTRIBUTES, changeable, made_before, stores_before
from gatewise._recording.lists import Filled, Lengths, filled_lists
from gatewise._recording.places import Source, source_of
from gatewise._syntax import names_in
from gatewise._types import Named


class NotPlainError(Exception):
    """The expression holds something that is not known to be plain."""


MAKERS = ("arange", "zeros", "ones", "eye", "identity", "full", "linspace", "diag", "array", "asarray")
ARRAYS: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in MAKERS} | {"empty": np.zeros}
ON_NUMBERS = frozenset({"sqrt", "exp", "log", "sin", "cos", "tan"})
NUMBERS: dict[str, Callable[..., Any]] = {"len": len, "float": float, "int": int}
BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf}


def worked_out(node: ast.AST, known: Named, modules: Named) -> Any:
    """The value of a plain expression, from those of the names it uses. Raises `NotPlainError` for others."""
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)) or value is None:
            return value
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -worked_out(operand, known, modules)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return plain_number(BINARY[type(op)], worked_out(left, known, modules), worked_out(right, known, modules))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return power(worked_out(left, known, modules), worked_out(right, known, modules))
        case ast.Tuple(elts=parts):
            return tuple(worked_out(part, known, modules) for part in parts)
        case ast.List(elts=parts):
            return [worked_out(part, known, modules) for part in parts]
        case ast.Slice(lower=lower, upper=upper, step=step):
            return slice(*(None if part is None else worked_out(part, known, modules) for part in (lower, upper, step)))
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if is_module(name, known, modules, np, math):
            if attribute in CONSTANTS:
                return CONSTANTS[attribute]
            if attribute == "newaxis":
                return None
        case ast.Attribute(value=value, attr=attribute) if attribute in ATTRIBUTES:
            return getattr(np.asarray(worked_out(value, known, modules)), attribute)
        case ast.Attribute(value=value, attr="T"):
            return known_array(worked_out(value, known, modules)).T
        case ast.Subscript(value=value, slice=index):
            parts = worked_out(value, known, modules)
            place = worked_out(index, known, modules)
            if isinstance(parts, (tuple, list)) and isinstance(place, int):
                return parts[place]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute), args=args, keywords=[]):
            if is_module(name, known, modules, np) and attribute in ARRAYS:
                return ARRAYS[attribute](*(worked_out(a, known, modules) for a in args))
            if is_module(name, known, modules, np, math) and attribute in ON_NUMBERS and len(args) == 1:
                return getattr(modules[name], attribute)(*map(as_number, [worked_out(args[0], known, modules)]))
        case ast.Call(func=ast.Name(id="len"), args=[ast.Call(func=ast.Name(id="range"), args=args, keywords=[])]) if {
            "len",
            "range",
        }.isdisjoint({*known, *modules}):
            return len(range(*[worked_out(a, known, modules) for a in args]))
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in NUMBERS and name not in modules:
            return NUMBERS[name](worked_out(arg, known, modules))
        case ast.Call(func=ast.Name(id="min"), args=[_, _, *_] as args, keywords=[]) if "min" not in {*known, *modules}:
            return min(worked_out(a, known, modules) for a in args)
        case ast.Constant(value=value) if value is Ellipsis:
            return value
    raise NotPlainError


def is_module(name: str, known: Mapping[str, object], modules: Mapping[str, object], *wanted: object) -> bool:
    """Whether a name is one of these modules, and no argument's."""
    return name not in known and any(modules.get(name) is module for module in wanted)


def plain_number(operation: Callable[[Any, Any], object], left: object, right: object) -> object:
    """An operation on numbers and arrays of numbers; anything else is not plain."""
    return operation(as_operand(left), as_operand(right))


def as_operand(x: object) -> Any:
    """A number or an array. Raises `NotPlainError` for anything else."""
    return x if isinstance(x, np.ndarray) else as_number(x)


def as_number(x: object) -> Any:
    """A number. Raises `NotPlainError` for anything else."""
    if not isinstance(x, (int, float)):
        raise NotPlainError
    return x


def known_array(x: object) -> Any:
    """An array. Raises `NotPlainError` for anything else."""
    if not isinstance(x, np.ndarray):
        raise NotPlainError
    return x


def power(base: Any, exponent: Any) -> object:
    """A power of numbers, of no more digits than a float has room for."""
    base, exponent = as_number(base), as_number(exponent)
    if not base or abs(exponent) > 1000 or abs(base) > 1000:
        raise NotPlainError
    return base**exponent


def same(a: Any, b: object) -> bool:
    """Whether two plain values are equal: numbers, arrays, slices, tuples of these."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(np.asarray(a), np.asarray(b)) and np.asarray(a).dtype.kind == np.asarray(b).dtype.kind
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


class PlainNames:
    """The plain names of one function: its arguments, and the names it gives to plain numbers once.

    `known` are values by name; `uses` collects, in order, the names of local numbers that printed text has used.
    """

    def __init__(self, code: CodeType | None, known: Mapping[str, object], modules: Mapping[str, object]) -> None:
        self.code, self.known, self.modules = code, dict(known), modules
        assigned = assignments(source_of(code), code) if code is not None else {}
        self.assigned = {
            name: node for name, node in assigned.items() if name not in known
        }  # arguments are told as they came
        self.lists = {} if code is None or (source := source_of(code)) is None else filled_in(source, code)
        self.instead: dict[str, ast.expr] = {}  # what printed code says for some of the known
        self.own = ""  # what a method calls its object, whose known attributes are names like "self.T"
        self.uses: dict[str, Said] = {}  # name -> the line that computes it
        self._open: set[str] = set()

    def text(self, node: ast.AST | None, value: Any, index: bool = False) -> Said | None:
        """The text of `node`, if printed code can say it and it gives `value` again.

        With `index` as it stands between square brackets: a tuple without its own.
        """
        if node is None:
            return None
        node = self.by_lengths(node)
        try:
            if not same(self.value(node), value):
                return None
        except (NotPlainError, ArithmeticError, TypeError, ValueError, IndexError):
            return None
        for name in sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & set(self.assigned)):
            self.use(name)
        return said(node, in_brackets(node) if index else ast.unparse(node))

    def begun(self, node: ast.expr | None, value: object) -> Said | None:
        """The text of an array that nothing but assignments to its entries changes, as it was made."""
        if not isinstance(node, ast.Name) or node.id not in self.assigned:
            return None if node is None else self.text(made_before(self.body, node), value)
        stores = stores_before(self.body, node)
        if stores is None or changeable(self.body, True) & {node.id}:
            return None
        try:
            made = np.array(self.value(self.assigned[node.id]))
            for store in stores:
                made[self.value(store.targets[0].slice)] = self.value(store.value)  # type: ignore[attr-defined]
        except (NotPlainError, ArithmeticError, TypeError, ValueError, IndexError):
            return None
        if not same(made, value):
            return None
        self.use(node.id)
        for store in stores:
            for name in sorted((names_in(store.value) | names_in(store.targets[0])) & set(self.assigned)):
                self.use(name)
            self.uses[ast.unparse(store.targets[0])] = said(store, ast.unparse(store))
        return said(node, node.id)

    def value(self, node: ast.AST) -> Any:
        """The value of `node`, working out local numbers it names."""
        node = self.by_lengths(node)
        for name in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - set(self.known):
            if name in self.assigned and name not in self._open:
                self._open.add(name)  # a name made of itself is not plain
                self.known[name] = self.standing(name, self.value(self.assigned[name]))
                self._open.remove(name)
        return worked_out(node, self.known, self.modules)

    def standing(self, name: str, found: Any) -> Any:
        """What a name is bound to, if it stays so. Raises `NotPlainError` for an array that may be written into."""
        if isinstance(found, (np.ndarray, list)) and name in self.written:
            raise NotPlainError
        return found

    @cached_property
    def written(self) -> set[str]:
        """The names whose arrays may be changed in place: all that are not just read."""
        return changeable(self.body)

    @property
    def body(self) -> ast.AST:
        """The syntax tree of the function."""
        source = source_of(self.code) if self.code is not None else None
        return ast.Pass() if source is None or self.code is None else function_node(source, self.code)

    def by_lengths(self, node: ast.AST) -> ast.AST:
        """An expression without the lengths of lists: printed code may have no such list, or none yet.

        Nor has it the objects of methods, whose attributes become names.
        """
        node = Lengths(self.lists).within(node) if self.lists else node
        return Attributes(self.own).within(node) if self.own else node

    def as_printed(self, node: ast.AST) -> ast.AST:
        """An expression in terms of the names that printed code has."""
        return Instead(self.instead).within(self.by_lengths(node))

    def use(self, name: str) -> None:
        """Note that printed code needs `name`, and what it is made of before it."""
        if name in self.uses:
            return
        definition = self.by_lengths(self.assigned[name])
        for inner in sorted(
            {n.id for n in ast.walk(definition) if isinstance(n, ast.Name)} & set(self.assigned) - {name}
        ):
            self.use(inner)
        self.uses[name] = said(definition, f"{name} = {ast.unparse(definition)}")


class Attributes(ast.NodeTransformer):
    """Makes names of the attributes of one object."""

    def __init__(self, own: str) -> None:
        self.own = own

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == self.own:
            return ast.copy_location(ast.Name(f"{self.own}.{node.attr}", ast.Load()), node)
        return self.generic_visit(node)

    def within(self, node: ast.AST) -> ast.AST:
        """The expression with these names; one without is the same object."""
        if not any(isinstance(each, ast.Name) and each.id == self.own for each in ast.walk(node)):
            return node
        found: ast.AST = self.visit(copy.deepcopy(node))
        return found


class Instead(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, instead: Mapping[str, ast.expr]) -> None:
        self.instead = instead

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.instead.get(node.id, node)

    def within(self, node: ast.AST) -> ast.AST:
        """The expression with these in it; one without is the same object."""
        if not any(isinstance(each, ast.Name) and each.id in self.instead for each in ast.walk(node)):
            return node
        found: ast.AST = self.visit(copy.deepcopy(node))
        return found


def said(node: ast.AST, text: str) -> Said:
    """A text with what its tree says of it."""
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    if isinstance(node, (ast.Constant, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict)):
        return Said(text, names)
    return Said(text, names, "unary" if isinstance(node, ast.UnaryOp) else "loosely")


def in_brackets(node: ast.AST, inner: bool = False) -> str:
    """An index as it stands between brackets; a tuple inside it keeps its own."""
    if not isinstance(node, ast.Tuple):
        return ast.unparse(node)
    parts = ", ".join(in_brackets(part, inner=True) for part in node.elts) + ("," if len(node.elts) == 1 else "")
    return f"({parts})" if inner else parts


def slice_text(node: ast.Slice) -> str:
    """A slice as one writes it: without spaces."""
    ends = [node.lower, node.upper, *([node.step] if node.step else [])]
    return ":".join(ast.unparse(end).replace(" ", "") if end else "" for end in ends)


def assignments(source: Source | None, code: CodeType) -> dict[str, ast.expr]:
    """The names that a function assigns exactly once, not in a loop, with what they are assigned."""
    if source is None:
        return {}
    body = function_node(source, code)
    found: dict[str, list[ast.expr | None]] = {}
    looped = {
        id(inner) for loop in ast.walk(body) if isinstance(loop, (ast.For, ast.While)) for inner in ast.walk(loop)
    }
    for node in ast.walk(body):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            for name, value in pairs(node.targets[0], node.value):
                found.setdefault(name, []).append(None if id(node) in looped else value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, [])
        elif isinstance(node, (ast.AugAssign, ast.For)):
            for part in ast.walk(node.target):
                if isinstance(part, ast.Name):
                    found.setdefault(part.id, []).append(None)
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0] is not None}


def pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr | None]]:
    """Each name of an assignment with its own right-hand side: `N, D = X.shape` gives X.shape[0] and X.shape[1]."""
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if not isinstance(target, ast.Tuple):
        return []
    found: list[tuple[str, ast.expr | None]] = []
    for i, part in enumerate(target.elts):
        if isinstance(part, ast.Name):
            inner: ast.expr | None = None
            if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
                inner = value.elts[i]
            elif isinstance(value, ast.Attribute) and value.attr == "shape":
                inner = ast.Subscript(value, ast.Constant(i), ast.Load())
            found.append((part.id, inner))
    return found


def function_node(source: Source, code: CodeType) -> ast.AST:
    """The syntax tree of a function's own body, or of the whole file."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return source.tree


def filled_in(source: Source, code: CodeType) -> dict[str, Filled]:
    """The lists that a function, or a script, fills."""
    body = function_node(source, code)
    return {} if body is source.tree and code.co_name != "<module>" else filled_lists(body)


def stored(code: CodeType) -> Iterator[ast.Name]:
    """The names that a function binds, where it does."""
    source = source_of(code)
    if source is not None:
        for node in ast.walk(function_node(source, code)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node
