"""PDF: text by pdfium with page and place, headings, ruled tables; repeated margins out, broken lines joined.

Pages without text go to the recogniser when there is one, else the document says which pages it lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from adapters.errors import NeedsOcr, UnreadableFile
from adapters.records import Box
from ingest.parse.draft import Draft
from ingest.parse.pdf_lines import read_page
from ingest.parse.pdf_open_tables import open_tables
from ingest.parse.pdf_page import Layout, PdfLine
from ingest.parse.pdf_paragraphs import Outline, Paragraph, in_margin, paragraphs_of, running_lines
from ingest.parse.pdf_tables import RuledTable, contains, join_over_pages, ruled_tables
from ingest.parse.pictures import HOW, add_page
from ingest.parse.source import Source
from ingest.parse.tables import markdown_table

MAX_PAGES = 3_000
_SCAN_DPI = 200
_FEW_CHARACTERS = 12


def read(source: Source, draft: Draft) -> None:
    opened = _open(source.data)
    try:
        if len(opened) > MAX_PAGES:
            raise UnreadableFile(f"The PDF has {len(opened):,} pages, more than {MAX_PAGES:,}. Split it.")
        draft.metadata.update({key.lower(): value for key, value in opened.get_metadata_dict(skip_empty=True).items()})
        _read_pages(opened, source, draft)
    finally:
        opened.close()


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        opened = pypdfium2.PdfDocument(data)
        if len(opened) == 0:
            raise UnreadableFile("The PDF has no pages.")
        return opened
    except pypdfium2.PdfiumError as cause:
        if "password" in str(cause).lower() or "security" in str(cause).lower():
            raise UnreadableFile(
                "The PDF is protected by a password. Save it without one (print to PDF, or remove the protection)."
            ) from cause
        raise UnreadableFile("The PDF is damaged or incomplete. Copy or download it again.") from cause


def _read_pages(opened: pypdfium2.PdfDocument, source: Source, draft: Draft) -> None:
    layouts: list[Layout] = []
    tables: list[list[RuledTable]] = []
    scanned: list[int] = []
    for index in range(len(opened)):
        try:
            page = opened[index]
        except pypdfium2.PdfiumError:
            draft.warn(f"Page {index + 1} is damaged and was left out.")
            layouts.append(Layout((), (), 1, 1))
            tables.append([])
            continue
        layout = read_page(page, index + 1)
        if len(layout.chars) < _FEW_CHARACTERS and _has_picture(page):
            scanned.append(index)
        tables.append(_tables(page, layout) if layout.chars else [])
        layouts.append(layout)
        page.close()
    recognised = _recognise(opened, scanned, source, draft, len(layouts))
    outline = Outline.of(opened.get_toc(max_depth=6), [line for layout in layouts for line in layout.lines])
    running = running_lines(layouts)
    body = [_body_lines(layout, found, running) for layout, found in zip(layouts, tables, strict=True)]
    join_over_pages(tables, body)
    _emit(list(paragraphs_of(body, outline)), tables, recognised, draft)


def _tables(page: Any, layout: Layout) -> list[RuledTable]:
    """Return the ruled tables of a page, and the open ones outside them."""
    ruled = ruled_tables(page, layout)
    free = [piece for piece in layout.pieces if not any(contains(table.place, piece.middle) for table in ruled)]
    return ruled + open_tables(free)


def _body_lines(layout: Layout, tables: Sequence[RuledTable], running: frozenset[str]) -> list[PdfLine]:
    """Return a page's lines that are neither in its margins as on other pages nor inside its tables."""
    return [
        line
        for line in layout.lines
        if not (in_margin(line, layout) and (line.key in running or not line.key.strip("-–—/·第页共ofPpage. ")))
        and not any(contains(table.place, line.middle) for table in tables)
    ]


def _emit(
    paragraphs: list[Paragraph], tables: list[list[RuledTable]], recognised: dict[int, Draft], draft: Draft
) -> None:
    """Add paragraphs and tables in the order in which they stand on their pages."""
    waiting = {number: sorted(found, key=lambda table: table.place[1]) for number, found in enumerate(tables, start=1)}
    done = 0
    for paragraph in paragraphs:
        for page in range(done, paragraph.page):
            _emit_tables(waiting.get(page, []), page, None, draft)
            _emit_scan(recognised.pop(page, None), draft)
        done = paragraph.page
        _emit_tables(waiting.get(paragraph.page, []), paragraph.page, paragraph.box.top, draft)
        if paragraph.level is None:
            draft.add(paragraph.text, paragraph.kind, page=paragraph.page, box=paragraph.box)
        else:
            draft.heading(paragraph.text, paragraph.level, page=paragraph.page, box=paragraph.box)
    for page in range(done, len(tables) + 1):
        _emit_tables(waiting.get(page, []), page, None, draft)
        _emit_scan(recognised.pop(page, None), draft)


def _emit_tables(waiting: list[RuledTable], page: int, above: float | None, draft: Draft) -> None:
    while waiting and (above is None or waiting[0].place[1] < above):
        table = waiting.pop(0)
        draft.add(markdown_table(table.rows), "table", page=page, box=Box(page, *table.place))


def _emit_scan(scan: Draft | None, draft: Draft) -> None:
    if scan is not None:
        draft.take(scan)


def _recognise(
    opened: pypdfium2.PdfDocument, scanned: Sequence[int], source: Source, draft: Draft, pages: int
) -> dict[int, Draft]:
    """Return what was recognised on each scanned page, by page number."""
    if not scanned:
        return {}
    if source.recogniser is None:
        if len(scanned) == pages:
            raise NeedsOcr(f"The PDF holds pictures of pages; its text needs recognition (OCR). {HOW}")
        numbers = ", ".join(str(index + 1) for index in scanned[:20]) + (" ..." if len(scanned) > 20 else "")
        draft.warn(f"{len(scanned)} of {pages} pages have no text (needs OCR): {numbers}. {HOW}")
        return {}
    recogniser = source.recogniser()
    found: dict[int, Draft] = {}
    for index in scanned:
        page = opened[index]
        longest = max(page.get_size())
        scale = min(_SCAN_DPI / 72, 4_000 / longest)
        image = page.render(scale=scale).to_pil().convert("RGB")
        buffer = BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        found[index + 1] = Draft(max_chars=1_000_000)
        add_page(buffer.getvalue(), index + 1, recogniser, found[index + 1], scale)
        page.close()
    return found


def _has_picture(page: Any) -> bool:
    return next(iter(page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=4)), None) is not None
