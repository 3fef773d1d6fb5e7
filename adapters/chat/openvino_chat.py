"""A chat model on the CPU by OpenVINO GenAI: several chats at once, batched token by token in one worker thread.

Loads a folder that `adapters.models.ov_convert` wrote. The chat template is the tokenizer's. Openvino is imported in
`load` only.

Each chat is a request of a `ContinuousBatchingPipeline`: requests are added from any thread, one thread steps all of
them together, and each finds its new tokens in its own handle. (`LLMPipeline.generate` would serve one chat at a time:
it may not be called while another call runs.) Prompts that begin alike share their cached keys and values.
"""

from __future__ import annotations

import itertools
import json
import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from adapters.chat.repetition import looping
from adapters.errors import BadInput, EngineOverloaded, EngineUnavailable, ModelCorrupt, ModelMissing
from adapters.openvino_quiet import silence_openvino
from adapters.records import Limits, Message, Prompt

log = logging.getLogger(__name__)

_TOO_LONG = "The question and its passages are too long for the model ({tokens} of {most} tokens); ask a shorter question or set fewer passages."
_BUSY = "The model is answering {count} others already; try again in a moment."
_NO_MEMORY = "The model ran out of memory; ask a shorter question, or set a smaller model."
_NO_ROOM = (
    "The model's cache has no room for this question; ask a shorter one, or raise the cache size in the settings."
)
_TOO_SLOW = "The answer took longer than {seconds:g} s; ask something narrower, or set a smaller model."
_UNFINISHED = "\ufffd"  # what a character whose last bytes are still to come is decoded to


