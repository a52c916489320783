"""A hand-written backward pass twice over: run on plain values, and its forward part recorded."""

from __future__ import annotations

import ast
import copy
import inspect
import math
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.comparing import is_number
from gatewise._check.forward import Forward
from gatewise._check.leaving_out import function_without, program_without
from gatewise._check.names import keys_written
from gatewise._check.programs import Program, backward_program, is_literal, program_of
from gatewise._check.running import Moment, Watch, evaluated, same
from gatewise._check.updates import without_updates
from gatewise._check.watching import watched
from gatewise._circuit import Wire
from gatewise._gates import Live
from gatewise._recording.functions import arguments
from gatewise._recording.places import source_of
from gatewise._recording.structures import mapped
from gatewise._sweep import Ports, sweep
from gatewise._types import Function


@dataclass
class World:
    """The program on one set of inputs: what ran, what the names held, and the true gradients."""

    program: Program
    moments: list[Moment]
    end: dict[str, Any]
    forward: Forward
    space: dict[str, Any]  #: the names around the function
    seeds: frozenset[str] = frozenset()  #: the parameters that are the gradient to start from
    stopped: ast.stmt | None = None  #: the backward statement that raised
    written: Sequence[ast.stmt] = ()  #: the statements of the forward pass, where another function holds them
    record: Callable[[ast.Constant], Forward] | None = None  #: records it with 0 in the place of a number

    def gradients(
        self, given: Mapping[int, Any], seed: Any = None
    ) -> tuple[dict[int, Any], dict[int, list[tuple[int, Any]]]]:
        """The gradient that arrives at each wire, and its parts: by which wire, and what.

        The wires in `given` send on these gradients in the place of their own.
        """
        f = self.forward
        found: dict[int, Any] = {}
        parts: dict[int, list[tuple[int, Any]]] = {}

        def arrive(wire: Wire, g: Any) -> Any:
            if isinstance(g, Ports):
                return g
            k = f.index[wire]
            plain = g.g if isinstance(g, Live) else g
            found[k] = plain
            if k in given:
                return shaped(given[k], wire.value)
            return plain * 0.0 if k in f.shifts else g

        def observe(wire: Wire, _: int, parent: Wire, part: Any) -> None:
            if not isinstance(part, Ports):
                parts.setdefault(f.index[parent], []).append(
                    (f.index[wire], part.g if isinstance(part, Live) else part)
                )

        value = f.output.value
        start = np.ones_like(value) if seed is None else np.broadcast_to(np.asarray(seed, float), np.shape(value))
        upstream: dict[Wire, Any] = {f.output: float(start) if isinstance(value, float) else np.array(start)}
        for k, g in given.items():  # a wire that no gradient reaches sends on what it is given all the same
            if f.wires[k] is not f.output:
                upstream[f.wires[k]] = shaped(np.zeros(np.shape(g)), f.wires[k].value)
        with np.errstate(all="ignore"):
            sweep(upstream, f.bit, arrive=arrive, observer=observe, as_written=True)
        return found, parts

    def value(self, k: int) -> Any:
        """The value on a wire."""
        return self.forward.wires[k].value


def shaped(g: Any, value: Any) -> Any:
    """A gradient with the shape and type that its wire has."""
    if isinstance(value, float):
        return float(np.asarray(g, float).reshape(()))
    return np.asarray(g, dtype=float).reshape(np.shape(value))


@contextmanager
def surroundings_kept(space: Mapping[str, Any], names: Collection[str] = ()) -> Iterator[None]:
    """Whatever runs inside, random generators and the arrays of these names are afterwards as they were."""
    state = np.random.get_state()  # noqa: NPY002  (the user's code may draw from it)
    generators = [
        (g, copy.deepcopy(g.bit_generator.state)) for g in space.values() if isinstance(g, np.random.Generator)
    ]
    arrays = [(a, a.copy()) for name in names if isinstance(a := space.get(name), np.ndarray)]
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
        for generator, before in generators:
            generator.bit_generator.state = before
        for array, held in arrays:
            if array.flags.writeable and not same(array, held):
                array[...] = held


