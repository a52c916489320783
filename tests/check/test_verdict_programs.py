"""gatewise's own gradients of random programs, in float64 and float32: none is called wrong."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest
from source.programs import write

import gatewise as gw

#: Beside the first seeds, programs where long steps in short floats agree on a slope that is not the one at x.
SEEDS = [*range(60), 128, 392, 936, 1481]


def test_right_gradients_of_random_programs_are_never_wrong(counted):
    counts: Counter[str] = Counter()
    for seed in SEEDS:
        program = write(seed)
        module: dict = {}
        exec(compile(program.source, f"<program {seed}>", "exec"), module)
        args, kwargs = program.inputs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                report = gw.check(module["f"], *args, upstream=program.upstream, **kwargs)
            except gw.GatewiseError:
                continue  # nothing there has a gradient
        short = "float32" if "float32" in repr(program.inputs) else "float64"
        counts[f"{short}_{report.verdict}"] += 1
        if report.verdict == "wrong":
            pytest.fail(f"seed {seed}: {report}")
    counted("random programs checked", **counts)
    assert counts["float64_right"] > 0.8 * (counts["float64_right"] + counts["float64_undecidable"])
