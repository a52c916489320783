"""Views that are text, as a notebook and a prompt show them: as what they are, and not as strings in quotes."""

from __future__ import annotations


class Told(str):
    """Text to be read as it stands."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Markdown(Told):
    """Markdown with formulas, which a notebook sets."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


class Picture(str):
    """An SVG, which a notebook draws."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<picture: {len(self):,} characters of SVG>"

    def _repr_svg_(self) -> str:
        return str(self)
