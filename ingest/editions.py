"""Which edition of what a document is, by its title and its file's name. Reads no text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import PurePosixPath

from adapters.terms import chinese_number
from ingest.dates import iso_day

# What comes out every year or month does not replace what came before.
_PERIODIC = re.compile(
    r"年度|季度|月度|[日周月季年]报|简报|报告|报表|纪要|会议|总结|计划|预算|决算|工资表|清单|价目|名单|排班|考勤表|通讯"
    r"|\b(?:annual|quarter(?:ly)?|monthly|weekly|reports?|minutes|newsletter|budget|plan|review|release notes|changelog"
    r"|invoice|results|q[1-4]|price list)\b",
    re.IGNORECASE,
)
_OPEN, _CLOSE = r"[(（\[【_\-\s]*", r"[)）\]】]*"
_YEAR = r"(?:19|20)\d{2}"
_NUMBER = r"(?:\bv|\bver\.?\s*|\bversion\s*|\brev\.?\s*|版本\s*)(?P<number>\d{1,3}(?:\.\d{1,3}){0,3})"
_EDITIONS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_OPEN}(?P<day>{_YEAR}[-./年]\d{{1,2}}[-./月]\d{{1,2}}日?){_CLOSE}",
        rf"{_OPEN}(?P<year>{_YEAR})\s*年?\s*(?:版|修正案?|修订(?:版|稿)?|修改|edition|ed\.?|version){_CLOSE}",
        rf"{_OPEN}{_NUMBER}{_CLOSE}(?:版)?(?![\w.])",
        rf"{_OPEN}第(?P<ordinal>[一二三四五六七八九十\d]{{1,3}})版{_CLOSE}",
        rf"[(（\[【_\-\s]+(?P<plain>{_YEAR})\s*年?{_CLOSE}$|^(?P<first>{_YEAR})\s*年?[\s_-]*",
    )
)
_STATE = "中华人民共和国"
_marks = re.compile(r"[\W_]+")


@lru_cache(maxsize=50_000)
def edition_of(title: str, path: str) -> tuple[str, str] | None:
    """Return (family, edition) of a document by its title and file name, None where neither names an edition.

    Editions of one family sort by their text. What is issued anew each period is no edition.
    """
    stem = unicodedata.normalize("NFKC", PurePosixPath(path).stem)
    name = unicodedata.normalize("NFKC", title)
    if _PERIODIC.search(name) or _PERIODIC.search(stem):
        return None
    edition = ""
    for text in (stem, name):
        found = _edition(text)
        edition = edition or found[0]
    if not edition:
        return None
    # The title names the whole better than a file does, unless it is only a part of the file's name.
    return family_of(name), edition


@lru_cache(maxsize=50_000)
def family_of(title: str) -> str:
    """Return a title without its edition, marks and the name of the state, for comparing."""
    name = _edition(unicodedata.normalize("NFKC", title).strip())[1]
    return _marks.sub("", name.replace(_STATE, "")).lower()


def _edition(text: str) -> tuple[str, str]:
    """Return the edition that a text names, as it sorts, and the text without it."""
    for pattern in _EDITIONS:
        match = pattern.search(text)
        if not match:
            continue
        rest = text[: match.start()] + text[match.end() :]
        if not _marks.sub("", rest):
            continue
        groups = {name: value for name, value in match.groupdict().items() if value}
        (name, value), *_ = groups.items()
        if name == "day":
            day = iso_day(re.sub(r"[年月./]", "-", value).strip("日-"))
            if day is None:
                continue
            return f"d{day}", rest
        if name in ("year", "plain", "first"):
            return f"d{value}", rest
        number = value if name == "number" else str(chinese_number(value))
        return "v" + ".".join(f"{int(part):04d}" for part in number.split(".")), rest
    return "", text
