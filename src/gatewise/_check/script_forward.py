"""The forward pass of a script as a function of some of its places.

A place is given its value right after the statement that made it, so that gradients on the way are compared with
differences too; that statement runs all the same, because what it draws at random others draw after it.
"""

from __future__ import annotations

import ast
import copy
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.bodies import bodies_of, defines, statement, with_bodies
from gatewise._check.places import Place, is_object, place_of, read_by, steps_into
from gatewise._check.script_claims import Pass
from gatewise._check.tracing import LOOPS
from gatewise._check.updates import once
from gatewise._errors import ScriptError
from gatewise._recording import script_names
from gatewise._types import Function, Namespace

FUNCTION, GIVEN, ANEW = "gatewise_forward", "gatewise_given", "gatewise_anew"


def surroundings(path: str) -> dict[str, object]:
    """The names a script finds when it starts, and nobody who answers it."""
    return script_names(path) | {"input": unanswered}


def unanswered(*_: object) -> NoReturn:
    """`input()` of a script. Raises `ScriptError`: a script that is checked runs many times, and nobody answers."""
    asking = sys._getframe(1)
    raise ScriptError(
        f"{asking.f_code.co_filename}, line {asking.f_lineno} asks with input().",
        "a script that is checked is run many times, and nobody answers.",
        "assign a number: x = 3.0; gatewise check FILE x=3 replaces it.",
    )


def given_after(found: Pass, place: Place) -> ast.stmt | None:
    """The statement after which a place can be given another value; None where there is no such one.

    There is none where something reads what the place held before, or reads it inside the loop that makes it.
    """
    trace = found.trace
    made = found.made_at(place)
    line = trace.lines[trace.moments[made].line]
    readers = [m for m in trace.behind({found.moment}, without={made}) if m != made and trace.reads(m, place)]
    if any(m < made for m in readers) or isinstance(line.node, ast.For) or in_tuple(found, place):
        return None
    around = [loop for loop in line.loops if loop not in trace.training]
    if not around:
        return line.node
    if any(around[0] in trace.lines[trace.moments[m].line].loops for m in readers):
        return None
    return around[0]


def in_tuple(found: Pass, place: Place) -> bool:
    """Whether a place lies in a tuple, which cannot be given another entry."""
    value = found.trace.names.get(place.base)
    for step in place.steps:
        if isinstance(value, tuple):
            return True
        value = dict(steps_into(value)).get(step)
    return False


def function_of(found: Pass, places: Sequence[Place], path: str, draws: Any) -> Function:
    """The forward statements as a function of these places; the lines keep their numbers.

    What stands before the first place that is given runs once; what later statements change of it, each call has anew.
    """
    body = found.trace.tree.body
    after: dict[ast.stmt, list[Place]] = {}
    for place in places:
        node = given_after(found, place)
        assert node is not None
        after.setdefault(node, []).append(place)
    first = next(k for k, node in enumerate(body) if has_any_of(node, list(after)))
    start = first + (body[first] in after and not bodies_of(body[first]))
    is_import = (ast.Import, ast.ImportFrom)
    once_only = [*kept(found, body[:start], {}), *(n for n in body[start:] if isinstance(n, is_import))]
    given = [
        statement(f"{p.text} = {GIVEN}[{p.text!r}]", body[first]) for p in after.get(body[first], []) if start > first
    ]
    inside = [*given, *kept(found, [n for n in body[start:] if not isinstance(n, is_import)], after)]
    space = surroundings(path)
    np.random.set_state(draws)  # noqa: NPY002
    with np.errstate(all="ignore"):
        run_users_code(users_code(ast.fix_missing_locations(ast.Module(once_only, [])), path), space)
    state = np.random.get_state()  # noqa: NPY002
    return made_of(found, inside, space, path, state)


