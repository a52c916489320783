"""TikZ: it shows what the SVG shows, slides follow the walk, names tell TeX nothing, and where TeX is, it compiles."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import pairwise
from xml.etree import ElementTree

import pytest

import gatewise as gw
from gatewise._errors import ArgumentError, UnknownPaletteError
from gatewise._views.picture import picture
from gatewise._views.sheet import read
from gatewise._views.tikz import tikz, typed
from gatewise._views.walk import steps
from views import records
from views.geometry import SVG

FORMS = ["fragment", "standalone", "beamer"]
FIXTURES = [
    records.compound,
    records.neuron,
    records.patterns,
    records.square,
    records.staged,
    records.unasked,
    records.compared,
    records.affine,
    records.split,
]
COMMANDS = set(
    """
    begin end documentclass usepackage IfFileExists IfFontExistsTF newfontfamily setbeamertemplate providecommand
    PackageWarningNoLine global let relax gatewisewarning small
    begingroup endgroup ifdefined ifcsname endcsname iffontchar else fi font detokenize Umathcode definecolor
    draw fill node only uncover centering par medskip footnotesize strut textwidth textheight height
    ttfamily bfseries slshape fontsize selectfont resizebox scalebox rule fbox fboxsep underline
    symbol ensuremath textrm textendash ldots textbullet pm alpha times _
    gatewiseword gatewisehollow gatewiseletter gatewisecode gatewisewide
    """.split()  # noqa: SIM905 - a list one can read
) | {" "}
WORD = re.compile(r"\\node\[gatewise (\w+), [^]]*\] at \(([^)]*)\) \{(.*)\};")
CAPTION = re.compile(r"(?m)^\\only<(\d+)>\{(start|forward|backward):")
needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="needs pdfLaTeX: apt-get install texlive-latex-extra"
)


def faults(text: str) -> list[str]:
    """What is wrong with a file of TeX as text: unknown commands, comments and braces that do not fit, ^^ notation."""
    lines = [line for line in text.split("\n") if not line.startswith("% ")]
    body = re.sub(r"(?m)%( a letter; where no font has it, its code)?$", "", "\n".join(lines))
    found = [f"\\{name} is none of ours" for name in sorted(set(re.findall(r"\\([A-Za-z]+|.)", body)) - COMMANDS)]
    found += [f"{sign} stands by itself" for sign in ("%", "^^", "$", "&", "~") if sign in body]
    depth = 0
    for brace in re.findall(r"[{}]", body):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return [*found, "a brace closes what is not open"]
    return found + (["a brace stays open"] if depth else [])


def words(text: str, look: str) -> list[str]:
    """The texts of one look in their order, without what stretches them."""
    found = [said for kind, _, said in WORD.findall(text) if kind == look]
    return [re.sub(r"^\\gatewiseword\{[^}]*\}\{(.*)\}$", r"\1", said) for said in found]


def compiled(folder, text, *, engine="pdflatex"):
    (folder / "circuit.tex").write_text(text, encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "circuit.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-1500:]
    return int(re.search(r"\((\d+) pages?", said)[1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("build", FIXTURES, ids=lambda build: build.__name__)
def test_the_structure_is_sound(build, form):
    assert faults(tikz(build(), form=form)) == []


def test_the_structure_check_sees_what_a_name_could_do():
    drawn = tikz(records.compound())
    for evil in (r"\input{x}", "}", "{", "a%b", "^^5cinput", "$"):
        assert faults(drawn.replace("{q}", f"{{{evil}}}")) != []


@pytest.mark.parametrize("build", FIXTURES, ids=lambda build: build.__name__)
def test_it_has_the_words_of_the_svg_in_their_order(build):
    drawn = ElementTree.fromstring(picture(build(), digits=2)).iter(f"{SVG}text")
    wanted = {"value": [], "gradient": []}
    for text in drawn:
        kind = (text.get("class") or "").split()[0]
        if kind in ("value", "gradient", "branch"):
            wanted["gradient" if kind == "branch" else kind].append(text.text)
    found = tikz(build(), digits=2)
    for kind, texts in wanted.items():
        assert words(found, kind) == [typed(text) for text in texts]


def test_words_inside_open_groups_are_read_in_tape_order():
    record = gw.circuit("sigmoid(w*x) + tanh(sigmoid(x))", w=2.0, x=1.5).to_json()
    record = json.loads(record)
    texts = [each.text for each in ElementTree.fromstring(picture(record, fold=False)).iter(f"{SVG}text")]
    drawn = re.findall(r"\\gatewiseword\{[^}]*\}\{(.*)\}\};", tikz(record, fold=False))
    assert sorted(drawn) == sorted(map(typed, texts))
    numbers = [typed(text) for text in texts if re.fullmatch(r"-?[\d.]+", text)]
    assert [text for text in drawn if text in numbers] == numbers


def test_an_output_that_is_used_further_has_slides():
    tape = records.RecordBuilder()
    x = tape.input("x", 3)
    f = tape.multiply(x, x, name="f")
    tape.add(f, x, name="later")
    assert faults(tikz(tape.record(f), form="beamer")) == []


def test_the_published_figure_has_its_numbers_and_symbols():
    drawn = tikz(records.neuron(), digits=2)
    assert words(drawn, "value")[:5] == ["2.00", "-1.00", "-3.00", "-2.00", "-3.00"]
    assert words(drawn, "gradient")[:5] == ["-0.20", "0.39", "-0.39", "-0.59", "0.20"]
    gates = [text for text in words(drawn, "ink") if text in ("*", "+", "*-1", "exp", "+1", "1/x")]
    assert gates == ["*", "*", "+", "+", "*-1", "exp", "+1", "1/x"]


def test_wires_run_where_the_svg_has_them_and_only_level_or_upright():
    drawn = tikz(records.staged())
    tracks = [re.findall(r"\(([^,)]*),([^)]*)\)", line) for line in drawn.split("\n") if "[gatewise wire" in line]
    assert len(tracks) == len(re.findall(r'<path class="(?:use|trunk)"', picture(records.staged())))
    for track in tracks:
        assert all(start != end and (start[0] == end[0] or start[1] == end[1]) for start, end in pairwise(track))


def test_two_uses_by_one_gate_are_two_wires_and_a_dot():
    drawn = tikz(records.square())
    assert drawn.count("circle[radius=3.2]") == 1
    assert words(drawn, "gradient").count("3") == 2


def test_what_a_max_routed_away_is_dashed():
    assert tikz(records.patterns()).count(r"\draw[gatewise blocked") == 1


def test_arrays_have_maps_with_rings_for_negative_entries():
    drawn = tikz(records.affine())
    assert drawn.count(r"\fill[gatewise value map") >= 5
    assert re.search(r"\\draw\[gatewise value map, opacity=", drawn)


def test_nan_is_loud():
    record = records.compound()
    record["wires"][3]["value"] = "nan"
    assert r"text=gatewiseloud" in tikz(record)
    assert r"\underline{NaN\symbol{33}}" in words(tikz(record), "value")


def test_the_palette_gives_the_colours():
    drawn = tikz(records.compound(), palette="dark")
    assert r"\definecolor{gatewisevalue}{HTML}{56B4E9}" in drawn
    assert r"\definecolor{gatewisepaper}{HTML}{111111}" in drawn
    with pytest.raises(UnknownPaletteError):
        tikz(records.compound(), palette="drak")


def test_an_unknown_form_is_an_error_that_lists_them():
    with pytest.raises(ArgumentError, match="'fragment', 'standalone', 'beamer'"):
        tikz(records.compound(), form="slides")


@pytest.mark.parametrize("form", FORMS)
def test_the_same_record_gives_the_same_text(form):
    assert tikz(records.random_circuit(7, 40), form=form) == tikz(records.random_circuit(7, 40), form=form)


def test_names_beyond_ascii_are_letters_with_their_codes():
    assert typed("损é") == r"\gatewiseletter{损}{635F}\gatewiseletter{é}{00E9}"
    assert typed("α×") == r"\ensuremath{\alpha}\ensuremath{\times}"
    record = records.compound()
    record["wires"][0]["name"] = "损失"
    assert r"\newfontfamily\gatewisewide{Noto Sans Mono CJK SC}" in tikz(record, form="standalone")
    assert r"\gatewiseletter" not in tikz(records.compound(), form="standalone")


def test_a_picture_too_wide_for_tex_is_made_smaller():
    tape = records.RecordBuilder()
    wire = tape.input("x", 1)
    for _ in range(600):
        wire = tape.unary("tanh", wire, 0.5, 0.75)
    drawn = tikz(tape.record(wanted=False), fold=False)
    unit = float(re.search(r"x=([\d.]+)bp", drawn)[1])
    width = float(re.search(r"\(0,0\) rectangle \(([\d.]+),", drawn)[1])
    assert unit < 0.75
    assert unit * width <= 14_010


# Slides.


def test_slides_follow_the_walk():
    record = records.compound()
    drawn = tikz(record, form="beamer")
    captions = CAPTION.findall(drawn)
    assert captions == [
        ("1", "start"),
        *((str(slide), step.direction) for slide, step in enumerate(steps(read(record)), start=2)),
    ]


def test_a_number_is_shown_from_the_step_that_gives_it():
    drawn = tikz(records.compound(), form="beamer")
    since = re.findall(r"\\uncover<(\d+)->\{\\node\[gatewise (\w+), [^]]*\] at \([^)]*\) \{[^}]*\}\{([^}]*)\}", drawn)
    # x, y; z; q; f: forward through + is slide 2, through * slide 3; backward through * 4, through + 5
    assert since == [
        ("5", "gradient", "-4"),
        ("5", "gradient", "-4"),
        ("4", "gradient", "3"),
        ("2", "value", "3"),
        ("4", "gradient", "-4"),
        ("3", "value", "-12"),
        ("4", "gradient", "1"),
    ]


def test_the_gradient_of_a_fork_waits_for_its_last_branch():
    record = records.staged()
    swept = {step.wire: slide for slide, step in enumerate(steps(read(record)), start=2) if step.is_backward}
    x = next(wire["id"] for wire in record["wires"] if wire["name"] == "x")
    users = {use["to"] for use in record["uses"] if use["from"] == x}
    assert len(users) > 2
    drawn = tikz(record, form="beamer")
    trunk = re.search(r"\\uncover<(\d+)->\{\\node\[gatewise gradient, gatewise text, ", drawn)  # x is the first wire
    assert int(trunk[1]) == max(swept[user] for user in users)
    branches = {int(at) for at in re.findall(r"\\uncover<(\d+)->\{\\node\[gatewise gradient, gatewise small, ", drawn)}
    assert {swept[user] for user in users} <= branches


def test_the_gate_gone_through_is_lit_once_each_way():
    drawn = tikz(records.compound(), form="beamer")
    lit = re.findall(r"\\only<(\d+)>\{\\draw\[gatewise (\w+)\]", drawn)
    assert sorted(lit) == [("2", "forward"), ("3", "forward"), ("4", "backward"), ("5", "backward")]


def test_a_folded_group_is_one_step_of_the_slides():
    drawn = tikz(records.random_circuit(3, 300), form="beamer")
    gates = len(re.findall(r"\\only<[\d,]+>\{\\draw\[gatewise forward", drawn))
    assert 1 < gates < 300
    assert len(CAPTION.findall(drawn)) == 1 + 2 * gates


# With TeX.


@needs_tex
@pytest.mark.parametrize("build", FIXTURES, ids=lambda build: build.__name__)
def test_the_document_compiles(build, tmp_path):
    assert compiled(tmp_path, tikz(build(), form="standalone")) == 1


@needs_tex
@pytest.mark.parametrize("build", [records.compound, records.affine, records.split], ids=lambda build: build.__name__)
def test_the_slides_compile_to_one_a_step(build, tmp_path):
    drawn = tikz(build(), form="beamer")
    assert compiled(tmp_path, drawn) == len(CAPTION.findall(drawn))


@needs_tex
def test_the_fragment_compiles_twice_in_a_text_and_defines_nothing_outside(tmp_path):
    record = records.affine()
    record["wires"][0]["name"] = "损失_é"
    (tmp_path / "picture.tex").write_text(tikz(record), encoding="utf-8")
    twice = r"\input{picture.tex} and \resizebox{\linewidth}{!}{\input{picture.tex}}"
    clean = r"\ifdefined\gatewiseword\undefinedword\fi"
    text = rf"\documentclass{{article}}\usepackage{{tikz}}\begin{{document}}{twice}{clean}\end{{document}}"
    assert compiled(tmp_path, text) >= 1


@needs_tex
@pytest.mark.parametrize("form", ["standalone", "beamer"])
def test_hostile_names_compile(form, tmp_path):
    record = records.compound()
    names = [r"\input{/etc/passwd}", r"\write18{ls}^^M$%&#~_^{}[]@\"'`|<>!?", "\u0301", "-- ,, << `` ''", "损失αж"]
    for wire, name in zip(record["wires"], names, strict=True):
        wire["name"] = name
    record["wires"][3]["symbol"] = names[1]
    compiled(tmp_path, tikz(record, form=form))


@pytest.mark.skipif(shutil.which("lualatex") is None, reason="needs LuaLaTeX: apt-get install texlive-luatex")
def test_names_beyond_ascii_compile_with_lualatex(tmp_path):
    record = records.compound()
    record["wires"][0]["name"] = "损失αéж"
    compiled(tmp_path, tikz(record, form="beamer"), engine="lualatex")
