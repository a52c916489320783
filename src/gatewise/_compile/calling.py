"""`gw.compile`: what a call does. The first of a kind runs the function and compiles it; a later one is short."""

from __future__ import annotations

import functools
import itertools
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise import _build
from gatewise._circuit import lent
from gatewise._compile.captured import in_reach, is_of_numbers
from gatewise._compile.collecting import resting
from gatewise._compile.donating import Donate, Spoiled, donated_inputs, named_and_numbered
from gatewise._compile.errors import CompileError
from gatewise._compile.explaining import explained
from gatewise._compile.kinds import UnknownKind, containers_in, described, kind_of_call
from gatewise._compile.paths import Beyond, Leaving, NotCompiled, Path, path_of
from gatewise._compile.recording import program_of_run
from gatewise._compile.surroundings import COMPILED, Surroundings, same_numbers
from gatewise._errors import ArgumentError, GatewiseError
from gatewise._program import NotTold
from gatewise._types import Function

MOST = 64  #: paths of one kind of arguments
LARGEST = 2**28  #: bytes of arrays around a function that are kept to be compared, for one kind of arguments
TRIES = 3  #: first calls that may give inf or nan, before a kind of arguments is left to the function itself


def compile(f: Function, *, exact: bool = False, donate: int | str | Donate = ()) -> Any:
    r"""The function `f` compiled to straight Python and NumPy, for each kind of arguments that it is called with.

    `f` may be any function that gatewise can record, `gw.grad(f)` and `gw.value_and_grad(f)` among them. What comes
    back takes the same arguments, and gives the same results and errors. A first call with new shapes, dtypes,
    structures or whole numbers runs `f`, records it and compiles that; so does one in which Python reads something new
    (an `if`, a `while`, `int(x)`). Floats are never compiled in. Results are those of `f` up to rounding; `exact=True`
    leaves out what changes rounding.

    `donate` names arguments, by position or name, whose arrays the caller needs no more: results may be written into
    their memory, as those of a step of training into the old parameters. What such an array holds after the call is not
    said. Where something else lies in its memory, or it is read-only, new memory is taken.

    What cannot be compiled is run by `f` itself, and `compiled.explain()` says why; `compiled.source` is the text that
    runs. Raises `ArgumentError` for what is no function, and where `donate` names what is no argument; the first call
    raises `CompileError` for a function that draws random numbers or asks for the time.

    >>> import gatewise as gw
    >>> product = gw.compile(gw.value_and_grad(lambda x, y: x * x * y))
    >>> product(2.0, 3.0), product(1.0, 5.0)
    ((12.0, 12.0), (5.0, 10.0))
    """
    if not callable(f):
        raise ArgumentError(f"{f!r} is not a function.", "what is compiled is one.", "gw.compile(f), then call that.")
    return Compiled(f, exact, named_and_numbered(f, donate) if donate != () else frozenset()).function


#: What recording a function on Tensors may end in.
REASONS = (
    NotCompiled, NotTold, GatewiseError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError,
)  # fmt: skip


class Nothing:
    """Stands where an argument was not given."""


NOTHING = Nothing()


