"""Notations of other places, LaTeX, MATLAB, R, other libraries, put into the expression language to be offered.

Only a text that could not be read comes here, and what comes out is offered only if it can be read; so a rule may be
rough, and may leave alone what it does not know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword

from gatewise._language.names import MODULES, normal

LONGEST_TRANSLATED = 400  #: characters

#: Modules that gates are called from elsewhere.
ELSEWHERE = (
    *("torch", "tf", "keras", "jnp", "jax", "nn", "F", "K", "sp", "scipy", "special", "Math", "cp", "cupy", "paddle"),
    *("math", "numpy", "np", "mx", "theano", "sympy", "std", "functional", "linalg"),
)
#: Gates under names that they have elsewhere.
SYNONYMS = {
    **dict.fromkeys(("sigma", "Sigma", "sigm", "expit", "logistic", "logsig", "Sigmoid", "sig"), "sigmoid"),
    "tg": "tan", "arctg": "arctan", "sh": "sinh", "ch": "cosh", "th": "tanh", "sgn": "sign", "signum": "sign",
    "lse": "logsumexp", "average": "mean", "avg": "mean", "ReLU": "relu", "sqr": "square", "mul": "multiply",
    "mm": "matmul", "bmm": "matmul", "mod": "remainder", "fmod": "remainder", "ifelse": "where", "if": "where",
    "Log": "log", "Exp": "exp", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh", "Tanh": "tanh",
    "pow": "power", "div": "divide", "sub": "subtract", "neg": "negative", "IIf": "where", "amax": "max",
}  # fmt: skip
#: Functions that are no gates, in gates; the number of operands is that of the braces.
FORMULAS: Mapping[tuple[str, int], str] = {
    ("log", 2): "(log({0}) / log({1}))",
    **{(name, 1): "(log({0}) / log(10))" for name in ("log10", "lg")},
    **{(name, 1): "(log({0}) / log(2))" for name in ("log2", "ld", "lb")},
    ("exp2", 1): "2**({0})",
    ("exp10", 1): "10**({0})",
    ("cbrt", 1): "({0})**(1/3)",
    ("rsqrt", 1): "1 / sqrt({0})",
    ("sec", 1): "1 / cos({0})",
    ("csc", 1): "1 / sin({0})",
    ("cot", 1): "1 / tan({0})",
    ("ctg", 1): "1 / tan({0})",
    ("logit", 1): "log(({0}) / (1 - ({0})))",
    ("log_sigmoid", 1): "-softplus(-({0}))",
    ("logsigmoid", 1): "-softplus(-({0}))",
    ("silu", 1): "({0}) * sigmoid({0})",
    ("swish", 1): "({0}) * sigmoid({0})",
    ("log_softmax", 1): "({0}) - logsumexp({0})",
    ("norm", 1): "sqrt(sum(({0})**2))",
    ("mse", 2): "mean(({0} - ({1}))**2)",
    ("mae", 2): "mean(abs({0} - ({1})))",
    ("clip", 3): "minimum(maximum({0}, {1}), {2})",
    ("clamp", 3): "minimum(maximum({0}, {1}), {2})",
}
BRACKETS = str.maketrans("【】〔〕「」", "()()()")
AXES = ("sum", "mean", "max", "min", "prod", "std", "var", "argmax", "argmin", "logsumexp", "softmax")
LATEX = ("this is LaTeX", "an expression is written as in Python.")
LATEX_CURE = r"Write a / b for \frac{a}{b}, exp(x) for e^{x}, sigmoid(x) for \sigma(x), sum(x) for \sum_i x_i."
PROMPT = ("a prompt stands before the expression", "it was copied with it.")
DEFINES = ("this defines a function", "its right-hand side is enough: the free names are the inputs.")
ARROW = ("a name gets its value with =", "<-, := and let are of other languages.")
PARTED = ("statements are parted by ;", "a comma parts the operands of a call.")
CHOOSES = ("this chooses between two values", "where(condition, a, b) is the gate for it.")
DERIVES = ("this asks for a derivative", "all gradients are shown with the function itself: it stands alone.")
MATLAB = ("this is MATLAB's notation", "operators work entry by entry without a point, and X.T is the transpose.")
LIBRARY = ("this calls another library", "a gate is called by its name alone.")
POWER = ("a power stands before the bracket", "the bracket belongs to the function.")
LATEX_SPACES = re.compile(r"\$+|\\[()\[\],;:! ]|\\(?:left|right|q?quad|displaystyle|big|Big|bigl|bigr)(?![A-Za-z])\.?")
LATEX_SIGNS = {
    **dict.fromkeys(("cdot", "times", "ast", "odot", "circ"), "*"),
    "div": "/", "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "ne": "!=", "neq": "!=", "top": "T",
}  # fmt: skip
LATEX_FONTS = re.compile(r"\\(?:operatorname\*?|mathrm|text|mathbf|boldsymbol|mathit|mathsf|vec|bm)\s*\{\s*(\w+)\s*\}")
LATEX_HATS = re.compile(r"\\(?:wide)?(hat|bar|tilde)\s*\{?\s*(\w+)\s*\}?")
ARGUMENT = r"[\w.]+"
NAME = r"[^\W\d]\w*"
NUMPYS = rf"(?:(?:{'|'.join(MODULES)})\.)?"


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in the language's own notation, and what it was in: what to say of it, and why it is not read."""

    text: str
    what: str = ""
    why: str = ""


