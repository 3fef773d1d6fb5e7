import re
import string

import pytest

from ui import text


def places(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


@pytest.mark.parametrize("key", sorted(text._labels))
def test_both_languages_say_it_with_the_same_places(key):
    chinese, english = text._labels[key]
    assert chinese and english and places(chinese) == places(english)
    # The switch names the other language in that language.
    assert key.startswith("language.") or not re.search("[\u4e00-\u9fff]", english)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9", "en"),
        ("fr, en;q=0.2, zh;q=0.7", "zh"),
        ("", "zh"),
        ("de", "zh"),
        ("en;q=x", "en"),
    ],
)
def test_the_browser_says_which_language_to_begin_with(header, language):
    assert text.preferred(header) == language
