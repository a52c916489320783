"""One path of a function through its reads, as a compiled Python function, compared with eager before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise import _build
from gatewise._compile.buffers import Buffers
from gatewise._compile.donating import apart, endings, spoiled, with_endings_last
from gatewise._compile.natives import Natives, natives_of, without
from gatewise._compile.recording import Output, Recorded
from gatewise._compile.surroundings import Surroundings
from gatewise._compile.writing import Writer
from gatewise._native import Leaf, Unavailable, builtin_of_floats, is_of_floats
from gatewise._program import PASSES, At, Constant, Program, values_of, verify
from gatewise._recording import leaves


class NotCompiled(Exception):  # noqa: N818 - said by explain()
    """Why a call is run by the function itself."""


class Beyond(Exception):  # noqa: N818 - it is tried again with other numbers
    """Plain numbers were inf or nan where the function was recorded, so that nothing could be compared."""


class Leaving(Exception):  # noqa: N818 - it is met by the call
    """A path was left, at the place whose way on is called `name`."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(name)
        self.path, self.name = path, name


@dataclass(eq=False)
class Path:
    """A program that is compiled: `run` takes the inputs in order, `source` is its text.

    `around` is what was found around the function, `lines` say of each guard how Python read and where. `places` are
    the names that its code sees, in which the ways on are entered; `before` are the lines that look around. With native
    loops, `by_numpy` is the same without; `native` is the builtin that computes a path of floats.
    """

    program: Program
    around: Surroundings
    lines: Sequence[str]
    passes: list[tuple[str, int, int]]
    mark: str
    captured: int = 0
    endings: Mapping[int, int] = field(default_factory=dict)
    buffers: int = 0
    source: str = ""
    left_at: str = ""
    body: list[str] = field(default_factory=list)
    scope: dict[str, Any] = field(default_factory=dict)
    places: list[dict[str, Any]] = field(default_factory=list)
    run: Callable[..., Any] = print
    by_numpy: Callable[..., Any] = print
    natives: Natives | None = None
    before: list[str] = field(default_factory=list)
    native: Callable[..., Any] | None = None

    @property
    def takes(self) -> int:
        """How many inputs come with a call; those after them are captured arrays."""
        return len(self.program.inputs) - self.captured

    @property
    def is_of_numbers(self) -> bool:
        """Whether all that it computes are plain numbers."""
        return not any(op.shape or op.dtype not in ("float64", "bool") for op in self.program.ops)

    def way_on(self, name: str, line: str) -> Callable[..., Any]:
        """What stands for a way that is not known yet."""

        def leave(*inputs: Any) -> Any:
            self.left_at = line
            raise Leaving(self, name)

        self.scope[name] = leave
        return leave

    def go_on(self, name: str, path: Path) -> bool:
        """Enter another path as the way on; False where another thread has entered one."""
        if self.places[0][name] is not self.scope[name]:
            return False
        for names in self.places:
            names[name] = path.run
        return True


def improved(program: Program, exact: bool) -> tuple[Program, list[tuple[str, int, int]]]:
    """The program after all passes, and what each did: its name, operations before and after."""
    told = []
    for each in PASSES:
        if not (exact and each.rounds):
            before, program = len(program.ops), each.of(program)
            told.append((each.name, before, len(program.ops)))
    return verify(program), told


