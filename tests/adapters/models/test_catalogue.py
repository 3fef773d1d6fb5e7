"""The catalogue refuses what would make a fetch unsafe, and is honest about what is not pinned."""

from pathlib import Path

import pytest

from adapters.errors import BadSettings
from adapters.models.catalogue import WheelSource, read_catalogue

ENTRY = """
[[model]]
name = "small"
kind = "chat"
engine = "openvino"
title = "Small"
licence = "MIT"
bytes = 10
files = [{file}]
{more}
[[model.sources]]
kind = "hub"
repo = "some/model"
revision = "{revision}"
"""
PINNED = '{ name = "a.gguf", bytes = 10, sha256 = "' + "0" * 64 + '" }'


def read(folder: Path, file: str = PINNED, more: str = "", revision: str = "main") -> str | None:
    path = folder / "catalogue.toml"
    read_catalogue.cache_clear()
    path.write_text(ENTRY.replace("{file}", file).replace("{more}", more).replace("{revision}", revision), "utf-8")
    return read_catalogue(path).find("small").warning


def test_the_shipped_catalogue_holds_the_embedded_defaults_fully_pinned() -> None:
    catalogue = read_catalogue()
    for name in (
        "multilingual-e5-small",
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "qwen2.5-coder-0.5b-instruct-q4_k_m",
        "smollm2-135m-instruct",
    ):
        assert catalogue.find(name).warning is None


def test_shipped_models_look_in_folders_first_and_in_wheels_last() -> None:
    for model in read_catalogue().model:
        assert model.sources[0].kind == "folder"
        assert not any(isinstance(source, WheelSource) for source in model.sources[:-1])


def test_a_pinned_model_needs_no_reason(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_a_file_without_a_hash_needs_a_reason(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="unpinned_reason"):
        read(tmp_path, '{ name = "a.gguf" }')


def test_a_reason_is_shown_as_a_warning(tmp_path: Path) -> None:
    warning = read(tmp_path, '{ name = "a.gguf" }', 'unpinned_reason = "Nobody has hashed it yet."')
    assert warning is not None
    assert "Nobody has hashed it yet." in warning


def test_a_commit_pins_a_repository_but_is_still_warned_about(tmp_path: Path) -> None:
    assert read(tmp_path, '{ name = "a.gguf" }', revision="0123456789" * 4) is not None


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "C:\\\\a", ""])
def test_a_file_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSettings):
        read(tmp_path, PINNED.replace("a.gguf", name))


def test_unknown_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="extra"):
        read(tmp_path, more="colour = 1")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadSettings, match="Known: multilingual-e5-small"):
        read_catalogue().find("large")
