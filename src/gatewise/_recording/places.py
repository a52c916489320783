"""From an instruction of a code object to the statement, its target, and the expression in the user's source."""

from __future__ import annotations

import ast
import linecache
import weakref
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, TypeGuard

from gatewise import _syntax
from gatewise._recording.whiles import read_counts

Span = tuple[int, int, int, int]  #: line, column, end line, end column
#: What runs some code several times; a call among them is that of the builtin `sum`.
Loop = ast.For | ast.While | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp | ast.Call
LOOPS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One assignment (or return) as the user wrote it.

    `target` is the name that is bound (None where there is none that can stand for the value), `returns` whether this
    is what the function gives back, `value` the right-hand side, `text` the user's line, `in_place` whether it is
    one like `x += y`, `into` the name of the array whose entries are written.
    """

    target: str | None
    returns: bool
    line: int
    text: str
    value: ast.expr
    in_place: bool = False
    into: str = ""


class Source:
    """The syntax tree of one file, with its expressions by span; a `while` that counts is read as a `for`."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines(keepends=True)
        self.tree = _syntax.module(text)
        self.expressions: dict[Span, ast.expr] = {}
        self.statements: list[ast.stmt] = []
        self.lambdas: list[ast.Lambda] = []
        self.loops: list[Loop] = []  # in the order of the text: a loop before those inside it
        self.parts: dict[tuple[ast.AST, int | None], Statement] = {}  # what `statement_of` has made
        self._segments: dict[ast.AST, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr):
                self.expressions[span_of(node)] = node
        self.as_written = _syntax.module(text) if read_counts(self.tree) else self.tree
        for node in ast.walk(self.tree):
            if isinstance(node, STATEMENTS):
                self.statements.append(node)
            if isinstance(node, ast.Lambda):
                self.lambdas.append(node)
            if isinstance(node, LOOPS) or is_sum(node):
                self.loops.append(node)
        self.loops.sort(key=span_of)
        self.statements.sort(key=span_of)
        self.lambdas.sort(key=span_of)

    def statement(self, span: Span) -> ast.stmt | None:
        """The statement that holds `span`: these do not hold each other, so it is the last that begins before it."""
        k = bisect_right(self.statements, span[:2], key=lambda node: span_of(node)[:2])
        return self.statements[k - 1] if k and spans(span_of(self.statements[k - 1]), span) else None

    def innermost_lambda(self, span: Span) -> ast.Lambda | None:
        """The last and so innermost lambda that holds `span`."""
        k = bisect_right(self.lambdas, span[:2], key=lambda node: span_of(node)[:2])
        return next((node for node in reversed(self.lambdas[:k]) if spans(span_of(node), span)), None)

    def segment(self, node: ast.AST) -> str:
        """The text of a node on one line; its columns count the bytes of UTF-8."""
        if node not in self._segments:
            line, column, end_line, end_column = span_of(node)
            found = [text.encode() for text in self.lines[line - 1 : end_line]]
            if found:
                found[-1] = found[-1][:end_column]
                found[0] = found[0][column:]
            self._segments[node] = " ".join(b"".join(found).decode(errors="replace").split())
        return self._segments[node]


def span_of(node: ast.AST) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def spans(outer: Span, inner: Span) -> bool:
    return outer[:2] <= inner[:2] and outer[2:] >= inner[2:]


@lru_cache(maxsize=64)
def _parsed(filename: str, text: str) -> Source | None:
    try:
        return Source(text)
    except SyntaxError:
        return None


def span_in(line: int | None, end_line: int | None, column: int | None, end_column: int | None) -> Span | None:
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, column, end_line, end_column


class Places:
    """What is known of one code object: its source, and span, expression and statement of each instruction."""

    def __init__(self, code: CodeType) -> None:
        text = "".join(linecache.getlines(code.co_filename))
        self.source = _parsed(code.co_filename, text) if text else None
        self.spans = [span_in(*place) for place in code.co_positions()]
        self.expressions: dict[int, ast.expr | None] = {}
        self.statements: dict[int, Statement | None] = {}
        self.loops: dict[int, tuple[Loop, ...]] = {}
        self.spots: dict[Span | None, int] = {}
        for k, span in enumerate(self.spans):
            self.spots.setdefault(span, k)


_known: dict[int, tuple[weakref.ref[CodeType], Places]] = {}  # by id: equal code may stand in different files


def places_of(code: CodeType) -> Places:
    """The places of a code object, known as long as it lives."""
    key = id(code)
    if key not in _known:
        _known[key] = weakref.ref(code, lambda _: _known.pop(key, None)), Places(code)
    return _known[key][1]


def source_of(code: CodeType) -> Source | None:
    """The parsed source of the file a code object comes from, or None where there is no source."""
    return places_of(code).source


