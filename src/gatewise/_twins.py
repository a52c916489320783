"""NumPy's and math's names, answered by the gates: for the functions that derivatives are taken of.

A twin does on plain values exactly what the original does, and hands Tensors to gates. What a function sees around it
is replaced by identity of the object, in a copy of its globals: nothing global is changed.
"""

from __future__ import annotations

import dis
import functools
import math
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from operator import is_
from typing import Any

import numpy as np

from gatewise._build import importing
from gatewise._circuit import lent
from gatewise._gates import GATES, Gate
from gatewise._tensor import STOPPED, UNHURRIED, Tensor, apply, apply1, apply2, gathered, has_tensor, whole_number

# ------------------------------------------------------------------------------------------- lists with Tensors in them


def in_lists(args: Any) -> bool:
    return any(type(x) in (list, tuple) and has_tensor(x) for x in args)


#: Functions that take a list of arrays: what stands in it is gathered, each by itself.
TAKE_LISTS = {
    np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack, np.select, np.choose,
    np.linalg.multi_dot, np.lexsort,
}  # fmt: skip

#: Functions that look into nested lists themselves.
TAKE_NESTED_LISTS = {np.block, np.piecewise, np.histogramdd, np.ix_}


def each_gathered(x: Any) -> Any:
    """A list with each of its parts as one Tensor."""
    return type(x)(map(gathered, x)) if type(x) in (list, tuple) else x


def of_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that takes lists of Tensors where it takes arrays."""
    gather = each_gathered if function in TAKE_LISTS else gathered

    @functools.wraps(function, updated=())
    def twin(*args: Any, **kwargs: Any) -> Any:
        if in_lists(args) or (kwargs and in_lists(kwargs.values())):
            args = tuple(map(gather, args))
            kwargs = {name: gather(x) for name, x in kwargs.items()}
        return function(*args, **kwargs)

    return twin


def of_one(ufunc: np.ufunc, gate: Gate) -> Callable[..., Any]:
    """A ufunc of one operand: a Tensor goes to its gate at once, without NumPy's way around."""

    @functools.wraps(ufunc, updated=())
    def twin(x: Any, /, *args: Any, **kwargs: Any) -> Any:
        if type(x) is Tensor and not args and not kwargs:
            return apply1(gate, ufunc, x)
        if type(x) in (list, tuple):
            x = gathered(x)
        return ufunc(x, *args, **kwargs)

    return twin


def of_two(ufunc: np.ufunc, gate: Gate) -> Callable[..., Any]:
    """A ufunc of two operands, likewise."""

    @functools.wraps(ufunc, updated=())
    def twin(x: Any, y: Any, /, *args: Any, **kwargs: Any) -> Any:
        if (type(x) is Tensor or type(y) is Tensor) and not args and not kwargs:
            return apply2(gate, ufunc, gathered(x), gathered(y))
        if type(x) in (list, tuple) or type(y) in (list, tuple):
            x, y = gathered(x), gathered(y)
        return ufunc(x, y, *args, **kwargs)

    return twin


def of_ufunc(ufunc: np.ufunc) -> Callable[..., Any]:
    """A ufunc that takes lists of Tensors; its other ways and facts are its own."""
    gate = GATES.get(ufunc)
    direct = gate is not None and gate not in UNHURRIED and ufunc.nin <= 2
    twin = (of_one, of_two)[ufunc.nin - 1](ufunc, gate) if direct and gate is not None else of_lists(ufunc)
    for name in ("reduce", "accumulate", "outer", "at", "reduceat"):
        setattr(twin, name, of_lists(getattr(ufunc, name)))
    for name in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature"):
        setattr(twin, name, getattr(ufunc, name))
    return twin


# ------------------------------------------------------------------------------------------------------- making arrays


def buffer(array: Any) -> Any:
    """A new array as a Tensor where a derivative is being taken: Tensors may be written into it."""
    if not lent.taking or type(array) is not np.ndarray or array.dtype.kind not in "fc":
        return array
    return Tensor(array, STOPPED)


