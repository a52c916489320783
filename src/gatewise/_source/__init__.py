"""From circuit to Python text: forward and backward as one writes them by hand."""

from gatewise._source.gate_texts import GateText, gate_texts, local_gradients, step_texts
from gatewise._source.staged import Staged, staged

__all__ = ["GateText", "Staged", "gate_texts", "local_gradients", "staged", "step_texts"]
