"""What was decided about a text, and how a person is told. Knows no checks."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.records import Language
from moderation.policy import Action

MASK = "＊"  # full width: an ASCII asterisk would be Markdown
REFUSED = {
    "zh": "抱歉，这项内容不符合使用规定，无法提供。如有工作需要，请联系管理员。",
    "en": "Sorry, this is against the usage rules and cannot be shown. Ask an administrator if you need it.",
}
FAILED = {
    "zh": "内容检查暂时不可用，为安全起见未显示。请稍后再试，或联系管理员。",
    "en": "The content check is not available at the moment, so nothing is shown. Try again later.",
}


@dataclass(frozen=True)
class Verdict:
    """The decision about one text. `spans` are half-open offsets in the text; `output` is what may be shown.

    `message` tells the person why, in their language; empty when nothing was withheld. A verdict of "pass" may still
    carry category and spans: something was recognised that the policy lets through on this surface. `masked` are the
    spans of the text for each of which one mask stands in `output`.
    """

    action: Action
    category: str | None
    rule: str | None
    spans: tuple[tuple[int, int], ...]
    output: str
    message: str
    policy_version: str = ""
    masked: tuple[tuple[int, int], ...] = ()

    @property
    def blocked(self) -> bool:
        """True when the text itself must not be shown or used."""
        return self.action in ("block", "replace")


class Blocked(Exception):
    """A stream was stopped; `verdict` says why. What was yielded before stays fit to be shown."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


def failed(language: Language, version: str) -> Verdict:
    """Return the verdict of a check that could not be made: nothing is shown."""
    return Verdict("block", "check_failed", "check_failed", (), FAILED[language], FAILED[language], version)
