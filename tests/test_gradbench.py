"""The tool for GradBench speaks its protocol, and gives what differences give, in all twelve evals."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

import gatewise as gw
from benchmarks.gradbench import descent, particle, saddle
from benchmarks.gradbench.__main__ import EVALS, answering, as_it_is

DRAW = np.random.default_rng(5)
RUNS = {"min_runs": 2, "min_seconds": 0}
WAYS = pytest.mark.parametrize("way", [as_it_is, gw.compile], ids=["eager", "compiled"])
BONES = 22
HAND = {
    "bone_names": ["bone"] * BONES,
    "parents": [-1, 0, *(0 if i % 4 == 2 else i - 1 for i in range(2, BONES))],
    "base_relatives": (np.eye(4) + 0.1 * DRAW.normal(size=(BONES, 4, 4)) * np.array([[1.0]] * 3 + [[0.0]])).tolist(),
    "inverse_base_absolutes": (
        np.eye(4) + 0.1 * DRAW.normal(size=(BONES, 4, 4)) * np.array([[1.0]] * 3 + [[0.0]])
    ).tolist(),
    "base_positions": np.hstack([DRAW.normal(size=(9, 3)), np.ones((9, 1))]).tolist(),
    "weights": DRAW.dirichlet(np.ones(BONES), 9).tolist(),
    "triangles": [[0, 1, 2], [3, 4, 5], [6, 7, 8]],
    "is_mirrored": True,
}
INPUTS: dict[str, dict] = {
    "det": {"A": DRAW.normal(size=16).tolist(), "ell": 4},
    "gmm": {
        "d": 3,
        "k": 2,
        "n": 5,
        "x": DRAW.normal(size=(5, 3)).tolist(),
        "m": 2,
        "gamma": 1.5,
        "alpha": DRAW.normal(size=2).tolist(),
        "mu": DRAW.normal(size=(2, 3)).tolist(),
        "q": DRAW.normal(size=(2, 3)).tolist(),
        "l": DRAW.normal(size=(2, 3)).tolist(),
    },
    "llsq": {"x": DRAW.normal(size=4).tolist(), "n": 7},
    "lse": {"x": DRAW.normal(size=6).tolist()},
    "ode": {"x": (0.5 + DRAW.random(4)).tolist(), "s": 5},
    "lstm": {
        "main_params": DRAW.random((4, 12)).tolist(),
        "extra_params": DRAW.random((3, 3)).tolist(),
        "state": DRAW.random((4, 3)).tolist(),
        "sequence": DRAW.integers(0, 2, (4, 3)).tolist(),
    },
}


def said(way, name, asked) -> list:
    """Return the outputs of an eval's functions, asked over the protocol."""
    start = {"id": 0, "kind": "start", "eval": name}
    messages = [start, {"id": 1, "kind": "define", "module": name}]
    messages += [
        {"id": 2 + i, "kind": "evaluate", "module": name, "function": function, "input": given}
        for i, (function, given) in enumerate(asked)
    ]
    told = io.StringIO()
    answering(io.StringIO("\n".join(map(json.dumps, [*messages, {"id": 99, "kind": "end"}]))), told, way)
    answers = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [answer["id"] for answer in answers] == list(range(len(messages)))
    assert answers[1]["success"], answers[1]
    for answer, (_, given) in zip(answers[2:], asked):
        assert answer["success"], answer["error"]
        assert len(answer["timings"]) == (given["min_runs"] if isinstance(given, dict) else 1)
        assert all(timing["name"] == "evaluate" and timing["nanoseconds"] > 0 for timing in answer["timings"])
    return [answer["output"] for answer in answers[2:]]


def moved(way, name: str, function: str, given: dict, key: str, told=np.array) -> np.ndarray:
    """Return central differences of a function's outputs along every entry of one input, a row for each entry."""
    at = np.array(given[key], dtype=float)
    inputs = []
    for i in range(at.size):
        for step in (1e-6, -1e-6):
            there = at.copy()
            there.flat[i] += step
            inputs.append((function, {**given, **RUNS, key: there.tolist()}))
    outputs = [np.asarray(told(output)).ravel() for output in said(way, name, inputs)]
    return np.array([(up - down) / 2e-6 for up, down in zip(outputs[::2], outputs[1::2])])


def test_every_eval_is_defined() -> None:
    for name in EVALS:
        said(as_it_is, name, [])


def test_what_is_unknown_or_fails_is_told_and_the_next_message_answered() -> None:
    messages = [
        {"id": 0, "kind": "define", "module": "nothing"},
        {"id": 1, "kind": "define", "module": "hello"},
        {"id": 2, "kind": "evaluate", "module": "hello", "function": "cube", "input": 3.0},
        {"id": 3, "kind": "evaluate", "module": "hello", "function": "square", "input": 3.0},
    ]
    told = io.StringIO()
    answering(io.StringIO("\n".join(map(json.dumps, messages))), told, as_it_is)
    answers = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [answer["success"] for answer in answers] == [False, True, False, True]
    assert "cube" in answers[2]["error"]


@WAYS
def test_hello(way) -> None:
    assert said(way, "hello", [("square", 3.0), ("double", 3.0)]) == [9.0, 6.0]


@WAYS
@pytest.mark.parametrize(
    ("name", "value", "slope", "keys"),
    [
        ("det", "primal", "gradient", ["A"]),
        ("llsq", "primal", "gradient", ["x"]),
        ("lse", "primal", "gradient", ["x"]),
        ("lstm", "objective", "jacobian", ["main_params", "extra_params"]),
    ],
)
def test_gradients_are_those_of_differences(way, name: str, value: str, slope: str, keys: list[str]) -> None:
    given = INPUTS[name]
    expected = np.concatenate([moved(as_it_is, name, value, given, key).ravel() for key in keys])
    (found,) = said(way, name, [(slope, {**given, **RUNS})])
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-7)