def definition_of(code: types.CodeType) -> ast.FunctionDef | None:
    """The `def` that a code object was made from."""
    source = source_of(code)
    for node in ast.walk(source.tree) if source else ():
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def world_of_function(
    f: Function, args: Sequence[Any], kwargs: Mapping[str, Any], nearby: bool = False
) -> World | None:
    """Run a function on copies of its arguments, or on values near them; None where there is nothing to judge."""
    f = inspect.unwrap(f)
    plain = getattr(f, "__func__", f)
    if not isinstance(plain, types.FunctionType) or (node := definition_of(plain.__code__)) is None:
        return None
    given, signature = arguments(f, args, kwargs)
    if any(kind.startswith("var_") for _, kind, _ in signature):
        return None
    owner = getattr(f, "__self__", None)
    if owner is not None:
        given = {"self": owner, **given}
    program = program_of(node.body, list(given), plain.__code__.co_filename, lines_of(plain.__code__))
    if program is None or not program.gradients:
        return None
    given = {name: copied(value, nearby) for name, value in given.items()}
    space = space_of(plain)
    watch = Watch(program, space)
    names = (*plain.__code__.co_names, *plain.__code__.co_freevars)
    with surroundings_kept(space, names):
        try:
            with watched(plain.__code__, watch.line, watch.leave), np.errstate(all="ignore"):
                plain(**{name: copied(value) for name, value in given.items()})
        except Exception:
            if not watch.raised(program):
                raise

    def record(number: ast.Constant) -> Forward:
        with surroundings_kept(space, names):
            return Forward(*program_without(program, space, watch.moments, number)).run(
                {name: copied(value) for name, value in given.items()}
            )

    with surroundings_kept(space, names):
        forward = Forward(program, space, watch.moments).run({name: copied(value) for name, value in given.items()})
        forward.add_still(
            [name for name in forward.unused() if name in given and is_still(plain, given, name, program)]
        )
    return World(program, watch.moments, watch.end, forward, space, stopped=watch.stopped, record=record)


def is_still(f: types.FunctionType, given: Mapping[str, Any], name: str, program: Program) -> bool:
    """Whether the output of a function stays what it is where one argument is moved a little."""
    if not is_number(given[name]) or np.asarray(given[name]).dtype.kind != "f":
        return False

    def output(times: float, plus: float) -> Any:
        watch = Watch(program, f.__globals__)
        moved_there = {**given, name: given[name] * times + plus}
        with watched(f.__code__, watch.line, watch.leave), np.errstate(all="ignore"):
            f(**{each: copied(value) for each, value in moved_there.items()})
        return evaluated(program.output, watch.end, space_of(f))

    return stays(output)


def is_still_in_script(tree: ast.Module, path: str, around: Mapping[str, Any], name: str, program: Program) -> bool:
    """Whether the output of a script stays what it is where a number that it assigns is moved a little."""
    places = [k for k, s in enumerate(tree.body) if name in keys_written(s)]
    if len(places) != 1 or not is_literal(tree.body[places[0]]):
        return False
    (k,) = places

    def output(times: float, plus: float) -> Any:
        node = ast.parse(f"{name} = {name} * {times!r} + {plus!r}").body[0]
        there = ast.Module([*tree.body[: k + 1], node, *tree.body[k + 1 :]], [])
        space = dict(around)
        with np.errstate(all="ignore"):
            run_users_code(users_code(there, path), space)
        return evaluated(program.output, space, around)

    return stays(output)


def stays(output: Callable[[float, float], Any]) -> bool:
    """Whether an output is the same near an input as at it: a max took another value.

    That the input was not recorded does not say so: `x.item()` loses the circuit too.
    """
    try:
        here, *near = [output(*by) for by in ((1.0, 0.0), (1.0001, 0.0), (0.9999, 0.0), (1.01, 0.0), (1.0, 1e-4))]
    except Exception:
        return False
    return is_number(here) and all(is_number(each) and np.array_equal(each, here) for each in near)


def copied(value: Any, nearby: bool = False) -> Any:
    """A copy of an argument, with its floats moved by a few per cent where `nearby` is asked."""
    rng = np.random.default_rng(5)

    def one(_: Any, x: Any) -> Any:
        if isinstance(x, np.ndarray):
            near = np.asarray(rng.uniform(0.8, 1.2, x.shape))
            return x * near.astype(x.dtype) if nearby and x.dtype.kind == "f" else x.copy()
        if nearby and isinstance(x, (float, np.floating)):
            return x * type(x)(1 + rng.uniform(-0.2, 0.2))
        return copy.deepcopy(x)

    if hasattr(value, "__dict__") and not callable(value):
        twin = copy.deepcopy(value)
        for attribute, held in vars(value).items():
            vars(twin)[attribute] = copied(held, nearby)
        return twin
    return mapped(one, value)


