"""The colours, measured: contrast on their paper (WCAG) and distance for four kinds of colour vision (CIE76)."""

import numpy as np
import pytest

from gatewise._views.palettes import PALETTES

# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(colour, paper):
    lights = sorted(TO_XYZ[1] @ linear(each) + 0.05 for each in (colour, paper))
    return lights[1] / lights[0]


def lab(rgb):
    x, y, z = np.array(TO_XYZ @ np.clip(rgb, 0, 1)) / (TO_XYZ @ np.ones(3))
    cube = [part ** (1 / 3) if part > (6 / 29) ** 3 else part / (3 * (6 / 29) ** 2) + 4 / 29 for part in (x, y, z)]
    return np.array([116 * cube[1] - 16, 500 * (cube[0] - cube[1]), 200 * (cube[1] - cube[2])])


def distance(first, second, vision):
    return float(np.linalg.norm(lab(VISION[vision] @ linear(first)) - lab(VISION[vision] @ linear(second))))


@pytest.mark.parametrize("name", ["default", "green-red", "dark"])
def test_every_word_is_readable_on_its_paper(name):
    palette = PALETTES[name]
    for colour in (palette.value, palette.gradient, palette.ink, palette.quiet, palette.loud):
        assert contrast(colour, palette.paper) >= 4.5
    assert contrast(palette.wire, palette.paper) >= 3


@pytest.mark.parametrize(("name", "least"), [("default", 70), ("green-red", 30), ("dark", 75)])
def test_values_and_gradients_differ_for_every_kind_of_colour_vision(name, least):
    palette = PALETTES[name]
    assert min(distance(palette.value, palette.gradient, vision) for vision in VISION) >= least


def test_the_courses_own_colours_are_not_the_default_for_a_reason():
    notes = PALETTES["notes"]
    assert contrast(notes.gradient, notes.paper) < 4.5
    assert distance(notes.value, notes.gradient, "protan") < 15
