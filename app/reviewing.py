"""The reviewer's desk: what waits for a person, what the gate found lately, and what a draft policy would find.

A draft is never in force and a tried text is kept nowhere. For reviewers and administrators only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from adapters.errors import BadInput
from adapters.records import Asker, DayHits, RuleHits
from moderation.batch import text_language
from moderation.draft import Draft, draft_policy
from moderation.moderator import Moderator
from moderation.policy import SURFACES, BadPolicy, Policy, Surface
from moderation.review import Review
from moderation.verdict import Verdict

MOST_SHOWN = 50  # of what waits, on the page at once
MOST_RULES = 20
LONGEST = 20_000  # characters of a tried text


@dataclass(frozen=True)
class Waiting:
    """A text that waits for a person; `spans` are half-open offsets in it of what was found, `at` is ISO, UTC."""

    number: int
    at: str
    user: str
    channel: str
    surface: Surface
    category: str
    rule: str
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Queue:
    """What waits, newest first; at most a page of it, `total` counts all."""

    items: tuple[Waiting, ...]
    total: int


@dataclass(frozen=True)
class Hits:
    """Verdicts that were not a pass: per day, and the rules with the most; `days` are ISO dates, today last."""

    days: tuple[str, ...]
    per_day: tuple[DayHits, ...]
    rules: tuple[RuleHits, ...]


@dataclass(frozen=True)
class Tried:
    """A text under the policy in force and under a draft, per surface; `draft` is empty where there is none.

    `problem` says with file and line why the draft cannot be used.
    """

    text: str
    live: Mapping[Surface, Verdict]
    draft: Mapping[Surface, Verdict]
    problem: str = ""


@dataclass(frozen=True)
class Change:
    """A text that waits and would be judged differently under a draft."""

    item: Waiting
    live: Verdict
    draft: Verdict


@dataclass(frozen=True)
class Compared:
    """What a draft changes on the texts that are kept: those that wait."""

    total: int
    changes: tuple[Change, ...]
    problem: str = ""


class HitLog(Protocol):
    """Counts what was recorded (`adapters.stores.audit_log`)."""

    def per_day(self, since: str) -> Sequence[DayHits]: ...

    def per_rule(self, since: str, most: int) -> Sequence[RuleHits]: ...


@dataclass(frozen=True)
class Reviewing:
    """The desk; `note` keeps who decided what, `folder` and `allowed` are the files of the policy in force."""

    review: Review
    hit_log: HitLog
    moderator: Moderator
    folder: Path
    allowed: Path
    note: Callable[[str, str, str], None]
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()

    def queue(self, asker: Asker) -> Queue:
        """Return what waits, newest first. Raises BadInput without the role, as everything here."""
        _may(asker)
        items = self.review.pending()
        return Queue(tuple(_waiting(item) for item in reversed(items[-MOST_SHOWN:])), len(items))

    def decide(self, number: int, confirm: bool, asker: Asker) -> None:
        """Agree with the policy or not; the text is deleted."""
        _may(asker)
        self.review.decide(number, confirm, asker.user)
        self.note(asker.user, "review.confirm" if confirm else "review.overrule", str(number))

    def allow(self, number: int, phrase: str, asker: Asker) -> bool:
        """Let a phrase pass from now on; return whether the text passes with it, which then is overruled.

        Raises BadInput when it does not wait, BadPolicy when the policy denies the phrase.
        """
        _may(asker)
        item = next((_waiting(one) for one in self.review.pending() if one["id"] == number), None)
        if item is None:
            raise BadInput(f"Item {number} does not wait for review any more.")
        self.review.allow(phrase)
        self.note(asker.user, "review.allow", phrase.strip())
        if _judge(self.moderator, item).action != "pass":
            return False
        self.review.decide(number, False, asker.user)
        return True

    def hits(self, days: int, asker: Asker) -> Hits:
        """Return what was found on the last days (1 to 90), today included."""
        _may(asker)
        days = min(90, max(1, days))
        today = self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        first = today - timedelta(days=days - 1)
        since = first.astimezone(UTC).isoformat(timespec="milliseconds")
        dates = tuple((first + timedelta(days=step)).date().isoformat() for step in range(days))
        return Hits(dates, tuple(self.hit_log.per_day(since)), tuple(self.hit_log.per_rule(since, MOST_RULES)))

    def live_policy(self, asker: Asker) -> str:
        """Return the policy.yaml in force, to begin a draft with."""
        _may(asker)
        return (self.folder / "policy.yaml").read_text(encoding="utf-8-sig")

    def try_text(self, text: str, draft: Draft, asker: Asker) -> Tried:
        """Judge a text under the policy in force, and under a draft if one is written; nothing is recorded."""
        _may(asker)
        if not text.strip():
            raise BadInput("There is no text to try.")
        text = text[:LONGEST]
        moderator, problem = self._drafted(draft)
        return Tried(text, _all(self.moderator, text), _all(moderator, text) if moderator else {}, problem)

    def compare(self, draft: Draft, asker: Asker) -> Compared:
        """Judge what waits under the policy in force and under the draft; return what differs, newest first."""
        _may(asker)
        if not draft:
            raise BadInput("There is no draft to compare with.")
        moderator, problem = self._drafted(draft)
        if moderator is None:
            return Compared(0, (), problem)
        items = [_waiting(item) for item in reversed(self.review.pending())]
        judged = [Change(item, _judge(self.moderator, item), _judge(moderator, item)) for item in items]
        return Compared(len(items), tuple(one for one in judged if differ(one.live, one.draft)))

    def _drafted(self, draft: Draft) -> tuple[Moderator | None, str]:
        if not draft:
            return None, ""
        try:
            policy: Policy = draft_policy(draft, self.folder, self.allowed)
        except BadPolicy as problem:
            return None, str(problem)
        return self.moderator.under(policy), ""


def _may(asker: Asker) -> None:
    if not (asker.is_admin or asker.role == "reviewer"):
        raise BadInput("Only a reviewer or an administrator may do this.")


def _waiting(item: Mapping[str, Any]) -> Waiting:
    spans = tuple((int(start), int(end)) for start, end in item["spans"])
    return Waiting(
        item["id"], item["created_at"], item["user"], item["channel"], item["surface"], item["category"], item["rule"],
        item["text"], spans,
    )  # fmt: skip


def _judge(moderator: Moderator, item: Waiting) -> Verdict:
    return moderator.tried(item.text, item.surface, item.channel, text_language(item.text))


def _all(moderator: Moderator, text: str) -> dict[Surface, Verdict]:
    return {surface: moderator.tried(text, surface, language=text_language(text)) for surface in SURFACES}


def differ(one: Verdict, other: Verdict) -> bool:
    """Whether two policies judge a text differently: in what is done, found, or shown."""
    return (one.action, one.category, one.spans, one.output) != (
        other.action,
        other.category,
        other.spans,
        other.output,
    )
