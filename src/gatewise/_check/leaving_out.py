"""A program whose forward pass has 0 in the place of a number: what a gradient is that leaves the number out."""

from __future__ import annotations

import ast
import copy
import dataclasses
import types
from collections.abc import Sequence
from typing import Any

from gatewise._build import run_users_code, users_code
from gatewise._callables import names_around
from gatewise._check.programs import Program
from gatewise._check.running import Moment
from gatewise._types import Function


def program_without(program: Program, moments: Sequence[Moment], number: ast.Constant) -> tuple[Program, list[Moment]]:
    """A copy of a program, with 0 in the place of one number, and its moments."""
    memo: dict[int, Any] = {}
    made = copy.deepcopy(program, memo)
    if id(number) in memo:
        memo[id(number)].value = 0.0
    return made, [dataclasses.replace(m, statement=memo.get(id(m.statement), m.statement)) for m in moments]


def function_without(f: Function, node: ast.FunctionDef, number: ast.Constant, plain: types.FunctionType) -> Function:
    """A function, made again from its definition with 0 in the place of one number."""
    memo: dict[int, Any] = {}
    made = copy.deepcopy(node, memo)
    if id(number) not in memo:
        return f
    memo[id(number)].value = 0.0
    made.decorator_list = []
    names: dict[str, Any] = {**names_around(plain)}
    run_users_code(users_code(ast.Module([made], []), plain.__code__.co_filename), names)
    again: Function = names[node.name]
    owner = getattr(f, "__self__", None)
    return again if owner is None else types.MethodType(again, owner)
