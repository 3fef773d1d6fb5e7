"""A chat model without a model: answers from the passages, the same every time. For tests and for trying the page."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence

from adapters.errors import EngineOverloaded, EngineUnavailable, TooLong
from adapters.records import Limits, Prompt
from adapters.sentences import sentences
from adapters.terms import language, terms

PIECE = 6  # characters


class FakeChat:
    """Answers with the first sentence of the best passage, or with what it was told.

    `pieces` are given word for word instead. `failure` is raised after them, or at once when there are none.
    `stall` is waited for before the last piece; it stands for an engine that hangs. `closed` counts the streams that
    were closed before their end.
    """

    def __init__(
        self,
        pieces: Sequence[str] | None = None,
        failure: Exception | None = None,
        stall: threading.Event | None = None,
        context_tokens: int = 8192,
        loads: bool = True,
    ) -> None:
        self.name = "fake"
        self.context_tokens = context_tokens
        self.closed = 0
        self._pieces, self._failure, self._stall, self._loads = pieces, failure, stall, loads
        self._ready = False

    def ready(self) -> bool:
        return self._ready

    def load(self) -> None:
        if not self._loads:
            raise EngineUnavailable("The fake engine was told not to load.")
        self._ready = True

    def count_tokens(self, text: str) -> int:
        return len(terms(text))

    def stream(
        self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()
    ) -> Generator[str, None, None]:
        if sum(self.count_tokens(message.text) for message in prompt.messages) > self.context_tokens:
            raise TooLong("The question and its passages are too long for the model; ask a shorter question.")
        return self._stream(self._answer(prompt), adapter, limits)

    def _answer(self, prompt: Prompt) -> list[str]:
        if self._pieces is not None:
            return list(self._pieces)
        if self._failure is not None:
            return []
        if prompt.passages:
            text = prompt.passages[0].reading_text
            start, end = next(iter(sentences(text)), (0, len(text)))
            text = text[start:end]
        else:
            text = "没有可用的资料。" if language(prompt.question) == "zh" else "There is nothing to answer from."
        return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]

    def _stream(self, pieces: list[str], adapter: str | None, limits: Limits) -> Generator[str, None, None]:
        given = 0
        try:
            for number, piece in enumerate(pieces):
                if self._stall is not None and number == len(pieces) - 1 and not self._stall.wait(limits.seconds):
                    raise EngineOverloaded(f"The answer took longer than {limits.seconds:g} s; ask something narrower.")
                given += self.count_tokens(piece)
                if number and given > limits.max_tokens:
                    break
                yield f"({adapter}) {piece}" if adapter and number == 0 else piece
            if self._failure is not None:
                raise self._failure
        except GeneratorExit:
            self.closed += 1
            raise
