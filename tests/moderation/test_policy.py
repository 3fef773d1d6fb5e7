# ruff: noqa: E501  lists of samples
"""A policy is loaded whole or refused with file and line; what is in force changes only to what was checked."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from moderation.moderator import Moderator
from moderation.policy import BadPolicy, load_policy
from moderation.reload import PolicyWatcher

YAML = """categories:
  gambling: {question: block, passage: pass, answer: mask, channels: {wecom: {answer: block}}}
  drugs: {question: review}
  help: {question: replace, reply: {zh: 请求助, en: get help}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(YAML, encoding="utf-8")
    (tmp_path / "terms.tsv").write_text("# words\n赌博\tgambling\n冰毒\tdrugs\n求救\thelp\n", encoding="utf-8")
    (tmp_path / "allow.tsv").write_text("赌博机管理\n", encoding="utf-8")
    return tmp_path


def test_each_surface_and_channel_has_its_action(folder: Path) -> None:
    moderator = Moderator(load_policy(folder))
    assert moderator.check("线上赌博", "question").action == "block"
    assert moderator.check("线上赌博", "passage").output == "线上赌博"
    assert moderator.check("线上赌博吗", "answer").output == "线上＊＊吗"
    assert moderator.check("线上赌博", "answer", channel="wecom").action == "block"
    assert moderator.check("买冰毒", "question").action == "review"
    assert moderator.check("求救", "question", language="en").output == "get help"


def test_an_allow_phrase_beats_the_word_inside_it(folder: Path) -> None:
    moderator = Moderator(load_policy(folder))
    assert moderator.check("赌博机管理办法", "question").action == "pass"
    assert moderator.check("赌博机管理和赌博", "question").spans == ((6, 8),)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("terms.tsv", "赌博\tgambling\n赌博\tdrugs\n", r"terms.tsv:2: '赌博' is drugs here but gambling at .*terms.tsv:1"),
        ("allow.tsv", "赌博\n", r"is gambling here but allow at .*allow.tsv:1"),
        ("terms.tsv", "赌博\tbetting\n", "terms.tsv:1: the category 'betting' is not in policy.yaml"),
        ("terms.tsv", "赌博\tgambling\tsometimes\n", "terms.tsv:1: unknown flag 'sometimes'"),
        ("terms.tsv", "？！\tgambling\n", "terms.tsv:1: .* would match nothing"),
        ("terms.tsv", "赌博\n", "terms.tsv:1: expected"),
        ("policy.yaml", YAML.replace("review", "warn"), "policy.yaml:3: 'warn' is not an action"),
        ("policy.yaml", YAML.replace("passage", "chunk"), "policy.yaml:2: unknown key 'chunk'"),
        ("policy.yaml", YAML + "  drugs: {}\n", "policy.yaml:5: 'drugs' is given twice"),
        ("policy.yaml", YAML.replace(", en: get help", ""), "policy.yaml:4: help replaces text but has no reply"),
        ("policy.yaml", "categories: [", r"policy.yaml:\d: not valid YAML"),
        ("patterns.tsv", "a\tgambling\t(?=x)\n", "patterns.tsv:1: not an RE2 pattern"),
        ("patterns.tsv", "a\tgambling\tx*\n", "patterns.tsv:1: .*empty text"),
        ("intents.yaml", "rules:\n  - {name: a, category: gambling, need: nobody}\n", "uses the word group 'nobody'"),
        ("intents.yaml", "words: {a: 甲}\nrules:\n  - {name: a, category: no, need: a}\n", "intents.yaml:3: the category"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_with_file_and_line(folder: Path, file: str, text: str, message: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(BadPolicy, match=message):
        load_policy(folder)


def test_the_version_is_the_content(folder: Path) -> None:
    before = load_policy(folder).version
    assert load_policy(folder).version == before
    (folder / "allow.tsv").write_text("别的\n", encoding="utf-8")
    assert load_policy(folder).version != before


def test_a_new_file_comes_into_force_and_a_bad_one_does_not(folder: Path) -> None:
    moderator = Moderator(load_policy(folder))
    watcher = PolicyWatcher(moderator, folder)
    assert not watcher.look()
    (folder / "terms.tsv").write_text("彩票\tgambling\n", encoding="utf-8")
    assert watcher.look()
    assert moderator.check("彩票", "question").blocked and not moderator.check("赌博", "question").blocked
    (folder / "terms.tsv").write_text("彩票\tnothing\n", encoding="utf-8")
    version = moderator.policy_version
    assert not watcher.look()
    assert moderator.policy_version == version and "terms.tsv:1" in watcher.problem
    assert moderator.check("彩票", "question").blocked


def test_a_running_stream_keeps_the_policy_it_began_with(folder: Path) -> None:
    moderator = Moderator(load_policy(folder))
    pieces = iter(["先说一句别的话，再说", "赌博的事情", "。"])
    stream = moderator.guard(pieces)
    first = next(stream)
    (folder / "terms.tsv").write_text("彩票\tgambling\n", encoding="utf-8")
    moderator.use(load_policy(folder))
    assert first + "".join(stream) == "先说一句别的话，再说＊＊的事情。"


def test_added_terms_need_no_entry_in_the_policy(folder: Path, tmp_path: Path) -> None:
    added = tmp_path / "mine.txt"
    added.write_text("秘密项目\tours\n", encoding="utf-8")
    moderator = Moderator(load_policy(folder).with_terms(added))
    assert moderator.check("秘@密项目是什么", "question").category == "ours"


def test_fifty_reloads_under_twenty_streams_mix_no_versions(folder: Path) -> None:
    first = load_policy(folder)
    (folder / "terms.tsv").write_text("彩票\tgambling\n", encoding="utf-8")
    second = load_policy(folder)
    moderator = Moderator(first)
    pieces = ["一段话里有赌博，", "也有彩票，"] * 10
    outputs: list[str] = []
    threads = [
        threading.Thread(target=lambda: outputs.append("".join(moderator.guard(iter(pieces))))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for turn in range(50):
        moderator.use(second if turn % 2 == 0 else first)
    for thread in threads:
        thread.join()
    whole = "".join(pieces)
    assert len(outputs) == 20
    assert set(outputs) <= {whole.replace("赌博", "＊＊"), whole.replace("彩票", "＊＊")}
