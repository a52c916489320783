"""`gatewise check FOLDER`: each file in a process of its own, a row for each, nothing that a file does is believed."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from gatewise._cli import many

RIGHT = "x = 2.0\nf = x * x\ndx = 2 * x\n"
FORGED = """
import glob, json, os, tempfile
for place in glob.glob(os.path.join(tempfile.gettempdir(), "*", "")):
    try:
        with open(place + "result.json", "w") as result:
            json.dump({"verdict": "right", "right": 9, "of": 9, "mistakes": [], "seconds": 0.0, "word": ""}, result)
    except OSError:
        pass
os._exit(0)
"""
FILES = {
    "right.py": RIGHT,
    "wrong.py": RIGHT.replace("dx = 2 * x", "dx = 3 * x"),
    "same.py": RIGHT.replace("dx = 2 * x", "dx = 3 * x"),
    "ends.py": "import os\nos._exit(0)\n",
    "endless.py": "import time\ntime.sleep(1000)\n" + RIGHT,
    "missing.py": "import nowhere_to_be_found\n" + RIGHT,
    "random.py": RIGHT,  # not imported in the place of Python's own
    "deep/pairs.py": "def f(x):\n    return x**2\n\n\ndef df(x):\n    return 2 * x\n",
    ".hidden/left.py": RIGHT,
}


@pytest.fixture
def folder() -> str:
    for name, text in FILES.items():
        path = Path("class", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    Path("class", "bom.py").write_bytes(b"\xef\xbb\xbf" + RIGHT.encode())
    return "class"


def test_a_row_for_each_file(typed, folder):
    answer = typed("check", folder, "--timeout", "10", "--csv", "marks.csv", "--gradescope", "results.json")
    assert answer.status == 1
    with open("marks.csv", encoding="utf-8-sig", newline="") as file:
        rows = {os.path.relpath(row["file"], folder): row for row in csv.DictReader(file)}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "bom.py": "right",
        os.path.join("deep", "pairs.py"): "right",
        "endless.py": "not judged",
        "ends.py": "not judged",
        "missing.py": "not judged",
        "random.py": "right",
        "right.py": "right",
        "same.py": "wrong",
        "wrong.py": "wrong",
    }
    assert (rows["wrong.py"]["lines"], rows["wrong.py"]["kinds"]) == ("3", "factor")
    assert (rows["right.py"]["right"], rows["right.py"]["of"]) == ("1", "1")
    assert rows["endless.py"]["note"] == "it did not end within 10 seconds"
    assert rows["ends.py"]["note"] == "it ended Python before there was a verdict"
    assert "nowhere_to_be_found" in rows["missing.py"]["note"]
    assert "9 files: 4 right, 3 not judged, 2 wrong." in answer.out
    assert "wrong in 2 files: dx = 3 * x" in answer.out
    found = json.loads(Path("results.json").read_text(encoding="utf-8"))
    assert found["score"] == 4
    assert {test["name"] for test in found["tests"]} == {row["file"] for row in rows.values()}


def test_a_result_that_a_file_wrote_itself_is_not_believed(typed):
    Path("forged.py").write_text(FORGED, encoding="utf-8")
    Path("right.py").write_text(RIGHT, encoding="utf-8")
    rows = json.loads(typed("check", "forged.py", "right.py", "--json", "--timeout", "30").out)
    assert [(row["file"], row["verdict"]) for row in rows] == [("forged.py", "not judged"), ("right.py", "right")]


def test_a_result_that_another_file_wrote_over_is_asked_for_again(monkeypatch, typed):
    """Both ran at once; alone there is nobody who does that."""
    notes = iter([many.WRITTEN_OVER, ""])
    monkeypatch.setattr(many, "marked_in_process", lambda file, *_, **__: many.Marked(file, "right", note=next(notes)))
    Path("right.py").write_text(RIGHT, encoding="utf-8")
    (one,) = many.check_many(["right.py"], 30.0, None, None, as_json=False)
    assert (one.verdict, one.note) == ("right", "")


def test_other_files_are_compared_once_for_each(monkeypatch, typed):
    names = [f"f{k}.py" for k in range(4)]
    for name in names:
        Path(name).write_text(RIGHT, encoding="utf-8")
    files, read = many.Files(names), []
    monkeypatch.setattr(many, "content_of", lambda file: read.append(file) or files.contents[file])
    monkeypatch.setattr(many, "marked_in_process", lambda file, *_, **__: many.Marked(file, "right"))
    files.marked("f0.py", 30.0)
    assert sorted(read) == ["f0.py", *names]


def test_what_is_no_folder(typed):
    assert "for folders" in typed("check", "x * y", "x=1", "y=2", "--csv", "marks.csv").err
    Path("empty").mkdir()
    assert "has no Python file" in typed("check", "empty").err


def test_a_class_with_hostile_answers(typed):
    """A file that rewrites itself or its neighbours, kills its parent or leaves something running harms no other."""
    from cli.classroom import answers, misses, write

    wanted = ("rewrites.py", "parent.py", "forks.py", "gbk.py", "declared.py", "staged_0.py")
    handed_in = [each for each in answers(60) if each.name in wanted]
    write(Path("class"), handed_in)
    neighbour = next(each for each in handed_in if each.name == "rewrites.py")
    assert typed("check", "class", "--csv", "marks.csv", "--timeout", "60").status == 1
    assert list(misses(handed_in, Path("marks.csv"))) == []
    (rewritten,) = Path("class").rglob("rewrites.py")
    assert rewritten.read_bytes() == neighbour.content
    (left,) = Path("class").rglob("children.txt")
    for child in map(int, left.read_text(encoding="utf-8").split()):
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
