"""Write the pages that are made from gatewise itself, with their pictures: python -m tools.pages [figures].

docs/gates has one page a gate, and the front door its name for type checkers (tools/gate_pages.py). In docs/gallery.md,
docs/limits.md and both walkthroughs, what stands between `<!-- shown: NAME -->` and `<!-- end -->` is replaced, as in
the READMEs. With the word `figures` the golden pictures of tests/views/figures are written instead.
tests/test_pages.py holds that all of it is current.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._cli.coverage import numpys, reasons, scipy_version, scipys
from gatewise._cli.target import inputs_given
from gatewise._views.numbers import number
from tools.gate_pages import WIDTH, front_door, gates
from tools.readme import MARK, ROOT, fenced, output, typed

# ------------------------------------------------------------------------------------------------------ the gallery


# Where the circuits of the gallery are: a file of examples, whose docstring has the command, and a function in it.
GALLERY = {
    "compound": ("figures", "compound"),
    "sigmoid_neuron": ("figures", "sigmoid_neuron"),
    "patterns": ("figures", "patterns"),
    "staged": ("staged", "f"),
    "neuron": ("neuron", "neuron"),
    "smooth_maximum": ("smooth_maximum", "smooth_maximum"),
    "classifier": ("classifier", "loss"),
    "normalisation": ("normalisation", "loss"),
    "memory": ("memory", "cell"),
    "attention": ("attention", "loss"),
    "planck": ("planck", "radiance"),
    "net": ("net", "loss"),
}
FOLDED = {"memory"}  # drawn with each block as one gate


def gallery() -> dict[str, str]:
    """The page of the gallery and its pictures."""
    circuits = {name: shown_by(command_of(*place)) for name, place in GALLERY.items()}
    blocks = {name: exhibit(name, circuit) for name, circuit in circuits.items()}
    return {"docs/gallery.md": filled("docs/gallery.md", blocks)} | {
        f"docs/gallery/{name}.svg": (circuit.fold() if name in FOLDED else circuit).svg()
        for name, circuit in circuits.items()
    }


def exhibit(name: str, circuit: gw.Circuit) -> str:
    """What the gallery shows of a circuit: code, command, picture, gradients."""
    parts = [
        fenced(source_in(*GALLERY[name]), "python"),
        fenced(broken(f"gatewise {command_of(*GALLERY[name])}"), "sh"),
        f"![The circuit: every wire with its value and its gradient](gallery/{name}.svg)\n",
        fenced(gradients_of(circuit), "text"),
    ]
    return "\n".join(parts)


def source_in(file: str, function: str) -> str:
    """The function as it stands in the file, after the constants and functions of the file that it needs."""
    text = (ROOT / "examples" / f"{file}.py").read_text(encoding="utf-8")
    defined = {name: node for node in ast.parse(text).body for name in names_defined(node)}
    needed, waiting = set[str](), [function]
    while waiting:
        needed.add(name := waiting.pop())
        used = {node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)}
        waiting += [other for other in used & defined.keys() if other not in needed]
    lines = text.splitlines()
    constants, functions = [], []
    for name, node in defined.items():
        part = "\n".join(lines[node.lineno - 1 : node.end_lineno])  # with the comments on its lines
        if name in needed:
            (constants if isinstance(node, ast.Assign) else functions).append(part)
    return "\n\n\n".join(["\n".join(constants), *functions]).lstrip("\n")


def names_defined(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a file defines."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def command_of(file: str, function: str) -> str:
    """The command that the docstring of the example names, in one line."""
    docstring = ast.get_docstring(ast.parse((ROOT / "examples" / f"{file}.py").read_text(encoding="utf-8")))
    (found,) = re.findall(rf"show examples/{file}\.py:{function} [^`\n]*", docstring)
    return re.sub(" +", " ", found.replace(" --code", "")).strip()


def broken(command: str) -> str:
    """A command on as many lines as it needs."""
    lines = [""]
    for word in re.findall(r'(?:"[^"]*"|\S)+', command):
        if len(lines[-1]) + len(word) > WIDTH:
            lines.append("   ")
        lines[-1] += f" {word}"
    return " \\\n".join(lines).strip()


def shown_by(command: str) -> gw.Circuit:
    """The circuit that a command shows."""
    place, *words = shlex.split(command)[1:]
    options = {word: words[at + 1] for at, word in enumerate(words) if word.startswith("--")}
    given = [word for word in words if not word.startswith("--") and word not in options.values()]
    values = inputs_given(given, np.random.default_rng(int(options.get("--rng", 0))))
    wrt = options["--wrt"].split(",") if "--wrt" in options else None
    return gw.circuit(str(ROOT / place), wrt=wrt, **values)


def gradients_of(circuit: gw.Circuit) -> str:
    """The gradients of the inputs, and the ledger's last lines."""
    lines = [f"d{name} = {told(gradient, len(name) + 4)}" for name, gradient in circuit.gradients.items()]
    return "\n".join([*lines, "", str(circuit).rpartition("\n\n")[2]])


