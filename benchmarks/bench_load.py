"""Many people ask at once: how much time our own code adds to an answer, and whether anybody waits for anybody.

The model is a fake that pauses between words as a real one does, so that what is measured beyond its pauses is ours:
gate, rights, queueing, events, JSON. `python -m benchmarks.bench_load [--people 50] [--rounds 4] [--json FILE]`
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
import uvicorn

from adapters.rights import SCOPES
from tests.ui.web.api.conftest import ADMIN, make_world
from tests.ui.web.fake_product import YEARLY, FakeProduct
from ui.web.server import create_app

PAUSE = 0.02


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=50)
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--soak", type=float, default=0.0, help="then keep asking for this many seconds")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    with TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        world.product.pause = PAUSE
        keys = [world.service.people.add_key(ADMIN, "reader", str(n), SCOPES)[1] for n in range(chosen.people)]
        server = uvicorn.Server(
            uvicorn.Config(create_app(world.product, service=world.service), port=0, log_level="warning", ws="none")
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        report = asyncio.run(_measure(address, keys, chosen.rounds, _model_seconds()))
        if chosen.soak:
            report |= asyncio.run(_soak(address, keys[:10], chosen.soak))
        server.should_exit = True
        thread.join(20)
    for name, value in report.items():
        print(f"{name:40} {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _model_seconds() -> float:
    """Return what the fake model's own pauses take, alone."""
    product = FakeProduct(pause=PAUSE)
    started = time.perf_counter()
    list(product._events(YEARLY))
    events = len(list(product._events(YEARLY)))
    return events * PAUSE + (time.perf_counter() - started)


async def _ask(client: httpx.AsyncClient, key: str) -> tuple[float, float, int]:
    """Return seconds to the first event of the answer, to its end, and the status."""
    first, started = 0.0, time.perf_counter()
    headers = {"Authorization": f"Bearer {key}"}
    async with client.stream("POST", "/api/v1/ask", json={"question": YEARLY}, headers=headers) as response:
        done = False
        async for line in response.aiter_lines():
            if line.startswith("event: step") and not first:
                first = time.perf_counter() - started
            done = done or line == "event: done"
        return first, time.perf_counter() - started, response.status_code if done else 0


async def _measure(address: str, keys: list[str], rounds: int, model: float) -> dict[str, object]:
    firsts: list[float] = []
    wholes: list[float] = []
    errors = 0
    limits = httpx.Limits(max_connections=len(keys) + 5)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        await _ask(client, keys[0])
        worked = time.process_time()
        for _ in range(rounds):
            for first, whole, status in await asyncio.gather(*(_ask(client, key) for key in keys)):
                firsts.append(first)
                wholes.append(whole)
                errors += status != 200
    worked = (time.process_time() - worked) * 1000 / len(wholes)
    over = (np.array(wholes) - model) * 1000
    return {
        "people at once": len(keys),
        "answers": len(wholes),
        "errors": errors,
        "the model's own seconds": round(model, 3),
        "overhead p50 ms": round(float(np.percentile(over, 50))),
        "overhead p95 ms": round(float(np.percentile(over, 95))),
        "first event p95 ms": round(float(np.percentile(firsts, 95)) * 1000),
        "cpu ms an answer, asking included": round(worked, 1),
        "load average": round(os.getloadavg()[0], 1),
    }


def _footprint() -> tuple[int, int, int]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096, threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


async def _soak(address: str, keys: list[str], seconds: float) -> dict[str, object]:
    """Ask again and again; the second half must not need more than the first."""
    asked, errors, halfway = 0, 0, None
    started = time.monotonic()
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        while (gone := time.monotonic() - started) < seconds:
            told = await asyncio.gather(*(_ask(client, key) for key in keys))
            asked += len(told)
            errors += sum(status != 200 for _, _, status in told)
            if halfway is None and gone > seconds / 2:
                halfway = _footprint()
    after, before = _footprint(), halfway or _footprint()
    return {
        "soak answers": asked,
        "soak errors": errors,
        "soak memory growth %": round(100 * (after[0] / before[0] - 1), 2),
        "soak threads, half and end": f"{before[1]}, {after[1]}",
        "soak open files, half and end": f"{before[2]}, {after[2]}",
    }


if __name__ == "__main__":
    main()
