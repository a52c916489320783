"""Running the user's own code with every value that a statement makes told to a listener, which may put another there.

The code objects of the functions in the user's files are replaced while they are listened to: loops, branches, methods
and helpers run as they always do, and arrays that have two names stay one array.
"""

from __future__ import annotations

import ast
import copy
import linecache
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._check.bodies import bodies_of, defines, with_bodies
from gatewise._check.definitions import compiled, definition_of, holds_something, swapped
from gatewise._check.names import key_of
from gatewise._check.trees import replaced

HOOK = "__gatewise_hook__"
MANY = 300  #: functions that are listened to
OWN = Path(__file__).resolve().parent.parent
LIBRARIES = tuple({str(Path(p).resolve()) for p in (sys.prefix, sys.base_prefix)})


@dataclass(frozen=True, eq=False)
class Place:
    """Where a value is made: the statement, what it is called, and how: set as a whole, added, or changed in place."""

    statement: ast.stmt
    key: str
    how: str  #: "value", "part" (what is added, or assigned to a part), "after" (the whole, after it was changed)
    function: str

    @property
    def line(self) -> int:
        return self.statement.lineno


@dataclass(eq=False)
class Event:
    """A value that was made while the program ran."""

    place: Place
    value: Any  #: a copy, of numbers; None of anything else


class Listener:
    """Hears every value of a run, and puts others in the place of some."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.events: list[Event] = []
        self.instead: Mapping[int, Any] = {}
        self.thread = threading.get_ident()

    def start(self, instead: Mapping[int, Any]) -> None:
        self.events, self.instead = [], instead

    def hear(self, place: int, value: Any) -> Any:
        """Called by the user's code, in the place of a value."""
        if threading.get_ident() != self.thread:
            return value
        n = len(self.events)
        if n in self.instead:
            value = put(value, self.instead[n], self.places[place].how)
        self.events.append(Event(self.places[place], number_copied(value)))
        return value

    # ------------------------------------------------------------------------------------------------- statements

    def listened(self, body: Sequence[ast.stmt], function: str) -> list[ast.stmt]:
        """A body in which every statement tells what it makes; the statements themselves are left as they are."""
        found: list[ast.stmt] = []
        for node in body:
            if bodies_of(node) or defines(node):
                own = getattr(node, "name", function)
                found.append(with_bodies(node, partial(self.listened, function=own)))
            else:
                found += self.simple(node, function)
        return found

    def simple(self, s: ast.stmt, function: str) -> list[ast.stmt]:
        """One statement, and what is heard after it."""
        told = Told(self, s, function)
        if isinstance(s, ast.Return) and s.value is not None:
            return [told.twin(value=told.parts(s.value, "return"))]
        if isinstance(s, ast.Assign):
            return told.assigned(s)
        if isinstance(s, ast.AnnAssign) and s.value is not None:
            return [told.twin(value=told.wrapped(s.value, named(s.target), "value"))]
        if isinstance(s, ast.AugAssign):
            part = told.wrapped(s.value, named(s.target), "part")
            return [told.twin(value=part), *told.after(whole(s.target))]
        if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call):
            return told.called(s.value)
        return [s]


