"""Write the sample documents that are no plain text (DOCX, PDF, XLSX, GB 18030) from their sources.

A source is named after its target with `.md` behind it (`a.pdf.md` becomes `a.pdf`) and uses a small part of Markdown:
headings, paragraphs, lists and tables. HTML sources are UTF-8 and are only re-encoded. The same sources give the same
bytes: dates, identifiers and the order inside the archives are fixed. Run it with `--font FILE`: a TrueType font with
Chinese and Latin characters whose licence lets it be embedded; the committed files use WenQuanYi Micro Hei (Apache-2.0)
from Debian's fonts-wqy-microhei.
"""

from __future__ import annotations

import argparse
import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from openpyxl import Workbook
from openpyxl.styles import Font
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).parent
SOURCES = HERE / "sample_sources"
TARGET = HERE.parent / "app" / "sample" / "documents"
FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
WRITTEN = datetime(2025, 7, 1, 9, 0, 0)
COMPANY = "Rimebay Technology"


@dataclass(frozen=True)
class Part:
    """One heading (`level` from 1), paragraph, list item or table of a source."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def parts(source: str) -> Iterator[Part]:
    """Cut a source at its blank lines; list items and table rows stand on lines of their own."""
    for paragraph in re.split(r"\n\s*\n", source.strip()):
        lines = paragraph.splitlines()
        if lines[0].startswith("#"):
            mark, _, title = paragraph.partition(" ")
            yield Part("heading", title, level=len(mark))
        elif lines[0].startswith("|"):
            rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
            yield Part("table", rows=(rows[0], *rows[2:]))
        elif re.match(r"(- |\d+\. )", lines[0]):
            for line in lines:
                yield Part("item", line)
        else:
            yield Part("text", paragraph)


def frozen(archive: bytes) -> bytes:
    """Return an Office archive with every time in it set to WRITTEN, so that equal content is equal bytes."""
    stamp = WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            data = old.read(name)
            if name == "docProps/core.xml":
                # openpyxl writes the moment of saving, whatever the properties say.
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp.encode(), data)
            info = zipfile.ZipInfo(name, WRITTEN.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, data)
    return out.getvalue()


def docx(source: str) -> bytes:
    """Return a Word file with real heading styles, lists and tables."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    properties = document.core_properties
    properties.author, properties.created, properties.modified = COMPANY, WRITTEN, WRITTEN
    for part in parts(source):
        if part.kind == "heading":
            document.add_heading(part.text, level=part.level)
            if part.level == 1:
                properties.title = part.text
        elif part.kind == "table":
            table = document.add_table(rows=0, cols=len(part.rows[0]), style="Table Grid")
            for row in part.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        elif part.kind == "item" and part.text.startswith("- "):
            document.add_paragraph(part.text[2:], style="List Bullet")
        else:
            document.add_paragraph(part.text)
    out = io.BytesIO()
    document.save(out)
    return frozen(out.getvalue())


def _number(text: str) -> str | int | float:
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d+%", text):
        return int(text[:-1]) / 100
    return text


def xlsx(source: str) -> bytes:
    """Return a workbook with a sheet for each second-level heading; figures are stored as numbers."""
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = COMPANY
    for part in parts(source):
        if part.kind == "heading":
            sheet = book.create_sheet(part.text)
            continue
        for row in part.rows:
            sheet.append([_number(text) if text else None for text in row])
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, float):
                    cell.number_format = "0%"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = 22
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return frozen(out.getvalue())


def pdf(source: str, *, font: Path) -> bytes:
    """Return a PDF: Chinese in one column with an embedded font, English in two columns with Helvetica."""
    chinese = bool(re.search(r"[\u4e00-\u9fff]", source))
    if chinese:
        pdfmetrics.registerFont(TTFont("Chinese", str(font)))
    body, bold = ("Chinese", "Chinese") if chinese else ("Helvetica", "Helvetica-Bold")
    wrap = "CJK" if chinese else None
    plain = ParagraphStyle(
        "text", fontName=body, fontSize=10.5, leading=17 if chinese else 14, spaceAfter=6, wordWrap=wrap
    )
    cell = ParagraphStyle("cell", parent=plain, fontSize=9.5, leading=13, spaceAfter=0)
    titles = {
        level: ParagraphStyle(
            f"h{level}", parent=plain, fontName=bold, fontSize=size, leading=size * 1.5, spaceBefore=8, keepWithNext=1
        )
        for level, size in ((1, 18), (2, 13), (3, 11.5))
    }
    story: list[Flowable] = []
    title = ""
    for part in parts(source):
        if part.kind == "heading":
            title = title or part.text
            story.append(Paragraph(html.escape(part.text), titles[part.level]))
        elif part.kind == "table":
            rows = [[Paragraph(html.escape(text), cell) for text in row] for row in part.rows]
            ruled = TableStyle([("GRID", (0, 0), (-1, -1), 0.6, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")])
            story += [Table(rows, colWidths=[70, 130, 80, 171], style=ruled, repeatRows=1), Spacer(1, 8)]
        else:
            story.append(Paragraph(html.escape(part.text), plain))
    out = io.BytesIO()
    columns, gap, margin = (1, 0, 72) if chinese else (2, 24, 54)
    width = (A4[0] - 2 * margin - gap * (columns - 1)) / columns
    frames = [Frame(margin + n * (width + gap), margin, width, A4[1] - 2 * margin, 0, 0, 0, 0) for n in range(columns)]

    def footer(canvas: object, document: BaseDocTemplate) -> None:
        canvas.setFont(body, 8)  # type: ignore[attr-defined]
        text = f"第 {document.page} 页" if chinese else f"Page {document.page}"
        canvas.drawCentredString(A4[0] / 2, 32, text)  # type: ignore[attr-defined]

    document = BaseDocTemplate(out, pagesize=A4, title=title, author=COMPANY, invariant=1)
    document.addPageTemplates(PageTemplate(frames=frames, onPageEnd=footer))
    document.build(story)
    return out.getvalue()


def main() -> None:
    """Write every target; print one line for each."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--font", type=Path, default=FONT)
    font = options.parse_args().font
    for path in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        source = path.read_text("utf-8")
        target = TARGET / path.relative_to(SOURCES)
        if path.suffix == ".html":
            data = source.encode("gb18030")
        else:
            target = target.with_suffix("")
            writers = {".docx": docx, ".xlsx": xlsx, ".pdf": lambda text: pdf(text, font=font)}
            data = writers[target.suffix](source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        print(f"{len(data):7,d}  {target.relative_to(TARGET)}")


if __name__ == "__main__":
    main()
