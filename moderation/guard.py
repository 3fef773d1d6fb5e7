"""Check a stream so that nothing is sent that the check of the whole text would withhold, however it is split.

Held back is only what may still become a hit, and an unfinished escape, tag or link. Nothing is ever sent on a timer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from adapters.records import Language
from moderation.decide import action_of, decide, mask, masked
from moderation.normalise import Normalised, normalise, unfinished
from moderation.policy import Surface
from moderation.screen import Hit, Screen
from moderation.verdict import Verdict

CONTEXT = 64  # characters kept before the cut, for the edges and contexts of what follows


class Guard:
    """One stream under one policy. After a blocking verdict nothing more may be fed."""

    def __init__(self, screen: Screen, surface: Surface, channel: str, language: Language) -> None:
        self._screen, self._surface, self._channel, self._language = screen, surface, channel, language
        self._buffer = ""  # some sent text for context, then what is held back
        self._cut = 0  # how much of the buffer was sent
        self._dropped = 0  # characters of the stream before the buffer
        self.noted: list[Verdict] = []  # masks and reviews so far, spans in the whole stream

    def feed(self, piece: str) -> tuple[str, Verdict | None]:
        """Take the next piece; return what may be sent now, and the verdict when the stream must end there."""
        self._buffer += piece
        return self._advance(max(self._cut, unfinished(self._buffer)), final=False)

    def finish(self) -> tuple[str, Verdict | None]:
        """Return the rest, and the verdict when it must not be sent whole."""
        return self._advance(len(self._buffer), final=True)

    def _advance(self, limit: int, final: bool) -> tuple[str, Verdict | None]:
        normal = normalise(self._buffer[:limit])
        begin = int(np.searchsorted(normal.starts, self._cut))
        if final:
            hits, hold = self._screen.advance(normal, self._surface, begin)[0], len(normal.text)
        else:
            hits, hold = self._screen.advance(normal, self._surface, begin)
        cut = limit if hold == len(normal.text) else max(self._cut, int(normal.starts[hold]))
        decided = [hit for hit in hits if hit.end <= hold]
        stop = next((hit for hit in decided if self._action(hit) in ("block", "replace")), None)
        if stop is not None:
            cut = max(self._cut, int(normal.starts[stop.start]))
        hidden = masked(normal, [hit for hit in decided if self._action(hit) == "mask"])
        text = mask(normal.raw, hidden, self._cut, cut)
        verdict = None
        if stop is not None:
            verdict = self._located(normal, [stop])
        elif acted := [hit for hit in decided if self._action(hit) != "pass"]:
            self.noted.append(self._located(normal, acted))
        self._keep(normal, cut, hold)
        return text, verdict

    def _action(self, hit: Hit) -> str:
        return action_of(self._screen.policy, hit, self._surface, self._channel)

    def _located(self, normal: Normalised, hits: list[Hit]) -> Verdict:
        verdict = decide(self._screen.policy, normal, hits, self._surface, self._channel, self._language)
        spans = tuple((start + self._dropped, end + self._dropped) for start, end in verdict.spans)
        return replace(verdict, spans=spans)

    def _keep(self, normal: Normalised, cut: int, hold: int) -> None:
        """Drop sent text beyond the context. What is kept begins at a letter, so inside no tag or escape."""
        index = min(hold, len(normal.text)) - CONTEXT
        while index > 0 and not normal.letters[index]:
            index -= 1
        start = int(normal.starts[index]) if index > 0 else 0
        self._buffer = self._buffer[start:]
        self._dropped += start
        self._cut = cut - start