def path_of(
    recorded: Recorded,
    inputs: Sequence[Any],
    eager: Any,
    around: Surroundings,
    mark: str,
    exact: bool,
    donated: Set[int] = frozenset(),
) -> Path:
    """The compiled path of a run that gave `eager`. Raises `NotCompiled` where it gives something else.

    Results may be written into the inputs that are `donated`.
    """
    program, passes = improved(recorded.program, exact)
    whole = [*inputs, *(each.array for each in recorded.captured)]
    values, places = values_of(program, whole), dict[int, int]()
    if donated and (places := endings(program, values, donated)):
        program, places = with_endings_last(program, places)
        values = values_of(program, whole)
    taken = Taken(inputs, whole, values, eager, exact, donated)

    def path() -> Path:
        return Path(program, around, recorded.lines, passes, mark, len(recorded.captured), places)

    few = len(program.ops) <= MOST and path().is_of_numbers  # a builtin, if anything
    natives = without(program) if exact or few else natives_of(program, values, outputs_of(program), set(places))
    if natives.calls:
        try:
            return compared(path(), recorded, taken, natives)
        except NotCompiled as why:
            natives = without(program, f"native code gave something else: {why}")
    found = compared(path(), recorded, taken, natives)
    if not exact and found.is_of_numbers and all(type(x) is float for x in inputs):
        as_builtin(found, recorded.returned, inputs, eager)
    return found


@dataclass(frozen=True)
class Taken:
    """What a path is held against: the inputs of a call, those and the captured arrays, all values, what `f` gave."""

    inputs: Sequence[Any]
    whole: Sequence[Any]
    values: Sequence[Any]
    eager: Any
    exact: bool
    donated: Set[int]


def as_builtin(path: Path, returned: Any, inputs: Sequence[Any], eager: Any) -> None:
    """Let a builtin compute a path of floats, where it can; what the path does else is done by its Python."""
    told = returned_floats(path.program, returned, eager)
    if told is None or not LEAST <= len(path.program.ops) <= MOST or not is_of_floats(path.program):
        return
    try:
        native = builtin_of_floats(path.program, told, path.run)
    except Unavailable as why:
        path.natives = without(path.program, str(why))
        return
    if differs_in(native(*inputs), eager, False):
        return
    given = ", ".join(f"x{k}" for k in range(len(inputs)))
    path.scope[f"native{path.mark}"] = path.native = native
    path.body = [*path.before, f"return native{path.mark}({given})"]
    if not path.before:
        path.run = native
        return
    text = f"def program{path.mark}({given}):\n" + "".join(f"    {line}\n" for line in path.body)
    path.run = _build.function(text, path.scope, f"program{path.mark}")
    path.places.append(path.run.__globals__)


def returned_floats(program: Program, returned: Any, eager: Any) -> Any:
    """What a program returns, made of tuples and `Leaf`s; None where it returns anything else."""
    if type(returned) is tuple and returned:
        parts = [returned_floats(program, x, y) for x, y in zip(returned, eager, strict=True)]
        return None if None in parts else tuple(parts)
    operand = program.outputs[returned.name] if isinstance(returned, Output) else None
    if not isinstance(operand, At) or operand.place < len(program.inputs) or type(eager) not in (float, np.float64):
        return None
    return Leaf(type(eager), operand)


LEAST, MOST = 8, 300  #: operations of floats for which a builtin is made; LLVM takes some 20 ms


def compared(path: Path, recorded: Recorded, taken: Taken, natives: Natives) -> Path:
    """The path with its source, if it gives what the function gave. Raises `NotCompiled`."""
    copies: set[str] = set()
    for _ in range(2):
        write_source(path, recorded, taken, copies, natives)
        wrong = otherwise(path, path.run, recorded, taken, [])
        if not wrong and natives.calls:
            wrong = otherwise(path, path.by_numpy, recorded, taken, taken.whole[len(taken.inputs) :])
        if not wrong:
            return path
        copies |= wrong
    raise NotCompiled("what it returns shares memory in another way")