@WAYS
def test_the_parameters_of_a_mixture(way) -> None:
    given = INPUTS["gmm"]
    (found,) = said(way, "gmm", [("jacobian", {**given, **RUNS})])
    for key in ("alpha", "mu", "q", "l"):
        expected = moved(as_it_is, "gmm", "objective", given, key).reshape(np.shape(given[key]))
        assert np.allclose(found[key], expected, rtol=1e-6, atol=1e-7), key


@WAYS
def test_the_last_entry_of_the_equation(way) -> None:
    expected = moved(as_it_is, "ode", "primal", INPUTS["ode"], "x", lambda y: y[-1]).ravel()
    (found,) = said(way, "ode", [("gradient", {**INPUTS["ode"], **RUNS})])
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_the_determinant_is_that_of_numpy() -> None:
    A = np.array(INPUTS["det"]["A"]).reshape(4, 4)
    assert np.isclose(said(as_it_is, "det", [("primal", {**INPUTS["det"], **RUNS})])[0], np.linalg.det(A))


@WAYS
def test_newtons_direction_leads_to_the_means(way) -> None:
    points = DRAW.normal(size=(12, 2))
    centroids = points[-3:]
    nearest = np.argmin(((points[:, None] - centroids) ** 2).sum(-1), axis=1)
    means = np.array([points[nearest == i].mean(axis=0) for i in range(3)])
    given = {"points": points.tolist(), "centroids": centroids.tolist(), **RUNS}
    cost, direction = said(way, "kmeans", [("cost", given), ("dir", given)])
    assert np.isclose(cost, np.sum((points - centroids[nearest]) ** 2))
    assert np.allclose(centroids - direction, means)


@WAYS
@pytest.mark.parametrize("still", [False, True])
def test_bundle_adjustment(way, still: bool) -> None:
    camera = DRAW.normal(size=11) * 0.1 + np.array([0, 0, 0, 0, 0, -5.0, 1, 0, 0, 0, 0])
    camera[:3] *= not still
    given = {"n": 2, "m": 3, "p": 4, "cam": camera.tolist(), "x": [0.3, -0.2, 0.4], "w": 0.7, "feat": [0.1, 0.2]}
    objective, sparse = said(way, "ba", [("objective", {**given, **RUNS}), ("jacobian", {**given, **RUNS})])
    assert objective["reproj_error"]["repeated"] == objective["w_err"]["repeated"] == 4
    assert np.isclose(objective["w_err"]["element"], 1 - 0.7**2)
    slopes = [
        moved(as_it_is, "ba", "objective", given, key, lambda told: told["reproj_error"]["elements"])
        for key in ("cam", "x", "w")
    ]
    kept = slice(3, None) if still else slice(None)  # across the length 0 the two formulas do not meet to second order
    values = np.array(sparse["vals"][:-1]).reshape(2, 15)
    assert np.allclose(values[:, kept], np.vstack(slopes).T[:, kept], rtol=1e-6, atol=1e-7)
    assert np.isclose(sparse["vals"][-1], -2 * 0.7)
    assert sparse["rows"][:9] == [0, 15, 30, 45, 60, 75, 90, 105, 120]
    assert sparse["rows"][-1] == 8 * 15 + 4
    assert sparse["cols"][:15] == [*range(11), 22, 23, 24, 31]
    assert sparse["cols"][-1] == 34


@WAYS
@pytest.mark.parametrize("within", [False, True])
def test_hand_tracking(way, within: bool) -> None:
    given = {
        "theta": (0.3 * DRAW.normal(size=26)).tolist(),
        "us": DRAW.random((2, 2)).tolist() if within else [],
        "data": {"model": HAND, "correspondences": [2, 0], "points": DRAW.normal(size=(2, 3)).tolist()},
    }
    expected = moved(as_it_is, "ht", "objective", given, "theta").T
    if within:
        by_us = moved(as_it_is, "ht", "objective", given, "us")  # a row for each coordinate of each point
        expected = np.column_stack([by_us[0] + by_us[2], by_us[1] + by_us[3], expected])
    (found,) = said(way, "ht", [("jacobian", {**given, **RUNS})])
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-7)


MODE = pytest.mark.parametrize("mode", ["rr", "rf", "fr", "ff"])


@MODE
def test_the_slope_of_a_particles_path(mode: str) -> None:
    outer, inner = mode
    (slope,) = descent.MODES[outer](lambda w: particle.missed(w, inner), 1)(0.2)
    difference = particle.missed(0.2 + 1e-6, inner) - particle.missed(0.2 - 1e-6, inner)
    assert np.isclose(slope, difference / 2e-6, rtol=1e-6)


@MODE
def test_the_slope_of_the_greatest_height(mode: str) -> None:
    outer, inner = mode
    found = descent.MODES[outer](lambda x, y: saddle.greatest((x, y), (0.7, 0.7), inner), 2)(0.3, -0.4)
    assert np.allclose(found, (0.6, -0.8))


def test_a_saddle_point_is_the_origin() -> None:
    (found,) = said(gw.compile, "saddle", [("rr", {"start": [0.7, 0.7], "min_runs": 1, "min_seconds": 0})])
    assert np.max(np.abs(found)) < 2e-5
