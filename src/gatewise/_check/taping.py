"""The user's own code run on Tensors, for its forward pass alone: what is changed in place there becomes a new value.

Statements that no output hangs on see plain numbers: a backward pass may do with its gradients whatever it likes.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.bodies import bodies_of, defines, with_bodies
from gatewise._check.hearing import is_entry, whole, with_context
from gatewise._tensor import Tensor

PLAIN = "__gatewise_plain__"
PUT = "__gatewise_put__"
ARRAY = "__gatewise_array__"


def taped(body: Sequence[ast.stmt], beside: Collection[ast.stmt]) -> list[ast.stmt]:
    """A body for Tensors; the statements `beside` the forward pass get plain numbers."""
    found: list[ast.stmt] = []
    for node in body:
        if bodies_of(node) or defines(node):
            found.append(with_bodies(node, lambda body: taped(body, beside)))
        elif node in beside:
            found.append(Loads().visit(copy.deepcopy(node)))
        elif (pairs := one_by_one(node)) is not None:
            found += taped(pairs, beside)
        else:
            found.append(Methods().visit(copy.deepcopy(renewed(node))))
    return found


def one_by_one(node: ast.stmt) -> list[ast.stmt] | None:
    """`th[0], om[0] = a, b` as two statements; None of any other."""
    if not (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)
    ):
        return None
    targets, values = node.targets[0].elts, node.value.elts
    if len(targets) != len(values) or not any(isinstance(t, ast.Subscript) and not is_entry(t) for t in targets):
        return None
    return [ast.copy_location(ast.Assign([t], v), node) for t, v in zip(targets, values, strict=True)]


class Loads(ast.NodeTransformer):
    """Names and attributes that are read become plain numbers."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return call_to(PLAIN, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return call_to(PLAIN, node) if isinstance(node.ctx, ast.Load) and not is_call_name(node) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        node.args = [self.visit(a) for a in node.args]
        for each in node.keywords:
            each.value = self.visit(each.value)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.ctx, ast.Load):
            node.value, node.slice = self.visit(node.value), self.visit(node.slice)
            return call_to(PLAIN, node)
        node.value, node.slice = self.visit(node.value), self.visit(node.slice)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        return node


class Methods(ast.NodeTransformer):
    """`X.dot(W)` as np.dot(X, W), which asks W too; `np.array([a, b])` as a stack of what may be Tensors."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr == "dot" and len(node.args) == 1 and not is_call_name(func):
            dot = ast.Attribute(ast.Name("__gatewise_np__", ast.Load()), "dot", ast.Load())
            return ast.copy_location(ast.Call(dot, [func.value, node.args[0]], []), node)
        if isinstance(func, ast.Attribute) and is_call_name(func) and func.attr in ("array", "asarray"):
            node.func = ast.copy_location(ast.Name(ARRAY, ast.Load()), func)
        return node


def array(x: Any, *args: Any, **kwargs: Any) -> Any:
    """np.array of what may hold Tensors."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, (list, tuple)) and holds_tensor(x):
        return np.stack([array(e) for e in x])
    return np.array(x, *args, **kwargs)


def is_call_name(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy", "math")


def call_to(name: str, *args: ast.expr) -> ast.Call:
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), list(args), []), args[0])


def renewed(node: ast.stmt) -> ast.stmt:
    """`x += y` as x = x + y, `x[index] = y` as x = put_at(x, index, y): nothing is changed in place."""
    if isinstance(node, ast.AugAssign):
        load = with_context(node.target, ast.Load())
        both = ast.copy_location(ast.BinOp(load, node.op, node.value), node)
        if isinstance(node.target, ast.Subscript) and not is_entry(node.target):
            return put_in_place(node, node.target, both)
        store = with_context(node.target, ast.Store())
        return ast.copy_location(ast.Assign([store], both), node)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and not is_entry(target):
            return put_in_place(node, target, node.value)
    return node


def put_in_place(node: ast.stmt, target: ast.Subscript, value: ast.expr) -> ast.stmt:
    base = whole(target)
    if base is None or base is not target.value:
        return node
    index: ast.expr = target.slice
    if any(isinstance(e, ast.Slice) for e in ast.walk(index)):
        index = ast.Subscript(
            ast.Attribute(ast.Name("__gatewise_np__", ast.Load()), "s_", ast.Load()), index, ast.Load()
        )
    call = ast.Call(ast.Name(PUT, ast.Load()), [with_context(base, ast.Load()), index, value], [])
    return ast.copy_location(ast.Assign([with_context(base, ast.Store())], call), node)


def without_tensors(x: Any) -> Any:
    """A value without Tensors in it."""
    if isinstance(x, Tensor):
        value = x.value
        return value.copy() if isinstance(value, np.ndarray) else value
    if type(x) in (list, tuple):
        return type(x)(map(without_tensors, x)) if any(holds_tensor(e) for e in x) else x
    if type(x) is dict:
        return {k: without_tensors(v) for k, v in x.items()} if any(holds_tensor(e) for e in x.values()) else x
    return x


def holds_tensor(x: Any) -> bool:
    if isinstance(x, Tensor):
        return True
    return any(map(holds_tensor, x.values() if isinstance(x, dict) else x)) if type(x) in (list, tuple, dict) else False


def put_at(x: Any, index: Any, value: Any) -> object:
    """`x` with another value at an index: x itself, changed, where no Tensor is about; else a new one."""
    index = without_tensors(index)
    if isinstance(x, (list, dict)) or not (isinstance(x, Tensor) or holds_tensor(value)):
        x[index] = value
        return x
    if isinstance(value, list):
        value = np.stack(value)
    shape = np.shape(without_tensors(x))
    places = np.arange(int(np.prod(shape))).reshape(shape)
    there = places[index]
    count = places.size
    source = np.arange(count).reshape(shape)
    source[index] = count + np.arange(np.size(there)).reshape(np.shape(there))
    spread = np.broadcast_to(value, np.shape(there)) if np.shape(without_tensors(value)) != np.shape(there) else value
    both = np.concatenate([np.reshape(x, (-1,)), np.reshape(spread, (-1,))])
    return np.reshape(both[source.ravel()], shape)


NAMES: Mapping[str, Any] = {PLAIN: without_tensors, PUT: put_at, ARRAY: array, "__gatewise_np__": np}
