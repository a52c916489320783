"""A flat script as a function: names assigned numbers, lists or random draws are inputs, gradients are left alone."""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from gatewise import _syntax
from gatewise._build import run_users_code, users_code
from gatewise._circuit import Bit, FrozenCircuit, Input, Wire, step_of
from gatewise._errors import ScriptError, UnknownInputError, UnknownOutputError, refusals
from gatewise._recording.constants import PlainNames
from gatewise._recording.freezing import freeze
from gatewise._recording.functions import differentiated, input_tensors
from gatewise._recording.outcomes import demand_same, plain_argument, plainly
from gatewise._recording.packages import script_names
from gatewise._recording.reading import text_in, tree_of
from gatewise._recording.recorder import Recorder
from gatewise._recording.running import starting_upstream
from gatewise._recording.whose import DICTS, OUTPUTS, wire_named
from gatewise._tensor import Tensor
from gatewise._twins import MATH_TWIN
from gatewise._types import Named, Namespace

MARK = "__gatewise_input__"
MATH = "__gatewise_math__"
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Assert, ast.Delete)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BODIES = ("body", "orelse", "finalbody")
RANDOM = re.compile(r"(^|\.)(random|rng|randn|rand)\b")


@dataclass(frozen=True, slots=True)
class FlatScript:
    """A parsed script: what is run on Tensors, and the statements that assign gradients."""

    path: str
    forward: ast.Module
    backward: list[ast.stmt]
    inputs: tuple[str, ...]
    assigned: tuple[str, ...]


def parse_script(path: str) -> FlatScript:
    """Read and sort the statements of a script. Raises `ScriptError` where it cannot be read."""
    tree = tree_of(path, text_in(path))
    linecache.checkcache(path)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    sorter = Sorter(used, needed_for_output(tree.body))
    tree.body = sorter.forward(tree.body)
    tree = ast.fix_missing_locations(MathImports().visit(tree))
    return FlatScript(path, tree, sorter.backward, tuple(sorter.inputs), tuple(sorter.known))


class Sorter:
    """Sorts the statements of a script: inputs are marked, gradients and what is done with them set aside.

    `known` are the names that the forward statements assign, in order; `inputs` those of the inputs, a name that is
    given a number twice being numbered; `backward` the statements that assign gradients.
    """

    def __init__(self, used: Collection[str], needed: Collection[str] = ()) -> None:
        self.used, self.needed = set(used), set(needed)
        self.known: list[str] = []
        self.inputs: list[str] = []
        self.backward: list[ast.stmt] = []
        self.gradients: set[str] = set()

    def forward(self, body: Sequence[ast.stmt], outside: bool = True) -> list[ast.stmt]:
        """The statements of `body` that are run on Tensors; `outside` of loops and conditions numbers are inputs."""
        return [node for node in body if self.keeps(node, outside)]

    def keeps(self, node: ast.stmt, outside: bool) -> bool:
        """Whether a statement belongs to the forward pass; those inside it are sorted too."""
        names = targets(node)
        if names and all(is_gradient(name, self.known) and name not in self.needed for name in names):
            self.backward.append(node)
            self.gradients |= set(names)
            return False
        if self.gradients & names_read(node):
            self.gradients |= set(names) - set(self.known)
            return False
        for name, value in inputs_in(node) if outside else ():
            self.inputs.append(self.numbered(name))
            replace(node, value, marked(self.inputs[-1], value))
        self.known += names
        for name in BODIES if not isinstance(node, DEFINITIONS) and not is_main(node) else ():
            if inner := getattr(node, name, None):
                kept = self.forward(inner, outside=False)
                setattr(node, name, kept or ([ast.copy_location(ast.Pass(), inner[0])] if name == "body" else []))
        return True

    def numbered(self, name: str) -> str:
        """The name of an input: the script's, or x_2 where x is given a number again."""
        found, number = name, 1
        while found in self.inputs or (number > 1 and found in self.used):
            number += 1
            found = f"{name}_{number}"
        return found


