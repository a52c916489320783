"""A derivation as headings, sentences and displayed formulas, and how they are written in Markdown and in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatewise._views.derivation.symbols import in_text
from gatewise._views.text import plain


@dataclass(frozen=True)
class Code:
    """A name or an expression of the user's inside a sentence."""

    text: str


@dataclass(frozen=True)
class Formula:
    """Mathematics inside a sentence."""

    latex: str


Part = str | Code | Formula


@dataclass(frozen=True)
class Heading:
    """A heading; `level` 1 is the title."""

    level: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Sentence:
    """One paragraph."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Display:
    r"""Formulas under one another; each is one string, aligned at its `&` if it has one."""

    lines: tuple[str, ...]


Page = Sequence[Heading | Sentence | Display]


_COMPARISON = re.compile(r"(?<!\\left)\[[^\]]* ([<>=]|\\[ln]e|\\ge) ")


def on_brackets(page: Page) -> list[Sentence]:
    """What a comparison in brackets means, where the page has one."""
    lines = [line for block in page if isinstance(block, Display) for line in block.lines]
    meaning = Sentence(("A bracket is 1 where what it says is true, and 0 elsewhere.",))
    return [meaning] if any(_COMPARISON.search(line) for line in lines) else []


def markdown(page: Page) -> str:
    """The page in Markdown, its mathematics between dollar signs."""
    return "\n\n".join(_in_markdown(block) for block in page) + "\n"


def _in_markdown(block: Heading | Sentence | Display) -> str:
    if isinstance(block, Display):
        return f"$$\n{_aligned(block)}\n$$"
    text = "".join(_part_in_markdown(part) for part in block.parts)
    return f"{'#' * block.level} {text}" if isinstance(block, Heading) else text


def _part_in_markdown(part: Part) -> str:
    if isinstance(part, Formula):
        return f"${part.latex}$"
    return code_span(part.text) if isinstance(part, Code) else part


def code_span(text: str) -> str:
    """Any text as Markdown code: fenced by more backticks than it holds in a row."""
    shown = plain(text, 400)
    if "`" not in shown:
        return f"`{shown}`" if shown.strip() else "` `"
    fence = "`" * (1 + max(map(len, re.findall("`+", shown))))
    return f"{fence} {shown} {fence}"


def latex(page: Page) -> str:
    """The page as a LaTeX fragment; it needs amsmath and textcomp."""
    texts = [_in_latex(block) for block in page]
    # A formula belongs to the sentence above it; an empty line would start a paragraph of its own for it.
    gaps = ["\n" if isinstance(block, Display) else "\n\n" for block in page[1:]]
    return "".join(text + gap for text, gap in zip(texts, [*gaps, "\n"], strict=True))


def _in_latex(block: Heading | Sentence | Display) -> str:
    if isinstance(block, Display):
        return f"\\[\n{_aligned(block)}\n\\]"
    text = "".join(_part_in_latex(part) for part in block.parts)
    return rf"\{'sub' * (block.level - 1)}section*{{{text}}}" if isinstance(block, Heading) else text


def _part_in_latex(part: Part) -> str:
    if isinstance(part, Formula):
        return f"${part.latex}$"
    return rf"\texttt{{{in_text(part.text)}}}" if isinstance(part, Code) else part


def _aligned(block: Display) -> str:
    if len(block.lines) == 1:
        return block.lines[0].replace(" &", " ", 1)
    rows = " \\\\\n".join(block.lines)
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


def standalone(fragment: str) -> str:
    """A LaTeX document around a fragment; with names beyond ASCII for XeLaTeX, with Chinese ones it loads ctex."""
    wide = any(character >= "\u2e80" for character in fragment)
    packages = [r"\usepackage{amsmath}", r"\usepackage{textcomp}", r"\usepackage[T1]{fontenc}"]
    packages = [r"\usepackage{ctex}", *packages[:2]] if wide else packages if fragment.isascii() else packages[:2]
    return "\n".join([r"\documentclass{article}", *packages, r"\begin{document}", fragment, r"\end{document}", ""])
