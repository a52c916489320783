r"""Text in TikZ: every character of the user's is a letter or a code, whatever engine compiles it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatewise._views.text import plain_text

_WIDE = "\u2e80"  # East Asian scripts begin here
_WIDE_FONTS = (
    "Noto Sans Mono CJK SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "FandolHei",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
)
_OTHER_FONTS = ("DejaVu Sans Mono", "Noto Sans Mono", "FreeMono")

_COMMANDS = """
α alpha  β beta  γ gamma  δ delta  ε varepsilon  ζ zeta  η eta  θ theta  ι iota  κ kappa  λ lambda  μ mu
ν nu  ξ xi  π pi  ρ rho  ς varsigma  σ sigma  τ tau  υ upsilon  φ varphi  χ chi  ψ psi  ω omega
Γ Gamma  Δ Delta  Θ Theta  Λ Lambda  Ξ Xi  Π Pi  Σ Sigma  Υ Upsilon  Φ Phi  Ψ Psi  Ω Omega
± pm  × times  ≈ approx  ≤ leq  ≥ geq  ≠ neq  → rightarrow  ∞ infty  ∂ partial  ∇ nabla
"""
_MATHEMATICS = dict(pair.split() for pair in re.split("  |\n", _COMMANDS.strip()))
_SIGNS = {
    "_": r"\_",
    " ": r"\ ",
    "–": r"\textrm{\textendash}",
    "…": r"\ldots{}",
    "●": r"\textbullet{}",
    "■": r"\rule{0.5em}{0.5em}",
    "□": r"\gatewisehollow{}",
}
_HARMLESS = frozenset("()[]*/+-=.,:")


def typed(text: str) -> str:
    r"""Any text as LaTeX that shows it in a typewriter font and can do nothing else.

    >>> print(typed(r"\input{x_1}"))
    \symbol{92}input\symbol{123}x\_1\symbol{125}
    """
    letters = "".join(map(_typed, plain_text(text, 400)))
    return re.sub("(?<=-)(?=-)|(?<=,)(?=,)", "{}", letters)  # or two become one: -- a dash, ,, a quotation mark


def _typed(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isascii():
        is_itself = character.isalnum() or character in _HARMLESS
        return character if is_itself else rf"\symbol{{{ord(character)}}}"
    if character in _MATHEMATICS:
        return rf"\ensuremath{{\{_MATHEMATICS[character]}}}"
    return rf"\gatewiseletter{{{character}}}{{{ord(character):04X}}}"


# What is defined beforehand, where it is used; `providecommand` lets a document have its own.

_WORD = r"\providecommand\gatewiseword[2]{\resizebox{#1bp}{\height}{#2}}"
_HOLLOW = r"\providecommand\gatewisehollow{{\fboxsep=0pt\fbox{\rule{0pt}{0.4em}\rule{0.4em}{0pt}}}}"
_LETTER = r"""\providecommand\gatewisewarning{%
  \PackageWarningNoLine{gatewise}{Letters of the picture are shown as codes: compile it with lualatex}%
  \global\let\gatewisewarning\relax}
\providecommand\gatewisecode[1]{\gatewisewarning\scalebox{0.5}[0.8]{#1}}
\providecommand\gatewiseletter[2]{% a letter; where no font has it, its code
  \ifdefined\Umathcode
    \iffontchar\font`#1 #1\else
      \ifdefined\gatewisewide
        {\gatewisewide\iffontchar\font`#1 #1\else\gatewisecode{#2}\fi}\else
        \gatewisecode{#2}\fi\fi
  \else
    \ifcsname u8:\detokenize{#1}\endcsname#1\else\gatewisecode{#2}\fi
  \fi}"""


def commands(drawn: str) -> Iterator[str]:
    """The commands that a drawing uses."""
    yield _WORD
    if r"\gatewisehollow" in drawn:
        yield _HOLLOW
    if r"\gatewiseletter" in drawn:
        yield _LETTER


def engine_advice(drawn: str) -> Iterator[str]:
    """Which engine has the letters, where not every one has them."""
    if r"\gatewiseletter" in drawn:
        yield "% Compile this with lualatex: it has letters beyond ASCII, of which pdflatex shows codes."


def fonts(drawn: str) -> Iterator[str]:
    """A typewriter font with a bold one, and with XeLaTeX and LuaLaTeX one for letters that it has not."""
    yield r"\ifdefined\Umathcode"
    if r"\gatewiseletter" in drawn:
        yield r"  \usepackage{fontspec}"
        names = _WIDE_FONTS if any(character >= _WIDE for character in drawn) else _OTHER_FONTS
        for name in names:
            found = rf"\IfFontExistsTF{{{name}}}{{\newfontfamily\gatewisewide{{{name}}}}}{{}}"
            yield rf"  \ifdefined\gatewisewide\else{found}\fi"
    yield r"\else"
    yield r"  \IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}"
    yield r"\fi"
