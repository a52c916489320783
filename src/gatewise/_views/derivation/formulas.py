"""Expressions of the record as formulas: Python text is parsed, and each name is looked up as a symbol."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gatewise import _syntax
from gatewise._views.derivation.symbols import in_text
from gatewise._views.phrases import said

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(1, 6)
_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arcsin", "arccos"}
_TURNED = {"maximum": "max", "minimum": "min"}
_CONSTANTS = {"pi": r"\pi", "e": r"\mathrm{e}", "inf": r"\infty"}
_STRETCHING = {"broadcast_to", "expand_dims"}  # a formula broadcasts without being told
_COMPARED: Mapping[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.Lt: "<",
    ast.GtE: r"\ge",
    ast.LtE: r"\le",
    ast.Eq: "=",
    ast.NotEq: r"\ne",
}


@dataclass(frozen=True)
class Term:
    """What a name stands for: its LaTeX, how tightly that binds, and whether it is an array."""

    latex: str
    binding: int = _ATOM
    is_array: bool = False


class UnwrittenError(Exception):
    """The expression holds something that has no formula."""


@lru_cache(maxsize=1024)
def _tree(text: str) -> ast.expr | None:
    """An expression of the record as Python reads it; None for what is none."""
    try:
        return _syntax.expression(text.strip())
    except (SyntaxError, ValueError, RecursionError):
        return None


def formula(text: str, names: Callable[[str], Term | None]) -> Term | None:
    """The formula of a Python expression; None where it holds a name or a construct that cannot be written."""
    tree = _tree(text)
    try:
        return None if tree is None else _Writer(names).write(tree)
    except (ValueError, UnwrittenError, RecursionError):
        return None


def index_formula(text: str, names: Callable[[str], Term | None]) -> str:
    """The index of an expression `x[...]`; empty where it is none."""
    tree = _tree(text)
    return _Writer(names).index(tree.slice) if isinstance(tree, ast.Subscript) else ""


def power_of_e(exponent: str, names: Callable[[str], Term | None]) -> str:
    r"""`e^{x}`, or `\exp(x)` where a wire has the name e."""
    return f"e^{{{exponent}}}" if names("e") is None else rf"\exp\left({exponent}\right)"


def operand(text: str, port: int) -> str:
    """What stands at an operand's place in the expression of an operator; empty where that cannot be told."""
    tree = _tree(text)
    sides = (tree.left, tree.right) if isinstance(tree, ast.BinOp) else ()
    return ast.unparse(sides[port]) if port < len(sides) else ""


def names_in_text(text: str) -> set[str]:
    """The names in an expression."""
    tree = _tree(text)
    return _syntax.names_in(tree) if tree is not None else set()


def is_written_number(text: str) -> bool:
    """Whether an expression is a literal number."""
    return bool(re.fullmatch(r"[-+(\s]*[\d.]+(e[-+]?\d+)?[)\s]*", text))


