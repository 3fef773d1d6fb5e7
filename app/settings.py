"""Every setting, its default and its bounds. Read once, in `app.build`; nothing below asks for settings.

Order: environment variables `ZHIWEN_<SECTION>__<NAME>`, then `zhiwen.toml`, then the defaults here. Where the data
lives is `ZHIWEN_DATA` or `data.folder`.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from adapters.errors import BadSettings
from app.bot_settings import BotsSettings
from app.section import Section


class DataSettings(Section):
    folder: Path = Path("data")


class KnowledgeSettings(Section):
    name: str = Field("default", min_length=1, max_length=60)
    folders: tuple[Path, ...] = ()
    include: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    polling: tuple[Path, ...] = ()
    sample: bool = True
    sweep_seconds: float = Field(600, ge=10)


class ModelSettings(Section):
    folder: Path = Path("models")
    local_folders: tuple[Path, ...] = ()
    hub: str = "https://huggingface.co"
    modelscope: str = "https://www.modelscope.cn"
    offline: bool = False


class EmbeddingSettings(Section):
    engine: Literal["onnx", "fake"] = "onnx"
    model: str = "multilingual-e5-small"
    threads: int = Field(0, ge=0, le=256)


class ChatSettings(Section):
    engine: Literal["auto", "extractive", "fake"] = "auto"
    model: str = "qwen2.5-coder-1.5b-instruct-q4_k_m"
    threads: int = Field(0, ge=0, le=256)
    cache_gb: int = Field(1, ge=1, le=64)
    passage_tokens: int = Field(450, ge=100, le=32_000)
    answer_tokens: int = Field(320, ge=16, le=8_000)
    seconds: float = Field(120, gt=0)
    quote: bool = True


class SearchSettings(Section):
    passages: int = Field(6, ge=1, le=50)
    lexical_weight: float = Field(0.5, ge=0, le=10)
    candidates: int = Field(50, ge=10, le=1_000)
    overfetch: int = Field(200, ge=10, le=5_000)


class ModerationSettings(Section):
    policy: Path | None = None


class WebSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(7860, ge=1, le=65_535)
    session_hours: float = Field(12, gt=0)


class Settings(Section):
    data: DataSettings = DataSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    models: ModelSettings = ModelSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    chat: ChatSettings = ChatSettings()
    search: SearchSettings = SearchSettings()
    moderation: ModerationSettings = ModerationSettings()
    web: WebSettings = WebSettings()
    bots: BotsSettings = BotsSettings()


def read_settings(path: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Return the settings of a file (default `zhiwen.toml` here, if there is one) and the environment.

    Raises BadSettings naming the file or variable, the setting, and what it may be.
    """
    environment = dict(os.environ) if environment is None else environment
    values = _read_file(path or Path("zhiwen.toml"), required=path is not None)
    origin = {}
    for name, text in environment.items():
        section, _, key = name.removeprefix("ZHIWEN_").lower().partition("__")
        if name.startswith("ZHIWEN_") and key:
            values.setdefault(section, {})[key] = _plain(text)
            origin[(section, key)] = name
    if folder := environment.get("ZHIWEN_DATA"):
        values.setdefault("data", {})["folder"] = folder
    try:
        return Settings.model_validate(values)
    except ValidationError as cause:
        raise BadSettings("\n".join(_explain(dict(error), path, origin) for error in cause.errors())) from cause


def _read_file(path: Path, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise BadSettings(
                f"There is no settings file {path}. Copy zhiwen.toml there, or leave --settings out."
            ) from None
        return {}
    except (OSError, UnicodeDecodeError) as cause:
        raise BadSettings(
            f"The settings file {path} cannot be read ({cause}). Save it as UTF-8 and readable by you."
        ) from cause
    except tomllib.TOMLDecodeError as cause:
        raise BadSettings(
            f"The settings file {path} is not valid TOML: {cause}. Mend that line and start again."
        ) from cause


def _plain(text: str) -> Any:
    """Read an environment variable as a TOML value where it is one, else as text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: dict[str, Any], path: Path | None, origin: dict[tuple[str, str], str]) -> str:
    place = [str(part) for part in error["loc"]]
    source = origin.get((place[0], place[1]), "") if len(place) > 1 else ""
    where = f"environment variable {source}" if source else str(path or "zhiwen.toml")
    name = ".".join(place)
    if error["type"] == "extra_forbidden":
        section: Section = getattr(Settings(), place[0]) if len(place) > 1 else Settings()
        known = type(section).model_fields
        return f"{where}: there is no setting {name!r}. Known here: {', '.join(known)}."
    return f"{where}: setting {name!r} is {error['input']!r}: {error['msg']}."
