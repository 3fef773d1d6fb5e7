from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_chinese_stops_end_a_sentence_and_keep_their_quotes():
    assert cut("他说：“可以。”然后签字。住宿费不超过600元！超出的自付……对吗？") == [
        "他说：“可以。”",
        "然后签字。",
        "住宿费不超过600元！",
        "超出的自付……",
        "对吗？",
    ]
    assert cut("住宿费凭票报销；餐费按天包干。") == ["住宿费凭票报销；", "餐费按天包干。"]


def test_a_quoted_stop_before_a_comma_does_not_end_the_sentence():
    assert cut("“好！”，他说。") == ["“好！”，他说。"]


def test_decimals_names_and_abbreviations_do_not_end_a_sentence():
    assert cut("Interest is 3.5 percent, e.g. for Dr. Li at example.com. See No. 7 of v2.0. Done.") == [
        "Interest is 3.5 percent, e.g. for Dr. Li at example.com.",
        "See No. 7 of v2.0.",
        "Done.",
    ]
    assert cut("利率为3.5%。其他。") == ["利率为3.5%。", "其他。"]


def test_brackets_after_an_english_stop_stay_with_it():
    assert cut('He asked "Why?" (Nobody knew.) Then he left.') == ['He asked "Why?"', "(Nobody knew.)", "Then he left."]


def test_headings_list_items_and_table_rows_are_sentences():
    text = (
        "# Travel\n\n- trains first\n- flights later\n\n"
        "| City | Limit |\n| --- | --- |\n| Paris | 3.5. x |\n\n1. Ask. Then go."
    )
    assert cut(text) == [
        "Travel",
        "trains first",
        "flights later",
        "| City | Limit |",
        "| Paris | 3.5. x |",
        "1. Ask.",
        "Then go.",
    ]


def test_a_wrapped_line_runs_on_and_a_short_line_does_not():
    assert cut("Reports are handed in\nwithin 30 days. Late ones\nare not paid.") == [
        "Reports are handed in\nwithin 30 days.",
        "Late ones\nare not paid.",
    ]
    assert cut("第一章 总则\n第一条 为规范管理，\n制定本办法。") == ["第一章 总则", "第一条 为规范管理，\n制定本办法。"]


def test_nothing_gives_nothing():
    assert sentences("") == sentences(" \n\n") == sentences("……\n---\n") == []


@given(st.text(alphabet="ab 。.!?；…”)）\n|#-1，3甲乙", max_size=60))
def test_spans_are_in_order_and_no_letter_is_lost(text):
    spans = sentences(text)
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    kept = "".join(text[a:b] for a, b in spans)
    assert [c for c in kept if c in "ab甲乙"] == [c for c in text if c in "ab甲乙"]
