"""What a function sees during one call: a copy of its globals with the twins in it, and what it wrote there."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Collection, Container, Iterator
from typing import Any

import numpy as np

from gatewise._tensor import Tensor
from gatewise._twins.captured import STANDING, Captured, bound_out_of_sight, changed_elsewhere, stand_in
from gatewise._twins.classes import fill_twin, given_back, twin_of_class
from gatewise._twins.modules import BUILTINS
from gatewise._twins.reached import Plan, names_asked, plan_of
from gatewise._twins.sharing import around_of, asked_by, in_dicts, in_frames, is_in_one_piece, out_of_sight, references
from gatewise._types import Function


class Seeing:
    """What the functions of one module see during one call: a copy of its globals, and what changed there."""

    def __init__(self, f: types.FunctionType, plan: Plan) -> None:
        self.real = real = f.__globals__
        self.plan = plan
        self.among: Container[str] = real  # what is bound beside these was bound meanwhile
        if len(real) <= MANY or plan.reaches_out:
            copy = dict(real)
        else:
            copy = {name: real[name] for name in plan.asked if name in real}
            self.among = set(copy)
        self.copy = copy
        copy.update(plan.instead)
        self.made: dict[int, tuple[Any, Any]] = {}  # by id: what was put in another's place
        self.arrays: list[Tensor] = []  # that stand for captured ones
        self.objects: weakref.WeakValueDictionary[int, Any] | None = None  # of the twins of classes
        for name in plan.functions:
            copy[name] = self.function(copy[name])
        for name in plan.classes:
            copy[name] = self.twin_class(copy[name])
        for name in plan.arrays:
            copy[name] = self.seen_through(copy[name])
        self.size = len(copy)
        if plan.reaches_out:
            self.before = dict(copy)
        elif plan.stored:
            self.before = {name: copy[name] for name in plan.stored if name in copy}
        else:
            self.before = {}

    def array(self, value: Any) -> Any:
        """A captured array as the Tensor that the function sees, in memory of its own."""
        if id(value) not in self.made:
            self.arrays.append(stand_in(value, self.is_shared))
            self.made[id(value)] = value, self.arrays[-1]
        return self.made[id(value)][1]

    def is_shared(self, captured: Captured) -> bool:
        """Whether anything but what the function sees refers to an array that it captured."""
        standing = sum(each.array is captured.array for each in list(STANDING.values()))
        known = 2 * standing - 1 + self.named(captured.array)
        if references(captured) != known:
            known += in_frames(captured.array)
        if references(captured) != known:  # what a traceback keeps of earlier calls
            known += in_dicts(captured.array, lambda names: names.get("__builtins__") is BUILTINS, self.copy)
        if references(captured) != known or not is_in_one_piece(captured):
            return True
        return any(value is captured.array for f in self.out_of_sight() for value in asked_by(f))

    def named(self, array: Any) -> int:
        """How often an array stands in the names, closures and defaults that the function reaches."""
        functions = (f for f, _ in self.made.values() if type(f) is types.FunctionType)
        by_name = (value for space in (self.real, self.copy, self.before) for value in space.values())
        return sum(value is array for value in (*by_name, *around_of(functions)))

    def function(self, f: types.FunctionType) -> types.FunctionType:
        """A plain function that sees this."""
        if id(f) in self.made:
            known: types.FunctionType = self.made[id(f)][1]
            return known
        own, deep = f.__closure__ or (), self.plan.deep
        cells = tuple(map(self.cell, own)) if deep and own else own
        twin = types.FunctionType(f.__code__, self.copy, f.__name__, f.__defaults__, cells)
        twin.__dict__ = f.__dict__  # attributes of a function are shared
        twin.__kwdefaults__ = f.__kwdefaults__
        self.made[id(f)] = f, twin
        if deep:
            for cell, before in zip(cells, own, strict=True):
                if cell is not before:  # filled now: what it holds may speak of this function
                    cell.cell_contents = self.seen_through(before.cell_contents)
            if f.__defaults__:
                twin.__defaults__ = tuple(map(self.seen_through, f.__defaults__))
        return twin

    def twin_class(self, cls: type) -> type:
        """A class whose methods see this."""
        if id(cls) in self.made:
            known: type = self.made[id(cls)][1]
            return known
        if self.objects is None:
            self.objects = weakref.WeakValueDictionary()
        bases = tuple(base if base is object else self.twin_class(base) for base in cls.__bases__)
        twin = twin_of_class(cls, bases, self.objects)
        self.made[id(cls)] = cls, twin
        fill_twin(twin, cls, self.seen_through)
        return twin

    def cell(self, cell: types.CellType) -> types.CellType:
        """A cell of a closure; in the place of one that holds what has a twin another one, not yet filled."""
        try:
            value = cell.cell_contents
        except ValueError:  # nothing yet
            return cell
        kind = type(value)
        if kind is types.FunctionType and value.__globals__ is self.real:
            return types.CellType()
        if kind is np.ndarray and self.plan.may_be_written(value):
            return types.CellType()
        if kind is type and self.plan.is_seen_into(value):
            return types.CellType()
        return types.CellType() if id(value) in self.plan.inside else cell

    def seen_through(self, value: Any) -> object:
        kind = type(value)
        if kind is types.FunctionType and value.__globals__ is self.real:
            return self.function(value)
        if kind is np.ndarray and self.plan.may_be_written(value):
            return self.array(value)
        if kind is type and self.plan.is_seen_into(value):
            return self.twin_class(value)
        return self.plan.inside.get(id(value), value)

    def demand_fresh(self) -> None:
        """Refuse what was made of values that had changed: in an array under another name, of a name out of sight."""
        for array in self.arrays:
            if array.alias.is_stale():
                names = (name for name, value in self.real.items() if value is array.alias.array)
                raise changed_elsewhere(array, next(names, "an array that the function captured"))
        if bound := {name for name in self.plan.stored if self.is_bound(name)}:
            for f in self.out_of_sight():
                if not bound.isdisjoint(names_asked(f.__code__)):
                    raise bound_out_of_sight(next(name for name in names_asked(f.__code__) if name in bound), f)

    def out_of_sight(self) -> Iterator[types.FunctionType]:
        """The functions of the module that may be called, and see it as it is."""
        return out_of_sight(self.plan.values_reached(self.real), self.real)

    def is_bound(self, name: str) -> bool:
        """Whether a global name stands for something else than it did."""
        return self.copy.get(name, NOTHING) is not self.before.get(name, NOTHING)

    def settle(self) -> None:
        """Bring to the module what the function wrote to its globals, and into the arrays that it captured."""
        if self.objects:
            given_back(self.objects)
        for array in self.arrays:
            array.alias.settle(array)
        if self.before or self.plan.stored or len(self.copy) != self.size:
            self.bind_globals()
        if self.arrays:  # which refer to this
            self.arrays.clear()
            self.made.clear()

    def bind_globals(self) -> None:
        """Bind in the module what the function bound."""
        originals: dict[int, Any] | None = None
        for name in self.may_be_bound():
            if not self.is_bound(name):
                continue
            value = self.copy.get(name, NOTHING)
            originals = originals or {id(twin): original for original, twin in self.made.values()}
            if value is NOTHING:
                self.real.pop(name, None)
            else:
                self.real[name] = originals.get(id(value), value)

    def may_be_bound(self) -> Collection[str]:
        """The names that may stand for something else than they did: to look at all takes longer than a small call."""
        if self.plan.reaches_out:
            return self.copy.keys() | self.before.keys()
        if len(self.copy) == self.size:
            return self.plan.stored
        added = {name for name in self.copy if name not in self.among}  # by whom it calls: `warnings` does this
        return self.plan.stored | added


NOTHING = object()
MANY = 256  #: names of a module, beyond which those alone are copied that its functions ask for


def seen(f: Function) -> Function:
    """The same function, which sees NumPy and math answered by the gates; what it writes to its globals is written.

    Methods, partial functions and decorated ones are seen through as far as they are plain functions of the user's.
    """
    if type(f) is not types.FunctionType:
        if isinstance(f, types.MethodType):
            inner = seen(f.__func__)
            return f if inner is f.__func__ else types.MethodType(inner, f.__self__)
        if isinstance(f, functools.partial):
            inner = seen(f.func)
            return f if inner is f.func else functools.partial(inner, *f.args, **f.keywords)
        return f
    plan = plan_of(f)
    if not plan.needed:
        return f

    def called(*args: object, **kwargs: object) -> Any:
        seeing = Seeing(f, plan)
        try:
            out = seeing.function(f)(*args, **kwargs)
            if seeing.arrays or plan.stored:
                seeing.demand_fresh()
            return out
        finally:
            seeing.settle()

    return called
