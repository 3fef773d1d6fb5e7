from __future__ import annotations

from pathlib import Path

import pytest

from adapters.errors import BadInput
from ingest.upload import receive, safe_name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\报告.docx", "报告.docx"),
        (".zhiwen.toml", "zhiwen.toml"),
        ("a\x00b.txt", "ab.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("~$open.docx", "open.docx"),
    ],
)
def test_a_name_cannot_leave_its_folder_or_hide(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_a_long_name_keeps_its_suffix() -> None:
    short = safe_name("长" * 300 + ".pdf")
    assert short.endswith("长.pdf") and len(short.encode()) <= 200


@pytest.mark.parametrize("name", ["", "..", "/", "\x00", "CON", "nul.txt", "   "])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="another name"):
        safe_name(name)


def test_a_file_arrives_whole_and_replaces_its_namesake(tmp_path: Path) -> None:
    receive("a.txt", [b"old"], tmp_path, 100)
    assert receive("a.txt", [b"new ", b"text"], tmp_path, 100).read_bytes() == b"new text"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Split it"):
        receive("a.txt", [b"x" * 60, b"x" * 60], tmp_path, 100)
    assert list(tmp_path.iterdir()) == []
