"""Text becomes a function here and nowhere else: parsed, checked against an allow-list, compiled, kept in linecache."""

from __future__ import annotations

import ast
import builtins
import dis
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
    filename = entered(source, name)
    return defined_by(compile(tree, filename, "exec"), filename, {"__import__": __import__}, scope)


def entered(source: str, name: str) -> str:
    """A file name for a source, under which tracebacks find its lines."""
    filename = f"<gatewise {name or 'source'} {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return filename


def defined_by(code: CodeType, filename: str, builtin: Named, scope: Named) -> Namespace:
    """The names that code defines in a scope; its lines are forgotten with the last of them."""
    namespace: dict[str, Any] = {"__builtins__": builtin, **scope}
    known = set(namespace)
    exec(code, namespace)
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


def straight_function(source: str, scope: Named, name: str) -> Function:
    r"""The function `name` that straight code defines: it calls, computes and branches forwards, and imports nothing.

    It may have 100,000 lines: so what is checked is the code that Python makes of them, not a tree of each. Raises
    `SourceError`.

    >>> straight_function("def double(x):\n    return x + x", {}, "double")(4)
    8
    >>> straight_function("def f(x):\n    import os", {}, "f")
    Traceback (most recent call last):
    gatewise._build.SourceError: generated source: an instruction IMPORT_NAME
      why:     only arithmetic, calls and assignments are ever compiled.
    """
    filename = entered(source, name)
    code = compile(source, filename, "exec", dont_inherit=True)
    try:
        demand_straight(code)
    except SourceError:
        linecache.cache.pop(filename, None)
        raise
    built: Callable[..., Any] = defined_by(code, filename, {}, scope)[name]
    return built


def demand_straight(code: CodeType) -> None:
    """Raise `SourceError` where code, or code inside it, imports, loops, deletes, or says a name that is Python's."""
    why = "only arithmetic, calls and assignments are ever compiled."
    for number in sorted({*code.co_code[::2]} & NOT_STRAIGHT.keys()):
        raise SourceError(f"generated source: an instruction {NOT_STRAIGHT[number]}", why)
    for text in (*code.co_names, *code.co_varnames, *code.co_freevars):
        if text.startswith("__"):
            raise SourceError(f"generated source: the name {text!r}", why)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            demand_straight(inner)


#: The instructions of code that is not straight, by number.
NOT_STRAIGHT = {
    number: name
    for name, number in dis.opmap.items()
    if name.startswith(("IMPORT_", "DELETE_", "FOR_ITER", "YIELD", "SEND", "GET_A", "BEFORE_"))
    or "JUMP_BACKWARD" in name
    or name in ("STORE_ATTR", "STORE_GLOBAL", "LOAD_BUILD_CLASS", "LOAD_SPECIAL")
}


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
