"""How rarely Python looks for cycles while a long function is recorded; afterwards it is as the user has it."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import gatewise as gw
from gatewise._circuit.bits import YOUNG, Open

USUAL = (700, 10, 10)


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*USUAL)
    yield
    assert gc.get_threshold() == USUAL
    assert not Open.young
    gc.set_threshold(*before)


def long(x: Any, seen: list[Any] | None = None) -> Any:
    for _ in range(6_000):
        x = x * 1.0001
    if seen is not None:
        seen.append(gc.get_threshold())
    return x


def test_a_long_recording_lets_the_collector_wait() -> None:
    seen: list[Any] = []
    gw.grad(long)(1.0, seen)
    gw.grad(gw.grad(lambda x: long(x * x, seen)))(1.0)
    gw.circuit(lambda x: long(x, seen), x=1.0)
    assert seen == [(YOUNG, *USUAL[1:])] * 3


def test_an_error_and_a_short_function_leave_it_as_it_was() -> None:
    def fails(x: Any) -> Any:
        raise RuntimeError(long(x).item())

    with pytest.raises(RuntimeError):
        gw.grad(fails)(1.0)
    assert gc.get_threshold() == USUAL
    seen: list[Any] = []
    gw.grad(lambda x: seen.append(gc.get_threshold()) or x * x)(1.0)
    assert seen == [USUAL]


def test_it_waits_until_the_last_thread_is_done() -> None:
    seen: list[Any] = []
    begun, go_on = threading.Event(), threading.Event()

    def waits(x: Any) -> Any:
        x = long(x, seen)
        begun.set()
        assert go_on.wait(30)
        return x

    other = threading.Thread(target=gw.grad(waits), args=(1.0,))
    other.start()
    assert begun.wait(30)
    gw.grad(long)(1.0)
    seen.append(gc.get_threshold())
    go_on.set()
    other.join()
    assert seen == [(YOUNG, *USUAL[1:])] * 2


@pytest.mark.parametrize("own", [(50_000, 5, 5), (0, 10, 10), (900, 1, 1)])
def test_what_the_user_sets_stays(own: tuple[int, int, int]) -> None:
    gc.set_threshold(*own)
    gw.grad(long)(1.0)
    assert gc.get_threshold() == own
    gc.set_threshold(*USUAL)

    def sets(x: Any) -> Any:
        x = long(x)
        gc.set_threshold(*own)
        return x

    gw.grad(sets)(1.0)
    assert gc.get_threshold() == own
    gc.set_threshold(*USUAL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_forked_beside_a_long_derivative_has_the_users_own() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def waits(x: Any) -> Any:
        x = long(x)
        begun.set()
        assert go_on.wait(30)
        return x

    other = threading.Thread(target=gw.grad(waits), args=(1.0,))
    other.start()
    assert begun.wait(30)
    child = os.fork()
    if not child:
        os._exit(gc.get_threshold() != USUAL)
    _, status = os.waitpid(child, 0)
    go_on.set()
    other.join()
    assert status == 0