def expression_at(code: CodeType, instruction: int) -> ast.expr | None:
    """The expression that an instruction computes; for `x += y` one that reads x + y."""
    places = places_of(code)
    if instruction not in places.expressions:
        places.expressions[instruction] = expression_in(places.source, places.spans[instruction // 2])
    return places.expressions[instruction]


def spot(code: CodeType, instruction: int) -> int:
    """A number for the expression that an instruction belongs to, rising with the code.

    Python may call the same function by another instruction once the code is warm.
    """
    places = places_of(code)
    return places.spots[places.spans[instruction // 2]]


def spots(place: tuple[tuple[Any, int], ...]) -> tuple[tuple[int, int], ...]:
    """The spots of several frames, each with what tells its code."""
    return tuple((id(code), spot(code, instruction)) for code, instruction in place)


def loops_at(code: CodeType, instruction: int) -> tuple[Loop, ...]:
    """The loops around an instruction in its own function, outermost first."""
    places = places_of(code)
    if instruction not in places.loops:
        span, loops = places.spans[instruction // 2], places.source.loops if places.source else []
        around = tuple(loop for loop in loops if span is not None and holds(loop, span))
        places.loops[instruction] = tuple(loop for loop in around if belongs(loop, code))
    return places.loops[instruction]


def is_sum(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether a node calls `sum`, which adds what it goes through."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum"


def holds(loop: Loop, span: Span) -> bool:
    """Whether a loop runs what stands in a place; what `sum` is given is worked out before it begins."""
    return span_of(loop) == span if isinstance(loop, ast.Call) else spans(span_of(loop), span)


def in_loop(code: CodeType, instruction: int) -> bool:
    """Whether an instruction stands in a loop of its own function."""
    return bool(loops_at(code, instruction))


def belongs(loop: Loop, code: CodeType) -> bool:
    """Whether a loop begins inside a function, and not around it: a function may be made in a loop."""
    return loop.lineno >= code.co_firstlineno


def expression_in(source: Source | None, span: Span | None) -> ast.expr | None:
    if source is None or span is None:
        return None
    if (found := source.expressions.get(span)) is not None:
        return found
    node = source.statement(span)
    return expression_of_augmented(node) if isinstance(node, ast.AugAssign) and span_of(node) == span else None


def statement_at(code: CodeType, instruction: int) -> Statement | None:
    """The statement that an instruction belongs to; one object for every instruction of one statement's target."""
    places = places_of(code)
    if instruction not in places.statements:
        span = places.spans[instruction // 2]
        places.statements[instruction] = statement_in(places.source, span, code.co_name == "<lambda>")
    return places.statements[instruction]


def statement_in(source: Source | None, span: Span | None, in_lambda: bool) -> Statement | None:
    if source is None or span is None:
        return None
    if in_lambda and (inner := source.innermost_lambda(span)) is not None:
        return statement_of(source, inner, None)
    node = source.statement(span)
    return None if node is None else statement_of(source, node, element(node, span))


def element(node: ast.AST, span: Span) -> int | None:
    """Which part of `a, b[1] = x + 1, y * 3` holds `span`: on the right 0 or 1, where it is written to -2 or -1."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
            parts = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(targets) else []
            places = [*enumerate(parts), *enumerate(targets, -len(targets))]
            return next((i for i, part in places if spans(span_of(part), span)), None)
    return None


def statement_of(source: Source, node: ast.AST, part: int | None) -> Statement:
    """The statement for a node, or for one part of a tuple assignment: the same object each time."""
    if (node, part) not in source.parts:
        source.parts[node, part] = made_statement(source, node, part)
    return source.parts[node, part]


def made_statement(source: Source, node: ast.AST, part: int | None) -> Statement:
    text = source.segment(node)
    if isinstance(node, ast.Lambda):
        return Statement(None, True, node.lineno, source.segment(node.body), node.body)
    if isinstance(node, ast.Return):
        return Statement(None, True, node.lineno, text, node.value or ast.Constant(None))
    if isinstance(node, ast.Expr):
        return Statement(None, False, node.lineno, text, node.value)
    assert isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
    target: Any = node.targets[-1] if isinstance(node, ast.Assign) else node.target
    value: Any = node.value
    if isinstance(node, ast.AugAssign):
        value = expression_of_augmented(node)
    into = written_into(target)
    if part is not None:
        target = target.elts[part]
        into = written_into(target) if part < 0 else ""  # all are computed before the first is written
    if part is not None and part >= 0:
        value = value.elts[part]
        text = f"{source.segment(target)} = {source.segment(value)}"
    in_place = isinstance(node, ast.AugAssign)
    return Statement(target_name(target), False, node.lineno, text, value, in_place, into)


def expression_of_augmented(node: ast.AugAssign) -> ast.expr:
    """`x += y` read as x + y."""
    left = ast.copy_location(_syntax.expression(ast.unparse(node.target)), node.target)
    return ast.copy_location(ast.BinOp(left, node.op, node.value), node)


def written_into(target: ast.expr) -> str:
    """The name of the array that `u[1:-1] = ...` and `u.T[0] = ...` write into; empty for any other target."""
    inside = isinstance(target, ast.Subscript)
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if inside and isinstance(target, ast.Name) else ""


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
