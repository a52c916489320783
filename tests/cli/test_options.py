"""Files, looks, cuts and derivations: what each option gives, and what makes no sense together."""

from __future__ import annotations

import json
import os
import stat
import sys
import webbrowser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import gatewise as gw
from cli.conftest import ROOT, in_a_process
from gatewise._board import Circuit
from gatewise._errors import SaveError
from gatewise._saving import write_all, write_whole

CHAIN = ("show", "q = x + y; f = q * z", "x=-2", "y=5", "z=-4")


def chain() -> Circuit:
    return gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4)


# Files


@pytest.mark.parametrize(("option", "name"), [("--svg", "a.svg"), ("--html", "a.html"), ("--tex", "a.tex")])
def test_each_kind_of_file_is_what_the_board_gives(typed, option, name):
    expected = {"--svg": Circuit.svg, "--html": Circuit.html, "--tex": Circuit.tex}[option](chain())
    answer = typed(*CHAIN, option, name)
    assert (answer.status, answer.out) == (0, typed(*CHAIN).out)
    assert f" is in {name}.\n" in answer.err
    assert Path(name).read_text(encoding="utf-8") == expected
    assert typed(*CHAIN, option, "-").out.rstrip("\n") == expected.rstrip("\n")
    typed(*CHAIN, "--save", f"b{Path(name).suffix}")
    assert Path(f"b{Path(name).suffix}").read_text(encoding="utf-8") == expected


def test_records_and_graphs_are_saved_too(typed):
    typed(*CHAIN, "--save", "a.json", "--save", "a.dot")
    assert json.loads(Path("a.json").read_text(encoding="utf-8")) == json.loads(chain().to_json())
    assert Path("a.dot").read_text(encoding="utf-8") == chain().to_dot()


def test_looks_reach_the_picture(typed):
    typed(*CHAIN, "--svg", "a.svg", "--palette", "dark", "--digits", "2")
    assert Path("a.svg").read_text(encoding="utf-8") == chain().svg(palette="dark", digits=2)
    typed("show", "x * y * z", "x=2", "y=3", "z=4", "--svg", "b.svg", "--fold", "none")
    assert Path("b.svg").read_text(encoding="utf-8") == gw.circuit("x * y * z", x=2, y=3, z=4).svg(fold=False)


def test_digits_reach_tables_and_cards(typed):
    assert "-12.00" in typed(*CHAIN, "--digits", "2").out
    assert "-4.000" in typed(*CHAIN, "--digits", "3", "--card", "q").out
    assert "-4.000" in typed(*CHAIN, "--digits", "3", "--derive", "q").out
    typed(*CHAIN, "--digits", "3", "--save", "a.dot")
    assert "-4.000" in Path("a.dot").read_text(encoding="utf-8")


def test_groups_are_closed_by_name(typed):
    typed("show", "sigmoid(w*x + b)**2", "w=2", "x=3", "b=1", "--svg", "a.svg", "--fold", "f")
    board = gw.circuit("sigmoid(w*x + b)**2", w=2, x=3, b=1)
    assert Path("a.svg").read_text(encoding="utf-8") == board.svg(fold="f") != board.svg()


@pytest.mark.parametrize("form", ["fragment", "standalone", "beamer"])
def test_the_forms_of_a_tex_file(typed, form):
    typed("show", "w*x + b", "w=2", "x=3", "b=1", "--tex", "a.tex", "--form", form)
    assert Path("a.tex").read_text(encoding="utf-8") == gw.circuit("w*x + b", w=2, x=3, b=1).tex(form=form)


def test_nothing_but_the_file_is_left_in_the_folder(typed, tmp_path):
    typed(*CHAIN, "--svg", "a.svg")
    typed(*CHAIN, "--svg", "a.svg", "--palette", "dark")
    assert os.listdir(tmp_path) == ["a.svg"]


def test_what_stood_there_stays_where_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.svg"
    path.write_text("before", encoding="utf-8")

    def full(descriptor, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SaveError, match="No space left on device"):
        write_whole(str(path), b"after")
    assert path.read_text(encoding="utf-8") == "before"
    assert os.listdir(tmp_path) == ["a.svg"]


@pytest.mark.parametrize("other", ["no/b.svg", "loop.svg", "a_folder.svg"])
def test_no_file_is_written_where_another_cannot_be(refused, tmp_path, other):
    (tmp_path / "loop.svg").symlink_to("loop.svg")
    (tmp_path / "a_folder.svg").mkdir()
    before = sorted(os.listdir(tmp_path))
    assert "cannot be written." in refused(*CHAIN, "--svg", "a.svg", "--save", other)
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_no_file_is_written_where_a_device_is_full(tmp_path):
    with pytest.raises(SaveError, match="No space left"):
        write_all([(tmp_path / "a.svg", b"x"), ("/dev/full", b"x")])
    assert os.listdir(tmp_path) == []


