"""The statements of a function or a flat script, sorted into forward and backward pass."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gatewise._check.bodies import bodies_of, defines, simple, with_bodies
from gatewise._check.names import key_of, keys_read, keys_written, wire_named

RETURNED = "returned"


@dataclass(frozen=True)
class Program:
    """The statements of a function or a flat script, and which of them belong to its forward pass."""

    filename: str
    body: list[ast.stmt]
    parameters: tuple[str, ...]
    statements: list[ast.stmt]  #: the simple ones, in the order of the text
    forward: frozenset[ast.stmt]
    output: ast.expr  #: what the forward pass leads to
    gradients: frozenset[str]  #: the keys that are gradients of a name
    lines: Sequence[str] = ()  #: of the file
    returned: tuple[ast.Assign, int | None] | None = None  #: gradients written into the return statement, and where

    def text(self, line: int) -> str:
        """A line as the user wrote it."""
        return self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""

    def known(self) -> set[str]:
        """The names that stand for values of the forward pass."""
        return set(self.parameters) | {key for s in self.statements if s in self.forward for key in keys_written(s)}


def program_of(
    body: list[ast.stmt], parameters: Sequence[str], filename: str, lines: Sequence[str] = (), output: str = ""
) -> Program | None:
    """The statements sorted into forward and backward; None where there is no forward pass to be seen.

    `output` names what the forward pass leads to, where that is known.
    """
    returned = returned_gradients(body)
    statements = [*simple(body), *([returned[0]] if returned else [])]
    written = [key for s in statements for key in keys_written(s)]
    names = {*parameters, *written}
    found = ast.Name(output, ast.Load()) if output in names else output_of(body, statements, names)
    if found is None:
        return None
    wanted = keys_read(found)
    last = max((k for k, s in enumerate(statements) if wanted & set(keys_written(s))), default=len(statements))
    before, forward = statements[: last + 1], set()
    heads = heads_of(body)
    size = -1
    while size != len(wanted):
        size = len(wanted)
        for s in reversed(before):
            if wanted & set(changed_by(s)):
                forward.add(s)
                wanted |= keys_read(s) | heads.get(s, set())
    known = {*parameters, *(key for s in forward for key in keys_written(s))}
    gradients = frozenset(
        key for s in statements if s not in forward for key in keys_written(s) if wire_named(key, known)
    )
    gradients -= numbers_beside(gradients, known, statements, body)
    return Program(filename, body, tuple(parameters), statements, frozenset(forward), found, gradients, lines, returned)


def numbers_beside(
    gradients: Collection[str], known: Collection[str], statements: Sequence[ast.stmt], body: Sequence[ast.stmt]
) -> set[str]:
    """The names like gradients that are numbers nobody reads (`dx = 0.5`), where another one holds the gradient."""
    read = {e.id for b in body for e in ast.walk(b) if isinstance(e, ast.Name) and isinstance(e.ctx, ast.Load)}
    made = {key: [s for s in statements if key in keys_written(s)] for key in gradients}
    plain = {key for key, places in made.items() if key not in read and all(map(is_literal, places))}
    held = {wire_named(key, known) for key in gradients if key not in plain}
    return {key for key in plain if wire_named(key, known) in held}


def is_literal(s: ast.stmt) -> bool:
    """Whether a statement assigns a number that is written out."""
    value = s.value if isinstance(s, ast.Assign) else None
    return isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, ast.Constant)


def returned_gradients(body: Sequence[ast.stmt]) -> tuple[ast.Assign, int | None] | None:
    """`return loss, {"W": X.T @ dout}` as an assignment to a name, and the place of the dict in what is returned."""
    last = body[-1] if body else None
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    parts = list(enumerate(last.value.elts)) if isinstance(last.value, ast.Tuple) else [(None, last.value)]
    for k, part in parts:
        if isinstance(part, ast.Dict) and all(isinstance(key, ast.Constant) for key in part.keys):
            node = ast.Assign([ast.Name(RETURNED, ast.Store())], part)
            return ast.copy_location(node, last), k
    return None


def without_backward(
    body: Sequence[ast.stmt], forward: Collection[ast.stmt], written: Callable[[ast.stmt], list[ast.stmt]]
) -> list[ast.stmt]:
    """A body with `written(statement)` for each plain one, and of loops and conditions those that hold forward ones."""
    found: list[ast.stmt] = []
    for node in body:
        if defines(node):
            found.append(copy.deepcopy(node))
        elif not bodies_of(node):
            found += written(node)
        elif any(s in forward for s in simple([node])):
            found.append(with_bodies(node, lambda body: without_backward(body, forward, written)))
    return found


def heads_of(body: Sequence[ast.stmt], outer: Collection[str] = ()) -> dict[ast.stmt, set[str]]:
    """For statements inside loops and conditions, the names that the heads of these read."""
    found: dict[ast.stmt, set[str]] = {}
    for node in body:
        found[node] = set(outer)
        heads = [getattr(node, name) for name in ("test", "iter") if hasattr(node, name)]
        read = set(outer).union(*map(keys_read, heads)) if heads else set(outer)
        for inner in bodies_of(node):
            found |= heads_of(inner, read)
    return found


def changed_by(node: ast.stmt) -> list[str]:
    """The names a statement assigns, or whose value a method call on its own may change (`cache.append(x)`)."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        key = key_of(node.value.func.value)
        return [key] if key else []
    return keys_written(node)


def output_of(body: Sequence[ast.stmt], statements: Sequence[ast.stmt], names: Collection[str]) -> ast.expr | None:
    """The expression of the value whose gradient is taken: the first that is returned, or the last before gradients."""
    returns = [n for b in body for n in ast.walk(b) if isinstance(n, ast.Return) and n.value is not None]
    if returns:
        value = returns[-1].value
        first = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
        key = key_of(first) if first is not None else None
        several = isinstance(value, ast.Tuple)
        if (
            first is not None
            and several
            and not isinstance(first, ast.Dict)
            and (not key or not wire_named(key, set(names) - {key}))
        ):
            return first
    found = None
    assigned: set[str] = set()
    written = {key for s in statements for key in keys_written(s)}
    if usual := next((name for name in ("loss", "cost", "f", "L", "J") if name in written), None):
        return ast.Name(usual, ast.Load())
    for s in statements:
        keys = keys_written(s)
        if found is not None and any(wire_named(key, assigned) for key in keys):
            break
        for key in keys:
            assigned.add(key)
            if key.isidentifier() and not isinstance(getattr(s, "value", None), ast.Dict):
                found = ast.Name(key, ast.Load())
    return found


def backward_program(
    body: list[ast.stmt], parameters: Sequence[str], filename: str, lines: Sequence[str], names: set[str]
) -> Program:
    """The statements of a backward function: those that read nothing of its upstream gradient belong to the forward."""
    returned = returned_gradients(body)
    statements = [*simple(body), *([returned[0]] if returned else [])]
    tainted, size = {parameters[0]}, 0
    known = names | {key for s in statements for key in keys_written(s)}
    while size != len(tainted):
        size = len(tainted)
        for s in statements:
            keys = keys_written(s)
            if keys_read(s) & tainted or (keys and all(wire_named(key, known) for key in keys)):
                tainted |= set(keys)
    forward = frozenset(s for s in statements if not set(keys_written(s)) & tainted and not keys_read(s) & tainted)
    known = names | {key for s in statements if s in forward for key in keys_written(s)}
    gradients = frozenset(key for key in tainted if wire_named(key, known) and key not in parameters)
    output = ast.Name(parameters[0], ast.Load())
    return Program(filename, body, (*parameters, *names), statements, forward, output, gradients, lines, returned)
