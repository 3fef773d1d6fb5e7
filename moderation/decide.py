"""From hits to a verdict: the strongest action wins, masks keep everything but letters and digits. Finds nothing."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.records import Language
from moderation.characters import SEPARATOR
from moderation.normalise import Normalised
from moderation.policy import ACTIONS, Action, Policy, Surface
from moderation.screen import Hit
from moderation.verdict import REFUSED, Verdict

MASK = "＊"  # full width: an ASCII asterisk would be Markdown


def action_of(policy: Policy, hit: Hit, surface: Surface, channel: str) -> Action:
    """Return what the policy does with a hit."""
    return policy.categories[hit.category].action(surface, channel)


def strongest(policy: Policy, hits: Sequence[Hit], surface: Surface, channel: str) -> tuple[Hit, Action] | None:
    """Return the first hit with the strongest action."""
    ranked = [(ACTIONS.index(action_of(policy, hit, surface, channel)), hit) for hit in hits]
    if not ranked:
        return None
    rank, hit = max(ranked, key=lambda pair: pair[0])
    return hit, ACTIONS[rank]


def decide(
    policy: Policy, normal: Normalised, hits: Sequence[Hit], surface: Surface, channel: str, language: Language
) -> Verdict:
    """Return the verdict on a text, given everything found in it."""
    top = strongest(policy, hits, surface, channel)
    if top is None:
        return Verdict("pass", None, None, (), normal.raw, "", policy.version)
    hit, action = top
    acted = [item for item in hits if action == "pass" or action_of(policy, item, surface, channel) != "pass"]
    spans = tuple(sorted({normal.raw_span(item.start, item.end) for item in acted}))
    output, message = normal.raw, ""
    if action in ("block", "replace"):
        output = message = reply(policy, hit.category, action, language)
    elif action == "mask":
        masked = [item for item in hits if action_of(policy, item, surface, channel) == "mask"]
        output = mask(normal, masked, 0, len(normal.raw))
    return Verdict(action, hit.category, hit.rule, spans, output, message, policy.version)


def reply(policy: Policy, category: str, action: Action, language: Language) -> str:
    """Return the category's own words to the person, or the general refusal."""
    return policy.categories[category].reply.get(language) or REFUSED[language]


def mask(normal: Normalised, hits: Sequence[Hit], begin: int, end: int) -> str:
    """Return raw[begin:end] with the letters and digits of hits masked; separators, tags and tables stay."""
    spans: set[tuple[int, int]] = set()
    for hit in hits:
        for index in range(hit.start, hit.end):
            hidden = normal.letters[index] if hit.by_letters else normal.kinds[index] != SEPARATOR
            if hidden:
                spans.add((int(normal.starts[index]), int(normal.ends[index])))
    parts, position = [], begin
    for start, stop in sorted(spans):
        if begin <= start and stop <= end:
            parts += [normal.raw[position:start], MASK]
            position = stop
    return "".join([*parts, normal.raw[position:end]])
