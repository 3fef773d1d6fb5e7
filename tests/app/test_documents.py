"""The owner's desk over the real store, with indexes in memory."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.errors import AlreadyThere, BadInput
from adapters.records import Asker, Wanted
from adapters.stores.library import SqlLibrary, text_hash
from adapters.stores.listing import SqlListing
from app.documents import Documents
from ingest.counts import count
from ingest.doctor import examine
from ingest.keep import sync_all
from ingest.scan import Folder
from tests.parts import small_parts

OWNER = Asker("zhao.min", role="owner")
HR = Asker("li.na", frozenset({"hr"}), role="owner")
ROOT = Asker("root", is_admin=True, role="admin")
ALL = Wanted()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "knowledge"
    (made / "人事").mkdir(parents=True)
    (made / "人事" / ".zhiwen.toml").write_text('readers = ["group:hr"]', encoding="utf-8")
    (made / "人事" / "薪酬.txt").write_text("薪酬由委员会确定。", encoding="utf-8")
    (made / "travel.txt").write_text("一线城市 500 元。\n\n二线城市 350 元。", encoding="utf-8")
    (made / "bad_file.txt").write_text("BROKEN", encoding="utf-8")
    return made


@pytest.fixture
def asked() -> list[Path]:
    return []


@pytest.fixture
def desk(tmp_path: Path, folder: Path, asked: list[Path]) -> Documents:
    parts = small_parts(tmp_path)
    library = parts.library
    assert isinstance(library, SqlLibrary)
    made = Documents(SqlListing(library._engine), parts, (Folder(folder, "default"),), asked.append, 1_000)
    list(sync_all(made.folders, parts))
    return made


def paths(desk: Documents, asker: Asker, wanted: Wanted = ALL, limit: int = 50, offset: int = 0) -> list[str]:
    return sorted(line.entry.path for line in desk.find(wanted, asker, limit, offset).lines)


def id_of(desk: Documents, path: str) -> str:
    return next(entry.id for entry in desk.parts.library.lines() if entry.path == path)


def test_owners_see_what_they_may_read_and_administrators_every_line(desk: Documents) -> None:
    assert paths(desk, OWNER) == ["bad_file.txt", "travel.txt"]
    assert paths(desk, HR) == paths(desk, ROOT) == ["bad_file.txt", "travel.txt", "人事/薪酬.txt"]


def test_an_administrator_who_is_no_reader_sees_the_line_and_no_text(desk: Documents) -> None:
    salary = id_of(desk, "人事/薪酬.txt")
    file = desk.open(salary, ROOT)
    assert file is not None and not file.line.readable and file.chunks == ()
    assert desk.open(salary, OWNER) is None
    with pytest.raises(BadInput, match="may not read"):
        desk.correct(salary, text_hash("薪酬由委员会确定。"), "x", ROOT)
    with pytest.raises(BadInput, match="not there"):
        desk.set_disabled(salary, text_hash("薪酬由委员会确定。"), True, OWNER)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(states=("failed",)), ["bad_file.txt"]),
        (Wanted(folder="人事"), ["人事/薪酬.txt"]),
        (Wanted(words="TRAV"), ["travel.txt"]),
        (Wanted(words="薪 人事"), ["人事/薪酬.txt"]),
        (Wanted(words="bad_f"), ["bad_file.txt"]),
        (Wanted(words="bad%"), []),
        (Wanted(words="badXfile"), []),
    ],
)
def test_the_filter_takes_words_as_they_are_written(desk: Documents, wanted: Wanted, found: list[str]) -> None:
    assert paths(desk, HR, wanted) == found


def test_states_are_counted_beside_the_chosen_one_and_pages_do_not_overlap(desk: Documents) -> None:
    found = desk.find(Wanted(states=("failed",)), ROOT, 50)
    assert (found.total, dict(found.states)) == (1, {"ready": 2, "failed": 1})
    pages = [paths(desk, ROOT, limit=2), paths(desk, ROOT, limit=2, offset=2)]
    assert sorted([*pages[0], *pages[1]]) == paths(desk, ROOT) and [len(page) for page in pages] == [2, 1]


def test_a_page_of_ten_thousand_documents_is_cut_by_the_database(desk: Documents) -> None:
    entry = desk.parts.library.lines()[0]
    lines = [
        replace(entry, id=f"n{number}", path=f"many/{number:05}.txt", source=f"/x/{number}", access="public")
        for number in range(10_000)
    ]
    desk.parts.library.note_all(lines)
    found = desk.find(Wanted(folder="many"), OWNER, 50, 9_950)
    assert found.total == 10_000 and len(found.lines) == 50


def test_the_overview_is_what_the_doctor_says(desk: Documents, folder: Path) -> None:
    said = desk.overview().counts
    assert said.agree and said.summary == examine(desk.folders, desk.parts).summary
    (folder / "travel.txt").unlink()
    (folder / "new.txt").write_text("新的。", encoding="utf-8")
    (folder / "newer.txt").write_text("新的。", encoding="utf-8")
    now = count(desk.folders, desk.parts.library)
    assert (now.files, now.documents, now.orphans, now.agree) == (4, 3, 1, False)
    assert now.summary == examine(desk.folders, desk.parts).summary


def test_an_open_document_shows_what_was_corrected_by_whom(desk: Documents) -> None:
    travel = id_of(desk, "travel.txt")
    desk.correct(travel, text_hash("一线城市 500 元。"), "一线城市 600 元。", OWNER)
    desk.set_disabled(travel, text_hash("二线城市 350 元。"), True, OWNER)
    file = desk.open(travel, OWNER)
    assert file is not None
    first, second = file.chunks
    assert (first.state, first.text, first.original, first.by) == (
        "corrected", "一线城市 600 元。", "一线城市 500 元。", "zhao.min")  # fmt: skip
    assert (second.state, second.text, second.by) == ("disabled", "二线城市 350 元。", "zhao.min")
    assert file.line.corrections == 2
    looked = desk.open(travel, OWNER, words="600")
    assert looked is not None and [chunk.ordinal for chunk in looked.chunks] == [0]


def test_a_correction_that_lapsed_is_shown_until_somebody_dismisses_it(desk: Documents, folder: Path) -> None:
    travel = id_of(desk, "travel.txt")
    key = text_hash("一线城市 500 元。")
    desk.correct(travel, key, "一线城市 600 元。", OWNER)
    (folder / "travel.txt").write_text("一线城市 550 元。", encoding="utf-8")
    os.utime(folder / "travel.txt", ns=(10**18, 10**18))
    list(sync_all(desk.folders, desk.parts))
    file = desk.open(travel, OWNER)
    assert file is not None and [one.text for one in file.lapsed] == ["一线城市 600 元。"]
    assert file.chunks[0].text == "一线城市 550 元。"
    desk.forget_correction(travel, key, OWNER)
    again = desk.open(travel, OWNER)
    assert again is not None and again.lapsed == ()


def test_files_go_only_into_folders_that_their_sender_may_read(
    desk: Documents, folder: Path, asked: list[Path]
) -> None:
    assert [shelf.name for shelf in desk.shelves(OWNER)] == [""]
    assert [shelf.name for shelf in desk.shelves(HR)] == ["", "人事"]
    assert desk.receive("人事", "新规.md", [b"# 1"], HR) == "人事/新规.md"
    assert asked == [folder / "人事" / "新规.md"]
    for key in ("人事", "0:人事", "../..", "0:../.."):
        with pytest.raises(BadInput, match="no such folder"):
            desk.receive(key, "a.md", [b"x"], OWNER)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [("a.exe", b"x", "cannot be read"), ("a", b"x", "without an extension"), ("a.md", b"x" * 1_001, "larger than"),
     ("../../.zhiwen.toml", b"x", "toml files cannot"), ("con.md", b"x", "cannot be named")],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_a_reason_and_leaves_nothing(
    desk: Documents, folder: Path, name: str, content: bytes, says: str
) -> None:
    before = sorted(folder.iterdir())
    with pytest.raises(BadInput, match=says):
        desk.receive("", name, [content], OWNER)
    assert sorted(folder.iterdir()) == before


def test_a_file_that_is_there_is_replaced_only_when_asked(desk: Documents, folder: Path) -> None:
    with pytest.raises(AlreadyThere):
        desk.receive("", "travel.txt", [b"new"], OWNER)
    desk.receive("", "travel.txt", [b"new"], OWNER, replace=True)
    assert (folder / "travel.txt").read_text() == "new"


def test_deleting_takes_the_file_and_everything_found_in_it(desk: Documents, folder: Path) -> None:
    with pytest.raises(BadInput, match="not there"):
        desk.delete(id_of(desk, "人事/薪酬.txt"), OWNER)
    desk.delete(id_of(desk, "travel.txt"), OWNER)
    assert not (folder / "travel.txt").exists()
    assert paths(desk, OWNER) == ["bad_file.txt"]
    assert all(one.kind == "failed" for one in examine(desk.folders, desk.parts).findings)


def test_retry_reaches_only_what_its_sender_manages(desk: Documents, folder: Path) -> None:
    (folder / "人事" / "hidden.txt").write_text("BROKEN", encoding="utf-8")
    list(sync_all(desk.folders, desk.parts))
    states = {entry.path: entry.state for entry in desk.parts.library.lines()}
    assert states["bad_file.txt"] == states["人事/hidden.txt"] == "failed"
    assert desk.retry(OWNER) == 1
    assert desk.retry(ROOT) == 1


def test_a_pause_shows_in_the_overview(desk: Documents) -> None:
    desk.set_paused(True)
    assert desk.overview().progress.paused
    desk.set_paused(False)
    assert not desk.overview().progress.paused
