"""The reviewer's desk over the real queue and log: what is decided is gone, a draft changes nothing in force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.errors import BadInput
from adapters.records import Asker
from adapters.stores.audit_log import AuditLog
from adapters.stores.database import open_database
from adapters.stores.reviews import ReviewQueue
from adapters.stores.schema import audit, reviews
from app.reviewing import Reviewing
from moderation.audit import AuditTrail
from moderation.draft import Draft
from moderation.moderator import Moderator, both
from moderation.policy import BadPolicy, load_policy
from moderation.review import Review
from tests.parts import empty_database

SUN = Asker("sun.yu", role="reviewer")
ROOT = Asker("root", is_admin=True, role="admin")
POLICY = """categories:
  project: {question: review, passage: pass, answer: mask}
  listed: {question: block, passage: pass, answer: block}
"""
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).astimezone()


class Desk:
    """The desk and what lies under it."""

    def __init__(self, folder: Path) -> None:
        (folder / "zhiwen.db").write_bytes(empty_database())
        self.policy = folder / "policy"
        self.policy.mkdir()
        (self.policy / "policy.yaml").write_text(POLICY, encoding="utf-8")
        (self.policy / "terms.tsv").write_text("凤凰计划\tproject\n内部代号\tlisted\n", encoding="utf-8")
        self.engine = open_database(f"sqlite:///{folder / 'zhiwen.db'}")
        self.log, self.notes = AuditLog(self.engine), []
        allowed = folder / "allowed.tsv"
        self.at = NOW
        review = Review(
            ReviewQueue(self.engine), allowed, lambda: load_policy(self.policy), lambda policy: gate.use(policy),
            lambda: self.at.astimezone(UTC),
        )  # fmt: skip
        trail = AuditTrail(self.log, b"salt", now=lambda: self.at.astimezone(UTC))
        gate = self.gate = Moderator(load_policy(self.policy), both(trail.record, review.record))
        self.desk = Reviewing(
            review, self.log, gate, self.policy, allowed, lambda *line: self.notes.append(line), lambda: NOW
        )

    def kept(self) -> list[str]:
        with self.engine.connect() as connection:
            return [row.text for row in connection.execute(select(reviews).order_by(reviews.c.id))]


@pytest.fixture
def made(tmp_path: Path):
    made = Desk(tmp_path)
    yield made
    made.engine.dispose()


def test_the_newest_stands_first_and_what_was_decided_is_gone_with_its_text(made: Desk) -> None:
    made.gate.check("凤凰计划何时开始", "question", "feishu", user="ann")
    made.gate.check("凤凰计划几点开会", "question", user="bob")
    queue = made.desk.queue(SUN)
    assert [(item.user, item.channel) for item in queue.items] == [("bob", "web"), ("ann", "feishu")]
    assert queue.total == 2 and [queue.items[0].text[a:b] for a, b in queue.items[0].spans] == ["凤凰计划"]
    made.desk.decide(queue.items[0].number, True, SUN)
    assert made.kept() == ["凤凰计划何时开始", ""]
    made.desk.decide(queue.items[1].number, False, ROOT)
    assert made.desk.queue(SUN).items == () and made.kept() == ["", ""]
    assert [line[:2] for line in made.notes] == [("sun.yu", "review.confirm"), ("root", "review.overrule")]
    with pytest.raises(BadInput, match="does not wait"):
        made.desk.decide(queue.items[0].number, True, SUN)


def test_an_allowed_phrase_is_in_force_at_once_and_decides_the_text_it_lets_pass(made: Desk) -> None:
    made.gate.check("凤凰计划例会几点", "question")
    (item,) = made.desk.queue(SUN).items
    assert made.desk.allow(item.number, "凤凰计划例会", SUN)
    assert made.desk.queue(SUN).total == 0 and made.kept() == [""]
    assert made.gate.check("凤凰计划例会几点", "question").action == "pass"
    assert made.notes == [("sun.yu", "review.allow", "凤凰计划例会")]


def test_a_text_in_which_something_else_is_found_waits_on(made: Desk) -> None:
    made.gate.check("凤凰计划例会之后凤凰计划几点", "question")
    (item,) = made.desk.queue(SUN).items
    assert not made.desk.allow(item.number, "凤凰计划例会", SUN)
    assert made.desk.queue(SUN).items == (item,)


def test_a_phrase_that_the_policy_denies_is_refused_and_the_text_waits_on(made: Desk) -> None:
    made.gate.check("凤凰计划例会几点", "question")
    (item,) = made.desk.queue(SUN).items
    with pytest.raises(BadPolicy, match="凤凰计划"):
        made.desk.allow(item.number, "凤凰计划", SUN)
    with pytest.raises(BadInput, match="does not wait"):
        made.desk.allow(99, "凤凰计划例会", SUN)
    assert made.desk.queue(SUN).items == (item,) and made.notes == []


def test_hits_are_counted_by_day_and_rule_within_the_period(made: Desk) -> None:
    for day, text in (
        (1, "内部代号"),
        (20, "凤凰计划"),
        (22, "凤凰计划"),
        (22, "凤凰计划"),
        (22, "内部代号"),
        (22, "你好"),
    ):
        made.at = NOW.replace(day=day)
        made.gate.check(text, "question")
    week = made.desk.hits(7, SUN)
    assert len(week.days) == 7 and week.days[-1] == NOW.date().isoformat()
    assert [(hit.day[-2:], hit.category, hit.action, hit.count) for hit in week.per_day] == [
        ("20", "project", "review", 1), ("22", "listed", "block", 1), ("22", "project", "review", 2),
    ]  # fmt: skip
    assert [(rule.category, rule.count) for rule in week.rules] == [("project", 3), ("listed", 1)]
    assert week.rules[0].last.startswith(NOW.astimezone(UTC).date().isoformat())
    assert [(rule.category, rule.count) for rule in made.desk.hits(30, SUN).rules] == [("project", 3), ("listed", 2)]


def test_a_tried_text_is_judged_on_every_surface_and_kept_nowhere(made: Desk) -> None:
    tried = made.desk.try_text("凤凰计划几点", Draft(), SUN)
    assert [tried.live[surface].action for surface in ("question", "passage", "answer")] == ["review", "pass", "mask"]
    assert tried.live["answer"].output == "＊＊＊＊几点" and not tried.draft
    with made.engine.connect() as connection:
        assert connection.execute(select(audit)).all() == [] and made.kept() == []


def test_a_draft_is_judged_beside_the_policy_in_force_and_never_replaces_it(made: Desk) -> None:
    before = made.gate.policy_version
    draft = Draft(POLICY.replace("review", "block"), "天鹅项目  project", "凤凰计划例会")
    assert made.desk.try_text("凤凰计划几点", draft, SUN).draft["question"].action == "block"
    assert made.desk.try_text("天鹅项目几点", draft, SUN).draft["question"].action == "block"
    tried = made.desk.try_text("凤凰计划例会几点", draft, SUN)
    assert (tried.live["question"].action, tried.draft["question"].action) == ("review", "pass")
    assert made.gate.policy_version == before
    assert sorted(path.name for path in made.policy.iterdir()) == ["policy.yaml", "terms.tsv"]


def test_a_draft_that_cannot_be_used_is_explained_with_file_and_line(made: Desk) -> None:
    tried = made.desk.try_text("凤凰计划", Draft(terms="天鹅项目  project\n内部代号  project"), SUN)
    assert tried.problem.startswith("terms_draft.tsv:2: '内部代号' is project here but listed at terms.tsv:2")
    assert tried.live["question"].action == "review" and not tried.draft


def test_a_draft_is_compared_on_what_waits(made: Desk) -> None:
    made.gate.check("凤凰计划例会几点", "question")
    made.gate.check("凤凰计划何时开始", "question")
    compared = made.desk.compare(Draft(allow="凤凰计划例会"), SUN)
    assert compared.total == 2
    assert [(change.item.text, change.draft.action) for change in compared.changes] == [("凤凰计划例会几点", "pass")]
    with pytest.raises(BadInput, match="no draft"):
        made.desk.compare(Draft(), SUN)


@pytest.mark.parametrize("role", ["reader", "owner", ""])
def test_without_the_role_the_desk_says_and_does_nothing(made: Desk, role: str) -> None:
    made.gate.check("凤凰计划", "question")
    other, desk = Asker("li.na", role=role), made.desk
    for act in (
        lambda: desk.queue(other), lambda: desk.decide(1, True, other), lambda: desk.allow(1, "凤凰计划例会", other),
        lambda: desk.hits(7, other), lambda: desk.live_policy(other), lambda: desk.try_text("a", Draft(), other),
        lambda: desk.compare(Draft(allow="例会"), other),
    ):  # fmt: skip
        with pytest.raises(BadInput, match="reviewer"):
            act()
    assert made.kept() == ["凤凰计划"]
