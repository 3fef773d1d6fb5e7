"""Take out of a passage what a reader does not see and a model does: invisible characters, comments, chat marks.

Emoji keep their joiners and variation selectors; flags keep their tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Zero-width and direction marks, fillers, tag characters (a whole alphabet of unseen letters), private controls.
_invisible = re.compile(
    "(?<!\U0001f3f4)(?:[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
    "|[\U000e0100-\U000e01ef])|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_joiner = re.compile("(?<![\u00a9-\u3299\U0001f000-\U0001faff\ufe0f])[\u200d\ufe0e\ufe0f]+")
_comment = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_chat_mark = re.compile(r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>", re.IGNORECASE)


LAYERS = 8  # of marks hidden inside of marks; a text with more of them is nothing anybody wrote to be read
_patterns = (_comment, _chat_mark, _invisible, _joiner)


def visible(text: str) -> str:
    """Return text as its reader sees it."""
    parts, position = [], 0
    for start, end in unseen(text):
        parts.append(text[position:start])
        position = end
    return "".join([*parts, text[position:]])


def unseen(text: str) -> list[tuple[int, int]]:
    """Return the spans that a reader does not see, in order and apart; also marks that others were hidden inside of."""
    gone = bytearray(len(text))
    places: Sequence[int] = range(len(text))
    left = text
    for _ in range(LAYERS):  # <|im\u200b_start|> is a chat mark only once its invisible character is gone
        before = len(left)
        for pattern in _patterns:
            if spans := [match.span() for match in pattern.finditer(left)]:
                for start, end in spans:
                    for index in range(start, end):
                        gone[places[index]] = 1
                places = [place for place in places if not gone[place]]
                left = "".join(text[place] for place in places)
        if len(left) == before:
            break
    else:
        return [(0, len(text))]
    return [match.span() for match in re.finditer(b"\x01+", bytes(gone))]
