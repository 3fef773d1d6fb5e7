"""The texts that centre the embedding are many, even in both languages and of the length of real passages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from adapters.terms import language

LINES = (Path(__file__).parent.parent / "adapters/embedding/centring_texts.jsonl").read_text("utf-8").splitlines()
TEXTS = [json.loads(line) for line in LINES]


def test_both_languages_have_as_many_passages_and_questions() -> None:
    assert Counter((text["lang"], text["role"]) for text in TEXTS) == {
        ("zh", "passage"): 120,
        ("en", "passage"): 120,
        ("zh", "query"): 120,
        ("en", "query"): 120,
    }
    assert len({text["text"] for text in TEXTS}) == len(TEXTS)


def test_each_text_is_in_the_language_it_names() -> None:
    assert [text for text in TEXTS if language(text["text"]) != text["lang"]] == []


def test_passages_are_as_long_as_chunks() -> None:
    bounds = {"zh": (60, 250), "en": (150, 700)}
    for text in TEXTS:
        low, high = bounds[text["lang"]]
        if text["role"] == "passage":
            assert low <= len(text["text"]) <= high, text["text"]