def otherwise(
    path: Path, run: Callable[..., Any], recorded: Recorded, taken: Taken, captured: Sequence[Any]
) -> set[str]:
    """The results that share memory in another way than the function's. Raises `NotCompiled` where they differ."""
    given_inputs = [np.array(x, order="K") if k in taken.donated else x for k, x in enumerate(taken.inputs)]
    try:
        with np.errstate(all="ignore"):  # the function itself has said it
            given = run(*given_inputs, *captured)
    except ArithmeticError as error:
        raise Beyond from error
    except Leaving as left:
        raise NotCompiled(f"it reads something else when it is run again ({left.path.left_at})") from None
    if differing := differs_in(given, taken.eager, has_short_floats(path.program)):
        raise NotCompiled(differing)
    mine = [*given_inputs, *taken.whole[len(taken.inputs) :]]
    ended = path.endings.values()
    pairs = [pair for k, pair in enumerate(zip(mine, taken.whole, strict=True)) if k not in ended]
    return shared_otherwise(given, taken.eager, pairs, path, recorded.returned)


def write_source(path: Path, recorded: Recorded, taken: Taken, copies: set[str], natives: Natives) -> None:
    """Give a path its source, and the function that this defines; with native loops, one by NumPy alone beside it."""
    mark, inputs = path.mark, ", ".join(f"x{k}" for k in range(path.takes))
    writer, body = body_of(path, recorded, taken, copies, natives)
    path.scope, path.buffers, path.natives, path.places = writer.scope, writer.buffers.size, natives, []
    for k, line in enumerate(path.lines):
        path.way_on(f"other{k}{mark}", line)
    if natives.calls:
        ways = dict(path.scope)
        beside, text = body_of(path, recorded, taken, copies, without(path.program))
        every = ", ".join(f"x{k}" for k in range(len(path.program.inputs)))
        source = f"def numpy{mark}({every}):\n" + "".join(f"    {line}\n" for line in text)
        path.by_numpy = _build.straight_function(source, ways | beside.scope, f"numpy{mark}")
        path.places.append(path.by_numpy.__globals__)
        path.scope[f"numpy{mark}"] = path.by_numpy
    path.before = looked_around(path, recorded, writer)
    path.body = [*path.before, *body]
    path.source = f"def program{mark}({inputs}):\n" + "".join(f"    {line}\n" for line in path.body)
    path.run = _build.straight_function(path.source, path.scope, f"program{mark}")
    path.places.insert(0, path.run.__globals__)


def looked_around(path: Path, recorded: Recorded, writer: Writer) -> list[str]:
    """The lines that read captured arrays, and leave where something else is found around the function."""
    elsewhere = f"elsewhere{path.mark}({', '.join(f'x{k}' for k in range(path.takes))})"
    before: list[str] = []
    if conditions := path.around.conditions(writer.named):
        before = [f"if not ({' and '.join(conditions)}):", f"    return {elsewhere}"]
    for k, each in enumerate(recorded.captured, path.takes):
        line, conditions = each.read(f"x{k}", writer.named)
        before += [line, f"if not ({' and '.join(conditions)}):", f"    return {elsewhere}"]
    if before:
        path.way_on(f"elsewhere{path.mark}", "what the function finds around it")
    return before


def body_of(
    path: Path, recorded: Recorded, taken: Taken, copies: set[str], natives: Natives
) -> tuple[Writer, list[str]]:
    """The lines of a program, and who wrote them."""
    program, mark = path.program, path.mark
    writer = Writer(program, taken.values, mark, taken.exact, outputs_of(program), natives, path.takes, path.endings)
    returning = Returning(writer, recorded.returned, taken.eager, copies)
    taking = []
    if writer.buffers.names:
        pool = Pool(writer.buffers)
        writer.scope[f"take{mark}"], writer.scope[f"give{mark}"] = pool.take, pool.give
        taking.append(f"{writer.arena()} = take{mark}()")
    lines = [*taking, *writer.lines, *returning.checked(), *ending(path, writer), *writer.give_back()]
    return writer, [*lines, f"return {returning.text}"]


def outputs_of(program: Program) -> set[int]:
    return {x.place for x in program.outputs.values() if isinstance(x, At)}


