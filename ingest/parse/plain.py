"""Plain text: paragraphs by blank lines, chapters by their numbering; nothing else is guessed."""

from __future__ import annotations

from ingest.clean import visible
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.headings import article_of, chapter_level, names_an_act
from ingest.parse.source import Source

_LONG_PARAGRAPH = 1_500


def read(source: Source, draft: Draft) -> None:
    add_plain(visible(decode(source.data)), draft)


def add_plain(text: str, draft: Draft) -> None:
    """Add text; a run of lines without blank lines is one block unless it is long or its lines are articles."""
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.split("\n") if line.strip()]
        apart = len(paragraph) > _LONG_PARAGRAPH or any(
            article_of(line.strip()) or chapter_level(line.strip()) for line in lines
        )
        for piece in lines if apart else ["\n".join(lines)]:
            line = piece.strip()
            level = chapter_level(line) if "\n" not in line else None
            if level is not None:
                draft.heading(line, level + 1)
            elif draft.is_empty and "\n" not in line and names_an_act(line):
                draft.heading(line, 1)
            else:
                draft.add(piece)
