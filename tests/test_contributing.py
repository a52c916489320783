"""What CONTRIBUTING.md says is enough, is: each block is put into a copy of the source, as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRIED = re.compile(r"<!-- tried: (\w+) (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)

USES = {
    "gate": "assert round(gw.grad(gw.softsign)(3.0), 6) == 0.0625; print(gw.circuit('softsign(x)', x=3).code())",
    "view": "gw.circuit('f = x * y', x=2, y=3).save('f.lst'); print(open('f.lst').read())",
    "phrase": "from gatewise._views.phrases import said; print(said('listing.head', count=2, name='f'))",
}
SAYS = {"gate": r"dx = .*np\.abs\(x\)", "view": "f = 6", "phrase": "values of f"}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the source with all blocks in it."""
    place = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "src", place / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for _, file, text in TRIED.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        with (place / file).open("a", encoding="utf-8") as out:
            out.write(f"\n{text}" if (place / file).stat().st_size else text)
    return place


@pytest.mark.parametrize("what", USES)
def test_it_is_enough(house, what):
    done = subprocess.run(
        [sys.executable, "-c", f"import gatewise as gw; {USES[what]}"],
        capture_output=True, text=True, check=False, cwd=house, env={"PYTHONPATH": str(house / "src")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(SAYS[what], done.stdout)


def test_every_block_is_used():
    found = [what for what, _, _ in TRIED.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))]
    assert found == ["gate", "view", "row", "phrase"]
