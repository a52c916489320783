"""The gates: `gate` and `families` say what a gate is, every other file only declares gates."""

from gatewise._gates import (
    arithmetic,
    assigning,
    choices,
    curves,
    factors,
    layers,
    matrices,
    movement,
    neural,
    ordering,
    placing,
    running,
    spectra,
    spelling,
    totals,
)
from gatewise._gates.families import custom, elementwise, linear, reduction, stops
from gatewise._gates.gate import GATES, NAMES, Carrier, Gate

spelling.learn()

__all__ = [
    "GATES", "NAMES", "Carrier", "Gate", "arithmetic", "choices", "curves", "custom", "elementwise", "layers",
    "linear", "matrices", "movement", "neural", "reduction", "stops", "totals",
]  # fmt: skip
