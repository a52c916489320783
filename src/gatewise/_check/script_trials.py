"""A flat script with a hand-written backward pass, run on its own numbers or on others near them."""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import CodeType
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._build import run_users_code, users_code
from gatewise._check.bodies import placed
from gatewise._check.comparing import is_number, value_in
from gatewise._check.hearing import HOOK, Listener, with_context
from gatewise._check.names import entries_of, keys_read, keys_written, wire_named
from gatewise._check.parameters import differentiable
from gatewise._check.programs import Program, program_of
from gatewise._check.running import evaluated
from gatewise._check.swapping import Code, Remake
from gatewise._check.trials import NEAR, Circuit, UnseenError, wire_of
from gatewise._check.updates import without_updates
from gatewise._circuit import Bit, Wire
from gatewise._recording import script_names
from gatewise._tensor import Tensor, leaf
from gatewise._types import Named, Namespace

GIVEN = "__gatewise_given__"  #: what an input of the script is bound to, at the point that is looked at


class Script(Code):
    """A script up to its first step of descent: its inputs, and the gradients that it has of them at the end."""

    def __init__(self, path: str, text: str, output: str = "", steps: Collection[int] = ()) -> None:
        self.path, self.lines = path, text.splitlines()
        body = without_updates(ast.parse(text, filename=path).body, output, steps)
        program = program_of(body, (), path, self.lines, output)
        if program is None or not program.gradients:
            raise UnseenError("the script has no gradients by name")
        self.output = program.output
        inputs = inputs_of(program)
        self.keys = keys_of(program, inputs)
        written = [key for s in program.statements for key in keys_written(s)]
        name = ast.unparse(program.output)
        self.upstream = [key for key in written if wire_named(key, program.known()) == name]
        self.body = with_inputs(body, inputs)
        self.draws = np.random.get_state()  # noqa: NPY002
        self.code, self.names = self.compiled(self.body), dict[str, object]()
        self.told = self.compiled(self.listener.listened(self.body, ""))
        self.start, self.end = script_names(path), dict[str, object]()

    def compiled(self, body: Sequence[ast.stmt]) -> CodeType:
        return users_code(ast.fix_missing_locations(ast.Module(list(body), [])), self.path)

    def made(self, remake: Remake, of: ast.stmt | None = None) -> Any:
        return self.compiled(remake(self.body, ""))

    def inside(self, made: Any, names: Mapping[str, object]) -> AbstractContextManager[None]:
        return self.with_code(made, names)

    def listening(self, listener: Listener) -> AbstractContextManager[None]:
        return self.with_code(self.told, {HOOK: listener.hear})

    @contextmanager
    def with_code(self, code: CodeType, names: Mapping[str, object]) -> Iterator[None]:
        before = self.code, self.names
        self.code, self.names = code, dict(names)
        try:
            yield
        finally:
            self.code, self.names = before

    def space(self, s: ast.stmt) -> Named:
        return self.end

    def text(self, s: ast.stmt | ast.expr) -> str:
        return self.lines[s.lineno - 1].strip()

    def run(self, given: Callable[[str, Any], Any]) -> Namespace:
        """The names at the end of a run; `given` says what each input is, by its name and its own value."""
        before = np.random.get_state()  # noqa: NPY002
        np.random.set_state(self.draws)  # noqa: NPY002
        space: dict[str, Any] = {**self.start, **self.names}
        space[GIVEN] = given
        try:
            with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
                run_users_code(self.code, space)
        finally:
            np.random.set_state(before)  # noqa: NPY002
        self.end = self.end or space
        return space


