"""A cited passage is found on the page people know, by what is written there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adapters.records import Box
from ingest.parse import parse
from ingest.parse.pdf_show import picture, show
from ingest.parse.show import Viewer

SAMPLE = Path("app/sample/documents/财务/差旅与费用报销管理办法.pdf")
COLUMNS = Path("app/sample/documents/财务/procurement-approval.pdf")


@pytest.mark.parametrize("path", [SAMPLE, COLUMNS])
def test_every_block_of_a_document_is_found_on_its_page(path: Path) -> None:
    data = path.read_bytes()
    for block in parse(path).blocks:
        shown = show(data, block.text, None)
        assert shown.page == block.page and shown.marks, block.text
        for left, top, right, bottom in shown.marks:
            assert 0 <= left < right <= shown.width and 0 <= top < bottom <= shown.height


def test_only_the_sentence_is_marked_not_its_paragraph() -> None:
    shown = show(COLUMNS.read_bytes(), "A supplier is scored every June.", None)
    marked = sum((right - left) for left, _, right, _ in shown.marks)
    assert len(shown.marks) == 2 and marked < 200


def test_what_is_no_text_is_marked_by_the_boxes_known_from_reading() -> None:
    shown = show(COLUMNS.read_bytes(), "这些字不在这一页上", 1, [(1, (10, 20, 30, 40)), (2, (0, 0, 1, 1))])
    assert shown.marks == ((10, 20, 30, 40),)


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    assert show(SAMPLE.read_bytes(), "", 99).page == 2


def test_a_picture_is_as_wide_as_asked() -> None:
    png = picture(SAMPLE.read_bytes(), 1, 300)
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20], "big") in (299, 300, 301)


def test_bytes_that_are_not_those_that_were_read_are_not_shown(tmp_path: Path) -> None:
    changed = tmp_path / "a.pdf"
    changed.write_bytes(SAMPLE.read_bytes() + b"%")
    sha256 = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    viewer = Viewer()
    try:
        assert viewer.page(changed, sha256) is None
        assert viewer.picture(changed, sha256, 1, 300) is None
        assert viewer.page(tmp_path / "gone.pdf", sha256) is None
        found = viewer.page(SAMPLE, sha256, "", 1, [Box(1, 0, 0, 5, 5)])
        assert found is not None and found.marks == ((0, 0, 5, 5),)
    finally:
        viewer.close()


def test_a_file_that_is_no_pdf_costs_nothing_but_its_picture(tmp_path: Path) -> None:
    hostile = tmp_path / "a.pdf"
    hostile.write_bytes(b"%PDF-1.7 not really")
    viewer = Viewer()
    try:
        assert viewer.page(hostile, hashlib.sha256(hostile.read_bytes()).hexdigest()) is None
    finally:
        viewer.close()
