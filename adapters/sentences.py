"""Where sentences begin and end, in Chinese and English text, Markdown included.

Gives character spans of the text as it stands, so that a sentence can be quoted and highlighted. It knows marks and
lines, not grammar: a rare abbreviation may cut a sentence in two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Span = tuple[int, int]

_CLOSERS = "”’」』）】》〉\"')\\]"
# A stop, with the quotes and brackets that close behind it. A full stop is looked at more closely in `_ends`.
_stop = re.compile(rf"(?P<mark>[。！？；｡]+|…+|[.!?]+)[{_CLOSERS}]*")
# What may follow and still be the same sentence: “好！”，他说。
_carries_on = re.compile(r"[，、,;:：。；]")
_abbreviation = re.compile(
    r"(?:^|[\s(（\"“])(?:e\.g|i\.e|cf|vs|approx|mr|mrs|ms|dr|prof|st|fig|figs|eq|ed|eds|vol|pp|p|art|sec|ch|dept|tel|ext"
    r"|inc|ltd|co|corp|max|min|incl|excl|resp|[a-z](?:\.[a-z])*)\.$",
    re.IGNORECASE,
)
_numbering = re.compile(r"(?:^|[\s(])(?:no|nos)\.$", re.IGNORECASE)
_structure = re.compile(
    r"\s*(?:#{1,6}\s|\||[-*+•·]\s|>|```|\d{1,3}[.)、]|[（(]?[一二三四五六七八九十]{1,3}[)）、.]|第[0-9〇零一二三四五六七八九十百千]+[章节条款项编])"
)
_marker = re.compile(r"\s*(?:#{1,6}\s+|[-*+•·]\s+|>\s*)")
_rule = re.compile(r"\s*(?:\|?[\s:|-]*-{2,}[\s:|-]*|[-*_=]{3,}\s*|```.*)$")
_list_number = re.compile(r"\s*\d{1,3}\.$")
_FULL_LINE = 60  # columns; a shorter line ended because its writer ended it


def sentences(text: str) -> list[Span]:
    """Return the half-open spans of the sentences, in order, without space or list marks around them.

    A heading, a list item's line and a table row are sentences of their own; rules between them are none.
    """
    return [span for start, end in _units(text) for span in _cut(text, start, end)]


def _units(text: str) -> Iterator[Span]:
    """Yield the spans that a sentence never crosses: rows, headings, list items, and paragraphs over wrapped lines."""
    begin: int | None = None
    previous = ""
    offset = 0
    for line in [*text.splitlines(keepends=True), "\n"]:
        bare = line.rstrip()
        if begin is not None and not _wraps(previous, bare):
            yield begin, offset
            begin = None
        if begin is None and bare.strip() and not _rule.match(bare):
            begin = offset
        previous = bare
        offset += len(line)


def _wraps(line: str, following: str) -> bool:
    """True when a paragraph runs on from line to the following one."""
    if not following.strip() or _structure.match(following) or _rule.match(following):
        return False
    if line.lstrip().startswith(("#", "|")):
        return False
    first = following.lstrip()[0]
    return (first.islower() and first.isascii()) or line.endswith(("，", "、", ",")) or _columns(line) >= _FULL_LINE


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the sentences of one unit."""
    if marker := _marker.match(text, start, end):
        start = marker.end()
    if text.startswith("|", start) or text[start:end].lstrip().startswith("|"):
        yield from _trimmed(text, start, end)
        return
    begin = start
    for stop in _stop.finditer(text, start, end):
        if _ends(text, start, end, stop):
            yield from _trimmed(text, begin, stop.end())
            begin = stop.end()
    yield from _trimmed(text, begin, end)


def _ends(text: str, start: int, end: int, stop: re.Match[str]) -> bool:
    after = text[stop.end() : min(stop.end() + 40, end)]
    if _carries_on.match(after):
        return False
    mark = stop["mark"]
    if mark[0] not in ".!?":
        return True
    if after and not after[0].isspace() and after[0].isascii():
        return False  # 3.5, example.com, file.txt?x
    if not mark.startswith("."):
        return True
    before = text[max(start, stop.start() - 20) : stop.start() + 1]
    following = after.lstrip()[:1]
    if _abbreviation.search(before) or (_numbering.search(before) and following.isdigit()):
        return False
    if _list_number.fullmatch(text[start : stop.start() + 1]):
        return False
    return not (following.isascii() and following.islower())


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end and any(char.isalnum() for char in text[start:end]):
        yield start, end
