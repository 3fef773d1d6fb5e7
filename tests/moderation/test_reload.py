"""A policy is exchanged under running streams: none is dropped, none mixes two, the new one is soon in force."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from moderation.moderator import Moderator
from moderation.policy import DEFAULT_POLICY, load_policy
from moderation.reload import SECONDS, PolicyWatcher
from moderation.terms import Term

PIECES = ["甲方", "代号", "红色", "出", "现，", "乙方代号", "蓝", "色也", "出现。"] * 40
BASE = load_policy()
POLICIES = [
    replace(BASE, terms=(Term(f"代号{colour}色", "abuse"),), version=f"{colour}-{number}")
    for number, colour in enumerate("红蓝" * 25)
]
SHOWN = {
    "红": "".join(PIECES).replace("代号红色", "＊" * 4),
    "蓝": "".join(PIECES).replace("代号蓝色", "＊" * 4),
}


def test_fifty_reloads_under_twenty_streams_mix_nothing_and_drop_nothing() -> None:
    versions: list[str] = []
    moderator = Moderator(POLICIES[0], lambda event: versions.append(event.verdict.policy_version))
    shown: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            shown.append("".join(moderator.guard(iter(PIECES))))

    readers = [threading.Thread(target=read) for _ in range(20)]
    for reader in readers:
        reader.start()
    for policy in POLICIES:
        moderator.use(policy)
    done.set()
    for reader in readers:
        reader.join()
    assert len(shown) >= 20 and len(versions) == len(shown)
    assert set(shown) <= set(SHOWN.values())
    assert moderator.policy_version == POLICIES[-1].version


@pytest.mark.parametrize(
    "text", ["categories: [abuse]\n", "categories: {a: {question: pass}}\njudge: {zone: 2026-99-99}\n"]
)
def test_a_file_of_the_wrong_shape_keeps_the_old_policy_and_the_watching(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
    moderator = Moderator(BASE)
    watcher = PolicyWatcher(moderator, tmp_path)
    assert not watcher.look() and "policy.yaml" in watcher.problem
    assert moderator.policy_version == BASE.version
    (tmp_path / "policy.yaml").write_text("categories: {abuse: {question: mask}}\n", encoding="utf-8")
    assert watcher.look() and watcher.problem == ""


@pytest.mark.slow
def test_a_hundred_thousand_terms_are_in_force_within_three_seconds(tmp_path: Path) -> None:
    for path in sorted(DEFAULT_POLICY.glob("*.*")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    moderator = Moderator(load_policy(tmp_path))
    watcher = PolicyWatcher(moderator, tmp_path)
    watcher.look()
    lines = [f"{chr(0x4E00 + n % 20000)}{chr(0x4E00 + n // 5)}词{n}\tabuse" for n in range(100_000)]
    (tmp_path / "terms-many.tsv").write_text("\n".join(lines), encoding="utf-8")
    begun = time.process_time()
    assert watcher.look()
    assert SECONDS + time.process_time() - begun <= 3.0
    assert moderator.check(lines[70_000].split("\t")[0], "question").action == "mask"
