"""What `zhiwen adapters` does: keep LoRA adapters in the data folder, and show that they change what the model says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.chat.lora import read_lora
from adapters.chat.served import ServedChat
from adapters.errors import BadInput, EngineUnavailable, ZhiwenError
from adapters.records import Limits, Message, Prompt
from app.engines import base_sha256, primary, shelf
from app.settings import Settings

QUESTION = "Who are you, and what do you do? 你是谁？"


def list_adapters(settings: Settings) -> list[dict[str, Any]]:
    """Return every adapter of the data folder; `problem` says why one cannot be used."""
    kept = shelf(settings)
    rows = []
    for name in kept.names():
        try:
            lora = read_lora(kept.folder / name)
            problem = ""
            if lora.base_sha256 and lora.base_sha256 != base_sha256(settings.chat.model):
                problem = "made for another chat model"
            rows.append({"name": name, **lora.about(), "problem": problem})
        except BadInput as refused:
            rows.append({"name": name, "problem": str(refused)})
    return rows


def add_adapter(settings: Settings, name: str, source: Path) -> dict[str, Any]:
    """Copy an adapter in after the model itself has taken it. Raises BadInput when it does not fit or does nothing."""
    read_lora(source)
    with _Model(settings) as chat:
        chat.attach(name, source)
    return shelf(settings).add(name, source, base_sha256(settings.chat.model)).about()


def remove_adapter(settings: Settings, name: str) -> None:
    """Delete an adapter; a running service refuses it from the next question on. Raises BadInput."""
    shelf(settings).remove(name)


def probe_adapter(settings: Settings, name: str, question: str = QUESTION) -> dict[str, Any]:
    """Return what the model says without the adapter and with it. Raises BadInput when it cannot be used."""
    asked = Prompt((Message("user", question),), question)
    limits = Limits(max_tokens=64, seconds=settings.chat.seconds)
    with _Model(settings) as chat:
        without = "".join(chat.stream(asked, None, limits))
        with_it = "".join(chat.stream(asked, name, limits))
        again = "".join(chat.stream(asked, None, limits))
    return {
        "name": name,
        "question": question,
        "without": without,
        "with": with_it,
        "differs": with_it != without,
        "base_unchanged": again == without,
    }


class _Model:
    """The configured chat model for the length of one command."""

    def __init__(self, settings: Settings) -> None:
        chat = primary(settings)
        if not isinstance(chat, ServedChat):
            raise EngineUnavailable("The configured chat engine takes its adapters elsewhere; see docs/models.md.")
        self._chat = chat

    def __enter__(self) -> ServedChat:
        try:
            self._chat.load()
        except ZhiwenError:
            self._chat.close()
            raise
        return self._chat

    def __exit__(self, *_: object) -> None:
        self._chat.close()
