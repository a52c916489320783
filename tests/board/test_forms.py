"""The forms of file: one table, which saving, drawing, the options of the command line and every refusal read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gatewise as gw
from gatewise._cli.commands import show_command
from gatewise._cli.target import OPTIONS, WISHES
from gatewise._errors import ArgumentError, SaveError
from gatewise._views import forms
from gatewise._views.forms import FORMS, PNG, SUFFIXES, Form, form_of

TEXTS = [form for form in FORMS if form is not PNG]


def chain() -> gw.Circuit:
    return gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4)


@pytest.mark.parametrize("form", TEXTS, ids=lambda form: form.word)
def test_a_form_is_called_the_same_everywhere(form: Form, tmp_path: Path) -> None:
    c = chain()
    text = (getattr(c, form.word, None) or getattr(c, f"to_{form.word}"))()
    assert c.drawn(form.suffix).decode() == text
    for suffix in (form.suffix, *form.also):
        c.save(tmp_path / f"c{suffix}")
        assert (tmp_path / f"c{suffix}").read_text(encoding="utf-8") == text
        assert form_of(f"C{suffix.upper()}") is form


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.word)
def test_what_explains_itself_names_every_form(form: Form) -> None:
    options = {option.name: option.help for option in show_command.params if hasattr(option, "help")}
    assert form.word in options["save"].removesuffix(".").partition(": ")[2].split(", ")
    assert options.get(form.word) == (form.help or None) or form.word == "json"
    assert (f"--{form.word}" in OPTIONS["show"]) != (f"--{form.word}" in WISHES) or form.word == "json"
    assert form.suffix in (gw.Circuit.save.__doc__ or "")
    for wrong in (lambda: chain().save("c.docx"), lambda: chain().drawn(".docx")):
        with pytest.raises((SaveError, ArgumentError)) as caught:
            wrong()
        assert ", ".join(SUFFIXES) in caught.value.why


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.word)
def test_a_form_takes_its_options_and_no_others(form: Form) -> None:
    given = {"palette": "dark", "digits": 2, "fold": False, "wrt": "x", "form": "beamer"}
    for name, value in given.items():
        if name not in form.options:
            with pytest.raises(ArgumentError, match=f"a {form.suffix} file has no {name}"):
                chain().drawn(form.suffix, **{name: value})
        elif form is not PNG:
            assert chain().drawn(form.suffix, **{name: value}) != chain().drawn(form.suffix) or name == "fold"
    for wrong in ({"digits": 0}, {"palette": None}, {"wrt": 5}):
        if set(wrong) <= set(form.options):
            with pytest.raises(gw.GatewiseError):
                chain().drawn(form.suffix, **wrong)


def names_listed(shown, *, digits=None):
    """A view of a test's own: the names of the wires, and their values."""
    return "\n".join(f"{wire['name']} = {wire['value']:.{digits or 1}f}" for wire in shown.record["wires"])


def test_a_form_is_added_by_one_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(forms, "FORMS", (*FORMS, Form(".names", "list", ("digits",), names_listed)))
    c = chain()
    assert c.drawn(".names", digits=2).decode().splitlines()[0] == "x = -2.00"
    c.save(tmp_path / "c.names")
    assert (tmp_path / "c.names").read_text(encoding="utf-8").splitlines()[-1] == "f = -12.0"
    with pytest.raises(ArgumentError, match=r"a \.names file has no palette"):
        c.drawn(".names", palette="dark")
    with pytest.raises(ArgumentError, match="digits is 0"):
        c.drawn(".names", digits=0)


def test_a_form_that_was_added_is_written_by_the_command_line_too(tmp_path: Path) -> None:
    code = (
        "from gatewise._views import forms\n"
        "def view(shown): return shown.record['name']\n"
        "forms.FORMS += (forms.Form('.names', 'list', (), view, kind='a list', help='Write the names.'),)\n"
        "forms.SUFFIXES += ('.names',)\n"
        "from gatewise._cli.commands import main\n"
        "main(['show', 'x * y', 'x=2', 'y=3', *{words}])"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", code.format(words=list(words))]
        return subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert run("--save", "a.names").stderr == "The list is in a.names.\n"
    assert (tmp_path / "a.names").read_text(encoding="utf-8") == "f"
    assert run("--names", "-").stdout == "f\n"
    assert "is not the name of a list" in run("--names", "a.svg").stderr
    assert "--palette has nothing to colour" in run("--names", "b.names", "--palette", "dark").stderr
    assert "Write the names." in run("--help").stdout
    assert ".names" in run("--save", "a.docx").stderr
