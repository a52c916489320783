"""Names as mathematical symbols: LaTeX that shows the user's name and can do nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gatewise._views.text import plain_text

_SMALL = "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi"
_CAPITAL = "Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
_GREEK = re.compile(f"{_SMALL}|omega|{_CAPITAL}")
# Braces around punctuation keep a Markdown reader that knows no mathematics from seeing a link or an address.
_INERT = {character: f"{{{character}}}" for character in "[]().:/!*|@-\"'=,;+?"}
_SPELLED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\textdollar{}",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    '"': r"\textquotedbl{}",
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
_SUBSCRIPTED = re.compile(r"([A-Za-z]+?)_?(\d+)|([A-Za-z])_([A-Za-z0-9]+)")


def in_text(name: str) -> str:
    r"""Any text as the argument of `\text{}`: every character that TeX or Markdown obeys is spelled out.

    >>> print(in_text("a_b$"))
    a\_b\textdollar{}
    """
    return "".join(_SPELLED.get(character) or _INERT.get(character, character) for character in plain_text(name))


def symbol(name: str) -> str:
    r"""A name as a symbol. Two names may share one; `Symbols` keeps them apart.

    >>> print(symbol("W1"), symbol("sigma"), symbol("relu_out"), symbol("h_prev"))
    W_{1} \sigma \mathrm{relu\_out} h_{\mathrm{prev}}
    """
    parts = _SUBSCRIPTED.fullmatch(name)
    if parts and parts[3]:
        return f"{parts[3]}_{{{_letters(parts[4])}}}"
    if parts and (len(parts[1]) == 1 or _GREEK.fullmatch(parts[1]) or "_" in name):
        return f"{_letters(parts[1])}_{{{parts[2]}}}"
    return _letters(name)


def _letters(name: str) -> str:
    if _GREEK.fullmatch(name):
        return f"\\{name}"
    if name.isascii() and (name.isdigit() or (len(name) == 1 and name.isalpha())):
        return name
    return exact(name)


def words(text: str) -> str:
    r"""Any text as Markdown that shows it: every punctuation mark that Markdown obeys is escaped.

    >>> print(words("the *others*"))
    the \*others\*
    """
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$&~^])", r"\\\1", plain_text(text, 400))


def exact(name: str) -> str:
    """A name letter for letter, no two names alike."""
    if _WORD.fullmatch(name):
        return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
    return rf"\text{{{in_text(name)}}}"


class Symbols:
    """The symbols of all names of one circuit, no two alike, and letters that none of them uses."""

    def __init__(self, names: Iterable[str], given: Mapping[str, str] = MappingProxyType({})) -> None:
        self._known: dict[str, str] = {}
        for name in names:
            tried = given.get(name) or symbol(name)
            self._known[name] = exact(name) if tried in self._known.values() else tried
        self._taken = set(self._known.values())

    def __getitem__(self, name: str) -> str:
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def free(self, *candidates: str) -> str:
        """The first of these symbols that stands for no wire; it is taken from then on."""
        found = next((each for each in candidates if each not in self._taken), rf"\tilde{{{candidates[0]}}}")
        self._taken.add(found)
        return found

    def entry(self, name: str, index: str, d: str = "") -> str:
        r"""One entry of an array, `x_{11}` of X, with `d` before it that of its gradient."""
        base = self._known[name]
        if not index:
            return d + base
        if len(base) == 1 and base.isupper() and base.lower() not in self._taken:
            base = base.lower()
        if "_{" in base or f"{base}_{{{index}}}" in self._taken:
            return f"({d}{base})_{{{index}}}"
        return f"{d}{base}_{{{index}}}"
