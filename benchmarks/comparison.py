"""The table of README.md beside other libraries: python -m benchmarks.comparison, with all of them installed.

Each cell is run, counted or measured here, or has a source in SOURCES. What came out is kept in comparison.json; the
tables of the READMEs and of docs/comparison.md are written from there. To install the libraries:

pip install 'gatewise[peers]' casadi sympy tangent-ad
"""

from __future__ import annotations

import ast
import inspect
import json
import math
import re
import textwrap
import tomllib
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks import as_they_stand, checkers
from benchmarks.gradients import GRADIENTS, OWN_NUMPY, counted, programs, with_numpy_of
from benchmarks.harness import versions

ROOT = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
DATA = Path(__file__).with_name("comparison.json")
PAGES = ("README.md", "README.zh-CN.md", "docs/comparison.md")
MARK = re.compile(r"(?<=<!-- comparison: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)

#: By the name in the table: what pip installs.
TOOLS = {
    "gatewise": "gatewise",
    "autograd": "autograd",
    "MyGrad": "mygrad",
    "tangent": "tangent-ad",
    "JAX": "jax",
    "PyTorch": "torch",
    "SymPy": "sympy",
    "CasADi": "casadi",
}

# ---------------------------------------------------------------------------------------------------- what it writes


def rolling(x):
    """A loop of which a backward pass is to be read."""
    h = 0.0
    for a in x:
        h = np.tanh(0.5 * h + a)
    return h * h


def backward_texts() -> dict[str, tuple[str, str]]:
    """By tool the language and the text of the backward pass of `rolling`, where it writes one."""
    import casadi
    import jax
    import sympy
    import tangent

    x = as_they_stand.AT
    symbols = sympy.symbols("x:6")
    formula = 0.0
    for one in symbols:
        formula = sympy.tanh(formula / 2 + one)
    column = casadi.SX.sym("x", 6)
    casadi.GlobalOptions.setNumpyMode(1)
    found = casadi.Function("g", [column], [casadi.gradient(rolling(casadi.vertsplit(column)), column)])
    generator = casadi.CodeGenerator("g")
    generator.add(found)
    in_jax = with_numpy_of(rolling, "jax.numpy")
    return {
        "gatewise": ("Python", gw.circuit(rolling, x).code()),
        "tangent": ("Python", inspect.getsource(tangent.grad(rolling))),
        "JAX": ("jaxpr", str(jax.make_jaxpr(jax.grad(in_jax))(x))),
        "PyTorch": ("FX graph", fx_text()),
        "SymPy": ("formula", sympy.pycode(sympy.diff(formula**2, symbols[0]))),
        "CasADi": ("C", generator.dump()),
    }


def fx_text() -> str:
    """The backward graph that PyTorch compiles."""
    import torch
    from torch._dynamo.backends.common import aot_autograd

    texts = []

    def kept(graph: Any, _: Any) -> Any:
        texts.append(graph.code)
        return graph.forward

    made = torch.tensor(as_they_stand.AT, requires_grad=True)
    torch._dynamo.reset()
    backend = aot_autograd(fw_compiler=kept, bw_compiler=kept)
    torch.compile(torch.compiler.wrap_numpy(rolling), backend=backend)(made).backward()
    return texts[-1]


def has_loop(language: str, text: str) -> bool:
    """Whether a text goes round: Python's `for` and `while`, C's that do not copy an array."""
    if language == "Python":
        return any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(ast.parse(textwrap.dedent(text))))
    return bool(re.search(r"\b(scan|while)\[", text)) if language == "jaxpr" else False


def written(tool: str, texts: dict[str, tuple[str, str]]) -> str:
    """What is to be read of the backward pass."""
    if tool not in texts:
        return "none"
    language, text = texts[tool]
    return f"{language}, {'loops kept' if has_loop(language, text) else 'unrolled'}"


def seen(tool: str) -> str:
    """Of the six values of `rolling` between input and output: which have value and gradient to be read afterwards."""
    if tool == "gatewise":
        wires = gw.circuit(rolling, as_they_stand.AT).wires
        return "all, by name" if all(w.gradient is not None for w in wires) else "some"
    if tool == "MyGrad":
        import mygrad

        out = rolling(mygrad.tensor(as_they_stand.AT))
        between = tensors_behind(out)  # before `backward`, which forgets them
        out.backward()
        return "all, unnamed" if all(t.grad is not None for t in between) else "some"
    if tool == "tangent":
        import tangent

        return "stepping its code" if "bh" in inspect.getsource(tangent.grad(rolling)) else "none"
    own = with_numpy_of(rolling, OWN_NUMPY[tool]) if tool in OWN_NUMPY else rolling
    if tool in ("SymPy", "CasADi"):
        own = rational
    found = GRADIENTS[tool](own, as_they_stand.AT)
    return "the input's" if np.shape(found) == as_they_stand.AT.shape else "some"


