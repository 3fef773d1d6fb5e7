"""What `zhiwen models inspect | use | remove | bundle` do, over the catalogue and the models folder."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.errors import BadInput, BadSettings, ModelMissing
from adapters.models.bundle import read_bundle, write_bundle
from adapters.models.catalogue import read_catalogue
from adapters.models.checked import is_checked
from adapters.models.inspect import inspect_model, machine_memory_bytes
from app.engines import Say, converted_folder
from app.settings import Settings, read_settings

# What characters per token are counted on: plain office prose.
ENGLISH = "Employees who travel within the country may spend up to 120 euros a night; later reports need approval. "
CHINESE = "员工在国内出差，住宿标准为每晚不超过四百五十元；出差结束后三十天内须提交报销单，并附上全部发票。"


def inspect(settings: Settings, name: str) -> dict[str, Any]:
    """Return the facts of a catalogue model or of a folder. Raises ModelMissing, ModelCorrupt, EngineUnavailable."""
    path = Path(name)
    folder = path if path.is_dir() else settings.models.folder / read_catalogue().find(name).name
    facts = inspect_model(folder)
    converted = converted_folder(settings, name)
    weights = converted / "openvino_model.bin"
    if not path.is_dir() and weights.is_file():  # what the engine opens, not what was fetched
        facts = replace(facts, weight_bytes=weights.stat().st_size, quantization=f"int8, from {facts.quantization}")
    machine, tokens, chats = machine_memory_bytes(), 4096, settings.chat.together
    report: dict[str, Any] = {
        "name": name,
        "family": facts.family,
        "parameters": facts.parameters,
        "quantization": facts.quantization,
        "dtype": facts.dtype,
        "weight_bytes": facts.weight_bytes,
        "context_tokens": facts.context_tokens,
        "chat_template": facts.chat_template,
        "kv_bytes_per_token": facts.kv_bytes_per_token,
        "memory_bytes": facts.memory_bytes(tokens, chats),
        "memory_for": f"{chats} chats of {tokens} tokens",
        "machine_bytes": machine,
        "fits": facts.fits(machine, tokens, chats) if machine else None,
        "traps": list(facts.traps),
    }
    if not path.is_dir() and (converted / "openvino_tokenizer.xml").is_file():
        from adapters.chat.openvino_tokens import OpenVinoTokens

        count = OpenVinoTokens(converted).count
        report["characters_per_token"] = {
            "zh": round(len(CHINESE) / count(CHINESE), 2),
            "en": round(len(ENGLISH) / count(ENGLISH), 2),
        }
    return report


def use(settings_file: Path | None, name: str) -> Path:
    """Write a model's name into the settings file, everything else kept as it is; return the file.

    Raises ModelMissing when it is not here, BadSettings when the file would not be valid then.
    """
    settings = read_settings(settings_file)
    model = read_catalogue().find(name)
    if not is_checked(model, settings.models.folder):
        raise ModelMissing(f"{name} is not here; run `zhiwen models pull {name}` first.")
    file = settings_file or Path("zhiwen.toml")
    old = file.read_text("utf-8") if file.exists() else ""
    section = "chat" if model.kind == "chat" else "embedding"
    try:
        file.write_text(with_model(old, section, name), "utf-8")
        read_settings(file)
    except (OSError, BadSettings) as cause:
        if old:
            file.write_text(old, "utf-8")
        raise BadSettings(f"{file} cannot be changed ({cause}); set {section}.model = {name!r} by hand.") from cause
    return file


def with_model(text: str, section: str, name: str) -> str:
    """Return a settings file's text with `model` of a section set; comments and all other lines stay."""
    header = re.search(rf"^\[{section}\][^\n]*$", text, re.MULTILINE)
    if header is None:
        return f'{text.rstrip()}\n\n[{section}]\nmodel = "{name}"\n'.lstrip()
    rest = text[header.end() :]
    end = re.search(r"^\[", rest, re.MULTILINE)
    body, after = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    line = re.compile(r'^(\s*model\s*=\s*)(?:"[^"\n]*"|\'[^\'\n]*\')', re.MULTILINE)
    if line.search(body):
        body = line.sub(lambda match: f'{match[1]}"{name}"', body, count=1)
    else:
        body = f'\nmodel = "{name}"{body}'
    return text[: header.end()] + body + after


def remove(settings: Settings, name: str) -> int:
    """Delete a model's files and its converted form; return the bytes freed. Raises BadInput when it is in use."""
    model = read_catalogue().find(name)
    if name in (settings.chat.model, settings.embedding.model):
        raise BadInput(f"{name} is the configured model; choose another with `zhiwen models use` first.")
    freed = 0
    for folder in (settings.models.folder / model.name, converted_folder(settings, name)):
        if folder.is_dir():
            freed += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            shutil.rmtree(folder)
    if not freed:
        raise ModelMissing(f"{name} is not here; there is nothing to remove.")
    return freed


def bundle(settings: Settings, names: list[str], target: Path, say: Say) -> dict[str, Any]:
    """Write models (default: the configured ones) into one file for a machine without a network."""
    catalogue = read_catalogue()
    models = [catalogue.find(name) for name in names or (settings.embedding.model, settings.chat.model)]
    return write_bundle(models, settings.models.folder, target, say)


def unbundle(settings: Settings, source: Path, say: Say) -> list[str]:
    """Take the models of a bundle in, verified; return their names."""
    if not source.is_file():
        raise BadInput(f"There is no file {source}.")
    return read_bundle(source, settings.models.folder, read_catalogue(), say)
