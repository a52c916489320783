"""What Tab offers, as bash, zsh and fish ask for it; nothing that is named is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NET = (
    "raise SystemExit('run')\n\ndef loss(x):\n    return x\n\ndef layer(x):\n    return x\n\nclass Affine:\n    pass\n"
)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET, encoding="utf-8")
    Path("broken.py").write_text("def (", encoding="utf-8")


def offered(shell: str, *words: str) -> list[str]:
    """What is offered for the last word."""
    told = {
        "_GATEWISE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    if shell == "fish":
        told["COMP_CWORD"] = words[-1]
    done = subprocess.run(
        [sys.executable, "-c", "from gatewise._cli import main; main()"],
        capture_output=True, text=True, env=os.environ | told, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return [line for line in done.stdout.split("\n")[:-1] if line or shell == "zsh"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_options_and_functions(shell) -> None:
    def values(*words: str) -> set[str]:
        lines = offered(shell, *words)
        return set(lines[1::3]) if shell == "zsh" else {line.split(",", 1)[-1].split("\t")[0] for line in lines}

    assert {"show", "check", "gates", "train"} <= values("gatewise", "")
    assert values("gatewise", "show", "net.py:l") == {"net.py:loss", "net.py:layer"}
    assert values("gatewise", "check", "net.py:A") == {"net.py:Affine"}
    assert values("gatewise", "check", "broken.py:") == set()
    assert "--derive" in values("gatewise", "show", "net.py:loss", "--de")
    assert values("gatewise", "gates", "sigm") == {"sigmoid"}
    assert values("gatewise", "show", "x*y", "--palette", "gr") == {"green-red"}


def test_bash_has_the_colon_as_a_word() -> None:
    assert offered("bash", "gatewise", "show", "net.py", ":", "la") == ["plain,layer"]
    assert offered("bash", "gatewise", "show", "net.py", ":") == ["plain,loss", "plain,layer", "plain,Affine"]
    assert offered("bash", "gatewise", "show", "ne") == ["file,ne"]
    assert offered("bash", "gatewise", "show", "net.py", "x") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash is installed")
def test_bash_itself_completes(typed, tmp_path) -> None:
    """The script, read by a bash, with a gatewise on its path."""
    script = typed("completion", "bash").out
    place = tmp_path / "bin"
    place.mkdir()
    program = place / "gatewise"
    program.write_text(f"#!{sys.executable}\nfrom gatewise._cli import main\nmain()\n", encoding="utf-8")
    program.chmod(0o755)
    asks = 'COMP_WORDS=(gatewise show net.py : lo); COMP_CWORD=4; _gatewise_completion gatewise; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asks}"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env=os.environ | {"PATH": f"{place}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.stdout.strip() == "loss"


def test_each_shell_has_a_script_and_a_line(typed) -> None:
    told = typed("completion").out
    for shell in ("bash", "zsh", "fish"):
        assert "_GATEWISE_COMPLETE" in typed("completion", shell).out
        assert f"gatewise completion {shell}" in told


def test_an_unknown_shell_is_refused(refused) -> None:
    assert "bash" in refused("completion", "tcsh")