def rational(x):
    """A program that all libraries take."""
    return x[0] * x[1] / (1 + x[2] * x[2])


def tensors_behind(out: Any) -> list[Any]:
    """The tensors that one of MyGrad's was made of, that are no constants."""
    found, waiting = [], [out]
    while waiting:
        one = waiting.pop()
        if one.creator is not None:
            found += (behind := [t for t in one.creator.variables if not t.constant])
            waiting += behind
    return found


# ------------------------------------------------------------------------------------------------------ its checkers


def checks(tool: str) -> str:
    """How many of the cases of benchmarks/checkers.py its checker answers, and how many falsely."""
    names = {"gatewise": "gatewise", "autograd": "autograd check_grads", "JAX": "jax check_grads"}
    names["PyTorch"] = "torch gradcheck"
    if tool not in names:
        return "no checker" if not checker_in(TOOLS[tool]) else "not compared"
    rows = checkers.stored()["rows"]
    return f"{sum(checkers.false(row, names[tool]) for row in rows)} of {len(rows)} false"


def checker_in(package: str) -> list[str]:
    """Functions of a package, its tests aside, that are called a check of gradients."""
    named = re.compile(r"^def (\w*(?:check_?grad|grad_?check|check_?deriv)\w*)", re.MULTILINE)
    return [name for path, text in sources_of(package) if "test" not in path for name in named.findall(text)]


def names_a_line(tool: str) -> str:
    """Of a wrong backward pass: whether what the checker says has the number of the wrong line."""
    if tool == "gatewise":
        return "yes" if [m.line for m in gw.check(slipped, 0.7).mistakes] == [WRONG_LINE] else "no"
    if tool not in COMPLAINTS:
        return "no" if not checker_in(TOOLS[tool]) else "not compared"
    try:
        COMPLAINTS[tool]()
    except Exception as error:
        return "yes" if re.search(rf"\b{WRONG_LINE}\b", str(error)) else "no"
    return "not seen"


def slipped(x):
    s = np.sin(x)
    f = s * s
    ds = 2 * s
    dx = np.sin(x) * ds
    return f, dx


WRONG_LINE = inspect.getsourcelines(slipped)[1] + 4


def complain_torch() -> None:
    """`gradcheck` of the wrong pass as a `Function`."""
    import torch

    class Made(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: Any) -> Any:
            context.save_for_backward(x)
            return torch.as_tensor(slipped(x.detach().numpy())[0])

        @staticmethod
        def backward(context: Any, upstream: Any) -> Any:
            (x,) = context.saved_tensors
            return upstream * torch.as_tensor(slipped(x.detach().numpy())[1])

    torch.autograd.gradcheck(Made.apply, (torch.tensor([0.7], dtype=torch.float64, requires_grad=True),))


def complain_jax() -> None:
    """`check_grads` of the wrong pass as a `custom_vjp`."""
    import jax
    from jax.test_util import check_grads

    wrong = with_numpy_of(slipped, "jax.numpy")
    made = jax.custom_vjp(lambda x: wrong(x)[0])
    made.defvjp(lambda x: wrong(x), lambda dx, upstream: (upstream * dx,))
    check_grads(made, (0.7,), order=1, modes=["rev"])