def translated(
    text: str, callables: Collection[str], inputs: Collection[str], scalars: Collection[str] = ()
) -> Translation:
    r"""`text` with the notations of other places replaced; `what` is that of the first that was found.

    >>> translated(r"\frac{1}{1+e^{-x}}", ["exp"], ["x"])
    Translation(text='((1)/(1+exp(-x)))', what='this is LaTeX', why='an expression is written as in Python.')
    """
    if len(text) > LONGEST_TRANSLATED:
        return Translation(text)
    what = why = ""
    for name, reason, rule in rules(callables, inputs, scalars):
        changed = rule(text)
        if changed != text:
            what, why = (what or name), (why or reason)
            text = changed
    return Translation(text, what, why)


Rule = Callable[[str], str]


def rules(
    callables: Collection[str], inputs: Collection[str], scalars: Collection[str]
) -> Iterator[tuple[str, str, Rule]]:
    """The rules in the order they are tried: what to say where one applies, why, and the rule."""
    yield "", "", without_strangers
    yield "", "", without_quotes
    yield *PROMPT, without_prompts
    yield *DERIVES, without_derivative
    yield *LATEX, latex
    yield *DEFINES, body
    yield *ARROW, arrows
    yield *PARTED, parted
    yield "", "", endings
    yield *CHOOSES, choices
    yield *MATLAB, matlab(scalars)
    yield "", "", signs
    yield "", "", methods(inputs)
    yield *LIBRARY, modules(callables)
    yield *POWER, powers(callables, inputs)
    yield "", "", bare_calls(callables, inputs)
    yield "", "", synonyms(callables, inputs)
    yield "", "", formulas(callables)


# --------------------------------------------------------------------------------------------- around the expression


def without_strangers(text: str) -> str:
    """Without characters that nobody sees, and with subscripts as digits."""
    visible = (c for c in text if unicodedata.category(c) != "Cf")
    return re.sub("[₀-₉]", lambda found: str(ord(found[0]) - ord("₀")), "".join(visible))


def without_quotes(text: str) -> str:
    """Without quotes, straight or typographic, or backticks around all of it."""
    found = re.fullmatch(r"""\s*(?:["“”„']|‘|’|`+)(.*?)(?:["“”']|‘|’|`+)\s*""", text, re.DOTALL)
    inner = found[1] if found and not re.search('["“”„`]', found[1]) else text
    return re.sub("[“”„`]", "", inner)


def without_prompts(text: str) -> str:
    """Without `>>>`, `...`, `In [1]:` and `julia>`."""
    return re.sub(r"(?m)^\s*(?:>>>|\.\.\.|In ?\[\d*\]:|julia>|>|\$ )\s*", "", text)


