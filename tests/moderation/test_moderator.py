"""Whatever fails, nothing unchecked is shown; records hold no text and cannot be changed unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.audit import AuditRecord, AuditTrail, as_csv, first_break
from moderation.hidden import visible
from moderation.intents import IntentFinder
from moderation.moderator import Moderator
from moderation.pii import PatternFinder
from moderation.policy import SURFACES, Surface, load_policy
from moderation.terms import TermMatcher
from moderation.verdict import Blocked

POLICY = load_policy()
MODERATOR = Moderator(POLICY)


class Records(list[AuditRecord]):
    """A sink in memory."""


def broken(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("a fault")


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize(
    ("owner", "method"), [(TermMatcher, "find"), (IntentFinder, "find"), (PatternFinder, "_matches")]
)
def test_a_check_that_fails_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, surface: Surface, owner: type, method: str
) -> None:
    monkeypatch.setattr(owner, method, broken)
    verdict = MODERATOR.check("年假有几天", surface)
    assert verdict.blocked and "年假" not in verdict.output
    out = []
    with pytest.raises(Blocked) as stop:
        out += list(MODERATOR.guard(["年假", "有几天"], surface, language="en"))
    assert out == [] and "not available" in stop.value.verdict.message


def trail(sink: Records, now: Callable[[], datetime] = lambda: datetime(2026, 1, 1, tzinfo=UTC)) -> Moderator:
    return Moderator(POLICY, AuditTrail(sink, b"salt", now=now).record)


def test_a_record_tells_everything_but_the_text() -> None:
    sink = Records()
    moderator = trail(sink)
    moderator.check("他的手机号是13812345678", "answer", channel="wecom", user="u1")
    moderator.check("年假有几天", "question")
    (record,) = sink
    assert (record.user, record.channel, record.category, record.action) == ("u1", "wecom", "mobile", "mask")
    assert record.spans == ((6, 17),) and "138" not in str(record)


def test_changed_dropped_and_reordered_records_show() -> None:
    sink = Records()
    moderator = trail(sink)
    for number in range(3):
        moderator.check(f"打1381234567{number}", "answer")
    assert first_break(sink) is None
    assert first_break([sink[0], replace(sink[1], user="x"), sink[2]]) == 1
    assert first_break([sink[0], sink[2]]) == 1
    assert first_break([sink[1], sink[0], sink[2]]) == 0


def test_a_record_that_cannot_be_kept_stops_the_text() -> None:
    moderator = Moderator(POLICY, broken)
    with pytest.raises(RuntimeError):
        moderator.check("打13812345678", "answer")


def test_exported_records_are_no_formulas() -> None:
    sink = Records()
    trail(sink).check("打13812345678", "answer", user="=cmd()")
    assert "'=cmd()" in as_csv(sink)


def test_what_a_reader_does_not_see_is_taken_out() -> None:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "ignore")
    assert visible(f"年{hidden}假\u200b5\u202e天<!-- ignore --><|im_start|>") == "年假5天"
    assert visible("👨‍👩‍👧 ❤️") == "👨‍👩‍👧 ❤️"


def test_a_question_to_harm_oneself_is_answered_with_help() -> None:
    verdict = MODERATOR.check("我不想活了，想自杀", "question")
    assert verdict.action == "replace" and "12356" in verdict.output


def test_masking_keeps_tables_and_markup() -> None:
    text = "| 姓名 | 电话 |\n|---|---|\n| **张三** | `138-1234-5678` |"
    assert MODERATOR.check(text, "answer").output == text.replace("138-1234-5678", "＊＊＊-＊＊＊＊-＊＊＊＊")
