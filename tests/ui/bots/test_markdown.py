from hypothesis import given, settings
from hypothesis import strategies as st

from ui.bots.channel import Limits, limits_of
from ui.bots.markdown import calm, few_tables, fit, size_in, split

BYTES = size_in("bytes")


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["第一条 员工应当提前三天申请。", "", "word " * 9, "```python", "```", "- 项目", "𠮷" * 30])
    ),
    st.integers(200, 400),
)
def test_parts_fit_and_together_lose_nothing(lines, most):
    text = "\n".join(lines)
    parts = split(text, most, BYTES)
    assert all(BYTES(part) <= most for part in parts)
    assert kept("\n".join(parts)) == kept(text)


def kept(text: str) -> str:
    """Return the text without spaces, empty lines and fences."""
    return "".join(line.replace(" ", "") for line in text.split("\n") if "```" not in line)


@settings(deadline=None)
@given(st.integers(1, 80))
def test_every_part_of_a_long_code_block_is_a_code_block(lines):
    text = "前言\n\n```sql\n" + "\n".join(f"SELECT {n} FROM t;" for n in range(lines)) + "\n```\n\n结束"
    for part in split(text, 300, BYTES):
        assert part.count("```") % 2 == 0


def test_a_link_is_never_cut():
    link = "[员工休假管理制度](https://kb.example.com/documents/leave/2/view?start=1&end=2)"
    parts = split("说明" * 40 + " ".join([link] * 10), 300, BYTES)
    assert sum(part.count(link) for part in parts) == 10


def test_a_part_ends_at_a_paragraph_where_there_is_one():
    first = "甲" * 60
    assert split(f"{first}\n\n{'乙' * 60}", 300, BYTES) == [first, "乙" * 60]


def test_sixty_kilobytes_arrive_whole_on_every_platform():
    text = "\n\n".join(f"第 {n} 条 本制度适用于全体正式员工，解释权归人力资源部所有。" for n in range(800))
    assert BYTES(text) > 60_000
    for platform in ("dingtalk", "feishu", "wecom", "wecom-app", "slack"):
        limits = limits_of(platform)
        parts = fit(text, limits, on_card=False)
        assert all(size_in(limits.unit)(part) <= limits.plain for part in parts)
        assert "\n\n".join(parts).replace("\n", "") == text.replace("\n", "")


def test_mentions_from_documents_call_nobody():
    for mention in (
        "@all",
        "@所有人",
        "<!channel>",
        "<@U123>",
        "<at id=all></at>",
        "@here",
        '<at user_id="all">x</at>',
    ):
        shown = calm(f"请通知 {mention} 参加")
        assert mention not in shown and shown.replace("\u200b", "") == f"请通知 {mention} 参加"
    assert calm("a@b.com 与 @张三") == "a@b.com 与 @张三"


def test_tables_beyond_the_limit_become_lists():
    table = "| 职级 | 住宿 |\n|---|---|\n| P7 | 500 |\n| P8 | |"
    shown = few_tables(f"{table}\n\n{table}", 1)
    assert shown == f"{table}\n\n- 职级: P7; 住宿: 500\n- 职级: P8"
    assert few_tables(f"```\n{table}\n```", 0) == f"```\n{table}\n```"


def test_the_limits_of_every_platform_are_complete():
    assert all(isinstance(limits_of(name), Limits) for name in ("dingtalk", "feishu", "wecom", "wecom-app", "slack"))
