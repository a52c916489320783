"""What a user waits for: importing gatewise, and the first `gatewise show`, each in fresh processes."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.harness import Row, at_most, interleaved, process

SHOW = ("show", "(x + y) * z", "x=-2", "y=5", "z=-4")


def command() -> tuple[str, ...]:
    """Return the installed `gatewise`, or the module where only the source is there."""
    script = Path(sys.executable).with_name("gatewise")
    return (str(script),) if script.exists() else (sys.executable, "-m", "gatewise")


def imports(rounds: int = 21) -> list[Row]:
    """Return what `import gatewise` takes beyond `import numpy`."""
    seconds = interleaved(
        rounds,
        1,
        numpy=process(sys.executable, "-c", "import numpy"),
        gatewise=process(sys.executable, "-c", "import gatewise"),
    )
    extra = (seconds["gatewise"] - seconds["numpy"]) * 1000
    what = f"import gatewise over import numpy ({seconds['numpy'] * 1000:.0f} ms), fresh processes"
    return [at_most(what, extra, 60, " ms")]


def show(rounds: int = 11) -> list[Row]:
    """Return what one `gatewise show` takes from start to end."""
    seconds = interleaved(rounds, 1, show=process(*command(), *SHOW))
    return [at_most('gatewise show "(x + y) * z" x=-2 y=5 z=-4, whole process', seconds["show"], 0.5, " s")]
