"""Turn text into what the checks compare, with the way back to every original character. Knows no terms.

Two views of one text. `text`: folded characters, escapes decoded, separators kept. `skeleton`: letters and digits only,
each run of one character collapsed, so that 赌@博, 赌<b>博</b> and 赌赌博 share a skeleton with 赌博; whether such a
hit counts is decided by who matches, from the gaps and runs that the index arrays still tell.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from moderation.characters import SEPARATOR, tables

Indexes = NDArray[np.int64]

LONGEST_GAP = 12  # separators between two characters of one word

# One construct stands for one character, so decoding may start at any boundary and give the same result.
_escape = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});?"
    r"|%(?:[2-7][0-9a-fA-F]|[cCdD][0-9a-fA-F]%[89abAB][0-9a-fA-F]|[eE][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){2}"
    r"|[fF][0-7](?:%[89abAB][0-9a-fA-F]){3})"
    r"|\\u[0-9a-fA-F]{4}|\\x[2-7][0-9a-fA-F]"
)
_escape_prefix = re.compile(
    r"(?:&(?:#(?:[0-9]{0,7}|[xX][0-9a-fA-F]{0,6})|[A-Za-z]{0,8}[0-9]{0,2})"
    r"|%(?:[0-9a-fA-F]?|[c-fC-F][0-9a-fA-F](?:%[0-9a-fA-F]{2}){0,2}(?:%[0-9a-fA-F]?)?)|\\(?:u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?)\Z"
)
_TAG_NAMES = (
    "a|b|big|bdi|bdo|br|code|del|div|em|font|i|img|ins|kbd|li|mark|p|q|rt|ruby|s|small|span|strong|sub|sup|td|tr|u|wbr"
)
_markup = re.compile(
    rf"</?(?:{_TAG_NAMES})(?:\s[ -;=?-~]{{0,120}})?/?>|<!--[^<>]{{0,120}}-->|\]\([^()\s]{{0,200}}\)", re.IGNORECASE
)
_markup_prefix = re.compile(r"(?:<[/!a-zA-Z-]?[^<>]{0,130}|<|\](?:\([^()\s]{0,200})?)\Z")
_may_escape = re.compile(r"[&%\\]")


@dataclass(frozen=True)
class Normalised:
    """A text and its two views. `starts[i]:ends[i]` is what `text[i]` stands for in `raw`.

    `first[j]:last[j]+1` is the run of `runs[j]` letters in `text` that `skeleton[j]` stands for.
    `letters` tells the characters that the skeleton was made of: neither separators nor parts of tags and link targets.
    `places` counts characters with a tag or link target as one, for the length of gaps.
    """

    raw: str
    text: str
    codes: NDArray[np.uint32]
    starts: Indexes
    ends: Indexes
    skeleton: str
    first: Indexes
    last: Indexes
    runs: Indexes
    letters: NDArray[np.bool_]
    places: Indexes

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in `raw` of `text[start:end]`; both ends inside the text, start < end."""
        return int(self.starts[start]), int(self.ends[end - 1])

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """The kind of each character of `text` (`moderation.characters`)."""
        return tables().kind[self.codes]


def normalise(raw: str) -> Normalised:
    """Return both views of raw; linear in its length."""
    decoded, starts, ends = _decode(raw)
    table = tables()
    codes = np.frombuffer(decoded.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    counts = table.count[codes]
    folded = np.repeat(table.first[codes], counts)
    starts, ends = np.repeat(starts, counts), np.repeat(ends, counts)
    if counts.size and counts.max() > 1:
        places = np.cumsum(counts, dtype=np.int64) - counts
        for index in np.flatnonzero(counts > 1):
            place = places[index]
            for offset, char in enumerate(table.more[int(codes[index])]):
                folded[place + offset] = ord(char)
    text = folded.astype("<u4").tobytes().decode("utf-32-le", "replace")
    kept = table.kind[folded] != SEPARATOR
    widths = np.ones(len(text), dtype=np.int64)
    for match in _markup.finditer(text):
        kept[match.start() : match.end()] = False
        widths[match.start() + 1 : match.end()] = 0
    places = np.cumsum(widths)
    return Normalised(raw, text, folded, starts, ends, *_collapse(folded, np.flatnonzero(kept), places), kept, places)


def unfinished(raw: str) -> int:
    """Return where an escape, tag or link that may still be completed begins at the end of raw, or len(raw)."""
    tail_start = max(0, len(raw) - 220)
    tail = raw[tail_start:]
    places = [match.start() for match in (_escape_prefix.search(tail), _markup_prefix.search(tail)) if match]
    return tail_start + min(places) if places else len(raw)


def skeleton_of(term: str) -> str:
    """Return the skeleton that a term is found by."""
    return normalise(term).skeleton


def _decode(raw: str) -> tuple[str, Indexes, Indexes]:
    if not _may_escape.search(raw):
        starts = np.arange(len(raw), dtype=np.int64)
        return raw, starts, starts + 1
    parts: list[str] = []
    begins: list[Indexes] = []
    stops: list[Indexes] = []
    position = 0
    for match in _escape.finditer(raw):
        char = _unescape(match.group())
        if char is None:
            continue
        plain = np.arange(position, match.start(), dtype=np.int64)
        parts += [raw[position : match.start()], char]
        begins += [plain, np.array([match.start()])]
        stops += [plain + 1, np.array([match.end()])]
        position = match.end()
    rest = np.arange(position, len(raw), dtype=np.int64)
    return "".join([*parts, raw[position:]]), np.concatenate([*begins, rest]), np.concatenate([*stops, rest + 1])


def _unescape(construct: str) -> str | None:
    if construct[0] == "&":
        char = html.unescape(construct)
    elif construct[0] == "%":
        char = unquote(construct, errors="replace")
    else:
        char = chr(int(construct[2:], 16))
    return char if len(char) == 1 and char != "\ufffd" and not 0xD800 <= ord(char) < 0xE000 else None


def _collapse(folded: NDArray[np.uint32], kept: Indexes, places: Indexes) -> tuple[str, Indexes, Indexes, Indexes]:
    chars = folded[kept]
    if not chars.size:
        return "", kept, kept, kept
    # A run ends at another character, or at a gap too long for one word.
    changes = (chars[1:] != chars[:-1]) | (np.diff(places[kept]) > LONGEST_GAP + 1)
    begins = np.flatnonzero(np.concatenate(([True], changes)))
    stops = np.concatenate((begins[1:], [chars.size]))
    skeleton = chars[begins].astype("<u4").tobytes().decode("utf-32-le", "replace")
    return skeleton, kept[begins], kept[stops - 1], stops - begins
