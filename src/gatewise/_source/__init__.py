"""From circuit to Python text: forward and backward as one writes them by hand."""

from gatewise._source.gate_texts import GateText, gate_texts, local_gradients, step_texts
from gatewise._source.shapes import sizes
from gatewise._source.spelling import ATOM, Text, number_literal
from gatewise._source.staged import Staged, staged

__all__ = [
    "ATOM", "GateText", "Staged", "Text", "gate_texts", "local_gradients", "number_literal", "sizes", "staged",
    "step_texts",
]  # fmt: skip
