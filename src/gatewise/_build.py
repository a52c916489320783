"""Text becomes a function here and nowhere else: parsed, checked against an allow-list, compiled, kept in linecache."""

from __future__ import annotations

import ast
import builtins
import itertools
import linecache
import weakref
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

from gatewise import _syntax
from gatewise._errors import GatewiseError
from gatewise._types import Function, Named, Namespace

ALLOWED = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.Import,
    ast.alias, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Call,
    ast.keyword, ast.BinOp, ast.UnaryOp, ast.Compare, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop,
    ast.If, ast.IfExp, ast.BoolOp, ast.boolop, ast.Try, ast.ExceptHandler,
)  # fmt: skip
IMPORTS = frozenset({"numpy", "math"})
_serial = itertools.count(1)


class SourceError(GatewiseError):
    """Generated source held something that generated source never holds; this is a defect of gatewise.

    >>> build("import os", {})
    Traceback (most recent call last):
    gatewise._build.SourceError: generated source, line 1: import of 'os'
      why:     only arithmetic, calls and assignments are ever compiled.
    """


def build(source: str, scope: Mapping[str, object], name: str = "") -> Namespace:
    r"""Run checked `source` in `scope` and return the names it defined; tracebacks show its lines.

    `scope` is all the source can reach: there are no builtins unless they are in it. Raises `SourceError`
    for a syntax node, an import or a name that is not on the allow-list.

    >>> build("def double(x):\n    return x + x", {})["double"](4)
    8
    """
    tree = _syntax.module(source)
    demand_allowed(tree)
    filename = f"<gatewise {name or 'source'} {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__builtins__": {"__import__": __import__}, **scope}
    known = set(namespace)
    exec(compile(tree, filename, "exec"), namespace)
    defined = {key: value for key, value in namespace.items() if key not in known}
    forget_with(filename, [value.__code__ for value in defined.values() if hasattr(value, "__code__")])
    return defined


def forget_with(filename: str, codes: list[CodeType]) -> None:
    """Take the lines of a source out of linecache when the last of its functions is gone."""
    left = {id(code) for code in codes}

    def gone(key: int) -> None:
        left.discard(key)
        if not left:
            linecache.cache.pop(filename, None)

    for code in codes:
        weakref.finalize(code, gone, id(code)).atexit = False


def demand_allowed(tree: ast.AST) -> None:
    """Raise `SourceError` for the first node of `tree` that is not on the allow-list."""
    for node in ast.walk(tree):
        if not isinstance(node, ALLOWED):
            raise refusal(node, f"a {type(node).__name__} node")
        if isinstance(node, ast.Import) and any(a.name not in IMPORTS for a in node.names):
            raise refusal(node, f"import of {node.names[0].name!r}")
        for text in identifiers_in(node):
            if text.startswith("__"):
                raise refusal(node, f"the name {text!r}")


def identifiers_in(node: ast.AST) -> list[str]:
    """The identifiers that `node` itself carries."""
    return [
        text for key in ("id", "attr", "arg", "name", "asname") if isinstance(text := getattr(node, key, None), str)
    ]


def refusal(node: ast.AST, what: str) -> SourceError:
    """The error for `node`, with its line."""
    line = getattr(node, "lineno", 1)
    return SourceError(
        f"generated source, line {line}: {what}", "only arithmetic, calls and assignments are ever compiled."
    )


def function(source: str, scope: Named, name: str) -> Function:
    """The one function `name` that `source` defines."""
    built: Callable[..., Any] = build(source, scope, name)[name]
    return built


def users_code(tree: ast.Module, filename: str) -> CodeType:
    """The code of a script the user asked to run; it is the user's own and is not checked."""
    return compile(tree, filename, "exec")


def run_users_code(code: CodeType, namespace: dict[str, object]) -> None:
    """Run such a script in `namespace`."""
    exec(code, namespace)


def run_printed(text: str) -> Namespace:
    """The names that a printed program defines: it is run to see that it gives what was recorded."""
    namespace: dict[str, Any] = {}
    exec(compile(_syntax.module(text), "<gatewise printed>", "exec"), namespace)
    return namespace


def importing(instead: Callable[[object], object]) -> dict[str, object]:
    """Python's own names, of which `import` gives what `instead` has in a module's place, where that is not None."""

    def imported(name: str, *args: Any, **kwargs: Any) -> object:
        module = builtins.__import__(name, *args, **kwargs)
        found = instead(module)
        return module if found is None else found

    return {**vars(builtins), "__import__": imported}
