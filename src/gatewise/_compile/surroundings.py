"""What a function finds around it: globals, closures, defaults, attributes; compared at each call, or a reason not to.

A program holds for what stood there when it was recorded. All that the function's code can reach is walked once; what
is bound anywhere is compared by identity at each call, an array by its numbers, since whoever has it may write into it.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from collections.abc import Callable, Iterator
from operator import attrgetter, is_
from typing import Any

import numpy as np

from gatewise._circuit import Wire
from gatewise._errors import PACKAGE
from gatewise._gates import GATES, Carrier, Gate

MOST = 2_000  #: things around a function that are compared at each call

#: Modules whose functions give the same for the same, and write nowhere.
CALM = frozenset(
    "abc array bisect cmath collections contextlib copy dataclasses decimal enum fractions functools gatewise heapq "  # noqa: SIM905
    "itertools math numbers numpy operator scipy statistics string types typing typing_extensions "
    "builtins _operator _functools _collections_abc _abc _heapq _bisect".split()
)
#: Modules whose functions give something else at each call.
RESTLESS = frozenset(("datetime", "random", "_random", "secrets", "time", "uuid"))
#: Python's own functions that do more than compute.
DOING = frozenset("breakpoint compile eval exec globals input locals open print vars".split())  # noqa: SIM905
#: What sets how NumPy treats what overflows or is divided by zero.
SETTING = frozenset(("errstate", "geterr", "seterr", "seterrcall"))
PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic, type(Ellipsis), slice, range, np.dtype)
RANDOM = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, np.random.SeedSequence)
NUMBERS = (bool, int, float, complex, str, bytes, np.generic)
NOTHING = object()

#: Whether something still stands where it did.
Check = Callable[[], bool]


class Surroundings:
    """What the code of `f` can reach, as it is now; `reason` says what of it cannot be compared, `restless` what draws.

    `named` are (dict, name, what it stood for), which is what most of it is; `cells` and `held` what closures and
    defaults hold, `checks` the rest; `arrays` each with a copy of its numbers.
    """

    def __init__(self, f: Any) -> None:
        self.reason = self.restless = ""
        self.named: list[tuple[dict[str, Any], str, Any]] = []
        self.cells: list[tuple[types.CellType, Any]] = []
        self.held: list[tuple[Any, Callable[[Any], Any], Any]] = []
        self.checks: list[Check] = []
        self.arrays: list[tuple[np.ndarray, np.ndarray]] = []
        self.taken: set[int] = set()  # ids of arrays that a program takes as inputs
        self.known: dict[int, Any] = {}
        self.waiting: list[tuple[Any, str]] = [(f, getattr(f, "__name__", "f"))]
        self.modules: list[types.ModuleType] = []
        self.names: set[str] = set()
        self.told: set[tuple[int, str]] = set()
        while self.waiting and not self.reason and not self.restless:
            self.look(*self.waiting.pop())
            if not self.waiting:
                for module in self.modules:
                    if not self.names.isdisjoint(("getattr", "hasattr", "__dict__", "__getattribute__")):
                        self.reason = f"it may ask {module.__name__} for anything"
                    for name in self.names & vars(module).keys():
                        self.bound(vars(module), name, f"{module.__name__}.{name}")
            if len(self.known) > MOST:
                self.reason = f"it can reach more than {MOST:,} things"

    def conditions(self, named: Callable[[Any, str], str]) -> list[str]:
        """What holds while all stands as it did, as source; `named` gives the name of an object in it."""
        found = []
        for names, name, value in self.named:
            if id(value) in self.taken:
                continue
            where = f"{named(names, 'names')}[{name!r}]"
            if value is NOTHING:
                found.append(f"{name!r} not in {named(names, 'names')}")
            elif isinstance(value, NUMBERS):
                found.append(f"{named(is_unchanged, 'same')}({where}, {named(value, 'k')})")
            else:
                found.append(f"{where} is {named(value, 'k')}")
        for cell, value in self.cells:
            if id(value) in self.taken:
                continue
            where = f"{named(cell, 'cell')}.cell_contents"
            alike = f"{named(is_unchanged, 'same')}({where}, {named(value, 'k')})"
            found.append(alike if isinstance(value, NUMBERS) else f"{where} is {named(value, 'k')}")
        for x, get, value in self.held:
            found.append(f"{named(get, 'of')}({named(x, 'k')}) is {named(value, 'k')}")
        if self.checks or self.arrays:
            found.append(f"{named(self.rest_holds, 'hold')}()")
        return found

    def rest_holds(self) -> bool:
        """Whether all holds that is not bound by a name."""
        return all(check() for check in self.checks) and all(same_numbers(*pair) for pair in self.arrays)

    def hold(self) -> bool:
        """Whether all stands as it did."""
        for names, name, value in self.named:
            now = names.get(name, NOTHING)
            if now is not value and not same_number(now, value):
                return False
        around = all(is_unchanged(behind_cell(cell), value) for cell, value in self.cells)
        return around and all(get(x) is value for x, get, value in self.held) and self.rest_holds()

    def take(self, arrays: set[int]) -> None:
        """Compare no longer what is read anew at each call."""
        self.taken = arrays
        self.arrays = [pair for pair in self.arrays if id(pair[0]) not in arrays]

    def bound(self, names: dict[str, Any], name: str, label: str) -> None:
        """Note what a name stands for, and look at it."""
        if (id(names), name) not in self.told:
            self.told.add((id(names), name))
            value = names.get(name, NOTHING)
            self.named.append((names, name, value))
            self.waiting.append((value, label))

    def look(self, x: Any, label: str) -> None:
        if x is NOTHING or isinstance(x, PLAIN) or id(x) in self.known:
            return
        self.known[id(x)] = x
        if isinstance(x, RANDOM):
            self.restless = label
        elif isinstance(x, (Carrier, Wire)):
            self.reason = f"{label} is a Tensor"
        elif isinstance(x, types.ModuleType):
            self.module(x)
        elif isinstance(x, np.ndarray):
            self.array(x, label)
        elif isinstance(x, (dict, list, tuple, set, frozenset)):
            self.container(x, label)
        elif isinstance(x, (types.FunctionType, types.MethodType, functools.partial, types.BuiltinFunctionType)):
            self.callable(x, label)
        elif isinstance(x, (staticmethod, classmethod, property, functools.cached_property)):
            inside = (getattr(x, name, None) for name in ("__func__", "fget", "func"))
            self.waiting += [(each, label) for each in inside if each is not None]
        elif isinstance(x, type):
            self.kind(x, label)
        elif isinstance(x, np.ufunc):
            if x is not getattr(np, x.__name__, None) and x not in GATES:
                self.reason = f"it may call {x.__name__}, which gatewise does not see into"
        elif isinstance(x, (Gate, types.MemberDescriptorType, type(np.sum), type(np._NoValue))):
            pass
        else:
            self.instance(x, label)

    def module(self, x: types.ModuleType) -> None:
        top = x.__name__.partition(".")[0]
        if x.__name__ == "numpy.random" or top in RESTLESS:
            self.restless = x.__name__
        elif top not in CALM and (top in sys.stdlib_module_names and top != "__main__"):
            self.reason = f"it may ask {x.__name__}, which knows more than its arguments"
        elif top not in CALM:
            self.modules.append(x)

    def array(self, x: np.ndarray, label: str) -> None:
        if type(x) is not np.ndarray or x.dtype.kind not in "fiubcUSmM":
            self.reason = f"{label} is a {type(x).__name__} of {x.dtype}"
        else:
            self.arrays.append((x, np.array(x, order="K")))

    def container(self, x: Any, label: str) -> None:
        """What is in a container, and whether it is still that."""
        if isinstance(x, dict):
            parts = [*x.items()]
            self.checks.append(
                lambda: (
                    len(x) == len(parts)
                    and all(x.get(k, NOTHING) is v or (id(v) in self.taken and k in x) for k, v in parts)
                )
            )
            self.waiting += [(v, f"{label}[{k!r}]") for k, v in parts] + [(k, label) for k, _ in parts]
        elif isinstance(x, (set, frozenset)):
            inside = {*x}
            self.checks.append(lambda: len(x) == len(inside) and all(part in x for part in inside))
            self.waiting += [(part, label) for part in inside]
        else:
            entries = (*x,)
            if not isinstance(x, tuple):
                self.checks.append(
                    lambda: (
                        len(x) == len(entries)
                        and (
                            all(map(is_, x, entries)) or all(a is b or id(b) in self.taken for a, b in zip(x, entries))
                        )
                    )
                )
            self.waiting += [(part, f"{label}[{k}]") for k, part in enumerate(entries)]
        if hasattr(x, "__dict__"):
            self.container(vars(x), label)
        self.waiting.append((type(x), type(x).__name__))

    def callable(self, x: Any, label: str) -> None:
        if isinstance(x, types.MethodType):
            self.waiting += [(x.__func__, label), (x.__self__, label)]
        elif isinstance(x, functools.partial):
            self.waiting += [(x.func, label), (x.args, label), (x.keywords, label)]
        elif isinstance(x, types.BuiltinFunctionType):
            self.builtin(x, label)
        elif is_compiled(x):
            self.waiting.append((x.__wrapped__, label))
        elif is_calm(x):
            if x.__module__ is not None and x.__module__.partition(".")[0] == "gatewise":
                self.around(x, label)
        else:
            self.function(x, label)

    def builtin(self, x: types.BuiltinFunctionType, label: str) -> None:
        top = (x.__module__ or "").partition(".")[0]
        if x.__name__ in DOING and top in ("builtins", "io", "_io"):
            self.reason = f"it may call {x.__name__}"
        elif top in RESTLESS:
            self.restless = f"{top}.{x.__name__}"
        elif isinstance(x.__self__, types.ModuleType) and top not in CALM:
            self.reason = f"it may call {x.__module__}.{x.__name__}, which gatewise does not see into"
        elif x.__self__ is not None and not isinstance(x.__self__, types.ModuleType):
            self.waiting.append((x.__self__, label))

    def function(self, x: types.FunctionType, label: str) -> None:
        """A function of the user's: what its code names, and what it holds."""
        self.around(x, label)
        asked, attributes, imported, drawn = asked_by(x.__code__)
        self.names |= attributes | asked
        for name in asked:
            self.bound(x.__globals__, name, name)
            if name not in x.__globals__ and name in DOING:
                self.reason = f"it may call {name}"
        for name in imported:
            self.waiting.append((sys.modules.get(name, NOTHING), name))
            if name not in sys.modules:
                self.reason = f"it imports {name}"
        if words := SETTING & attributes:
            self.reason = f"it asks for {min(words)}, by which NumPy's errors are others"
        if x.__dict__:
            self.container(vars(x), label)
        if drawn and any(isinstance(m, types.ModuleType) and m.__name__ == "numpy" for m in self.modules_of(x)):
            self.restless = "np.random"

    def modules_of(self, x: types.FunctionType) -> Iterator[Any]:
        asked, _, imported, _ = asked_by(x.__code__)
        yield from (x.__globals__.get(name) for name in asked)
        yield from (sys.modules.get(name) for name in imported)
        yield from (cell.cell_contents for cell in x.__closure__ or () if cell != types.CellType())

    def around(self, x: types.FunctionType, label: str) -> None:
        """What a function's closure and defaults hold."""
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            if cell == types.CellType():
                self.reason = f"{name} is not bound yet"
                continue
            value = cell.cell_contents
            if not is_calm(x):  # nobody binds what one of ours holds
                self.cells.append((cell, value))
            self.waiting.append((value, name))
        for defaults in ("__defaults__", "__kwdefaults__"):
            value = getattr(x, defaults)
            if value is not None and not is_calm(x):
                self.held.append((x, attrgetter(defaults), value))
        self.waiting += [(x.__defaults__, label), (x.__kwdefaults__, label)]

    def kind(self, x: type, label: str) -> None:
        """A class: what it and those above it define."""
        top = x.__module__.partition(".")[0]
        if top in RESTLESS:
            self.restless = f"{x.__module__}.{x.__name__}"
        elif top in CALM or x.__module__ == "builtins":
            return
        elif top in sys.stdlib_module_names and top != "__main__":
            self.reason = f"it may make a {x.__module__}.{x.__name__}"
        else:
            names: Any = vars(x)
            size = len(names)
            self.checks.append(lambda: len(names) == size)
            for name in names:
                if name not in UNTOLD:
                    self.bound(names, name, f"{x.__name__}.{name}")
            self.waiting += [(base, base.__name__) for base in x.__bases__]

    def instance(self, x: Any, label: str) -> None:
        """An object of a class of the user's: its attributes, and its class."""
        kind = type(x)
        top = kind.__module__.partition(".")[0]
        slots = [name for each in kind.__mro__ for name in slot_names(each) if hasattr(x, name)]
        if top in RESTLESS:
            self.restless = label
        elif (
            top in CALM
            or top in sys.stdlib_module_names - {"__main__"}
            or not (hasattr(x, "__dict__") or slots)
            or hasattr(kind, "__array__")
            or hasattr(kind, "__next__")
        ):
            self.reason = f"{label} is a {kind.__name__}"
        else:
            self.waiting.append((kind, kind.__name__))
            self.checks.append(lambda: type(x) is kind)
            if hasattr(x, "__dict__"):
                self.container(vars(x), label)
            for name in slots:
                value = getattr(x, name)
                self.checks.append(lambda n=name, v=value: is_unchanged(getattr(x, n, NOTHING), v))  # type: ignore[misc]
                self.waiting.append((value, f"{label}.{name}"))


