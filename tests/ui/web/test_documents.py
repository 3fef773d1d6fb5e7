from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from ingest.parse.pdf_show import PageShown
from tests.ui.web.fake_product import LEAVE
from ui.web.documents import attachment
from ui.web.server import create_app

SENTENCE = "当年未休完的年休假可以结转至次年 3 月 31 日，逾期作废。"
START = LEAVE.index(SENTENCE)
SPAN = f"start={START}&end={START + len(SENTENCE)}"


def test_the_view_marks_the_cited_words_in_the_whole_document(wang_wei):
    page = wang_wei.get(f"/documents/leave/2/view?{SPAN}").text
    assert f'<mark id="cited" tabindex="-1" autofocus>{SENTENCE}</mark>' in page
    assert "第一条" in page and "第八条" in page
    assert "旧版本" not in page


def test_an_old_version_says_so(wang_wei):
    assert "这是旧版本" in wang_wei.get(f"/documents/leave/1/view?{SPAN}").text


def test_nothing_in_a_document_becomes_html(wang_wei):
    page = wang_wei.get("/documents/hostile/2/view?start=0&end=10").text
    assert "<script>window" not in page and "<img src=x" not in page and "<b>草稿" not in page
    assert "&lt;script&gt;" in page.replace("</mark>", "")


@pytest.mark.parametrize("what", ["view?start=0&end=5", "original"])
def test_forbidden_looks_exactly_like_missing(wang_wei, li_na, what):
    forbidden = wang_wei.get(f"/documents/salary/2/{what}")
    missing = wang_wei.get(f"/documents/nothing/2/{what}")
    assert forbidden.status_code == missing.status_code == 404
    assert forbidden.text == missing.text
    told = [
        {name: value for name, value in one.headers.items() if name != "x-request-id"} for one in (forbidden, missing)
    ]
    assert told[0] == told[1]
    assert li_na.get(f"/documents/salary/2/{what}").status_code == 200


def test_a_span_beyond_the_document_marks_nothing_and_breaks_nothing(wang_wei):
    page = wang_wei.get("/documents/leave/2/view?start=900000&end=900005")
    assert page.status_code == 200 and "<mark" not in page.text


def test_the_original_is_downloaded_under_its_own_name_and_never_run(wang_wei):
    found = wang_wei.get("/documents/hostile/2/original")
    assert found.headers["content-type"] == "application/octet-stream"
    assert found.headers["content-disposition"].startswith("attachment; ")
    assert found.headers["x-content-type-options"] == "nosniff"
    leave = wang_wei.get("/documents/leave/2/original")
    assert "filename*=UTF-8''%E5%91%98%E5%B7%A5" in leave.headers["content-disposition"]
    assert leave.content.decode() == LEAVE


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ("年假 1.md", "attachment; filename=\"__ 1.md\"; filename*=UTF-8''%E5%B9%B4%E5%81%87%201.md"),
        (
            'x"\r\nSet-Cookie: a=b',
            "attachment; filename=\"x_Set-Cookie: a=b\"; filename*=UTF-8''x%22Set-Cookie%3A%20a%3Db",
        ),
        ("..\\..\\etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
        ("", "attachment; filename=\"document\"; filename*=UTF-8''document"),
    ],
)
def test_any_file_name_fits_the_header(name, header):
    assert attachment(name) == header


def test_a_very_long_document_is_shown_around_the_citation(product, wang_wei, monkeypatch):
    monkeypatch.setattr("ui.web.documents.LONGEST_SHOWN", 120)
    page = wang_wei.get(f"/documents/leave/2/view?{SPAN}").text
    assert f">{SENTENCE}</mark>" in page and "第八条" not in page and "只显示引用处前后" in page


def test_a_removed_document_is_named_only_to_those_who_might_read_it(wang_wei, li_na):
    assert "旧薪酬表" in li_na.get("/documents/removed/2/view?start=0&end=5").text
    assert wang_wei.get("/documents/removed/2/view").text == wang_wei.get("/documents/nothing/2/view").text


class _WithPages:
    """The fake product with a PDF of three pages."""

    def __init__(self, product):
        self._product = product

    def __getattr__(self, name):
        return getattr(self._product, name)

    def view(self, asker, citation, whole=False):
        found = self._product.view(asker, citation, whole)
        return found and replace(found, format="pdf", newer=(3, 4, 9), is_current=False, cited_at="2026-11-02T10:00")

    def page(self, asker, document_id, version, start, end, number):
        lines = (("年休假 <b>10</b> 天", (10.0, 20.0, 90.0, 30.0)),)
        return PageShown(3, number or 2, 100.0, 200.0, ((10.0, 20.0, 60.0, 30.0),), lines)

    def picture(self, asker, document_id, version, number, width):
        return b"\x89PNG" if "hr" in asker.groups or document_id != "salary" else None


@pytest.fixture
def reader(product):
    client = TestClient(create_app(_WithPages(product)), follow_redirects=False, headers={"Accept-Language": "zh-CN"})
    client.post("/login", data={"name": "wang.wei", "password": "battery staple"})
    return client


def test_a_pdf_opens_on_the_page_of_the_citation_with_its_place_marked(reader):
    page = reader.get(f"/documents/leave/2/view?{SPAN}").text
    assert "第 2 / 3 页" in page and 'src="/documents/leave/2/page/2?width=1600"' in page
    assert 'id="cited" style="left:10.00%;top:10.00%;width:50.00%;height:5.00%"' in page
    assert "年休假 &lt;b&gt;10&lt;/b&gt; 天</text>" in page
    assert "page=1&amp;zoom=100" in page and "page=3&amp;zoom=100" in page
    assert "第 3 / 3 页" in reader.get(f"/documents/leave/2/view?{SPAN}&page=3").text
    assert "<svg class=" not in reader.get(f"/documents/leave/2/view?{SPAN}&text=true").text


def test_an_edition_that_was_followed_says_when_it_was_cited_and_where_the_newest_is(reader):
    page = reader.get(f"/documents/leave/2/view?{SPAN}").text
    assert "这是 2026-11-02 的回答所引用的版本" in page
    assert 'href="/documents/leave/3/view?start=4&amp;end=9#cited"' in page


def test_a_page_is_drawn_for_those_only_who_may_read_its_document(reader):
    assert reader.get("/documents/leave/2/page/1").headers["content-type"] == "image/png"
    assert reader.get("/documents/salary/2/page/1").status_code == 404
    assert TestClient(reader.app).get("/documents/leave/2/page/1").status_code == 401
