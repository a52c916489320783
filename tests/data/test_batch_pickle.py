"""The pickles of CIFAR-10 are read without pickle: nothing runs, nothing is looked up, nothing grows."""

from __future__ import annotations

import os
import pickle
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.files import DICT, DTYPE, LIST, MARK, NDARRAY, PROTO, RECONSTRUCT, STOP, array, python_batch, text
from gatewise._errors import DataFileError
from gatewise.data import batch_pickle

GOOD = python_batch(np.arange(2 * 3072, dtype=np.uint32).astype(np.uint8).reshape(2, 3072), [3, 9])


def test_a_batch_is_read():
    batch = batch_pickle.parsed(GOOD, "batch")
    assert batch["labels"] == [3, 9]
    assert batch["batch_label"] == "training batch 1 of 5"
    assert batch["data"].dtype == np.uint8
    assert batch["data"].ravel().tolist() == [k % 256 for k in range(2 * 3072)]


def test_the_batch_of_these_tests_is_one_that_pickle_reads():
    """So that the reader is not tested on a form of our own."""
    batch = pickle.loads(GOOD, encoding="latin1")  # noqa: S301  written above
    np.testing.assert_array_equal(batch["data"], batch_pickle.parsed(GOOD, "batch")["data"])


class Gadget:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


def dict_with(value: bytes) -> bytes:
    return PROTO + DICT + MARK + text(b"data") + value + b"u" + STOP


RAN = "a_gadget_ran"
HOSTILE = {
    "os.system": pickle.dumps({"data": Gadget(os.system, f"touch {RAN}")}, 2),
    "os.system, protocol 0": pickle.dumps({"data": Gadget(os.system, f"touch {RAN}")}, 0),
    "os.system, protocol 5": pickle.dumps({"data": Gadget(os.system, f"touch {RAN}")}, 5),
    "eval": pickle.dumps({"data": Gadget(eval, f"open({RAN!r}, 'w')")}, 2),
    "a name that is never called": dict_with(b"cos\nsystem\n"),
    "a module that would be imported": dict_with(b"cthis\ns\n"),
    "an instance": dict_with(b"(ios\nsystem\n"),
    "an object": dict_with(b"(cos\nsystem\no"),
    "NEWOBJ": dict_with(b"cbuiltins\nobject\n)\x81"),
    "STACK_GLOBAL": dict_with(b"\x8c\x02os\x8c\x06system\x93"),
    "an extension": dict_with(b"\x82\x01"),
    "a persistent name": dict_with(b"Pname\n"),
    "another of NumPy's names": dict_with(b"cnumpy\nload\n"),
    "an attribute of a name": dict_with(b"cnumpy\nndarray.tofile\n"),
    "_reconstruct of something else": dict_with(RECONSTRUCT + DTYPE + b"K\x00\x85" + text(b"b") + b"\x87R"),
    "ndarray called": dict_with(NDARRAY + b"K\x05\x85R"),
    "a huge ndarray called": dict_with(NDARRAY + b"J\xff\xff\xff\x7f\x85\x85R"),
    "a dtype of objects": dict_with(array(b"12345678", (1, 1), b"O8")),
    "a call of a number": dict_with(b"K\x01K\x01\x85R"),
    "a call with a number": dict_with(RECONSTRUCT + b"K\x01R"),
    "built on a dict": dict_with(DICT + DICT + b"b"),
    "built with a number": dict_with(RECONSTRUCT + NDARRAY + b"K\x00\x85" + text(b"b") + b"\x87RK\x01b"),
    "more shape than bytes": dict_with(array(b"12", (65535, 65535))),
    "less shape than bytes": dict_with(array(b"1234", (1, 2))),
    "a memo that doubles": PROTO
    + LIST
    + b"q\x00"
    + b"".join(b"0](h" + bytes([k]) + b"h" + bytes([k]) + b"eq" + bytes([k + 1]) for k in range(40))
    + STOP,
    "DUP": dict_with(text(b"a") + b"2"),
    "MEMOIZE": dict_with(text(b"a") + b"\x94"),
    "a string longer than the file": dict_with(b"T\xff\xff\xff\x7fabc"),
    "a string of negative length": dict_with(b"T\xff\xff\xff\xffabc"),
    "bytes longer than the file": dict_with(b"\x8e" + b"\xff" * 7 + b"\x7f"),
    "a frame longer than the file": b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f" + DICT + STOP,
    "a long number": dict_with(b"I" + b"9" * 10_000 + b"\n"),
    "a long binary number": dict_with(b"\x8b\xff\xff\xff\x7f"),
    "a far place in the memo": dict_with(text(b"a") + b"r\xff\xff\xff\xff" + b"j\xff\xff\xff\xff"),
    "no marks": PROTO + DICT + text(b"a") + b"u" + STOP,
    "a mark taken as a value": PROTO + DICT + MARK + b"\x86" + STOP,
    "a mark in a tuple": PROTO + DICT + MARK + text(b"a") + MARK + b"\x85u" + STOP,
    "a mark left over": PROTO + MARK + DICT + STOP,
    "a value left over": PROTO + DICT + DICT + STOP,
    "nothing": PROTO + STOP,
    "a list": PROTO + LIST + STOP,
    "a pop of nothing": PROTO + b"0" + STOP,
    "appended to a dict": PROTO + DICT + MARK + b"K\x01e" + STOP,
    "set in a list": PROTO + LIST + MARK + text(b"a") + b"K\x01u" + STOP,
    "an odd dict": PROTO + DICT + MARK + text(b"a") + b"u" + STOP,
    "a key that is a list": PROTO + DICT + MARK + LIST + b"K\x01u" + STOP,
    "no end": GOOD[:-1],
    "something after the end": GOOD + b"0",
    "no pickle": b"hello",
    "empty": b"",
    "an instruction there is not": PROTO + b"\xff" + STOP,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pickle_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("this", None)
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match="'data_batch_1' is not the file it should be"):
            batch_pickle.parsed(content, "data_batch_1")
        assert tracemalloc.get_traced_memory()[1] < 200_000 + 10 * len(content)
    finally:
        tracemalloc.stop()
    assert os.listdir(tmp_path) == []
    assert "this" not in sys.modules


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_gives_a_batch_or_a_refusal(place, value):
    changed = bytearray(GOOD)
    changed[place if place < 200 else -(place - 199)] = value
    try:
        batch = batch_pickle.parsed(bytes(changed), "batch")
    except DataFileError:
        return
    assert isinstance(batch, dict)


@given(
    st.lists(st.sampled_from([bytes([k]) for k in range(256)] + [RECONSTRUCT, NDARRAY, DTYPE, text(b"u1"), b"K\x01"]))
)
def test_any_instructions_give_a_batch_or_a_refusal(instructions):
    try:
        batch = batch_pickle.parsed(PROTO + b"".join(instructions) + STOP, "batch")
    except DataFileError:
        return
    assert isinstance(batch, dict)
