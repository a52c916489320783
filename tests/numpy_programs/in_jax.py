"""The same programs in JAX: views are positions in a buffer, and a statement that writes makes a new buffer."""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from numpy_programs.operations import HELPERS
from numpy_programs.primitives import by_numpy
from numpy_programs.writing import Op, Program

#: A guest, by name: the tests do without it.
jax: Any = importlib.import_module("jax")
jnp: Any = importlib.import_module("jax.numpy")
jax.config.update("jax_enable_x64", True)


class UnsaidError(Exception):
    """JAX has no such function, or not with these arguments."""


@dataclass(frozen=True)
class Held:
    """Where a variable lies: in a whole buffer, or at these positions of it."""

    buffer: str
    positions: Any = None


class Arrays(ast.NodeTransformer):
    """Lists of numbers become arrays, which JAX demands: as indices, and as arguments of most functions."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.slice, ast.Tuple):
            node.slice.elts = [as_array(part) for part in node.slice.elts]
        else:
            node.slice = as_array(node.slice)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if getattr(node.func, "attr", "") not in ("einsum", "tensordot", "pad", "split", "transpose"):
            node.args = [as_array(part) for part in node.args]
        return node


def as_array(node: ast.expr) -> ast.expr:
    """A list of constants as a call that makes an array of it."""
    if not isinstance(node, ast.List) or any(isinstance(part, ast.Name) for part in ast.walk(node)):
        return node
    return ast.Call(ast.Attribute(ast.Name("host", ast.Load()), "array", ast.Load()), [node], [])


class Numpy:
    """JAX's NumPy, with what it names otherwise or leaves out."""

    def __init__(self, **names: Any) -> None:
        vars(self).update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(jnp, name)


def without(function: Any, *names: str) -> Any:
    """A function that is not told these options, which do not matter here."""
    return lambda *args, **options: function(*args, **{k: v for k, v in options.items() if k not in names})


NUMPY = Numpy(
    fix=jnp.trunc,
    zeros=without(jnp.zeros, "order"),
    asarray=jnp.array,
    float32=np.float32,
    float64=np.float64,
)


@cache
def compiled(text: str) -> Any:
    tree = ast.fix_missing_locations(Arrays().visit(ast.parse(text, mode="eval")))
    return compile(tree, text, "eval")


def names_in(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}


def put(x: Any, index: Any, value: Any) -> Any:
    """The array with `value` at the index; where one is repeated the last stands."""
    index = tuple(np.asarray(part) if hasattr(part, "shape") else part for part in index)
    index = tuple(np.array(part) if isinstance(part, list) else part for part in index)
    places = np.arange(x.size).reshape(x.shape)[index]
    value = jnp.asarray(value)
    while value.ndim > places.ndim:
        value = value[0]
    value = jnp.broadcast_to(value, places.shape).ravel()
    _, last = np.unique(places.ravel()[::-1], return_index=True)
    last = places.size - 1 - last
    return jnp.asarray(x.ravel()).at[places.ravel()[last]].set(value[last].astype(x.dtype)).reshape(x.shape)


def drawn(row: Any, s: Any) -> Any:
    out: list[Any] = []
    for i in range(len(row)):
        out.append(row[i] * s + (out[i - 1] if i else 0.0))
    return jnp.stack(out) if out else jnp.zeros(0)


def weighed(part: Any, k: int) -> Any:
    size, shape = np.size(part), np.shape(part)
    return jnp.sum(part * np.cos(1.7 * np.arange(size) + k).reshape(shape))


@cache
def helpers() -> dict[str, Any]:
    space: dict[str, Any] = {"np": NUMPY}
    exec(HELPERS, space)
    return space | {"put": put, "where": jnp.where, "drawn": drawn, "weighed": weighed, "host": np}


@cache
def host_helpers() -> dict[str, Any]:
    space: dict[str, Any] = {"np": np}
    exec(HELPERS, space)
    return space


