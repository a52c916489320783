"""Checkpoints hold what they were given to the last bit, and nothing else is taken for one."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import resource
import signal
import stat
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatewise as gw
from gatewise._errors import CheckpointError, SaveError
from gatewise.train import checkpoints

MAGIC = b"gatewise checkpoint 1\n"
HERE = Path(__file__).resolve().parent


def killing(what: str, folder: Path) -> dict:
    """Run `killing.py` in a process of its own and return the counts it prints."""
    environment = os.environ | {"PYTHONPATH": str(Path(gw.__file__).parent.parent)}
    command = [sys.executable, "-W", "ignore", str(HERE / "killing.py"), what, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "last.checkpoint"


def there_and_back(path, value):
    checkpoints.save(path, {"value": value})
    return checkpoints.load(path)["value"]


def same(a, b) -> bool:
    """Equal in value, type, dtype, order and bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    return a == b


plain = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**200), 2**200), st.floats(allow_nan=False), st.text(max_size=20)
)
nested = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=5), st.integers()), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(nested)
@settings(max_examples=50)
def test_nested_values_come_back_as_they_were(tmp_path_factory, value):
    assert same(there_and_back(tmp_path_factory.getbasetemp() / "nested.checkpoint", value), value)


@pytest.mark.parametrize(
    "array",
    [
        *(np.arange(6).astype(kind).reshape(2, 3) for kind in "?bBhHiIqQefdFD"),
        np.arange(6.0).astype(">f4"),
        np.arange(6.0)[::2],
        np.array(3.0),
        np.zeros((0, 5)),
        np.array([0.0, -0.0, np.nan, np.inf, 5e-324]),
        np.frombuffer(np.array([0x7FF8000000000123, 0xFFF0000000000001], np.uint64).tobytes(), np.float64),
        np.longdouble([1, 2]) / 3,
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_arrays_come_back_to_the_bit(path, array):
    assert same(there_and_back(path, array), array)


def test_the_order_in_memory_is_kept_because_matrix_products_depend_on_it(path):
    turned = np.arange(24.0).reshape(2, 3, 4).T
    back = there_and_back(path, turned)
    assert back.flags.f_contiguous
    assert not back.flags.c_contiguous
    assert same(back, turned)


def test_what_is_loaded_belongs_to_the_caller(path):
    back = there_and_back(path, np.ones(3))
    back += 1
    assert checkpoints.load(path)["value"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("value", [np.float32(0.1), np.int64(3), np.bool_(True), math.inf, -math.inf, -0.0, 2**128])
def test_numbers_keep_their_type(path, value):
    assert same(there_and_back(path, value), value)


def test_nan_comes_back(path):
    assert math.isnan(there_and_back(path, math.nan))


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_a_generator_goes_on_as_if_nothing_had_happened(path, kind):
    rng = np.random.Generator(getattr(np.random, kind)(7))
    rng.standard_normal(5), rng.integers(0, 10, 3, dtype=np.uint32)
    checkpoints.save(path, {"rng": rng.bit_generator.state})
    expected = rng.random(10), rng.integers(0, 10, 3, dtype=np.uint32)
    again = np.random.Generator(getattr(np.random, kind)(0))
    again.bit_generator.state = checkpoints.load(path)["rng"]
    assert same((again.random(10), again.integers(0, 10, 3, dtype=np.uint32)), expected)


class Sneaky:
    def __reduce__(self):
        return print, ("code runs",)


def endless() -> dict:
    state: dict = {}
    state["again"] = state
    return state


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"model": {"W1": [1, Sneaky()]}}, r"state\['model'\]\['W1'\]\[1\] is a Sneaky"),
        ({"W": np.array([None])}, r"state\['W'\] is an array of object"),
        ({"W": np.array(["a"])}, "an array of <U1"),
        ({"W": np.ma.masked_array([1.0], [True])}, "a MaskedArray"),
        ({"W": np.zeros(2, "i4,f8")}, "an array of"),
        ({"W": gw.tensor([1.0])}, "a Tensor"),
        ({"rng": np.random.default_rng(0)}, "a Generator"),
        ({"big": 1 << 5000}, "a whole number of 5001 bits"),
        ({"set": {1, 2}}, "a set"),
        ({"bytes": b"a"}, "a bytes"),
        ({(1, 2): 3}, r"the key \(1, 2\)"),
        ({True: 3}, "the key True"),
        (endless(), "levels deep"),
        ([1, 2], "the state is a list"),
    ],
)
def test_what_it_cannot_hold_is_named_by_its_place(path, state, said):
    checkpoints.save(path, {"before": 1})
    with pytest.raises(CheckpointError, match=said):
        checkpoints.save(path, state)
    assert checkpoints.load(path) == {"before": 1}
    assert os.listdir(path.parent) == [path.name]


# ------------------------------------------------------------------------------------------------ newest or previous


