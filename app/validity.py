"""The day a question is about, and what to say of sources that lapse. It knows dates, not documents' content."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from adapters.errors import BadInput
from adapters.records import Citation, Language, Passage

SOON = timedelta(days=30)
_DAY = (
    r"(?P<year{n}>(?:19|20)\d\d)\s*[-年./]?\s*"
    r"(?:(?P<month{n}>\d{{1,2}})\s*[-月./]?\s*(?:(?P<day{n}>\d{{1,2}})\s*日?)?)?"
)
_RULES = r"(?:规定|制度|办法|政策|标准|规则|条例|要求|细则|版本|版)"
_english_months = {name.lower(): number for number, name in enumerate(month_name) if name}
_asked = re.compile(
    # "2022年的规定", "按2022年5月的标准"; not "2022年入职", which tells of a fact and not of the rule asked for.
    rf"{_DAY.format(n=1)}\s*(?:年|底|末)?\s*(?:(?:当时|那时|时)?(?:有效|施行|生效|执行|适用|实行)?的|时的)\s*\S{{0,8}}?{_RULES}"
    rf"|{_DAY.format(n=2)}\s*年?版"
    rf"|(?:截至|截止到?|截至到)\s*{_DAY.format(n=3)}"
    rf"|\b(?:as\s+of|as\s+at|in\s+force\s+(?:on|in)|valid\s+(?:on|in)|in\s+effect\s+(?:on|in))\s+{_DAY.format(n=4)}"
    r"|\b(?:as\s+of|as\s+at|in\s+force\s+in|valid\s+in|in\s+effect\s+in)\s+"
    rf"(?P<name5>{'|'.join(_english_months)})\s+(?P<year5>(?:19|20)\d\d)"
    r"|\b(?:the|under|by|in)\s+(?P<year6>(?:19|20)\d\d)\s+(?:\w+\s+)?"
    r"(?:policy|policies|rules?|version|edition|regulations?|standard|guidelines?|handbook)\b",
    re.IGNORECASE,
)
_SAY: dict[Language, dict[str, str]] = {
    "zh": {
        "as of": "按 {day} 当日有效的版本查找。",
        "soon": "《{title}》将于 {day} 失效，请留意新版本。",
        "lapsed": "《{title}》已于 {day} 失效。",
    },
    "en": {
        "as of": "Searched in what was in force on {day}.",
        "soon": "“{title}” lapses on {day}; look out for its next edition.",
        "lapsed": "“{title}” lapsed on {day}.",
    },
}


def asked_day(question: str, today: date) -> str | None:
    """Return the ISO day whose rules a question asks for, None for those of today.

    A year or a month alone means its last day, but not one after today.
    """
    found = _asked.search(question)
    if not found:
        return None
    said = {name.rstrip("123456"): text for name, text in found.groupdict().items() if text}
    year = int(said["year"])
    month = _english_months[said["name"].lower()] if "name" in said else int(said.get("month", 0))
    if not 0 <= month <= 12:
        month = 0
    last = monthrange(year, month or 12)[1]
    day = min(int(said.get("day", 0)) or last, last)
    asked = date(year, month or 12, day)
    if year == today.year and "day" not in said:
        return None if asked >= today else asked.isoformat()
    return asked.isoformat()


def day_of(text: str) -> str:
    """Return an ISO day from what somebody typed for it: a day, a month or a year. Raises BadInput."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", text.strip())
    try:
        if not found:
            raise ValueError
        year, month = int(found[1]), int(found[2] or 12)
        return date(year, month, int(found[3] or monthrange(year, month)[1])).isoformat()
    except ValueError:
        raise BadInput(f"{text!r} is no day; write it as 2023-01-31, 2023-01 or 2023.") from None


def as_of_notice(day: str, language: Language) -> str:
    """Return what tells that another day's rules were searched."""
    return _SAY[language]["as of"].format(day=day)


def lapse_notices(
    citations: Iterable[Citation], passages: Iterable[Passage], today: date, language: Language
) -> list[str]:
    """Return what is to be said of cited documents that lapsed or will within `SOON`."""
    ends = {passage.chunk.document_id: (passage.title, passage.effective_to) for passage in passages}
    told: dict[str, str] = {}
    for citation in citations:
        title, until = ends.get(citation.document_id, ("", None))
        if until and until <= (today + SOON).isoformat():
            kind = "lapsed" if until <= today.isoformat() else "soon"
            told.setdefault(citation.document_id, _SAY[language][kind].format(title=title, day=until))
    return list(told.values())
