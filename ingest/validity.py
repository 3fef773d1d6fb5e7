"""What a document's own words say of its validity, with the words as evidence.

Only what a document says of itself counts: "本办法自…起施行", a field "生效日期：…" at its head. A date in a table,
or of another act, does not. Finds; decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from adapters.records import Block, Document, Note
from ingest.dates import DAY, day_after, iso_day

# Fields about the whole stand in its first lines; what it says of its coming into force in its first or last ones.
HEAD = 40
LONGEST_QUOTE, LONGEST_BLOCK = 200, 20_000
_KINDS = "法|条例|规定|办法|制度|细则|规则|规程|准则|规范|政策|标准|方案|章程|手册|指引|指南"
_TITLE = r"《(?:[^《》]|《[^《》]*》)+》"
_PARTS = {
    "DAY": DAY,
    "TITLE": _TITLE,
    "TITLES": rf"(?P<value>(?:{_TITLE}[、，和及以与\s]*)+)",
    "SELF": rf"本(?:{_KINDS}|通知|决定|流程|意见|[^，。；：\s自从于《》第]{{1,8}}(?:{_KINDS}))",
    "THIS": r"this\s+(?:[a-z-]+\s+){0,3}?(?:policy|procedure|guidelines?|handbook|document|agreement|standard|version"
    r"|edition|manual)",
    "BEGINS": "(?:正式)?(?:施行|实施|执行|生效|试行|启用)",
}
_titles = re.compile(_TITLE)
_ZH = ("施行", "实施", "执行", "生效", "试行", "启用", "废止", "失效", "有效期", "截止日期", "代替", "替代", "取代")
_EN = re.compile(
    r"effective|effect (?:on|from)|into force|valid (?:from|until|through)|expir|supersede|replaces|in force", re.I
)


def _patterns() -> Iterator[tuple[str, bool, re.Pattern[str]]]:
    """Yield (kind, must stand at the head, pattern)."""
    for line in (Path(__file__).parent / "validity.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, where, pattern = line.split("\t")
            pattern = pattern.replace("<DAY>", "(?P<value>{DAY})")
            for name, part in _PARTS.items():
                pattern = pattern.replace("{" + name + "}", part)
            yield kind, where == "head", re.compile(pattern, re.MULTILINE)


_PATTERNS = tuple(_patterns())


def notes_of(document: Document) -> tuple[Note, ...]:
    """Return what the document says of its validity: days as ISO ("effective_to" is the first day without it), titles.

    Of each kind of day at most one: that of its head, else the one said last.
    """
    found: dict[str, list[Note]] = {}
    for position, block in enumerate(document.blocks):
        if block.kind in ("table", "code"):
            continue
        near_an_end = position < HEAD or position >= len(document.blocks) - HEAD
        for kind, note in _in_block(document, block, at_head=position < HEAD, near_an_end=near_an_end):
            found.setdefault(kind, []).append(note)
    kept = [
        notes[0] if notes[0].start < len(document.text) // 3 else notes[-1]
        for kind, notes in found.items()
        if kind != "replaces"
    ]
    return tuple(sorted([*kept, *found.get("replaces", [])], key=lambda note: note.start))


def _in_block(document: Document, block: Block, *, at_head: bool, near_an_end: bool) -> Iterator[tuple[str, Note]]:
    text = block.text[:LONGEST_BLOCK]
    if not near_an_end or not _may_say(text):
        return
    for kind, head_only, pattern in _PATTERNS:
        if head_only and not at_head:
            continue
        for match in pattern.finditer(text):
            if kind == "replaces":
                for title in _titles.findall(match["value"]) or [match["value"]]:
                    yield kind, _note(kind, title.strip("《》 \"“”'‘’"), block, match, document)
            elif day := iso_day(match["value"]):
                kept = "effective_from" if kind == "effective_from" else "effective_to"
                yield kept, _note(kept, day_after(day) if kind == "effective_to" else day, block, match, document)


def _may_say(text: str) -> bool:
    """A quick look before the slow ones: nearly no block says anything of its validity."""
    return any(word in text for word in _ZH) or bool(_EN.search(text))


def _note(kind: str, value: str, block: Block, match: re.Match[str], document: Document) -> Note:
    quote = " ".join(match.group().split())[:LONGEST_QUOTE]
    where = block.location or (f"p. {block.page}" if block.page else " > ".join(block.heading_path[-1:]))
    return Note(kind, value, quote, where, block.start + match.start(), block.start + match.end())
