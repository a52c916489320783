"""Recomputing in the page: every gate of the registry, as recorded and after an edit, against Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from gates.cases import Case, good_cases, like

import gatewise as gw
from gatewise._errors import GatewiseError
from gatewise._gates import GATES, NAMES, Gate, elementwise
from gatewise._record import jsonable, record

pytestmark = pytest.mark.xdist_group("browser")

CASES = 6  # of one gate, each of another make: shapes and parameters
CLOSE = 1e-12  # relative to the largest entry

#: Gates that may be a recording in every case, and why.
RECORDINGS = {
    "inv": "a page has no linear algebra",
    "slogdet": "two outputs",
    "split": "several outputs",
    "modf": "two outputs",
    "empty_like": "its entries are whatever they are",
    **dict.fromkeys(
        (
            *("affine", "batch_norm", "conv2d", "conv2d_input", "conv2d_weight"),
            *("max_pool2d", "max_pool2d_input", "max_pool2d_picked"),
        ),
        "a page has no layers: it says that it shows them as they were recorded",
    ),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "invert"), "no float operands: see the test of masks"),
}


def recomputed(page: Any, jobs: list[dict[str, Any]]) -> list[Any]:
    """What the page makes of many records at once; an error as its text."""
    found: list[Any] = page.evaluate(
        """jobs => jobs.map(({record, formulas, inputs}) => {
            try { return gatewise.compute.recompute(record, formulas, inputs); }
            catch (error) { return {error: String(error.stack)}; }
        })""",
        jobs,
    )
    return found


def record_of(board: Any) -> dict[str, Any]:
    """The record as a page is given it, without the numerical derivatives, which take long."""
    found: dict[str, Any] = json.loads(json.dumps(jsonable(board._folded_if_asked(record(board._frozen)))))
    return found


def numbers(nested: Any) -> np.ndarray[Any, Any]:
    """Nested lists with nan and inf as words, as an array; None is NaN."""
    return np.array(nested, dtype=object).astype(float)


def assert_same(have: Any, want: Any, place: str) -> None:
    """Equal to 1e-12 of the largest entry; nan, inf and what was not computed stand where they stand."""
    assert (have is None) == (want is None), f"{place}: {have} instead of {want}"
    if want is None:
        return
    one, other = numbers(have), numbers(want)
    assert one.shape == other.shape, f"{place}: shape {one.shape} instead of {other.shape}"
    finite = np.isfinite(other)
    np.testing.assert_array_equal(one[~finite], other[~finite], err_msg=place)
    largest = np.max(np.abs(other[finite]), initial=0.0)
    assert np.all(np.abs(one[finite] - other[finite]) <= CLOSE * largest), f"{place}: {have} instead of {want}"


def assert_same_circuit(numbers_of: dict[str, Any], want: dict[str, Any], place: str) -> None:
    assert "error" not in numbers_of, f"{place}: {numbers_of['error']}"
    assert numbers_of["left"] is None, f"{place}: {numbers_of['left']}"
    for wire in want["wires"]:
        where = f"{place}, {wire['name']} = {wire['expression']}"
        assert_same(numbers_of["values"][wire["id"]], wire["value"], f"{where}: value")
        assert_same(numbers_of["gradients"][wire["id"]], wire["gradient"], f"{where}: gradient")
    for k, use in enumerate(want["uses"]):
        where = f"{place}, use {k} by {want['wires'][use['to']]['expression']}"
        assert_same(numbers_of["contributions"][k], use["contribution"], f"{where}: contribution")
        assert_same(numbers_of["locals"][k], use["local"], f"{where}: local")


def make_of(case: Case) -> tuple[Any, ...]:
    return tuple(np.shape(x) for x in case.values), str(sorted(case.kwargs.items()))


def of_some_entries(case: Case) -> bool:
    """Whether a total is one that a page does not compute, and says so: the others are to be tried first."""
    return not case.kwargs.keys().isdisjoint(("where", "initial", "dtype"))


def circuits_of(gate: Gate) -> Iterator[tuple[Case, Callable[..., Any]]]:
    """A case of each make, small enough, as a function of its places whose output hangs on floats."""
    seen = set()
    for case in sorted(good_cases(gate), key=of_some_entries):
        small = case.values and all(0 < np.size(x) <= 24 for x in case.values)
        if not small or make_of(case) in seen or (isinstance(case.out, np.ndarray) and not case.out.size):
            continue
        seen.add(make_of(case))
        # A gate of floats that stops gradients is told by what it is multiplied with.
        if gate.pattern == "stops":
            yield case, lambda *values, case=case: case.applied(*values) * (np.sum(values[0]) + 1.5)
        else:
            yield case, case.applied
        if len(seen) == CASES:
            return


def board_of(f: Callable[..., Any], case: Case, values: list[Any]) -> Any:
    upstream = case.upstream if case.gate.pattern != "stops" else "ones"
    return gw.circuit(lambda *v: f(*v), *values, upstream=upstream)


def job(record: dict[str, Any], trees: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    return {"record": record, "formulas": trees, "inputs": inputs}


def test_every_gate_is_recomputed_or_says_that_it_is_a_recording(scripts: Any, counted: Callable[..., None]) -> None:
    jobs, wanted, covered, refused = [], [], set(), {}
    for name, gate in NAMES.items():
        for case, f in circuits_of(gate):
            try:
                board = board_of(f, case, case.values)
                recorded = record_of(board)
            except GatewiseError as error:  # several outputs, a truth value: no circuit at all
                refused[name] = str(error).splitlines()[0]
                continue
            trees = board._formulas
            if of_some_entries(case):
                assert "of some entries" in trees["recording"]
                continue
            if "recording" in trees:
                refused[name] = trees["recording"]
                continue
            covered.add(name)
            random = np.random.default_rng(len(jobs))
            other = [x + 0.1 * like(x, random) for x in case.values]
            inputs = [wire["id"] for wire in recorded["wires"] if wire["kind"] == "input"]
            again = record_of(board_of(f, case, other))
            assert [w["expression"] for w in again["wires"]] == [w["expression"] for w in recorded["wires"]]
            edits = {str(k): np.asarray(x).tolist() for k, x in zip(inputs, other, strict=True)}
            for inputs_, want in (({}, recorded), (edits, again)):
                jobs.append(job(recorded, trees, inputs_))
                wanted.append((f"{case} {'edited' if inputs_ else 'as recorded'}", want))
    for found, (place, want) in zip(recomputed(scripts, jobs), wanted, strict=True):
        assert_same_circuit(found, want, place)
    counted("recomputed in the page", gates=len(covered), circuits=len(jobs))
    promised = [name for name, gate in NAMES.items() if gate.in_page or gate.own]
    missing = {name: refused.get(name) for name in promised if name not in covered and name not in RECORDINGS}
    assert missing == {}
    assert all("recorded" in refused[name] or "returned" in refused[name] for name in RECORDINGS if name in refused)


def test_the_script_has_the_gates_that_formulas_speak_of(scripts: Any) -> None:
    have = set(scripts.evaluate("() => [...gatewise.gates.OPERATIONS.keys()]"))
    assert have == {name for name, gate in NAMES.items() if gate.in_page}


@pytest.fixture
def softsign() -> Iterator[Any]:
    """A gate that somebody adds: a declaration, and nothing else."""

    @elementwise(lambda x: x / (1 + np.abs(x)), at=[((0.0,), (1.0,))])
    def softsign(out: Any, x: Any) -> Any:
        """Saturates slowly."""
        return 1 / (1 + np.abs(x)) ** 2

    yield softsign
    del NAMES[softsign.name], GATES[softsign.function]


@pytest.mark.parametrize("points", [(2.0, -0.5), (np.array([2.0, -1.0]), np.array([-0.5, 0.25]))])
def test_a_new_gate_is_recomputed_without_another_line(scripts: Any, softsign: Any, points: Any) -> None:
    f = lambda x: np.sum(softsign(x) * x)  # noqa: E731
    board, other = (gw.circuit(f, point) for point in points)
    found = one(scripts, board, {"0": np.asarray(points[1]).tolist()})
    assert_same_circuit(found, record_of(other), "softsign")


@pytest.mark.parametrize("form", ["x * y * z + x", "a = x + y + z; a * x * y", "1 / (1 + exp(-x)) * y * z"])
def test_folded_circuits_are_recomputed(scripts: Any, form: str) -> None:
    points = [{"x": 1.5, "y": -2.0, "z": 0.5}, {"x": -0.25, "y": 3.0, "z": 4.0}]
    board, other = (gw.circuit(form, **point).fold() for point in points)
    ids = {row["name"]: str(row["id"]) for row in record_of(board)["wires"]}
    found = one(scripts, board, {ids[name]: value for name, value in points[1].items()})
    assert_same_circuit(found, record_of(other), form)


# -------------------------------------------------------------------------------------------- what a page cannot know


def one(scripts: Any, board: Any, inputs: dict[str, Any]) -> Any:
    return recomputed(scripts, [job(record_of(board), board._formulas, inputs)])[0]


def repeated(x: Any, n: Any) -> Any:
    """A product of as many factors as a number that Python reads."""
    out = x
    for _ in range(n):
        out = out * x
    return out


def test_an_edit_of_what_python_read_is_refused(scripts: Any) -> None:
    board = gw.circuit(repeated, 2.0, 3)
    assert one(scripts, board, {"0": 2.5})["left"] is None
    assert one(scripts, board, {"1": 3.0})["left"] is None
    assert one(scripts, board, {"1": 4.0})["left"] == "n was read by Python: with another value, record again."


def branching(x: Any, y: Any) -> Any:
    """Another function where x is no longer positive."""
    return x * y if x > 0 else x + y


def test_an_edit_that_takes_another_branch_is_refused(scripts: Any) -> None:
    board = gw.circuit(branching, 2.0, 3.0)
    assert one(scripts, board, {"0": 0.5})["left"] is None
    sentence = "Python read x > 0 as True: with another value, record again."
    assert one(scripts, board, {"0": -0.5})["left"] == sentence


def branching_on_what_is_no_wire(X: Any) -> Any:
    """The branch hangs on an inverse, which a page cannot compute, and which the output is not made of."""
    return np.sum(X) if np.sum(np.linalg.inv(X)) > 0 else X[0, 0]


def test_a_branch_that_a_page_cannot_compute_again_makes_a_recording() -> None:
    sentence = gw.circuit(branching_on_what_is_no_wire, np.eye(2))._formulas["recording"]
    assert "Python chose by a value that a page cannot compute again" in sentence


BLOCKS = ("1 / (1 + exp(-x))", "exp(x) / (1 + exp(x))", "log(1 + exp(x))", "log1p(exp(x))", "log(1 / (1 + exp(-x)))",
          "e = exp(-x); s = 1 / (1 + e); s * e", "sigmoid(x)", "softplus(x)")  # fmt: skip
BLOCKS_OF_ARRAYS = (
    "sum(log(sum(exp(X), axis=1)))",
    "sum(U * log(sum(exp(X), axis=0, keepdims=True)))",
    "sum(U * (exp(X) / sum(exp(X), axis=1, keepdims=True)))",
    "sum(U * softmax(X))",
    "sum(logsumexp(X, axis=1))",
)
CLASSES = np.array([0, 2])


def surprise(S: Any) -> Any:
    """A cross entropy written out."""
    return -np.sum(np.log(np.exp(S[np.arange(2), CLASSES]) / np.sum(np.exp(S), axis=1)))


def test_blocks_that_saturate_use_their_own_rules(scripts: Any) -> None:
    """An edit of 20, 700 or 1000 gives what Python gives, which sweeps by the rules of blocks; or it is refused."""
    weights = np.array([[1.0, 2.0, 3.0], [4.0, -1.0, 2.0]])
    start = np.array([[1.0, 2.0, 0.5], [0.1, -1.0, 0.3]])
    circuits: list[tuple[Any, dict[str, Any], list[dict[str, Any]]]] = [
        (text, {"x": 1.0}, [{"x": sign * size} for size in (20.0, 700.0, 1000.0) for sign in (1, -1)])
        for text in BLOCKS
    ]
    for f in (*BLOCKS_OF_ARRAYS, surprise):
        name = "S" if f is surprise else "X"
        more = {"U": weights} if isinstance(f, str) and "U" in f else {}
        far = [np.array([[size, 1.0, -2.0], [0.0, -size, 0.5]]) for size in (20.0, 100.0, 300.0, 1000.0)]
        circuits.append((f, {name: start, **more}, [{name: point, **more} for point in far]))
    jobs, wanted = [], []
    for f, given, edits in circuits:
        board = gw.circuit(f, **given)
        recorded, trees = record_of(board), board._formulas
        for edit in edits:
            with np.errstate(all="ignore"):
                wanted.append((f"{f} at {edit}", record_of(gw.circuit(f, **edit))))
            ids = {row["name"]: str(row["id"]) for row in recorded["wires"] if row["kind"] == "input"}
            jobs.append(job(recorded, trees, {ids[name]: np.asarray(x).tolist() for name, x in edit.items()}))
    refused = []
    for found, (place, want) in zip(recomputed(scripts, jobs), wanted, strict=True):
        if found["left"] is None:
            assert_same_circuit(found, want, place)
        else:
            refused.append(place)
            assert "is for finite numbers: record again." in found["left"]
            assert not np.all(np.isfinite(numbers(want["wires"][want["output"]]["value"])))
    assert len(refused) == 7  # those whose output is inf or nan for an entry of 1000


def test_a_softmax_with_its_largest_entry_taken_out(scripts: Any) -> None:
    """Its rule goes to X, past the shift; what comes back along the max is exactly 0, and rounding on either side."""
    text = "t = exp(X - max(X, axis=1, keepdims=True)); sum(U * (t / sum(t, axis=1, keepdims=True)))"
    weights = np.array([[1.0, 2.0, 3.0], [4.0, -1.0, 2.0]])
    board = gw.circuit(text, X=np.array([[1.0, 2.0, 0.5], [0.1, -1.0, 0.3]]), U=weights)
    ids = {row["name"]: row["id"] for row in record_of(board)["wires"]}
    for size in (20.0, 300.0, 1000.0):
        point = np.array([[size, 1.0, -2.0], [0.0, -size, 0.5]])
        want = record_of(gw.circuit(text, X=point, U=weights))
        found = one(scripts, board, {str(ids["X"]): point.tolist()})
        for row in want["wires"]:
            assert_same(found["values"][row["id"]], row["value"], row["name"])
        assert_same(found["gradients"][ids["X"]], want["wires"][ids["X"]]["gradient"], f"dX at {size}")


def test_long_numbers_are_exact(scripts: Any) -> None:
    """A third has no short text; where a branch was dead there is no line of code either."""
    text = "where(x > 0, z / 9 + z * 0.123456789 + 0.123456789**z, x)"
    board, other = (gw.circuit(text, x=x, z=z) for x, z in ((-1.0, 2.0), (1.0, 0.7)))
    record, want = record_of(board), record_of(other)
    assert '"1 / 9"' in json.dumps(board._formulas["texts"])
    found = one(scripts, board, {"0": 1.0, "1": 0.7})
    assert_same_circuit(found, want, text)
    edited = scripts.evaluate(
        "([record, formulas]) => gatewise.compute.recorded(record, formulas, {0: 1, 1: 0.7}).backward",
        [record, board._formulas],
    )
    assert [event["code"] for event in edited] == [event["code"] for event in want["backward"]]


def test_dead_branches_stay_dead(scripts: Any) -> None:
    found = one(scripts, gw.circuit("where(x > 0, sqrt(x), 0)", x=4.0), {"0": -1.0})
    assert (found["values"][-1], found["gradients"][0]) == (0, 0)


@pytest.mark.parametrize(
    ("f", "given", "why"),
    [
        (lambda x: np.sum(x), np.ones(65), "x has 65 entries, a page computes with up to 64"),
        (lambda x: np.sum(x), np.ones(3, dtype=np.float32), "x is float32, a page computes in float64"),
        (lambda x: np.sum(np.linalg.inv(x)), np.eye(2), "the gate inv ("),
        (lambda x: np.sum(np.split(x, 2)[0]), np.ones(4), "the gate split ("),
    ],
)
def test_recordings_say_why(f: Any, given: Any, why: str) -> None:
    sentence = gw.circuit(lambda x: f(x), given)._formulas["recording"]
    assert sentence.startswith("This circuit is shown as it was recorded: ")
    assert why in sentence


def test_masks_combined_by_bits(scripts: Any) -> None:
    """& | ~ on truth values, which the registry knows no float case of."""
    f = lambda x, y: np.sum(np.where((x > 0) & (y > 0) | ~(x > y), x * y, y))  # noqa: E731
    points = [
        [np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, -1.0])],
        [np.array([-1.0, 2.0, 3.0]), np.array([-2.0, 4.0, 5.0])],
    ]
    board, other = (gw.circuit(f, *point) for point in points)
    edits = {str(k): part.tolist() for k, part in enumerate(points[1])}
    assert_same_circuit(one(scripts, board, edits), record_of(other), "masks")


def asked_of_a_number(x: Any, y: Any) -> Any:
    """`if x:` asks a number that is no truth value."""
    return x * y if x else y


def test_a_number_that_python_asked_for_yes_or_no(scripts: Any) -> None:
    board = gw.circuit(asked_of_a_number, 2.0, 3.0)
    assert one(scripts, board, {"0": 0.5})["left"] is None
    assert one(scripts, board, {"0": 0.0})["left"] == "Python read x as True: with another value, record again."