def told(value: Any, indent: int) -> str:
    """A number or an array, four significant digits; the lines of an array begin after `indent` spaces."""
    if np.ndim(value):
        return np.array2string(
            value, prefix=" " * indent, separator=", ", max_line_width=WIDTH, formatter={"float_kind": number}
        )
    return number(float(value))


# -------------------------------------------------------------------------------------------------- the walkthroughs

WALKTHROUGHS = ("docs/walkthrough.md", "docs/walkthrough.zh-CN.md")
COMPOUND = 'show "q = x + y; f = q * z" x=-2 y=5 z=-4'
NET = (
    'show examples/net.py:loss "X=10 * randn(5, 4)" "y=[0, 1, 2, 2, 1]" "W1=0.1 * randn(4, 10)" "b1=zeros(10)" '
    '"W2=0.1 * randn(10, 3)" "b2=zeros(3)" --rng 0 --wrt W1,b1,W2,b2'
)


def backward_of(command: str, style: str = "code") -> str:
    """The backward pass of the printed code, unindented."""
    code = output(f"{command} --code={style}").partition("in reverse order\n")[2].rpartition("    return")[0]
    return fenced(textwrap.dedent(code), "python")


def derived(command: str) -> str:
    """A command and the Markdown it prints, its headings below those of the page."""
    told = re.sub("^#", "####", output(command), flags=re.MULTILINE)
    return fenced(f"gatewise {command}", "sh") + f"\n{told.rstrip()}\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "ledger": lambda: typed(COMPOUND),
    "sensitivity": lambda: typed('show "x * y" x=-2 y=3 --card f'),
    "derivation": lambda: derived(f"{COMPOUND} --derive x"),
    "staged": lambda: backward_of("show examples/staged.py:f x=3 y=-4", "notes"),
    "tie": lambda: typed('show "max(x, y)" x=2 y=2'),
    "vary": lambda: typed('show "w*x + b" w=2 x=3 b=1 --vary x=1,10,100,1000'),
    "net": lambda: backward_of(NET),
    "net_check": lambda: fenced(output(NET).rpartition("\n\n")[2], "text"),
}


def walkthrough() -> dict[str, str]:
    """Both walkthroughs with what is shown in them as it is now, and their pictures."""
    compound = gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4)
    neuron = gw.circuit("1 / (1 + exp(-(w * x + b)))", w=2, x=-1, b=3)
    pictures = {
        "compound": compound,
        "cut": compound.cut("q"),
        "fork": gw.circuit("a = x * y; f = x + a", x=3, y=-4),
        "patterns": gw.circuit("2 * (x * y + max(z, w))", x=3, y=-4, z=2, w=-1),
        "factors": gw.circuit("x * y * z", x=2, y=3, z=5).fold(),
        "gates": neuron,
        "block": neuron.fold(),
        "affine": gw.circuit(
            "sum(dot(X, W) + b)", X=np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]), W=np.eye(2), b=np.zeros(2)
        ),
    }
    blocks = {name: block() for name, block in BLOCKS.items()}
    pages = {page: filled(page, blocks) for page in WALKTHROUGHS}
    return pages | {f"docs/walkthrough/{name}.svg": circuit.svg() for name, circuit in pictures.items()}


# ------------------------------------------------------------------------------------------------ the golden figures

FIGURES = ("compound", "sigmoid neuron", "patterns")


def figures() -> dict[str, str]:
    """The three published figures as golden texts."""
    goldens = json.loads((ROOT / "tests" / "goldens.json").read_text(encoding="utf-8"))["circuits"]
    return {
        f"tests/views/figures/{golden['name'].replace(' ', '-')}.svg": gw.circuit(
            golden["expression"], **golden["inputs"]
        ).svg(digits=golden.get("digits"))
        for golden in goldens
        if golden["name"] in FIGURES
    }


# --------------------------------------------------------------------------------------------------------- all files


def filled(page: str, blocks: dict[str, str]) -> str:
    """A page with every shown block as it is now."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return MARK.sub(lambda found: f"{found[1]}{found[2]}{blocks[found[1]]}", text)


def limits() -> dict[str, str]:
    """The page of what NumPy does not hand over, with what is answered of it."""
    counted = numpys()
    missing = [
        f"| {reason} | {', '.join(f'`{name}`' for name in names)} |" for reason, names in reasons(counted.missing)
    ]
    answered = [f"| scipy.{of} | {', '.join(f'`{n}`' for n in names)} |" for of, names, _ in scipys()]
    lines = [
        *(str(counted), "", "| no gate because it | which |", "| --- | --- |", *missing, ""),
        *(f"Of SciPy {scipy_version()} these have gates:", "", "| module | functions |", "| --- | --- |", *answered),
    ]
    return {"docs/limits.md": filled("docs/limits.md", {"coverage": "\n".join(lines) + "\n"})}


def files() -> dict[str, str]:
    """Every generated page and picture of docs, and the gates' names at the front door, by path."""
    return gates() | gallery() | walkthrough() | front_door() | limits()


def main(words: list[str]) -> None:
    for path, text in (figures() if words == ["figures"] else files()).items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
