"""LaTeX put into the expression language, roughly: what comes out is offered only if it can be read."""

from __future__ import annotations

import re
from keyword import iskeyword

from gatewise._language.scanning import closing

LATEX = ("this is LaTeX", "an expression is written as in Python.")
LATEX_CURE = r"Write a / b for \frac{a}{b}, exp(x) for e^{x}, sigmoid(x) for \sigma(x), sum(x) for \sum_i x_i."
LATEX_SPACES = re.compile(r"\$+|\\[()\[\],;:! ]|\\(?:left|right|q?quad|displaystyle|big|Big|bigl|bigr)(?![A-Za-z])\.?")
LATEX_SIGNS = {
    **dict.fromkeys(("cdot", "times", "ast", "odot", "circ"), "*"),
    "div": "/", "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "ne": "!=", "neq": "!=", "top": "T",
}  # fmt: skip
LATEX_FONTS = re.compile(r"\\(?:operatorname\*?|mathrm|text|mathbf|boldsymbol|mathit|mathsf|vec|bm)\s*\{\s*(\w+)\s*\}")
LATEX_HATS = re.compile(r"\\(?:wide)?(hat|bar|tilde)\s*\{?\s*(\w+)\s*\}?")


def latex(text: str) -> str:
    r"""`((1)/(1 + exp(-x)))` of `$\frac{1}{1 + e^{-x}}$`."""
    if not re.search(r"\\[A-Za-z({\[|]|\$.*\$|[\^_]\s*\{", text):
        return text
    text = LATEX_FONTS.sub(r"\1 ", LATEX_SPACES.sub(" ", text.replace(r"\|", "‖")))
    text = LATEX_HATS.sub(r"\2_\1 ", text)
    text = re.sub(r"\\sqrt\s*\[(\d+)\]\s*\{([^{}]*)\}", r"(\2)^(1/\1)", text)
    text = re.sub(r"\\([dtc]?frac)\s*(\d)\s*(\d)", r"\\frac{\2}{\3}", text)
    while found := re.search(r"\\[dtc]?frac(?![A-Za-z])\s*(?=\{)", text):
        end = closing(text, found.end())
        lower = re.match(r"\s*(?=\{)", text[end:])
        if lower is None:
            break
        second = end + lower.end()
        last = closing(text, second)
        parts = text[found.end() + 1 : end - 1], text[second + 1 : last - 1]
        text = f"{text[: found.start()]}(({parts[0]})/({parts[1]})){text[last:]}"
    text = re.sub(r"\^\s*(?:\{\s*)?(?:\\top|\\intercal|T\b)(?:\s*\})?", ".T", text)
    text = re.sub(r"(?<![\w])e\s*\^\s*\{", "exp{", text)
    text = re.sub(r"_\s*\{\s*(\w+)\s*\}", r"_\1", text)
    text = re.sub(r"\\(?:lvert|rvert|vert)(?![A-Za-z])", "|", text)
    text = re.sub(r"\\([A-Za-z]+)\s*", of_latex, text)
    return text.replace("{", "(").replace("}", ")").strip()


def of_latex(found: re.Match[str]) -> str:
    """A command of LaTeX: a sign, or a name, parted from the letters and digits that follow it."""
    following = found.string[found.end() : found.end() + 1]
    name = found[1] + ("_" if iskeyword(found[1]) else "")
    if name in LATEX_SIGNS:
        return f" {LATEX_SIGNS[name]} "
    return name + (" " if following.isalnum() else "")