class ScriptPoint:
    """A script on its own numbers, or on others near them."""

    def __init__(self, script: Script, nearby: bool) -> None:
        self.script, self.nearby = script, nearby
        self.names = list(script.keys)
        self.misshaped: dict[str, tuple[int, ...]] = {}
        self.end: dict[str, Any] = {}
        self.at: dict[str, np.ndarray] = {}  #: what is put in the place of inputs

    def here(self) -> AbstractContextManager[None]:
        return nullcontext()

    def run(self, given: Callable[[str, Any], Any]) -> Namespace:
        rng = np.random.default_rng(7)

        def near(name: str, x: npt.ArrayLike) -> Any:
            if not self.nearby or not is_number(x) or np.asarray(x).dtype.kind != "f":
                return given(name, x)
            by = np.asarray(rng.uniform(1 - NEAR, 1 + NEAR, np.shape(x))).astype(np.asarray(x).dtype)[()]
            return given(name, x * by)

        return self.script.run(near)

    def once(self) -> tuple[dict[str, np.ndarray | None], float]:
        end = self.run(lambda name, x: self.at[name][()] if name in self.at else x)
        self.end = self.end or end
        value = evaluated(self.script.output, end, {})
        weights = self.weights(np.shape(value))
        return self.gradients(end), float(np.sum(value if weights is None else weights * value))

    def gradients(self, end: Mapping[str, npt.ArrayLike]) -> dict[str, np.ndarray | None]:
        found: dict[str, np.ndarray | None] = {}
        for name, key in self.script.keys.items():
            g = value_in(end, key)
            x = value_in(end, name)
            same = is_number(g) and np.size(g) == np.size(x)
            found[name] = np.array(g, float).reshape(np.shape(x)) if same else None
            if not same:
                self.misshaped[name] = np.shape(g)
        return found

    def weights(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """The gradient that the script starts from, where its output is an array and it gives one."""
        given = [value_in(self.end, key) for key in self.script.upstream]
        fit = [g for g in given if shape and is_number(g) and np.shape(g) == shape]
        return fit[0] if fit else None

    def recorded(self) -> Circuit:
        leaves: dict[str, Wire | None] = {}
        with Bit() as bit:

            def given(name: str, x: object) -> Any:
                made = leaf(float(x) if type(x) is int else x, bit) if differentiable(x) else x
                if isinstance(made, Tensor):
                    leaves[name] = made.wire
                return made

            end = self.run(given)
            out = wire_of(evaluated(self.script.output, end, {}))
            return Circuit(out, {n: leaves.get(n) for n in self.names}, bit, self.weights(np.shape(out.value)))

    def movable(self) -> Mapping[str, np.ndarray] | None:
        found = {name: np.asarray(value_in(self.end, name)) for name in self.names}
        if any(x.dtype.char == "f" for x in found.values()):
            return None
        self.at = {name: np.array(x, float) for name, x in found.items()}
        return self.at

    def value(self) -> float:
        return self.once()[1]


def inputs_of(program: Program) -> list[str]:
    """The names that are assigned once, and are made of no other one that is."""
    forward = [s for s in program.statements if s in program.forward]
    written = [key for s in forward for key in keys_written(s)]
    tops = [s for s in program.body if s in program.forward and isinstance(s, ast.Assign)]
    asked = {wire_named(key, {*written}) for key in program.gradients}
    computed: set[str] = set()
    found: list[str] = []
    for s in forward:
        keys = keys_written(s)
        if keys_read(s) & ({*found} | computed):
            computed.update(keys)
        elif s in tops and (len(keys) == 1 or entries_of(s.value)):
            found += [key for key in keys if key in asked and written.count(key) == 1]
    return found


def keys_of(program: Program, inputs: Collection[str]) -> dict[str, str]:
    """The gradient of each input, by the name that it has at the end."""
    written = [k for s in program.statements if s not in program.forward for k in keys_written(s)]
    found: dict[str, str] = {}
    for key in written:
        name = wire_named(key, program.known())
        if name is not None and name in inputs and key in program.gradients:
            found[name] = key
    return found


def with_inputs(body: Sequence[ast.stmt], inputs: Collection[str]) -> list[ast.stmt]:
    """A body in which what each input is bound to first may be put in its place; `W = W_new` is a step."""
    found: list[ast.stmt] = []
    left = {*inputs}
    for s in body:
        found.append(s)
        for name in {*keys_written(s)} & left:
            left.discard(name)
            place = ast.parse(name, mode="eval").body  # a name, or the entry of a dict
            call = ast.Call(ast.Name(GIVEN, ast.Load()), [ast.Constant(name), place], [])
            found.append(placed(ast.Assign([with_context(place, ast.Store())], call), s))
    return found