@dataclass
class Told:
    """How one statement tells what it makes."""

    listener: Listener
    statement: ast.stmt
    function: str

    def twin(self, **fields: Any) -> ast.stmt:
        made = copy.copy(self.statement)
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    def wrapped(self, e: ast.expr, key: str, how: str) -> ast.expr:
        """An expression whose value is heard."""
        self.listener.places.append(Place(self.statement, key, how, self.function))
        n = len(self.listener.places) - 1
        made = ast.Call(ast.Name(HOOK, ast.Load()), [ast.Constant(n), e], [])
        return ast.copy_location(made, e)

    def parts(self, e: ast.expr, key: str) -> ast.expr:
        """What a tuple, a list or a dict that is written out holds, heard one by one."""
        if isinstance(e, (ast.Tuple, ast.List)) and not any(isinstance(x, ast.Starred) for x in e.elts):
            made = copy.copy(e)
            made.elts = [self.parts(x, key) for x in e.elts]
            return made
        if isinstance(e, ast.Dict) and all(isinstance(k, ast.Constant) for k in e.keys):
            made_dict = copy.copy(e)
            pairs = zip(e.keys, e.values, strict=True)
            made_dict.values = [self.parts(v, f"{key}[{k.value!r}]") for k, v in pairs if isinstance(k, ast.Constant)]
            return made_dict
        return e if isinstance(e, (ast.Name, ast.Constant)) and key == "return" else self.wrapped(e, key, "value")

    def assigned(self, s: ast.Assign) -> list[ast.stmt]:
        target = s.targets[0]
        if isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(s.value, (ast.Tuple, ast.List)) and len(s.value.elts) == len(target.elts):
                value = copy.copy(s.value)
                pairs = zip(s.value.elts, target.elts, strict=True)
                value.elts = [e if isinstance(e, ast.Starred) else self.wrapped(e, named(t), "value") for e, t in pairs]
                return [self.twin(value=value)]
            inside = [t for t in target.elts if isinstance(t, (ast.Name, ast.Attribute))]
            return [s, *(self.again(t) for t in inside)]
        if isinstance(target, ast.Subscript) and not is_entry(target):
            return [self.twin(value=self.wrapped(s.value, named(target), "part")), *self.after(whole(target))]
        if isinstance(s.value, (ast.Dict, ast.Tuple, ast.List)):
            return [self.twin(value=self.parts(s.value, named(target)))]
        return [self.twin(value=self.wrapped(s.value, named(target), "value"))]

    def after(self, e: ast.expr | None) -> list[ast.stmt]:
        """What a target is afterwards: heard, and bound again where it is a name."""
        if e is None:
            return []
        load = with_context(e, ast.Load())
        heard = self.wrapped(load, named(e), "after")
        if isinstance(e, ast.Name):
            return [ast.copy_location(ast.Assign([with_context(e, ast.Store())], heard), self.statement)]
        return [ast.copy_location(ast.Expr(heard), self.statement)]

    def again(self, e: ast.expr) -> ast.stmt:
        """What a target was given, heard, and bound again: the array itself may be anybody's, and is left alone."""
        heard = self.wrapped(with_context(e, ast.Load()), named(e), "value")
        return ast.copy_location(ast.Assign([with_context(e, ast.Store())], heard), self.statement)

    def called(self, call: ast.Call) -> list[ast.stmt]:
        """`np.add.at(dx, index, part)`, `np.multiply(a, b, out=c)`, `f(x)`: what may have been changed in place."""
        made = copy.copy(call)
        given: list[ast.expr] = [k.value for k in call.keywords if k.arg == "out"]
        if isinstance(call.func, ast.Attribute) and call.func.attr == "at" and len(call.args) == 3:
            made.args = [*call.args[:2], self.wrapped(call.args[2], named(call.args[0]), "part")]
            given.append(call.args[0])
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ("fill", "put", "itemset"):
            given.append(call.func.value)
        elif (
            isinstance(call.func, ast.Attribute) and call.func.attr in ("append", "insert", "appendleft") and call.args
        ):
            made.args = [*call.args[:-1], self.wrapped(call.args[-1], named(call.func.value), "value")]
        elif ast.unparse(call.func) in ("np.copyto", "numpy.copyto", "np.put", "np.fill_diagonal", "np.put_along_axis"):
            given.append(call.args[0])
        changed = [e for g in given if (e := whole(g)) is not None]
        return [self.twin(value=made), *(x for e in changed for x in self.after(e))]


def whole(target: ast.expr) -> ast.expr | None:
    """The variable that an assignment changes, as an expression: dx of dx[mask], self.grads["W"] of itself."""
    if isinstance(target, ast.Subscript) and not is_entry(target):
        return whole(target.value)
    return target if isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)) else None


def is_entry(target: ast.Subscript) -> bool:
    """Whether a subscript names an entry of a dict: grads["W1"], grads["W" + gate]."""
    s = target.slice
    if isinstance(s, ast.Constant):
        return isinstance(s.value, str)
    if isinstance(s, ast.BinOp):
        return any(isinstance(e, ast.Constant) and isinstance(e.value, str) for e in ast.walk(s))
    return isinstance(s, ast.JoinedStr)


def named(target: ast.expr) -> str:
    """What a target is called on the page."""
    if isinstance(target, ast.Subscript) and not is_entry(target):
        return named(target.value)
    if isinstance(target, ast.Attribute):
        return ast.unparse(target)
    return key_of(target) or ast.unparse(target)


def with_context(e: ast.expr, context: ast.expr_context) -> ast.expr:
    made = copy.copy(e)
    made.ctx = context  # type: ignore[attr-defined]
    return made


def put(value: Any, instead: Any, how: str) -> Any:
    """Another value in the place of one, of its type; in the same array where an array was changed in place."""
    if isinstance(value, np.ndarray):
        new = (
            np.asarray(instead).reshape(value.shape).astype(value.dtype) if np.size(instead) == value.size else instead
        )
        if how == "after" and value.flags.writeable and np.shape(new) == value.shape:
            value[...] = new
            return value
        return new
    return type(value)(np.asarray(instead).reshape(())[()]) if np.size(instead) == 1 else instead


def number_copied(value: Any) -> Any:
    """A copy of a number or an array of numbers; None of anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fb":
        return value.copy()
    return value if isinstance(value, (float, np.floating, np.bool_)) else None


# -------------------------------------------------------------------------------------------------------- functions


def users_functions(start: Iterable[Any]) -> list[types.FunctionType]:
    """The functions in the user's files that these may call: methods, helpers, and what stands beside them."""
    found: dict[int, types.FunctionType] = {}
    seen: set[int] = set()
    waiting = list(start)
    while waiting and len(found) < MANY:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        waiting += behind(each)
        if isinstance(each, types.FunctionType) and (is_users(each) or each.__code__.co_filename.startswith("<")):
            if is_users(each):
                found[id(each)] = each
            waiting += [v for v in each.__globals__.values() if isinstance(v, (types.FunctionType, type))]
            names = {*each.__code__.co_names}
            waiting += [v for n in names if isinstance(v := each.__globals__.get(n), types.ModuleType)]
            waiting += [cell.cell_contents for cell in each.__closure__ or () if holds_something(cell)]
    return list(found.values())


