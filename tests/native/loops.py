"""A loop over arrays around one function of `mathematics`."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir

from gatewise._native import library

KEPT: dict[object, Any] = {}


def mapped(made: Any, *arrays: np.ndarray) -> np.ndarray:
    """Return what the function gives for each entry of arrays of one dtype."""
    kind = ir.FloatType() if arrays[0].dtype == np.float32 else ir.DoubleType()
    key = made.__name__, kind, len(arrays)
    if key not in KEPT:
        compiled = library(loop_text(made, kind, len(arrays)), ["loop"])
        pointers = [ctypes.c_void_p] * (len(arrays) + 1)
        KEPT[key] = compiled, ctypes.CFUNCTYPE(None, ctypes.c_int64, *pointers)(compiled.addresses["loop"])
    arrays = tuple(map(np.ascontiguousarray, arrays))
    out = np.empty_like(arrays[0])
    KEPT[key][1](out.size, *(x.ctypes.data for x in arrays), out.ctypes.data)
    return out


def loop_text(made: Any, kind: Any, count: int) -> str:
    """Return the text of a loop that writes f(x[i], ...) into the last array."""
    module, long = ir.Module(), ir.IntType(64)
    parameters = [long] + [kind.as_pointer()] * (count + 1)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), parameters), "loop")
    for each in function.args[1:]:
        each.add_attribute("noalias")
    entry, body, done = (function.append_basic_block(name) for name in ("entry", "body", "done"))
    b = ir.IRBuilder(entry)
    b.branch(body)
    b.position_at_end(body)
    i = b.phi(long)
    i.add_incoming(ir.Constant(long, 0), entry)
    found = made(b, *(b.load(b.gep(x, [i])) for x in function.args[1:-1]))
    b.store(found, b.gep(function.args[-1], [i]))
    after = b.add(i, ir.Constant(long, 1))
    i.add_incoming(after, b.block)
    b.cbranch(b.icmp_signed("<", after, function.args[0]), body, done)
    b.position_at_end(done)
    b.ret_void()
    return str(module)
