"""The colours, measured with a colour library: contrast on their paper, distance for four kinds of colour vision."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gatewise._views.palettes import PALETTES

# Importing it warns of every optional library that is missing, and changes how NumPy prints.
with warnings.catch_warnings(), np.printoptions():
    warnings.simplefilter("ignore")
    colour = pytest.importorskip("colour", reason="colours are not measured: pip install colour-science")

VISION = {"normal": None, "protan": "Protanomaly", "deutan": "Deuteranomaly", "tritan": "Tritanomaly"}
# Contrast of value and gradient on the paper, then their distance for each kind of vision: the figures of the grammar
# of the picture, which are printed to one decimal and to whole numbers.
FIGURES = {
    "default": ((7.3, 6.1), (102, 75, 92, 103)),
    "green-red": ((5.4, 6.1), (99, 32, 48, 107)),
    "dark": ((8.2, 8.1), (101, 78, 93, 99)),
    "notes": ((5.1, 4.0), (133, 10, 24, 130)),
}
FOR_ALL_READERS = ["default", "green-red", "dark"]


def light(code: str) -> np.ndarray:
    """The linear red, green and blue of a colour written as #RRGGBB."""
    return colour.models.eotf_sRGB(colour.notation.HEX_to_RGB(code))


def contrast(code: str, paper: str) -> float:
    """The contrast ratio of WCAG 2: relative luminances, 0.05 added to each, the lighter over the darker."""
    darker, lighter = sorted(float(colour.RGB_to_XYZ(light(each), "sRGB")[1]) + 0.05 for each in (code, paper))
    return lighter / darker


def seen(code: str, vision: str) -> np.ndarray:
    """A colour in CIE Lab as seen with this vision (Machado, Oliveira and Fernandes 2009, full severity)."""
    kind = VISION[vision]
    with warnings.catch_warnings():  # for tritan vision the model is an approximation, and the library says so
        warnings.simplefilter("ignore", colour.utilities.ColourUsageWarning)
        matrix = np.eye(3) if kind is None else colour.blindness.matrix_cvd_Machado2009(kind, 1.0)
    return colour.XYZ_to_Lab(colour.RGB_to_XYZ(np.clip(matrix @ light(code), 0, 1), "sRGB"))


def distance(one: str, other: str, vision: str) -> float:
    return float(colour.delta_E(seen(one, vision), seen(other, vision), method="CIE 1976"))


def test_every_palette_is_measured():
    assert set(FIGURES) == set(PALETTES)


@pytest.mark.parametrize("name", FIGURES)
def test_contrast_is_as_stated(name):
    palette = PALETTES[name]
    measured = [contrast(code, palette.paper) for code in (palette.value, palette.gradient)]
    assert measured == pytest.approx(FIGURES[name][0], abs=0.1)


@pytest.mark.parametrize("name", FIGURES)
def test_distances_are_as_stated(name):
    palette = PALETTES[name]
    measured = [distance(palette.value, palette.gradient, vision) for vision in VISION]
    assert measured == pytest.approx(FIGURES[name][1], abs=1)


@pytest.mark.parametrize("name", FOR_ALL_READERS)
def test_every_word_is_readable_on_its_paper(name):
    """WCAG 2 at level AA: 4.5 for text, 3 for lines."""
    palette = PALETTES[name]
    for code in (palette.value, palette.gradient, palette.ink, palette.quiet, palette.loud):
        assert contrast(code, palette.paper) >= 4.5
    assert contrast(palette.wire, palette.paper) >= 3


@pytest.mark.parametrize("name", FOR_ALL_READERS)
def test_values_and_gradients_differ_for_every_kind_of_colour_vision(name):
    palette = PALETTES[name]
    assert min(distance(palette.value, palette.gradient, vision) for vision in VISION) >= 30


def test_the_courses_own_colours_are_not_the_default_for_a_reason():
    notes = PALETTES["notes"]
    assert contrast(notes.gradient, notes.paper) < 4.5
    assert distance(notes.value, notes.gradient, "protan") < 15


def test_the_measure_knows_black_white_and_the_red_that_a_protan_reader_misses():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert distance("#000000", "#FFFFFF", "normal") == pytest.approx(100, abs=0.1)
    assert distance("#FF0000", "#008000", "protan") < distance("#FF0000", "#008000", "normal") / 5