def body(text: str) -> str:
    """`x*y` of `f(x, y) = x*y`, `lambda x, y: x*y`, `@(x, y) x*y`, `(x, y) -> x*y` and their like."""
    names = rf"\s*(?:{NAME}(?:\s*,\s*{NAME})*)?\s*"
    heads = (
        rf"(?:def|let|function|fun)?\s*{NAME}\s*\({names}\)\s*(?::=|=(?!=)|<-|:)\s*(?:return\b)?",
        rf"(?:{NAME}\s*(?:=|<-)\s*)?(?:lambda{names}:|@\({names}\)|function\s*\({names}\)|\({names}\)\s*[-=]>)",
        rf"(?:{NAME}\s*=\s*)?{NAME}\s*(?:=>|->|↦|\|->)",
        r"return\b|=(?!=)",
    )
    return re.sub(rf"^\s*(?:{'|'.join(heads)})\s*", "", text)


def without_derivative(text: str) -> str:
    """`x**2` of `d/dx x**2`, `diff(x**2, x)`."""
    of = r"\{\s*(?:d|\\partial)\s*\w*\s*\}"
    text = re.sub(rf"\\[dt]?frac\s*{of}\s*{of}\s*|\\nabla(?:_\w+|_\{{\w+\}})?\s*", "", text)
    text = re.sub(
        rf"\bd\s*/\s*d\s*{NAME}\s*|∂\w*\s*/\s*∂\s*{NAME}\s*|\bpartial\s*/.*?partial\s*{NAME}\s*|∇\s*", "", text
    )
    found = re.fullmatch(rf"\s*(?:{NAME}\.)?(?:diff|grad|gradient|derivative|D)\((.+?)(?:,\s*{NAME})?\)\s*", text)
    return found[1] if found else text


def arrows(text: str) -> str:
    """`y = x` of `y <- x`, `y := x`, `let y = x`."""
    text = re.sub(rf"(?m)(^|;)(\s*)(?:let|var|const|return|local)\s+(?={NAME})", r"\1\2", text)
    return re.sub(rf"(?m)(^|;)(\s*{NAME}\s*)(?:<-|:=|←)", r"\1\2= ", text)


def parted(text: str) -> str:
    """`q = x; f = q` of `q = x, f = q`."""
    return re.sub(rf",(?=\s*{NAME}\s*=(?!=)[^()]*$)", ";", text)


def endings(text: str) -> str:
    """Without `import ...;`, `print(...)`, and what stands at the end without a meaning; `z = x*y` of `x*y = z`."""
    text = re.sub(r"(?m)(^|;)\s*(?:import|from|using|library)\b[^;\n]*[;\n]", r"\1", text)
    text = re.sub(r"\s*[=.。,，]+\s*$", "", text)
    if (found := re.match(r"\s*(?:print|disp|println|cat)\s*(?=\()", text)) and closing(text, found.end()) == len(text):
        text = text[found.end() + 1 : -1]
    found = re.fullmatch(rf"(.*[^\w\s].*?)(?<![<>=!])=\s*({NAME})\s*", text)
    return f"{found[2]} = {found[1].strip()}" if found and "=" not in found[1] else text


def choices(text: str) -> str:
    """`where(c, a, b)` of `a if c else b` and of `c ? a : b`."""
    head, body = assigned(text)
    if found := re.fullmatch(r"(.+?)\bif\b(.+?)\belse\b(.+)", body):
        return f"{head}where({found[2].strip()}, {found[1].strip()}, {choices(found[3].strip())})"
    if found := re.fullmatch(r"([^?]+)\?([^?:]+):(.+)", body):
        return f"{head}where({found[1].strip()}, {found[2].strip()}, {choices(found[3].strip())})"
    return text


def assigned(text: str) -> tuple[str, str]:
    """The last statement's target with its sign and all before it, and its right-hand side."""
    found = re.fullmatch(rf"(.*;\s*)?({NAME}\s*=(?!=)\s*)?(.*)", text, re.DOTALL)
    assert found is not None
    return (found[1] or "") + (found[2] or ""), found[3]


