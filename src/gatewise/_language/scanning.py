"""Characters become tokens: full-width forms, mathematical signs and superscripts are read here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gatewise._language.names import normal

MOST_DIGITS = 400
NUMBER = re.compile(r"(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SUPERSCRIPT = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,9}")
# One character for one, so that a place in the translated text is the same place in the user's.
PLAIN = {0xFF01 + place: chr(0x21 + place) for place in range(94)} | {ord("、"): ",", ord("−"): "-", ord("–"): "-"}
SIGNS = {
    **{sign: ("operator", sign) for sign in ("**", "+", "-", "*", "/", "@")},
    **{sign: ("comparison", sign) for sign in ("<=", ">=", "==", "!=", "<", ">")},
    **{sign: (sign, sign) for sign in "(),=[]."},
    **dict.fromkeys("×·⋅∙∗\u0387", ("operator", "*")),
    **dict.fromkeys("÷∕", ("operator", "/")),
    "^": ("operator", "**"),
    "≤": ("comparison", "<="),
    "≥": ("comparison", ">="),
    "≠": ("comparison", "!="),
    **dict.fromkeys(";\n", ("separator", ";")),
}
CURES = {
    **dict.fromkeys("'\"`", "Write names and numbers without quotes."),
    **dict.fromkeys("{}", "Write ( and )."),
    "|": "Write abs(x).",
    "&": "Write logical_and(x > 0, y > 0), or a product of the two.",
    ":": "Write a file's function as FILE.py:FUNCTION, and a slice in a Python function.",
    "√": "Write sqrt(x).",
    "∑": "Write sum(x).",
    "%": "Divide with /; rounding to whole numbers has no gradient.",
    "!": "Write != for unequal.",
    "#": "Leave comments out.",
    "。": "Write the point of a number as . and end a statement with ;.",
}


class MisreadError(Exception):
    """What is wrong with a text and where; `parse` and `parse_value` make the user's error of it.

    `joiner` is set where an expression that was meant may be offered, and stands before the offer; without such an
    expression `nearest`, a known name, is offered.
    """

    def __init__(
        self, column: int, problem: str, why: str = "", cure: str = "", joiner: str = "", nearest: str = ""
    ) -> None:
        self.column, self.problem, self.why, self.cure = column, problem, why, cure
        self.joiner, self.nearest = joiner, nearest
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the language: its kind, its canonical text, and its place in the user's text."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Work:
    """How many steps reading a text has taken: characters, tokens, nodes and guesses."""

    steps: int = 0


def scan(text: str, work: Work) -> list[Token]:
    """Return the tokens of `text`, the last of kind `end`. Raises `MisreadError` at a character that is none.

    >>> [token.text for token in scan("２×π", Work())]
    ['2', '*', 'π', '']
    """
    plain = text.translate(PLAIN)
    tokens: list[Token] = []
    place = depth = 0
    while place < len(plain):
        token = _next_token(plain, place)
        place = token.end
        work.steps += token.end - token.start
        depth = max(0, depth + (token.kind == "(") - (token.kind == ")"))
        if not (token.kind == "space" or (token.kind == "separator" and depth and plain[token.start] == "\n")):
            tokens.append(token)
    return [*tokens, Token("end", "", len(text), len(text))]


def _next_token(plain: str, place: int) -> Token:
    if number := NUMBER.match(plain, place):
        return Token("number", number.group(), place, number.end())
    if power := SUPERSCRIPT.match(plain, place):
        return Token("superscript", power.group().translate(SUPERSCRIPTS), place, power.end())
    for length in (2, 1):
        if sign := SIGNS.get(plain[place : place + length]):
            return Token(*sign, place, place + length)
    if plain[place].isspace():
        return Token("space", "", place, place + 1)
    if plain[place].isidentifier():
        return _identifier(plain, place)
    raise _stranger(plain[place], place)


def _identifier(plain: str, place: int) -> Token:
    """The identifier at `place`. The middle dot may stand inside a Python name, but here it multiplies."""
    end = place + 1
    while end < len(plain) and plain[end] not in SIGNS and ("a" + plain[end]).isidentifier():
        end += 1
    return Token("name", normal(plain[place:end]), place, end)


def _stranger(character: str, column: int) -> MisreadError:
    """The complaint about a character that belongs to no token."""
    if unicodedata.category(character).startswith("C"):
        code = f"U+{ord(character):04X}"
        return MisreadError(column, f"the invisible character {code} means nothing here", cure="Remove it.")
    cure = CURES.get(character, "")
    simple = normal(character)
    if not cure and simple != character and simple.isascii() and simple.isalnum():
        cure = f"Write {simple} in its place."
    return MisreadError(column, f"the character {character} means nothing here", cure=cure)


def number_of(token: Token) -> tuple[int | float, str]:
    """Return the value of a number token and its canonical text: as typed, without spare zeros and signs.

    Raises `MisreadError` for a number that no float can hold.

    >>> number_of(Token("number", "05.E+03", 0, 7))
    (5000.0, '5.0e3')
    """
    mantissa, has_exponent, exponent = token.text.replace("_", "").lower().partition("e")
    whole, has_point, fraction = mantissa.partition(".")
    if len(mantissa) > MOST_DIGITS or len(exponent) > MOST_DIGITS:
        raise MisreadError(token.start, f"a number has at most {MOST_DIGITS} digits")
    text = (whole.lstrip("0") or "0") + ("." + (fraction or "0") if has_point else "")
    if has_exponent:
        sign = "-" if exponent.startswith("-") else ""
        text += "e" + sign + (exponent.lstrip("+-").lstrip("0") or "0")
    value = float(text)
    if value == float("inf"):
        raise MisreadError(token.start, "this number is too large", "a float ends near 1.8e308.")
    if value == 0 and mantissa.strip("0."):
        raise MisreadError(token.start, "this number is too small", "below about 5e-324 a float is 0.")
    return (value if has_point or has_exponent else int(text)), text


def closing(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`; the end, where none does."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "({[") - (text[place] in ")}]")
        if depth == 0:
            return place + 1
    return len(text)
