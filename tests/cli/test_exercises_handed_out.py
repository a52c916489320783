"""Exercises handed out: keys that open solutions, points, and worksheets for paper."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from check.test_exercises import solution_of

from gatewise._check.exercises import EXERCISES


def test_the_key_opens_the_solution(typed, refused):
    answer = typed("check", "--blank", "compound", "-o", "mine.py", "--key", "key.py")
    assert answer.status == 0
    assert "key.py" in answer.err
    assert typed("check", "key.py").status == 0  # it is the exercise with its solution
    assert typed("check", "mine.py", "--hint").status == 3
    assert "The solution is locked." in refused("check", "mine.py", "--solution")
    assert "solution: dq" in typed("check", "mine.py", "--solution", "--key", "key.py").out
    typed("check", "--blank", "compound", "-o", "other.py", "--key", "other_key.py")
    assert "is not the key of this exercise" in refused("check", "mine.py", "--solution", "--key", "other_key.py")
    assert "cannot be read" in refused("check", "mine.py", "--solution", "--key", "nowhere.py")
    assert "there already" in refused("check", "--blank", "compound", "-o", "mine.py", "--key", "key.py")
    text = Path("mine.py").read_text(encoding="utf-8")
    Path("mine.py").write_text(re.sub(r"\nlock = .*", "", text), encoding="utf-8")
    assert "is not the exercise's" in typed("check", "mine.py", "--solution").out


def test_one_without_a_key_is_open(typed):
    typed("check", "--blank", "compound", "-o", "mine.py")
    assert "solution: dq" in typed("check", "mine.py", "--solution").out


def test_points(typed, refused):
    right = solution_of(EXERCISES["compound"])
    Path("class").mkdir()
    Path("class/right.py").write_text(right, encoding="utf-8")
    Path("class/short.py").write_text(right.replace("return f, (dx, dy, dz)", "return f, (dx, dy)"), encoding="utf-8")
    Path("class/unsealed.py").write_text(re.sub(r"\nexercise = .*", "", right), encoding="utf-8")
    words = ("check", "class", "--points", "10", "--csv", "marks.csv", "--gradescope", "results.json", "--json")
    rows = json.loads(typed(*words).out)
    assert [(row["verdict"], row["points"], row["note"]) for row in rows] == [
        ("right", "10", ""),
        ("wrong", "8", "it leaves out dz"),
        ("undecidable", "0", 'the line  exercise = "..."  is gone'),
    ]
    assert Path("marks.csv").read_text(encoding="utf-8-sig").startswith("file,verdict,right,of,points,lines,")
    found = json.loads(Path("results.json").read_text(encoding="utf-8"))
    assert found["score"] == 18
    assert [test["max_score"] for test in found["tests"]] == [10, 10, 10]
    assert typed("check", "class/short.py", "--points", "10").out.rstrip().endswith("8 of 10 points.")
    assert json.loads(typed("check", "class/right.py", "--points", "7.5", "--json").out)["points"] == 7.5
    assert "--points is for exercises and for folders" in refused("check", "x * y", "x=1", "y=2", "--points", "10")
    assert "--points '0.0' cannot be taken" in refused("check", "class", "--points", "0")


def test_a_worksheet_has_blanks_and_its_key_has_the_gradients(typed):
    inputs = ("x=-2.5", "y=5", "z=-4.125")
    answer = typed("check", "--worksheet", "(x + y) * z", *inputs, "-o", "sheet.svg", "--key", "key.svg")
    assert answer.status == 0
    sheet, key = (Path(name).read_text(encoding="utf-8") for name in ("sheet.svg", "key.svg"))
    values = {"-2.5", "5", "-4.125", "2.5", "-10.31"}
    texts = [re.findall(r">([^<>]+)</text>", text) for text in (sheet, key)]
    assert values <= {*texts[0]} & {*texts[1]}
    assert texts[0].count("________") == 4  # x, y, z and their sum; the output's 1 is given
    assert texts[1].count("-4.125") == 4
    assert texts[0].count("-4.125") == 1
    assert "________" not in key
    typed("check", "--worksheet", "staged", "-o", "sheet.tex", "--key", "key.tex")
    sheet, key = (Path(name).read_text(encoding="utf-8") for name in ("sheet.tex", "key.tex"))
    assert "documentclass" in sheet
    assert "0.5121" in key.replace("invden", "")
    assert len(re.findall(r"\\_\\_\\_", sheet)) > 10
    Path("net.py").write_text("def f(x, w):\n    return x * w\n", encoding="utf-8")
    assert typed("check", "--worksheet", "net.py:f", "x=2", "w=3", "-o", "f.svg").status == 0


def test_a_worksheet_as_pdf(typed):
    pytest.importorskip("cairosvg", reason="no CairoSVG is installed", exc_type=OSError)
    assert typed("check", "--worksheet", "x * y", "x=1", "y=2", "-o", "sheet.pdf").status == 0
    assert Path("sheet.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--worksheet", "x * y", "x=1", "y=2"), "--worksheet has no file to write."),
        (("--worksheet", "x * y", "x=1", "y=2", "-o", "sheet.doc"), "'sheet.doc' is not the name of a picture."),
        (
            ("--worksheet", "x * y", "x=1", "y=2", "-o", "s.svg", "--key", "k.py"),
            "'k.py' is not the name of a picture.",
        ),
        (("--worksheet", "x * y", "x=1", "y=2", "-o", "s.svg", "--key", "s.svg"), "written twice"),
        (("--worksheet", "nowhere.py:f", "-o", "sheet.svg"), "nowhere.py cannot be read."),
        (("--worksheet", "x", "--blank", "x", "-o", "sheet.svg"), "were both given"),
        (("--blank", "compound", "-o", "mine.py", "--key", "key.svg"), "is not the name of a Python file"),
        (("x * y", "x=1", "y=2", "--key", "key.py"), "--key has nothing to open."),
        (("--blank", "compound", "-o", "mine.py", "--points", "3"), "--points has nothing to mark."),
    ],
)
def test_what_cannot_be_handed_out(refused, words, said):
    assert said in refused("check", *words)
