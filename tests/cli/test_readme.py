"""The READMEs and their pictures show what gatewise prints now."""

from __future__ import annotations

import importlib.util
import math
import re
import shlex
import sys

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


@pytest.mark.parametrize("path", ["README.md", "README.zh-CN.md", "docs/neuron.svg", "docs/compound.svg"])
def test_what_is_generated_is_current(path):
    wanted = writer().files()[path]
    assert same((ROOT / path).read_text(encoding="utf-8"), wanted), "run: python tools/readme.py"


def test_comparing_sees_a_changed_number_and_a_changed_word():
    assert same("error 4e-12 of x", "error 3e-12 of x")
    assert not same("gradient 0.1966", "gradient 0.1967")
    assert not same("x", "y")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_both_pages_have_the_same_blocks(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert re.findall(r"<!-- shown: (\w+) -->", text) == ["ledger", "function", "code", "check", "card"]
    assert text.count("<!-- end -->") == 5


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/design.md", "docs/limits.md", "docs/record.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if not link.startswith("http"):
            assert ((ROOT / page).parent / link).exists(), link


def test_the_first_command_is_the_one_of_make_demo():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"gatewise {writer().FIRST}" in makefile


def test_the_next_command_that_make_demo_names_works(typed):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = re.findall(r"'\$\(BIN\)/gatewise (show [^']*)'", makefile)
    assert typed(*shlex.split(command)).status == 0


def test_this_python_is_new_enough_for_the_readme():
    assert sys.version_info >= (3, 11)