def test_the_one_before_is_kept_and_loaded_where_the_newest_is_damaged(path):
    for step in range(3):
        checkpoints.save(path, {"step": step})
    assert sorted(os.listdir(path.parent)) == ["last.checkpoint", "last.checkpoint.previous"]
    assert checkpoints.newest(path) == ({"step": 2}, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"load '.*last\.checkpoint\.previous', the one before"):
        checkpoints.load(path)
    assert checkpoints.newest(path) == ({"step": 1}, checkpoints.previous_of(path))
    path.unlink()
    assert checkpoints.newest(path)[0] == {"step": 1}
    checkpoints.previous_of(path).write_bytes(b"")
    with pytest.raises(CheckpointError):
        checkpoints.newest(path)


def test_without_hard_links_one_of_the_two_still_stands(path, monkeypatch):
    def refused(*names):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    for step in range(3):
        checkpoints.save(path, {"step": step})
    assert checkpoints.load(path) == {"step": 2}
    assert checkpoints.load(checkpoints.previous_of(path)) == {"step": 1}


def test_the_file_is_on_the_disk_before_it_has_the_name_and_the_name_afterwards(path, monkeypatch):
    """Without these, in this order, a power cut could leave the new name on an empty file."""
    checkpoints.save(path, {"step": 0})
    done = []

    def noted(name):
        call = getattr(os, name)

        def wrapper(*operands):
            folder = name == "fsync" and stat.S_ISDIR(os.fstat(operands[0]).st_mode)
            done.append(("folder " if folder else "") + name)
            return call(*operands)

        monkeypatch.setattr(os, name, wrapper)

    for name in ("fsync", "link", "replace"):
        noted(name)
    checkpoints.save(path, {"step": 1})
    assert done == ["fsync", "link", "replace", "replace", "folder fsync"]


def test_a_link_to_a_checkpoint_stays_a_link(path, tmp_path):
    (tmp_path / "run").mkdir()
    link = tmp_path / "run" / "link"
    link.symlink_to(path)
    checkpoints.save(path, {"step": 0})
    checkpoints.save(link, {"step": 1})
    assert link.is_symlink()
    assert checkpoints.load(path) == {"step": 1}
    assert checkpoints.load(checkpoints.previous_of(link)) == {"step": 0}


def test_what_killed_processes_left_is_removed_when_it_is_old(path):
    old, young = path.with_name(".gatewise-00.unfinished"), path.with_name(".gatewise-11.unfinished")
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    checkpoints.save(path, {"step": 0})
    assert sorted(os.listdir(path.parent)) == [young.name, path.name]


def test_a_save_killed_at_any_call_leaves_the_newest_or_the_previous(tmp_path, counted):
    found = killing("calls", tmp_path)
    counted("checkpoints", kills_at_a_call=found["calls"])
    assert found["calls"] >= 15
    assert found["old"] >= 10
    assert found["new"] >= 2
    assert found["left behind"] > 0


def test_a_save_whose_disk_is_full_at_any_call_leaves_the_newest_or_the_previous(tmp_path):
    found = killing("failures", tmp_path)
    assert found["raised"] >= 10
    assert found["saved"] >= 1
    assert found["left behind"] == 0


def test_saves_killed_at_sixty_random_moments_leave_the_newest_or_the_previous(tmp_path, counted):
    found = killing("moments", tmp_path)
    counted("checkpoints", kills_at_random_moments=found["kills"])
    assert found["kills"] == 60
    assert found["in the middle of a save"] > 5


