"""Any `ports.ChatModel` behind the promise of `batch.Batch`: each chat in a thread of its own.

For engines that take one chat after the other, or bring their own batching. They are still worth a process: what
crashes there does not crash here.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from pathlib import Path
from typing import Any

from adapters.chat.batch import Asked, Heard
from adapters.errors import BadInput, ZhiwenError
from adapters.ports import ChatModel, Leans
from adapters.records import Prompt

_PATIENCE = 0.05  # seconds a step waits for something to be said


class ThreadedBatch:
    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._open: dict[int, threading.Event] = {}
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    def load(self) -> None:
        self._model.load()

    def count_tokens(self, text: str) -> int:
        return self._model.count_tokens(text)

    def busy(self) -> bool:
        return bool(self._open)

    def begin(self, asked: Asked) -> None:
        left = self._open[asked.id] = threading.Event()
        threading.Thread(target=self._run, args=(asked, left), name=f"chat-{asked.id}", daemon=True).start()

    def cancel(self, id: int) -> None:
        if (left := self._open.pop(id, None)) is not None:
            left.set()

    def step(self) -> list[Heard]:
        heard: list[Heard] = []
        with contextlib.suppress(queue.Empty):
            heard.append(self._heard.get(timeout=_PATIENCE))
            while True:
                heard.append(self._heard.get_nowait())
        heard = [one for one in heard if one.id in self._open]
        for one in heard:
            if one.ended:
                del self._open[one.id]
        return heard

    def attach(self, name: str, path: Path) -> dict[str, Any]:
        attach = getattr(self._model, "attach", None)
        if attach is None:
            raise BadInput(f"The chat engine of {self.name} takes no adapters; choose the model without one.")
        return dict(attach(name, path))

    def detach(self, name: str) -> None:
        detach = getattr(self._model, "detach", None)
        if detach is not None:
            detach(name)

    def _run(self, asked: Asked, left: threading.Event) -> None:
        prompt = Prompt(asked.messages, "")
        try:
            if asked.words is not None:
                leaning = self._model.leaning(prompt, asked.words) if isinstance(self._model, Leans) else None
                self._heard.put(Heard(asked.id, ended=True, leaning=leaning))
                return
            with contextlib.closing(self._model.stream(prompt, asked.adapter, asked.limits)) as pieces:
                for piece in pieces:
                    if left.is_set():
                        return
                    self._heard.put(Heard(asked.id, piece))
        except ZhiwenError as problem:
            self._heard.put(Heard(asked.id, ended=True, failure=problem))
        except Exception as defect:  # the thread's edge: the chat must hear of its end
            self._heard.put(Heard(asked.id, ended=True, failure=defect))
        else:
            self._heard.put(Heard(asked.id, ended=True))
