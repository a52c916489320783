"""What is told of the wires at the edge of a loop, by their role."""

from __future__ import annotations

KINDS = {
    "each": "shares",
    "before": "carries",
    "after": "continues",
    "final": "leaves",
    "list": "collects",
    "gathered": "collects",
    "taken": "moves",
}
SYMBOLS = {"each": "Σ", "before": "↻", "after": "→", "final": "→", "list": "→", "gathered": "→", "taken": "[ ]"}
SAYS = {
    "each": "What all rounds share gets the sum of what each round sends back.",
    "before": "Hands a round what the round before made, and its gradient back to that one.",
    "after": "Hands the next round what this one made.",
    "final": "What the last round made is used after the loop.",
    "list": "What each round made is an entry here; it gets that entry's gradient.",
    "gathered": "What each round made is an entry here; it gets that entry's gradient.",
    "taken": "The entry of the round; what comes back goes there.",
}
GATES: dict[str, str] = {"gathered": "list", "taken": "pick"}  # of roles that are called otherwise


def role_told(role: str) -> str:
    """What a wire of a loop is to a reader of the record."""
    if role == "taken":
        return "body"
    return "final" if role in ("list", "gathered") else role


def backward_line(role: str, source: str, own: str, index: str) -> str:
    """The line of backward code of a wire at the edge of a loop; `index` says which entry of a list."""
    if role in ("list", "gathered"):
        return f"d{source} += d{own}[{index}]"
    if role == "taken":
        return f"d{source}[{index}] += d{own}"
    return f"d{source} {'+=' if role == 'each' else '='} d{own}"
