from __future__ import annotations

from pathlib import Path

import pytest

from adapters.errors import BadInput
from app.faq import add_pair, remove_pair
from ingest.parse import parse


def pairs(folder: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    document = parse(folder / "faq.csv")
    return [(p.question, document.text[p.answer_start : p.answer_end], p.variants) for p in document.pairs]


def test_an_added_answer_is_a_row_that_is_read_back(tmp_path: Path) -> None:
    add_pair(tmp_path, "年假有几天？", "5天。\n满10年的10天。", ["每年休几天"], "ann")
    add_pair(tmp_path, "=1+1?", '-2, "quoted"', by="bob")
    assert pairs(tmp_path) == [
        ("年假有几天？", "5天。\n满10年的10天。", ("每年休几天",)),
        ("=1+1?", '-2, "quoted"', ()),
    ]
    assert "ann" in (tmp_path / "faq.csv").read_text(encoding="utf-8-sig")


def test_the_same_question_is_replaced_and_keeps_its_wordings(tmp_path: Path) -> None:
    add_pair(tmp_path, "Who?", "Ann", ["Whom?"])
    add_pair(tmp_path, "who?", "Bob", ["Which one?"])
    assert pairs(tmp_path) == [("who?", "Bob", ("Whom?", "Which one?"))]


def test_a_table_made_by_hand_keeps_its_columns(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_bytes("问题,答案,来源\n一？,甲,手册\n".encode("gb18030"))
    add_pair(tmp_path, "二？", "乙")
    assert pairs(tmp_path) == [("一？", "甲", ()), ("二？", "乙", ())]
    assert "手册" in parse(tmp_path / "faq.csv").text


def test_what_is_no_such_table_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("name,phone\nann,1\n")
    with pytest.raises(BadInput, match="no table of questions"):
        add_pair(tmp_path, "a?", "b")
    assert (tmp_path / "faq.csv").read_text() == "name,phone\nann,1\n"
    with pytest.raises(BadInput):
        add_pair(tmp_path, "  ", "b")


def test_a_pair_can_be_taken_out(tmp_path: Path) -> None:
    add_pair(tmp_path, "a?", "1")
    add_pair(tmp_path, "b?", "2")
    assert remove_pair(tmp_path, "a?")
    assert not remove_pair(tmp_path, "a?")
    assert [question for question, _, _ in pairs(tmp_path)] == ["b?"]
    remove_pair(tmp_path, "b?")
    assert not (tmp_path / "faq.csv").exists()
