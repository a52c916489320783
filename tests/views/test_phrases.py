"""Every sentence stands once, in the catalogue, and code and catalogue know of each other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewise._views.page import _spoken
from gatewise._views.phrases import phrases, pieces, said

VIEWS = Path(__file__).parents[2] / "src" / "gatewise" / "_views"
WORDS = re.compile(r"(?<![<.\w])[a-z]{3,},? [a-z]{3,}(?!=)")  # two in a row
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//.*?$", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`')
FILLED = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")  # code in a template
SLOT = re.compile(r"\{(\w+)")

# What is no telling: the command line's help for a form of file; TeX and its comments; Graphviz; a verdict and a line
# of the record that are looked for; the policy of a page; a selector; a directive.
ELSEWHERE = {"forms.py", "tikz.py", "tikz_text.py", "tikz_writer.py", "dot.py"}
OTHER = ("<meta", "not checked", "# forward pass", "; style-src", "g.legend text", "use strict")


def literals_of_python(path: Path) -> Iterator[str]:
    """The strings of a file, without docstrings, errors and assertions."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    told |= {id(n) for raised in ast.walk(tree) if isinstance(raised, ast.Raise) for n in ast.walk(raised)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def literals_of_javascript(path: Path) -> Iterator[str]:
    code = COMMENT.sub("", path.read_text("utf-8"))
    thrown = re.sub(r"throw new Error\(.*?\);", "", code)
    yield from (FILLED.sub("", found[1:-1]) for found in QUOTED.findall(thrown))


def every_literal() -> Iterator[tuple[str, str]]:
    for path in sorted(VIEWS.rglob("*.py")):
        yield from ((path.name, text) for text in literals_of_python(path))
    for path in sorted(VIEWS.rglob("*.js")):
        yield from ((path.name, text) for text in literals_of_javascript(path))


def test_no_sentence_stands_in_the_code() -> None:
    found = [(file, text) for file, text in every_literal() if WORDS.search(text) and file not in ELSEWHERE]
    assert [(file, text) for file, text in found if not text.startswith(OTHER)] == []


def test_the_search_would_see_one() -> None:
    assert WORDS.search("(routed away)")
    assert not WORDS.search('<meta http-equiv="')
    assert len(list(every_literal())) > 1000


def test_every_phrase_is_said_somewhere() -> None:
    texts = {text for _, text in every_literal()}
    code = "\n".join(path.read_text("utf-8") for path in [*VIEWS.rglob("*.py"), *VIEWS.rglob("*.js")])
    starts = set(re.findall(r"[\"`]([a-z.]+)\.?[{$]", code)) | {start.rstrip(".") for start in texts}

    def is_said(key: str) -> bool:
        own = key.removeprefix("derivation.")  # `_say` puts it before
        starts_of = {each[: dot.start()] for each in (key, own) for dot in re.finditer(r"\.", each)}
        return bool({key, own} & texts or starts_of & starts)

    assert [key for key in phrases() if not is_said(key)] == []


@pytest.mark.parametrize("key", phrases())
def test_phrases_are_well_formed(key: str) -> None:
    phrase = phrases()[key]
    assert phrase == phrase.strip(), "spaces at an end are lost on a translator"
    assert re.sub(r"\{\w+(:[^{}|]+\|[^{}|]+)?\}", "", phrase).count("{") == 0
    filled = said(key, **dict.fromkeys(SLOT.findall(phrase), 2))
    assert "{" not in filled
    if ":" not in "".join(re.findall(r"\{[^}]*\}", phrase)):
        assert "".join(map(str, pieces(key, **dict.fromkeys(SLOT.findall(phrase), "2")))) == filled


def test_a_page_has_the_phrases_that_its_scripts_fill_and_no_others() -> None:
    code = "".join(path.read_text("utf-8") for path in VIEWS.rglob("*.js"))
    exact = {key for key in re.findall(r'"([a-z][a-z.]+)"', code) if key in phrases()}
    starts = tuple(f"{start}." for start in re.findall(r"said\(`([a-z.]+)\.\$", code))
    assert exact | {key for key in phrases() if key.startswith(starts)} == set(_spoken())
    assert not any(key.startswith("derivation.") for key in _spoken())