def ending(path: Path, writer: Writer) -> list[str]:
    """The lines that write into donated inputs: the last ones, after which the call cannot go elsewhere."""
    if not path.endings:
        return []
    arrays = [f"x{k}" for k in range(len(path.program.inputs)) if isinstance(writer.values[k], np.ndarray)]
    arrays += [writer.named(array) for array, _ in path.around.arrays]
    own = [
        f"d{k} = {writer.named(apart, 'apart')}({', '.join([f'x{k}', *(x for x in arrays if x != f'x{k}')])})"
        for k in path.endings.values()
    ]
    error, wrong = writer.named(Exception, "Exception"), writer.named(spoiled, "spoiled")
    return [*own, "try:", *(f"    {line}" for line in writer.ending_lines), f"except {error}:", f"    {wrong}()"]


class Pool:
    """The buffers of a path; each of several calls at once has its own."""

    def __init__(self, buffers: Buffers) -> None:
        self.buffers = buffers
        self.free: list[tuple[np.ndarray, ...]] = []

    def take(self) -> tuple[np.ndarray, ...]:
        try:
            return self.free.pop()
        except IndexError:
            return self.buffers.fresh()

    def give(self, *buffers: np.ndarray) -> None:
        self.free.append(buffers)


def beyond() -> None:
    """Leave a call to the function, which says what NumPy says where numbers are inf or nan."""
    raise ArithmeticError


class Returning:
    """The text of what a path returns: the structure of what the function returned, its numbers as it gives them."""

    def __init__(self, writer: Writer, returned: Any, eager: Any, copies: set[str]) -> None:
        self.writer, self.copies = writer, copies
        self.numbers: list[str] = []  # the plain floats that are returned
        self.eager = dict(leaves(eager))
        if [path for path, _ in leaves(returned)] != [*self.eager]:
            raise NotCompiled("it returns another structure on Tensors")
        self.text = self.of(returned, ())

    def of(self, x: Any, path: tuple[Any, ...]) -> str:
        if type(x) in (tuple, list):
            inside = ", ".join(self.of(part, (*path, k)) for k, part in enumerate(x))
            if type(x) is list:
                return f"[{inside}]"
            return f"({inside},)" if x else "()"
        if type(x) is dict:
            return "{" + ", ".join(f"{self.key(k)}: {self.of(part, (*path, k))}" for k, part in x.items()) + "}"
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            kind: Any = type(x)
            made = self.writer.named(kind._make)
            return f"{made}(({', '.join(self.of(part, (*path, k)) for k, part in enumerate(x))},))"
        if isinstance(x, (tuple, list, dict)):
            raise NotCompiled(f"it returns a {type(x).__name__}")
        return self.leaf(x, path)

    def checked(self) -> list[str]:
        """What sees that no plain number is inf or nan: of these NumPy may have warned."""
        if not self.numbers:
            return []
        total = " + ".join(dict.fromkeys(self.numbers))
        return [f"s = {total}", "if s - s != 0.0:", f"    {self.writer.named(beyond, 'beyond')}()"]

    def copied(self, text: str, then: np.ndarray) -> str:
        """A copy that lies in memory as the function's own array does."""
        order = "C" if then.flags.c_contiguous else "F" if then.flags.f_contiguous else "K"
        return f"{self.writer.named(np.array, 'array')}({text}, order={order!r})"

    def key(self, key: Any) -> str:
        return repr(key) if type(key) in (str, int) else self.writer.named(key)

    def leaf(self, x: Any, path: tuple[Any, ...]) -> str:
        then = self.eager[path]
        if not isinstance(x, Output):
            if isinstance(then, np.ndarray):
                raise NotCompiled("it returns an array that was not computed from its arguments")
            if not isinstance(then, (bool, int, float, complex, str, bytes, np.generic, type(None))):
                raise NotCompiled(f"it returns a {type(then).__name__}")
            return self.writer.text(then) if type(then) in (bool, int, float, type(None)) else self.writer.named(then)
        operand = self.writer.program.outputs[x.name]
        text = self.writer.text(operand)
        if isinstance(operand, Constant):
            return (
                f"{self.writer.named(np.array, 'array')}({text})"
                if isinstance(then, np.ndarray)
                else self.typed(text, self.writer.value(operand), then, pure=False)
            )
        assert isinstance(operand, At)
        if isinstance(then, np.ndarray):
            return self.copied(text, then) if x.name in self.copies else text
        pure = operand.place in self.writer.pure
        if pure and operand.place >= self.writer.first and isinstance(then, float):
            self.numbers.append(text)
        return self.typed(text, self.writer.value(operand), then, pure)

    def typed(self, text: str, value: Any, then: Any, pure: bool) -> str:
        """A number in the type that the function gives it in."""
        kind = type(then)
        if pure and kind is (bool if isinstance(value, (bool, np.bool_)) else float):
            return text
        if type(value) is kind and kind not in (float, bool, int, np.float64):
            return text
        if kind in (float, bool, int) and isinstance(value, (float, bool, int, np.generic, np.ndarray)):
            return f"{self.writer.named(kind, kind.__name__)}({text})"
        if issubclass(kind, np.generic):
            return f"{self.writer.named(kind, kind.__name__)}({text})"
        return text


