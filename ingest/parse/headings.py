"""What a heading looks like when nothing but its wording says so: numbering, length, no full stop."""

from __future__ import annotations

import re

_NUMERAL = "[0-9〇零一二三四五六七八九十百千]+"
_CHAPTERS = (
    (1, re.compile(rf"第{_NUMERAL}(?:编|部分|篇)(?:[\s　]|$)")),
    (2, re.compile(rf"第{_NUMERAL}章(?:[\s　]|$|(?=[^，。；、]))")),
    (3, re.compile(rf"第{_NUMERAL}节(?:[\s　]|$|(?=[^，。；、]))")),
)
_LATIN_CHAPTER = re.compile(r"(?:CHAPTER|Chapter|PART|Part|APPENDIX|Appendix)\s+(?:\d+|[IVXLC]+|[A-Z])\b")
_CHINESE_COUNT = re.compile(r"[一二三四五六七八九十]+、\s*\S")
_DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})[.．、]?[\s　]+\S")
_ATTACHMENT = re.compile(r"附\s*(?:件|录|则|表)\s*[0-9一二三四五六七八九十]*\s*[:：]?[^，。；]{0,30}$")
_SENTENCE_END = re.compile(r"[。；;，,、！!：:.]$")
_ARTICLE = re.compile(rf"第{_NUMERAL}条(?:之{_NUMERAL})?(?=[\s　:：（(【]|$|[^\s，。、；的款项规和或至到])")
_KIND_OF_ACT = re.compile(
    r"(?:法|条例|规定|办法|制度|细则|章程|通知|公告|意见|决定|规范|指南|手册|守则|准则|标准|方案|流程|说明|协议|合同|报告|计划|纪要)"
    r"(?:[（(][^）)]{1,20}[）)])?$"
)
LONGEST = 40
LONGEST_LATIN = 90


def short_enough(line: str) -> bool:
    """True when a line is short and does not end as a sentence does."""
    limit = LONGEST if any("\u3400" <= char <= "\u9fff" for char in line) else LONGEST_LATIN
    return 0 < len(line) <= limit and not _SENTENCE_END.search(line)


def chapter_level(line: str) -> int | None:
    """Return 1 to 3 for "第一编", "第一章", "第一节" headings and English chapters, else None."""
    if not short_enough(line):
        return None
    for level, pattern in _CHAPTERS:
        if pattern.match(line):
            return level
    return 2 if _LATIN_CHAPTER.match(line) else None


def numbered_level(line: str) -> int | None:
    """Return the level that the numbering of a short line gives it, or None: chapters, 一、 and 1.2.3."""
    level = chapter_level(line)
    if level is not None or not short_enough(line):
        return level
    if _CHINESE_COUNT.match(line) or _ATTACHMENT.match(line):
        return 2
    if match := _DECIMAL.match(line):
        return 1 + len(match.group(1).split("."))
    return None


def article_of(text: str) -> str | None:
    """Return "第十二条" when text starts with an article number (not a reference to one), else None."""
    match = _ARTICLE.match(text)
    return match.group() if match else None


def names_an_act(line: str) -> bool:
    """True for the first line of a Chinese official paper: 职工带薪年休假条例, 关于……的通知."""
    return short_enough(line) and bool(_KIND_OF_ACT.search(line))
