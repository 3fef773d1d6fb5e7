"""Listed words are found in disguise, and not found where other words merely contain their letters."""

# ruff: noqa: E501  lists of samples
from __future__ import annotations

import pytest

from moderation.normalise import normalise
from moderation.terms import Term, TermMatcher

TERMS = [
    "口交",
    "大麻",
    "黄片",
    "他妈",
    "赌博",
    "六合彩",
    "代开发票",
    "casino",
    "sm",
    "cunt",
    "ass",
    "fuck",
    "做爱",
    "性交",
]
MATCHER = TermMatcher([Term(text, "x") for text in [*TERMS, "buy cocaine"]])


@pytest.mark.parametrize(
    "text",
    [
        "赌博", "赌@博平台", "賭 博", "赌<b>博</b>", "赌赌博博", "c.a.s.i.n.o", "c a s i n o", "CASINO888", "сasinо", "casiiino", "fuuuck you", "f*u*c*k",
        "b u y c o c a i n e", "他妈的真烦", "买大,麻", "代**开发**票", "玩SM吗", "fu\u200bck", "ｆｕｃｋ", "f🔥u🔥c🔥k", "&#36172;博", "%E8%B5%8C博", "赌\\u535a", "ⓒⓐⓢⓘⓝⓞ", "𝓬𝓪𝓼𝓲𝓷𝓸",
    ],
)  # fmt: skip
def test_a_disguised_word_is_found(text: str) -> None:
    assert MATCHER.find(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "路口交通", "大麻烦", "他妈妈", "Scunthorpe", "Smoking", "class", "assert", "pass_word", "做爱心活动", "性交易所", "港口，交由", "这是个大，麻烦", "a s s e t",
        "good as sand", "SM-G9500 phone", "https://x.com/ass/1", "| 大 | 麻 |", "as soon as s", "assassin", "进口、交货", "大\n麻",
    ],
)  # fmt: skip
def test_neighbours_that_spell_a_word_are_not_it(text: str) -> None:
    assert not MATCHER.find(normalise(text))


def test_the_span_leads_back_to_the_original_text() -> None:
    normal = normalise("去赌\u200b＠博吧")
    (hit,) = MATCHER.find(normal)
    assert normal.raw[slice(*normal.raw_span(hit.start, hit.end))] == "赌\u200b＠博"
