import pytest

from ui.web.markdown import plain, tame


def linked(number: int) -> str | None:
    return f"[{number}](/view/{number})" if number < 3 else None


def test_known_numbers_become_links_and_others_stay_text():
    assert tame("可以。[1][2] 见 [7]", linked) == "可以。[1](/view/1)[2](/view/2) 见 \\[7\\]"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("![x](https://evil.example/a.png)", "!\\[x\\](https:&#47;&#47;evil.example/a.png)"),
        ("[点我](javascript:alert(1))", "\\[点我\\](javascript:alert(1))"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("<https://evil.example>", "&lt;https:&#47;&#47;evil.example>"),
        ("see www.evil.example", "see www&#46;evil.example"),
        ("[a]: https://evil.example", "\\[a\\]: https:&#47;&#47;evil.example"),
        ("a@b.cn", "a&#64;b.cn"),
    ],
)
def test_no_html_image_or_foreign_link_survives(written, shown):
    assert tame(written, linked) == shown


def test_code_keeps_its_characters_and_its_brackets_are_no_citations():
    text = "运行 `ls <dir> [1]` 或\n```\n<a href='x'> [1]\n```\n完 [1]"
    assert tame(text, linked) == text.replace("完 [1]", "完 [1](/view/1)")


def test_a_fence_that_still_streams_is_code_to_the_end():
    assert tame("```py\nx = a[1] < b", linked) == "```py\nx = a[1] < b"


def test_a_lone_backtick_hides_nothing():
    assert tame("a ` <b>\n\n` c", linked) == "a ` &lt;b>\n\n` c"


def test_names_are_shown_as_they_are_in_one_line():
    assert plain("a_b*c\n# <x> [y]") == "a\\_b\\*c \\# &lt;x> \\[y\\]"


@pytest.mark.parametrize("mark", ["```mermaid", "~~~ Mermaid", "   ````MERMAID x"])
def test_a_diagram_stays_code_since_its_links_would_be_links(mark):
    shown = tame(f'{mark}\ngraph TD\nclick A "https://evil.example/"\n{mark.strip()[:3]}')
    assert "mermaid" not in shown.lower() and "graph TD" in shown
