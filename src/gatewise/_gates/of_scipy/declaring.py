"""What all gates of SciPy's functions have in common."""

from typing import Any

from gatewise._gates.families import Declare, custom, elementwise


def of_special(ufunc: Any, **facts: object) -> Declare:
    """Declare a gate of one of `scipy.special`'s ufuncs by the local gradient along each input, for real numbers."""
    name = ufunc.__name__
    common = {"path": f"special.{name}", "symbol": name, "analytic": False, "in_page": False}
    return elementwise(ufunc, **common | facts)


def of_linalg(function: Any, **facts: object) -> Declare:
    """Declare a gate of one of `scipy.linalg`'s functions by its pullback, for real numbers."""
    name = function.__name__
    common = {"path": f"linalg.{name}", "name": f"linalg_{name}", "symbol": name, "analytic": False, "in_page": False}
    return custom(function, **common | facts)
