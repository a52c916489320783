"""Trees are built in threads, also where a collection in the middle runs Python code."""

from __future__ import annotations

import ast
import gc
import sys
import threading
import weakref

import pytest

from gatewise import _syntax

TEXT = "def f(x, y):\n    f = x * y\n    return f\n" * 20


class Cycle:
    """Something that only the collector can free, and that tells Python code when it does."""

    def __init__(self):
        self.me = self
        weakref.finalize(self, sum, range(3000))


def built_beside_each_other(parse):
    """The errors of three threads that build trees while objects with Python finalizers are collected."""
    errors = []

    def build():
        for _ in range(400):
            Cycle()
            try:
                parse(TEXT)
            except SystemError as error:
                errors.append(error)

    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-5)
    gc.set_threshold(50)
    try:
        threads = [threading.Thread(target=build) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)
    return errors


def test_threads_that_build_trees_at_once():
    assert not built_beside_each_other(_syntax.module)


def test_an_interpreter_that_never_manages_is_heard(monkeypatch):
    def fails(*_):
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr(ast, "parse", fails)
    with pytest.raises(SystemError, match="depth mismatch"):
        _syntax.module("x")


def test_the_two_kinds_of_text():
    assert isinstance(_syntax.module("x = 1").body[0], ast.Assign)
    assert isinstance(_syntax.expression("x + 1"), ast.BinOp)
    with pytest.raises(SyntaxError):
        _syntax.expression("x = 1")
