"""The folder for what gatewise may make or fetch again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "GATEWISE_CACHE"


def cache() -> Path:
    """The folder that GATEWISE_CACHE names, or the one by the custom of the system; it may not exist yet."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "gatewise"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "gatewise" / "Cache"
    custom = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(custom) if os.path.isabs(custom) else home / ".cache") / "gatewise"
