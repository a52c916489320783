"""Machine code by llvmlite: kept on disk, and made anew where what was kept is gone or broken."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

pytest.importorskip("llvmlite")
from gatewise._native import Unavailable, library, machine

TEXT = "define double @twice(double %x) {\n  %y = fadd double %x, %x\n  ret double %y\n}\n"


def twice(text=TEXT):
    """Return the number 6 by machine code."""
    compiled = library(text, ["twice"])
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(compiled.addresses["twice"])(3.0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEWISE_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def compilations(monkeypatch):
    """The texts that are compiled from now on."""
    texts, here = [], machine()
    whole = type(here).compiled
    monkeypatch.setattr(type(here), "compiled", lambda self, text: (texts.append(text), whole(self, text))[1])
    return texts


def test_what_was_compiled_is_loaded_the_next_time(folder, compilations):
    assert twice() == twice() == 6
    assert len(compilations) == 1
    assert len(list((folder / "native").iterdir())) == 1


@pytest.mark.parametrize("change", [lambda told: b"", lambda told: told[:-9], lambda told: told[:-1] + b"?"])
def test_a_broken_file_is_not_loaded(folder, compilations, change):
    twice()
    (file,) = (folder / "native").iterdir()
    file.write_bytes(change(file.read_bytes()))
    assert twice() == 6
    assert len(compilations) == 2


def test_a_folder_that_cannot_be_written_is_done_without(folder, compilations):
    (folder / "native").write_text("a file")
    assert twice() == twice() == 6
    assert len(compilations) == 2


def test_text_that_is_not_llvm_is_told():
    with pytest.raises(Unavailable, match="llvmlite does not work"):
        library("define nonsense", ["twice"])


def test_without_llvmlite_the_reason_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    with pytest.raises(Unavailable, match=r"pip install gatewise\[fast\]"):
        machine.__wrapped__()


def test_import_loads_no_llvmlite():
    told = "import gatewise, gatewise._native, sys; print('llvmlite' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True).stdout == "False\n"
