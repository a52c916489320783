"""A group of gates as one loop, and that as a builtin of Python which takes the arrays themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llvmlite import ir

from gatewise._native.loop import LOUD, UNDERFLOW, WIDE, Loop
from gatewise._native.pointers import BYTE, INT, LONG, POINTER, Python
from gatewise._native.reals import DOUBLE
from gatewise._native.steps import as_float, computed, number
from gatewise._program import At, Constant

TRUTH = ir.IntType(1)
BLOCK = 2048  #: entries that are added up by themselves, so that a sum of many stays as good as NumPy's


def text_of(loop: Loop, header: int) -> str:
    """The module of a loop: `call` is a builtin's function; objects of Python begin with `header` bytes."""
    module = ir.Module("loop")
    body = Body(module, loop)
    builtin(module, loop, body.function, header)
    return str(module)


class Body:
    """The function `loop(from, to, pointers, floats, sums)`."""

    def __init__(self, module: Any, loop: Loop) -> None:
        self.loop = loop
        self.kind = ir.FloatType() if loop.dtype == "float32" else DOUBLE
        pointers = [name for name, load in loop.loads.items() if load.how != "float"]
        floats = [name for name, load in loop.loads.items() if load.how == "float"]
        parameters = [LONG, LONG, *[POINTER] * (len(pointers) + len(loop.arrays)), *[DOUBLE] * len(floats), POINTER]
        self.function = f = ir.Function(module, ir.FunctionType(ir.VoidType(), parameters), "loop")
        f.linkage = "internal"
        f.attributes.add("noinline")
        self.start, self.end, *rest, self.sums = f.args
        self.of = dict(zip(pointers, rest, strict=False))
        self.into = dict(zip(loop.arrays, rest[len(pointers) :], strict=False))
        self.floats = dict(zip(floats, rest[len(rest) - len(floats) :], strict=True))
        for each in self.into.values():
            each.add_attribute("noalias")
        self.b = ir.IRBuilder(f.append_basic_block("entry"))
        self.write()

    def write(self) -> None:
        """Two loops, one in the other: over rows or blocks, and over the entries of each."""
        b, f, flat = self.b, self.function, self.loop.columns == 1
        entry = b.block
        self.still = {name: b.fptrunc(x, self.kind) if self.kind != DOUBLE else x for name, x in self.floats.items()}
        self.still |= {k: self.loaded(k, LONG(0)) for k, load in self.loop.loads.items() if load.how == "single"}
        outer, inner, after, done = (f.append_basic_block(name) for name in ("outer", "inner", "after", "done"))
        b.cbranch(b.icmp_signed("<", self.start, self.end), outer, done)
        b.position_at_end(outer)
        i = b.phi(LONG)
        i.add_incoming(self.start, entry)
        totals = {place: b.phi(DOUBLE) for place in self.loop.sums}
        for phi in totals.values():
            phi.add_incoming(number(DOUBLE, 0), entry)
        self.still |= {k: self.loaded(k, i) for k, load in self.loop.loads.items() if load.how == "column"}
        next_i = b.add(i, LONG(BLOCK if flat else 1), flags=["nsw"])
        base = i if flat else b.mul(i, LONG(self.loop.columns))
        over = b.sub(self.end, i)
        count = b.select(b.icmp_signed("<", over, LONG(BLOCK)), over, LONG(BLOCK)) if flat else LONG(self.loop.columns)
        b.branch(inner)
        parts = self.entries(inner, outer, base, count, after)
        b.position_at_end(after)
        for place, part in parts.items():
            if place in totals:
                grown = b.fadd(totals[place], part)
                totals[place].add_incoming(grown, after)
                b.store(grown, self.place_of_sum(place))
            else:
                b.store(self.shortened(part), self.address(self.into[place], self.kind, i))
        i.add_incoming(next_i, after)
        b.cbranch(b.icmp_signed("<", next_i, self.end), outer, done)
        b.position_at_end(done)
        b.ret_void()

    def place_of_sum(self, place: int) -> Any:
        return self.address(self.sums, DOUBLE, LONG(self.loop.sums.index(place)))

    def shortened(self, x: Any) -> Any:
        return x if self.kind == DOUBLE else self.b.fptrunc(x, self.kind)

    def address(self, pointer: Any, kind: Any, k: Any) -> Any:
        return self.b.gep(self.b.bitcast(pointer, kind.as_pointer()), [k], inbounds=True)

    def loaded(self, name: Any, k: Any) -> Any:
        """An entry of an array that is read."""
        if self.loop.loads[name].dtype == "bool":
            found = self.b.load(self.address(self.of[name], BYTE, k))
            return self.b.icmp_unsigned("!=", found, BYTE(0))
        return self.b.load(self.address(self.of[name], self.kind, k), align=1)

    def entries(self, inner: Any, outer: Any, base: Any, count: Any, after: Any) -> dict[int, Any]:
        """The inner loop; what its sums come to."""
        b, loop = self.b, self.loop
        b.position_at_end(inner)
        j = b.phi(LONG)
        j.add_incoming(LONG(0), outer)
        sums = {place: b.phi(DOUBLE) for place in loop.totals}
        at = b.add(base, j, flags=["nsw"])
        values = dict(self.still)
        for name, load in loop.loads.items():
            if load.how in ("full", "row"):
                values[name] = self.loaded(name, at if load.how == "full" else j)
        for place, op in loop.ops:
            values[place] = computed(b, self.kind, op, [self.operand(values, x) for x in op.operands])
        for place, dtype in loop.stores.items():
            kept = b.zext(values[place], BYTE) if dtype == "bool" else values[place]
            b.store(kept, self.address(self.into[place], BYTE if dtype == "bool" else self.kind, at))
        grown = {}
        for place, (of, _) in loop.totals.items():
            sums[place].add_incoming(number(DOUBLE, 0), outer)
            x = as_float(b, DOUBLE, values[of])
            x = x if x.type == DOUBLE else b.fpext(x, DOUBLE)
            grown[place] = b.fadd(sums[place], x, flags=["reassoc"])
            sums[place].add_incoming(grown[place], inner)
        next_j = b.add(j, LONG(1), flags=["nsw"])
        j.add_incoming(next_j, inner)
        b.cbranch(b.icmp_signed("<", next_j, count), inner, after)
        return grown

    def operand(self, values: Mapping[Any, Any], x: Any) -> Any:
        if isinstance(x, At):
            return values[x.place]
        assert isinstance(x, Constant)
        if x in values:
            return values[x]
        return TRUTH(int(x.value)) if isinstance(x.value, bool) else number(self.kind, float(x.value))


