"""What waits for a person holds its text only until he has decided; what he allows passes at once."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from adapters.errors import BadInput
from adapters.stores.audit_log import AuditLog, salt_in
from adapters.stores.database import open_database
from adapters.stores.reviews import ReviewQueue
from adapters.stores.schema import reviews
from moderation.audit import AuditTrail
from moderation.moderator import Moderator, both
from moderation.policy import BadPolicy, load_policy
from moderation.reload import PolicyWatcher
from moderation.review import KEPT_DAYS, Review
from tests.parts import empty_database
from ui.cli import app

NOW = datetime(2026, 11, 22, tzinfo=UTC)
POLICY = """categories:
  project: {question: review, passage: pass, answer: review}
  listed: {question: block, passage: pass, answer: block}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "zhiwen.db").write_bytes(empty_database())
    policy = tmp_path / "policy"
    policy.mkdir()
    (policy / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (policy / "terms.tsv").write_text("凤凰计划\tproject\n内部代号\tlisted\n", encoding="utf-8")
    return tmp_path


def parts(folder: Path, now: datetime = NOW) -> tuple[Moderator, Review, ReviewQueue]:
    engine = open_database(f"sqlite:///{folder / 'zhiwen.db'}")
    queue = ReviewQueue(engine)
    holder: list[Moderator] = []
    review = Review(
        queue,
        folder / "allowed.tsv",
        lambda: load_policy(folder / "policy"),
        lambda policy: holder[0].use(policy),
        lambda: now,
    )
    trail = AuditTrail(AuditLog(engine), salt_in(folder / "audit.salt"))
    holder.append(Moderator(load_policy(folder / "policy"), both(trail.record, review.record)))
    return holder[0], review, queue


def texts(queue: ReviewQueue) -> list[str]:
    with queue._engine.connect() as connection:
        return [row.text for row in connection.execute(select(reviews))]


@pytest.mark.parametrize(("agree", "state"), [(True, "confirmed"), (False, "overruled")])
def test_a_decision_takes_the_text_away(folder: Path, agree: bool, state: str) -> None:
    moderator, review, queue = parts(folder)
    verdict = moderator.check("凤凰计划何时开始", "question", "feishu", user="ann")
    assert verdict.action == "review" and verdict.output == "凤凰计划何时开始"
    (item,) = review.pending()
    assert (item["user"], item["channel"], item["text"]) == ("ann", "feishu", "凤凰计划何时开始")
    review.decide(item["id"], agree, "bob")
    assert review.pending() == [] and texts(queue) == [""]
    with pytest.raises(BadInput, match="does not wait"):
        review.decide(item["id"], agree, "bob")


def test_what_nobody_decides_is_not_kept(folder: Path) -> None:
    moderator, _, _ = parts(folder)
    moderator.check("凤凰计划何时开始", "question")
    _, later, queue = parts(folder, NOW + timedelta(days=KEPT_DAYS + 1))
    assert later.pending() == [] and texts(queue) == [""]


def test_an_allowed_phrase_passes_at_once_and_everywhere(folder: Path) -> None:
    moderator, review, _ = parts(folder)
    other = Moderator(load_policy(folder / "policy"))
    watcher = PolicyWatcher(other, folder / "policy", allowed=folder / "allowed.tsv")
    watcher.look()
    review.allow("凤凰计划例会")
    assert moderator.check("凤凰计划例会几点", "question").action == "pass"
    assert watcher.look() and other.check("凤凰计划例会几点", "question").action == "pass"
    assert moderator.check("凤凰计划几点", "question").action == "review"


def test_a_phrase_that_the_policy_denies_is_refused_and_nothing_changes(folder: Path) -> None:
    moderator, review, _ = parts(folder)
    before = moderator.policy_version
    with pytest.raises(BadPolicy, match="内部代号"):
        review.allow("内部代号")
    with pytest.raises(BadInput, match="two letters"):
        review.allow("。")
    assert moderator.policy_version == before and sorted(path.name for path in folder.glob("allowed*")) == []


def test_the_record_is_exported_and_verified_from_the_command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    moderator, _, queue = parts(folder)
    for user in ("=cmd()", "ann"):
        moderator.check("内部代号是什么", "question", user=user)
    run = CliRunner().invoke
    assert run(app, ["audit", "export", "--csv", "out.csv", "--data", str(folder)]).exit_code == 0
    rows = list(csv.DictReader(io.StringIO((folder / "out.csv").read_text(encoding="utf-8-sig"))))
    assert [row["user"] for row in rows] == ["'=cmd()", "ann"] and "内部代号是什么" not in str(rows)
    whole = run(app, ["audit", "verify", "--data", str(folder)])
    assert whole.exit_code == 0 and "2 records, unbroken" in whole.output
    with queue._engine.begin() as connection:
        connection.execute(text("UPDATE audit SET detail = replace(detail, 'ann', 'bob')"))
    assert run(app, ["audit", "verify", "--data", str(folder)]).exit_code == 1


def test_the_queue_is_worked_off_from_the_command_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ZHIWEN_MODERATION__POLICY", str(folder / "policy"))
    parts(folder)[0].check("凤凰计划何时开始", "question")
    run = CliRunner().invoke
    assert "凤凰计划" in run(app, ["review", "list", "--json", "--data", str(folder)]).output
    assert run(app, ["review", "allow", "凤凰计划例会", "--data", str(folder)]).exit_code == 0
    assert run(app, ["review", "overrule", "1", "--data", str(folder)]).exit_code == 0
    assert run(app, ["review", "list", "--json", "--data", str(folder)]).output.strip() == "[]"