def makes(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that makes an array of numbers."""

    @functools.wraps(function, updated=())
    def twin(*args: Any, **kwargs: Any) -> Any:
        return buffer(function(*args, **kwargs))

    return twin


def filled(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    fill_value = gathered(fill_value)
    if type(fill_value) is not Tensor:
        return buffer(np.full(shape, fill_value, dtype, **options))
    whole = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    made = np.copy(np.broadcast_to(fill_value, whole))
    return made if dtype is None else made.astype(dtype)


def of_array(function: Callable[..., Any], copies: bool) -> Callable[..., Any]:
    """`np.array` and its like."""

    @functools.wraps(function, updated=())
    def twin(a: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        copy = kwargs.get("copy", copies)
        made = gathered(a) if dtype is None or np.dtype(dtype) != object else a
        if type(made) is not Tensor or (dtype is not None and np.dtype(dtype) == object):
            return buffer(function(a, dtype, *args, **kwargs))
        if dtype is not None and np.dtype(dtype) != made.dtype:
            made = made.astype(dtype)
        elif not np.shape(made.value):
            made = np.reshape(made, ())
        elif made is a and copy:
            made = np.copy(made)
        least = kwargs.get("ndmin", 0)
        return made if least <= made.ndim else np.reshape(made, (1,) * (least - made.ndim) + made.shape)

    return twin


def even_steps(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, **options: Any
) -> Any:
    if type(start) is not Tensor and type(stop) is not Tensor:
        plainly: Any = np.linspace
        return buffer(plainly(start, stop, num, endpoint, retstep, **options))
    count = int(num)
    step = (stop - start) / (count - 1 if endpoint else count)
    row = np.reshape(np.arange(count), (count,) + (1,) * max(np.ndim(start), np.ndim(stop)))
    made = row * step + start
    if endpoint and count > 1:
        made = np.concatenate([made[:-1], np.expand_dims(stop + 0 * made[0], 0)])
    return (made, step) if retstep else made


def counted(*args: Any, **options: Any) -> Any:
    args = tuple(x.__index__() if type(x) is Tensor and whole_number(x) is not None else x for x in args)
    if not any(type(x) is Tensor and x.dtype.kind == "f" for x in args):
        return buffer(np.arange(*args, **options))
    start, stop, step = args if len(args) == 3 else (*args, 1) if len(args) == 2 else (0, *args, 1)
    bare = [x.item() if type(x) is Tensor else x for x in (start, stop, step)]
    return start + step * np.arange(len(np.arange(*bare)), dtype=float)


class Rows:
    """`np.r_` and `np.c_` of Tensors."""

    def __init__(self, original: Any, columns: bool) -> None:
        self.original, self.columns = original, columns

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not any(map(has_tensor, parts)):
            return buffer(self.original[key])
        if any(isinstance(part, str) for part in parts):
            return self.original[key]
        arrays = [np.r_[part] if isinstance(part, slice) else gathered(part) for part in parts]
        if self.columns:
            return np.concatenate([x if np.ndim(x) > 1 else np.reshape(x, (-1, 1)) for x in arrays], axis=-1)
        return np.concatenate([x if np.ndim(x) else np.reshape(x, (1,)) for x in arrays])


class Entrywise:
    """`np.vectorize` of a function of numbers, on Tensors too."""

    def __init__(self, pyfunc: Any, *args: Any, **options: Any) -> None:
        self.pyfunc, self.plain = pyfunc, np.vectorize(pyfunc, *args, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not any(map(has_tensor, args)) or kwargs:
            return self.plain(*args, **kwargs)
        whole = np.broadcast_arrays(*map(gathered, args))
        shape = np.shape(whole[0])
        found = [self.pyfunc(*(x[place] for x in whole)) for place in np.ndindex(shape)]
        if not has_tensor(found):
            return np.reshape(np.array(found), shape)
        return np.reshape(np.stack(found), shape)


MAKERS: dict[Any, Any] = {
    **{f: makes(f) for f in (np.zeros, np.empty, np.ones, np.eye, np.identity, np.logspace, np.geomspace, np.tri,
                             np.fromiter, np.fromfunction, np.zeros_like, np.ones_like, np.empty_like)},
    np.full: functools.wraps(np.full)(filled),
    np.array: of_array(np.array, True),
    np.asarray: of_array(np.asarray, False),
    np.asanyarray: of_array(np.asanyarray, False),
    np.ascontiguousarray: of_array(np.ascontiguousarray, False),
    np.asfortranarray: of_array(np.asfortranarray, False),
    np.linspace: functools.wraps(np.linspace)(even_steps),
    np.arange: functools.wraps(np.arange, assigned=("__name__",))(counted),
}  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------- math

MATH_NAMES = {
    "fabs": "absolute",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "pow": "power",
}


class MathGate:
    """A function of `math` that takes Tensors too: on floats it is math's own, to the bit."""

    def __init__(self, function: Callable[..., Any], gate: Gate) -> None:
        self.function, self.gate, self.__name__ = function, gate, function.__name__

    def __call__(self, *args: Any) -> Any:
        if not any(type(x) is Tensor for x in args):
            return self.function(*args)
        if any(np.shape(x.value if type(x) is Tensor else x) for x in args):
            return self.gate(*args)  # math itself would refuse an array; the gate is what was meant
        return apply(self.gate, self.function, args, {})


def math_gate(function: Any) -> Any:
    """The Tensor-taking twin of one of math's functions; anything else as it is."""
    ufunc = getattr(np, MATH_NAMES.get(function.__name__, function.__name__), None)
    if isinstance(ufunc, np.ufunc) and ufunc in GATES and function is not math.floor:
        return MathGate(function, GATES[ufunc])
    return IN_GATES.get(function, function)


def math_of(body: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `math` that has no gate: on Tensors it is `body`."""

    @functools.wraps(function)
    def twin(*args: Any, **kwargs: Any) -> Any:
        if any(map(has_tensor, args)):
            return body(*args, **kwargs)
        return function(*args, **kwargs)

    return twin


def whole(t: Any, rounded: Callable[[Any], Any]) -> Any:
    """A number as the whole one below it, above it, ...: Python counts by it."""
    return rounded(t.item() if type(t) is Tensor else t)


IN_GATES: dict[Any, Callable[..., Any]] = {
    math.floor: math_of(lambda t: whole(t, math.floor), math.floor),
    math.ceil: math_of(lambda t: whole(t, math.ceil), math.ceil),
    math.trunc: math_of(lambda t: whole(t, math.trunc), math.trunc),
    math.fsum: math_of(lambda xs: np.sum(gathered(list(xs))), math.fsum),
    math.prod: math_of(lambda xs, start=1: np.prod(gathered(list(xs))) * start, math.prod),
    math.hypot: math_of(lambda *xs: np.linalg.norm(gathered(list(xs))), math.hypot),
    math.dist: math_of(lambda p, q: np.linalg.norm(gathered(p) - gathered(q)), math.dist),
    math.log: math_of(lambda x, base=math.e: np.log(x) / np.log(base) if base is not math.e else np.log(x), math.log),
    math.isclose: math_of(lambda a, b, **k: math.isclose(plain(a), plain(b), **k), math.isclose),
}  # fmt: skip


def plain(x: Any) -> Any:
    return x.item() if type(x) is Tensor else x


# ------------------------------------------------------------------------------------------------------------- modules


class Twin(types.ModuleType):
    """A module of NumPy's, or `math`, with the twins of its functions in their places."""

    def __init__(self, original: types.ModuleType) -> None:
        super().__init__(original.__name__, original.__doc__)
        vars(self).update(vars(original))
        self.original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


@functools.cache
def twin_of_module(module: types.ModuleType) -> Twin:
    """The twin of `numpy`, of one of its modules, or of `math`."""
    twin = Twin(module)
    for name, value in list(vars(module).items()):
        if (other := twin_of(value)) is not None:
            setattr(twin, name, other)
    return twin


NUMPYS = (np, np.linalg, np.fft)
MODULES = {*NUMPYS, math}

TWINS: dict[int, tuple[Any, Any]] = {}  #: by id: an object and its twin


def twin_of(value: Any) -> Any:
    """What takes the place of a value in what a function sees; None where nothing does."""
    if isinstance(value, types.ModuleType):
        return twin_of_module(value) if value in MODULES else None
    found = TWINS.get(id(value))
    return found[1] if found is not None and found[0] is value else None


def _learn() -> None:
    for module in NUMPYS:
        for value in list(vars(module).values()):
            if isinstance(value, np.ufunc):
                TWINS[id(value)] = value, of_ufunc(value)
            elif hasattr(value, "_implementation") and value not in TAKE_NESTED_LISTS:
                TWINS[id(value)] = value, of_lists(value)
    for original, twin in MAKERS.items():
        TWINS[id(original)] = original, twin
    TWINS[id(np.r_)], TWINS[id(np.c_)] = (np.r_, Rows(np.r_, False)), (np.c_, Rows(np.c_, True))
    TWINS[id(np.vectorize)] = np.vectorize, Entrywise
    for value in vars(math).values():
        if isinstance(value, types.BuiltinFunctionType) and math_gate(value) is not value:
            TWINS[id(value)] = value, math_gate(value)


_learn()


MATH_TWIN = twin_of_module(math)


def twins_among(names: Mapping[str, Any]) -> dict[str, Any]:
    """What takes the place of those of these names that have a twin."""
    return {name: twin for name, value in names.items() if (twin := twin_of(value)) is not None}


BUILTINS = importing(twin_of)  #: what a function finds there: `import` in its body is answered, too

# ----------------------------------------------------------------------------------------------------------- functions


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from codes_in(each)


def once(function: Callable[[types.CodeType], Any]) -> Callable[[types.CodeType], Any]:
    """A function of code objects, asked once for each of them, which it does not keep alive."""
    known: weakref.WeakKeyDictionary[types.CodeType, Any] = weakref.WeakKeyDictionary()

    @functools.wraps(function)
    def asked(code: types.CodeType) -> Any:
        if code not in known:
            known[code] = function(code)
        return known[code]

    return asked


@once
def names_in(code: types.CodeType) -> tuple[str, ...]:
    """The global names that a function may ask for, and the attributes; whether it imports."""
    return tuple(dict.fromkeys(name for each in codes_in(code) for name in each.co_names))


@once
def imports(code: types.CodeType) -> bool:
    """Whether a function imports NumPy or math in its body."""
    wanted = {"numpy", "math"}
    return any(name.partition(".")[0] in wanted for name in names_in(code))


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


WRITING = frozenset(
    ("out", "fill", "sort", "put", "copyto", "place", "putmask", "fill_diagonal", "put_along_axis", "at")
)


def is_users(value: Any, names: Mapping[str, Any]) -> bool:
    """Whether a value is a plain function of the same module."""
    return type(value) is types.FunctionType and value.__globals__ is names


class Plan:
    """What of the names that a function and those it reaches may ask for is answered otherwise.

    `names` are all of them with what they stood for when this was made; `twins` those that have a twin, `functions` the
    plain ones of the module, `arrays` those that may be written into. The first of `functions` is the function itself.
    """

    def __init__(self, f: types.FunctionType) -> None:
        reached = list(functions_reached(f))
        known = {name: f.__globals__.get(name) for each in reached for name in names_in(each.__code__)}
        self.names = [(name, id(value)) for name, value in known.items()]  # no plan keeps a function alive
        self.around = [id(value) for each in reached for value in held(each)]
        self.writing = any(writes(each.__code__) for each in reached)
        self.twins = {name: twin for name, value in known.items() if (twin := twin_of(value)) is not None}
        self.functions = [name for name, value in known.items() if is_users(value, f.__globals__)]
        self.arrays = [name for name, value in known.items() if self.may_be_written(value)]
        around = [value for each in reached for value in held(each)]
        deep = any(twin_of(value) is not None or self.may_be_written(value) for value in around)
        self.needed = bool(self.twins or self.arrays or deep or any(imports(each.__code__) for each in reached))

    def may_be_written(self, value: Any) -> bool:
        """Whether a value is an array that the function captured, and may write into or into copies of."""
        return self.writing and type(value) is np.ndarray and value.dtype.kind == "f" and value.flags.writeable

    def holds(self, f: types.FunctionType) -> bool:
        """Whether every name stands for what it stood for, and the closure for what it did."""
        get = f.__globals__.get
        for name, known in self.names:
            if id(get(name)) != known:
                return False
        return not self.around or self.around == [id(x) for each in functions_reached(f) for x in held(each)]


PLANS: weakref.WeakKeyDictionary[Any, Plan] = weakref.WeakKeyDictionary()


def plan_of(f: types.FunctionType) -> Plan:
    plan = PLANS.get(f)
    if plan is None or not plan.holds(f):
        plan = PLANS[f] = Plan(f)
    return plan


class Seeing:
    """What the functions of one module see during one call: a copy of its globals, and what changed there."""

    def __init__(self, f: types.FunctionType, plan: Plan) -> None:
        self.real, self.plan = f.__globals__, plan
        self.copy = copy = dict(self.real)
        copy["__builtins__"] = BUILTINS
        copy.update(plan.twins)
        self.made: dict[int, tuple[Any, Any]] = {}  # by id: what was put in another's place
        self.given: dict[int, Any] = {}  # the memory of those that stand for captured arrays
        for name in plan.functions:
            copy[name] = self.function(copy[name])
        for name in plan.arrays:
            copy[name] = self.array(copy[name])
        self.before = dict(copy)

    def array(self, value: Any) -> Any:
        """A captured array as the Tensor that the function sees, in memory of its own."""
        if id(value) not in self.made:
            self.made[id(value)] = value, Tensor(np.array(value, order="K"), STOPPED)
            self.given[id(value)] = self.made[id(value)][1].value
        return self.made[id(value)][1]

    def function(self, f: types.FunctionType) -> types.FunctionType:
        """A plain function that sees this."""
        if id(f) in self.made:
            return self.made[id(f)][1]  # type: ignore[no-any-return]
        twin = types.FunctionType(f.__code__, self.copy, f.__name__, f.__defaults__, f.__closure__)
        twin.__dict__ = f.__dict__  # attributes of a function are shared
        twin.__kwdefaults__ = f.__kwdefaults__
        self.made[id(f)] = f, twin
        if f.__closure__:
            cells = tuple(map(self.cell, f.__closure__))
            if any(a is not b for a, b in zip(cells, f.__closure__, strict=True)):
                whole = types.FunctionType(f.__code__, self.copy, f.__name__, f.__defaults__, cells)
                whole.__dict__, whole.__kwdefaults__ = f.__dict__, f.__kwdefaults__
                for cell in cells:
                    if cell != types.CellType() and cell.cell_contents is twin:  # it speaks of itself
                        cell.cell_contents = whole
                twin = whole
                self.made[id(f)] = f, twin
        if f.__defaults__ and any(self.seen_through(x) is not x for x in f.__defaults__):
            twin.__defaults__ = tuple(map(self.seen_through, f.__defaults__))
        return twin

    def cell(self, cell: types.CellType) -> types.CellType:
        """A cell of a closure; one that holds what has a twin is another one."""
        try:
            value = cell.cell_contents
        except ValueError:
            return cell
        other = self.seen_through(value)
        return cell if other is value else types.CellType(other)

    def seen_through(self, value: Any) -> Any:
        if is_users(value, self.real):
            return self.function(value)
        if self.plan.may_be_written(value):
            return self.array(value)
        twin = twin_of(value)
        return value if twin is None else twin

    def settle(self) -> None:
        """Bring to the module what the function wrote to its globals, and into the arrays that it captured."""
        for place, memory in self.given.items():
            original, stands = self.made[place]
            if stands.value is not memory:
                original[...] = stands.value
        if len(self.copy) == len(self.before) and all(map(is_, self.copy.values(), self.before.values())):
            return
        originals = {id(twin): original for original, twin in self.made.values()}
        for name, value in self.copy.items():
            if name != "__builtins__" and self.before.get(name, self) is not value:
                self.real[name] = originals.get(id(value), value)
        for name in self.before.keys() - self.copy.keys():
            self.real.pop(name, None)


def seen(f: Callable[..., Any]) -> Callable[..., Any]:
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
    if not plan.needed or is_installed(f.__code__.co_filename, f.__module__):
        return f

    def called(*args: Any, **kwargs: Any) -> Any:
        seeing = Seeing(f, plan)
        try:
            return seeing.function(f)(*args, **kwargs)
        finally:
            seeing.settle()

    return called


def functions_reached(f: types.FunctionType) -> Iterator[types.FunctionType]:
    """A function, and the plain ones of its module that it may call: by name, from its closure or its defaults."""
    waiting, known = [f], {id(f)}
    while waiting:
        each = waiting.pop()
        yield each
        around = [each.__globals__.get(name) for name in names_in(each.__code__)]
        for other in (*around, *held(each)):
            if is_users(other, f.__globals__) and id(other) not in known:
                known.add(id(other))
                waiting.append(other)


def held(f: types.FunctionType) -> Iterator[Any]:
    """What a function's closure and its defaults hold."""
    for cell in f.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue
    yield from f.__defaults__ or ()


@functools.cache
def is_installed(file: str, module: str | None) -> bool:
    """Whether a function is an installed package's: its names are its own."""
    return "site-packages" in file or (module or "").partition(".")[0] in ("gatewise", "numpy")
