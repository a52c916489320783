"""What a person types as the value of an input: a number, an array, a few ways to make one, or a file."""

from __future__ import annotations

import io
import math
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._errors import ValueTextError
from gatewise._language.names import input_names, nearest, shown
from gatewise._language.scanning import MisreadError, Token, Work, number_of, scan

LONGEST_VALUE = 100_000  #: characters
MOST_ENTRIES = 10**8
LARGEST_TEXT_FILE = 25 * MOST_ENTRIES  #: bytes; a number takes at most about 25
DEEPEST_LIST = 32
LARGEST_WHOLE = 2**63 - 1
FORMS = "Write a number, [1, 2, 3], randn(5, 10), rand, zeros, ones, eye, arange, or @file.npy."

Value = int | float | np.ndarray[Any, np.dtype[Any]]
Array = np.ndarray[Any, np.dtype[Any]]
Maker = Callable[[tuple[int, ...], "np.random.Generator"], Array]
# The least and greatest number of whole numbers a maker takes, and the array it makes of them.
MAKERS: dict[str, tuple[int, int, Maker]] = {
    "randn": (1, DEEPEST_LIST, lambda shape, rng: rng.standard_normal(shape)),
    "rand": (1, DEEPEST_LIST, lambda shape, rng: rng.random(shape)),
    "zeros": (1, DEEPEST_LIST, lambda shape, rng: np.zeros(shape)),
    "ones": (1, DEEPEST_LIST, lambda shape, rng: np.ones(shape)),
    "eye": (1, 2, lambda shape, rng: np.eye(shape[0], shape[-1])),
    "arange": (1, 1, lambda shape, rng: np.arange(shape[0])),
}


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
    """Read a value: `3`, `-4.5`, `[[1, 2], [3, 4]]`, `0.1 * randn(5, 10)`, `arange(6)`, `@file.npy`.

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
        raise ValueTextError(label, misreading.problem, misreading.cure or FORMS) from None
    except MemoryError:
        raise ValueTextError(label, "there is not enough memory for it", "Make it smaller.") from None


def _value(text: str, rng: np.random.Generator) -> Value:
    if text.startswith(("@", "＠")):
        return _from_file(Path(text[1:]))
    if len(text) > LONGEST_VALUE:
        raise MisreadError(
            0, f"it has more than {LONGEST_VALUE} characters", cure="Save it to a file; write x=@file.npy."
        )
    return _ValueReader(scan(text, Work()), rng).value()


class _ValueReader:
    """Reads the tokens of one value."""

    def __init__(self, tokens: list[Token], rng: np.random.Generator) -> None:
        self.tokens, self.rng = tokens, rng
        self.place = 0

    def value(self) -> Value:
        """One item, or the product of two."""
        value = self.item()
        if self.accept("*"):
            value = _product(value, self.item())
        if self.tokens[self.place].kind != "end":
            raise MisreadError(0, f"{shown(self.tokens[self.place].text)} is not expected there")
        return value

    def accept(self, text: str) -> bool:
        """Step over the next token if it reads `text`."""
        found = self.tokens[self.place].text == text
        self.place += found
        return found

    def next(self) -> Token:
        """The next token; the last one, of kind `end`, stays."""
        token = self.tokens[self.place]
        self.place += token.kind != "end"
        return token

    def item(self) -> Value:
        is_negative = self.accept("-")
        if not is_negative:
            self.accept("+")
        value = self.unsigned()
        return -value if is_negative else value

    def unsigned(self) -> Value:
        token = self.next()
        if token.kind == "number":
            return number_of(token)[0]
        if token.kind == "[":
            return self.array()
        if token.kind == "name" and token.text in MAKERS:
            return self.made(token.text)
        if token.kind == "name" and (meant := nearest(token.text, MAKERS)):
            raise MisreadError(0, f"{shown(token.text)} is not known: did you mean {meant}?")
        raise MisreadError(0, "this is not a number, an array or a file")

    def made(self, maker: str) -> Array:
        """`randn(5, 10)` and its like."""
        low, high, make = MAKERS[maker]
        lengths = self.lengths(maker)
        if not low <= len(lengths) <= high:
            raise MisreadError(0, f"{maker} takes {low} to {high} lengths, not {len(lengths)}")
        entries = lengths[0] ** 2 if maker == "eye" and len(lengths) == 1 else math.prod(lengths)
        _check_size(entries)
        return make(tuple(lengths), self.rng)

    def lengths(self, maker: str) -> list[int]:
        """The whole numbers between the parentheses, which may be double as in `zeros((2, 3))`."""
        wrong = MisreadError(0, f"{maker} takes whole numbers", cure=f"Write {maker}(3).")
        if not self.accept("("):
            raise wrong
        is_double = self.accept("(")
        lengths: list[int] = []
        while not lengths or self.accept(","):
            token = self.next()
            if token.kind != "number" or not token.text.isdigit() or len(lengths) == DEEPEST_LIST:
                raise wrong
            lengths.append(int(number_of(token)[0]))
        if not (self.accept(")") and (not is_double or self.accept(")"))):
            raise wrong
        return lengths

    def array(self) -> Array:
        """The rest of a list whose first `[` is read; lists in it must be alike."""
        entries: list[int | float] = []
        shapes: list[list[tuple[int, ...]]] = [[]]
        while True:
            if not self.accept("]"):
                self.entry(entries, shapes)
                continue
            shape = _joined(shapes.pop())
            if not shapes:
                return _array(entries, shape)
            shapes[-1].append(shape)
            self.end_entry()

    def entry(self, entries: list[int | float], shapes: list[list[tuple[int, ...]]]) -> None:
        """Open an inner list, or read one number."""
        if self.accept("["):
            if len(shapes) == DEEPEST_LIST:
                raise MisreadError(0, f"lists are more than {DEEPEST_LIST} deep")
            shapes.append([])
            return
        sign = -1 if self.accept("-") else 1
        token = self.next()
        if token.kind != "number":
            raise MisreadError(0, "a list holds numbers and lists alone", cure="Write [[1, 2], [3, 4]].")
        entries.append(sign * number_of(token)[0])
        shapes[-1].append(())
        self.end_entry()

    def end_entry(self) -> None:
        """After an entry comes a comma, or the list ends."""
        if not self.accept(",") and self.tokens[self.place].text != "]":
            raise MisreadError(0, "expected , or ] in the list", cure="Write [[1, 2], [3, 4]].")


def _joined(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of a list whose entries have `shapes`."""
    for shape in shapes:
        if shape != shapes[0]:
            raise MisreadError(
                0, f"its parts differ: {_kind(shapes[0])} and {_kind(shape)}", cure="Make all rows one length."
            )
    return (len(shapes), *shapes[0]) if shapes else (0,)


