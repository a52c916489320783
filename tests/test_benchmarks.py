"""The harness times what it says it times, and every library is measured on right numbers."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest

import gatewise as gw
from benchmarks import __main__ as every
from benchmarks import (
    compiled,
    eager,
    forward,
    harness,
    loops,
    making,
    numpy_functions,
    pictures,
    science,
    sequences,
    startup,
    training,
)
from tools import slower


def test_every_function_is_called_equally_often_in_every_round():
    order = []
    medians = harness.interleaved(
        2, 3, first=lambda: order.append("first"), second=lambda: order.append("second"), third=lambda: None
    )
    assert list(medians) == ["first", "second", "third"]
    assert Counter(order) == {"first": 9, "second": 9}  # a round of warming up and two that count
    assert order[:6] == ["first"] * 3 + ["second"] * 3
    assert order[6:9] == ["second"] * 3  # the next round begins with the next function


def test_the_median_of_the_rounds_is_seconds_a_call_and_the_warm_up_is_left_out():
    pauses = iter([0.5, 0.01, 0.01, 0.3, 0.01, 0.01])
    medians = harness.interleaved(5, 1, pausing=lambda: time.sleep(next(pauses)))
    assert 0.01 <= medians["pausing"] < 0.1


def test_the_least_of_the_rounds_can_be_asked_for():
    pauses = iter([0.5, 0.02, 0.2, 0.2])
    assert harness.interleaved(3, 1, of=min, pausing=lambda: time.sleep(next(pauses)))["pausing"] < 0.1


def test_seconds_are_those_of_all_calls():
    assert harness.seconds_of(lambda: time.sleep(0.01), calls=3) >= 0.03


def test_a_command_that_fails_is_no_measurement():
    failing = harness.process(startup.sys.executable, "-c", "raise SystemExit(3)")
    with pytest.raises(harness.subprocess.CalledProcessError):
        failing()


def test_the_table_lines_up_and_names_what_was_missed():
    rows = [harness.at_most("a", 0.25, 0.5), harness.at_most("longer", 70, 60, " ms"), harness.Row("free", "1 us")]
    assert harness.markdown(rows).splitlines() == [
        "| measured | result | promised      | held |",
        "|----------|--------|---------------|------|",
        "| a        | 0.25   | at most 0.5   | yes  |",
        "| longer   | 70 ms  | at most 60 ms | NO   |",
        "| free     | 1 us   |               |      |",
    ]


def test_a_group_that_fails_loses_no_other_and_is_told(tmp_path, capsys):
    path, seen = tmp_path / "results.md", []

    def failing():
        seen.append(path.read_text())
        raise ValueError("planted")

    groups = {
        "first": lambda: [harness.Row("a", "1 us")],
        "second": failing,
        "third": lambda: [harness.Row("b", "2 us")],
    }
    assert every.written("head", groups, path) == ["second"]
    assert "| a " in seen[0]  # written before the second began
    table = path.read_text()
    assert table.startswith("head\n\n| measured")
    assert "| a " in table
    assert "| b " in table
    assert "failed: ValueError" in table
    assert "planted" in capsys.readouterr().err


def test_peers_are_either_there_or_named(monkeypatch):
    monkeypatch.setattr(harness, "PEERS", ("json", "no_such_peer"))
    found, absent = harness.peers()
    assert list(found) == ["json"]
    assert absent == ["no_such_peer"]


def test_there_is_a_way_to_measure_every_peer():
    assert set(eager.WAYS) == set(harness.PEERS)
    assert set(eager.BOUNDS) <= set(harness.PEERS)


def test_versions_leave_out_what_is_not_installed():
    told = harness.versions(["numpy", "no-such-package"])
    assert "numpy 2" in told
    assert "no-such-package" not in told


def test_gatewise_gives_the_published_numbers():
    eager.assert_right("gatewise", eager.by_gatewise())


def test_wrong_numbers_stop_the_benchmark():
    value, dx, dy = eager.VALUE_AND_GRADIENTS
    with pytest.raises(ArithmeticError, match="hasty gives"):
        eager.assert_right("hasty", (value, dy, dx))


def test_a_chain_has_the_gates_it_says_and_is_timed_both_ways():
    assert all(seconds > 0 for seconds in eager.chain(100))
    assert all(gates % 2 == 0 for gates in eager.CHAINS)


def test_forty_functions_are_measured_and_every_peer_computes_the_same():
    installed, _ = harness.peers()
    assert len(numpy_functions.FUNCTIONS) == 40
    for name in numpy_functions.FUNCTIONS:
        assert "gatewise" in numpy_functions.ways(name, installed, numpy_functions.np.array([0.2, 0.3, 0.7]))


def test_another_number_of_a_peer_stops_the_benchmark():
    with pytest.raises(ArithmeticError, match="exp by hasty"):
        numpy_functions.assert_alike("exp by hasty", (1.0, [1.0]), (1.0, [1.1]))


def test_functions_makers_and_loops_each_give_their_rows():
    rows = numpy_functions.beside_peers({}, rounds=1, seconds=0.0, names=["exp"])
    assert [row.what.split(":")[0] for row in rows] == ["exp, 1 element", "exp, 10,000 elements"]
    assert len(numpy_functions.makers(rounds=1, calls=1)) == len(numpy_functions.MAKERS)
    assert len(loops.seen(few=20, many=40)) == 4
    assert len(loops.kept(size=10, rounds=(3, 4))) == 2
    rows = loops.beside_numpy({}, assignments=10, steps=5, rounds=1)
    assert rows[-1].measured == "not installed"
    assert len(rows) == 5


def test_the_neuron_without_assignment_is_the_same_neuron():
    value = loops.neuron(loops.CONDUCTANCES, 50)
    assert loops.neuron_without_assignment(loops.np, loops.CONDUCTANCES, 50) == pytest.approx(value, rel=1e-12)


def test_both_libraries_are_timed_on_the_same_loss():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for net in training.NETS:
        training.assert_alike(training.by_gatewise(net)(), training.by_torch(torch, net)())


def test_a_step_that_computes_something_else_is_no_measurement():
    with pytest.raises(ArithmeticError, match="by PyTorch"):
        training.assert_alike(2.303, 2.31)


def test_an_epoch_is_timed_without_pytorch_too():
    (time, ratio) = training.epochs({}, [training.Net("small net", lambda nn: [nn.Linear(4, 10)], (4,), 1000, 2)])
    assert "49,000 images" in time.what
    assert ratio.measured == "not installed"


def test_the_way_forward_is_timed_on_right_numbers():
    assert [row.what for row in forward.pushing(1)][:2] == [
        "jvp, staged function on floats: / plain",
        "jvp, staged function on floats: / recorded",
    ]
    moved = forward.gw.jvp(forward.net, forward.WEIGHTS, forward.WEIGHTS)[1]
    ahead, behind = (forward.net(*((1 + h) * w for w in forward.WEIGHTS)) for h in (1e-5, -1e-5))
    assert moved == pytest.approx((ahead - behind) / 2e-5, rel=1e-8)


NOT_SEEN = """
import numpy as np

