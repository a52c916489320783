"""What a function and those it reaches may ask for by name, and what of it is answered otherwise."""

from __future__ import annotations

import dis
import functools
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from gatewise._callables import held_around
from gatewise._twins.classes import TELL_CLASSES_APART, functions_of, is_seen_into
from gatewise._twins.modules import BUILTINS, twin_of, twins_among


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from codes_in(each)


def once(function: Callable[[types.CodeType], object]) -> Callable[[types.CodeType], Any]:
    """A function of code objects, asked once for each of them, which it does not keep alive."""
    known: weakref.WeakKeyDictionary[types.CodeType, Any] = weakref.WeakKeyDictionary()

    @functools.wraps(function)
    def asked(code: types.CodeType) -> Any:
        found = known.get(code)
        if found is None:
            found = known[code] = function(code)
        return found

    return asked


@once
def names_asked(code: types.CodeType) -> tuple[str, ...]:
    """The global names that a function may ask for, and the attributes; whether it imports."""
    return tuple(dict.fromkeys(name for each in codes_in(code) for name in each.co_names))


@once
def imports(code: types.CodeType) -> bool:
    """Whether a function imports NumPy, SciPy or math in its body."""
    wanted = {"numpy", "scipy", "math"}
    return any(name.partition(".")[0] in wanted for name in names_asked(code))


@once
def writes(code: types.CodeType) -> bool:
    """Whether a function may write into an array."""
    return any(
        each.opname in ("STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR")
        or (each.opname == "BINARY_OP" and each.argrepr.endswith("="))
        or each.argval in WRITING
        for inner in codes_in(code)
        for each in dis.get_instructions(inner)
        if isinstance(each.argval, (str, int, type(None)))
    )


