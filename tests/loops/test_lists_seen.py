"""A list that one loop fills and another goes through: each loop is one round, and the list stands between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._record.rounds.numbers import RoundsOf
from loops.test_seen import faults, rounds_of, wrong_in

COUNT = 6


def by_number(W, V, xs, ys, h):
    hs = []
    for t in range(len(xs)):
        h = np.tanh(W @ h + xs[t])
        hs.append(h)
    loss = 0.0
    for t in range(len(xs)):
        loss = loss + np.sum((V @ hs[t] - ys[t]) ** 2)
    return loss


def through(W, V, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    loss = 0.0
    for g in hs:
        loss = np.tanh(loss + np.sum((V @ g) ** 2) + np.sum(g))
    return loss


def with_last(W, V, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    s = h
    for g in hs:
        s = np.tanh(V @ g + s)
    return np.sum(s * h)


def twice(W, V, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    u = np.zeros(3)
    for g in hs:
        u = np.tanh(V @ u + g)
    loss = 0.0
    for t in range(len(xs)):
        loss = loss + np.sum(hs[t] * u)
    return loss


def small_behind(W, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    loss = 0.0
    for g in hs:
        loss = loss + np.max(g)
    return loss


def layers(W, V, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    gs = []
    g = h * 0.5
    for y in hs:
        g = np.tanh(V @ g + y)
        gs.append(g)
    loss = 0.0
    for y in gs:
        loss = loss + np.sum(y**2)
    return loss


def with_itself(W, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    s = h
    for g in hs:
        s = s * g
    return np.sum(s)


def shifted(W, xs, h):
    hs = [h]
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    loss = 0.0
    for t in range(len(xs)):
        loss = loss + np.sum(hs[t] * xs[t])
    return loss


def circuit(f: Any) -> Any:
    rng = np.random.default_rng(0)
    whole = {
        "W": rng.normal(size=(3, 3)),
        "V": rng.normal(size=(3, 3)),
        "xs": rng.normal(size=(COUNT, 3)),
        "ys": rng.normal(size=(COUNT, 3)),
        "h": rng.normal(size=3),
    }
    return gw.circuit(f, **{name: whole[name] for name in f.__code__.co_varnames[: f.__code__.co_argcount]})


def index(c: Any, name: str) -> int:
    return next(w["id"] for w in c._seen(checks=False)["wires"] if w["name"] == name)


LISTS = {by_number: 2, through: 2, with_last: 2, twice: 3, small_behind: 2, layers: 3}


@pytest.mark.parametrize("f", LISTS)
def test_both_loops_are_one_round_with_the_list_between_them(f):
    c = circuit(f)
    assert len(rounds_of(c)[0]) == LISTS[f]
    for k in range(COUNT):
        assert wrong_in(c, k) == []
        record = c._seen(round=k + 1, checks=False)
        wires = {w["name"]: w for w in record["wires"]}
        hs = np.stack([w.value for w in c.wires if w.gate == "tanh"][:COUNT])
        np.testing.assert_array_equal(wires["hs"]["value"], hs)
        np.testing.assert_array_equal(wires["hs_t"]["value"], hs[k])
    assert "hs[t]" in str(c)
    assert faults(c.svg(round=2)) == []
    assert "What each round made is an entry here" in c._seen(checks=False)["wires"][index(c, "hs")]["says"]
    assert "hs = h_t of all rounds" in c.card("hs", round=2)
    assert "hs_t = hs[t]" in c.card("hs_t", round=2)
    assert c.html().startswith("<!")
    assert r"\mathrm{hs}" in str(c.derive("W"))


@pytest.mark.parametrize("f", [with_itself, shifted])
def test_what_is_given_an_entry_by_two_ways_and_lists_that_began_with_something_stay_unrolled(f):
    c = circuit(f)
    assert rounds_of(c)[0] == []
    assert c.svg() == c.svg(unrolled=True)


def test_the_numbers_would_tell_of_an_entry_that_is_left_out(monkeypatch):
    c = circuit(by_number)
    whole = RoundsOf.to_gathered

    def without_one(self, key, entries):
        found = whole(self, key, entries)
        found[2] = 0.0
        return found

    monkeypatch.setattr(RoundsOf, "to_gathered", without_one)
    assert "sum of h_t" in wrong_in(c, 2)
    assert wrong_in(c, 3) == []


def test_two_hundred_rounds_are_as_large_as_six():
    rng = np.random.default_rng(1)
    W, h = rng.normal(size=(3, 3)) * 0.3, rng.normal(size=3)
    few, many = (gw.circuit(through, W, W, rng.normal(size=(n, 3)), h) for n in (6, 200))
    assert len(many.svg()) < 1.1 * len(few.svg()) + 1000
