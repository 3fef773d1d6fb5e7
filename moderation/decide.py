"""From hits to a verdict: the strongest action wins, masks keep everything but letters and digits. Finds nothing."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.records import Language
from moderation.characters import SEPARATOR
from moderation.normalise import Normalised
from moderation.policy import ACTIONS, Action, Policy, Surface
from moderation.screen import Hit
from moderation.verdict import MASK, REFUSED, Verdict

Spans = tuple[tuple[int, int], ...]


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
    hidden: Spans = ()
    if action in ("block", "replace"):
        output = message = reply(policy, hit.category, action, language)
    elif action == "mask":
        hidden = masked(normal, [item for item in hits if action_of(policy, item, surface, channel) == "mask"])
        output = mask(normal.raw, hidden, 0, len(normal.raw))
    return Verdict(action, hit.category, hit.rule, spans, output, message, policy.version, hidden)


def reply(policy: Policy, category: str, action: Action, language: Language) -> str:
    """Return the category's own words to the person, or the general refusal."""
    return policy.categories[category].reply.get(language) or REFUSED[language]


def masked(normal: Normalised, hits: Sequence[Hit]) -> Spans:
    """Return the spans in the original of the letters and digits of hits; separators, tags and tables are none."""
    spans: set[tuple[int, int]] = set()
    for hit in hits:
        for index in range(hit.start, hit.end):
            hidden = normal.letters[index] if hit.by_letters else normal.kinds[index] != SEPARATOR
            if hidden:
                spans.add((int(normal.starts[index]), int(normal.ends[index])))
    return tuple(sorted(spans))


def mask(raw: str, hidden: Spans, begin: int, end: int) -> str:
    """Return raw[begin:end] with one mask for each hidden span."""
    parts, position = [], begin
    for start, stop in hidden:
        if begin <= start and stop <= end:
            parts += [raw[position:start], MASK]
            position = stop
    return "".join([*parts, raw[position:end]])
