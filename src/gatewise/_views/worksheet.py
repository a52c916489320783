"""A worksheet for paper: the picture of a circuit in which the gradients are left for the reader to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatewise._errors import SaveError
from gatewise._views.picture import picture
from gatewise._views.tikz import tikz


def blanked(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its gradients, but for the one at the output, from which they are found."""
    nothing = {"gradient": None, "gradient_summary": None}
    wires = [wire if wire["id"] == record["output"] else {**wire, **nothing} for wire in record["wires"]]
    uses = [{**use, "contribution": None, "contribution_summary": None} for use in record["uses"]]
    return {**record, "wires": wires, "uses": uses, "worksheet": True}


def in_form(record: Mapping[str, Any], suffix: str) -> bytes:
    """A picture in the form that this ending of a file's name asks for. Raises `SaveError` where it cannot be drawn."""
    if suffix == ".tex":
        return tikz(record, form="standalone").encode()
    text = picture(record).encode()
    if suffix == ".svg":
        return text
    try:
        import cairosvg  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        kind = suffix[1:].upper()
        raise SaveError(
            f"No {kind} was written.",
            f"a {kind} is drawn by CairoSVG, which is not installed.",
            "pip install 'gatewise[png]'; or .svg; or .tex, which pdflatex makes a PDF of.",
        ) from None
    made: bytes = cairosvg.svg2pdf(bytestring=text) if suffix == ".pdf" else cairosvg.svg2png(bytestring=text, scale=2)
    return made
