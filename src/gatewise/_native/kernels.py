"""The kernels of the runner: one loop over entries a gate, and one function that runs records of them.

A record says which kernel, how many entries, and where in one piece of memory (the arena) its operands and its result
lie; a few have a table of places too. Nothing here hangs on a program: each of the two modules, for doubles and for
single precision, is compiled once for a machine and kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from gatewise._native.mathematics import FUNCTIONS
from gatewise._native.reals import DOUBLE

#: Where each field of a record begins, in bytes.
FIELDS = {
    "op": 0,
    "n": 4,
    "m": 8,
    "k": 12,
    "d": 16,
    "a": 24,
    "b": 32,
    "c": 40,
}
RECORD = np.dtype([(name, np.int32 if at < 16 else np.int64) for name, at in FIELDS.items()])

INT, LONG, BYTE = ir.IntType(32), ir.IntType(64), ir.IntType(8)
POINTER = BYTE.as_pointer()
WIDTH = 4  #: entries in a step: short arrays leave few over

Expression = Callable[..., Any]  #: of a builder and values: the value


def truth(builder: Any, told: Any, kind: Any) -> Any:
    """A truth value as a number."""
    return builder.select(told, ir.Constant(kind, 1.0), ir.Constant(kind, 0.0))


def compared(sign: str) -> Expression:
    compare = "fcmp_unordered" if sign == "!=" else "fcmp_ordered"
    return lambda b, x, y: truth(b, getattr(b, compare)(sign, x, y), x.type)


def extreme(sign: str) -> Expression:
    """The larger or smaller of two, and NaN where one is."""

    def made(b: Any, x: Any, y: Any) -> Any:
        first = b.or_(b.fcmp_ordered(sign, x, y), b.fcmp_unordered("uno", x, x))
        return b.select(first, x, y)

    return made


def added(b: Any, x: Any, y: Any) -> Any:
    """A sum that may be taken in any order."""
    return b.fadd(x, y, flags=("reassoc",))


def absolute(b: Any, x: Any) -> Any:
    return b.call(b.module.declare_intrinsic("llvm.fabs", [x.type]), [x])


def not_zero(b: Any, x: Any) -> Any:
    return b.fcmp_unordered("!=", x, ir.Constant(x.type, 0.0))


#: Gates of one operand.
UNARY: dict[str, Expression] = {
    "negative": lambda b, x: b.fneg(x),
    "reciprocal": lambda b, x: b.fdiv(ir.Constant(x.type, 1.0), x),
    "square": lambda b, x: b.fmul(x, x),
    "absolute": absolute,
    "logical_not": lambda b, x: truth(b, b.not_(not_zero(b, x)), x.type),
    "copy": lambda b, x: x,
    **{name: f for name, f in FUNCTIONS.items() if name != "power"},
}
#: Gates of two operands; either may be one number for all entries.
BINARY: dict[str, Expression] = {
    "add": lambda b, x, y: b.fadd(x, y),
    "subtract": lambda b, x, y: b.fsub(x, y),
    "multiply": lambda b, x, y: b.fmul(x, y),
    "divide": lambda b, x, y: b.fdiv(x, y),
    "maximum": extreme(">"),
    "minimum": extreme("<"),
    "power": FUNCTIONS["power"],
    "greater": compared(">"), "greater_equal": compared(">="), "less": compared("<"), "less_equal": compared("<="),
    "equal": compared("=="), "not_equal": compared("!="),
    "logical_and": lambda b, x, y: truth(b, b.and_(not_zero(b, x), not_zero(b, y)), x.type),
    "logical_or": lambda b, x, y: truth(b, b.or_(not_zero(b, x), not_zero(b, y)), x.type),
}  # fmt: skip
#: Kernels that are no gate's own: their fields are said where they are made.
OTHERS = ("where", "fill", "zero", "add_into", "gather", "put", "sums", "largest", "matmul")
NAMES = [
    *UNARY,
    *(f"{name}{how}" for name in BINARY for how in ("", ":number", "number:")),
    *OTHERS,
]
OPS = {name: number for number, name in enumerate(NAMES)}
TABLED = ("gather", "put")  #: whose field b is a place among the tables


class Writer:
    """Builds the module of one kind of numbers."""

    def __init__(self, kind: Any) -> None:
        self.kind, self.module = kind, ir.Module("kernels")
        number = kind.as_pointer()
        self.shape = ir.FunctionType(ir.VoidType(), [number, number, POINTER, number, LONG, LONG, LONG])
        self.end = 0

    def kernel(self, name: str, body: Callable[..., None]) -> Any:
        """One kernel; its body gets the builder, d, a, b, c, n, m, k."""
        f = ir.Function(self.module, self.shape, "kernel_" + name.replace(":", "_"))
        f.linkage = "internal"
        for each in f.args[:4]:
            each.add_attribute("noalias")  # a result is never in the memory of an operand
        builder = ir.IRBuilder(f.append_basic_block("entry"))
        d, a, b, *rest = f.args
        body(builder, d, a, b if name in TABLED else builder.bitcast(b, d.type), *rest)
        builder.ret_void()
        return f

    def loop(self, b: Any, n: Any, body: Callable[[Any], None], *, plain: bool = False) -> None:
        """Emit `for i in range(n): body(i)`."""
        before = b.block
        top, after = b.append_basic_block("loop"), b.append_basic_block("after")
        b.cbranch(b.icmp_signed(">", n, LONG(0)), top, after)
        b.position_at_end(top)
        i = b.phi(LONG)
        i.add_incoming(LONG(0), before)
        body(i)
        following = b.add(i, LONG(1), flags=("nuw", "nsw"))
        i.add_incoming(following, b.block)
        branch = b.cbranch(b.icmp_signed("<", following, n), top, after)
        if not plain:
            branch.set_metadata("llvm.loop", self.hint())
        b.position_at_end(after)

    def hint(self) -> Any:
        """How wide LLVM makes a loop; a loop's hint is of its own."""
        self.end += 1
        module = self.module
        told = [
            module.add_metadata([ir.MetaDataString(module, f"llvm.loop.{name}"), INT(value)])
            for name, value in (("vectorize.width", WIDTH), ("interleave.count", 1))
        ]
        return module.add_metadata([module.add_metadata([INT(self.end)]), *told])

    def total(self, b: Any, n: Any, body: Callable[[Any], Any], join: Expression, first: Any) -> Any:
        """Join `body(i)` over a loop: adding in any order."""
        before = b.block
        top, after = b.append_basic_block("loop"), b.append_basic_block("after")
        b.cbranch(b.icmp_signed(">", n, LONG(0)), top, after)
        b.position_at_end(top)
        i, so_far = b.phi(LONG), b.phi(self.kind)
        i.add_incoming(LONG(0), before)
        so_far.add_incoming(first, before)
        joined = join(b, so_far, body(i))
        following = b.add(i, LONG(1), flags=("nuw", "nsw"))
        i.add_incoming(following, b.block)
        so_far.add_incoming(joined, b.block)
        b.cbranch(b.icmp_signed("<", following, n), top, after)
        last = b.block
        b.position_at_end(after)
        found = b.phi(self.kind)
        found.add_incoming(first, before)
        found.add_incoming(joined, last)
        return found

    # ------------------------------------------------------------------------------------------------------ kernels

    def unary(self, f: Expression) -> Callable[..., None]:
        def body(b: Any, d: Any, a: Any, _b: Any, _c: Any, n: Any, *_: Any) -> None:
            self.loop(b, n, lambda i: store(b, f(b, load(b, a, i)), d, i))

        return body

    def binary(self, f: Expression, how: str) -> Callable[..., None]:
        def body(b: Any, d: Any, x: Any, y: Any, _c: Any, n: Any, *_: Any) -> None:
            number = b.load(x if how == "number:" else y) if how else None
            self.loop(
                b,
                n,
                lambda i: store(
                    b,
                    f(
                        b,
                        number if how == "number:" else load(b, x, i),
                        number if how == ":number" else load(b, y, i),
                    ),
                    d,
                    i,
                ),
            )

        return body

    def where(self, b: Any, d: Any, x: Any, y: Any, z: Any, n: Any, *_: Any) -> None:
        self.loop(b, n, lambda i: store(b, b.select(not_zero(b, load(b, x, i)), load(b, y, i), load(b, z, i)), d, i))

    def fill(self, b: Any, d: Any, a: Any, _b: Any, _c: Any, n: Any, *_: Any) -> None:
        x = b.load(a)
        self.loop(b, n, lambda i: store(b, x, d, i))

    def zero(self, b: Any, d: Any, _a: Any, _b: Any, _c: Any, n: Any, *_: Any) -> None:
        self.loop(b, n, lambda i: store(b, ir.Constant(self.kind, 0.0), d, i))

    def add_into(self, b: Any, d: Any, a: Any, _b: Any, _c: Any, n: Any, *_: Any) -> None:
        self.loop(b, n, lambda i: store(b, b.fadd(load(b, d, i), load(b, a, i)), d, i))

    def gather(self, b: Any, d: Any, a: Any, table: Any, _c: Any, n: Any, *_: Any) -> None:
        self.loop(b, n, lambda i: store(b, load(b, a, entry(b, table, i)), d, i))

    def put(self, b: Any, d: Any, a: Any, table: Any, _c: Any, n: Any, *_: Any) -> None:
        """Add each entry at its place, one after the other: places may repeat."""

        def one(i: Any) -> None:
            at = entry(b, table, i)
            store(b, b.fadd(load(b, d, at), load(b, a, i)), d, at)

        self.loop(b, n, one, plain=True)

    def rows(self, join: Expression, first: float | None) -> Callable[..., None]:
        """Join the m entries of each of n rows."""

        def body(b: Any, d: Any, a: Any, _b: Any, _c: Any, n: Any, m: Any, _k: Any) -> None:
            def row(i: Any) -> None:
                here = b.gep(a, [b.mul(i, m)])
                start = b.load(here) if first is None else ir.Constant(self.kind, first)
                store(b, self.total(b, m, lambda j: load(b, here, j), join, start), d, i)

            self.loop(b, n, row, plain=True)

        return body

    def matmul(self, b: Any, d: Any, x: Any, y: Any, _c: Any, n: Any, m: Any, k: Any) -> None:
        """An n by k matrix times a k by m one, d row by row."""

        def row(i: Any) -> None:
            here, left = b.gep(d, [b.mul(i, m)]), b.gep(x, [b.mul(i, k)])
            self.loop(b, m, lambda j: store(b, ir.Constant(self.kind, 0.0), here, j))

            def step(p: Any) -> None:
                factor, right = load(b, left, p), b.gep(y, [b.mul(p, m)])
                self.loop(
                    b, m, lambda j: store(b, b.fadd(load(b, here, j), b.fmul(factor, load(b, right, j))), here, j)
                )

            self.loop(b, k, step, plain=True)

        self.loop(b, n, row, plain=True)

    def kernels(self) -> list[Any]:
        """Every kernel, in the order of their numbers."""
        bodies: dict[str, Callable[..., None]] = {name: self.unary(f) for name, f in UNARY.items()}
        for name, f in BINARY.items():
            bodies |= {f"{name}{how}": self.binary(f, how.strip()) for how in ("", ":number", "number:")}
        bodies |= {"sums": self.rows(added, -0.0), "largest": self.rows(BINARY["maximum"], None)}
        return [self.kernel(name, bodies.get(name) or getattr(self, name)) for name in NAMES]

    # -------------------------------------------------------------------------------------------------- the runner

    def run(self, clear: int) -> None:
        """`run(records, count, arena, tables)`: run records, and say which of the flags `clear` were raised."""
        kernels = self.kernels()
        f = ir.Function(self.module, ir.FunctionType(INT, [POINTER, LONG, POINTER, POINTER]), "run")
        b = ir.IRBuilder(f.append_basic_block("entry"))
        records, count, arena, tables = f.args
        flag = ir.FunctionType(INT, [INT])
        b.call(ir.Function(self.module, flag, "feclearexcept"), [INT(clear)])

        def one(number: Any) -> None:
            record = b.gep(records, [b.mul(number, LONG(RECORD.itemsize))])
            field = {name: b.load(at(b, record, offset, kind_of(name))) for name, offset in FIELDS.items()}
            d, x, y, z = (b.bitcast(b.gep(arena, [field[name]]), self.kind.as_pointer()) for name in "dabc")
            sizes = [b.sext(field[name], LONG) for name in ("n", "m", "k")]
            table = b.gep(tables, [field["b"]])
            done = b.append_basic_block("done")
            choice = b.switch(field["op"], done)
            for name, kernel in zip(NAMES, kernels, strict=True):
                block = b.append_basic_block("op")
                choice.add_case(INT(OPS[name]), block)
                b.position_at_end(block)
                b.call(kernel, [d, x, table if name in TABLED else b.bitcast(y, POINTER), z, *sizes])
                b.branch(done)
            b.position_at_end(done)

        self.loop(b, count, one, plain=True)
        b.ret(b.call(ir.Function(self.module, flag, "fetestexcept"), [INT(clear)]))


def load(b: Any, x: Any, i: Any) -> Any:
    return b.load(b.gep(x, [i]))


def store(b: Any, value: Any, d: Any, i: Any) -> None:
    b.store(value, b.gep(d, [i]))


def entry(b: Any, table: Any, i: Any) -> Any:
    """Entry i of a table of places."""
    return b.sext(b.load(b.gep(b.bitcast(table, INT.as_pointer()), [i])), LONG)


def at(b: Any, record: Any, offset: int, kind: Any) -> Any:
    return b.bitcast(b.gep(record, [LONG(offset)]), kind.as_pointer())


def kind_of(name: str) -> Any:
    return LONG if name in "dabc" else INT


def text_of(dtype: str, clear: int) -> str:
    """The module of all kernels for `float64` or `float32`, and `run`."""
    writer = Writer(DOUBLE if dtype == "float64" else ir.FloatType())
    writer.run(clear)
    return str(writer.module)
