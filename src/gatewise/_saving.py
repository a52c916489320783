"""Writing files: all of a file or nothing of it, and all of several files or none."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gatewise._errors import SaveError

Piece = bytes | memoryview
Content = bytes | Iterable[Piece]

UNFINISHED = ".gatewise-{}.unfinished"  # the name of a file while it is written, in the folder it is meant for
ABANDONED = 3600.0  # seconds after which nobody is taken to be writing such a file any more
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_LINKS = (errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)


def write_whole(path: str | Path, content: Content, *, keep_previous: bool = False) -> None:
    """Write a file at once: where anything fails, or the process is killed, what stood there before still does.

    `content` may come in pieces. It is on the disk before it gets the name. With `keep_previous`, what stood there
    before is kept under `previous_of(path)`, and what killed processes left half written is removed. Raises `SaveError`
    where the file cannot be written.
    """
    write_all([(path, content)], keep_previous=keep_previous)


def write_all(files: Iterable[tuple[str | Path, Content]], *, keep_previous: bool = False) -> None:
    """Write several files, each at once, and none before every one of them lies ready beside its place.

    Raises `SaveError` for the first that cannot be written.
    """
    with contextlib.ExitStack() as neighbours:
        ready: list[tuple[str | Path, Path, Path]] = []
        devices: list[tuple[str | Path, Path, Content]] = []
        for path, content in files:
            with _save_errors(path):
                target = _target(path)
                if target.exists() and not target.is_file():  # a device or a pipe has no neighbour to rename
                    devices.append((path, target, content))
                    continue
                if keep_previous:
                    _remove_abandoned(target.parent)
                beside = neighbours.enter_context(_neighbour(target))
                _fill(beside, content, target)
                ready.append((path, beside, target))
        for path, target, content in devices:
            with _save_errors(path), target.open("wb") as device:
                _write(device.fileno(), content)
        for path, beside, target in ready:
            with _save_errors(path):
                if keep_previous and target.exists():
                    _keep(target)
                beside.replace(target)
                _sync_folder(target.parent)


def previous_of(path: str | Path) -> Path:
    """Return the name under which `write_whole` keeps what stood at `path` before."""
    target = Path(path).resolve()
    return target.with_name(target.name + ".previous")


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
def _save_errors(path: str | Path) -> Iterator[None]:
    """What the system says of a file as a `SaveError`."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        is_full = isinstance(error, OSError) and error.errno in FULL
        cure = "free some space" if is_full else "the name of a file in a folder of yours"
        kept = "; what stood there before still does" if is_full else ""
        raise SaveError(f"{str(path)[:60]!a} cannot be written.", f"{reason}.", f"{cure}{kept}.") from None


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left half written in a folder."""
    for file in folder.glob(UNFINISHED.format("*")):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > ABANDONED:
                file.unlink()


def _fill(beside: Path, content: Content, target: Path) -> None:
    """Write the whole content to the disk, with the mode of what it will replace."""
    with beside.open("xb") as file:
        _write(file.fileno(), content)
        os.fsync(file.fileno())
    if target.exists():
        beside.chmod(target.stat().st_mode)


def _write(descriptor: int, content: Content) -> None:
    """Write all pieces; the system may take a part of one at a time."""
    for piece in [content] if isinstance(content, bytes) else content:
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _keep(target: Path) -> None:
    """Give what stands at `target` a second name; at no moment is there less than one whole file."""
    previous = previous_of(target)
    with _neighbour(previous) as second:
        try:
            os.link(target, second)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            target.replace(previous)  # a file system without links: for a moment the previous file is all there is
        else:
            second.replace(previous)


def _sync_folder(folder: Path) -> None:
    """Make the new name as lasting as the content, where folders can be synced (Windows and some networks cannot)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _neighbour(target: Path) -> Iterator[Path]:
    """A name nobody has in the same folder; what stands under it is gone afterwards."""
    beside = target.with_name(UNFINISHED.format(secrets.token_hex(8)))
    try:
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
