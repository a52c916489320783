"""The circuit as a page one can walk through: one HTML file, and the same element for notebooks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

from gatewise._types import Named
from gatewise._views.drawing import escaped
from gatewise._views.groups import Fold, all_groups, grouped
from gatewise._views.numbers import shape_text
from gatewise._views.palettes import PALETTES, Palette, palette_named
from gatewise._views.phrases import phrases, said
from gatewise._views.picture import live_picture
from gatewise._views.scene import DEEPEST
from gatewise._views.sheet import Sheet, Wire, read
from gatewise._views.text import plain_text
from gatewise._views.trouble import LONGEST_CURE, not_finite

LONGEST_SENTENCE = 300
_SCRIPTS = (  # each after those that it imports
    *(
        "phrases",
        "texts",
        "dom",
        "numbers",
        "rounds",
        "sheet",
        "patterns",
        "corners",
        "meaning",
        "card",
        "arrays",
        "totals",
        "products",
    ),
    *("gates", "compute", "heat", "marks", "elastic", "picture", "drawn", "state", "walk", "inputs", "panels"),
    "page",
)
_START = "start.js"
_LINKED = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";\n|^export ', re.MULTILINE)
_BREAK = re.compile(r"(?<=[;{,([])\n")  # a line's end that says nothing
_UNREAD = {"named", "scope", "sites", "calls", "block", "block_end"}
_COMMENTS = ("//", "/*", "* ", "*/")  # a line of the scripts that begins so stays behind, as does the indentation
_ASIDE = re.compile(r" // .*$|/\*\* .*? \*/ ?", re.MULTILINE)  # and a comment inside a line
_MIXED = re.compile("[`/]")
_SIGN = re.compile(r'("[^"]*")| (=>|[!=]==|&&|\|\||\?\?|[=*<>?:]) |(?<=,) ')  # strings stay as they are
_LOOSE = re.compile(r"(?<=[;{}])\s|(?<=[:,])\s|\s(?=[{}])|;(?=\s*})")  # of a style
_FIRST_BACKWARD = "    # backprop "
_STAGE_NUMBER = re.compile(r"# \((\d+)\)(?:  \(.*)?$")
_BACKPROP_NUMBER = re.compile(r" \((\d+)\)$")
_TAG = re.compile(r"<[a-z][^>]*>")
_DATA = re.compile(r' data-([a-z]+)="([^"]*)"')
_TARGETS = re.compile(r"    ([^\W\d][\w, ]*?) = ")


def page(
    record: Mapping[str, object],
    formulas: Mapping[str, object] | None = None,
    *,
    palette: str = "default",
    digits: int | None = None,
    fold: Fold = None,
    staged: str | None = None,
    rounds: Sequence[Mapping[str, object]] = (),
) -> str:
    """A whole HTML document: the picture, a table of the wires, and the script that brings both to life.

    `formulas` say how its numbers come about (`_record.formulas`), so that inputs can be changed. It asks nothing of
    any network, and without scripts the picture and the table are there. `staged` is the text of the staged code, whose
    lines light up as one walks; `fold` and `palette` are those of the picture; `rounds` are the numbers of all
    rounds of its loops (`_record.rounds.series`), of which a slider chooses.
    """
    sheet = read(record)
    name = escaped(plain_text(str(record["name"])))
    parts = _parts(record, formulas, palette, digits, fold, staged, rounds, style=_told_briefly("live.css"))
    return "\n".join(
        [
            *_head(said("page.title", name=name), palette),
            "<body>",
            f"<h1>{name}</h1>",
            '<main class="gatewise-circuit">',
            f'<div class="paper">{parts.svg}</div>',
            *_trouble(sheet),
            _table(sheet, digits),
            parts.scripts,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _head(title: str, palette: str) -> list[str]:
    """The lines of a document before its body."""
    return [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{_still_style(palette)}</style>",
        "</head>",
    ]


def element(
    record: Mapping[str, object],
    formulas: Mapping[str, object] | None = None,
    *,
    palette: str = "default",
    digits: int | None = None,
    fold: Fold = None,
    staged: str | None = None,
    rounds: Sequence[Mapping[str, object]] = (),
) -> str:
    """The same as an element of a notebook: an image, which a script that may run replaces by the live picture.

    The script takes the picture out of the image, so it is in there once, and works in a shadow root, so that nothing
    of the notebook's styles, names or ids meets its own.
    """
    style = _still_style(palette) + _told_briefly("live.css")
    parts = _parts(record, formulas, palette, digits, fold, staged, rounds, style=style)
    drawn = base64.b64encode(parts.svg.encode()).decode()
    told = escaped(_alternative(read(record), digits), 1000)
    image = f'<img alt="{told}" src="data:image/svg+xml;base64,{drawn}">'
    return f'<div class="gatewise-circuit">{image}{"".join(_trouble(read(record)))}{parts.scripts}</div>'


class _Parts(NamedTuple):
    """What page and element have in common: the picture, and the scripts that bring it to life."""

    svg: str
    scripts: str


def _parts(
    record: Named,
    formulas: Mapping[str, object] | None,
    palette: str,
    digits: int | None,
    fold: Fold,
    staged: str | None,
    rounds: Sequence[Mapping[str, object]],
    *,
    style: str,
) -> _Parts:
    sheet = read(record)
    drawn, geometry = live_picture(record, palette=palette, digits=digits, fold=fold)
    svg, marks = _without_data(drawn.strip())
    columns = {"wires": _columns(map(_read_there, record["wires"])), "uses": _columns(record["uses"])}
    loops = [{key: told for key, told in loop.items() if key != "ends"} for loop in record.get("loops", ())]
    data = {
        "record": {**record, **columns, "loops": loops},
        "formulas": _cleaned(formulas),
        "rounds": _with_groups(rounds, sheet, fold),
        "digits": digits,
        "code": None if staged is None else _code(sheet, staged),
        "marks": marks,
        "geometry": _needed(geometry),
        "groups": _groups(sheet, fold),
        "deepest": DEEPEST,
        "style": style,
        "phrases": _spoken(),
    }
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    packed = json.dumps([_packed(_script()), _packed(text)])
    return _Parts(svg, f'<script type="application/json">{packed}</script>\n<script>{_told_briefly(_START)}</script>')


def _cleaned(formulas: Mapping[str, Any] | None) -> Mapping[str, object]:
    """The formulas with sentences that show every character of the user's names."""
    if formulas is None:
        return {"recording": said("page.recording")}
    if "recording" in formulas:
        return {"recording": plain_text(str(formulas["recording"]), LONGEST_SENTENCE)}
    return {
        **formulas,
        "guards": [[*rest, plain_text(sentence, LONGEST_SENTENCE)] for *rest, sentence in formulas["guards"]],
    }


