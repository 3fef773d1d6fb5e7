"""A chat model on the CPU by OpenVINO GenAI; chats are answered one after the other, in the order they came.

Loads a folder that `adapters.models.ov_convert` wrote. The chat template is the tokenizer's. Openvino is imported in
`load` only.

Why one at a time: GenAI 2026.4 refuses `LLMPipeline.generate` while another call runs, and the pipeline that batches
(`ContinuousBatchingPipeline.step`) holds Python's global lock while it computes, which would freeze the page for
seconds. It can batch once the model has a process of its own. Prompts that begin alike share their cached keys.
"""

from __future__ import annotations

import json
import logging
import math
import queue
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from adapters.chat.repetition import looping
from adapters.errors import BadInput, EngineOverloaded, EngineUnavailable, ModelCorrupt, ModelMissing
from adapters.openvino_quiet import silence_openvino
from adapters.records import Limits, Message, Prompt

log = logging.getLogger(__name__)

_TOO_LONG = (
    "The question and its passages are too long for the model ({tokens} of {most} tokens); "
    "ask a shorter question or set fewer passages."
)
_BUSY = "{count} questions are waiting for the model already; try again in a moment."
_NO_MEMORY = "The model ran out of memory; ask a shorter question, or set a smaller model."
_TOO_SLOW = "The answer took longer than {seconds:g} s; ask something narrower, or set a smaller model."
_NOT_LOADED = "The chat model is not loaded."
_STOPPED = "The chat model stopped; ask again."
_UNFINISHED = "\ufffd"  # what a character whose last bytes are still to come is decoded to
_LONGEST = 8191  # tokens; the tokenizer that GenAI makes from a GGUF file silently cuts what is longer
_SLICE = 2000  # characters encoded at a time for counting, at most 3 tokens each: below _LONGEST


class _Chat:
    """A question in the worker's hands, and the queue of pieces that its reader waits on; None ends it."""

    def __init__(self, tokens: Any, limits: Limits, weighed: bool = False) -> None:
        self.tokens, self.limits, self.weighed = tokens, limits, weighed
        self.log_probability = 0.0  # of all that was said; known at the end when it is weighed
        self.cancelled = threading.Event()
        self.pieces: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()


