from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from adapters.records import Asker, Bounds, Document
from adapters.stores.library import text_hash
from app.search import Search
from ingest.correct import correct
from ingest.keep import sync
from ingest.parse import parse, parse_bytes
from ingest.parse.wire import dump, load
from ingest.pipeline import Parts, tend
from ingest.split import split
from tests.parts import ANN, BOB, CountingEmbedder, small_parts

TODAY = "2026-01-01"
HEADER = ("编号", "问题", "答案", "相似问法", "生效日期", "有效期至", "可见范围")
ROWS = (
    ("a1", "年假有几天？", "每年5天。\n满10年的10天。", "年休假多少天？每年休几天", "", "", ""),
    ("a2", "旧标准是多少？", "每晚300元。", "", "2020-01-01", "2024年12月31日", ""),
    ("a3", "奖金怎么算？", "两个月工资。", "", "", "", "group:hr"),
)


def table(rows: Sequence[Sequence[str]] = ROWS, header: Sequence[str] = HEADER) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(file)
    return file.getvalue()


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    (tmp_path / "docs").mkdir()

    def cut(document: Document, id: str, version: int):  # type: ignore[no-untyped-def]
        return split(document, document_id=id, version_label=str(version), count_tokens=len)

    return replace(small_parts(tmp_path), parse=parse, split=cut)


def take_in(parts: Parts, tmp_path: Path, data: bytes, name: str = "faq.csv") -> list[object]:
    (tmp_path / "docs" / name).write_bytes(data)
    return list(sync(tmp_path / "docs", "default", parts))


def found(parts: Parts, question: str, asker: Asker = BOB, as_of: str = TODAY) -> list[str]:
    search = Search(parts.library, parts.vectors, parts.words, parts.embedder, lambda terms: dict.fromkeys(terms, 1.0))
    return [passage.chunk.text for passage in search(question, asker, 8, as_of).passages]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (table(), "faq.csv"),
        (workbook([HEADER, *ROWS]), "faq.xlsx"),
        ("\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS).encode(), "faq.jsonl"),
    ],
)
def test_a_table_of_questions_and_answers_keeps_each_answer_as_it_was_written(data: bytes, name: str) -> None:
    document = load(dump(parse_bytes(data, name)))
    assert [pair.id for pair in document.pairs] == ["a1", "a2", "a3"]
    first, second, third = document.pairs
    assert document.text[first.answer_start : first.answer_end] == "每年5天。\n满10年的10天。"
    assert first.variants == ("年休假多少天？", "每年休几天")
    # The last day of validity is still one.
    assert second.bounds == Bounds("2020-01-01", "2025-01-01")
    assert third.bounds.readers == ("group:hr",)


@pytest.mark.parametrize(
    "header", [("问题", "负责人"), ("Question", "Owner", "Due"), ("姓名", "答案"), ("问题", "答案", "回答")]
)
def test_other_tables_stay_tables(header: Sequence[str]) -> None:
    document = parse_bytes(table([["x"] * len(header)], header), "list.csv")
    assert not document.pairs
    assert document.blocks[-1].kind == "table"


def test_a_row_that_cannot_be_used_is_left_out_and_told_of() -> None:
    rows = (("b1", "有答案？", "有。", "", "", "", ""), ("b2", "没有？", "", "", "", "", ""))
    wrong = (("b3", "谁能看？", "秘密", "", "", "", "hr"), ("b4", "何时？", "x", "", "soon", "", ""))
    document = parse_bytes(table((*rows, *wrong)), "faq.csv")
    assert [pair.id for pair in document.pairs] == ["b1"]
    assert "秘密" not in document.text
    (warning,) = document.warnings
    assert all(part in warning for part in ("A3", "no answer", "'hr' is no reader", "'soon' is no date"))


def test_every_wording_finds_the_pair_once(parts: Parts, tmp_path: Path) -> None:
    take_in(parts, tmp_path, table())
    texts = found(parts, "每年休几天")
    assert texts[0] == "## 年假有几天？\n\n每年5天。\n满10年的10天。"
    assert sum("满10年" in text for text in texts) == 1


