"""What a person types as the value of an input: a number, an array, a few ways to make one, or a file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gatewise._errors import ValueTextError
from gatewise._language.arithmetic import (
    FUNCTIONS,
    VALUES,
    Value,
    array_from,
    combined_values,
    computed,
    equal_distances,
    joint_shape,
)
from gatewise._language.files import Array, array_in, check_size
from gatewise._language.names import CONSTANTS, cut_short, input_names, nearest, normal
from gatewise._language.scanning import MisreadError, Token, Work, number_of, scan
from gatewise._language.spellings import ELSEWHERE

LONGEST_VALUE = 100_000  #: characters
DEEPEST_LIST = 32
FORMS = "Write a number, [1, 2, 3], randn(5, 10), rand, zeros, ones, eye, arange, or @file.npy."
ROWS = "Write [1, 2, 3], or [[1, 2], [3, 4]] for two rows."
NUMBERS = "the value of an input is one; text, and the names of other inputs, are none."
NO_VALUE = "this is not a number, an array or a file"
SEVERAL, CLOSE = "x=3 y=-4", ")"  # cures that `parse_value` writes out for what was typed
#: Words that are values elsewhere, and what to do about each.
NAMED = {
    **dict.fromkeys(("True", "true", "TRUE"), "Write 1.0: inputs are numbers."),
    **dict.fromkeys(("False", "false", "FALSE"), "Write 0.0: inputs are numbers."),
    **dict.fromkeys(("None", "null", "NULL"), "Leave the input out, where the function has a default for it."),
    **dict.fromkeys(
        ("inf", "-inf", "nan", "NaN", "np.inf", "np.nan", "-np.inf"),
        "Give a finite number, or what a file holds: @file.npy. A gradient at infinity says nothing.",
    ),
}

Maker = Callable[[tuple[int, ...], "np.random.Generator"], Array]
# The least and greatest number of whole numbers a maker takes, and the array it makes of them.
MAKERS: dict[str, tuple[int, int, Maker]] = {
    "randn": (1, DEEPEST_LIST, lambda shape, rng: rng.standard_normal(shape)),
    "rand": (1, DEEPEST_LIST, lambda shape, rng: rng.random(shape)),
    "zeros": (1, DEEPEST_LIST, lambda shape, rng: np.zeros(shape)),
    "ones": (1, DEEPEST_LIST, lambda shape, rng: np.ones(shape)),
    "eye": (1, 2, lambda shape, rng: np.eye(shape[0], shape[-1])),
}
SERIES = {"arange": (1, 3), "linspace": (2, 3)}  # how many numbers each takes


def parse_input(argument: str, rng: np.random.Generator | None = None) -> tuple[str, Value]:
    """Read an argument such as `x=3`: the name as Python reads it, and the value.

    Raises `ValueTextError` and `InputNameError`.

    >>> parse_input("x=-4.5")
    ('x', -4.5)
    """
    name, sign, text = argument.replace("＝", "=", 1).partition("=")
    if not sign:
        raise ValueTextError(argument, "there is no = in it", "Write a name and its value, such as x=3.")
    (name,) = input_names([name.strip()])
    return name, parse_value(text, rng, name)


def parse_value(text: str, rng: np.random.Generator | None = None, name: str = "") -> Value:
    """Read a value: `3`, `1/3`, `[[1, 2], [3, 4]]`, `0.1 * randn(5, 10)`, `arange(6)`, `@file.npy`.

    A list of whole numbers gives an integer array, any other a float array; `.npy` files are read as they are, `.csv`
    and `.txt` files as lists. `rng` draws for `randn` and `rand` (None: a new, unseeded generator).
    `name` is the input's, for the message. Raises `ValueTextError`.

    >>> parse_value("2 * [[1, 2], [3, 4]]")
    array([[2, 4],
           [6, 8]])
    """
    label = f"{name}={text}" if name else text
    try:
        return _value(text.strip(), np.random.default_rng() if rng is None else rng)
    except MisreadError as misreading:
        cure = cured(text, name, misreading)
        why = misreading.why or (NUMBERS if misreading.problem == NO_VALUE else "")
        raise ValueTextError(label, misreading.problem, cure, why) from None
    except MemoryError:
        raise ValueTextError(label, "there is not enough memory for it", "Make it smaller.") from None


def cured(text: str, name: str, misreading: MisreadError) -> str:
    """What to write instead of a value that was misread."""
    head, text = f"{name}=" if name else "", text.strip()
    if misreading.cure == SEVERAL:
        words = re.split(r"\s*[,，;；、\s]\s*(?=[^\W\d]\w*\s*[=＝])", text)
        return f"Write {cut_short(' '.join([head + words[0], *words[1:]]), 80)}"
    if misreading.cure == CLOSE:
        return f"Write {cut_short(f'{head}{text})', 80)}"
    if re.search(r"\d[ijIJ]\b", text):
        return "Give real numbers: gatewise differentiates real functions."
    if meant := meant_by(text):
        return f"Write {cut_short(head + meant, 80)}"
    return NAMED.get(text) or (FORMS if "means nothing here" in misreading.problem else misreading.cure) or FORMS


def meant_by(text: str) -> str:
    """The value that was probably meant by a text that is none; empty where nobody knows."""
    text = normal(text).translate(str.maketrans("【】。", "[]."))
    if re.fullmatch(r"[\d.]+|\[[-\d.,\s]+\]", text):
        return text
    if not text:
        return "3, without a space after the ="
    if re.fullmatch(r"[^=\s()\[\]@]*\.[A-Za-z]\w{0,4}", text):
        return f"@{text}, for what the file holds"
    if re.fullmatch(r"0[xob][0-9a-fA-F]+", text):
        return str(int(text, 0)) if len(text) < 20 else ""
    if bracketed := re.fullmatch(r"[({]([^(){}]*,[^(){}]*)[)}]", text):
        return f"[{bracketed[1].strip(', ')}]"
    if percent := re.fullmatch(r"([\d.]+)\s*%", text):
        return f"{percent[1]}/100"
    bare = text.rstrip(",;，；、").strip("='\"\u2018\u2019\u201c\u201d` ")
    return bare if bare != text and re.fullmatch(r"[-+\d.,eE\[\]\s]+", bare) else ""


def _value(text: str, rng: np.random.Generator) -> Value:
    if text.startswith(("@", "＠")):
        return array_in(Path(text[1:]))
    if len(text) > LONGEST_VALUE:
        raise MisreadError(
            0, f"it has more than {LONGEST_VALUE} characters", cure="Save it to a file; write x=@file.npy."
        )
    return _ValueReader(scan(text, Work()), rng).value()


class _ValueReader:
    """Reads the tokens of one value: sums of products of powers, as in the expression language."""

    def __init__(self, tokens: list[Token], rng: np.random.Generator) -> None:
        self.tokens, self.rng = tokens, rng
        self.place = self.depth = 0

    def value(self) -> Value:
        """All there is."""
        value = self.sum()
        if self.token.kind != "end":
            raise self.left_over()
        return value

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def accept(self, text: str) -> bool:
        """Step over the next token if it reads `text`."""
        found = self.token.text == text
        self.place += found
        return found

    def next(self) -> Token:
        """The next token; the last one, of kind `end`, stays."""
        token = self.token
        self.place += token.kind != "end"
        return token

    def left_over(self) -> MisreadError:
        """The complaint about what follows a value that is complete."""
        token, following = self.token, self.tokens[self.place + 1 : self.place + 3]
        problem = f"{cut_short(token.text)} is not expected there"
        if any(each.kind == "=" for each in following):
            return MisreadError(0, problem, "a word gives one input its value.", SEVERAL)
        if token.text == "," and self.tokens[self.place - 1].kind == "number":
            return MisreadError(0, problem, cure="Write the point of a number as ., and a list as [1, 2, 3].")
        return MisreadError(0, problem)

    def sum(self) -> Value:
        value = self.product()
        while (sign := self.token.text) in ("+", "-"):
            self.place += 1
            value = combined_values(sign, value, self.product())
        return value

    def product(self) -> Value:
        value = self.signed()
        while (sign := self.token.text) in ("*", "/"):
            self.place += 1
            value = combined_values(sign, value, self.signed())
        return value

    def signed(self) -> Value:
        is_negative = self.accept("-")
        if not is_negative:
            self.accept("+")
        value = self.power()
        return -value if is_negative else value

    def power(self) -> Value:
        value = self.atom()
        if self.token.kind == "superscript":
            return combined_values("**", value, int(self.next().text))
        if not self.accept("**"):
            return value
        self.deepen()
        exponent = self.signed()
        self.depth -= 1
        return combined_values("**", value, exponent)

    def deepen(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST_LIST:
            raise MisreadError(0, f"it is more than {DEEPEST_LIST} levels deep")

    def atom(self) -> Value:
        token = self.next()
        if token.kind == "number":
            return number_of(token)[0]
        if token.kind == "[":
            return self.array()
        if token.kind == "(":
            value = self.inner()
            self.close("(")
            return value
        if token.kind == "name":
            return self.named(self.without_module(token))
        raise MisreadError(0, NO_VALUE)

    def inner(self) -> Value:
        self.deepen()
        value = self.sum()
        self.depth -= 1
        return value

    def close(self, after: str) -> None:
        if not self.accept(")"):
            raise self.unclosed(after) if self.token.kind == "end" else self.left_over()

    def unclosed(self, after: str) -> MisreadError:
        return MisreadError(
            0, f"the ( of {after} is never closed" if after != "(" else "a ( is never closed", cure=CLOSE
        )

    def without_module(self, token: Token) -> Token:
        """`randn` of `np.random.randn`."""
        while token.text in (*ELSEWHERE, "random") and self.token.text == ".":
            self.place += 1
            token = self.next()
        return token

    def named(self, token: Token) -> Value:
        """A constant, an array that is made, or a function of a number."""
        name = token.text
        if name in MAKERS:
            return self.made(name)
        if name in SERIES:
            return self.series(name)
        if name in CONSTANTS:
            return VALUES[CONSTANTS[name]]
        if name in ("array", "asarray") and self.accept("("):
            value = self.inner()
            self.close(name)
            return value
        if name in FUNCTIONS and self.accept("("):
            value = self.inner()
            self.close(name)
            return computed(name, value)
        if meant := nearest(name, [*MAKERS, *SERIES]):
            raise MisreadError(0, f"{cut_short(name)} is not known: did you mean {meant}?")
        raise MisreadError(0, NO_VALUE)

    def made(self, maker: str) -> Array:
        """`randn(5, 10)` and its like."""
        low, high, make = MAKERS[maker]
        lengths = self.lengths(maker)
        if not low <= len(lengths) <= high:
            raise MisreadError(0, f"{maker} takes {low} to {high} lengths, not {len(lengths)}")
        entries = lengths[0] ** 2 if maker == "eye" and len(lengths) == 1 else math.prod(lengths)
        check_size(entries)
        return make(tuple(lengths), self.rng)

    def series(self, name: str) -> Array:
        """`arange(6)`, `arange(0, 1, 0.1)`, `linspace(0, 1, 5)`."""
        numbers: list[int | float] = []
        if not self.accept("("):
            raise MisreadError(0, f"{name} takes numbers", cure=f"Write {name}(0, 5).")
        while not numbers or self.accept(","):
            value = self.inner()
            if isinstance(value, np.ndarray):
                raise MisreadError(0, f"{name} takes numbers, and this is an array", cure=f"Write {name}(0, 5).")
            numbers.append(value)
        self.close(name)
        low, high = SERIES[name]
        if not low <= len(numbers) <= high:
            raise MisreadError(0, f"{name} takes {low} to {high} numbers, not {len(numbers)}")
        return equal_distances(name, numbers)

    def lengths(self, maker: str) -> list[int]:
        """The whole numbers between the parentheses, which may be double as in `zeros((2, 3))`."""
        wrong = MisreadError(0, f"{maker} takes whole numbers", cure=f"Write {maker}(3).")
        if not self.accept("("):
            raise wrong
        is_double = self.accept("(")
        lengths: list[int] = []
        while not lengths or self.accept(","):
            token = self.next()
            if token.kind == "end" and lengths:
                break
            if token.kind != "number" or not token.text.isdigit() or len(lengths) == DEEPEST_LIST:
                raise wrong
            lengths.append(int(number_of(token)[0]))
        for _ in range(1 + is_double):
            if not self.accept(")"):
                raise self.unclosed(maker) if self.token.kind == "end" else wrong
        return lengths

    def array(self) -> Array:
        """The rest of a list whose first `[` is read; lists in it must be alike."""
        entries: list[int | float] = []
        shapes: list[list[tuple[int, ...]]] = [[]]
        while True:
            if not self.accept("]"):
                self.entry(entries, shapes)
                continue
            shape = joint_shape(shapes.pop())
            if not shapes:
                return array_from(entries, shape)
            shapes[-1].append(shape)
            self.end_entry()

    def entry(self, entries: list[int | float], shapes: list[list[tuple[int, ...]]]) -> None:
        """Open an inner list, or read one number."""
        if self.accept("["):
            if len(shapes) == DEEPEST_LIST:
                raise MisreadError(0, f"lists are more than {DEEPEST_LIST} deep")
            shapes.append([])
            return
        if self.token.kind not in ("number", "(") and self.token.text not in ("+", "-", *CONSTANTS, *FUNCTIONS):
            raise MisreadError(0, "a list holds numbers and lists alone", cure=ROWS)
        value = self.sum()
        if isinstance(value, np.ndarray):
            raise MisreadError(0, "a list holds numbers and lists alone", cure=ROWS)
        entries.append(value)
        shapes[-1].append(())
        self.end_entry()

    def end_entry(self) -> None:
        """After an entry comes a comma, or the list ends."""
        if not self.accept(",") and self.token.text != "]":
            raise MisreadError(0, "expected , or ] in the list", cure=ROWS)
