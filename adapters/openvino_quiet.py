"""Keeps OpenVINO from reporting its use to its maker, and away from our threads' signal stacks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from adapters.errors import EngineUnavailable

Made = TypeVar("Made")


def silence_openvino() -> None:
    """Call before the first `import openvino` of the process.

    `openvino` imports `openvino_telemetry`, which sends events when no consent file exists. When that package cannot
    be imported, `openvino` uses its own empty stand-in; this asks for that, in this process only, without writing
    into the user's home folder. Safe to call again. Raises EngineUnavailable when it comes too late.
    """
    if sys.modules.get("openvino_telemetry") is not None:
        raise EngineUnavailable("OpenVINO was imported before its telemetry was switched off; this is a defect.")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]


def apart(make: Callable[[], Made]) -> Made:
    """Make what compiles a model, a pipeline or a tokenizer, in a thread that ends with it.

    The CPU plugin of 2026.4 gives the thread that first compiles an alternate signal stack and frees it with the last
    engine. Python's handlers run there: Ctrl+C in a main thread that compiled ends the process with SIGSEGV.
    """
    with ThreadPoolExecutor(1, "openvino-make") as pool:
        return pool.submit(make).result()
