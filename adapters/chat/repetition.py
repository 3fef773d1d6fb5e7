"""Notices when a small model has started to say the same thing for ever."""

from __future__ import annotations

LONGEST = 80  # characters of the longest repeated part that is looked for
ENOUGH = 48  # characters that the repetition must cover: "……" or a table rule is no loop


def looping(text: str) -> bool:
    """True when text ends with one part three times in a row, over at least ENOUGH characters."""
    for period in range(1, LONGEST + 1):
        covered = max(3 * period, ENOUGH)
        if len(text) < covered:
            return False
        tail = text[-covered:]
        if tail[period:] == tail[:-period]:
            return True
    return False
