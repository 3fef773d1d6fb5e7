# ruff: noqa: E501  lists of samples
"""A listed word is found by its sound, its halves or its look; ordinary text that comes near is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moderation.moderator import Moderator
from moderation.policy import load_policy
from moderation.terms import Term

WORDS = ("赌博", "冰毒", "大麻", "枪支", "假币", "女马子", "cocaine", "casino", "pornsite")
POLICY = load_policy()
MODERATOR = Moderator(replace(POLICY, terms=(*POLICY.terms, *(Term(word, "gambling") for word in WORDS))))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("我想去赌bo", "赌bo"), ("哪里可以dubo呀", "dubo"), ("哪里可以 du bo 呀", "du bo"), ("bing毒多少钱", "bing毒"), ("bīngdú，联系我", "bīngdú"),
        ("赌搏网站有哪些", "赌搏"), ("哪里有贝者博的渠道", "贝者博"), ("木仓支哪里有", "木仓支"), ("贝者十尃平台", "贝者十尃"), ("where is c0ca1ne", "c0ca1ne"),
        ("best c@s1no!", "c@s1no"), ("p0rn $1te", "p0rn $1te"),
    ],
)  # fmt: skip
def test_a_disguised_word_is_found_where_it_stands(text: str, word: str) -> None:
    verdict = MODERATOR.check(text, "question")
    assert verdict.category == "gambling"
    start = text.index(word)
    assert (start, start + len(word)) in verdict.spans


@pytest.mark.parametrize(
    "text",
    [
        "压力大吗", "我在读博，压力大吗", "大码女装有货吗", "新加坡大马双语", "冰读写锁", "黇鹿（Dama mesopotamica）是保护动物", "公司的wechat账号", "git change log 怎么看", "zhangwei@dama.com",
        "/usr/bingdu/x 打不开", "病毒bingdu查杀", "k8s集群和i18n", "日月星辰", "妈妈和女马", "请问 dance 教学", "SELECT 1 FROM t0 WHERE s3=1", "he is 5th, a 4x4 car",
    ],
)  # fmt: skip
def test_ordinary_text_near_a_disguise_passes(text: str) -> None:
    assert MODERATOR.check(text, "question").action == "pass"


def test_a_word_that_must_stand_exactly_has_no_disguises() -> None:
    policy = replace(POLICY, terms=(Term("赌博", "gambling", skip=False),))
    assert Moderator(policy).check("我想去赌bo", "question").action == "pass"


def test_an_allow_phrase_covers_a_disguise_inside_it() -> None:
    policy = replace(POLICY, terms=(Term("假币", "fraud"), Term("假bi样品", "allow", skip=False, edges="none")))
    assert Moderator(policy).check("训练用的假bi样品在哪里领", "question").action == "pass"
    assert Moderator(policy).check("训练用的假bi在哪里领", "question").blocked
