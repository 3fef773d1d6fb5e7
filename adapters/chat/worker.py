"""The model's own process: reads questions from its input, lets an engine answer them, writes what it says.

    python -m adapters.chat.worker        (started by `adapters.chat.served`, which speaks `frames` with it)

It ends when the other side closes, so it never outlives the service. It knows engines by name and nothing of users.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from adapters import errors
from adapters.chat.batch import Asked, Batch, Heard
from adapters.chat.frames import BrokenFrame, receive, send
from adapters.records import Limits, Message

BEAT = 1.0  # seconds between two signs of life


def main(open_: Callable[[Mapping[str, Any]], Batch] | None = None) -> None:
    """Serve until the input ends."""
    # What libraries print must not end up between the frames.
    speaking = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Worker(sys.stdin.buffer, speaking, open_).run()


class Worker:
    """One engine, its input and its output."""

    def __init__(
        self, listening: BinaryIO, speaking: BinaryIO, open_: Callable[[Mapping[str, Any]], Batch] | None = None
    ) -> None:
        self._listening, self._speaking, self._open = listening, speaking, open_ or open_engine
        self._inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._errands: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] = []
        self._engine: Batch | None = None
        self._last_beat = 0.0

    def run(self) -> None:
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        with contextlib.suppress(BrokenPipeError):
            while self._take():
                if self._engine is None:
                    continue
                if self._engine.busy():
                    for heard in self._engine.step():
                        self._tell(heard)
                elif self._errands:
                    self._run_errands(self._engine)
                self._beat()
        # Threads of an engine may hang; nothing here is worth waiting for.
        self._speaking.close()
        os._exit(0)

    def _listen(self) -> None:
        with contextlib.suppress(OSError, BrokenFrame):
            while (frame := receive(self._listening)) is not None:
                self._inbox.put(frame)
        self._inbox.put(None)

    def _take(self) -> bool:
        """Deal with what has arrived; wait for something when there is nothing else to do. False at the end."""
        idle = self._engine is None or not (self._engine.busy() or self._errands)
        with contextlib.suppress(queue.Empty):
            frame = self._inbox.get(timeout=BEAT) if idle else self._inbox.get_nowait()
            while True:
                if frame is None:
                    return False
                self._do(frame)
                frame = self._inbox.get_nowait()
        return True

    def _do(self, frame: dict[str, Any]) -> None:
        match frame["do"]:
            case "load":
                self._load(frame["engine"])
            case "chat":
                # Attaching needs an empty engine; who comes after it waits for it.
                self._held.append(frame) if self._errands else self._begin(frame)
            case "cancel":
                self._held = [held for held in self._held if held["id"] != frame["id"]]
                if self._engine is not None:
                    self._engine.cancel(frame["id"])
                self._say({"is": "cancelled", "id": frame["id"]})
            case "count":
                assert self._engine is not None
                self._say({"is": "done", "id": frame["id"], "result": self._engine.count_tokens(frame["text"])})
            case _:
                self._errands.append(frame)

    def _load(self, about: Mapping[str, Any]) -> None:
        try:
            engine = self._open(about)
            engine.load()
        except errors.ZhiwenError as problem:
            self._say({"is": "failed", **_failure(problem)})
            return
        self._engine = engine
        self._say({"is": "ready", "name": engine.name, "context_tokens": engine.context_tokens})

    def _begin(self, frame: Mapping[str, Any]) -> None:
        try:
            assert self._engine is not None
            self._engine.begin(_asked(frame))
        except errors.ZhiwenError as problem:
            self._say({"is": "end", "id": frame["id"], **_failure(problem)})

    def _run_errands(self, engine: Batch) -> None:
        for errand in self._errands:
            try:
                result: Any = None
                if errand["do"] == "attach":
                    result = engine.attach(errand["name"], Path(errand["path"]))
                elif errand["do"] == "detach":
                    engine.detach(errand["name"])
                self._say({"is": "done", "id": errand["id"], "result": result})
            except errors.ZhiwenError as problem:
                self._say({"is": "done", "id": errand["id"], **_failure(problem)})
        held, self._errands, self._held = self._held, [], []
        for frame in held:
            self._begin(frame)

    def _tell(self, heard: Heard) -> None:
        if heard.text:
            self._say({"is": "piece", "id": heard.id, "text": heard.text})
        if heard.ended:
            failed = _failure(heard.failure) if heard.failure is not None else {}
            self._say({"is": "end", "id": heard.id, "leaning": heard.leaning, "usage": dict(heard.usage), **failed})

    def _beat(self) -> None:
        if time.monotonic() - self._last_beat >= BEAT:
            self._say({"is": "alive", "memory_mb": _memory_mb()})

    def _say(self, frame: Mapping[str, Any]) -> None:
        self._last_beat = time.monotonic() if frame["is"] == "alive" else self._last_beat
        send(self._speaking, frame)


def open_engine(about: Mapping[str, Any]) -> Batch:
    """Return the engine that a load message names, not loaded. Raises BadSettings."""
    settings = dict(about)
    kind = settings.pop("kind")
    if kind == "openvino":
        from adapters.chat.openvino_batch import OpenVinoBatch

        return OpenVinoBatch(Path(settings.pop("path")), **settings)
    if kind == "transformers":
        from adapters.chat.threaded_batch import ThreadedBatch
        from adapters.chat.transformers_chat import TransformersChat

        return ThreadedBatch(TransformersChat(Path(settings.pop("path")), **settings))
    raise errors.BadSettings(f"There is no chat engine {kind!r} for a process of its own.")


def _asked(frame: Mapping[str, Any]) -> Asked:
    messages = tuple(Message(one["role"], one["text"]) for one in frame["messages"])
    words = frame.get("words")
    pair = (str(words[0]), str(words[1])) if words else None
    return Asked(frame["id"], messages, frame.get("adapter"), Limits(**frame["limits"]), pair)


def _failure(problem: BaseException) -> dict[str, str]:
    """Return an error by the name of its class: only those of `adapters.errors` are told as they are."""
    kind = type(problem).__name__
    if isinstance(problem, errors.ZhiwenError) and hasattr(errors, kind):
        return {"error": kind, "text": str(problem)}
    return {"error": "EngineUnavailable", "text": f"The chat model stopped: {problem}"}


def _memory_mb() -> int:
    """Return what this process holds in memory, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


if __name__ == "__main__":
    main()
