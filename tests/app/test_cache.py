"""An answer is given again only to the same question, with the same rights, while nothing it depends on has changed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.chat.extractive import ExtractiveChat
from adapters.chat.fake_chat import FakeChat
from adapters.records import Asker, Bases
from app.answer import Parts, answer
from app.cache import AnswerCache, same, shape
from app.events import Turn, collect
from app.gate import Evidence
from app.search import Search
from ingest.keep import sync
from ingest.pipeline import Parts as IngestParts
from moderation.moderator import Moderator
from moderation.policy import DEFAULT_POLICY, load_policy
from tests.parts import ANN, BOB, small_parts

POLICY = load_policy(DEFAULT_POLICY)


def ones(terms: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(terms, 1.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("年假可以结转吗？", "年假能不能结转"),
        ("请问年假有几天？", "年假有几天"),
        ("What is the VPN error 809?", "what's the vpn error 809"),
    ],
)
def test_questions_that_ask_the_same_are_one(one: str, other: str) -> None:
    assert same(shape(one, ones), shape(other, ones), 0.97)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("年假可以结转吗？", "病假可以结转吗？"),
        ("年假可以结转吗？", "年假不可以结转吗？"),
        ("10万元以上谁审批？", "10万元以下谁审批？"),
        ("10万元以上谁审批？", "20万元以上谁审批？"),
        ("SLC-6001是什么错误", "SLC-6002是什么错误"),
        ("甲部门向乙部门汇报什么", "乙部门向甲部门汇报什么"),
        ("最多可以报销多少", "最少可以报销多少"),
        ("谁审批休假", "什么时候审批休假"),
        ("第十二条的内容", "第十三条的内容"),
        ("Can I carry leave over?", "Can't I carry leave over?"),
        ("What happens before approval?", "What happens after approval?"),
        ("年假有几天", "How many days of annual leave"),
    ],
)
def test_questions_that_look_alike_are_not(one: str, other: str) -> None:
    assert not same(shape(one, ones), shape(other, ones), 0.999)


@dataclass
class CountingChat(FakeChat):
    """Answers with the first passage, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def stream(self, prompt, adapter=None, limits=None):  # type: ignore[no-untyped-def, override]
        self.asked += 1
        yield prompt.passages[0].chunk.text


@dataclass
class Desk:
    """A folder in sync, and a flow with a cache over it."""

    folder: Path
    stored: IngestParts
    parts: Parts
    chat: CountingChat

    def write(self, name: str, text: str, readers: tuple[str, ...] | None = None) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if readers is not None:
            self.allow(name, readers)

    def allow(self, name: str, readers: tuple[str, ...]) -> None:
        (self.folder / name).with_name(".zhiwen.toml").write_text(f"readers = {list(readers)}", encoding="utf-8")

    def sync(self) -> None:
        list(sync(self.folder, "kb", self.stored))

    def ask(self, question: str, asker: Asker = BOB, bases: Bases = None) -> Turn:
        return collect(answer(question, asker, self.parts, knowledge_bases=bases))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    stored = small_parts(tmp_path)
    (tmp_path / "docs").mkdir()
    search = Search(stored.library, stored.vectors, stored.words, stored.embedder, ones)
    chat, moderator = CountingChat(), Moderator(POLICY)
    chat.load()
    cache = AnswerCache(
        lambda asker, *scope: (
            *stored.library.answers_for(asker),  # type: ignore[attr-defined]
            moderator.policy_version,
            *scope,
        ),
        stored.embedder.embed_query,
        ones,
    )
    parts = Parts(
        search=lambda question, asker, *within: search(question, asker, 4, *within),
        gate=lambda question, passages, *_: Evidence(0.9, bool(passages), {}),
        weigh=ones,
        chat=chat,
        extract=ExtractiveChat(),
        moderator=moderator,
        cache=cache,
    )
    return Desk(tmp_path / "docs", stored, parts, chat)


def test_the_second_time_the_model_is_not_asked_and_the_answer_is_the_same(desk: Desk) -> None:
    desk.write("leave.txt", "员工每年享有8天全薪病假。")
    desk.sync()
    first, second = desk.ask("病假每年几天？"), desk.ask("请问病假每年几天")
    assert desk.chat.asked == 1
    assert second.text == first.text and second.citations == first.citations and second.passages == first.passages
    assert [step.name for step in second.steps] == ["cache"]
    figures = desk.parts.cache.figures  # type: ignore[union-attr]
    assert (figures.lookups, figures.hits) == (2, 1) and figures.saved_seconds > 0


