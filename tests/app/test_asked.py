from __future__ import annotations

from pathlib import Path

import pytest

from adapters.stores.words import FtsIndex
from app.asked import Understand
from app.several import several
from app.spelling import corrections, distance
from app.synonyms import EVERYDAY, MOST, Synonyms, read_rules


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("年休假和病假分别有几天？", ("年休假有几天", "病假有几天")),
        (
            "2013年版和2024年版《假日》的天数分别是几天？",
            ("2013年版《假日》的天数是几天", "2024年版《假日》的天数是几天"),
        ),
        ("《甲》和《乙》的发行时间分别是什么时候？", ("《甲》的发行时间是什么时候", "《乙》的发行时间是什么时候")),
        ("乐观事务和悲观事务有什么区别？", ("乐观事务", "悲观事务")),
        ("What is the difference between PTO and sick leave?", ("PTO", "sick leave")),
        ("How many days do I get and who approves expenses?", ("How many days do I get", "who approves expenses?")),
    ],
)
def test_a_question_that_asks_several_things_is_cut(question: str, parts: tuple[str, ...]) -> None:
    assert several(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "员工工资和奖金由谁发放",
        "年休假几天？",
        "一张表有多少列？最大能调到多少？",
        "Terms and conditions of leave?",
        "",
    ],
)
def test_a_question_that_is_one_stays_whole(question: str) -> None:
    assert several(question) == (question,)


def test_everyday_words_bring_the_words_of_policies() -> None:
    added = Synonyms((EVERYDAY,)).expand("公司要炒我，能赔钱吗")
    assert "解除劳动合同" in added and "补偿" in added and len(added) <= MOST
    assert "解除劳动合同" not in Synonyms((EVERYDAY,)).expand("公司解除劳动合同要赔钱吗")


def test_a_folder_has_its_own_list_and_a_change_of_it_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / ".synonyms.txt"
    synonyms = Synonyms((path,))
    assert synonyms.expand("K8s 怎么装") == ()
    path.write_text("# ours\nk8s = Kubernetes = 容器平台\n", encoding="utf-8")
    assert synonyms.expand("K8s 怎么装") == ("kubernetes", "容器平台")
    path.write_text("装 -> 部署 安装手册\n", encoding="utf-8")
    assert synonyms.expand("K8s 怎么装") == ("部署", "安装手册")
    path.write_bytes(b"\xff\xfe\x00 not utf-8 \xff")
    assert synonyms.expand("K8s 怎么装") == ()


def test_a_latin_word_is_found_only_whole() -> None:
    rules = read_rules("ill -> sick leave\nno rule here\n-> nothing said")
    assert [rule.said for rule in rules] == [("ill",)]


def words_of(*texts: str) -> FtsIndex:
    index = FtsIndex(":memory:")
    index.add([str(i) for i in range(len(texts))], texts)
    return index


def mend(question: str, index: FtsIndex) -> dict[str, str]:
    return corrections(question, index.document_frequency, index.vocabulary)


def test_a_mistyped_word_is_searched_as_the_documents_write_it() -> None:
    index = words_of("reimbursement of travel expenses", "the reimbursement form", "vacation")
    assert mend("how do I get a reimbursment for vacaton", index) == {
        "reimbursment": "reimbursement",
        "vacaton": "vacation",
    }


def test_words_that_are_known_short_or_far_from_all_are_left_alone() -> None:
    index = words_of("travel form 4012 ERR-4012")
    assert mend("trip fom zzzzzzz ERR-4013 travel", index) == {}


@pytest.mark.parametrize(("other", "away"), [("leave", 0), ("laeve", 1), ("leav", 1), ("love", 2), ("policy", 3)])
def test_distance_counts_slips_up_to_a_bound(other: str, away: int) -> None:
    assert distance("leave", other, 2) == away


def test_what_is_searched_besides_goes_to_the_words_alone() -> None:
    def synonyms(question: str) -> tuple[str, ...]:
        return ("休假",)

    def correct(question: str) -> dict[str, str]:
        return {"vacaton": "vacation"}

    asked = Understand(synonyms, correct)("vacaton 能歇几天")
    assert (asked.text, asked.words) == ("vacaton 能歇几天", "vacaton 能歇几天 休假 vacation")
    assert Understand()("年休假和病假有什么区别").compares
    assert not Understand(split=False)("年休假和病假有什么区别").parts
