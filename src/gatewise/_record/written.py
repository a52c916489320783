"""A record as JSON: plain lists and numbers, large arrays by summary."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from gatewise._record.schema import Check, Record
from gatewise._types import Named

WHOLE = 1000  # entries up to which an array is written out
MAP = (6, 16)  # rows and columns of the map of a larger one


def jsonable(record: Record) -> dict[str, object]:
    """The record with plain lists and numbers; large arrays by summary, NaN and inf as words."""
    wires = []
    for wire in record["wires"]:
        value, summary = written_out(wire["value"])
        gradient, gradient_summary = written_out(wire["gradient"])
        told = {name: written_out(number)[0] for name, number in wire["given"].items()}
        wires.append(
            {
                **wire,
                "given": told,
                "value": value,
                "summary": summary,
                "gradient": gradient,
                "gradient_summary": gradient_summary,
            }
        )
    uses = []
    for use in record["uses"]:
        contribution, contribution_summary = written_out(use["contribution"])
        local, _ = written_out(use["local"])
        uses.append({**use, "local": local, "contribution": contribution, "contribution_summary": contribution_summary})
    checks = {k: check_written(check) for k, check in record["checks"].items()}
    guards = [{**guard, "value": written_out(guard["value"])[0]} for guard in record["guards"]]
    loops = [
        {**loop, "ends": {id_: ends_written(ends) for id_, ends in loop["ends"].items()}} for loop in record["loops"]
    ]
    return {
        **record,
        "loops": loops,
        "wires": wires,
        "uses": uses,
        "guards": guards,
        "upstream": written_out(record["upstream"])[0],
        "checks": checks,
    }


def check_written(check: Check) -> dict[str, object]:
    """A check as JSON."""
    return {key: as_json(told) if isinstance(told, (float, list)) else told for key, told in check.items()}


def ends_written(ends: Named) -> dict[str, object]:
    """What is told of a wire of all rounds: arrays are written out, or told by their summary, as they are of wires."""
    return {which: each_written(told) for which, told in ends.items()}


def each_written(told: Named) -> dict[str, object]:
    found: dict[str, Any] = {}
    for name, number in told.items():
        found[name], found[f"{name}_summary"] = written_out(number)
    return found


def written_out(value: object) -> tuple[object, dict[str, object] | None]:
    """A value as JSON, or its summary where it is large."""
    if value is None:
        return None, None
    array = np.asarray(value)
    if array.size > WHOLE:
        return None, summary(array)
    return as_json(array.tolist()), None


def as_json(value: object) -> Any:
    """Numbers as JSON has them."""
    if isinstance(value, list):
        return [as_json(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, complex):
        return f"{value!r}".strip("()")
    return value


def summary(array: np.ndarray) -> dict[str, object]:
    """What is told of an array that is not written out; of complex numbers, what is told of their sizes."""
    array = np.abs(array) if np.iscomplexobj(array) else array
    with np.errstate(all="ignore"):
        facts = {
            "min": array.min(),
            "max": array.max(),
            "mean": array.mean(),
            "norm": np.sqrt(np.sum(np.square(array, dtype=float))),
        }
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return {**{key: as_json(float(fact)) for key, fact in facts.items()}, "map": coarse(array), "sha256": digest}


def coarse(array: np.ndarray) -> list[list[object]]:
    """An array as at most 6 rows of 16: for each part the entry of the largest size, and NaN before all others.

    Leading axes are rows one after another, as in the heat maps of pictures (`_views/heat.py`).
    """
    table = array.astype(float).reshape(-1, array.shape[-1] if array.ndim else 1)
    if array.ndim < 2:
        table = table.reshape(1, -1)
    rows, columns = (min(count, most) for count, most in zip(table.shape, MAP, strict=True))
    parts = [part for band in np.array_split(table, rows) for part in np.array_split(band, columns, axis=1)]
    largest = [float(part.flat[np.argmax(np.abs(part))]) for part in parts]  # argmax takes the first NaN there is
    return [as_json(largest[row * columns : (row + 1) * columns]) for row in range(rows)]
