"""The house rules: what may import what, what importing costs, where code may be made from text."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import rlcompleter
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import gatewise
from gatewise import _NAMESPACES as NAMESPACES
from tools.house import past_faces

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src" / "gatewise"
FILES = sorted(HOUSE.rglob("*.py"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Rooms that know less than their place in the house allows: the rooms each may import.
CLOSED_ROOMS: dict[str, set[str]] = {
    "_types": set(),
    "_errors": {"_types"},
    "_syntax": set(),
    "_callables": {"_types"},
    "_build": {"_errors", "_syntax", "_types"},
    "_language": {"_errors", "_types"},
    "_numerical": {"_errors", "_types"},
    "_views": {"_errors", "_syntax", "_types"},  # everything drawn comes from the record, a plain dict
}
#: Files of rooms that others import past what the room itself gives, and how many do: this only shrinks.
PAST_THE_FACE = {
    "_check": {"blank": 1, "exercises": 1, "grading": 1, "report": 1, "scripts": 1, "verdict": 1},
    "_circuit": {"recognition": 1},
    "_gates": {"absent": 4, "cures": 1},
    "_numerical": {"evidence": 4, "judgement": 1, "lines": 1},
    "_record": {"rounding": 1},
    "_recording": {
        "constants": 1,
        "functions": 7,
        "lending": 1,
        "operands": 1,
        "outcomes": 2,
        "places": 2,
        "reading": 5,
        "recorder": 7,
        "running": 4,
        "scripts": 5,
        "structures": 12,
        "whose": 7,
    },
    "_source": {"gate_texts": 2, "staged": 1},
    "_views": {"derivation": 1, "forms": 5, "groups": 2, "numbers": 2, "page": 1, "palettes": 3, "text": 4, "walk": 1},
    "train": {"held": 1, "plots": 1, "recipes": 1, "search": 1},
}
# Packages beyond NumPy and the standard library that a room may import, and only when it runs or is itself asked for.
GUESTS: dict[str, set[str]] = {
    "_cli": {"click", "rich"},
    "_gates": {"scipy"},
    "_native": {"llvmlite"},
    "_views": {"cairosvg"},
    "data": {"rich"},
    "train": {"rich", "matplotlib"},
}


def name_of(file: Path) -> str:
    return file.relative_to(HOUSE).as_posix()


def room_of(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def modules_imported(file: Path) -> Iterator[str]:
    """Give the absolute name of every module a file imports, wherever in the file it does so."""
    package = ("gatewise", *file.relative_to(HOUSE).parent.parts) if file.is_relative_to(HOUSE) else ()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += (node.module or "").split(".") if node.module else []
            yield ".".join(base)
            if base == ["gatewise"]:  # `from gatewise import _sweep` imports a room, not a name
                yield from (f"gatewise.{alias.name}" for alias in node.names)


def in_a_fresh_process(code: str) -> str:
    """Run code in a Python of its own and return what it printed."""
    environment = os.environ | {"PYTHONPATH": str(HOUSE.parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


every_file = pytest.mark.parametrize("file", FILES, ids=name_of)


def test_importing_gatewise_loads_numpy_and_the_standard_library_alone():
    loaded = json.loads(
        in_a_fresh_process("import gatewise, sys, json; print(json.dumps(sorted(sys.modules)))"),
    )
    # What the interpreter loads before any import (site, .pth files of editable installs) is not ours.
    already = json.loads(in_a_fresh_process("import sys, json; print(json.dumps(sorted(sys.modules)))"))
    guests = {module.partition(".")[0] for module in set(loaded) - set(already)}
    assert guests - sys.stdlib_module_names == {"gatewise", "numpy"}


def test_importing_gatewise_leaves_numpys_costly_parts_unloaded():
    """NumPy loads these only when asked; each would cost a good part of the import budget."""
    costly = {"numpy.ctypeslib", "numpy.f2py", "numpy.ma", "numpy.polynomial", "numpy.testing"}
    show = "import sys, json; print(json.dumps(sorted(sys.modules)))"
    alone = set(json.loads(in_a_fresh_process(f"import numpy; {show}")))
    assert costly & set(json.loads(in_a_fresh_process(f"import gatewise; {show}"))) <= alone


def test_importing_gatewise_says_nothing_and_changes_no_settings():
    assert in_a_fresh_process("import gatewise") == ""
    state = "(np.geterr(), np.get_printoptions(), sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold())"
    report = in_a_fresh_process(
        f"import gc, sys, numpy as np; before = {state}; import gatewise; print(before == {state})"
    )
    assert report.strip() == "True"


@every_file
def test_every_room_says_what_it_is(file):
    text = ast.get_docstring(tree_of(file)) or ""
    first, _, rest = text.partition("\n")
    assert re.fullmatch(r".*[.:]", first), f"{name_of(file)} needs a docstring whose first line is a sentence"
    assert not rest or rest.startswith("\n"), f"{name_of(file)}: a blank line after the first sentence"


def test_no_room_is_called_utils():
    misnamed = re.compile(r"_*(utils?|utilities|helpers?|common|misc|tools?)(\.py)?")
    parts = {part for file in FILES for part in file.relative_to(HOUSE).parts}
    assert [part for part in sorted(parts) if misnamed.fullmatch(part)] == []


def test_rooms_are_private():
    """All but the namespaces the front door opens by name."""
    rooms = {room_of(file) for file in FILES} - {"__init__", "__main__", *NAMESPACES}
    assert [room for room in sorted(rooms) if not room.startswith("_")] == []


@every_file
def test_code_is_made_from_text_in_the_build_room_only(file):
    """Text becomes code in `_build.py`, and nowhere else in any other way."""
    makers = {"eval", "exec", "compile", "__import__"}
    allowed = {"exec", "compile", "__import__", "builtins"} if name_of(file) == "_build.py" else set()
    found = []
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Name) and node.id in makers - allowed:
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and node.attr in {"eval", "exec", "literal_eval", "__builtins__"}:
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.alias) and node.name in FOREIGN - allowed:
            found.append((node.lineno, node.name))
    assert found == []


FOREIGN = {"builtins", "literal_eval", "code", "codeop", "runpy"}


@every_file
def test_nothing_is_unpickled(file):
    """A file a user names may come from anywhere; pickles run code."""
    assert not {"pickle", "marshal", "shelve", "dill"} & set(modules_imported(file))
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert ast.unparse(node.value) == "False"


@every_file
def test_rooms_import_only_the_packages_they_may(file):
    packages = {module.partition(".")[0] for module in modules_imported(file)} - {"gatewise", "numpy"}
    assert packages - sys.stdlib_module_names <= GUESTS.get(room_of(file), set())


@every_file
def test_rooms_go_past_the_front_door(file):
    """A room that imports the package imports the whole house."""
    if room_of(file) in {"__init__", "__main__", "_cli"}:
        return
    names = [name for name in modules_imported(file) if name.partition(".")[0] == "gatewise" and name != "gatewise"]
    assert all(name.split(".")[1].startswith("_") or name.split(".")[1] in NAMESPACES for name in names)


def public_names() -> list[str]:
    """Return what the front door gives: each `X` of its `from ... import X as X`."""
    imports = [node for node in ast.walk(tree_of(HOUSE / "__init__.py")) if isinstance(node, ast.ImportFrom)]
    return [a.name for node in imports if node.module not in ("__future__", "gatewise") for a in node.names]


def names_for_type_checkers() -> list[str]:
    """What a type checker takes from the front door of a typed package: each `X as X`, and nothing it may not see."""
    hidden = [node for node in tree_of(HOUSE / "__init__.py").body if ast.unparse(node).startswith("if not ")]
    inside = {child for node in hidden for child in ast.walk(node)}
    nodes = [node for node in ast.walk(tree_of(HOUSE / "__init__.py")) if not isinstance(node, ast.FunctionDef)]
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) and node not in inside]
    return [alias.name for node in imports for alias in node.names if alias.asname == alias.name]


def test_dir_completion_and_types_list_the_public_names_and_no_others():
    public = dir(gatewise)
    assert public == sorted(names_for_type_checkers())
    assert [name for name in public if name.startswith("_") or not hasattr(gatewise, name)] == []
    completed = rlcompleter.Completer({"gw": gatewise}).attr_matches("gw.")
    assert sorted(word.removeprefix("gw.").partition("(")[0] for word in completed) == public
    for first in ("", "gw.circuit; gw.check; gw.nn; gw.relu;"):
        listed = in_a_fresh_process(f"import gatewise as gw, json; {first} print(json.dumps(dir(gw)))")
        assert json.loads(listed) == public


def test_a_circuit_lists_its_public_names_and_no_others():
    c = gatewise.circuit("x * y", x=2.0, y=3.0)
    str(c), c.svg(), c.gradients
    listed = {name for name in dir(c) if not name.startswith("_")}
    assert listed == {name for name in vars(gatewise.Circuit) if not name.startswith("_")}
    assert all(inspect.getdoc(getattr(gatewise.Circuit, name)) for name in listed)


TYPED = """
import numpy as np
import gatewise as gw
def shown(c: gw.Circuit, r: gw.Report) -> str:
    return c.code() + c.to_json() + str(gw.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))) + str(r)
