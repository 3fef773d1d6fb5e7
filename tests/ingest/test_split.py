"""Chunks are small enough to embed, whole enough to understand, and exact in what they point at."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.records import Document
from ingest.parse import parse_bytes
from ingest.split import Sizes, split


def count(text: str) -> int:
    """One token a character that is not a space: results can be worked out by eye."""
    return sum(not char.isspace() for char in text)


def chunks_of(text, name="a.md", *, sizes=None, **options):
    document = text if isinstance(text, Document) else parse_bytes(text.encode(), name)
    chunks = split(document, document_id="d1", version_label="3", count_tokens=count, sizes=sizes or Sizes(), **options)
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.parent_start <= chunk.start < chunk.end <= chunk.parent_end <= len(document.text)
    return chunks


LAW = """# 劳动合同法

## 第一章 总则

第一条 为了完善劳动合同制度，保护劳动者的合法权益，制定本法。

第二条 企业与劳动者建立劳动关系，适用本法。

国家机关依照本法执行。

## 第二章 解除

第三十九条 劳动者有下列情形之一的，用人单位可以解除劳动合同：

（一）在试用期间被证明不符合录用条件的；

（二）严重违反用人单位的规章制度的。
"""


def test_an_article_with_its_paragraphs_and_items_is_one_chunk():
    chunks = chunks_of(LAW)
    assert [chunk.heading_path[-1] for chunk in chunks] == ["第一条", "第二条", "第三十九条"]
    assert chunks[1].text.endswith("国家机关依照本法执行。")
    assert "（二）" in chunks[2].text
    assert chunks[2].heading_path == ("劳动合同法", "第二章 解除", "第三十九条")


def test_title_and_chapter_are_embedded_with_each_article_and_said_once():
    chunk = chunks_of(LAW)[2]
    assert chunk.index_text.startswith("劳动合同法 > 第二章 解除\n第三十九条")
    assert chunk.index_text.count("第三十九条") == 1


def test_a_long_article_is_cut_at_items_and_each_part_says_its_lead():
    items = "\n\n".join(f"（{number}）" + "违反规定的情形" * 12 + "；" for number in "一二三四五六七八")
    lead = "第二条 有下列情形之一的："
    text = f"第一条 目的是明确的而且足够长。\n\n{lead}\n\n{items}\n\n第三条 本法由人事部解释，自发布之日起施行。"
    chunks = chunks_of(text, "a.txt")
    parts = [chunk for chunk in chunks if chunk.heading_path[-1] == "第二条"]
    assert len(parts) > 1
    assert all("第二条 有下列情形之一的" in part.index_text for part in parts)
    assert "第二条" not in parts[1].text
    assert all(count(part.text) <= 380 for part in parts)


def test_ids_are_document_version_and_ordinal():
    assert [chunk.id for chunk in chunks_of(LAW)] == ["d1:3:0", "d1:3:1", "d1:3:2"]


def test_a_table_that_fits_is_not_cut_and_one_that_does_not_repeats_its_header():
    small = (
        "# T\n\n## S\n\nSome text that introduces the table below for the reader.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert len(chunks_of(small)) == 1
    rows = "\n".join(f"| 城市{number} | {number * 100}元 |" for number in range(200))
    chunks = chunks_of(f"# 标准\n\n## 住宿\n\n| 城市 | 金额 |\n|---|---|\n{rows}\n")
    assert len(chunks) > 1
    assert all("城市" in chunk.index_text and "金额" in chunk.index_text for chunk in chunks)
    assert "城市: 城市150; 金额: 15000元" in "".join(chunk.index_text for chunk in chunks)
    assert all(chunk.kind == "table" for chunk in chunks)


def test_rows_of_a_sheet_know_their_cells():
    data = "城市,金额\n" + "\n".join(f"城市{number},{number * 100}元" for number in range(1, 100))
    chunks = chunks_of(data, "标准.csv")
    assert chunks[0].location.startswith("标准!A1:B")
    assert chunks[-1].location.endswith(":B100")
    first = int(chunks[1].location.split("A")[1].split(":")[0])
    assert chunks[1].text.startswith(f"| 城市{first - 1} |")


def test_code_stays_whole_when_it_fits():
    code = "```sql\n" + "SELECT a FROM b;\n" * 18 + "```"
    chunks = chunks_of(f"# A\n\n## B\n\n{'介绍文字，说明下面的代码。' * 10}\n\n{code}\n\n{'之后的说明。' * 20}\n")
    assert any(code in chunk.text for chunk in chunks)


def test_a_question_keeps_its_answer():
    text = "# 常见问题\n\n" + "".join(
        f"## 如何办理第{n}项业务？\n\n请到窗口{n}办理，并携带身份证原件和复印件。\n\n" for n in range(1, 5)
    )
    chunks = chunks_of(text)
    assert len(chunks) == 4
    assert "如何办理第2项业务？" in chunks[1].text and "窗口2" in chunks[1].text
    assert chunks[1].index_text.count("如何办理第2项业务") == 1


def test_questions_among_other_headings_stay_apart_too():
    text = (
        "# 手册\n\n## 概述\n\n"
        + "这是概述。" * 20
        + "\n\n## 能否退货？\n\n可以。\n\n## 能否换货？\n\n也可以。\n\n## 地址\n\n"
        + "在市区。" * 20
    )
    assert [chunk.heading_path[-1] for chunk in chunks_of(text)] == ["概述", "能否退货？", "能否换货？", "地址"]


def test_questions_and_answers_in_plain_text_are_kept_together():
    text = "".join(f"问：第{n}个问题是什么？\n\n答：这是第{n}个问题的回答，内容很清楚。\n\n" for n in range(1, 5))
    chunks = chunks_of(text, "faq.txt")
    assert [("问：" in chunk.text and "答：" in chunk.text) for chunk in chunks] == [True] * 4


def test_sentences_are_cut_only_when_longer_than_a_chunk_may_be():
    sentence = "这是一个完整的句子它说明了一件事情。"
    chunks = chunks_of(sentence * 100, "a.txt")
    assert all(chunk.text.startswith("这是") and chunk.text.endswith("。") for chunk in chunks)
    endless = "没有标点的文字" * 300
    assert all(count(chunk.text) <= 380 for chunk in chunks_of(endless, "a.txt"))


def test_tiny_sections_join_a_neighbour_and_keep_their_headings():
    text = "# 指南\n\n" + "".join(f"## 第{n}步\n\n点一下。\n\n" for n in range(1, 4))
    chunks = chunks_of(text, template="manual")
    assert len(chunks) == 1
    assert all(f"第{n}步" in chunks[0].text and f"第{n}步" in chunks[0].index_text for n in range(1, 4))


def test_a_small_section_is_its_own_parent_and_a_large_one_is_bounded():
    body = "\n\n".join("一段说明文字，讲的是同一件事情的不同方面。" * 6 for _ in range(30))
    short = "短小的一节，但是足够长到可以独立成块，不必与别人合并，因为它有四十个字以上的内容。"
    chunks = chunks_of(f"# A\n\n## B\n\n{short}\n\n## C\n\n{body}\n")
    assert chunks[0].parent_end - chunks[0].parent_start < 100
    assert all(count("x" * (chunk.parent_end - chunk.parent_start)) <= 700 for chunk in chunks)


def test_a_document_of_headings_alone_still_has_a_chunk():
    assert len(chunks_of("# 只有标题\n")) == 1


def test_a_heading_with_nothing_below_it_is_not_lost():
    text = "# 通讯录\n\n## 前台 电话 8000\n\n## 人事部 电话 8001\n\n# 说明\n\n" + "工作时间内请拨打以上电话号码。" * 5
    chunks = chunks_of(text)
    assert "人事部 电话 8001" in chunks[0].text and "前台 电话 8000" in chunks[0].index_text


def test_a_table_of_contents_does_not_become_part_of_the_first_article():
    contents = "员工管理办法\n\n目录\n\n第一章 总则\n\n第二章 附则\n\n"
    body = "第一章 总则\n\n第一条 为了规范管理，制定本办法。\n\n第二条 适用于全体员工。\n\n"
    body += "第二章 附则\n\n第三条 本办法自发布之日起施行。"
    chunks = [chunk for chunk in chunks_of(contents + body, "a.txt") if chunk.heading_path[-1].startswith("第一条")]
    assert chunks[0].parent_end - chunks[0].parent_start < 120


def test_language_is_told_per_chunk():
    zh = "# A\n\n## 中文\n\n" + "这一节是中文写的，内容足够长，可以单独成为一块。" * 3
    en = "\n\n## English\n\n" + "This section is written in English and long enough to stand alone. " * 3
    assert [chunk.language for chunk in chunks_of(zh + en)] == ["zh", "en"]


_words = st.text(alphabet="汉字员工休假。，；\n ab.1第条一二#|-`（）：?", min_size=0, max_size=400)


@settings(max_examples=150, deadline=None)
@given(_words, st.sampled_from(["a.md", "a.txt", "a.csv"]))
def test_spans_are_exact_and_every_visible_character_of_the_body_is_in_a_chunk(text, name):
    from adapters.errors import EmptyFile

    try:
        document = parse_bytes(text.encode(), name)
    except EmptyFile:
        return
    small = Sizes(target=30, hard=60, least=8, prefix=20, parent=90)
    for block in document.blocks:
        assert document.text[block.start : block.end] == block.text
    chunks = chunks_of(document, sizes=small)
    covered = bytearray(len(document.text))
    for chunk in chunks:
        assert not any(covered[chunk.start : chunk.end]), "chunks overlap"
        covered[chunk.start : chunk.end] = b"\x01" * (chunk.end - chunk.start)
    known = {title for chunk in chunks for title in chunk.heading_path}
    for block in document.blocks:
        if block.kind == "heading":
            assert all(covered[block.start : block.end]) or block.heading_path[-1] in known
        if block.kind in {"text", "list"}:
            missed = [i for i in range(block.start, block.end) if not covered[i] and not document.text[i].isspace()]
            assert not missed


def test_a_third_of_a_megabyte_is_split_well_within_two_seconds():
    paragraph = "职工累计工作已满1年不满10年的，年休假5天；已满10年不满20年的，年休假10天。" * 4
    text = "".join(f"## 第{n}节\n\n{paragraph}\n\n{paragraph}\n\n" for n in range(1_000))
    document = parse_bytes(text.encode(), "a.md")
    assert len(document.text) > 300_000
    begun = time.process_time()
    split(document, document_id="d", version_label="1", count_tokens=len)
    assert time.process_time() - begun < 1.5
