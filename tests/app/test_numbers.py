from __future__ import annotations

import pytest

from app.numbers import fold_answer, numbers


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("十二天", "12天"),
        ("百分之三十", "30%"),
        ("３００％", "300%"),
        ("三万元", "30000元"),
        ("3.5万元", "35,000 元"),
        ("一百零三条", "103条"),
        ("两年", "2年"),
        ("16 Weeks", "16weeks"),
    ],
)
def test_the_same_number_is_the_same_however_it_is_written(left: str, right: str) -> None:
    assert fold_answer(left) == fold_answer(right)


@pytest.mark.parametrize(("left", "right"), [("十二天", "十三天"), ("30%", "30"), ("1,5", "15"), ("3.5", "35")])
def test_different_numbers_stay_different(left: str, right: str) -> None:
    assert fold_answer(left) != fold_answer(right)


def test_citation_marks_are_not_numbers_of_the_answer() -> None:
    assert numbers("年假为 10 天[1]，报销上限五百元[12]。") == {"10", "500"}


def test_a_chinese_digit_inside_a_word_is_not_a_number() -> None:
    assert numbers("去三亚一般统一乘坐一等座") == set()
    assert numbers("两次、三天、第五条、十二人") == {"2", "3", "5", "12"}