def test_a_disk_that_is_full_leaves_what_stood_there(path):
    checkpoints.save(path, {"step": 0})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for room in (0, 1, 100, 5000, 39_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            try:
                with pytest.raises(SaveError, match="cannot be written") as caught:
                    checkpoints.save(path, {"step": 1, "W": np.ones(5000)})
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert "free some space" in caught.value.cure
            assert checkpoints.load(path) == {"step": 0}
            assert os.listdir(path.parent) == [path.name]
    finally:
        signal.signal(signal.SIGXFSZ, before)


# ---------------------------------------------------------------------------------------------------- damaged, hostile


def test_every_one_of_1000_flipped_bits_is_found(path, counted):
    rng = np.random.default_rng(0)
    state = {"W": rng.normal(size=(30, 20)), "rng": rng.bit_generator.state, "history": [0.1, 0.2], "name": "net"}
    checkpoints.save(path, state)
    whole = path.read_bytes()
    flipped = path.with_name("flipped")
    bits = 8 * len(whole)
    ends = [*range(8 * 32), *range(bits - 8 * 32, bits)]  # the lengths, the checksum
    between = rng.choice(np.arange(8 * 32, bits - 8 * 32), 1000 - len(ends), replace=False)
    for bit in [*ends, *between]:
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        flipped.write_bytes(changed)
        with pytest.raises(CheckpointError, match=r"does not begin with|does not have the checksum"):
            checkpoints.load(flipped)
    counted("checkpoints", flipped_bits=1000)


def test_every_shorter_and_a_longer_file_is_found(path):
    checkpoints.save(path, {"W": np.ones(4)})
    whole = path.read_bytes()
    cut = path.with_name("cut")
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            checkpoints.load(cut)
    cut.write_bytes(whole + b"\0")
    with pytest.raises(CheckpointError):
        checkpoints.load(cut)


def written(path: Path, header: bytes, rest: bytes = b"", length: int | None = None) -> Path:
    """A file with a right checksum over whatever it says."""
    content = MAGIC + (len(header) if length is None else length).to_bytes(8, "little") + header + rest
    path.write_bytes(content + hashlib.sha256(content).digest())
    return path


def header_of(state, arrays=()) -> bytes:
    return json.dumps({"state": state, "arrays": list(arrays)}).encode()


W = {"dtype": "<f8", "shape": [2], "order": "C"}
HOSTILE = {
    "no JSON": b"\x80\x04}.",
    "a list": b"[]",
    "no state": b"{}",
    "a state that is no dict": header_of([1, 2]),
    "deep": b'{"arrays": [], "state": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep dicts": b'{"arrays": [], "state": ' + b'{"tuple": [' * 50_000 + b"]}" * 50_000 + b"}",
    "a long number": b'{"arrays": [], "state": {"dict": [["a", ' + b"9" * 100_000 + b"]]}}",
    "NaN": b'{"arrays": [], "state": {"dict": [["a", NaN]]}}',
    "an unknown word": header_of({"dict": [["a", {"eval": "1"}]]}),
    "two words": header_of({"dict": [["a", {"array": 0, "scalar": 0}]]}),
    "a key that is a list": header_of({"dict": [[[1], 2]]}),
    "a pair of three": header_of({"dict": [["a", 1, 2]]}),
    "an array that is not there": header_of({"dict": [["a", {"array": 0}]]}),
    "an array counted from the end": header_of({"dict": [["a", {"array": -1}]]}, [W]),
    "objects": header_of({"dict": []}, [W | {"dtype": "|O"}]),
    "objects by name": header_of({"dict": []}, [W | {"dtype": "object"}]),
    "fields": header_of({"dict": []}, [W | {"dtype": [["a", "<f8"]]}]),
    "a strange dtype": header_of({"dict": []}, [W | {"dtype": "<f12,<f12"}]),
    "a dtype there is not": header_of({"dict": []}, [W | {"dtype": "<f1"}]),
    "a huge shape": header_of({"dict": []}, [W | {"shape": [1 << 40]}]),
    "a shape beyond counting": header_of({"dict": []}, [W | {"shape": [1 << 62, 1 << 62]}]),
    "an empty huge shape": header_of({"dict": []}, [W | {"shape": [1 << 62, 1 << 62, 0]}, W]),
    "a negative shape": header_of({"dict": []}, [W | {"shape": [-2, -1]}]),
    "a shape of fractions": header_of({"dict": []}, [W | {"shape": [2.0]}]),
    "too many axes": header_of({"dict": []}, [W | {"shape": [1] * 65 + [2]}]),
    "a shape that is a word": header_of({"dict": []}, [W | {"shape": "2"}]),
    "less than there is": header_of({"dict": []}, [W | {"shape": [1]}]),
    "arrays that are no list": header_of({"dict": []}).replace(b"[]}", b"7}"),
    "booleans that are none": header_of({"dict": []}, [W | {"dtype": "|b1", "shape": [16]}]),
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_a_lying_header_is_refused_without_a_large_allocation(path, header):
    written(path, header, b"\x02" * 16)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=re.escape(path.name)):
            checkpoints.load(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * checkpoints.BLOCK + 100 * len(header)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1, 10_000])
def test_a_header_longer_than_the_file_is_refused(path, length):
    with pytest.raises(CheckpointError, match="its header says that it has"):
        checkpoints.load(written(path, b"{}", length=length))


def test_the_same_words_with_the_right_numbers_are_read(path):
    """So that the refusals above are refusals of what they are named after."""
    state = {"dict": [["a", {"array": 0}], ["b", {"tuple": [{"scalar": 1}]}]]}
    whole = header_of(state, [W, {"dtype": "|b1", "shape": [], "order": "C"}])
    found = checkpoints.load(written(path, whole, np.array([1.0, 2.0]).tobytes() + b"\x01"))
    assert same(found, {"a": np.array([1.0, 2.0]), "b": (np.True_,)})


def test_no_pickle_is_taken(path):
    np.save(path.with_suffix(".npy"), np.array([Sneaky()], dtype=object), allow_pickle=True)
    with pytest.raises(CheckpointError, match="does not begin with"):
        checkpoints.load(path.with_suffix(".npy"))


@pytest.mark.parametrize("name", ["missing", "", ".", "a\0b", "/dev/zero", "x" * 5000])
def test_what_is_no_file_is_told_in_one_message(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for reading in (checkpoints.load, checkpoints.newest):
        with pytest.raises(CheckpointError, match="there is no such file"):
            reading(name)


@pytest.mark.parametrize("name", ["", "a\0b", "no/such/folder/a", "x" * 5000])
def test_what_cannot_be_written_is_told_in_one_message(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SaveError):
        checkpoints.save(name, {})