class Compiled:
    """What is known of one compiled function: its paths by kinds of arguments, and why some calls run `f` itself."""

    def __init__(self, f: Function, exact: bool, donate: frozenset[int | str]) -> None:
        self.f, self.exact, self.donate = f, exact, donate
        self.lock = threading.Lock()  # held while something is entered, never while the function runs
        self.roots: dict[object, Callable[..., Any]] = {}
        self.paths: dict[object, list[Path]] = {}
        self.said: dict[object, str] = {}  # by kind of arguments, in words
        self.reasons: dict[object, str] = {}
        self.beyond: dict[object, int] = {}
        self.warned: set[object] = set()
        self.serial = itertools.count()
        made: Any = _build.straight_function(GENERAL, {"call": self.call}, "program")
        self.function = function = types.FunctionType(unseen(made), {"__builtins__": {}, "call": self.call})
        functools.update_wrapper(function, f, updated=())
        function.__dict__.update(source="", explain=self.explain)

    def explain(self) -> str:
        """What was compiled, for each kind of arguments, and what was not and why."""
        return explained(self)

    # ------------------------------------------------------------------------------------------------------- a call

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call, by whichever path fits."""
        leaves: list[Any] = []
        try:
            key = kind_of_call(args, kwargs, leaves)
            root = self.roots.get(key)
        except UnknownKind as unknown:
            self.reasons.setdefault(str(unknown), str(unknown))
            root, key = None, str(unknown)
        except TypeError:  # a key of a dict that is equal to none
            root, key = None, ""
        if root is not None:
            try:
                return root(*leaves)
            except Leaving as left:
                leaving = left
            except Spoiled as error:  # the arguments are no more what they were
                raise error.__cause__ or error from None
            except Exception:  # whatever it is, the function says it itself
                return self.f(*args, **kwargs)
            return self.missed(leaving, key, args, kwargs, leaves)
        if key in self.reasons or not key or lent.recording:
            return self.f(*args, **kwargs)
        result, path = self.compiled(key, args, kwargs, leaves)
        with self.lock:
            if path is not None and key not in self.roots:
                self.enter(key, path)
                self.roots[key] = path.run
                if path.is_of_numbers and not kwargs and args and all(type(x) is float for x in args):
                    self.install(path)
        return result

    def missed(
        self, leaving: Leaving, key: object, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any]
    ) -> Any:
        """A call that left its path, where Python reads or finds around it something new."""
        if key in self.reasons or lent.recording:
            return self.f(*args, **kwargs)
        if len(self.paths[key]) >= MOST:
            self.warn(key)
            return self.f(*args, **kwargs)
        result, path = self.compiled(key, args, kwargs, leaves)
        with self.lock:
            if path is not None and leaving.path.go_on(leaving.name, path):
                self.enter(key, path)
        return result

    def compiled(
        self, key: object, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any]
    ) -> tuple[Any, Path | None]:
        """What the function gives, and the path that it takes there, where that can be compiled."""
        around = Surroundings(self.f)
        if around.restless:
            raise CompileError.restless(getattr(self.f, "__name__", "f"), around.restless)
        self.said.setdefault(key, described(leaves))
        copies = [np.array(x, order="K") if isinstance(x, np.ndarray) else x for x in leaves]
        eager = self.f(*args, **kwargs)
        try:
            if around.reason:
                raise NotCompiled(around.reason)
            demand_unchanged(key, args, kwargs, leaves, copies)
            if not around.hold():
                raise NotCompiled("it changes what it finds around it")
            if not {id(x) for x in containers_in(eager)}.isdisjoint(map(id, containers_in((args, kwargs)))):
                raise NotCompiled("it returns a container that it was given")
            with resting:
                return eager, self.path(args, kwargs, leaves, eager, around)
        except Beyond:
            self.beyond[key] = self.beyond.get(key, 0) + 1
            if self.beyond[key] >= TRIES:
                self.reasons[key] = "numbers on the way are inf or nan, for which Python's floats raise"
        except (NotCompiled, NotTold) as why:
            self.reasons[key] = str(why)
        except REASONS as error:
            first = str(error).partition("\n")[0]
            self.reasons[key] = f"it does not run on Tensors: {type(error).__name__}: {first}"
        return eager, None

    def path(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any], eager: Any, around: Surroundings
    ) -> Path:
        """The path of a call that gave `eager`: with arrays around it as inputs, or with their numbers compiled in."""
        arrays = {id(x): x for x, _ in around.arrays if is_of_numbers(x)}
        donated = donated_inputs(self.donate, args, kwargs) if self.donate else set[int]()
        if taken := in_reach(self.f, arrays, around.known):
            copies = around.arrays
            around.take(taken)
            try:
                recorded = program_of_run(self.f, args, kwargs, [x for i, x in arrays.items() if i in taken])
                return path_of(recorded, leaves, eager, around, f"_{next(self.serial)}", self.exact, donated)
            except REASONS:
                around.taken, around.arrays = set(), copies
        recorded = program_of_run(self.f, args, kwargs)
        return path_of(recorded, leaves, eager, around, f"_{next(self.serial)}", self.exact, donated)

    # --------------------------------------------------------------------------------------------------- what it keeps

    def enter(self, key: object, path: Path) -> None:
        """Keep a path, and show its text."""
        self.paths.setdefault(key, []).append(path)
        kept = sum(array.nbytes for each in self.paths[key] for array, _ in each.around.arrays)
        if kept > LARGEST:
            self.reasons[key] = "large arrays around it change from call to call: better arguments of it"
        texts = [each.source for paths in self.paths.values() for each in paths]
        self.function.__dict__["source"] = "\n\n".join(texts)

    def install(self, path: Path) -> None:
        """Make the compiled function itself compute a path of plain floats: a wrapper would take as long again."""
        names = [f"x{k}" for k in range(path.takes)]
        asked = " and ".join(f"type({x}) is float" for x in names)
        body = "".join(f"            {line}\n" for line in path.body)
        given = ", ".join(f"{x}=nothing" for x in names)
        text = (
            f"def program({given}, /, *rest, **named):\n"
            f"    if {asked} and not rest and not named:\n        try:\n{body}"
            f"        except Exception:\n            rest = ()\n    return whole(({', '.join(names)},), rest, named)\n"
        )
        scope = {**path.scope, "whole": self.whole, "nothing": NOTHING, "type": type, "float": float}
        made: Any = _build.straight_function(text, scope | {"Exception": Exception}, "program")
        names_there = self.function.__globals__
        names_there.update(scope, Exception=Exception)
        path.places.append(names_there)
        self.function.__code__, self.function.__defaults__ = unseen(made), made.__defaults__

    def whole(self, given: tuple[Any, ...], rest: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call that the installed path does not take."""
        return self.call((*(x for x in given if x is not NOTHING), *rest), kwargs)

    def warn(self, key: object) -> None:
        """Say once that a function goes ever new ways."""
        with self.lock:
            if key in self.warned:
                return
            self.warned.add(key)
        lines = sorted({path.left_at for path in self.paths[key]} - {""})
        name = getattr(self.f, "__name__", "f")
        warnings.warn(
            f"{name} has taken {MOST} ways; from now on it runs by itself where it takes another one. "
            f"What differs from call to call: {'; '.join(lines)}. "
            "A number that is only computed with should not be read by Python (float(x), int(x), x.item()), "
            "and what changes around a function is better an argument of it.",
            RuntimeWarning,
            stacklevel=4,
        )


def unseen(made: Any) -> types.CodeType:
    """The code of a function of ours, whose lines are not the user's in messages."""
    code: types.CodeType = made.__code__.replace(co_filename=COMPILED)
    return code


GENERAL = "def program(*args, **kwargs):\n    return call(args, kwargs)\n"


def demand_unchanged(
    key: object, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any], copies: list[Any]
) -> None:
    """Raises `NotCompiled` where a call has changed its arguments."""
    now: list[Any] = []
    try:
        kept = kind_of_call(args, kwargs, now) == key and all(a is b for a, b in zip(now, leaves, strict=True))
    except UnknownKind:
        kept = False
    arrays = ((x, copy) for x, copy in zip(leaves, copies, strict=True) if isinstance(x, np.ndarray))
    if not kept or not all(same_numbers(*pair) for pair in arrays):
        raise NotCompiled("it changes its arguments")
