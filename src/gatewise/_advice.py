"""What to write instead, for the exceptions that a user's own code raises."""

from __future__ import annotations

import ast
import difflib
import math
import re
from pathlib import Path

#: What begins with these letters is a module under the name that everybody gives it.
IMPORTS = {
    **{name: f"import {name}" for name in ("math", "random", "os", "sys", "time", "copy", "scipy", "torch")},
    "np": "import numpy as np",
    "numpy": "import numpy",
    "plt": "import matplotlib.pyplot as plt",
    "pd": "import pandas as pd",
    "gw": "import gatewise as gw",
}
NETS = {
    "sigmoid": "1 / (1 + np.exp(-x)), or gw.sigmoid(x)",
    "relu": "np.maximum(0, x), or gw.relu(x)",
    "softmax": "gw.softmax(x)",
    "softplus": "gw.softplus(x)",
    "logsumexp": "gw.logsumexp(x)",
}
TYPOGRAPHY = dict(zip("“”„‘’‚（），；：＋－＊／＝［］。、×−–—", "\"\"\"'''(),;:+-*/=[].,*---", strict=True))


def advice(error: BaseException, file: str, line: int | None = None) -> str:
    """What to write instead of what raised `error` in a line of `file`; empty where nothing better is known."""
    match error:
        case SyntaxError():
            return of_syntax(error, line_of(file, error.lineno))
        case ModuleNotFoundError(name=str(module)):
            root = module.partition(".")[0]
            return f"install {root} for the Python that runs gatewise: python -m pip install {root}"
        case NameError(name=str(name)):
            return of_name(name, file, line)
        case EOFError():
            return "a number in place of input(): nobody is there to type one."
        case AttributeError(name=str(name)) if "module '" in str(error):
            return NETS.get(name, "")
        case TypeError() if re.search(r"unsupported operand type\(s\) for \^", str(error)):
            return "x**2 for a power; ^ is Python's exclusive or."
        case FileNotFoundError(filename=str(name)) if not Path(name).is_absolute():
            return f"a path from the folder you are in, {Path.cwd()}, or a full one."
    return ""


def line_of(file: str, number: int | None) -> str:
    """One line of a file; empty where it has none."""
    lines = readable_text(file).splitlines()
    return lines[number - 1] if number is not None and 0 < number <= len(lines) else ""


def readable_text(file: str) -> str:
    """The text of a file, whatever can be read of it."""
    try:
        return Path(file).read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ""


def of_name(name: str, file: str, line: int | None) -> str:
    """What to do about a name without a value."""
    text = readable_text(file)
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        nodes = []
    stores = [n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    later = [node.lineno for node in stores if node.id == name and line is not None and node.lineno > line]
    if later:
        return f"line {min(later)} first, which gives {name} its value."
    if name in IMPORTS:
        return f"{IMPORTS[name]}, above it."
    if name in NETS:
        return f"{NETS[name]}."
    if near := difflib.get_close_matches(name, {node.id for node in stores}, n=1, cutoff=0.7):
        return f"{near[0]}?"
    return f"np.{name}." if callable(getattr(math, name, None)) else ""


def of_syntax(error: SyntaxError, line: str) -> str:
    """What to write instead of a line that is not Python."""
    if re.match(r"\s*(>>>|\.\.\.|In \[\d+\]:)", line):
        return "the lines without their prompts (>>>): these were copied with them."
    if re.match(r"\s*[%!]", line):
        return "a file without the notebook's commands, which begin with % or !."
    if "\xa0" in line:
        return "plain spaces: the line has a non-breaking one, which looks like it."
    outside = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)
    strangers = [letter for letter in outside if letter in TYPOGRAPHY]
    if strangers and "character" in error.msg:
        return f"{TYPOGRAPHY[strangers[0]]} for {strangers[0]}."
    return ""
