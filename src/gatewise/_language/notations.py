"""Notations of other places, LaTeX, MATLAB, R, other libraries, put into the expression language to be offered.

Only a text that could not be read comes here, and what comes out is offered only if it can be read; so a rule may be
rough, and may leave alone what it does not know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from gatewise._language.latex import LATEX, latex
from gatewise._language.mending import Vocabulary
from gatewise._language.names import MODULES, normal
from gatewise._language.scanning import closing
from gatewise._language.spellings import ELSEWHERE, FORMULAS, SYNONYMS

LONGEST_TRANSLATED = 400  #: characters

BRACKETS = str.maketrans("【】〔〕「」", "()()()")
PROMPT = ("a prompt stands before the expression", "it was copied with it.")
DEFINES = ("this defines a function", "its right-hand side is enough: the free names are the inputs.")
ARROW = ("a name gets its value with =", "<-, := and let are of other languages.")
PARTED = ("statements are parted by ;", "a comma parts the operands of a call.")
CHOOSES = ("this chooses between two values", "where(condition, a, b) is the gate for it.")
DERIVES = ("this asks for a derivative", "all gradients are shown with the function itself: it stands alone.")
MATLAB = ("this is MATLAB's notation", "operators work entry by entry without a point, and X.T is the transpose.")
LIBRARY = ("this calls another library", "a gate is called by its name alone.")
POWER = ("a power stands before the bracket", "the bracket belongs to the function.")
ARGUMENT = r"[\w.]+"
NAME = r"[^\W\d]\w*"
NUMPYS = rf"(?:(?:{'|'.join(MODULES)})\.)?"


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in the language's own notation, and what it was in: what to say of it, and why it is not read."""

    text: str
    what: str = ""
    why: str = ""


def translated(text: str, vocabulary: Vocabulary) -> Translation:
    r"""`text` with the notations of other places replaced; `what` is that of the first that was found.

    >>> translated(r"\frac{1}{1+e^{-x}}", Vocabulary(("x",), {"exp": (1, 1)}))
    Translation(text='((1)/(1+exp(-x)))', what='this is LaTeX', why='an expression is written as in Python.')
    """
    if len(text) > LONGEST_TRANSLATED:
        return Translation(text)
    what = why = ""
    for name, reason, rule in rules(vocabulary):
        changed = rule(text)
        if changed != text:
            what, why = (what or name), (why or reason)
            text = changed
    return Translation(text, what, why)


Rule = Callable[[str], str]


def rules(vocabulary: Vocabulary) -> Iterator[tuple[str, str, Rule]]:
    """The rules in the order they are tried: what to say where one applies, why, and the rule."""
    callables, inputs = vocabulary.callables, vocabulary.inputs or ()
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
    yield *MATLAB, matlab([name for name in inputs if name not in vocabulary.shapes])
    yield "", "", signs
    yield "", "", methods(inputs, vocabulary)
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


def methods(inputs: Collection[str], vocabulary: Vocabulary) -> Rule:
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
            if vocabulary.takes_axis(found[1]) and re.match(r"-?\d+\s*\)", text[found.end() :]):
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
