"""Numbers as people write them in Chinese and English, brought to one spelling so that they can be compared."""

from __future__ import annotations

import re
import unicodedata

from adapters.terms import chinese_number

_separators = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_percent = re.compile(r"百分之([〇零一二两三四五六七八九十百千\d.]+)")
_chinese = re.compile(r"[〇零一二两三四五六七八九十百千]+")
_big = re.compile(r"(\d+(?:\.\d+)?)\s*([万亿])")
_spaced_unit = re.compile(r"\s+")
_number = re.compile(r"\d+(?:\.\d+)?%?")
# A lone Chinese digit is a number only before what can be counted or measured: not in 三亚, 一般, 统一.
_idle = re.compile(
    r"(?<![〇零一二两三四五六七八九十百千万亿第\d.])[一二两三四五六七八九](?![〇零一二两三四五六七八九十百千万亿\d.点])"
    r"(?!\s*[天日年月周个次元人位倍条款项章节岁级小分秒块名种类份页台层班季折成半期轮档家间套件张股晚夜代])"
)
_citation = re.compile(r"\[\d+\]")
_big_units = {"万": 10_000, "亿": 100_000_000}


def fold_numerals(text: str) -> str:
    """Write numerals in ASCII digits: 十二 -> 12, 百分之三十 -> 30%, 3.5万 -> 35000, １，０００ -> 1000."""
    text = _separators.sub("", unicodedata.normalize("NFKC", text))
    text = _percent.sub(r"\1%", text)
    text = _chinese.sub(lambda match: str(chinese_number(match.group().replace("两", "二"))), text)
    return _big.sub(lambda match: f"{float(match[1]) * _big_units[match[2]]:.10g}", text)


def fold_answer(text: str) -> str:
    """Fold width, case, spaces and numerals, as answers are compared with gold strings."""
    return _spaced_unit.sub("", fold_numerals(text)).lower()


def numbers(text: str) -> set[str]:
    """Return the numbers of a text in one spelling, citation marks left out."""
    folded = fold_numerals(_idle.sub(" ", _citation.sub(" ", text)))
    return {match.group().lstrip("0") or "0" for match in _number.finditer(folded)}