@pytest.mark.parametrize("change", ["edit", "add", "delete", "rights", "policy"])
def test_any_change_makes_the_answer_anew(desk: Desk, change: str) -> None:
    desk.write("a/leave.txt", "员工每年享有8天全薪病假。")
    desk.write("b/other.txt", "上海每晚住宿不超过600元。")
    desk.sync()
    desk.ask("病假每年几天？")
    changes: dict[str, Callable[[], object]] = {
        "edit": lambda: desk.write("a/leave.txt", "员工每年享有9天全薪病假。"),
        "add": lambda: desk.write("b/new.txt", "病假须提交证明。"),
        "delete": lambda: (desk.folder / "b/other.txt").unlink(),
        "rights": lambda: desk.allow("b/other.txt", ("group:hr",)),
        "policy": lambda: desk.parts.moderator.use(replace(POLICY, version="another")),
    }
    changes[change]()
    desk.sync()
    desk.ask("病假每年几天？")
    assert desk.chat.asked == 2


def test_people_of_other_rights_never_share_an_answer_and_those_of_the_same_do(desk: Desk) -> None:
    desk.write("hr/pay.txt", "病假工资按80%发放。", ("group:hr",))
    desk.write("all/leave.txt", "病假每年8天。")
    desk.sync()
    assert "80%" in desk.ask("病假工资怎么发放", ANN).text
    assert "80%" not in desk.ask("病假工资怎么发放", BOB).text
    assert desk.chat.asked == 2
    desk.ask("病假工资怎么发放", Asker("eve", frozenset({"hr", "a group no document names"})))
    assert desk.chat.asked == 2
    together = Asker("ann", frozenset({"hr"}), others=(BOB,))
    assert "80%" not in desk.ask("病假工资怎么发放", together).text


def test_a_question_to_one_knowledge_base_is_answered_from_it_and_never_shared_with_another(desk: Desk) -> None:
    desk.write("leave.txt", "病假每年8天。")
    desk.sync()
    (desk.folder.parent / "plant").mkdir()
    (desk.folder.parent / "plant" / "leave.txt").write_text("工厂病假每年9天。", encoding="utf-8")
    list(sync(desk.folder.parent / "plant", "plant", desk.stored))
    question = "病假每年几天？"
    assert "8天" in desk.ask(question, bases=frozenset({"kb"})).text
    plant = desk.ask(question, bases=frozenset({"plant"}))
    assert "9天" in plant.text and "8天" not in plant.text
    assert len(desk.ask(question).passages) == 2
    assert desk.chat.asked == 3
    desk.ask(question, bases=frozenset({"plant"}))
    assert desk.chat.asked == 3


def test_what_changed_while_the_answer_was_written_is_not_kept(desk: Desk) -> None:
    desk.write("leave.txt", "员工每年享有8天全薪病假。")
    desk.sync()
    for event in answer("病假每年几天？", BOB, desk.parts):
        if type(event).__name__ == "Sources":
            desk.write("leave.txt", "员工每年享有9天全薪病假。")
            desk.sync()
    assert "9天" in desk.ask("病假每年几天？").text


def test_a_question_without_an_answer_is_asked_again(desk: Desk) -> None:
    desk.sync()
    desk.ask("病假每年几天？")
    desk.write("leave.txt", "员工每年享有8天全薪病假。")
    desk.sync()
    assert "8天" in desk.ask("病假每年几天？").text


def test_random_edits_deletions_and_rights_never_bring_an_old_or_a_foreign_answer(desk: Desk) -> None:
    """Each document says a number of its own edition: an answer with another number is stale or foreign."""
    draw = random.Random(5)
    people = [Asker(f"p{i}", frozenset(draw.sample(["a", "b", "c"], draw.randint(0, 2)))) for i in range(5)]
    topics = ["病假", "餐补", "差旅", "加班"]
    said: dict[str, tuple[int, tuple[str, ...]]] = {}
    edition = 100
    hits = 0
    for _ in range(120):
        topic = draw.choice(topics)
        if draw.random() < 0.3:
            kind = draw.choice(["edit", "edit", "delete", "rights"])
            if kind == "delete" and topic in said:
                (desk.folder / topic / "rule.txt").unlink()
                del said[topic]
            elif kind == "rights" and topic in said:
                readers = draw.choice([("public",), ("group:a",), ("group:b", "group:c"), ("user:p1",)])
                desk.allow(f"{topic}/rule.txt", readers)
                said[topic] = (said[topic][0], readers)
            else:
                edition += 1
                readers = said.get(topic, (0, ("public",)))[1]
                desk.write(f"{topic}/rule.txt", f"{topic}标准为{edition}元。", readers)
                said[topic] = (edition, readers)
            desk.sync()
        asker = draw.choice(people)
        before = desk.parts.cache.figures.hits  # type: ignore[union-attr]
        turn = desk.ask(f"{topic}标准是多少元", asker)
        hits += desk.parts.cache.figures.hits - before  # type: ignore[union-attr]
        allowed = {number for number, readers in said.values() if set(readers) & asker.principals}
        shown = {int(text) for text in re.findall(r"\d{3}", turn.text)}
        assert shown <= allowed, (topic, turn.text, said)
        if said.get(topic, (0, ()))[0] in allowed:
            assert said[topic][0] in shown or turn.refusal is not None or shown, (topic, turn.text)
    assert hits > 10
