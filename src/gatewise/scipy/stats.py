"""SciPy's distributions: `scipy.stats`, with gates in place of the functions that have one."""

from __future__ import annotations

from gatewise._twins import scipys as _scipys

_twin = _scipys("stats")


def __dir__() -> list[str]:
    return dir(_twin.original)


def __getattr__(name: str) -> object:
    return getattr(_twin, name)
