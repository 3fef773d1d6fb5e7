from __future__ import annotations

from adapters.records import Asker
from tests.ui.web.fake_search import FakeSearchDesk
from ui.web.manage.access import PAGES, may
from ui.web.manage.search import explained

ROOT = Asker("root", is_admin=True, role="admin")


def test_a_result_shows_scores_ranks_reasons_and_what_was_left_out_in_both_languages() -> None:
    shown = FakeSearchDesk().explain("年假有几天", ROOT)
    chinese, english = explained("zh", shown), explained("en", shown)
    for page in (chinese, english):
        assert "0.620" in page and "#1" in page and "14.20" in page and "带薪年休假" in page
        assert "人事/薪酬等级表.xlsx" in page and "leav → leave" in page
    assert "给出定义：年休假" in chinese and "无权阅读" in chinese and "不在有效期" in chinese
    assert "it defines 年休假" in english and "may not be read" in english


def test_what_a_document_says_is_text_on_the_page() -> None:
    page = explained("zh", FakeSearchDesk().explain("年假", ROOT))
    assert "&lt;b&gt;年休假" in page and "<b>年休假" not in page


def test_only_an_administrator_may_open_it() -> None:
    place = next(place for place in PAGES if place.path == "search")
    roles = {role: may(Asker("x", role=role), place.least) for role in ("reader", "reviewer", "owner")}
    assert not any(roles.values()) and may(ROOT, place.least)
