"""A derivation as headings, sentences and displayed formulas, and how they are written in Markdown and in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatewise._views.derivation.symbols import in_text, words
from gatewise._views.phrases import pieces
from gatewise._views.text import plain_text


@dataclass(frozen=True)
class Code:
    """A name or an expression of the user's inside a sentence."""

    text: str


@dataclass(frozen=True)
class Formula:
    """Mathematics inside a sentence."""

    latex: str


@dataclass(frozen=True)
class Words:
    """A sentence of the record, shown as it is."""

    text: str


Piece = str | Code | Formula | Words


@dataclass(frozen=True)
class Heading:
    """A heading; `level` 1 is the title."""

    level: int
    parts: tuple[Piece, ...]


@dataclass(frozen=True)
class Sentence:
    """One paragraph."""

    parts: tuple[Piece, ...]


@dataclass(frozen=True)
class Display:
    r"""Formulas under one another; each is one string, aligned at its `&` if it has one."""

    lines: tuple[str, ...]


Page = Sequence[Heading | Sentence | Display]


def sentence(key: str, **slots: Piece | Sequence[Piece]) -> Sentence:
    """A phrase as one paragraph; a slot has code, mathematics, or several pieces."""
    return Sentence(tuple(pieces(key, **slots)))


def heading(level: int, key: str, **slots: Piece) -> Heading:
    """A phrase as a heading."""
    return Heading(level, tuple(pieces(key, **slots)))


def listing(several: Sequence[Piece]) -> list[Piece]:
    """Pieces with commas between."""
    return [part for piece in several for part in (", ", piece)][1:]


_MOST_LINES = 12  # of one display; a longer one could not break across pages
_COMPARISON = re.compile(r"(?<!\\left)\[[^\]]* ([<>=]|\\[ln]e|\\ge) ")


def displays(lines: Sequence[str]) -> list[Display]:
    """Formulas under one another, in displays that fit on a page."""
    starts = range(0, len(lines), _MOST_LINES)
    return [Display(tuple(lines[start : start + _MOST_LINES])) for start in starts]


def on_brackets(page: Page) -> list[Sentence]:
    """What a comparison in brackets means, where the page has one."""
    lines = [line for block in page if isinstance(block, Display) for line in block.lines]
    return [sentence("derivation.bracket")] if any(_COMPARISON.search(line) for line in lines) else []


def markdown(page: Page) -> str:
    """The page in Markdown, its mathematics between dollar signs."""
    return "\n\n".join(_in_markdown(block) for block in page) + "\n"


def _in_markdown(block: Heading | Sentence | Display) -> str:
    if isinstance(block, Display):
        return f"$$\n{_aligned(block)}\n$$"
    text = "".join(_part_in_markdown(part) for part in block.parts)
    return f"{'#' * block.level} {text}" if isinstance(block, Heading) else text


def _part_in_markdown(part: Piece) -> str:
    if isinstance(part, Formula):
        return f"${part.latex}$"
    if isinstance(part, Words):
        return words(part.text)
    return code_span(part.text) if isinstance(part, Code) else part


def code_span(text: str) -> str:
    """Any text as Markdown code: fenced by more backticks than it holds in a row."""
    shown = plain_text(text, 400)
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


def _part_in_latex(part: Piece) -> str:
    if isinstance(part, Formula):
        return f"${part.latex}$"
    if isinstance(part, Words):
        return in_text(part.text)
    return rf"\texttt{{{in_text(part.text)}}}" if isinstance(part, Code) else part


def _aligned(block: Display) -> str:
    rows = [row for line in block.lines for row in broken(line)]
    if len(rows) == 1:
        return rows[0].replace(" &", " ", 1)
    inside = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{inside}\n\\end{{aligned}}"


_WIDEST = 58  # characters of a formula that fit into a line of an article
_SILENT = re.compile(
    r"\\(left|right|big|text|math\w+|operatorname|frac|partial|lVert|rVert)(?![A-Za-z])|\\[,;]|[{}&^_ ]|\\\w+"
)
_TOKEN = re.compile(r"\\.|[][(){}]| (?=(?:[-+=]|\\approx) )")


def broken(line: str) -> list[str]:
    """A long formula over several lines, each but the first with a sign at its start."""
    if _width(line) <= _WIDEST:
        return [line]
    first, *terms = _terms(line)
    first = first if "&" in first or not terms else f"{first} &"
    rows = [first]
    for term in terms:
        if _width(rows[-1]) + _width(term) <= _WIDEST:
            rows[-1] += f" {term}"
        else:
            rows.append(rf"&\quad {term}")
    return rows


def _width(latex: str) -> int:
    """About how many characters wide a formula is: commands take none or one, spaces around signs count."""
    visible = _SILENT.sub(lambda found: "" if found[1] or len(found[0]) < 3 else "x", latex)
    return len(visible) + len(re.findall(r" ([-+=]|\\approx|\\cdot|\\odot|\\times) ", latex))


def _terms(line: str) -> list[str]:
    """A formula cut before every sign that stands in no bracket."""
    depth, start, found = 0, 0, []
    for token in _TOKEN.finditer(line):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
        elif token[0] == " " and depth == 0:
            found.append(line[start : token.start()])
            start = token.end()
    return [*found, line[start:]]


def standalone(fragment: str) -> str:
    """A LaTeX document around a fragment; with names beyond ASCII for XeLaTeX, with Chinese ones it loads ctex."""
    wide = any(character >= "\u2e80" for character in fragment)
    packages = [r"\usepackage{amsmath}", r"\usepackage{textcomp}", r"\usepackage[T1]{fontenc}"]
    packages = [r"\usepackage{ctex}", *packages[:2]] if wide else packages if fragment.isascii() else packages[:2]
    return "\n".join([r"\documentclass{article}", *packages, r"\begin{document}", fragment, r"\end{document}", ""])
