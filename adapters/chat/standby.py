"""Lets a quick engine answer while a slow one is still being fetched and loaded, or when it cannot be.

Knows nothing of either but the promise they keep.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal

from adapters.errors import EngineUnavailable, ZhiwenError
from adapters.ports import ChatModel, Leans
from adapters.records import Limits, Prompt

log = logging.getLogger(__name__)
Say = Callable[[str], None]


@dataclass(frozen=True)
class StandbyState:
    """How far the primary is. `text` is for people: what is being done, or why it failed."""

    kind: Literal["waiting", "loading", "ready", "failed"]
    text: str = ""


class StandbyChat:
    """Answers with `fallback` until `primary` is ready.

    `prepare` runs before the primary's `load`, in the same background thread, and reports through the function it is
    given: fetching and converting weights belong there.
    """

    def __init__(self, primary: ChatModel, fallback: ChatModel, prepare: Callable[[Say], None] | None = None) -> None:
        self._primary, self._fallback, self._prepare = primary, fallback, prepare
        self._state = StandbyState("waiting")
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> StandbyState:
        return self._state

    @property
    def name(self) -> str:
        return self._now().name

    @property
    def context_tokens(self) -> int:
        return self._now().context_tokens

    def ready(self) -> bool:
        return self._now().ready()

    def count_tokens(self, text: str) -> int:
        return self._now().count_tokens(text)

    def load(self) -> None:
        """Load the fallback now and the primary in the background. After a failure it tries again."""
        self._fallback.load()
        with self._lock:
            if self._state.kind in ("loading", "ready"):
                return
            self._state = StandbyState("loading", "preparing the model")
            # A daemon: quitting must not wait for a download.
            self._thread = threading.Thread(target=self._load_primary, name="load-chat-model", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Close what can be closed."""
        for model in (self._primary, self._fallback):
            close = getattr(model, "close", None)
            if close is not None:
                close()

    @property
    def primary(self) -> ChatModel:
        return self._primary

    def wait(self, seconds: float | None = None) -> StandbyState:
        """Return the state when loading has ended, or after `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._state

    def stream(
        self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()
    ) -> Generator[str, None, None]:
        model = self._now()
        if model is self._fallback:
            return self._fallback.stream(prompt, None, limits)
        return self._guarded(prompt, adapter, limits)

    def leaning(self, prompt: Prompt, words: tuple[str, str]) -> float | None:
        """Return the primary's leaning, None while it is not there."""
        model = self._now()
        try:
            return model.leaning(prompt, words) if isinstance(model, Leans) else None
        except EngineUnavailable as problem:
            log.warning("The chat model is unavailable, judging without it: %s", problem)
            return None

    def _guarded(self, prompt: Prompt, adapter: str | None, limits: Limits) -> Generator[str, None, None]:
        """Turn to the fallback when the primary is gone before its first word; later it is too late to change voice."""
        given = False
        try:
            for piece in self._primary.stream(prompt, adapter, limits):
                given = True
                yield piece
        except EngineUnavailable as problem:
            if given:
                raise
            log.warning("The chat model is unavailable, answering without it: %s", problem)
            yield from self._fallback.stream(prompt, None, limits)

    def _now(self) -> ChatModel:
        return self._primary if self._state.kind == "ready" and self._primary.ready() else self._fallback

    def _load_primary(self) -> None:
        try:
            if self._prepare is not None:
                self._prepare(lambda text: self._become("loading", text))
            self._become("loading", f"loading {self._primary.name}")
            self._primary.load()
        except ZhiwenError as problem:
            log.warning("The chat model could not be loaded: %s", problem)
            self._become("failed", str(problem))
        except Exception as defect:  # the thread's edge: a defect must not leave people waiting for a dead loader
            log.exception("Loading the chat model failed unexpectedly")
            self._become("failed", f"unexpected error: {defect}")
        else:
            self._become("ready", self._primary.name)

    def _become(self, kind: Literal["loading", "ready", "failed"], text: str) -> None:
        self._state = StandbyState(kind, text)
