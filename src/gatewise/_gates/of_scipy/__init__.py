"""Gates of SciPy's functions, declared when SciPy's own module is loaded already: gatewise does not load it."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

#: Modules of SciPy's that functions have gates in, and the files here that declare them.
PARTS = {
    "scipy.special": ("special", "gammas", "bessel", "sums"),
    "scipy.linalg": ("linalg",),
    "scipy.stats": ("stats",),
}
declared: set[str] = set()


def declare() -> bool:
    """Declare the gates of those modules of SciPy's that are loaded by now; whether there were new ones."""
    new = {module.__name__ for module in loaded()} - declared
    declared.update(new)
    for module in PARTS:
        for part in PARTS[module] if module in new else ():
            importlib.import_module(f"{__name__}.{part}")
    return bool(new)


def is_whole(module: str) -> bool:
    """Whether a module is loaded, and not about to be."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return spec is not None and not getattr(spec, "_initializing", False)


def loaded() -> list[ModuleType]:
    """Those of SciPy's modules with gates that are loaded by now."""
    return [sys.modules[module] for module in PARTS if is_whole(module)]


def load_scipys() -> bool:
    """Load SciPy's modules that functions have gates in, and declare these; whether SciPy is there."""
    try:
        for module in PARTS:
            importlib.import_module(module)
    except ImportError:
        return False
    declare()
    return True
