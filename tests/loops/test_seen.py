"""Loops as they are seen: the record of any round, the picture, the ledger, the card, the walk."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from views.geometry import faults

import gatewise as gw
from gatewise._board.circuits import record_of
from gatewise._errors import ArgumentError
from gatewise._record import chain_of, kept_loops, record_of_round
from gatewise._record.rounds import SMALL, Numbers, folded_record_of_round
from gatewise._record.rounds.numbers import RoundsOf
from loops import manners
from loops.manners import given
from loops.random_loops import drawn, function
from loops.test_printing import STUDENTS, named, student

COUNT = 6


def circuit(module: str, count: int = COUNT) -> Any:
    f, given = student(module)
    return gw.circuit(f, **given(count))


def rounds_of(c: Any) -> tuple[list[Any], Numbers]:
    loops = kept_loops(c._frozen, small=0)
    return loops, Numbers(c._frozen, loops)


def wrong_in(c: Any, k: Any) -> list[str]:
    """What is wrong with the record of one round: numbers that are not the circuit's, sums that do not add up."""
    loops, numbers = rounds_of(c)
    record = record_of_round(c._frozen, loops, numbers, k)
    wires = {w["name"]: w for w in record["wires"]}
    wrong = sums_off(record)
    inside = {w for loop in loops for row in loop.repeat.rounds for w in row}
    for wire in c._frozen.wires:
        name = c._frozen.names[wire]
        if wire not in inside and not same(wires[name]["value"], wire.value):
            wrong.append(f"value of {name}")
        if wire not in inside and not same(wires[name]["gradient"], numbers.gradient[wire]):
            wrong.append(f"gradient of {name}")
    for loop in loops:
        row = row_of(loops, loop, k)
        for place in loop.own:
            name, wire = loop.names[place], row[place]
            if wire is not None and not same(wires[name]["value"], wire.value):
                wrong.append(f"value of {name}")
            if wire is not None and not same(wires[name]["gradient"], numbers.gradient.get(wire)):
                wrong.append(f"gradient of {name}")
    return wrong


def row_of(loops: Any, loop: Any, asked: Any) -> Any:
    """The wires of the round that is shown; those of a loop inside another's stand at its places there."""
    chain = chain_of(loops, loop)
    turns = asked if isinstance(asked, tuple) else (asked,)
    k = min(turns[len(chain) - 1] if len(chain) <= len(turns) else loop.count - 1, loop.count - 1)
    if loop.around is None:
        return loop.repeat.rounds[k]
    outer = loops[loop.around]
    row = row_of(loops, outer, asked)
    return [None if wire is None else row[outer.repeat.body.index(wire)] for wire in loop.repeat.rounds[k]]


def sums_off(record: Any) -> list[str]:
    """Wires whose gradient is not the sum of what comes back along their uses."""
    wrong = []
    for wire in record["wires"]:
        if wire["gradient"] is None or wire["gate"] == "after":
            continue
        parts = [u["contribution"] for u in record["uses"] if u["from"] == wire["id"] and u["contribution"] is not None]
        parts += [record["upstream"]] if wire["id"] == record["output"] else []
        total = sum(map(np.asarray, parts)) if parts else np.zeros_like(wire["value"])
        if not np.allclose(total, wire["gradient"], rtol=1e-9, atol=1e-12, equal_nan=True):
            wrong.append(f"sum of {wire['name']}")
    return wrong


def same(one: Any, other: Any) -> bool:
    return (one is None) == (other is None) and (one is None or np.array_equal(one, other, equal_nan=True))


@pytest.mark.parametrize("module", STUDENTS)
def test_every_round_has_its_numbers_and_every_gradient_is_a_sum(module):
    c = circuit(module)
    assert rounds_of(c)[0]
    for k in range(COUNT):
        assert wrong_in(c, k) == []