def behind(x: Any) -> list[Any]:
    """The callables that stand behind one."""
    if isinstance(x, partial):
        return [x.func, *x.args, *x.keywords.values()]
    if isinstance(x, (types.MethodType, staticmethod, classmethod)):
        return [x.__func__, getattr(x, "__self__", None)]
    if isinstance(x, property):
        return [x.fget]
    if isinstance(x, types.FunctionType):
        return [x.__wrapped__] if hasattr(x, "__wrapped__") else []
    if isinstance(x, type):
        return (
            list(vars(x).values())
            if is_users_file(getattr(sys.modules.get(x.__module__), "__file__", None))
            or (any(isinstance(v, types.FunctionType) and is_users(v) for v in vars(x).values()))
            else []
        )
    if isinstance(x, types.ModuleType):
        return (
            [v for v in vars(x).values() if isinstance(v, (types.FunctionType, type))]
            if is_users_file(getattr(x, "__file__", None))
            else []
        )
    return [type(x)] if hasattr(x, "__dict__") else []


def is_users(f: types.FunctionType) -> bool:
    return is_users_file(f.__code__.co_filename)


def is_users_file(name: str | None) -> bool:
    if not name or name.startswith(("<gatewise", "<frozen")):
        return False
    if name.startswith("<"):  # a cell of a notebook, text that was executed
        return bool(linecache.getlines(name))
    path = str(Path(name).resolve())
    return not path.startswith((*LIBRARIES, f"{OWN}/"))


class Functions:
    """The user's functions, that can be listened to, and run with another statement in the place of one."""

    def __init__(self, start: Iterable[Any]) -> None:
        self.listener = Listener()
        self.nodes: list[tuple[types.FunctionType, ast.FunctionDef]] = []
        self.codes: list[tuple[types.FunctionType, types.CodeType]] = []
        for f in users_functions(start):
            node = definition_of(f.__code__)
            if node is None or any(name.startswith("__") and not name.endswith("__") for name in attributes(node)):
                continue  # a private name is another one inside its class
            code = compiled(node, self.listener.listened(node.body, node.name), f.__code__)
            if code is not None:
                self.nodes.append((f, node))
                self.codes.append((f, code))

    def heard(
        self, run: Callable[[], Any], instead: Mapping[int, Any], statement: tuple[ast.stmt, ast.AST] | None = None
    ) -> tuple[Any, list[Event]]:
        """What a run gives, and every value on the way; with another statement in the place of one, where asked."""
        listener, codes = self.listener, self.codes
        if statement is not None:
            listener = Listener()
            f, node = self.holder(statement[0])
            body = listener.listened([replaced(b, *statement) for b in node.body], node.name)
            codes = [(f, code)] if (code := compiled(node, body, f.__code__)) is not None else []
        listener.start(instead)
        with swapped(codes, {HOOK: listener.hear}):
            found = run()
        return found, listener.events

    @contextmanager
    def with_statement(self, s: ast.stmt, instead: ast.AST) -> Iterator[None]:
        """The functions with another statement in the place of one."""
        f, node = self.holder(s)
        code = compiled(node, [replaced(b, s, instead) for b in node.body], f.__code__)
        with swapped([(f, code)] if code is not None else []):
            yield

    @contextmanager
    def with_bodies(
        self, made: Callable[[Sequence[ast.stmt]], list[ast.stmt]], names: Mapping[str, Any]
    ) -> Iterator[None]:
        """The functions with other bodies, made of their own."""
        codes = [(f, compiled(node, made(node.body), f.__code__)) for f, node in self.nodes]
        with swapped([(f, code) for f, code in codes if code is not None], names):
            yield

    def holder(self, s: ast.stmt) -> tuple[types.FunctionType, ast.FunctionDef]:
        """The function that a statement stands in, the innermost one that was found."""
        return next((f, n) for f, n in self.nodes if any(each is s for each in ast.walk(n)))

    def globals_of(self, s: ast.stmt) -> dict[str, Any]:
        return self.holder(s)[0].__globals__

    def space(self, s: ast.stmt) -> Mapping[str, Any]:
        """The names around a statement: globals, and what the closure of its function holds."""
        f, _ = self.holder(s)
        cells = zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)
        return {**f.__globals__, **{name: c.cell_contents for name, c in cells if holds_something(c)}}


def attributes(node: ast.AST) -> set[str]:
    return {e.attr for e in ast.walk(node) if isinstance(e, ast.Attribute)} | {
        e.id for e in ast.walk(node) if isinstance(e, ast.Name)
    }
