"""Steps of gradient descent in a script: what they change is put aside, so that gradients are judged where they hold.

`W -= rate * dW` is neither forward nor backward pass: after it W is no longer what dW was computed at. A script is
judged without its steps, and a loop that takes them goes round once.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Sequence

from gatewise._check.bodies import bodies_of, placed, simple, with_bodies
from gatewise._check.names import DICTS, keys_read, keys_written, wire_named
from gatewise._check.programs import output_of

ONE, EACH = "gatewise_one", "gatewise_each"


def without_updates(body: list[ast.stmt], output: str = "", seen: Collection[int] = ()) -> list[ast.stmt]:
    """The statements of a script up to its last step, without the steps; as they are where it takes none.

    Steps are known by their names; `seen` are the lines of others, that were seen while the script ran.
    """
    steps = updates(body, output) | {s for s in simple(body) if s.lineno in seen}
    if not steps:
        return body
    last = max(k for k, node in enumerate(body) if has_step(node, steps))
    return stepless(body[: last + 1], steps)


def updates(body: list[ast.stmt], named: str = "") -> set[ast.stmt]:
    """The statements that change a name by its gradient: `W -= rate * dW`, `W = W + velocity`."""
    statements = list(simple(body))
    written = [key for s in statements for key in keys_written(s)]
    gradients = {key for key in written if is_gradient(key, {*written} - {key})}
    output = ast.Name(named, ast.Load()) if named in written else output_of(body, statements, set(written))
    wanted = keys_read(output) if output is not None else set()
    first = next((k for k, s in enumerate(statements) if wanted & {*keys_written(s)}), len(statements))
    computed = [s for s in statements[first + 1 :] if keys_read(s)]  # `dt = 0.1` is a number, and no gradient
    made = {key for s in computed for key in keys_written(s) if key in gradients}
    made |= {key.partition("[")[0] for key in made}  # `params[k] -= rate * grads[k]`
    size = -1
    while size != len(made):  # velocities and other averages of gradients
        size = len(made)
        made |= {key for s in computed if keys_read(s) & made for key in keys_written(s)}
    return {
        s
        for s in computed
        for key in keys_written(s)
        if key not in gradients
        and key in keys_read(s)
        and (keys_read(s) - {key}) & made
        and read_by(statements, s, key)
    }


def is_gradient(key: str, others: Collection[str]) -> bool:
    """Whether a name says that it is a gradient, or a dict of gradients."""
    inside = {each.partition("['")[2].removesuffix("']") for each in others if each.endswith("']")}
    return key in DICTS or wire_named(key, {*others, *inside}) is not None


def read_by(statements: Sequence[ast.stmt], step: ast.stmt, key: str) -> bool:
    """Whether a statement before the step computes with the name it changes: the forward pass does."""
    base = key.partition("[")[0]
    before = statements[: statements.index(step)]
    return any(base in {k.partition("[")[0] for k in keys_read(s)} and base not in keys_written(s) for s in before)


def has_step(node: ast.stmt, steps: Collection[ast.stmt]) -> bool:
    return any(s in steps for s in simple([node]))


def stepless(body: list[ast.stmt], steps: Collection[ast.stmt]) -> list[ast.stmt]:
    """A body without the steps; its loops that hold some go round once."""
    found: list[ast.stmt] = []
    for node in body:
        if node in steps:
            found.append(ast.copy_location(ast.Pass(), node))
            continue
        if not bodies_of(node) or not has_step(node, steps):
            found.append(node)
            continue
        twin = with_bodies(once(node), lambda body: stepless(body, steps))
        found.append(ast.fix_missing_locations(twin))
    return found


def once(node: ast.stmt) -> ast.stmt:
    """A copy of a loop that goes round once; of any other statement as it is."""
    if isinstance(node, ast.While):
        head = ast.For(ast.Name(ONE, ast.Store()), ast.Tuple([ast.Constant(0)], ast.Load()), node.body, node.orelse)
        return ast.copy_location(head, node)
    twin = copy.copy(node)
    if isinstance(twin, ast.For):
        pairs = f"[{EACH} for {EACH}, {ONE} in zip({ast.unparse(twin.iter)}, (0,))]"
        twin.iter = placed(ast.parse(pairs, mode="eval").body, twin.iter)
    return twin
