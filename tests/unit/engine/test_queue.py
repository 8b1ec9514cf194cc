"""The work queue, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop
from tests.unit.engine.virtual import run

from wharfinger.api.resource import Key
from wharfinger.engine.backoff import TokenBucket
from wharfinger.engine.queue import Priority, QueueClosed, WorkQueue

A, B, C = ("ns", "a"), ("ns", "b"), ("ns", "c")


def _queue(**options: object) -> WorkQueue:
    return WorkQueue("Test", draw=lambda _low, high: high, **options)  # type: ignore[arg-type]


async def _take(queue: WorkQueue) -> Key:
    async with asyncio.timeout(1):
        return await queue.get()


def test_repeats_collapse() -> None:
    async def main() -> None:
        queue = _queue()
        for _ in range(3):
            queue.add(A)
        assert len(queue) == 1
        assert await _take(queue) == A
        queue.done(A)
        assert not queue.busy

    run(main())


def test_added_while_processing_runs_once_more_and_never_at_once() -> None:
    async def main() -> None:
        queue = _queue()
        queue.add(A)
        await _take(queue)
        queue.add(A)
        queue.add(A)
        with pytest.raises(TimeoutError):
            await _take(queue)
        queue.done(A)
        assert await _take(queue) == A
        queue.done(A)
        assert not queue.busy

    run(main())


def test_high_priority_goes_first_and_lifts_a_key_that_waits() -> None:
    async def main() -> None:
        queue = _queue()
        queue.add(A, Priority.LOW)
        queue.add(B, Priority.LOW)
        queue.add(C)
        queue.add(B)
        assert [await _take(queue) for _ in range(3)] == [C, B, A]

    run(main())


def test_low_priority_is_not_starved() -> None:
    async def main() -> None:
        queue = _queue()
        queue.add(A, Priority.LOW)
        taken = []
        for index in range(10):
            queue.add(("ns", f"busy{index}"))
            taken.append(await _take(queue))
        assert A in taken

    run(main())


def test_of_several_delays_the_earliest_counts() -> None:
    async def main() -> None:
        queue, loop = _queue(), asyncio.get_running_loop()
        queue.add_after(A, 5)
        queue.add_after(A, 2)
        queue.add_after(A, 9)
        await queue.get()
        assert loop.time() == pytest.approx(2)
        queue.done(A)
        assert queue.delayed == 0

    run(main())


def test_a_delay_too_short_for_the_clock_works_on_uvloop() -> None:
    """uvloop answers a call that is due at once with a handle that does not tell its time."""

    async def main() -> None:
        queue = _queue()
        queue.add_after(A, 1e-9)
        queue.add_after(B, 1e-9)
        assert {await _take(queue), await _take(queue)} == {A, B}

    uvloop.run(main())


def test_taking_a_key_up_cancels_its_delays() -> None:
    async def main() -> None:
        queue = _queue()
        queue.add_after(A, 5)
        queue.add(A)
        await _take(queue)
        queue.done(A)
        await asyncio.sleep(10)
        assert not queue.busy

    run(main())


def test_a_delay_that_is_asked_for_while_processing_stays() -> None:
    async def main() -> None:
        queue = _queue()
        queue.add(A)
        await _take(queue)
        queue.add_after(A, 3)
        queue.done(A)
        await queue.get()
        assert asyncio.get_running_loop().time() == pytest.approx(3)

    run(main())


def test_retries_wait_twice_as_long_each_time_up_to_the_longest() -> None:
    async def main() -> None:
        queue = _queue(first_retry=1.0, longest_retry=5.0)
        assert [queue.retry(A) for _ in range(5)] == [1, 2, 4, 5, 5]
        queue.forget(A)
        assert queue.retry(A) == 1

    run(main())


def test_retries_of_all_keys_together_are_bounded() -> None:
    async def main() -> None:
        queue = _queue(first_retry=0.001, retries=TokenBucket(rate=1.0, burst=2.0))
        delays = [queue.retry(("ns", str(index))) for index in range(4)]
        assert delays[:2] == [0.001, 0.001]
        assert delays[2:] == pytest.approx([1.0, 2.0])

    run(main())


def test_closing_wakes_every_worker_and_takes_nothing_in() -> None:
    async def main() -> None:
        queue = _queue()
        waiting = [asyncio.create_task(queue.get()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.close()
        queue.add(A)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, QueueClosed) for result in results)
        assert len(queue) == 0

    run(main())


def test_a_worker_that_goes_away_loses_no_wake_up() -> None:
    async def main() -> None:
        queue = _queue()
        first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.add(A)
        first.cancel()
        async with asyncio.timeout(1):
            assert await second == A

    run(main())


def test_one_key_is_never_worked_on_twice_at_once_by_many_workers() -> None:
    async def main() -> None:
        queue = _queue()
        active: set[Key] = set()
        done: list[Key] = []

        async def work() -> None:
            while True:
                key = await queue.get()
                assert key not in active
                active.add(key)
                await asyncio.sleep(0.01)
                active.discard(key)
                done.append(key)
                queue.done(key)

        workers = [asyncio.create_task(work()) for _ in range(8)]
        for index in range(200):
            queue.add(("ns", str(index % 5)))
            await asyncio.sleep(0.001)
        await asyncio.sleep(1)
        assert not queue.busy
        assert {key[1] for key in done} == {"0", "1", "2", "3", "4"}
        for worker in workers:
            assert not worker.done(), worker
            worker.cancel()

    run(main())


def test_due_within_looks_at_delayed_keys() -> None:
    async def main() -> None:
        queue = _queue()
        queue.add_after(A, 3)
        check: Callable[[float], bool] = queue.due_within
        assert not check(2.9)
        assert check(3.0)

    run(main())