def last_and_all(W, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    return np.sum(np.stack(hs) ** 2) + np.sum(h * hs[-1])


@pytest.mark.parametrize("f", [manners.collected_stack, manners.collected_named, manners.losses_npmean, last_and_all])
def test_what_all_rounds_put_into_an_array_leaves_the_loop_as_that(f):
    c = gw.circuit(f, **given(f, COUNT))
    (loop,), _ = rounds_of(c)
    assert len(loop.lists) == 1
    for k in range(COUNT):
        assert wrong_in(c, k) == []
    record = c._seen(round=2, checks=False)
    (array,) = (w for w in record["wires"] if w["pattern"] == "collects")
    (use,) = (u for u in record["uses"] if u["to"] == array["id"])
    assert use["contribution"] == np.asarray(array["gradient"])[1].tolist()
    assert "goes on behind the loop, from every round" in c.card(array["name"], round=2)
    assert f"is an entry of `{array['name']}`" in str(c.derive())
    assert faults(c.svg(round=2)) == []


INSIDE = [manners.nested, manners.epochs, manners.batch, manners.deep, manners.stacked_inside, manners.matmul3]


@pytest.mark.parametrize("f", INSIDE)
def test_a_loop_inside_a_round_is_one_round_too(f):
    c = gw.circuit(f, **given(f, COUNT))
    loops, _ = rounds_of(c)
    assert max(len(chain_of(loops, loop)) for loop in loops) == (3 if f is manners.deep else 2)
    for turns in ((0, 0, 0), (1, 1), (2, 0, 1), (COUNT - 1, 2, 2)):
        assert wrong_in(c, turns) == [], turns
    assert faults(c.svg(round=(2, 1))) == []
    assert "checked: " in str(c)
    assert "Through the rounds" in str(c.derive())


def test_the_picture_of_nested_loops_is_as_large_for_any_counts():
    few, many = (gw.circuit(manners.nested, **given(manners.nested, count)) for count in (5, 30))
    assert len(many.svg()) < 1.1 * len(few.svg()) + 1000
    svg = many.svg(round=(2, 3))
    assert "round 2 of 4" in svg
    assert "round 3 of 30" in svg


def test_a_wire_of_a_round_inside_is_asked_for_by_its_own_name():
    c = gw.circuit(manners.nested, **given(manners.nested, COUNT))
    loops, _ = rounds_of(c)
    (inner,) = (loop for loop in loops if loop.around is not None)
    outer, place = loops[inner.around], inner.own[-1]
    at = outer.repeat.body.index(inner.repeat.rounds[1][place])
    wire = outer.repeat.rounds[2][at]
    card = c.card(c._frozen.names[wire])
    assert card == c.card(inner.names[place], round=(3, 2))
    assert f"round 2 of {inner.count}" in card


def test_rounds_of_more_loops_than_there_are_is_an_error():
    c = gw.circuit(manners.nested, **given(manners.nested, COUNT))
    with pytest.raises(ArgumentError, match="there is no round"):
        c.svg(round=(1, 1, 1))
    with pytest.raises(ArgumentError, match="there is no round 99"):
        c.svg(round=(1, 99))


def row_used(W, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    return np.sum(np.stack(hs) ** 2) + np.sum(hs[2])


def test_a_row_that_is_used_by_itself_keeps_the_loop_unrolled():
    assert rounds_of(gw.circuit(row_used, **given(row_used, COUNT)))[0] == []


def looked_up(W, E, words, h):
    for t in range(len(words)):
        h = np.tanh(W @ h + E[words[t]])
    return np.sum(h)


def test_a_loop_that_takes_another_entry_of_a_list_each_round_has_no_round_that_stands_for_all():
    rng = np.random.default_rng(0)
    c = gw.circuit(looked_up, rng.normal(size=(3, 3)), rng.normal(size=(7, 3)), [1, 5, 2, 6, 3], np.ones(3))
    assert rounds_of(c)[0] == []
    assert "for t in range(len(words))" in str(c.code())


def test_table_and_json_of_a_long_loop_say_that_it_is_too_long_for_differences(monkeypatch):
    monkeypatch.setattr("gatewise._board.rounds.FEW_STEPS", 10)
    c = circuit("rnn")
    assert "gates are too many for differences here; gw.check has them" in str(c)
    assert {each["verdict"] for each in json.loads(c.to_json())["checks"].values()} == {"not checked"}
    assert "agree" in c.card("h_t")


def test_random_loops_have_the_numbers_of_every_round():
    shown = nested = 0
    for seed in range(2000, 2030):
        program = drawn(seed)
        try:
            c = gw.circuit(function(program.text, seed), **named(seed))
        except gw.GatewiseError:
            continue
        loops, _ = rounds_of(c)
        deep = max((len(chain_of(loops, loop)) for loop in loops), default=0)
        for k in range(max((loop.count for loop in loops), default=0)):
            assert wrong_in(c, k) == [], program.text
        for turns in ((0, 0), (0, 2), (1, 1), (2, 0, 1)) if deep > 1 else ():
            assert wrong_in(c, turns) == [], program.text
        shown += bool(loops)
        nested += deep > 1
    assert shown >= 10
    assert nested >= 2


def test_the_sums_would_tell_of_a_round_that_is_left_out(monkeypatch):
    c = circuit("rnn")
    whole = RoundsOf.together
    monkeypatch.setattr(RoundsOf, "together", lambda self, wire: whole(self, wire) - self.to_shared(wire, 2))
    assert wrong_in(c, 0) == ["sum of W", "sum of U"]


def test_the_numbers_would_tell_of_the_round_beside(monkeypatch):
    c = circuit("rnn")
    value = RoundsOf.value
    monkeypatch.setattr(RoundsOf, "value", lambda self, place, k: value(self, place, max(k - 1, 0)))
    assert "value of h_t" in wrong_in(c, 3)


# ------------------------------------------------------------------------------------------------- how large things are


@pytest.mark.parametrize("module", ["rnn", "lstm", "heat"])
def test_two_hundred_rounds_are_as_large_as_five(module):
    few, many = circuit(module, 5), circuit(module, 200)
    for view in ("svg", "tex", "to_dot"):
        small, large = (len(getattr(c, view)()) for c in (few, many))
        assert large < 1.1 * small + 1000, view
    for part in ("wires", "uses", "backward"):
        assert len(many._seen(checks=False)[part]) == len(few._seen(checks=False)[part])


def small(x):
    for _ in range(4):
        x = x * 0.5 + 1.0
    return x


def test_a_loop_of_a_handful_of_gates_is_shown_whole_unless_a_round_is_asked_for():
    c = gw.circuit(small, 1.0)
    assert len(c.stages) * 2 <= SMALL
    assert c.svg() == c.svg(unrolled=True)
    assert str(c) == c._ledger(unrolled=True)
    assert json.loads(c.to_json())["version"] == 1
    assert "round 2 of 4" in c.svg(round=2)


def test_a_longer_one_is_one_round_unless_it_is_unrolled():
    c = circuit("rnn")
    assert f"round {COUNT} of {COUNT}" in c.svg()
    assert c.svg() == c.svg(round="last") == c.svg(round=-1) == c.svg(round=COUNT)
    assert "round 1 of" in c.svg(round="first")
    assert "round" not in c.svg(unrolled=True)
    assert json.loads(c.to_json())["version"] == 2
    assert len(json.loads(c.to_json(unrolled=True))["wires"]) == len(c.wires)


@pytest.mark.parametrize("asked", [0, 7, -7, "second", 1.0, True])
def test_a_round_that_is_not_there_is_an_error(asked):
    with pytest.raises(ArgumentError, match="there is no round"):
        circuit("rnn").svg(round=asked)


def test_a_round_of_a_circuit_without_loops_is_an_error():
    with pytest.raises(ArgumentError, match="no loop of this circuit"):
        gw.circuit("x * y", x=1.0, y=2.0).svg(round=1)
    with pytest.raises(ArgumentError, match="both given"):
        circuit("rnn").svg(round=1, unrolled=True)


def exploding(x):
    for _ in range(9):
        x = x * x * 1e60
    return x


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_first_round_that_is_not_finite_is_shown():
    c = gw.circuit(exploding, 1.0)
    assert "round 3 of 9" in c.svg()
    assert "round 9 of 9" in c.svg(round="last")


# ----------------------------------------------------------------------------------------------------------- the views


@pytest.mark.parametrize("module", STUDENTS)
def test_pictures_are_without_a_fault(module):
    c = circuit(module)
    for options in ({}, {"round": 2}, {"fold": True}, {"fold": False}):
        assert faults(c.svg(**options)) == [], options


@pytest.mark.parametrize("fold", [None, True])
def test_slides_walk_through_one_round(fold):
    tex = circuit("rnn").tex(form="beamer", fold=fold)
    assert tex.count("frame") == circuit("rnn", 40).tex(form="beamer", fold=fold).count("frame")
    assert "forward" in tex


def test_a_wire_of_a_round_is_asked_for_by_its_own_name():
    assert circuit("rnn").svg(wrt="h_4", round=3) == circuit("rnn").svg(wrt="h_t", round=3)


def chained(W, xs, h):
    for x in xs:
        h = 1 / (1 + np.exp(-(W * h * x + x + 0.5 * h)))
    return np.sum(h * W * h)


@pytest.mark.parametrize("module", STUDENTS)
def test_a_folded_circuit_has_one_round_of_its_loops_too(module):
    whole = circuit(module)
    c, (loops, numbers) = whole.fold(), rounds_of(whole)
    for k in range(COUNT):
        assert sums_off(folded_record_of_round(c._frozen, loops, numbers, k)) == []
    assert f"of {COUNT}" in c.svg(round=2)
    assert faults(c.svg(round=2)) == []
    assert len(json.loads(c.to_json())["wires"]) <= len(json.loads(circuit(module).to_json())["wires"])


def test_a_round_is_folded_by_its_own_numbers_and_names():
    rng = np.random.default_rng(0)
    W, h = rng.normal(size=3), rng.normal(size=3)
    few, many = (gw.circuit(chained, W, rng.normal(size=(n, 3)), h).fold() for n in (5, 60))
    assert abs(len(many.svg()) - len(few.svg())) < 1000
    whole = few.unfold()
    for k in range(5):
        record = few._seen(round=k + 1, checks=False)
        wires = {w["name"]: w for w in record["wires"]}
        (sigmoid,) = (w for w in record["wires"] if w["gate"] == "sigmoid")
        s = whole[f"h_{k + 2}"].value
        np.testing.assert_array_equal(sigmoid["value"], s)
        (use,) = (u for u in record["uses"] if u["to"] == sigmoid["id"])
        np.testing.assert_allclose(use["local"], s * (1 - s), rtol=1e-12)
        assert "h_t" in wires
        product = next(w for w in record["wires"] if w["expression"] == "W_t * h_prev * t_1")
        locals_ = {
            record["wires"][u["from"]]["name"]: u["local_text"] for u in record["uses"] if u["to"] == product["id"]
        }
        assert locals_["W_t"] == "h_prev * t_1"
    assert few.card("h_t", round=2).count("sigmoid") >= 1
    assert few.html().startswith("<!")
    assert "sum of h_t" in str(sums_off(folded_wrongly(whole)))


def folded_wrongly(c):
    """The record of a folded round with one contribution too much."""
    loops, numbers = rounds_of(c)
    record = folded_record_of_round(c._frozen, loops, numbers, 1)
    (target,) = (w["id"] for w in record["wires"] if w["name"] == "h_t")
    use = next(u for u in record["uses"] if u["from"] == target)
    use["contribution"] = np.asarray(use["contribution"]) + 1.0
    return record


def test_what_was_folded_away_is_no_wire_of_a_round():
    c = circuit("lstm").fold()
    gone = {w["name"] for w in circuit("lstm")._seen(checks=False)["wires"]}
    gone -= {w["name"] for w in c._seen(checks=False)["wires"]}
    assert gone
    with pytest.raises(gw.GatewiseError, match="There is no wire"):
        c.card(min(gone))


def test_what_comes_round_is_drawn_from_the_end_of_the_round_to_its_begin():
    record = record_of(circuit("lstm"))
    svg = circuit("lstm").svg()
    for after, before in record["loops"][0]["carried"]:
        assert f'data-from="{after}" data-to="{before}"' in svg
        assert svg.count(f'data-from="{after}"') == 2  # under the gates, and into the gate that stands for it


def test_the_ledger_has_a_row_for_all_rounds():
    c = circuit("examples")
    (row,) = [line for line in str(c).splitlines() if line.startswith("total_i (")]
    totals = [w.value for w in c.wires if w.name == "total" or (w.name.startswith("total_") and w.gate == "add")]
    norm = np.linalg.norm(totals)
    assert f"{totals[0]:.4g} … {totals[-1]:.4g}, norm {norm:.4g}" in row
    assert "(6 rounds)" in row
    assert "total_prev is total_i of the round before" in str(c)


def test_the_card_and_the_walk_say_which_round():
    from gatewise._views.walk import walk_blocks

    c = circuit("rnn")
    assert "round 3 of 6" in c.card("h_4")  # h is the input, h_2 the first round's
    assert c.card("h_4") == c.card("h_t", round=3)
    assert "round 6 of 6" in c.card("W_t")
    assert "W_t = W" in c.card("W")
    assert sum("round 2 of 6" in block for block in walk_blocks(record_of(c, 2))) == 2 * 10


def test_the_gradients_that_lead_to_one_input_come_round():
    record = json.loads(json.dumps(circuit("rnn")._drawn(record_of(circuit("rnn")), "W").record))
    named_ = {w["name"]: w["gradient"] for w in record["wires"]}
    assert named_["h_prev"] is not None  # what the rounds before made hangs on W
    assert named_["U"] is None
    assert named_["h"] is None


# ------------------------------------------------------------------------------------------------------ the derivation


def test_backpropagation_through_time_is_written_once():
    few, many = (circuit("rnn", count).derive("W") for count in (5, 200))
    assert many.count(r"dW = \sum_{t=0}^{199} dW_{t}") == 1
    product = (
        r"&= \left(\frac{\partial h_{199}}{\partial h_{198}} \cdots \frac{\partial h_{t+1}}{\partial h_{t}}"
        r"\right)^{T} \, dh_{199}"
    )
    assert many.count(product) == 1
    assert abs(len(many) - len(few)) < 200
    c = circuit("rnn", 200)
    assert rf"dw_{{11}} &\approx {c.gradients['W'][0, 0]:.4g}"[:12] in many
    assert "The numbers are those of round 200 of 200" in many


def test_what_is_carried_together_has_one_symbol():
    text = circuit("lstm").derive("W")
    assert "write $s_{t}$ for them together" in text
    assert r"ds_{t} &= \left(\frac{\partial s_{t+1}}{\partial s_{t}}\right)^{T} \, ds_{t+1}" in text


def long(x, n):
    for _ in range(n):
        x = x * 1.01 + 0.001 * x * x
    return x


def test_a_loop_of_numbers_has_no_transposes_and_the_numbers_of_the_input():
    c = gw.circuit(long, 1.0, 40)
    text = c.derive("x")
    assert r"dx_{t} &= \left(\frac{\partial x_{t+1}}{\partial x_{t}}\right) \, dx_{t+1}" in text
    assert rf"\text{{ in the first round}} \approx {c.gradients['x']:.4g}" in text
    assert c.derive("x", unrolled=True) != text
