"""Pictures are read by whatever recogniser there is; what it is unsure of is said."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageFont

from adapters.errors import NeedsOcr
from ingest.parse import parse_bytes
from ingest.parse.draft import Draft
from ingest.parse.pictures import add_page, join, paragraphs, read
from ingest.parse.source import Line, Source
from ingest.parse.worker import Pool
from tests.ingest.files import zipped


def line(text: str, top: float, left: float = 0, right: float = 400, confidence: float = 0.99) -> Line:
    return Line(text, left, top, right, top + 20, confidence)


class Written:
    """A recogniser whose results are written down."""

    def __init__(self, *lines: Line) -> None:
        self._lines = lines

    def lines(self, picture: bytes):
        return self._lines


def picture(text: str = "") -> bytes:
    image = Image.new("RGB", (700, 120), "white")
    ImageDraw.Draw(image).text((20, 30), text, "black", ImageFont.load_default(size=48))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_recognised_lines_are_joined_into_paragraphs():
    lines = [
        line("职工在年休假期间享受与正常工作期间相", 0),
        line("同的工资收入。", 25, right=150),
        line("第三条 另起一段", 50),
    ]
    assert paragraphs(lines) == ["职工在年休假期间享受与正常工作期间相同的工资收入。", "第三条 另起一段"]


def test_cells_beside_each_other_stay_in_one_row():
    assert paragraphs([line("一级", 0, 0, 50), line("27个月", 1, 200, 280)]) == ["一级 | 27个月"]


def test_joining_knows_chinese_hyphens_and_words():
    assert [join("年休", "假期"), join("compen-", "sation"), join("paid", "leave")] == [
        "年休假期",
        "compensation",
        "paid leave",
    ]


def test_every_picture_frame_is_a_page_and_doubt_is_said():
    draft = Draft(max_chars=1_000)
    add_page(b"", 1, Written(line("第一章 总则", 0), line("清楚的内容。", 40, confidence=0.55)), draft)
    document = draft.document(stem="scan", format="png")
    assert [(block.kind, block.page) for block in document.blocks] == [("heading", 1), ("text", 1)]
    assert "low confidence" in document.warnings[0]


def test_a_picture_file_goes_through_the_recogniser():
    draft = Draft(max_chars=1_000)
    read(Source(picture(), "a.png", recogniser=lambda: Written(line("文字", 0))), draft)
    assert draft.text == "文字"


def test_an_archive_of_pictures_alone_needs_recognition():
    with pytest.raises(NeedsOcr):
        parse_bytes(zipped({"a.png": picture()}), "a.zip", recognise=False)


@pytest.mark.slow
def test_a_real_picture_is_recognised_in_a_child(tmp_path):
    pytest.importorskip("rapidocr")
    path = tmp_path / "a.png"
    path.write_bytes(picture("ANNUAL LEAVE POLICY"))
    pool = Pool()
    try:
        assert "LEAVE" in pool.parse(path).text
    finally:
        pool.close()
