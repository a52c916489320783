"""Writing files: all of a file or nothing of it, and all of several files or none."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from gatewise._errors import SaveError


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file by its name at once: where anything fails, what stood there before still does.

    Raises `SaveError` where it cannot be written.
    """
    write_all([(path, content)])


def write_all(files: Iterable[tuple[str | Path, bytes]]) -> None:
    """Write several files, each at once, and none before every one of them lies ready beside its place.

    Raises `SaveError` for the first that cannot be written.
    """
    with contextlib.ExitStack() as neighbours:
        ready: list[tuple[str | Path, Path, Path]] = []
        devices: list[tuple[str | Path, Path, bytes]] = []
        for path, content in files:
            with _told(path):
                target = _target(path)
                if target.exists() and not target.is_file():  # a device or a pipe has no neighbour to rename
                    devices.append((path, target, content))
                else:
                    ready.append((path, neighbours.enter_context(_neighbour(target, content)), target))
        for path, target, content in devices:
            with _told(path):
                target.write_bytes(content)
        for path, beside, target in ready:
            with _told(path):
                beside.replace(target)


def _target(path: str | Path) -> Path:
    """The file behind a path, past all links. Raises `OSError` where it may not be written."""
    try:
        target = Path(path).resolve()
    except RuntimeError:  # as Python before 3.13 says it
        raise _leading_back() from None
    if target.is_symlink():
        raise _leading_back()
    if not Path(path).name or target.is_dir():
        raise IsADirectoryError(0, "it is the name of a folder" if str(path) else "it has no name")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(0, "the file may not be written")
    return target


def _leading_back() -> OSError:
    return OSError(errno.ELOOP, "it is a link that leads back to itself")


@contextlib.contextmanager
def _told(path: str | Path) -> Iterator[None]:
    """What the system says of a file as a `SaveError`."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = ascii(str(path)[:60])
        cure = "a file name in a folder of yours, such as circuit.svg."
        raise SaveError(f"{shown} cannot be written.", f"{reason}.", cure) from None


@contextlib.contextmanager
def _neighbour(target: Path, content: bytes) -> Iterator[Path]:
    """A file of another name in the same folder with this content, and with the mode of what it will replace."""
    beside = target.with_name(f".{secrets.token_hex(8)}{target.suffix}")
    try:
        beside.write_bytes(content)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
