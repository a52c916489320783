"""Running the user's own code with every value that a statement makes told to a listener, which may put another there.

The code objects of the functions in the user's files are replaced while they are listened to: loops, branches, methods
and helpers run as they always do, and arrays that have two names stay one array.
"""

from __future__ import annotations

import ast
import copy
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gatewise._check.bodies import bodies_of, defines, with_bodies
from gatewise._check.names import key_of
from gatewise._check.trees import with_field
from gatewise._types import Plain

HOOK = "__gatewise_hook__"


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
        self.count, self.keeps = 0, True
        self.thread = threading.get_ident()

    def start(self, instead: Mapping[int, object], keeps: bool = True) -> None:
        """Before a run: what is put in the place of some values, and whether those that are made are kept."""
        self.events, self.instead, self.count, self.keeps = [], instead, 0, keeps

    def hear(self, place: int, value: Plain) -> object:
        """Called by the user's code, in the place of a value."""
        if threading.get_ident() != self.thread:
            return value
        if self.count in self.instead:
            value = put_instead(value, self.instead[self.count], self.places[place].how)
        self.count += 1
        if self.keeps:
            self.events.append(Event(self.places[place], number_copied(value)))
        return value

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

    def twin(self, **fields: object) -> ast.stmt:
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
    return with_field(e, "ctx", context)


def put_instead(value: Any, instead: Any, how: str) -> Any:
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


def number_copied(value: object) -> object:
    """A copy of a number or an array of numbers; None of anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fbc":
        return value.copy()
    return value if isinstance(value, (float, np.floating, np.bool_)) else None