class _Writer:
    def __init__(self, names: Callable[[str], Term | None]) -> None:
        self.names = names

    def write(self, node: ast.expr) -> Term:
        found = getattr(self, f"_{type(node).__name__}", None)
        if found is None:
            raise UnwrittenError
        term: Term = found(node)
        return term

    def inside(self, node: ast.expr, binding: int) -> str:
        term = self.write(node)
        return term.latex if term.binding >= binding else rf"\left({term.latex}\right)"

    def _Name(self, node: ast.Name) -> Term:
        term = self.names(node.id)
        if term is None:
            raise UnwrittenError
        return term

    def _Constant(self, node: ast.Constant) -> Term:
        if isinstance(node.value, str):
            return Term(rf"\text{{{in_text(node.value)}}}")
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise UnwrittenError
        text = repr(node.value).removesuffix(".0")
        mantissa, e, exponent = text.partition("e")
        return Term(rf"{mantissa} \cdot 10^{{{int(exponent)}}}", _PRODUCT) if e else Term(text)

    def _UnaryOp(self, node: ast.UnaryOp) -> Term:
        if not isinstance(node.op, ast.USub):
            raise UnwrittenError
        operand = self.write(node.operand)
        return Term(f"-{self.inside(node.operand, _PRODUCT)}", _SUM, operand.is_array)

    def _BinOp(self, node: ast.BinOp) -> Term:
        left, right = self.write(node.left), self.write(node.right)
        arrays = left.is_array or right.is_array
        match node.op:
            case ast.Add():
                return Term(f"{left.latex} + {self.inside(node.right, _PRODUCT)}", _SUM, arrays)
            case ast.Sub():
                return Term(f"{left.latex} - {self.inside(node.right, _PRODUCT)}", _SUM, arrays)
            case ast.Mult():
                dot = r"\odot" if left.is_array and right.is_array else r"\cdot"
                first = self.inside(node.left, _PRODUCT)
                first = rf"\left({first}\right)" if first.startswith(r"\sum") else first
                return Term(f"{first} {dot} {self.inside(node.right, _SIGN)}", _PRODUCT, arrays)
            case ast.MatMult():
                return self._product(node.left, node.right)
            case ast.Div() if isinstance(node.left, ast.UnaryOp) and isinstance(node.left.op, ast.USub):
                above = self.write(node.left.operand)
                return Term(rf"-\frac{{{above.latex}}}{{{right.latex}}}", _SUM, arrays)
            case ast.Div():
                return Term(rf"\frac{{{left.latex}}}{{{right.latex}}}", _SIGN, arrays)
            case ast.Pow():
                return Term(f"{{{self.inside(node.left, _ATOM)}}}^{{{right.latex}}}", _POWER, arrays)
        raise UnwrittenError

    def _product(self, left: ast.expr, right: ast.expr) -> Term:
        return Term(rf"{self.inside(left, _SIGN)} \, {self.inside(right, _SIGN)}", _PRODUCT, True)

    def _Compare(self, node: ast.Compare) -> Term:
        sign = _COMPARED.get(type(node.ops[0]))
        if len(node.ops) != 1 or sign is None:
            raise UnwrittenError
        left, right = self.write(node.left), self.write(node.comparators[0])
        return Term(f"[{left.latex} {sign} {right.latex}]", _ATOM, left.is_array or right.is_array)

    def _IfExp(self, node: ast.IfExp) -> Term:
        return self._guarded(node.test, node.body, node.orelse)

    def _guarded(self, test: ast.expr, zero: ast.expr, other: ast.expr) -> Term:
        """`1 if x == 0 else x`, which keeps a logarithm in range, is x."""
        is_guard = ast.unparse(test) == f"{ast.unparse(other)} == 0" and ast.unparse(zero) == "1"
        if not is_guard:
            raise UnwrittenError
        return self.write(other)

    def _Attribute(self, node: ast.Attribute) -> Term:
        if isinstance(node.value, ast.Name) and node.value.id == "np" and node.attr in _CONSTANTS:
            return Term(_CONSTANTS[node.attr])
        if node.attr not in ("T", "mT"):
            raise UnwrittenError
        return Term(f"{self.inside(node.value, _POWER)}^{{T}}", _POWER, True)

    def _Tuple(self, node: ast.Tuple) -> Term:
        return self._several("()", node)

    def _List(self, node: ast.List) -> Term:
        return self._several("[]", node)

    def _several(self, brackets: str, node: ast.Tuple | ast.List) -> Term:
        parts = [self.write(part) for part in node.elts]
        inside = ", ".join(part.latex for part in parts) + "," * (brackets == "()" and len(parts) == 1)
        return Term(rf"\left{brackets[0]}{inside}\right{brackets[1]}", is_array=any(part.is_array for part in parts))

    def _Subscript(self, node: ast.Subscript) -> Term:
        return Term(f"{self.inside(node.value, _POWER)}[{self.index(node.slice)}]", _ATOM, True)

    def index(self, node: ast.expr) -> str:
        """An index, its parts with commas between them."""
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return ", ".join(self._index(part) for part in parts)

    def _index(self, node: ast.expr) -> str:
        if isinstance(node, ast.Slice) and node.step is None:
            ends = ["" if end is None else self._index(end) for end in (node.lower, node.upper)]
            return "{:}".join(ends)
        try:
            return self.write(node).latex
        except UnwrittenError:
            return rf"\text{{{in_text(ast.unparse(node))}}}"

    def _Call(self, node: ast.Call) -> Term:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if not name.isascii() or not name.isidentifier():
            raise UnwrittenError
        if name == "astype" and isinstance(node.func, ast.Attribute):
            return self.write(node.func.value)  # the same numbers
        if name in ("dot", "matmul") and len(node.args) == 2:
            return self._product(*node.args)
        if name in ("sum", "mean") and len(node.args) == 1:
            return self._total(name, node)
        if name == "where" and len(node.args) == 3 and ast.unparse(node.args[1]) == "1":
            with contextlib.suppress(UnwrittenError):
                return self._guarded(*node.args)
        if name in _STRETCHING and node.args:
            return self.write(node.args[0])
        arguments = [self.write(argument) for argument in node.args]
        if not arguments:
            raise UnwrittenError
        arrays = any(argument.is_array for argument in arguments)
        inside = ", ".join(argument.latex for argument in arguments)
        if name == "exp":
            return Term(power_of_e(inside, self.names), _POWER, arrays)
        if name == "logical_not":
            return Term(f"1 - {self.inside(node.args[0], _PRODUCT)}", _SUM, arrays)
        if name == "float64" and len(arguments) == 1:
            return arguments[0]
        if name == "sqrt":
            return Term(rf"\sqrt{{{inside}}}", _POWER, arrays)
        if name in ("abs", "absolute"):
            return Term(rf"\left|{inside}\right|", _ATOM, arrays)
        shown = _TURNED.get(name, name)
        operator = (
            rf"\{shown}" if shown in _FUNCTIONS | {"max", "min"} else rf"\mathrm{{{shown.replace('_', chr(92) + '_')}}}"
        )
        return Term(rf"{operator}\left({inside}{self._axes(node)}\right)", _POWER, arrays)

    def _total(self, name: str, node: ast.Call) -> Term:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        axis = given.get("axis")
        below = f"_{{\\text{{{_axis(axis)}}}}}" if axis is not None else ""
        operator = r"\sum" if name == "sum" else r"\operatorname{mean}"
        return Term(rf"{operator}{below} {self.inside(node.args[0], _SIGN)}", _SIGN, axis is not None)

    def _axes(self, node: ast.Call) -> str:
        axis = next((keyword.value for keyword in node.keywords if keyword.arg == "axis"), None)
        return rf"; \text{{{_axis(axis)}}}" if axis is not None else ""


def _axis(node: ast.expr) -> str:
    """`axis 0`, or `axes 0 and 1`."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    axes = [re.sub("[^0-9a-z-]", "", ast.unparse(part).lower()) for part in parts]
    return said("axes", count=len(axes), axes=axes)
