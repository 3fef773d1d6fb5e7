"""PPTX: slides in order, title first, then shapes from top to bottom; tables, groups and speaker notes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.exc import PackageNotFoundError

from adapters.errors import UnreadableFile
from ingest.parse import archive
from ingest.parse.draft import Draft
from ingest.parse.pictures import add_pictures
from ingest.parse.source import Source
from ingest.parse.tables import markdown_table

Shape = Any


def read(source: Source, draft: Draft) -> None:
    archive.open_zip(source.data).close()
    try:
        deck = Presentation(BytesIO(source.data))
        slides = list(deck.slides)
    except (PackageNotFoundError, AttributeError, SyntaxError, *archive.DAMAGED) as cause:
        raise UnreadableFile(
            "The presentation is damaged. Open it in PowerPoint, save it again, and add that."
        ) from cause
    pictures: list[tuple[bytes, str]] = []
    for number, slide in enumerate(slides, start=1):
        _add_slide(slide, f"slide {number}", draft, pictures)
    add_pictures(pictures, source, draft)


def _add_slide(slide: Any, location: str, draft: Draft, pictures: list[tuple[bytes, str]]) -> None:
    title = slide.shapes.title
    name = title.text_frame.text.strip() if title is not None and title.has_text_frame else ""
    draft.heading(name or location.capitalize(), 1, location=location)
    shapes = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    for shape in _leaves(sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))):
        if getattr(shape, "has_table", False) and shape.has_table:
            rows = [[cell.text_frame.text for cell in row.cells] for row in shape.table.rows]
            draft.add(markdown_table(rows), "table", location=location)
        elif shape.has_text_frame:
            _add_text(shape.text_frame, location, draft)
        elif shape.shape_type == MSO_SHAPE_TYPE.PICTURE:
            pictures.extend(_picture(shape, location))
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        draft.add(frame.text, location=f"{location} notes")


def _add_text(frame: Any, location: str, draft: Draft) -> None:
    lines = [(paragraph.level, paragraph.text.replace("\v", "\n").strip()) for paragraph in frame.paragraphs]
    lines = [(level, text) for level, text in lines if text]
    if len(lines) > 1:
        draft.add("\n".join("  " * level + f"- {text}" for level, text in lines), "list", location=location)
    elif lines:
        draft.add(lines[0][1], location=location)


def _leaves(shapes: Any) -> Iterator[Shape]:
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _leaves(shape.shapes)
        else:
            yield shape


def _picture(shape: Shape, location: str) -> list[tuple[bytes, str]]:
    try:
        return [(shape.image.blob, location)]
    except (AttributeError, KeyError, ValueError):
        # A linked picture has no bytes in the file.
        return []
