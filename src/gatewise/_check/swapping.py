"""The code of the user with other statements in it: what it makes is heard, or a line is another one, while it runs."""

from __future__ import annotations

import ast
import linecache
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from gatewise._callables import held_around, names_around, parts_behind
from gatewise._check.definitions import compiled, definition_of, swapped
from gatewise._check.hearing import HOOK, Event, Listener
from gatewise._check.trees import replaced
from gatewise._types import Named

T = TypeVar("T")

CHOICE = "__gatewise_choice__"

MANY = 300  #: functions that are listened to
OWN = Path(__file__).resolve().parent.parent
LIBRARIES = tuple({str(Path(p).resolve()) for p in (sys.prefix, sys.base_prefix)})

Remake = Callable[[list[ast.stmt], str], list[ast.stmt]]  #: another body of a function, by its own and its name
Codes = Sequence[tuple[types.FunctionType, types.CodeType]]


class Code(ABC):
    """The statements of a program, which can be heard while it runs, and be others."""

    @abstractmethod
    def made(self, remake: Remake, of: ast.stmt | None = None) -> Any:
        """The code with other bodies in the place of all, or of that one which has a statement."""

    @abstractmethod
    def inside(self, made: object, names: Mapping[str, object]) -> AbstractContextManager[None]:
        """Inside, that code runs, and finds these names."""

    def running(
        self, remake: Remake, names: Mapping[str, object], of: ast.stmt | None = None
    ) -> AbstractContextManager[None]:
        """Inside, other bodies run, and find these names."""
        return self.inside(self.made(remake, of), names)

    @abstractmethod
    def listening(self, listener: Listener) -> AbstractContextManager[None]:
        """Inside, all that the statements make is heard."""

    @abstractmethod
    def space(self, s: ast.stmt) -> Named:
        """The names around a statement that are not its function's own."""

    @abstractmethod
    def text(self, s: ast.stmt | ast.expr) -> str:
        """The first line of a statement, or of a part of one, as the user wrote it."""

    def heard(
        self, run: Callable[[], T], instead: Mapping[int, object], statement: tuple[ast.stmt, ast.stmt] | None = None
    ) -> tuple[T, list[Event]]:
        """What a run gives, and every value on the way; with another statement in the place of one, where asked."""
        if statement is None:
            self.listener.start(instead)
            with self.listening(self.listener):
                return run(), self.listener.events
        listener = Listener()
        listener.start(instead)

        def remade(body: list[ast.stmt], name: str) -> list[ast.stmt]:
            return listener.listened([replaced(b, *statement) for b in body], name)

        with self.running(remade, {HOOK: listener.hear}, statement[0]):
            return run(), listener.events

    def run_with(self, run: Callable[[], T], instead: Mapping[int, object]) -> T:
        """What a run gives with other values in the place of some; nothing that it makes on the way is kept."""
        self.listener.start(instead, keeps=False)
        with self.listening(self.listener):
            return run()

    def with_statement(
        self, s: ast.stmt, instead: ast.stmt, names: Mapping[str, object] | None = None
    ) -> AbstractContextManager[None]:
        """Inside, another statement runs in the place of one."""
        return self.running(lambda body, _: [replaced(b, s, instead) for b in body], names or {}, s)

    def with_one_of(self, s: ast.stmt, choices: Sequence[ast.stmt]) -> Callable[[int], AbstractContextManager[None]]:
        """Inside, that one of some statements runs in the place of one: all are compiled once."""
        made = self.made(lambda body, _: [replaced(b, s, chosen(choices)) for b in body], s)
        return lambda k: self.inside(made, {CHOICE: k})

    @cached_property
    def listener(self) -> Listener:
        return Listener()


class Functions(Code):
    """The functions of the user that some callables lead to."""

    def __init__(self, start: Iterable[object]) -> None:
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

    def made(self, remake: Remake, of: ast.stmt | None = None) -> Any:
        nodes = self.nodes if of is None else [self.holder(of)]
        codes = [(f, compiled(node, remake(node.body, node.name), f.__code__)) for f, node in nodes]
        return [(f, code) for f, code in codes if code is not None]

    def inside(self, made: Any, names: Mapping[str, object]) -> AbstractContextManager[None]:
        return swapped(made, names)

    def listening(self, listener: Listener) -> AbstractContextManager[None]:
        return swapped(self.codes, {HOOK: listener.hear})

    def holder(self, s: ast.AST) -> tuple[types.FunctionType, ast.FunctionDef]:
        """The function that a statement stands in, the innermost one that was found."""
        return next((f, n) for f, n in self.nodes if any(each is s for each in ast.walk(n)))

    def space(self, s: ast.stmt) -> Named:
        return names_around(self.holder(s)[0])

    def text(self, s: ast.stmt | ast.expr) -> str:
        return linecache.getline(self.holder(s)[0].__code__.co_filename, s.lineno).strip()


def chosen(choices: Sequence[ast.stmt], first: int = 0) -> ast.stmt:
    """A statement that runs that one of some whose number is the choice."""
    if len(choices) == 1:
        return choices[0]
    half = len(choices) // 2
    is_before = ast.Compare(ast.Name(CHOICE, ast.Load()), [ast.Lt()], [ast.Constant(first + half)])
    return ast.If(is_before, [chosen(choices[:half], first)], [chosen(choices[half:], first + half)])


def users_functions(start: Iterable[object]) -> list[types.FunctionType]:
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
            waiting += held_around(each)
    return list(found.values())


def behind(x: object) -> list[Any]:
    """The callables that stand behind one: what it is put together of, what a class or a module of the user's holds."""
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
    return [*parts_behind(x), *([type(x)] if hasattr(x, "__dict__") else [])]


def is_users(f: types.FunctionType) -> bool:
    return is_users_file(f.__code__.co_filename)


def is_users_file(name: str | None) -> bool:
    if not name or name.startswith(("<gatewise", "<frozen")):
        return False
    if name.startswith("<"):  # a cell of a notebook, text that was executed
        return bool(linecache.getlines(name))
    path = str(Path(name).resolve())
    return not path.startswith((*LIBRARIES, f"{OWN}/"))


def attributes(node: ast.AST) -> set[str]:
    return {e.attr for e in ast.walk(node) if isinstance(e, ast.Attribute)} | {
        e.id for e in ast.walk(node) if isinstance(e, ast.Name)
    }
