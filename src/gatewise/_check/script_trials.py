"""A flat script with a hand-written backward pass, run on its own numbers or on others near them."""

from __future__ import annotations

import ast
import contextlib
import io
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.comparing import is_number, value_in
from gatewise._check.hearing import HOOK, Listener
from gatewise._check.names import keys_read, keys_written, wire_named
from gatewise._check.programs import Program, program_of
from gatewise._check.running import evaluated
from gatewise._check.taping import NAMES, taped
from gatewise._check.trees import replaced
from gatewise._check.trials import (
    FEW,
    NEAR,
    SCOPE,
    Circuit,
    Differences,
    Heard,
    Trial,
    UnseenError,
    copied,
    differences,
    with_scope,
)
from gatewise._check.updates import without_updates
from gatewise._circuit import Bit, Wire
from gatewise._tensor import Tensor, leaf

GIVEN = "__gatewise_given__"  #: what an input of the script is bound to, at the point that is looked at


class Script:
    """A script up to its first step of descent: its inputs, and the gradients that it has of them at the end."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.lines = path, text.splitlines()
        body = without_updates(ast.parse(text, filename=path).body)
        program = program_of(body, (), path, self.lines)
        if program is None or not program.gradients:
            raise UnseenError("the script has no gradients by name")
        self.output = program.output
        inputs = inputs_of(program)
        self.keys = keys_of(program, inputs)
        written = [key for s in program.statements for key in keys_written(s)]
        output = ast.unparse(program.output)
        self.upstream = [key for key in written if wire_named(key, program.known()) == output]
        self.body = with_inputs(body, inputs)
        self.draws = np.random.get_state()  # noqa: NPY002
        self.listener = Listener()
        self.code = self.compiled(self.listener.listened(self.body, ""))
        self.plain = self.compiled(self.body)

    def compiled(self, body: Sequence[ast.stmt]) -> Any:
        return users_code(ast.fix_missing_locations(ast.Module(list(body), [])), self.path)

    def with_statement(self, s: ast.stmt, instead: ast.AST) -> list[ast.stmt]:
        return [replaced(b, s, instead) for b in self.body]


class ScriptTrial(Trial):
    """A script on its own numbers, or on others near them."""

    def __init__(self, script: Script, nearby: bool) -> None:
        self.script, self.nearby = script, nearby
        self.names, self.misshaped = list(script.keys), {}
        self.end: dict[str, Any] = {}

    def run(
        self, code: Any, names: Mapping[str, Any], given: Callable[[str, Any], Any] | None = None
    ) -> dict[str, Any]:
        """The names at the end of a run."""
        before = np.random.get_state()  # noqa: NPY002
        np.random.set_state(self.script.draws)  # noqa: NPY002
        rng = np.random.default_rng(7)

        def near(name: str, x: Any) -> Any:
            if not self.nearby or not is_number(x) or np.asarray(x).dtype.kind != "f":
                return x
            return x * np.asarray(rng.uniform(1 - NEAR, 1 + NEAR, np.shape(x))).astype(np.asarray(x).dtype)[()]

        space: dict[str, Any] = {"np": np, "math": math, "__name__": "__main__", "__file__": self.script.path, **names}
        space[GIVEN] = near if given is None else lambda name, x: given(name, near(name, x))
        try:
            with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
                run_users_code(code, space)
        finally:
            np.random.set_state(before)  # noqa: NPY002
        return space

    def gradients(self, end: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, key in self.script.keys.items():
            g = value_in(end, key)
            same = is_number(g) and np.size(g) == np.size(end[name])
            found[name] = np.array(g, float).reshape(np.shape(end[name])) if same else None
            if not same:
                self.misshaped[name] = np.shape(g)
        return found

    def result(self, end: dict[str, Any]) -> tuple[dict[str, Any], float]:
        self.end = self.end or end
        value = evaluated(self.script.output, end, {})
        weights = self.weights(np.shape(value))
        return self.gradients(end), float(np.sum(value if weights is None else weights * value))

    def weights(self, shape: tuple[int, ...]) -> Any:
        """The gradient that the script starts from, where its output is an array and it gives one."""
        given = [value_in(self.end, key) for key in self.script.upstream]
        fit = [g for g in given if shape and is_number(g) and np.shape(g) == shape]
        return fit[0] if fit else None

    def record(self, beside: Collection[ast.stmt]) -> None:
        leaves: dict[str, Wire | None] = {}
        bound = ast.Assign([ast.Name("__gatewise_output__", ast.Store())], self.script.output)
        with Bit() as bit:

            def given(name: str, x: Any) -> Any:
                made = leaf(float(x) if type(x) is int else x, bit) if differentiable(x) else x
                if isinstance(made, Tensor):
                    leaves[name] = made.wire
                return made

            end = self.run(self.script.compiled([*taped(self.script.body, beside), bound]), NAMES, given)
            out = end["__gatewise_output__"]
            if not isinstance(out, Tensor) or out.wire is None:
                raise UnseenError("the value does not depend on what has a gradient, as far as it could be recorded")
            weights = self.weights(np.shape(out.value))
            self.circuit = Circuit(out.wire, {n: leaves.get(n) for n in self.names}, bit, weights)

    def differ(self) -> None:
        at = {name: np.array(self.end[name], float) for name in self.names}
        if sum(x.size for x in at.values()) > FEW or any(np.asarray(self.end[n]).dtype.char == "f" for n in at):
            raise UnseenError("the forward pass could not be recorded, and is too large for differences")

        def value() -> float:
            return self.result(self.run(self.script.plain, {}, lambda name, x: at[name][()] if name in at else x))[1]

        self.circuit = Differences({name: differences(value, x) for name, x in at.items()}, at)

    def heard(
        self, instead: Mapping[int, Any] | None = None, statement: tuple[ast.stmt, ast.AST] | None = None
    ) -> Heard:
        listener, code = self.script.listener, self.script.code
        if statement is not None:
            listener = Listener()
            code = self.script.compiled(listener.listened(self.script.with_statement(*statement), ""))
        listener.start(instead or {})
        end = self.run(code, {HOOK: listener.hear})
        return Heard(*self.result(end), listener.events)

    def changed(self, s: ast.stmt, instead: ast.AST) -> dict[str, Any]:
        return self.gradients(self.run(self.script.compiled(self.script.with_statement(s, instead)), {}))

    def scopes(self, s: ast.stmt) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def look(names: Mapping[str, Any]) -> None:
            found.append(copied({n: x for n, x in names.items() if not n.startswith("__")}))

        self.run(self.script.compiled(self.script.with_statement(s, with_scope(s))), {SCOPE: look})
        return found

    def space(self, s: ast.stmt) -> Mapping[str, Any]:
        return self.end

    def text(self, s: ast.stmt) -> str:
        return self.script.lines[s.lineno - 1].strip()


def differentiable(x: Any) -> bool:
    return type(x) in (int, float) or (isinstance(x, (np.ndarray, np.floating)) and np.asarray(x).dtype.kind == "f")


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
        elif s in tops and len(keys) == 1 and keys[0] in asked and written.count(keys[0]) == 1:
            found.append(keys[0])
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
    """A body in which what each input is bound to may be put in its place."""
    found: list[ast.stmt] = []
    for s in body:
        found.append(s)
        for name in {*keys_written(s)} & {*inputs}:
            call = ast.Call(ast.Name(GIVEN, ast.Load()), [ast.Constant(name), ast.Name(name, ast.Load())], [])
            found.append(ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], call), s))
    return found
