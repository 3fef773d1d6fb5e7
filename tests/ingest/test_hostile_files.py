"""Whatever a file does, it ends in a document or in a reason that its owner can act on, soon and in little memory."""

import os
import time
import tracemalloc
import zipfile

import docx
import pytest

from adapters.errors import EmptyFile, NeedsOcr, UnreadableFile
from ingest.parse import parse, parse_bytes
from tests.ingest import files


def reason(data: bytes, name: str) -> str:
    with pytest.raises(UnreadableFile) as problem:
        parse_bytes(data, name, recognise=False)
    return str(problem.value)


def word(text: str = "Text") -> bytes:
    from io import BytesIO

    document, buffer = docx.Document(), BytesIO()
    document.add_paragraph(text)
    document.save(buffer)
    return buffer.getvalue()


def repacked(data: bytes, name: str, change) -> bytes:
    from io import BytesIO

    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = {entry: archive.read(entry) for entry in archive.namelist()}
    members[name] = change(members[name])
    return files.zipped(members)


@pytest.mark.parametrize("name", ["a.zip", "a.docx", "a.xlsx", "a.epub"])
def test_a_zip_bomb_is_refused_before_it_unpacks(name):
    tracemalloc.start()
    bomb = files.zipped({"[Content_Types].xml": b"x", "word/document.xml": b"\x00" * 40_000_000})
    tracemalloc.reset_peak()
    assert "zip bomb" in reason(bomb, name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000


def test_zips_inside_zips_are_followed_only_so_far():
    data = files.zipped({"a.txt": "深处的文字".encode()})
    for _ in range(8):
        data = files.zipped({"inner.zip": data})
    assert "packed inside each other" in reason(data, "a.zip")


def test_an_archive_of_too_many_files_is_refused():
    assert "too many" in reason(files.zipped({f"{n}.txt": b"x" for n in range(10_001)}, compression=0), "a.zip")


def test_a_bad_file_in_an_archive_does_not_stop_the_rest():
    data = files.zipped(
        {"好.txt": "可以阅读的内容。".encode(), "bad.pdf": b"%PDF-1.4 broken", "z.exe": b"MZ\x90\x00\xff\x00"}
    )
    document = parse_bytes(data, "a.zip")
    assert "可以阅读的内容" in document.text
    assert any("bad.pdf" in warning for warning in document.warnings)
    assert document.blocks[-1].location == "好.txt"


def test_names_in_an_archive_reach_nothing_outside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = files.zipped(
        {"../../evil.txt": b"one", "C:\\windows\\x.txt": b"two", "/etc/passwd": b"three", "a\u202etxt.exe.txt": b"4"}
    )
    document = parse_bytes(data, "a.zip")
    assert list(tmp_path.iterdir()) == []
    assert all(".." not in (block.location or "") for block in document.blocks)
    assert all("\u202e" not in (block.location or "") + block.text for block in document.blocks)


def test_a_cell_at_the_far_corner_of_a_sheet_costs_nothing():
    begun = time.process_time()
    document = parse_bytes(
        files.workbook({"A1": "城市", "B1": "金额", "A2": "北京", "B2": 500, "XFD1048576": "x"}), "a.xlsx"
    )
    assert "| 北京 | 500 |" in document.text
    assert time.process_time() - begun < 5


def test_a_sheet_that_claims_a_million_repeats_costs_nothing():
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    data = files.zipped(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()}
    )
    assert len(parse_bytes(data, "a.ods").text) < 3_000_000


ENTITY = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (b"" if n == 1 else b"%d" % (n - 1)) * 10) for n in range(1, 9))
    + b"]><r><p>&a8;</p><p>text</p></r>"
)


def test_entities_of_xml_are_never_read_or_expanded():
    assert "root:" not in parse_bytes(ENTITY + b"<r><p>&x;</p><p>text</p></r>", "a.xml").text
    try:
        assert len(parse_bytes(LAUGHS, "a.xml").text) < 1_000
    except UnreadableFile as problem:
        assert "XML" in str(problem)


def test_entities_in_a_word_file_are_never_read():
    attack = repacked(
        word("MARK"),
        "word/document.xml",
        lambda xml: ENTITY + xml[xml.index(b"<w:document") :].replace(b"MARK", b"before &x; after"),
    )
    assert "root:" not in parse_bytes(attack, "a.docx").text


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (files.locked_zip(), "a.zip"),
        (files.compound("EncryptionInfo", "EncryptedPackage"), "a.xlsx"),
        (files.compound("EncryptionInfo", "EncryptedPackage"), "a.docx"),
        (files.pdf(["BT ET"], locked=True), "a.pdf"),
    ],
)
def test_a_password_is_named_as_the_reason(data, name):
    assert "password" in reason(data, name)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.epub", "a.odt", "a.zip"])
def test_a_truncated_package_is_called_damaged(name):
    assert "damaged" in reason(word("text " * 500)[:-400], name)


@pytest.mark.parametrize("cut", [64, 300, 2_000, 8_000])
def test_a_package_damaged_inside_is_refused_or_read_but_never_breaks(cut):
    data = bytearray(word("文字 " * 2_000))
    data[cut : cut + 40] = b"\xff" * 40
    try:
        assert parse_bytes(bytes(data), "a.docx").blocks
    except UnreadableFile as problem:
        assert len(str(problem)) > 20


