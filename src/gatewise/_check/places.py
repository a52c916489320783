"""Places where a script keeps values: `W`, `params['W1']`, `net.W1`; which of them a statement reads and writes."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gatewise._check.bodies import defines
from gatewise._check.comparing import identical

DEEP = 4  # containers inside containers that are looked into
MANY = 500  # entries of one container that are looked at
LARGE = 30_000_000  # entries of an array: a larger one is data, and is not watched
METHODS = frozenset({"append", "extend", "insert", "update", "setdefault", "pop", "fill", "sort"})
MODULES = frozenset({"np", "numpy", "math"})
QUIET = frozenset({"print", "len", "range", "isinstance", "float", "int", "str", "repr", "zip", "enumerate"})


@dataclass(frozen=True, order=True)
class Place:
    """A name and the way from it to one value: keys of dicts, positions in lists, attributes of objects."""

    base: str
    steps: tuple[str, ...] = ()  #: as they are written: "['W1']", "[0]", ".W1"

    @property
    def text(self) -> str:
        return self.base + "".join(self.steps)

    @property
    def last(self) -> str:
        """The last part, without brackets: `W1` of `params['W1']`."""
        return self.steps[-1].strip("[].'") if self.steps else self.base

    @property
    def owner(self) -> Place:
        """What holds it; a name holds itself."""
        return Place(self.base, self.steps[:-1])

    def covers(self, other: Place) -> bool:
        """Whether the other place is this one, or lies in it."""
        return self.base == other.base and other.steps[: len(self.steps)] == self.steps

    def meets(self, other: Place) -> bool:
        return self.covers(other) or other.covers(self)


@dataclass(frozen=True)
class Touched:
    """What a statement reads and writes. `fresh` places are assigned as a whole, `changed` ones in part or in place."""

    reads: frozenset[Place]
    fresh: frozenset[Place] = frozenset()
    changed: frozenset[Place] = frozenset()
    suspects: frozenset[Place] = frozenset()  #: what it may change: to be looked at after it ran

    @property
    def writes(self) -> frozenset[Place]:
        return self.fresh | self.changed


def place_of(node: ast.expr) -> Place | None:
    """The place an expression names, as far as it is written out: `params[k]` is somewhere in `params`."""
    match node:
        case ast.Name(id=name):
            return Place(name)
        case ast.Attribute(value=value, attr=attribute):
            inner = place_of(value)
            return inner and Place(inner.base, (*inner.steps, f".{attribute}"))
        case ast.Subscript(value=value, slice=ast.Constant(value=str() | int() as key)):
            inner = place_of(value)
            return inner and Place(inner.base, (*inner.steps, f"[{key!r}]"))
        case ast.Subscript(value=value) | ast.Starred(value=value):
            return place_of(value)
    return None


def read_by(node: ast.AST) -> set[Place]:
    """The places that an expression reads."""
    found: set[Place] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):  # a method reads all of its object
            waiting += [each.func.value, *each.args, *each.keywords]
            continue
        if isinstance(each, (ast.Name, ast.Attribute, ast.Subscript)):
            place = place_of(each)
            if place is not None:
                found.add(place)
                waiting += indices_of(each)
                continue
        waiting.extend(ast.iter_child_nodes(each))
    return found


def indices_of(node: ast.expr) -> Iterator[ast.AST]:
    """The expressions in the brackets of a place."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript):
            yield node.slice
        node = node.value


def reads_of_definition(node: ast.stmt) -> frozenset[Place]:
    """The names that a function or a class reads from around it."""
    inside = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    inside |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    inside -= {name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names}
    return frozenset(Place(e.id) for e in ast.walk(node) if isinstance(e, ast.Name) and e.id not in inside)