#: What Python keeps in every class, and changes itself.
UNTOLD = frozenset(
    "__dict__ __weakref__ __doc__ __module__ __qualname__ __abstractmethods__ _abc_impl __slots__ __annotations__ "  # noqa: SIM905
    "__dataclass_fields__ __dataclass_params__ __match_args__ __parameters__ __orig_bases__ __hash__".split()
)


def slot_names(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def is_calm(f: types.FunctionType) -> bool:
    """Whether a function is one of the library's, which are known."""
    if f.__code__.co_filename.startswith(PACKAGE):
        return True
    top = str(f.__globals__.get("__name__", "")).partition(".")[0]
    return top in CALM and top != "gatewise"


def is_compiled(f: Any) -> bool:
    """Whether a function is one that `gw.compile` made, of the function that it wraps."""
    return isinstance(f, types.FunctionType) and f.__code__.co_filename == COMPILED


COMPILED = f"{PACKAGE}compiled"  #: the file of compiled code, whose lines are not the user's in messages


@functools.lru_cache(4096)
def asked_by(code: types.CodeType) -> tuple[frozenset[str], frozenset[str], frozenset[str], bool]:
    """The global names that code asks for, its attributes, the modules it imports; whether it says `.random`."""
    asked, imported = set(), set()
    attributes = set(code.co_names)
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"):
            asked.add(each.argval)
        elif each.opname == "IMPORT_NAME":
            imported.add(each.argval)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            more = asked_by(inner)
            asked |= more[0]
            attributes |= more[1]
            imported |= more[2]
    return frozenset(asked), frozenset(attributes), frozenset(imported), "random" in attributes


def behind_cell(cell: types.CellType) -> Any:
    return NOTHING if cell == types.CellType() else cell.cell_contents


def is_unchanged(now: Any, then: Any) -> bool:
    return now is then or same_number(now, then)


def same_number(now: Any, then: Any) -> bool:
    """Whether two names stand for equal plain values of one type; 0.0 is not -0.0."""
    if type(now) is not type(then) or not isinstance(now, NUMBERS):
        return False
    return bool(now == then) and (
        not isinstance(now, (float, np.floating)) or bool(np.signbit(now) == np.signbit(then))
    )


def same_numbers(array: np.ndarray, copy: np.ndarray) -> bool:
    """Whether an array holds what it did, to the bit where that matters: NaN is NaN, 0.0 is not -0.0."""
    if array.shape != copy.shape or array.dtype != copy.dtype or array.strides != copy.strides:
        return array.shape == copy.shape and array.dtype == copy.dtype and array.tobytes() == copy.tobytes()
    if array.flags.c_contiguous:
        return bool((array.reshape(-1).view(np.uint8) == copy.reshape(-1).view(np.uint8)).all())
    return array.tobytes() == copy.tobytes()
