"""The pages of docs show what gatewise prints now: gates, gallery, walkthroughs. Their examples run as doctests."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from cli.test_readme import same

from gatewise._cli.catalogue import example, sample
from gatewise._cli.commands import status_of
from gatewise._gates import NAMES
from tools import pages

ROOT = Path(__file__).resolve().parent.parent
HAND_WRITTEN = ["docs/gallery.md", "docs/limits.md", "docs/walkthrough.md", "docs/walkthrough.zh-CN.md"]
GENERATED_FOLDERS = ["docs/gates", "docs/gallery", "docs/walkthrough"]
MOST_BYTES = 2_000_000

files = cache(pages.files)


def folder_of(path: str) -> str:
    return str(Path(path).parent)


def kept(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["docs", "src/gatewise", *GENERATED_FOLDERS])
def test_what_is_generated_is_current(folder):
    wanted = {path: text for path, text in files().items() if folder_of(path) == folder}
    assert wanted
    old = [path for path, text in wanted.items() if not (ROOT / path).exists() or not same(kept(path), text)]
    assert old == [], "run: python -m tools.pages"


@pytest.mark.parametrize("folder", GENERATED_FOLDERS)
def test_nothing_lies_there_that_is_no_longer_generated(folder):
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).iterdir()} <= set(files())


def test_all_of_it_is_small():
    assert sum(len(text.encode()) for text in files().values()) < MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_a_gate_has_a_page_with_its_facts(name):
    """Sentence, conventions with their witnesses, an example with a value or a gradient, code, declaration."""
    gate, page = NAMES[name], kept(f"docs/gates/{name}.md")
    assert page.startswith(f"# {name}\n\n{gate.doc}\n")
    assert page.count("\n- at ") == len(gate.witnesses)
    assert f"def {gate.rule.__name__}(" in page
    if example(gate, sample(gate)) is None:  # of complex numbers, which no table shows
        return
    assert re.search(r">>> print\(.*\n(?!>>>)", page)
    assert "_and_gradients(" in page
    assert gate.arbitrary or (ROOT / "docs" / "gates" / f"{name}.svg").exists()


def test_the_index_lists_every_gate_once():
    listed = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\)", kept("docs/gates/README.md"), re.MULTILINE)
    assert sorted(listed) == sorted((name, name) for name in NAMES)


@pytest.mark.parametrize("page", [*HAND_WRITTEN, "docs/gates/README.md", "docs/gates/maximum.md"])
def test_links_and_pictures_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", kept(page)):
        assert link.startswith("https://") or ((ROOT / page).parent / link).exists(), link


@pytest.mark.parametrize("folder", ["docs/gallery", "docs/walkthrough"])
def test_every_picture_is_shown(folder):
    texts = [kept(page) for page in HAND_WRITTEN if page.startswith(folder)]
    for path in files():
        if folder_of(path) == folder:
            assert all(f"({path.removeprefix('docs/')})" in text for text in texts), path


def test_both_walkthroughs_run_the_same_code_and_show_the_same_blocks():
    english, chinese = (kept(page) for page in pages.WALKTHROUGHS)
    for pattern in (r"<!-- shown: (\w+) -->", r"```python\n>>> .*?```", r"\]\((walkthrough/\w+\.svg)\)"):
        found = re.findall(pattern, english, re.DOTALL)
        assert found
        assert re.findall(pattern, chinese, re.DOTALL) == found
    assert set(re.findall(r"<!-- shown: (\w+) -->", english)) == set(pages.BLOCKS)
    assert len(re.findall("^## ", english, re.MULTILINE)) == len(re.findall("^## ", chinese, re.MULTILINE))


@pytest.mark.parametrize("name", pages.GALLERY)
def test_the_command_of_an_exhibit_works(name, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    command = pages.command_of(*pages.GALLERY[name])
    as_a_shell_reads_it = pages.broken(f"gatewise {command}").replace("\\\n", "")
    assert shlex.split(as_a_shell_reads_it)[1:] == shlex.split(command)
    assert status_of(shlex.split(command)) == 0
    printed = capsys.readouterr().out
    assert "agree" in printed.splitlines()[-1]
    assert str(pages.shown_by(command)).splitlines()[-1] == printed.splitlines()[-1]