def _kind(shape: tuple[int, ...]) -> str:
    """A part of a list in words."""
    if not shape:
        return "a number"
    return f"a list of {shape[0]}" if len(shape) == 1 else f"an array of shape {shape}"


def _array(entries: list[int | float], shape: tuple[int, ...]) -> Array:
    if not entries or any(isinstance(entry, float) for entry in entries):
        return np.array(entries, dtype=np.float64).reshape(shape)
    if any(abs(entry) > LARGEST_WHOLE for entry in entries):
        raise MisreadError(0, "a whole number in it does not fit into 64 bits", cure="Write it as a float: 1e20.")
    return np.array(entries, dtype=np.int64).reshape(shape)


def _product(left: Value, right: Value) -> Value:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        raise MisreadError(0, "it multiplies two arrays", cure="Give each as an input of its own.")
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        _check_whole_product(_whole_size(left), _whole_size(right))
    with np.errstate(all="ignore"):
        product = left * right
    if not np.all(np.abs(product) <= sys.float_info.max):
        raise MisreadError(0, "the product is too large", cure="A float ends near 1.8e308.")
    return product


def _check_whole_product(left: int | None, right: int | None) -> None:
    """Refuse a product of whole numbers that NumPy would let wrap round."""
    if left is not None and right is not None and max(left, right, left * right) > LARGEST_WHOLE:
        raise MisreadError(0, "the product does not fit into 64 bits", cure="Write the factor as a float: 1e20.")


def _whole_size(value: Value) -> int | None:
    """The greatest magnitude of whole numbers; None for floats."""
    if isinstance(value, np.ndarray):
        return int(np.abs(value).max(initial=0)) if value.dtype.kind == "i" else None
    return abs(value) if isinstance(value, int) else None


def _check_size(entries: int) -> None:
    if entries > MOST_ENTRIES:
        raise MisreadError(0, f"it would have {_count(entries)} entries", cure=f"{MOST_ENTRIES:,} is the limit.")


def _count(entries: int) -> str:
    return f"{entries:,}" if entries < 10**18 else f"more than {10**18:,}"


# Files


def _from_file(path: Path) -> Array:
    """The array in a `.npy`, `.csv` or `.txt` file."""
    readers = {".npy": _from_npy, ".csv": _from_text, ".txt": _from_text}
    try:
        if not path.is_file():
            raise MisreadError(
                0, "it is not a file" if path.exists() else "there is no such file", cure="Check the path."
            )
        if path.suffix.lower() not in readers:
            raise MisreadError(0, "only .npy, .csv and .txt files are read", cure="Save it with np.save.")
        return readers[path.suffix.lower()](path)
    except (OSError, UnicodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "it is not text"
        raise MisreadError(0, f"the file cannot be read: {reason}", cure="Check the file.") from None
    except (ValueError, EOFError, OverflowError):
        raise MisreadError(0, "the file does not hold one array of numbers", cure="Save one with np.save.") from None


def _from_npy(path: Path) -> Array:
    """The array in a `.npy` file; its header is looked at first, and nothing in it is ever run."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        reads_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reads_header(file)
        if dtype.hasobject:
            raise MisreadError(0, "it holds pickled objects, which could run code", cure="Save an array of numbers.")
        if dtype.kind not in "biuf":
            raise MisreadError(0, f"its entries are {dtype}, not numbers", cure="Save an array of real numbers.")
        _check_size(math.prod(shape))
        file.seek(0)
        array: Array = np.load(file, allow_pickle=False)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _from_text(path: Path) -> Array:
    """The numbers in a text file, a row a line: whole numbers where all are."""
    if path.stat().st_size > LARGEST_TEXT_FILE:
        raise MisreadError(0, "the file is too large to be read as text", cure="Save it with np.save.")
    text = path.read_text(encoding="utf-8-sig")
    dtype = np.float64 if any(letter in text for letter in ".eEnNiI") else np.int64
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file, which is refused below
        array = np.loadtxt(io.StringIO(text), dtype=dtype, delimiter="," if path.suffix.lower() == ".csv" else None)
    if not array.size:
        raise MisreadError(0, "the file is empty", cure="Put one row of numbers on each line.")
    _check_size(array.size)
    return array
