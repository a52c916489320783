"""A hundred hostile names in every view: it has the elements and commands that a harmless circuit has, no others."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from gatewise._views.derivation import derivation
from gatewise._views.dot import dot
from gatewise._views.page import element, page
from gatewise._views.picture import picture
from gatewise._views.tikz import tikz
from views import records, test_dot, test_tikz

PIECES = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title></style></text></svg><svg onload=alert(1)>",
    '" onload="alert(1)',
    "' onclick='alert(1)",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)' xlink:href='//example.com'>",
    "<iframe srcdoc='<script>'></iframe><base href=//example.com>",
    "]]><![CDATA[<x/>",
    "--><!-- <?xml-stylesheet href='x'?>",
    "&lt;script&#x3e;&undefined;<!DOCTYPE x [<!ENTITY y 'z'>]>",
    "{}</style><style>@import url(https://example.com)",
    r"\input{/etc/passwd}",
    r"\write18{touch x}\immediate\openout1=x",
    r"^^5cinput{x}^^M\end{document}",
    r"}}\def\x{}\catcode`\@=0 @input % # & ~ _ ^ $x$",
    r"$$\href{javascript:alert(1)}{x}$$ \(\url{x}\)",
    "[x](javascript:alert(1)) ![x](https://example.com/x.png)",
    "`` ` ``` <b onclick=x> ```\n# head\n\n- <javascript:alert(1)>",
    "a\nb\r\tc\x0b\u2028\u2029\x85",
    "\x00\x01\x1b[31m\x7f\u202etxt.exe\u202c\u200f",
    "\ud800\udfff\ufffe\uffff",
    '"; URL="javascript:alert(1)"] w9 -> w8 [label="\\',
    "损失" * 40 + "<script>",
    "A" * 3000 + "</script>\\input{x}",
]
PAYLOADS = [before + piece for before in ("", "x_", "\\", "<\"'`$") for piece in PIECES]
LATEX_TEXT = {
    *"_{}&#%$ ,",
    "textbackslash",
    "textdollar",
    "textasciicircum",
    "textasciitilde",
    "textless",
    "textgreater",
}
LATEX_TEXT |= {"textasciigrave", "textquotesingle", "textquotedbl", "text", "texttt", "mathrm"}

hostile = pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))


def poisoned(payload: str) -> dict[str, Any]:
    """A record every text of which is the payload; names are kept apart by a number behind them."""
    record = records.compound()
    record["name"] = payload
    for at, wire in enumerate(record["wires"]):
        wire |= {"name": f"{payload}{at}", "expression": payload, "scope": payload, "stage": payload, "dtype": payload}
        wire["source"] = {"line": 1, "text": payload}
    record["wires"][3] |= {"symbol": payload, "pattern": payload, "says": payload, "cure": payload, "gate": payload}
    record["wires"][4] |= {"block": payload, "block_end": 4}
    for use in record["uses"]:
        use["local_text"] = payload
    for event in record["backward"]:
        event["code"] = [payload, payload]
    record["checks"] = {"0": {"numerical": None, "error": None, "verdict": "not checked", "reason": payload}}
    return record


def named(payload: str) -> dict[str, Any]:
    """A record whose names are the payload and whose gates are real ones, as the derivation needs."""
    record = records.compound()
    record["name"] = payload
    for at, wire in enumerate(record["wires"]):
        wire |= {"name": f"{payload}{at}", "source": {"line": 1, "text": payload}, "scope": payload}
        wire |= {"expression": payload} if wire["kind"] == "gate" else {}
    for use in record["uses"]:
        use["local_text"] = payload
    return record


def test_there_are_a_hundred_and_no_two_alike():
    assert len(set(PAYLOADS)) == len(PAYLOADS) == 100


# Trees.


class Elements(HTMLParser):
    """The elements of a page as a browser finds them, their attributes, and what stands in each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "script" and self.cdata_elem == "script":
            self.scripts.append((self.found[-1][1], data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def pairs(self) -> set[tuple[str, str]]:
        return {(tag, name) for tag, attributes in self.found for name in ("", *attributes)}


def inside(svg: bytes) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter())


def svg_pairs(svg: bytes) -> set[tuple[str, str]]:
    return {(each.tag, name) for each in inside(svg) for name in ("", *each.attrib)}


@cache
def harmless(view: Any) -> frozenset[tuple[str, str]]:
    """Every element with each of its attributes in this view of the fixtures, and of one whose names need boxes."""
    found: set[tuple[str, str]] = set()
    for record in (*(build() for build in test_tikz.FIXTURES), poisoned("long_and_harmless")):
        text = view(record)
        found |= svg_pairs(text.encode()) if view is picture else Elements(text).pairs
    return frozenset(found)


def leads_nowhere(value: str) -> bool:
    """Whether an attribute is a namespace, an image in the page itself, or no address at all."""
    if value.startswith(("data:image/svg+xml;base64,", "http://www.w3.org/")):
        return True
    return not re.match(r"\s*(?:[a-z]+script|https?|data):|//", value, re.IGNORECASE) and "url(" not in value


@hostile
def test_svg_has_only_elements_of_a_harmless_one(payload):
    svg = picture(poisoned(payload)).encode("utf-8")
    assert svg_pairs(svg) <= harmless(picture)
    for each in inside(svg):
        assert all(leads_nowhere(value) for value in each.attrib.values())
        assert not any(name.rpartition("}")[2].startswith("on") or "href" in name for name in each.attrib)


@pytest.mark.parametrize("view", [page, element], ids=lambda view: view.__name__)
@hostile
def test_html_has_only_elements_of_a_harmless_one(payload, view):
    text = view(poisoned(payload), staged=f"def f(x):\n    # forward pass\n    {payload} = x  # (1)\n")
    text.encode("utf-8")
    found = Elements(text)
    assert found.pairs <= harmless(view)
    assert found.comments == []
    running = [script for attributes, script in found.scripts if attributes.get("type") != "application/json"]
    assert len(running) == 1
    assert len(found.scripts) == 2
    for _, attributes in found.found:
        assert not any(name.startswith("on") or name == "href" for name in attributes)
        for name, value in attributes.items():
            assert name in ("alt", "content", "aria-label") or leads_nowhere(value or "")
    if view is page:
        digest = base64.b64encode(hashlib.sha256(running[0].encode()).digest()).decode()
        policy = next(each["content"] for _, each in found.found if each.get("http-equiv") == "Content-Security-Policy")
        assert f"'sha256-{digest}'" in policy
        assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")


@hostile
def test_the_image_of_a_notebook_is_a_harmless_svg(payload):
    images = [attributes["src"] for tag, attributes in Elements(element(poisoned(payload))).found if tag == "img"]
    assert len(images) == 1
    svg = base64.b64decode(images[0].partition(",")[2])
    known = {tag for tag, _ in harmless(picture)} | {f"{test_tikz.SVG}style", f"{test_tikz.SVG}metadata"}
    for each in inside(svg):
        assert each.tag in known
        assert not any(name.startswith("on") or "href" in name for name in each.attrib)


@pytest.mark.parametrize("evil", ["<img onerror=x>", "<a href=x>", "<script src=x></script>", "<iframe>"])
def test_the_check_sees_an_element_that_a_name_made(evil):
    text = page(poisoned("harmless"))
    assert not Elements(text.replace("<h1>", f"<h1>{evil}")).pairs <= harmless(page)


def test_the_check_sees_one_more_script():
    text = page(poisoned("harmless"))
    assert len(Elements(text).scripts) == 2
    assert len(Elements(text.replace("<h1>", "<h1><script>x</script>")).scripts) == 3


# TeX.


@pytest.mark.parametrize("form", test_tikz.FORMS)
@hostile
def test_tikz_obeys_no_name(payload, form):
    text = tikz(poisoned(payload), form=form)
    text.encode("utf-8")
    assert test_tikz.faults(text) == []


def commands(text: str) -> set[str]:
    return set(re.findall(r"\\([A-Za-z]+|.)", text, re.DOTALL))


@cache
def harmless_commands() -> frozenset[str]:
    return frozenset(commands(derivation(named("long_and_harmless_" * 8), latex=True)) | LATEX_TEXT)


@hostile
def test_the_derivation_in_latex_obeys_no_name(payload):
    text = derivation(named(payload), latex=True)
    text.encode("utf-8")
    assert commands(text) <= harmless_commands()
    bare = re.sub(r"\\(?:[A-Za-z]+|.)", "", text, flags=re.DOTALL)
    assert not re.search(r"%|#|~|\^\^|`", bare)
    depths = [0]
    for brace in re.findall(r"[{}]", bare):
        depths.append(depths[-1] + (1 if brace == "{" else -1))
    assert min(depths) == depths[-1] == 0


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdfLaTeX: apt-get install texlive-latex-extra")
@pytest.mark.parametrize("piece", [piece for piece in PIECES if piece.isascii()], ids=lambda piece: piece[:8].strip())
def test_tikz_with_a_hostile_name_compiles(piece, tmp_path):
    test_tikz.compiled(tmp_path, tikz(poisoned(piece), form="standalone"))
    assert {path.suffix for path in tmp_path.iterdir()} <= {".tex", ".pdf", ".log", ".aux"}


# Markdown.


def prose(text: str) -> str:
    """Markdown without its code spans and its mathematics."""
    text = re.sub(r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", " ", text)
    return re.sub(r"(?s)\$\$.*?\$\$|\$[^$]*\$", " ", text)


@hostile
def test_the_derivation_in_markdown_shows_names_as_code_or_mathematics(payload):
    text = derivation(named(payload))
    text.encode("utf-8")
    assert not re.search(r"[<>\[\]\\`$]|https?:|javascript|input|script", prose(text))
    for formula in re.findall(
        r"(?s)\$\$(.*?)\$\$|\$([^$]*)\$", re.sub(r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", " ", text)
    ):
        assert commands("".join(formula)) <= harmless_commands()


def test_the_markdown_check_sees_a_name_in_the_prose():
    assert re.search(r"[<>]", prose("The gradient of <b>x</b>, `<i>` and $x < 1$."))
    assert not re.search(r"[<>]", prose("The gradient of `<b>`, ``a ` <i>`` and $x < 1$."))


# Graphviz.


@hostile
def test_dot_has_names_in_strings_only(payload):
    text = dot(poisoned(payload))
    assert test_dot.faults(text) == []
    edges = test_dot.edges(text)
    assert edges == test_dot.edges(dot(records.compound()))
    assert all(first <= second for first, second in pairwise(int(target[1:]) for _, target in edges))


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz: apt-get install graphviz")
@pytest.mark.parametrize("piece", PIECES, ids=range(len(PIECES)))
def test_graphviz_draws_no_link(piece):
    text = dot(poisoned(piece)).encode("utf-8")
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    tags = {each.tag.rpartition("}")[2] for each in inside(done.stdout)}
    assert tags <= {"svg", "g", "title", "polygon", "path", "text"}
