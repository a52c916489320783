"""From an instruction of a code object to the statement, its target, and the expression in the user's source."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

Span = tuple[int, int, int, int]  #: line, column, end line, end column
STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One assignment (or return) as the user wrote it.

    `target` is the name that is bound (None where there is none that can stand for the value), `returns` whether this
    is what the function gives back, `value` the right-hand side, `text` the user's line.
    """

    target: str | None
    returns: bool
    line: int
    text: str
    value: ast.expr


class Source:
    """The syntax tree of one file, with its expressions by span."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.expressions: dict[Span, ast.expr] = {}
        self.statements: list[ast.stmt] = []
        self.lambdas: list[ast.Lambda] = []
        self._segments: dict[ast.AST, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr):
                self.expressions[span_of(node)] = node
            if isinstance(node, STATEMENTS):
                self.statements.append(node)
            if isinstance(node, ast.Lambda):
                self.lambdas.append(node)

    def innermost(self, span: Span, among: list[ast.stmt] | list[ast.Lambda]) -> ast.AST | None:
        """The last and so innermost of `among` that holds `span`."""
        found = None
        for node in among:
            if holds(span_of(node), span):
                found = node
        return found

    def segment(self, node: ast.AST) -> str:
        """The text of a node on one line."""
        if node not in self._segments:
            self._segments[node] = " ".join((ast.get_source_segment("\n".join(self.lines), node) or "").split())
        return self._segments[node]


def span_of(node: ast.AST) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def holds(outer: Span, inner: Span) -> bool:
    return outer[:2] <= inner[:2] and outer[2:] >= inner[2:]


@lru_cache(maxsize=64)
def _parsed(filename: str, text: str) -> Source | None:
    try:
        return Source(text)
    except SyntaxError:
        return None


def source_of(code: CodeType) -> Source | None:
    """The parsed source of the file a code object comes from, or None where there is no source."""
    text = "".join(linecache.getlines(code.co_filename))
    return _parsed(code.co_filename, text) if text else None


@lru_cache(maxsize=65536)
def span_at(code: CodeType, instruction: int) -> Span | None:
    """Where in the source an instruction stands."""
    for i, (line, end_line, column, end_column) in enumerate(code.co_positions()):
        if 2 * i == instruction:
            if None in (line, end_line, column, end_column):
                return None
            return line, column, end_line, end_column  # type: ignore[return-value]
    return None


@lru_cache(maxsize=65536)
def expression_at(code: CodeType, instruction: int) -> ast.expr | None:
    """The expression that an instruction computes; for `x += y` one that reads x + y."""
    source, span = source_of(code), span_at(code, instruction)
    if source is None or span is None:
        return None
    if (found := source.expressions.get(span)) is not None:
        return found
    for node in source.statements:
        if isinstance(node, ast.AugAssign) and span_of(node) == span:
            return expression_of_augmented(node)
    return None


@lru_cache(maxsize=65536)
def statement_at(code: CodeType, instruction: int) -> Statement | None:
    """The statement that an instruction belongs to; one object for every instruction of one statement's target."""
    source, span = source_of(code), span_at(code, instruction)
    if source is None or span is None:
        return None
    if code.co_name == "<lambda>" and (node := source.innermost(span, source.lambdas)) is not None:
        return statement_of(source, node, None)
    node = source.innermost(span, source.statements)
    return None if node is None else statement_of(source, node, element(node, span))


def element(node: ast.AST, span: Span) -> int | None:
    """Which part of `a, b = x + 1, y * 3` holds `span`."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=parts)) if len(targets) == len(parts):
            return next((i for i, part in enumerate(parts) if holds(span_of(part), span)), None)
    return None


@lru_cache(maxsize=65536)
def statement_of(source: Source, node: ast.AST, part: int | None) -> Statement:
    """The statement for a node, or for one part of a tuple assignment."""
    text = source.segment(node)
    if isinstance(node, ast.Lambda):
        return Statement(None, True, node.lineno, source.segment(node.body), node.body)
    if isinstance(node, ast.Return):
        return Statement(None, True, node.lineno, text, node.value or node)  # type: ignore[arg-type]
    if isinstance(node, ast.Expr):
        return Statement(None, False, node.lineno, text, node.value)
    target: Any = node.targets[-1] if isinstance(node, ast.Assign) else node.target  # type: ignore[attr-defined]
    value = node.value  # type: ignore[attr-defined]
    if isinstance(node, ast.AugAssign):
        value = expression_of_augmented(node)
    if part is not None:
        target, value = target.elts[part], value.elts[part]
        text = f"{source.segment(target)} = {source.segment(value)}"
    return Statement(target_name(target), False, node.lineno, text, value)  # type: ignore[attr-defined]


def expression_of_augmented(node: ast.AugAssign) -> ast.expr:
    """`x += y` read as x + y."""
    left = ast.copy_location(ast.parse(ast.unparse(node.target), mode="eval").body, node.target)
    return ast.copy_location(ast.BinOp(left, node.op, node.value), node)


def target_name(target: ast.expr) -> str | None:
    """The name a value goes by: `W` for `self.W = ...`, `k` for `d["k"] = ...`; several names joined by a comma."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        key = target.slice.value
        return key if isinstance(key, str) and key.isidentifier() else None
    if isinstance(target, ast.Tuple):
        return ",".join(target_name(part) or "_" for part in target.elts)
    return None