def _trouble(sheet: Sheet) -> list[str]:
    """What is said under the picture where a number is not finite."""
    lines = [escaped(line, LONGEST_CURE) for line in not_finite(sheet)]
    return ['<pre class="trouble">' + "\n".join(lines) + "</pre>"] if lines else []


def _without_data(svg: str) -> tuple[str, dict[str, list[str | None]]]:
    """The picture without the attributes that only scripts read, and these, by name, for all elements in order.

    They would be a tenth of a page; packed they are next to nothing.
    """
    found: list[dict[str, str]] = []

    def bare(tag: re.Match[str]) -> str:
        found.append(dict(_DATA.findall(tag[0])))
        return _DATA.sub("", tag[0])

    still = _TAG.sub(bare, svg)
    names = dict.fromkeys(name for attributes in found for name in attributes)
    return still, {name: [attributes.get(name) for attributes in found] for name in names}


def _needed(geometry: Named) -> Mapping[str, object]:
    """The geometry, without the places of marks where there is no group that could move them."""
    if any(level["groups"] for level in geometry["levels"]):
        return geometry
    unused = dict.fromkeys(("starts", "ports", "spans", "paths", "marks"), ())
    return {**geometry, "levels": [{**level, **unused} for level in geometry["levels"]]}


def _groups(sheet: Sheet, fold: Fold) -> list[tuple[str, list[int]]]:
    """The name of each group of the picture and the wires made inside it, by its number."""
    found = {
        group.number: (plain_text(group.name), [wire.id for wire in group.wires])
        for group in all_groups(grouped(sheet, fold))
    }
    return [found.get(number, ("", [])) for number in range(max(found, default=-1) + 1)]


def _with_groups(rounds: Sequence[Mapping[str, object]], sheet: Sheet, fold: Fold) -> list[Mapping[str, object]]:
    """The rounds of each loop, with the number of the group that shows it."""
    groups = {  # the first wire of a loop is at its edge, or of its body: those of loops inside stand behind
        group.steps[0].wires[0].loop: group.number for group in all_groups(grouped(sheet, fold)) if group.kind == "loop"
    }
    return [{**each, "group": groups.get(k, -1)} for k, each in enumerate(rounds)]


def _alternative(sheet: Sheet, digits: int | None) -> str:
    """What is said in place of the image."""
    inputs = [wire for wire in sheet.wires if wire.kind == "input"]
    told = ", ".join(f"{plain_text(wire.name)} = {sheet.value(wire, digits)}" for wire in inputs)
    slopes = ", ".join(f"{plain_text(wire.name)} {_gradient(sheet, wire, digits)}" for wire in inputs)
    output = f"{plain_text(sheet.output.name)} = {sheet.value(sheet.output, digits)}"
    return said("page.image", output=output, inputs=told, slopes=slopes)


# Scripts and styles.


@cache
def _web(name: str) -> str:
    return (files("gatewise._views") / "web" / name).read_text(encoding="utf-8")


