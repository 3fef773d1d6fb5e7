"""Office files are read with their headings, numbers, tables and notes; what was deleted stays deleted."""

from io import BytesIO

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx import Presentation
from pptx.util import Inches

from ingest.parse import parse_bytes
from ingest.parse.numbering import chinese, written
from tests.ingest import files


def saved(document) -> bytes:
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_word_headings_lists_and_tables_stay_in_order():
    document = docx.Document()
    document.add_heading("休假制度", 0)
    document.add_heading("年休假", 1)
    document.add_paragraph("员工享受年休假。")
    for text in ("满一年五天", "满十年十天"):
        document.add_paragraph(text, style="List Number")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("年限", "天数", "一年", "5"), strict=True):
        cell.text = text
    document.add_paragraph("表后说明。")
    parsed = parse_bytes(saved(document), "a.docx")
    assert [block.kind for block in parsed.blocks] == ["heading", "heading", "text", "list", "table", "text"]
    assert parsed.blocks[3].text == "1. 满一年五天\n2. 满十年十天"
    assert parsed.blocks[4].text == "| 年限 | 天数 |\n| --- | --- |\n| 一年 | 5 |"
    assert parsed.blocks[5].heading_path == ("休假制度", "年休假")


def test_word_insertions_are_kept_and_deletions_dropped():
    document = docx.Document()
    paragraph = document.add_paragraph("保留")
    for mark, text in (
        ("ins", "<w:t>新增</w:t>"),
        ("del", "<w:delText>删除</w:delText>"),
        ("moveFrom", "<w:t>移走</w:t>"),
    ):
        paragraph._p.append(parse_xml(f'<w:{mark} {nsdecls("w")} w:id="1" w:author="a"><w:r>{text}</w:r></w:{mark}>'))
    hidden = f"<w:r {nsdecls('w')}><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>"
    paragraph._p.append(parse_xml(hidden))
    assert parse_bytes(saved(document), "a.docx").text == "保留新增"


def test_word_page_headers_are_read_once():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "内部资料"
    document.add_paragraph("正文。")
    parsed = parse_bytes(saved(document), "a.docx")
    assert parsed.text.count("内部资料") == 1
    assert parsed.blocks[-1].location == "header"


def test_numbers_are_written_as_word_writes_them():
    assert [chinese(value) for value in (1, 10, 12, 20, 103, 110, 1010)] == [
        "一", "十", "十二", "二十", "一百零三", "一百一十", "一千零一十",
    ]  # fmt: skip
    assert [written(4, kind) for kind in ("lowerRoman", "upperLetter", "decimalZero", "chineseCounting")] == [
        "iv", "D", "04", "四",
    ]  # fmt: skip


def test_a_title_row_over_a_sheet_is_a_heading_and_the_table_knows_its_place():
    cells = {"A1": "年休假天数", "A2": "年限", "B2": "天数", "A3": "一年", "B3": 5.0, "A6": "备注", "B6": "另行通知"}
    document = parse_bytes(files.workbook(cells), "标准.xlsx")
    assert document.title == "标准"
    tables = [block for block in document.blocks if block.kind == "table"]
    assert tables[0].text == "| 年限 | 天数 |\n| --- | --- |\n| 一年 | 5 |"
    assert tables[0].heading_path == ("Sheet", "年休假天数")
    assert [table.location for table in tables] == ["Sheet!A2:B3", "Sheet!A6:B6"]


def test_slides_carry_titles_tables_and_notes():
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "年休假怎么算"
    slide.placeholders[1].text = "满一年可休\n满十年十天"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for place, text in zip(((0, 0), (0, 1), (1, 0), (1, 1)), ("年限", "天数", "一年", "5"), strict=True):
        table.cell(*place).text = text
    slide.notes_slide.notes_text_frame.text = "讲师备注：按日工资三倍支付"
    document = parse_bytes(saved(deck), "a.pptx")
    assert [block.kind for block in document.blocks] == ["heading", "list", "table", "text"]
    assert document.blocks[0].location == "slide 1"
    assert "| 一年 | 5 |" in document.text and "三倍支付" in document.text