# -------------------------------------------------------------------------------------------------------------- LaTeX


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


def closing(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`; the end, where none does."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "({[") - (text[place] in ")}]")
        if depth == 0:
            return place + 1
    return len(text)


# ------------------------------------------------------------------------------------------------- signs and brackets


def matlab(scalars: Collection[str]) -> Rule:
    """`x**2 + X.T @ y` of `x.^2 + X'*y`; the mark of a number is none of a transpose."""

    def turned(found: re.Match[str]) -> str:
        if found[1] in scalars:
            return found[0]
        return f"{found[1]}.T{' @' if found[2] else ' '}"

    def rule(text: str) -> str:
        text = re.sub(r"(\w+|[)\]])(?:\.?'|ᵀ|⊤)(\s*\*(?!\*))?", turned, text)
        return re.sub(r"\.(?=[*^/])", "", text)

    return rule


def signs(text: str) -> str:
    """Signs of R and mathematics, and brackets of other kinds, that are not read as such."""
    text = text.replace("%*%", "@").translate(BRACKETS)
    text = re.sub(r"(?<=\d)\s*%(?=\s*(?:[*)]|$))", "/100", text)
    text = re.sub("[¼-¾⅐-⅞]", lambda found: f"({normal(found[0]).replace('⁄', '/')})", text)
    text = re.sub(r"(?:‖|\|\|)([^|‖]+)(?:‖|\|\|)(?:_2)?", r"norm(\1)", text)
    text = re.sub(r"[⊙∘⊗∗•]", "*", text)
    text = re.sub(rf"√\s*({NAME}|[\d.]+)(?!\s*\()", r"sqrt(\1)", text).replace("√", "sqrt")
    text = re.sub(rf"∛\s*({NAME}|[\d.]+|\([^()]*\))", r"(\1)**(1/3)", text)
    text = re.sub(r"⌊([^⌊⌋]*)⌋", r"floor(\1)", text)
    text = re.sub(r"⌈([^⌈⌉]*)⌉", r"ceil(\1)", text)
    text = re.sub(rf"[∑Σ]\s*({NAME})(?!\s*\()", r"sum(\1)", text)
    text = re.sub(r"[∑Σ](?=\s*\()", "sum", text)
    text = re.sub(r"∏(?=\s*\()", "prod", text)
    text = re.sub(r"\b(?:PI|Pi)\b", "pi", text)
    text = re.sub(r"\b(?:dim|dims)\s*=(?!=)", "axis=", text)
    text = re.sub(r"\(([^();]*);([^();]*)\)", r"(\1,\2)", text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    text = re.sub(r"(?<![\w)\]\s])(\s*)\[([^\[\],;]+)\]", r"\1(\2)", text)
    return text.replace("{", "(").replace("}", ")")


# --------------------------------------------------------------------------------------------------------------- calls


def methods(inputs: Collection[str]) -> Rule:
    """`sum(x)` of `x.sum()`, `sum(dot(X, W))` of `X.dot(W).sum()`."""
    call = re.compile(rf"\.({NAME})\(\s*")

    def rule(text: str) -> str:
        place = 0
        while found := call.search(text, place):
            start = owner_before(text, found.start())
            owner = text[start : found.start()]
            root = owner.partition(".")[0]
            if not owner or (root in ELSEWHERE and root not in inputs and not owner.endswith(")")):
                place = found.end()
                continue
            is_empty = text[found.end() : found.end() + 1] == ")"
            if found[1] in ("t", "transpose") and is_empty:
                text = f"{text[: found.start()]}.T{text[found.end() + 1 :]}"
                continue
            comma = "" if is_empty else ", "
            if found[1] in AXES and re.match(r"-?\d+\s*\)", text[found.end() :]):
                comma = ", axis="
            text = f"{text[:start]}{found[1]}({owner}{comma}{text[found.end() :]}"
            place = start
        return text

    return rule


def owner_before(text: str, end: int) -> int:
    """The start of the name, the bracket or the call that ends at `end`."""
    start = end
    if text[:end].endswith(")"):
        depth = 0
        while start > 0:
            start -= 1
            depth += (text[start] == ")") - (text[start] == "(")
            if depth == 0:
                break
    found = re.search(rf"(?<![\w.]){NAME}(?:\.{NAME})*$", text[:start])
    return found.start() if found else start


def modules(callables: Collection[str]) -> Rule:
    """`sigmoid(x)` of `torch.nn.functional.sigmoid(x)`; what NumPy has and the language takes stays."""
    known = {*callables, *SYNONYMS, *(name for name, _ in FORMULAS)}

    def bare(found: re.Match[str]) -> str:
        name = found[3] if found[3] in known else found[3].lower()
        is_numpys = found[1] in MODULES and not found[2]
        return name if found[1] in ELSEWHERE and name in known and not is_numpys else found[0]

    return lambda text: re.sub(rf"(?<![\w.])({NAME})((?:(?:\.|::)\w+)*?)(?:\.|::)({NAME})(?=\s*\()", bare, text)


def powers(callables: Collection[str], inputs: Collection[str]) -> Rule:
    """`sin(x)**2` of `sin^2(x)` and `sin² x`."""
    superscripts = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    head = re.compile(rf"(?<![\w.])({NAME})\s*(?:(?:\^|\*\*)\s*(-?[\d.]+|\(-?[\d.]+\))|([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))\s*")

    def rule(text: str) -> str:
        for found in reversed(list(head.finditer(text))):
            operand = re.match(rf"\(|{ARGUMENT}", text[found.end() :])
            if operand is None or found[1] in inputs or found[1] not in {*callables, *SYNONYMS}:
                continue
            is_bracket = operand[0] == "("
            end = closing(text, found.end()) if is_bracket else found.end() + operand.end()
            inner = text[found.end() : end] if is_bracket else f"({operand[0]})"
            power = (found[2] or found[3].translate(superscripts)).strip("()")
            inverse = f"arc{found[1]}"
            exponent = f"({power})" if power.startswith("-") else power
            call = f"{inverse}{inner}" if power == "-1" and inverse in callables else f"{found[1]}{inner}**{exponent}"
            text = text[: found.start()] + call + text[end:]
        return text

    return rule


def bare_calls(callables: Collection[str], inputs: Collection[str]) -> Rule:
    """`sin(x)` of `sin x`, `exp(-x)` of `exp -x`."""

    def call(found: re.Match[str]) -> str:
        is_call = found[1] in {*callables, *SYNONYMS} - {*inputs} and found[2].lstrip("-") not in callables
        return f"{found[1]}({found[2]})" if is_call else found[0]

    return lambda text: re.sub(rf"(?<![\w.])({NAME})[ \t]+(-?{ARGUMENT})(?![\w(])", call, text)


def synonyms(callables: Collection[str], inputs: Collection[str]) -> Rule:
    """Names that gates have elsewhere: `sigmoid` for `sigma`."""

    def own(found: re.Match[str]) -> str:
        name = SYNONYMS.get(found[1], found[1])
        return name if name in callables and found[1] not in {*callables, *inputs} else found[0]

    return lambda text: re.sub(rf"(?<![\w.]){NUMPYS}({NAME})(?=\s*\()", own, text)


def formulas(callables: Collection[str]) -> Rule:
    """Functions that are no gates, written in gates: `(log(x) / log(10))` of `log10(x)`."""

    def rule(text: str) -> str:
        for found in reversed(list(re.finditer(rf"(?<![\w.]){NUMPYS}({NAME})\s*(?=\()", text))):
            end = closing(text, found.end())
            operands = [each.strip() for each in split_at_commas(text[found.end() + 1 : end - 1])]
            formula = FORMULAS.get((found[1], len(operands)))
            if formula is not None and (found[1] not in callables or found[1] == "log"):
                text = text[: found.start()] + formula.format(*operands) + text[end:]
        return text

    return rule


def split_at_commas(text: str) -> list[str]:
    """The parts between commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
