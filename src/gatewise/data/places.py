"""Where the files of a data set lie: the folder given, GATEWISE_DATA, the user's cache."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from gatewise._cache import cache as cache
from gatewise._errors import MissingDataError, shown_path

VARIABLE = "GATEWISE_DATA"


def found(folders: Sequence[Path], layouts: Iterable[tuple[str, Sequence[Sequence[str]]]]) -> list[Path] | None:
    """Return the files of a data set, from the first folder that holds all of them; None where none does.

    A layout is the name of the folder the files come in, and for each file the names it may have. The folder is one of
    `folders` or lies in it.
    """
    for place, files in (
        (place, files) for folder in folders for inner, files in layouts for place in (folder, folder / inner)
    ):
        there = [[place / name for name in names if os.path.isfile(place / name)] for names in files]
        if all(there):
            return [first for first, *_ in there]
    return None


def folders(directory: str | os.PathLike[str] | None, title: str) -> list[Path]:
    """Return where to look, in this order; a folder that was given must exist, and is the only one then."""
    if directory is not None:
        if not os.path.isdir(directory):
            what = f"{title} is not in {shown_path(directory)}."
            raise MissingDataError(what, "there is no such folder.", "the folder of the data set, or the one it is in.")
        return [Path(directory)]
    named = os.environ.get(VARIABLE)
    if named and not os.path.isdir(named):
        what = f"{title} is not in {shown_path(named)}, the folder that {VARIABLE} names."
        raise MissingDataError(what, "there is no such folder.", f"{VARIABLE}=DIR, or unset it.")
    return [*([Path(named)] if named else []), cache()]