def test_wordings_are_embedded_as_questions_and_only_new_ones(parts: Parts, tmp_path: Path) -> None:
    take_in(parts, tmp_path, table())
    assert isinstance(parts.embedder, CountingEmbedder)
    assert not any("\x02" in text for text in parts.embedder.embedded)
    parts.embedder.embedded.clear()
    changed = (*ROWS, ("a4", "新问题？", "新答案。", "", "", "", ""))
    take_in(parts, tmp_path, table(changed))
    assert len(parts.embedder.embedded) == 1


def test_a_pair_counts_only_in_its_time_and_for_its_readers(parts: Parts, tmp_path: Path) -> None:
    take_in(parts, tmp_path, table())

    def sees(asker: Asker, as_of: str, text: str) -> bool:
        return any(text in said for said in found(parts, "旧标准是多少？奖金怎么算？", asker, as_of))

    assert sees(BOB, "2024-12-31", "每晚300元")
    assert not sees(BOB, "2025-01-01", "每晚300元")
    assert sees(ANN, TODAY, "两个月工资")
    assert not sees(BOB, TODAY, "两个月工资")


def test_a_text_with_rows_for_others_is_not_shown_whole(parts: Parts, tmp_path: Path) -> None:
    take_in(parts, tmp_path, table())
    (entry,) = parts.library.entries()
    assert parts.library.version_text(entry.id, 1, ANN) is not None
    assert parts.library.version_text(entry.id, 1, BOB) is None
    take_in(parts, tmp_path, table(ROWS[:2]))
    assert parts.library.version_text(entry.id, 2, BOB) is not None
    assert parts.library.version_text(entry.id, 1, BOB) is None


def test_rows_for_others_stay_theirs_inside_an_archive(parts: Parts, tmp_path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "公开的说明。")
        archive.writestr("faq.csv", table())
    take_in(parts, tmp_path, packed.getvalue(), "all.zip")
    assert any("两个月工资" in text for text in found(parts, "奖金怎么算", ANN))
    assert not any("两个月工资" in text for text in found(parts, "奖金怎么算", BOB))
    assert any("公开的说明" in text for text in found(parts, "公开的说明", BOB))


def test_wordings_survive_a_lost_index_and_leave_with_their_file(parts: Parts, tmp_path: Path) -> None:
    take_in(parts, tmp_path, table())
    before = found(parts, "年休假多少天")
    parts.vectors.clear()
    parts.words.clear()
    tend(parts)
    assert found(parts, "年休假多少天") == before
    take_in(parts, tmp_path, table(ROWS[1:]))
    assert not any("满10年" in text for text in found(parts, "年休假多少天"))
    assert parts.vectors.ids() == parts.words.ids() == parts.library.chunk_ids()


def test_a_corrected_answer_stays_findable_by_every_wording_and_closed_to_whom_it_was(
    parts: Parts, tmp_path: Path
) -> None:
    take_in(parts, tmp_path, table())
    (entry,) = parts.library.entries()
    bonus = "## 奖金怎么算？\n\n两个月工资。"
    for words in ("三个月工资。", "四个月工资。"):
        text = f"## 奖金怎么算？\n\n{words}"
        correct(entry.id, text_hash(bonus), parts, text=text, by="ann", at="2026-01-01T00:00:00+00:00")
        assert any(words in one for one in found(parts, "奖金怎么算？", ANN))
        assert not any("工资" in one for one in found(parts, "奖金怎么算？", BOB))
    leave = "## 年假有几天？\n\n每年5天。\n满10年的10天。"
    correct(entry.id, text_hash(leave), parts, text="年假六天。", by="ann", at="2026-01-01T00:00:00+00:00")
    for wording in ("年假有几天？", "年休假多少天？", "每年休几天"):
        assert found(parts, wording)[0] == "年假六天。"
