"""The derivation in writing: the chain rule from the output back, in symbols, in numbers, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gatewise._errors import ComplexGradientError
from gatewise._views.derivation import arrays, scalars
from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.page import Code, Heading, Page, heading, markdown, sentence, standalone
from gatewise._views.derivation.page import latex as in_latex
from gatewise._views.derivation.plain import plain
from gatewise._views.sheet import Sheet, Wire, read

__all__ = ["derivation", "standalone"]


def derivation(
    record: Mapping[str, object],
    name: str | None = None,
    *,
    latex: bool = False,
    digits: int | None = None,
    form: Literal["fragment", "standalone", "text"] = "fragment",
) -> str:
    """The derivation of every input's gradient, or of one wire's, in Markdown with LaTeX, in LaTeX alone, or as text.

    `latex=True` gives a fragment for a document with amsmath, and in the form "standalone" one that compiles.
    Raises `UnknownWireError` where no wire has that name, `ComplexGradientError` where numbers are complex: the lines
    are equations of real ones.
    """
    sheet = read(record)
    if (complex_one := next((wire for wire in sheet.wires if wire.dtype.startswith("complex")), None)) is not None:
        raise ComplexGradientError(
            f"{complex_one.name} of {sheet.output.name} is complex.",
            "a derivation in writing is one of real numbers.",
            "c.code(), or the table, the cards and the picture, which show complex ones.",
        )
    wanted = [sheet.named(name)] if name is not None else _inputs(sheet)
    page = [_title(sheet, wanted), *_body(sheet, wanted, digits)]
    if form == "text":
        return plain(page)
    return (standalone if form == "standalone" else str)(in_latex(page)) if latex else markdown(page)


def _inputs(sheet: Sheet) -> list[Wire]:
    return [wire for wire in sheet.wires if wire.kind == "input" and wire.has_gradient]


def _title(sheet: Sheet, wanted: list[Wire]) -> Heading:
    output = Code(sheet.output.name)
    if len(wanted) == 1:
        return heading(1, "derivation.title.along", output=output, wire=Code(wanted[0].name))
    return heading(1, "derivation.title", output=output)


def _body(sheet: Sheet, wanted: list[Wire], digits: int | None) -> Page:
    if not wanted:
        return [sentence("derivation.nothing")]
    if not wanted[0].has_gradient:
        return [sentence("derivation.none", wire=Code(wanted[0].name))]
    chain = Chain(sheet, wanted, digits)
    return arrays.derived(chain) if chain.any_array else scalars.derived(chain)