class OpenVinoChat:
    """`threads` run the model; `cache_gb` bounds the memory of remembered prompts.

    `context_tokens` is the longest prompt with its answer (at most 8,191, and what the model was made for); `waiting`
    the most chats at one time. `prompt_lookup` guesses words that stand in the prompt and has the model confirm several
    at once: sooner when it quotes.
    """

    def __init__(
        self,
        path: Path,
        threads: int = 2,
        cache_gb: int = 1,
        context_tokens: int = 8191,
        waiting: int = 32,
        prompt_lookup: bool = True,
    ) -> None:
        self.name = path.name
        self.context_tokens = min(context_tokens, _LONGEST)
        self.waiting = waiting
        self._path, self._threads, self._cache_gb = path, threads, cache_gb
        self._lookup = prompt_lookup
        self._genai: Any = None
        self._pipe: Any = None
        self._tokenizer: Any = None
        self._loading = threading.Lock()
        self._changed = threading.Condition()  # guards _open_chats
        self._open_chats: set[_Chat] = set()
        self._line: queue.SimpleQueue[_Chat | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

    def ready(self) -> bool:
        return self._pipe is not None

    def load(self) -> None:
        with self._loading:
            if self._pipe is not None:
                return
            self._read_about()
            self._start_pipeline()
            self._worker = threading.Thread(target=self._work, name="openvino-chat", daemon=True)
            self._worker.start()

    def close(self) -> None:
        """End all chats and free the memory."""
        with self._changed:
            for chat in self._open_chats:
                chat.cancelled.set()
        self._line.put(None)
        if self._worker is not None:
            self._worker.join()
        self._worker = self._pipe = self._tokenizer = None

    def idle(self, seconds: float) -> bool:
        """Return True as soon as no chat is running or waiting, False when one still is after `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open_chats, seconds)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens; for text of more than 2,000 characters it may be one too many per 2,000."""
        return sum(
            int(self._encode(text[start : start + _SLICE]).input_ids.shape[1]) for start in range(0, len(text), _SLICE)
        )

    def stream(
        self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()
    ) -> Generator[str, None, None]:
        if adapter is not None:
            raise BadInput(f"The embedded chat engine has no adapter {adapter!r}; choose the model without an adapter.")
        return self._pieces(prompt.messages, limits)

    def leaning(self, prompt: Prompt, words: tuple[str, str]) -> float | None:
        """Return the log odds of the first word, from the probability of the one token the model would begin with.

        GenAI tells the probability of the chosen token only; nearly all of the rest belongs to the other word.
        """
        limits = Limits(max_tokens=1)
        chat = self._begin(prompt.messages, limits, weighed=True)
        said = "".join(self._said(chat, limits)).strip().casefold()
        sure = math.exp(min(chat.log_probability, -1e-6))
        odds = math.log(sure / (1 - sure))
        first, second = (word.casefold() for word in words)
        return odds if said.startswith(first) else -odds if said.startswith(second) else None

    def _pieces(self, messages: Sequence[Message], limits: Limits) -> Generator[str, None, None]:
        yield from self._said(self._begin(messages, limits), limits)

    def _said(self, chat: _Chat, limits: Limits) -> Generator[str, None, None]:
        deadline = time.monotonic() + limits.seconds
        said = ""
        try:
            while True:
                try:
                    piece = chat.pieces.get(timeout=max(deadline - time.monotonic(), 0))
                except queue.Empty:
                    raise EngineOverloaded(_TOO_SLOW.format(seconds=limits.seconds)) from None
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                said += piece
                yield piece
                if looping(said):
                    log.warning("The chat model repeated itself and was stopped")
                    return
        finally:
            chat.cancelled.set()

    def _begin(self, messages: Sequence[Message], limits: Limits, weighed: bool = False) -> _Chat:
        prompt = self._prompt(messages)
        length, most = self.count_tokens(prompt), self.context_tokens - limits.max_tokens
        if length > most:
            raise EngineOverloaded(_TOO_LONG.format(tokens=length, most=most))
        chat = _Chat(self._encode(prompt), limits, weighed)
        with self._changed:
            if self._pipe is None:
                raise EngineUnavailable(_NOT_LOADED)
            if len(self._open_chats) >= self.waiting:
                raise EngineOverloaded(_BUSY.format(count=len(self._open_chats)))
            self._open_chats.add(chat)
        self._line.put(chat)
        return chat

    def _prompt(self, messages: Sequence[Message]) -> str:
        if self._tokenizer is None:
            raise EngineUnavailable(_NOT_LOADED)
        history = [{"role": message.role, "content": message.text} for message in messages]
        return str(self._tokenizer.apply_chat_template(history, add_generation_prompt=True))

    def _encode(self, text: str) -> Any:
        if self._tokenizer is None:
            raise EngineUnavailable(_NOT_LOADED)
        return self._tokenizer.encode(text, add_special_tokens=False)

    def _work(self) -> None:
        """The worker: answer one chat after the other until told to stop."""
        while (chat := self._line.get()) is not None:
            try:
                if not chat.cancelled.is_set():
                    self._generate(chat)
                chat.pieces.put(None)
            except (RuntimeError, MemoryError) as cause:
                log.exception("The chat engine failed and is started again")
                chat.pieces.put(EngineOverloaded(_NO_MEMORY) if _out_of_memory(cause) else EngineUnavailable(_STOPPED))
                self._restart_pipeline()
            finally:
                with self._changed:
                    self._open_chats.discard(chat)
                    self._changed.notify_all()

    def _generate(self, chat: _Chat) -> None:
        genai, tokenizer = self._genai, self._tokenizer

        class Streamer(genai.StreamerBase):  # type: ignore[misc, name-defined]
            """Hands over text token by token; GenAI's own streamer holds back the last few."""

            def __init__(self) -> None:
                super().__init__()
                self.tokens: list[int] = []
                self.said = ""

            def write(self, token: int | Sequence[int]) -> Any:
                self.tokens.extend([token] if isinstance(token, int) else token)
                text = tokenizer.decode(self.tokens)
                if len(text) > len(self.said) and not text.endswith(_UNFINISHED):
                    chat.pieces.put(text[len(self.said) :])
                    self.said = text
                return genai.StreamingStatus.CANCEL if chat.cancelled.is_set() else genai.StreamingStatus.RUNNING

            def end(self) -> None:
                return

        config = genai.GenerationConfig(max_new_tokens=chat.limits.max_tokens)
        if chat.weighed:
            config.logprobs = 1
        if chat.limits.temperature > 0:
            config.do_sample, config.temperature, config.top_p = True, chat.limits.temperature, 0.95
        if self._lookup and config.is_greedy_decoding():
            config.num_assistant_tokens, config.max_ngram_size = 5, 3
        result = self._pipe.generate(chat.tokens, config, Streamer())
        if chat.weighed:
            chat.log_probability = float(result.scores[0])

    def _read_about(self) -> None:
        about = self._path / "zhiwen.json"
        if not about.is_file():
            raise ModelMissing(f"There is no converted chat model in {self._path}; run `zhiwen models pull`.")
        try:
            read = json.loads(about.read_text(encoding="utf-8"))
            self.name = str(read["name"])
            self.context_tokens = min(self.context_tokens, int(read["context_tokens"]))
        except (ValueError, KeyError, TypeError) as cause:
            raise ModelCorrupt(f"{about} cannot be read; delete {self._path} and run `zhiwen models pull`.") from cause

    def _start_pipeline(self) -> None:
        silence_openvino()
        try:
            import openvino_genai
        except ImportError as cause:
            raise EngineUnavailable("The package openvino-genai is not installed; run `make install`.") from cause
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.cache_size, scheduler.enable_prefix_caching = self._cache_gb, True
        properties: dict[str, Any] = {"INFERENCE_NUM_THREADS": self._threads}
        if self._lookup:
            properties["prompt_lookup"] = True
        try:
            pipe = openvino_genai.LLMPipeline(self._path, "CPU", scheduler_config=scheduler, **properties)
        except (RuntimeError, MemoryError) as cause:
            if _out_of_memory(cause):
                raise EngineUnavailable(_NO_MEMORY) from cause
            raise ModelCorrupt(f"The model in {self._path} cannot be loaded; delete it and pull it again.") from cause
        self._genai, self._tokenizer, self._pipe = openvino_genai, pipe.get_tokenizer(), pipe

    def _restart_pipeline(self) -> None:
        """After a failure the pipeline still believes that it is running, and would refuse every later chat."""
        self._pipe = None
        try:
            self._start_pipeline()
        except (EngineUnavailable, ModelCorrupt) as problem:
            log.error("The chat engine could not be started again: %s", problem)


def _out_of_memory(cause: BaseException) -> bool:
    text = str(cause).lower()
    return isinstance(cause, MemoryError) or "bad_alloc" in text or ("alloc" in text and "memory" in text)
