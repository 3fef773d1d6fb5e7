"""A stream shows exactly what the check of the whole text would let through, however it is split."""

# ruff: noqa: E501  lists of samples
from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.moderator import Event, Moderator
from moderation.policy import load_policy
from moderation.verdict import Blocked

MODERATOR = Moderator(load_policy())

PARTS = st.sampled_from(
    [
        "电话是 138 1234 5678", "13812345678", "138", "1234", "金额13812345678元", "zhangsan@corp.com", "zhang", "@", "corp.com", " ",
        "北京市海淀区中关村大街27号1101室", "北京市", "大街27号", "身份证11010519491231002X", "1101051949123100", "2X", "姓名：张三，", "张三",
        "赌", "博", "平台", "网络赌@博", "冰", "毒", "大麻", "烦", "买", "三黄片", "黄片", "**", "<b>", "</b>", "<", "&#36172;", "&#", "36172;",
        "%E8%B5%8C", "%E8", "\u200b", "\n", "| a | b |", "`", "```", "](", "http://a.cn/", ")", "。", "，", "192.168.1.10", "192.", "168.1.10",
        "password: abcd1234efgh", "AKIAIOSFODNN7EXAMPLE", "hello world ", "K", "４１１１", "1111 1111 1111", "4111111111111111", "他妈", "妈", "的", "1", "a", ".",
        "-----BEGIN PRIVATE KEY-----", "微信：abc_12345", "京A·12345", "+86 ", "(010) 6234 5678", "x" * 70, "ﬁ", "㎏", "½",
    ]
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=14).map("".join)


def split(text: str, cuts: list[int]) -> list[str]:
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    return [text[a:b] for a, b in itertools.pairwise(places)]


def shown(pieces: list[str]) -> tuple[str, bool]:
    out: list[str] = []
    try:
        for text in MODERATOR.guard(iter(pieces)):
            out.append(text)
    except Blocked:
        return "".join(out), True
    return "".join(out), False


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 150), max_size=40))
def test_any_split_shows_what_the_whole_check_shows(text: str, cuts: list[int]) -> None:
    whole = MODERATOR.check(text, "answer")
    one, one_blocked = shown([text])
    many, blocked = shown(split(text, cuts))
    assert blocked == one_blocked == whole.blocked
    assert many == one
    if not blocked:
        assert many == whole.output


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 150), max_size=40))
def test_ten_thousand_splits_show_what_the_whole_check_shows(text: str, cuts: list[int]) -> None:
    assert shown(split(text, cuts)) == shown([text])


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_character_by_character_is_no_different(text: str) -> None:
    assert shown(list(text)) == shown([text])


def test_a_block_closes_the_generator_and_keeps_the_listed_word_back() -> None:
    closed = []

    def model() -> Iterator[str]:
        try:
            yield from ["欢迎使用。裸", "聊", "平台", "后面的话"]
        finally:
            closed.append(True)

    out = []
    with pytest.raises(Blocked) as stop:
        for text in MODERATOR.guard(model()):
            out.append(text)
    assert "".join(out) == "欢迎使用。"
    assert closed and stop.value.verdict.category == "porn"


def test_a_stream_writes_one_record() -> None:
    events: list[Event] = []
    moderator = Moderator(load_policy(), events.append)
    assert "138" not in "".join(moderator.guard(["电话13812345678，", "邮箱a@b.com。"]))
    assert [event.verdict.action for event in events] == ["mask"]
    assert events[0].verdict.spans == ((2, 13), (16, 23))


def test_a_character_that_unfolds_into_several_is_masked_or_sent_as_one() -> None:
    text = "192.168.1.10½" + "x" * 70
    assert shown(split(text, [17])) == shown([text])


def test_plain_text_is_not_held_back() -> None:
    stream = MODERATOR.guard(iter(["公司的年假政策如下，", "请看第三条。"]))
    assert next(stream) == "公司的年假政策如下，"