def test_a_link_that_leads_to_itself_is_one_message(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("l.svg", "l.py"):
        Path(name).symlink_to(name)
    assert "leads back to itself" in refused("show", "x*y", "x=1", "y=2", "--svg", "l.svg")
    with pytest.raises(SaveError, match="leads back to itself"):
        chain().save("l.svg")
    assert Path("l.svg").is_symlink()
    for target in ("l.py", "l.py:f"):
        assert "l.py cannot be read." in refused("show", target)


def test_what_was_written_is_called_what_it_is(typed):
    assert typed(*CHAIN, "--html", "p").err == "The page is in p.\n"
    assert typed(*CHAIN, "--svg", "p").err == "The picture is in p.\n"
    answer = typed(*CHAIN, "--save", "a.json", "--save", "a.dot", "--save", "a.HTM")
    assert answer.err == "The record is in a.json.\nThe graph is in a.dot.\nThe page is in a.HTM.\n"
    assert Path("a.HTM").read_text(encoding="utf-8") == chain().html()


def test_no_file_is_touched_where_a_later_part_is_a_mistake(refused, tmp_path):
    refused(*CHAIN, "--svg", "a.svg", "--card", "qq")
    refused(*CHAIN, "--svg", "a.svg", "--derive", "qq")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "a.svg", tmp_path / "b.svg"
    path.write_bytes(b"before")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(str(link), b"after")
    assert link.is_symlink()
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there is no /dev/null")
def test_devices_are_written_to_and_not_replaced():
    write_whole("/dev/null", b"x")
    assert not Path("/dev/null").is_file()


def test_a_page_is_opened_in_a_browser_where_there_is_one(typed, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(asked.append(address)) or True)
    answer = typed(*CHAIN, "--html", "a.html", "--open")
    assert asked == [(tmp_path / "a.html").resolve().as_uri()]
    assert answer.err == "The page is in a.html.\n"
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    answer = typed(*CHAIN, "--html", "a.html", "--open")
    assert answer.status == 0
    assert "There is no browser to open it with here" in answer.err


def test_a_large_circuit_says_that_it_is_folded(typed):
    large = ("show", " + ".join(["x"] * 200), "x=1", "--svg", "a.svg")
    note = "note: 199 gates are drawn as at most 120; --fold none draws each.\n"
    assert note in typed(*large).err
    assert "note" not in typed(*large, "--fold", "none").err
    assert "note" not in typed(*CHAIN, "--svg", "a.svg").err
    drawn = {fold: gw.circuit(large[1], x=1).svg(fold=fold).count("<circle") for fold in (None, False)}
    assert drawn[None] < drawn[False]  # the note does not lie


def test_a_picture_in_dots(typed):
    pytest.importorskip("cairosvg", reason="pip install 'gatewise[png]'")
    typed(*CHAIN, "--save", "a.png")
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")


# Cuts, folds, derivations


def test_the_circuit_from_a_cut_wire_on(typed):
    answer = typed(*CHAIN, "--cut", "q")
    assert answer.out == f"{chain().cut('q')}\n"
    assert "input (cut)" in answer.out
    typed(*CHAIN, "--cut", "q", "--svg", "a.svg")
    assert ElementTree.parse("a.svg").getroot().tag.endswith("svg")
    assert Path("a.svg").read_text(encoding="utf-8") == chain().cut("q").svg()


def test_products_as_one_gate_in_tables_and_cards(typed):
    words = ("show", "x * y * z", "x=2", "y=3", "z=4", "--fold", "all")
    assert typed(*words).out == f"{gw.circuit('x * y * z', x=2, y=3, z=4).fold()}\n"
    assert "df/dx = y * z = 12" in typed(*words, "--card", "f").out


def test_derivations_of_one_wire_or_of_all_inputs(typed):
    assert typed(*CHAIN, "--derive", "x").out.strip() == chain().derive("x").strip()
    assert typed(*CHAIN, "--derive=z", "--latex").out.strip() == chain().derive("z", latex=True).strip()
    everything = chain().derive().strip()
    assert typed(*CHAIN, "--derive").out.strip() == everything
    assert typed("show", "--derive", *CHAIN[1:]).out.strip() == everything
    assert typed("show", CHAIN[1], "--derive", *CHAIN[2:]).out.strip() == everything


def test_a_derivation_of_an_unknown_wire_names_the_nearest(refused):
    assert "Did you mean q?" in refused(*CHAIN, "--derive", "qq")


# Expressions that look like options


@pytest.mark.parametrize("text", ["-h*x", "-x*h", "-hx*x*h", "--x*h", "-(x*h)"])
def test_what_begins_with_a_dash_is_an_expression(typed, text):
    given = ["x=2", "h=3"] + (["hx=1"] if "hx" in text else [])
    answer = typed("show", text, *given)
    assert answer.status == 0
    assert answer.out.startswith("wire  made by")


# What makes no sense

REFUSED = [
    (("--palette", "drak", "--svg", "a.svg"), "--palette dark"),
    (("--palette", "dark"), "--palette has nothing to colour."),
    (("--palette", "dark", "--save", "a.json"), "--palette has nothing to colour."),
    (("--digits", "0"), "--digits 0 is not possible."),
    (("--digits", "18"), "--digits 18 is not possible."),
    (("--digits", "-1"), "--digits -1 is not possible."),
    (("--digits", "two"), "--digits 'two' is not a whole number."),
    (("--digits", "\x1b[2J"), "is not a whole number."),
    (("--digits", "2", "--code"), "--digits has nothing to round."),
    (("--fold", "0", "--svg", "a.svg"), "--fold '0' is not understood."),
    (("--fold", "-3", "--svg", "a.svg"), "--fold '-3' is not understood."),
    (("--fold", "some", "--svg", "a.svg"), "There is no group 'some' to fold."),
    (("--fold", "f,,q", "--svg", "a.svg"), "--fold 'f,,q' is not understood."),
    (("--fold", "\x1b[2J", "--svg", "a.svg"), "is not understood."),
    (("--form", "beamer"), "--form has no TeX file to form."),
    (("--form", "beamer", "--svg", "a.svg"), "--form has no TeX file to form."),
    (("--form", "beamer", "--derive", "--latex"), "--form has no TeX file to form."),
    (("--form", "standalone", "--derive"), "--form has no TeX file to form."),
    (("--form", "text"), "--form text has nothing to write."),
    (("--form", "text", "--tex", "a.tex"), "--form text has nothing to write."),
    (("--form", "text", "--derive", "--latex"), "--form text has nothing to write."),
    (("--form", "slides", "--tex", "a.tex"), "'slides' is not one of"),
    (("--fold", "9" * 5000, "--svg", "a.svg"), "is not understood."),
    (("--fold", "40"), "--fold 40 has no picture to fold."),
    (("--cut", "qq"), "Did you mean q?"),
    (("--open",), "--open has no page to open."),
    (("--html", "-", "--open"), "--open has no page to open."),
    (("--latex",), "--latex has nothing to write."),
    (("--svg", "-", "--tex", "-"), "--svg - stands alone."),
    (("--svg", "-", "--card", "q"), "--svg - stands alone."),
    (("--walk", "--json"), "stands alone."),
    (("--walk", "--code"), "--walk stands alone."),
    (("--json", "--derive"), "--json stands alone."),
    (("--html", "a.pdf"), "'a.pdf' is not the name of a page."),
    (("--tex", "a.svg"), "'a.svg' is not the name of a TeX file."),
    (("--save", "a.dox"), "--save a.dot"),
    (("--save", "a"), "--save a.svg"),
    (("--save", "x.docx"), "--save x.png"),
    (("--save", "x.pgn"), "--save x.png"),
    (("--wrt", ""), "--wrt '' names no input."),
    (("--wrt", "x", "--wrt", " ,"), "--wrt ' ,' names no input."),
    (("--save", ""), "nothing is written under this ending"),
    (("--save", "no/a.svg"), "'no/a.svg' cannot be written."),
    (("--html", ""), "cannot be written."),
    (("--html", "/"), "cannot be written."),
    (("--svg", "a\0.svg"), "cannot be written."),
    (("--svg", "a.svg", "--save", "./a.svg"), "'a.svg' is to be written twice."),
    (("--warlk",), "Did you mean --walk?"),
    (("--vry", "x=1,2"), "Did you mean --vary?"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=lambda part: ascii(part)[:40])
def test_one_message_and_no_file(refused, tmp_path, words, said):
    assert said in refused(*CHAIN, *words)
    assert os.listdir(tmp_path) == []


def test_a_file_that_may_not_be_written_is_kept(refused, monkeypatch):
    Path("a.svg").write_text("before", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # an administrator may write everywhere
    assert "the file may not be written" in refused(*CHAIN, "--svg", "a.svg")
    assert Path("a.svg").read_text(encoding="utf-8") == "before"


# Help


def test_help_fits_in_80_columns_and_its_examples_work(typed):
    page = in_a_process("show", "--help", COLUMNS="80").out
    assert max(map(len, page.splitlines())) <= 80
    for option in (
        "--walk",
        "--vary",
        "--derive",
        "--html",
        "--tex",
        "--save",
        "--palette",
        "--digits",
        "--fold",
        "--cut",
    ):
        assert option in page
    assert typed("show", "w*x + b", "w=2", "x=3", "b=1", "--vary", "x=1,10,100,1000").status == 0
    assert str(ROOT) not in page
