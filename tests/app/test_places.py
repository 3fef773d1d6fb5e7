from adapters.records import Box, Place
from app.places import boxes_of, location_of, page_of

TABLE = "| 城市 | 标准 |\n| --- | --- |\n| 上海 | 600 |\n| 北京 | 700 |"
TEXT = f"# 标准\n\n{TABLE}"
SHEET = (Place(0, 4, None, "标准!A1"), Place(6, len(TEXT), None, "标准!A2:B4"))


def test_a_cited_row_is_named_by_its_cells() -> None:
    start = TEXT.index("| 北京")
    assert location_of(TEXT, SHEET, start, len(TEXT)) == "标准!A4:B4"
    assert location_of(TEXT, SHEET, TEXT.index("| 上海"), len(TEXT)) == "标准!A3:B4"
    assert location_of(TEXT, SHEET, 6, 10) == "标准!A2:B2"
    assert location_of(TEXT, SHEET, 0, 0) == "标准!A1"


def test_a_span_over_two_pages_begins_on_the_first_and_has_the_boxes_of_both() -> None:
    places = (Place(0, 10, 1, None, Box(1, 0, 0, 9, 9)), Place(12, 20, 2, None, Box(2, 1, 1, 8, 8)))
    assert page_of(places, 5, 15) == 1
    assert [box.page for box in boxes_of(places, 5, 15)] == [1, 2]
    assert page_of(places, 12, 13) == 2 and page_of((), 0, 5) is None
