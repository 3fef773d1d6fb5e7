"""A PDF is read as a person reads it: columns, joined lines, headings, tables, and nothing that every page repeats."""

from ingest.parse import parse_bytes
from tests.ingest.files import lines, pdf

BODY = "Employees who have worked for more than one year take five days of paid leave in each year of"


def read(*pages: str):
    document = parse_bytes(pdf(list(pages)), "a.pdf")
    for block in document.blocks:
        assert document.text[block.start : block.end] == block.text
    return document


def test_broken_lines_are_joined_and_hyphens_taken_back():
    page = lines([(72, 700, 11, BODY), (72, 686, 11, BODY[:-5] + "compen-"), (72, 672, 11, "sation is paid.")])
    document = read(page)
    assert len(document.blocks) == 1
    assert "compensation is paid." in document.text


def test_larger_short_lines_are_headings_with_their_page_and_place():
    body = [(72.0, 640.0 - 14 * n, 11.0, BODY) for n in range(6)]
    document = read(lines([(72, 760, 22, "Leave Policy"), (72, 700, 16, "1. Annual leave"), *body]))
    assert [block.heading_path for block in document.blocks] == [
        ("Leave Policy",),
        ("Leave Policy", "1. Annual leave"),
        ("Leave Policy", "1. Annual leave"),
    ]
    box = document.blocks[0].box
    assert box is not None
    assert box.page == document.blocks[0].page == 1
    assert abs(box.left - 72) < 2 and 50 < box.top < 90 and box.bottom > box.top


def test_what_every_page_repeats_in_its_margins_is_left_out():
    pages = [
        lines([(72, 810, 9, "Example Corp internal"), (72, 700, 11, f"{BODY} page {word}."), (290, 30, 9, f"- {n} -")])
        for n, word in enumerate(["one", "two", "three", "four"], start=1)
    ]
    document = read(*pages)
    assert "internal" not in document.text and "- 2 -" not in document.text
    assert all(word in document.text for word in ("one", "two", "three", "four"))
    assert {block.page for block in document.blocks} == {1, 2, 3, 4}


def test_two_columns_are_read_one_after_the_other():
    # Drawn line by line across both columns, as some programs do.
    texts = []
    for n in range(14):
        texts.append((60.0, 700.0 - 14 * n, 10.0, f"left column line number {n} of the page text"))
        texts.append((320.0, 700.0 - 14 * n, 10.0, f"right column line number {n} of the page text"))
    text = read(lines(texts)).text
    assert text.index("left column line number 13") < text.index("right column line number 0")


def test_a_ruled_table_becomes_rows_and_stands_once():
    rules = "".join(f"{x} 600 m {x} 660 l S " for x in (72, 200, 328)) + "".join(
        f"72 {y} m 328 {y} l S " for y in (600, 630, 660)
    )
    cells = lines([(80, 640, 11, "Grade"), (210, 640, 11, "Days"), (80, 610, 11, "Senior"), (210, 610, 11, "15 days")])
    document = read(rules + lines([(72, 720, 11, BODY)]) + cells)
    tables = [block for block in document.blocks if block.kind == "table"]
    assert [table.text for table in tables] == ["| Grade | Days |\n| --- | --- |\n| Senior | 15 days |"]
    assert document.text.count("Senior") == 1


def grid(top: float, bottom: float) -> str:
    middle = (top + bottom) / 2
    down = "".join(f"{x} {bottom} m {x} {top} l S " for x in (72, 200, 328))
    return down + "".join(f"72 {y} m 328 {y} l S " for y in (bottom, middle, top))


def test_a_table_over_a_page_break_keeps_one_header():
    first = lines(
        [(72, 700, 11, BODY), (80, 130, 11, "Grade"), (210, 130, 11, "Days"), (80, 100, 11, "A"), (210, 100, 11, "5")]
    )
    second = lines(
        [(80, 770, 11, "B"), (210, 770, 11, "10"), (80, 740, 11, "C"), (210, 740, 11, "15"), (72, 600, 11, BODY)]
    )
    document = read(grid(150, 90) + first, grid(790, 730) + second)
    tables = [block for block in document.blocks if block.kind == "table"]
    assert [table.text for table in tables] == ["| Grade | Days |\n| --- | --- |\n| A | 5 |\n| B | 10 |\n| C | 15 |"]
    assert tables[0].page == 1


def test_figures_in_columns_become_a_table_without_rules():
    rows = [("Year", "Sales", "Cost"), ("2021", "150", "90"), ("2022", "170", "95"), ("2023", "190", "99")]
    texts = [(80.0 + 120 * c, 600.0 - 16 * r, 11.0, cell) for r, row in enumerate(rows) for c, cell in enumerate(row)]
    document = read(lines([(72, 700, 11, BODY), *texts]))
    assert "| 2022 | 170 | 95 |" in document.text


def test_a_letter_printed_twice_for_weight_is_read_once():
    document = read(lines([(72, 700, 11, "Bold words here"), (72.2, 700, 11, "Bold words here")]))
    assert document.text == "Bold words here"


def test_pages_without_text_are_named_and_the_rest_is_read():
    image = "q 200 0 0 200 100 400 cm BI /W 8 /H 8 /CS /G /BPC 8 /F /AHx ID " + "80" * 64 + "> EI Q"
    document = parse_bytes(pdf([lines([(72, 700, 11, BODY)]), image]), "a.pdf", recognise=False)
    assert any("1 of 2 pages have no text (needs OCR): 2." in warning for warning in document.warnings)
