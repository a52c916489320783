"""A derivation as plain text, for a terminal: formulas in a line each, with the signs that Unicode has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint

from gatewise._views.derivation.page import Code, Display, Formula, Heading, Page, Piece, Sentence, Words
from gatewise._views.text import cells, plain_text

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_SIGNS = {
    "cdot": "·", "odot": "⊙", "times": "×", "approx": "≈", "partial": "∂", "infty": "∞", "le": "≤", "ge": "≥",
    "ne": "≠", "to": "→", "sum": "Σ", "prod": "Π", "lVert": "‖", "rVert": "‖", "cdots": "...", "quad": "  ", "mid": "|",
    "textbackslash": "\\", "textdollar": "$", "textasciicircum": "^", "textasciitilde": "~", "textless": "<",
    "textgreater": ">", "textasciigrave": "`", "textquotesingle": "'", "textquotedbl": '"',
}  # fmt: skip
_SILENT = {"left", "right", "big", "mathrm", "text", "operatorname", "mathrel", "mathbf", "displaystyle"}
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ABOVE = str.maketrans("0123456789-T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ")
_OPERATORS = re.compile(r" [-+·⊙×/] | ")


def plain(page: Page) -> str:
    """The page as text: headings underlined, formulas set in."""
    return "\n\n".join(_block(block) for block in page) + "\n"


def _block(block: Heading | Sentence | Display) -> str:
    if isinstance(block, Display):
        return "\n".join(f"    {line}" for line in _aligned([in_a_line(line) for line in block.lines]))
    text = "".join(map(_part, block.parts))
    if isinstance(block, Sentence):
        return text
    return f"{text}\n{('=' if block.level == 1 else '-') * cells(text)}"


def _part(part: Piece) -> str:
    if isinstance(part, Formula):
        return in_a_line(part.latex)
    return plain_text(part.text, 400) if isinstance(part, Code | Words) else part


def _aligned(lines: list[str]) -> Iterator[str]:
    """Lines with what stands before their `&` on the right of one column."""
    parts = [line.partition("&") for line in lines]
    width = max((cells(left.rstrip()) for left, mark, _ in parts if mark), default=0)
    for left, mark, right in parts:
        yield (
            f"{' ' * (width - cells(left.rstrip()))}{left.rstrip()} {right.strip()}".rstrip() if mark else left.strip()
        )


def in_a_line(latex: str) -> str:
    r"""A formula as one line of text.

    >>> print(in_a_line(r"dW_{1} = X^{T} \, dh_{1}"), "|", in_a_line(r"\frac{a + b}{\sum_{k=1}^{D} x_{k}}"))
    dW₁ = Xᵀ dh₁ | (a + b) / (Σ(k=1..D) x_k)
    """
    said = "".join(_read(iter(_TOKEN.findall(latex))))
    ranged = re.sub(r"([ΣΠ])\((\w+)=(\w+)\)\^(\w+|\([^()]*\))", r"\1(\2=\3..\4)", said)
    close = re.sub(r"‖ ?(.*?) ?‖", r"‖\1‖", ranged)
    return re.sub(r"(?<=\S) +(?=\S)", " ", close).strip()


def _read(tokens: Iterator[str], end: str = "") -> Iterator[str]:
    """The text of what follows, up to the brace that closes it."""
    for token in tokens:
        if token == end:
            return
        yield _told(token, tokens)


def _told(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        return "".join(_read(tokens, "}"))
    if token == "_":
        return _below(_next(tokens))
    if token == "^":
        return _above(_next(tokens))
    if not token.startswith("\\"):
        return token
    name = token[1:]
    if name == "frac":
        return f"{_bracketed(_next(tokens))} / {_bracketed(_next(tokens))}"
    if name == "sqrt":
        return f"sqrt({_next(tokens)})"
    if name == "tilde":
        return f"{_next(tokens)}~"
    if name in _SILENT:
        return ""
    if name.isalpha():
        return _SIGNS.get(name) or (chr(name2codepoint[name]) if name in name2codepoint else name)
    return " " if name in ",;: !" else name


def _next(tokens: Iterator[str]) -> str:
    """The argument of a command: a group, or one sign."""
    for token in tokens:
        if token != " ":
            return _told(token, tokens).strip().replace("∂ ", "∂")
    return ""


def _below(text: str) -> str:
    if text.isdigit():
        return text.translate(_BELOW)
    return f"({text})" if re.search(r"[^\w,]", text) else f"_{text}"


def _above(text: str) -> str:
    """A power, or where a sum ends."""
    return text.translate(_ABOVE) if re.fullmatch(r"-?\d+|T", text) else f"^{_bracketed(text)}"


def _bracketed(text: str) -> str:
    return f"({text})" if _OPERATORS.search(text) else text
