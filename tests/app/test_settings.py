from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.errors import BadSettings
from app.beside import folders_of
from app.settings import Section, Settings, read_settings

SHIPPED = Path(__file__).parents[2] / "zhiwen.toml"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "zhiwen.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_says_the_defaults() -> None:
    assert read_settings(SHIPPED, {}) == Settings()


def test_the_shipped_file_names_every_setting_with_a_reason() -> None:
    named: dict[str, set[str]] = {}
    section = ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if header := re.fullmatch(r"\[(\w+)]", line):
            section = header[1]
        elif setting := re.match(r"(?:# )?(\w+) = .+#\s*\S", line):
            named.setdefault(section, set()).add(setting[1])
    sections = {name: value for name, value in Settings() if isinstance(value, Section)}
    assert named == {name: set(type(value).model_fields) for name, value in sections.items()}


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[web]\nport = 8000\n[chat]\nengine = "fake"\n')
    settings = read_settings(path, {"ZHIWEN_WEB__PORT": "9000", "ZHIWEN_DATA": "/elsewhere", "OTHER": "1"})
    assert (settings.web.port, settings.chat.engine, settings.data.folder) == (9000, "fake", Path("/elsewhere"))


@pytest.mark.parametrize(
    ("text", "environment", "told"),
    [
        ("[web]\nprot = 1", {}, ["web.prot", "port"]),
        ("[wbe]\nport = 1", {}, ["wbe", "web"]),
        ("[web]\nport = 99999", {}, ["web.port", "99999", "65535"]),
        ('[chat]\nengine = "atuo"', {}, ["chat.engine", "atuo", "auto"]),
        ("[web\nport", {}, ["TOML", "line 1"]),
        ("[knowledge.bases]\nHR = []", {}, ["knowledge.bases.HR", "at least 1"]),
        ("[knowledge.bases]\n'a:b' = ['/srv/a']", {}, ["knowledge.bases", "a:b"]),
        ("[knowledge]\nfolders = ['/a']\nbases = {HR = ['/a']}", {}, ["/a", "two knowledge bases", "HR"]),
        ("", {"ZHIWEN_WEB__PORT": "high"}, ["ZHIWEN_WEB__PORT", "high"]),
        ("", {"ZHIWEN_CHAT__MODLE": "x"}, ["ZHIWEN_CHAT__MODLE", "model"]),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(
    tmp_path: Path, text: str, environment: dict[str, str], told: list[str]
) -> None:
    with pytest.raises(BadSettings) as problem:
        read_settings(write(tmp_path, text), environment)
    assert all(part in str(problem.value) for part in told), problem.value


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="no settings file"):
        read_settings(tmp_path / "absent.toml", {})
    path = tmp_path / "gbk.toml"
    path.write_bytes('[web] # "端口"'.encode("gb18030"))
    with pytest.raises(BadSettings, match="UTF-8"):
        read_settings(path, {})


def test_a_secret_that_looks_like_a_number_stays_text_and_is_not_shown(tmp_path: Path) -> None:
    settings = read_settings(None, {"ZHIWEN_OIDC__CLIENT_SECRET": "12345", "ZHIWEN_DATA": str(tmp_path)})
    assert settings.oidc.client_secret.get_secret_value() == "12345" and "12345" not in repr(settings)


def test_further_knowledge_bases_stand_beside_the_first(tmp_path: Path) -> None:
    text = '[knowledge]\nname = "general"\nfolders = ["/srv/all"]\n[knowledge.bases]\nHR = ["/srv/hr", "/srv/pay"]\n'
    settings = read_settings(write(tmp_path, text), {})
    assert settings.knowledge.names == ("general", "HR")
    folders = {str(folder.root): folder.knowledge_base for folder in folders_of(settings)}
    assert folders == {"/srv/all": "general", "/srv/hr": "HR", "/srv/pay": "HR"}


def test_a_further_knowledge_base_leaves_the_folder_in_the_data_folder_watched(tmp_path: Path) -> None:
    text = "[knowledge]\nsample = false\n[knowledge.bases]\nHR = ['/srv/hr']\n"
    settings = read_settings(write(tmp_path, text), {"ZHIWEN_DATA": str(tmp_path)})
    folders = {str(folder.root): folder.knowledge_base for folder in folders_of(settings)}
    assert folders == {str(tmp_path / "knowledge"): "default", "/srv/hr": "HR"}
