"""The READMEs and their pictures show what gatewise prints now."""

from __future__ import annotations

import importlib.util
import math
import re
import shlex
import sys
from pathlib import Path

import pytest

from cli.conftest import ROOT

NUMBER = re.compile(r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


def writer():
    """The script that writes them."""
    path = ROOT / "tools" / "readme.py"
    spec = importlib.util.spec_from_file_location("readme", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def same(one: str, other: str) -> bool:
    """Equal but for the last bits of numbers, which differ between machines, and for tiny errors of checks."""
    ones, others = NUMBER.split(one), NUMBER.split(other)
    return len(ones) == len(others) and all(
        a == b or (k % 2 == 1 and math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-8))
        for k, (a, b) in enumerate(zip(ones, others, strict=True))
    )


PAIRS = [("README.md", "README.zh-CN.md"), ("docs/start.md", "docs/start.zh-CN.md")]
SHOWN = [["student", "should"], ["ledger", "function", "code", "check", "card"]]
LINES = 90  #: of a README


@pytest.mark.parametrize("path", [*sum(PAIRS, ()), "docs/neuron.svg", "docs/compound.svg"])
def test_what_is_generated_is_current(path):
    wanted = writer().files()[path]
    assert same((ROOT / path).read_text(encoding="utf-8"), wanted), "run: python tools/readme.py"


def test_comparing_sees_a_changed_number_and_a_changed_word():
    assert same("error 4e-12 of x", "error 3e-12 of x")
    assert not same("gradient 0.1966", "gradient 0.1967")
    assert not same("x", "y")


@pytest.mark.parametrize(("pair", "shown"), [*zip(PAIRS, SHOWN, strict=True)])
def test_both_pages_have_the_same_blocks(pair, shown):
    for page in pair:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert re.findall(r"<!-- shown: (\w+) -->", text) == shown
        assert text.count("<!-- end -->") == len(shown) + text.count("<!-- comparison: ")


@pytest.mark.parametrize("page", PAIRS[0])
def test_a_readme_is_read_in_five_minutes(page):
    assert len((ROOT / page).read_text(encoding="utf-8").splitlines()) <= LINES


def test_the_student_s_net_has_the_one_mistake_that_is_named(typed, monkeypatch):
    """With what the check says to write in the place of the line, it is right."""
    (name,) = (ROOT / "examples" / "student").glob("*.py")
    text = name.read_text(encoding="utf-8")
    Path("net.py").write_text(text, encoding="utf-8")
    (cure,) = re.findall(r"Write  (.*)", typed("check", "net.py").out)
    (line,) = re.findall(r"  line \d+: (.*)", typed("check", "net.py").out)
    Path("net.py").write_text(text.replace(line, cure), encoding="utf-8")
    assert typed("check", "net.py").status == 0


LINKED = [
    "docs/design.md",
    "docs/limits.md",
    "docs/record.md",
    "docs/comparison.md",
    "CONTRIBUTING.md",
    "docs/stable.md",
]


@pytest.mark.parametrize("page", [*sum(PAIRS, ()), *LINKED])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not link.startswith("http"):
            assert ((ROOT / page).parent / link).exists(), link


@pytest.mark.parametrize("page", [*sum(PAIRS, ()), *LINKED])
def test_a_link_to_a_heading_finds_it(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link, anchor in re.findall(r"\]\(([^)#]+\.md)#([^)]+)\)", text):
        target = ((ROOT / page).parent / link).read_text(encoding="utf-8")
        headings = [
            re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in re.findall(r"^#+ (.*)", target, re.M)
        ]
        assert anchor in headings, f"{link}#{anchor}"


def told(page: str) -> str:
    """The prose of a page: no code, no output, no targets of links."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = re.sub(r"<!-- (?:shown|comparison).*?<!-- end -->|```.*?```", "", text, flags=re.DOTALL)
    return re.sub(r"\]\([^)]*\)", "]", text)


@pytest.mark.parametrize("pair", PAIRS)
def test_both_languages_say_the_same(pair):
    """They name the same code, run the same examples, and have the same sections and links."""
    english, chinese = map(told, pair)
    for pattern in (r"`[^`]+`", r"CS231n", r"`c\.\w+"):
        assert set(re.findall(pattern, english)) == set(re.findall(pattern, chinese))
    assert len(re.findall("^## ", english, re.MULTILINE)) == len(re.findall("^## ", chinese, re.MULTILINE))
    whole = [(ROOT / page).read_text(encoding="utf-8") for page in pair]
    for pattern in (r"```python\n>>> .*?```", r"^gatewise .{60}"):
        one, other = (re.findall(pattern, text, re.DOTALL | re.MULTILINE) for text in whole)
        assert one or (pair == PAIRS[0] and pattern.startswith("^"))  # a README has no list of commands
        assert one == other


@pytest.mark.parametrize("page", ["README.zh-CN.md", "docs/start.zh-CN.md", "docs/walkthrough.zh-CN.md"])
def test_chinese_prose_has_chinese_marks(page):
    prose = re.sub(r"`[^`]*`", "码", told(page)).replace("Backpropagation, Intuitions", "")
    assert re.findall(r"[\u4e00-\u9fff”*] ?[,:;?!]|[,:;?!] ?[\u4e00-\u9fff]", prose.replace("![", "[")) == []
    assert re.findall(r"[\u4e00-\u9fff]\(|\((?=[^()]*[\u4e00-\u9fff])[^()]*\)", prose) == []
    for word in ("乘法交换", "前向", "画廊"):  # said otherwise: 互换, 正向, 电路集
        assert word not in prose


def test_the_first_command_is_the_one_of_make_demo():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"gatewise {writer().FIRST}" in makefile


def test_the_next_command_that_make_demo_names_works(typed):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = re.findall(r"'\$\(BIN\)/gatewise (show [^']*)'", makefile)
    assert typed(*shlex.split(command)).status == 0


def test_this_python_is_new_enough_for_the_readme():
    assert sys.version_info >= (3, 11)


def test_the_commands_of_a_checkout_are_in_the_readme():
    for page in PAIRS[0]:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert "`pip install gatewise`" in text
        assert "| `make demo` |" in text
        assert "| `make test` |" in text
        assert text.count(writer().FIRST) == 2  # with pip, with uv