def builtin(module: Any, loop: Loop, function: Any, header: int) -> None:
    """The function `call(heard, objects, count)`: what is read, what is written, from, to. It gives the sums.

    Where a flag of the processor is raised, `heard` is called with the flags.
    """
    python = Python(module, header)
    outside = python.outside
    void = ir.VoidType()
    call = outside("call", POINTER, POINTER, POINTER.as_pointer(), LONG)
    heard, objects, _ = call.args
    b = python.b = ir.IRBuilder(call.append_basic_block("entry"))
    as_long, as_int = outside("PyLong_AsSsize_t", LONG, POINTER), outside("PyLong_FromLong", POINTER, LONG)
    clear, test = outside("feclearexcept", INT, INT), outside("fetestexcept", INT, INT)
    save, restore = outside("PyEval_SaveThread", POINTER), outside("PyEval_RestoreThread", void, POINTER)
    ask, forget = outside("PyObject_CallOneArg", POINTER, POINTER, POINTER), outside("Py_DecRef", void, POINTER)
    made, pack = outside("PyFloat_FromDouble", POINTER, DOUBLE), outside("PyTuple_Pack", POINTER, LONG, several=True)
    none = ir.GlobalVariable(module, BYTE, "_Py_NoneStruct")
    keep = outside("Py_IncRef", void, POINTER)

    def given(k: int) -> Any:
        return b.load(b.gep(objects, [LONG(k)]))

    reads = [load.how == "float" for load in loop.loads.values()] + [False] * len(loop.arrays)
    pointers = [python.inside(given(k), POINTER) for k, plain in enumerate(reads) if not plain]
    floats = [python.inside(given(k), DOUBLE) for k, plain in enumerate(reads) if plain]
    start, end = (b.call(as_long, [given(len(reads) + k)]) for k in (0, 1))
    sums = b.alloca(DOUBLE, LONG(max(len(loop.sums), 1)))
    for k in range(len(loop.sums)):
        b.store(number(DOUBLE, 0), b.gep(sums, [LONG(k)]))
    wide = loop.rows * loop.columns >= WIDE
    state = b.call(save, []) if wide else None
    b.call(clear, [INT(LOUD | UNDERFLOW)])
    b.call(function, [start, end, *pointers, *floats, b.bitcast(sums, POINTER)])
    flags = b.call(test, [INT(LOUD | UNDERFLOW)])
    if wide:
        b.call(restore, [state])
    with b.if_then(b.icmp_signed("!=", flags, INT(0)), likely=False):
        told = b.call(as_int, [b.sext(flags, LONG)])
        answer = b.call(ask, [heard, told])
        b.call(forget, [told])
        with b.if_then(b.icmp_unsigned("==", b.ptrtoint(answer, LONG), LONG(0))):
            b.ret(answer)
        b.call(forget, [answer])
    numbers = [b.call(made, [b.load(b.gep(sums, [LONG(k)]))]) for k in range(len(loop.sums))]
    if len(numbers) == 1:
        b.ret(numbers[0])
    elif numbers:
        packed = b.call(pack, [LONG(len(numbers)), *numbers])
        for each in numbers:
            b.call(forget, [each])
        b.ret(packed)
    else:
        b.call(keep, [none])
        b.ret(none)
