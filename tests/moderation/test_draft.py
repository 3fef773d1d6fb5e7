"""A draft is read as a folder would be, refused with file and line, and cannot keep the service busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.draft import DEEPEST, LARGEST, Draft, draft_policy
from moderation.policy import DEFAULT_POLICY, BadPolicy, load_policy

HEAD = "categories:\n  project: {question: review}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "policy"
    made.mkdir()
    (made / "policy.yaml").write_text(HEAD, encoding="utf-8")
    return made


def test_an_empty_draft_says_what_the_folder_says() -> None:
    drafted, live = draft_policy(Draft(), DEFAULT_POLICY), load_policy()
    assert (drafted.categories, set(drafted.terms)) == (live.categories, set(live.terms)) and not Draft(" \n")


@pytest.mark.parametrize("line", ["凤凰计划\tproject\texact", "凤凰计划  project  exact", "凤凰计划 | project | exact"])
def test_a_text_box_has_no_tab_so_spaces_or_a_bar_stand_for_it(folder: Path, line: str) -> None:
    (term,) = draft_policy(Draft(terms=line), folder).terms
    assert (term.text, term.tag, term.skip) == ("凤凰计划", "project", False)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (HEAD.replace("review", "stop"), "policy.yaml:2: 'stop' is not an action"),
        (HEAD + "  : [", "policy.yaml:"),
        ("a: &a [1]\ncategories: *a\n", "policy.yaml:1: & and"),
        ("[" * (DEEPEST + 1), "policy.yaml:1: nested"),
        ("categories: [project]\n", "policy.yaml:1: categories needs keys and values"),
        ("categories:\n  project:\n    reply: no\n    channels: 3\n", "policy.yaml:4: channels needs keys"),
        ("categories:\n  project:\n    channels:\n      web: pass\n", "policy.yaml:4: web needs keys"),
        (HEAD + "judge: 3\n", "policy.yaml:3: judge needs keys"),
        (HEAD + "judge: {zone: 2026-99-99}\n", "policy.yaml: not valid YAML"),
        ("categories:\n  null: 3\n", "policy.yaml:"),
    ],
)
def test_a_bad_policy_names_file_and_line_and_no_place_on_the_server(folder: Path, policy: str, message: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        draft_policy(Draft(policy), folder)
    assert str(refused.value).startswith(message) and "/" not in str(refused.value)


def test_what_is_far_too_long_is_refused(folder: Path) -> None:
    with pytest.raises(BadPolicy, match=r"allow_draft\.tsv: longer"):
        draft_policy(Draft(allow="例" * (LARGEST + 1)), folder)


def test_what_reviewers_allowed_counts_in_a_draft_too(folder: Path, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed.tsv"
    allowed.write_text("凤凰计划\n", encoding="utf-8")
    assert draft_policy(Draft(), folder, allowed).terms[0].text == "凤凰计划"
    with pytest.raises(BadPolicy, match=r"^allowed\.tsv:1: '凤凰计划'"):
        draft_policy(Draft(terms="凤凰计划  project"), folder, allowed)
