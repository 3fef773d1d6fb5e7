"""Trying the prompts: right answers are told from wrong ones, and changes from the run before."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chat.fake_chat import FakeChat
from adapters.errors import BadInput
from app.prompt_check import judged, keep, kept, read_cases, try_prompts


def test_the_cases_that_ship_are_in_both_languages_and_their_own_passage_answers_them():
    cases = read_cases()
    assert {case.language for case in cases} == {"zh", "en"} and len({case.name for case in cases}) == len(cases)
    for case in cases:
        assert all(
            judged(case.model_copy(update={"expect": (wanted,), "forbid": ()}), case.text) for wanted in case.expect
        )


def test_an_answer_is_right_when_it_holds_what_is_expected_and_nothing_forbidden():
    case = next(case for case in read_cases() if case.name == "hotel limit")
    assert judged(case, "In Munich it is 160 euros.")
    assert not judged(case, "It is 120 euros, or 160.") and not judged(case, "I do not know.")


def test_a_second_run_shows_what_changed(tmp_path: Path):
    cases = read_cases()[:2]
    first = try_prompts(FakeChat(["160, four hours, service desk"]), cases, {})
    assert [one.right for one in first] == [True, True] and not any(one.changed for one in first)
    keep(tmp_path / "runs" / "last.json", "fake", first)
    second = try_prompts(FakeChat(["160 at most"]), cases, kept(tmp_path / "runs" / "last.json"))
    assert [(one.right, one.changed, one.was_right) for one in second] == [(True, True, True), (False, True, True)]
    assert kept(tmp_path / "none.json") == {}


def test_a_file_that_is_no_list_of_cases_is_refused(tmp_path: Path):
    path = tmp_path / "cases.json"
    path.write_text('[{"name": "x"}]')
    with pytest.raises(BadInput, match="cannot be used as test cases"):
        read_cases(path)
