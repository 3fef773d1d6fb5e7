import pytest

from tests.ui.web.fake_product import LEAVE
from ui.web.documents import attachment

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
    assert forbidden.text == missing.text and dict(forbidden.headers) == dict(missing.headers)
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
