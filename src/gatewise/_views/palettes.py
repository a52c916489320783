"""The colours of a picture: every palette tells values from gradients, and three do so for colour-blind readers."""

from __future__ import annotations

from dataclasses import dataclass

from gatewise._errors import UnknownPaletteError


@dataclass(frozen=True)
class Palette:
    """The colours a picture uses; position, weight and slant say the same without colour."""

    value: str
    gradient: str
    ink: str = "#1A1A1A"
    wire: str = "#5B6470"
    quiet: str = "#666F7A"
    paper: str = "#FFFFFF"
    gate: str = "#F4F6F8"
    loud: str = "#C4007A"


PALETTES = {
    "default": Palette("#005A8F", "#B8300B"),
    "green-red": Palette("#00795C", "#B8300B"),
    "dark": Palette(
        "#56B4E9",
        "#FF8A4C",
        ink="#F2F2F2",
        wire="#9AA4AF",
        quiet="#A3ADB8",
        paper="#111111",
        gate="#22272E",
        loud="#FF6EC7",
    ),
    "notes": Palette("#008000", "#FF0000"),  # the course's own colours; red on white is faint, hence not the default
}


def palette_named(name: str) -> Palette:
    """The palette of this name, or an error that lists the names there are."""
    if name not in PALETTES:
        raise UnknownPaletteError(name, list(PALETTES))
    return PALETTES[name]
