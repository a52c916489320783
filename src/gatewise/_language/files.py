"""The array in a file that an input was given by its path: `.npy` as it is, `.csv` and `.txt` as lists of numbers."""

from __future__ import annotations

import difflib
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gatewise._language.names import cut_short
from gatewise._language.scanning import MisreadError

MOST_ENTRIES = 10**8
LARGEST_TEXT_FILE = 25 * MOST_ENTRIES  #: bytes; a number takes at most about 25

Array = np.ndarray[Any, np.dtype[Any]]
READ = (".npy", ".csv", ".txt")
NO_ARRAY = "the file does not hold one array of numbers"


def array_in(path: Path) -> Array:
    """The array in a `.npy`, `.csv` or `.txt` file."""
    readers = {".npy": _from_npy, ".csv": _from_text, ".txt": _from_text}
    try:
        if not path.is_file():
            raise MisreadError(
                0, "it is not a file" if path.exists() else "there is no such file", cure=_path_meant(path)
            )
        if path.suffix.lower() not in readers:
            raise MisreadError(0, "only .npy, .csv and .txt files are read", cure=_as_npy(path))
        return readers[path.suffix.lower()](path)
    except (OSError, UnicodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "it is not text"
        raise MisreadError(0, f"the file cannot be read: {reason}", cure="Check the file.") from None
    except (ValueError, EOFError, OverflowError):
        raise MisreadError(0, NO_ARRAY, cure="Save one with np.save.") from None


def _path_meant(path: Path) -> str:
    """A file of nearly this name in the folder, or where paths are looked up."""
    folder = path.parent
    known = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    if near := difflib.get_close_matches(path.name, [name for name in known if Path(name).suffix in READ], n=1):
        return f"Write @{cut_short(str(folder / near[0]), 80)}"
    return "Check the path." if path.is_absolute() else f"Give a path from here, {Path.cwd()}, or a full one."


def _as_npy(path: Path) -> str:
    """How to make of a file of another kind one that can be read."""
    readers = {
        ".npz": 'np.load("{}")["x"]',
        ".pt": 'torch.load("{}").numpy()',
        ".pth": 'torch.load("{}").numpy()',
        ".mat": 'scipy.io.loadmat("{}")["x"]',
        ".xlsx": 'pandas.read_excel("{}").to_numpy()',
        ".tsv": 'np.loadtxt("{}", delimiter="\\t")',
    }
    loaded = readers.get(path.suffix.lower(), "...").format(cut_short(path.name))
    return f'Save the array with np.save("{cut_short(path.stem)}.npy", {loaded}).'


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
        check_size(math.prod(shape))
        file.seek(0)
        array: Array = np.load(file, allow_pickle=False)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _from_text(path: Path) -> Array:
    """The numbers in a text file, a row a line: whole numbers where all are. A head line of names is passed over."""
    if path.stat().st_size > LARGEST_TEXT_FILE:
        raise MisreadError(0, "the file is too large to be read as text", cure="Save it with np.save.")
    lines = [(number, line) for number, line in enumerate(_decoded(path.read_bytes()).splitlines(), 1)]
    rows = [(number, bare) for number, line in lines if (bare := line.partition("#")[0].replace('"', "").strip())]
    separator = next((sign for sign in ";\t," if rows and sign in rows[0][1]), None)
    if len(rows) > 1 and not any(map(_is_number, rows[0][1].split(separator))):
        del rows[0]
    text = "\n".join(row for _, row in rows)
    dtype = np.float64 if any(letter in text for letter in ".eEnNiI") else np.int64
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an empty file, which is refused below
            array = np.loadtxt(io.StringIO(text), dtype=dtype, delimiter=separator)
    except ValueError:
        why = next(_objections(rows, separator), "")
        cure = "Put one row of numbers on each line, or save the array with np.save."
        raise MisreadError(0, NO_ARRAY, why, cure) from None
    if not array.size:
        raise MisreadError(0, "the file is empty", cure="Put one row of numbers on each line.")
    check_size(array.size)
    return array


def _decoded(content: bytes) -> str:
    """The text of a file. Numbers are the same in every encoding that is left when it is neither UTF-8 nor UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in content:
            raise
        return content.decode("latin-1")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _objections(rows: Sequence[tuple[int, str]], separator: str | None) -> Iterator[str]:
    """What keeps the lines of a file from being rows of one array."""
    first, length = rows[0][0], len(rows[0][1].split(separator))
    for number, row in rows:
        cells = [cell.strip() for cell in row.split(separator)]
        for cell in cells:
            if not cell:
                yield f"line {number} has an empty cell."
            elif not _is_number(cell):
                comma = ", and the point of a number is written as a point" if "," in cell else ""
                yield f"line {number}: {cut_short(cell)} is not a number{comma}."
        if len(cells) != length:
            yield f"line {number} has {len(cells)} numbers, and line {first} has {length}."


def check_size(entries: int) -> None:
    """Raise `MisreadError` where an array would have too many entries."""
    if entries > MOST_ENTRIES:
        raise MisreadError(0, f"it would have {_count(entries)} entries", cure=f"{MOST_ENTRIES:,} is the limit.")


def _count(entries: int) -> str:
    return f"{entries:,}" if entries < 10**18 else f"more than {10**18:,}"
