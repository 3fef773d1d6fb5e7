"""The one gate: decide about a whole text or a stream under the policy in force. Knows no engines, settings or faces.

A check that fails, fails closed. A running stream keeps the policy that it began with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from adapters.records import Language
from moderation.decide import decide
from moderation.guard import Guard
from moderation.normalise import normalise
from moderation.policy import ACTIONS, Policy, Surface
from moderation.screen import Screen
from moderation.second import SecondOpinion
from moderation.shown import Shown, shown
from moderation.verdict import Blocked, Verdict, failed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """A verdict to be recorded, with the text it was made on. The sink keeps a hash of the text, never the text."""

    verdict: Verdict
    text: str
    surface: Surface
    channel: str
    user: str


def _no_record(event: Event) -> None:
    """The default sink keeps nothing."""


def both(*sinks: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a sink that gives each event to all of these, in order; what one raises goes on to the caller."""

    def record(event: Event) -> None:
        for sink in sinks:
            sink(event)

    return record


class Moderator:
    """Checks everything that is asked, retrieved and shown. Safe to share between threads.

    `score` judges folded questions by their meaning (`moderation.meaning`); without it by how they are spelled.
    """

    def __init__(
        self,
        policy: Policy,
        record: Callable[[Event], None] = _no_record,
        second: SecondOpinion | None = None,
        score: Callable[[str], float] | None = None,
    ) -> None:
        self._score = score
        self._screen = Screen(policy, score)
        self._record = record
        self._second = second

    @property
    def policy_version(self) -> str:
        return self._screen.policy.version

    @property
    def policy(self) -> Policy:
        return self._screen.policy

    @property
    def screen(self) -> Screen:
        """The checks in force; what holds on to it keeps this policy."""
        return self._screen

    def use(self, policy: Policy) -> None:
        """Put another policy in force for what begins from now on. Building it does not stop running checks."""
        self._screen = Screen(policy, self._score)

    def check(
        self, text: str, surface: Surface, channel: str = "web", language: Language = "zh", user: str = ""
    ) -> Verdict:
        """Return the verdict on a whole text; one that cannot be checked is blocked."""
        verdict = self.tried(text, surface, channel, language)
        if verdict.action != "pass":
            self._record(Event(verdict, text, surface, channel, user))
        return verdict

    def tried(self, text: str, surface: Surface, channel: str = "web", language: Language = "zh") -> Verdict:
        """Return what `check` would say, without a record of it."""
        screen = self._screen
        try:
            normal = normalise(text)
            return decide(screen.policy, normal, screen.find(normal, surface), surface, channel, language)
        except Exception:  # whatever went wrong, unchecked text must not pass
            log.exception("A moderation check failed; the text is withheld.")
            return failed(language, screen.policy.version)

    def under(self, policy: Policy) -> Moderator:
        """Return a moderator of another policy that judges questions as this one does, and keeps no records."""
        return Moderator(policy, score=self._score)

    def further(
        self, question: str, channel: str = "web", language: Language = "zh", user: str = ""
    ) -> Callable[[], Verdict | None]:
        """Begin to ask the guard model about a question that `check` let through, if there is one and there is doubt.

        What is returned waits for its verdict; None when nothing stands against the question.
        """
        screen = self._screen
        if self._second is None or screen.score(normalise(question)) < screen.policy.judge.zone:
            return lambda: None
        wait = self._second.ask(question, screen.policy, language)

        def verdict() -> Verdict | None:
            found = wait()
            if found is not None:
                self._record(Event(found, question, "question", channel, user))
            return found

        return verdict

    def shown(self, text: str, channel: str = "web", language: Language = "zh", user: str = "") -> Shown | None:
        """Return what of a document's text may be used and shown, None when nothing may."""
        verdict = self.check(text, "passage", channel, language, user)
        return None if verdict.blocked else shown(text, verdict)

    def is_order(self, text: str) -> bool:
        """Whether a sentence of a document tells a machine what to do; nothing is recorded."""
        found = self._screen.find(normalise(text), "passage")
        return any(hit.category == "injection" for hit in found)

    def guard(
        self,
        pieces: Iterable[str],
        surface: Surface = "answer",
        channel: str = "web",
        language: Language = "zh",
        user: str = "",
    ) -> Iterator[str]:
        """Yield what may be shown of a stream, as soon as that is certain.

        Raises Blocked when the rest must not be shown, after closing `pieces`; also when a check fails.
        """
        screen = self._screen
        stream = Guard(screen, surface, channel, language)
        seen: list[str] = []
        verdict: Verdict | None = None
        try:
            for piece in pieces:
                seen.append(piece)
                text, verdict = _guarded(stream, piece, language, screen.policy.version)
                if text:
                    yield text
                if verdict is not None:
                    break
            if verdict is None:
                text, verdict = _guarded(stream, None, language, screen.policy.version)
                if text:
                    yield text
        finally:
            if callable(close := getattr(pieces, "close", None)):
                close()
            if result := verdict or _summary(stream.noted):
                self._record(Event(result, "".join(seen), surface, channel, user))
        if verdict is not None:
            raise Blocked(verdict)


def _guarded(stream: Guard, piece: str | None, language: Language, version: str) -> tuple[str, Verdict | None]:
    """Advance a stream by a piece (None: to its end), failing closed."""
    try:
        return stream.finish() if piece is None else stream.feed(piece)
    except Exception:  # whatever went wrong, unchecked text must not pass
        log.exception("A moderation check failed; the stream is stopped.")
        return "", failed(language, version)


def _summary(noted: list[Verdict]) -> Verdict | None:
    """Return one verdict for all masks and reviews of a stream."""
    if not noted:
        return None
    top = max(noted, key=lambda verdict: ACTIONS.index(verdict.action))
    spans = tuple(span for verdict in noted for span in verdict.spans)
    return Verdict(top.action, top.category, top.rule, spans, "", "", top.policy_version)