class Cell:
    __slots__ = ()
    def filled(self, x):
        out = np.zeros(1)
        out[:] = x
        return out

def loss(x):
    return np.sum(Cell().filled(x))

def problem():
    return (np.ones(1),)
"""


def test_a_code_of_a_field_has_its_figures_or_says_why_not(tmp_path):
    label, lines, gates, plain, both, ratio = science.row(science.FOLDER / "supernovae.py", rounds=1)
    assert "supernovae.py" in label
    assert int(lines) > 50
    assert int(gates) > 50
    assert float(plain) < float(both)
    assert float(ratio) > 1
    (tmp_path / "slotted.py").write_text(NOT_SEEN, encoding="utf-8")
    assert science.row(tmp_path / "slotted.py", rounds=1)[2] == "not as it stands: `ReadingError`"


def test_what_compiled_functions_are_measured_by_is_right():
    value, (dx, dy) = compiled.by_hand(*eager.AT)
    assert (value, dx, dy) == pytest.approx(eager.VALUE_AND_GRADIENTS, rel=1e-14)
    draw = np.random.default_rng(0)
    p = {"W1": draw.normal(size=(4, 3)), "b1": draw.normal(size=3), "W2": draw.normal(size=(3, 2)), "b2": np.ones(2)}
    X, y = draw.normal(size=(5, 4)), draw.integers(0, 2, 5)
    hand, own = compiled.gradients_by_hand(p, X, y), gw.compile(gw.value_and_grad(compiled.loss))(p, X, y)
    assert hand[0] == pytest.approx(own[0], rel=1e-13)
    assert all(np.allclose(hand[1][name], own[1][name], rtol=1e-12) for name in p)


def test_the_circuits_that_are_drawn_have_as_many_gates_as_their_rows_say():
    assert len(pictures.thousand()["forward"]) == len(pictures.inside_a_call()["forward"]) == 1000


def test_the_figure_of_a_row_is_read_from_its_text():
    texts = {"55.1 us": 55.1, "0.25": 0.25, "1,234 ms": 1234.0, "1e-3 s": 1e-3}
    assert {text: slower.figure(text) for text in texts} == texts
    assert slower.figure("not installed") is None


def test_the_parts_of_a_first_call_are_all_of_it():
    """Also where native code is made: what they time is not an interface, and has changed under them before."""
    told = [row.what for row in making.making((50,), (4,))]
    assert [what.rpartition(", ")[2] for what in told[:7]] == [
        *("eager", "recording and reversing", "passes", "values", "native code", "writing and Python's compile", "run")
    ]
    assert len(told) == 2 * 8


def test_sequences_agree_before_they_are_timed(monkeypatch):
    monkeypatch.setattr(sequences, "STEPS", 6)
    rows = sequences.running({}, rounds=1, calls=1)
    assert [row.what for row in rows][::2] == [f"{name}: compiled" for name in sequences.tasks()]
