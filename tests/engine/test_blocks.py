"""no_grad() in generators, tasks and threads that end in any order; bits that come back; a fork beside threads."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import gatewise as gw
from gatewise._circuit import Open
from gatewise._circuit.bits import TURNS

X = np.array([1.0, 2.0, 3.0])


def derivatives_are_on():
    assert gw.grad(lambda x: np.sum(x * x))(X).tolist() == [2.0, 4.0, 6.0]
    w = gw.tensor(3.0)
    (w * w).backward()
    assert w.grad == 6.0
    assert not Open.blocks


def predictions(w, X):
    with gw.no_grad():
        for x in X:
            assert not (x * w).requires_grad
            yield x * w


def test_generators_that_end_in_the_order_they_began():
    for _ in zip(predictions(gw.tensor(2.0), X), predictions(gw.tensor(3.0), X), strict=True):
        pass
    derivatives_are_on()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_generators_that_are_closed_in_any_order(order):
    running = [predictions(gw.tensor(2.0), X) for _ in range(3)]
    for each in running:
        next(each)
    for k in order:
        running[k].close()
    derivatives_are_on()


def test_a_generator_that_is_thrown_away_and_one_that_fails():
    def failing():
        with gw.no_grad():
            yield 1
            raise ValueError

    lost, failed = predictions(gw.tensor(2.0), X), failing()
    next(lost)
    next(failed)
    with pytest.raises(ValueError):
        next(failed)
    del lost
    derivatives_are_on()


def test_one_block_object_entered_twice_and_blocks_left_crosswise():
    block = gw.no_grad()
    with block, block:
        assert not (gw.tensor(1.0) * 2).requires_grad
    derivatives_are_on()
    one, other = gw.no_grad(), gw.no_grad()
    one.__enter__()
    other.__enter__()
    one.__exit__()
    assert not (gw.tensor(1.0) * 2).requires_grad
    other.__exit__()
    derivatives_are_on()


def test_tasks_that_end_in_the_order_they_began():
    async def evaluating(w, began, others):
        with gw.no_grad():
            began.set()
            await others.wait()
            assert not (w * 2).requires_grad
        assert (w * 2).requires_grad

    async def training(seen):
        await seen.wait()
        derivative = gw.grad(lambda x: np.sum(x * x))(X)
        assert derivative.tolist() == [2.0, 4.0, 6.0]

    async def main():
        first, second = asyncio.Event(), asyncio.Event()
        w = gw.tensor(1.0)
        await asyncio.gather(evaluating(w, first, second), evaluating(w, second, first), training(first))

    asyncio.run(main())
    derivatives_are_on()


def test_an_async_generator_holds_its_block_in_its_task():
    async def batches():
        with gw.no_grad():
            for x in X:
                await asyncio.sleep(0)
                yield x

    async def total():
        return sum([x async for x in batches()])

    async def main():
        return await asyncio.gather(total(), total(), total())

    assert asyncio.run(main()) == [6.0] * 3
    derivatives_are_on()


def test_a_block_does_not_close_a_derivative_that_begins_inside_it_or_after_it():
    def open_block():
        with gw.no_grad():
            yield

    held = []

    def f(x):
        held.append(open_block())
        next(held[-1])
        return x * x

    gw.grad(f)(3.0)  # the generator outlives the derivative it stands in
    for _ in range(40):
        assert gw.grad(lambda x: x * x)(3.0) == 6.0
    held.clear()
    derivatives_are_on()


def test_threads_have_blocks_of_their_own():
    inside, done = threading.Event(), threading.Event()

    def evaluating():
        with gw.no_grad():
            inside.set()
            done.wait(10)
            return (gw.tensor(1.0) * 2).requires_grad

    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(evaluating)
        inside.wait(10)
        assert gw.grad(lambda x: np.sum(x * x))(X).tolist() == [2.0, 4.0, 6.0]
        done.set()
        assert later.result() is False
    derivatives_are_on()


def test_a_generator_ended_in_another_thread_leaves_no_block_behind():
    running = predictions(gw.tensor(2.0), X)
    next(running)
    thread = threading.Thread(target=running.close)
    thread.start()
    thread.join()
    derivatives_are_on()


# ------------------------------------------------------------------------------------------------------------- bits


def test_bits_come_back_while_threads_overlap():
    largest = []
    meet = threading.Barrier(2)

    def overlapping(offset):
        def f(x):
            if offset:
                meet.wait(10)
            largest.append(x.bits)
            if not offset:
                meet.wait(10)
            return x * x

        for _ in range(300):
            assert gw.grad(f)(3.0) == 6.0

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(overlapping, [0, 1]))
    assert max(largest) < TURNS
    assert Open.derivatives == 1
    assert Open.recordings == 0


def test_a_pool_thread_takes_derivatives_inside_one_of_another_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: None).result()  # the thread is older than the derivative

        def f(x):
            return pool.submit(lambda: gw.grad(lambda y: y * y * x)(x)).result()  # 2 x**2

        for _ in range(40):
            assert gw.grad(f)(3.0) == 12.0


def test_more_derivatives_at_once_than_there_are_turns():
    def deep(x, depth):
        return x * x if depth == 0 else gw.grad(lambda y: deep(x, depth - 1) * y)(1.0)

    assert gw.grad(lambda x: deep(x, 35))(3.0) == 6.0
    derivatives_are_on()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes can fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_beside_threads():
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            gw.grad(lambda x: np.sum(x * x))(X)
            gw.circuit("x * y", x=1.0, y=2.0)
            with gw.no_grad():
                pass

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            child = os.fork()
            if child == 0:
                try:
                    right = gw.grad(lambda x: np.sum(x * x))(X).tolist() == [2.0, 4.0, 6.0]
                    w = gw.tensor(3.0)
                    (w * w).backward()
                    os._exit(0 if right and w.grad == 6.0 and Open.derivatives == 1 and not Open.blocks else 1)
                except BaseException:
                    os._exit(2)
            waiting = threading.Timer(20, os.kill, (child, 9))
            waiting.start()
            _, status = os.waitpid(child, 0)
            waiting.cancel()
            assert status == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes can fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_inside_a_derivative_and_a_block():
    def f(x):
        with gw.no_grad():
            child = os.fork()
            if child == 0:
                still = (x * x).requires_grad is False and gw.grad(lambda y: y * y)(3.0) == 6.0
                os._exit(0 if still else 1)
            assert os.waitpid(child, 0)[1] == 0
        return x * x

    assert gw.grad(f)(3.0) == 6.0