class MathImports(ast.NodeTransformer):
    """Binds what a script imports from `math` to the functions that take Tensors."""

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        """`import math as m`: `m` is ours; other modules are imported as before."""
        ours = [alias for alias in node.names if alias.name == "math"]
        others = [alias for alias in node.names if alias.name != "math"]
        left = [ast.copy_location(ast.Import(others), node)] if others else []
        return [*left, *(bound(alias.asname or "math", MATH, node) for alias in ours)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> object:
        """`from math import exp as e`: `e` is ours."""
        if node.module != "math" or node.level:
            return node
        names = [(alias.name, alias.asname or alias.name) for alias in node.names]
        if names == [("*", "*")]:
            names = [(name, name) for name in vars(math) if not name.startswith("_")]
        return [bound(name, f"{MATH}.{function}", node) for function, name in names if hasattr(math, function)]


def bound(name: str, expression: str, where: ast.stmt) -> ast.stmt:
    """`name = expression`, at the place of another statement."""
    node = _syntax.module(f"{name} = {expression}").body[0]
    for inner in ast.walk(node):
        ast.copy_location(inner, where)
    return node


def is_main(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`; what stands below it is run, and is not what is shown."""
    return isinstance(node, ast.If) and any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))


def names_read(node: ast.stmt) -> set[str]:
    """The names that a statement reads; for a loop or a condition, those in its head."""
    heads = [getattr(node, name) for name in ("test", "iter") if hasattr(node, name)]
    if isinstance(node, SIMPLE):
        heads = [node]
    found = {n.id for head in heads for n in ast.walk(head) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return found | set(targets(node) if isinstance(node, ast.AugAssign) else ())


def targets(node: ast.stmt) -> list[str]:
    """The names that a statement assigns; for `d[...] -= 1` the name d."""
    found = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, (ast.AugAssign, ast.AnnAssign))
        else []
    )
    names = []
    for target in found:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            while isinstance(part, (ast.Subscript, ast.Attribute)):
                part = part.value
            if isinstance(part, ast.Name):
                names.append(part.id)
    return names


def is_gradient(name: str, known: Sequence[str]) -> bool:
    """Whether a name says that it is a gradient of another one, or holds some."""
    return name in DICTS or wire_named(name, known) is not None


def needed_for_output(body: Sequence[ast.stmt]) -> set[str]:
    """The names that the output is computed from, where it is called one: a `dx` among them is the width of a grid.

    Where no name is, numbers and means are among them that a later line computes with.
    """
    statements = [node for node in walked(body) if isinstance(node, SIMPLE)]
    made = [k for k, node in enumerate(statements) if set(targets(node)) & OUTPUTS and names_read(node)]
    wanted = {name for k in made[-1:] for name in targets(statements[k])}
    for node in reversed(statements[: made[-1] + 1] if made else []):
        written, read = set(targets(node)), names_read(node)
        takes_step = written & read and any(is_gradient(n, [*written]) for n in read)
        if written & wanted and not takes_step:
            wanted |= read
    inputs = {name for node in statements for name, _ in inputs_in(node)}
    widths = {name for name in inputs if wire_named(name, inputs - {name}) is not None}
    known = [name for node in statements for name in targets(node)]
    others = [node for node in statements if not any(is_gradient(name, known) for name in targets(node))]
    means = {name for name in known if name.endswith("bar")}  # x_bar is a mean, unless only gradients are made of it
    return wanted | (widths | means) & {name for node in others for name in names_read(node)}


def walked(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the loops and conditions in it, in the order of the text."""
    for node in body:
        yield node
        if not isinstance(node, DEFINITIONS) and not is_main(node):
            for name in BODIES:
                yield from walked(getattr(node, name, None) or [])


def inputs_in(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The names that an assignment gives values that inputs may have, and these: `x = 3`, `W, b = randn(2), 0.5`."""
    if not isinstance(node, ast.Assign) or len(node.targets) > 1:
        return []
    target, value = node.targets[0], node.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = [*zip(target.elts, value.elts, strict=True)]
    return [(name.id, given) for name, given in pairs if isinstance(name, ast.Name) and is_given(given)]


def replace(node: ast.stmt, value: ast.expr, other: ast.expr) -> None:
    """Put another expression in the place of one that an assignment gives to a name."""
    assert isinstance(node, ast.Assign)
    if node.value is value:
        node.value = other
    elif isinstance(node.value, ast.Tuple):
        node.value.elts = [other if each is value else each for each in node.value.elts]


def is_given(node: ast.expr) -> bool:
    """Whether a right-hand side is a number, a list of numbers, or a random draw."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return is_given(node.operand)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    if isinstance(node, (ast.List, ast.Tuple)):
        return bool(node.elts) and all(map(is_given, node.elts))
    if isinstance(node, ast.BinOp):
        return is_given(node.left) and is_given(node.right)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in ("np.array", "numpy.array"):
            return bool(node.args) and is_given(node.args[0])
        return bool(RANDOM.search(called)) and not called.endswith(("seed", "default_rng", "RandomState"))
    return False


def marked(name: str, value: ast.expr) -> ast.expr:
    """`value` handed to the recording under its name."""
    call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(name), value], [])
    return ast.copy_location(call, value)


def record_script(
    path: str,
    given: Mapping[str, object],
    *,
    wrt: Sequence[str] | None = None,
    output: str | None = None,
    upstream: object = None,
) -> FrozenCircuit:
    """Run a flat script on Tensors and return the circuit behind `output` (None: the last name that is no gradient's).

    `given` replaces inputs of the script; `upstream` is an array, or the name of a gradient the script assigns.
    """
    script = parse_script(path)
    demand_known(given, script.inputs, path)
    code = users_code(script.forward, path)
    inputs = ScriptInputs(given, wrt)
    with Recorder(code) as recorder, Bit() as bit:
        namespace = names_of_script(path, MATH_TWIN, lambda name, value: inputs.take(name, value, bit))
        with refusals() as met:
            run_users_code(code, namespace)
    demand_known(wrt or (), list(inputs.taken), path)
    chosen = chosen_output(script, namespace, output)
    name_of_chosen = next(name for name in reversed(script.assigned) if namespace.get(name) is chosen)
    demand_same(met, lambda: plain_run(code, path, given)[name_of_chosen], chosen)
    if isinstance(upstream, str) and upstream != "ones":
        upstream = plain_gradient(script, namespace, upstream)
    return freeze(
        recorder,
        differentiated(inputs.found, recorder.reads),
        chosen.wire,
        name="f",
        bit=bit,
        upstream=starting_upstream(chosen.wire, inputs.found, upstream, path),
        plain=PlainNames(code, {k: plain_argument(v) for k, v in inputs.taken.items()}, namespace),
        signature=tuple((i.name, "positional_or_keyword", inspect.Parameter.empty) for i in inputs.found),
    )


class ScriptInputs:
    """The inputs of a script as it comes to them: `found`, and by name what is `taken` in the place of each."""

    def __init__(self, given: Mapping[str, object], wrt: Sequence[str] | None) -> None:
        self.given, self.wrt = given, wrt
        self.found: list[Input] = []
        self.taken: dict[str, Any] = {}

    def take(self, name: str, value: object, bit: int) -> Any:
        """The Tensor that stands for an input: of the script's value, or of one that was given."""
        unwanted: list[str] | None = [] if self.wrt is not None and name not in self.wrt else None
        tensors, found = input_tensors({name: self.given.get(name, value)}, frozenset({name}), unwanted, bit)
        self.found.extend(found)
        self.taken[name] = tensors[name]
        return tensors[name]


def demand_known(names: Iterable[str], inputs: Sequence[str], path: str) -> None:
    """Raise `UnknownInputError` for a name that no input of the script has."""
    for name in names:
        if name not in inputs:
            raise UnknownInputError(name, inputs, path)


def names_of_script(path: str, own_math: object, take: Callable[[str, object], object]) -> Namespace:
    """What a script sees as it begins; it hands each input's name and value to `take`."""
    return script_names(path) | {"math": own_math, MATH: own_math, MARK: take}


def plain_run(code: CodeType, path: str, given: Mapping[str, object]) -> Namespace:
    """The names of a script once it has run on plain values."""
    names = names_of_script(path, math, lambda name, value: plainly(given.get(name, value)))
    run_users_code(code, names)
    return names


def chosen_output(script: FlatScript, namespace: Named, output: str | None) -> Any:
    """The Tensor that the circuit leads to."""
    recorded = [n for n in script.assigned if isinstance(namespace.get(n), Tensor) and is_made(namespace[n].wire)]
    if output is not None and output not in recorded:
        raise UnknownOutputError(output, recorded, script.path)
    if not recorded:
        raise ScriptError(
            f"{script.path} computes nothing from its inputs.",
            f"its inputs are {', '.join(script.inputs)}."
            if script.inputs
            else "no name is assigned a number, a list or a random draw.",
            "assign the inputs numbers at the top of the script, then compute with them.",
        )
    return namespace[output or recorded[-1]]


def is_made(wire: Wire | None) -> bool:
    """Whether a gate made a wire."""
    return wire is not None and step_of(wire) is not None


def plain_gradient(script: FlatScript, namespace: Mapping[str, object], name: str) -> Any:
    """The value that the script gives to a gradient: its own statements, run on plain values."""
    values = {k: plain_argument(v) for k, v in namespace.items() if k not in (MARK, MATH)}
    wanted = [node for node in script.backward if name in targets(node)]
    if not wanted:
        raise UnknownInputError(
            name, [n for node in script.backward for n in targets(node)], f"{script.path}: --upstream"
        )
    run_users_code(users_code(ast.Module([wanted[0]], []), script.path), values)
    return values[name]