def _told_briefly(name: str) -> str:
    """A script or a style without its comments and its indentation, a style without spaces that say nothing."""
    lines = (line.strip() for line in _web(name).splitlines())
    is_script = name.endswith(".js")
    comments = _COMMENTS if is_script else "/*"  # a rule of a style may begin with a star
    code = "\n".join(line for line in lines if line and not line.startswith(comments))
    return "\n".join(map(_narrow, _ASIDE.sub("", code).split("\n"))) if is_script else _LOOSE.sub("", code)


def _narrow(line: str) -> str:
    """A line of a script without spaces around signs, where these cannot stand in a template or a pattern."""
    return line if _MIXED.search(line) else _SIGN.sub(lambda found: found[1] or found[2] or "", line)


@cache
def _script() -> str:
    """All scripts as one, which leaves nothing in the window."""
    return f"(() => {{\n{bundled(_SCRIPTS)}\nstart(document.currentScript.given);\n}})();"


def bundled(names: Sequence[str]) -> str:
    """Modules as one script: no name stands in two of them, so that they need no walls between."""
    code = "\n".join(_LINKED.sub("", _told_briefly(f"{name}.js")) for name in names)
    return _BREAK.sub("", code)


@cache
def _spoken() -> dict[str, str]:
    """The phrases that the scripts fill: those whose keys stand in them, whole or but for what follows a point."""
    code = _script()
    return {
        key: phrase
        for key, phrase in phrases().items()
        if f'"{key}"' in code or any(f"`{key[: end.start()]}.$" in code for end in re.finditer(r"\.", key))
    }


def _policy() -> str:
    """Two scripts may run, known by their hashes: the one that unpacks and the one that it unpacks."""
    return (
        f"default-src 'none'; script-src {_hash(_told_briefly(_START))} {_hash(_script())}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _still_style(palette: str) -> str:
    """The style without scripts, with the colours of the palette; on a screen that prefers dark, those of the dark."""
    chosen = palette_named(palette)
    day = _scheme("dark" if palette == "dark" else "light", chosen)
    night = f"@media (prefers-color-scheme: dark) {{ {_scheme('dark', PALETTES['dark'])} }}"
    return f"{day}\n{night}\n{_told_briefly('page.css')}"


def _scheme(name: str, palette: Palette) -> str:
    return f":root, :host {{ color-scheme: {name}; {_colours(palette)} }}"


def _colours(palette: Palette) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in vars(palette).items())


# The data.


def _packed(text: str) -> str:
    """Compressed, to a fifth of its room, in signs that no parser can take for anything else: base 85 without `<`."""
    return base64.b85encode(zlib.compress(text.encode(), 9)).decode().replace("<", ",")


def _read_there(row: Mapping[str, object]) -> Mapping[str, object]:
    """What the scripts read of a wire: its groups are told with the picture."""
    return {key: value for key, value in row.items() if key not in _UNREAD}


def _columns(given: Iterable[Mapping[str, object]]) -> dict[str, list[object]]:
    """Objects of the same keys, key by key: what is alike stands together, and packs into less."""
    rows = list(given)
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


def _code(sheet: Sheet, staged: str) -> dict[str, object]:
    """The staged code: its lines, and by stage the lines that are its forward and its backward pass."""
    lines = staged.rstrip("\n").split("\n")
    middle = next((at for at, line in enumerate(lines) if line.startswith(_FIRST_BACKWARD)), len(lines))
    numbers = {name: number for name, (number, _) in _forward_stages(lines[:middle]).items()}
    forward = {name: span for name, (_, span) in _forward_stages(lines[:middle]).items()}
    backward = _backward_stages(lines, middle)
    stages = dict.fromkeys(wire.stage for wire in sheet.wires if wire.stage in numbers)
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
    """All wires in writing, for where no script runs; the script builds the same table anew.

    HTML lets a cell end where the next begins.
    """
    columns: dict[str, Callable[[Wire], str]] = {
        "wire": lambda wire: plain_text(wire.name) + (f" {shape_text(wire.shape)}" if wire.shape else ""),
        "made": lambda wire: plain_text(wire.expression if wire.is_gate else wire.origin),
        "value": lambda wire: sheet.value(wire, digits),
        "gradient": lambda wire: _gradient(sheet, wire, digits),
        "pattern": lambda wire: plain_text(wire.pattern),
    }
    heads = "".join(f"<th scope=col>{said(f'head.{key}')}" for key in columns)
    rows = "".join(_row([cell(wire) for cell in columns.values()]) for wire in sheet.wires)
    caption = escaped(said("page.caption", name=plain_text(sheet.output.name)))
    return (
        f"<details><summary>{said('page.table')}</summary><table><caption>{caption}</caption>"
        f"<thead><tr>{heads}</tr>\n<tbody>{rows}</table></details>"
    )


def _row(texts: Sequence[str]) -> str:
    return f"<tr><th>{'<td>'.join(map(escaped, texts))}"


def _gradient(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    return sheet.gradient(wire, digits) if wire.has_gradient else said("mark.unknown")