def test_a_pdf_that_is_none_and_a_picture_that_is_cut_are_called_damaged():
    assert "damaged" in reason(b"%PDF-1.7\nrubbish", "a.pdf")
    assert "damaged" in reason(b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "a.png")


@pytest.mark.parametrize("stream", ["WordDocument", "Workbook", "PowerPoint Document", "__properties_version1.0"])
def test_a_broken_old_office_file_is_called_damaged(stream):
    assert "damaged" in reason(files.compound(stream), "a.doc")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\x00" * 100, b"\xef\xbb\xbf"])
def test_a_file_without_text_is_called_empty(data):
    with pytest.raises(EmptyFile):
        parse_bytes(data, "a.txt")


@pytest.mark.parametrize("name", ["a.docx", "a.pdf", "a.xlsx", "a.png"])
def test_text_under_a_name_it_is_not_is_refused_with_that_reason(name):
    assert "looks like plain text" in reason(b"just some words in a file", name)


def test_content_decides_and_not_the_name():
    content = files.pdf([files.lines([(72, 700, 12, "The real content is a PDF.")])])
    assert parse_bytes(content, "a.txt").format == "pdf"
    assert parse_bytes(word("Hello"), "a.pdf").format == "docx"


def test_programs_and_unknown_bytes_are_refused():
    assert "program" in reason(b"MZ\x90\x00\x03\x00\x00\x00\xff\xff" * 50, "setup.pdf")
    assert "7z" in reason(b"7z\xbc\xaf\x27\x1c\x00", "a.7z")
    assert "not text" in reason(bytes(range(256)) * 20, "a.bin")


def test_a_picture_that_claims_a_billion_pixels_is_not_opened():
    assert "pixels" in reason(files.png(40_000, 40_000), "a.png") or "damaged" in reason(
        files.png(40_000, 40_000), "a.png"
    )


def test_a_picture_needs_recognition_and_says_how():
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (200, 100)).save(buffer, "PNG")
    with pytest.raises(NeedsOcr, match="ocr"):
        parse_bytes(buffer.getvalue(), "a.png", recognise=False)


def test_a_pdf_that_claims_a_billion_pages_ends_soon():
    begun = time.process_time()
    data = files.pdf([files.lines([(72, 700, 12, "One page only, whatever the tree says.")])], count=900_000_000)
    try:
        parse_bytes(data, "a.pdf")
    except UnreadableFile as problem:
        assert "pages" in str(problem)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html><body>" + b"<div>" * 50_000 + b"deep", "a.html"),
        (b"> " * 20_000 + b"deep", "a.md"),
        (b"- " * 5_000 + b"deep", "a.md"),
        (b"[" * 100_000, "a.json"),
        (b"<r>" + b"<a>" * 50_000, "a.xml"),
        (b"{\\rtf1 " + b"{" * 100_000, "a.rtf"),
        (b"{\\rtf1 {\\u-1 \\u55357 \\'ff \\bin99999999999 \\cell\\row\\intbl text}", "a.rtf"),
        (
            b"<table><tr><td colspan=999999999 rowspan=999999999>x</td><td>y</td></tr><tr><td>z</td></tr></table>",
            "a.html",
        ),
        (b"a,b\n" + b'"' * 3_000_001, "a.csv"),
        (b"a;" * 200_000, "a.csv"),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 3_000, "a.eml"),
        (b"---\n" + b"[" * 5_000 + b"\n---\ntext", "a.md"),
        ("第".encode() + "一".encode() * 50_000 + "条 文".encode(), "a.txt"),
    ],
)
def test_nesting_and_repetition_end_soon(data, name):
    begun = time.process_time()
    try:
        parse_bytes(data, name)
    except UnreadableFile as problem:
        assert len(str(problem)) > 20
    assert time.process_time() - begun < 10


def test_more_text_than_allowed_is_refused_and_not_cut_silently():
    with pytest.raises(UnreadableFile, match="Split it"):
        parse_bytes("一段文字。\n\n".encode() * 100, "a.txt", max_chars=200)


def test_a_file_larger_than_allowed_is_not_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2_000)
    with pytest.raises(UnreadableFile, match="MB"):
        parse(path, max_bytes=1_000)


def test_what_is_no_ordinary_file_is_left_alone(tmp_path):
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, "/dev/zero"):
        with pytest.raises(UnreadableFile, match="ordinary file"):
            parse(path)


@pytest.mark.parametrize("name", ["nul\x00name.txt", "missing.txt", "x" * 300])
def test_a_path_that_cannot_be_opened_is_a_reason(name):
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        parse(f"/tmp/{name}")


@pytest.mark.parametrize("name", ["报\u202etxt.md", "a" * 250 + ".md", "..md", "-rf.md", "a\nb.md", b"\xff\xfe.md"])
def test_hostile_names_are_only_names(tmp_path, name):
    path = tmp_path / (os.fsdecode(name) if isinstance(name, bytes) else name)
    path.write_text("文字。", encoding="utf-8")
    document = parse(path)
    assert document.text == "文字。"
    document.title.encode("utf-8")
    assert "\u202e" not in document.title and "\n" not in document.title
