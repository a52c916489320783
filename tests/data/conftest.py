"""Every test here has a cache of its own and no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewise.data import fetching, places

CLOSED = "http://127.0.0.1:9/"  # nothing answers there


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of what was fetched, which does not exist yet."""
    folder = tmp_path / "cache" / "gatewise"
    monkeypatch.setattr(places, "cache", lambda: folder)
    monkeypatch.setattr(fetching, "CIFAR10", CLOSED + "cifar-10-python.tar.gz")
    monkeypatch.setattr(fetching, "MNIST", CLOSED)
    monkeypatch.delenv(places.VARIABLE, raising=False)
    return folder
