"""A program of plain floats as a builtin of Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from gatewise._native.loop import SAME
from gatewise._native.pointers import LONG, POINTER, Python
from gatewise._native.reals import DOUBLE
from gatewise._native.steps import as_float, computed, number
from gatewise._program import At, Program

TRUTH = ir.IntType(1)


def text_of(program: Program, returned: Any, header: int) -> str:
    """The module of a program: `call` is the function of a builtin whose self is (slow, float, np.float64).

    `returned` is what it returns: tuples in which the leaves are `Leaf`s. A call with
    anything but floats, one in which something is inf or nan, or in which a guard does not hold, is made of `slow`.
    """
    module = ir.Module("numbers")
    python = Python(module, header)
    call = python.outside("call", POINTER, POINTER, POINTER.as_pointer(), LONG)
    mine, objects, count = call.args
    names = ("entry", "types", "fast", "give", "slow")
    entry, types, fast, give, slow = (call.append_basic_block(name) for name in names)
    b = python.b = ir.IRBuilder(entry)
    n = len(program.inputs)
    plain, double = (python.part_of_tuple(mine, k) for k in (1, 2))
    b.cbranch(b.icmp_signed("==", count, LONG(n)), types, slow)
    b.position_at_end(types)
    given = [b.load(b.gep(objects, [LONG(k)])) for k in range(n)]
    kinds = [python.kind_of(x) for x in given]
    b.cbranch(every(b, [b.icmp_unsigned("==", kind, b.ptrtoint(plain, LONG)) for kind in kinds]), fast, slow)
    b.position_at_end(fast)
    values, holds = of_program(b, program, [python.inside(x, DOUBLE) for x in given])
    b.cbranch(every(b, holds), give, slow)
    b.position_at_end(give)
    b.ret(structure(python, returned, values, double))
    b.position_at_end(slow)
    ask = python.outside("PyObject_Vectorcall", POINTER, POINTER, POINTER.as_pointer(), LONG, POINTER)
    b.ret(b.call(ask, [python.part_of_tuple(mine, 0), objects, count, ir.Constant(POINTER, None)]))
    return str(module)


def every(b: Any, conditions: Sequence[Any]) -> Any:
    """Whether all of some conditions hold."""
    found = TRUTH(1)
    for each in conditions:
        found = b.and_(found, each)
    return found


def of_program(b: Any, program: Program, values: list[Any]) -> tuple[list[Any], list[Any]]:
    """What stands at each place, and what has to hold: every number is finite, Python reads the same."""
    left = number(DOUBLE, 0)
    for op in program.ops:
        xs = [value_of(values, x) for x in op.operands]
        found = xs[0] if op.gate in SAME else computed(b, DOUBLE, op, xs)
        values.append(found)
        if found.type == DOUBLE and op.gate != "negative":
            left = b.fadd(left, b.fsub(found, found))
    holds = [b.fcmp_ordered("==", left, number(DOUBLE, 0))]
    for guard in program.guards:
        found = value_of(values, guard.operand)
        holds.append(found if guard.value else b.not_(found))
    return values, holds


def value_of(values: Sequence[Any], x: Any) -> Any:
    if isinstance(x, At):
        return values[x.place]
    return TRUTH(int(x.value)) if isinstance(x.value, bool) else number(DOUBLE, float(x.value))


def structure(python: Python, returned: Any, values: Sequence[Any], double: Any) -> Any:
    """An object of Python that is returned."""
    b = python.b
    if isinstance(returned, tuple):
        parts = [structure(python, each, values, double) for each in returned]
        pack = python.outside("PyTuple_Pack", POINTER, LONG, several=True)
        found = b.call(pack, [LONG(len(parts)), *parts])
        for each in parts:
            b.call(python.outside("Py_DecRef", ir.VoidType(), POINTER), [each])
        return found
    value = as_float(b, DOUBLE, value_of(values, returned.operand))
    if returned.kind is float:
        return b.call(python.outside("PyFloat_FromDouble", POINTER, DOUBLE), [value])
    made = b.call(python.outside("PyType_GenericAlloc", POINTER, POINTER, LONG), [double, LONG(0)])
    b.store(value, b.bitcast(b.gep(made, [LONG(python.header)]), DOUBLE.as_pointer()))
    return made
