import asyncio
import threading

import pytest

from ui.web.pace import batches


def collected(start, interval=0.0):
    async def run():
        return [batch async for batch in batches(start, lambda: interval)]

    return asyncio.run(run())


def test_everything_arrives_in_order():
    found = collected(lambda: iter(range(50)))
    assert [item for batch in found for item in batch] == list(range(50))


def test_what_comes_faster_than_it_can_be_drawn_comes_together():
    first_drawn, all_sent = threading.Event(), threading.Event()

    def items():
        yield 0
        first_drawn.wait(5)
        yield from range(1, 100)
        all_sent.set()

    async def run():
        seen = []
        async for batch in batches(items, lambda: 0.2):
            seen.append(batch)
            first_drawn.set()
        return seen

    seen = asyncio.run(run())
    assert seen[0] == [0] and len(seen) <= 3 and all_sent.is_set()


def test_what_the_stream_raises_is_raised_here_after_what_it_gave():
    def items():
        yield "a"
        raise ValueError("broken")

    async def run():
        seen = []
        with pytest.raises(ValueError, match="broken"):
            async for batch in batches(items, lambda: 0.0):
                seen.extend(batch)
        return seen

    assert asyncio.run(run()) == ["a"]


def test_leaving_closes_the_stream():
    closed, left = threading.Event(), threading.Event()

    def items():
        try:
            yield 1
            left.wait(5)
            yield 2
            yield 3
        finally:
            closed.set()

    async def run():
        stream = batches(items, lambda: 0.0)
        await anext(stream)
        await stream.aclose()
        left.set()

    asyncio.run(run())
    assert closed.wait(5)


def test_slow_streams_do_not_wait_for_each_other():
    together = threading.Barrier(20, timeout=5)

    def items():
        together.wait()  # breaks unless all twenty run at once
        yield 1

    async def run():
        async def one():
            return [batch async for batch in batches(items, lambda: 0.0)]

        return await asyncio.gather(*(one() for _ in range(20)))

    assert asyncio.run(run()) == [[[1]]] * 20
