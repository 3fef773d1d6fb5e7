"""Markdown, plain text, HTML and CSV become blocks under their headings."""

from ingest.parse import parse_bytes


def blocks(data, name):
    document = parse_bytes(data.encode() if isinstance(data, str) else data, name)
    for block in document.blocks:
        assert document.text[block.start : block.end] == block.text
    return document


def test_markdown_headings_of_both_kinds_give_the_path():
    document = blocks("# 手册\n\nTitle two\n---------\n\n正文。\n\n### 细则\n\n更多。\n", "a.md")
    assert [block.heading_path for block in document.blocks if block.kind == "text"] == [
        ("手册", "Title two"),
        ("手册", "Title two", "细则"),
    ]
    assert document.title == "手册"


def test_front_matter_is_metadata_and_not_text():
    document = blocks("---\ntitle: 报销制度\neffective: 2024-01-01\ntags: [a, b]\n---\n\n正文。\n", "a.md")
    assert document.metadata == {"title": "报销制度", "effective": "2024-01-01", "tags": "a, b"}
    assert document.text == "正文。"
    assert document.title == "报销制度"


def test_front_matter_that_is_a_bomb_stays_text():
    bomb = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n\nbody\n"
    assert blocks(bomb, "a.md").metadata == {}


def test_headings_inside_code_are_code():
    document = blocks("# A\n\n```sh\n# not a heading\n```\n", "a.md")
    assert [block.kind for block in document.blocks] == ["heading", "code"]


def test_comments_are_dropped_and_tables_and_lists_kept():
    document = blocks(
        "<!-- secret -->\n\ntext <!-- more --> here\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n- y\n", "a.md"
    )
    assert "secret" not in document.text and "more" not in document.text
    assert [block.kind for block in document.blocks] == ["text", "table", "list"]


def test_plain_text_chapters_and_articles_are_seen():
    document = blocks("考勤管理办法\n第一章 总则\n第一条 为了……。\n第二条 适用于全体员工。\n", "a.txt")
    assert document.title == "考勤管理办法"
    assert document.blocks[-1].heading_path == ("考勤管理办法", "第一章 总则")
    assert document.blocks[-1].text.startswith("第二条")


def test_a_sentence_that_mentions_a_chapter_is_no_heading():
    document = blocks("第一章规定了总的原则，适用于全体员工。\n", "a.txt")
    assert [block.kind for block in document.blocks] == ["text"]


HTML = """<html><head><title>T</title><style>p{}</style></head><body>
<nav><a href="/">Home</a></nav><h1>制度</h1><p>可见<span style="display:none">隐藏</span>文字<br>第二行</p>
<script>alert(1)</script><ul><li>一<ul><li>二</li></ul></li></ul>
<table><tr><th>级别</th><th>天数</th></tr><tr><td rowspan=2>甲</td><td>5</td></tr><tr><td>7</td></tr></table>
<div hidden>秘密</div><footer>版权</footer></body></html>"""


def test_html_gives_what_a_reader_of_the_page_sees():
    document = blocks(HTML, "a.html")
    assert [block.kind for block in document.blocks] == ["heading", "text", "list", "table"]
    for absent in ("Home", "隐藏", "alert", "秘密", "版权"):
        assert absent not in document.text
    assert document.blocks[1].text == "可见文字\n第二行"
    assert document.blocks[2].text == "- 一\n  - 二"


def test_a_cell_over_two_rows_stands_in_both():
    table = blocks(HTML, "a.html").blocks[3].text
    assert table == "| 级别 | 天数 |\n| --- | --- |\n| 甲 | 5 |\n| 甲 | 7 |"


def test_the_charset_of_a_page_is_read_from_its_meta():
    page = '<html><head><meta charset="gb2312"></head><body><p>发票</p></body></html>'.encode("gb18030")
    assert blocks(page, "a.html").text == "发票"


def test_a_page_named_docx_is_read_as_the_page_it_is():
    assert blocks(HTML, "a.docx").format == "html"


def test_csv_in_gbk_with_semicolons_becomes_a_table():
    document = blocks("节日;天数\n春节;4\n".encode("gbk"), "a.csv")
    assert document.text == "| 节日 | 天数 |\n| --- | --- |\n| 春节 | 4 |"
    assert document.blocks[0].location == "a!A1:B2"
