"""Mail, books, archives and old formats: what is inside is read as what it is."""

import json
import struct
from email.message import EmailMessage

import docx
import pytest

from adapters.errors import BadInput, UnreadableFile
from ingest.parse import legacy, parse_bytes
from ingest.parse.binary_office import ppt_slides
from ingest.parse.measure import folded, measure
from ingest.parse.outlook import unpack_rtf
from tests.ingest import files


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "关于年休假的通知", "人力 <hr@example.com>", "all@example.com"
    mail.set_content("请在一月底前报送计划。\n", charset="gb18030")
    mail.add_alternative("<p>请在一月底前报送计划。</p><ul><li>可以跨年度</li></ul>", subtype="html")
    mail.add_attachment("第一条 正文内容。".encode("gbk"), maintype="text", subtype="plain", filename="附件.txt")
    return mail


def test_mail_gives_headers_text_once_and_attachments_under_their_names():
    document = parse_bytes(message().as_bytes(), "a.eml")
    assert document.title == "关于年休假的通知"
    assert "subject: 关于年休假的通知\nfrom: 人力 <hr@example.com>" in document.text
    assert document.text.count("请在一月底前报送计划") == 1
    assert "可以跨年度" in document.text
    assert document.blocks[-1].text == "第一条 正文内容。"
    assert document.blocks[-1].location == "附件.txt"


def test_a_message_inside_a_message_is_read():
    outer = EmailMessage()
    outer["Subject"], outer["From"] = "转发", "a@example.com"
    outer.set_content("见附件")
    outer.add_attachment(message())
    assert "第一条 正文内容" in parse_bytes(outer.as_bytes(), "a.eml").text


def test_a_book_is_read_in_the_order_of_its_spine():
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:title>手册</dc:title></metadata><manifest><item id="b" href="b.xhtml"/><item id="a" href="a%20x.xhtml"/>'
        '</manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="OEBPS/c.opf"/></rootfiles></container>'
    data = files.zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OEBPS/c.opf": opf.encode(),
            "OEBPS/b.xhtml": "<html><body><h1>二</h1><p>后文</p></body></html>".encode(),
            "OEBPS/a x.xhtml": "<html><body><h1>一</h1><p>前文</p></body></html>".encode(),
        }
    )
    document = parse_bytes(data, "a.epub")
    assert document.title == "手册"
    assert document.text.index("前文") < document.text.index("后文")


def test_rich_text_follows_the_character_set_of_each_font():
    hexed = "".join(f"\\'{byte:02x}" for byte in "员工手册".encode("gbk"))
    rtf = (
        "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset134 SimSun;}}"
        "{\\*\\generator secret;}\\pard\\outlinelevel0 {\\f1 "
        + hexed
        + "}\\par\\pard caf\\'e9 \\u21592?\\u24037? {\\v hidden}\\par}"
    )
    document = parse_bytes(rtf.encode("latin-1"), "a.rtf")
    assert document.title == "员工手册"
    assert document.blocks[1].text == "café 员工"


def test_compressed_rich_text_of_outlook_is_unpacked():
    # The example of MS-OXRTFCP 3.2.1.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af3206865 6c09002062770 5b06c647d0a800fa0".replace(
            " ", ""
        )
    )
    assert unpack_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def record(kind: int, body: bytes, *, container: bool = False) -> bytes:
    return struct.pack("<HHI", 0x0F if container else 0, kind, len(body)) + body


def test_an_old_presentation_without_its_container_is_damaged():
    with pytest.raises(UnreadableFile, match="damaged"):
        ppt_slides(files.compound("PowerPoint Document"))


def test_an_old_document_is_converted_where_libreoffice_is(tmp_path, monkeypatch):
    document = docx.Document()
    document.add_heading("标题", 1)
    document.add_paragraph("正文。")
    document.save(str(tmp_path / "converted.docx"))
    program = tmp_path / "soffice"
    # Takes the arguments of LibreOffice: ... --outdir FOLDER FILE.
    steps = f'mkdir -p "$2"; cp {tmp_path}/converted.docx "$2/file.docx"'
    program.write_text(f'#!/bin/sh\nwhile [ "$1" != "--outdir" ]; do shift; done\n{steps}\n')
    program.chmod(0o755)
    monkeypatch.setattr(legacy, "_soffice", lambda: str(program))
    parsed = parse_bytes(files.compound("WordDocument"), "a.doc")
    assert [block.kind for block in parsed.blocks] == ["heading", "text"]
    assert parsed.warnings == ()


def test_json_and_xml_can_be_found_as_text():
    assert (
        '"名称": "标准"'
        in parse_bytes(json.dumps({"名称": "标准", "x": "y" * 500}, ensure_ascii=False).encode(), "a.json").text
    )
    xml = "<list><item id='1'><name>北京</name></item><item id='2'><name>上海</name></item></list>"
    document = parse_bytes(xml.encode(), "a.xml")
    assert [block.text for block in document.blocks] == ["item@id: 1\nitem/name: 北京", "item@id: 2\nitem/name: 上海"]


def test_the_measure_counts_outcomes_strings_and_reasons(tmp_path):
    (tmp_path / "a.md").write_text("# 标题\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.4 broken")
    entries = [
        {"file": "a.md", "expect": ["甲 | 乙", "缺失"], "outcome": "parse"},
        {"file": "b.txt", "expect": [], "outcome": "empty"},
        {"file": "c.pdf", "expect": [], "outcome": "reject"},
    ]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    figures = measure(manifest, lambda path: parse_bytes(path.read_bytes(), path.name))
    assert figures["n"] == 3
    assert figures["outcome_right"] == 1.0
    assert figures["expect_found"] == 0.5
    assert figures["rejected_with_reason"] == 1.0
    assert figures["records"][0]["missing"] == ["缺失"]
    manifest.write_text("not json", encoding="utf-8")
    with pytest.raises(BadInput):
        measure(manifest, lambda path: parse_bytes(b"", ""))


def test_folding_keeps_words_and_drops_how_cells_are_drawn():
    assert folded("| a b | c |\n| --- | --- |\n| d | e |") == folded("a b | c d e")
