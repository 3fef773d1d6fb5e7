import pytest

from adapters.records import Asker, Wanted
from tests.ui.web.fake_desk import FakeDesk
from ui.web.manage import document_render as draw
from ui.web.manage.document_render import Shown, size

OWNER = Asker("zhao.min", role="owner")
ROOT = Asker("root", is_admin=True, role="admin")


def test_the_summary_says_that_all_agrees_how_fast_it_goes_and_what_can_be_done():
    shown = draw.summary("zh", FakeDesk().overview())
    assert "磁盘上 6 个文件 = 6 份文档，0 个孤立" in shown
    assert "12 个文件/分钟 · 3.4 个片段/秒 · 约剩 2 分钟" in shown
    assert 'data-act="pause"' in shown and 'data-act="retry_all"' in shown


def test_a_pause_offers_to_go_on():
    shown = draw.summary("en", FakeDesk(paused=True).overview())
    assert "Paused: 2 files wait" in shown and 'data-act="resume"' in shown and 'data-act="pause"' not in shown


def test_names_of_files_cannot_become_markup():
    desk = FakeDesk()
    found = desk.find(Wanted(), OWNER, 50)
    assert "<b>" not in draw.table("zh", Shown(), found).replace("<b>4</b>", "").replace("<b>1</b>", "").replace(
        "<b>2</b>", ""
    ).replace("<b>3</b>", "")
    assert "&lt;b&gt;" in draw.table("zh", Shown(), found)


def test_the_table_says_why_a_file_failed_and_who_may_read_and_since_when():
    shown = draw.table("en", Shown(), FakeDesk().find(Wanted(), ROOT, 50))
    assert "The file is protected by a password." in shown and 'data-act="retry" data-id="nda"' in shown
    assert "Everybody" in shown and "hr" in shown and "from 2026-01-01" in shown


def test_an_open_document_shows_its_facts_its_passages_and_what_lapsed():
    file = FakeDesk().open("leave", OWNER)
    head, chunks = draw.file_head("en", file), draw.chunk_list("en", file)
    assert "2 pages hold no text." in head and "ecf703e73633" in head
    assert "改过的一段。" in head and 'data-act="dismiss" data-key="k9"' in head
    assert "年休假为五天。" in chunks and "page 3" in chunks.lower() and "12 tokens" in chunks
    assert "/documents/leave/2/view?start=0&amp;end=0&amp;bare=1" in draw.original("en", file)


def test_who_may_not_read_a_document_sees_its_state_and_no_text():
    file = FakeDesk().open("salary", ROOT)
    assert "You are not among this document" in draw.file_head("en", file)
    assert draw.chunk_list("en", file) == draw.original("en", file) == draw.look("en", file, "") == ""


def test_a_document_that_is_gone_is_said_to_be():
    assert "not there any more" in draw.file_head("en", None)


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1_200, "1.2 KB"), (40_960, "41 KB"), (2_500_000, "2.5 MB")]
)
def test_sizes_are_said_as_people_say_them(count, said):
    assert size(count) == said
