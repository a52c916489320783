"""Build both archives, check them, and run gatewise from them in empty environments: python -m tools.dist.

The archives hold what git knows and nothing else. In an environment with NumPy alone `import gatewise` gives a
gradient; in one that pip fills, the first command of README runs and `--version` is that of pyproject.toml. Every
Python from 3.11 on that the machine has is asked; with `--here` the running one alone.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools.readme import FIRST

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
NOT_SHIPPED = ".ci/"  #: of what git knows
ALONE = "import gatewise as gw, sys; assert gw.grad(lambda x: x * x)(3.0) == 6.0; assert 'click' not in sys.modules"
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary=:all:")


def run(*words: str | Path, cwd: Path = ROOT) -> str:
    """What a command prints; it stops everything where it fails. No path of this checkout reaches it."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, env=outside, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def built() -> tuple[Path, Path]:
    """The source archive, and the wheel that is built from it."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", DIST)
    run(sys.executable, "-m", "twine", "check", "--strict", *DIST.iterdir())
    return DIST / f"gatewise-{VERSION}.tar.gz", DIST / f"gatewise-{VERSION}-py3-none-any.whl"


def tracked() -> set[str]:
    """The files that git knows."""
    return set(run("git", "ls-files", "-z").strip("\0").split("\0"))


def check_contents(source: Path, wheel: Path) -> None:
    """Stop where an archive lacks a file that git knows, or holds another one."""
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    compare(source, held - {"PKG-INFO"}, {file for file in tracked() if not file.startswith(NOT_SHIPPED)})
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("gatewise/")}
    package = {file.removeprefix("src/") for file in tracked() if file.startswith("src/gatewise/")}
    compare(wheel, held, package)


def compare(archive: Path, held: set[str], meant: set[str]) -> None:
    if missing := sorted(meant - held):
        raise SystemExit(f"{archive.name} lacks {', '.join(missing[:5])} and so on, {len(missing)} files")
    if more := sorted(held - meant):
        raise SystemExit(
            f"{archive.name} holds {', '.join(more[:5])} and so on, {len(more)} files that git does not know"
        )


def pythons() -> Iterator[str]:
    """The Pythons of this machine, the running one first."""
    yield sys.executable
    for version in PYTHONS:
        found = shutil.which(f"python{version}")
        if version == "{}.{}".format(*sys.version_info[:2]) or found is None:
            continue
        asked = subprocess.run([found, "-c", "import ensurepip"], capture_output=True, check=False)
        if asked.returncode == 0:  # one that runs, and can make an environment
            yield found


def check_installed(python: str, wheel: Path) -> None:
    """Install the wheel into an empty environment: beside NumPy alone, then with what it asks for."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run(python, "-m", "venv", place / "empty")
        inside = next(path for path in (place / "empty").glob("*/python*") if path.stem == "python")
        run(inside, *PIP, "numpy>=2.0", cwd=place)
        run(inside, *PIP, "--no-deps", wheel, cwd=place)
        run(inside, "-c", ALONE, cwd=place)
        run(inside, *PIP, wheel, cwd=place)
        run(inside, "-m", "pip", "check", cwd=place)
        command = inside.parent / "gatewise"
        said = run(command, "--version", cwd=place)
        if said.split() != ["gatewise", VERSION]:
            raise SystemExit(f"--version says {said}")
        if "agree with the numerical derivative" not in run(command, *shlex.split(FIRST), cwd=place):
            raise SystemExit(f"gatewise {FIRST} says something else")


def main() -> None:
    began = time.monotonic()
    source, wheel = built()
    check_contents(source, wheel)
    sizes = ", ".join(f"{file.name} {file.stat().st_size / 1e6:.1f} MB" for file in (source, wheel))
    print(f"{sizes}: built and checked")
    for python in [sys.executable] if sys.argv[1:] == ["--here"] else pythons():
        check_installed(python, wheel)
        print(f"{run(python, '--version').strip()}: installed into an empty environment, and ran")
    print(f"in {time.monotonic() - began:.0f} seconds")


if __name__ == "__main__":
    main()