class _Chat:
    """One request in the worker's hands: what it has said, and the queue that its reader waits on."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.tokens: list[int] = []
        self.said = ""
        self.pieces: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()


class OpenVinoChat:
    """`threads` run the model; `cache_gb` bounds the keys and values of all chats and of remembered prompts.

    `context_tokens` is the longest prompt with its answer (at most what the model was made for); `waiting` the most
    chats at one time, of which `together` are batched and the others wait in the order they came.
    """

    def __init__(
        self,
        path: Path,
        threads: int = 2,
        cache_gb: int = 1,
        context_tokens: int = 8192,
        together: int = 4,
        waiting: int = 32,
    ) -> None:
        self._path, self._threads, self._cache_gb = path, threads, cache_gb
        self._together, self._waiting = together, waiting
        self.context_tokens = context_tokens
        self.name = path.name
        self._genai: Any = None
        self._pipe: Any = None
        self._tokenizer: Any = None
        self._lock = threading.Lock()  # guards _chats and _closing
        self._work = threading.Condition(self._lock)
        self._chats: set[_Chat] = set()
        self._numbers = itertools.count()
        self._loading = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closing = False

    def ready(self) -> bool:
        return self._pipe is not None

    def load(self) -> None:
        with self._loading:
            if self._pipe is not None:
                return
            self._read_about()
            self._open()
            self._worker = threading.Thread(target=self._run, name="openvino-chat", daemon=True)
            self._worker.start()

    def close(self) -> None:
        """Stop the worker and free the memory; running chats end with EngineUnavailable."""
        with self._work:
            self._closing = True
            self._work.notify()
        if self._worker is not None:
            self._worker.join()
        self._worker = self._pipe = self._tokenizer = None
        self._closing = False

    def count_tokens(self, text: str) -> int:
        return int(self._encode(text).shape[1])

    def stream(self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()) -> Iterator[str]:
        if adapter is not None:
            raise BadInput(f"The embedded chat engine has no adapter {adapter!r}; choose the model without an adapter.")
        return self._pieces(prompt.messages, limits)

    def _pieces(self, messages: Sequence[Message], limits: Limits) -> Iterator[str]:
        deadline = time.monotonic() + limits.seconds
        chat = self._begin(messages, limits)
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
            chat.handle.cancel()  # no effect on a finished request

    def _begin(self, messages: Sequence[Message], limits: Limits) -> _Chat:
        prompt = self._prompt(messages)
        tokens = self._encode(prompt)
        length = int(tokens.shape[1])
        if length + limits.max_tokens > self.context_tokens:
            raise EngineOverloaded(_TOO_LONG.format(tokens=length, most=self.context_tokens - limits.max_tokens))
        with self._work:
            if self._pipe is None or self._closing:
                raise EngineUnavailable("The chat model is not loaded.")
            if len(self._chats) >= self._waiting:
                raise EngineOverloaded(_BUSY.format(count=len(self._chats)))
            chat = _Chat(self._pipe.add_request(next(self._numbers), tokens, self._config(limits)))
            self._chats.add(chat)
            self._work.notify()
        return chat

    def _prompt(self, messages: Sequence[Message]) -> str:
        history = [{"role": message.role, "content": message.text} for message in messages]
        return str(self._need_tokenizer().apply_chat_template(history, add_generation_prompt=True))

    def _config(self, limits: Limits) -> Any:
        config = self._genai.GenerationConfig(max_new_tokens=limits.max_tokens)
        config.set_eos_token_id(self._tokenizer.get_eos_token_id())
        if limits.temperature > 0:
            config.do_sample, config.temperature, config.top_p = True, limits.temperature, 0.95
        return config

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

    def _open(self) -> None:
        silence_openvino()
        try:
            import openvino_genai
        except ImportError as cause:
            raise EngineUnavailable("The package openvino-genai is not installed; run `make install`.") from cause
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.cache_size = self._cache_gb
        scheduler.enable_prefix_caching = True
        scheduler.max_num_seqs = self._together
        properties = {"INFERENCE_NUM_THREADS": self._threads, "PERFORMANCE_HINT": "LATENCY"}
        try:
            pipe = openvino_genai.ContinuousBatchingPipeline(self._path, scheduler, "CPU", properties)
        except (RuntimeError, MemoryError) as cause:
            if _out_of_memory(cause):
                raise EngineUnavailable(_NO_MEMORY) from cause
            raise ModelCorrupt(f"The model in {self._path} cannot be loaded; delete it and pull it again.") from cause
        self._genai, self._tokenizer = openvino_genai, pipe.get_tokenizer()
        self._pipe = pipe

    def _encode(self, text: str) -> Any:
        return self._need_tokenizer().encode(text, add_special_tokens=False).input_ids

    def _need_tokenizer(self) -> Any:
        if self._tokenizer is None:
            raise EngineUnavailable("The chat model is not loaded.")
        return self._tokenizer

    def _run(self) -> None:
        """The worker: step while there are chats, sleep while there are none."""
        while True:
            with self._work:
                self._work.wait_for(lambda: self._chats or self._closing)
                chats = list(self._chats)
                if self._closing:
                    break
            try:
                self._pipe.step()
                ended = {chat for chat in chats if self._collect(chat)}
            except (RuntimeError, MemoryError) as cause:
                log.exception("The chat engine failed")
                self._fail(chats, cause)
                ended = set(chats)
            with self._work:
                self._chats -= ended
        self._fail(chats, None)

    def _collect(self, chat: _Chat) -> bool:
        """Hand new text to the chat's reader; return True when the chat has ended."""
        status = chat.handle.get_status()
        while chat.handle.can_read():
            for output in chat.handle.read().values():
                chat.tokens.extend(output.generated_ids)
        ended = status != self._genai.GenerationStatus.RUNNING
        text = self._tokenizer.decode(chat.tokens) if chat.tokens else ""
        if len(text) > len(chat.said) and (ended or not text.endswith(_UNFINISHED)):
            chat.pieces.put(text[len(chat.said) :])
            chat.said = text
        if status == self._genai.GenerationStatus.IGNORED:
            chat.pieces.put(EngineOverloaded(_NO_ROOM))
        elif ended:
            chat.pieces.put(None)
        return ended

    def _fail(self, chats: Sequence[_Chat], cause: BaseException | None) -> None:
        for chat in chats:
            chat.handle.cancel()
            if cause is not None and _out_of_memory(cause):
                chat.pieces.put(EngineOverloaded(_NO_MEMORY))
            else:
                chat.pieces.put(EngineUnavailable("The chat model stopped; ask again."))


def _out_of_memory(cause: BaseException) -> bool:
    text = str(cause).lower()
    return isinstance(cause, MemoryError) or "bad_alloc" in text or ("alloc" in text and "memory" in text)
