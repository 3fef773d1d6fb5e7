"""A question is answered from what is in force today, or on the day it asks about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from adapters.chat.extractive import ExtractiveChat
from adapters.chat.fake_chat import FakeChat
from adapters.errors import BadInput
from adapters.records import Chunk, Citation, Passage
from app.answer import Parts, answer
from app.events import Notice, collect
from app.gate import Evidence
from app.search import Search
from app.validity import asked_day, day_of, lapse_notices
from ingest.keep import sync
from moderation.moderator import Moderator
from moderation.policy import DEFAULT_POLICY, load_policy
from tests.parts import BOB, small_parts

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("2022年的休假规定是什么？", "2022-12-31"),
        ("2022年当时有效的报销标准", "2022-12-31"),
        ("按2023年5月的差旅标准能报多少", "2023-05-31"),
        ("2023年版休假办法里年假几天", "2023-12-31"),
        ("截至2021年6月3日有多少天年假", "2021-06-03"),
        ("How many days of leave as of 2021?", "2021-12-31"),
        ("What was the limit as of 2021-03-05?", "2021-03-05"),
        ("what was in force on 2020-02", "2020-02-29"),
        ("limits valid in March 2024", "2024-03-31"),
        ("What did the 2023 leave policy say?", "2023-12-31"),
        ("2026年的休假规定", None),
        ("2023年入职的员工有几天年假？", None),
        ("2024年第3季度的营收是多少", None),
        ("文件RB-HR-2023-007说了什么", None),
        ("年假有几天？", None),
        ("Who joined in 2021?", None),
    ],
)
def test_a_question_names_the_day_whose_rules_it_asks_for(question: str, day: str | None) -> None:
    assert asked_day(question, TODAY) == day


def test_a_day_may_be_given_as_day_month_or_year() -> None:
    assert [day_of(text) for text in ("2023-01-31", "2024-2", "2023")] == ["2023-01-31", "2024-02-29", "2023-12-31"]
    for wrong in ("2023-13", "yesterday", "2023-02-30", ""):
        with pytest.raises(BadInput):
            day_of(wrong)


def source(until: str | None) -> tuple[list[Citation], list[Passage]]:
    chunk = Chunk("d:1:0", "d", 0, "x", "x", 0, 1, 0, 1, "zh")
    passage = Passage(chunk, "d.md", "休假办法", 1, 1.0, "x", effective_to=until)
    return [Citation(1, "d", "d.md", "休假办法", 1, 0, 1, "x", 1.0)], [passage]


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-12-10", ["《休假办法》将于 2026-12-10 失效，请留意新版本。"]),
        ("2025-01-01", ["《休假办法》已于 2025-01-01 失效。"]),
        ("2027-11-01", []),
        (None, []),
    ],
)
def test_a_source_that_lapses_soon_or_has_lapsed_is_named(until: str | None, said: list[str]) -> None:
    assert lapse_notices(*source(until), TODAY, "zh") == said


@pytest.fixture
def editions(tmp_path: Path) -> Parts:
    stored = small_parts(tmp_path)
    for year, days, until in (("2023", 5, "2025-01-01"), ("2025", 10, None)):
        folder = tmp_path / "docs" / year
        folder.mkdir(parents=True)
        (folder / "leave.txt").write_text(f"员工年假为{days}天。", encoding="utf-8")
        end = f"effective_to = {until}\n" if until else ""
        (folder / ".zhiwen.toml").write_text(f"effective_from = {year}-01-01\n{end}", encoding="utf-8")
    list(sync(tmp_path / "docs", "docs", stored))
    ones = lambda terms: dict.fromkeys(terms, 1.0)  # noqa: E731
    search = Search(stored.library, stored.vectors, stored.words, stored.embedder, ones)
    return Parts(
        search=lambda question, asker, *within: search(question, asker, 4, *within),
        gate=lambda *_: Evidence(0.9, True, {}),
        weigh=ones,
        chat=FakeChat(),
        extract=ExtractiveChat(),
        moderator=Moderator(load_policy(DEFAULT_POLICY)),
    )


@pytest.mark.parametrize(
    ("question", "as_of", "right", "wrong"),
    [
        ("员工年假有几天？", None, "10天", "5天。"),
        ("员工年假有几天？", "2023-06-01", "5天", "10天"),
        ("2023年的年假规定是几天？", None, "5天", "10天"),
    ],
)
def test_editions_are_never_mixed(editions: Parts, question: str, as_of: str | None, right: str, wrong: str) -> None:
    turn = collect(answer(question, BOB, editions, as_of=as_of))
    assert right in turn.text and wrong not in turn.text
    assert all(right in passage.chunk.text for passage in turn.passages)
    codes = [notice.code for notice in turn.notices if isinstance(notice, Notice)]
    assert codes == ([] if right == "10天" else ["as-of", "lapses"])


def test_before_the_first_edition_nothing_is_in_force(editions: Parts) -> None:
    assert collect(answer("员工年假有几天？", BOB, editions, as_of="2020-01-01")).passages == ()
