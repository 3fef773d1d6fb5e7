"""Days as people write them, in Chinese and English, brought to ISO form."""

from __future__ import annotations

import re
from datetime import date, timedelta

from adapters.terms import CHINESE_DIGITS, chinese_number

_D = f"[0-9{CHINESE_DIGITS}]"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
# A day of a calendar, wherever it stands: 2024年7月1日, 二〇二四年七月一日, 2024-07-01, 1 July 2024, July 1, 2024.
DAY = (
    rf"(?:{_D}{{4}}\s*年\s*{_D}{{1,3}}\s*月\s*{_D}{{1,3}}\s*日"
    r"|(?<!\d)(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\s+(?:19|20)\d\d(?!\d)"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d(?!\d))"
)
_chinese = re.compile(rf"({_D}{{4}})\s*年\s*({_D}{{1,3}})\s*月\s*({_D}{{1,3}})\s*日")
_plain = re.compile(r"((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})")
_day_first = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?\s+({_MONTH})\s+(\d{{4}})", re.IGNORECASE)
_month_first = re.compile(rf"({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})", re.IGNORECASE)


def iso_day(text: str) -> str | None:
    """Return the first day named in text as ISO, or None when there is none that exists."""
    if found := _chinese.search(text):
        year, month, day = (chinese_number(part) for part in found.groups())
    elif found := _plain.search(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _day_first.search(text):
        year, month, day = int(found[3]), _month(found[2]), int(found[1])
    elif found := _month_first.search(text):
        year, month, day = int(found[3]), _month(found[1]), int(found[2])
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def day_after(iso: str) -> str:
    """Return the next day."""
    return (date.fromisoformat(iso) + timedelta(days=1)).isoformat()


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
