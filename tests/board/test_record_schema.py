"""A record has the keys that its types say, and docs/record.md tells of each."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import gatewise as gw
from gatewise._record.schema import BlockRule, Check, Guard, Record, Sent, UseEntry, WireEntry

TOLD = (Path(__file__).parents[2] / "docs" / "record.md").read_text(encoding="utf-8")
SUMMED_UP = {"summary", "gradient_summary", "contribution_summary"}  # what JSON has beside


def chosen(x: float, w: float) -> float:
    z = w * x
    return 1 / (1 + np.exp(-z)) if x > 0 else 0.0 * z


def test_a_record_is_as_its_types_say() -> None:
    c = gw.circuit(chosen, x=2.0, w=0.5)
    shown = c._shown
    assert shown.keys() == Record.__annotations__.keys()
    parts = {"wires": WireEntry, "uses": UseEntry, "backward": Sent, "guards": Guard}
    for part, kind in parts.items():
        assert shown[part]
        for entry in shown[part]:
            assert entry.keys() - SUMMED_UP == kind.__annotations__.keys()
    for check in shown["checks"].values():
        assert check.keys() == Check.__annotations__.keys()


@pytest.mark.parametrize("kind", [Record, WireEntry, UseEntry, Sent, Guard, Check])
def test_the_page_on_records_tells_of_every_key(kind: type) -> None:
    told = {*re.findall(r"`(\w+)`", TOLD), *re.findall(r"(?m)^(\w+): ", TOLD)}
    assert kind.__annotations__.keys() <= told


def test_the_rule_of_a_block_is_as_its_type_says() -> None:
    from gatewise._board import frozen_of
    from gatewise._record import block_rules

    (rule,) = block_rules(frozen_of(gw.circuit(chosen, x=2.0, w=0.5))).values()
    assert rule.keys() == BlockRule.__annotations__.keys()
