"""What to write instead, for the exceptions of a user's own code and for names that gatewise does not have."""

from __future__ import annotations

import ast
import difflib
import linecache
import math
import re
from collections.abc import Collection
from importlib import import_module
from pathlib import Path

import numpy as np

from gatewise import _syntax
from gatewise._errors import MissingNameError, UserCodeError

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


def advised(error: BaseException, path: str = "") -> UserCodeError:
    """The error about what a user's code raised, with what to write instead where that is known."""
    found = UserCodeError.of(error, path)
    place = UserCodeError.frame_of(error)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        place = error.filename, error.lineno
    if place is None or place[0].startswith("<gatewise "):
        return found
    return UserCodeError(found.what, found.why, advice(error, *place))


def advice(error: BaseException, file: str, line: int | None = None) -> str:
    """What to write instead of what raised `error` in a line of `file`; empty where nothing better is known."""
    match error:
        case SyntaxError():
            return of_syntax(error, line_in_file(file, error.lineno))
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
        case RecursionError():
            return "a case in which the function no longer calls itself."
        case IndexError() if "argv" in line_in_file(file, line):
            return "a number in place of sys.argv: a script that is shown is given no words."
        case FileNotFoundError() if not Path(error.filename or "").is_absolute():
            return f"a path from the folder you are in, {Path.cwd()}, or a full one."
    return ""


def line_in_file(file: str, number: int | None) -> str:
    """One line of a file; empty where it has none."""
    lines = readable_text(file).splitlines()
    return lines[number - 1] if number is not None and 0 < number <= len(lines) else ""


def readable_text(file: str) -> str:
    """The text of a file, whatever can be read of it."""
    match linecache.cache.get(file):
        case (_, None, lines, _):  # a notebook's cells, or one cell in Jupyter: no file has these lines
            return "".join(lines)
    try:
        return Path(file).read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ""


def of_name(name: str, file: str, line: int | None) -> str:
    """What to do about a name without a value."""
    text = readable_text(file)
    try:
        nodes = list(ast.walk(_syntax.module(text)))
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


# ---------------------------------------------------------------------------------- names that gatewise does not have

SHOWN = 'print(c), c.svg(), c.html(), or c.save("circuit.html"), with c = gw.circuit(f, ...).'
#: Names that people expect in gatewise itself, and what does it.
PUBLIC = {
    "log_softmax": "scores - gw.logsumexp(scores, axis=1, keepdims=True).",
    "backward": "loss.backward(), with gw.tensor(x) as input; or gw.grad(f)(x).",
    **dict.fromkeys(("show", "plot", "draw", "graph", "picture", "svg", "html", "visualize", "display"), SHOWN),
    **dict.fromkeys(("gradient", "grads", "gradients", "derivative", "diff", "autograd", "backprop"), "gw.grad(f)(x)."),
    **dict.fromkeys(("value_and_gradient", "value_and_gradients", "GradientTape"), "gw.value_and_grad(f)(x)."),
    **dict.fromkeys(("gradcheck", "check_grad", "grad_check", "gradient_check", "check_grads"), "gw.check(f, x)."),
    **dict.fromkeys(("jacrev", "jacfwd"), "gw.jacobian(f)(x)."),
    **dict.fromkeys(
        ("Variable", "Parameter", "parameter", "Value", "variable", "array", "asarray", "constant"), "gw.tensor(x)."
    ),
    **dict.fromkeys(("numpy", "np"), "import numpy as np: functions are written in plain NumPy."),
    "jit": "gw.compile(f), where calls are many; else the function itself.",
    **dict.fromkeys(("parse", "expression", "expr"), 'gw.circuit("x * y", x=2.0, y=3.0).'),
    **dict.fromkeys(("record", "trace", "tape", "run", "Board", "Graph"), "gw.circuit(f, x=2.0)."),
    **dict.fromkeys(("code", "staged", "source"), "gw.circuit(f, x=2.0).code()."),
    "version": '__import__("importlib.metadata").metadata.version("gatewise").',
}
#: Names that people expect of a circuit, and what does it.
OF_CIRCUITS = {
    **dict.fromkeys(
        ("show", "plot", "draw", "view", "display", "picture", "graph"), SHOWN.partition(", with")[0] + "."
    ),
    **dict.fromkeys(("backward", "grad", "grads", "gradient", "backprop"), "c.gradients, which are there already."),
    **dict.fromkeys(("staged", "source", "to_python", "python", "numpy_code"), "c.code()."),
    **dict.fromkeys(("forward", "output", "out", "result", "item", "data", "loss", "numpy"), "c.value."),
    **dict.fromkeys(("derivation", "latex", "explain", "proof"), "c.derive(), or c.derive(latex=True)."),
    **dict.fromkeys(("table", "ledger", "summary", "print", "text"), "print(c)."),
    **dict.fromkeys(("walk", "step", "steps", "animate"), "c.html(), a page to walk through."),
    **dict.fromkeys(("png", "pdf", "to_png", "savefig", "write", "export", "render"), 'c.save("circuit.png").'),
    "wire": 'c["q"], or c.card("q").',
    "to_svg": "c.svg().",
    "to_html": "c.html().",
    **dict.fromkeys(("to_tex", "tikz"), "c.tex()."),
    "json": "c.to_json().",
    "to_dict": "json.loads(c.to_json()).",
    **dict.fromkeys(("dot", "graphviz"), "c.to_dot()."),
    **dict.fromkeys(("inputs", "names", "nodes", "edges", "gates", "values", "keys", "items"), "c.wires."),
    **dict.fromkeys(("check", "gradcheck", "verify"), "gw.check(f, ...), with the function."),
    **dict.fromkeys(("update", "zero_grad", "parameters"), "gw.optim, with layers of gw.nn: a circuit is one run."),
}


def missing(name: str, known: Collection[str]) -> MissingNameError:
    """The error for a name that gatewise does not have: with what is meant by it, or the room that it is in."""
    cure = PUBLIC.get(name, "")
    rooms = (import_module(f"gatewise.{room}") for room in ("nn", "nn.functional", "optim", "data", "train"))
    if not cure and (room := next((room for room in rooms if hasattr(room, name)), None)):
        cure = f"{room.__name__.replace('gatewise', 'gw')}.{name}."
    if not cure and callable(getattr(np, name, None)):
        cure = f"np.{name}."
    return MissingNameError.of("gatewise", name, cure, [each for each in known if not each.startswith("_")])