@once
def stored(code: types.CodeType) -> tuple[str, ...]:
    """The global names that a function, or one inside it, binds or deletes."""
    found = (each for inner in codes_in(code) for each in dis.get_instructions(inner))
    return tuple(dict.fromkeys(each.argval for each in found if each.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")))


@once
def names_a_way_out(code: types.CodeType) -> bool:
    """Whether a function names, or has as a text, what leads to all global names."""
    words = (word for each in codes_in(code) for word in (*each.co_names, *each.co_consts))
    return not WAYS_OUT.isdisjoint(word for word in words if type(word) is str)


@once
def tells_classes_apart(code: types.CodeType) -> bool:
    """Whether a function may tell an object's class from its twin; what a dataclass was given does not."""
    is_given = code.co_filename == "<string>" and code.co_name.startswith("__")
    return not is_given and not TELL_CLASSES_APART.isdisjoint(names_asked(code))


WAYS_OUT = frozenset(("exec", "eval", "globals", "vars", "__globals__", "f_globals"))


def is_way_out(f: types.FunctionType) -> bool:
    """Whether a function may ask for any global name, and bind it: `exec` may be there under another name, too."""
    around = (*map(f.__globals__.get, names_asked(f.__code__)), *held(f))
    return names_a_way_out(f.__code__) or not WAYS_OUT_THEMSELVES.isdisjoint(map(id, around))


WAYS_OUT_THEMSELVES = frozenset(id(BUILTINS[name]) for name in WAYS_OUT & BUILTINS.keys())

WRITING = frozenset(
    "out fill sort partition put copyto place putmask fill_diagonal put_along_axis at "  # noqa: SIM905
    "iadd isub imul itruediv ipow setitem __setitem__".split()
)


def is_users(value: object, names: Mapping[str, object]) -> bool:
    """Whether a value is a plain function of the same module."""
    return type(value) is types.FunctionType and value.__globals__ is names


def functions_reached(f: types.FunctionType) -> Iterator[types.FunctionType]:
    """A function, and the plain ones of its module that it may call: by name, from closures, defaults or classes."""
    waiting, known = [f], {id(f)}
    while waiting:
        each = waiting.pop()
        yield each
        around = [each.__globals__.get(name) for name in names_asked(each.__code__)]
        for other in (*around, *held(each)):
            for found in functions_of(other) if is_seen_into(other, f.__globals__) else (other,):
                if is_users(found, f.__globals__) and id(found) not in known:
                    known.add(id(found))
                    waiting.append(found)


def held(f: types.FunctionType) -> list[Any]:
    """What a function's closure and its defaults hold."""
    return [*(f.__defaults__ or ()), *held_around(f)]


class Plan:
    """What of the names that a function and those it reaches may ask for is answered otherwise.

    `names` are all of them and `known` what they stood for when this was made; `instead` has what those that have a
    twin are answered by, `functions` the plain ones of the module, `arrays` those that may be written into. `deep` says
    that there are such in closures and defaults, too, of which `inside` has the twins by the id of the original. With
    `reaches_out` they may ask for any global name and bind it; else what they, and Python for them, may ask for is in
    `asked`, what they may bind in `stored`.
    """

    def __init__(self, f: types.FunctionType) -> None:
        reached = list(functions_reached(f))
        codes = [each.__code__ for each in reached]
        self.reaches_out = any(map(is_way_out, reached))
        known = {name: f.__globals__.get(name) for code in codes for name in names_asked(code)}
        self.reached = [(weakref.ref(each), each.__code__) for each in reached]
        around = [value for each in reached for value in held(each)]
        self.around = list(map(id, around))
        self.writing = any(map(writes, codes))
        twins = twins_among(f.__globals__ if self.reaches_out else known)
        self.instead = {**twins, "__builtins__": BUILTINS}
        self.functions = [name for name, value in known.items() if is_users(value, f.__globals__)]
        told_apart = any(tells_classes_apart(code) for code in codes)
        self.apart = [] if told_apart else classes_among((*known.values(), *around), f.__globals__)
        self.seen_into = {id(ref()) for ref, _ in self.apart}
        self.classes = [name for name, value in known.items() if self.is_seen_into(value)]
        self.arrays = [name for name, value in known.items() if self.may_be_written(value)]
        self.inside = {id(value): twin for value in around if (twin := twin_of(value)) is not None}
        needed = bool(self.inside) or any(map(self.may_be_written, around))
        self.deep = needed or any(is_users(value, f.__globals__) or self.is_seen_into(value) for value in around)
        needed = needed or bool(twins or self.arrays) or any(map(imports, codes))
        known |= {name: f.__globals__[name] for name in twins}
        self.names, self.known = tuple(known), list(map(id, known.values()))  # no plan keeps a function alive
        self.asked = frozenset((*self.names, *OF_MODULES))
        self.installed = is_installed(f.__code__.co_filename, f.__module__)
        self.needed = needed and not self.installed
        self.stored = {name for code in codes for name in stored(code)}

    def is_seen_into(self, value: object) -> bool:
        """Whether a value is a class that has a twin."""
        return type(value) is type and id(value) in self.seen_into

    def may_be_written(self, value: object) -> bool:
        """Whether a value is an array that the function captured, and may write into or into copies of."""
        return self.writing and type(value) is np.ndarray and value.dtype.kind == "f" and value.flags.writeable

    def values_reached(self, names: Mapping[str, object]) -> Iterator[Any]:
        """What its functions may ask for by name, from closures and from defaults; not what it sees into."""
        around = (value for ref, _ in self.reached if (f := ref()) is not None for value in held(f))
        return (value for value in (*map(names.get, self.names), *around) if not self.is_seen_into(value))

    def holds(self, f: types.FunctionType) -> bool:
        """Whether every name stands for what it stood for, and the closures for what they did: it reaches the same."""
        if list(map(id, map(f.__globals__.get, self.names))) != self.known:
            return False
        around: list[int] = []
        for ref, code in self.reached:
            each = ref()
            if each is None or each.__code__ is not code:
                return False
            if each.__closure__ or each.__defaults__:
                around.extend(map(id, held(each)))
        if around != self.around:
            return False
        return not self.apart or all(holding(ref()) == held for ref, held in self.apart)


def holding(value: object) -> list[int]:
    """What a class holds now, by id; nothing where it is gone."""
    return [] if value is None else list(map(id, vars(value).values()))


def classes_among(values: Iterable[Any], names: Mapping[str, object]) -> list[tuple[weakref.ref[type], list[int]]]:
    """The classes among these that are seen into, with their bases, and what each holds now."""
    found = {id(cls): cls for x in values if is_seen_into(x, names) for cls in x.__mro__[:-1]}
    return [(weakref.ref(cls), holding(cls)) for cls in found.values()]


#: What Python itself asks for in the globals of a function: to import, to warn, to name a class.
OF_MODULES = (
    "__annotations__", "__builtins__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__path__",
    "__spec__", "__warningregistry__",
)  # fmt: skip


@functools.cache
def is_installed(file: str, module: str | None) -> bool:
    """Whether a function is an installed package's: its names are its own."""
    return "site-packages" in file or (module or "").partition(".")[0] in ("gatewise", "numpy", "scipy")


PLANS: weakref.WeakKeyDictionary[Any, Plan] = weakref.WeakKeyDictionary()


def plan_of(f: types.FunctionType) -> Plan:
    plan = PLANS.get(f)
    if plan is None or not (plan.installed or plan.holds(f)):
        plan = PLANS[f] = Plan(f)
    return plan
