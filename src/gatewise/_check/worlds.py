"""A hand-written backward pass twice over: run on plain values, and its forward part recorded."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._callables import names_around, unwrapped
from gatewise._check.comparing import Value, identical, is_number
from gatewise._check.definitions import compiled, definition_of, lines_of, swapped
from gatewise._check.forward import Forward
from gatewise._check.leaving_out import function_without, program_without
from gatewise._check.names import keys_written
from gatewise._check.points import Point, copied
from gatewise._check.programs import Program, backward_program, is_literal, program_of
from gatewise._check.running import Moment, Watch, evaluated
from gatewise._check.updates import without_updates
from gatewise._check.wires import Mark
from gatewise._recording import script_names
from gatewise._recording.functions import arguments
from gatewise._types import Function, Named, Plain


@dataclass
class World:
    """The program on one set of inputs: what ran, what the names held, and the true gradients."""

    program: Program
    moments: list[Moment]
    end: Mapping[str, Any]
    forward: Forward
    space: Mapping[str, object]  #: the names around the function
    seeds: frozenset[str] = frozenset()  #: the parameters that are the gradient to start from
    stopped: ast.stmt | None = None  #: the backward statement that raised
    written: Sequence[ast.stmt] = ()  #: the statements of the forward pass, where another function holds them
    without: Callable[[ast.Constant], Forward] | None = None  #: records it with 0 in the place of a number

    def gradients(self, given: Mapping[int, Value]) -> Mark:
        """The true gradients, where the wires in `given` send on these in the place of their own."""
        f = self.forward
        start = {
            k: np.zeros(np.shape(g)) for k, g in given.items()
        }  # one that no gradient reaches sends on all the same
        return f.swept({**start, f.index[f.output]: np.ones(np.shape(f.output.value))}, given, f.shifts)

    def value(self, k: int) -> Value:
        """The value on a wire."""
        return self.forward.value(k)


@contextmanager
def surroundings_kept(space: Mapping[str, object], names: Collection[str] = ()) -> Iterator[None]:
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
            if array.flags.writeable and not identical(array, held):
                array[...] = held


def world_of_function(at: Point, f: Function, args: Sequence[object], kwargs: Mapping[str, object]) -> World | None:
    """Run a function with these arguments, or others near them or far away; None where there is nothing to judge."""
    f, plain = unwrapped(f), plain_function(f)
    if plain is None or (node := definition_of(plain.__code__)) is None:
        return None
    given, signature = arguments(f, at.all(args), at.all({**at.defaults(f, args, kwargs), **kwargs}))
    if any(kind.startswith("var_") for _, kind, _ in signature):
        return None
    owner = getattr(f, "__self__", None)
    if owner is not None:
        given = {"self": at.all(owner), **given}
    program = program_of(node.body, list(given), plain.__code__.co_filename, lines_of(plain.__code__))
    if program is None or not program.gradients:
        return None
    space, watch = names_around(plain), Watch(program)
    names = (*plain.__code__.co_names, *plain.__code__.co_freevars)
    with surroundings_kept(space, names):
        run_told(watch, plain, node, copied(given))

    def record(program: Program = program, moments: Sequence[Moment] = watch.moments) -> Forward:
        with surroundings_kept(space, names):
            return Forward(program, space, moments).run(copied(given))

    forward = record()
    forward.add_still([n for n in forward.unused() if n in given and is_still(plain, node, given, n, program)])
    return made(watch, forward, space, lambda number: record(*program_without(program, watch.moments, number)))


def made(
    watch: Watch, forward: Forward, space: Mapping[str, object], without: Callable[[ast.Constant], Forward]
) -> World | None:
    """What was noted of a run, and its forward pass; None where nothing was noted."""
    if not watch.moments:
        return None
    return World(watch.program, watch.moments, watch.end, forward, space, stopped=watch.stopped, without=without)


def run_told(watch: Watch, f: types.FunctionType, node: ast.FunctionDef, given: Mapping[str, object]) -> None:
    """Run a function that tells of its statements; what it raises in a backward line is noted."""
    code = compiled(node, watch.told(node.body), f.__code__)
    with swapped([] if code is None else [(f, code)], watch.hooks), np.errstate(all="ignore"):
        try:
            f(**given)
        except Exception:
            if not watch.raised():
                raise


def is_still(f: types.FunctionType, node: ast.FunctionDef, given: Named, name: str, program: Program) -> bool:
    """Whether the output of a function stays what it is where one argument is moved a little."""
    x = given[name]
    if not is_number(x) or np.asarray(x).dtype.kind != "f":
        return False

    def output(times: float, plus: float) -> Any:
        watch = Watch(program)
        run_told(watch, f, node, copied({**given, name: x * times + plus}))
        return evaluated(program.output, watch.end, names_around(f))

    return stays(output)


def is_still_in_script(tree: ast.Module, path: str, around: Mapping[str, object], name: str, program: Program) -> bool:
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


def world_of_script(at: Point, path: str, text: str, output: str = "") -> World | None:
    """Run a flat script as it is, or with other numbers in its lines."""
    tree = ast.parse(text, filename=path)
    tree.body = without_updates(at.script(tree.body), output)
    program = program_of(tree.body, (), path, text.splitlines(), output)
    if program is None or not program.gradients:
        return None
    around = script_names(path)
    watch = Watch(program)
    code = users_code(ast.fix_missing_locations(ast.Module(watch.told(tree.body), [])), path)
    with surroundings_kept(around), np.errstate(all="ignore"):
        try:
            run_users_code(code, {**around, **watch.hooks})
        except Exception:
            if not watch.raised():
                raise

    def record(program: Program = program, moments: Sequence[Moment] = watch.moments) -> Forward:
        with surroundings_kept(around):
            return Forward(program, around, moments).run({})

    forward = record()
    forward.add_still([name for name in forward.unused() if is_still_in_script(tree, path, around, name, program)])
    return made(watch, forward, around, lambda number: record(*program_without(program, watch.moments, number)))


def world_of_pair(
    at: Point,
    forward: Function,
    backward: Function,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    upstream: Plain | None = None,
) -> World | None:
    """Run a layer written as two functions, (out, cache) = forward(...) and gradients = backward(dout, cache)."""
    plain = plain_function(backward)
    if plain is None or (node := definition_of(plain.__code__)) is None:
        return None
    given, _ = arguments(forward, at.all(args), at.all({**at.defaults(forward, args, kwargs), **kwargs}))
    space = names_around(plain)
    parameters = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    if len(parameters) != 2:
        return None
    with surroundings_kept(space):
        out, cache = forward(**copied(given))
    dout = np.random.default_rng(3).normal(size=np.shape(out)) if upstream is None else at.all(upstream)
    program = backward_program(node.body, parameters, plain.__code__.co_filename, lines_of(plain.__code__), set(given))
    watch = Watch(program)
    with surroundings_kept(space):
        run_told(watch, plain, node, {parameters[0]: copied(dout), parameters[1]: cache})
    inner = plain_function(forward)
    definition = definition_of(inner.__code__) if inner is not None else None

    def record(
        program: Program = program, moments: Sequence[Moment] = watch.moments, first: Function = forward
    ) -> Forward:
        with surroundings_kept(space):
            return Forward(program, space, moments).run_pair(first, copied(given))

    def without(number: ast.Constant) -> Forward:
        there = forward if definition is None or inner is None else function_without(forward, definition, number, inner)
        return record(*program_without(program, watch.moments, number), there)

    world = made(watch, record(), space, without)
    written = definition.body if definition else ()
    return world and replace(world, seeds=frozenset(parameters[:1]), written=written)


def plain_function(f: Function) -> types.FunctionType | None:
    """The function that a method or a wrapper is of."""
    found = getattr(unwrapped(f), "__func__", unwrapped(f))
    return found if isinstance(found, types.FunctionType) else None
