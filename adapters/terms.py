"""Text as search sees it: folded characters, and the terms that both indexes and questions are cut into.

Chinese becomes overlapping character pairs, which need no dictionary and find what a segmenter splits differently.
Latin words, numbers and codes stay whole; a code with joints ("TLS-1.3", "HR_2024/07") also yields its parts.
Article numbers (第十二条) stay whole, in one spelling whether written 第十二条 or 第12条.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from adapters.records import Language

CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_cjk = re.compile(f"[{CJK}]")
_token = re.compile(
    rf"(?P<clause>第[0-9〇零一二三四五六七八九十百千]+[章节条款项编])|(?P<cjk>[{CJK}]+)|(?P<word>[a-z0-9]+(?:[-_./:][a-z0-9]+)*)"
)
_latin = re.compile(r"[a-z]")
_part = re.compile(r"[a-z0-9]+")
CHINESE_DIGITS = "〇零一二三四五六七八九十"
_digits = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_units = {"十": 10, "百": 100, "千": 1000}


@cache
def _simplifier():  # type: ignore[no-untyped-def]
    import opencc

    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """Return text with width, case and traditional characters folded; only for matching, never for display."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return str(_simplifier().convert(folded)) if _cjk.search(folded) else folded


def chinese_number(text: str) -> int:
    """Return the value of a Chinese or Arabic numeral below 10,000: 十二 -> 12, 一百零三 -> 103, 12 -> 12."""
    if text.isdigit() and text.isascii():
        return int(text)
    if all(char in _digits for char in text):
        return int("".join(str(_digits[char]) for char in text))
    total = digit = 0
    for char in text:
        if char in _units:
            total += (digit or 1) * _units[char]
            digit = 0
        else:
            digit = _digits.get(char, 0)
    return total + digit


def terms(text: str) -> list[str]:
    """Return the search terms of text, in order, repeats kept."""
    found: list[str] = []
    for match in _token.finditer(fold(text)):
        token = match.group()
        if match.lastgroup == "clause":
            found.append(f"第{chinese_number(token[1:-1])}{token[-1]}")
        elif match.lastgroup == "cjk":
            found.extend([token] if len(token) == 1 else [token[i : i + 2] for i in range(len(token) - 1)])
        else:
            found.append(token)
            parts = _part.findall(token)
            if len(parts) > 1:
                found.extend(parts)
    return found


def language(text: str) -> Language:
    """Return "zh" when Chinese characters carry the text, else "en".

    A Chinese character says about as much as four Latin letters, so the letters are counted as words of four.
    """
    chinese = len(_cjk.findall(text))
    latin = len(_latin.findall(text.lower()))
    return "zh" if chinese * 4 > latin else "en"
