from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import Chunk, Correction, Reading
from adapters.stores.library import text_hash
from ingest.amend import amend

WORDS = st.text("甲乙丙丁 ab。", min_size=1, max_size=12).filter(str.strip)


def reading(texts: list[str]) -> Reading:
    chunks, text = [], ""
    for ordinal, words in enumerate(texts):
        start = len(text)
        text += words + "\n\n"
        chunks.append(
            Chunk(f"d:1:{ordinal}", "d", ordinal, words, f"标题\n{words}", start, start + len(words), 0, 0, "zh")
        )
    return Reading(text, tuple(replace(chunk, parent_end=len(text)) for chunk in chunks))


def decided(original: str, text: str | None = None, disabled: bool = False) -> Correction:
    return Correction("d", text_hash(original), original, text, disabled, "zhao.min", "2026-11-22T08:00:00+00:00", 0)


def test_a_corrected_passage_says_so_wherever_it_is_read():
    outcome = amend(
        reading(["第一条 年假 5 天。", "第二条 病假。"]),
        [decided("第一条 年假 5 天。", "第一条 年假 10 天。")],
        text_hash,
    )
    assert outcome is not None
    first, second = outcome.chunks
    assert outcome.text == "第一条 年假 10 天。\n\n第二条 病假。\n\n"
    assert first.index_text == "标题\n第一条 年假 10 天。"
    assert outcome.text[second.parent_start : second.parent_end] == outcome.text
    assert [(span.start, span.end, span.by) for span in outcome.amended] == [(0, first.end, "zhao.min")]


def test_a_disabled_passage_is_in_no_chunk_and_in_nothing_that_is_read_around_another():
    outcome = amend(reading(["甲。", "乙。", "丙。"]), [decided("乙。", disabled=True)], text_hash)
    assert outcome is not None
    assert [chunk.text for chunk in outcome.chunks] == ["甲。", "丙。"]
    assert [chunk.ordinal for chunk in outcome.chunks] == [0, 2]
    assert "乙" not in outcome.text


@pytest.mark.parametrize("correction", [decided("另一段", "x"), decided("甲。"), decided("甲。", text=None)])
def test_what_names_no_passage_or_says_nothing_changes_nothing(correction):
    assert amend(reading(["甲。"]), [correction], text_hash) is None


def test_a_table_keeps_its_title_before_its_new_words():
    before = reading(["| 城市 | 标准 |"])
    before = replace(before, chunks=(replace(before.chunks[0], index_text="差旅标准\n城市 标准"),))
    outcome = amend(before, [decided("| 城市 | 标准 |", "| 城市 | 上限 |")], text_hash)
    assert outcome is not None
    assert outcome.chunks[0].index_text == "差旅标准\n| 城市 | 上限 |"


@given(st.lists(st.tuples(WORDS, st.none() | WORDS, st.booleans()), min_size=1, max_size=8))
def test_every_span_still_says_what_its_chunk_says(passages):
    before = reading([words for words, _, _ in passages])
    corrections = {words: decided(words, text, off) for words, text, off in passages}
    outcome = amend(before, list(corrections.values()), text_hash)
    if outcome is None:
        assert all(one.text is None and not one.disabled for one in corrections.values())
        return
    assert all(outcome.text[chunk.start : chunk.end] == chunk.text for chunk in outcome.chunks)
    said = [corrections[words].text or words for words, _, _ in passages if not corrections[words].disabled]
    assert [chunk.text for chunk in outcome.chunks] == said
    assert all(chunk.parent_start == 0 and chunk.parent_end == len(outcome.text) for chunk in outcome.chunks)
