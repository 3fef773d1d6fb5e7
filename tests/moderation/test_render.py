# ruff: noqa: E501  lists of samples
"""What is shown fetches nothing, runs nothing, and leads only to known places."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from moderation.render import known, safe_markdown, safe_stream

ALLOWED = known(["/documents/7#p3"])
RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": False})

ATTACKS = [
    "![x](http://evil.test/a.png)", "![x][r]\n\n[r]: http://evil.test/a.png", "[x](javascript:alert(1))", "<img src=http://evil.test>", "<script>alert(1)</script>",
    "[x]:\nhttp://evil.test\n\n![x]", "a ` b\n`<img src=http://evil.test>`", "| `a | <img src=http://evil.test>` |\n|---|---|\n| `a | <img src=http://evil.test>` |",
    "- a\n  ```\n<img src=http://evil.test>", "\\`<img src=http://evil.test>`", "<http://evil.test>", "[a](<http://evil.test>)", "[a]( http://evil.test \"t\")",
    "[![a](http://evil.test/i)](http://evil.test)", "\\![a](http://evil.test)", "``a`<img src=http://evil.test>``b", "[a\n](http://evil.test)", "~~~\n`\n~~~\n`<img src=http://evil.test>`",
    "> ```\n<img src=http://evil.test>", "[a](/documents/7#p3 'x')<b onclick=x>", "``` `\n<img src=http://evil.test>", "&lt;img&gt; <svg/onload=x>", "[a](//evil.test/x)", "<!-- x -->", "[x](http://a.cn)(http://evil.test)", "![x](a)(http://evil.test)", "[^1]: http://evil.test",
]  # fmt: skip


def dangerous(text: str) -> list[str]:
    rendered = RENDERER.render(text)
    return re.findall(r"<(?:img|script|svg|b |a href=\"(?!/documents/7#p3\"|#)|!--)[^>]*", rendered)


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_is_fetched_run_or_led_away(text: str) -> None:
    assert not dangerous(safe_markdown(text, ALLOWED))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *ATTACKS,
                "`",
                "``",
                "```\n",
                "\n",
                "|",
                " ",
                "<img src=http://evil.test>",
                "![",
                "](",
                ")",
                "]:",
                "\\",
                "- ",
                "> ",
                "~~~\n",
                "    ",
                "http://evil.test",
                "#",
            ]
        ),
        max_size=8,
    )
)
def test_no_mixture_of_marks_is_dangerous(parts: list[str]) -> None:
    assert not dangerous(safe_markdown("".join(parts), ALLOWED))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*ATTACKS, "`", "``", "```\n", "\n", "年假 5 天。", "http://a.cn/x ", "![", "](", ")", "]", "\\", "!", "<"]
        ),
        max_size=8,
    ).map("".join),
    st.lists(st.integers(0, 300), max_size=30),
)
def test_a_stream_is_made_safe_like_the_whole(text: str, cuts: list[int]) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    assert "".join(safe_stream(pieces, ALLOWED)) == safe_markdown(text, ALLOWED)


def test_ordinary_markdown_stays_as_it_is() -> None:
    text = "# 年假\n\n- **5 天**：见[手册](/documents/7#p3) [1]\n\n| a | b |\n|---|---|\n| 1 < 2 | `x` |\n\n```html\n<b>x</b> ![i](u)\n```\n`List<String>` a!\n"
    assert safe_markdown(text, ALLOWED) == text


def test_a_foreign_address_is_shown_as_text() -> None:
    assert safe_markdown("见 https://a.test/x。") == "见 https\\://a.test/x。"


def test_plain_words_of_a_stream_are_not_held_back() -> None:
    stream = safe_stream(iter(["年假共 5 天，", "请看[手", "册](http://a.test)。"]))
    assert list(stream) == ["年假共 5 天，", "请看[手", "册]。"]