def own_of(body: Sequence[ast.stmt]) -> dict[str, frozenset[Place]]:
    """The functions and classes that a script defines, with what they read, those that they call included."""
    found = {node.name: reads_of_definition(node) for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    size = -1
    while size != (size := sum(map(len, found.values()))):
        for name, reads in found.items():
            found[name] = reads.union(*(found[p.base] for p in reads if p.base in found))
    return found


def touched_by(node: ast.stmt, heads: frozenset[Place], own: Mapping[str, frozenset[Place]]) -> Touched:
    """What a plain statement, a definition or the head of a loop touches.

    `heads` are the places that the loops and conditions around it read, `own` the functions that the script defines:
    they read what they read where they are called, and may change what they are given.
    """
    fresh: set[Place] = set()
    changed: set[Place] = set()
    reads = set(heads)
    match node:
        case ast.Assign(targets=targets, value=value):
            reads |= read_by(value)
            for target in targets:
                write(target, fresh, changed, reads)
        case ast.AnnAssign(target=target, value=value):
            reads |= read_by(value) if value is not None else set()
            write(target, fresh, changed, reads)
        case ast.AugAssign(target=target, value=value):
            reads |= read_by(value) | read_by(target)
            write(target, set(), changed, reads)
            changed |= {place for place in [place_of(target)] if place is not None}
        case ast.For(target=target, iter=iterated):
            reads |= read_by(iterated)
            write(target, fresh, changed, reads)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            fresh.add(Place(name))
            return Touched(frozenset(), frozenset(fresh))
        case ast.Expr(value=value):
            reads |= read_by(value)
        case ast.Delete(targets=targets):
            changed |= {place for each in targets if (place := place_of(each)) is not None}
    reads = reads.union(*(own[place.base] for place in reads if place.base in own))
    suspects = set(changed)
    for call in (each for each in ast.walk(node) if isinstance(each, ast.Call) and not defines(node)):
        changed |= changed_by_call(call, isinstance(node, ast.Expr))
        suspects |= suspected(call, isinstance(node, ast.Expr), own)
    return Touched(frozenset(reads), frozenset(fresh), frozenset(changed - fresh), frozenset(suspects | changed))


def write(target: ast.expr, fresh: set[Place], changed: set[Place], reads: set[Place]) -> None:
    """Sort what an assignment to `target` writes."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            write(each, fresh, changed, reads)
        return
    place = place_of(target)
    if place is None:
        return
    reads |= {each for index in indices_of(target) for each in read_by(index)}
    whole = isinstance(target, (ast.Name, ast.Attribute)) or (place.steps[-1:] != () and "'" in place.steps[-1])
    written = isinstance(target, ast.Name) or place != place_of(getattr(target, "value", target))
    (fresh if whole and written else changed).add(place)


def changed_by_call(call: ast.Call, alone: bool) -> set[Place]:
    """The places that a call is known to change: what `out=` names, and a container whose method it is."""
    found = {place for k in call.keywords if k.arg == "out" and (place := place_of(k.value)) is not None}
    if alone and isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
        found |= {place for place in [place_of(call.func.value)] if place is not None}
    return found


def suspected(call: ast.Call, alone: bool, own: Mapping[str, frozenset[Place]]) -> set[Place]:
    """The places that a call may change: what a function of the script is given, and any that is called for itself."""
    function = place_of(call.func)
    if function is None or function.base in QUIET or not (alone or function.base in own or function.steps):
        return set()
    if function.base in MODULES and not alone:
        return set()
    given = {p for argument in [*call.args, *(k.value for k in call.keywords)] for p in read_by(argument)}
    return given | {Place(function.base)} | own.get(function.base, frozenset())


# ------------------------------------------------------------------------------------------------------------ values


def leaves_in(
    value: object, at: Place, deep: int = DEEP, seen: frozenset[int] = frozenset()
) -> Iterator[tuple[Place, object]]:
    """The numbers and arrays that a name holds, in containers and objects too, with their places."""
    if is_leaf(value):
        yield at, value
        return
    if deep == 0 or id(value) in seen:
        return
    for step, part in steps_into(value):
        yield from leaves_in(part, Place(at.base, (*at.steps, step)), deep - 1, seen | {id(value)})


def steps_into(value: object) -> Iterator[tuple[str, object]]:
    """What a container or an object holds, with the step that leads there."""
    if isinstance(value, Mapping):
        yield from ((f"[{k!r}]", v) for k, v in list(value.items())[:MANY] if isinstance(k, (str, int)))
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{k}]", v) for k, v in enumerate(value[:MANY]))
    elif is_object(value):
        yield from ((f".{k}", v) for k, v in list(vars(value).items())[:MANY])


def is_object(value: object) -> bool:
    """Whether a value is an object with attributes, and no module, class or function."""
    plain = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
    return hasattr(value, "__dict__") and not isinstance(value, plain) and not isinstance(value, np.ndarray)


def is_leaf(value: object) -> bool:
    """Whether a value is a number, an array of numbers, or a list of numbers."""
    if isinstance(value, (list, tuple)):
        return 0 < len(value) <= MANY and all(type(x) in (int, float) or isinstance(x, np.floating) for x in value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiu" and value.size <= LARGE
    return isinstance(value, (float, int, np.floating, np.integer)) and not isinstance(value, bool)


def value_copied(value: object) -> object:
    return value.copy() if isinstance(value, (np.ndarray, list)) else value


def equal(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether two values are the same number, array or list, bit for bit but for NaN."""
    return type(a) is type(b) and identical(a, b)
