"""Write what the READMEs and the first steps show of gatewise's output, and their pictures: python tools/readme.py.

What stands between `<!-- shown: NAME -->` and `<!-- end -->` there is replaced by the output of the command, file or
code that NAME stands for. tests/cli/test_readme.py holds that all of it is current.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import gatewise as gw
from gatewise._cli.commands import status_of

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "docs/start.md", "docs/start.zh-CN.md")
STUDENT = ROOT / "examples" / "student"
FIRST = 'show "(x + y) * z" x=-2 y=5 z=-4'
CARD = 'show "q = x + y; f = q * z" x=-2 y=5 z=-4 --card q'
NEURON = "show examples/neuron.py:neuron w=2 x=-1 b=3 target=1"
MARK = re.compile(r"(?<=<!-- shown: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def fenced(text: str, language: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def typed(command: str) -> str:
    """A command and what it prints."""
    return fenced(f"$ gatewise {command}\n{output(command)}", "text")


def output(command: str, folder: Path = ROOT, status: int = 0) -> str:
    """What a command prints when it is typed in a folder, the root of the repository, and ends with a status."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.chdir(folder):
        found = status_of(shlex.split(command))
    assert found == status, f"gatewise {command} ended with {found}"
    return printed.getvalue()


def student() -> str:
    """The student's passes, without what they run on; of what the check says the line, its values, and its cure."""
    passes = (STUDENT / "net.py").read_text(encoding="utf-8").partition("\n\nh = ")[2].replace("\n\n", "\n")
    told = output("check net.py", STUDENT, status=1).partition("Where it goes wrong:\n")[2].splitlines()
    said = "\n".join(["$ gatewise check net.py", *(told[k][2:] for k in (0, 1, 3))])
    return fenced(f"h = {passes}", "python") + fenced(said, "text")


def should() -> str:
    """Of the printed pass: the gradient that the student wrote, and the line that was forgotten."""
    lines = output("show net.py --code", STUDENT).splitlines()
    at = next(k for k, line in enumerate(lines) if line.strip().startswith("dh = "))
    kept = (lines[at], next(line for line in lines[at:] if line.strip().startswith("dh_")))
    return fenced("\n".join(["$ gatewise show net.py --code", *kept]), "text")


def function() -> str:
    """The function of the example, without the docstring of its file."""
    text = (ROOT / "examples" / "neuron.py").read_text(encoding="utf-8")
    return fenced(text.partition('"""\n\n')[2], "python")


def check() -> str:
    """The last lines of the ledger: what to do to raise the loss, and how far the check agrees."""
    return fenced(output(NEURON).rpartition("\n\n")[2], "text")


BLOCKS = {
    "ledger": lambda: typed(FIRST),
    "card": lambda: typed(CARD),
    "function": function,
    "code": lambda: fenced(output(f"{NEURON} --code"), "python"),
    "check": check,
    "student": student,
    "should": should,
}


def pictures() -> dict[str, str]:
    """The pictures, by path."""
    neuron = gw.circuit(str(ROOT / "examples" / "neuron.py") + ":neuron", w=2, x=-1, b=3, target=1)
    compound = gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4)
    return {"docs/neuron.svg": neuron.svg(), "docs/compound.svg": compound.svg()}


def page(text: str) -> str:
    """A page with every shown block as it is now."""
    return MARK.sub(lambda found: f"{found[1]}{found[2]}{BLOCKS[found[1]]()}", text)


def files() -> dict[str, str]:
    """Everything that is generated, by path."""
    return {name: page((ROOT / name).read_text(encoding="utf-8")) for name in PAGES} | pictures()


if __name__ == "__main__":
    for path, text in files().items():
        (ROOT / path).write_text(text, encoding="utf-8")