def complain_autograd() -> None:
    """`check_grads` of the wrong pass as a primitive."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    made = primitive(lambda x: slipped(x)[0])
    defvjp(made, lambda _, x: lambda upstream: upstream * slipped(x)[1])
    check_grads(made, modes=["rev"], order=1)(0.7)


COMPLAINTS = {"autograd": complain_autograd, "JAX": complain_jax, "PyTorch": complain_torch}


def single(tool: str) -> str:
    """Whether a gradient of float32 is one."""
    x = as_they_stand.AT.astype(np.float32)
    own = with_numpy_of(as_they_stand.entries, OWN_NUMPY[tool]) if tool in OWN_NUMPY else as_they_stand.entries
    if tool == "SymPy":
        return "any digits"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = GRADIENTS[tool](own, x)
    return "yes" if found.dtype == np.float32 else f"no: {found.dtype}"


# ---------------------------------------------------------------------------------------------- what stands elsewhere

#: Cells that are not made here, each with the page that says it.
SOURCES = {
    ("GPU", "JAX"): ("yes, clusters", "https://docs.jax.dev/en/latest/multi_process.html"),
    ("GPU", "PyTorch"): ("yes, clusters", "https://docs.pytorch.org/docs/stable/distributed.html"),
    ("GPU", "SymPy"): ("by CuPy", "https://github.com/sympy/sympy/blob/master/sympy/utilities/lambdify.py"),
    ("compiled", "JAX"): ("XLA", "https://docs.jax.dev/en/latest/jit-compilation.html"),
    ("compiled", "PyTorch"): ("C++, Triton", "https://docs.pytorch.org/docs/stable/generated/torch.compile.html"),
    ("compiled", "SymPy"): ("C, Fortran", "https://docs.sympy.org/latest/modules/codegen.html"),
    ("compiled", "CasADi"): ("C", "https://web.casadi.org/docs/#generating-c-code"),
}


def sources_of(package: str) -> Iterator[tuple[str, str]]:
    """The Python files of an installed package."""
    for path in metadata.files(package) or ():
        if path.suffix == ".py" and (whole := Path(str(path.locate()))).exists():
            yield str(path), whole.read_text(encoding="utf-8", errors="replace")


def on_gpu(tool: str) -> str:
    """Whether a GPU is spoken of: a link says yes; else its files do not name one."""
    if ("GPU", tool) in SOURCES:
        return SOURCES["GPU", tool][0]
    if tool == "gatewise":
        return "by JAX, PyTorch" if {"to_jax", "to_torch"} <= set(dir(gw.Circuit)) else "no"
    return (
        "no" if not any(re.search(r"cuda|\bgpu\b", text, re.IGNORECASE) for _, text in sources_of(TOOLS[tool])) else "?"
    )


def compiled(tool: str) -> str:
    """What a gradient is compiled to: a link says, else what the library returns is no compiled function."""
    if tool == "gatewise":
        call = gw.compile(gw.grad(lambda x: np.sum(np.exp(x) * np.sin(x))))
        call(np.ones(1000))
        return "LLVM, NumPy calls" if "native loop" in call.explain() else "NumPy calls"
    return SOURCES["compiled", tool][0] if ("compiled", tool) in SOURCES else "no"


def needed(package: str, seen: set[str] | None = None) -> set[str]:
    """A package and all that installing it brings, by the names pip has for them."""
    seen = set() if seen is None else seen
    name = re.sub(r"[-_.]+", "-", package).lower()
    if name in seen:
        return seen
    try:
        wanted = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return seen  # for another system
    seen.add(name)
    for line in wanted:
        if "extra ==" not in line:
            needed(re.match(r"[\w.-]+", line)[0], seen)
    return seen


def megabytes(tool: str) -> str:
    """What a fresh `pip install` lays down, without what Python compiles afterwards."""
    total = 0
    for name in needed(TOOLS[tool]):
        if name == "gatewise":
            total += sum(p.stat().st_size for p in (ROOT / "src").rglob("*") if p.is_file() and p.suffix != ".pyc")
        else:
            files = [Path(str(p.locate())) for p in metadata.files(name) or () if p.suffix != ".pyc"]
            total += sum(path.stat().st_size for path in files if path.exists())
    digits = 10 ** max(0, int(math.log10(total / 1e6)) - 1)
    return f"{round(total / 1e6 / digits) * digits} MB"


ROWS: dict[str, Callable[..., str]] = {
    "float32": single,
    "seen": seen,
    "checks": checks,
    "line": names_a_line,
    "GPU": on_gpu,
    "compiled": compiled,
    "size": megabytes,
}


def measured() -> dict[str, Any]:
    """Every cell, with what each program came to and the versions."""
    texts = backward_texts()
    answers = {tool: programs(tool) for tool in TOOLS}
    cells = {row: {tool: make(tool) for tool in TOOLS} for row, make in ROWS.items()}
    cells["stands"] = {tool: counted(answers[tool], "as it stands") for tool in TOOLS}
    cells["import"] = {tool: counted(answers[tool], "import changed") or "-" for tool in TOOLS}
    cells["code"] = {tool: written(tool, texts) for tool in TOOLS}
    told = f"gatewise {VERSION}, {versions(('numpy', *[each for each in TOOLS.values() if each != 'gatewise']))}"
    return {"versions": told, "cells": cells, "programs": answers}


# ------------------------------------------------------------------------------------------------------- the tables

#: The rows of the table, in order, in English and in Chinese.
HEADS = {
    "stands": ("my NumPy unchanged: right / silently wrong, of {count}", "NumPy 代码不改：{count} 个里对 / 悄悄错"),
    "code": ("backward pass to read", "可读的反向传播"),
    "seen": ("values and gradients seen", "看得到的值和梯度"),
    "checks": ("its check of a gradient", "梯度检查"),
    "line": ("names the wrong line", "指出错的那一行"),
    "float32": ("float32 stays", "float32 不变"),
    "GPU": ("GPU", "GPU"),
    "compiled": ("compiled to", "编译成"),
    "size": ("installed", "安装后大小"),
}
CHINESE = {
    "yes, clusters": "有，集群也有",
    "Python, loops kept": "Python，保留循环",
    "jaxpr, unrolled": "jaxpr，循环展开",
    "FX graph, unrolled": "FX 图，循环展开",
    "formula, unrolled": "公式，循环展开",
    "C, unrolled": "C，循环展开",
    "all, by name": "全部，带名字",
    "all, unnamed": "全部，无名字",
    "the input's": "只有输入的",
    "stepping its code": "在代码里单步看",
    "no checker": "无",
    "LLVM, NumPy calls": "LLVM、NumPy 调用",
    "by JAX, PyTorch": "经 JAX、PyTorch",
    "any digits": "任意位数",
    "by CuPy": "经 CuPy",
    "no: float64": "否：float64",
    "none": "无",
    "yes": "是",
    "no": "否",
    "C++, Triton": "C++、Triton",
    "C, Fortran": "C、Fortran",
}


def table(data: dict[str, Any], in_chinese: bool = False) -> str:
    """The table of the READMEs."""
    lines = ["| | " + " | ".join(TOOLS) + " |", "|" + " --- |" * (len(TOOLS) + 1)]
    for row, heads in HEADS.items():
        cells = [data["cells"][row][tool] for tool in TOOLS]
        if in_chinese:
            cells = [re.sub(r"(\d+) of (\d+) false", r"\2 个里错 \1", CHINESE.get(cell, cell)) for cell in cells]
        head = heads[in_chinese].format(count=len(as_they_stand.PROGRAMS))
        lines.append(f"| {head} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def imported_table(data: dict[str, Any]) -> str:
    """What comes of the same programs with another import."""
    counts = data["cells"]["import"]
    return "".join(f"- {tool}, `import {OWN_NUMPY[tool]} as np`: {counts[tool]}\n" for tool in OWN_NUMPY)


def answers_table(data: dict[str, Any]) -> str:
    """What each program came to, as it stands; with another import behind a stroke."""
    lines = ["| program | what it does | " + " | ".join(TOOLS) + " |", "|" + " --- |" * (len(TOOLS) + 2)]
    for f, what in as_they_stand.PROGRAMS.items():
        cells = [" / ".join(map(bold, data["programs"][tool][f.__name__].values())) for tool in TOOLS]
        lines.append(f"| `{f.__name__}` | {what} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"With {data['versions']}."]) + "\n"


def bold(said: str) -> str:
    """An answer, in bold where numbers are wrong without a word."""
    return f"**{said}**" if said == "silently wrong" else said


def links(_: dict[str, Any]) -> str:
    """The pages that cells are taken from."""
    return "".join(f"- {what} of {tool}, *{cell}*: <{url}>\n" for (what, tool), (cell, url) in SOURCES.items())


BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "table": table,
    "chinese": lambda data: table(data, in_chinese=True),
    "programs": answers_table,
    "imports": imported_table,
    "links": links,
}


def stored() -> dict[str, Any]:
    """The cells as they were last made."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def filled(page: str, data: dict[str, Any]) -> str:
    """A page with its tables as they are now."""
    return MARK.sub(lambda found: f"{found[1]}{found[2]}{BLOCKS[found[1]](data)}", page)


def main() -> None:
    """Measure, keep the answers, and write the tables into the pages."""
    data = measured()
    DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    for name in PAGES:
        page = ROOT / name
        page.write_text(filled(page.read_text(encoding="utf-8"), data), encoding="utf-8")
    print(table(data))


if __name__ == "__main__":
    main()
