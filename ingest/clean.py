"""Characters that a reader cannot see are taken out before blocks are laid out, so that every span is counted after.

Knows characters only: nothing of files, blocks or search. `visible` is for what is stored and shown; `index_form` is
for what is embedded and searched, where ligatures, width and Markdown marks only get in the way.
"""

from __future__ import annotations

import re
import unicodedata

# Marks that reorder text, hide in it or carry smuggled bytes: bidirectional controls, zero-width characters, soft
# hyphens, fillers, variation selectors, language tags, and control characters other than tab and line feed.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")
_NARROW_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")
_BLANK_LINES = re.compile(r"\n[ \t\u3000]*\n(?:[ \t\u3000]*\n)+")
_TRAILING = re.compile(r"[ \t]+(?=\n|$)")

# Private-use characters that fonts of old office programs use for ordinary signs.
_PRIVATE = str.maketrans(
    {
        "\uf001": "fi",
        "\uf002": "fl",
        "\uf0b7": "•",
        "\uf0a7": "▪",
        "\uf0d8": "➢",
        "\uf06c": "●",
        "\uf06e": "■",
        "\uf0fc": "✓",
    }
)
_PRIVATE_LEFT = re.compile("[\ue000-\uf8ff]")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^()\s]*(?:\([^()]*\)[^()]*)?\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_RULE_ROW = re.compile(r"^\s*\|?(?:\s*:?-{3,}:?\s*\|)+(?:\s*:?-{3,}:?\s*)?$", re.MULTILINE)
_DRAWN = re.compile(r"([-=_*~+.·─━═])\1{3,}")
_SPACES = re.compile(r"[ \t\u3000]+")


def visible(text: str) -> str:
    """Return text with line ends as "\\n", invisible characters gone and runs of blank lines shortened to one."""
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text).translate(_PRIVATE)
    text = _NARROW_SPACES.sub(" ", text)
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text))


def invisible_count(text: str) -> int:
    """Return how many characters of text a reader would not see; line ends and one leading byte order mark are free."""
    return len(_INVISIBLE.findall(_LINE_ENDS.sub("\n", text).removeprefix("\ufeff")))


def index_form(text: str) -> str:
    """Return text as it is embedded and searched: NFKC, no link targets, no emphasis or table rules, spaces folded."""
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = _RULE_ROW.sub("", _EMPHASIS.sub(r"\2", text))
    # Lines drawn with signs cost tokens and mean nothing.
    text = _DRAWN.sub(r"\1\1\1", text)
    text = _PRIVATE_LEFT.sub("", unicodedata.normalize("NFKC", text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
