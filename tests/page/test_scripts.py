"""The scripts of a page are typed and linted, and one scope holds them all."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from gatewise._views import page
from page.conftest import WEB

TOOLS = Path(__file__).parents[2] / "tools" / "web"
TOP = re.compile(r"^(?:export )?(?:const|let|class) (?:(\w+)|[\[{](.*?)[\]}])", re.MULTILINE)
IMPORTED = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js"', re.MULTILINE)


def test_types_and_lint() -> None:
    npm = shutil.which("npm")
    if npm is None or not (TOOLS / "node_modules").is_dir():
        pytest.skip("TypeScript's checker and eslint are not installed: make web")
    done = subprocess.run([npm, "run", "--silent", "check"], cwd=TOOLS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_name_stands_at_the_top_of_two_scripts() -> None:
    code = [(WEB / f"{name}.js").read_text("utf-8") for name in page._SCRIPTS]
    names = [name for text in code for one, several in TOP.findall(text) for name in re.findall(r"\w+", one or several)]
    assert {name: count for name, count in Counter(names).items() if count > 1} == {}
    assert len(names) > 200


def test_every_script_is_in_the_page_after_those_it_imports() -> None:
    before: set[str] = {"start"}
    for name in page._SCRIPTS:
        imported = set(IMPORTED.findall((WEB / f"{name}.js").read_text("utf-8")))
        assert imported <= before, name
        before.add(name)
    assert before == {path.stem for path in WEB.glob("*.js")}
