"""A document being written: readers add headings and blocks in reading order, the draft keeps paths and spans.

It knows no file format. Every text is made visible (`ingest.clean`) before its span is counted, so spans are exact.
The text of a document is Markdown whatever the file was: headings with "#", tables with "|".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from adapters.errors import EmptyFile, UnreadableFile
from adapters.records import Block, BlockKind, Bounds, Box, Document, Pair
from ingest.clean import invisible_count, visible
from ingest.parse.headings import chapter_level

GAP = "\n\n"
_HIDDEN_WORTH_SAYING = 20


class Draft:
    """Collects the blocks of one file; raises UnreadableFile when it grows past `max_chars`.

    A reader sets `title` where the first heading does not name the whole, as a workbook's first sheet does not.
    """

    def __init__(self, *, max_chars: int) -> None:
        self.title = ""
        self.metadata: dict[str, str] = {}
        self.warnings: list[str] = []
        self._max_chars = max_chars
        self._blocks: list[Block] = []
        self._pairs: list[Pair] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []
        self._floor = 0
        self._base = 0
        self._location: str | None = None
        self._hidden = 0

    @property
    def is_empty(self) -> bool:
        return not self._blocks

    def heading(
        self, title: str, level: int, *, page: int | None = None, box: Box | None = None, location: str | None = None
    ) -> None:
        """Add a heading; it closes the headings of its own and deeper levels."""
        title = " ".join(visible(title).split())
        if not title:
            return
        level += self._base
        while len(self._path) > self._floor and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, title))
        self._append("#" * min(level, 6) + " " + title, "heading", page, box, location)

    def add(
        self,
        text: str,
        kind: BlockKind = "text",
        *,
        page: int | None = None,
        box: Box | None = None,
        location: str | None = None,
    ) -> None:
        """Add a block under the headings given so far; blank text is ignored."""
        self._hidden += invisible_count(text)
        text = visible(text).rstrip()
        # Leading spaces are meaning in code; elsewhere they are layout.
        text = text.lstrip("\n") if kind == "code" else text.lstrip()
        if text:
            self._append(text, kind, page, box, location)

    def pair(
        self,
        question: str,
        answer: str,
        *,
        variants: tuple[str, ...] = (),
        rest: str = "",
        id: str = "",
        location: str | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        """Add a question as a heading and its answer below it; `rest` is what else is said of them."""
        if not visible(question).strip() or not visible(answer).strip():
            return
        self.heading(question, 2, location=location)
        heading = self._blocks[-1]
        self.add(answer, location=location)
        block = self._blocks[-1]
        self.add(rest, location=location)
        self._pairs.append(
            Pair(
                question=heading.heading_path[-1],
                variants=variants,
                start=heading.start,
                answer_start=block.start,
                answer_end=block.end,
                end=self._length,
                id=id,
                location=block.location,
                bounds=bounds or Bounds(),
            )
        )

    @property
    def room(self) -> int:
        """How many characters may still be added."""
        return max(0, self._max_chars - self._length)

    def take(self, part: Draft) -> None:
        """Add all blocks of another draft at this place, below the headings given so far."""
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        for block in part._blocks:
            if block.kind == "heading":
                level = len(block.text) - len(block.text.lstrip("#"))
                self.heading(block.heading_path[-1], level, page=block.page, box=block.box, location=block.location)
            else:
                self.add(block.text, block.kind, page=block.page, box=block.box, location=block.location)
            starts[block.start], ends[block.end] = self._blocks[-1].start, self._blocks[-1].end
        for pair in part._pairs:
            self._pairs.append(
                replace(
                    pair,
                    start=starts[pair.start],
                    answer_start=starts[pair.answer_start],
                    answer_end=ends[pair.answer_end],
                    end=ends[pair.end],
                )
            )
        for warning in part.warnings:
            self.warn(warning)

    @property
    def text(self) -> str:
        return GAP.join(block.text for block in self._blocks)

    @property
    def lines(self) -> set[str]:
        """What each line says, without its white space and list marks."""
        return {_said(line) for block in self._blocks for line in block.text.split("\n")}

    def without(self, said: set[str]) -> Draft:
        """Return this draft without the blocks whose every line stands in `said`."""
        rest = Draft(max_chars=self._max_chars)
        rest.warnings = self.warnings
        rest._blocks = [
            block for block in self._blocks if not all(_said(line) in said for line in block.text.split("\n"))
        ]
        return rest

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    @contextmanager
    def inside(self, title: str, location: str, level: int = 1) -> Iterator[None]:
        """Blocks added meanwhile belong to a file inside this file: under its title, with its name as location."""
        before = (self._floor, self._base, self._location, self.metadata, self.title)
        self.heading(title, level)
        self._floor, self._base, self.metadata = len(self._path), level + self._base, {}
        self._location = location if before[2] is None else f"{before[2]} > {location}"
        try:
            yield
        finally:
            self._floor, self._base, self._location, self.metadata, self.title = before

    def document(self, *, stem: str, format: str) -> Document:
        """Return the finished document. Raises EmptyFile when nothing was added."""
        if not self._blocks:
            raise EmptyFile("The file holds no text. If it should, save it again from the program that made it.")
        if self._hidden >= _HIDDEN_WORTH_SAYING:
            self.warn(f"{self._hidden} invisible characters were taken out; check that the text reads as it should.")
        first = next((block.heading_path[-1] for block in self._blocks if block.kind == "heading"), "")
        # "Chapter 1" names a part of a document that does not say its own name.
        first = "" if chapter_level(first) is not None else first
        names = (self.title, first, self.metadata.get("title", ""), stem)
        title = next((name for name in (" ".join(visible(name).split()) for name in names) if name), "untitled")
        return Document(
            title,
            self.text,
            tuple(self._blocks),
            format,
            dict(self.metadata),
            tuple(self.warnings),
            tuple(self._pairs),
        )

    def _append(self, text: str, kind: BlockKind, page: int | None, box: Box | None, location: str | None) -> None:
        start = self._length + (len(GAP) if self._blocks else 0)
        end = start + len(text)
        if end > self._max_chars:
            raise UnreadableFile(
                f"The file holds more than {self._max_chars:,} characters of text. Split it into smaller files."
            )
        if self._location is not None:
            location = self._location if location is None else f"{self._location} > {location}"
        path = tuple(title for _, title in self._path)
        self._blocks.append(Block(text, kind, start, end, path, page, box, location))
        self._length = end


def _said(line: str) -> str:
    return "".join(line.lstrip("#-*> ").split())
