"""Names, keys and labels are data: nothing in them reaches generated source as code."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import gatewise as gw

EVIL = [
    'x"]; import os',
    "x']\nimport os",
    "x\\",
    "class",
    "a b",
    "",
    "import os",
    "__import__('os')",
    "#",
    "\n",
    "x\u2028y",
    "{0}",
    "np",
    "df",
]


def parsed(text: str) -> ast.Module:
    tree = ast.parse(text)
    imported = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    assert imported == ["numpy"]
    return tree


@pytest.mark.parametrize("key", EVIL)
def test_keys_of_a_dict(key: str) -> None:
    c = gw.circuit(lambda p: p[key] * p["other"], {key: 2.0, "other": 3.0})
    text = str(c.code())
    parsed(text)
    names: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), names)
    assert names["f_and_gradients"]({key: 2.0, "other": 3.0})[1] == {key: 3.0, "other": 2.0}


def test_keys_that_are_no_literals_are_refused() -> None:
    class Key:
        def __repr__(self) -> str:
            return "__import__('os')"

    with pytest.raises(gw.GatewiseError, match="key"):
        gw.circuit(lambda p: sum(p.values()), {Key(): 2.0})


@pytest.mark.parametrize("name", EVIL)
def test_name_of_the_function(name: str) -> None:
    def f(x: Any) -> Any:
        return x * x

    f.__name__ = name
    text = str(gw.circuit(f, 3.0).code())
    assert sum(isinstance(node, ast.FunctionDef) for node in parsed(text).body) == 1


@pytest.mark.parametrize("name", ["x; import os", "x\nimport os", "1x", "x y"])
def test_names_of_variables_in_made_code(name: str) -> None:
    """Code objects may hold names that no source could."""

    def f(x: Any, y: Any) -> Any:
        q = x * y
        return q * x

    evil = FunctionType(f.__code__.replace(co_varnames=(name, "y", "q"), co_name=name, co_filename="<made>"), globals())
    parsed(str(gw.circuit(evil, 2.0, 3.0).code()))


@pytest.mark.parametrize("key", EVIL)
def test_collected_keyword_arguments(key: str) -> None:
    def f(**given: Any) -> Any:
        return given[key] * 2

    parsed(str(gw.circuit(f, **{key: 2.0}).code()))


def test_names_are_normalised_as_python_does() -> None:
    text = str(gw.circuit(lambda ﬁt, 层: ﬁt * 层, 2.0, 3.0).code())
    assert "def f_and_gradients(fit, 层):" in text


def test_words_among_the_arguments_are_quoted() -> None:
    def f(x: Any, mode: Any = "a'; import os; '\"\n") -> Any:
        return x * 2 if mode else x

    text = str(gw.circuit(f, 2.0).code())
    parsed(text)


def test_captured_arrays_go_by_checked_names() -> None:
    holder = {"x']; import os": np.array([2.0, 7.0])}

    def f(x: Any) -> Any:
        return np.sum(x * holder["x']; import os"])

    c = gw.circuit(f, np.array([1.0, 3.0]))
    parsed(str(c.code()))
    assert all(name.isidentifier() for name in c.captured)