def has_short_floats(program: Program) -> bool:
    """Whether short floats take part: a double that comes of them is as good as they are."""
    return "float32" in {*(x.dtype for x in program.inputs), *(op.dtype for op in program.ops)}


def differs_in(given: Any, eager: Any, short: bool) -> str:
    """What differs between what a path gives and what the function gave; empty where nothing does."""
    mine, other = dict(leaves(given)), dict(leaves(eager))
    if [*mine] != [*other]:
        return "it returns another structure"
    for path, now in mine.items():
        then = other[path]
        if type(now) is not type(then):
            return f"it returns a {type(now).__name__} for a {type(then).__name__}"
        if not isinstance(then, (np.ndarray, np.generic, float, complex, int)):
            if now is not then and now != then:
                return "it returns something else"
        elif not close(now, then, short):
            return f"its numbers are others: {np.asarray(now).ravel()[:3]} for {np.asarray(then).ravel()[:3]}"
    return ""


def close(now: Any, then: Any, short: bool) -> bool:
    """Equal to rounding, against the largest entry: 1e-12, of short floats 1e-5; NaN and inf where they stand."""
    a, b = np.asarray(now), np.asarray(then)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    within = 1e-5 if short or a.dtype.itemsize < 8 else 1e-12
    return bool(np.all(np.abs(a[finite] - b[finite]) <= within * np.max(np.abs(b[finite]), initial=0.0)))


def shared_otherwise(given: Any, eager: Any, inputs: Sequence[tuple[Any, Any]], path: Path, returned: Any) -> set[str]:
    """The outputs to be copied, for the function's own do not share the memory that these share.

    `inputs` are those of the path, each with that of the function.
    Raises `NotCompiled` where it is the function's that share.
    """
    outputs = dict(leaves(returned))
    mine, other = dict(leaves(given)), dict(leaves(eager))
    copied: set[str] = set()
    before: list[tuple[Any, Any]] = [*inputs]
    before += [(constant, None) for constant in path.scope.values() if isinstance(constant, np.ndarray)]
    around = (array for array, _ in path.around.arrays if not any(overlap(array, x) for _, x in inputs))
    before += [(None, array) for array in around]
    for place, now in mine.items():
        then = other[place]
        if isinstance(now, np.ndarray) and isinstance(outputs[place], Output) and then.flags.writeable:
            copied |= set() if now.flags.writeable else {outputs[place].name}  # one number, spread
        for a, b in before if isinstance(now, np.ndarray) else ():
            if (a is now) != (b is then) or overlap(a, now) != overlap(b, then):
                if not overlap(a, now) or overlap(b, then) or not isinstance(outputs[place], Output):
                    raise NotCompiled("what it returns shares memory in another way")
                copied.add(outputs[place].name)
        before.append((now, then))
    return copied


def overlap(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and bool(np.shares_memory(a, b))