shown(gw.circuit("x", x=1.0), gw.check(np.sin, 1.0))
gw.nn.Linear(2, 3)
gw.circiut
gw.circuit("x", x=1.0).staged()
gw.Circuit("x", x=1.0)
gw.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), strides=2)
def rectified(x: gw.Tensor, w: gw.Tensor) -> gw.Tensor:
    return gw.relu(gw.conv2d(x, w, stride=(1, 2)))
rectified(gw.nn.Parameter(1.0), gw.nn.Linear(2, 3).weight)
count: int = gw.nn.Parameter(1.0)
"""


def test_a_type_checker_knows_which_names_there_are(tmp_path):
    (tmp_path / "typed.py").write_text(TYPED, encoding="utf-8")
    words = [sys.executable, "-m", "mypy", "--no-error-summary", str(tmp_path / "typed.py")]
    said = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    assert [line.split(":")[1] for line in said.splitlines() if "error" in line] == [
        "8",
        "9",
        "10",
        "10",
        "11",
        "11",
        "15",
    ], said
    assert "circiut" in said
    assert '"Circuit" has no attribute "staged"' in said


@pytest.mark.parametrize("name", public_names())
def test_public_names_say_what_they_are_and_show_it(name):
    """First a plain sentence; and every function and class has an example, which the doctests run."""
    public = getattr(gatewise, name)
    if not (inspect.isroutine(public) or inspect.isclass(public)):
        return
    text = inspect.getdoc(public) or ""
    assert re.match(r"[^\n]*[.?!](\n\n|$)", text), f"gatewise.{name} needs a first line that is a sentence"
    assert ">>>" in text, f"gatewise.{name} needs an example"


@pytest.mark.parametrize("room", CLOSED_ROOMS)
def test_closed_rooms_know_no_others(room):
    for file in (file for file in FILES if room_of(file) == room):
        known = {name.split(".")[1] for name in modules_imported(file) if name.startswith("gatewise._")}
        assert known - {room} <= CLOSED_ROOMS[room], f"{name_of(file)} may import {CLOSED_ROOMS[room] or 'no room'}"


def test_no_more_rooms_are_entered_past_their_face():
    """What is meant for other rooms is given by the room itself: `from gatewise._gates import Gate`."""
    counts = Counter(place.rpartition(": ")[2] for place in past_faces(HOUSE))
    allowed = {f"{room}.{file}": n for room, files in PAST_THE_FACE.items() for file, n in files.items()}
    assert {file: n for file, n in counts.items() if n > allowed.get(file, 0)} == {}


def test_the_front_door_reexports_by_the_form_x_as_x():
    """So that a type checker, a linter and a reader all see what is public."""
    for node in ast.walk(tree_of(HOUSE / "__init__.py")):
        if isinstance(node, ast.ImportFrom) and node.module not in ("__future__", "gatewise"):
            assert all(alias.asname == alias.name for alias in node.names), ast.unparse(node)


def test_every_room_has_its_place_in_the_contract():
    """The order of the rooms is written once, in pyproject.toml; no room may be missing there or stand there twice."""
    (contract,) = (c for c in SETTINGS["tool"]["importlinter"]["contracts"] if c["containers"] == ["gatewise"])
    listed = [room.strip("() ") for layer in contract["layers"] for room in layer.split("|")]
    assert contract["exhaustive"] is True
    assert len(set(listed)) == len(listed)
    assert {room_of(file) for file in FILES} - {"__init__"} <= set(listed)


def test_what_the_tests_import_is_installed_by_the_extra():
    """`make test` on a fresh machine has the test extra and what gatewise itself brings; nothing else."""
    project = SETTINGS["project"]
    required = project["dependencies"] + project["optional-dependencies"]["test"]
    promised = {re.match(r"[\w-]+", line)[0].lower().replace("_", "-") for line in required}
    ours = {"gatewise", "benchmarks", "tools", "conftest"} | {file.stem for file in (ROOT / "tests").rglob("*.py")}
    ours |= {folder.name for folder in (ROOT / "tests").rglob("*") if folder.is_dir()}
    known = ours | sys.stdlib_module_names | {""}  # "" stands for a relative import
    distributions = packages_distributions()
    for file in (ROOT / "tests").rglob("*.py"):
        for package in {name.partition(".")[0] for name in modules_imported(file)} - known:
            owners = {owner.lower().replace("_", "-") for owner in distributions.get(package, [package])}
            assert owners & promised, f"{file.name} imports {package}, which the test extra does not bring"


def test_the_version_is_stated_once():
    """The changelog's newest entry is the version of the package."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", changes, re.MULTILINE)[1] == SETTINGS["project"]["version"]


def test_the_version_can_be_asked_for():
    assert re.fullmatch(r"\d+\.\d+\.\d+", gatewise.__version__)  # of what is installed


def test_the_citation_says_what_it_has_to_and_no_version():
    """By the required keys of the Citation File Format; the version stands in pyproject.toml alone."""
    keys = re.findall(r"^([a-z-]+):", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"cff-version", "message", "title", "authors"} <= set(keys)
    assert "version" not in keys


def test_make_names_every_target_it_documents():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    documented = set(re.findall(r"^#   make (\w+)", text, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)", text, re.MULTILINE)[1].split())
    assert documented == phony - {"help"}
