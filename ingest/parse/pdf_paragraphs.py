"""Lines of a PDF become paragraphs and headings: broken lines joined, levels by size and number."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from adapters.records import BlockKind, Box
from ingest.clean import index_form
from ingest.parse.headings import article_of, chapter_level, numbered_level, short_enough
from ingest.parse.pdf_page import Layout, PdfLine
from ingest.parse.pictures import is_wide, join

_MARGIN = 0.09
_LARGER = 1.12
_CONTENTS = re.compile(r"\S\s+\d{1,4}$")
_LEADER = re.compile(r"\.{4,}|…{2,}|·{4,}|(?:\. ){4,}")
_BULLET = re.compile(
    r"(?:[•●○▪■◆▶➢✓*-]\s|[•●○▪■◆▶➢✓]|\(?[0-9a-zA-Z]{1,2}[.)](?=\s)|[0-9]{1,2}[、)）](?=\D)"
    r"|[（(][0-9一二三四五六七八九十]{1,3}[)）]|[①-⑳])\s*\S"
)
_STOP = ("。", "；", "！", "？", ".", "!", "?", ":", "：", ";")


@dataclass(frozen=True)
class Paragraph:
    """Joined lines, with the page and place of the first of them; `level` is set for headings."""

    text: str
    page: int
    box: Box
    kind: BlockKind = "text"
    level: int | None = None


@dataclass
class Outline:
    """The headings that a PDF's bookmarks name, by page and by text without spaces."""

    levels: dict[tuple[int, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, bookmarks: Iterable[Any], lines: Sequence[PdfLine]) -> Outline:
        """Keep the bookmarks whose text stands on the page they point to; few matches mean they are no outline."""
        on_page: dict[int, set[str]] = defaultdict(set)
        for line in lines:
            on_page[line.page].add(_squeezed(line.text))
        levels = {}
        for bookmark in bookmarks:
            destination = bookmark.get_dest()
            index = None if destination is None else destination.get_index()
            title = _squeezed(bookmark.get_title())
            if index is not None and title and title in on_page[index + 1]:
                levels[(index + 1, title)] = bookmark.level + 1
        return cls(levels if len(levels) >= 3 else {})

    def level(self, line: PdfLine) -> int | None:
        return self.levels.get((line.page, _squeezed(line.text)))


def in_margin(line: PdfLine, layout: Layout) -> bool:
    return line.bottom < layout.height * _MARGIN or line.top > layout.height * (1 - _MARGIN)


def running_lines(layouts: Sequence[Layout]) -> frozenset[str]:
    """Return the keys of lines that stand in the margins of many pages: headers and footers."""
    pages: dict[str, set[int]] = defaultdict(set)
    for layout in layouts:
        for line in layout.lines:
            if in_margin(line, layout):
                pages[line.key].add(line.page)
    needed = max(2, 0.3 * len(layouts)) if len(layouts) <= 10 else 3
    return frozenset(key for key, seen in pages.items() if key and len(seen) >= needed)


def paragraphs_of(pages: Sequence[Sequence[PdfLine]], outline: Outline) -> Iterator[Paragraph]:
    """Yield the paragraphs and headings of a document's pages, in reading order."""
    lines = [line for page in pages for line in page]
    if not lines:
        return
    style = _Style.of(lines, outline)
    run: list[PdfLine] = []
    for line in lines:
        if run and not style.goes_on(run, line):
            yield style.paragraph(run)
            run = []
        run.append(line)
    yield style.paragraph(run)


@dataclass
class _Style:
    """What is usual in one document: size of running text, distance of lines, edges of columns, sizes of headings."""

    outline: Outline
    body: float
    leading: float
    right: dict[tuple[int, int], float]
    left: dict[tuple[int, int], float]
    sizes: list[float]
    numbered_from: int = 0

    @classmethod
    def of(cls, lines: Sequence[PdfLine], outline: Outline) -> _Style:
        weights: Counter[float] = Counter()
        for line in lines:
            weights[line.size] += len(line.text)
        body = weights.most_common(1)[0][0]
        steps = [
            below.top - above.top
            for above, below in itertools.pairwise(lines)
            if above.page == below.page and above.size == below.size == body and 0 < below.top - above.top < 4 * body
        ]
        right: dict[tuple[int, int], float] = defaultdict(float)
        left: dict[tuple[int, int], float] = defaultdict(lambda: float("inf"))
        for line in lines:
            place = (line.page, line.column)
            right[place] = max(right[place], line.right)
            left[place] = min(left[place], line.left)
        style = cls(outline, body, median(steps) if steps else 1.5 * body, dict(right), dict(left), [])
        large = [line for line in lines if style._is_large(line)]
        # Where a third of the lines are large, size says nothing about headings.
        style.sizes = _clusters([line.size for line in large]) if len(large) < max(3, len(lines) / 3) else []
        # All numbered headings hang below the unnumbered ones that are larger, each kind at one depth.
        numbered = [line.size for line in large if numbered_level(line.text) is not None]
        most = max(numbered, default=0.0)
        style.numbered_from = sum(size > most * 1.03 for size in style.sizes)
        return style

    def goes_on(self, run: Sequence[PdfLine], line: PdfLine) -> bool:
        """True when `line` continues the paragraph in `run`."""
        last = run[-1]
        if self.outline.level(last) is not None or self.outline.level(line) is not None:
            return False
        if abs(line.size - last.size) > 0.12 * last.size:
            return False
        heading = self._level(last)
        if heading is not None or self._level(line) is not None:
            return self._same_heading(run, line, heading)
        if _CONTENTS.search(last.text) and _CONTENTS.search(line.text):
            return False
        if article_of(line.text) or _BULLET.match(line.text) or _LEADER.search(line.text) or _LEADER.search(last.text):
            return False
        moved = line.page != last.page or line.column != last.column
        if moved:
            return not last.text.endswith(_STOP) and self._is_full(last, line)
        step = line.top - last.top
        if not 0 <= step <= max(1.35 * self.leading, 1.6 * last.size):
            return False
        # The first line of a Chinese paragraph is set in by two characters; the items of a list hang.
        if line.left > last.left + 1.2 * line.size and not _BULLET.match(run[0].text):
            return False
        return self._is_full(last, line)

    def _same_heading(self, run: Sequence[PdfLine], line: PdfLine, heading: int | None) -> bool:
        """A title over two lines: same size, close below, and not numbered anew."""
        last = run[-1]
        return (
            heading is not None
            and len(run) < 3
            and self._is_large(last)
            and line.size == last.size
            and line.page == last.page
            and 0 < line.top - last.top < 2 * last.size
            and numbered_level(line.text) is None
            and self._is_full(last, line, slack=6)
        )

    def _is_full(self, last: PdfLine, line: PdfLine, slack: float = 2.2) -> bool:
        """True when the next line's first word would not have fitted at the end of the last line."""
        edge = self.right[(last.page, last.column)]
        first = line.text[:1] if is_wide(line.text[0]) else line.text.split(" ", 1)[0]
        needed = len(first) * (line.right - line.left) / max(len(line.text), 1)
        return last.right + needed > edge - slack * last.size

    def paragraph(self, run: Sequence[PdfLine]) -> Paragraph:
        text = run[0].text
        for line in run[1:]:
            text = join(text, line.text)
        first = [line for line in run if line.page == run[0].page and line.column == run[0].column]
        box = Box(
            run[0].page,
            round(min(line.left for line in first), 1),
            round(min(line.top for line in first), 1),
            round(max(line.right for line in first), 1),
            round(max(line.bottom for line in first), 1),
        )
        level = self._level(run[0])
        return Paragraph(text, run[0].page, box, "list" if level is None and _BULLET.match(text) else "text", level)

    def _level(self, line: PdfLine) -> int | None:
        if self.outline.levels:
            return self.outline.level(line)
        if _LEADER.search(line.text) or not short_enough(line.text):
            return None
        numbered = numbered_level(line.text)
        large = bool(self.sizes) and self._is_large(line)
        if numbered is None:
            return 1 + sum(size > line.size * 1.03 for size in self.sizes) if large else None
        sure = large or ((chapter_level(line.text) is not None or line.bold) and self._stands_alone(line))
        return self.numbered_from + numbered if sure else None

    def _is_large(self, line: PdfLine) -> bool:
        letters = sum(char.isalpha() for char in line.text)
        opens = line.text[0].isalnum() or line.text[0] in "《【“\"'（"
        return line.size >= _LARGER * self.body and short_enough(line.text) and letters >= 2 and opens

    def _stands_alone(self, line: PdfLine) -> bool:
        """A line that fills its column is more likely the start of a paragraph than a heading."""
        edge = self.right[(line.page, line.column)]
        return line.right < edge - 2 * line.size


def _clusters(sizes: Iterable[float]) -> list[float]:
    """Return the different sizes, largest first; the same type measures a little differently from line to line."""
    kept: list[float] = []
    for size in sorted(set(sizes), reverse=True):
        if not kept or size < kept[-1] * 0.95:
            kept.append(size)
    return kept[:5]


def _squeezed(text: str) -> str:
    return "".join(index_form(text).split())
