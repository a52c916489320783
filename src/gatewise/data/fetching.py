"""Fetching a data set into the user's cache: with a bar that shows how far it is, and checked before it is kept."""

from __future__ import annotations

import contextlib
import hashlib
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BufferedRandom
from pathlib import Path
from typing import IO

from gatewise._errors import DataFileError, MissingDataError, SaveError, shown_path
from gatewise._saving import write_whole
from gatewise.data.reading import compared, unpacked
from gatewise.data.sums import Sum

CIFAR10 = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
# The authors' own address, yann.lecun.com/exdb/mnist, turns most visitors away; this mirror is the one PyTorch uses.
MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"

TIMEOUT = 30.0  # seconds without an answer
BLOCK = 1 << 16
SPARE = 1 << 20  # bytes by which a gzipped file may be longer than what is in it


def fetch_archive(title: str, address: str, known: Sum, members: Mapping[str, Sum], folder: Path) -> None:
    """Fetch a gzipped tar archive and put those of its files that are named in `members` into `folder`, checked.

    Only names are compared: where a member would lead, or what else is in the archive, does not matter.
    """
    with _beside(folder) as file:
        _fetch(title, address, file, known.size + 1)
        if (length := file.tell()) != known.size:
            raise DataFileError.of(address, f"{known.size:,} bytes", f"{length:,}" if length < known.size else "more")
        file.seek(0)
        if (digest := hashlib.file_digest(file, "sha256").hexdigest()) != known.sha256:
            raise DataFileError.of(address, f"the SHA-256 {known.sha256}", digest)
        file.seek(0)
        try:
            _unpack(file, members, folder)
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise DataFileError.of(address, "a gzipped tar archive", f"one that cannot be read: {error}") from None


def fetch_files(title: str, address: str, files: Mapping[str, Sum], folder: Path) -> None:
    """Fetch files that are gzipped one by one; each is checked as it is when unpacked, and kept as it came."""
    for name, known in files.items():
        with _beside(folder) as file:
            _fetch(title, f"{address}{name}.gz", file, known.size + SPARE)
            file.seek(0)
            unpacked(file, f"{address}{name}.gz", known)
            file.seek(0)
            write_whole(folder / f"{name}.gz", file.read())


def _unpack(file: IO[bytes], members: Mapping[str, Sum], folder: Path) -> None:
    missing = dict(members)
    with tarfile.open(fileobj=file, mode="r|gz") as archive:
        for member in archive:
            if member.isreg() and member.name in missing and (inside := archive.extractfile(member)) is not None:
                known = missing.pop(member.name)
                write_whole(folder / Path(member.name).name, compared(inside.read(known.size + 1), member.name, known))
            if not missing:
                return
    raise tarfile.ReadError(f"{', '.join(missing)} not in it")


def _fetch(title: str, address: str, file: IO[bytes], most: int) -> None:
    """Copy what stands at an address into a file, at most so many bytes of it."""
    from http.client import HTTPException
    from urllib.request import urlopen

    try:
        with urlopen(address, timeout=TIMEOUT) as answer:
            length = answer.headers.get("Content-Length") or ""
            with _bar(title, int(length) if length.isdigit() else None) as advance:
                left = most
                while left and (block := answer.read(min(BLOCK, left))):
                    file.write(block)
                    left -= len(block)
                    advance(len(block))
    except (OSError, HTTPException) as error:
        why = f"{address}: {getattr(error, 'reason', None) or error}."
        raise MissingDataError(
            f"{title} is not on this machine and could not be fetched.", why, cure_for(title)
        ) from None


def cure_for(title: str) -> str:
    """What to do without a network."""
    return (
        f"the folder of {title}'s files, fetched elsewhere (GATEWISE_DATA=DIR); the data set digits needs no network."
    )


@contextlib.contextmanager
def _bar(title: str, length: int | None) -> Iterator[Callable[[int], object]]:
    """Show on standard error how much has come; in a pipe, one line when all has."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"Fetching {title}", total=length)
        yield lambda count: progress.advance(task, count)


def _beside(folder: Path) -> BufferedRandom:
    """A file without a name on the disk of `folder`, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        cure = "GATEWISE_DATA=DIR, a folder that has the files."
        raise SaveError(f"{shown_path(folder)} cannot be written.", f"{error.strerror}.", cure) from None
