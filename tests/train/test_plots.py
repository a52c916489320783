"""Plots: curves and weights, drawn by matplotlib where it is installed."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from gatewise._errors import SaveError
from gatewise.train import Epoch, History
from gatewise.train.history import smoothed
from gatewise.train.plots import first_weights, save_curves, save_weights, spread
from train.nets import convolutional, mlp

HISTORY = History([2.3, 2.0, 1.8, 1.5], [Epoch(1, 2, 0.1, 2.15, 0.3, 2.0, 0.35), Epoch(2, 4, 0.1, 1.6, 0.5, 1.7, 0.45)])


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_curves(suffix, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'gatewise[plot]'")
    path = tmp_path / f"curves{suffix}"
    HISTORY.plot(path)
    begins = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    assert path.read_bytes().startswith(begins[suffix])


def test_curves_say_what_they_show_and_are_the_same_each_time(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'gatewise[plot]'")
    texts = []
    for name in ("a.svg", "b.svg"):
        save_curves({"one": HISTORY, "two": HISTORY}, tmp_path / name)
        texts.append((tmp_path / name).read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert all(word in texts[0] for word in ("accuracy", "epoch", "loss, smoothed", "one, validation"))


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_weights(channels, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'gatewise[plot]'")
    save_weights(np.random.default_rng(0).standard_normal((10, channels, 6, 6)), tmp_path / "w.png", list("0123456789"))
    assert (tmp_path / "w.png").stat().st_size > 1000


def test_what_cannot_be_written_is_named(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'gatewise[plot]'")
    with pytest.raises(SaveError, match="does not say"):
        HISTORY.plot(tmp_path / "curves.docx")
    with pytest.raises(SaveError, match="cannot be written"):
        HISTORY.plot(tmp_path / "no" / "curves.svg")


def test_without_matplotlib_the_way_to_get_it_is_told(monkeypatch, tmp_path):
    imported = builtins.__import__

    def refuse(name, *rest, **options):
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return imported(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SaveError, match=r"pip install 'gatewise\[plot\]'"):
        HISTORY.plot(tmp_path / "curves.svg")


def test_first_weights_are_images_of_what_they_look_at():
    assert first_weights(mlp(64, 30, 10), (1, 8, 8)).shape == (30, 1, 8, 8)
    assert first_weights(convolutional(), (1, 8, 8)).shape == (6, 1, 3, 3)
    assert first_weights(mlp(12, 4), (1, 8, 8)) is None


def test_an_image_is_spread_over_the_whole_range():
    colours = spread(np.random.default_rng(0).standard_normal((3, 4, 5)))
    assert colours.shape == (4, 5, 3)
    assert (colours.min(), colours.max()) == (0.0, 1.0)
    assert spread(np.ones((1, 2, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_smoothing_keeps_the_length_and_the_mean_of_a_line():
    assert smoothed([1.0] * 7, 3) == [1.0] * 7
    assert len(smoothed(list(range(100)), 9)) == 100
    assert smoothed([3.0], 50) == [3.0]
