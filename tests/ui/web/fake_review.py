"""A desk that keeps `app.desks.ReviewDesk` over two texts that wait, and remembers what was asked of it."""

from dataclasses import dataclass, field, replace

from adapters.errors import BadInput
from adapters.records import Asker, DayHits, RuleHits
from app.reviewing import Change, Compared, Hits, Queue, Tried, Waiting
from moderation.draft import Draft
from moderation.policy import SURFACES, BadPolicy
from moderation.verdict import Verdict

TEXT = "请问<b>凤凰计划</b>的例会几点开始？我想提前准备材料。"
WAITING = (
    Waiting(
        7, "2026-11-22T09:30:00.000+00:00", "li.na", "feishu", "question", "project", "term:凤凰计划", TEXT, ((5, 9),)
    ),
    Waiting(
        3, "2026-11-21T02:10:00.000+00:00", "wang.wei", "web", "answer", "judged", "guard",
        "How do I reset the Phoenix badge reader?", (),
    ),
)  # fmt: skip
PER_DAY = (
    DayHits("2026-11-17", "mobile", "mask", 6),
    DayHits("2026-11-18", "gambling", "block", 2),
    DayHits("2026-11-18", "mobile", "mask", 4),
    DayHits("2026-11-20", "project", "review", 3),
    DayHits("2026-11-22", "mobile", "mask", 5),
    DayHits("2026-11-22", "injection", "block", 1),
)
RULES = (
    RuleHits("mobile", "mobile", "mask", 15, "2026-11-22T09:30:00.000+00:00"),
    RuleHits("<i>phoenix</i>", "project", "review", 3, "2026-11-20T09:30:00.000+00:00"),
)
MASKED = Verdict("mask", "project", "term:凤凰计划", ((5, 9),), "请问<b>＊＊＊＊</b>的例会几点开始？", "")
BLOCKED = Verdict("block", "project", "term:凤凰计划", ((5, 9),), "抱歉，无法提供。", "抱歉，无法提供。")


@dataclass
class FakeReviewDesk:
    """Finds the same in every text; a draft that contains "bad" cannot be used, another one blocks."""

    waiting: list[Waiting] = field(default_factory=lambda: list(WAITING))
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def queue(self, asker: Asker) -> Queue:
        return Queue(tuple(self.waiting), len(self.waiting))

    def decide(self, number: int, confirm: bool, asker: Asker) -> None:
        self.asked.append(("decide", number, confirm, asker.user))
        self._take(number)

    def allow(self, number: int, phrase: str, asker: Asker) -> bool:
        self.asked.append(("allow", number, phrase, asker.user))
        if phrase == "内部代号":
            raise BadPolicy("allowed.draft.tsv:1: '内部代号' is allow here but listed at the policy; keep one of them.")
        self._take(number)
        return True

    def hits(self, days: int, asker: Asker) -> Hits:
        self.asked.append(("hits", days))
        dates = tuple(f"2026-11-{day:02}" for day in range(max(1, 23 - days), 23))
        return Hits(dates, PER_DAY, RULES)

    def live_policy(self, asker: Asker) -> str:
        return "categories:\n  project: {question: review}\n"

    def try_text(self, text: str, draft: Draft, asker: Asker) -> Tried:
        if not text.strip():
            raise BadInput("There is no text to try.")
        live = dict.fromkeys(SURFACES, MASKED)
        if "bad" in draft.policy:
            return Tried(text, live, {}, "policy.yaml:2: 'bad' is not an action.")
        drafted = dict.fromkeys(SURFACES, replace(MASKED, policy_version="draft"))
        return Tried(text, live, {**drafted, "question": BLOCKED} if draft else {})

    def compare(self, draft: Draft, asker: Asker) -> Compared:
        if not draft:
            raise BadInput("There is no draft to compare with.")
        return Compared(len(self.waiting), tuple(Change(item, MASKED, BLOCKED) for item in self.waiting[:1]))

    def _take(self, number: int) -> None:
        kept = [item for item in self.waiting if item.number != number]
        if len(kept) == len(self.waiting):
            raise BadInput(f"Item {number} does not wait for review.")
        self.waiting = kept