def world_of_script(path: str, text: str, nearby: bool = False, tree: ast.Module | None = None) -> World | None:
    """Run a flat script and watch it. `nearby`, the numbers that it assigns are moved a little; or as `tree` has it."""
    tree = ast.parse(text, filename=path) if tree is None else tree
    if nearby:
        tree.body = [moved(node) for node in tree.body]
        ast.fix_missing_locations(tree)
    tree.body = without_updates(tree.body)
    program = program_of(tree.body, (), path, text.splitlines())
    if program is None or not program.gradients:
        return None
    code = users_code(tree, path)
    space: dict[str, Any] = {"np": np, "__name__": "__main__", "__file__": path}
    space["math"] = math
    around = dict(space)
    watch = Watch(program, space)
    with surroundings_kept(space):
        try:
            with watched(code, watch.line, watch.leave), np.errstate(all="ignore"):
                run_users_code(code, dict(space))
        except Exception:
            if not watch.raised(program):
                raise

    def record(number: ast.Constant) -> Forward:
        with surroundings_kept(space):
            return Forward(*program_without(program, around, watch.moments, number)).run({})

    with surroundings_kept(space):
        forward = Forward(program, around, watch.moments).run({})
        forward.add_still([name for name in forward.unused() if is_still_in_script(tree, path, around, name, program)])
    return World(program, watch.moments, watch.end, forward, around, stopped=watch.stopped, record=record)


def world_of_pair(
    forward: Function,
    backward: Function,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    upstream: Any = None,
    nearby: bool = False,
) -> World | None:
    """Run a layer written as two functions, (out, cache) = forward(...) and gradients = backward(dout, cache)."""
    plain = getattr(inspect.unwrap(backward), "__func__", inspect.unwrap(backward))
    if not isinstance(plain, types.FunctionType) or (node := definition_of(plain.__code__)) is None:
        return None
    given, _ = arguments(forward, args, kwargs)
    given = {name: copied(value, nearby) for name, value in given.items()}
    space = space_of(plain)
    parameters = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    if len(parameters) != 2:
        return None
    with surroundings_kept(space):
        out, cache = forward(**{name: copied(value) for name, value in given.items()})
    if upstream is None:
        upstream = np.random.default_rng(3).normal(size=np.shape(out))
    program = backward_program(node.body, parameters, plain.__code__.co_filename, lines_of(plain.__code__), set(given))
    watch = Watch(program, space)
    with surroundings_kept(space):
        try:
            with watched(plain.__code__, watch.line, watch.leave), np.errstate(all="ignore"):
                plain(copied(upstream), cache)
        except Exception:
            if not watch.raised(program):
                raise
    inner = getattr(inspect.unwrap(forward), "__func__", inspect.unwrap(forward))
    definition = definition_of(inner.__code__) if isinstance(inner, types.FunctionType) else None

    def record(number: ast.Constant) -> Forward:
        there = forward if definition is None else function_without(forward, definition, number, space_of(inner))
        with surroundings_kept(space):
            return Forward(*program_without(program, space, watch.moments, number)).run_pair(
                there, {name: copied(value) for name, value in given.items()}
            )

    with surroundings_kept(space):
        circuit = Forward(program, space, watch.moments).run_pair(
            forward, {name: copied(value) for name, value in given.items()}
        )
    written = definition.body if definition else ()
    seeds = frozenset(parameters[:1])
    return World(program, watch.moments, watch.end, circuit, space, seeds, watch.stopped, written, record)


def space_of(f: types.FunctionType) -> dict[str, Any]:
    """The names around a function: its globals, and what its closure holds."""
    cells = zip(f.__code__.co_freevars, f.__closure__ or (), strict=False)
    return {**f.__globals__, **{name: cell.cell_contents for name, cell in cells}}


def lines_of(code: types.CodeType) -> Sequence[str]:
    """The lines of the file that a code object comes from."""
    source = source_of(code)
    return source.lines if source else ()


def moved(node: ast.stmt) -> ast.stmt:
    """A statement that gives a name a number, with another number near it; any other statement as it is."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Constant(value=float() | int()) | ast.UnaryOp() as value
        ):
            near = 1 + (sum(map(ord, name)) % 17 + 3) / 100
            node.value = ast.copy_location(ast.BinOp(value, ast.Mult(), ast.Constant(near)), value)
    return node