class Run:
    """One run of a program on JAX's arrays."""

    def __init__(self, program: Program, values: tuple[Any, ...], names: dict[str, Any] | None = None) -> None:
        self.buffers = dict(zip(program.inputs, values, strict=True))
        self.held = {name: Held(name) for name in program.inputs}
        self.space = helpers() | (names or {})
        for op in program.ops:
            self.do(op)

    def read(self, name: str) -> Any:
        held = self.held[name]
        buffer = self.buffers[held.buffer]
        return buffer if held.positions is None else buffer.ravel()[held.positions]

    def positions(self, name: str) -> Any:
        held = self.held[name]
        if held.positions is not None:
            return held.positions
        shape = np.shape(self.buffers[held.buffer])
        return np.arange(int(np.prod(shape))).reshape(shape)

    def value(self, text: str) -> Any:
        read = {name: self.read(name) for name in names_in(text) if name in self.held}
        if ".at[" in text:
            read = {name: jnp.asarray(x) for name, x in read.items()}
        return eval(compiled(text), self.space | read)  # noqa: S307  (the texts are ours)

    def do(self, op: Op) -> None:
        if op.kind == "write":
            self.write(op)
            return
        text = op.text.partition(" = ")[2]
        if op.kind == "view":
            places = {name: self.positions(name) for name in names_in(text) if name in self.held}
            space = host_helpers() | places
            self.held[op.target] = Held(self.held[op.source].buffer, eval(text, space))  # noqa: S307
        else:
            self.buffers[op.target] = self.value(text)
            self.held[op.target] = Held(op.target)

    def write(self, op: Op) -> None:
        held, old = self.held[op.target], self.read(op.target)
        new = jnp.broadcast_to(self.value(op.twin), old.shape).astype(old.dtype)
        buffer = self.buffers[held.buffer]
        if held.positions is not None:
            new = jnp.asarray(buffer.ravel()).at[held.positions.ravel()].set(new.ravel()).reshape(buffer.shape)
        self.buffers[held.buffer] = new

    def total(self, program: Program) -> Any:
        total = 0.0
        for k, name in enumerate(program.names):
            part = self.read(name)
            total += weighed(jnp.real(part), k)
            if name.startswith("z"):
                total += weighed(jnp.imag(part), k)
        return total


class Ways:
    """The ways in which JAX computes a program: primitive by primitive, or compiled."""

    @staticmethod
    def by_primitives(both: Any, given: list[Any]) -> Any:
        with by_numpy(), jax.disable_jit():
            return both(*given)

    @staticmethod
    def compiled(both: Any, given: list[Any]) -> Any:
        try:
            return jax.jit(both).lower(*given).compile(compiler_options=QUICKLY)(*given)
        except BY_VALUE:
            return both(*given)


#: Programs are compiled once and thrown away: what makes compiled code fast takes more time than it saves.
QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
#: Where what is computed decides what is computed, there is nothing to compile.
BY_VALUE = (
    jax.errors.ConcretizationTypeError,
    jax.errors.NonConcreteBooleanIndexError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerBoolConversionError,
    jax.errors.TracerIntegerConversionError,
)
REFUSED = (ValueError, NotImplementedError)  #: JAX's own, which the other way has too
COMPILED = 50  #: every program of so many is compiled


def gradients(program: Program, names: dict[str, Any] | None = None) -> tuple[float, list[Any]]:
    """The value and the gradient of each input; `UnsaidError` where JAX does not answer."""

    def total(*values: Any) -> Any:
        return Run(program, values, names).total(program)

    given = [jnp.asarray(x, dtype=np.asarray(x).dtype) for x in program.inputs.values()]
    both = jax.value_and_grad(total, tuple(range(len(given))))
    try:
        try:
            value, found = (Ways.by_primitives if program.seed % COMPILED else Ways.compiled)(both, given)
        except REFUSED:
            raise
        except Exception:  # what NumPy's arrays are not asked
            value, found = Ways.compiled(both, given)
    except Exception as error:
        raise UnsaidError(f"{type(error).__name__}: {str(error).splitlines()[0][:150]}") from error
    return float(value), [np.asarray(g) for g in found]
