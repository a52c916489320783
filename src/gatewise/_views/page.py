"""The circuit as a page one can walk through: one HTML file, and the same element for notebooks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from gatewise._views.drawing import escaped
from gatewise._views.formulas import formulas
from gatewise._views.groups import Fold
from gatewise._views.numbers import shape_text
from gatewise._views.palettes import PALETTES, Palette, palette_named
from gatewise._views.parts import NOT_COMPUTED
from gatewise._views.picture import picture
from gatewise._views.sheet import Sheet, Wire, read
from gatewise._views.text import plain

_SCRIPTS = ("numbers.js", "card.js", "compute.js", "picture.js", "page.js")
_COMMENTS = ("//", "/*", "* ", "*/")  # a line of the scripts that begins so stays behind, as does the indentation
_FIRST_BACKWARD = "    # backprop "
_STAGE_NUMBER = re.compile(r"# \((\d+)\)(?:  \(.*)?$")
_BACKPROP_NUMBER = re.compile(r" \((\d+)\)$")
_TARGETS = re.compile(r"    ([^\W\d][\w, ]*?) = ")


def page(
    record: Mapping[str, Any],
    *,
    palette: str = "default",
    digits: int | None = None,
    fold: Fold = None,
    staged: str | None = None,
) -> str:
    """A whole HTML document: the picture, a table of the wires, and the script that brings both to life.

    It asks nothing of any network, and without scripts the picture and the table are there. `staged` is the text of the
    staged code, whose lines light up as one walks; `fold` and `palette` are those of the picture.
    """
    sheet = read(record)
    title = f"Circuit of {plain(str(record['name']))}"
    script = _script()
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escaped(title)}</title>",
            f"<style>{_style(palette)}</style>",
            "</head>",
            "<body>",
            f"<h1>{escaped(plain(str(record['name'])))}</h1>",
            '<main class="gatewise-circuit">',
            f'<div class="paper">{_drawn(record, palette, digits, fold)}</div>',
            _table(sheet, digits),
            _data(record, digits, staged),
            "</main>",
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def element(
    record: Mapping[str, Any],
    *,
    palette: str = "default",
    digits: int | None = None,
    fold: Fold = None,
    staged: str | None = None,
) -> str:
    """The same as an element of a notebook: an image, which a script that may run replaces by the live picture.

    The script takes the picture out of the image, so it is in there once, and works in a shadow root, so that nothing
    of the notebook's styles, names or ids meets its own.
    """
    sheet = read(record)
    drawn = base64.b64encode(_drawn(record, palette, digits, fold).encode()).decode()
    image = f'<img alt="{escaped(_alternative(sheet, digits), 1000)}" src="data:image/svg+xml;base64,{drawn}">'
    data = _data(record, digits, staged, style=_style(palette))
    return f'<div class="gatewise-circuit">{image}{data}<script>{_script()}</script></div>'


def _drawn(record: Mapping[str, Any], palette: str, digits: int | None, fold: Fold) -> str:
    return picture(record, palette=palette, digits=digits, fold=fold, live=True).strip()


def _alternative(sheet: Sheet, digits: int | None) -> str:
    """What is said in place of the image."""
    inputs = [wire for wire in sheet.wires if wire.kind == "input"]
    told = ", ".join(f"{plain(wire.name)} = {sheet.value(wire, digits)}" for wire in inputs)
    slopes = ", ".join(f"{plain(wire.name)} {_gradient(sheet, wire, digits)}" for wire in inputs)
    output = f"{plain(sheet.output.name)} = {sheet.value(sheet.output, digits)}"
    return f"Circuit: {output} at {told}; gradients: {slopes}"


# The script and the style.


@cache
def _web(name: str) -> str:
    return (files("gatewise._views") / "web" / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """All scripts as one; they meet in an object that looks like the window, and leave nothing in the real one."""
    lines = (line.strip() for name in _SCRIPTS for line in _web(name).splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith(_COMMENTS))
    return f"((globalThis) => {{\n{code}\nglobalThis.gatewise.page.start();\n}})(Object.create(globalThis));"


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _style(palette: str) -> str:
    """The style sheet, with the colours of the palette; where a dark screen is preferred, those of the dark one."""
    chosen = palette_named(palette)
    dark = _colours(PALETTES["dark"])
    night = f"@media (prefers-color-scheme: dark) {{ :root, :host {{ color-scheme: dark; {dark} }} }}"
    scheme = "dark" if palette == "dark" else "light"
    return f":root, :host {{ color-scheme: {scheme}; {_colours(chosen)} }}\n{night}\n{_web('page.css')}"


def _colours(palette: Palette) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in vars(palette).items())


# The data.


def _data(record: Mapping[str, Any], digits: int | None, staged: str | None, **more: str) -> str:
    """The record and what goes with it, as one JSON string that no parser can take for anything else.

    Records say many things many times: compressed, and unpacked by the browser, they take a fifth of their room.
    """
    found: dict[str, Any] = {"record": record, "formulas": formulas(record), "digits": digits, **more}
    found["code"] = None if staged is None else _code(record, staged)
    text = json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return f'<script type="application/json">"{packed}"</script>'


def _code(record: Mapping[str, Any], staged: str) -> dict[str, Any]:
    """The staged code: its lines, and by stage the lines that are its forward and its backward pass."""
    lines = staged.rstrip("\n").split("\n")
    middle = next((at for at, line in enumerate(lines) if line.startswith(_FIRST_BACKWARD)), len(lines))
    numbers = {name: number for name, (number, _) in _forward_stages(lines[:middle]).items()}
    forward = {name: span for name, (_, span) in _forward_stages(lines[:middle]).items()}
    backward = _backward_stages(lines, middle)
    stages = dict.fromkeys(row["stage"] for row in record["wires"] if row["stage"] in numbers)
    return {
        "lines": lines,
        "stages": {name: [forward[name], backward.get(numbers[name], [0, 0])] for name in stages},
    }


def _forward_stages(lines: Sequence[str]) -> dict[str, tuple[str, list[int]]]:
    """By the name a stage assigns: its number, and its lines as a half-open span."""
    found: dict[str, tuple[str, list[int]]] = {}
    start = next((at + 1 for at, line in enumerate(lines) if line.strip() == "# forward pass"), 0)
    for at, line in enumerate(lines):
        number, targets = _STAGE_NUMBER.search(line), _TARGETS.match(line)
        if number and at >= start:
            for target in targets[1].split(", ") if targets else ():
                found[target] = number[1], [start, at + 1]
            start = at + 1
    return found


def _backward_stages(lines: Sequence[str], middle: int) -> dict[str, list[int]]:
    """By the number of a stage: the lines of its backward pass as a half-open span."""
    heads = [at for at in range(middle, len(lines)) if lines[at].startswith(_FIRST_BACKWARD)]
    end = next((at for at in range(len(lines) - 1, middle, -1) if lines[at].startswith("    return ")), len(lines))
    found = {}
    for at, following in pairwise([*heads, end]):
        number = _BACKPROP_NUMBER.search(lines[at])
        if number:
            found[number[1]] = [at, following]
    return found


# The table.


def _table(sheet: Sheet, digits: int | None) -> str:
    """All wires in writing, for where no script runs; the script builds the same table anew."""
    columns: dict[str, Callable[[Wire], str]] = {
        "wire": lambda wire: plain(wire.name) + (f" {shape_text(wire.shape)}" if wire.shape else ""),
        "made by": lambda wire: plain(wire.expression if wire.is_gate else wire.origin),
        "value": lambda wire: sheet.value(wire, digits),
        "gradient": lambda wire: _gradient(sheet, wire, digits),
        "pattern": lambda wire: plain(wire.pattern),
    }
    heads = "".join(f'<th scope="col">{head}</th>' for head in columns)
    rows = "\n".join(_row([cell(wire) for cell in columns.values()]) for wire in sheet.wires)
    caption = escaped(f"Every wire of {plain(sheet.output.name)}, in the order of the tape")
    return (
        f"<details><summary>show as table</summary><table><caption>{caption}</caption>"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></details>"
    )


def _row(texts: Sequence[str]) -> str:
    return "".join(["<tr>", *_cells(texts), "</tr>"])


def _cells(texts: Sequence[str]) -> Iterator[str]:
    yield f'<th scope="row">{escaped(texts[0])}</th>'
    yield from (f"<td>{escaped(text)}</td>" for text in texts[1:])


def _gradient(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    return sheet.gradient(wire, digits) if wire.has_gradient else NOT_COMPUTED
