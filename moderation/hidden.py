"""Take out of a passage what a reader does not see and a model does: invisible characters, comments, chat marks.

Emoji keep their joiners and variation selectors; flags keep their tags.
"""

from __future__ import annotations

import re

# Zero-width and direction marks, fillers, tag characters (a whole alphabet of unseen letters), private controls.
_invisible = re.compile(
    "(?<!\U0001f3f4)(?:[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
    "|[\U000e0100-\U000e01ef])|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_joiner = re.compile("(?<![\u00a9-\u3299\U0001f000-\U0001faff\ufe0f])[\u200d\ufe0e\ufe0f]+")
_comment = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_chat_mark = re.compile(r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>", re.IGNORECASE)


def visible(text: str) -> str:
    """Return text as its reader sees it."""
    for pattern in (_comment, _chat_mark, _invisible, _joiner):
        text = pattern.sub("", text)
    return text