def made_of(found: Pass, inside: list[ast.stmt], space: Namespace, path: str, state: Any) -> Function:
    """The function whose body these statements are, in a space where those before them have run."""
    node = ast.parse(f"def {FUNCTION}(**{GIVEN}): return {found.output.text}").body[0]
    assert isinstance(node, ast.FunctionDef)
    where = inside[-1] if inside else found.trace.tree.body[-1]
    anew = changing(found, inside, space)
    head = [statement(f"{name} = {ANEW}({name!r})", where) for name in anew]
    for each in ast.walk(node):
        if isinstance(each, (ast.expr, ast.stmt)):
            ast.copy_location(each, where)
    node.body = [*head, *inside, *node.body]
    held = {name: space[name] for name in anew}
    space[ANEW] = lambda name: copy.deepcopy(held[name])
    run_users_code(users_code(ast.fix_missing_locations(ast.Module([node], [])), path), space)
    made: Function = space[FUNCTION]
    if not any("random" in ast.unparse(line.node) for line in found.trace.lines):
        return made

    def drawn(**values: object) -> Any:
        np.random.set_state(state)  # noqa: NPY002
        return made(**values)

    drawn.__name__ = FUNCTION
    return drawn


def changing(found: Pass, inside: Sequence[ast.stmt], space: Mapping[str, object]) -> list[str]:
    """The names of what has run that the statements of the function assign, change, or draw from."""
    stored = {n.id for s in inside for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    places = {place_of(n) for s in inside for n in ast.walk(s) if isinstance(n, ast.expr)}
    partly = {
        place.base
        for s in inside
        for n in ast.walk(s)
        if isinstance(n, (ast.Subscript, ast.Attribute)) and isinstance(n.ctx, ast.Store)
        if (place := place_of(n)) is not None
    }
    lines = {(line.node.lineno, line.node.col_offset): line for line in found.trace.lines}
    ran = [lines[s.lineno, s.col_offset] for n in inside for s in ast.walk(n)
           if isinstance(s, ast.stmt) and (s.lineno, s.col_offset) in lines]  # fmt: skip
    touched = {p.base for line in ran for p in line.touched.suspects | line.touched.changed}
    read = {p.base for p in places if p is not None}
    own = {name for name in read & space.keys() if is_own(space[name])}
    wanted = (stored | partly | touched | own) & space.keys()
    return sorted(name for name in wanted if not name.startswith("__") and not is_fixed(space[name]))


def is_own(value: object) -> bool:
    """Whether a value keeps something between two calls: a generator, an object of the script's own."""
    return isinstance(value, (np.random.Generator, np.random.RandomState)) or is_object(value)


def is_fixed(value: object) -> bool:
    return isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, np.ufunc))


def kept(found: Pass, body: Sequence[ast.stmt], after: dict[ast.stmt, list[Place]]) -> list[ast.stmt]:
    """The forward statements of a body, and after them the values that places are given."""
    trace, forward = found.trace, found.forward
    made: list[ast.stmt] = []
    for node in body:
        if defines(node) or isinstance(node, (ast.Import, ast.ImportFrom)):
            made.append(copy.deepcopy(node))
        elif bodies_of(node):
            if has_any_of(node, [trace.lines[k].node for k in forward]) or leaves_loop(found, node):
                made.append(with_values(found, node, after))
        elif isinstance(node, (ast.Break, ast.Continue)) or trace.at.get(node) in forward:
            made.append(copy.deepcopy(node))
        made += [statement(f"{p.text} = {GIVEN}[{p.text!r}]", node) for p in after.get(node, [])]
    return made


def with_values(found: Pass, node: ast.stmt, after: dict[ast.stmt, list[Place]]) -> ast.stmt:
    """A loop or a condition with the forward statements in it; a loop of training goes round once."""
    training = node in found.trace.training

    def made(body: list[ast.stmt]) -> list[ast.stmt]:
        return kept(found, [n for n in body if not (training and leaves_loop(found, n))], after)

    return with_bodies(once(node) if training else node, made)


def has_any_of(node: ast.stmt, nodes: Collection[ast.stmt]) -> bool:
    return any(each in nodes for each in ast.walk(node) if isinstance(each, ast.stmt))


def leaves_loop(found: Pass, node: ast.stmt) -> bool:
    """Whether a condition leaves a loop early, by what the forward pass computes."""
    if isinstance(node, (ast.Break, ast.Continue)):
        return True
    if not isinstance(node, ast.If) or isinstance(node, LOOPS):
        return False
    if not any(isinstance(each, (ast.Break, ast.Continue)) for each in ast.walk(node)):
        return False
    lines = found.trace.lines
    made = {p.base for line in lines for p in line.touched.writes}
    forward = {p.base for k in found.forward for p in lines[k].touched.writes}
    return all(p.base in forward or p.base not in made for p in read_by(node.test))
