"""What faces may offer of the configured engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chat.lora import WEIGHTS
from app.engines import adapters_in
from app.settings import Settings, read_settings


def settings(tmp_path: Path, **chat: str) -> Settings:
    return read_settings(
        None, {"ZHIWEN_DATA": str(tmp_path)} | {f"ZHIWEN_CHAT__{key}": one for key, one in chat.items()}
    )


def put(tmp_path: Path, name: str) -> None:
    (tmp_path / "adapters" / name).mkdir(parents=True)
    (tmp_path / "adapters" / name / WEIGHTS).write_bytes(b"")


def test_an_adapter_is_offered_as_soon_as_it_lies_in_the_data_folder(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    assert adapters_in(chosen) == ()
    put(tmp_path, "contracts")
    put(tmp_path, "tone")
    assert adapters_in(chosen) == ("contracts", "tone")


@pytest.mark.parametrize("chat", [{"ADAPTERS": "false"}, {"ENGINE": "extractive"}, {"ENGINE": "fake"}])
def test_none_is_offered_where_the_engine_takes_none(tmp_path: Path, chat: dict[str, str]) -> None:
    put(tmp_path, "contracts")
    assert adapters_in(settings(tmp_path, **chat)) == ()
